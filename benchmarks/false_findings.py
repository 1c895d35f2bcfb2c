"""How often groups and trends are found to differ where nothing differs but the tagger's errors.

Four themes that are as frequent in comments as in essays, in every quarter, share one sample. The
tagger errs differently: it finds less and tags more wrongly in comments, or more wrongly as time
goes by. A test at 5 % should be wrong in 5 % of the runs. What is told is rarer: where a group has
fewer than five positive labels no difference is told, and those are the samples that look different
by chance. So the test is judged with that rule and without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from unittest import mock

import numpy as np
import pandas as pd
from scipy import stats
from simulation import code, draw_scores, draw_truth, make_passages, seed_of

from pmdiscourse.measure import comparisons
from pmdiscourse.measure.comparisons import compare_groups, estimate_trend
from pmdiscourse.measure.labels import draw_sample

QUARTERS = 8
ERRORS = {"essay": (0.8, 0.98), "comment": (0.6, 0.95)}  # sensitivity, specificity
DRIFT = (0.99, 0.95)  # specificity in the first and in the last quarter


@dataclass(frozen=True)
class Scenario:
    """Themes that are everywhere alike.

    Parameters
    ----------
    what : {"groups", "trend", "both"}
        Where the tagger errs differently: between kinds, over time, or both.
    prevalence : float
        Of every theme.
    n_threads : int, default=400
        Half of them essays, half comments.
    n_labels : int, default=400
        Passages drawn.
    n_themes : int, default=4
        Themes that share the sample.
    """

    what: str
    prevalence: float
    n_threads: int = 400
    n_labels: int = 400
    n_themes: int = 4

    @property
    def name(self) -> str:
        """Name, from which the seed is made."""
        return (
            f"{self.what}, prevalence {self.prevalence:g}, threads {self.n_threads}, "
            f"labels {self.n_labels}, themes {self.n_themes}"
        )


def errors_of(scenario: Scenario, passages: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return sensitivity and specificity of the tagger for each passage."""
    when = pd.factorize(passages["published_at"], sort=True)[0] / (QUARTERS - 1)
    drifting = DRIFT[0] + (DRIFT[1] - DRIFT[0]) * when
    by_kind = np.array([ERRORS[kind] for kind in passages["kind"]])
    if scenario.what == "trend":
        return {"sensitivity": np.full(len(passages), 0.8), "specificity": drifting}
    drift = (drifting - np.mean(DRIFT)) / 2 * (scenario.what == "both")  # half, to stay below 1
    specificity = by_kind[:, 1] + drift
    return {"sensitivity": by_kind[:, 0], "specificity": specificity}


def find(scenario: Scenario, *, n_replicates: int) -> pd.DataFrame:
    """Return the p-values of each replicate and theme.

    Columns group and trend hold those of this project (missing where it refused), group_any and
    trend_any those without the rule of five positives, naive_group and naive_trend those of tagged
    shares: two proportions, and their correlation with time.
    """
    rng = np.random.default_rng(seed_of(scenario.name))
    passages = make_passages(kinds=2, quarters=QUARTERS, n_threads=scenario.n_threads)
    errors = errors_of(scenario, passages)
    themes = {f"theme {number}": scenario.prevalence for number in range(scenario.n_themes)}
    return pd.concat(
        [_find_once(scenario, passages, themes, errors, rng) for _ in range(n_replicates)],
        ignore_index=True,
    )


def _find_once(
    scenario: Scenario,
    passages: pd.DataFrame,
    themes: dict[str, float],
    errors: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> pd.DataFrame:
    truth = draw_truth(passages, themes, rng=rng)
    scores = draw_scores(passages, truth, **errors, rng=rng)
    seed = int(rng.integers(2**31))
    design = draw_sample(passages, scores, n=scenario.n_labels, random_state=seed)
    labels = code(design, truth)
    found = pd.DataFrame({"scenario": scenario.name}, index=pd.Index(themes, name="theme"))
    rules = {"": comparisons.MIN_POSITIVES, "_any": 0}
    for name, least in rules.items():
        with mock.patch.object(comparisons, "MIN_POSITIVES", least):
            if scenario.what != "trend":
                groups = compare_groups(scores, labels, passages=passages, by="kind")
                found[f"group{name}"] = groups.set_index("theme")["p_value"]
            if scenario.what != "groups":
                trend = estimate_trend(scores, labels, passages=passages, period="quarter")
                found[f"trend{name}"] = trend.set_index("theme")["p_value"]
    tagged = scores.pivot(index="passage_id", columns="theme", values="tagged").astype(float)
    sides = {
        "naive_group": (passages["kind"] == "comment").to_numpy(float),
        "naive_trend": passages["published_at"].rank(method="dense").to_numpy(),
    }
    for name, side in sides.items():  # for two groups this is the test of two proportions
        found[name] = [stats.pearsonr(tagged[theme], side).pvalue for theme in themes]
    return found.reset_index()
