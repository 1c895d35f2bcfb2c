"""Labels: which passages people should code, the sheets for it, and what the coders said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.measure.sheets import (
    read_rows,
    read_sheet,
    text_sha256,
    write_codebook,
    write_sheet,
)
from pmdiscourse.measure.strata import LABEL_COLUMNS, assign_strata
from pmdiscourse.store import write_atomic
from pmdiscourse.tables import UNITS, check_table, require_columns

# Up to this many passages all are worth labelling: the corpus interval then is a point.
CENSUS = 600
MIN_PER_STRATUM = 5
DESIGN_COLUMNS = ("passage_id", "wave", "stratum", "inclusion_probability")


def draw_sample(
    passages: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    n: int,
    random_state: int,
    unit: str = "passage",
) -> pd.DataFrame:
    """Draw the passages that people should label.

    Scored passages are cut into strata by their best rank over the themes (`assign_strata`); each
    stratum gives a simple random sample without replacement, of a size near proportional to the
    root of the stratum's, 5 at least. A corpus of 600 scored passages or fewer is drawn whole.

    Parameters
    ----------
    passages : DataFrame
        Table ``passages``; it must hold every scored passage.
    scores : DataFrame
        Table ``scores``. Only scored passages can be drawn.
    n : int
        Passages to draw; 1 or more. A corpus that is drawn whole has n such passages first, so
        labelling may stop after any row.
    random_state : int
        Seed, 0 or more.
    unit : {"passage"}, default="passage"
        What is drawn.

    Returns
    -------
    DataFrame
        passage_id, wave (1), stratum, inclusion_probability (above 0 and up to 1), a row for each
        drawn passage, shuffled. It depends on the content of the tables, not on their order.

    Raises
    ------
    DiscourseError
        If a table is not usable, no passage is scored, a scored passage is unknown, n or
        random_state is out of range, or unit is another.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 5.5, for allocation by size and spread; the root
    stands for the spread that falls with the rank and costs at most 1.2 times the variance if the
    scores say nothing. Whole numbers by Webster's method of highest averages.
    """
    _check_draw(n, random_state, unit)
    ids = set(check_table("passages", passages)["passage_id"])
    strata = assign_strata(check_table("scores", scores))
    if strata.empty:
        raise DiscourseError("no passage is scored, so none can be drawn; run with posts first")
    lost = sorted(set(strata.index) - ids)
    if lost:
        raise invalid(
            "scores",
            got=f"{len(lost)} scored passages that passages lacks, first {lost[0]}",
            allowed="scores of these passages",
            hint="Give the scores and the passages of the same run.",
        )
    # One random order inside each stratum: every start of it is a simple random sample.
    random = np.random.default_rng(random_state)
    size = strata.value_counts().sort_index()
    order = [
        random.permutation(strata.index[strata == name].to_numpy(object)) for name in size.index
    ]
    drawn = allocate(size.to_numpy(), n)
    rows = random.permutation(np.concatenate([o[:k] for o, k in zip(order, drawn, strict=True)]))
    chance = pd.Series(drawn / size.to_numpy(), index=size.index)
    if len(strata) <= CENSUS:
        rest = np.concatenate([o[k:] for o, k in zip(order, drawn, strict=True)])
        rows, chance[:] = np.concatenate([rows, random.permutation(rest)]), 1.0
    design = pd.DataFrame({"passage_id": rows.astype(str), "wave": 1})
    design["stratum"] = design["passage_id"].map(strata).astype(str)
    return design.assign(inclusion_probability=design["stratum"].map(chance).astype(float))


def allocate(size: NDArray[np.integer[Any]], n: int) -> NDArray[np.int64]:
    """Share n labels among strata: near proportional to the root of their size.

    Parameters
    ----------
    size : ndarray of shape (n_strata,)
        Passages in each stratum, 1 or more.
    n : int
        Labels; more than there are passages means all.

    Returns
    -------
    ndarray of shape (n_strata,)
        Whole numbers, each at least 5 and at most the size. They add up to n if that allows it.

    Examples
    --------
    >>> allocate(np.array([20, 40, 90, 250, 600]), 100).tolist()
    [7, 10, 16, 26, 41]
    """
    drawn: NDArray[np.int64] = np.minimum(size, MIN_PER_STRATUM).astype(np.int64)
    while drawn.sum() < min(n, size.sum()):
        claim = np.where(drawn < size, np.sqrt(size) / (drawn + 0.5), 0.0)
        drawn[np.argmax(claim)] += 1
    return drawn


def write_label_sheet(
    design: pd.DataFrame,
    passages: pd.DataFrame,
    path: str | Path,
    *,
    codebook: Codebook | None = None,
    coder: str = "coder-1",
) -> None:
    """Write a sheet to fill in with a spreadsheet, and what belongs to it beside it.

    ``NAME.csv`` has the columns passage_id, coder, text, one for each theme, and note; it shows
    neither score nor stratum. The coder writes 1 (present), 0 (absent) or ? (unsure) into each
    theme's cell. ``NAME-codebook.csv`` tells what the themes mean. ``NAME-design.csv`` is for
    `read_labels`, not for the coder.

    Parameters
    ----------
    design : DataFrame
        As from `draw_sample`.
    passages : DataFrame
        Table ``passages``; it must hold every drawn passage.
    path : str or Path
        File to write, ending in ``.csv``; an existing one is not overwritten.
    codebook : Codebook or None, default=None
        Gives the themes; None loads the one that comes with the package.
    coder : str, default="coder-1"
        Who will fill it in; may be changed in the sheet.

    Raises
    ------
    DiscourseError
        If the file exists, the design or passages are not usable, or a drawn passage is unknown.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise invalid("path of the label sheet", got=str(path), allowed="a name ending in .csv")
    if path.exists():
        raise DiscourseError(f"{path} exists and may hold labels; choose another name or move it")
    codebook = load_codebook() if codebook is None else codebook
    texts = drawn_texts(design, passages)
    write_design(path.with_name(f"{path.stem}-design.csv"), design, texts)
    write_codebook(path.with_name(f"{path.stem}-codebook.csv"), codebook)
    write_sheet(path, texts, themes=codebook.names, coder=coder)


