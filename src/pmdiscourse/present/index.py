"""The overview page: headline figures, the corpus behind them, and what the words mean."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.present.display import png_text, prose_html, render_png
from pmdiscourse.present.frames import records
from pmdiscourse.present.page import Page, figure_html
from pmdiscourse.present.plots import describe_prevalence, plot_prevalence
from pmdiscourse.present.plots.shares import prevalence_height
from pmdiscourse.present.plots.style import detached_figure
from pmdiscourse.present.wording import (
    join_words,
    label,
    percent,
    percent_range,
    plural,
)
from pmdiscourse.store import read_table

Row = dict[str, Any]
_MOST_FILES = 50
_TOC = [
    ("themes", "How often each theme was tagged"),
    ("meaning", "What this means, and what it does not"),
    ("corpus", "The posts behind it"),
    ("changed", "What changed since the last run"),
    ("glossary", "Words used here"),
    ("reports", "More"),
    ("cite", "How to cite"),
    ("provenance", "Where these numbers come from"),
]
_COLUMNS = [
    ("all", "all", "all passages"),
    ("kind", "essay", "essays"),
    ("kind", "comment", "comments"),
]
_COUNTS = [
    ("records_read", "records read", "everything found in the raw files"),
    ("quarantined", "quarantined", "records that could not be read; listed in quarantine.jsonl"),
    ("dropped", "dropped", "deleted, removed, spam or bots; listed in dropped.jsonl"),
    ("duplicates", "duplicates", "posts whose text was already there; kept once"),
    ("accepted", "posts kept", "essays and comments"),
    ("essays", "essays", "posts that start a thread; talks and interviews count as essays"),
    ("comments", "comments", "replies"),
    ("passages", "passages", "paragraphs and the like that the posts were split into"),
    ("passages_scored", "passages scored", "those in the language of the codebook"),
    ("passages_other_language", "passages not scored", "those in other languages"),
]
GLOSSARY = [
    ("Theme", "An idea that the codebook defines, with what counts and what does not."),
    ("Passage", "One paragraph, list item, note or speaker turn: what is counted."),
    ("Thread", "An essay and all comments under it."),
    ("Tagged share", "The share of passages in which the model found the theme."),
    (
        "Prevalence",
        "The share of passages that truly carry the theme. Only passages that people have "
        "labelled can tell it; without labels this report does not state one.",
    ),
    (
        "Sensitivity band",
        "The range in which the prevalence lies if the model finds 50-95% of the true passages "
        "and wrongly tags 0.5-5% of the others. These are assumptions, not measurements.",
    ),
]


def index_parts(directory: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything the overview's template needs.

    Parameters
    ----------
    directory : Path
        Folder of a finished run.
    manifest : mapping
        Its ``run.json``.

    Returns
    -------
    dict
        Texts and numbers; only the figure is markup.
    """
    prevalence = read_table(directory, "prevalence")
    posts = read_table(directory, "posts")
    codebook = load_codebook(manifest.get("settings", {}).get("codebook") or None)
    shares = _find_shares(prevalence)
    changed = _changed(manifest, codebook)
    names = [theme for by, _, theme in shares if by == "all"]
    ordered = codebook.names + [name for name in names if name not in codebook.names]
    whole = [shares["all", "all", name] for name in ordered if ("all", "all", name) in shares]
    return {
        "title": _title(manifest),
        "toc": [entry for entry in _TOC if changed or entry[0] != "changed"],
        "headline": _headline(whole, codebook),
        "question": "How often do the themes appear? One dot a theme: the share of passages that "
        "the model tagged. The line is what the true share may be, as far as can be told without "
        "labels made by people.",
        "figure": Markup(_figure(prevalence)),
        "columns": [name for _, _, name in _COLUMNS],
        "themes": [_theme(shares, codebook, name) for name in ordered],
        "corpus": _corpus(manifest, posts),
        "counts": [
            (name, f"{manifest['counts'][key]:,}", meaning)
            for key, name, meaning in _COUNTS
            if key in manifest.get("counts", {})
        ],
        "changed": changed,
        "glossary": GLOSSARY,
        "citation": _citation(manifest),
    }


