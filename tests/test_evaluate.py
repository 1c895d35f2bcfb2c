"""Figures of quality against labels: checked against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.evaluate import evaluate

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
    for name in ("recall", "recall_low", "recall_high", "f1_low"):
        assert copied[name] == pytest.approx(alone[name], abs=0.02)


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
    assert row["precision"] == 0
    empty = evaluate(scores, labels.iloc[:0], passages=passages).iloc[0]
    assert empty["n"] == 0
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
    with pytest.raises(DiscourseError, match="a pandas DataFrame"):
        evaluate(scores.to_dict(), labels, passages=passages)  # type: ignore[arg-type]
    with pytest.raises(DiscourseError, match="n_draws"):
        evaluate(scores, labels, passages=passages, n_draws=0)
