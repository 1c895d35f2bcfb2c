"""Every figure of every hard corpus: no text cut or on top of another, no number in an alternative
text that its frame does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from figure_cases import CASES, Drawn, draw_all
from pmdiscourse.present.plots import plot_prevalence
from pmdiscourse.present.wording import percent

BLANK = 0.35  # inches
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
    """List texts that are cut or lie on another, and a blank foot, by matplotlib's own extents."""
    figure = figure_of(ax)
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(figure)]
    width, height = figure.bbox.width, figure.bbox.height
    faults = [
        f"cut: {text!r}"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    for (one, first), (two, second) in combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        up = min(first.y1, second.y1) - max(first.y0, second.y0)
        if across > 1 and up > 1:
            faults.append(f"{one!r} lies on {two!r}")
    if boxes and min(box.y0 for _, box in boxes) > BLANK * figure.dpi:
        faults.append("blank below the last line")
    return faults


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
            number = max(numbers_in(one.alt) - CONSTANTS, key=len)
            wrong = one.alt.replace(number, "7654321")
            assert check_alt(one._replace(alt=wrong)) == {"7654321"}


def test_no_two_figures_of_a_case_say_the_same(figures: tuple[str, list[Drawn]]) -> None:
    alts = [one.alt for one in figures[1]]
    assert len(set(alts)) == len(alts)


def test_a_long_name_does_not_touch_its_figures() -> None:
    data = CASES["small"]()["prevalence"]
    name = "what_the_title_is_worth_in_another_company"
    ax = plot_prevalence(data.assign(theme=data["theme"].replace("blame", name)))
    assert find_faults(ax) == []
    plt.close("all")
