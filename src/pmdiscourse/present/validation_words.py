"""How quality, labels and reliability read in the validation notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.frames import records, word_intervals
from pmdiscourse.present.wording import join_words, label, percent, percent_interval, plural

_PLAIN = "plain"  # the path of the weights without a sentence encoder
_FEW_THREADS = 20  # under which a prevalence gets no interval beyond its posts (`prevalence_notes`)
SHOWN = ["precision", "recall", "f1", "average_precision"]
_HEADS = {"f1": "F1"}
_MOST_DRAWN = 400  # passages to draw; few corpora need more for a first look
# of fewer labels the interval of a share may reach over more than 37 points (Clopper and Pearson's,
# 15 of 30)
_FEW_SCORED = 30
NO_MODEL = (
    "The model of this run is not there, or other versions of the software wrote it: thresholds, "
    "and evidence of passages with low scores, are left out. `pmdiscourse run RAW --out DIR "
    "--refit` writes it anew."
)


def tell_card(
    figures: pd.DataFrame, card: Mapping[str, Any], *, themes: list[str], known: list[str]
) -> str:
    """Say how good the shipped weights are, in a few sentences.

    Parameters
    ----------
    figures : DataFrame
        One row a theme: theme, n_positive, precision and recall with their intervals.
    card : mapping
        The card of the weights.
    themes : list of str
        Themes of the run's codebook.
    known : list of str
        Those of them that the weights were learned for; the figures are theirs alone.

    Returns
    -------
    str
        Sentences; they also name the themes without figures.
    """
    rows = [row for row in records(figures) if row["theme"] in known]
    others = [label(theme) for theme in themes if theme not in known]
    told = [
        f"The weights that come with the package were measured on {card['n_passages']:,} passages "
        f"of {plural(card['n_documents'], 'document')} that were coded, each scored by a "
        f"model that had not seen its document. {_tell_both(rows)}"
    ]
    if others:
        were = "was" if len(others) == 1 else "were"
        told.append(
            f"{join_words(others).capitalize()} {were} learned from the examples of this codebook: "
            "nothing was measured on real passages."
        )
    return " ".join(told if rows else told[1:])


def name_means(themes: list[str]) -> str:
    """Return the caption of the means by kind of text; it names the themes they are taken over.

    >>> name_means(["blame", "elite_education"])[:36]
    'Means over blame and elite education'
    """
    named = join_words([label(theme) for theme in themes])
    return f"Means over {named}, by kind of text, without and with a sentence encoder"


def tell_uncovered(themes: list[str], known: list[str]) -> str:
    """Say which figures of the shipped weights are left out, and why.

    Parameters
    ----------
    themes : list of str
        Themes that the weights were learned for.
    known : list of str
        Those of them that the run's codebook has with the same definition; not all.

    Returns
    -------
    str
        One sentence.
    """
    if not known:
        return (
            "The weights that come with the package cover none of this codebook's themes, so there "
            "is no figure of them here."
        )
    return (
        f"The means by kind of text are left out: they were taken over "
        f"{join_words([label(theme) for theme in themes])}, of which this codebook has only "
        f"{join_words([label(theme) for theme in known])} as the package defines "
        f"{'it' if len(known) == 1 else 'them'}."
    )


def tell_labels(
    figures: pd.DataFrame, *, weighted: bool, n_lost: int, n_late: int, n_scored: int
) -> str:
    """Say what the labels of a run show, and what they cannot carry.

    Parameters
    ----------
    figures : DataFrame
        As from `evaluate`.
    weighted : bool
        Whether every label has a chance of being drawn.
    n_lost : int
        Labels of passages or themes that are gone.
    n_late : int
        Scored passages that came after the draw.
    n_scored : int
        Passages that were scored: as many can be drawn.

    Returns
    -------
    str
        Sentences; without labels, how to get some, or that these posts are too few.
    """
    rows = [row for row in records(figures) if row["n"]]
    told = []
    if n_lost:
        told.append(
            f"{plural(n_lost, 'label')} of passages or themes that have no score any more "
            f"{'was' if n_lost == 1 else 'were'} left out."
        )
    if not rows:
        return " ".join(
            ["No labels made by people speak of this run's tags.", *told, _how_to_label(n_scored)]
        )
    few = [row for row in rows if row["note"]]
    firm = [row for row in rows if not row["note"]]
    sizes = sorted({row["n"] for row in rows})
    size = " to ".join(f"{number:,}" for number in dict.fromkeys((sizes[0], sizes[-1])))
    told.insert(
        0, f"People labelled {size} passages of these posts for each theme, unsure labels left out."
    )
    if firm:
        told.insert(1, _tell_both(firm))
    if few:
        counts = [f"{label(row['theme'])} ({row['n_positive']:,} of {row['n']:,})" for row in few]
        told.append(f"Too few positives to say anything firm: {join_words(counts)}.")
    told.append(_tell_reach(weighted, n_threads=max(row["n_threads"] for row in rows)))
    if n_late:
        came = f"{plural(n_late, 'passage')} came after the draw"
        told.append(f"{came}: the labels do not speak for {'it' if n_late == 1 else 'them'}.")
    return " ".join(told)


def _how_to_label(n_scored: int) -> str:
    """Say how to get labels, or that these posts are too few for them."""
    if n_scored < _FEW_SCORED:
        scored = f"{n_scored or 'no'} passage{'' if n_scored == 1 else 's'}"
        return f"These posts are too few to measure the tags on: they hold {scored} with scores."
    return (
        "To measure the tags on these posts, draw passages with "
        f"`pmdiscourse label draw DIR --n {min(_MOST_DRAWN, n_scored)}`, let people fill the "
        "sheets in `DIR/labels`, read them with `pmdiscourse label read DIR`, and make the report "
        "again; DIR is the folder of the run."
    )


def _tell_both(rows: list[dict[str, Any]]) -> str:
    """Tell precision and recall of some themes."""
    parts = [
        f"{label(row['theme'])} {_interval(row, 'precision')} right, "
        f"{_interval(row, 'recall')} found"
        for row in rows
    ]
    return (
        "Share of the tags that are right, and share of the passages with the theme that were "
        f"found (95% intervals in brackets): {'; '.join(parts)}."
    )


def _tell_reach(weighted: bool, *, n_threads: int) -> str:
    """Say which passages the figures hold for, and how far the intervals carry."""
    if weighted:
        few = f", and of {plural(n_threads, 'thread')} they are rough"
        return (
            "The labelled passages were drawn with known chances, so the figures are weighted and "
            "hold for all passages that could be drawn. The intervals allow for differences "
            f"between threads{few if n_threads < _FEW_THREADS else ''}."
        )
    return (
        "These labels were not drawn with known chances, so the figures describe the labelled "
        "passages only: they do not carry over to the corpus, and no prevalence can be estimated "
        "from them."
    )


def tell_quality(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the figures as a narrow table of words: a value and its interval in one cell.

    What is alike in every row and told above the table is left out: threads, weighting, and a
    column of passages without a score or of notes that has nothing to say.
    """
    told = word_intervals(figures, SHOWN)
    idle: dict[str, int | str] = {"n_unscored": 0, "note": ""}
    empty = [
        name for name, nothing in idle.items() if name in told and told[name].eq(nothing).all()
    ]
    alike = ["path", "n_threads", "weighted", *empty]
    return told.drop(columns=alike, errors="ignore").rename(columns=_HEADS)


