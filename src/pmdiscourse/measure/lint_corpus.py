"""How the seed terms of a codebook fare in a corpus: absent, rare, ambiguous, dominated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.lint_entries import Finding, Hit, find_hits
from pmdiscourse.measure.terms import MIN_PASSAGES, MIN_THREADS
from pmdiscourse.tables import require_columns

UNDETERMINED = "und"
MIN_DOMINATED = 10  # under this, more than half in one place is no surprise
MIN_AMBIGUOUS = 20  # under this, the company of a word is chance
MOST = 0.5
Floats = npt.NDArray[np.float64]


def check_seeds(codebook: Codebook, passages: pd.DataFrame) -> Iterator[Finding]:
    """Yield what is worth a look in the seed terms, counted in passages.

    - **absent**: in no passage.
    - **rare**: in fewer than 5 passages or 2 threads, so the topic model does not count it.
    - **dominated**: more than half of its passages, of 10 or more, stand in one thread or come from
      one source that holds less than half of all passages: it may be one person's word.
    - **ambiguous**: in 20 passages or more, and the company it keeps is not that of its theme.
      Company is other evidence (seed terms and patterns that do not overlap it) in the same
      passage; the lift is the share of its passages with such evidence over the share of the
      passages without it. A lift of at most 1 for its own theme, or a higher one for another theme
      (with 5 passages or more), is told.

    Parameters
    ----------
    codebook : Codebook
        The themes.
    passages : DataFrame
        With the columns thread_id and text; source and language are used if they are there.

    Yields
    ------
    Finding

    Raises
    ------
    DiscourseError
        If passages lack a column.

    References
    ----------
    A word means what it occurs with: Turney and Littman (2003), Measuring praise and criticism,
    ACM Transactions on Information Systems 21(4); the lift is the ratio under their logarithm. Half
    a passage is added to each count (Haldane 1956), so that nothing is divided by zero.
    """
    require_columns("passages", passages, ["thread_id", "text"])
    if "language" in passages.columns:
        passages = passages[passages["language"].isin([codebook.language, UNDETERMINED])]
    hits = find_hits(codebook, passages["text"].tolist())
    evidence = np.zeros((len(hits), len(codebook.themes)), dtype=bool)
    holders: dict[tuple[int, int], list[int]] = {}
    for row, found in enumerate(hits):
        evidence[row, [hit[0] for hit in found]] = True
        for key in {(hit[0], hit[2]) for hit in found if hit[1] == "seed"}:
            holders.setdefault(key, []).append(row)
    for number, theme in enumerate(codebook.themes):
        for kind, seed in enumerate(theme.seeds):
            rows = holders.get((number, kind), [])
            held = passages.iloc[rows]
            company = np.array([_company(hits[i], number, kind, evidence.shape[1]) for i in rows])
            told = _tell_few(held) + _tell_dominated(held, passages)
            told += _tell_ambiguous(codebook, number, rows, company, evidence)
            n_threads = int(held["thread_id"].nunique())
            for finding, what in told:
                yield Finding(theme.name, "seeds", seed, finding, what, len(rows), n_threads)


def _company(found: list[Hit], theme: int, kind: int, n_themes: int) -> npt.NDArray[np.bool_]:
    """Return the themes with evidence that does not overlap this seed term."""
    own = [
        (start, end) for t, view, k, start, end in found if (t, view, k) == (theme, "seed", kind)
    ]
    themes = np.zeros(n_themes, dtype=bool)
    for other, _, _, start, end in found:
        themes[other] |= all(end <= first or start >= last for first, last in own)
    return themes


def _tell_few(held: pd.DataFrame) -> list[tuple[str, str]]:
    """Tell a seed term that the corpus hardly holds."""
    n_threads = held["thread_id"].nunique()
    if held.empty:
        return [("absent", "Nobody writes it here: look for the word that they use instead.")]
    if len(held) < MIN_PASSAGES or n_threads < MIN_THREADS:
        needed = f"{MIN_PASSAGES} passages and {MIN_THREADS} threads are needed to count"
        return [("rare", f"Keep it for larger corpora, or add other forms of it: {needed}.")]
    return []


def _tell_dominated(held: pd.DataFrame, passages: pd.DataFrame) -> list[tuple[str, str]]:
    """Tell a seed term that stands mostly in one place, though most passages stand elsewhere."""
    for column in ("thread_id", "source"):
        if len(held) < MIN_DOMINATED or column not in passages.columns:
            continue
        counts = Counter(held[column])
        place, n = min(counts.items(), key=lambda item: (-item[1], str(item[0])))
        if n > MOST * len(held) and (passages[column] == place).sum() < MOST * len(passages):
            name = "thread" if column == "thread_id" else "source"
            what = f"{n} of its {len(held)} passages are from one {name} ({place}): read them."
            return [("dominated", what)]
    return []


def _tell_ambiguous(
    codebook: Codebook,
    theme: int,
    rows: list[int],
    company: npt.NDArray[np.bool_],
    evidence: npt.NDArray[np.bool_],
) -> list[tuple[str, str]]:
    """Tell a seed term that does not go with its theme, or goes more with another."""
    if len(rows) < MIN_AMBIGUOUS:
        return []
    elsewhere = np.delete(evidence, rows, axis=0)
    beside, apart = company.sum(axis=0), elsewhere.sum(axis=0)
    if beside[theme] + apart[theme] < MIN_PASSAGES:
        return []  # the theme has hardly any other evidence here to compare with
    lifts = _lift(beside, len(rows), apart, len(elsewhere))
    others = [t for t in range(len(lifts)) if beside[t] >= MIN_PASSAGES and lifts[t] > lifts[theme]]
    if others:
        other = codebook.themes[max(others, key=lambda t: lifts[t])].name
        what = f"It goes with evidence of {other} more than of its own theme: make it a phrase."
        return [("ambiguous", what)]
    if lifts[theme] <= 1:
        what = "Its passages hold no more evidence of the theme than others do: make it a phrase."
        return [("ambiguous", what)]
    return []


def _lift(
    beside: npt.NDArray[np.int64], n: int, apart: npt.NDArray[np.int64], n_apart: int
) -> Floats:
    """Return the share of evidence beside a word over its share elsewhere."""
    lift: Floats = ((beside + 0.5) / (n + 1)) / ((apart + 0.5) / (n_apart + 1))
    return lift
