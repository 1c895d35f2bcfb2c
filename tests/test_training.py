"""Rules of the scripts that train the shipped weights, on invented passages."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_names_stay_out_of_the_vocabulary(load: Any) -> None:
    texts = [
        "Last week Wilhelmina told me that PM work is hard, and Wilhelmina knows.",
        "The AI team and the CEO said so. Later the team met.",
    ]
    names = load("training_data").find_names(texts, ["Work at Stanford is hard."])
    assert names == {"wilhelmina"}


def test_a_floor_that_would_sink_is_named(load: Any) -> None:
    sunk = load("train_weights").find_sunk
    kept = {"plain": {"f1": {"floor": 0.4}, "themes": {"blame": {"floor": 0.2}}}}
    higher = {"plain": {"f1": {"floor": 0.41}, "themes": {"blame": {"floor": 0.2}}}}
    assert sunk(kept, higher) == []
    lower = {"plain": {"f1": {"floor": 0.41}, "themes": {"blame": {"floor": 0.19}}}}
    assert sunk(kept, lower) == ["plain themes blame from 0.2 to 0.19"]
    assert sunk({}, lower) == []


def test_no_document_is_in_two_folds(load: Any) -> None:
    frame = pd.DataFrame({"doc_id": ["a", "b", "a", "c"], "blame": [True, False, False, True]})
    folds = load("labelled").make_folds(frame, ["blame"])
    assert len(folds) == 3
    assigned = load("labelled").assign_folds(frame)
    assert assigned[0] == assigned[2]
    assert set(assigned) <= set(range(load("labelled").N_FOLDS))


def test_calibration_meets_the_natural_base_rate(load: Any) -> None:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1, 2, 4000)
    present = rng.random(4000) < 1 / (1 + np.exp(-log_odds))
    inclusion = np.where(present, 0.5, 0.05)  # likely ones were drawn ten times as often
    slope, shift, natural = load("training").calibrate(log_odds, present, inclusion)
    scores = 1 / (1 + np.exp(-(slope * log_odds + shift + natural)))
    rate = np.average(present, weights=1 / inclusion)
    assert np.average(scores, weights=1 / inclusion) == pytest.approx(rate, abs=1e-6)
    assert slope == pytest.approx(1, abs=0.1)


def test_threshold_has_the_highest_expected_f1(load: Any) -> None:
    chances = np.array([0.9, 0.8, 0.3, 0.05, 0.01])
    cut = load("training").best_cut(chances)
    expected = [2 * chances[:k].sum() / (k + chances.sum()) for k in range(1, 6)]
    assert cut == chances[int(np.argmax(expected))] == 0.8
