"""Figures draw what the frames hold, and say so in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pmdiscourse.errors import DiscourseError
from pmdiscourse.present import plots
from pmdiscourse.present.display import render_png
from pmdiscourse.present.frames import (
    count_by_place,
    count_by_thread,
    count_pairs,
    join_scores,
    records,
    select_shares,
)
from pmdiscourse.present.plots.style import short
from pmdiscourse.present.share_words import (
    tell_caption,
    tell_key,
    tell_no_plan,
    tell_range,
    tell_shares,
)
from pmdiscourse.present.wording import percent
from pmdiscourse.tables import empty_table

Tables = dict[str, pd.DataFrame]
THEMES = ("blame", "identity", "elite_education", "director_failure")

TERMS = pd.DataFrame(
    {
        "topic": ["blame", "blame", "identity", "other 1"],
        "kind": ["theme", "theme", "theme", "other"],
        "rank": [1, 2, 1, 1],
        "term": ["scapegoat", "fault", "impostor", "pricing"],
        "weight": [0.3, 0.1, 0.2, 0.4],
        "is_seed": [True, False, False, False],
        "n_threads": [3, 2, 2, 4],
    }
)
VERDICTS = pd.DataFrame(
    {"theme": ["blame", "identity", "elite_education"], "took": [True, False, False]}
)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def tables(make_tables: Callable[..., Tables]) -> Tables:
    return make_tables()


@pytest.fixture
def joined(tables: Tables) -> pd.DataFrame:
    return join_scores(tables["scores"], tables["passages"])


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts] + [
        text.get_text() for text in ax.get_xticklabels()
    ]


def test_join_keeps_every_score_and_refuses_an_unknown_passage(tables: Tables) -> None:
    joined = join_scores(tables["scores"], tables["passages"])
    assert len(joined) == len(tables["scores"])
    assert joined["text"].notna().all()
    with pytest.raises(DiscourseError, match="same run"):
        join_scores(tables["scores"], tables["passages"].iloc[1:])


def test_pairs_equal_a_count_by_hand(joined: pd.DataFrame) -> None:
    themes = {
        passage: {row["theme"] for row in records(rows) if row["tagged"]}
        for passage, rows in joined.groupby("passage_id")
    }
    both = sum({"blame", "identity"} <= found for found in themes.values())
    blame = sum("blame" in found for found in themes.values())
    identity = sum("identity" in found for found in themes.values())
    pairs = records(count_pairs(joined))
    row = next(
        pair for pair in pairs if {pair["theme"], pair["other_theme"]} == {"blame", "identity"}
    )
    assert both > 0
    assert row["n_both"] == both
    assert math.isclose(row["n_expected"], blame * identity / len(themes))
    assert len(pairs) == 6


def test_chance_holds_its_level_and_its_ends() -> None:
    """Of 40 passages with 10 and 20 tags, independent tags meet as the hypergeometric says."""
    passages = [f"p{number}" for number in range(40)]
    frame = pd.DataFrame(
        {
            "passage_id": passages * 2,
            "theme": ["blame"] * 40 + ["identity"] * 40,
            "tagged": [k < 10 for k in range(40)] + [k % 2 == 0 for k in range(40)],
        }
    )  # fmt: skip
    row = count_pairs(frame).iloc[0]
    chances = [math.comb(20, k) * math.comb(20, 10 - k) / math.comb(40, 10) for k in range(11)]
    assert row["n_expected"] == 5
    assert sum(chances[row["n_low"] : row["n_high"] + 1]) >= 0.95
    assert sum(chances[: row["n_low"]]) <= 0.025
    assert sum(chances[row["n_high"] + 1 :]) <= 0.025


def test_places_count_only_posts_that_have_fifths(joined: pd.DataFrame) -> None:
    places = count_by_place(joined)
    essays = joined[joined["kind"] == "essay"]
    assert len(places) == 4 * 5
    assert places.groupby("theme")["n"].sum().eq(essays["passage_id"].nunique()).all()
    assert places["n_tagged"].sum() == essays["tagged"].sum()


def test_places_do_not_depend_on_the_order_of_rows(joined: pd.DataFrame) -> None:
    shuffled = joined.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(count_by_place(joined), count_by_place(shuffled))
    pd.testing.assert_frame_equal(count_by_thread(joined), count_by_thread(shuffled))
    pd.testing.assert_frame_equal(count_pairs(joined), count_pairs(shuffled))


def test_threads_are_cut_to_the_largest(joined: pd.DataFrame) -> None:
    assert count_by_thread(joined, most=2)["thread_id"].nunique() == 2
    assert count_by_thread(joined, most=2)["n"].min() == 7
    assert count_by_thread(joined)["n_tagged"].sum() == joined["tagged"].sum()


def test_every_theme_is_on_every_figure_even_without_a_tag(
    tables: Tables, joined: pd.DataFrame
) -> None:
    drawn = [
        plots.plot_prevalence(tables["prevalence"]),
        plots.plot_prevalence(tables["prevalence"], unit="post"),
        plots.plot_groups(tables["prevalence"]),
        plots.plot_threads(joined, posts=tables["posts"]),
        plots.plot_cooccurrence(joined),
        plots.plot_dispersion(joined),
    ]
    for ax in drawn:
        text = " ".join(texts_of(ax)).replace("\n", " ")
        for theme in ("blame", "identity", "elite education", "director failure"):
            assert theme in text


def test_prevalence_figure_shows_value_n_and_band(tables: Tables) -> None:
    rows = select_shares(tables["prevalence"])
    ax = plots.plot_prevalence(tables["prevalence"])
    top = rows.iloc[0]
    tagged = round(top["tagged_share"] * top["n"])
    assert f"{100 * top['tagged_share']:.1f}% tagged, {tagged} of {top['n']}" in texts_of(ax)
    spans = [np.asarray(line.get_xdata(), dtype=float) for line in ax.lines]
    wanted = (100 * top["band_low"], 100 * top["band_high"])
    assert any(len(span) == 2 and np.allclose(span, wanted) for span in spans)
    assert "passages" in ax.get_xlabel()
    assert "sensitivity band" in ax.get_xlabel()


def test_a_theme_without_value_is_told_and_not_drawn(tables: Tables) -> None:
    data = tables["prevalence"].copy()
    lost = data["theme"] == "identity"
    data.loc[lost, ["tagged_share", "band_low", "band_high"]] = np.nan
    data.loc[lost, "n"] = 0
    assert "no value, n = 0" in texts_of(plots.plot_prevalence(data))
    assert "identity no value" in plots.describe_prevalence(data)


def spans_of(ax: Axes) -> list[tuple[float, ...]]:
    """Return the ends of everything drawn along the horizontal axis, in percent."""
    return [tuple(np.round(np.asarray(line.get_xdata(), dtype=float), 6)) for line in ax.lines]


@pytest.mark.parametrize(
    ("essays", "which", "scope"),
    [(21, "discourse", "posts like these"), (18, "corpus", "these posts")],
)
def test_an_estimate_is_drawn_with_the_widest_interval_there_is(
    make_tables: Callable[..., Tables], essays: int, which: str, scope: str
) -> None:
    data = make_tables(essays=essays, labelled=THEMES)["prevalence"]
    ax, told = plots.plot_prevalence(data), plots.describe_prevalence(data)
    for row in records(select_shares(data)):
        low, high = row[f"{which}_low"], row[f"{which}_high"]
        ends = f"{percent(low)} to {percent(high)}"
        assert f"{percent(row['estimate'])} ({ends}), n = {row['n']}" in texts_of(ax)
        assert f"{percent(row['estimate'])} (95% interval for {scope} {ends}; " in told
        drawn = spans_of(ax)
        assert (round(100 * low, 6), round(100 * high, 6)) in drawn
        assert (round(100 * row["estimate"], 6),) in drawn
        assert (round(100 * row["tagged_share"], 6),) in drawn
    key = " ".join(ax.get_xlabel().split())
    assert f"95% interval{', thin' if which == 'discourse' else ''} for {scope}" in key
    assert "sensitivity band" not in ax.get_xlabel() + told


def test_beside_estimates_a_tagged_share_keeps_its_band(
    make_tables: Callable[..., Tables],
) -> None:
    data = make_tables(essays=18, labelled=("blame",))["prevalence"]
    ax, told = plots.plot_prevalence(data), plots.describe_prevalence(data)
    row = next(row for row in records(select_shares(data)) if row["theme"] == "identity")
    assert (round(100 * row["band_low"], 6), round(100 * row["band_high"], 6)) in spans_of(ax)
    band = f"{percent(row['band_low'])} to {percent(row['band_high'])}"
    assert f"sensitivity band {band}" in told
    assert told.count("95% interval for these posts") == 1
    assert "wide line: sensitivity band" in ax.get_xlabel()
    circles = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(circles) == 1, "a dot is an estimate, and only blame has one"


def test_words_and_order_follow_what_each_row_is(make_tables: Callable[..., Tables]) -> None:
    tagged = select_shares(make_tables()["prevalence"])
    mixed = select_shares(make_tables(essays=18, labelled=("identity",))["prevalence"])
    few = select_shares(make_tables(essays=18, labelled=("blame",), n_labels=40)["prevalence"])
    small = select_shares(make_tables(essays=1, comments=0)["prevalence"])
    assert "no labels made by people went into them" in tell_shares(tagged)
    told = tell_shares(mixed)
    assert "people labelled 100. By their labels, the estimated prevalence is: identity in" in told
    assert "These are tagged shares" in told
    assert told.index("identity") < told.index("blame")
    assert "too few labels for an estimate" in tell_shares(few)
    assert "too few passages for a sensitivity band" in tell_key(small)
    assert "band" not in tell_caption(small)
    assert tell_range(records(small)[0]) == "too few passages for a band"
    rare = mixed["theme"] == "elite_education"
    data = mixed.assign(estimate=mixed["estimate"].mask(rare, 0.9))
    assert select_shares(data)["theme"].iloc[0] == "elite_education", "never tagged, often there"


def test_descriptions_hold_the_numbers_of_the_frames(tables: Tables, joined: pd.DataFrame) -> None:
    told = plots.describe_prevalence(tables["prevalence"])
    for row in records(select_shares(tables["prevalence"])):
        assert f"({round(row['tagged_share'] * row['n'])} of {row['n']}" in told
    pair = count_pairs(joined).iloc[0]
    chance = f"chance {pair['n_expected']:.1f}, {pair['n_low']} to {pair['n_high']}"
    assert f"{pair['n_both']} ({chance})" in plots.describe_cooccurrence(joined)
    blame = [row for row in records(count_by_place(joined)) if row["theme"] == "blame"]
    top = max(blame, key=lambda row: row["tagged_share"])
    assert f"{top['n_tagged']} of {top['n']}" in plots.describe_dispersion(joined)
    assert "elite education nowhere" in plots.describe_dispersion(joined)
    assert "elite education in 0 of 5 threads" in plots.describe_threads(joined)
    assert "essay 30.0% tagged (9 of 30" in plots.describe_groups(tables["prevalence"])


def test_descriptions_follow_the_data(joined: pd.DataFrame) -> None:
    before = plots.describe_cooccurrence(joined), plots.describe_dispersion(joined)
    changed = joined.assign(tagged=True)
    assert plots.describe_cooccurrence(changed) != before[0]
    assert plots.describe_dispersion(changed) != before[1]


def test_topics_show_verdicts_and_a_theme_without_terms() -> None:
    ax = plots.plot_topics(TERMS, verdicts=VERDICTS)
    texts = texts_of(ax)
    assert {"scapegoat", "fault", "impostor", "took", "did not take", "elite education"} <= set(
        texts
    )
    assert "pricing" not in texts
    told = plots.describe_topics(TERMS, verdicts=VERDICTS)
    assert "blame (took): scapegoat and fault" in told
    assert "elite education (did not take): no terms" in told


def test_trend_draws_one_step_for_each_theme(tables: Tables) -> None:
    rows = select_shares(tables["prevalence"])
    data = pd.concat([rows.assign(period=year) for year in ("2022", "2023")])
    ax = plots.plot_trend(data)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2022", "2023"]
    assert sum("in 2023" in text for text in texts_of(ax)) == 4
    assert "blame 30.3% in 2022 and 30.3% in 2023" in plots.describe_trend(data)
    steps = zip(("2021", "2022", "2023", "2024"), (0.1, 0.5, 0.3, 0.2), strict=True)
    peak = pd.concat([rows.assign(period=year, tagged_share=share) for year, share in steps])
    told = plots.describe_trend(peak)
    assert "blame 10.0% in 2021, 50.0% in 2022 and 20.0% in 2024" in told, "a peak is left out"


def test_without_periods_the_trend_says_so(tables: Tables) -> None:
    assert "no dated periods to compare" in texts_of(plots.plot_trend(tables["prevalence"]))
    assert "no dated periods" in plots.describe_trend(tables["prevalence"])


def test_nothing_scored_is_told_on_the_figure() -> None:
    empty = empty_table("prevalence")
    for ax in (plots.plot_prevalence(empty), plots.plot_groups(empty)):
        assert texts_of(ax)[0] == "no passage could be scored"
    joined = join_scores(empty_table("scores"), empty_table("passages"))
    for draw in (plots.plot_threads, plots.plot_cooccurrence, plots.plot_dispersion):
        assert len(texts_of(draw(joined))) == 1
    for describe in (plots.describe_threads, plots.describe_cooccurrence):
        assert describe(joined)


def test_axes_that_are_given_are_drawn_on(tables: Tables) -> None:
    ax = Figure().add_subplot()
    assert plots.plot_prevalence(tables["prevalence"], ax=ax) is ax
    with pytest.raises(TypeError, match="Axes or None"):
        plots.plot_prevalence(tables["prevalence"], ax="here")  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["knd", "source"])
def test_unknown_groups_are_told_with_the_known(tables: Tables, by: str) -> None:
    with pytest.raises(DiscourseError, match="'passage', 'kind'"):
        plots.plot_groups(tables["prevalence"], by=by)


def test_missing_columns_are_named(tables: Tables) -> None:
    with pytest.raises(DiscourseError, match="tagged_share"):
        plots.plot_prevalence(tables["prevalence"].drop(columns="tagged_share"))
    with pytest.raises(DiscourseError, match="is_seed"):
        plots.plot_topics(TERMS.drop(columns="is_seed"))


@pytest.mark.parametrize(
    "title",
    [
        r"The $\frac{price$ of $x^ growth",
        "🚀 到着 launch",
        "two\nlines\tof",
        "\x1b[31mred",
        "W" * 300,
    ],
)
def test_hostile_titles_are_drawn_as_text(make_tables: Callable[..., Tables], title: str) -> None:
    tables = make_tables(titles=(title,))
    joined = join_scores(tables["scores"], tables["passages"])
    ax = plots.plot_threads(joined, posts=tables["posts"])
    assert render_png(ax.figure).startswith(b"\x89PNG")  # type: ignore[arg-type]
    assert any(text.startswith(short(title, 10)[:9]) for text in texts_of(ax))
    ax.figure.canvas.draw()
    assert all(_inside(text, ax.figure) for text in ax.texts)  # type: ignore[arg-type]
    assert ax.bbox.width > 0.9 * ax.figure.bbox.width


def test_text_stays_readable_on_a_phone(tables: Tables, joined: pd.DataFrame) -> None:
    for ax in (
        plots.plot_prevalence(tables["prevalence"]),
        plots.plot_groups(tables["prevalence"]),
        plots.plot_threads(joined, posts=tables["posts"]),
        plots.plot_cooccurrence(joined),
        plots.plot_dispersion(joined),
        plots.plot_topics(TERMS, verdicts=VERDICTS),
    ):
        figure = ax.figure
        assert isinstance(figure, Figure)
        figure.canvas.draw()
        shown = [
            text for text in figure.findobj(plt.Text) if text.get_text() and text.get_visible()
        ]
        assert min(text.get_fontsize() for text in shown) * 6.4 / figure.get_figwidth() >= 9
        assert all(_inside(text, figure) for text in ax.texts)


def _inside(text: plt.Text, figure: Figure) -> bool:
    box = text.get_window_extent()
    return bool(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1)


def test_the_same_frame_gives_the_same_bytes(tables: Tables) -> None:
    first, second = (
        render_png(plots.plot_prevalence(tables["prevalence"]).figure)  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert first == second


def test_no_plan_says_whether_anything_is_left_to_label() -> None:
    some = pd.DataFrame({"n": [219, 219], "n_labels": [219, 100]})
    assert "Label 100 passages" in tell_no_plan(some)
    assert "Every passage is labelled" in tell_no_plan(some.assign(n_labels=219))


def test_a_passage_without_a_score_for_a_theme_is_not_tagged_with_it() -> None:
    rows = [("p1", "blame", True), ("p1", "identity", True), ("p2", "blame", True)]
    joined = pd.DataFrame(rows, columns=["passage_id", "theme", "tagged"])
    pair = count_pairs(joined).iloc[0]
    assert (pair["n_both"], pair["n"]) == (1, 2)
