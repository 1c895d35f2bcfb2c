"""Texts in cells of a CSV file that a spreadsheet opens without harm."""

from __future__ import annotations

import re

# What no spreadsheet or file can hold: control characters, halves of a surrogate pair.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
# OWASP, CSV Injection: a cell that starts so is run as a formula by Excel and LibreOffice.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_text(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run as a formula.

    Characters that no spreadsheet can hold (control characters, halves of a pair) become spaces.

    Parameters
    ----------
    text : str
        Content of the cell.

    Returns
    -------
    str
        What to write; the CSV writer still has to quote it.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text(" @x"), safe_text("2024"), safe_text("We shipped.")
    ("'=1+1", "' @x", '2024', 'We shipped.')
    """
    text = UNWRITABLE.sub(" ", text)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text
