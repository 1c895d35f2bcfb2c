"""Coders by letters, not by names: a report is mailed, and who coded is nobody's concern."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_uppercase

import pandas as pd

# What `label read` puts behind a name: the same person, reading another time.
_ROLE = re.compile(r"(?P<name>.*?)(?P<role> \((?:second reading|adjudication)\))?", re.DOTALL)


def hide_coders(figures: pd.DataFrame) -> pd.DataFrame:
    """Put letters in the place of coders' names.

    Parameters
    ----------
    figures : DataFrame
        A frame with the column coder, other or both, e.g. from `compare_coders`.

    Returns
    -------
    DataFrame
        The same with "coder A", "coder B" ... in the order of the names. A second reading or an
        adjudication keeps the letter of its coder, and is told apart: "coder A (second reading)".

    Examples
    --------
    >>> pairs = pd.DataFrame({"coder": ["Ana", "Ana"], "other": ["Ben", "Ana (second reading)"]})
    >>> hide_coders(pairs).values.tolist()
    [['coder A', 'coder B'], ['coder A', 'coder A (second reading)']]
    """
    columns = [column for column in ("coder", "other") if column in figures]
    split = {value: _split(value) for column in columns for value in figures[column]}
    names = sorted({name for name, _ in split.values()})
    letters = dict(zip(names, _letters(len(names)), strict=True))
    shown = {value: f"coder {letters[name]}{role}" for value, (name, role) in split.items()}
    return figures.assign(**{column: figures[column].map(shown) for column in columns})


def _split(value: str) -> tuple[str, str]:
    """Return the name of a coder, and in which role if not in a first reading."""
    found = _ROLE.fullmatch(value)
    return (found["name"], found["role"] or "") if found else (value, "")


def _letters(n: int) -> list[str]:
    """Return A to Z, then AA to ZZ and so on."""
    letters: list[str] = []
    width = 1
    while len(letters) < n:
        letters += ["".join(one) for one in product(ascii_uppercase, repeat=width)]
        width += 1
    return letters[:n]
