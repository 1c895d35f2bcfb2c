"""What the theme model sees in a text: views, each a sum over spans of the text.

Every view has two methods: ``matrix(texts)`` gives one row of features per text, and
``parts(text)`` gives the spans of one text with a row each, which add up to that text's row. A
linear model on these features can therefore say exactly which words made a score.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.matching import PatternMatcher

_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


@dataclass(frozen=True)
class Parts:
    """Spans of one text and the features each contributes.

    Parameters
    ----------
    spans : list of tuple of int
        ``(start, end)`` in characters of the text.
    rows : sparse matrix of shape (n_spans, n_features)
        Their sum over spans is the text's row of features.
    """

    spans: list[tuple[int, int]]
    rows: Any


class View(Protocol):
    """One way to look at a text.

    ``themes`` holds the number of the theme that a column speaks of, -1 for any.
    """

    name: str
    themes: npt.NDArray[np.int64]

    def fit(self, texts: Sequence[str]) -> Any:
        """Learn what the view needs (words, their weights) from the example bank."""

    def parts(self, text: str) -> Parts:
        """Return the spans of a text and the features each contributes."""

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features, a sparse matrix of shape (n_texts, n_features)."""


def normalize(text: str) -> str:
    """Lower-case and straighten quotes; keeps the length, so offsets stay valid.

    Examples
    --------
    >>> normalize("Don\u2019t BLAME")
    "don't blame"
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow in lower case, e.g. a dotted capital I
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return lowered.translate(_STRAIGHT)


Found = tuple[int, int, int, float]  # start, end, column, value


def _build_parts(found: Sequence[Found], width: int) -> Parts:
    """Make parts of (start, end, column, value), equal spans joined."""
    spans = sorted({(start, end) for start, end, _, _ in found})
    number = {span: row for row, span in enumerate(spans)}
    rows = np.array([number[start, end] for start, end, _, _ in found], dtype=int)
    columns = np.array([f[2] for f in found], dtype=int)
    values = np.array([f[3] for f in found], dtype=float)
    return Parts(spans, sparse.csr_matrix((values, (rows, columns)), (len(spans), width)))


def _stack(views: Sequence[list[Found]], width: int) -> Any:
    """Make one row per text of lists of (start, end, column, value)."""
    rows = np.repeat(np.arange(len(views)), [len(found) for found in views])
    columns = np.array([f[2] for found in views for f in found], dtype=int)
    values = np.array([f[3] for found in views for f in found], dtype=float)
    return sparse.csr_matrix((values, (rows, columns)), (len(views), width))


class FoundView:
    """A view that finds spans, each for one feature; subclasses say which."""

    themes: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def fit(self, texts: Sequence[str]) -> Any:  # noqa: ARG002
        """Return self: nothing is learned."""
        return self

    def find(self, text: str) -> list[Found]:
        """Return (start, end, column, value) for every span."""
        raise NotImplementedError

    def parts(self, text: str) -> Parts:
        """Return the spans of a text and the features each contributes."""
        return _build_parts(self.find(text), len(self.themes))

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features, a sparse matrix of shape (n_texts, n_features)."""
        return _stack([self.find(text) for text in texts], len(self.themes))


class _KindView(FoundView):
    """A view of kinds of evidence for a theme: its patterns, or its seed terms.

    A theme has one feature for all its kinds together, log2(1 + number of kinds that occur): a
    second kind adds less than the first. Each kind has a small feature of its own, so that labels
    can teach which are worth more. A kind's spans share its value.

    Parameters
    ----------
    n_kinds : sequence of int
        Number of kinds of every theme.
    """

    own = 0.0

    def __init__(self, n_kinds: Sequence[int]) -> None:
        n_themes = len(n_kinds)
        self._first = n_themes + np.cumsum([0, *n_kinds])
        self.themes = np.concatenate([np.arange(n_themes), np.repeat(np.arange(n_themes), n_kinds)])

    def find_kinds(self, text: str) -> list[tuple[int, int, tuple[int, int]]]:
        """Return (start, end, (theme, kind)) for every span."""
        raise NotImplementedError

    def find(self, text: str) -> list[Found]:
        """Return (start, end, column, value) for every span."""
        spans = self.find_kinds(text)
        times = Counter(key for _, _, key in spans)
        kinds = Counter(theme for theme, _ in times)
        total = Counter(theme for _, _, (theme, _) in spans)
        found: list[Found] = []
        for start, end, (theme, kind) in spans:
            found.append((start, end, theme, math.log2(1 + kinds[theme]) / total[theme]))
            column = int(self._first[theme]) + kind
            found.append((start, end, column, self.own / times[theme, kind]))
        return found


