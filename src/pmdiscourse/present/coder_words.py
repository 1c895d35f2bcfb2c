"""How the agreement of coders reads in the validation notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.frames import records
from pmdiscourse.present.wording import percent

# Krippendorff (2018), Content Analysis, chapter 12: the least alpha of each verdict
_LEAST = {"reliable": 0.8, "tentative conclusions only": 0.667}


def tell_agreement(figures: pd.DataFrame) -> pd.DataFrame:
    """Return agreement of coders as a narrow table of words.

    Parameters
    ----------
    figures : DataFrame
        As from `agreement`.

    Returns
    -------
    DataFrame
        theme, passages (coded by two or more), same_code, same_code_if_present (pairs where one
        said present), alpha with its 95 % interval, verdict (that the interval reaches below what
        it asks for is told), and note where one has a note.
    """
    return _tell_coded(figures, {"theme": figures["theme"], "passages": figures["n_double"]})


def tell_coders(figures: pd.DataFrame) -> pd.DataFrame:
    """Return agreement of every two coders as a narrow table of words.

    Parameters
    ----------
    figures : DataFrame
        As from `compare_coders`.

    Returns
    -------
    DataFrame
        theme, coders, passages (that both coded), present (how often each said so), then as in
        `tell_agreement`; no verdict, for no interval says how sure it would be.
    """
    both = zip(figures["coder"], figures["other"], strict=True)
    said = zip(figures["present"], figures["other_present"], strict=True)
    first = {
        "theme": figures["theme"],
        "coders": [f"{one} and {other}" for one, other in both],
        "passages": figures["n_double"],
        "present": [f"{one:,} and {other:,}" for one, other in said],
    }
    return _tell_coded(figures, first).drop(columns="verdict")


def _tell_coded(figures: pd.DataFrame, first: Mapping[str, Any]) -> pd.DataFrame:
    """Put agreement in words behind the first columns."""
    told = pd.DataFrame(first).assign(
        same_code=[percent(share) for share in figures["raw_agreement"]],
        same_code_if_present=[percent(share) for share in figures["positive_agreement"]],
        alpha=[_tell_alpha(row) for row in records(figures)],
        verdict=[_tell_verdict(row) for row in records(figures)],
        note=figures["note"],
    )
    return told if told["note"].ne("").any() else told.drop(columns="note")


def _tell_verdict(row: dict[str, Any]) -> str:
    """Say how far labels can be relied on, and whether the interval of alpha bears it out."""
    least, low = _LEAST.get(row["verdict"]), row.get("alpha_low")
    if least is None or low is None or pd.isna(low) or low >= least:
        return str(row["verdict"])
    return f"{row['verdict']}; the interval reaches below {least:g}"


def _tell_alpha(row: dict[str, Any]) -> str:
    """Write alpha, and its interval where there is one."""
    if pd.isna(row["alpha"]):
        return "not defined"
    low, high = row.get("alpha_low"), row.get("alpha_high")
    within = "" if low is None or pd.isna(low) else f" ({low:.2f} to {high:.2f})"
    return f"{row['alpha']:.2f}{within}"
