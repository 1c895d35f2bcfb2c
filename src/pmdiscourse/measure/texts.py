"""What every model asks of the texts it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from pmdiscourse.errors import invalid


def check_texts(texts: object) -> list[str]:
    """Return texts as a list.

    Raises
    ------
    DiscourseError
        If texts is no list of texts (a single text, a table, nothing), is empty, or holds
        something that is no text.
    """
    single = isinstance(texts, str | bytes | Mapping | pd.DataFrame)
    if single or not isinstance(texts, Iterable):
        hint = "Write [text] for one, passages['text'] for those of a run."
        raise invalid("texts", got=texts, allowed="a list of texts", hint=hint)
    checked: list[str] = list(texts)
    if not checked:
        raise invalid("texts", got=checked, allowed="one text or more")
    for row, text in enumerate(checked):
        if not isinstance(text, str):
            raise invalid(f"texts, row {row}", got=text, allowed="a text")
    return checked
