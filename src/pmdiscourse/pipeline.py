"""One way through the house: raw files, tables, scores, prevalence, and what changed since."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.codebook import Codebook, copy_codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.parts import hold, publish, write_posts
from pmdiscourse.measure.changes import compare_prevalence
from pmdiscourse.measure.encoder import Encoder, make_encoder
from pmdiscourse.measure.label_import import check_source, settle_labels
from pmdiscourse.measure.lint_entries import stops_a_run
from pmdiscourse.measure.model_store import (
    describe_themes,
    installed_versions,
    load_model,
    model_hash,
    save_model,
)
from pmdiscourse.measure.proxy import read_proxy, use_proxy
from pmdiscourse.measure.run_estimates import as_rows, estimate_tables
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.shipped import load_card
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.run_id import find_run_id
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.store import (
    holds_its_name,
    read_manifest,
    read_parts,
    read_table,
    sha256,
    write_part,
)
from pmdiscourse.tables import empty_table

# What two runs must share for the second to be "unchanged": it then rewrites nothing.
_IDENTITY = ("inputs", "codebook", "settings", "model", "labels", "proxy", "versions")


def run(
    raw: str | Path,
    processed: str | Path,
    *,
    settings: Settings | dict[str, Any] | None = None,
    labels: str | Path | None = None,
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
    labels : str, Path or None, default=None
        Labels made before, as in ``DIR/labels`` of a run of the same posts; copied if DIR has none.
        See `settle_labels`.
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
        model, versions, labels, label_checks, proxy, proxy_rows, tables and changed; with ``files``
        and ``labels_moved``, what was done in this call.

    Raises
    ------
    NothingUsableError
        If no post could be read; what was set aside is in ``quarantine.jsonl``.
    DiscourseError
        If the raw path, a setting, a passport, the codebook, the model, the proxy or the folder of
        labels is not usable.
    """
    settings = make_settings(settings)
    directory = Path(processed)
    codebook, encoder, others = _read_choices(settings)
    if labels is not None and Path(labels).resolve() != (directory / "labels").resolve():
        check_source(labels)  # a mistake is told before hours of work
    with hold(raw, directory):
        before = _last_run(directory)
        files, manifest = write_posts(raw, directory, settings=settings, progress=progress)
        synthetic = manifest["corpus"]["synthetic"]
        moved = settle_labels(directory, source=labels, synthetic=synthetic)
        model, name = _model(directory, codebook, encoder, settings, before, refit=refit)
        passages = read_parts(directory, "passages", manifest["tables"]["passages"])
        scores = score_passages(passages, model)
        n_scored = int(scores["passage_id"].nunique())
        manifest = _describe(manifest, len(passages), n_scored, codebook, name)
        manifest["model"]["themes"] = describe_themes(model)
        found = _estimate(directory, manifest, scores, passages, (settings.proxy, others))
        prevalence = found.pop("prevalence")
        manifest |= found
        manifest["last_estimates"] = _last_estimates(before, prevalence)
        manifest["changed"] = _what_changed(directory, before, manifest, prevalence)
        threads = scores["passage_id"].map(passages.set_index("passage_id")["thread_id"])
        manifest["tables"] |= {
            "scores": _write_by_thread(directory, "scores", scores, threads),
            "prevalence": [write_part(directory, "prevalence", prevalence)],
        }
        copy_codebook(settings.codebook or None, directory / "codebook")
        publish(directory, manifest)
    return manifest | {"files": files, "labels_moved": moved}


def _read_choices(
    settings: Settings,
) -> tuple[Codebook, Encoder | None, pd.DataFrame | None]:
    """Read codebook, encoder and proxy before any post: a mistake is told before hours of work."""
    codebook = load_codebook(settings.codebook or None)
    if stopped := stops_a_run(codebook):
        told = "; ".join(f"theme {name!r} has {why}" for name, why in stopped.items())
        raise DiscourseError(f"{told}. `pmdiscourse codebook check` says what to add.")
    proxy = read_proxy(settings.proxy) if settings.proxy else None
    return codebook, make_encoder(settings.encoder), proxy


def _last_run(directory: Path) -> dict[str, Any] | None:
    """Return the manifest of the last run with scores; a torn or damaged one counts as none."""
    try:
        manifest = read_manifest(directory)
    except DiscourseError:
        return None
    needed = {*_IDENTITY} - {"proxy"}  # runs of earlier versions had none
    whole = {"posts", "prevalence"} <= manifest["tables"].keys() and manifest.keys() >= needed
    if not whole or not {"hash", "codebook_sha256"} <= manifest["model"].keys():
        return None
    parts = [directory / name / part for name, ps in manifest["tables"].items() for part in ps]
    return manifest if all(map(holds_its_name, parts)) else None


def _model(
    directory: Path,
    codebook: Codebook,
    encoder: Encoder | None,
    settings: Settings,
    before: dict[str, Any] | None,
    *,
    refit: bool,
) -> tuple[ThemeModel, str]:
    """Return the model of the last run if it still fits, else a new one; old scores are kept."""
    kept = (before or {}).get("model", {})
    fits = kept and kept["codebook_sha256"] == codebook.sha256
    same = all(kept.get(key) == getattr(settings, key) for key in ("random_state", "encoder"))
    if fits and not refit and same:
        try:
            folder = directory / "model" / kept["hash"]
            return load_model(folder, codebook=codebook), kept["hash"]
        except DiscourseError:
            pass  # damaged, or written by other versions: then "what changed" names them
    seed = settings.random_state
    name = model_hash(codebook, random_state=seed, encoder=settings.encoder)
    model = ThemeModel(codebook, encoder=encoder, random_state=seed).fit()
    save_model(model, directory / "model" / name)
    if kept and kept["hash"] != name:
        write_part(directory / "model" / kept["hash"], "scores", read_table(directory, "scores"))
    return model, name


