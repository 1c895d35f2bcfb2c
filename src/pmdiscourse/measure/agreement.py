"""How far coders agree: raw agreement, Krippendorff's alpha and Gwet's AC1."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.errors import invalid
from pmdiscourse.measure.decisions import independent
from pmdiscourse.tables import check_present, require_columns

# Krippendorff (2018), Content Analysis, 4th edition, chapter 12: rely on alpha of .800 and above,
# draw tentative conclusions from .667.
RELIABLE = 0.8
TENTATIVE = 0.667
_TAIL = 0.025
CODES = ("0", "1", "?")
_WORDS = ("verdict", "note")
_NOT_MEASURED = "not measured"
_NEEDED = ("passage_id", "theme", "coder", "present")

Array = NDArray[np.float64]


def agreement(labels: pd.DataFrame, *, n_draws: int = 2000, random_state: int = 0) -> pd.DataFrame:
    """Measure agreement on the passages that two or more people coded, theme by theme.

    The figures describe the labelled passages, not the corpus: strata are not weighted. "Unsure"
    (``?``) is a code of its own, so unsure against present is a disagreement. Second readings and
    adjudications (`pmdiscourse.measure.decisions`) are left out: what they read was picked
    because of what a coder had said.

    Parameters
    ----------
    labels : DataFrame
        Long: passage_id, theme, coder, present (nullable boolean, missing = unsure), as
        `read_labels` returns them; one label per passage, theme and coder.
    n_draws : int, default=2000
        Draws of the bootstrap, 1 or more.
    random_state : int, default=0
        Seed of the bootstrap, 0 or more.

    Returns
    -------
    DataFrame
        One row per theme, by name: theme, n_double (passages with two coders or more),
        raw_agreement (share of pairs of coders with the same code), positive_agreement (of
        the codes "present", the share that the other coder gave too), alpha with its 95 %
        interval alpha_low to alpha_high, and ac1 (1 is full agreement, 0 what chance gives),
        verdict and note. Missing where not defined.

    Raises
    ------
    DiscourseError
        If a column is missing, a number is out of range, or a coder labelled the same passage
        and theme twice.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability: nominal data, any number of
    coders, missing data. Gwet (2008), Computing inter-rater reliability and its variance in the
    presence of high agreement, AC1; over the passages coded twice, with 2 codes, or 3 where
    ``?`` was used. Spitzer and Fleiss (1974) for the agreement specific to one code. Efron and
    Tibshirani (1993), An Introduction to the Bootstrap, chapter 13, for the percentile interval,
    over passages; see `bootstrap_alpha` for coders who never disagree.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": ["a", "a", "b", "b"], "theme": "blame",
    ...                       "coder": ["Ana", "Ben"] * 2, "present": [True, True, False, False]})
    >>> agreement(frame)[["n_double", "raw_agreement", "alpha", "verdict"]].values.tolist()
    [[2, 1.0, 1.0, 'reliable']]
    """
    _check(labels)
    for name, value, least in (("n_draws", n_draws, 1), ("random_state", random_state, 0)):
        if value < least:
            raise invalid(name, got=value, allowed=f"a whole number, {least} or more")
    rows = []
    for theme, counts in _count_codes(independent(labels)).items():
        figures = _figures(counts)
        if figures["verdict"] != _NOT_MEASURED:
            low, high = bootstrap_alpha(_used(counts), n_draws=n_draws, random_state=random_state)
            figures |= {"alpha_low": low, "alpha_high": high}
        rows.append({"theme": theme} | figures)
    columns = ["theme", "n_double", "raw_agreement", "positive_agreement", "alpha"]
    return pd.DataFrame(rows, columns=[*columns, "alpha_low", "alpha_high", "ac1", *_WORDS])


def compare_coders(labels: pd.DataFrame) -> pd.DataFrame:
    """Measure agreement of every two coders, to see who reads the codebook in another way.

    Parameters
    ----------
    labels : DataFrame
        As in `agreement`.

    Returns
    -------
    DataFrame
        One row per theme and two coders who share passages, by theme and names: theme, coder,
        other, n_double, raw_agreement, positive_agreement, alpha, ac1, present and other_present
        (how often each said the theme is present, of what they share), verdict and note.

    Raises
    ------
    DiscourseError
        If a column is missing or a coder labelled the same passage and theme twice.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": ["a", "a", "b", "b"], "theme": "blame",
    ...                       "coder": ["Ana", "Ben"] * 2, "present": [True, True, True, False]})
    >>> compare_coders(frame)[["coder", "other", "present", "other_present"]].values.tolist()
    [['Ana', 'Ben', 2, 1]]
    """
    _check(labels)
    first = independent(labels)
    rows = []
    for coder, other in itertools.combinations(sorted(first["coder"].unique()), 2):
        one, two = first[first["coder"] == coder], first[first["coder"] == other]
        both = one.merge(two, on=["passage_id", "theme"], suffixes=("", "_other"))
        pair = first[first["coder"].isin([coder, other])]
        for theme, counts in _count_codes(pair).items():
            if not len(counts):
                continue
            shared = both[both["theme"] == theme]
            said = {
                "present": int(shared["present"].sum()),
                "other_present": int(shared["present_other"].sum()),
            }
            names = {"theme": theme, "coder": coder, "other": other}
            rows.append(names | _figures(counts) | said)
    columns = ["theme", "coder", "other", "n_double", "raw_agreement", "positive_agreement"]
    columns += ["alpha", "ac1", "present", "other_present", *_WORDS]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["theme", "coder", "other"], ignore_index=True)


class Judgement(NamedTuple):
    """How far coders agree on a theme: what a note tells of `agreement`."""

    n_double: int = 0
    verdict: str = _NOT_MEASURED
    alpha: float = float("nan")
    alpha_low: float = float("nan")
    alpha_high: float = float("nan")


def judge_themes(labels: pd.DataFrame) -> dict[str, Judgement]:
    """Return how far coders agree on each theme.

    Parameters
    ----------
    labels : DataFrame
        As in `agreement`.

    Returns
    -------
    dict of str to Judgement
        By theme; figures are NaN where they are not defined.
    """
    if independent(labels)["coder"].nunique() < 2:
        return {str(theme): Judgement() for theme in labels["theme"].unique()}
    return {
        row["theme"]: Judgement(**{name: row[name] for name in Judgement._fields})
        for row in agreement(labels).to_dict("records")
    }


def _count_codes(labels: pd.DataFrame) -> dict[str, Array]:
    """Count the codes of each passage that two or more coded, for every theme; columns `CODES`."""
    code = labels["present"].astype("boolean").map({True: "1", False: "0"}).fillna("?")
    counted = {}
    for theme in sorted(labels["theme"].unique()):
        chosen = labels["theme"] == theme
        counts = pd.crosstab(labels.loc[chosen, "passage_id"], code[chosen])
        table = counts.reindex(columns=list(CODES), fill_value=0).to_numpy(float)
        counted[str(theme)] = table[table.sum(axis=1) >= 2]
    return counted


def bootstrap_alpha(
    counts: Array, *, n_draws: int = 2000, random_state: int = 0
) -> tuple[float, float]:
    """Return the 95 % percentile interval of alpha over draws of passages.

    Parameters
    ----------
    counts : ndarray of shape (n_units, n_codes)
        As in `krippendorff_alpha`.
    n_draws : int, default=2000
        Draws.
    random_state : int, default=0
        Seed.

    Returns
    -------
    tuple of float
        Both NaN if alpha is not defined in any draw. Draws in which every code is one and the
        same are left out; with few positives the interval is rough. Where nobody disagreed, no
        draw shows a disagreement, yet the next passage may: the low end is at most the alpha of
        as many disagreements as n_units without one leave possible, 1 - .025 ** (1 / n_units).

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. Clopper and Pearson
    (1934), Biometrika 26, for the end where nothing was seen.

    Examples
    --------
    >>> [round(end, 2) for end in bootstrap_alpha(np.array([[2, 0]] * 24 + [[0, 2]] * 5))]
    [0.59, 1.0]
    """
    random = np.random.default_rng(random_state)
    times = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=n_draws)
    coders = counts.sum(axis=1)
    total = times @ coders
    same = times @ ((counts * (counts - 1)).sum(axis=1) / (coders - 1))
    expected = (total**2 - ((times @ counts) ** 2).sum(axis=1)) / (total - 1)
    defined = expected > 0
    if not defined.any():
        return float("nan"), float("nan")
    alphas = 1 - (total - same)[defined] / expected[defined]
    low, high = np.percentile(alphas, [2.5, 97.5])
    possible = 1 - _TAIL ** (1 / len(counts))
    most = 1 - possible * counts.sum() / _expected(counts)
    return float(min(low, most)), float(high)


def krippendorff_alpha(counts: Array) -> float:
    """Return Krippendorff's alpha for nominal codes.

    Parameters
    ----------
    counts : ndarray of shape (n_units, n_codes)
        How many coders gave each code; two or more codes in each row.

    Returns
    -------
    float
        1 minus observed over expected disagreement; NaN if all codes are one and the same.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability, coincidences of section D.

    Examples
    --------
    >>> round(krippendorff_alpha(np.array([[2, 0], [2, 0], [1, 1], [0, 2]])), 4)
    0.5333
    """
    total = counts.sum()
    coders = counts.sum(axis=1, keepdims=True)
    same = (counts * (counts - 1) / (coders - 1)).sum()
    expected = _expected(counts)
    return float(1 - (total - same) / expected) if expected > 0 else float("nan")


def _expected(counts: Array) -> float:
    """Return how many codes chance alone would let differ from another's."""
    total = counts.sum()
    return float((total**2 - (counts.sum(axis=0) ** 2).sum()) / (total - 1))


