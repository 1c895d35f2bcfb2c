"""Score texts in every way they can be scored; its test runs this with other threads and hashes.

``python theme_scores.py TEXTS.json CODEBOOK`` prints the scores by codebook and way, as JSON: once
with the shipped weights, once with weights learned in this process from the examples of CODEBOOK.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.themes import ThemeModel


def score_in_every_way(model: ThemeModel, texts: list[str]) -> dict[str, list[list[float]]]:
    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(lambda text: model.transform([text])[0], texts * 2))
    ids = [f"{row:05d}" for row in range(len(texts))]
    passages = pd.DataFrame({"passage_id": ids, "language": "en", "text": texts})
    ways = {
        "together": model.transform(texts),
        "reversed": model.transform(texts[::-1])[::-1],
        "one by one": [model.transform([text])[0] for text in texts],
        "in batches": np.vstack(
            [model.transform(texts[i : i + 7]) for i in range(0, len(texts), 7)]
        ),
        "first of two threads": threads[: len(texts)],
        "second of two threads": threads[len(texts) :],
        "table": widen(score_passages(passages, model), model),
        "table by two jobs": widen(score_passages(passages[::-1], model, n_jobs=2), model),
    }
    return {way: np.asarray(scores).tolist() for way, scores in ways.items()}


def widen(scores: pd.DataFrame, model: ThemeModel) -> np.ndarray:
    wide = scores.pivot(index="passage_id", columns="theme", values="score")
    return wide.sort_index()[model.theme_names_].to_numpy()


def main(texts_file: str, codebook: str) -> None:
    texts = json.loads(Path(texts_file).read_text(encoding="utf-8"))
    models = {"shipped": ThemeModel(), "learned": ThemeModel(load_codebook(codebook))}
    told = {name: score_in_every_way(model.fit(), texts) for name, model in models.items()}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
