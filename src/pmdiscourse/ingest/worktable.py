"""The working table of an ingest: what was read from each raw file; on disk, so memory stays flat.

An SQLite file under the run's folder. It is also the memory of the next run: a raw file whose size
and times did not change is not read again. It holds cleaned and masked texts and pseudonyms, never
names; whatever happens to it (a kill, a full disk, another version), it is made anew from the raw
files. A run that ends well seals it with a checksum, so that damage is seen; the table of a run
that was killed has no seal, and is checked by SQLite.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError
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
    id INTEGER PRIMARY KEY, document TEXT, record INTEGER, kind TEXT, source TEXT, author TEXT,
    title TEXT, text TEXT, language TEXT, offsets BLOB
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
        one, or the table is damaged, it starts empty.

    Raises
    ------
    DiscourseError
        If something else has the table's name.
    OSError
        If the disk is full, or the folder cannot be written.
    """

    def __init__(self, folder: Path, *, fingerprint: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("duplicates-*"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._path = folder / "posts.sqlite"
        self._seal = folder / "posts.sqlite.sha256"
        if self._path.exists() and not self._path.is_file():
            raise DiscourseError(f"{self._path} is no file; remove it and run again")
        self._sealed = self._seal.read_text("ascii", "replace") if self._seal.is_file() else ""
        self._seal.unlink(missing_ok=True)  # until this run has ended well
        try:
            self.connection = self._kept(fingerprint) or self._new(fingerprint)
        except sqlite3.Error as error:
            raise self.fault(error) from error
        self._changes = self.connection.total_changes

    def _kept(self, fingerprint: str) -> sqlite3.Connection | None:
        """Open the table of the last run; None if there is none, it does not fit or is damaged."""
        if self._sealed and self._sealed != self._checksum():
            return None
        connection = sqlite3.connect(self._path)
        try:
            _set_up(connection)
            fits = connection.execute("SELECT fingerprint FROM meta").fetchone() == (fingerprint,)
            check = "SELECT 'ok'" if self._sealed else "PRAGMA quick_check(1)"
            if fits and connection.execute(check).fetchone() == ("ok",):
                return connection
        except sqlite3.DatabaseError:  # a new, empty file; torn by a crash; or no database at all
            pass
        connection.close()
        return None

    def _new(self, fingerprint: str) -> sqlite3.Connection:
        self._sealed = ""
        self._remove()
        connection = sqlite3.connect(self._path)
        _set_up(connection)
        connection.executescript(_SCHEMA)
        connection.execute("INSERT INTO meta VALUES (?, 0)", (fingerprint,))
        connection.commit()
        return connection

    def _remove(self) -> None:
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()

    def _checksum(self) -> str:
        if not self._path.is_file():
            return ""
        with self._path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def fault(self, error: sqlite3.Error) -> Exception:
        """Return what to raise instead of a fault of the database: what happened, what to do."""
        if isinstance(error, sqlite3.OperationalError):
            return OSError(
                f"{self._path}: {error}; make room there, and in the folder for temporary files, "
                "and run again: the last whole run is in place"
            )
        return DiscourseError(f"{self._path} is damaged ({error}); remove it and run again")

    def signatures(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return name -> (signature, passport) of every raw file that is held."""
        rows = self.connection.execute("SELECT name, signature, passport FROM files")
        return {name: (signature, json.loads(passport)) for name, signature, passport in rows}

    def forget(self, name: str) -> None:
        """Remove everything that came from a raw file."""
        found = self.connection.execute(
            "SELECT file_no, first, after FROM files WHERE name = ?", (name,)
        ).fetchone()
        self.connection.execute("UPDATE meta SET linked = 0 WHERE linked")
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
            newest = "SELECT file_no, after FROM files ORDER BY file_no DESC LIMIT 1"
            file_no, after = self.connection.execute(newest).fetchone() or (0, 1)
            writer = FileWriter(self.connection, file_no + 1, after)
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

    def close(self, *, whole: bool = False) -> None:
        """Close the file, and seal it after a run that ended well.

        What was not committed is forgotten.
        """
        changed = self.connection.total_changes > self._changes
        self.connection.close()
        if whole:
            seal = self._sealed if self._sealed and not changed else self._checksum()
            self._seal.write_text(seal, "ascii")


class FileWriter:
    """Writes the rows of one raw file in batches."""

    def __init__(self, connection: sqlite3.Connection, file_no: int, first: int) -> None:
        self.file_no = file_no
        self.first = self.next_id = first
        self.n_records = 0
        self.signature = ""
        self.lasting = True  # what was found is in the file, and will be found again
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


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # a power cut costs a re-read, never a result
    connection.execute("PRAGMA cache_size = -65536")  # 64 MB
    connection.execute("PRAGMA secure_delete = ON")  # what leaves the raw folder leaves here too
    connection.create_function("content_id", -1, content_id, deterministic=True)
