"""The overview page: headline figures, the corpus behind them, and what the words mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.codebook import Codebook
from pmdiscourse.present.answer import describe_themes, find_title
from pmdiscourse.present.change_words import tell_checks, tell_estimates, tell_proxy
from pmdiscourse.present.display import png_text, render_png
from pmdiscourse.present.frames import load_run_codebook, select_shares
from pmdiscourse.present.page import Page, figure_html
from pmdiscourse.present.plots import describe_prevalence, plot_prevalence
from pmdiscourse.present.plots.shares import prevalence_height
from pmdiscourse.present.plots.style import detached_figure
from pmdiscourse.present.wording import join_words, percent, plural
from pmdiscourse.store import read_table

Row = dict[str, Any]
_MOST_FILES = 50
_TOC = [
    ("meaning", "What this means, and what it does not"),
    ("corpus", "The posts behind it"),
    ("changed", "What changed since the last run"),
    ("glossary", "Words used here"),
    ("reports", "More"),
    ("cite", "How to cite"),
    ("provenance", "Where these numbers come from"),
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
        Texts and numbers; only the figure and the themes' sentences are markup.
    """
    prevalence = read_table(directory, "prevalence")
    posts = read_table(directory, "posts")
    codebook = load_run_codebook(directory)
    told = describe_themes(prevalence, codebook)
    changed = _changed(manifest, codebook)
    toc = [("themes", told["themes_title"]), *_TOC]
    return told | {
        "title": _title(manifest),
        "headline": told["headline"] + _unused_labels(manifest),
        "toc": [entry for entry in toc if changed or entry[0] != "changed"],
        "figure": Markup(_figure(prevalence, caption=told["caption"])),
        "corpus": _corpus(manifest, posts),
        "counts": [
            (name, f"{manifest['counts'][key]:,}", meaning)
            for key, name, meaning in _COUNTS
            if key in manifest.get("counts", {})
        ],
        "changed": changed,
        "proxy": tell_proxy(manifest, name=lambda name: find_title(name, codebook)),
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
    for part in ("codebook", "model", "labels", "proxy", "settings", "versions"):
        value = manifest.get(part, {})
        named = value.items() if isinstance(value, Mapping) else [("", value)]
        # The reason why labels were not used may name a folder.
        made += [(f"{part} {key}".strip(), _plain(one)) for key, one in named if key != "reason"]
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
    """Return 12 digits that the same posts, codebook, labels, settings and versions give."""
    same = {key: manifest.get(key) for key in ("inputs", "codebook", "model", "labels", "versions")}
    settings = dict(manifest.get("settings", {}))
    settings |= {"codebook": "", "proxy": ""}  # names, no content
    same["proxy"] = manifest.get("proxy", {}).get("sha256", "")
    text = json.dumps(same | {"settings": settings}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _title(manifest: Mapping[str, Any]) -> str:
    name = manifest.get("corpus", {}).get("title")
    return f"Themes of product-management discourse{f': {name}' if name else ''}"


def _unused_labels(manifest: Mapping[str, Any]) -> str:
    """Say that there are labels which did not fit the run."""
    labels = manifest.get("labels", {})
    if not labels.get("reason"):
        return ""
    return " There are labels, but they did not fit this run and were not used; run.json tells why."


def _figure(prevalence: pd.DataFrame, *, caption: str) -> str:
    """Draw the main figure into the page."""
    figure = detached_figure(prevalence_height(select_shares(prevalence)))
    plot_prevalence(prevalence, ax=figure.add_subplot())
    return figure_html(
        png_text(render_png(figure)),
        alt=describe_prevalence(prevalence),
        caption=caption,
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
            find_title(one["theme"], codebook),
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
        "estimates": tell_estimates(changed, name=lambda name: find_title(name, codebook)),
        "checks": tell_checks(manifest, name=lambda name: find_title(name, codebook)),
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
