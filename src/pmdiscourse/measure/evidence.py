"""The few spans of a passage that show a theme, out of the many that add to its score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spacy.lang.en.stop_words import STOP_WORDS

from pmdiscourse.measure.features import normalize
from pmdiscourse.measure.sentences import TOKEN

MAX_SPANS = 8
# A span is shown if it weighs a fifth of the strongest or more. On the example bank a passage has
# some 53 spans in favour of a theme, most of them faint: below a fifth, they are rather words of
# the sentence than words for the theme (docs/method.md).
MIN_SHARE = 0.2
DECIMALS = 6
_CHOSEN = ("pattern", "seed")  # an analyst wrote them: evidence even if made of stop words


def strongest_spans(text: str, spans: Sequence[dict[str, Any]], theme: str) -> list[dict[str, Any]]:
    """Return the spans of a passage that a reader is shown for a theme.

    Spans of stop words alone are left out, and spans that weigh less than a fifth of the
    strongest. Neighbours of the same view (nothing or white space between them) are one span, and
    their weights are added up.

    Parameters
    ----------
    text : str
        The passage.
    spans : sequence of dict
        As from `ThemeModel.explain`.
    theme : str
        Theme name.

    Returns
    -------
    list of dict
        At most 8 spans ``{"start", "end", "view", "weight"}``, strongest first; weights in log
        odds, above 0, rounded to 6 decimals.

    Examples
    --------
    >>> spans = [
    ...     {"start": 0, "end": 3, "view": "word", "weight": 0.9, "theme": "blame"},
    ...     {"start": 4, "end": 6, "view": "word", "weight": 0.5, "theme": "blame"},
    ...     {"start": 7, "end": 12, "view": "word", "weight": 0.4, "theme": "blame"},
    ... ]
    >>> strongest_spans("the PM blamed", spans, "blame")
    [{'start': 4, 'end': 12, 'view': 'word', 'weight': 0.9}]
    """
    own = [s for s in spans if s["theme"] == theme and s["weight"] > 0 and _speaks(text, s)]
    least = MIN_SHARE * max((span["weight"] for span in own), default=0.0)
    merged = _merge_neighbours(text, [span for span in own if span["weight"] >= least])
    rounded = [span | {"weight": round(span["weight"], DECIMALS)} for span in merged]
    kept = [span for span in rounded if span["weight"] > 0]
    return sorted(kept, key=lambda s: (-s["weight"], s["start"], s["end"], s["view"]))[:MAX_SPANS]


def _speaks(text: str, span: dict[str, Any]) -> bool:
    """Say whether a span is more than stop words, single letters and signs."""
    words = TOKEN.findall(normalize(text[span["start"] : span["end"]]))
    return span["view"] in _CHOSEN or any(len(w) > 1 and w not in STOP_WORDS for w in words)


def _merge_neighbours(text: str, spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join spans of a view that overlap or have nothing but white space between them."""
    merged: list[dict[str, Any]] = []
    for span in sorted(spans, key=lambda s: (s["view"], s["start"], s["end"])):
        last = merged[-1] if merged else None
        if last and last["view"] == span["view"] and not text[last["end"] : span["start"]].strip():
            last["end"] = max(last["end"], span["end"])
            last["weight"] += span["weight"]
        else:
            merged.append({key: span[key] for key in ("start", "end", "view", "weight")})
    return merged
