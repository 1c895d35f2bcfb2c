"""Files of a report: tables as CSV beside the pages, and what is removed of an earlier report."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.csv_cells import safe_text
from pmdiscourse.store import sha256, write_atomic

TABLES = "tables"
LISTING = "files.json"
_OURS = re.compile(r"(tables/)?[a-z0-9-]+\.(html|csv)")
_LONGEST_NAME = 40


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
    except (OSError, ValueError):
        return {}
    if not isinstance(listing, dict):
        return {}
    return {name: str(digest) for name, digest in listing.items() if _OURS.fullmatch(name)}
