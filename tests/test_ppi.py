"""The estimate with labels: its intervals hold in simulation, where the tagged share does not."""

import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from pmdiscourse.measure.ppi import (
    ShareEstimate,
    estimate_mean,
    estimate_share,
    predict_outcomes,
)

Array = NDArray[Any]

N_THREADS = 400
N_LABELS = 200
N_REPLICATES = 100
WITHIN_THREAD = 0.2  # intraclass correlation of the theme inside a thread
# True prevalence, sensitivity and specificity of the tagger.
CELLS = [
    (0.02, 0.5, 0.95),
    (0.02, 0.7, 0.98),
    (0.05, 0.5, 0.95),
    (0.05, 0.9, 0.98),
    (0.15, 0.5, 0.98),
    (0.15, 0.7, 0.95),
]


def draw_corpus(
    rng: np.random.Generator, prevalence: float, sensitivity: float, specificity: float
) -> tuple[Array, Array, Array, Array]:
    """Threads of 1 to 60 passages with a theme that clusters, and a tagger that errs."""
    sizes = np.clip(rng.lognormal(1.8, 0.9, N_THREADS).round(), 1, 60).astype(int)
    threads = np.repeat(np.arange(N_THREADS), sizes)
    odds = (1 - WITHIN_THREAD) / WITHIN_THREAD
    rates = rng.beta(prevalence * odds, (1 - prevalence) * odds, N_THREADS)
    truth = (rng.random(len(threads)) < rates[threads]).astype(float)
    cut = stats.norm.ppf(specificity)
    latent = truth * (cut - stats.norm.ppf(1 - sensitivity)) + rng.normal(size=len(truth))
    scores = 1 / (1 + np.exp(-2 * (latent - cut)))
    return truth, scores, latent > cut, threads


def draw_labels(rng: np.random.Generator, truth: Array, scores: Array) -> tuple[Array, Array]:
    """Five score strata, labels in each in proportion to the root of its size."""
    rank = np.argsort(np.argsort(-scores))
    strata = np.searchsorted([0.02, 0.06, 0.15, 0.40], rank / len(rank), side="right")
    root = np.sqrt(np.bincount(strata))
    present = np.full(len(truth), np.nan)
    for stratum, share in enumerate(root / root.sum()):
        inside = np.flatnonzero(strata == stratum)
        n_drawn = min(len(inside), max(5, round(N_LABELS * share)))
        drawn = rng.choice(inside, n_drawn, replace=False)
        present[drawn] = truth[drawn]
    return present, strata


def wilson(share: float, n: int) -> tuple[float, float]:
    interval = stats.binomtest(round(share * n), n).proportion_ci(method="wilson")
    return interval.low, interval.high


def simulate(cell: tuple[float, float, float]) -> dict[str, float]:
    """Return coverage of the corpus, discourse and naive intervals and the mean error."""
    rng = np.random.default_rng(zlib.crc32(repr(cell).encode()))
    hits, error = np.zeros(3), 0.0
    for _ in range(N_REPLICATES):
        truth, scores, tagged, threads = draw_corpus(rng, *cell)
        present, strata = draw_labels(rng, truth, scores)
        result = estimate_share(present, scores, strata=strata, threads=threads)
        naive = wilson(float(tagged.mean()), len(tagged))
        here, everywhere = float(truth.mean()), cell[0]
        pairs = ((result.corpus, here), (result.discourse, everywhere), (naive, here))
        hits += [low <= target <= high for (low, high), target in pairs]
        error += (result.estimate - here) / N_REPLICATES
    corpus, discourse, tagged_only = hits / N_REPLICATES
    return {"corpus": corpus, "discourse": discourse, "naive": tagged_only, "error": error}


@pytest.fixture(scope="module")
def simulated() -> list[dict[str, float]]:
    return [simulate(cell) for cell in CELLS]


def test_intervals_cover_the_truth_in_every_cell(simulated: list[dict[str, float]]) -> None:
    assert min(cell["corpus"] for cell in simulated) >= 0.90
    assert min(cell["discourse"] for cell in simulated) >= 0.90
    assert float(np.mean([cell["corpus"] for cell in simulated])) >= 0.93
    assert max(abs(cell["error"]) for cell in simulated) <= 0.003


def test_the_tagged_share_fails_the_same_test(simulated: list[dict[str, float]]) -> None:
    assert float(np.mean([cell["naive"] for cell in simulated])) < 0.40


