"""The terms that go with each topic in the corpus, and the names that residual topics get.

References
----------
Kullback and Leibler (1951), On information and sufficiency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import t as student_t
from sklearn.preprocessing import normalize

Array = NDArray[np.float64]

MAX_TOP_TERMS = 100
N_NAME = 3  # terms in the name of a residual topic
# One-sided test: of 1,000 terms that have nothing to do with a topic, one is listed.
MAX_CHANCE = 0.001
# A word that stands in a listed phrase at least this often is not listed by itself.
NESTED_SHARE = 0.5
COLUMNS = {
    "topic": "str",
    "kind": "str",
    "rank": "int64",
    "term": "str",
    "weight": "float64",
    "is_seed": "bool",
    "n_threads": "int64",
}


@dataclass(frozen=True)
class Counted:
    """A corpus as the topic model sees it.

    Parameters
    ----------
    terms : ndarray of shape (n_terms,)
        The terms.
    counts : csr_matrix of shape (n_texts, n_terms)
        Weighted counts.
    membership : csr_matrix of shape (n_threads, n_texts)
        Which passage stands in which thread.
    shares : ndarray of shape (n_texts, n_topics)
        Share of each topic in the words of each passage.
    """

    terms: NDArray[np.object_]
    counts: sp.csr_matrix
    membership: sp.csr_matrix
    shares: Array

    @property
    def leans(self) -> sp.csr_matrix:
        """Which passage holds more of which topic than the mean, of shape (n_texts, n_topics)."""
        # Rounded so that noise in the last digits cannot tip a passage.
        shares = self.shares.round(9)
        return sp.csr_matrix(shares > shares.mean(axis=0).round(9))


def describe_topics(
    corpus: Counted, topics: Array, themes: Sequence[str], seeds: Sequence[set[str]]
) -> tuple[pd.DataFrame, list[str]]:
    """List the terms of each topic, strongest first, and name the topics.

    A term is listed if its part of the Kullback-Leibler divergence of the topic's words from all
    words is above 0 and if it is a seed term or goes with the topic beyond chance: the other words
    of the passages that hold it speak of the topic more than words at large (one-sided t test
    over threads at .001). So no term vouches for itself.

    Parameters
    ----------
    corpus : Counted
        The corpus.
    topics : ndarray of shape (n_topics, n_terms)
        Distribution of each topic over the terms.
    themes : list of str
        Names of the first topics; the others are named by their terms.
    seeds : list of set of str
        Seed terms of each theme.

    Returns
    -------
    terms : DataFrame
        topic, kind, rank, term, weight, is_seed, n_threads; at most 100 rows a topic.
    names : list of str
        The themes, then ``"other 1 (term, term, term)"``.
    """
    weights = divergence(corpus.shares, corpus.counts)
    held = np.asarray((corpus.counts > 0).sum(axis=0)).ravel()
    leans, chances = corpus.leans, chances_of_company(corpus, topics)
    names = list(themes)
    frames = [pd.DataFrame({name: [] for name in COLUMNS})]
    for topic, weight in enumerate(weights):
        is_theme = topic < len(themes)
        is_seed = np.isin(corpus.terms, sorted(seeds[topic])) if is_theme else held < 0
        listed = is_seed | (chances[topic] <= MAX_CHANCE)
        # Rounded so that noise in the last digits cannot swap two terms.
        best = np.argsort(-weight.round(12), kind="stable")
        best = best[weight[best].round(12) > 0]
        if not is_theme:
            # Few passages have no term that is beyond chance, and still a topic needs a name.
            known = best[listed[best]] if listed[best].sum() >= N_NAME else best
            named = corpus.terms[_drop_nested(known[:MAX_TOP_TERMS], corpus)[:N_NAME]]
            names.append(name_residual(topic - len(themes) + 1, list(named)))
        best = _drop_nested(best[listed[best]][:MAX_TOP_TERMS], corpus)
        in_threads = corpus.membership @ corpus.counts[:, best].multiply(leans[:, [topic]])
        frame = pd.DataFrame(
            {
                "topic": names[topic],
                "kind": "theme" if is_theme else "other",
                "rank": np.arange(1, len(best) + 1),
                "term": corpus.terms[best],
                "weight": weight[best],
                "is_seed": is_seed[best],
                "n_threads": np.asarray((in_threads > 0).sum(axis=0)).ravel(),
            }
        )
        frames.append(frame)
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled, ignore_index=True).astype(COLUMNS), names


def name_residual(number: int, terms: Sequence[str]) -> str:
    """Name a residual topic by its number and top terms."""
    return f"other {number} ({', '.join(terms)})" if len(terms) else f"other {number}"


def divergence(shares: Array, counts: sp.csr_matrix) -> Array:
    """Return each term's part of the divergence of a topic's words from all words."""
    overall = np.asarray(counts.sum(axis=0)).ravel() / counts.sum()
    within = normalize((counts.T @ shares).T, norm="l1")
    ratio = np.where(within > 0, within, overall) / overall
    return np.asarray(within * np.log(ratio), dtype=float)


def chances_of_company(corpus: Counted, topics: Array) -> Array:
    """Tell how much more the words beside a term speak of a topic than words at large.

    A word speaks of a topic by the chance that it comes from it, whatever stands around it: topic
    share times word share, over the sum for all topics. A passage's mean over its words, without
    the words of the term itself, is linear in the words; shares of the fitted model are not, and
    chance company of a theme's words would vouch for itself.

    Parameters
    ----------
    corpus : Counted
        The corpus.
    topics : ndarray of shape (n_topics, n_terms)
        Distribution of each topic over the terms.

    Returns
    -------
    ndarray of shape (n_topics, n_terms)
        The chance of so high a mean over the passages that hold the term, against the mean over
        all passages, if the term had nothing to do with the topic (Student's t;
        standard error: standard deviation over passages / square root of the threads that hold
        the term, which are the degrees of freedom too: one thread speaks with one voice).
    """
    counts = corpus.counts
    n_texts, n_terms = counts.shape
    row, term = np.repeat(np.arange(n_texts), np.diff(counts.indptr)), counts.indices
    own = _own_words(corpus, row)
    single = np.array([" " not in name for name in corpus.terms])
    length = np.asarray(counts @ single.astype(float)).ravel()
    beside = np.maximum(length[row] - sum(count for count, _ in own), 0)
    speaks = _normalize(topics * corpus.shares.mean(axis=0)[:, np.newaxis])
    held = beside > 1e-9
    n_holding = np.maximum(np.bincount(term[held], minlength=n_terms), 1)
    n_threads = np.asarray(((corpus.membership @ counts) > 0).sum(axis=0)).ravel()
    chances = np.ones_like(topics)
    for topic, weights in enumerate(speaks):
        total = np.asarray(counts @ (weights * single)).ravel()
        others = total[row] - sum(count * weights[words] for count, words in own)
        means = others[held] / beside[held]
        mean = np.bincount(term[held], means, minlength=n_terms) / n_holding
        overall = total[length > 0] / length[length > 0]
        spread = overall.std() / np.sqrt(np.maximum(n_threads, 1))
        scores = (mean - overall.mean()) / np.maximum(spread, 1e-9)
        # Rounded so that noise in the last digits cannot tip a term.
        chances[topic] = student_t.sf(scores.round(9), np.maximum(n_threads - 1, 1))
    return chances


def _own_words(corpus: Counted, row: NDArray[np.intp]) -> list[tuple[Array, NDArray[np.intp]]]:
    """Return count and number of a term's first, second ... word, for each count of the corpus."""
    places = {name: place for place, name in enumerate(corpus.terms)}
    split = [[places.get(word, -1) for word in name.split()] for name in corpus.terms]
    found = []
    for number in range(max(map(len, split), default=0)):
        words = np.array([parts[number] if number < len(parts) else -1 for parts in split])
        words = words[corpus.counts.indices]
        known = words >= 0
        count = np.zeros(len(words))
        count[known] = np.asarray(corpus.counts[row[known], words[known]]).ravel()
        found.append((count, words))
    return found


def _normalize(weights: Array) -> Array:
    """Let each term's weights over the topics sum to 1."""
    return np.asarray(normalize(weights, norm="l1", axis=0))


def _drop_nested(best: NDArray[np.intp], corpus: Counted) -> NDArray[np.intp]:
    """Leave out the words that mostly stand in a phrase of the same list."""
    held = np.asarray((corpus.counts[:, best] > 0).sum(axis=0)).ravel()
    padded = [f" {term} " for term in corpus.terms[best]]
    kept = [
        not any(
            inner in phrase and inner != phrase and held[other] >= NESTED_SHARE * held[place]
            for other, phrase in enumerate(padded)
        )
        for place, inner in enumerate(padded)
    ]
    return np.asarray(best[np.array(kept, dtype=bool)])