def tell_kinds(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the means by kind of text as a narrow table of words; a note stands for figures."""
    names = ["average_precision", "f1"]
    told = word_intervals(figures, names)
    noted = told["note"] != ""
    told.loc[noted, names] = told.loc[noted, ["note", "note"]].to_numpy()
    encoders = told["path"].where(told["path"] != _PLAIN, "none")
    told.insert(0, "sentence_encoder", encoders)
    return told.drop(columns=["path", "note"]).rename(columns=_HEADS)


def tell_bins(bins: pd.DataFrame) -> pd.DataFrame:
    """Return reliability bins as a narrow table of words."""
    told = bins.assign(
        scores=[
            f"{percent(low)} to {percent(high)}"
            for low, high in zip(bins["low"], bins["high"], strict=True)
        ],
        mean_score=[percent(score) for score in bins["mean_score"]],
    )
    columns = ["theme", "scores", "n", "mean_score", "share", "share_low", "share_high"]
    return word_intervals(told[columns], ["share"]).rename(columns={"share": "carry_the_theme"})


def tell_path(path: str) -> str:
    """Name a path of the weights: without a sentence encoder, or with which.

    Examples
    --------
    >>> tell_path("plain"), tell_path("all-MiniLM-L6-v2")
    ('without a sentence encoder', 'with the sentence encoder all-MiniLM-L6-v2')
    """
    return "without a sentence encoder" if path == _PLAIN else f"with the sentence encoder {path}"


def tell_errors(errors: pd.DataFrame) -> list[str]:
    """Say of each mistake which it is, with score and threshold.

    Parameters
    ----------
    errors : DataFrame
        error, score, threshold (may be missing) and agreed (share of the coders).

    Returns
    -------
    list of str
        A remark for each row.
    """
    remarks = []
    for row in records(errors):
        cut = "" if pd.isna(row["threshold"]) else f", threshold {percent(row['threshold'])}"
        split = "" if row["agreed"] == 1 else f", {percent(row['agreed'])} of the coders say so"
        remarks.append(f"{row['error']}: score {percent(row['score'])}{cut}{split}")
    return remarks


def _interval(row: dict[str, Any], name: str) -> str:
    return percent_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
