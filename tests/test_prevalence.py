"""Tagged shares with their band, and estimates only from labels that can carry them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.prevalence import estimate_prevalence, sensitivity_band
from pmdiscourse.measure.strata import assign_strata, rank_posts, strata_now
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


def test_so_few_tags_that_all_may_be_wrong_have_no_band() -> None:
    """The lower false-positive rate is .5 %: a band of 0 to 0 would read as certainty."""
    passages = make_passages(1000)
    for n_tagged, has_band in ((0, False), (3, False), (5, False), (6, True), (30, True)):
        scores = make_scores(passages, np.arange(1000) < n_tagged, "blame")
        row = estimate_prevalence(scores, passages=passages).set_index("unit").loc["passage"]
        assert bool(row[["band_low", "band_high"]].notna().all()) == has_band
        assert ("may be wrong: no sensitivity band" in row["note"]) == (0 < n_tagged <= 5)
        assert not has_band or row["band_high"] > 0


def test_one_passage_with_one_label() -> None:
    passages = make_passages(1)
    scores = make_scores(passages, np.array([True]), "blame")
    label = passages[["passage_id"]].assign(theme="blame", present=True, stratum="5")
    label = label.assign(inclusion_probability=1.0, coder="a", wave=1)
    rows = estimate_prevalence(scores, label, passages=passages).set_index("unit")
    assert rows.loc["passage", "estimate"] == 1


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


def test_a_second_coder_who_agrees_changes_nothing_but_what_waits(
    many: dict[str, pd.DataFrame],
) -> None:
    twice = pd.concat([many["labels"], many["labels"].assign(coder="two")])
    two, one = estimated(many, twice), estimated(many, many["labels"])
    pd.testing.assert_series_equal(two.drop("note"), one.drop("note"))
    assert str(two["note"]).endswith(
        f" Coders agree with alpha 1.00 (0.89 to 1.00) on {two['n_labels']} passages that two "
        "coded: reliable."
    )
    assert str(one["note"]).endswith(
        f" Nothing was coded by two people: how far coders agree is not known. {one['n_positive']} "
        "positive labels await a second reading, and count as present until then."
    )


def test_notes_tell_what_awaits_a_decision(many: dict[str, pd.DataFrame]) -> None:
    labels = many["labels"]
    found = labels[labels["present"].to_numpy(bool)]
    other = found.head(2).assign(coder="two", present=pd.array([False] * 2, dtype="boolean"))
    row = estimated(many, pd.concat([labels, other]))
    assert f"{len(found) - 2} positive labels await a second reading" in str(row["note"])
    assert (
        "2 disagreements of coders await a decision: until then the majority counts, and a tie as "
        "absent."
    ) in str(row["note"])
    decided = found.head(2).assign(coder="Cleo (adjudication)")
    row = estimated(many, pd.concat([labels, other, decided]))
    assert "disagreement" not in str(row["note"])


def test_only_overall_estimates_tell_what_waits(many: dict[str, pd.DataFrame]) -> None:
    few = estimated(many, many["labels"].iloc[:60])
    assert "await" not in str(few["note"]), "no estimate, nothing to wait for"
    tables = {name: many[name] for name in ("scores", "labels", "passages")}
    by_kind = estimate_prevalence(**tables, by="kind")
    assert not by_kind["note"].str.contains("await").any()


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


# Groups, periods and posts.


def estimate_groups(many: dict[str, pd.DataFrame], **options: Any) -> pd.DataFrame:
    options = {"labels": many["labels"], "by": "kind"} | options
    passages = options.pop("passages", many["passages"])
    return estimate_prevalence(many["scores"], passages=passages, **options)


def of_passages(table: pd.DataFrame, key: str = "group") -> pd.DataFrame:
    return table[table["unit"] == "passage"].set_index(key)


def test_groups_have_estimates_that_add_up(many: dict[str, pd.DataFrame]) -> None:
    rows = of_passages(estimate_groups(many))
    whole = estimated(many, many["labels"])
    assert rows["n_labels"].sum() == whole["n_labels"]
    assert rows["n_positive"].sum() == whole["n_positive"]
    together = (rows["estimate"] * rows["n"]).sum() / rows["n"].sum()
    assert together == pytest.approx(whole["estimate"])
    for _, row in rows.iterrows():
        assert row["corpus_low"] < row["estimate"] < row["corpus_high"]
        assert row["corpus_high"] - row["corpus_low"] > whole["corpus_high"] - whole["corpus_low"]
        assert row["discourse_low"] < row["estimate"] < row["discourse_high"]
        assert pd.isna(row["band_low"])
        assert "labelled passages of this group" in str(row["note"])
        assert "compare" not in str(row["note"])


def test_one_group_of_all_is_the_overall_row(many: dict[str, pd.DataFrame]) -> None:
    row = of_passages(estimate_groups(many, by="source")).iloc[0]
    whole = estimated(many, many["labels"])
    figures = [name for name in whole.index if name.endswith(("_low", "_high", "_saved", "ate"))]
    pd.testing.assert_series_equal(row[figures], whole[figures], check_names=False)


def test_a_census_of_a_group_is_its_count(many: dict[str, pd.DataFrame]) -> None:
    strata = assign_strata(many["scores"])
    rng = np.random.default_rng(2)
    truth = pd.Series(rng.random(N) < 0.1, index=strata.index).astype("boolean")
    labels = pd.DataFrame({"passage_id": strata.index, "present": truth.array})
    labels = labels.assign(theme="blame", coder="one", wave=1, stratum=strata.array)
    rows = of_passages(estimate_groups(many, labels=labels.assign(inclusion_probability=1.0)))
    for kind, row in rows.iterrows():
        mine = many["passages"].loc[many["passages"]["kind"] == kind, "passage_id"]
        assert row["estimate"] == pytest.approx(truth[mine].mean())
        assert row["corpus_low"] == row["corpus_high"] == pytest.approx(row["estimate"])
        assert row["discourse_low"] < row["estimate"] < row["discourse_high"]
        assert row["labels_needed"] == 0


def test_a_small_group_has_no_estimate_and_says_how_many_labels_it_lacks(
    many: dict[str, pd.DataFrame],
) -> None:
    passages = many["passages"].assign(
        source=lambda f: np.where(f.index < 60, "A small board", "Another")
    )
    row = of_passages(estimate_groups(many, by="source", passages=passages)).loc["A small board"]
    assert pd.isna(row["estimate"])
    assert 0 < row["n_labels"] < 50
    assert row["labels_needed"] == 50 - row["n_labels"]
    assert f"{row['n_labels']} passages of this group are labelled, 50 are needed" in row["note"]
    assert "This is not the prevalence" in row["note"]


def test_few_positives_or_threads_are_too_few_to_compare(many: dict[str, pd.DataFrame]) -> None:
    labels = many["labels"].copy()
    comments = many["passages"].query("kind == 'comment'")["passage_id"]
    labels.loc[labels["passage_id"].isin(comments), "present"] = False
    rows = of_passages(estimate_groups(many, labels=labels))
    lack = "Too few to compare with others (0 positive labels, 5 are needed)"
    assert lack in rows.loc["comment", "note"]
    assert "not observed" in rows.loc["comment", "note"]
    assert rows.loc["comment", "corpus_low"] == 0 < rows.loc["comment", "corpus_high"]
    assert "Too few" not in rows.loc["essay", "note"]

    threads = many["passages"].assign(thread_id=lambda f: f["post_id"].str[-1])
    rows = of_passages(estimate_groups(many, passages=threads))
    assert rows["discourse_low"].isna().all()
    assert rows["note"].str.contains("5 threads, 20 are needed").all()


def test_a_stratum_without_labels_of_the_group_is_told(many: dict[str, pd.DataFrame]) -> None:
    drawn = many["labels"].query("stratum == '1'")["passage_id"]
    passages = many["passages"].assign(
        source=lambda f: np.where(f["passage_id"].isin(drawn) | (f.index > 400), "One", "Two")
    )
    row = of_passages(estimate_groups(many, by="source", passages=passages)).loc["Two"]
    top = assign_strata(many["scores"]).eq("1")
    mine = passages.query("source == 'Two'")["passage_id"]
    n = int(top[mine].sum())
    assert n > 1
    assert f"No label of its own speaks for {n} passages of this group" in row["note"]
    assert row["corpus_low"] < row["estimate"] < row["corpus_high"]


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ("year", ["2023", "2024"]),
        ("quarter", ["2023-Q4", "2024-Q2"]),
        ("month", ["2023-12", "2024-05"]),
    ],
)
def test_periods_have_rows_of_their_own(
    many: dict[str, pd.DataFrame], period: str, names: list[str]
) -> None:
    early = pd.Timestamp("2023-12-31 23:59", tz="UTC")
    passages = many["passages"].assign(
        published_at=lambda f: f["published_at"].where(f.index >= 240, early)
    )
    table = estimate_groups(many, by="period", period=period, passages=passages)
    rows = of_passages(table, "period")
    assert list(rows.index) == names
    assert set(rows["by"]) == set(rows["group"]) == {"all"}
    assert rows["n"].sum() == N - 1  # one passage has no date
    assert rows["estimate"].notna().all()
    assert rows["note"].str.contains("of this period").all()


def test_no_dates_give_no_periods(many: dict[str, pd.DataFrame]) -> None:
    undated = many["passages"].assign(published_at=pd.NaT)
    table = estimate_groups(many, by="period", passages=undated)
    assert table.empty
    assert list(table.columns) == list(estimate_groups(many).columns)


def test_posts_have_no_estimate_from_labels_of_passages(many: dict[str, pd.DataFrame]) -> None:
    for by in (None, "kind"):
        posts = estimate_groups(many, by=by).query("unit == 'post'")
        assert posts["estimate"].isna().all()
        assert posts["tagged_share"].notna().all()
        assert posts["note"].str.contains("labels are of passages, and nobody read the whole").all()


def label_posts(many: dict[str, pd.DataFrame], n: int = 150) -> pd.DataFrame:
    """Label drawn posts: present where any labelled or tagged passage of the post says so."""
    posts = rank_posts(many["scores"], many["passages"])
    strata = strata_now(posts)
    drawn = strata.groupby(strata, group_keys=False).sample(frac=n / len(strata), random_state=3)
    share = drawn.value_counts() / strata.value_counts()
    tagged = posts.set_index("passage_id")["tagged"]
    frame = pd.DataFrame({"passage_id": drawn.index, "stratum": drawn.array})
    return frame.assign(
        theme="blame",
        coder="one",
        present=tagged.loc[drawn.index].astype("boolean").array,
        wave=1,
        inclusion_probability=frame["stratum"].map(share),
    )


def test_labels_of_posts_estimate_posts_and_not_passages(many: dict[str, pd.DataFrame]) -> None:
    labels = label_posts(many)
    rows = estimate_groups(many, labels=labels, by=None).set_index("unit")
    post, passage = rows.loc["post"], rows.loc["passage"]
    assert post["n_labels"] == len(labels)
    assert post["corpus_low"] <= post["estimate"] <= post["corpus_high"]
    assert post["estimate"] == pytest.approx(post["tagged_share"], abs=0.02)
    assert "labelled posts" in post["note"]
    assert pd.isna(passage["estimate"])
    assert "labels are of whole posts" in passage["note"]


def test_labels_of_passages_and_of_posts_each_estimate_their_own(
    many: dict[str, pd.DataFrame],
) -> None:
    posts = label_posts(many)
    both = estimate_groups(many, labels=pd.concat([many["labels"], posts]), by=None)
    alone = [estimate_groups(many, labels=part, by=None) for part in (many["labels"], posts)]
    for unit, table in zip(("passage", "post"), alone, strict=True):
        mine = (frame[frame["unit"] == unit].squeeze() for frame in (both, table))
        pd.testing.assert_series_equal(*mine, check_names=False)


def test_labels_needed_plan_for_the_wanted_width(many: dict[str, pd.DataFrame]) -> None:
    wide, narrow = (
        of_passages(estimate_groups(many, by=None, half_width=width)).iloc[0]
        for width in (0.05, 0.01)
    )
    assert wide["labels_needed"] == 0
    assert 0 < narrow["labels_needed"] <= N - narrow["n_labels"]
    told = f"About {narrow['labels_needed']:.0f} more labels would narrow the interval for these"
    assert told in narrow["note"]
    with pytest.raises(DiscourseError, match="half_width"):
        estimate_groups(many, by=None, half_width=0)


def test_the_corpus_interval_holds_what_was_labelled(many: dict[str, pd.DataFrame]) -> None:
    everything = estimated(many, many["labels"])
    n_positive, n = int(everything["n_positive"]), int(everything["n"])
    assert everything["corpus_low"] >= n_positive / n
    assert everything["corpus_high"] <= 1 - (int(everything["n_labels"]) - n_positive) / n
