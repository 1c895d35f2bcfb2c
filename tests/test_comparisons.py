"""Contrasts and trends: right by formula, adjusted for their number, refused when too few."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.comparisons import compare_groups, estimate_trend
from pmdiscourse.measure.ppi import predict_outcomes
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.strata import assign_strata
from test_prevalence import make_passages, make_scores

Frames = dict[str, pd.DataFrame]
THEMES = ("blame", "identity", "elite_education", "director_failure")
N = 1000


def make_corpus(*, themes: tuple[str, ...] = ("blame",), rate: float = 0.15) -> Frames:
    """Build 1,000 passages in 250 posts of 125 threads, over nine quarters; 300 are labelled."""
    rng = np.random.default_rng(3)
    passages = make_passages(N, per_post=4, posts_per_thread=2)
    starts = pd.date_range("2022-01-01", periods=9, freq="QS", tz="UTC")
    passages["published_at"] = starts[np.arange(N) // 8 % 9]
    scores, labels = [], []
    for theme in themes:
        truth = rng.random(N) < rate
        tagged = np.where(truth, rng.random(N) < 0.7, rng.random(N) < 0.08)
        scores.append(make_scores(passages, tagged, theme))
        labels.append(pd.DataFrame({"theme": theme, "present": truth}, index=passages.index))
    table = pd.concat(scores, ignore_index=True)
    strata = assign_strata(table)
    drawn = strata.groupby(strata, group_keys=False).sample(frac=0.3, random_state=1)
    said = pd.concat(labels).assign(passage_id=lambda f: passages["passage_id"].loc[f.index])
    said = said[said["passage_id"].isin(drawn.index)].reset_index(drop=True)
    said["present"] = said["present"].astype("boolean")
    said["stratum"] = said["passage_id"].map(strata)
    share = drawn.value_counts() / strata.value_counts()
    said = said.assign(coder="one", wave=1, inclusion_probability=said["stratum"].map(share))
    return {
        "passages": passages,
        "scores": table,
        "labels": said,
        "design": strata.reset_index(),
    }


@pytest.fixture(scope="module")
def corpus() -> Frames:
    return make_corpus()


def compare(frames: Frames, **options: object) -> pd.DataFrame:
    return compare_groups(**frames, **options)  # type: ignore[arg-type]


def find_outcomes(corpus: Frames) -> pd.DataFrame:
    """Return pseudo-outcomes beside the passages, put together by hand."""
    frame = corpus["scores"].merge(corpus["passages"], on="passage_id").sort_values("passage_id")
    said = corpus["labels"].set_index("passage_id")["present"]
    present = said.reindex(frame["passage_id"]).to_numpy("float64", na_value=np.nan)
    strata = corpus["design"].set_index("passage_id")["stratum"].loc[frame["passage_id"]]
    number = strata.astype(int).to_numpy() - 1
    outcomes = predict_outcomes(present, frame["score"].to_numpy(), strata=number)
    return frame.assign(outcome=outcomes.values)


def sandwich(y: NDArray[np.float64], x: NDArray[np.float64], threads: pd.Series) -> list[float]:
    """Return slope, standard error and p value by the textbook's formula."""
    design = np.column_stack([np.ones(len(x)), x])
    bread = np.linalg.inv(design.T @ design)
    slope = bread @ design.T @ y
    meat = np.zeros((2, 2))
    residual = y - design @ slope
    for thread in threads.unique():
        inside = (threads == thread).to_numpy()
        score = design[inside].T @ residual[inside]
        meat += np.outer(score, score)
    n, g = len(y), threads.nunique()
    covariance = g / (g - 1) * (n - 1) / (n - 2) * bread @ meat @ bread
    error = float(np.sqrt(covariance[1, 1]))
    return [float(slope[1]), error, float(2 * stats.t.sf(abs(slope[1]) / error, g - 1))]


