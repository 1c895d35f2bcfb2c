"""Where tags and labels differ: false hits and misses with their evidence, for the next round."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.measure.evidence import strongest_spans
from pmdiscourse.measure.sheets import safe_cell
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.store import write_atomic
from pmdiscourse.tables import require_columns

FALSE_HIT, MISS = "false hit", "miss"
ERROR_COLUMNS = ("passage_id", "theme", "error", "score", "agreed", "evidence", "thread_id")
SHEET_COLUMNS = ("passage_id", "theme", "error", "score", "threshold", "text", "evidence")


def find_errors(joined: pd.DataFrame) -> pd.DataFrame:
    """Return where tags and labels differ, the most instructive first.

    Parameters
    ----------
    joined : DataFrame
        As from `join_labels`.

    Returns
    -------
    DataFrame
        passage_id, theme, error (``"false hit"``: tagged, but people say no; ``"miss"``: not
        tagged, but people say yes), score, agreed (share of the coders who say so), evidence,
        thread_id. Themes in alphabetical order, false hits before misses; within these one of each
        thread before a second of any, then what all coders agree on, then the scores farthest from
        the threshold: there the model was surest, and learns most.

    References
    ----------
    A mistake teaches as much as it surprises: its log loss, which grows with the distance from the
    threshold. Settles (2009), Active Learning Literature Survey, section 3.3.
    """
    require_columns("joined", joined, [*ERROR_COLUMNS[:2], "present", "tagged", "score", "agreed"])
    scored = joined[joined["score"].notna()]
    scored = scored.assign(tagged=scored["tagged"].astype(bool))
    wrong = scored[scored["tagged"] != scored["present"]]
    wrong = wrong.assign(
        error=wrong["tagged"].map({True: FALSE_HIT, False: MISS}),
        surprise=wrong["score"].where(wrong["tagged"], 1 - wrong["score"]),
    )
    kinds, surest = ["theme", "error"], ["agreed", "surprise"]
    wrong = wrong.sort_values(
        [*kinds, *surest, "passage_id"], ascending=[True, True, False, False, True]
    )
    wrong["rank"] = wrong.groupby([*kinds, "thread_id"]).cumcount()
    wrong = wrong.sort_values([*kinds, "rank"], kind="stable", ignore_index=True)
    return wrong[list(ERROR_COLUMNS)]


def explain_errors(
    errors: pd.DataFrame, passages: pd.DataFrame, *, model: ThemeModel | None
) -> pd.DataFrame:
    """Add passages and thresholds to mistakes, and evidence where the scores keep none.

    Parameters
    ----------
    errors : DataFrame
        As from `find_errors`, or some of its rows.
    passages : DataFrame
        The table ``passages``.
    model : ThemeModel or None
        The model of the run. None leaves thresholds missing and low scores without evidence.

    Returns
    -------
    DataFrame
        The rows of errors with the columns of passages and threshold. Evidence: at most 8 spans
        that spoke for the theme, ``{"start", "end", "view", "weight"}``.
    """
    thresholds: Mapping[str, float] = {}
    if model is not None:
        thresholds = dict(zip(model.theme_names_, model.thresholds_, strict=True))
    texts = passages.drop(columns="thread_id")
    told = errors.merge(texts, on="passage_id", how="left", validate="many_to_one")
    told["threshold"] = told["theme"].map(thresholds).astype("float64")
    if model is not None:
        rows = zip(told["evidence"], told["text"], told["theme"], strict=True)
        found = [
            evidence if len(evidence) else strongest_spans(text, model.explain(text), theme)
            for evidence, text, theme in rows
        ]
        told["evidence"] = pd.Series(found, index=told.index, dtype=object)
    return told


def write_errors(path: str | Path, errors: pd.DataFrame, *, texts: bool) -> None:
    """Write mistakes as a CSV file that a spreadsheet opens without harm.

    Parameters
    ----------
    path : str or Path
        File to write; an older one is replaced.
    errors : DataFrame
        As from `explain_errors`.
    texts : bool
        Whether to write the texts and the words of the evidence; without, both columns are left
        out.
    """
    columns = [c for c in SHEET_COLUMNS if texts or c not in ("text", "evidence")]
    pairs = zip(errors["text"], errors["evidence"], strict=True)
    sheet = errors.assign(evidence=[tell_evidence(text, spans) for text, spans in pairs])[columns]
    words = sheet.columns.difference(["score", "threshold"])
    sheet[words] = sheet[words].map(safe_cell)
    content = sheet.to_csv(index=False, float_format="%.6f", lineterminator="\n")
    write_atomic(Path(path), content.encode("utf-8-sig"))


def tell_evidence(text: str, evidence: Any, *, most: int = 3) -> str:
    """Name the strongest words of the evidence with view and weight in log odds.

    Examples
    --------
    >>> tell_evidence("No blame here", [{"start": 3, "end": 8, "view": "word", "weight": 1.25}])
    '“blame” (word +1.25)'
    """
    said = (
        f"“{text[span['start'] : span['end']]}” ({span['view']} {span['weight']:+.2f})"
        for span in list(evidence)[:most]
    )
    return ", ".join(said)
