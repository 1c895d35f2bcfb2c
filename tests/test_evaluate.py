"""Figures of quality against labels: checked against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    precision_recall_fscore_support,
    recall_score,
)

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.coded import join_labels
from pmdiscourse.measure.evaluate import evaluate
from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.tables import check_table
from test_prevalence import make_passages, make_scores

Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def build_frames(*, n: int = 200, threads: int = 40, share: float = 0.2, seed: int = 0) -> Frames:
    """Return scores, labels and passages of one theme; scores are coarse, so that they tie."""
    random = np.random.default_rng(seed)
    ids = [f"p{i:03d}" for i in range(n)]
    present = random.random(n) < share
    score = np.round(np.clip(0.3 * present + random.random(n) * 0.7, 0, 1), 1)
    scores = pd.DataFrame(
        {"passage_id": ids, "theme": "blame", "score": score, "tagged": score >= 0.5}
    )
    labels = pd.DataFrame({"passage_id": ids, "theme": "blame", "present": present})
    passages = pd.DataFrame({"passage_id": ids, "thread_id": [f"t{i % threads}" for i in range(n)]})
    return scores, labels.astype({"present": "boolean"}), passages


def test_figures_agree_with_scikit_learn() -> None:
    scores, labels, passages = build_frames()
    row = evaluate(scores, labels, passages=passages).iloc[0]
    present = labels["present"].astype(bool)
    precision, recall, f1, _ = precision_recall_fscore_support(
        present, scores["tagged"], average="binary"
    )
    average = average_precision_score(present, scores["score"])
    expected = [average, precision, recall, f1]
    assert row[["average_precision", "precision", "recall", "f1"]].tolist() == pytest.approx(
        expected
    )
    assert (row["n"], row["n_threads"], row["n_positive"]) == (200, 40, present.sum())


def test_intervals_hold_the_value_and_narrow_with_more_threads() -> None:
    widths = []
    for n in (100, 1600):
        scores, labels, passages = build_frames(n=n, threads=n // 4)
        row = evaluate(scores, labels, passages=passages).iloc[0]
        for name in ("average_precision", "precision", "recall", "f1"):
            assert 0 <= row[f"{name}_low"] < row[name] < row[f"{name}_high"] <= 1
        widths.append(row["f1_high"] - row["f1_low"])
    assert widths[1] < widths[0] / 2


def test_whole_threads_are_drawn() -> None:
    """Twenty copies of a passage in a thread are one piece of evidence, not twenty."""
    scores, labels, passages = build_frames(n=40, threads=40)
    alone = evaluate(scores, labels, passages=passages).iloc[0]
    copies = [
        frame.loc[frame.index.repeat(20)].assign(
            passage_id=lambda f: (
                f["passage_id"] + "-" + f.groupby("passage_id").cumcount().astype(str)
            )
        )
        for frame in (scores, labels, passages)
    ]
    copied = evaluate(copies[0], copies[1], passages=copies[2]).iloc[0]
    for name in ("average_precision", "precision", "recall", "f1"):
        assert copied[name] == pytest.approx(alone[name])
        widths = [row[f"{name}_high"] - row[f"{name}_low"] for row in (alone, copied)]
        # Independent passages, twenty times as many, would give a quarter of the width.
        assert 0.95 < widths[1] / widths[0] < 1.4


def bootstrap(frames: Frames, weight: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return percentiles of precision, recall and F1 over drawn threads."""
    scores, labels, passages = frames
    tagged, present = scores["tagged"].to_numpy(), labels["present"].to_numpy(dtype=bool)
    thread = np.unique(passages["thread_id"], return_inverse=True)[1]
    n_threads = thread.max() + 1
    random = np.random.default_rng(8)
    drawn = []
    for _ in range(1500):
        times = np.bincount(random.integers(0, n_threads, n_threads), minlength=n_threads)
        counted = times[thread] * weight
        hits = counted @ (tagged & present)
        n_tagged, n_present = counted @ tagged, counted @ present
        drawn.append((hits / n_tagged, hits / n_present, 2 * hits / (n_tagged + n_present)))
    ends = np.percentile(drawn, [2.5, 97.5], axis=0)
    return pd.DataFrame(ends, columns=["precision", "recall", "f1"], index=["low", "high"])


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_agree_with_a_bootstrap_where_there_is_much_to_draw(weighted: bool) -> None:
    frames = build_frames(n=3000, threads=300, seed=4)
    chance = np.random.default_rng(3).choice([0.2, 0.5, 1.0], 3000) if weighted else np.ones(3000)
    scores, labels, passages = frames
    row = evaluate(
        scores, labels.assign(inclusion_probability=chance), passages=passages, n_draws=1
    ).iloc[0]
    expected = bootstrap(frames, 1 / chance)
    for name in expected.columns:
        for end in ("low", "high"):
            assert row[f"{name}_{end}"] == pytest.approx(expected.loc[end, name], abs=0.012)