def test_a_contrast_is_the_clustered_regression(corpus: Frames) -> None:
    row = compare(corpus).iloc[0]
    frame = find_outcomes(corpus)
    essay = (frame["kind"] == "essay").to_numpy(float)
    slope, error, p = sandwich(frame["outcome"].to_numpy(), essay, frame["thread_id"])
    assert (row["group"], row["reference"]) == ("essay", "comment")
    assert row["difference"] == pytest.approx(slope, abs=1e-8)
    assert row["p_value"] == pytest.approx(p, abs=1e-8)
    reach = stats.t.ppf(0.975, corpus["passages"]["thread_id"].nunique() - 1) * error
    assert row["low"] == pytest.approx(slope - reach, abs=1e-8)
    assert row["high"] == pytest.approx(slope + reach, abs=1e-8)


def test_the_difference_is_that_of_the_estimates(corpus: Frames) -> None:
    table = estimate_prevalence(**corpus, by="kind").query("unit == 'passage'")  # type: ignore[arg-type]
    estimate = table.set_index("group")["estimate"]
    row = compare(corpus).iloc[0]
    assert row["difference"] == pytest.approx(estimate["essay"] - estimate["comment"])


def test_a_trend_is_the_clustered_regression_on_years(corpus: Frames) -> None:
    row = estimate_trend(**corpus).iloc[0]  # type: ignore[arg-type]
    frame = find_outcomes(corpus)
    published = frame["published_at"]
    years = (published.dt.year + (published.dt.quarter - 1) / 4).to_numpy(float)
    slope, _, p = sandwich(frame["outcome"].to_numpy(), years, frame["thread_id"])
    assert row["difference"] == pytest.approx(slope, abs=1e-8)
    assert row["p_value"] == pytest.approx(p, abs=1e-8)
    assert (row["reference"], row["group"]) == ("2022-Q1", "2024-Q1")


@pytest.mark.parametrize("period", ["month", "year"])
def test_a_trend_by_other_periods_is_per_year_too(corpus: Frames, period: str) -> None:
    quarters = estimate_trend(**corpus).iloc[0]  # type: ignore[arg-type]
    others = estimate_trend(**corpus, period=period).iloc[0]  # type: ignore[arg-type]
    assert np.sign(others["difference"]) == np.sign(quarters["difference"])
    if period == "month":  # the quarters' first months: the same times
        assert others["difference"] == pytest.approx(quarters["difference"])


def test_planned_tests_are_adjusted_by_holm_and_others_by_benjamini_and_hochberg() -> None:
    corpus = make_corpus(themes=THEMES)
    planned, explored = compare(corpus, planned=True), compare(corpus)
    p = np.sort(planned["p_value"].to_numpy())
    holm = np.minimum(np.maximum.accumulate(p * np.array([4, 3, 2, 1])), 1)
    rates = np.minimum(np.minimum.accumulate((p * 4 / np.array([1, 2, 3, 4]))[::-1])[::-1], 1)
    assert np.sort(planned["p_adjusted"].to_numpy()) == pytest.approx(holm)
    assert np.sort(explored["p_adjusted"].to_numpy()) == pytest.approx(rates)
    assert set(planned["adjustment"]) == {"Holm"}
    assert set(planned["plan"]) == {"planned"}
    assert set(explored["adjustment"]) == {"Benjamini-Hochberg"}
    assert set(explored["plan"]) == {"exploratory"}


def test_simultaneous_intervals_are_wider_and_one_alone_is_not() -> None:
    four = compare(make_corpus(themes=THEMES))
    reach = (four["high"] - four["low"]) / 2
    simultaneous = (four["simultaneous_high"] - four["simultaneous_low"]) / 2
    wider = stats.t.ppf(1 - 0.0125 / 2, 124) / stats.t.ppf(0.975, 124)
    assert (simultaneous / reach).to_numpy() == pytest.approx(np.full(4, wider))
    one = compare(make_corpus()).iloc[0]
    assert one["simultaneous_low"] == pytest.approx(one["low"])


def test_every_group_is_compared_with_the_reference(corpus: Frames) -> None:
    rows = compare(corpus, by="period", reference="2023")
    assert rows["group"].tolist() == ["2022", "2024"]
    assert set(rows["reference"]) == {"2023"}
    with pytest.raises(DiscourseError, match=r"reference group '2032' is unknown.*2022, 2023"):
        compare(corpus, by="period", reference="2032")


