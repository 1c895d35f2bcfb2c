"""The tables that travel through the house: their columns, types, units and checks.

Everything between the wings is one of these long pandas frames. `check_table` is called where a
frame enters or leaves a wing, so a wrong column is told by name at the border and not later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pmdiscourse.errors import invalid, unknown

KINDS = ("essay", "comment")
UNITS = ("passage", "post")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Column name.
    dtype : str
        ``str``, ``int64``, ``float64``, ``bool``, ``boolean`` (with missing values), ``time``
        (UTC) or ``evidence`` (a list of dictionaries).
    meaning : str
        One line for people, with the unit.
    nullable : bool, default=False
        Whether values may be missing.
    allowed : tuple of str, default=()
        The only values allowed; empty means any.
    """

    name: str
    dtype: str
    meaning: str
    nullable: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: its name, what one row is, its columns and its canonical row order."""

    name: str
    row: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


_POST_CONTEXT = (
    Column("thread_id", "str", "the essay and all replies under it share it"),
    Column("kind", "str", "essay or comment", allowed=KINDS),
    Column("source", "str", "where it was scraped: the passport's title or the record's site"),
    Column("published_at", "time", "when it was published (UTC)", nullable=True),
    Column("language", "str", "ISO 639-1 code, 'und' if it cannot be told"),
)
_THREAD, _KIND, _SOURCE, _PUBLISHED, _LANGUAGE = _POST_CONTEXT
_THEME = Column("theme", "str", "name of a theme of the codebook")

POSTS = Table(
    "posts",
    "one piece of writing by one author",
    (
        Column("post_id", "str", "from the source's own id or the content, never from order"),
        _THREAD,
        Column("parent_id", "str", "post_id of the post it replies to", nullable=True),
        _KIND,
        _SOURCE,
        Column("author", "str", "keyed pseudonym", nullable=True),
        _PUBLISHED,
        Column("title", "str", "title of an essay", nullable=True),
        Column("text", "str", "cleaned text, one paragraph a line"),
        _LANGUAGE,
        Column("n_words", "int64", "words in text"),
        Column("raw_file", "str", "path below RAW of the file it came from"),
        Column("raw_sha256", "str", "SHA-256 of that file"),
        Column("duplicate_of", "str", "post_id of the kept post that it repeats", nullable=True),
    ),
    ("thread_id", "post_id"),
    ("post_id",),
)
PASSAGES = Table(
    "passages",
    "one paragraph, list item, note or speaker turn",
    (
        Column("passage_id", "str", "from post_id and the passage's letters and digits"),
        Column("post_id", "str", "the post it stands in"),
        _THREAD,
        _KIND,
        _SOURCE,
        _PUBLISHED,
        _LANGUAGE,
        Column("position", "int64", "0, 1, 2 ... in its post"),
        Column("start", "int64", "first character in posts.text"),
        Column("end", "int64", "one past the last character in posts.text"),
        Column("text", "str", "the passage"),
        Column("n_words", "int64", "words in text"),
    ),
    ("thread_id", "post_id", "position"),
    ("passage_id",),
)
SCORES = Table(
    "scores",
    "a passage x a theme",
    (
        Column("passage_id", "str", "the passage"),
        _THEME,
        Column("score", "float64", "model's score, 0 to 1"),
        Column("tagged", "bool", "score at or above the theme's threshold"),
        Column("evidence", "evidence", "list of {start, end, view, weight}, passage characters"),
    ),
    ("passage_id", "theme"),
    ("passage_id", "theme"),
)
PREVALENCE = Table(
    "prevalence",
    "a theme, over all or within a group or period",
    (
        _THEME,
        Column("unit", "str", "what is counted", allowed=UNITS),
        Column("by", "str", "column that groups, 'all' without one"),
        Column("group", "str", "value of that column, 'all' without one"),
        Column("period", "str", "period, 'all' without one"),
        Column("n", "int64", "units counted"),
        Column("n_threads", "int64", "threads they stand in"),
        Column("n_labels", "int64", "labelled units"),
        Column("n_positive", "int64", "labelled units that carry the theme"),
        Column("tagged_share", "float64", "share that the model tags, 0 to 1", nullable=True),
        Column("band_low", "float64", "sensitivity band, lower end", nullable=True),
        Column("band_high", "float64", "sensitivity band, upper end", nullable=True),
        Column("estimate", "float64", "prevalence estimate, 0 to 1", nullable=True),
        Column("corpus_low", "float64", "95 % interval for these posts", nullable=True),
        Column("corpus_high", "float64", "95 % interval for these posts", nullable=True),
        Column("discourse_low", "float64", "95 % interval for posts like these", nullable=True),
        Column("discourse_high", "float64", "95 % interval for posts like these", nullable=True),
        Column("labels_saved", "float64", "factor against a random human sample", nullable=True),
        Column("labels_needed", "float64", "labels still needed", nullable=True),
        Column("method", "str", "how the row was made"),
        Column("note", "str", "what a reader must know"),
    ),
    ("unit", "by", "group", "period", "theme"),
    ("unit", "by", "group", "period", "theme"),
)
ORIGINS = Table(
    "origins",
    "where a passage stands in what was read",
    (
        Column("passage_id", "str", "the passage"),
        Column("raw_file", "str", "path below RAW, with the member of an archive"),
        Column("record", "int64", "row, line or place in the file, as in quarantine.jsonl"),
        Column(
            "raw_start",
            "int64",
            "first character: in the file's text for copied pages, else in the record's text",
        ),
        Column("raw_end", "int64", "one past the last character"),
    ),
    ("passage_id",),
    ("passage_id",),
)
TABLES = {table.name: table for table in (POSTS, PASSAGES, ORIGINS, SCORES, PREVALENCE)}

_DTYPES = {"time": "datetime64[us, UTC]", "evidence": "object"}


def find_table(name: str) -> Table:
    """Return the table of that name.

    Raises
    ------
    DiscourseError
        If there is no table of that name.
    """
    if name not in TABLES:
        raise unknown("table", got=name, known=TABLES)
    return TABLES[name]


def empty_table(name: str) -> pd.DataFrame:
    """Return a frame with the columns and types of a table and no rows.

    Examples
    --------
    >>> empty_table("scores").columns.tolist()
    ['passage_id', 'theme', 'score', 'tagged', 'evidence']
    """
    columns = find_table(name).columns
    data = {c.name: pd.Series([], dtype=_DTYPES.get(c.dtype, c.dtype)) for c in columns}
    return pd.DataFrame(data)


def require_columns(name: str, frame: Any, columns: Iterable[str]) -> None:
    """Require a frame with these columns; more are welcome.

    Raises
    ------
    DiscourseError
        If it is no DataFrame or a column is missing.
    """
    if not isinstance(frame, pd.DataFrame):
        raise invalid(name, got=type(frame).__name__, allowed="a pandas DataFrame")
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise invalid(name, got=list(frame.columns), allowed=f"a frame with {missing} too")


def check_present(labels: pd.DataFrame) -> None:
    """Require what coders say to be yes, no or missing (unsure).

    Raises
    ------
    DiscourseError
        Naming the first value that is something else.
    """
    said = labels["present"]
    wrong = said.notna() & ~said.isin([True, False])  # 1 and 0 are equal to them, "1" is not
    if wrong.any():
        raise invalid(
            "labels, column 'present'",
            got=f"{said[wrong].iloc[0]!r} ({wrong.sum()} such rows)",
            allowed="True, False, or missing for unsure",
            hint="Read sheets with `read_labels`, which knows 1, 0 and ?.",
        )


def check_table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Check a frame against its table and return it in canonical form.

    Parameters
    ----------
    name : str
        Name of the table: posts, passages, scores or prevalence.
    frame : DataFrame
        Rows in any order; further columns are an error, not dropped.

    Returns
    -------
    DataFrame
        Columns in the table's order and types, rows sorted, index 0..n-1.

    Raises
    ------
    DiscourseError
        If a column is missing, unknown, of another type, outside its allowed values, or if two
        rows share a key.
    """
    table = find_table(name)
    require_columns(name, frame, [])
    for column in frame.columns:
        if column not in table.names:
            raise unknown(f"column of {name}", got=str(column), known=table.names)
    require_columns(name, frame, table.names)
    checked = pd.DataFrame({c.name: _checked_column(name, c, frame[c.name]) for c in table.columns})
    repeated = checked.duplicated(list(table.key))
    if repeated.any():
        key = checked.loc[repeated, list(table.key)].iloc[0].to_dict()
        raise invalid(f"key of {name}", got=key, allowed="one row for each key")
    return checked.sort_values(list(table.order), kind="stable", ignore_index=True)


def _checked_column(table: str, column: Column, values: pd.Series) -> pd.Series:
    """Cast one column and check missing and allowed values."""
    what = f"column {column.name!r} of {table}"
    if not column.nullable and column.dtype != "evidence" and values.isna().any():
        row = int(values.isna().to_numpy().argmax())
        raise invalid(what, got=f"a missing value in row {row}", allowed="no missing value")
    dtype: Any = _DTYPES.get(column.dtype, column.dtype)
    try:
        if column.dtype == "time":
            values = pd.to_datetime(values, utc=True)
        cast: pd.Series = values.astype(dtype)
    except (TypeError, ValueError) as error:
        raise invalid(what, got=values.dtype, allowed=column.dtype, hint=str(error)) from error
    if column.allowed and not set(cast.dropna()) <= set(column.allowed):
        raise invalid(
            what, got=sorted(set(cast) - set(column.allowed)), allowed=" or ".join(column.allowed)
        )
    return cast