def test_no_hit_and_nothing_but_hits_keep_a_width() -> None:
    """None of six tags right is no proof that none ever is."""
    scores, labels, passages = build_frames(n=60, threads=20)
    tagged = scores.index < 6
    scores = scores.assign(tagged=tagged, score=np.where(tagged, 0.9, 0.1))
    wrong = labels.assign(present=scores.index >= 54).astype({"present": "boolean"})
    row = evaluate(scores, wrong, passages=passages).iloc[0]
    assert (row["n_tagged"], row["n_hits"], row["n_positive"]) == (6, 0, 6)
    for name in ("precision", "recall", "f1"):
        assert (row[name], row[f"{name}_low"]) == (0, 0)
        assert 0.2 < row[f"{name}_high"] < 0.6
    right = labels.assign(present=tagged).astype({"present": "boolean"})
    row = evaluate(scores, right, passages=passages).iloc[0]
    for name in ("precision", "recall", "f1"):
        assert (row[name], row[f"{name}_high"]) == (1, 1)
        assert 0.4 < row[f"{name}_low"] < 0.8


def test_all_positives() -> None:
    scores, labels, passages = build_frames()
    row = evaluate(scores, labels.assign(present=True), passages=passages).iloc[0]
    assert row[["average_precision", "precision"]].tolist() == [1, 1]
    assert row["recall"] == pytest.approx(scores["tagged"].mean())


def test_interval_covers_the_truth() -> None:
    """Of 95 % intervals of recall on draws of threads about 95 in 100 hold the true recall."""
    truth = build_frames(n=200_000, threads=50_000, seed=99)
    present = truth[1]["present"].to_numpy(dtype=bool)
    recall = truth[0]["tagged"].to_numpy()[present].mean()
    held = 0
    for seed in range(100):
        scores, labels, passages = build_frames(n=300, threads=100, seed=seed)
        row = evaluate(scores, labels, passages=passages, n_draws=300).iloc[0]
        held += row["recall_low"] <= recall <= row["recall_high"]
    assert 88 <= held <= 100


def build_drawable(n: int, share_found: float) -> Frames:
    """Return scores, the truth about every passage, and passages: few true ones are tagged."""
    random = np.random.default_rng(5)
    passages = make_passages(n)
    present = random.random(n) < 0.1
    found = present & (random.random(n) < share_found)
    score = np.where(found, random.uniform(0.5, 1, n), random.uniform(0, 0.52, n)).round(3)
    scores = make_scores(passages, present, "blame").assign(score=score, tagged=score >= 0.5)
    truth = pd.DataFrame({"passage_id": passages["passage_id"], "theme": "blame"})
    truth = truth.assign(present=pd.array(present, dtype="boolean"))
    return check_table("scores", scores), truth, passages


def evaluate_draws(frames: Frames, *, n: int, first: int | None = None) -> pd.DataFrame:
    """Label 20 drawn samples with the truth and evaluate each."""
    scores, truth, passages = frames
    rows = []
    for seed in range(20):
        design = draw_sample(passages, scores, n=n, random_state=seed).head(first or n)
        labels = design.merge(truth, on="passage_id")
        rows.append(evaluate(scores, labels, passages=passages, n_draws=200, random_state=seed))
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize(("size", "n", "first"), [(8000, 400, None), (600, 100, 100)])
def test_labels_of_a_draw_weigh_what_they_stand_for(size: int, n: int, first: int | None) -> None:
    """A draw prefers high scores: unweighted, recall would look far too good.

    The second corpus is so small that it is drawn whole, and only its first rows are labelled.
    """
    frames = build_drawable(size, 0.2)
    truth = evaluate(frames[0], frames[1], passages=frames[2], n_draws=1).iloc[0]
    draws = evaluate_draws(frames, n=n, first=first)
    assert draws["weighted"].all()
    for name in ("recall", "precision", "f1"):
        error = draws[name].std() / np.sqrt(len(draws))
        assert abs(draws[name].mean() - truth[name]) < 3 * error
        held = draws[f"{name}_low"].le(truth[name]) & draws[f"{name}_high"].ge(truth[name])
        assert held.sum() >= 17