class PatternView(_KindView):
    """Token patterns of the codebook.

    Parameters
    ----------
    codebook : Codebook
        Where the patterns stand.
    """

    name = "pattern"
    own = 0.7

    def __init__(self, codebook: Codebook) -> None:
        super().__init__([len(theme.patterns) for theme in codebook.themes])
        self._codebook = dataclasses.replace(codebook, examples=())  # not needed, and large
        self._matcher: PatternMatcher | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_matcher": None}  # rebuilt on first use

    def find_kinds(self, text: str) -> list[tuple[int, int, tuple[int, int]]]:
        """Return (start, end, (theme, pattern)) for every match."""
        if self._matcher is None:
            self._matcher = PatternMatcher(
                {
                    (column, kind): pattern
                    for column, theme in enumerate(self._codebook.names)
                    for kind, pattern in enumerate(self._codebook.parsed_patterns(theme))
                }
            )
        return self._matcher.find(normalize(text))


class SeedView(_KindView):
    """Seed terms of the codebook.

    Parameters
    ----------
    codebook : Codebook
        Where the seed terms stand.
    """

    name = "seed"
    own = 0.5

    def __init__(self, codebook: Codebook) -> None:
        super().__init__([len(theme.seeds) for theme in codebook.themes])
        self._kinds = [{seed.lower(): i for i, seed in enumerate(t.seeds)} for t in codebook.themes]
        # Longest first, so that "no credit" is one term and not the seed "credit".
        ordered = [sorted(kinds, key=lambda term: (-len(term), term)) for kinds in self._kinds]
        self._regexes = [
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, terms)) or '(?!)'})(?!\w)")
            for terms in ordered
        ]

    def find_kinds(self, text: str) -> list[tuple[int, int, tuple[int, int]]]:
        """Return (start, end, (theme, seed)) for every seed term."""
        plain = normalize(text)
        return [
            (match.start(), match.end(), (theme, self._kinds[theme][match.group()]))
            for theme, regex in enumerate(self._regexes)
            for match in regex.finditer(plain)
        ]


class WordView(FoundView):
    """Words and pairs of neighbouring words, tf-idf with damped counts and unit length.

    Parameters
    ----------
    min_texts : int, default=2
        A term counts if it stands in so many of the texts it is learned from.
    """

    name = "word"

    def __init__(self, *, min_texts: int = 2) -> None:
        self.min_texts = min_texts

    def fit(self, texts: Sequence[str]) -> WordView:
        """Learn the terms and their inverse document frequency."""
        counts = Counter(term for text in texts for term in set(find_terms(text)))
        kept = sorted(term for term, n in counts.items() if n >= self.min_texts)
        # The smoothed idf of scikit-learn: ln((1 + n) / (1 + df)) + 1.
        idf = [math.log((1 + len(texts)) / (1 + counts[term])) + 1 for term in kept]
        return self.restore(kept, idf)

    def restore(self, terms: Sequence[str], idf: Sequence[float]) -> WordView:
        """Take terms and weights that were learned before."""
        self.vocabulary = {term: column for column, term in enumerate(terms)}
        self.idf = list(idf)
        self.themes = np.full(len(self.idf), -1)
        return self

    def _weigh(self, columns: Iterable[int]) -> dict[int, float]:
        """Return the value of every term of a text that is known."""
        weights = {c: (1 + math.log(n)) * self.idf[c] for c, n in Counter(columns).items()}
        length = math.sqrt(sum(value * value for value in weights.values())) or 1.0
        return {column: value / length for column, value in weights.items()}

    def find(self, text: str) -> list[Found]:
        """Return (start, end, column, value) for every known term."""
        words = [(m.start(), m.end(), m.group()) for m in WORD.finditer(normalize(text))]
        pairs = [(a[0], b[1], f"{a[2]} {b[2]}") for a, b in itertools.pairwise(words)]
        known = [(s, e, self.vocabulary[t]) for s, e, t in [*words, *pairs] if t in self.vocabulary]
        times = Counter(column for _, _, column in known)
        values = self._weigh(column for _, _, column in known)
        return [(s, e, c, values[c] / times[c]) for s, e, c in known]

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features; the same sums as of `find`, without the places."""
        rows = []
        for text in texts:
            known = (self.vocabulary.get(term, -1) for term in find_terms(text))
            values = self._weigh(column for column in known if column >= 0)
            rows.append([(0, 0, column, value) for column, value in values.items()])
        return _stack(rows, len(self.themes))


def find_terms(text: str) -> list[str]:
    """Return the words and the pairs of neighbouring words of a text.

    Examples
    --------
    >>> find_terms("Take the blame")
    ['take', 'the', 'blame', 'take the', 'the blame']
    """
    words = WORD.findall(normalize(text))
    return [*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]
