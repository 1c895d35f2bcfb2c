"""Whether the topic of a theme took: its own words in the corpus, and the codebook's examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import average_precision_score

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.factorise import factorise
from pmdiscourse.measure.terms import MIN_PASSAGES, MIN_THREADS
from pmdiscourse.measure.theme_rows import carries, theme_rows

Array = NDArray[np.float64]

N_TOP_TERMS = 15
MIN_NEW_TERMS = 3
MIN_LIFT = 3.0  # average precision against its base rate
N_FOLDS = 5
NO_TERMS = (
    f"too few passages for a vocabulary: a term must stand in {MIN_PASSAGES} passages and "
    f"{MIN_THREADS} threads"
)


def rank_examples(
    book: Codebook, vectorizer: CountVectorizer, counts: sp.csr_matrix, residuals: Array
) -> Array:
    """Return the share of each theme in each example, with rows built without its fold.

    Parameters
    ----------
    book : Codebook
        Themes and examples.
    vectorizer : CountVectorizer
        Knows the terms of the corpus.
    counts : csr_matrix of shape (n_examples, n_terms)
        Weighted counts of the examples.
    residuals : ndarray of shape (n_residual, n_terms)
        The residual topics.

    Returns
    -------
    ndarray of shape (n_examples, n_themes)
    """
    shares = np.zeros((len(book.examples), len(book.names)))
    # Folds are runs of the alphabet: examples that begin alike stay together.
    ranks = np.argsort(np.argsort([example.text for example in book.examples], kind="stable"))
    folds = ranks * N_FOLDS // max(1, len(ranks))
    for fold in np.unique(folds):
        rows = theme_rows(book, vectorizer, folds != fold)
        topics = np.vstack([rows, residuals])
        held_out = factorise(counts[folds == fold], topics, n_themes=len(rows))[0]
        shares[folds == fold] = held_out[:, : len(rows)]
    return shares


def give_verdicts(
    book: Codebook, top: pd.DataFrame, shares: Array | None, found: pd.DataFrame
) -> pd.DataFrame:
    """Judge each theme.

    Parameters
    ----------
    book : Codebook
        Themes and examples.
    top : DataFrame
        The top 15 terms of each topic.
    shares : ndarray of shape (n_examples, n_themes) or None
        Shares of held-out examples as from `rank_examples`; None if the corpus has no terms.
    found : DataFrame
        n_seeds (seed terms in the corpus) and n_threads (threads where the theme shows), a row
        for each theme.

    Returns
    -------
    DataFrame
        theme, took, n_new_terms, n_threads, average_precision, base_rate, reason.
    """
    carried = carries(book)
    new = top[~top["is_seed"] & (top["n_threads"] >= MIN_THREADS)].groupby("topic").size()
    records = []
    for theme, name in enumerate(book.names):
        precision, base_rate = np.nan, float(carried[:, theme].mean()) if len(carried) else np.nan
        if shares is not None and len(carried) and carried[:, theme].any():
            precision = float(average_precision_score(carried[:, theme], shares[:, theme]))
        n_new, n_seeds = int(new.get(name, 0)), int(found["n_seeds"].iloc[theme])
        reasons = [NO_TERMS] if shares is None else _reasons(n_seeds, n_new, precision, base_rate)
        records.append(
            {
                "theme": name,
                "took": not reasons,
                "n_new_terms": n_new,
                "n_threads": int(found["n_threads"].iloc[theme]),
                "average_precision": precision,
                "base_rate": base_rate,
                "reason": "; ".join(reasons),
            }
        )
    return pd.DataFrame(records)


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