def test_a_label_stands_for_what_is_left_of_its_stratum() -> None:
    """A corpus drawn whole, labelled in part; then most of the lowest stratum goes."""
    scores, truth, passages = build_drawable(600, 0.2)
    design = draw_sample(passages, scores, n=100, random_state=1)
    labels = design.head(100).merge(truth, on="passage_id")
    unlabelled = design.iloc[100:]
    gone = unlabelled.loc[unlabelled["stratum"] == "5", "passage_id"].head(280)
    left = scores[~scores["passage_id"].isin(gone)]
    told = evaluate(left, labels, passages=passages, design=design).iloc[0]
    size = design.loc[design["passage_id"].isin(left["passage_id"]), "stratum"].value_counts()
    rows = labels.merge(scores, on=["passage_id", "theme"])
    weight = rows["stratum"].map(size / rows["stratum"].value_counts()).to_numpy(dtype=float)
    expected = recall_score(rows["present"].astype(bool), rows["tagged"], sample_weight=weight)
    assert told["recall"] == pytest.approx(expected)
    guessed = evaluate(left, labels, passages=passages).iloc[0]
    assert abs(guessed["recall"] - expected) > 0.01
    with pytest.raises(DiscourseError, match="design"):
        evaluate(scores, labels, passages=passages, design=design.drop(columns="stratum"))


def test_without_complete_probabilities_nothing_is_weighted() -> None:
    scores, labels, passages = build_frames()
    plain = evaluate(scores, labels, passages=passages)
    assert not plain["weighted"].any()
    gap = labels.assign(inclusion_probability=[np.nan, *[0.1] * 199])
    pd.testing.assert_frame_equal(evaluate(scores, gap, passages=passages), plain)
    even = evaluate(scores, labels.assign(inclusion_probability=0.1), passages=passages)
    assert even["weighted"].all()
    pd.testing.assert_frame_equal(even.drop(columns="weighted"), plain.drop(columns="weighted"))


def test_weighted_figures_agree_with_scikit_learn() -> None:
    scores, labels, passages = build_frames()
    chance = np.random.default_rng(2).choice([0.05, 0.4, 1.0], len(labels))
    row = evaluate(
        scores, labels.assign(inclusion_probability=chance), passages=passages, n_draws=1
    ).iloc[0]
    present = labels["present"].astype(bool)
    expected = precision_recall_fscore_support(
        present, scores["tagged"], average="binary", sample_weight=1 / chance
    )[:3]
    assert row[["precision", "recall", "f1"]].tolist() == pytest.approx(list(expected))
    average = average_precision_score(present, scores["score"], sample_weight=1 / chance)
    assert row["average_precision"] == pytest.approx(average)


def test_same_numbers_in_any_order_of_rows() -> None:
    scores, labels, passages = build_frames()
    first = evaluate(scores, labels, passages=passages)
    shuffled = [frame.sample(frac=1, random_state=3) for frame in (scores, labels, passages)]
    second = evaluate(shuffled[0], shuffled[1], passages=shuffled[2])
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


def test_majority_of_coders_and_missing_labels() -> None:
    scores, labels, passages = build_frames(n=4, threads=4)
    votes: dict[str, list[int | None]] = {
        "p000": [1, 1, 0],
        "p001": [0, 1],
        "p002": [0, None],
        "p003": [None],
    }
    rows = [(p, "blame", vote) for p, coders in votes.items() for vote in coders]
    several = pd.DataFrame(rows, columns=labels.columns).astype({"present": "boolean"})
    row = evaluate(scores, several, passages=passages).iloc[0]
    assert (row["n"], row["n_positive"]) == (2, 1)  # p001 is a tie, p003 was not decided
    assert row["note"] == "fewer than 10 positives"


