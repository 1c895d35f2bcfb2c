"""Match token patterns with spaCy's Matcher on a blank English pipeline: no model is needed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import spacy
from spacy.matcher import Matcher
from spacy.tokens import Doc, Span

from pmdiscourse.measure.sentences import TOKEN, split_sentences
from pmdiscourse.patterns import GAP_WORDS, Element, Pattern

Key = tuple[int, int]
MEMORY = 100_000  # words remembered at most
_TWO_TOKENS = {"cannot": ("can", "not")}  # spaCy parts it
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
        slots: dict[tuple[str, ...], int] = {}
        # The patterns that an anchor calls for, with all the slots a sentence has to fill.
        self._called: dict[int, list[tuple[Key, frozenset[int]]]] = {}
        for key, pattern in patterns.items():
            matcher = Matcher(self._nlp.vocab)
            matcher.add("pattern", [s for q in pattern.sequences for s in self._specs(q)])
            self._matchers[key] = matcher
            needs = [slots.setdefault(words, len(slots)) for words in pattern.needs]
            self._called.setdefault(needs[0], []).append((key, frozenset(needs)))
        self._words: dict[str, set[int]] = {}
        for words, slot in slots.items():
            for word in words:
                self._words.setdefault(self._first_token(word), set()).add(slot)
        self._prefixes = {w[:-1]: found for w, found in self._words.items() if w.endswith("*")}
        # What each word met so far can fill, so that prefixes are tried once a word.
        self._seen: dict[str, frozenset[int]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_seen": {}}

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
        for first, last in split_sentences(text):
            part = text[first:last]
            keys = self._candidates(set(TOKEN.findall(part)))
            for sentence in self._sentences(self._nlp.make_doc(part)) if keys else ():
                for key in keys:
                    matches = self._matchers[key](sentence)
                    if matches:
                        _, start, end = min(matches, key=lambda m: (m[2] - m[1], m[1]))
                        span = sentence[start:end]
                        found.append((first + span.start_char, first + span.end_char, key))
        return sorted(found)

    def _candidates(self, words: set[str]) -> list[Key]:
        """Return the patterns for which a sentence with these words has all that they need."""
        filled = set().union(*map(self._slots_of, words))
        return [
            key
            for slot in filled & self._called.keys()
            for key, needs in self._called[slot]
            if needs <= filled
        ]

    def _sentences(self, doc: Doc) -> Iterator[Span]:
        """Yield the sentences: they end at a full stop, a question or exclamation mark, a line."""
        start = 0
        for i, token in enumerate(doc):
            if i + 1 == len(doc) or _SENTENCE_END.fullmatch(token.text):
                yield doc[start : i + 1]
                start = i + 1

    def _slots_of(self, word: str) -> frozenset[int]:
        """Return the slots that this word can fill."""
        if word not in self._seen:
            if len(self._seen) > MEMORY:
                self._seen.clear()
            found = set(self._words.get(word, ()))
            for prefix, slots in self._prefixes.items():
                if word.startswith(prefix):
                    found |= slots
            for part in _TWO_TOKENS.get(word, ()):
                found |= self._slots_of(part)
            self._seen[word] = frozenset(found)
        return self._seen[word]

    def _first_token(self, word: str) -> str:
        """Return the first token of a word of a pattern, as sentences are searched for it."""
        return word if word.endswith("*") else TOKEN.findall(self._tokens(word)[0])[0]

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