def gwet_ac1(counts: Array) -> float:
    """Return Gwet's AC1.

    Parameters
    ----------
    counts : ndarray of shape (n_units, n_codes)
        How many coders gave each code; two or more codes in each row, two or more columns.

    Returns
    -------
    float
        (agreement - chance) / (1 - chance), chance = sum of p (1 - p) over the codes, divided by
        their number less one.

    References
    ----------
    Gwet (2008), Computing inter-rater reliability and its variance in the presence of high
    agreement, British Journal of Mathematical and Statistical Psychology 61.

    Examples
    --------
    >>> round(gwet_ac1(np.array([[2, 0], [2, 0], [1, 1], [0, 2]])), 4)
    0.5294
    """
    share = (counts / counts.sum(axis=1, keepdims=True)).mean(axis=0)
    chance = float((share * (1 - share)).sum() / (counts.shape[1] - 1))
    return (_raw(counts) - chance) / (1 - chance)


def _raw(counts: Array) -> float:
    """Return the mean share of pairs of coders who gave the same code."""
    coders = counts.sum(axis=1)
    pairs = (counts * (counts - 1)).sum(axis=1) / (coders * (coders - 1))
    return float(pairs.mean())


def _figures(counts: Array) -> dict[str, object]:
    """Return the figures of one theme; rows of counts are passages, columns `CODES`."""
    if not len(counts):
        note = "No passage was coded by two people: agreement is not measured."
        return {"n_double": 0, "verdict": _NOT_MEASURED, "note": note}
    used = _used(counts)
    positive = counts[:, CODES.index("1")]
    pairs = (positive * (positive - 1) / (counts.sum(axis=1) - 1)).sum()
    alpha = krippendorff_alpha(used)
    note = "Every coder gave one and the same code: alpha is not defined."
    return {
        "n_double": len(counts),
        "raw_agreement": _raw(used),
        "positive_agreement": float(pairs / positive.sum()) if positive.any() else float("nan"),
        "alpha": alpha,
        "ac1": gwet_ac1(used),
        "verdict": _verdict(alpha),
        "note": note if np.isnan(alpha) else "",
    }


def _used(counts: Array) -> Array:
    """Leave the code "unsure" out where nobody gave it."""
    return counts if counts[:, CODES.index("?")].any() else counts[:, :2]


def _verdict(alpha: float) -> str:
    """Word the gate; AC1 alone would let careless coders of a rare theme through."""
    if np.isnan(alpha):
        return _NOT_MEASURED
    if alpha >= RELIABLE:
        return "reliable"
    return "tentative conclusions only" if alpha >= TENTATIVE else "not reliable"


def _check(labels: pd.DataFrame) -> None:
    require_columns("labels", labels, _NEEDED)
    check_present(labels)
    repeated = labels.duplicated(["passage_id", "theme", "coder"])
    if repeated.any():
        first = labels.loc[repeated, ["passage_id", "theme", "coder"]].iloc[0].to_dict()
        raise invalid("labels", got=first, allowed="one label per passage, theme and coder")
