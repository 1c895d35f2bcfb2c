"""The notation of token patterns: one short readable line each, parsed here, matched elsewhere.

A pattern is a row of elements with a space between them:

=================  ==========================================================================
``blame``          that word, in any case
``blame|fault``    one of these words (``don't`` and ``mini-ceo`` are fine)
``promot*``        a word that begins so
``the?``           the element may be left out
``<pm>``           a word class of the codebook: one of its phrases (also ``<pm>|product``)
``...``            up to four words
=================  ==========================================================================

A pattern matches inside one sentence. It needs an anchor: an element that may not be left out.
Sentences that lack a word for any such element are never matched, which is what makes this fast.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pmdiscourse.errors import invalid, unknown

GAP = "..."
GAP_WORDS = 4
MAX_SEQUENCES = 1_000  # each is matched by itself; the widest shipped pattern has 28
# Begins with a letter or digit (".net" too), or is the tail of a contraction: the tokenizer cuts
# other marks off the front of a word, and nothing would be left to look for.
_WORD = re.compile(r"\.?\w[\w'&/+.-]*\*?|'(?:d|ll|m|re|s|ve)")


@dataclass(frozen=True)
class Element:
    """One element of a pattern.

    Parameters
    ----------
    words : tuple of str
        Lower-cased alternatives; a prefix ends in ``*``. Empty for a gap.
    optional : bool, default=False
        Whether the element may be left out.
    """

    words: tuple[str, ...]
    optional: bool = False

    @property
    def is_gap(self) -> bool:
        """Whether it stands for up to ``GAP_WORDS`` words of any kind."""
        return not self.words


@dataclass(frozen=True)
class Pattern:
    """A parsed pattern.

    Parameters
    ----------
    text : str
        The line as written in the codebook.
    sequences : tuple of tuple of Element
        What it can look like once its word classes are written out.
    anchors : tuple of str
        One of these words must stand in the sentence; lower case, a prefix ends in ``*``.
    needs : tuple of tuple of str
        The same for every element that may not be left out, the anchor's first.
    """

    text: str
    sequences: tuple[tuple[Element, ...], ...]
    anchors: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]


def parse_pattern(text: str, classes: Mapping[str, tuple[str, ...]]) -> Pattern:
    """Parse one line of the notation.

    Parameters
    ----------
    text : str
        The pattern, e.g. ``"<pm> ... blamed for"``.
    classes : mapping of str to tuple of str
        Word classes: name and phrases, each phrase a row of words and alternatives.

    Returns
    -------
    Pattern

    Raises
    ------
    DiscourseError
        If the line is empty, holds an unknown class or a character that is no word, begins or
        ends with a gap, has no anchor, or names so many classes that it stands for more than a
        thousand rows of words.

    Examples
    --------
    >>> pattern = parse_pattern("blame|fault the? <pm>", {"pm": ("pm|pms", "product manager")})
    >>> pattern.anchors
    ('blame', 'fault')
    >>> len(pattern.sequences)
    2
    """
    what = f"pattern {text!r}"
    parts = text.lower().split()
    if not parts or GAP in (parts[0], parts[-1]):
        raise invalid(what, got=text, allowed="words, with gaps only between them")
    choices = [_choices(part, classes, what) for part in parts]
    if math.prod(map(len, choices)) > MAX_SEQUENCES:
        allowed = f"one with at most {MAX_SEQUENCES:,} ways to choose phrases of its word classes"
        raise invalid(what, got=text, allowed=allowed, hint="Make several patterns of it.")
    sequences = tuple(
        tuple(itertools.chain.from_iterable(pick)) for pick in itertools.product(*choices)
    )
    anchors = [words for phrases in choices if (words := _anchor_words(phrases))]
    if not anchors:
        hint = "Add a word that may not be left out."
        raise invalid(what, got=text, allowed="a line with an anchor", hint=hint)
    # The anchor should be rare in running text: few alternatives, long words.
    anchors.sort(key=lambda words: (-min(map(len, words)), len(words)))
    return Pattern(text, sequences, anchors[0], tuple(anchors))


def _choices(
    part: str, classes: Mapping[str, tuple[str, ...]], what: str
) -> list[tuple[Element, ...]]:
    """Return what one written part can stand for: several phrases if it names a word class."""
    if part == GAP:
        return [(Element(()),)]
    optional = part.endswith("?")
    alternatives = part.removesuffix("?").split("|")
    named = [word[1:-1] for word in alternatives if word.startswith("<") and word.endswith(">")]
    plain = [word for word in alternatives if f"<{word[1:-1]}>" != word]
    choices: list[tuple[Element, ...]] = []
    if plain:
        choices.append((_element(plain, what, optional),))
    for name in named:
        if name not in classes:
            raise unknown(f"word class of {what}", got=name, known=classes)
        for phrase in classes[name]:
            words = phrase.lower().split()
            choices.append(tuple(_element(word.split("|"), what, False) for word in words))
    return [*choices, ()] if optional and named else choices


def _element(words: list[str], what: str, optional: bool) -> Element:
    """Check the alternatives of one element."""
    for word in words:
        if not _WORD.fullmatch(word):
            raise invalid(what, got=word, allowed="a word, a prefix*, a <class> or ...")
    return Element(tuple(words), optional)


def _anchor_words(phrases: list[tuple[Element, ...]]) -> tuple[str, ...]:
    """Return words one of which must stand in the sentence, or none if there are no such words."""
    words: list[str] = []
    for phrase in phrases:
        firm = [element.words for element in phrase if element.words and not element.optional]
        if not firm:
            return ()
        words += max(firm, key=lambda alternatives: min(map(len, alternatives)))
    return tuple(words)
