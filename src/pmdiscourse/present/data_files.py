"""Files of a report: tables as CSV beside the pages, and what is removed of an earlier report."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from pmdiscourse.csv_cells import safe_text
from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.store import sha256, write_atomic

TABLES = "tables"
LISTING = "files.json"
_OURS = re.compile(r"tables/[a-z0-9-]+\.csv|[^/\\]+\.html")
_POLICY = b"content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_HEAD = 500  # bytes of a page in which the policy stands
_LONGEST_NAME = 40
_LOCK = ".lock"


def csv_text(frame: pd.DataFrame) -> str:
    r"""Return a frame as CSV, every number unrounded and every text safe for spreadsheets.

    Parameters
    ----------
    frame : DataFrame
        Any frame; its index is left out.

    Returns
    -------
    str
        Rows end as RFC 4180 asks. A missing value is an empty cell; a text that a spreadsheet
        would run as a formula has an apostrophe before it.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"theme": ["=blame"], "share": [1 / 3], "n": [-2]}))
    "theme,share,n\r\n'=blame,0.3333333333333333,-2\r\n"
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([safe_text(str(column)) for column in frame.columns])
    for values in frame.itertuples(index=False, name=None):
        writer.writerow([_cell(value) for value in values])
    return buffer.getvalue()


def _cell(value: Any) -> str:
    """Write one value: numbers as they are, everything else as safe text."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if pd.api.types.is_number(value):
        return str(value)
    return safe_text(str(value))


def data_file_name(page: str, number: int, caption: str) -> str:
    """Name the CSV file of a table.

    Parameters
    ----------
    page : str
        Name of the page, without its ending.
    number : int
        Which table of the page it is.
    caption : str
        Its caption; the first words go into the name.

    Returns
    -------
    str
        Path from the page, with plain letters, digits and hyphens only.

    Examples
    --------
    >>> data_file_name("03-prevalence", 2, "Shares <by> Thème.")
    'tables/03-prevalence-02-shares-by-theme.csv'
    """
    words = slug(caption)
    if len(words) > _LONGEST_NAME:
        words = words[: _LONGEST_NAME + 1].rpartition("-")[0] or words[:_LONGEST_NAME]
    return f"{TABLES}/{'-'.join(filter(None, [slug(page), f'{number:02d}', words]))}.csv"


def slug(text: str) -> str:
    """Turn words into lower-case letters, digits and hyphens.

    Examples
    --------
    >>> slug("How far? Très loin!")
    'how-far-tres-loin'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def check_folder(folder: Path, pages: Iterable[str]) -> None:
    """Check that a report can be written into a folder, without writing anything.

    Parameters
    ----------
    folder : Path
        Folder of the report; it need not be there.
    pages : iterable of str
        Names of the pages to be written.

    Raises
    ------
    DiscourseError
        If it is no folder, nothing can be written there, or a page would overwrite a file that is
        no report of this software.
    """
    for path in (folder, folder / TABLES):
        if path.exists() and not path.is_dir():
            raise invalid(f"{path}", got="a file", allowed="a folder to write the report into")
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise DiscourseError(
            f"nothing can be written into {place}; get the right to write there, or name another "
            "folder with --out"
        )
    listed = _read_listing(folder)
    for name in pages:
        path = folder / name
        if path.is_dir() or (path.exists() and name not in listed and not _is_page(path)):
            raise DiscourseError(
                f"{path} is no report of pmdiscourse and would be overwritten; move it away, or "
                "name another folder with --out"
            )


def _is_page(path: Path) -> bool:
    """Tell whether a file is a page of an earlier version, which left no listing."""
    with path.open("rb") as file:
        return _POLICY in file.read(_HEAD)


def write_report(folder: Path, pages: Mapping[str, str], tables: Mapping[str, str]) -> None:
    """Write a report, and remove what an earlier one wrote and this one does not.

    ``files.json`` lists what was written with its SHA-256. A listed file is removed only if it
    still holds what was written: one that somebody changed stays.

    Parameters
    ----------
    folder : Path
        Folder of the report; made if needed.
    pages : mapping of str to str
        HTML by name.
    tables : mapping of str to str
        CSV by path from the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Two reports at once: one after the other, or pages of both would stand side by side.
    with FileLock(folder / _LOCK):
        _write_all(folder, pages, tables)
        with suppress(OSError):  # Windows removes no open file; then it stays, empty and hidden
            (folder / _LOCK).unlink()


def _write_all(folder: Path, pages: Mapping[str, str], tables: Mapping[str, str]) -> None:
    """Write the files and the listing, then remove what only the old listing has."""
    before = _read_listing(folder)
    # The mark at the start lets Excel see that a table is UTF-8.
    content = {name: text.encode("utf-8-sig") for name, text in tables.items()}
    content |= {name: text.encode("utf-8") for name, text in pages.items()}
    for name, data in content.items():
        write_atomic(folder / name, data)
    listing = {name: sha256(data) for name, data in sorted(content.items())}
    write_atomic(folder / LISTING, json.dumps(listing, indent=1) + "\n")
    for name in sorted(before.keys() - listing.keys()):
        path = folder / name
        if path.is_file() and sha256(path.read_bytes()) == before[name]:
            path.unlink()


def _read_listing(folder: Path) -> dict[str, str]:
    """Read what an earlier report wrote; a listing that is missing or not ours tells nothing."""
    try:
        listing = json.loads((folder / LISTING).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(listing, dict):
        return {}
    return {name: str(digest) for name, digest in listing.items() if _OURS.fullmatch(name)}
