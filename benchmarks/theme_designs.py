"""Print what other designs than the shipped one reach: other views, losses, units.

Every row is scored out of fold by document (`labelled`), views learned without the fold, and told
with its difference to the shipped views in mean average precision and the standard error of that
difference (documents drawn with replacement). Run from the repository; ``--rows`` picks designs::

    python benchmarks/theme_designs.py --labels dev.jsonl train.jsonl --rows costs counts
    python benchmarks/theme_designs.py --labels dev.jsonl train.jsonl --rows parse encoders

``parse`` needs a spaCy model that parses (``--parser``), ``encoders`` the extra ``semantic``
and, with ``--mpnet FOLDER`` (all-mpnet-base-v2), sentence-transformers.
"""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from best_sentences import Remembering
from best_training import BEST
from figures import draw_documents, mean_precision
from label_checks import read_checked
from labelled import assign_folds
from scipy import sparse
from sentence_designs import encode_passages, find_triples, score_best_sentences
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from training_data import Data, build_data, fit_views, weigh

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import MiniLM
from pmdiscourse.measure.frames import FrameView
from pmdiscourse.measure.linear import C, Floats, sigmoid
from pmdiscourse.measure.sentence_view import SentenceView
from pmdiscourse.measure.views import columns_of, make_views, scales_of

STANCE = Path(__file__).with_name("stance_classes.toml")
ROWS = ("costs", "counts", "unlabelled", "stance", "parse", "sentences", "encoders")
LABELLED_SHARE = 0.9  # of the passages with a theme, so many were coded with it
DRAWS = 200

Rows = Any  # row numbers
Fit = Callable[[Any, Any, Floats], LogisticRegression]


def fit_ridge(features: Any, present: Any, weights: Floats, **options: Any) -> LogisticRegression:
    """Fit the logistic regression of the shipped weights."""
    model = LogisticRegression(C=C, solver="liblinear", tol=1e-6, max_iter=1000, **options)
    return model.fit(features, present, sample_weight=weights)


