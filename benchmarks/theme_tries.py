"""Print what each view, the example bank and more labels are worth to the shipped weights.

Every row is the whole procedure of `training` in nested cross-validation by document, and its
difference to the first row with the standard error of that difference (documents drawn with
replacement). Run from the repository; ``--rows`` picks groups of rows::

    python benchmarks/theme_tries.py --labels dev.jsonl train.jsonl --rows views labels
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from best_sentences import Remembering
from figures import draw_documents, mean_f1, mean_precision
from label_checks import read_checked
from labelled import assign_folds, hash_document
from sklearn.metrics import average_precision_score
from training import cross_validate
from training_data import Data, build_data, use_views

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import MiniLM
from pmdiscourse.measure.views import make_views

GROUPS = ("views", "labels", "bank")
DRAWS = 200


def variants(data: Data, frame: pd.DataFrame, groups: list[str]) -> Iterator[tuple[str, Data, Any]]:
    """Yield a label, the data, and which texts may be learned from (None: all)."""
    yield "all views, all labels", data, None
    if "views" in groups:
        for name in data.views:
            yield (
                f"without {name}",
                use_views(data, tuple(n for n in data.views if n != name)),
                None,
            )
        if data.sentences is not None:
            yield "without the best sentence", dataclasses.replace(data, sentences=None), None
        for name in data.views:
            yield f"{name} alone", use_views(data, (name,)), None
    if "labels" in groups:
        shares = [int(hash_document(f"curve {doc}")[:8], 16) / 16**8 for doc in frame["doc_id"]]
        for part in (0.25, 0.5, 0.75):
            use = np.concatenate([np.array(shares) < part, ~data.labelled[len(frame) :]])
            yield f"{part:.0%} of the labelled documents", data, use
    if "bank" in groups:
        yield "no example bank", data, data.labelled
        for weight in (0.1, 1.0):
            one = dataclasses.replace(data, bank_weight=weight)
            yield f"an example counts {weight} of a passage", one, None


def main() -> None:
    """Read the arguments and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, nargs="+", required=True)
    parser.add_argument("--rows", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--semantic", action="store_true", help="with the sentence encoder")
    arguments = parser.parse_args()
    codebook = load_codebook()
    try:
        frame = read_checked(arguments.labels, codebook)
    except DiscourseError as error:
        parser.error(str(error))
    views = make_views(codebook, Remembering(MiniLM()) if arguments.semantic else None)
    data = build_data(frame, assign_folds(frame), codebook, views)
    present = frame[codebook.names].to_numpy()
    draws = draw_documents(frame)[:DRAWS]
    draws = draws[(draws @ present > 0).all(axis=1)]
    print("| " + " | ".join(["", "mAP", "difference", "mean F1", *codebook.names]) + " |")
    print("|---" * (4 + len(codebook.names)) + "|")
    first = None
    for label, seen, use in variants(data, frame, arguments.rows):
        scores, tagged = cross_validate(seen, use)
        drawn = np.array([mean_precision(present, scores, weights) for weights in draws])
        first = drawn if first is None else first
        more = drawn - first
        difference = f"{more.mean():+.3f} ± {more.std(ddof=1):.3f}" if more.any() else ""
        each = [average_precision_score(y, s) for y, s in zip(present.T, scores.T, strict=True)]
        means = [f"{np.mean(each):.3f}", difference, f"{mean_f1(present, tagged):.3f}"]
        print("| " + " | ".join([label, *means, *(f"{x:.3f}" for x in each)]) + " |", flush=True)


if __name__ == "__main__":
    main()