def describe_run(manifest: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Return the provenance tables: inputs by hash, and what the run was made with.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.

    Returns
    -------
    list of (caption, rows)
        The first row is the heading. No clock time and no path outside RAW is told.
    """
    inputs = manifest.get("inputs", [])
    files = [
        (str(one.get("file", "")), f"{one.get('records', 0):,}", str(one.get("sha256", "")))
        for one in inputs[:_MOST_FILES]
    ]
    if len(inputs) > _MOST_FILES:
        files.append((f"and {len(inputs) - _MOST_FILES:,} more, listed in run.json", "", ""))
    made = [("run", _run_id(manifest))]
    for part in ("codebook", "model", "settings", "versions"):
        value = manifest.get(part, {})
        named = value.items() if isinstance(value, Mapping) else [("", value)]
        made += [(f"{part} {key}".strip(), _plain(one)) for key, one in named]
    return [
        ("Raw files", [("file", "records", "SHA-256"), *files]),
        ("What the run was made with", [("what", "value"), *made]),
    ]


def _plain(value: Any) -> str:
    """Write a value of the manifest; of a folder only its name, for paths tell who ran it."""
    if isinstance(value, str):
        return Path(value).name if "/" in value or "\\" in value else value
    return json.dumps(value, ensure_ascii=False)


def _run_id(manifest: Mapping[str, Any]) -> str:
    """Return 12 digits that the same posts, codebook, settings and versions give everywhere."""
    same = {key: manifest.get(key) for key in ("inputs", "codebook", "model", "versions")}
    settings = dict(manifest.get("settings", {})) | {"codebook": ""}  # a path of one machine
    text = json.dumps(same | {"settings": settings}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _title(manifest: Mapping[str, Any]) -> str:
    name = manifest.get("corpus", {}).get("title")
    return f"Themes of product-management discourse{f': {name}' if name else ''}"


def _find_shares(prevalence: pd.DataFrame) -> dict[tuple[str, str, str], Row]:
    """Return the shares of passages over all periods, by (by, group, theme)."""
    rows = prevalence[(prevalence["unit"] == "passage") & (prevalence["period"] == "all")]
    return {(row["by"], row["group"], row["theme"]): row for row in records(rows)}


def _headline(rows: list[Row], codebook: Codebook) -> str:
    """Answer the question of the page in two sentences."""
    known = [row for row in rows if not math.isnan(row["tagged_share"])]
    if not known:
        return "No passage could be scored, so no theme has a share."
    parts = [
        f"{_theme_title(row['theme'], codebook)} in {percent(row['tagged_share'])}"
        for row in sorted(known, key=lambda row: -row["tagged_share"])
    ]
    n = max(row["n"] for row in known)
    return (
        f"Of {plural(n, 'passage')}, the model tagged {join_words(parts)}. These are tagged "
        "shares, not the prevalence: how many of the tags are right has not been checked by people."
    )


def _theme_title(name: str, codebook: Codebook) -> str:
    return codebook.theme(name).title if name in codebook.names else label(name)


def _theme(shares: dict[tuple[str, str, str], Row], codebook: Codebook, name: str) -> Row:
    """Return what the page says of one theme."""
    whole = shares.get(("all", "all", name))
    figures = [_share(shares.get((by, group, name))) for by, group, _ in _COLUMNS]
    return {
        "title": _theme_title(name, codebook),
        "definition": codebook.theme(name).definition if name in codebook.names else "",
        "figures": figures,
        "band": percent_range(whole["band_low"], whole["band_high"]) if whole else "none",
        "sentence": Markup(prose_html(whole["note"] if whole else "No passage could be scored.")),
    }


def _share(row: Row | None) -> str:
    """Write a share with what it was counted of."""
    if row is None or math.isnan(row["tagged_share"]):
        return "none"
    share = row["tagged_share"]
    return f"{percent(share)} ({round(share * row['n']):,}/{row['n']:,})"


def _figure(prevalence: pd.DataFrame) -> str:
    """Draw the main figure into the page."""
    rows = prevalence[(prevalence["by"] == "all") & (prevalence["period"] == "all")]
    figure = detached_figure(prevalence_height(rows["theme"].nunique()))
    plot_prevalence(prevalence, ax=figure.add_subplot())
    return figure_html(
        png_text(render_png(figure)),
        alt=describe_prevalence(prevalence),
        caption="Tagged share of passages by theme, with the sensitivity band.",
        page=Page(),
        where="overview",
    )


def _corpus(manifest: Mapping[str, Any], posts: pd.DataFrame) -> str:
    """Tell which posts these are."""
    corpus = manifest.get("corpus", {})
    posts = posts[posts["duplicate_of"].isna()]
    languages = posts["language"].value_counts()
    told = [f"{name} {number:,}" for name, number in sorted(languages.items())]
    dates = posts["published_at"].dropna()
    when = (
        f"published from {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}"
        if len(dates)
        else "without any date of publication"
    )
    undated = len(posts) - len(dates)
    if len(dates) and undated:
        when += f" ({undated:,} undated)"
    source = str(corpus.get("description") or "").strip()
    origin = f"{source} " if source else ""
    count = plural(len(posts), "post")
    left_out = len(manifest.get("left_out", []))
    sample = (
        f" {plural(left_out, 'file')} of the invented sample were left out: it is never mixed "
        "with other posts."
    )
    return (
        f"{origin}{count}, {when}. By language: {', '.join(told) or 'none'}."
        f"{sample if left_out else ''}"
    )


def _changed(manifest: Mapping[str, Any], codebook: Codebook) -> Row | None:
    """Tell what changed since the last run that differed; None for a first run."""
    changed = manifest.get("changed")
    if not changed:
        return None
    rows = [
        (
            _theme_title(one["theme"], codebook),
            "none" if one["before"] is None else percent(one["before"]),
            "none" if one["now"] is None else percent(one["now"]),
        )
        for one in changed["tagged_share"]
    ]
    return {
        "sentence": f"Since the last run that differed (in {join_words(changed['differs_in'])}), "
        f"{plural(changed['posts_added'], 'post')} came in and "
        f"{changed['posts_gone']:,} went.",
        "rows": rows,
    }


def _citation(manifest: Mapping[str, Any]) -> str:
    """Tell how to cite the posts and this run."""
    corpus, versions = manifest.get("corpus", {}), manifest.get("versions", {})
    version = versions.get("pmdiscourse", "")
    said = [str(corpus[key]) for key in ("author", "title", "date", "licence") if corpus.get(key)]
    posts = f" Posts: {', '.join(said)}." if said else ""
    return (
        f"The pmdiscourse authors. pmdiscourse{f', version {version}' if version else ''} "
        f"[computer software]. Run {_run_id(manifest)}.{posts}"
    )
