"""What the theme model sees in a text: four views, each a sum over spans of the text.

Every view has two methods: ``matrix(texts)`` gives one row of features per text, and
``parts(text)`` gives the spans of one text with a row each, which add up to that text's row. A
linear model on these features can therefore say exactly which words made a score.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.matching import PatternMatcher

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

    ``by_theme`` says that column j speaks of theme j alone; else every column may speak of any.
    """

    name: str
    width: int
    by_theme: bool

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
    return lowered.replace("\u2019", "'").replace("\u2018", "'")


def _build_parts(found: list[tuple[int, int, int, float]], width: int) -> Parts:
    """Make parts of (start, end, column, value)."""
    rows = (np.arange(len(found)), np.array([f[2] for f in found], dtype=int))
    values = np.array([f[3] for f in found], dtype=float)
    shape = (len(found), width)
    return Parts([(f[0], f[1]) for f in found], sparse.csr_matrix((values, rows), shape))


def _stack(views: Sequence[list[tuple[int, int, int, float]]], width: int) -> Any:
    """Make one row per text of lists of (start, end, column, value)."""
    rows = np.repeat(np.arange(len(views)), [len(found) for found in views])
    columns = np.array([f[2] for found in views for f in found], dtype=int)
    values = np.array([f[3] for found in views for f in found], dtype=float)
    return sparse.csr_matrix((values, (rows, columns)), (len(views), width))


