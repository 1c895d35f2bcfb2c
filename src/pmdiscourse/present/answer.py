"""What the overview says of the themes: the answer, a table, what it means, the words used."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.codebook import Codebook
from pmdiscourse.present.display import prose_html
from pmdiscourse.present.frames import records, select_shares
from pmdiscourse.present.note_words import split_notes
from pmdiscourse.present.share_words import (
    Row,
    find_intervals,
    has_estimate,
    tell_caption,
    tell_count,
    tell_key,
    tell_range,
    tell_shares,
)
from pmdiscourse.present.wording import join_words, label, percent, percent_range, plural

_KINDS = {"essay": "essays", "comment": "comments"}
GLOSSARY = [
    ("Theme", "An idea that is looked for in the posts, such as blame."),
    ("Codebook", "The list of themes: what each one means, what counts and what does not."),
    ("Post", "One piece of writing by one person: an essay that starts a thread, or a comment."),
    ("Thread", "An essay and all comments under it."),
    ("Passage", "One paragraph, list item, note or speaker turn of a post: what is counted."),
    ("Model", "The part of the software that reads a passage and says which themes it finds."),
    ("Evidence", "The words of a passage that spoke for the theme; they are marked in quotes."),
    ("Label", "What a person who read the passage said: the theme is there, or it is not."),
    (
        "Tagged share",
        "The share of passages in which the model found the theme. It misses some and finds some "
        "that are none.",
    ),
    (
        "Prevalence",
        "The share of passages that truly carry the theme. Only passages that people have "
        "labelled can tell it; where there are too few of them, the tagged share stands alone.",
    ),
    (
        "Interval",
        "A 95% interval: where the prevalence lies, as far as the labels can tell; in 95 of 100 "
        "such draws of passages to label it holds the true share. The interval for these posts "
        "(corpus interval) allows for the passages that nobody labelled. The interval for posts "
        "like these (discourse interval) allows for differences between threads too; a corpus of "
        "few threads has none. Neither allows for wrong labels or for how the posts were chosen.",
    ),
    (
        "Sensitivity band",
        "The range in which the prevalence lies if the model finds 50-95% of the true passages "
        "and wrongly tags 0.5-5% of the others. These are assumptions, not measurements: if the "
        "model finds fewer, the prevalence lies above the band.",
    ),
    (
        "Positive labels",
        "How many of the labelled passages carry the theme. Passages that look promising are drawn "
        "more often, so this is no estimate of the prevalence.",
    ),
    (
        "Alpha",
        "Krippendorff's alpha: how far people who labelled the same passages agree. 1 is always, 0 "
        "is as often as chance would have it. From 0.8 on labels are called reliable, from 0.667 "
        "on good for tentative conclusions; counted on few passages, alpha is itself uncertain.",
    ),
    (
        "Labels saved",
        "How many times as many labels a plain random sample would need for the same precision.",
    ),
]
_FIRST_ESTIMATED = (
    "These are estimates for the posts described below, as good as the labels behind them. They "
    "are not about product managers in general."
)
_FIRST_TAGGED = (
    "This is what the software found by itself; how much it missed or got wrong is not known. It "
    "is about the posts described below, not about product managers in general."
)
_ESTIMATED = (
    "An estimate means:",
    "going by the labels that people made, about this share of the passages of these posts carries "
    "the theme. The interval tells how far off that may be; the labels are taken to be right.",
)
_TAGGED = (
    "A tagged share means:",
    "in these posts, the model found the theme in this share of the passages. Anyone who runs the "
    "same posts through the same version gets the same numbers.",
)
_FEW = 30  # passages under which a percentage says more than is known
_CAVEATS = [
    (
        "A tagged share does not mean",
        "that this share of passages truly carries the theme. The model misses some and wrongly "
        "tags others; only passages labelled by people can tell how many.",
    ),
    (
        "No number here tells",
        "what product managers in general think. Posts that were scraped are no random sample of "
        "anything, and people write when something is wrong.",
    ),
    (
        "Differences",
        "between themes, or between essays and comments, are not tested here. Where bands or "
        "intervals overlap, do not read an order into them.",
    ),
    (
        "A passage can carry several themes",
        "or none, so the shares do not add up to 100%.",
    ),
]


def describe_themes(prevalence: pd.DataFrame, codebook: Codebook) -> dict[str, Any]:
    """Return what the overview says of the themes.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    codebook : Codebook
        That of the run, for titles, definitions and order.

    Returns
    -------
    dict
        headline, first (what it means, at once), themes_title, question, has_figure, caption, heads
        and rows of the table, common (what holds for every theme), themes (name, title, definition,
        sentence), next_steps, meaning, glossary.
    """
    whole = select_shares(prevalence)
    shares = _find_shares(prevalence)
    names = codebook.names + sorted(set(whole["theme"]) - set(codebook.names))
    n_estimated = int(whole["estimate"].notna().sum())
    found = n_estimated > 0 or bool(whole["tagged_share"].gt(0).any())
    labelled = bool((whole["n_labels"] > 0).any())
    meaning = [*([_ESTIMATED] if n_estimated else []), _TAGGED, *_CAVEATS]
    notes = {row["theme"]: row["note"] for row in records(whole)}
    common, own, steps = _set_steps_apart(*split_notes(notes))
    return {
        "headline": _headline(whole, codebook),
        "first": _FIRST_ESTIMATED if n_estimated else _FIRST_TAGGED,
        "themes_title": "How often each theme " + ("appears" if n_estimated else "was tagged"),
        "question": f"How often do the themes appear? {tell_key(whole) if found else ''}".strip(),
        "has_figure": found,
        "caption": tell_caption(whole),
        "heads": _heads(labelled=labelled),
        "rows": [_cells(shares, codebook, name, labelled=labelled) for name in names],
        "common": Markup(prose_html(" ".join(common))),
        "themes": [
            _theme(shares.get(("all", name)), codebook, name, remarks=own.get(name, []))
            for name in names
        ],
        "next_steps": [Markup(prose_html(step)) for step in steps],
        "meaning": meaning,
        "glossary": GLOSSARY,
    }


def _set_steps_apart(
    common: list[str], own: dict[str, list[str]]
) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """Take out the sentences with a command: they are for whoever runs the software."""
    said = dict.fromkeys([*common, *(one for told in own.values() for one in told)])
    steps = [one for one in said if "`" in one]
    common = [one for one in common if one not in steps]
    own = {theme: [one for one in told if one not in steps] for theme, told in own.items()}
    return common, own, steps


def _headline(whole: pd.DataFrame, codebook: Codebook) -> str:
    """Answer in a few sentences; of few passages in counts, for a percentage would say too much."""
    rows = [row for row in records(whole) if not math.isnan(row["tagged_share"])]
    titles = {row["theme"]: find_title(row["theme"], codebook) for row in rows}
    found = {row["theme"]: round(row["tagged_share"] * row["n"]) for row in rows}
    n = max((row["n"] for row in rows), default=0)
    estimated = bool(whole["estimate"].notna().any())
    if estimated or not rows or (n >= _FEW and any(found.values())):
        return tell_shares(whole, name=lambda name: find_title(name, codebook))
    if not any(found.values()):
        return (
            f"Of {plural(n, 'passage')}, the model tagged none with a theme; it looked for "
            f"{join_words(list(titles.values()))}. That is no proof that there is none."
        )
    told = [f"{number:,} with {titles[name]}" for name, number in found.items() if number]
    return (
        f"Of {plural(n, 'passage')}, the model tagged {join_words(told)}. So few passages show how "
        "a report looks; they cannot tell how often a theme appears."
    )


def find_title(name: str, codebook: Codebook) -> str:
    """Return the title of a theme; one that the codebook does not hold keeps its name."""
    return codebook.theme(name).title if name in codebook.names else label(name)


def _find_shares(prevalence: pd.DataFrame) -> dict[tuple[str, str], Row]:
    """Return the shares of passages over all periods, by (group, theme)."""
    of_passages = (prevalence["unit"] == "passage") & (prevalence["period"] == "all")
    rows = prevalence[of_passages & prevalence["by"].isin(["all", "kind"])]
    return {(row["group"], row["theme"]): row for row in records(rows)}


def _theme(row: Row | None, codebook: Codebook, name: str, *, remarks: list[str]) -> dict[str, Any]:
    """Return what the page says of one theme in words."""
    told = [_tell_theme(row), *remarks] if row else ["No passage could be scored."]
    return {
        "name": name,
        "title": find_title(name, codebook),
        "definition": codebook.theme(name).definition if name in codebook.names else "",
        "sentence": Markup(prose_html(" ".join(told))),
    }


def _tell_theme(row: Row) -> str:
    """Say the figures of one theme, and nothing that holds for all of them."""
    if math.isnan(row["tagged_share"]):
        return "No passage could be scored."
    tagged = f"agged in {tell_count(row)} passages"
    if row["n"] >= _FEW:
        tagged += f" ({percent(row['tagged_share'])})"
    if not has_estimate(row):
        none = f"Tagged in none of {plural(row['n'], 'passage')}."
        return f"T{tagged}; {tell_range(row)}." if row["tagged_share"] else none
    within = "".join(
        f", 95% interval for {scope} {percent_range(low, high)}"
        for low, high, scope in find_intervals(row)
    )
    return f"Estimated prevalence: {percent(row['estimate'])}{within}. T{tagged} by the model."


def _heads(*, labelled: bool) -> list[str]:
    """Return the headings of the table."""
    groups = [f"tagged, {name}" for name in ("all", *_KINDS.values())]
    if not labelled:
        return ["theme", groups[0], "range", *groups[1:]]
    return ["theme", "estimate", "range", *groups, "positive labels", "labels saved"]


def _cells(
    shares: dict[tuple[str, str], Row], codebook: Codebook, name: str, *, labelled: bool
) -> list[str]:
    """Return one row of the table, under `_heads`."""
    row = shares.get(("all", name))
    title = find_title(name, codebook)
    tagged = [_share(shares.get((group, name))) for group in ("all", *_KINDS)]
    within = tell_range(row) if row else "none"
    if not labelled:
        return [title, tagged[0], within, *tagged[1:]]
    estimate = percent(row["estimate"]) if row and has_estimate(row) else "none yet"
    positive = (
        f"{row['n_positive']:,} of {row['n_labels']:,}" if row and row["n_labels"] else "none"
    )
    saved = row["labels_saved"] if row else math.nan
    times = "none" if math.isnan(saved) else f"{saved:.1f} times"
    return [title, estimate, within, *tagged, positive, times]


def _share(row: Row | None) -> str:
    """Write a tagged share with what it was counted of."""
    if row is None or math.isnan(row["tagged_share"]):
        return "none"
    share = row["tagged_share"]
    return f"{percent(share)} ({round(share * row['n']):,}/{row['n']:,})"