def _describe(
    manifest: dict[str, Any], n_passages: int, n_scored: int, codebook: Codebook, model: str
) -> dict[str, Any]:
    # A path tells who ran it.
    manifest["settings"]["proxy"] = Path(manifest["settings"]["proxy"]).name
    manifest["counts"] |= {
        "passages_scored": n_scored,
        "passages_other_language": n_passages - n_scored,
    }
    return manifest | {
        "codebook": {
            "version": codebook.version,
            "sha256": codebook.sha256,
            "language": codebook.language,
        },
        "model": {
            "hash": model,
            "codebook_sha256": codebook.sha256,
            "random_state": manifest["settings"]["random_state"],
            "encoder": manifest["settings"]["encoder"],
            "weights_sha256": load_card()["sha256"],
        },
        "versions": installed_versions() | {"pandas": version("pandas"), "ftfy": version("ftfy")},
    }


def _estimate(
    directory: Path,
    manifest: dict[str, Any],
    scores: pd.DataFrame,
    passages: pd.DataFrame,
    named: tuple[str, pd.DataFrame | None],
) -> dict[str, Any]:
    """Return the prevalence table and what the manifest tells of labels and proxy."""
    posts = partial(read_parts, directory, "posts", manifest["tables"]["posts"])
    (path, others), proxy, told = named, None, dict[str, Any]()
    if others is not None:
        file = Path(path)
        proxy = use_proxy(scores, others, passages=passages, name=file.name)
        told = {
            "file": file.name,
            "sha256": sha256(file.read_bytes()),
            "themes": sorted(set(others["theme"])),
            "part": write_part(directory / "proxy", "scores", proxy),
        }
    found = estimate_tables(
        directory, scores, passages, proxy=proxy, proxy_themes=told.get("themes", ()), posts=posts
    )
    return {
        "prevalence": found.prevalence,
        "labels": found.labels,
        "label_checks": found.label_checks,
        "proxy": told,
        "proxy_rows": found.proxy_rows,
    }


def _write_by_thread(
    directory: Path, name: str, frame: pd.DataFrame, threads: pd.Series
) -> list[str]:
    """Write at most 256 parts, by the first digits of the thread: new posts rewrite few of them."""
    parts = [write_part(directory, name, part) for _, part in frame.groupby(threads.str[:2])]
    return sorted(parts)


def _what_changed(
    directory: Path,
    before: dict[str, Any] | None,
    manifest: dict[str, Any],
    prevalence: pd.DataFrame,
) -> dict[str, Any]:
    """Compare with the last run that differed: posts added and gone, tagged shares then and now."""
    if before is None:
        return {}
    differs_in = [key for key in _IDENTITY if _identity(before, key) != _identity(manifest, key)]
    if not differs_in:
        return dict(before.get("changed", {}))
    old, new = (
        set(read_parts(directory, "posts", parts, columns=["post_id"])["post_id"])
        for parts in (before["tables"]["posts"], manifest["tables"]["posts"])
    )
    then = _overall(read_table(directory, "prevalence"))
    shares = [
        {"theme": theme, "before": then.get(theme), "now": share}
        for theme, share in _overall(prevalence).items()
    ]
    return {
        "run_before": find_run_id(before),
        "labels_before": (before.get("labels") or {}).get("n_labels", 0),
        "posts_added": len(new - old),
        "posts_gone": len(old - new),
        "differs_in": differs_in,
        "tagged_share": shares,
        "estimates": as_rows(compare_prevalence(_earlier_estimates(before), prevalence)),
    }


def _last_estimates(
    before: dict[str, Any] | None, prevalence: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return each theme's last estimate, of this run or an earlier one.

    New posts leave a run without an estimate until a further wave of labels speaks for them; the
    run after that is compared with the last one that had an estimate.
    """
    earlier = {row["theme"]: row for row in (before or {}).get("last_estimates", [])}
    now = {row["theme"]: row for row in as_rows(_whole(prevalence).dropna(subset=["estimate"]))}
    return [row for _, row in sorted((earlier | now).items())]


def _earlier_estimates(before: dict[str, Any]) -> pd.DataFrame:
    """Return the estimates to compare with as a table ``prevalence``."""
    rows = before.get("last_estimates", [])
    return pd.DataFrame(rows) if rows else empty_table("prevalence")


def _whole(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of passages over all groups and periods."""
    whole = (prevalence["by"] == "all") & (prevalence["period"] == "all")
    return prevalence[(prevalence["unit"] == "passage") & whole]


def _identity(manifest: dict[str, Any], key: str) -> Any:
    """Return what two runs must share; of labels their content, not what the posts make of it."""
    value = manifest.get(key) or {}
    return value.get("sha256") if key == "labels" else value


def _overall(prevalence: pd.DataFrame) -> dict[str, float]:
    rows = _whole(prevalence).to_dict("records")
    return {str(r["theme"]): round(float(r["tagged_share"]), 6) for r in rows}
