"""Print how well the theme model finds each theme, beside its peers on the same passages.

With labels, every method scores the same labelled passages (what they hold: `labelled.py`):

- this project's theme model, cross-validated in five folds by document: views, weights,
  calibration and thresholds are learned without the fold that is scored;
- the same learned from the example bank alone, and the topic model of this project, whose rows come
  from seed terms and example bank;
- the peers of `peers.py`: they get seed terms (the dictionary patterns too), and are fitted on all
  passages and on the texts of the example bank, unsupervised. So they have read what they score.

All but the first learn one thing from labels: a threshold for each theme, on the other folds.
Seconds are processor time; for the first they are those of all folds, each with its inner folds. ::

    python benchmarks/theme_quality.py --labels dev.jsonl train.jsonl
    python benchmarks/theme_quality.py --labels dev.jsonl train.jsonl --semantic

Without labels: out-of-fold figures on the example bank, view by view. ``--write-floor`` writes what
all views reach there into the floor of the tests. ::

    python benchmarks/theme_quality.py
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from comparison import METRICS, Scored, show, tables, tag_out_of_fold
from figures import draw_documents
from label_checks import read_checked
from labelled import assign_folds
from peers import PEERS, prepare
from training import cross_validate
from training_data import build_data

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import MiniLM
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.topics import TopicModel
from pmdiscourse.measure.views import VIEWS, make_views

FLOOR = Path(__file__).parents[1] / "tests" / "data" / "quality_floor.json"
OURS = "pmdiscourse ThemeModel"
Score = Callable[[], npt.NDArray[np.float64]]


def cross_validated(frame: pd.DataFrame, codebook: Codebook, encoder: MiniLM | None) -> Scored:
    """Score with the theme model, each fold by what was learned without it."""
    start = time.process_time()
    views = make_views(codebook, encoder)
    scores, tagged = cross_validate(build_data(frame, assign_folds(frame), codebook, views))
    name = OURS if encoder is None else f"{OURS}, {encoder.name}"
    return Scored(name, scores, tagged, time.process_time() - start)


def label_free(
    frame: pd.DataFrame, codebook: Codebook, random_state: int
) -> Iterator[tuple[str, Score]]:
    """Yield the methods that see no label, by name; tell of those that are not installed."""
    texts = frame["text"].tolist()
    corpus = [*texts, *(example.text for example in codebook.examples)]
    yield (
        f"{OURS}, example bank alone",
        lambda: ThemeModel(codebook, weights="bank").fit().transform(texts),
    )
    yield "pmdiscourse TopicModel", lambda: _score_topics(corpus, codebook, random_state)
    prepared = prepare(corpus, codebook, random_state=random_state)
    for peer in PEERS:
        if peer.missing:
            tell(f"{peer.name}: not measured, since {', '.join(peer.missing)} is not installed")
        else:
            yield peer.name, lambda peer=peer: peer.score(prepared)  # type: ignore[misc]


def _score_topics(corpus: list[str], codebook: Codebook, random_state: int) -> Any:
    """Return the share of words of each theme row; these stand first."""
    shares = TopicModel(codebook, random_state=random_state).fit_transform(corpus)
    return shares[:, : len(codebook.names)]


def compare(frame: pd.DataFrame, codebook: Codebook, semantic: bool, random_state: int) -> None:
    """Score with every method and print the tables."""
    methods = [cross_validated(frame, codebook, None)]
    if semantic:
        try:
            methods.append(cross_validated(frame, codebook, MiniLM()))
        except DiscourseError as error:
            tell(f"{OURS}, {MiniLM.name}: not measured, since {error}")
    present = frame[codebook.names].to_numpy(bool)
    fold = assign_folds(frame)
    for name, score in label_free(frame, codebook, random_state):
        start = time.process_time()
        scores = score()[: len(frame)]
        seconds = time.process_time() - start
        tell(f"{name}: {seconds:.1f} s")
        methods.append(Scored(name, scores, tag_out_of_fold(scores, present, fold), seconds))
    for table in tables(frame, codebook.names, methods):
        print(f"{table}\n")


def read_bank(codebook: Codebook) -> pd.DataFrame:
    """Return the example bank as passages, each a document of its own."""
    examples = codebook.examples
    frame = pd.DataFrame({"doc_id": [f"example {i}" for i in range(len(examples))]})
    for name in codebook.names:
        frame[name] = [name in example.themes for example in examples]
    return frame


def measure_bank(frame: pd.DataFrame, codebook: Codebook) -> dict[str, dict[str, float]]:
    """Print out-of-fold figures on the example bank, view by view; return those of all views."""
    names, present = codebook.names, frame[codebook.names].to_numpy(bool)
    times = np.vstack([np.ones(len(frame)), draw_documents(frame)]).astype(float)
    floor: dict[str, dict[str, float]] = {}
    for views in [(name,) for name in VIEWS] + [VIEWS]:
        start = time.process_time()
        model = ThemeModel(codebook, views=views, weights="bank").fit()
        scores = model.out_of_fold_
        seconds = time.process_time() - start
        scored = Scored(" + ".join(views), scores, scores >= model.thresholds_, seconds)
        print(f"\n{scored.name}: fit {seconds:.1f} s")
        drawn = {
            metric: np.array([value(present, scored, j, times) for j in range(len(names))])
            for metric, value in METRICS.items()
        }
        rows = {name: {m: d[j] for m, d in drawn.items()} for j, name in enumerate(names)}
        rows["mean"] = {metric: d.mean(axis=0) for metric, d in drawn.items()}
        for name, row in rows.items():
            figures = "  ".join(f"{metric} {show(values)}" for metric, values in row.items())
            print(f"  {name:<18}{figures}")
            precision = row["average precision"]
            floor[name] = {
                "average_precision": round(float(precision[0]), 3),
                "standard_error": round(float(np.nanstd(precision[1:], ddof=1)), 3),
            }
    return floor


def write_floor(measured: dict[str, dict[str, float]]) -> None:
    """Write the floor of the example bank, and tell which values sank."""
    floors = json.loads(FLOOR.read_text(encoding="utf-8"))
    for name, row in measured.items():
        old = floors["bank"].get(name, row)["average_precision"]
        if row["average_precision"] < old:
            new = row["average_precision"]
            tell(f"{name}: {old} -> {new}; a lower floor needs a line in CHANGELOG.md")
    FLOOR.write_text(json.dumps(floors | {"bank": measured}, indent=1) + "\n", encoding="utf-8")


def tell(line: str) -> None:
    """Print a line that is no figure."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, nargs="+", help="labelled passages, JSON lines")
    parser.add_argument("--semantic", action="store_true", help="with the sentence encoder too")
    parser.add_argument("--random-state", type=int, default=0, help="seed of the topic models")
    parser.add_argument("--write-floor", action="store_true", help="of the example bank")
    arguments = parser.parse_args()
    codebook = load_codebook()
    if arguments.labels is None:
        measured = measure_bank(read_bank(codebook), codebook)
        if arguments.write_floor:
            write_floor(measured)
        return
    try:
        frame = read_checked(arguments.labels, codebook)
    except DiscourseError as error:
        parser.error(str(error))
    compare(frame, codebook, arguments.semantic, arguments.random_state)


if __name__ == "__main__":
    main()
