"""Tagged shares with their band, and estimates only from labels that can carry them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.prevalence import estimate_prevalence, sensitivity_band
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.tables import check_table

N = 600


def make_passages(n: int, *, per_post: int = 3, posts_per_thread: int = 1) -> pd.DataFrame:
    """Return passages: every second post is a comment, the last one has no date."""
    post = np.arange(n) // per_post
    frame = pd.DataFrame(
        {
            "passage_id": [f"p{row:04d}" for row in range(n)],
            "post_id": [f"post{number}" for number in post],
            "thread_id": [f"thread{number // posts_per_thread}" for number in post],
            "kind": np.where(post % 2 == 1, "comment", "essay"),
            "source": "An invented board",
            "published_at": pd.Timestamp("2024-05-01", tz="UTC"),
            "language": "en",
            "position": np.arange(n) % per_post,
            "start": 0,
            "end": 9,
            "text": "Invented.",
            "n_words": 1,
        }
    )
    frame.loc[n - 1, "published_at"] = pd.NaT
    return check_table("passages", frame)


def make_scores(
    passages: pd.DataFrame, tagged: np.ndarray[tuple[int], np.dtype[np.bool_]], theme: str = "blame"
) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "passage_id": passages["passage_id"],
            "theme": theme,
            "score": np.where(tagged, 0.6, 0.1) + rng.uniform(0, 0.3, len(passages)),
            "tagged": tagged,
            "evidence": [[] for _ in range(len(passages))],
        }
    )
    return check_table("scores", frame)


@pytest.fixture
def passages() -> pd.DataFrame:
    return make_passages(90)


@pytest.fixture
def scores(passages: pd.DataFrame) -> pd.DataFrame:
    """Nine of 90 passages are tagged, in four of 30 posts: 0, 1, 2 (essay) and 3 (comment)."""
    rank = passages["passage_id"].rank().to_numpy()
    return make_scores(passages, (rank <= 7) | (rank == 10) | (rank == 11))


@pytest.mark.parametrize(
    ("tagged", "low", "high"),
    [
        (0.0, 0.0, 0.0),
        (0.03, 0.0, (0.03 - 0.005) / (0.5 - 0.005)),
        (0.1, (0.1 - 0.05) / (0.95 - 0.05), (0.1 - 0.005) / (0.5 - 0.005)),
        (0.6, (0.6 - 0.05) / (0.95 - 0.05), 1.0),
        (1.0, 1.0, 1.0),
    ],
)
def test_band_is_rogan_gladen_at_the_corners(tagged: float, low: float, high: float) -> None:
    assert sensitivity_band(tagged) == pytest.approx((low, high))


def test_without_labels_the_rows_are_tagged_shares(
    scores: pd.DataFrame, passages: pd.DataFrame
) -> None:
    table = estimate_prevalence(scores, passages=passages)
    pd.testing.assert_frame_equal(check_table("prevalence", table), table)
    rows = table.set_index("unit")
    assert rows["n"].to_dict() == {"passage": 90, "post": 30}
    assert rows["n_threads"].to_dict() == {"passage": 30, "post": 30}
    assert rows["tagged_share"].to_dict() == pytest.approx({"passage": 0.1, "post": 4 / 30})
    assert rows["band_low"]["passage"] == pytest.approx(0.05 / 0.9)
    assert rows["band_high"]["passage"] == pytest.approx(0.095 / 0.495)
    assert rows["n_labels"].tolist() == [0, 0]
    missing = ["estimate", "corpus_low", "corpus_high", "discourse_low", "discourse_high"]
    assert table[missing].isna().all(axis=None)


def test_note_has_the_agreed_wording(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    note = estimate_prevalence(scores, passages=passages).set_index("unit").loc["passage", "note"]
    assert note == (
        "Tagged share: 10.0% of passages were tagged by the model. This is not the prevalence. "
        "If the tagger finds 50-95% of true passages and wrongly tags 0.5-5% of others - "
        "assumptions, not measurements - the prevalence lies between 5.6% and 19.2%. "
        "Label 100 passages (`pmdiscourse label draw DIR --n 100`) to get an estimate."
    )


def test_groups_are_told_apart_but_not_compared(
    scores: pd.DataFrame, passages: pd.DataFrame
) -> None:
    table = estimate_prevalence(scores, passages=passages, by="kind")
    rows = table.set_index(["unit", "group"])
    assert set(table["by"]) == {"kind"}
    assert rows["n"].to_dict() == {
        ("passage", "comment"): 45,
        ("passage", "essay"): 45,
        ("post", "comment"): 15,
        ("post", "essay"): 15,
    }
    # Post 1 and post 3 are comments: passages 4-6 and 10-12; tagged are 1-7, 10 and 11.
    assert rows.loc[("passage", "comment"), "tagged_share"] == pytest.approx(5 / 45)
    assert rows.loc[("passage", "essay"), "tagged_share"] == pytest.approx(4 / 45)
    assert rows.loc[("post", "essay"), "tagged_share"] == pytest.approx(2 / 15)
    assert table["note"].str.contains("No comparison between groups is claimed").all()


def test_missing_value_of_a_group_is_unknown(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    table = estimate_prevalence(scores, passages=passages, by="published_at")
    assert table.query("unit == 'passage'").set_index("group")["n"]["unknown"] == 1


@pytest.mark.parametrize(("n", "per_thread"), [(15, 1), (90, 10)])
def test_few_units_or_threads_speak_only_for_themselves(n: int, per_thread: int) -> None:
    passages = make_passages(n, posts_per_thread=per_thread)
    table = estimate_prevalence(make_scores(passages, np.arange(n) < 2), passages=passages)
    assert table["note"].str.contains("nothing can be said beyond these posts").all()


def test_enough_units_and_threads_have_no_such_note(
    scores: pd.DataFrame, passages: pd.DataFrame
) -> None:
    notes = estimate_prevalence(scores, passages=passages)["note"]
    assert not notes.str.contains("beyond these posts").any()


def test_only_scored_passages_count(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    table = estimate_prevalence(scores.iloc[:45], passages=passages)
    assert table.set_index("unit").loc["passage", "n"] == 45


def test_order_of_rows_changes_nothing(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        estimate_prevalence(
            scores.sample(frac=1, random_state=1),
            passages=passages.sample(frac=1, random_state=2),
            by="kind",
        ),
        estimate_prevalence(scores, passages=passages, by="kind"),
    )


def test_unusable_input_is_told(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    with pytest.raises(DiscourseError, match=r"by.*'knd' is unknown.*Did you mean 'kind'"):
        estimate_prevalence(scores, passages=passages, by="knd")
    with pytest.raises(DiscourseError, match=r"passages lacks, first p0010.*same run"):
        estimate_prevalence(scores, passages=passages.query("passage_id != 'p0010'"))
    with pytest.raises(DiscourseError, match="tagged"):
        estimate_prevalence(scores.drop(columns="tagged"), passages=passages)


# With labels.


@pytest.fixture(scope="module")
def many() -> dict[str, pd.DataFrame]:
    """600 passages, 60 of them true, a tagger that errs, and a stratified sample of labels."""
    rng = np.random.default_rng(9)
    passages = make_passages(N)
    truth = rng.permutation(np.arange(N) < 60)
    tagged = np.where(truth, rng.random(N) < 0.7, rng.random(N) < 0.08)
    scores = make_scores(passages, tagged)
    strata = assign_strata(scores)
    drawn = (
        strata.rename("stratum")
        .reset_index()
        .groupby("stratum", group_keys=False)[["passage_id", "stratum"]]
        .apply(lambda rows: rows.sample(max(5, len(rows) // 3), random_state=1))
    )
    size = strata.value_counts()
    true_of = dict(zip(passages["passage_id"], truth, strict=True))
    labels = drawn.assign(
        theme="blame",
        coder="one",
        present=drawn["passage_id"].map(true_of).astype("boolean"),
        wave=1,
        inclusion_probability=drawn["stratum"].map(drawn["stratum"].value_counts() / size),
    ).reset_index(drop=True)
    return {"passages": passages, "scores": scores, "labels": labels}


def estimated(many: dict[str, pd.DataFrame], labels: pd.DataFrame) -> Any:
    table = estimate_prevalence(many["scores"], labels, passages=many["passages"])
    return table.set_index("unit").loc["passage"]


def test_labels_give_an_estimate_and_two_intervals(many: dict[str, pd.DataFrame]) -> None:
    row = estimated(many, many["labels"])
    assert row["n_labels"] == len(many["labels"])
    assert row["n_positive"] == many["labels"]["present"].sum()
    assert row["corpus_low"] < 0.1 < row["corpus_high"]
    assert row["corpus_low"] < row["estimate"] < row["corpus_high"]
    assert row["discourse_high"] - row["discourse_low"] > row["corpus_high"] - row["corpus_low"]
    assert abs(row["estimate"] - 0.1) < abs(row["tagged_share"] - 0.1)
    assert pd.isna(row["band_low"])
    assert "PPI++" in str(row["method"])


def test_a_second_coder_who_agrees_changes_nothing(many: dict[str, pd.DataFrame]) -> None:
    twice = pd.concat([many["labels"], many["labels"].assign(coder="two")])
    pd.testing.assert_series_equal(estimated(many, twice), estimated(many, many["labels"]))


def test_unsure_labels_count_as_absent_and_both_extremes_are_told(
    many: dict[str, pd.DataFrame],
) -> None:
    labels = many["labels"].copy()
    positive = labels.index[labels["present"].to_numpy(bool)]
    labels.loc[positive[:4], "present"] = pd.NA
    row, sure = estimated(many, labels), estimated(many, many["labels"])
    assert row["n_positive"] == sure["n_positive"] - 4
    assert (
        f"4 unsure labels count as absent; as present they would give {sure['estimate']:.1%}"
        in str(row["note"])
    )


def test_few_labels_fall_back_to_the_tagged_share(many: dict[str, pd.DataFrame]) -> None:
    row = estimated(many, many["labels"].iloc[:60])
    assert pd.isna(row["estimate"])
    assert row["labels_needed"] == 40
    assert "60 passages are labelled, 100 are needed" in str(row["note"])
    assert "This is not the prevalence" in str(row["note"])


def test_a_stratum_without_labels_gives_no_estimate(many: dict[str, pd.DataFrame]) -> None:
    row = estimated(many, many["labels"].query("stratum != '1'"))
    assert pd.isna(row["estimate"])
    assert "a stratum of 12 passages has 0 labels" in str(row["note"])


def test_few_threads_give_no_discourse_interval(many: dict[str, pd.DataFrame]) -> None:
    passages = many["passages"].assign(thread_id=lambda frame: frame["post_id"].str[-1])
    row = estimated(many | {"passages": passages}, many["labels"])
    assert row["corpus_low"] < row["corpus_high"]
    assert pd.isna(row["discourse_low"])
    assert "no interval for posts like these" in str(row["note"])


def test_convenience_labels_are_refused(many: dict[str, pd.DataFrame]) -> None:
    without = many["labels"].drop(columns="inclusion_probability")
    empty = many["labels"].assign(inclusion_probability=np.nan)
    for labels in (without, empty):
        with pytest.raises(DiscourseError, match=r"not drawn at random.*label draw"):
            estimated(many, labels)


def test_labels_of_another_draw_are_told(many: dict[str, pd.DataFrame]) -> None:
    labels = many["labels"]
    with pytest.raises(DiscourseError, match=r"stratum.*scores changed"):
        estimated(many, labels.assign(stratum=labels["stratum"].replace({"1": "2", "2": "1"})))
    with pytest.raises(DiscourseError, match="theme of labels"):
        estimated(many, labels.assign(theme="blam"))
    with pytest.raises(DiscourseError, match="without a score"):
        estimated(many, labels.assign(passage_id="x" + labels["passage_id"]))
    with pytest.raises(DiscourseError, match="one label per passage"):
        estimated(many, pd.concat([labels, labels]))


def test_design_carries_the_strata_of_the_draw(many: dict[str, pd.DataFrame]) -> None:
    design = assign_strata(many["scores"]).reset_index()
    new = many["scores"].assign(score=lambda frame: 1 - frame["score"])
    with pytest.raises(DiscourseError, match="scores changed"):
        estimate_prevalence(new, many["labels"], passages=many["passages"])
    table = estimate_prevalence(new, many["labels"], passages=many["passages"], design=design)
    assert table.set_index("unit").loc["passage", ["estimate"]].notna().all()
    with pytest.raises(DiscourseError, match="without a stratum"):
        estimate_prevalence(new, many["labels"], passages=many["passages"], design=design.iloc[:50])


def test_nothing_tagged_gives_no_band_that_reads_as_certainty(
    scores: pd.DataFrame, passages: pd.DataFrame
) -> None:
    none = scores.assign(tagged=False)
    row = estimate_prevalence(none, passages=passages).query("unit == 'passage'").iloc[0]
    assert row["tagged_share"] == 0
    assert pd.isna(row["band_low"])
    assert "Nothing was tagged" in row["note"]
    assert "0.0% and 0.0%" not in row["note"]


def test_the_corpus_interval_holds_what_was_labelled(many: dict[str, pd.DataFrame]) -> None:
    everything = estimated(many, many["labels"])
    n_positive, n = int(everything["n_positive"]), int(everything["n"])
    assert everything["corpus_low"] >= n_positive / n
    assert everything["corpus_high"] <= 1 - (int(everything["n_labels"]) - n_positive) / n
