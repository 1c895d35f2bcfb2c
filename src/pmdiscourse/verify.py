"""Replay a run, to see whether the tables on disk still give the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.passages import split_passages
from pmdiscourse.measure.model_store import load_model
from pmdiscourse.measure.run_estimates import estimate_tables, read_estimate_scores
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.settings import make_settings
from pmdiscourse.store import holds_its_name, read_manifest, read_table

_TOLERANCE = 1e-9  # other processors may round the last digits differently


def verify(directory: str | Path) -> list[tuple[str, str]]:
    """Check a finished run against itself; raw files are not needed.

    Parameters
    ----------
    directory : str or Path
        Folder of the run (DIR).

    Returns
    -------
    list of (what, fault)
        One for each check, in order; the fault is "" where the check holds. Parts hold what their
        names say, posts give these passages, the codebook is the one of the run, the kept model
        gives these scores, and scores (or the proxy's) and labels give this prevalence.

    Raises
    ------
    DiscourseError
        If the folder holds no finished run.
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    return list(_checks(folder, manifest))


def _checks(folder: Path, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, parts in manifest["tables"].items():
        wrong = [part for part in parts if not holds_its_name(folder / name / part)]
        yield f"parts of {name}", f"changed or missing: {', '.join(wrong)}" if wrong else ""
        if wrong:
            return
    posts, passages = read_table(folder, "posts"), read_table(folder, "passages")
    settings = make_settings(manifest["settings"])
    yield "posts give the passages", _compare(passages, split_passages(posts, settings=settings))
    if "scores" not in manifest["tables"]:
        return
    scores = read_table(folder, "scores")
    yield "the codebook is that of the run", _check_codebook(folder, manifest["codebook"])
    try:
        model = load_model(folder / "model" / manifest["model"]["hash"])
    except DiscourseError as error:
        yield "the model gives the scores", str(error)
    else:
        yield "the model gives the scores", _compare(scores, score_passages(passages, model))
    proxy, themes = None, list[str]()
    if manifest.get("proxy"):
        part = folder / "proxy" / "scores" / manifest["proxy"]["part"]
        kept = holds_its_name(part)
        yield "the proxy is that of the run", "" if kept else f"changed or missing: {part.name}"
        if not kept:
            return
        proxy, themes = read_estimate_scores(folder), manifest["proxy"]["themes"]
    now = estimate_tables(folder, scores, passages, proxy=proxy, proxy_themes=themes).prevalence
    yield "scores and labels give the prevalence", _compare(read_table(folder, "prevalence"), now)


def _check_codebook(folder: Path, kept: dict[str, str]) -> str:
    try:
        codebook = load_codebook(folder / "codebook")
    except DiscourseError as error:
        return str(error)
    if codebook.sha256 == kept["sha256"]:
        return ""
    return f"{folder / 'codebook'} was edited since; give an edited codebook to a new run"


def _compare(kept: pd.DataFrame, now: pd.DataFrame) -> str:
    """Say in which columns two tables differ, '' if in none."""
    if len(kept) != len(now):
        return f"{len(kept)} rows on disk, {len(now)} now"
    columns = [name for name in kept.columns if name != "evidence"]
    key = [
        name for name in columns if name in ("passage_id", "theme", "unit", "by", "group", "period")
    ]
    one, two = (frame.sort_values(key, ignore_index=True) for frame in (kept, now))
    differ = []
    for name in columns:
        try:
            pd.testing.assert_series_equal(
                one[name], two[name], check_dtype=False, rtol=0, atol=_TOLERANCE
            )
        except AssertionError:
            differ.append(name)
    return f"other values now in: {', '.join(differ)}" if differ else ""
