"""How far the weights of the topic model move with the order of passages and with the seed.

python benchmarks/stability.py [RAW]
"""

from __future__ import annotations

import sys

import numpy as np

from pmdiscourse import TopicModel, ingest

raw = sys.argv[1] if len(sys.argv) > 1 else "data/raw/sample"
passages = ingest(raw).passages
texts, threads = passages["text"].to_numpy(), passages["thread_id"].to_numpy()
weights = TopicModel().fit(list(texts), threads=list(threads)).transform(list(texts))


def largest_shift(order: np.ndarray, seed: int) -> float:
    """Fit anew and return the largest difference of a weight."""
    model = TopicModel(random_state=seed).fit(list(texts[order]), threads=list(threads[order]))
    return float(np.abs(model.transform(list(texts)) - weights).max())


same = np.arange(len(texts))
orders = [np.random.default_rng(seed).permutation(same) for seed in range(5)]
print(f"five row orders: {max(largest_shift(order, 0) for order in orders):.1e}")
print(f"five seeds:      {max(largest_shift(same, seed) for seed in range(1, 6)):.1e}")
