"""What changed between runs, and whether labels hold for posts that came after them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pmdiscourse.measure.changes import compare_prevalence, difference_interval
from pmdiscourse.measure.drift import check_drift, check_transfer
from pmdiscourse.present.change_words import tell_changes, tell_proxy, word_differences
from test_prevalence import make_passages, make_scores

Tables = dict[str, pd.DataFrame]
THEMES = ("blame", "identity", "elite_education", "director_failure")
share = st.floats(0, 1)


# The difference of two runs.


def test_the_difference_is_that_of_the_rows_and_its_interval_that_of_mover(
    make_tables: Callable[..., Tables],
) -> None:
    before = make_tables(essays=21, labelled=THEMES)["prevalence"]
    now = make_tables(essays=25, comments=9, labelled=("blame", "identity"))["prevalence"]
    rows = compare_prevalence(before, now).set_index("theme")
    whole = (
        frame[(frame["unit"] == "passage") & (frame["by"] == "all")].set_index("theme")
        for frame in (before, now)
    )
    then, later = (frame.loc["blame"] for frame in whole)
    row = rows.loc["blame"]
    assert row["difference"] == later["estimate"] - then["estimate"]
    for scope in ("corpus", "discourse"):
        below = math.sqrt(
            (later["estimate"] - later[f"{scope}_low"]) ** 2
            + (then[f"{scope}_high"] - then["estimate"]) ** 2
        )
        assert row[f"{scope}_low"] == pytest.approx(row["difference"] - below)
        assert row[f"{scope}_low"] < row["difference"] < row[f"{scope}_high"]
    assert "independent" in row["note"]
    lost = rows.loc["elite_education"]
    assert math.isnan(lost["difference"])
    assert lost["note"].startswith("This run has no estimate")
    assert rows["tagged_now"].notna().all()


def test_a_theme_that_is_new_and_runs_without_labels_are_told(
    make_tables: Callable[..., Tables],
) -> None:
    tables = make_tables()["prevalence"]
    rows = compare_prevalence(tables[tables["theme"] != "blame"], tables).set_index("theme")
    assert rows.loc["blame", "note"] == "No earlier run has an estimate of this theme."
    assert rows.loc["identity", "note"].startswith("Neither run has an estimate")
    assert rows["difference"].isna().all()


@given(st.tuples(share, share, share), st.tuples(share, share, share))
def test_the_interval_holds_the_difference_and_turns_with_it(
    then: tuple[float, ...], later: tuple[float, ...]
) -> None:
    low, before, high = sorted(then)
    low_now, now, high_now = sorted(later)
    found = difference_interval(before, (low, high), now, (low_now, high_now))
    turned = difference_interval(now, (low_now, high_now), before, (low, high))
    assert -1 <= found[0] <= now - before <= found[1] <= 1
    assert found == pytest.approx((-turned[1], -turned[0]))


# Drift of the scores.


@pytest.fixture
def corpus() -> tuple[pd.DataFrame, pd.DataFrame]:
    passages = make_passages(1200)
    tagged = np.random.default_rng(8).random(len(passages)) < 0.1
    return passages, make_scores(passages, tagged)


def newest(passages: pd.DataFrame, n: int) -> list[str]:
    return sorted(passages["passage_id"])[-n:]


def test_the_distance_is_that_of_the_cumulative_shares(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    ids = newest(passages, 300)
    row = check_drift(scores, passages=passages, new_passages=ids).iloc[0]
    new = scores["passage_id"].isin(ids)
    grid = scores["score"].to_numpy()
    cumulative = [
        (scores.loc[side, "score"].to_numpy()[:, None] <= grid).mean(axis=0) for side in (new, ~new)
    ]
    assert row["distance"] == pytest.approx(np.abs(cumulative[0] - cumulative[1]).max())
    # 300 passages of 100 threads against 300 threads: 1.3581 is Smirnov's factor at 5 %
    assert row["critical"] == pytest.approx(1.3581 * math.sqrt(1 / 100 + 1 / 300), rel=1e-4)
    assert not row["drifted"]
    assert row["note"].startswith("No drift of the scores is seen")


def test_new_posts_of_another_kind_drift_and_few_threads_tell_nothing(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    rows = []
    for n in (300, 30):
        ids = newest(passages, n)
        new = scores["passage_id"].isin(ids)
        higher = scores.assign(score=scores["score"].where(~new, scores["score"] + 0.1).clip(0, 1))
        rows.append(check_drift(higher, passages=passages, new_passages=ids).iloc[0])
    many, few = rows
    assert bool(many["drifted"])
    assert "Draw a further wave" in many["note"]
    assert many["new_top_share"] > 1.5 * many["top_share"]
    assert pd.isna(few["drifted"])
    assert "Too few threads to tell" in few["note"]
    assert check_drift(scores, passages=passages, new_passages=[]).empty


def test_without_a_drift_the_alarm_seldom_rings() -> None:
    """Two sets of threads of one kind, passages of a thread alike: 5 % of alarms at most."""
    rng, alarms = np.random.default_rng(21), 0
    passages = make_passages(600)
    for _ in range(100):
        scores = make_scores(passages, np.zeros(600, dtype=bool))
        thread = np.repeat(rng.normal(size=200), 3) + 0.5 * rng.normal(size=600)
        scores["score"] = stats.norm.cdf(thread)
        found = check_drift(scores, passages=passages, new_passages=newest(passages, 150))
        alarms += bool(found["drifted"].iloc[0])
    assert alarms <= 0.05 * 100 + 2 * math.sqrt(0.05 * 0.95 * 100)


# Do old labels hold for new posts?


def draw_labels(
    scores: pd.DataFrame, ids: list[str], *, shift: float, seed: int, n: int = 400
) -> pd.DataFrame:
    """Label n passages; with a shift a new passage of the same score is more often positive."""
    rng = np.random.default_rng(seed)
    chosen = scores.sample(n=n, random_state=seed).sort_values("passage_id", ignore_index=True)
    chance = 0.1 + 0.6 * chosen["score"] + shift * chosen["passage_id"].isin(ids)
    return chosen[["passage_id", "theme"]].assign(
        coder="a",
        present=pd.array(rng.random(n) < chance, dtype="boolean"),
        wave=1,
        stratum="1",
        inclusion_probability=n / len(scores),
    )


def test_the_difference_and_its_error_are_those_of_a_simple_formula(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """Residual means of two sets of threads, errors added up over threads, t distribution."""
    passages, scores = corpus
    ids = newest(passages, 400)
    labels = draw_labels(scores, ids, shift=0.0, seed=3)
    row = check_transfer(scores, labels, passages=passages, new_passages=ids).iloc[0]
    from scipy.special import expit, logit
    from sklearn.linear_model import LogisticRegression

    joined = labels.merge(scores, on=["passage_id", "theme"]).merge(passages, on="passage_id")
    new, present = joined["passage_id"].isin(ids).to_numpy(), joined["present"].to_numpy(float)
    x = logit(joined["score"].to_numpy())[:, None]
    model = LogisticRegression(solver="newton-cholesky").fit(x[~new], present[~new])
    residual = present - expit(model.decision_function(x))
    difference = residual[new].mean() - residual[~new].mean()
    meat = 0.0
    for side in (new, ~new):
        off = residual[side] - residual[side].mean()
        sums = pd.Series(off).groupby(joined.loc[side, "thread_id"].to_numpy()).sum()
        meat += float((sums**2).sum()) / side.sum() ** 2
    n, n_threads = len(joined), joined["thread_id"].nunique()
    error = math.sqrt(meat * n_threads / (n_threads - 1) * (n - 1) / (n - 2))
    half = stats.t.ppf(0.975, n_threads - 1) * error
    assert row["difference"] == pytest.approx(difference, abs=1e-8)
    assert (row["low"], row["high"]) == pytest.approx((difference - half, difference + half))
    assert row["observed"] == pytest.approx(present[new].mean())
    assert row["holds"]
    assert row["note"].startswith("The old labels hold as far as can be seen")


def test_a_change_of_meaning_is_seen_and_none_is_not_invented(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    ids = newest(passages, 500)
    kept = {
        shift: [
            bool(
                check_transfer(
                    scores,
                    draw_labels(scores, ids, shift=shift, seed=seed),
                    passages=passages,
                    new_passages=ids,
                ).iloc[0]["holds"]
            )
            for seed in range(40)
        ]
        for shift in (0.0, 0.25)
    }
    assert np.mean(kept[0.0]) >= 0.87
    assert np.mean(kept[0.25]) <= 0.1


def test_without_labels_of_new_posts_nothing_is_claimed(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    labels = draw_labels(scores, [], shift=0.0, seed=1)
    new = ["p9999"]
    row = check_transfer(scores, labels, passages=passages, new_passages=new).iloc[0]
    assert pd.isna(row["holds"])
    assert "Draw a further wave" in row["note"]
    few = check_transfer(scores, labels, passages=passages, new_passages=newest(passages, 90)).iloc[
        0
    ]
    assert pd.isna(few["holds"])
    assert "labels of new posts, 50 are needed" in few["note"]


# How it reads.


def test_words_hold_the_numbers_and_say_when_there_are_none() -> None:
    same = {"before": 0.05, "now": 0.05, "difference": 0.0, "corpus_low": 0.0, "corpus_high": 0.0}
    moved = same | {"now": 0.08, "difference": 0.03, "corpus_low": 0.01, "corpus_high": 0.05}
    none = {"discourse_low": None, "discourse_high": None, "note": "Conservative."}
    manifest = {
        "changed": {
            "posts_added": 1200,
            "posts_gone": 3,
            "differs_in": ["inputs", "labels"],
            "estimates": [{"theme": "blame"} | moved | none, {"theme": "pay_gap"} | same | none],
        },
        "label_checks": {"transfer": [{"theme": "pay_gap", "note": "Too few to compare."}]},
        "proxy": {"file": "codes.csv", "themes": ["blame"]},
    }
    assert tell_changes(manifest) == [
        "Since the last run that differed (in inputs and labels), 1,200 posts came in and 3 went.",
        "blame: prevalence 5.0% before, 8.0% now: +3.0 points (95% interval for these posts +1.0 "
        "to +5.0)",
        "pay gap: prevalence 5.0%, unchanged",
        "Conservative.",
        "Labels and new posts, pay gap: Too few to compare.",
    ]
    assert "first run" in tell_changes({})[0]
    assert tell_proxy(manifest)[0].startswith("Proxy: the scores of codes.csv stand in")
    assert tell_proxy({}) == []
    frame = pd.DataFrame(
        {
            "theme": "blame",
            "by": ["kind", "period"],
            "group": ["essay", "2024"],
            "reference": ["comment", "2022"],
            "difference": [0.02, np.nan],
            "low": [-0.01, np.nan],
            "high": [0.05, np.nan],
            "p_adjusted": [0.2, np.nan],
            "note": "",
        }
    )
    told = word_differences(frame)
    assert told["compared"].tolist() == ["essay against comment", "2022 to 2024"]
    assert told["points"].tolist() == ["+2.0 (-1.0 to +5.0)", "none"]
    assert told["p"].tolist() == ["0.200", "none"]


def test_an_estimate_that_rests_on_the_same_is_unchanged(
    make_tables: Callable[..., Tables],
) -> None:
    table = make_tables(essays=21, labelled=THEMES)["prevalence"]
    rows = compare_prevalence(table, table)
    assert (rows[["difference", "corpus_low", "corpus_high"]] == 0).all(axis=None)
