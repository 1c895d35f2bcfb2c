"""Residual topics that look like a theme which the codebook lacks.

A theme is what some passages are about, in several threads and in words of their own. Each rule
rules out one thing that is none: vocabulary of the trade, which runs through everything; a handful
of chance passages; the subject of one thread; lines that are copied from page to page; and a theme
that the codebook has already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson

from pmdiscourse.measure.topic_terms import Counted

Array = NDArray[np.float64]

N_TERMS = 10  # terms that the rules look at, no two with a word in common
N_TOGETHER = 3  # a passage with so many of them speaks of the topic: one or two may be chance
MIN_TIMES = 3.0  # as often as chance: the factor by which a theme must rank its examples too
MIN_THREADS = 10  # chance topics reached 8 in planted corpora of 500 and 2,000 passages
MAX_THREAD_PART = 1 / 3
N_FIRST, MAX_HELD = 5, 2 / 3  # who uses nearly all of the first five terms at once, copies
MAX_SHARED = 1 / 2  # of the terms that are top terms of a theme
N_DRAFT = 8  # terms of the draft of seeds


def measure_residuals(corpus: Counted, terms: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Measure what the rules ask of each residual topic.

    Parameters
    ----------
    corpus : Counted
        The corpus.
    terms : DataFrame
        The terms of all topics, as from `describe_topics`.
    names : list of str
        Names of the residual topics, which come last in the corpus's shares.

    Returns
    -------
    DataFrame
        topic, n_terms (10 at most), n_passages and n_threads (that hold three of them or more),
        chance (passages that would do so if the terms had nothing to do with each other),
        thread_part (of those passages in the thread that has most), held_part (of the first five
        terms in such a passage, mean), theme and shared_part (the theme that shares most of those
        terms, and which part of them).
    """
    themes = terms[(terms["kind"] == "theme") & (terms["rank"] <= 2 * N_TERMS)]
    rows = [
        {"topic": name, **_measure_terms(corpus, terms[terms["topic"] == name], themes)}
        for name in names
    ]
    return pd.DataFrame(rows)


def judge_residuals(
    measured: pd.DataFrame, top: pd.DataFrame, shares: pd.DataFrame
) -> pd.DataFrame:
    """Tell which residual topics look like a theme.

    Parameters
    ----------
    measured : DataFrame
        As from `measure_residuals`.
    top : DataFrame
        Top terms of the topics.
    shares : DataFrame
        topic and share_of_words.

    Returns
    -------
    DataFrame
        topic, terms, share_of_words, n_passages, n_threads, proposed, why.
    """
    terms = top[top["rank"] <= N_DRAFT].groupby("topic")["term"].agg(", ".join)
    rows = measured.to_dict("records")
    missing = [_missing(row) for row in rows]
    speaks = [
        f"{row['n_passages']} passages in {row['n_threads']} threads hold {N_TOGETHER} or more of "
        f"its {row['n_terms']} top terms, {row['chance']:.0f} would by chance"
        for row in rows
    ]
    why = ["; ".join(no) or yes for no, yes in zip(missing, speaks, strict=True)]
    return pd.DataFrame(
        {
            "topic": measured["topic"].astype("str"),
            "terms": measured["topic"].map(terms).astype("object").fillna("").astype("str"),
            "share_of_words": measured["topic"].map(shares.set_index("topic")["share_of_words"]),
            "n_passages": measured["n_passages"],
            "n_threads": measured["n_threads"],
            "proposed": pd.Series([not reasons for reasons in missing], dtype="bool"),
            "why": pd.Series(why, dtype="str"),
        }
    )


def _measure_terms(corpus: Counted, listed: pd.DataFrame, themes: pd.DataFrame) -> dict[str, Any]:
    """Measure one residual topic by its top terms."""
    top = listed[listed["term"].isin(_distinct(listed["term"]))]
    places = {term: place for place, term in enumerate(corpus.terms)}
    present = (corpus.counts[:, [places[term] for term in top["term"]]] > 0).astype(float)
    n_held = np.asarray(present.sum(axis=1)).ravel()
    speaks = n_held >= N_TOGETHER
    first = np.asarray(present[:, :N_FIRST].sum(axis=1)).ravel() / max(1, min(N_FIRST, len(top)))
    in_threads = corpus.membership @ speaks.astype(float)
    shared = themes[themes["term"].isin(top["term"])].groupby("topic", sort=False).size()
    return {
        "n_terms": len(top),
        "n_passages": int(speaks.sum()),
        "n_threads": int((in_threads > 0).sum()),
        "chance": _chance(corpus, n_held),
        "thread_part": float(in_threads.max() / max(speaks.sum(), 1)),
        "held_part": float(first[speaks].mean()) if speaks.any() else 0.0,
        "theme": str(shared.idxmax()) if len(shared) else "",
        "shared_part": float(shared.max() / len(top)) if len(shared) else 0.0,
    }


def _distinct(terms: Iterable[str]) -> list[str]:
    """Return the first terms that have no word in common: one mention must not count twice."""
    chosen: list[str] = []
    used: set[str] = set()
    for term in terms:
        if len(chosen) < N_TERMS and used.isdisjoint(term.split()):
            chosen.append(term)
            used.update(term.split())
    return chosen


def _chance(corpus: Counted, n_held: Array) -> float:
    """Return how many passages would hold three terms if each fell anywhere (Poisson)."""
    lengths = np.asarray((corpus.counts > 0).sum(axis=1)).ravel()
    expected = lengths * n_held.sum() / max(lengths.sum(), 1)
    return float(poisson.sf(N_TOGETHER - 1, expected).sum())


def _missing(row: Mapping[Any, Any]) -> list[str]:
    """Name what keeps a residual topic from being proposed."""
    together = f"{row['n_passages']} passages in {row['n_threads']} threads hold {N_TOGETHER} terms"
    rules = [
        (row["n_threads"] < MIN_THREADS, f"{together}, {MIN_THREADS} threads are needed"),
        (
            row["n_passages"] < MIN_TIMES * row["chance"],
            f"vocabulary of the trade: {together}, {row['chance']:.0f} would by chance",
        ),
        (
            row["thread_part"] > MAX_THREAD_PART,
            f"one thread has {row['thread_part']:.0%} of its passages",
        ),
        (
            row["held_part"] > MAX_HELD,
            f"copied lines: its passages hold {row['held_part']:.0%} of its first {N_FIRST} terms",
        ),
        (
            row["shared_part"] >= MAX_SHARED,
            f"{row['shared_part']:.0%} of its terms go with {row['theme']} too",
        ),
    ]
    return [reason for fails, reason in rules if fails]