class _FoundView:
    """A view whose spans each touch one feature; subclasses say which."""

    width = 0
    by_theme = True

    def fit(self, texts: Sequence[str]) -> Any:  # noqa: ARG002
        """Return self: nothing is learned."""
        return self

    def find(self, text: str) -> list[tuple[int, int, int, float]]:
        """Return (start, end, column, value) for every span."""
        raise NotImplementedError

    def parts(self, text: str) -> Parts:
        """Return the spans of a text and the features each contributes."""
        return _build_parts(self.find(text), self.width)

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features, a sparse matrix of shape (n_texts, n_features)."""
        return _stack([self.find(text) for text in texts], self.width)


def _damped(found: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, float]]:
    """Value the different kinds found in a column at log2(1 + kinds), shared by their spans.

    ``found`` holds (start, end, column, kind). A second kind of evidence adds less than the first.
    """
    kinds: dict[int, set[int]] = {}
    for _, _, column, kind in found:
        kinds.setdefault(column, set()).add(kind)
    total = Counter(column for _, _, column, _ in found)
    return [(s, e, c, math.log2(1 + len(kinds[c])) / total[c]) for s, e, c, _ in found]


class PatternView(_FoundView):
    """Token patterns: one feature per theme, log2(1 + number of its patterns that match).

    Parameters
    ----------
    codebook : Codebook
        Where the patterns stand.
    """

    name = "pattern"

    def __init__(self, codebook: Codebook) -> None:
        self._codebook = dataclasses.replace(codebook, examples=())  # not needed, and large
        self.width = len(codebook.themes)
        self._matcher: PatternMatcher | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_matcher": None}  # rebuilt on first use

    def find(self, text: str) -> list[tuple[int, int, int, float]]:
        """Return (start, end, theme, value) for every match."""
        if self._matcher is None:
            self._matcher = PatternMatcher(
                {
                    (column, kind): pattern
                    for column, theme in enumerate(self._codebook.names)
                    for kind, pattern in enumerate(self._codebook.parsed_patterns(theme))
                }
            )
        matches = self._matcher.find(normalize(text))
        return _damped([(start, end, *key) for start, end, key in matches])


class SeedView(_FoundView):
    """Seed terms: one feature per theme, log2(1 + number of its seed terms that occur).

    Parameters
    ----------
    codebook : Codebook
        Where the seed terms stand.
    """

    name = "seed"

    def __init__(self, codebook: Codebook) -> None:
        self.width = len(codebook.themes)
        self._kinds = [{seed.lower(): i for i, seed in enumerate(t.seeds)} for t in codebook.themes]
        # Longest first, so that "no credit" is one term and not the seed "credit".
        ordered = [sorted(kinds, key=lambda term: (-len(term), term)) for kinds in self._kinds]
        self._regexes = [
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, terms)) or '(?!)'})(?!\w)")
            for terms in ordered
        ]

    def find(self, text: str) -> list[tuple[int, int, int, float]]:
        """Return (start, end, theme, value) for every seed term."""
        plain = normalize(text)
        found = [
            (match.start(), match.end(), column, self._kinds[column][match.group()])
            for column, regex in enumerate(self._regexes)
            for match in regex.finditer(plain)
        ]
        return _damped(found)


class WordView(_FoundView):
    """Words and pairs of neighbouring words, tf-idf with damped counts and unit length.

    Parameters
    ----------
    min_texts : int, default=2
        A term counts if it stands in so many texts of the example bank.
    """

    name = "word"
    by_theme = False

    def __init__(self, *, min_texts: int = 2) -> None:
        self.min_texts = min_texts

    def fit(self, texts: Sequence[str]) -> WordView:
        """Learn the terms and their inverse document frequency."""
        counts = Counter(term for text in texts for term in {t for _, _, t in self._terms(text)})
        kept = sorted(term for term, n in counts.items() if n >= self.min_texts)
        self.vocabulary = {term: column for column, term in enumerate(kept)}
        # The smoothed idf of scikit-learn: ln((1 + n) / (1 + df)) + 1.
        self.idf = [math.log((1 + len(texts)) / (1 + counts[term])) + 1 for term in kept]
        self.width = len(kept)
        return self

    def _terms(self, text: str) -> list[tuple[int, int, str]]:
        """Return (start, end, term) for every word and pair."""
        words = [(m.start(), m.end(), m.group()) for m in WORD.finditer(normalize(text))]
        pairs = [(a[0], b[1], f"{a[2]} {b[2]}") for a, b in itertools.pairwise(words)]
        return [*words, *pairs]

    def find(self, text: str) -> list[tuple[int, int, int, float]]:
        """Return (start, end, term, value) for every known term."""
        known = [
            (s, e, column)
            for s, e, term in self._terms(text)
            if (column := self.vocabulary.get(term)) is not None
        ]
        counts = Counter(column for _, _, column in known)
        weights = {c: (1 + math.log(n)) * self.idf[c] for c, n in counts.items()}
        length = math.sqrt(sum(value * value for value in weights.values())) or 1.0
        return [(s, e, c, weights[c] / counts[c] / length) for s, e, c in known]


@functools.cache
def _word_llama() -> Any:
    """Load the static word vectors that come inside the package wordllama; no network."""
    import wordllama  # noqa: PLC0415 - slow to import, needed only for this view

    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    model.tokenizer.no_padding()
    model.tokenizer.no_truncation()
    return model


class MeaningView:
    """Mean of the static vectors of a text's tokens, scaled to unit length (WordLlama, 256).

    Each text is pooled by itself, so that batches and padding cannot change a result.
    """

    name = "meaning"
    width = 256
    by_theme = False

    def fit(self, texts: Sequence[str]) -> MeaningView:  # noqa: ARG002
        """Return self: the vectors come with the package wordllama."""
        return self

    def _encode(self, text: str) -> tuple[Any, npt.NDArray[np.float64]]:
        """Return the tokens and their vectors, scaled so that they sum to unit length."""
        model = _word_llama()
        encoding = model.tokenizer.encode(text, add_special_tokens=False)
        vectors = model.embedding[np.array(encoding.ids, dtype=int)].astype(np.float64)
        return encoding, vectors / (float(np.linalg.norm(vectors.sum(axis=0))) or 1.0)

    def parts(self, text: str) -> Parts:
        """Return the words of a text and the vector each contributes."""
        encoding, vectors = self._encode(text)
        if not encoding.ids:
            return Parts([], sparse.csr_matrix((0, self.width)))
        first = [0]
        for i, token in enumerate(encoding.tokens):
            # A low line marks the begin of a word; a mark without a letter joins what follows.
            empty = encoding.offsets[i - 1][1] <= encoding.offsets[first[-1]][0]
            if i and token.startswith("\u2581") and not empty:
                first.append(i)
        last = [*(i - 1 for i in first[1:]), len(encoding.ids) - 1]
        spans = []
        for i, j in zip(first, last, strict=True):
            start, end = encoding.offsets[i][0], encoding.offsets[j][1]
            spans.append((end - len(text[start:end].lstrip() or text[start:end]), end))
        return Parts(spans, sparse.csr_matrix(np.add.reduceat(vectors, first, axis=0)))

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features, a sparse matrix of shape (n_texts, 256)."""
        sums = [self._encode(text)[1].sum(axis=0) for text in texts]
        return sparse.csr_matrix(np.array(sums).reshape(-1, self.width))


def make_views(codebook: Codebook) -> dict[str, View]:
    """Return the views of the theme model by name, in order."""
    views: list[View] = [PatternView(codebook), SeedView(codebook), WordView(), MeaningView()]
    return {view.name: view for view in views}
