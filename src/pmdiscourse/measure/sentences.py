"""Words and sentences of lower-cased text, cut by regular expressions alone, to be fast."""

from __future__ import annotations

import re
from collections.abc import Iterator

# "don't" is two words, "do" and "n't", as in spaCy; a hyphen or a slash parts words.
TOKEN = re.compile(r"[a-z]+(?=n't)|n't|'\w+|\w+")
_END = re.compile(r"(?<=[.!?])[\"'\u201d)\]]*\s+|\n+")


def split_sentences(text: str, *, min_words: int = 1) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the sentences, in characters of the text.

    Parameters
    ----------
    text : str
        Any text.
    min_words : int, default=1
        A sentence with fewer words is joined to what follows it; the last one may stay short.

    Examples
    --------
    >>> text = "Why me? Because. It always was."
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['Why me?', 'Because.', 'It always was.']
    """
    start = 0
    for match in _END.finditer(text):
        if len(text[start : match.start()].split()) >= min_words:
            yield start, match.start()
            start = match.end()
    if text[start:].strip():
        yield start, len(text)
