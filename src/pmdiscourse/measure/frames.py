"""Who does what to whom, coarsely: pairs of the codebook's word classes inside one sentence.

Patterns name an order of words; a frame only asks that two classes (say, being answerable and
having no say) meet in a sentence. Which pairs matter for a theme is learned.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.features import Found, FoundView, normalize
from pmdiscourse.measure.sentences import TOKEN, split_sentences

Element = tuple[str, ...]  # alternatives; a prefix ends in *
Token = tuple[int, int, str]  # start, end, word
Place = tuple[int, int]  # start, end
MEMORY = 100_000  # words remembered at most


class PhraseFinder:
    """Finds the phrases of classes in tokens.

    Parameters
    ----------
    phrases : mapping of str to sequence of str
        Class and its phrases, each a row of words with alternatives (``"vp|vps of product"``).
    """

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self._words: dict[str, list[tuple[int, tuple[Element, ...]]]] = {}
        for number, lines in enumerate(phrases.values()):
            for first, *rest in itertools.chain.from_iterable(map(_read_phrase, lines)):
                for word in first:
                    self._words.setdefault(word, []).append((number, tuple(rest)))
        self._prefixes = {w[:-1]: calls for w, calls in self._words.items() if w.endswith("*")}
        self._seen: dict[str, list[tuple[int, tuple[Element, ...]]]] = {}

    def find(self, tokens: Sequence[Token]) -> list[tuple[int, int, int]]:
        """Return (class number, first token, last token) of every phrase."""
        return [
            (number, i, i + len(rest))
            for i, (_, _, word) in enumerate(tokens)
            for number, rest in self._calls_of(word)
            if not rest or _follows(rest, tokens, i + 1)
        ]

    def _calls_of(self, word: str) -> list[tuple[int, tuple[Element, ...]]]:
        """Return the phrases that can begin with a word."""
        if word not in self._seen:
            if len(self._seen) > MEMORY:
                self._seen.clear()
            calls = list(self._words.get(word, ()))
            for prefix, more in self._prefixes.items():
                if word.startswith(prefix):
                    calls += more
            self._seen[word] = calls
        return self._seen[word]


def _read_phrase(line: str) -> list[tuple[Element, ...]]:
    """Return the rows of elements that a phrase stands for, in tokens."""
    choices: list[list[tuple[Element, ...]]] = []
    for part in line.lower().split():
        words = part.split("|")
        cut = {word: [word] if word.endswith("*") else TOKEN.findall(word) for word in words}
        single = tuple(found[0] for found in cut.values() if len(found) == 1)
        rows: list[tuple[Element, ...]] = [(single,)] if single else []
        rows += [tuple((token,) for token in found) for found in cut.values() if len(found) > 1]
        choices.append(rows)
    return [tuple(itertools.chain(*pick)) for pick in itertools.product(*choices) if pick]


def _follows(rest: Sequence[Element], tokens: Sequence[Token], first: int) -> bool:
    """Say whether the elements stand in the tokens from ``first`` on."""
    if first + len(rest) > len(tokens):
        return False
    words = (tokens[first + i][2] for i in range(len(rest)))
    return all(
        any(word.startswith(a[:-1]) if a.endswith("*") else word == a for a in element)
        for element, word in zip(rest, words, strict=True)
    )


class FrameView(FoundView):
    """Word classes and pairs of classes in one sentence, weighed by rarity, of unit length.

    The classes are those of the codebook, and the seed terms of each theme as one class more.

    Parameters
    ----------
    codebook : Codebook
        Where classes and seed terms stand.
    min_texts : int, default=10
        A pair counts if it stands in so many of the texts it is learned from.
    """

    name = "frame"

    def __init__(self, codebook: Codebook, *, min_texts: int = 10) -> None:
        self.min_texts = min_texts
        self._phrases = dict(codebook.classes)
        self._phrases |= {f"seeds of {theme.name}": theme.seeds for theme in codebook.themes}
        self.names = list(self._phrases)
        self._finder: PhraseFinder | None = None

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_finder": None}  # rebuilt on first use

    def fit(self, texts: Sequence[str]) -> FrameView:
        """Learn which pairs occur, and their inverse document frequency ln(n / df)."""
        counts = Counter(
            pair for text in texts for pair in {pair for _, pair in self._find_pairs(text)}
        )
        kept = sorted(pair for pair, n in counts.items() if n >= self.min_texts)
        return self.restore(kept, [math.log(len(texts) / counts[pair]) for pair in kept])

    def restore(self, pairs: Sequence[tuple[int, int]], idf: Sequence[float]) -> FrameView:
        """Take pairs (numbers of classes; twice the same is one alone) and weights."""
        self.columns = {(int(a), int(b)): column for column, (a, b) in enumerate(pairs)}
        self.idf = list(idf)
        self.themes = np.full(len(self.idf), -1)
        return self

    def _find_pairs(self, text: str) -> list[tuple[set[Place], tuple[int, int]]]:
        """Return the places of its two phrases, and the pair, for every sentence and pair in it."""
        if self._finder is None:
            self._finder = PhraseFinder(self._phrases)
        plain = normalize(text)
        found = []
        for first, last in split_sentences(plain):
            tokens = [(m.start(), m.end(), m.group()) for m in TOKEN.finditer(plain, first, last)]
            place: dict[int, Place] = {}
            for number, i, j in self._finder.find(tokens):
                place.setdefault(number, (tokens[i][0], tokens[j][1]))
            for a, b in itertools.combinations_with_replacement(sorted(place), 2):
                found.append(({place[a], place[b]}, (a, b)))
        return found

    def find(self, text: str) -> list[Found]:
        """Return (start, end, column, value) for every known pair.

        Its sentences share its value, and in a sentence its two phrases do: a reader sees the two
        that met, not all that stands between them.
        """
        pairs = self._find_pairs(text)
        known = [(places, self.columns[pair]) for places, pair in pairs if pair in self.columns]
        times = Counter(column for _, column in known)
        length = math.sqrt(sum(self.idf[column] ** 2 for column in times)) or 1.0
        return [
            (start, end, column, self.idf[column] / times[column] / length / len(places))
            for places, column in known
            for start, end in sorted(places)
        ]
