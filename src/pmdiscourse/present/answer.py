"""What the overview says of the themes: the answer, a table, what it means, the words used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.codebook import Codebook
from pmdiscourse.present.display import prose_html
from pmdiscourse.present.frames import records, select_shares
from pmdiscourse.present.glossary import GLOSSARY
from pmdiscourse.present.meaning import tell_first, tell_meaning
from pmdiscourse.present.note_words import split_notes
from pmdiscourse.present.prevalence_words import FEW, tell_headline, tell_posts
from pmdiscourse.present.share_words import (
    Row,
    find_intervals,
    has_estimate,
    tell_caption,
    tell_count,
    tell_key,
    tell_range,
)
from pmdiscourse.present.taggers import Proxy, name_tagger
from pmdiscourse.present.wording import label, percent, percent_range, plural

_KINDS = {"essay": "essays", "comment": "comments"}


def describe_themes(
    prevalence: pd.DataFrame, codebook: Codebook, manifest: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the overview says of the themes.

    Parameters
    ----------
    prevalence : DataFrame
        Prevalence table of the run.
    codebook : Codebook
        That of the run, for titles, definitions and order.
    manifest : mapping
        Its ``run.json``, for labels, a proxy and what was not read.

    Returns
    -------
    dict
        headline, first (what it means, at once), themes_title, question, has_figure, caption, heads
        and rows of the table, by_post (the same of whole posts, or None), common (what holds for
        every theme), themes (name, title, definition, sentence), next_steps, meaning, glossary.
    """
    whole, proxy = select_shares(prevalence), manifest.get("proxy")
    names = codebook.names + sorted(set(whole["theme"]) - set(codebook.names))
    estimated = bool(whole["estimate"].notna().any())
    found = estimated or bool(whole["tagged_share"].gt(0).any())
    notes = {row["theme"]: row["note"] for row in records(whole)}
    common, own, steps = _set_steps_apart(*split_notes(notes))
    shares = {row["theme"]: row for row in records(whole)}
    return {
        "headline": tell_headline(
            prevalence, manifest, name=partial(find_title, codebook=codebook)
        ),
        "first": tell_first(prevalence, manifest),
        "themes_title": "How often each theme " + ("appears" if estimated else "was tagged"),
        "question": "How often do the themes appear?"
        + (f" {tell_key(whole, proxy=proxy)}" if found else ""),
        "has_figure": found,
        "caption": tell_caption(whole),
        **_tabulate(prevalence, codebook, names),
        "by_post": _describe_posts(prevalence, codebook, names, proxy=proxy),
        "common": Markup(prose_html(" ".join(common))),
        "themes": [
            _theme(shares.get(name), codebook, name, remarks=own.get(name, []), proxy=proxy)
            for name in names
        ],
        "next_steps": [Markup(prose_html(step)) for step in steps],
        "meaning": tell_meaning(prevalence, proxy=proxy),
        "glossary": GLOSSARY,
    }


def _describe_posts(
    prevalence: pd.DataFrame, codebook: Codebook, names: list[str], *, proxy: Proxy
) -> dict[str, Any] | None:
    """Return what the overview says of whole posts; None if no posts are labelled."""
    if not tell_posts(prevalence):
        return None
    rows = select_shares(prevalence, unit="post")
    common, own, _ = _set_steps_apart(
        *split_notes({row["theme"]: row["note"] for row in records(rows)})
    )
    return {
        "question": tell_key(rows, proxy=proxy),
        "caption": tell_caption(rows),
        "common": Markup(prose_html(" ".join(common))),
        "remarks": [
            Markup(prose_html(f"{find_title(theme, codebook)}: {' '.join(told)}"))
            for theme, told in own.items()
            if told
        ],
        **_tabulate(prevalence, codebook, names, unit="post"),
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


def find_title(name: str, codebook: Codebook) -> str:
    """Return the title of a theme; one that the codebook does not hold keeps its name."""
    return codebook.theme(name).title if name in codebook.names else label(name)


def _find_shares(prevalence: pd.DataFrame, unit: str) -> dict[tuple[str, str], Row]:
    """Return the shares over all periods, by (group, theme)."""
    of_unit = (prevalence["unit"] == unit) & (prevalence["period"] == "all")
    rows = prevalence[of_unit & prevalence["by"].isin(["all", "kind"])]
    return {(row["group"], row["theme"]): row for row in records(rows)}


def _theme(
    row: Row | None, codebook: Codebook, name: str, *, remarks: list[str], proxy: Proxy
) -> dict[str, Any]:
    """Return what the page says of one theme in words."""
    told = [_tell_theme(row, proxy), *remarks] if row else ["No passage could be scored."]
    return {
        "name": name,
        "title": find_title(name, codebook),
        "definition": codebook.theme(name).definition if name in codebook.names else "",
        "sentence": Markup(prose_html(" ".join(told))),
    }


def _tell_theme(row: Row, proxy: Proxy) -> str:
    """Say the figures of one theme, and nothing that holds for all of them."""
    if math.isnan(row["tagged_share"]):
        return "No passage could be scored."
    tagged = f"agged in {tell_count(row)} passages"
    if row["n"] >= FEW:
        tagged += f" ({percent(row['tagged_share'])})"
    tagger = name_tagger(row["theme"], proxy)
    if not has_estimate(row):
        none = f"Tagged in none of {plural(row['n'], 'passage')}."
        tagged += f" by {tagger}" if tagger != "the model" else ""
        return f"T{tagged}; {tell_range(row)}." if row["tagged_share"] else none
    within = "".join(
        f", 95% interval for {scope} {percent_range(low, high)}"
        for low, high, scope in find_intervals(row)
    )
    return f"Estimated prevalence: {percent(row['estimate'])}{within}. T{tagged} by {tagger}."


def _tabulate(
    prevalence: pd.DataFrame, codebook: Codebook, names: list[str], *, unit: str = "passage"
) -> dict[str, Any]:
    """Return heads and rows of the table of the themes; a kind without any post has no column."""
    shares = _find_shares(prevalence, unit)
    labelled = any(row["n_labels"] for (group, _), row in shares.items() if group == "all")
    kinds = {kind for (kind, _), row in shares.items() if row["n"]}
    groups = ["all", *(kind for kind in _KINDS if kind in kinds)]
    tagged = [f"tagged, {_KINDS.get(group, group)}" for group in groups]
    heads = ["theme", tagged[0], "range", *tagged[1:]]
    if labelled:
        heads = ["theme", "estimate", "range", *tagged, "positive labels", "labels saved"]
    rows = [_cells(shares, codebook, name, groups, labelled=labelled) for name in names]
    return {"heads": heads, "rows": rows}


def _cells(
    shares: dict[tuple[str, str], Row],
    codebook: Codebook,
    name: str,
    groups: list[str],
    *,
    labelled: bool,
) -> list[str]:
    """Return one row of the table."""
    row = shares.get(("all", name))
    title = find_title(name, codebook)
    tagged = [_share(shares.get((group, name))) for group in groups]
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
