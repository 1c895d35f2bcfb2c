"""Print how well the theme model learned from the example bank finds each theme, view by view.

Without ``--labels`` the scores are the out-of-fold scores of the example bank. With it they are
scores of labelled passages: JSON lines with ``text``, one 0/1 field per theme, and ``passage_id``
and ``doc_id`` (the thread) if there are any. Run from the repository::

    python benchmarks/theme_quality.py
    python benchmarks/theme_quality.py --labels coded.jsonl
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.measure.evaluate import evaluate
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.views import VIEWS


def read_labelled(path: Path, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return passages (passage_id, thread_id, text) and long labels of a JSONL file."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    frame = pd.DataFrame(records)
    for column in ("passage_id", "doc_id"):
        if column not in frame:
            frame[column] = [f"row {i}" for i in range(len(frame))]
    passages = frame.rename(columns={"doc_id": "thread_id"})[["passage_id", "thread_id", "text"]]
    return passages, melt(frame[["passage_id", *names]], names, "present")


def read_bank() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return passages and labels of the example bank."""
    codebook = load_codebook()
    ids = [f"example {i}" for i in range(len(codebook.examples))]
    texts = [example.text for example in codebook.examples]
    passages = pd.DataFrame({"passage_id": ids, "thread_id": ids, "text": texts})
    present = [[name in example.themes for name in codebook.names] for example in codebook.examples]
    wide = pd.DataFrame(present, columns=codebook.names).assign(passage_id=ids)
    return passages, melt(wide, codebook.names, "present")


def melt(wide: pd.DataFrame, names: list[str], value: str) -> pd.DataFrame:
    """Make one row per passage and theme."""
    long = wide.melt(["passage_id"], names, var_name="theme", value_name=value)
    return long.astype({"present": "boolean"}) if value == "present" else long


def measure(
    views: tuple[str, ...], passages: pd.DataFrame, labels: pd.DataFrame, bank: bool
) -> None:
    """Fit one choice of views and print its figures."""
    start = time.perf_counter()
    model = ThemeModel(views=views).fit()
    fitted = time.perf_counter()
    scores = model.out_of_fold_ if bank else model.transform(passages["text"].tolist())
    seconds = time.perf_counter() - fitted
    names = model.theme_names_
    ids = passages["passage_id"].to_numpy()
    long = melt(pd.DataFrame(scores, columns=names).assign(passage_id=ids), names, "score")
    thresholds = dict(zip(names, model.thresholds_, strict=True))
    long["tagged"] = long["score"] >= long["theme"].map(thresholds)
    figures = evaluate(long, labels, passages=passages).set_index("theme")
    n_words = sum(len(text.split()) for text in passages["text"])
    speed = "" if bank else f", {n_words / seconds:,.0f} words/s"
    print(f"\n{' + '.join(views)}: fit {fitted - start:.1f} s{speed}")
    for theme, row in figures.iterrows():
        parts = [
            f"{short} {row[name]:.3f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
            for name, short in (("average_precision", "AP"), ("f1", "F1"))
        ]
        print(f"  {theme:<18}{'  '.join(parts)}  positives {row['n_positive']} of {row['n']}")
    means = figures[["average_precision", "f1"]].mean()
    print(f"  {'mean':<18}AP {means['average_precision']:.3f}  F1 {means['f1']:.3f}")


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, help="labelled passages, JSON lines")
    labels_file = parser.parse_args().labels
    codebook = load_codebook()
    data = read_labelled(labels_file, codebook.names) if labels_file else read_bank()
    for views in [(name,) for name in VIEWS] + [VIEWS]:
        measure(views, *data, bank=labels_file is None)


if __name__ == "__main__":
    main()
