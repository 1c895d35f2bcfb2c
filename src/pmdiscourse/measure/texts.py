"""What every model asks of the texts it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

import numpy as np
import pandas as pd

from pmdiscourse.errors import invalid


def check_texts(texts: object) -> list[str]:
    """Return texts as a list, each as `make_whole` gives it.

    Parameters
    ----------
    texts : iterable of str
        A list, tuple, pandas Series or numpy array of one dimension; a generator too, which is
        read once.

    Raises
    ------
    DiscourseError
        If texts is no list of texts (a single text, a table, a set, which has no order, nothing),
        is empty, or holds something that is no text.
    """
    single = isinstance(texts, str | bytes | Mapping | Set | pd.DataFrame)
    single = single or (isinstance(texts, np.ndarray) and texts.ndim == 0)
    if single or not isinstance(texts, Iterable):
        hint = "Write [text] for one, passages['text'] for those of a run."
        raise invalid("texts", got=texts, allowed="a list of texts", hint=hint)
    checked: list[str] = list(texts)
    if not checked:
        raise invalid("texts", got=checked, allowed="one text or more")
    for row, text in enumerate(checked):
        if not isinstance(text, str):
            raise invalid(f"texts, row {row}", got=text, allowed="a text")
    return [make_whole(text) for text in checked]


def make_whole(text: str) -> str:
    r"""Put a question mark for each half of a character, which no tokenizer takes; same length.

    Broken JSON holds such halves ("lone surrogates", Unicode standard, section 23.6).

    Examples
    --------
    >>> make_whole("The PM \ud83d takes it")
    'The PM ? takes it'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
