"""Tables on disk: a folder of content-named Parquet parts each, and the manifest that lists them.

A run writes its parts first, `run.json` last, and only then removes parts that `run.json` does not
list. Whoever reads goes through `run.json`, so an interrupted run leaves the last whole one in
place. Writing is atomic: a temporary file in the same folder, fsync, `os.replace`.
"""

from __future__ import annotations

import filecmp
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from pmdiscourse.errors import DiscourseError
from pmdiscourse.tables import TABLES, check_table, empty_table, find_table

MANIFEST = "run.json"
LOCK = ".lock"
_TEMPORARY = ".writing-"
_PART = re.compile(r"[0-9a-f]{24}\.parquet")
_ARROW = {
    "str": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "evidence": pa.list_(
        pa.struct(
            [
                ("start", pa.int64()),
                ("end", pa.int64()),
                ("view", pa.string()),
                ("weight", pa.float64()),
            ]
        )
    ),
}


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file so that a reader sees the old content or the new, never a torn one.

    A file that holds the content already is left alone.

    Parameters
    ----------
    path : Path
        Target; its folder is made if needed.
    data : bytes or str
        Content; text is written as UTF-8.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    with _replacing(path) as file:
        file.write(content)


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON lines, atomically, one at a time; the same content is left alone."""
    with _replacing(path) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` once it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{_TEMPORARY}{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.is_file() and filecmp.cmp(temporary, path, shallow=False):
            temporary.unlink()
            return
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def lock_folder(directory: Path) -> Iterator[None]:
    """Hold a folder for one run; the system lets go of it however the run ends.

    Left-overs of a run that was killed are removed.

    Raises
    ------
    DiscourseError
        If another run holds it, or nothing can be written there.
    """
    lock = FileLock(directory / LOCK, blocking=False)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise DiscourseError(
            f"another run is writing into {directory}; wait for its end, or name another folder"
        ) from error
    except OSError as error:
        raise DiscourseError(
            f"{directory} cannot hold the tables of a run: {error.strerror or error}; "
            "get the right to write there, or name another folder"
        ) from error
    try:
        for left in directory.rglob(f"{_TEMPORARY}*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def write_part(directory: Path, name: str, frame: pd.DataFrame) -> str:
    """Write one part of a table under its content's name.

    Parameters
    ----------
    directory : Path
        Folder of the run (DIR).
    name : str
        Table name.
    frame : DataFrame
        Rows of the part; checked against the table.

    Returns
    -------
    str
        File name of the part inside ``directory / name``.
    """
    table = find_table(name)
    schema = pa.schema([(column.name, _ARROW[column.dtype]) for column in table.columns])
    checked = check_table(name, frame)
    buffer = io.BytesIO()
    arrow = pa.Table.from_pandas(checked, schema=schema, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata(None), buffer, compression="zstd")
    content = buffer.getvalue()
    part = f"{sha256(content)[:24]}.parquet"
    target = directory / name / part
    write_atomic(target, content)
    return part


def read_part(path: Path, name: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read one part back, not checked yet; evidence comes as a list of dictionaries."""
    find_table(name)
    try:
        frame: pd.DataFrame = pq.read_table(path, columns=columns).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise DiscourseError(f"{path} cannot be read: {error}; run again") from error
    if "evidence" in frame:
        frame["evidence"] = pd.Series([list(spans) for spans in frame["evidence"]], dtype=object)
    return frame


def holds_its_name(part: Path) -> bool:
    """Tell whether a part is there and holds the content that its name stands for."""
    return part.is_file() and sha256(part.read_bytes()).startswith(part.stem)


def read_table(directory: str | Path, name: str) -> pd.DataFrame:
    """Read a table of a run.

    Parameters
    ----------
    directory : str or Path
        Folder of the run (DIR), e.g. ``data/processed``.
    name : {"posts", "passages", "scores", "prevalence"}
        Table name.

    Returns
    -------
    DataFrame
        All parts, in the table's canonical row order.

    Raises
    ------
    DiscourseError
        If the folder holds no finished run, the run has no such table, or a part is missing.
    """
    find_table(name)
    parts = read_manifest(directory)["tables"].get(name)
    if parts is None:
        raise DiscourseError(
            f"table {name!r} is not in {directory}; run `pmdiscourse run RAW --out {directory}`"
        )
    return read_parts(directory, name, parts)


def read_parts(
    directory: str | Path, name: str, parts: Iterable[str], *, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read parts of a table, whole and checked, or some of their columns.

    Parameters
    ----------
    directory : str or Path
        Folder of the run (DIR).
    name : str
        Table name.
    parts : iterable of str
        File names, as `write_part` returned them.
    columns : sequence of str or None, default=None
        None reads all.

    Raises
    ------
    DiscourseError
        If a part is missing or cannot be read.
    """
    frames = []
    for part in parts:
        path = Path(directory) / name / part
        if not path.is_file():
            raise DiscourseError(f"{path} is listed in {MANIFEST} but missing; run again")
        frames.append(read_part(path, name, columns=columns))
    frame = pd.concat(frames, ignore_index=True) if frames else empty_table(name)
    return check_table(name, frame) if columns is None else frame[list(columns)]


def read_manifest(directory: str | Path) -> dict[str, Any]:
    """Read ``run.json`` of a run.

    Raises
    ------
    DiscourseError
        If there is none, or it is not one of this project.
    """
    path = Path(directory) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DiscourseError(
            f"{directory} holds no finished run ({MANIFEST} is missing); "
            f"make one with `pmdiscourse run RAW --out {directory}`"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise DiscourseError(f"{path} cannot be read: {error}; run again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("tables"), dict):
        raise DiscourseError(f"{path} is not the manifest of a run; run again")
    return manifest


def write_manifest(directory: Path, manifest: dict[str, Any]) -> None:
    """Write ``run.json`` and then remove parts of earlier runs that it does not list."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    write_atomic(directory / MANIFEST, text)
    for name in TABLES:
        listed = set(manifest["tables"].get(name, []))
        for part in (directory / name).glob("*.parquet"):
            if part.name not in listed and _PART.fullmatch(part.name):
                part.unlink()
