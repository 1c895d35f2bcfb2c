"""How the shipped weights are learned, and how well that does on documents not seen.

The procedure (`learn`) has an inner cross-validation in which calibration and thresholds are
chosen. To measure it, the whole procedure runs once for each of five outer folds without that
fold's documents (`cross_validate`), so nothing is chosen on what it is scored on.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, sparse
from sklearn.linear_model import LogisticRegression

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.features import WORD, View, WordView, find_terms, normalize
from pmdiscourse.measure.linear import DECIMALS, Floats, fit_weights, sigmoid
from pmdiscourse.measure.views import choose_views, columns_of, scales_of

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
    )


def use_views(data: Data, names: tuple[str, ...]) -> Data:
    """Return the same data seen through fewer views."""
    return dataclasses.replace(data, views=choose_views(data.views, names))


@dataclass(frozen=True)
class Learned:
    """What one run of the procedure gives.

    Parameters
    ----------
    features : matrix of shape (n_texts, n_features)
        Features of all texts, scaled by nothing.
    coef, intercept : ndarray
        Calibrated weights by theme.
    thresholds : ndarray of shape (n_themes,)
        Scores at or above which a text is tagged.
    terms, idf, pairs, pair_idf : list
        What the views learned.
    """

    features: Any
    coef: Floats
    intercept: Floats
    thresholds: Floats
    views: Mapping[str, View]

    def score(self, rows: Rows) -> Floats:
        """Return scores of some texts."""
        log_odds = self.features[rows] @ self.coef.T + self.intercept
        return np.asarray(np.round(sigmoid(log_odds), DECIMALS))


def learn(data: Data, train: Rows) -> Learned:
    """Run the procedure on some rows: views, weights, calibration, thresholds."""
    fit_views(data, train)
    parts = [
        data.fixed[name] if name in data.fixed else view.matrix(data.texts)
        for name, view in data.views.items()
    ]
    features = sparse.hstack(parts).tocsr()
    scales = scales_of(data.views)
    scaled = (features @ sparse.diags_array(scales)).tocsr()
    n_themes = data.present.shape[1]
    coef, intercept = np.zeros((n_themes, len(scales))), np.zeros(n_themes)
    thresholds = np.zeros(n_themes)
    for theme in range(n_themes):
        columns = columns_of(data.views, theme)
        speaking, present = scaled[:, columns], data.present[:, theme]
        real = train[data.labelled[train]]
        held_out = score_held_out(speaking, present, data, train)
        slope, shift, natural = calibrate(held_out, present[real], data.inclusion[real])
        weights, start = fit_weights(speaking[train], present[train], weigh(data, train))
        coef[theme, columns] = slope * weights * scales[columns]
        intercept[theme] = slope * start + shift + natural
        cut = best_cut(sigmoid(slope * held_out + shift))
        log_odds = np.log(cut / (1 - cut)) + natural
        thresholds[theme] = np.round(sigmoid(log_odds), DECIMALS)
    return Learned(features, coef, intercept, thresholds, dict(data.views))


def weigh(data: Data, rows: Rows) -> Floats:
    """Return what each text counts."""
    return np.where(data.labelled[rows], 1.0, data.bank_weight)


def score_held_out(
    features: Any, present: npt.NDArray[np.bool_], data: Data, train: Rows
) -> Floats:
    """Return cross-validated log odds of the labelled rows of ``train``, in their order."""
    fold = data.fold[train]
    scores = np.zeros(len(train))
    for k in np.unique(fold[fold >= 0]):
        rows = train[fold != k]
        coef, intercept = fit_weights(features[rows], present[rows], weigh(data, rows))
        scores[fold == k] = features[train[fold == k]] @ coef + intercept
    return scores[fold >= 0]


def calibrate(
    log_odds: Floats, present: npt.NDArray[np.bool_], inclusion: Floats
) -> tuple[float, float, float]:
    """Return slope and shift among the labelled, and the further shift to the natural base rate.

    Slope and shift: Platt (1999), Probabilistic outputs for support vector machines. The natural
    base rate is the mean of the labels drawn with a known chance, each weighing one over it
    (Horvitz and Thompson 1952); the second shift makes the mean score of the same rows equal it.
    """
    model = LogisticRegression(C=1e6, tol=1e-10, max_iter=1000)
    model.fit(log_odds[:, None], present)
    slope, shift = float(model.coef_[0, 0]), float(model.intercept_[0])
    drawn = ~np.isnan(inclusion)
    weights = 1 / inclusion[drawn]
    if not present[drawn].any():
        return slope, shift, 0.0
    rate = np.average(present[drawn], weights=weights)
    inner = slope * log_odds[drawn] + shift

    def excess(more: float) -> float:
        return float(np.average(sigmoid(inner + more), weights=weights) - rate)

    return slope, shift, float(optimize.brentq(excess, -20, 20, xtol=1e-10))


def best_cut(probabilities: Floats) -> float:
    """Return the probability from which on tagging gives the highest expected F1.

    Expected F1 of the k likeliest is 2 * (sum of their probabilities) / (k + sum of all): Lipton,
    Elkan and Narayanaswamy (2014), Optimal thresholding of classifiers to maximize F1 measure.
    """
    ordered = np.sort(probabilities)[::-1]
    gain = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    return float(ordered[int(np.argmax(gain))])


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


def cross_validate(
    data: Data, use: npt.NDArray[np.bool_] | None = None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return scores and tags of the labelled passages, each from a run without its fold.

    ``use`` says which texts may be learned from; None lets all.
    """
    usable = np.ones(len(data.texts), dtype=bool) if use is None else use
    n = int(data.labelled.sum())
    scores = np.zeros((n, data.present.shape[1]))
    tagged = np.zeros(scores.shape, dtype=bool)
    for k in range(int(data.fold.max()) + 1):
        rows = np.flatnonzero(data.fold == k)
        learned = learn(data, np.flatnonzero((data.fold != k) & usable))
        scores[rows] = learned.score(rows)
        tagged[rows] = scores[rows] >= learned.thresholds
    return scores, tagged
