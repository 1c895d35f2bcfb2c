"""How far topic models move with the order of passages and with the seed, and what they propose.

python benchmarks/stability.py [RAW]

On planted passages (`planted.py`) the shift is reported beside KeyATM (package topica, group
``bench``) in the same run: the largest difference of a theme's mean share of words over five row
orders and over five seeds. On RAW (default: the sample) the largest difference of any weight.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
from planted import SHARES, make_codebook, make_passages

from pmdiscourse import TopicModel, ingest

N_RUNS = 5
N_TOPICS, SWEEPS = 10, 500
Weights = Callable[[pd.DataFrame, int], np.ndarray]


def our_weights(passages: pd.DataFrame, seed: int) -> np.ndarray:
    """Return our theme weights, of shape (n_passages, n_themes)."""
    book = make_codebook() if "fifth" in passages else None
    model = TopicModel(book, random_state=seed)
    model.fit(list(passages["text"]), threads=list(passages["thread"]))
    return model.transform(list(passages["text"]))[:, : len(model.codebook_.names)]


def keyatm_weights(passages: pd.DataFrame, seed: int) -> np.ndarray:
    """Return the theme weights of KeyATM."""
    import topica  # noqa: PLC0415 - optional

    seeds = {theme.name: list(theme.seeds) for theme in make_codebook().themes}
    model = topica.KeyATM(seeds, num_topics=N_TOPICS, seed=seed)
    model.fit([text.split() for text in passages["text"]], iters=SWEEPS, keep_theta_draws=False)
    places = [list(model.topic_names).index(name) for name in seeds]
    return np.asarray(model.doc_topic)[:, places]


def shifts(passages: pd.DataFrame, weigh: Weights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights, those of five row orders (rows put back) and those of five seeds."""
    first = weigh(passages, 1)
    orders = [np.random.default_rng(run).permutation(len(passages)) for run in range(N_RUNS)]
    ordered = [weigh(passages.iloc[order], 1)[np.argsort(order)] for order in orders]
    return first, np.array(ordered), np.array([weigh(passages, 2 + run) for run in range(N_RUNS)])


def tell(name: str, passages: pd.DataFrame, weigh: Weights) -> None:
    """Print the largest shifts of a model."""
    first, ordered, seeded = shifts(passages, weigh)
    for what, others in (("row orders", ordered), ("seeds", seeded)):
        mean = np.abs(others.mean(axis=1) - first.mean(axis=0)).max()
        most = np.abs(others - first).max()
        print(f"{name}, {N_RUNS} {what}: mean share {mean:.1e}, weight {most:.1e}")


def tell_planted(passages: pd.DataFrame) -> None:
    """Print by number of residual topics what the weights find, and what is proposed."""
    for n_residual in (1, 3, 6, 12, 25, 50):
        model = TopicModel(make_codebook(), n_residual=n_residual)
        texts = list(passages["text"])
        weights = model.fit(texts, threads=list(passages["thread"])).transform(texts)
        found = [np.corrcoef(weights[:, i], passages[name])[0, 1] for i, name in enumerate(SHARES)]
        proposed = "; ".join(model.proposals()["terms"]) or "nothing"
        took = int(model.verdicts()["took"].sum())
        print(
            f"{n_residual} residual topics: correlation with the planted themes "
            f"{min(found):.2f} to {max(found):.2f}, {took} of {len(SHARES)} took; "
            f"proposed: {proposed}"
        )


if __name__ == "__main__":
    planted = make_passages()
    tell("planted, ours", planted, our_weights)
    if importlib.util.find_spec("topica"):
        tell("planted, KeyATM", planted, keyatm_weights)
    else:
        print("KeyATM: not installed, pip install topica")
    sample = ingest(sys.argv[1] if len(sys.argv) > 1 else "data/raw/sample").passages
    tell("sample, ours", sample.rename(columns={"thread_id": "thread"}), our_weights)
    tell_planted(planted)
