"""Posts and passages of a raw folder, written part by part: a corpus can be larger than memory."""

from __future__ import annotations

import filecmp
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError, NothingUsableError
from pmdiscourse.ingest.corpus import Corpus
from pmdiscourse.ingest.passages import split_passages
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.store import lock_folder, read_manifest, write_jsonl, write_manifest, write_part

_WAITING = Path("cache") / "set-aside"
_SET_ASIDE: dict[str, Callable[[Corpus], Iterator[dict[str, Any]]]] = {
    "quarantine.jsonl": lambda corpus: corpus.aside("quarantined"),
    "dropped.jsonl": lambda corpus: corpus.aside("dropped"),
    "duplicates.jsonl": Corpus.copies,
    "notices.jsonl": lambda corpus: corpus.aside("notice"),
    "lines.jsonl": Corpus.lines,
}


def run_ingest(
    raw: str | Path,
    processed: str | Path,
    *,
    settings: Settings | dict[str, Any] | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Turn raw posts into posts and passages under one folder, without scores.

    Parameters
    ----------
    raw : str or Path
        Raw file or folder; it is only read.
    processed : str or Path
        Folder of the run (DIR); made if needed.
    settings : Settings or dict, default=None
        None gives the defaults.
    progress : bool, default=False
        Show a progress bar on a terminal.

    Returns
    -------
    dict
        The manifest, as in ``run.json``, and ``files``: how many raw files were new, changed,
        unchanged and removed.

    Raises
    ------
    NothingUsableError
        If no post could be read; what was set aside is in ``failed/quarantine.jsonl``.
    DiscourseError
        If the raw path, a setting or a passport is not usable, another run writes into the folder,
        or it holds a run with scores: they would no longer fit.
    OSError
        If the disk is full or the folder cannot be written.
    """
    settings = make_settings(settings)
    directory = Path(processed)
    with hold(raw, directory):
        if _has_scores(directory):
            raise DiscourseError(
                f"{directory} holds a run with scores; use `pmdiscourse run`, "
                "or name another folder"
            )
        files, manifest = write_posts(raw, directory, settings=settings, progress=progress)
        publish(directory, manifest)
    return manifest | {"files": files}


@contextmanager
def hold(raw: str | Path, directory: Path) -> Iterator[None]:
    """Hold DIR for this run alone; raw files must lie apart from it.

    Raises
    ------
    DiscourseError
        If the two overlap, or another run holds DIR.
    """
    require_apart(raw, directory)
    with lock_folder(directory):
        yield


def require_apart(raw: str | Path, directory: Path) -> None:
    """Refuse a folder to write into that overlaps with the raw files.

    Raises
    ------
    DiscourseError
        If one holds the other.
    """
    try:
        source, target = Path(raw).resolve(), directory.resolve()
    except RuntimeError as error:  # how Python below 3.13 tells a loop
        raise DiscourseError(f"a link that leads to itself: {error}; remove it") from error
    if source == target or source in target.parents or target in source.parents:
        raise DiscourseError(
            f"{raw} and {directory} overlap: a run must not read what it writes; "
            "name a folder for the tables beside the raw one"
        )


def write_posts(
    raw: str | Path, directory: Path, *, settings: Settings, progress: bool
) -> tuple[dict[str, int], dict[str, Any]]:
    """Write posts and passages, to be published; if no post is usable, the last run is left whole.

    Returns
    -------
    tuple of (dict, dict)
        How many raw files were new, changed, unchanged and removed; the manifest so far.
    """
    with Corpus(raw, directory / "cache", settings=settings, progress=progress) as corpus:
        counts = corpus.counts()
        if not corpus.inputs() and not corpus.left_out():
            raise NothingUsableError(f"there is no raw file in {raw}; put what was scraped there")
        if not counts["accepted"]:
            failed = directory / "failed"
            _write_set_aside(failed, corpus)
            raise NothingUsableError(
                f"no usable post in {raw}; {counts['quarantined']} set aside, "
                f"the reasons are in {failed / 'quarantine.jsonl'}"
            )
        tables: dict[str, list[str]] = {"posts": [], "passages": [], "origins": []}
        languages: Counter[str] = Counter()
        counts["passages"] = 0
        for posts in corpus.posts():
            passages = split_passages(posts, settings=settings)
            tables["posts"].append(write_part(directory, "posts", posts))
            tables["passages"].append(write_part(directory, "passages", passages))
            tables["origins"].append(write_part(directory, "origins", corpus.origins(passages)))
            counts["passages"] += len(passages)
            languages.update(posts.loc[posts["duplicate_of"].isna(), "language"])
        _write_set_aside(directory / _WAITING, corpus)
        return corpus.files, {
            "pmdiscourse": version("pmdiscourse"),
            "inputs": corpus.inputs(),
            "corpus": corpus.passport(),
            "left_out": corpus.left_out(),
            "counts": counts,
            "languages": dict(sorted(languages.items())),
            "settings": settings.as_dict()
            | {name: Path(getattr(settings, name)).name for name in ("codebook", "proxy")},
            "tables": {name: sorted(set(parts)) for name, parts in tables.items()},
        }


def publish(directory: Path, manifest: dict[str, Any]) -> None:
    """Let a run that is written take the place of the last one: ``run.json`` and what is set aside.

    Until then nothing that readers look at has changed, so a run can be stopped at any moment.
    """
    for name in _SET_ASIDE:
        waiting, target = directory / _WAITING / name, directory / name
        if target.is_file() and filecmp.cmp(waiting, target, shallow=False):
            waiting.unlink()
        else:
            waiting.replace(target)
    write_manifest(directory, manifest)
    shutil.rmtree(directory / "failed", ignore_errors=True)  # of a run that had no usable post


def _has_scores(directory: Path) -> bool:
    """Tell whether a run with scores is in a folder; a damaged manifest is none."""
    try:
        return "scores" in read_manifest(directory)["tables"]
    except DiscourseError:
        return False


def _write_set_aside(directory: Path, corpus: Corpus) -> None:
    for name, rows in _SET_ASIDE.items():
        write_jsonl(directory / name, rows(corpus))