def test_order_of_rows_changes_nothing(corpus: Frames) -> None:
    shuffled = {name: frame.sample(frac=1, random_state=5) for name, frame in corpus.items()}
    pd.testing.assert_frame_equal(compare(shuffled), compare(corpus))
    pd.testing.assert_frame_equal(
        estimate_trend(**shuffled),  # type: ignore[arg-type]
        estimate_trend(**corpus),  # type: ignore[arg-type]
    )


def test_few_threads_labels_or_positives_are_refused_with_words(corpus: Frames) -> None:
    few_threads = corpus["passages"].assign(thread_id=corpus["passages"]["thread_id"].str[-1])
    row = compare(corpus | {"passages": few_threads}).iloc[0]
    assert np.isnan(row["p_value"])
    assert row["note"].startswith(
        "Too few to compare: 10 threads (20 needed) in one of the two groups"
    )
    assert row["note"].endswith("; add posts, for labels bring no further threads.")

    passages = corpus["passages"]
    rare = passages.assign(source=np.where(passages.index < 120, "A small board", "Another"))
    row = compare(corpus | {"passages": rare}, by="source").iloc[0]
    assert "labels (50 needed)" in row["note"]
    assert row["note"].endswith("; add posts, for labels bring no further threads.")

    absent = corpus["labels"].copy()
    absent["present"] = absent["present"] & (np.arange(len(absent)) < 30)
    row = compare(corpus | {"labels": absent}).iloc[0]
    assert "positive labels (5 needed)" in row["note"]
    assert row["note"].endswith("draw more labels with `pmdiscourse label draw`, or add posts.")


def test_a_trend_needs_threads_periods_and_dates(corpus: Frames) -> None:
    passages = corpus["passages"]
    threads = corpus | {"passages": passages.assign(thread_id=passages["thread_id"].str[-1])}
    one_time = corpus | {"passages": passages.assign(published_at=passages["published_at"].min())}
    undated = corpus | {"passages": passages.assign(published_at=pd.NaT)}
    for frames, told in (
        (threads, "10 threads (30 needed)"),
        (one_time, "periods: 1 (3 needed)"),
        (
            undated,
            "0 labels (100 needed), 0 positive labels (5 needed) with a date",
        ),
    ):
        row = estimate_trend(**frames).iloc[0]  # type: ignore[arg-type]
        assert np.isnan(row["difference"])
        assert np.isnan(row["p_adjusted"])
        assert told in row["note"]


def test_a_refused_theme_does_not_count_as_a_test() -> None:
    corpus = make_corpus(themes=THEMES)
    labels = corpus["labels"]
    rows = compare(corpus | {"labels": labels[labels["theme"] == "blame"]}).set_index("theme")
    assert rows.loc["blame", "p_adjusted"] == rows.loc["blame", "p_value"]
    assert rows["p_value"].notna().sum() == 1
    assert "no labels" in rows.loc["identity", "note"]


def test_tagged_shares_are_never_compared(corpus: Frames) -> None:
    with pytest.raises(DiscourseError, match=r"comparison needs labels.*label draw"):
        compare(corpus | {"labels": None})  # type: ignore[dict-item]
    convenience = corpus["labels"].drop(columns="inclusion_probability")
    with pytest.raises(DiscourseError, match="not drawn at random"):
        compare(corpus | {"labels": convenience})
    rows = compare(corpus, unit="post")
    assert rows["p_value"].isna().all()
    assert rows["note"].str.contains("no labels of posts").all()


def test_unknown_options_are_told(corpus: Frames) -> None:
    for options, message in (
        ({"by": "knd"}, "Did you mean 'kind'"),
        ({"by": "period", "period": "week"}, "period 'week' is unknown"),
        ({"unit": "thread"}, "unit 'thread' is unknown"),
    ):
        with pytest.raises(DiscourseError, match=message):
            compare(corpus, **options)
