"""What a report says of the posts behind it: how many, from when, what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmdiscourse.present.wording import plural
from pmdiscourse.run_id import find_run_id

# key of the counts; what is counted, one and many; what that is
_COUNTS = [
    ("records_read", "record read", "records read", "everything found in the raw files"),
    ("quarantined", "quarantined", "quarantined", "could not be read; listed in quarantine.jsonl"),
    ("dropped", "dropped", "dropped", "deleted, removed, spam or bots; listed in dropped.jsonl"),
    ("duplicates", "duplicate", "duplicates", "a text that was already there; kept once"),
    ("accepted", "post kept", "posts kept", "essays and comments"),
    ("essays", "essay", "essays", "starts a thread; talks and interviews count as essays"),
    ("comments", "comment", "comments", "written in reply, or said by the source to be one"),
    ("passages", "passage", "passages", "paragraphs and the like that the posts were split into"),
    ("passages_scored", "passage scored", "passages scored", "in the language of the codebook"),
    ("passages_other_language", "passage not scored", "passages not scored", "in other languages"),
]


def count_records(manifest: Mapping[str, Any]) -> pd.DataFrame:
    """Return what was read, kept and left out.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.

    Returns
    -------
    DataFrame
        what, number, what it is.

    Examples
    --------
    >>> count_records({"counts": {"duplicates": 1}})[["what", "number"]].values.tolist()
    [['duplicate', 1]]
    """
    counts = manifest.get("counts", {})
    rows = [
        (one if counts[key] == 1 else many, counts[key], meaning)
        for key, one, many, meaning in _COUNTS
        if key in counts
    ]
    return pd.DataFrame(rows, columns=["what", "number", "what_it_is"])


def tell_duplicates(counts: Mapping[str, int]) -> str:
    """Say how many records were left out as duplicates, and whether any was for another reason.

    Parameters
    ----------
    counts : mapping
        Counts in ``run.json``; duplicates, dropped and quarantined are used.

    Returns
    -------
    str
        One or two sentences; the reasons of the others stand in a table of their own.

    Examples
    --------
    >>> tell_duplicates({"duplicates": 0, "dropped": 0, "quarantined": 0})
    'No record was left out.'
    """
    n, others = counts["duplicates"], counts["dropped"] + counts["quarantined"]
    if not n:
        return "No record is a duplicate." if others else "No record was left out."
    were = "was left out as a duplicate" if n == 1 else "were left out as duplicates"
    told = f"{plural(n, 'record')} {were}: `duplicates.jsonl` lists "
    told += "it" if n == 1 else "each"
    told += " with the post that it repeats."
    return told if others else f"{told} None was dropped or put in quarantine."


def describe_data(manifest: Mapping[str, Any], posts: pd.DataFrame) -> list[tuple[str, str]]:
    """Return what every page says of the data at its head: how many posts, from when, which run.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    posts : DataFrame
        Posts table of the run.

    Returns
    -------
    list of (name, value)
    """
    kept = posts[posts["duplicate_of"].isna()]
    kinds = kept["kind"].value_counts()
    told = [plural(int(kinds[kind]), kind) for kind in ("essay", "comment") if kind in kinds]
    collected = str(manifest.get("corpus", {}).get("date") or "")
    return [
        ("Posts", " and ".join(told) or "none"),
        ("Published", _tell_dates(kept["published_at"])),
        *([("Collected", collected)] if collected else []),
        ("Run", find_run_id(manifest)),
    ]


def _tell_dates(published: pd.Series) -> str:
    """Say from when to when the posts are."""
    dates = published.dropna()
    undated = len(published) - len(dates)
    if dates.empty:
        return "no dates known"
    first, last = (f"{date:%Y-%m-%d}" for date in (dates.min(), dates.max()))
    told = first if first == last else f"{first} to {last}"
    return f"{told} ({undated:,} undated)" if undated else told


def tell_corpus(manifest: Mapping[str, Any], posts: pd.DataFrame) -> str:
    """Say which posts these are, in which languages, and what was left out of them.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    posts : DataFrame
        Posts table of the run.

    Returns
    -------
    str
        A few sentences.
    """
    corpus = manifest.get("corpus", {})
    kept = posts[posts["duplicate_of"].isna()]
    languages = sorted(kept["language"].value_counts().items())
    spoken = ", ".join(f"{name} {number:,}" for name, number in languages)
    told = [
        " ".join(str(corpus.get("description") or "").split()),
        f"{plural(len(kept), 'post')}; published: {_tell_dates(kept['published_at'])}.",
        f"Posts by language code: {spoken or 'none'}.",
    ]
    if corpus.get("url"):
        told.append(f"Source: {corpus['url']}.")
    left_out = len(manifest.get("left_out", []))
    if left_out:
        told.append(
            f"Left out: {plural(left_out, 'file')} of the invented sample, which is never mixed "
            "with other posts."
        )
    return " ".join(filter(None, told))


def tell_citation(manifest: Mapping[str, Any]) -> str:
    """Say how to cite the posts and this run.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of a run.
    """
    corpus, versions = manifest.get("corpus", {}), manifest.get("versions", {})
    version = versions.get("pmdiscourse", "")
    said = [str(corpus[key]) for key in ("author", "title", "date", "licence") if corpus.get(key)]
    posts = f" Posts: {', '.join(said)}." if said else ""
    return (
        f"The pmdiscourse authors. pmdiscourse{f', version {version}' if version else ''} "
        f"[computer software]. Run {find_run_id(manifest)}.{posts}"
    )