@pytest.fixture
def sample() -> dict[str, Array]:
    rng = np.random.default_rng(7)
    truth, scores, _, threads = draw_corpus(rng, 0.1, 0.7, 0.95)
    present, strata = draw_labels(rng, truth, scores)
    return {"present": present, "scores": scores, "strata": strata, "threads": threads}


def estimate(sample: dict[str, Array]) -> ShareEstimate:
    return estimate_share(
        sample["present"],
        sample["scores"],
        strata=sample["strata"],
        threads=sample["threads"],
    )


def test_the_interval_holds_the_estimate_and_discourse_is_wider(sample: dict[str, Array]) -> None:
    result = estimate(sample)
    assert 0 < result.corpus[0] < result.estimate < result.corpus[1] < 1
    assert result.discourse[1] - result.discourse[0] > result.corpus[1] - result.corpus[0]
    assert result.labels_saved > 1


def test_a_census_has_no_corpus_error() -> None:
    present = np.array([1.0, 0, 0, 0, 1, 0, 0, 0])
    scores = np.linspace(0.9, 0.1, 8)
    strata, threads = np.array([0, 0, 1, 1, 1, 1, 1, 1]), np.arange(8) // 2
    result = estimate_share(present, scores, strata=strata, threads=threads)
    assert result.estimate == pytest.approx(0.25)
    assert result.corpus == pytest.approx((0.25, 0.25))
    assert result.discourse[0] < 0.25 < result.discourse[1]


def test_without_strata_and_score_it_is_near_the_jeffreys_interval() -> None:
    n, n_labels, n_positive = 100_000, 200, 8
    present = np.full(n, np.nan)
    present[:n_labels] = 0
    present[:n_positive] = 1
    strata, threads = np.zeros(n, dtype=np.int64), np.arange(n)
    result = estimate_share(present, np.full(n, 0.5), strata=strata, threads=threads)
    jeffreys = stats.beta.ppf([0.025, 0.975], n_positive + 0.5, n_labels - n_positive + 0.5)
    assert result.estimate == pytest.approx(n_positive / n_labels)
    assert result.corpus == pytest.approx(tuple(jeffreys), abs=0.001)


def test_no_positive_label_still_leaves_room_above(sample: dict[str, Array]) -> None:
    absent = sample | {"present": np.where(np.isnan(sample["present"]), np.nan, 0.0)}
    result = estimate(absent)
    drawn = np.bincount(sample["strata"][~np.isnan(sample["present"])])
    weight = np.bincount(sample["strata"]) / len(sample["strata"])
    assert result.estimate == 0
    assert result.corpus[0] == 0
    assert result.corpus[1] >= np.max(weight * (1 - 0.025 ** (1 / drawn)))
    assert np.isnan(result.labels_saved)


# Groups.


def draw_unlike_groups(rng: np.random.Generator) -> tuple[Array, Array, Array, Array, Array]:
    """Return a corpus whose tagger often fires without cause in every second thread."""
    truth, scores, _, threads = draw_corpus(rng, 0.1, 0.8, 0.98)
    other = threads % 2 == 1
    fires = other & (rng.random(len(scores)) < 0.15)
    return (
        truth,
        np.where(fires, np.maximum(scores, rng.uniform(0.3, 1, len(scores))), scores),
        threads,
        other,
    )


def simulate_groups(n_replicates: int) -> dict[str, list[tuple[bool, bool, float, float]]]:
    """Return hits of both intervals, the error, and the model's own, for each group."""
    found: dict[str, list[tuple[bool, bool, float, float]]] = {"one": [], "other": []}
    rng = np.random.default_rng(zlib.crc32(b"groups"))
    for _ in range(n_replicates):
        truth, scores, threads, other = draw_unlike_groups(rng)
        present, strata = draw_labels(rng, truth, scores)
        outcomes = predict_outcomes(present, scores, strata=strata)
        for name, inside in (("one", ~other), ("other", other)):
            result = estimate_mean(outcomes, threads=threads, inside=inside)
            here = float(truth[inside].mean())
            alone = float(outcomes.expected[inside].mean()) - here
            corpus = result.corpus[0] <= here <= result.corpus[1]
            discourse = result.discourse[0] <= 0.1 <= result.discourse[1]
            found[name].append((corpus, discourse, result.estimate - here, alone))
    return found


def test_groups_are_covered_where_the_model_alone_is_off() -> None:
    for name, hits in simulate_groups(100).items():
        corpus, discourse, error, alone = np.mean(np.array(hits, dtype=float), axis=0)
        assert corpus >= 0.88
        assert discourse >= 0.88
        assert abs(error) <= 0.006
        assert abs(alone) > 0.008, name


