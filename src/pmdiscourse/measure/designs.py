"""The design of a draw as a file beside the sheets: what was drawn, how, and for which sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.measure.sheet_checks import Drawn
from pmdiscourse.measure.sheets import (
    CODEBOOK_COLUMNS,
    codebook_rows,
    plain_cell,
    read_rows,
    text_sha256,
)
from pmdiscourse.store import write_atomic
from pmdiscourse.tables import require_columns

DESIGN_COLUMNS = ("passage_id", "wave", "stratum", "inclusion_probability")
# Every fifth row is coded twice; as rows are shuffled, that is a random fifth.
DOUBLE_EVERY = 5
_SHEET = re.compile(r"sheet-(\d+)")


def share_rows(n: int, *, n_coders: int) -> list[list[int]]:
    """Share rows among coders: a fifth goes to two of them, the others to one.

    Parameters
    ----------
    n : int
        Rows, shuffled.
    n_coders : int
        Coders, 1 or more.

    Returns
    -------
    list of list of int
        For each row the numbers of its sheets, from 1. Any start of the rows is shared alike, so
        coders may stop after any row.

    Examples
    --------
    >>> share_rows(6, n_coders=2)
    [[1, 2], [2], [1], [2], [1], [1, 2]]
    """
    shared = []
    for row in range(n):
        block, place = divmod(row, DOUBLE_EVERY)
        both = place == 0 and n_coders > 1
        first = (block if both else row - block) % n_coders
        shared.append(sorted({first + 1, (first + both) % n_coders + 1}))
    return shared


def write_design(
    path: Path, design: pd.DataFrame, texts: pd.Series, *, shared: list[list[int]] | None = None
) -> None:
    """Write the design of a draw; the hash shows whether a coder edited the text.

    Parameters
    ----------
    path : Path
        The CSV file.
    design : DataFrame
        As from `draw_sample`.
    texts : Series
        Texts of its rows.
    shared : list of list of int or None, default=None
        Sheets of its rows; None if there is but one sheet.
    """
    hashes = texts.map(text_sha256).to_numpy()
    hashed = design[list(DESIGN_COLUMNS)].assign(text_sha256=hashes)
    if shared is not None:
        hashed["sheets"] = [" ".join(map(str, numbers)) for numbers in shared]
    write_atomic(path, hashed.to_csv(index=False, lineterminator="\n"))


def read_design(sheet: Path) -> pd.DataFrame:
    """Read the design that lies beside a sheet.

    Raises
    ------
    DiscourseError
        If there is none, or it cannot be read.
    """
    beside = _beside(sheet, "design")
    if beside is None:
        raise DiscourseError(
            f"{sheet.stem}-design.csv or design.csv is not beside {sheet}: it says how the "
            "passages were drawn; put the sheet back beside it, or give design"
        )
    types = {"passage_id": "str", "stratum": "str", "text_sha256": "str", "sheets": "str"}
    exact = {"inclusion_probability": float}  # Python's reading gives back what was written
    try:
        design = pd.read_csv(beside, dtype=types, converters=exact, keep_default_na=False)
        check_design(design)
    except (ValueError, UnicodeDecodeError) as error:
        raise DiscourseError(f"{beside} cannot be read: {error}; take it from a copy") from error
    return design


def check_design(design: pd.DataFrame) -> None:
    """Require the columns of a design, and each passage once.

    Raises
    ------
    DiscourseError
        Naming what is wrong.
    """
    require_columns("design", design, DESIGN_COLUMNS)
    repeated = design["passage_id"].duplicated()
    if repeated.any():
        first = design.loc[repeated, "passage_id"].iloc[0]
        raise invalid("design", got=f"{first} twice", allowed="each passage once")


def drawn_for_two(design: pd.DataFrame) -> set[str]:
    """Return the passages of a design (`read_design`) that stand in the sheets of two coders."""
    sheets = design.get("sheets", pd.Series("1", index=design.index))
    return set(design.loc[sheets.str.contains(" "), "passage_id"])


def find_drawn(sheet: Path, design: pd.DataFrame, themes: list[str]) -> Drawn:
    """Return what a sheet may hold: its own rows of the design, or all if it is no coder's own."""
    indexed = design.set_index(design["passage_id"].astype(str))
    own = indexed
    number = _SHEET.fullmatch(sheet.stem)
    if number and "sheets" in indexed.columns:
        own = indexed[[number[1] in sheets.split() for sheets in indexed["sheets"]]]
    hashes = own.get("text_sha256", pd.Series("", index=own.index))
    known = {str(passage): str(value) for passage, value in hashes.items()}
    return Drawn(known, themes, _elsewhere(sheet))


def _elsewhere(sheet: Path) -> dict[str, str]:
    """Return where the passages of all waves belong."""
    places: dict[str, str] = {}
    if not sheet.parent.name.startswith("wave-"):
        return places
    for path in sorted(sheet.parent.parent.glob("wave-*/design.csv")):
        design = read_design(path)
        sheets = design.get("sheets", pd.Series("1", index=design.index))
        for passage, numbers in zip(design["passage_id"], sheets, strict=True):
            names = [f"{path.parent.name}/sheet-{number}.csv" for number in numbers.split()]
            places[passage] = " and ".join(names)
    return places


def themes_beside(sheet: Path) -> list[str]:
    """Read the theme names of the codebook that lies beside a sheet."""
    return [theme["theme"] for theme in read_codebook_beside(sheet)]


def read_codebook_beside(sheet: Path) -> list[dict[str, str]]:
    """Read the codebook that lies beside a sheet, or the one that comes with the package.

    Returns
    -------
    list of dict
        For each theme `CODEBOOK_COLUMNS`.
    """
    beside = _beside(sheet, "codebook")
    rows = codebook_rows(load_codebook())
    if beside is not None:
        rows = [list(map(plain_cell, row)) for _, row in read_rows(beside)[1]]
    width = len(CODEBOOK_COLUMNS)
    padded = [[*row, *[""] * width][:width] for row in rows]
    return [dict(zip(CODEBOOK_COLUMNS, row, strict=True)) for row in padded]


def _beside(path: Path, name: str) -> Path | None:
    for candidate in (f"{path.stem}-{name}.csv", f"{name}.csv"):
        if path.with_name(candidate).is_file():
            return path.with_name(candidate)
    return None
