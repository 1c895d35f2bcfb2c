"""The intervals hold the truth in simulation, from the draw to the estimate, and what must not."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from pmdiscourse.codebook import load_codebook
from pmdiscourse.measure import ppi

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

N_REPLICATES = 40
# Prevalence of each theme, sensitivity, specificity, labels: rare to frequent, poor to good.
CELLS: dict[str, tuple[tuple[float, ...], float, float, int]] = {
    "rare": ((0.005,), 0.7, 0.98, 200),
    "poor tagger, few labels": ((0.02,), 0.5, 0.95, 100),
    "usual": ((0.05,), 0.7, 0.98, 400),
    "good tagger": ((0.05,), 0.9, 0.995, 100),
    "poor recall": ((0.15,), 0.5, 0.995, 200),
    "many labels": ((0.02,), 0.9, 0.95, 800),
}
SHARED = ((0.005, 0.02, 0.05, 0.15), 0.7, 0.98, 400)
# The goals, for 500 replicates of 144 cells: mean over the cells, worst cell.
GOALS = {("corpus", "truth"): (0.95, 0.91), ("discourse", "everywhere"): (0.94, 0.89)}
N_TESTS = 30  # replicates, of four themes each
UNLIKELY = 0.001  # chance that replicates of an estimator just at a goal miss it here


@pytest.fixture(scope="module", autouse=True)
def simulation() -> Iterator[Any]:
    """Import the generator as the benchmarks do."""
    sys.path.insert(0, str(BENCHMARKS))
    import simulation

    yield simulation
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def passages(simulation: Any) -> pd.DataFrame:
    frame: pd.DataFrame = simulation.make_passages()
    return frame


@pytest.fixture(scope="module")
def estimates(simulation: Any) -> pd.DataFrame:
    """Return the estimates of all cells, simulated as the benchmark does, in two processes."""
    from coverage import simulate_all

    cells = [simulation.Cell(*cell) for cell in (*CELLS.values(), SHARED)]
    return simulate_all(cells, N_REPLICATES, 2)


@pytest.fixture(scope="module")
def found(simulation: Any, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates of the cells of one theme each."""
    return estimates[estimates["cell"] != simulation.Cell(*SHARED).name]


