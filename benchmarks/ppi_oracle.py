"""Write what ppi-python estimates on fixed data into the tests, which hold our estimate against it.

ppi-python brings many packages along, so it is no dependency of the tests. Run where it is
installed (pip install ppi-python)::

    python benchmarks/ppi_oracle.py
"""

from __future__ import annotations

import importlib.metadata
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FIGURES = Path(__file__).parents[1] / "tests" / "data" / "ppi_python.json"
N_PASSAGES = 20_000
N_LABELS = (300, 100)  # of each stratum
STRATUM_SHARE = 0.25  # of all passages, in the first stratum, where themes are more frequent
PREVALENCES = (0.01, 0.05, 0.2)
TUNINGS = (0.0, 0.5, 1.0, 1.6)


@dataclass(frozen=True)
class Sample:
    """Scored passages of two strata, some of them labelled."""

    present: Floats  # NaN without a label
    scores: Floats
    strata: npt.NDArray[np.int64]


def make_sample(prevalence: float) -> Sample:
    """Return passages of a prevalence; the same ones on every machine.

    Only `random.Random.random` is used: Python promises that its values never change.
    """
    chance = random.Random(f"prevalence {prevalence:g}")
    first = round(STRATUM_SHARE * N_PASSAGES)
    strata = np.repeat([0, 1], [first, N_PASSAGES - first])
    truth, scores = np.zeros(N_PASSAGES), np.zeros(N_PASSAGES)
    for row in range(N_PASSAGES):
        truth[row] = chance.random() < prevalence * (2.5 if row < first else 0.5)
        scores[row] = (chance.random() + truth[row]) / 2
    present = np.full(N_PASSAGES, np.nan)
    for start, n_labels in zip((0, first), N_LABELS, strict=True):
        present[start : start + n_labels] = truth[start : start + n_labels]
    return Sample(present, scores, strata)


def estimate(sample: Sample, tuning: float) -> float:
    """Return ppi-python's estimate of each stratum, weighted by its size."""
    from ppi_py import ppi_mean_pointestimate  # noqa: PLC0415

    total = 0.0
    for stratum in np.unique(sample.strata):
        inside = sample.strata == stratum
        seen = inside & ~np.isnan(sample.present)
        share = ppi_mean_pointestimate(
            sample.present[seen], sample.scores[seen], sample.scores[inside & ~seen], lam=tuning
        )
        total += float(np.squeeze(share)) * inside.mean()
    return total


def main() -> None:
    """Write the figures."""
    version = importlib.metadata.version("ppi-python")
    cases = [
        {"prevalence": p, "tuning": tuning, "estimate": round(estimate(make_sample(p), tuning), 8)}
        for p in PREVALENCES
        for tuning in TUNINGS
    ]
    figures = {"made by": "benchmarks/ppi_oracle.py", "ppi-python": version, "cases": cases}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{len(cases)} estimates of ppi-python {version} written to {FIGURES.name}")


if __name__ == "__main__":
    main()
