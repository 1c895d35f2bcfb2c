"""The meaning of words: static word vectors that come inside the package wordllama."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmdiscourse.measure.features import Parts, normalize

_CHUNK = re.compile(r"\S+")
WIDTH = 256


@functools.cache
def _word_llama() -> Any:
    """Load the static word vectors that come inside the package wordllama; no network."""
    import wordllama  # noqa: PLC0415 - slow to import, needed only for this view

    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    model.tokenizer.no_padding()
    model.tokenizer.no_truncation()
    return model


@functools.lru_cache(maxsize=50_000)
def _token_ids(word: str) -> tuple[int, ...]:
    """Return the tokens of a word; remembered, since the same words come again and again."""
    return tuple(_word_llama().tokenizer.encode(word, add_special_tokens=False).ids)


class MeaningView:
    """Mean of the static vectors of a text's tokens, scaled to unit length (WordLlama, 256).

    Each text is pooled by itself, so that batches and padding cannot change a result.
    """

    name = "meaning"

    def __init__(self) -> None:
        self.themes = np.full(WIDTH, -1)

    def fit(self, texts: Sequence[str]) -> MeaningView:  # noqa: ARG002
        """Return self: the vectors come with the package wordllama."""
        return self

    def _vectors(self, words: Sequence[str]) -> tuple[npt.NDArray[np.float64], list[int]]:
        """Return the vectors of all tokens, of unit length in sum, and each word's first token."""
        ids: list[int] = []
        first = []
        for word in words:
            first.append(len(ids))
            ids.extend(_token_ids(word))
        vectors = _word_llama().embedding[np.array(ids, dtype=int)].astype(np.float64)
        return vectors / (float(np.linalg.norm(vectors.sum(axis=0))) or 1.0), first

    def parts(self, text: str) -> Parts:
        """Return the words of a text and the vector each contributes."""
        found = list(_CHUNK.finditer(normalize(text)))
        if not found:
            return Parts([], sparse.csr_matrix((0, WIDTH)))
        vectors, first = self._vectors([match.group() for match in found])
        spans = [match.span() for match in found]
        return Parts(spans, sparse.csr_matrix(np.add.reduceat(vectors, first, axis=0)))

    def matrix(self, texts: Sequence[str]) -> Any:
        """Return features, a sparse matrix of shape (n_texts, 256)."""
        sums = [self._vectors(normalize(text).split())[0].sum(axis=0) for text in texts]
        return sparse.csr_matrix(np.array(sums).reshape(-1, WIDTH))
