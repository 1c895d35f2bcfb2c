"""One way through the house: raw files, tables, scores, prevalence, and what changed since."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, NothingUsableError
from pmdiscourse.ingest.corpus import Ingested, ingest
from pmdiscourse.measure.label_store import estimate_run
from pmdiscourse.measure.model_store import installed_versions, load_model, model_hash, save_model
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.store import (
    MANIFEST,
    read_manifest,
    read_table,
    write_jsonl,
    write_manifest,
    write_part,
)
from pmdiscourse.tables import check_table

# What two runs must share for the second to be "unchanged": it then rewrites nothing.
_IDENTITY = ("inputs", "codebook", "settings", "model", "labels", "versions")


def run(
    raw: str | Path,
    processed: str | Path,
    *,
    settings: Settings | dict[str, Any] | None = None,
    refit: bool = False,
    progress: bool = False,
) -> dict[str, Any]:
    """Turn raw posts into tables, scores and prevalence under one folder.

    Parameters
    ----------
    raw : str or Path
        Raw file or folder; it is only read.
    processed : str or Path
        Folder of the run (DIR); made if needed.
    settings : Settings or dict, default=None
        None gives the defaults.
    refit : bool, default=False
        Fit the theme model again. Otherwise the model of the first run into DIR scores new posts,
        unless the codebook or the installed versions changed; the scores of a replaced model are
        kept beside it.
    progress : bool, default=False
        Show progress bars on a terminal.

    Returns
    -------
    dict
        The manifest, as in ``run.json``: inputs, corpus, counts, languages, settings, codebook,
        model, versions, labels, tables and changed.

    Raises
    ------
    NothingUsableError
        If no post could be read; what was set aside is in ``quarantine.jsonl``.
    DiscourseError
        If the raw path, a setting, a passport, the codebook or the model is not usable.
    """
    settings = make_settings(settings)
    directory = Path(processed)
    before = read_manifest(directory) if (directory / MANIFEST).exists() else None
    ingested = ingest(raw, settings=settings, progress=progress)
    _write_set_aside(directory, ingested)
    if ingested.posts.empty:
        raise NothingUsableError(
            f"no usable post in {raw}; {len(ingested.quarantine)} set aside, "
            f"the reasons are in {directory / 'quarantine.jsonl'}"
        )
    codebook = load_codebook(settings.codebook or None)
    model, name = _model(directory, codebook, settings, before, refit=refit)
    scores = score_passages(ingested.passages, model)
    manifest = _describe(ingested, scores, settings, codebook, name)
    passages = ingested.passages
    overall, manifest["labels"] = estimate_run(directory, scores, passages)
    shares = [overall, estimate_prevalence(scores, passages=passages, by="kind")]
    prevalence = check_table("prevalence", pd.concat(shares, ignore_index=True))
    manifest["changed"] = _what_changed(directory, before, manifest, ingested.posts, prevalence)
    manifest["tables"] = _write_tables(directory, ingested, scores, prevalence)
    write_manifest(directory, manifest)
    return manifest


def write_ingested(ingested: Ingested, processed: str | Path, settings: Settings) -> dict[str, Any]:
    """Write posts and passages of an ingest without scores; returns the manifest."""
    directory = Path(processed)
    _write_set_aside(directory, ingested)
    manifest = _describe_ingested(ingested, settings)
    manifest["tables"] = {
        "posts": _write_by_file(directory, "posts", ingested.posts, ingested.posts),
        "passages": _write_by_file(directory, "passages", ingested.passages, ingested.posts),
    }
    write_manifest(directory, manifest)
    return manifest


def _model(
    directory: Path,
    codebook: Codebook,
    settings: Settings,
    before: dict[str, Any] | None,
    *,
    refit: bool,
) -> tuple[ThemeModel, str]:
    """Return the model of the last run if it still fits, else a new one; old scores are kept."""
    kept = (before or {}).get("model", {})
    if kept and not refit and kept.get("codebook_sha256") == codebook.sha256:
        try:
            return load_model(directory / "model" / kept["hash"]), kept["hash"]
        except DiscourseError:
            pass  # other versions wrote it: "what changed" then names versions and model
    name = model_hash(codebook, random_state=settings.random_state)
    model = ThemeModel(codebook, random_state=settings.random_state).fit()
    save_model(model, directory / "model" / name)
    if before and kept and kept["hash"] != name and "scores" in before["tables"]:
        write_part(directory / "model" / kept["hash"], "scores", read_table(directory, "scores"))
    return model, name


def _describe_ingested(ingested: Ingested, settings: Settings) -> dict[str, Any]:
    kept = ingested.posts[ingested.posts["duplicate_of"].isna()]
    return {
        "pmdiscourse": version("pmdiscourse"),
        "inputs": ingested.inputs,
        "corpus": ingested.corpus,
        "left_out": ingested.left_out,
        "counts": ingested.counts,
        "languages": {str(k): int(n) for k, n in sorted(kept["language"].value_counts().items())},
        "settings": settings.as_dict(),
    }


def _describe(
    ingested: Ingested, scores: pd.DataFrame, settings: Settings, codebook: Codebook, model: str
) -> dict[str, Any]:
    manifest = _describe_ingested(ingested, settings)
    scored = int(scores["passage_id"].nunique())
    manifest["counts"] |= {
        "passages_scored": scored,
        "passages_other_language": len(ingested.passages) - scored,
    }
    return manifest | {
        "codebook": {"version": codebook.version, "sha256": codebook.sha256},
        "model": {"hash": model, "codebook_sha256": codebook.sha256},
        "versions": installed_versions() | {"pandas": version("pandas"), "ftfy": version("ftfy")},
    }


def _write_set_aside(directory: Path, ingested: Ingested) -> None:
    write_jsonl(directory / "quarantine.jsonl", ingested.quarantine)
    write_jsonl(directory / "dropped.jsonl", ingested.dropped)
    write_jsonl(directory / "lines.jsonl", ingested.lines)


def _write_tables(
    directory: Path, ingested: Ingested, scores: pd.DataFrame, prevalence: pd.DataFrame
) -> dict[str, list[str]]:
    posts, passages = ingested.posts, ingested.passages
    return {
        "posts": _write_by_file(directory, "posts", posts, posts),
        "passages": _write_by_file(directory, "passages", passages, posts),
        "scores": _write_by_file(directory, "scores", scores, posts, passages),
        "prevalence": [write_part(directory, "prevalence", prevalence)],
    }


def _write_by_file(
    directory: Path,
    name: str,
    frame: pd.DataFrame,
    posts: pd.DataFrame,
    passages: pd.DataFrame | None = None,
) -> list[str]:
    """Write one part for each raw file, so that a new file rewrites no other file's part."""
    raw_file = posts.set_index("post_id")["raw_file"]
    if passages is not None:
        owner = frame["passage_id"].map(passages.set_index("passage_id")["post_id"])
    else:
        owner = frame["post_id"]
    parts = [write_part(directory, name, part) for _, part in frame.groupby(owner.map(raw_file))]
    return sorted(parts)


def _what_changed(
    directory: Path,
    before: dict[str, Any] | None,
    manifest: dict[str, Any],
    posts: pd.DataFrame,
    prevalence: pd.DataFrame,
) -> dict[str, Any]:
    """Compare with the last run that differed: posts added and gone, tagged shares then and now."""
    if before is None or "prevalence" not in before["tables"]:
        return {}
    if all(before.get(key) == manifest[key] for key in _IDENTITY):
        return dict(before.get("changed", {}))
    old = set(read_table(directory, "posts")["post_id"])
    new = set(posts["post_id"])
    then = _overall(read_table(directory, "prevalence"))
    shares = [
        {"theme": theme, "before": then.get(theme), "now": share}
        for theme, share in _overall(prevalence).items()
    ]
    return {
        "posts_added": len(new - old),
        "posts_gone": len(old - new),
        "differs_in": [key for key in _IDENTITY if before.get(key) != manifest[key]],
        "tagged_share": shares,
    }


def _overall(prevalence: pd.DataFrame) -> dict[str, float]:
    rows = prevalence[(prevalence["unit"] == "passage") & (prevalence["by"] == "all")]
    return {str(r["theme"]): round(float(r["tagged_share"]), 6) for r in rows.to_dict("records")}
