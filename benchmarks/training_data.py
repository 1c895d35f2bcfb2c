"""What the shipped weights are learned from, and what its views learn from the texts alone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from best_sentences import Sentences, encode_sentences

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.features import WORD, View, WordView, find_terms, normalize
from pmdiscourse.measure.linear import Floats
from pmdiscourse.measure.sentence_view import SentenceView
from pmdiscourse.measure.views import choose_views

BANK_WEIGHT = 0.3  # an invented example counts this much of a real passage
MIN_DOCUMENTS = 5  # a term stands in so many documents or more
NAME_SHARE = 0.5  # a word is a name if it is capitalised so often inside sentences
LEARNED = ("word", "frame")  # views that learn from texts
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """Passages of labelled documents, then the example bank, in one row of texts.

    Parameters
    ----------
    texts : list of str
        All texts; the labelled ones first.
    present : ndarray of bool of shape (n_texts, n_themes)
        Which themes each carries.
    documents : list of str
        Document of each; every example is one of its own.
    fold : ndarray of shape (n_texts,)
        Fold of each labelled passage, -1 for the bank.
    inclusion : ndarray of shape (n_texts,)
        Chance of being drawn, missing where there is none.
    codebook : Codebook
        The themes.
    views : mapping of str to View
        Views, not fitted.
    fixed : dict of str to matrix
        Features of the views that learn nothing.
    names : frozenset of str
        Words that are names, which the vocabulary leaves out.
    bank_weight : float, default=BANK_WEIGHT
        What an invented example counts; a real passage counts 1.
    sentences : Sentences or None, default=None
        Their sentences as an encoder sees them.
    """

    texts: list[str]
    present: npt.NDArray[np.bool_]
    documents: list[str]
    fold: npt.NDArray[np.int64]
    inclusion: Floats
    codebook: Codebook
    views: Mapping[str, View]
    fixed: dict[str, Any]
    names: frozenset[str]
    bank_weight: float = BANK_WEIGHT
    sentences: Sentences | None = None

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Which texts are real passages."""
        return self.fold >= 0


def build_data(
    frame: pd.DataFrame, fold: npt.NDArray[np.int64], codebook: Codebook, views: Mapping[str, View]
) -> Data:
    """Join labelled passages and example bank."""
    bank = codebook.examples
    texts = [*frame["text"], *(example.text for example in bank)]
    carried = [[name in example.themes for name in codebook.names] for example in bank]
    view = views.get("sentence")
    return Data(
        texts,
        np.vstack([frame[codebook.names].to_numpy(bool), np.array(carried, dtype=bool)]),
        [*frame["doc_id"], *(f"example {i}" for i in range(len(bank)))],
        np.concatenate([fold, np.full(len(bank), -1)]),
        np.concatenate([frame["inclusion"].to_numpy(float), np.full(len(bank), np.nan)]),
        codebook,
        views,
        {name: view.matrix(texts) for name, view in views.items() if name not in LEARNED},
        find_names(frame["text"].tolist(), [example.text for example in bank]),
        sentences=encode_sentences(view, texts) if isinstance(view, SentenceView) else None,
    )


def use_views(data: Data, names: tuple[str, ...]) -> Data:
    """Return the same data seen through fewer views."""
    return dataclasses.replace(data, views=choose_views(data.views, names))


def weigh(data: Data, rows: Rows) -> Floats:
    """Return what each text counts."""
    return np.where(data.labelled[rows], 1.0, data.bank_weight)


def fit_views(data: Data, train: Rows) -> None:
    """Let the views learn from the texts of some rows, labels unseen."""
    texts = [data.texts[row] for row in train]
    if "frame" in data.views:
        data.views["frame"].fit(texts)
    if "word" in data.views:
        word = data.views["word"]
        assert isinstance(word, WordView)
        word.fit(texts)  # of all terms; those in too few documents, and names, go
        documents: dict[str, set[str]] = {}
        for row in train:
            for term in find_terms(data.texts[row]):
                documents.setdefault(term, set()).add(data.documents[row])
        kept = [
            (term, idf)
            for term, idf in zip(word.vocabulary, word.idf, strict=True)
            if len(documents[term]) >= MIN_DOCUMENTS and not data.names & set(term.split())
        ]
        word.restore([term for term, _ in kept], [idf for _, idf in kept])


def find_names(texts: list[str], bank: list[str]) -> frozenset[str]:
    """Return words that are mostly capitalised inside sentences of the labelled passages.

    Words of the example bank are the project's own, and words all in capitals (AI, CEO) are no
    names; both stay.
    """
    own = {word for text in bank for word in find_terms(text)}
    capital: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    for text in texts:
        plain = normalize(text)
        for match in WORD.finditer(plain):
            before = plain[: match.start()].rstrip(" \"'(\u201c")[-1:]
            if before and before not in ".!?:\n":
                written = text[match.start() : match.end()]
                name = written[0].isupper() and not written.isupper()
                (capital if name else lower)[match.group()] += 1
    often = {word for word, n in capital.items() if n >= NAME_SHARE * (n + lower[word])}
    return frozenset(often - own)
