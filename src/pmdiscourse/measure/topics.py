"""Seeded topic model: what vocabulary goes with each theme, and what else the texts are about.

Theme rows are built from the codebook and stay fixed; residual rows are learned beside them, so a
theme can neither drift nor vanish. A weight is a share of words, never a frequency or prevalence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import average_precision_score
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import invalid
from pmdiscourse.measure.factorise import divergence, factorise, residual_start
from pmdiscourse.measure.terms import (
    COUNTED,
    MIN_PASSAGES,
    MIN_THREADS,
    find_terms,
    thread_membership,
)
from pmdiscourse.measure.texts import check_texts
from pmdiscourse.measure.theme_rows import carries, seed_terms, theme_rows

Array = NDArray[np.float64]

N_TOP_TERMS = 15
MAX_TOP_TERMS = 100
MIN_NEW_TERMS = 3
MIN_LIFT = 3.0  # average precision against its base rate
N_FOLDS = 5
_NO_TERMS = (
    f"too few passages for a vocabulary: a term must stand in {MIN_PASSAGES} passages and "
    f"{MIN_THREADS} threads"
)


class TopicModel(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Seeded topic model with fixed theme rows and learned residual topics.

    Kullback-Leibler non-negative matrix factorisation of the term counts (one and two words that
    stand in 5 passages and 2 threads or more, English stop words left out, weighted by inverse
    document frequency), fitted by the expectation-maximisation updates of probabilistic latent
    semantic analysis. Without any such term no theme takes and every share is 0. A theme's row is
    half its seed terms, half the terms that its examples use more often than other examples.

    Parameters
    ----------
    codebook : Codebook or None, default=None
        Themes with seed terms and the example bank; None loads the one of the package.
    n_residual : int, default=6
        Residual topics, 1 or more. Small corpora get fewer: one for every five texts, fewer than
        there are terms, at least 1.
    random_state : int, default=0
        Start vector of the singular value decomposition that the residual topics start from.

    Attributes
    ----------
    codebook_ : Codebook
        The codebook used.
    topic_names_ : list of str
        Theme names in codebook order, then ``"other 1 (term, term, term)"`` by falling share.
    components_ : ndarray of shape (n_topics, n_terms)
        Distribution of each topic over the terms; a row sums to 1, or to 0 for a theme of which no
        term stands in the corpus. Without terms n_terms is 0.
    terms_ : ndarray of shape (n_terms,)
        The terms, in alphabetical order.

    Examples
    --------
    >>> texts = ["They blame me for it.", "We shipped the roadmap.", "Pricing page test."] * 5
    >>> model = TopicModel(n_residual=1).fit(texts)
    >>> model.transform(texts).shape
    (15, 5)
    """

    def __init__(
        self, codebook: Codebook | None = None, *, n_residual: int = 6, random_state: int = 0
    ) -> None:
        self.codebook = codebook
        self.n_residual = n_residual
        self.random_state = random_state

    def fit(
        self, texts: Iterable[str], y: object = None, *, threads: Iterable[str] | None = None
    ) -> Self:
        """Learn the residual topics beside the fixed theme rows.

        Parameters
        ----------
        texts : list or Series of str, length n_texts
            Passages. Their order changes nothing.
        y : None
            Ignored; there for scikit-learn.
        threads : list or Series of str, or None, default=None
            Thread of each passage; None counts every passage as a thread of its own.

        Returns
        -------
        TopicModel
            Itself.

        Raises
        ------
        DiscourseError
            If texts is no list of texts or is empty, if threads has another length, or if
            n_residual is not a whole number from 1 on.
        """
        del y
        checked = check_texts(texts)
        _check_n_residual(self.n_residual)
        names = _check_threads(threads, len(checked))
        order = sorted(range(len(checked)), key=lambda row: (checked[row], names[row]))
        ordered, names = [checked[row] for row in order], [names[row] for row in order]
        self.codebook_ = load_codebook() if self.codebook is None else self.codebook
        self.terms_ = find_terms(ordered, names)
        if not len(self.terms_):
            return self._learn_nothing()
        counts = self._fit_counts(ordered)
        rows = theme_rows(self.codebook_, self.vectorizer_, np.ones(self._n_examples, dtype=bool))
        start = residual_start(counts, self.n_residual, self.random_state)
        shares, self.components_ = factorise(
            counts, np.vstack([rows, start]), n_themes=len(rows), learn=True
        )
        self._order_residuals(shares)
        self._describe(counts, names)
        return self

    def transform(self, texts: Iterable[str]) -> Array:
        """Return each topic's share of the words of each passage.

        Parameters
        ----------
        texts : list or Series of str, length n_texts
            Passages; each is scored by itself.

        Returns
        -------
        ndarray of shape (n_texts, n_topics)
            Shares of 0 to 1 in the order of ``topic_names_``; a row sums to 1, or to 0 if the
            passage holds no known term.

        Raises
        ------
        DiscourseError
            If texts is no list of texts or is empty.
        sklearn.exceptions.NotFittedError
            If the model is not fitted.
        """
        check_is_fitted(self)
        counts = self._count(check_texts(texts))
        shares, _ = factorise(counts, self.components_, n_themes=len(self.codebook_.names))
        return shares

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the topic names, for scikit-learn's ``set_output``."""
        del input_features
        check_is_fitted(self)
        return np.asarray(self.topic_names_, dtype=object)

    def top_terms(self, n: int = N_TOP_TERMS) -> pd.DataFrame:
        """Return the terms that go with each topic in the corpus.

        Parameters
        ----------
        n : int, default=15
            Terms per topic, 1 to 100.

        Returns
        -------
        DataFrame
            topic, kind ("theme" or "other"), rank (from 1), term, weight (the term's part of the
            Kullback-Leibler divergence of the topic's words from all words, above 0), is_seed
            (the term is a whole seed), n_threads (threads with the term in passages where the
            topic's share is above its mean). A theme that no passage carries has no rows.
        """
        check_is_fitted(self)
        if n not in range(1, MAX_TOP_TERMS + 1):
            raise invalid("n", got=n, allowed=f"a whole number from 1 to {MAX_TOP_TERMS}")
        return self._terms[self._terms["rank"] <= n].reset_index(drop=True)

    def verdicts(self) -> pd.DataFrame:
        """Tell for each theme whether its topic took.

        A theme took if a seed term of it is among the terms, at least 3 of its top 15 terms are no
        seed terms and occur in two threads where the theme shows, and its weight ranks held-out
        examples with an average precision of at least 3 times the base rate (five folds; the rows
        are built without the fold).

        Returns
        -------
        DataFrame
            theme, took, n_new_terms, n_threads (threads with a passage where the theme's share is
            above its mean), average_precision and base_rate (NaN without examples), reason ("" if
            it took, else what failed).
        """
        check_is_fitted(self)
        top = self.top_terms()
        new = top[~top["is_seed"] & (top["n_threads"] >= MIN_THREADS)].groupby("topic").size()
        precision, base_rate = self._check_examples()
        records = []
        for column, name in enumerate(self.codebook_.names):
            n_new = int(new.get(name, 0))
            reasons = [_NO_TERMS]
            if len(self.terms_):
                reasons = _reasons(
                    self._n_seeds[column], n_new, precision[column], base_rate[column]
                )
            records.append(
                {
                    "theme": name,
                    "took": not reasons,
                    "n_new_terms": n_new,
                    "n_threads": int(self._n_threads[column]),
                    "average_precision": precision[column],
                    "base_rate": base_rate[column],
                    "reason": "; ".join(reasons),
                }
            )
        return pd.DataFrame(records)

    @property
    def _n_examples(self) -> int:
        return len(self.codebook_.examples)

    def _learn_nothing(self) -> Self:
        """Stand without terms: every share is 0 and no theme takes."""
        themes = self.codebook_.names
        self.components_ = np.zeros((len(themes) + 1, 0))
        self.topic_names_ = [*themes, _name_residual(1, [])]
        self._n_seeds = self._n_threads = np.zeros(len(themes), dtype=int)
        types = {"topic": str, "kind": str, "rank": int, "term": str, "weight": float}
        types |= {"is_seed": bool, "n_threads": int}
        self._terms = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})
        return self

    def _fit_counts(self, texts: list[str]) -> sp.csr_matrix:
        """Learn the weights of the terms; return the weighted counts."""
        self.vectorizer_ = CountVectorizer(**COUNTED, vocabulary=list(self.terms_))
        counts = self.vectorizer_.fit_transform(texts)
        seen_in = np.bincount(counts.indices, minlength=counts.shape[1])
        weights = np.log((1 + len(texts)) / (1 + seen_in)) + 1
        mean = counts.sum(axis=0) @ weights / counts.sum()
        self._term_weights = np.asarray(weights / mean).ravel()
        return self._weigh(counts)

    def _count(self, texts: list[str]) -> sp.csr_matrix:
        if not len(self.terms_):
            return sp.csr_matrix((len(texts), 0))
        return self._weigh(self.vectorizer_.transform(texts))

    def _weigh(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        """Weigh counts so that the mean occurrence of a word weighs 1."""
        return sp.csr_matrix(counts @ sp.diags(self._term_weights))

    def _order_residuals(self, shares: Array) -> None:
        """Put residual topics in the order of falling share, so that their numbers mean it."""
        first = len(self.codebook_.names)
        order = np.argsort(-shares[:, first:].sum(axis=0), kind="stable")
        self.components_[first:] = self.components_[first:][order]

    def _describe(self, counts: sp.csr_matrix, threads: list[str]) -> None:
        """Name the topics and keep what `top_terms` and `verdicts` tell of the corpus."""
        themes = self.codebook_.names
        shares = factorise(counts, self.components_, n_themes=len(self.codebook_.names))[0]
        leans = sp.csr_matrix(shares > shares.mean(axis=0))
        membership = thread_membership(threads)
        self._n_threads = np.asarray(((membership @ leans) > 0).sum(axis=0)).ravel()
        weights = divergence(shares, counts)
        seeds = [seed_terms(self.codebook_, name, self.vectorizer_, whole=True) for name in themes]
        self._n_seeds = np.array([len(found & set(self.terms_)) for found in seeds])
        self.topic_names_ = list(themes)
        frames = []
        for topic, weight in enumerate(weights):
            # Rounded so that noise in the last digits cannot swap two terms.
            best = np.argsort(-weight.round(12), kind="stable")[:MAX_TOP_TERMS]
            best = best[weight[best].round(12) > 0]
            if topic >= len(themes):
                number = topic - len(themes) + 1
                self.topic_names_.append(_name_residual(number, self.terms_[best[:3]]))
            held = counts[:, best].multiply(leans[:, [topic]]) > 0
            frame = pd.DataFrame(
                {
                    "topic": self.topic_names_[topic],
                    "kind": "theme" if topic < len(themes) else "other",
                    "rank": np.arange(1, len(best) + 1),
                    "term": self.terms_[best],
                    "weight": weight[best],
                    "is_seed": [
                        topic < len(themes) and t in seeds[topic] for t in self.terms_[best]
                    ],
                    "n_threads": np.asarray(((membership @ held) > 0).sum(axis=0)).ravel(),
                }
            )
            frames.append(frame)
        terms = pd.concat(frames, ignore_index=True)
        self._terms = terms.astype({"is_seed": bool, "n_threads": "int64"})

    def _check_examples(self) -> tuple[Array, Array]:
        """Return average precision on held-out examples and base rate, per theme."""
        book = self.codebook_
        carried = carries(book)
        precision = np.full(len(book.names), np.nan)
        if not len(carried):
            return precision, precision.copy()
        if not len(self.terms_):
            return precision, carried.mean(axis=0)
        counts = self._count([example.text for example in book.examples])
        shares = np.zeros(carried.shape)
        # Folds are runs of the alphabet: examples that begin alike stay together.
        ranks = np.argsort(np.argsort([example.text for example in book.examples], kind="stable"))
        folds = ranks * N_FOLDS // len(ranks)
        for fold in range(N_FOLDS):
            rows = theme_rows(book, self.vectorizer_, folds != fold)
            topics = np.vstack([rows, self.components_[len(rows) :]])
            held_out = factorise(counts[folds == fold], topics, n_themes=len(rows))[0]
            shares[folds == fold] = held_out[:, : len(rows)]
        for theme in np.flatnonzero(carried.sum(axis=0)):
            precision[theme] = average_precision_score(carried[:, theme], shares[:, theme])
        return precision, carried.mean(axis=0)


def _check_threads(threads: Iterable[str] | None, n_texts: int) -> list[str]:
    """Require one thread per passage; without threads each passage is its own."""
    names = [str(thread) for thread in (range(n_texts) if threads is None else threads)]
    if isinstance(threads, str) or len(names) != n_texts:
        raise invalid("threads", got=threads, allowed=f"a list of {n_texts} threads, one per text")
    return names


def _check_n_residual(n_residual: object) -> None:
    if isinstance(n_residual, bool) or not isinstance(n_residual, int) or n_residual < 1:
        raise invalid("n_residual", got=n_residual, allowed="a whole number from 1 on")


def _name_residual(number: int, terms: Sequence[str]) -> str:
    """Name a residual topic by its top terms."""
    return f"other {number} ({', '.join(terms)})" if len(terms) else f"other {number}"


def _reasons(n_seeds: int, n_new: int, precision: float, base_rate: float) -> list[str]:
    """Name what keeps a theme from having taken."""
    reasons = []
    if not n_seeds:
        reasons.append(
            f"none of its seed terms stands in {MIN_PASSAGES} passages and {MIN_THREADS} threads"
        )
    if n_new < MIN_NEW_TERMS:
        reasons.append(
            f"{n_new} of its top {N_TOP_TERMS} terms are new and stand in {MIN_THREADS} threads "
            f"or more, {MIN_NEW_TERMS} are needed"
        )
    if np.isnan(precision):
        reasons.append("the codebook has no example that carries it, so its ranking is unchecked")
    elif precision < MIN_LIFT * base_rate:
        reasons.append(
            f"average precision {precision:.2f} on held-out examples is under {MIN_LIFT:g} times "
            f"the base rate {base_rate:.2f}"
        )
    return reasons
