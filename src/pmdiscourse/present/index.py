"""The overview page: headline figures, the corpus behind them, and what the words mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from pmdiscourse.present.answer import describe_themes, find_title
from pmdiscourse.present.appendix import Appendix, add_context
from pmdiscourse.present.change_words import tell_checks, tell_estimates, tell_proxy
from pmdiscourse.present.corpus_words import count_records, tell_citation, tell_corpus
from pmdiscourse.present.data_files import csv_text
from pmdiscourse.present.display import png_text, prose_html, render_png
from pmdiscourse.present.frames import load_run_codebook, records, select_shares
from pmdiscourse.present.label_words import tell_waiting
from pmdiscourse.present.page import Page, figure_html, offer_table
from pmdiscourse.present.plots import describe_prevalence, plot_prevalence
from pmdiscourse.present.plots.shares import prevalence_height
from pmdiscourse.present.plots.style import detached_figure
from pmdiscourse.present.quotation import quote_items
from pmdiscourse.present.wording import join_words, percent, plural
from pmdiscourse.run_id import find_run_id
from pmdiscourse.store import read_table

Row = dict[str, Any]
N_QUOTES = 2  # of each theme
_TOC = [
    ("posts", "How many posts carry each theme"),
    ("meaning", "What this means, and what it does not"),
    ("corpus", "The posts behind it"),
    ("changed", "What changed since the last run"),
    ("glossary", "Words used here"),
    ("reports", "More"),
    ("cite", "How to cite"),
]


def index_parts(
    directory: Path, manifest: Mapping[str, Any], *, show_quotes: bool = True
) -> dict[str, Any]:
    """Return everything the overview's template needs.

    Parameters
    ----------
    directory : Path
        Folder of a finished run.
    manifest : mapping
        Its ``run.json``.
    show_quotes : bool, default=True
        False leaves out every text of a post.

    Returns
    -------
    dict
        Texts and numbers; only the figure, quotes, lines on files and the themes' sentences are
        markup. ``tables`` holds the CSV files by path.
    """
    page = Page(name="index", appendix=Appendix(allowed=show_quotes))
    prevalence = read_table(directory, "prevalence")
    posts = read_table(directory, "posts")
    codebook = load_run_codebook(directory)
    title = partial(find_title, codebook=codebook)
    told = describe_themes(prevalence, codebook, manifest)
    counts, changed = count_records(manifest), _changed(manifest, title)
    for theme in told["themes"]:
        theme["quotes"] = ""
    if show_quotes:
        _quote(told["themes"], directory, posts, page.appendix)
    toc = [("themes", told["themes_title"]), *_TOC]
    left_out = {
        anchor for anchor, has in (("posts", told["by_post"]), ("changed", changed)) if not has
    }
    return told | {
        "title": _title(manifest),
        "waiting": tell_waiting(manifest),
        "toc": [entry for entry in toc if entry[0] not in left_out],
        "figure": Markup(
            _figure(prevalence, page, told["caption"], title) if told["has_figure"] else ""
        ),
        "shares_file": _offer(page, _numbers(prevalence), "shares of the themes"),
        "by_post": _add_posts(told["by_post"], prevalence, page, title),
        "proxy": tell_proxy(manifest, name=title),
        "corpus": tell_corpus(manifest, posts),
        "counts": records(counts),
        "counts_file": _offer(page, counts, "what was read"),
        "changed": changed,
        "changed_file": _offer(page, changed["numbers"], "before and now") if changed else "",
        "citation": tell_citation(manifest),
        "tables": page.tables,
        "appendix": Markup(page.appendix.html()),
    }


def _offer(page: Page, frame: pd.DataFrame, caption: str) -> Markup:
    """Put a table beside the page, and return the line that names its file."""
    return Markup(offer_table(page, csv_text(frame), caption=caption))


def _numbers(prevalence: pd.DataFrame, unit: str = "passage") -> pd.DataFrame:
    """Return the rows of the prevalence table that the overview shows."""
    groups = prevalence["by"].isin(["all", "kind"]) & prevalence["period"].eq("all")
    return prevalence[groups & prevalence["unit"].eq(unit)]


def _add_posts(
    told: Row | None, prevalence: pd.DataFrame, page: Page, title: Callable[[str], str]
) -> Row | None:
    """Add figure and file to what is told of whole posts."""
    if not told:
        return None
    return told | {
        "figure": Markup(_figure(prevalence, page, told["caption"], title, unit="post")),
        "file": _offer(page, _numbers(prevalence, "post"), "shares of posts"),
    }


def _quote(themes: list[Row], directory: Path, posts: pd.DataFrame, appendix: Appendix) -> None:
    """Give each theme the passages that show it best, where any was tagged."""
    scores, passages = read_table(directory, "scores"), read_table(directory, "passages")
    for theme in themes:
        best = find_best(scores, passages, theme=theme["name"])
        items = quote_items(add_context(best, posts))
        told = appendix.quote(theme["title"], items, heading=False) if items else ""
        theme["quotes"] = Markup(told)


def find_best(
    scores: pd.DataFrame, passages: pd.DataFrame, *, theme: str, n: int = N_QUOTES
) -> pd.DataFrame:
    """Return the tagged passages with the highest scores, no two of one thread.

    Parameters
    ----------
    scores, passages : DataFrame
        Tables of a run.
    theme : str
        Name of the theme.
    n : int, default=2
        How many at most.

    Returns
    -------
    DataFrame
        The columns of passages, score and evidence; empty if nothing was tagged.
    """
    tagged = scores[scores["tagged"] & scores["theme"].eq(theme)]
    joined = tagged[["passage_id", "score", "evidence"]].merge(passages, on="passage_id")
    ranked = joined.sort_values(["score", "passage_id"], ascending=[False, True], kind="stable")
    return ranked.drop_duplicates("thread_id").head(n)


def _title(manifest: Mapping[str, Any]) -> str:
    name = manifest.get("corpus", {}).get("title")
    return f"Themes of product-management discourse{f': {name}' if name else ''}"


def _figure(
    prevalence: pd.DataFrame,
    page: Page,
    caption: str,
    title: Callable[[str], str],
    *,
    unit: str = "passage",
) -> str:
    """Draw the shares of passages or posts into the page, under the titles of the codebook."""
    figure = detached_figure(prevalence_height(select_shares(prevalence, unit=unit), name=title))
    plot_prevalence(prevalence, unit=unit, name=title, ax=figure.add_subplot())
    return figure_html(
        png_text(render_png(figure)),
        alt=describe_prevalence(prevalence, unit=unit, name=title),
        caption=caption,
        page=page,
        where="overview",
    )


def _changed(manifest: Mapping[str, Any], title: Callable[[str], str]) -> Row | None:
    """Tell what changed since the last run that differed; None for a first run."""
    changed = manifest.get("changed")
    if not changed:
        return None
    rows = [("run", changed.get("run_before"), find_run_id(manifest)), _labels_used(manifest)]
    rows = [(what, then, now) for what, then, now in rows if then is not None and now is not None]
    shares = [(one["theme"], one["before"], one["now"]) for one in changed["tagged_share"]]
    told = [
        (f"tagged share: {title(theme)}", _share(then), _share(now)) for theme, then, now in shares
    ]
    estimates = [
        (one["theme"], one["before"], one["now"])
        for one in changed.get("estimates", [])
        if one["before"] is not None or one["now"] is not None
    ]
    told += [
        (f"estimated prevalence: {title(theme)}", _share(then), _share(now))
        for theme, then, now in estimates
    ]
    numbers = [*rows, *((f"tagged_share {theme}", then, now) for theme, then, now in shares)]
    lines = tell_estimates(changed, name=title)
    lines += tell_checks(manifest, name=title)
    numbers += [(f"estimate {theme}", then, now) for theme, then, now in estimates]
    return {
        "sentence": f"Since the last run that differed (in {join_words(changed['differs_in'])}), "
        f"{plural(changed['posts_added'], 'post')} came in and "
        f"{changed['posts_gone']:,} went.",
        "rows": [(what, _plain(then), _plain(now)) for what, then, now in rows] + told,
        "numbers": pd.DataFrame(numbers, columns=["what", "before", "now"], dtype=object),
        "lines": [Markup(prose_html(line)) for line in lines],
    }


def _labels_used(manifest: Mapping[str, Any]) -> tuple[str, int | None, int | None]:
    """Say how many labels went into both runs; of labels that dropped out, how many passages."""
    labels, changed = manifest.get("labels", {}), manifest["changed"]
    lost = [row["n_labels"] for row in manifest.get("last_estimates", [])]
    if changed.get("labels_before") and not labels.get("n_labels") and lost:
        return "labelled passages used", max(lost), 0
    used = "labels used (one for each passage, theme and coder)"
    return used, changed.get("labels_before"), labels.get("n_labels")


def _share(share: float | None) -> str:
    return "none" if share is None else percent(share)


def _plain(value: str | int | None) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