def test_labelled_passages_without_a_score_are_counted() -> None:
    scores, labels, passages = build_frames()
    row = evaluate(scores.iloc[20:], labels, passages=passages).iloc[0]
    assert (row["n"], row["n_unscored"]) == (180, 20)


def test_nothing_to_measure_is_missing_not_zero() -> None:
    scores, labels, passages = build_frames()
    row = evaluate(scores, labels.assign(present=False), passages=passages).iloc[0]
    assert row[["average_precision", "recall", "recall_low"]].isna().all()
    assert (row["precision"], row["precision_low"]) == (0, 0)
    assert row["precision_high"] > 0
    untagged = evaluate(scores.assign(tagged=False), labels, passages=passages).iloc[0]
    assert np.isnan(untagged["precision"])
    assert untagged["recall"] == 0
    empty = evaluate(scores, labels.iloc[:0], passages=passages).iloc[0]
    assert empty["n"] == 0
    assert not empty["weighted"]
    assert np.isnan(empty["f1"])
    assert np.isnan(empty["f1_high"])


def test_mistakes_are_told() -> None:
    scores, labels, passages = build_frames()
    with pytest.raises(DiscourseError, match="Did you mean 'blame'"):
        evaluate(scores, labels.assign(theme="blme"), passages=passages)
    with pytest.raises(DiscourseError, match="drawn from another run"):
        evaluate(scores, labels, passages=passages.iloc[1:])
    with pytest.raises(DiscourseError, match="'present'"):
        evaluate(scores, labels.drop(columns="present"), passages=passages)
    for chance, told in ((0.0, "above 0 and up to 1"), (1.5, "above 0 and up to 1")):
        with pytest.raises(DiscourseError, match=told):
            evaluate(scores, labels.assign(inclusion_probability=chance), passages=passages)
    twice = pd.concat([labels.assign(inclusion_probability=chance) for chance in (0.2, 0.3)])
    with pytest.raises(DiscourseError, match="several for a passage"):
        evaluate(scores, twice, passages=passages)
    with pytest.raises(DiscourseError, match="a pandas DataFrame"):
        evaluate(scores.to_dict(), labels, passages=passages)  # type: ignore[arg-type]
    with pytest.raises(DiscourseError, match="n_draws"):
        evaluate(scores, labels, passages=passages, n_draws=0)


def test_labels_of_a_whole_draw_that_stopped_early_keep_their_weight_after_a_further_wave() -> None:
    """Chances below 1 in the new strata say nothing of the old ones."""
    scores, truth, passages = build_drawable(900, 0.2)
    old = passages["passage_id"].str[-3:].astype(int).mod(9).lt(5)
    kept = set(passages.loc[old, "passage_id"])
    first = draw_sample(
        passages[old], scores[scores["passage_id"].isin(kept)], n=100, random_state=1
    )
    rest = passages.loc[~old, ["passage_id"]].assign(stratum="w2-1", inclusion_probability=0.25)
    second = rest.sample(frac=0.25, random_state=1)
    design = pd.concat([first[["passage_id", "stratum"]], rest[["passage_id", "stratum"]]])
    drawn = pd.concat([first.head(100), second])
    labels = drawn[["passage_id", "stratum", "inclusion_probability"]].merge(truth, on="passage_id")
    joined = join_labels(scores, labels, passages=passages, design=design)
    weight = joined.groupby(joined["stratum"].eq("w2-1"))["weight"].sum()
    assert weight.tolist() == pytest.approx([old.sum(), (~old).sum()])


def test_a_theme_with_fewer_labels_than_another_has_heavier_ones() -> None:
    scores, truth, passages = build_drawable(300, 0.2)
    design = draw_sample(passages, scores, n=300, random_state=1)
    labels = design.merge(truth, on="passage_id")
    other = labels.head(90).assign(theme="identity")
    both = pd.concat([scores, scores.assign(theme="identity")])
    joined = join_labels(both, pd.concat([labels, other]), passages=passages)
    assert joined.groupby("theme")["weight"].sum().to_dict() == pytest.approx(
        {"blame": 300, "identity": 300}
    )