def test_a_group_of_all_is_all(sample: dict[str, Array]) -> None:
    outcomes = predict_outcomes(sample["present"], sample["scores"], strata=sample["strata"])
    everything = np.ones(len(sample["scores"]), dtype=bool)
    assert estimate_mean(outcomes, threads=sample["threads"], inside=everything) == estimate(sample)


def test_groups_add_up(sample: dict[str, Array]) -> None:
    outcomes = predict_outcomes(sample["present"], sample["scores"], strata=sample["strata"])
    group = sample["threads"] % 3 == 0
    parts = [
        estimate_mean(outcomes, threads=sample["threads"], inside=inside).estimate * inside.sum()
        for inside in (group, ~group)
    ]
    assert sum(parts) / len(group) == pytest.approx(estimate(sample).estimate)


def test_a_group_without_positives_has_room_above_and_none_below(sample: dict[str, Array]) -> None:
    group = sample["threads"] % 2 == 0
    present = np.where(group & ~np.isnan(sample["present"]), 0.0, sample["present"])
    outcomes = predict_outcomes(present, sample["scores"], strata=sample["strata"])
    result = estimate_mean(outcomes, threads=sample["threads"], inside=group)
    seen = group & ~np.isnan(present)
    held, drawn = (np.bincount(sample["strata"][rows], minlength=5) for rows in (group, seen))
    assert result.corpus[0] == result.discourse[0] == 0
    assert result.corpus[1] >= np.max(held / held.sum() * (1 - 0.025 ** (1 / drawn))) - 1e-9


def test_a_group_labelled_whole_has_its_known_share() -> None:
    """Ten passages of one source among a thousand, all labelled: nothing is left to estimate."""
    rng = np.random.default_rng(1)
    scores = rng.beta(0.5, 3, 1000)
    truth = (rng.random(1000) < scores).astype(float)
    present = np.where(np.arange(1000) < 300, truth, np.nan)
    outcomes = predict_outcomes(present, scores, strata=np.zeros(1000, dtype=np.int64))
    for n_positive in (0, 1, 4):
        group = np.zeros(1000, dtype=bool)
        group[np.flatnonzero(present == 1)[:n_positive]] = True
        group[np.flatnonzero(present == 0)[: 10 - n_positive]] = True
        result = estimate_mean(outcomes, threads=np.arange(1000) // 3, inside=group)
        assert result.estimate == pytest.approx(n_positive / 10)
        assert result.corpus == pytest.approx((n_positive / 10, n_positive / 10))
        assert result.discourse[0] <= n_positive / 10 < result.discourse[1] < 1


def test_estimates_of_groups_lie_in_their_intervals_and_between_what_is_known() -> None:
    rng = np.random.default_rng(2)
    for _ in range(60):
        truth, scores, _, threads = draw_corpus(rng, 0.03, 0.7, 0.95)
        present, strata = draw_labels(rng, truth, scores)
        outcomes = predict_outcomes(present, scores, strata=strata)
        group = threads % 12 == 0
        result = estimate_mean(outcomes, threads=threads, inside=group)
        known = present[group][~np.isnan(present[group])]
        positive, negative = known.sum() / group.sum(), (1 - known).sum() / group.sum()
        for low, high in (result.corpus, result.discourse):
            assert low <= result.estimate <= high
        assert positive <= result.estimate <= 1 - negative
        assert positive - 1e-9 <= result.corpus[0] <= result.corpus[1] <= 1 - negative + 1e-9


def test_a_theme_of_one_group_is_told_rare_in_the_other() -> None:
    """The score finds it in both; labels say that one has none: not "anything up to 100 %"."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        truth, scores, _, threads = draw_corpus(rng, 0.08, 0.7, 0.95)
        other = threads % 2 == 1
        present, strata = draw_labels(rng, np.where(other, 0, truth), scores)
        outcomes = predict_outcomes(present, scores, strata=strata)
        result = estimate_mean(outcomes, threads=threads, inside=other)
        assert max(result.corpus[1], result.discourse[1]) < 0.12


def test_all_labels_positive_is_the_mirror_of_none_positive(sample: dict[str, Array]) -> None:
    seen = ~np.isnan(sample["present"])
    none = estimate(sample | {"present": np.where(seen, 0.0, np.nan)})
    every = estimate(sample | {"present": np.where(seen, 1.0, np.nan)})
    assert every.estimate == 1
    assert every.corpus == pytest.approx((1 - none.corpus[1], 1))
    assert every.discourse == pytest.approx((1 - none.discourse[1], 1))
