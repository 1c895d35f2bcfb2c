"""The working table of an ingest: what was read from each raw file; on disk, so memory stays flat.

An SQLite file under the run's folder. It is also the memory of the next run: a raw file whose size
and times did not change is not read again. It holds cleaned and masked texts and pseudonyms, never
names; whatever happens to it (a kill, a full disk, another version), it is made anew from the raw
files.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pmdiscourse.ingest.identity import content_id

_SCHEMA = """
CREATE TABLE meta (fingerprint TEXT NOT NULL, linked INTEGER NOT NULL);
CREATE TABLE files (
    file_no INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, signature TEXT NOT NULL,
    sha256 TEXT NOT NULL, passport TEXT NOT NULL, synthetic INTEGER NOT NULL, facts TEXT NOT NULL,
    first INTEGER NOT NULL, after INTEGER NOT NULL, used INTEGER NOT NULL
);
-- what tells posts apart and links them; narrow, so that linking reads no text
CREATE TABLE keys (
    id INTEGER PRIMARY KEY, file_no INTEGER, place INTEGER, dropped INTEGER, n_words INTEGER,
    time INTEGER, time_given INTEGER, near INTEGER, near_parent INTEGER, far INTEGER,
    far_parent INTEGER, own TEXT, outside TEXT, parent_name TEXT, letters TEXT, sample BLOB
);
CREATE TABLE texts (
    id INTEGER PRIMARY KEY, record INTEGER, kind TEXT, source TEXT, author TEXT, title TEXT,
    text TEXT, language TEXT, offsets BLOB
);
CREATE TABLE aside (
    file_no INTEGER, place INTEGER, what TEXT, document TEXT, record INTEGER, reason TEXT, more TEXT
);
CREATE TABLE lines (file_no INTEGER, document TEXT, line INTEGER, role TEXT, evidence TEXT);
CREATE INDEX keys_near ON keys (near);
CREATE INDEX keys_far ON keys (far) WHERE far IS NOT NULL;
"""
_PER_FILE = ("aside", "lines")
_BATCH = 500


@dataclass
class FileRows:
    """What one raw file gave, on its way into the working table."""

    keys: list[tuple[Any, ...]] = field(default_factory=list)
    texts: list[tuple[Any, ...]] = field(default_factory=list)
    aside: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.keys) + len(self.aside) + len(self.lines)


class WorkTable:
    """The working table in a folder.

    Parameters
    ----------
    folder : Path
        Made if needed.
    fingerprint : str
        Names everything but the raw files that the rows depend on; if it differs from the kept
        one, the table starts empty.
    """

    def __init__(self, folder: Path, *, fingerprint: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "posts.sqlite"
        try:
            self.connection = self._open(fingerprint)
        except sqlite3.DatabaseError:  # torn by a crash of the machine, or no database at all
            self._remove()
            self.connection = self._open(fingerprint)

    def _open(self, fingerprint: str) -> sqlite3.Connection:
        connection = _connect(self._path)
        try:
            kept = connection.execute("SELECT fingerprint FROM meta").fetchone()
        except sqlite3.OperationalError:  # a new, empty file
            kept = None
        if kept == (fingerprint,):
            return connection
        connection.close()
        self._remove()
        connection = _connect(self._path)
        connection.executescript(_SCHEMA)
        connection.execute("INSERT INTO meta VALUES (?, 0)", (fingerprint,))
        connection.commit()
        return connection

    def _remove(self) -> None:
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()

    def signatures(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return name -> (signature, passport) of every raw file that is held."""
        rows = self.connection.execute("SELECT name, signature, passport FROM files")
        return {name: (signature, json.loads(passport)) for name, signature, passport in rows}

    def forget(self, name: str) -> None:
        """Remove everything that came from a raw file."""
        found = self.connection.execute(
            "SELECT file_no, first, after FROM files WHERE name = ?", (name,)
        ).fetchone()
        self.connection.execute("UPDATE meta SET linked = 0")
        if found is None:
            return
        file_no, first, after = found
        for table in ("keys", "texts"):
            self.connection.execute(f"DELETE FROM {table} WHERE id >= ? AND id < ?", (first, after))
        for table in (*_PER_FILE, "files"):
            self.connection.execute(f"DELETE FROM {table} WHERE file_no = ?", (file_no,))

    @contextmanager
    def new_file(self, name: str, passport: dict[str, Any]) -> Iterator[FileWriter]:
        """Take the rows of one raw file: all of them, or none if the run is stopped midway."""
        with self.connection:
            self.forget(name)
            row = self.connection.execute("SELECT MAX(file_no), MAX(after) FROM files").fetchone()
            writer = FileWriter(self.connection, (row[0] or 0) + 1, row[1] or 1)
            yield writer
            writer.flush()
            self.connection.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                (writer.file_no, name, writer.signature, writer.facts["sha256"],
                 json.dumps(passport), passport["synthetic"], json.dumps(writer.facts),
                 writer.first, writer.next_id),
            )  # fmt: skip

    @contextmanager
    def linking(self) -> Iterator[bool]:
        """Tell whether posts must be linked, and remember that they were."""
        (linked,) = self.connection.execute("SELECT linked FROM meta").fetchone()
        yield not linked
        if not linked:
            with self.connection:
                self.connection.execute("UPDATE meta SET linked = 1")

    def files(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield facts and passport of every raw file that is used, by name."""
        rows = "SELECT facts, passport FROM files WHERE used ORDER BY name"
        for facts, passport in self.connection.execute(rows):
            yield json.loads(facts), json.loads(passport)

    def close(self) -> None:
        """Close the file; what was not committed is forgotten."""
        self.connection.close()


class FileWriter:
    """Writes the rows of one raw file in batches."""

    def __init__(self, connection: sqlite3.Connection, file_no: int, first: int) -> None:
        self.file_no = file_no
        self.first = self.next_id = first
        self.n_records = 0
        self.signature = ""
        self.facts: dict[str, Any] = {}
        self._connection = connection
        self._rows = FileRows()

    def add_post(self, keys: dict[str, Any], texts: tuple[Any, ...]) -> None:
        """Add a post: its keys by column name, and its texts in column order."""
        self.n_records += 1
        head = {"id": self.next_id, "file_no": self.file_no, "place": self.n_records}
        self._rows.keys.append(tuple((head | keys).values()))
        self._rows.texts.append((self.next_id, *texts))
        self.next_id += 1
        self._check()

    def add_aside(self, what: str, document: str, record: int, reason: str, more: str) -> None:
        """Add what was set aside: ``what`` is "quarantined", "dropped" or "notice"."""
        self.n_records += what == "quarantined"
        row = (self.file_no, self.n_records, what, document, record, reason, more)
        self._rows.aside.append(row)
        self._check()

    def add_lines(self, document: str, lines: Iterable[tuple[int, str, tuple[str, ...]]]) -> None:
        """Add the roles of lines that are no body text."""
        for line, role, evidence in lines:
            self._rows.lines.append((self.file_no, document, line, role, json.dumps(evidence)))
        self._check()

    def _check(self) -> None:
        if len(self._rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        for name in ("keys", "texts", "aside", "lines"):
            rows = getattr(self._rows, name)
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        self._rows = FileRows()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")  # a power cut costs a re-read, never a result
    connection.execute("PRAGMA cache_size = -65536")  # 64 MB
    connection.create_function("content_id", -1, content_id, deterministic=True)
    return connection
