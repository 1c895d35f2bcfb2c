"""How numbers and names are worded for people."""

from __future__ import annotations

import math


def percent(share: float | None) -> str:
    """Format a share as a percentage with one decimal.

    Parameters
    ----------
    share : float or None
        Share in [0, 1]; None or NaN means that there is no value.

    Returns
    -------
    str
        ``"no value"`` without a value; a share that is not zero never reads as zero.

    Examples
    --------
    >>> percent(0.1234), percent(0.0), percent(0.0001), percent(None)
    ('12.3%', '0%', 'under 0.1%', 'no value')
    """
    if share is None or math.isnan(share):
        return "no value"
    if share == 0:
        return "0%"
    if 0 < share < 0.0005:
        return "under 0.1%"
    return f"{100 * share:.1f}%"


def percent_range(low: float, high: float) -> str:
    """Format two shares as one range.

    Examples
    --------
    >>> percent_range(0.012, 0.2), percent_range(float("nan"), float("nan"))
    ('1.2% to 20.0%', 'no value')
    """
    if math.isnan(low) or math.isnan(high):
        return "no value"
    return f"{percent(low)} to {percent(high)}"


def percent_interval(share: float, low: float, high: float) -> str:
    """Format a share with its interval.

    Examples
    --------
    >>> percent_interval(0.36, 0.18, 0.55), percent_interval(0.5, float("nan"), float("nan"))
    ('36.0% (18.0% to 55.0%)', '50.0%')
    """
    if math.isnan(share) or math.isnan(low) or math.isnan(high):
        return percent(share)
    return f"{percent(share)} ({percent_range(low, high)})"


def label(name: str) -> str:
    """Turn the name of a theme or column into words.

    Examples
    --------
    >>> label("elite_education")
    'elite education'
    """
    return name.replace("_", " ")


def plural(number: int, noun: str) -> str:
    """Count a noun, with thousands set apart.

    Examples
    --------
    >>> plural(1, "passage"), plural(1200, "passage"), plural(0, "passage")
    ('1 passage', '1,200 passages', '0 passages')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def join_words(words: list[str]) -> str:
    """Join words for a sentence.

    Examples
    --------
    >>> join_words(["a"]), join_words(["a", "b"]), join_words(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