class Folds:
    """Features of all texts for each fold, from views learned without it."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.numbers = range(int(data.fold.max()) + 1)
        self.features = []
        for k in self.numbers:
            fit_views(data, self.train(k))
            parts = [
                data.fixed[name] if name in data.fixed else view.matrix(data.texts)
                for name, view in data.views.items()
            ]
            scaled = sparse.hstack(parts).tocsr() @ sparse.diags_array(scales_of(data.views))
            self.features.append(scaled.tocsr())
        themes = range(data.present.shape[1])
        self.columns = [columns_of(data.views, theme) for theme in themes]

    def train(self, k: int) -> Rows:
        """Return the rows outside fold k."""
        return np.flatnonzero(self.data.fold != k)

    def seen(self, k: int, theme: int) -> Any:
        """Return what the detector of a theme sees of all texts."""
        return self.features[k][:, self.columns[theme]]

    def score(
        self, *, fit: Fit = fit_ridge, see: Callable[[int, int], Any] | None = None
    ) -> Floats:
        """Return log odds of the labelled passages, each fold scored by a fit on the others."""
        data, see = self.data, see or self.seen
        scores = np.zeros((int(data.labelled.sum()), data.present.shape[1]))
        for k in self.numbers:
            train, test = self.train(k), np.flatnonzero(data.fold == k)
            for theme in range(scores.shape[1]):
                features = see(k, theme)
                model = fit(features[train], data.present[train, theme], weigh(data, train))
                scores[test, theme] = model.decision_function(features[test])
        return scores

    def beside(self, more: Callable[[int], Any]) -> Callable[[int, int], Any]:
        """Return a way to see the shipped views and, for each fold, more features."""
        added = [more(k) for k in self.numbers]
        return lambda k, theme: sparse.hstack([self.seen(k, theme), added[k]]).tocsr()


def count_ratios(folds: Folds, k: int, theme: int) -> Any:
    """Scale each feature by the ratio of its counts with and without the theme.

    Wang and Manning (2012), Baselines and bigrams: simple, good sentiment and topic classification.
    """
    features, train = folds.seen(k, theme), folds.train(k)
    present, weights = folds.data.present[train, theme], weigh(folds.data, train)
    there = (features[train] > 0).astype(float)
    with_theme = 1 + there[present].T @ weights[present]
    without = 1 + there[~present].T @ weights[~present]
    ratio = np.abs(np.log((with_theme / with_theme.sum()) / (without / without.sum())))
    scale = 0.5 + 0.5 * np.minimum(ratio / np.median(ratio[ratio > 0]), 5)
    scale[np.asarray(there.mean(axis=0)).ravel() > 0.9] = 1  # dense features have no counts
    return (features @ sparse.diags_array(scale)).tocsr()


def fit_unlabelled(features: Any, present: Any, weights: Floats) -> LogisticRegression:
    """Count each negative as positive to the degree that it may be one that was overlooked.

    Elkan and Noto (2008), Learning classifiers from only positive and unlabeled data.
    """
    part = np.arange(len(present)) % 5
    chance = np.zeros(len(present))
    for fold in range(5):
        out, within = part != fold, part == fold
        model = fit_ridge(features[out], present[out], weights[out])
        chance[within] = sigmoid(model.decision_function(features[within]))
    odds = (1 - LABELLED_SHARE) / LABELLED_SHARE * chance / np.maximum(1 - chance, 1e-6)
    share = np.where(present, 0, np.minimum(odds, 1))
    unsure = share > 0
    return fit_ridge(
        sparse.vstack([features, features[unsure]]).tocsr(),
        np.concatenate([present, np.ones(int(unsure.sum()), dtype=bool)]),
        np.concatenate([weights * (1 - share), (weights * share)[unsure]]) + 1e-9,
    )


def see_stance(folds: Folds) -> Callable[[int], Any]:
    """Add frames of general word classes: stance, cause, failure, credit, people."""
    data = folds.data
    more = {name: tuple(words) for name, words in tomllib.loads(STANCE.read_text("utf-8")).items()}
    book = dataclasses.replace(data.codebook, classes=data.codebook.classes | more)

    def view(k: int) -> Any:
        learned = FrameView(book, min_texts=30).fit([data.texts[row] for row in folds.train(k)])
        return learned.matrix(data.texts)

    return view


def blend(whole: Floats, best: Floats) -> Floats:
    """Return the scores of the whole passages, blended with those of their best sentences."""
    both = [(x - x.mean(axis=0)) / x.std(axis=0) for x in (whole, best)]
    return np.asarray((1 - BEST) * both[0] + BEST * both[1])


def designs(folds: Folds, options: argparse.Namespace) -> Iterator[tuple[str, Floats]]:
    """Yield a label and out-of-fold scores of each design."""
    rows = options.rows
    shipped = folds.score()
    yield "shipped views", shipped
    if "costs" in rows:
        costs: Fit = lambda x, y, w: fit_ridge(x, y, w, class_weight="balanced")  # noqa: E731
        yield "costs balanced between the classes", folds.score(fit=costs)
    if "counts" in rows:
        see = lambda k, theme: count_ratios(folds, k, theme)  # noqa: E731
        yield "features scaled by their count ratios", folds.score(see=see)
    if "unlabelled" in rows:
        yield "negatives taken as unlabelled", folds.score(fit=fit_unlabelled)
    if "stance" in rows:
        yield (
            "frames of 44 general word classes more",
            folds.score(see=folds.beside(see_stance(folds))),
        )
    if "parse" in rows:
        triples = find_triples(folds.data.texts, options.parser)
        see = folds.beside(lambda k: triples(folds.train(k)))
        yield "who does what to whom, parsed", folds.score(see=see)
    if "sentences" in rows:
        yield "blended with the best sentence", blend(shipped, score_best_sentences(folds.data))
    if "encoders" in rows:
        yield from encoder_designs(folds, options.mpnet)


def encoder_designs(folds: Folds, mpnet: Path | None) -> Iterator[tuple[str, Floats]]:
    """Yield the designs that see vectors of sentences or of whole passages."""
    data, encoder = folds.data, Remembering(MiniLM())
    mean = 1.5 * SentenceView(encoder, 0).matrix(data.texts)
    sentences = folds.score(see=folds.beside(lambda _: mean))
    yield "MiniLM, mean of sentences", sentences
    best = score_best_sentences(data, encoder)
    yield "MiniLM, mean of sentences and best sentence (as SEMANTIC)", blend(sentences, best)
    whole = sparse.csr_matrix(1.5 * encoder.encode(data.texts))
    yield "MiniLM, whole passages", folds.score(see=folds.beside(lambda _: whole))
    if mpnet is not None:
        larger = sparse.csr_matrix(1.5 * encode_passages(data.texts, mpnet))
        scores = folds.score(see=folds.beside(lambda _: larger))
        yield "MPNet, whole passages", scores
        yield "MPNet, whole passages, and MiniLM's best sentence", blend(scores, best)


def main() -> None:
    """Read the arguments and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, nargs="+", required=True)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--parser", default="en_core_web_sm", help="spaCy model that parses")
    parser.add_argument("--mpnet", type=Path, help="folder of all-mpnet-base-v2")
    arguments = parser.parse_args()
    codebook = load_codebook()
    try:
        frame = read_checked(arguments.labels, codebook)
    except DiscourseError as error:
        parser.error(str(error))
    folds = Folds(build_data(frame, assign_folds(frame), codebook, make_views(codebook)))
    present = frame[codebook.names].to_numpy()
    draws = draw_documents(frame)[:DRAWS]
    draws = draws[(draws @ present > 0).all(axis=1)]
    print("| " + " | ".join(["", "mAP", "difference", *codebook.names]) + " |")
    print("|---" * (3 + len(codebook.names)) + "|")
    first = None
    for label, scores in designs(folds, arguments):
        drawn = np.array([mean_precision(present, scores, weights) for weights in draws])
        first = drawn if first is None else first
        more = drawn - first
        difference = f"{more.mean():+.3f} ± {more.std(ddof=1):.3f}" if more.any() else ""
        each = [average_precision_score(y, s) for y, s in zip(present.T, scores.T, strict=True)]
        cells = [label, f"{np.mean(each):.3f}", difference, *(f"{x:.3f}" for x in each)]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
