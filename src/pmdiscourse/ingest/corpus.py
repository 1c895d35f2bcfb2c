"""A folder of raw files becomes posts and passages; every record is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from lxml.etree import LxmlError
from tqdm import tqdm

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.assembly import assemble_posts
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.identity import letters_and_digits, load_key
from pmdiscourse.ingest.passages import split_passages
from pmdiscourse.ingest.passport import PASSPORT, Passport, find_passport
from pmdiscourse.ingest.readers import ENDINGS, find_format
from pmdiscourse.ingest.records import Refused, drop_reason
from pmdiscourse.ingest.repair import clean_text
from pmdiscourse.ingest.threads import Found
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.store import sha256


@dataclass(frozen=True)
class Ingested:
    """What came of a raw folder.

    Parameters
    ----------
    posts, passages : DataFrame
        The tables of `pmdiscourse.tables`.
    quarantine : DataFrame
        file, record (0: the whole file), reason, what_to_do.
    dropped : DataFrame
        file, record, reason, text (its first 80 characters).
    counts : dict of str to int
        ``records_read == accepted + duplicates + dropped + quarantined``.
    inputs : list of dict
        file, bytes, sha256, encoding, records of every raw file read.
    corpus : dict
        The passport, if all posts share one, else empty; with ``synthetic``.
    left_out : list of str
        Files of an invented sample that were left out because real posts are there.
    lines : DataFrame
        file, line, role, evidence: every line of a flattened page that is no body text.
    """

    posts: pd.DataFrame
    passages: pd.DataFrame
    quarantine: pd.DataFrame
    dropped: pd.DataFrame
    counts: dict[str, int]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    corpus: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)


def ingest(
    path: str | Path, *, settings: Settings | dict[str, Any] | None = None, progress: bool = False
) -> Ingested:
    """Read a raw file, or every file of a raw folder.

    Parameters
    ----------
    path : str or Path
        File or folder. Hidden files and passports (`source.toml`) are no raw files.
    settings : Settings or dict, default=None
        None gives the defaults.
    progress : bool, default=False
        Show a progress bar on a terminal.

    Returns
    -------
    Ingested
        The same for the same files in whatever order they are found.

    Raises
    ------
    DiscourseError
        If `path` does not exist, or a passport is broken.
    """
    settings = make_settings(settings)
    if not str(path).strip():
        raise DiscourseError("no raw path was given; name a raw file or a folder of them")
    root = Path(path)
    files = _raw_files(root)
    base = root if root.is_dir() else root.parent
    passports: dict[Path, Passport] = {}
    sources = [
        _read_source(file, base, settings, passports)
        for file in tqdm(files, desc="reading", unit="file", disable=None if progress else True)
    ]
    sources, left_out = _without_sample(sources)
    found = [item for source in sources for item in source.found]
    key = b"" if settings.keep_authors else load_key()
    posts = assemble_posts(found, key=key)
    passages = split_passages(posts, settings=settings)
    quarantine = [row for source in sources for row in source.quarantine]
    dropped = [row for source in sources for row in source.dropped]
    return Ingested(
        posts=posts,
        passages=passages,
        quarantine=pd.DataFrame(quarantine, columns=["file", "record", "reason", "what_to_do"]),
        dropped=pd.DataFrame(dropped, columns=["file", "record", "reason", "text"]),
        counts=_count(posts, passages, quarantine, dropped) | _unclear(found, posts),
        inputs=[source.input for source in sources],
        corpus=_shared_passport(sources),
        left_out=left_out,
        lines=_lines(found),
    )


def read_posts(path: str | Path) -> pd.DataFrame:
    """Return the posts of a raw file or folder: ``ingest(path).posts``."""
    return ingest(path).posts


@dataclass
class _Source:
    """One raw file and what was read from it."""

    passport: Passport
    input: dict[str, Any]
    found: list[Found] = field(default_factory=list)
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)


def _raw_files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    if not root.is_dir():
        state = "is no regular file" if root.exists() else "does not exist"
        raise DiscourseError(f"{root} {state}; name a raw file or a folder of them")
    hidden = (".", "~")
    return sorted(
        (
            file
            for file in _walk(root)
            if file.name != PASSPORT and not file.name.startswith(hidden)
        ),
        key=lambda file: file.relative_to(root).as_posix(),
    )


def _shown(path: Path) -> str:
    """Return a path as text that can be written, whatever bytes its name holds."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            if not entry.name.startswith("."):
                yield from _walk(entry)
        else:
            yield entry