@pytest.fixture(scope="module")
def shared(simulation: Any, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates of four themes that share one sample."""
    return estimates[estimates["cell"] == simulation.Cell(*SHARED).name]


def assert_holds(hit: pd.Series, goal: float) -> None:
    """Fail if so few hits would be unlikely at the goal; replicates are independent."""
    least = stats.binom.ppf(UNLIKELY, len(hit), goal)
    assert hit.sum() >= least, f"coverage {hit.mean():.3f} of {len(hit)}, goal {goal}"


def assert_covers(found: pd.DataFrame, covers: Callable[..., pd.Series]) -> None:
    """Check coverage over all cells and in each."""
    for (interval, target), (mean, worst) in GOALS.items():
        hit = covers(found, interval, target)
        assert_holds(hit, mean)
        for _, cell in hit.groupby(found["cell"]):
            assert_holds(cell, worst)


def test_corpus_and_discourse_intervals_cover(simulation: Any, found: pd.DataFrame) -> None:
    assert_covers(found, simulation.covers)


def test_the_tagged_share_fails_the_same_check(simulation: Any, found: pd.DataFrame) -> None:
    naive = simulation.with_naive_interval(found)
    with pytest.raises(AssertionError, match="coverage"):
        assert_covers(naive, simulation.covers)
    assert simulation.covers(naive, "corpus", "truth").mean() < 0.40


def test_shared_sample_covers_every_theme(simulation: Any, shared: pd.DataFrame) -> None:
    for _, theme in shared.groupby("theme"):
        assert_covers(theme, simulation.covers)


def test_estimates_are_not_biased(found: pd.DataFrame, shared: pd.DataFrame) -> None:
    """The goal is 0.05 points; what chance does to so few replicates comes on top."""
    everything = pd.concat([found, shared])
    error = (everything["estimate"] - everything["truth"]).groupby(
        [everything["cell"], everything["theme"]]
    )
    by_chance = stats.norm.ppf(1 - UNLIKELY) * error.sem()
    assert (error.mean().abs() <= 0.0005 + by_chance).all()
    naive = everything["tagged_share"] - everything["truth"]
    assert naive.abs().groupby(everything["cell"]).mean().max() > 0.03


def saved(found: pd.DataFrame) -> pd.Series:
    """Return how many random human labels one label was worth, by cell and theme."""
    squared = (found["estimate"] - found["truth"]) ** 2
    groups = [found["cell"], found["theme"]]
    return found["human_variance"].groupby(groups).mean() / squared.groupby(groups).mean()


def test_labels_are_saved(found: pd.DataFrame, shared: pd.DataFrame) -> None:
    # The mean square of 40 errors spreads by 22 %; the median of six cells by less.
    spread = np.sqrt(2 / N_REPLICATES)
    assert saved(found).median() >= 3.5 * (1 - spread)
    assert saved(found).min() >= 1.3
    assert saved(shared).min() >= 1.8 * (1 - 2 * spread)
    assert saved(shared).median() >= 1.8


def test_labels_saved_are_told_as_they_are(found: pd.DataFrame) -> None:
    """The table's column says what the errors against the truth say; rare themes scatter."""
    told = found.groupby("cell")["labels_saved"].median()
    measured = saved(found).droplevel("theme")
    assert 0.67 < (told / measured).median() < 1.5


def recalibrator(words: np.ndarray, *, cross_fitted: bool) -> Callable[..., np.ndarray]:
    """Return a recalibration that learns from words of the labelled passages too.

    Not cross-fitted, the value of a labelled passage comes from a model that has seen its label:
    the mistake that the estimator must not make. Nothing else differs.
    """

    def recalibrate(present: Any, scores: Any, *, importance: Any) -> np.ndarray:
        features = np.column_stack([logit(np.clip(scores, 1e-6, 1 - 1e-6)), words])
        labelled = np.flatnonzero(~np.isnan(present))
        fold = np.arange(len(labelled)) % ppi.N_FOLDS
        values = np.zeros((ppi.N_FOLDS, len(present)))
        for number in range(ppi.N_FOLDS):
            train = labelled[fold != number] if cross_fitted else labelled
            model = LogisticRegression(C=100, solver="newton-cholesky")
            weight = importance[train] / importance[train].mean()
            model.fit(features[train], present[train], sample_weight=weight)
            values[number] = expit(model.decision_function(features))
        recalibrated = values.mean(axis=0)
        recalibrated[labelled] = values[fold, labelled]
        return recalibrated

    return recalibrate


@pytest.mark.parametrize("cross_fitted", [True, False])
def test_only_a_cross_fitted_recalibration_covers(
    simulation: Any,
    passages: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    cross_fitted: bool,
) -> None:
    # Forty words that tell nothing of the theme: with them, a model knows its labels by heart.
    words = np.random.default_rng(0).random((len(passages), 40)) < 0.5
    monkeypatch.setattr(ppi, "_recalibrate", recalibrator(words, cross_fitted=cross_fitted))
    cell = simulation.Cell((0.15,), 0.7, 0.98, 100)
    found = simulation.simulate(cell, passages, n_replicates=N_REPLICATES)
    if cross_fitted:
        assert_covers(found, simulation.covers)
    else:
        with pytest.raises(AssertionError, match="coverage"):
            assert_covers(found, simulation.covers)


def test_groups_and_trends_are_not_found_where_there_are_none() -> None:
    """The tagger errs more in comments and as time goes by; the themes are everywhere alike."""
    from false_findings import Scenario, find

    found = find(Scenario("both", 0.05), n_replicates=N_TESTS)
    for test in ("group", "trend", "group_any", "trend_any"):
        assert found[test].notna().mean() > 0.9, "refused"
        wrong = found[test].dropna() < 0.05
        low, high = stats.binom.ppf([UNLIKELY, 1 - UNLIKELY], len(wrong), [0.02, 0.08])
        assert low <= wrong.sum() <= high
        assert (found[f"naive_{test.removesuffix('_any')}"] < 0.05).sum() > high


def test_a_goal_is_missed_unless_chance_explains_it() -> None:
    from coverage import Goal

    assert Goal("coverage", 0.95, at_least=0.95).met
    assert not Goal("coverage", 0.90, at_least=0.91).met
    assert Goal("coverage", 0.90, at_least=0.91, chance=0.02).met
    assert not Goal("false findings", 0.09, at_least=0.02, at_most=0.08).met
    assert not Goal("coverage", float("nan"), at_least=0.91).met
    missed = Goal("false findings", 0.01, at_least=0.02, at_most=0.08)
    assert str(missed) == "| false findings | >= 0.02 and <= 0.08 | 0.010 | 0.000 | MISSED |"


@pytest.mark.parametrize(("noise", "status"), [("usual", 0), (None, 1)])
def test_the_benchmark_fails_if_a_goal_is_missed(
    *,
    estimates: pd.DataFrame,
    simulation: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    noise: str | None,
    status: int,
) -> None:
    """The six cells stand for the grid; a goal that nothing was measured for is missed."""
    import coverage

    monkeypatch.setattr(coverage, "simulate_all", lambda *_: estimates)
    monkeypatch.setattr(coverage, "judge_tests", lambda *_: iter(()))
    cells = [simulation.Cell(*CELLS[noise])] if noise else []
    monkeypatch.setattr(coverage, "NOISE", cells)
    monkeypatch.setattr(coverage, "PRECISE", simulation.Cell(*CELLS["usual"]))
    monkeypatch.setattr(sys, "argv", ["coverage.py", "--replicates", str(N_REPLICATES)])
    with pytest.raises(SystemExit) as ended:
        coverage.main()
    assert ended.value.code == status
    printed = capsys.readouterr().out
    assert printed.count("| MISSED |") == status
    assert printed.count("| met |") == 12 - status


def write_population(path: Path, *, n: int) -> dict[str, float]:
    """Write invented labelled passages, eight a document; return the share of each theme."""
    themes = load_codebook().names
    lines = []
    for number in range(n):
        carried = {
            name: int(number % 40 in (place, 11 * place)) for place, name in enumerate(themes)
        }
        said = " ".join(name.replace("_", " ") for name, is_there in carried.items() if is_there)
        text = f"Remark {number} on a plan for the next release, with {said or 'nothing else'}."
        lines.append(json.dumps({"text": text, "doc_id": f"d{number // 8}"} | carried))
    path.write_text("\n".join(lines), encoding="utf-8")
    return {name: sum(json.loads(line)[name] for line in lines) / n for name in themes}


def test_labelled_passages_are_a_population(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of so few are drawn: truth, estimate and interval are one."""
    import coverage
    import population

    path = tmp_path / "invented.jsonl"
    shares = write_population(path, n=80)
    monkeypatch.setattr(population, "DRAWS", 2)
    monkeypatch.setattr(sys, "argv", ["coverage.py", "--population", str(path), "--labels", "80"])
    coverage.main()
    printed = capsys.readouterr().out
    assert printed.startswith("80 passages in 10 documents\n80 labels, 2 draws; shares in %\n")
    table = [row.strip("| ").split(" | ") for row in printed.splitlines() if row.startswith("| ")]
    rows = {row[0]: row[1:] for row in table[1:]}
    assert list(rows) == list(shares)
    for theme, share in shares.items():
        truth, _, estimate, coverage_of, width = rows[theme]
        assert (truth, estimate) == (f"{100 * share:.2f}",) * 2
        assert (coverage_of, width) == ("1.000", "0.00")


def test_an_unusable_population_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import coverage

    path = tmp_path / "invented.jsonl"
    path.write_text('{"text": "A remark.", "doc_id": "d1"}\n', encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["coverage.py", "--population", str(path)])
    with pytest.raises(SystemExit) as ended:
        coverage.main()
    assert ended.value.code == 2
    assert "line 1 is not usable: got 'no blame" in capsys.readouterr().err


def test_a_cell_gives_the_same_figures_again(simulation: Any, passages: pd.DataFrame) -> None:
    cell = simulation.Cell((0.05,), 0.7, 0.98, 100)
    assert cell.name == "prevalence 0.05, sensitivity 0.7, specificity 0.98, labels 100"
    once, again = (simulation.simulate(cell, passages, n_replicates=2) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)


def test_generator_has_the_wanted_properties(simulation: Any) -> None:
    """Sizes, prevalence, clustering, sensitivity and specificity, over many threads."""
    passages = simulation.make_passages(n_threads=8_000)
    rng = np.random.default_rng(1)
    truth = simulation.draw_truth(passages, {"blame": 0.2}, rng=rng)
    scores = simulation.draw_scores(passages, truth, sensitivity=0.7, specificity=0.98, rng=rng)
    carried, tagged = truth["blame"].to_numpy(), scores["tagged"].to_numpy()
    thread = passages["thread_id"].to_numpy()
    sizes = passages.groupby("thread_id").size()
    assert (sizes.min(), sizes.max()) == (1, 60)
    assert sizes.mean() == pytest.approx(8.9, abs=0.2)
    assert carried.mean() == pytest.approx(0.2, abs=0.01)
    assert tagged[carried].mean() == pytest.approx(0.7, abs=0.015)
    assert tagged[~carried].mean() == pytest.approx(0.02, abs=0.002)
    pairs = pd.DataFrame({"thread": thread, "carried": carried.astype(float)})
    first, second = (pairs.groupby("thread")["carried"].nth(k).to_numpy() for k in (0, 1))
    first = first[(sizes > 1).to_numpy()]
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.2, abs=0.04)
