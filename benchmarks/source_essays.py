"""Scores of the source essays by weights that were learned without any of their passages.

The shipped weights were learned from labels of these very passages too, so their tags flatter the
model. Here the same procedure runs without the documents that hold them::

    python benchmarks/source_essays.py RAW --labels dev.jsonl train.jsonl --out \
        data/processed/source_essays

The files hold ids, scores and tags, checked before they are written; no text.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from labelled import assign_folds, read_labelled
from training import learn
from training_data import build_data

from pmdiscourse.codebook import load_codebook
from pmdiscourse.feature_files import HELD_OUT, HELD_OUT_FACTS, write_facts, write_figures
from pmdiscourse.ingest.corpus import ingest
from pmdiscourse.ingest.identity import letters_and_digits
from pmdiscourse.measure.views import make_views


def score_held_out(raw: Path, labels: Sequence[Path], out: Path) -> tuple[int, int]:
    """Write held-out scores and tags.

    Returns
    -------
    tuple of (int, int)
        Passages scored, and labelled passages that were learned from.
    """
    codebook = load_codebook()
    passages = ingest(raw).passages
    ids = dict(zip(map(letters_and_digits, passages["text"]), passages["passage_id"], strict=True))
    frame = read_labelled(sorted(labels), codebook.names)
    frame["passage_id"] = frame["text"].map(letters_and_digits).map(ids)
    # A comment's document is named after its essay's, with "/" and a number.
    documents = frame["doc_id"].str.partition("/")[0]
    left_out = documents.isin(documents[frame["passage_id"].notna()]).to_numpy()
    data = build_data(frame, assign_folds(frame), codebook, make_views(codebook, None))
    banked = np.zeros(len(data.texts) - len(frame), dtype=bool)
    learned = learn(data, np.flatnonzero(~np.concatenate([left_out, banked])))
    rows = np.flatnonzero(frame["passage_id"].notna())
    scores = learned.score(rows)
    figures = pd.DataFrame({"passage_id": frame["passage_id"].to_numpy()[rows]})
    for place, theme in enumerate(codebook.names):
        figures[f"score_{theme}"] = scores[:, place]
        figures[f"tagged_{theme}"] = scores[:, place] >= learned.thresholds[place]
    order = {name: place for place, name in enumerate(passages["passage_id"])}
    figures = figures.drop_duplicates("passage_id")
    figures = figures.sort_values("passage_id", key=lambda ids: ids.map(order))
    thresholds = {
        theme: {"threshold": round(float(value), 6)}
        for theme, value in zip(codebook.names, learned.thresholds, strict=True)
    }
    facts = {
        "themes": thresholds,
        "codebook": {"version": codebook.version, "sha256": codebook.sha256},
        "labels": [
            {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in sorted(labels)
        ],
        "counts": {"learned_from": int((~left_out).sum()), "left_out": int(left_out.sum())},
    }
    write_figures(out, HELD_OUT, figures, themes=codebook.names)
    write_facts(out, HELD_OUT_FACTS, facts)
    return len(figures), int((~left_out).sum())


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("raw", type=Path, help="the texts")
    parser.add_argument("--labels", type=Path, nargs="+", required=True, help="JSON lines")
    parser.add_argument("--out", type=Path, required=True, help="folder of the figures")
    options = parser.parse_args()
    scored, learned = score_held_out(options.raw, options.labels, options.out)
    print(f"{scored} passages scored by weights learned from {learned} others")


if __name__ == "__main__":
    main()
