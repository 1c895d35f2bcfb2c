"""Match token patterns with spaCy's Matcher on a blank English pipeline: no model is needed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import spacy
from spacy.matcher import Matcher
from spacy.tokens import Doc, Span

from pmdiscourse.patterns import GAP_WORDS, Element, Pattern

Key = tuple[int, int]
_SENTENCE_END = re.compile(r"[.!?]+|.*\n.*", re.DOTALL)


class PatternMatcher:
    """Finds patterns in texts.

    Parameters
    ----------
    patterns : mapping of (int, int) to Pattern
        Patterns by the key that `find` reports.
    """

    def __init__(self, patterns: Mapping[Key, Pattern]) -> None:
        self._nlp = spacy.blank("en")
        self._matchers: dict[Key, Matcher] = {}
        anchors: dict[str, list[Key]] = {}
        for key, pattern in patterns.items():
            matcher = Matcher(self._nlp.vocab)
            matcher.add("pattern", [s for q in pattern.sequences for s in self._specs(q)])
            self._matchers[key] = matcher
            for word in pattern.anchors:
                anchors.setdefault(self._tokens(word)[0], []).append(key)
        self._prefixes = {w[:-1]: keys for w, keys in anchors.items() if w.endswith("*")}
        self._words = {w: tuple(keys) for w, keys in anchors.items() if not w.endswith("*")}
        # What each word met so far calls for, so that prefixes are tried once a word.
        self._seen: dict[str, tuple[Key, ...]] = {}

    def find(self, text: str) -> list[tuple[int, int, Key]]:
        """Return (start, end, key) of the shortest match of every pattern in every sentence.

        Parameters
        ----------
        text : str
            Lower-cased text.

        Returns
        -------
        list of tuple
            Characters of the text and the pattern's key, in text order.
        """
        found: list[tuple[int, int, Key]] = []
        for sentence in self._sentences(self._nlp.make_doc(text)):
            words = {token.lower_ for token in sentence}
            for key in {key for word in words for key in self._keys_of(word)}:
                matches = self._matchers[key](sentence)
                if matches:
                    _, start, end = min(matches, key=lambda match: (match[2] - match[1], match[1]))
                    span = sentence[start:end]
                    found.append((span.start_char, span.end_char, key))
        return sorted(found)

    def _sentences(self, doc: Doc) -> Iterator[Span]:
        """Yield the sentences: they end at a full stop, a question or exclamation mark, a line."""
        start = 0
        for i, token in enumerate(doc):
            if i + 1 == len(doc) or _SENTENCE_END.fullmatch(token.text):
                yield doc[start : i + 1]
                start = i + 1

    def _keys_of(self, word: str) -> tuple[Key, ...]:
        """Return the patterns that this word is an anchor of."""
        if word not in self._seen:
            by_prefix = [
                key for p, keys in self._prefixes.items() if word.startswith(p) for key in keys
            ]
            self._seen[word] = (*self._words.get(word, ()), *by_prefix)
        return self._seen[word]

    def _tokens(self, word: str) -> list[str]:
        """Split a word of a pattern as the tokenizer splits texts."""
        if word.endswith("*"):
            return [word]
        return [token.lower_ for token in self._nlp.make_doc(word)]

    def _specs(self, sequence: tuple[Element, ...]) -> list[list[dict[str, Any]]]:
        """Write a sequence in the Matcher's own notation."""
        choices = [self._element_specs(element) for element in sequence]
        return [list(itertools.chain(*pick)) for pick in itertools.product(*choices)]

    def _element_specs(self, element: Element) -> list[list[dict[str, Any]]]:
        """Return the ways one element can look: its one-token words together, the rest apart."""
        if element.is_gap:
            return [[{"OP": f"{{0,{GAP_WORDS}}}"}]]
        tokens = [self._tokens(word) for word in element.words]
        single = [t[0] for t in tokens if len(t) == 1]
        ways: list[list[dict[str, Any]]] = []
        if plain := [word for word in single if not word.endswith("*")]:
            ways.append([{"LOWER": {"IN": plain}}])
        if prefixes := [re.escape(word[:-1]) for word in single if word.endswith("*")]:
            ways.append([{"LOWER": {"REGEX": f"^(?:{'|'.join(prefixes)})"}}])
        ways += [[{"LOWER": part} for part in t] for t in tokens if len(t) > 1]
        return [*ways, []] if element.optional else ways
