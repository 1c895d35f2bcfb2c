"""The command `features`: figures of texts, without the texts."""

from __future__ import annotations

import argparse
from typing import Any


def add_features(features: argparse.ArgumentParser) -> None:
    """Describe `features`."""
    features.add_argument("raw", metavar="RAW", help="raw file or folder; only read")
    features.add_argument("--out", metavar="DIR", required=True, help="folder for the figures")
    features.add_argument(
        "--labels",
        metavar="FILE",
        help="JSON lines or CSV: passage text or passage_id, and 1, 0 or ? for each theme",
    )
    features.add_argument("--settings", metavar="FILE", help="TOML file with settings")
    features.add_argument(
        "--no-hashes",
        action="store_true",
        help="leave out ids and hashes, by which somebody who has a text could recognise it",
    )
    features.set_defaults(command=_features)


def _features(options: argparse.Namespace) -> int:
    from pmdiscourse.features import make_features  # noqa: PLC0415 (keeps --help quick)
    from pmdiscourse.settings import read_settings  # noqa: PLC0415

    facts = make_features(
        options.raw,
        options.out,
        labels=options.labels,
        settings=read_settings(options.settings) if options.settings else None,
        hashes=not options.no_hashes,
    )
    _tell(facts, options.out)
    return 0


def _tell(facts: dict[str, Any], out: str) -> None:
    """Print what was read, what was matched and what was not."""
    counts, labels = facts["counts"], facts["labels"]
    print(
        f"{counts['essays']} essays and {counts['comments']} comments in {counts['threads']} "
        f"threads, {counts['passages']} passages"
    )
    for fate in ("duplicates", "dropped", "quarantined"):
        if counts[fate]:
            print(f"{fate}: {counts[fate]} of {counts['records_read']} records read")
    if counts["dropped"] or counts["quarantined"]:
        print("`pmdiscourse ingest RAW --out FOLDER` lists each of them with the reason")
    if facts["left_out"]:
        print(f"left out: {facts['left_out']} files of the invented sample")
    if labels:
        n_other = labels["rows"] - labels["rows_matched"]
        print(
            f"coded labels: {labels['passages_coded']} of {counts['passages']} passages; "
            f"{n_other} of {labels['rows']} rows belong to no passage here"
        )
        if labels["passages_in_dispute"]:
            print(f"rows contradict each other on {labels['passages_in_dispute']}: left empty")
    print(f"figures without text are in {out}")