def read_labels(
    path: str | Path,
    *,
    design: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
) -> pd.DataFrame:
    """Read a filled label sheet and check every cell.

    Parameters
    ----------
    path : str or Path
        The sheet: CSV in UTF-8, cells set apart by commas, semicolons or tabs.
    design : DataFrame or None, default=None
        As from `draw_sample`; the texts are then not compared. None reads ``NAME-design.csv`` or
        ``design.csv`` beside the sheet.
    codebook : Codebook or None, default=None
        Gives the themes. None reads ``NAME-codebook.csv`` or ``codebook.csv`` beside the sheet, or
        loads the one that comes with the package if there is neither.

    Returns
    -------
    DataFrame
        passage_id, theme, coder, present (nullable boolean, missing where the coder was unsure),
        wave, stratum, inclusion_probability; by passage, theme and coder. A cell left empty is not
        labelled and has no row.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault: an id that was not drawn, a value other than 1, 0, ?
        or nothing, an edited text, no coder, a row twice; also for rows or columns that are
        missing, unknown columns, or a file that cannot be read.
    """
    path = Path(path)
    if design is None:
        design = _read_design(path)
    _check_design(design)
    themes = _themes_beside(path) if codebook is None else codebook.names
    indexed = design.set_index(design["passage_id"].astype(str))
    known = indexed.get("text_sha256", pd.Series("", index=indexed.index))
    said = read_sheet(path, known, themes)
    for column in DESIGN_COLUMNS[1:]:
        said[column] = said["passage_id"].map(indexed[column])
    said = said.astype({"wave": "int64", "stratum": str, "inclusion_probability": "float64"})
    ordered = said.sort_values(["passage_id", "theme", "coder"], ignore_index=True)
    return ordered[list(LABEL_COLUMNS)]


def drawn_texts(design: pd.DataFrame, passages: pd.DataFrame) -> pd.Series:
    """Return the text of each drawn passage by passage_id, in the order of the design."""
    _check_design(design)
    texts = check_table("passages", passages).set_index("passage_id")["text"]
    lost = [passage for passage in design["passage_id"] if passage not in texts.index]
    if lost:
        raise invalid(
            "design",
            got=f"{len(lost)} drawn passages that passages lacks, first {lost[0]}",
            allowed="a sample of these passages",
        )
    return texts.reindex(design["passage_id"])


def write_design(path: Path, design: pd.DataFrame, texts: pd.Series) -> None:
    """Write the design of a draw; the hash shows whether a coder edited the text."""
    hashed = design[list(DESIGN_COLUMNS)].assign(text_sha256=texts.map(text_sha256).to_numpy())
    write_atomic(path, hashed.to_csv(index=False, lineterminator="\n"))


def _read_design(path: Path) -> pd.DataFrame:
    """Read the design that lies beside a sheet."""
    beside = _beside(path, "design")
    if beside is None:
        raise DiscourseError(
            f"{path.stem}-design.csv or design.csv is not beside {path}: it says how the passages "
            "were drawn; put the sheet back beside it, or give design"
        )
    types = {"passage_id": "str", "stratum": "str", "text_sha256": "str"}
    exact = {"inclusion_probability": float}  # Python's reading gives back what was written
    try:
        return pd.read_csv(beside, dtype=types, converters=exact, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise DiscourseError(f"{beside} cannot be read: {error}; take it from a copy") from error


def _themes_beside(path: Path) -> list[str]:
    """Read the theme names of the codebook that lies beside a sheet."""
    beside = _beside(path, "codebook")
    if beside is None:
        return load_codebook().names
    return [row[0] for _, row in read_rows(beside)[1]]


def _beside(path: Path, name: str) -> Path | None:
    for candidate in (f"{path.stem}-{name}.csv", f"{name}.csv"):
        if path.with_name(candidate).is_file():
            return path.with_name(candidate)
    return None


def _check_design(design: pd.DataFrame) -> None:
    require_columns("design", design, DESIGN_COLUMNS)
    repeated = design["passage_id"].duplicated()
    if repeated.any():
        first = design.loc[repeated, "passage_id"].iloc[0]
        raise invalid("design", got=f"{first} twice", allowed="each passage once")


def _check_draw(n: int, random_state: int, unit: str) -> None:
    if unit == "post":
        raise DiscourseError("unit 'post' cannot be drawn yet, only passages: use unit='passage'")
    if unit not in UNITS:
        raise unknown("unit", got=str(unit), known=UNITS)
    bounds: list[tuple[str, Any, int]] = [("n", n, 1), ("random_state", random_state, 0)]
    for name, value, least in bounds:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise invalid(name, got=value, allowed=f"a whole number, {least} or more")