def _read_source(
    file: Path, base: Path, settings: Settings, passports: dict[Path, Passport]
) -> _Source:
    name = _shown(file.relative_to(base))
    source = _Source(find_passport(file, base, passports), {"file": name, "bytes": 0, "sha256": ""})
    try:
        records = _records(file, source.input, settings)
        for record in records:
            if isinstance(record, Refused):
                source.quarantine.append(_refused(name, record))
            elif not letters_and_digits(clean_text(record.text + record.title)):
                refused = Refused(record.number, "no letter and no digit", "remove it")
                source.quarantine.append(_refused(name, refused))
            elif reason := drop_reason(record):
                text = " ".join(clean_text(record.text).split())[:80]
                source.dropped.append(
                    {"file": name, "record": record.number, "reason": reason, "text": text}
                )
                source.found.append(
                    Found(record, source.passport, name, source.input["sha256"], True)
                )
            else:
                source.found.append(Found(record, source.passport, name, source.input["sha256"]))
    except DiscourseError as error:
        refused = Refused(0, str(error), f"save it as one of {', '.join(ENDINGS)}, or remove it")
        source.quarantine.append(_refused(name, refused))
    except (LxmlError, RecursionError, ValueError) as error:  # what parsers raise on broken markup
        reason = f"not readable: {type(error).__name__}: {str(error)[:200]}"
        source.quarantine.append(_refused(name, Refused(0, reason, "save its text as .txt")))
    source.input["records"] = len(source.found) + len(source.quarantine)
    return source


def _records(file: Path, facts: dict[str, Any], settings: Settings) -> list[Any]:
    if not file.is_file():
        raise DiscourseError("not a regular file: a pipe, a device or a broken link")
    try:
        size = file.stat().st_size
        if size > settings.max_file_bytes:
            raise DiscourseError(
                f"{size} bytes, more than max_file_bytes {settings.max_file_bytes}"
            )
        data = file.read_bytes()
    except OSError as error:
        raise DiscourseError(f"cannot be read: {error.strerror}") from error
    facts |= {"bytes": len(data), "sha256": sha256(data)}
    if not data.strip():
        raise DiscourseError("empty file")
    document = Document.of_file(file.name, file, settings, {})
    records = list(find_format(document).read(document))
    facts["encoding"] = document.decoded.encoding
    return records


def _lines(found: list[Found]) -> pd.DataFrame:
    rows = [
        {"file": item.raw_file, "line": line.line, "role": line.role, "evidence": line.evidence}
        for item in found
        for line in item.record.lines
    ]
    return pd.DataFrame(rows, columns=["file", "line", "role", "evidence"])


def _refused(name: str, refused: Refused) -> dict[str, Any]:
    row = {"file": name, "record": refused.number, "reason": refused.reason}
    return row | {"what_to_do": refused.what_to_do}


def _without_sample(sources: list[_Source]) -> tuple[list[_Source], list[str]]:
    """Leave invented files out as soon as there is a real post: the two are never mixed."""
    real = [s for s in sources if not s.passport.synthetic]
    if any(not item.dropped for source in real for item in source.found):
        return real, [s.input["file"] for s in sources if s.passport.synthetic]
    return sources, []


def _shared_passport(sources: list[_Source]) -> dict[str, Any]:
    passports = list(dict.fromkeys(source.passport for source in sources if source.found))
    shared = passports[0] if len(passports) == 1 else Passport()
    synthetic = any(passport.synthetic for passport in passports)
    return shared.as_dict() | {"synthetic": synthetic}


def _unclear(found: list[Found], posts: pd.DataFrame) -> dict[str, int]:
    """Count what was read but not understood: publication times."""
    given = sum(bool(item.record.published.strip()) for item in found if not item.dropped)
    return {"times_not_understood": given - int(posts["published_at"].notna().sum())}


def _count(
    posts: pd.DataFrame,
    passages: pd.DataFrame,
    quarantine: list[dict[str, Any]],
    dropped: list[dict[str, Any]],
) -> dict[str, int]:
    kept = posts[posts["duplicate_of"].isna()]
    reasons = Counter(row["reason"] for row in dropped)
    counts = {
        "records_read": len(posts) + len(dropped) + len(quarantine),
        "accepted": len(kept),
        "duplicates": len(posts) - len(kept),
        "dropped": len(dropped),
        "quarantined": len(quarantine),
        "essays": int((kept["kind"] == "essay").sum()),
        "comments": int((kept["kind"] == "comment").sum()),
        "threads": int(kept["thread_id"].nunique()),
        "passages": len(passages),
    }
    return counts | {f"dropped_{reason}": n for reason, n in sorted(reasons.items())}
