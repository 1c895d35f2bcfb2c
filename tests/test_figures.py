"""Every figure of every hard corpus: no text cut or on top of another, no name that is lost, no
number in an alternative text that its frame does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from figure_cases import CASES, Drawn, draw_all
from pmdiscourse.present import plots
from pmdiscourse.present.frames import count_pairs
from pmdiscourse.present.plots import style
from pmdiscourse.present.wording import label, percent

BLANK = 0.35  # inches
NARROW = 1 / 3  # of the figure: what axes keep beside their names
ENOUGH = 28  # letters that tell which name it is, where there is no room for all
# Of the wording, not of the data: the level of the intervals, the F of F1, the line of the plan.
CONSTANTS = {"95", "1", "2.0"}


@pytest.fixture(scope="module", params=sorted(CASES))
def figures(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[Drawn]]]:
    yield request.param, draw_all(CASES[request.param]())
    plt.close("all")


def figure_of(ax: Axes) -> Figure:
    assert isinstance(ax.figure, Figure)
    return ax.figure


def drawn_texts(figure: Figure) -> list[Text]:
    """Return all texts that can be seen; ticks outside of the axes are not drawn."""
    hidden = set()
    for ax in figure.findobj(Axes):
        for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):  # type: ignore[attr-defined]
            for tick in axis.get_major_ticks():
                if not min(limits) <= tick.get_loc() <= max(limits):
                    hidden |= {tick.label1, tick.label2}
    texts = [text for text in figure.findobj(Text) if text not in hidden]
    return [t for t in texts if isinstance(t, Text) and t.get_visible() and t.get_text().strip()]


def find_faults(ax: Axes) -> list[str]:
    """List texts that are cut or lie on another, axes without room and a blank foot, by
    matplotlib's own extents.
    """
    figure = figure_of(ax)
    figure.canvas.draw()
    texts = drawn_texts(figure)
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    faults = [f"cut: {text.get_text()!r}" for text in texts if is_cut(text, figure)]
    if ax.bbox.width < NARROW * figure.bbox.width:
        faults.append("the names leave the axes no room")
    for (one, first), (two, second) in combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        up = min(first.y1, second.y1) - max(first.y0, second.y0)
        if across > 1 and up > 1:
            faults.append(f"{one!r} lies on {two!r}")
    if boxes and min(box.y0 for _, box in boxes) > BLANK * figure.dpi:
        faults.append("blank below the last line")
    return faults


def is_cut(text: Text, figure: Figure) -> bool:
    """Tell whether a text goes beyond the figure, or beyond the box that clips it."""
    box = text.get_window_extent()
    frames = [figure.bbox]
    if text.get_clip_on() and text.get_clip_box() is not None:
        frames.append(text.get_clip_box())
    return any(
        box.x0 < frame.x0 - 1 or box.y0 < frame.y0 - 1 or box.x1 > frame.x1 + 1
        or box.y1 > frame.y1 + 1
        for frame in frames
    )  # fmt: skip


def test_no_text_is_cut_or_lies_on_another(figures: tuple[str, list[Drawn]]) -> None:
    _, drawn = figures
    found = {one.name: faults for one in drawn if (faults := find_faults(one.ax))}
    assert not found


def test_the_search_for_faults_finds_them() -> None:
    ax = Figure(figsize=(5.2, 2)).add_subplot()
    assert find_faults(ax) == []
    ax.text(0.5, 0.5, "one word")
    ax.text(0.52, 0.52, "another")
    ax.text(0.9, 0.1, "much too long for this place")
    assert find_faults(ax) == [
        "cut: 'much too long for this place'", "'one word' lies on 'another'",
    ]  # fmt: skip


def test_text_that_its_axes_clip_and_squeezed_axes_are_found() -> None:
    ax = Figure(figsize=(5.2, 2)).add_axes((0.1, 0.1, 0.5, 0.8))
    ax.text(0.8, 0.05, "over the edge", clip_on=True)
    assert find_faults(ax) == ["cut: 'over the edge'"]
    ax = Figure(figsize=(5.2, 2)).add_axes((0.1, 0.1, 0.2, 0.8))
    ax.text(0, 0.05, "a name that is far wider")
    assert find_faults(ax) == ["the names leave the axes no room"]


def names_in(one: Drawn) -> set[str]:
    """Return the names of themes and groups that a figure draws, as they are written in full."""
    frame = one.frames[0]
    if one.name == "pairs":
        shown = frame.head(15)
        return {label(name) for name in [*shown["theme"], *shown["other_theme"]]}
    if "topic" in frame.columns:
        frame = frame[frame["kind"] == one.name.removeprefix("topics ").replace(" shares", "")]
        return set() if one.name.endswith("other") else {label(name) for name in frame["topic"]}
    names = {label(name) for name in frame["theme"]}
    return names | set(frame["group"]) if one.name == "groups" else names


def bare(text: str) -> str:
    """Leave out every space: a name may be broken anywhere."""
    return "".join(text.split())


def find_lost(one: Drawn, names: set[str]) -> list[str]:
    """List names that stand on a figure neither whole nor with an ellipsis after enough letters."""
    texts = [bare(text.get_text()) for text in drawn_texts(figure_of(one.ax))]
    starts = {start for text in texts for start in re.findall("([^+…]+)…", text)}
    return [
        name for name in sorted(names)
        if not any(bare(name) in text for text in texts)
        and not any(len(s) >= ENOUGH and bare(name).startswith(s) for s in starts)
    ]  # fmt: skip


def test_every_name_is_told(figures: tuple[str, list[Drawn]]) -> None:
    for one in figures[1]:
        if figure_of(one.ax).get_figheight() > style.NOTE_HEIGHT:
            assert find_lost(one, names_in(one)) == [], one.name


def test_a_name_that_is_cut_without_a_sign_is_lost() -> None:
    name = "what the title is worth in another company"
    for shown, lost in ((name[:30], [name]), (f"{name[:35]}…", []), ("what…", [name])):
        ax = Figure(figsize=(5.2, 2)).add_subplot()
        ax.text(0, 0.5, shown)
        assert find_lost(Drawn("any", ax, "", []), {name}) == lost


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.floats(1, 5), st.integers(1, 4))
def test_lines_fit_and_hold_the_name_up_to_an_ellipsis(text: str, width: float, lines: int) -> None:
    broken = style.break_lines(text, width, lines=lines)
    assert broken.count("\n") < lines
    assert all(style.text_width(line) <= width for line in broken.split("\n"))
    kept, whole = bare(broken), bare(style.tidy(text))
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept[:-1]))


def test_long_names_of_groups_are_told() -> None:
    data = CASES["small"]()["prevalence"]
    names = {"essay": "an_invented_board_of_people_who_plan_roadmaps", "comment": "W" * 300}
    ax = plots.plot_groups(data.assign(group=data["group"].replace(names)))
    assert find_faults(ax) == []
    assert find_lost(Drawn("groups", ax, "", []), {label(names["essay"]), names["comment"]}) == []
    plt.close("all")


def test_a_blank_foot_is_found() -> None:
    for place, faults in ((0.05, []), (0.3, ["blank below the last line"])):
        ax = Figure(figsize=(5.2, 2)).add_subplot()
        figure_of(ax).text(0.3, place, "passages")
        assert find_faults(ax) == faults


def test_text_is_ten_pixels_high_on_a_phone(figures: tuple[str, list[Drawn]]) -> None:
    """At 390 px a figure is about 350 px wide; a point is a 72nd of an inch."""
    for one in figures[1]:
        figure = figure_of(one.ax)
        least = min(text.get_fontsize() for text in drawn_texts(figure))
        assert least * 350 / (72 * figure.get_figwidth()) > 9.5, one.name
        assert figure.get_figheight() < 24, one.name


def test_a_corpus_without_a_tag_has_no_empty_scales() -> None:
    drawn = {one.name: one for one in draw_all(CASES["tiny"]())}
    for name in ("pairs", "places", "threads", "trend"):
        ax = drawn[name].ax
        assert [len(ax.get_xticks()), len(ax.texts)] == [0, 1], name
        assert figure_of(ax).get_figheight() < 1
        assert ax.texts[0].get_text() in drawn[name].alt
    ticks = [text.get_text() for text in drawn["prevalence passage"].ax.get_xticklabels()]
    assert ticks == ["0%"]
    plt.close("all")


def numbers_in(text: str) -> set[str]:
    """Return the numbers of a sentence, without sign and thousands separator."""
    found = re.findall(r"\d[\d,]*(?:\.\d+)?", text.replace("under 0.1%", ""))
    return {number.replace(",", "").rstrip(".") for number in found}


def numbers_of(frame: pd.DataFrame) -> set[str]:
    """Return every number that a frame may be told with: values, percents, counts of rows."""
    told: set[str] = set()
    for name in frame.columns:
        values = frame[name].dropna()
        if pd.api.types.is_bool_dtype(values.dtype) or values.empty:
            continue
        if not pd.api.types.is_numeric_dtype(values.dtype):
            if isinstance(values.iloc[0], str):
                told |= numbers_in(" ".join(values)) | {str(values.nunique())}
            continue
        for value in values.abs():
            told |= numbers_in(f"{value:.0f} {value:.1f} {100 * value:.1f} {percent(value)}")
            told |= {f"{value:.0f}"} if value == round(value) else set()
    if {"tagged_share", "n"} <= set(frame.columns):
        told |= {str(round(k)) for k in (frame["tagged_share"] * frame["n"]).dropna()}
    return told


def check_alt(one: Drawn) -> set[str]:
    """Return the numbers of an alternative text that its frames do not hold."""
    allowed = set.union(*(numbers_of(frame) for frame in one.frames)) | CONSTANTS | counts_of(one)
    return numbers_in(one.alt) - allowed


def counts_of(one: Drawn) -> set[str]:
    """Return the counts that a text may give of its frames beside their values."""
    frame = one.frames[0]
    if one.name == "pairs":  # how many are drawn, of how many
        return {"15", str(len(frame))}
    if one.name == "threads":  # in how many threads a theme was tagged
        return {str(k) for k in frame[frame["n_tagged"] > 0].groupby("theme").size()}
    if one.name == "places" and len(frame):  # passages of all parts together
        return {str(k) for k in frame.groupby("theme")["n"].sum()}
    if one.name == "reliability":  # bins of a theme, and how many hold the line
        return {str(k) for k in range(frame.groupby("theme").size().max() + 1)}
    return set()


def test_every_number_of_an_alternative_text_is_in_the_frame(
    figures: tuple[str, list[Drawn]],
) -> None:
    case, drawn = figures
    assert not {one.name: lost for one in drawn if (lost := check_alt(one))}
    if case != "large":  # a large frame holds nearly every number
        told = [one for one in drawn if numbers_in(one.alt) - CONSTANTS]
        assert told
        for one in told:
            written = {n for n in numbers_in(one.alt) - CONSTANTS if n in one.alt}  # no 1,000
            number = max(written, key=len)
            wrong = one.alt.replace(number, "7654321")
            assert check_alt(one._replace(alt=wrong)) == {"7654321"}


def test_no_two_figures_of_a_case_say_the_same(figures: tuple[str, list[Drawn]]) -> None:
    alts = [one.alt for one in figures[1]]
    assert len(set(alts)) == len(alts)


def test_a_long_name_does_not_touch_its_figures() -> None:
    data = CASES["small"]()["prevalence"]
    name = "what_the_title_is_worth_in_another_company"
    ax = plots.plot_prevalence(data.assign(theme=data["theme"].replace("blame", name)))
    assert find_faults(ax) == []
    plt.close("all")


def test_figure_and_alternative_text_take_the_titles_they_are_given() -> None:
    data = CASES["small"]()["prevalence"]
    titles = {name: f"The part that {name} has in what people write" for name in set(data["theme"])}
    ax = plots.plot_prevalence(data, name=lambda theme: titles[theme])
    told = plots.describe_prevalence(data, name=lambda theme: titles[theme])
    assert find_faults(ax) == []
    assert find_lost(Drawn("prevalence", ax, told, []), set(titles.values())) == []
    assert all(title in told for title in titles.values())
    assert "elite education" not in told + plots.describe_prevalence(data, name=str)
    plain = plots.plot_prevalence(data)
    assert figure_of(plain).get_figheight() < figure_of(ax).get_figheight()
    plt.close("all")


def test_pairs_say_how_many_of_them_are_drawn() -> None:
    themes = [f"theme_{letter}" for letter in "abcdefg"]
    told = "the 15 of 21 pairs with most passages"
    for last, choice in ((7, f"{told} (of equal pairs, the first by name)"), (6, told)):
        # The first six themes are in both passages, which makes 15 pairs; the last perhaps in one.
        frame = pd.DataFrame(
            [
                {"passage_id": f"p{passage}", "theme": theme, "tagged": passage == 0 or k < last}
                for passage in range(2)
                for k, theme in enumerate(themes)
            ]
        )  # fmt: skip
        assert len(count_pairs(frame)) == 21
        key = plots.plot_cooccurrence(frame).get_xlabel()
        assert key.endswith(choice.replace(" (", "\n("))
        assert f", of 2 passages, {choice}: " in plots.describe_cooccurrence(frame)
    few = frame[frame["theme"].isin(themes[:6])]
    assert "pairs with" not in plots.plot_cooccurrence(few).get_xlabel()
    assert "pairs with" not in plots.describe_cooccurrence(few)
    plt.close("all")
