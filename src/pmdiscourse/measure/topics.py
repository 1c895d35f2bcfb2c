"""Seeded topic model: what vocabulary goes with each theme, and what else the texts are about.

Theme rows are built from the codebook and stay fixed; residual rows are learned beside them, so a
theme can neither drift nor vanish. A weight is a share of words, never a frequency or prevalence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.factorise import factorise, left_over, residual_start
from pmdiscourse.measure.proposals import judge_residuals, measure_residuals
from pmdiscourse.measure.terms import find_terms, make_counter, thread_membership
from pmdiscourse.measure.texts import check_texts
from pmdiscourse.measure.theme_rows import seed_terms, theme_rows
from pmdiscourse.measure.topic_passages import choose_passages, mark_terms, rank_passages
from pmdiscourse.measure.topic_shares import share_of_words
from pmdiscourse.measure.topic_terms import (
    COLUMNS,
    MAX_TOP_TERMS,
    Counted,
    describe_topics,
    name_residual,
)
from pmdiscourse.measure.verdicts import N_TOP_TERMS, give_verdicts, rank_examples
from pmdiscourse.tables import require_columns

Array = NDArray[np.float64]


class TopicModel(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Seeded topic model with fixed theme rows and learned residual topics.

    Kullback-Leibler non-negative matrix factorisation of the term counts (words, short phrases and
    seed terms that stand in 5 passages and 2 threads or more; stop words and names left out;
    weighted by inverse document frequency), fitted by the expectation-maximisation updates of
    probabilistic latent semantic analysis. Without any such term no theme takes and every share is
    0. A theme's row is half its seed terms, half the terms that its examples use more often than
    other examples.

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
        self.terms_ = find_terms(ordered, names, self.codebook_)
        if not len(self.terms_):
            return self._learn_nothing(len(set(names)))
        counts = self._fit_counts(ordered)
        every = np.ones(len(self.codebook_.examples), dtype=bool)
        rows = theme_rows(self.codebook_, self.vectorizer_, every)
        left = left_over(counts, rows)
        start = residual_start(left, self.n_residual, self.random_state)
        shares, residuals = factorise(left, start, n_themes=0, learn=True)
        self.components_ = np.vstack(
            [rows, residuals[np.argsort(-shares.sum(axis=0), kind="stable")]]
        )
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
            topic's share is above its mean). Terms that are no seeds are listed only if the other
            words of the passages that hold them speak of the topic too, beyond chance; small
            corpora list few. A theme that no passage carries has no rows.
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
        book, shares = self.codebook_, None
        if len(self.terms_):
            counts = self._count([example.text for example in book.examples])
            residuals = self.components_[len(book.names) :]
            shares = rank_examples(book, self.vectorizer_, counts, residuals)
        return give_verdicts(book, self.top_terms(N_TOP_TERMS), shares, self._found)

    def share_of_words(self) -> pd.DataFrame:
        """Return the share of the fitted corpus's words that goes to each topic.

        Returns
        -------
        DataFrame
            topic, kind, share_of_words (of the counted terms; the topics sum to 1), share_low and
            share_high (95 % interval: 1,000 draws of whole threads with the fitted topics held
            fixed; NaN under 10 threads), n_threads (with a word of it or more). A share of words is
            no frequency of the theme: long passages and wordy subjects weigh more.
        """
        check_is_fitted(self)
        return share_of_words(
            self._thread_words,
            self.topic_names_,
            n_themes=len(self.codebook_.names),
            random_state=self.random_state,
        )

    def residual_topics(self) -> pd.DataFrame:
        """Tell for each residual topic whether it looks like a theme that the codebook lacks.

        Returns
        -------
        DataFrame
            topic, terms (8 at most), share_of_words, n_passages and n_threads (that hold three or
            more of its top terms), proposed, why (what speaks for it, or what is missing).
        """
        check_is_fitted(self)
        return judge_residuals(self._residuals, self.top_terms(), self.share_of_words())

    def proposals(self) -> pd.DataFrame:
        """Return the residual topics that an analyst should look at as new themes.

        Returns
        -------
        DataFrame
            topic, terms, share_of_words, n_passages, n_threads, why, draft (seeds for
            ``themes.toml``, to be read and mended); no rows if nothing is proposed.
        """
        judged = self.residual_topics()
        chosen = judged[judged["proposed"]].drop(columns="proposed").reset_index(drop=True)
        drafts = [f"seeds = {json.dumps(terms.split(', '))}" for terms in chosen["terms"]]
        return chosen.assign(draft=pd.Series(drafts, dtype="str"))

    def representative_passages(
        self, passages: pd.DataFrame, *, topic: str, n: int = 3
    ) -> pd.DataFrame:
        """Return the passages that show a topic best.

        Parameters
        ----------
        passages : DataFrame
            With columns thread_id and text, for instance the table ``passages``.
        topic : str
            A name of ``topic_names_``: a theme or a residual topic.
        n : int, default=3
            How many at most; 1 or more.

        Returns
        -------
        DataFrame
            The columns of passages, then share_of_words and evidence (where the topic's top 15
            terms stand). Best first, one of each thread before a second of any; "best" is the
            share of words with 12 words of an average passage mixed in, so that two words do not
            win. Passages without a word of the topic are left out.

        Raises
        ------
        DiscourseError
            If the topic is unknown, a column is missing or n is below 1.
        """
        check_is_fitted(self)
        require_columns("passages", passages, ["thread_id", "text"])
        if topic not in self.topic_names_:
            raise unknown("topic", got=topic, known=self.topic_names_)
        if n < 1:
            raise invalid("n", got=n, allowed="1 or more")
        column, texts = self.topic_names_.index(topic), passages["text"].tolist()
        shares = self.transform(texts) if texts else np.zeros((0, len(self.topic_names_)))
        n_words = np.asarray(self._count(texts).sum(axis=1)).ravel()
        merit = rank_passages(shares, n_words)[:, column]
        best = choose_passages(passages, merit, shares[:, column], n)
        top = self.top_terms()
        terms = top.loc[top["topic"] == topic, "term"]
        return best.assign(evidence=best["text"].map(lambda text: mark_terms(text, terms)))

    def _learn_nothing(self, n_threads: int) -> Self:
        """Stand without terms: every share is 0 and no theme takes."""
        themes = self.codebook_.names
        self.components_ = np.zeros((len(themes) + 1, 0))
        self.topic_names_ = [*themes, name_residual(1, [])]
        self._found = pd.DataFrame({"n_seeds": 0, "n_threads": 0}, index=range(len(themes)))
        self._terms = pd.DataFrame({name: [] for name in COLUMNS}).astype(COLUMNS)
        self._thread_words = np.zeros((n_threads, len(self.topic_names_)))
        nothing = sp.csr_matrix((1, 0))
        empty = Counted(self.terms_, nothing, sp.csr_matrix((1, 1)), np.zeros((1, len(themes) + 1)))
        self._residuals = measure_residuals(empty, self._terms, self.topic_names_[len(themes) :])
        return self

    def _fit_counts(self, texts: list[str]) -> sp.csr_matrix:
        """Learn the weights of the terms; return the weighted counts."""
        self.vectorizer_ = make_counter(self.codebook_, list(self.terms_))
        counts = self.vectorizer_.fit_transform(texts)
        seen_in = np.bincount(counts.indices, minlength=counts.shape[1])
        weights = np.log((1 + len(texts)) / (1 + seen_in)) + 1
        mean = counts.sum(axis=0) @ weights / counts.sum()
        self._term_weights = np.asarray(weights / mean).ravel()
        return self._weigh(counts)

    def _count(self, texts: list[str]) -> sp.csr_matrix:
        if not len(self.terms_) or not texts:
            return sp.csr_matrix((len(texts), len(self.terms_)))
        return self._weigh(self.vectorizer_.transform(texts))

    def _weigh(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        """Weigh counts so that the mean occurrence of a word weighs 1."""
        return sp.csr_matrix(counts @ sp.diags(self._term_weights))

    def _describe(self, counts: sp.csr_matrix, threads: list[str]) -> None:
        """Name the topics and keep what the other methods tell of the corpus."""
        themes, membership = self.codebook_.names, thread_membership(threads)
        shares = factorise(counts, self.components_, n_themes=len(themes))[0]
        corpus = Counted(self.terms_, counts, membership, shares)
        seeds = [seed_terms(self.codebook_, name) for name in themes]
        self._terms, self.topic_names_ = describe_topics(corpus, self.components_, themes, seeds)
        n_threads = np.asarray(((membership @ corpus.leans) > 0).sum(axis=0)).ravel()
        n_seeds = [len(found & set(self.terms_)) for found in seeds]
        self._found = pd.DataFrame({"n_seeds": n_seeds, "n_threads": n_threads[: len(themes)]})
        n_words = np.asarray(counts.sum(axis=1))
        self._thread_words = membership @ (shares * n_words)
        self._residuals = measure_residuals(corpus, self._terms, self.topic_names_[len(themes) :])


def _check_threads(threads: Iterable[str] | None, n_texts: int) -> list[str]:
    """Require one thread per passage; without threads each passage is its own."""
    names = [str(thread) for thread in (range(n_texts) if threads is None else threads)]
    if isinstance(threads, str) or len(names) != n_texts:
        raise invalid("threads", got=threads, allowed=f"a list of {n_texts} threads, one per text")
    return names


def _check_n_residual(n_residual: object) -> None:
    if isinstance(n_residual, bool) or not isinstance(n_residual, int) or n_residual < 1:
        raise invalid("n_residual", got=n_residual, allowed="a whole number from 1 on")
