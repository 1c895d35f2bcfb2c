"""The estimator against other people's: ppi-python's point estimate, statsmodels' clusters."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from pmdiscourse.measure import ppi
from pmdiscourse.measure.ppi import estimate_share

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FIGURES = json.loads((Path(__file__).parent / "data" / "ppi_python.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def oracle() -> Iterator[Any]:
    """Import the recipe of the data as the benchmarks do."""
    sys.path.insert(0, str(BENCHMARKS))
    import ppi_oracle

    yield ppi_oracle
    sys.path.remove(str(BENCHMARKS))


@pytest.mark.parametrize("case", FIGURES["cases"], ids=str)
def test_point_estimate_is_that_of_ppi_python(
    case: dict[str, float], oracle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At equal lambda, and with the score taken as it is."""
    sample = oracle.make_sample(case["prevalence"])
    monkeypatch.setattr(ppi, "_recalibrate", lambda _, scores, **__: scores)
    monkeypatch.setattr(ppi, "_tune", lambda *_: case["tuning"])
    threads = np.arange(len(sample.scores)) // 5
    ours = estimate_share(sample.present, sample.scores, strata=sample.strata, threads=threads)
    # Ours takes the mean score of all passages, ppi-python's of those without a label.
    assert ours.estimate == pytest.approx(case["estimate"], abs=0.001)
    if case["tuning"] == 0:
        assert ours.estimate == pytest.approx(case["estimate"], abs=1e-7)


def test_the_cases_tell_lambdas_apart() -> None:
    """Else the comparison could not fail."""
    for prevalence in {case["prevalence"] for case in FIGURES["cases"]}:
        shares = [c["estimate"] for c in FIGURES["cases"] if c["prevalence"] == prevalence]
        assert np.diff(sorted(shares)).min() > 0.001


@pytest.mark.parametrize(("n_threads", "prevalence"), [(25, 0.3), (60, 0.05), (400, 0.02)])
def test_thread_variance_is_that_of_statsmodels(n_threads: int, prevalence: float) -> None:
    """With every passage labelled the pseudo-outcomes are the labels, and only threads vary."""
    rng = np.random.default_rng(n_threads)
    threads = np.sort(rng.integers(0, n_threads, 12 * n_threads))
    present = (rng.random(len(threads)) < prevalence).astype(float)
    present[threads < 3] = 1.0
    scores = np.clip((present + rng.random(len(threads))) / 2, 0.01, 0.99)
    ours = estimate_share(present, scores, strata=np.zeros(len(threads), int), threads=threads)
    model = sm.OLS(present, np.ones(len(present)))
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": threads}, use_t=True)
    degrees = len(np.unique(threads)) - 1
    widened = stats.t.ppf(0.975, degrees) / stats.norm.ppf(0.975)  # few threads: t for z
    assert ours.estimate == pytest.approx(theirs.params[0], abs=1e-12)
    assert np.sqrt(ours.thread_variance) == pytest.approx(theirs.bse[0] * widened, rel=1e-8)
