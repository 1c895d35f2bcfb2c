"""How far coders agree: raw agreement, Krippendorff's alpha and Gwet's AC1."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmdiscourse.errors import invalid
from pmdiscourse.tables import require_columns

# Krippendorff (2018), Content Analysis, 4th edition, chapter 12: rely on alpha of .800 and above,
# draw tentative conclusions from .667.
RELIABLE = 0.8
TENTATIVE = 0.667
CODES = ("0", "1", "?")
_NEEDED = ("passage_id", "theme", "coder", "present")

Array = NDArray[np.float64]


def agreement(labels: pd.DataFrame) -> pd.DataFrame:
    """Measure agreement on the passages that two or more people coded, theme by theme.

    The figures describe the labelled passages, not the corpus: strata are not weighted. "Unsure"
    (``?``) is a code of its own, so unsure against present is a disagreement.

    Parameters
    ----------
    labels : DataFrame
        Long: passage_id, theme, coder, present (nullable boolean, missing = unsure), as
        `read_labels` returns them; one label per passage, theme and coder.

    Returns
    -------
    DataFrame
        One row per theme, by name: theme, n_double (passages with two coders or more),
        raw_agreement (share of pairs of coders with the same code), positive_agreement (share of
        pairs with the code "present", among pairs where one coder gave it), alpha and ac1 (1 is
        full agreement, 0 what chance gives), verdict and note. Missing where not defined.

    Raises
    ------
    DiscourseError
        If a column is missing or a coder labelled the same passage and theme twice.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability: nominal data, any number of
    coders, missing data. Gwet (2008), Computing inter-rater reliability and its variance in the
    presence of high agreement, AC1; over the passages coded twice, with 2 codes, or 3 where
    ``?`` was used. Spitzer and Fleiss (1974) for the agreement specific to one code.

    Examples
    --------
    >>> frame = pd.DataFrame({"passage_id": ["a", "a", "b", "b"], "theme": "blame",
    ...                       "coder": ["Ana", "Ben"] * 2, "present": [True, True, False, False]})
    >>> agreement(frame)[["n_double", "raw_agreement", "alpha", "verdict"]].values.tolist()
    [[2, 1.0, 1.0, 'reliable']]
    """
    _check(labels)
    code = labels["present"].astype("boolean").map({True: "1", False: "0"}).fillna("?")
    rows = []
    for theme in sorted(labels["theme"].unique()):
        chosen = labels["theme"] == theme
        counts = pd.crosstab(labels.loc[chosen, "passage_id"], code[chosen])
        table = counts.reindex(columns=list(CODES), fill_value=0).to_numpy(float)
        rows.append({"theme": theme} | _figures(table[table.sum(axis=1) >= 2]))
    columns = ["theme", "n_double", "raw_agreement", "positive_agreement", "alpha", "ac1"]
    return pd.DataFrame(rows, columns=[*columns, "verdict", "note"])


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
    expected = (total**2 - (counts.sum(axis=0) ** 2).sum()) / (total - 1)
    return float(1 - (total - same) / expected) if expected > 0 else float("nan")


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
        return {"n_double": 0, "verdict": "not measured", "note": note}
    used = counts if counts[:, CODES.index("?")].any() else counts[:, :2]
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


def _verdict(alpha: float) -> str:
    """Word the gate; AC1 alone would let careless coders of a rare theme through."""
    if np.isnan(alpha):
        return "not measured"
    if alpha >= RELIABLE:
        return "reliable"
    return "tentative conclusions only" if alpha >= TENTATIVE else "not reliable"


def _check(labels: pd.DataFrame) -> None:
    require_columns("labels", labels, _NEEDED)
    repeated = labels.duplicated(["passage_id", "theme", "coder"])
    if repeated.any():
        first = labels.loc[repeated, ["passage_id", "theme", "coder"]].iloc[0].to_dict()
        raise invalid("labels", got=first, allowed="one label per passage, theme and coder")
