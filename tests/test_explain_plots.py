"""Figures that explain an estimate: what labels put right, and what further labels would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from zlib import crc32

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.measure.planning import expected_half_width
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.share_frames import plan_effort, split_correction
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.present import plots
from pmdiscourse.present.frames import select_shares
from pmdiscourse.present.wording import percent, plural
from test_prevalence import make_passages, make_scores

Tables = dict[str, pd.DataFrame]
THEMES = ("blame", "identity", "director_failure", "elite_education")


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def labelled() -> Tables:
    """Return 1,500 passages and two themes; a quarter of the tags is wrong, some are missing."""
    passages, rng = make_passages(1500), np.random.default_rng(12)
    themes, truths = ("blame", "identity"), {}
    parts = []
    for theme in themes:
        truth = rng.random(len(passages)) < 0.08
        tagged = np.where(truth, rng.random(len(passages)) < 0.8, rng.random(len(passages)) < 0.03)
        truths[theme] = pd.Series(truth, index=passages["passage_id"])
        parts.append(make_scores(passages, tagged.astype(bool), theme))
    scores = pd.concat(parts, ignore_index=True)
    drawn = draw_sample(passages, scores, n=400, random_state=3)
    labels = pd.concat(
        [
            drawn.assign(theme=t, coder="a", present=truths[t][drawn["passage_id"]].to_numpy())
            for t in themes
        ],
        ignore_index=True,
    )
    kinds = passages.set_index("passage_id")["kind"]
    design = assign_strata(scores, kinds=kinds).reset_index()
    prevalence = estimate_prevalence(scores, labels, passages=passages, design=design)
    tables = {"passages": passages, "scores": scores, "labels": labels, "design": design}
    return tables | {"prevalence": prevalence, "truth": pd.DataFrame(truths)}


def split(tables: Tables) -> pd.DataFrame:
    return split_correction(
        tables["scores"], tables["labels"], passages=tables["passages"], design=tables["design"]
    )


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_steps_add_up_and_lie_near_the_truth(labelled: Tables) -> None:
    frame = split(labelled).set_index("theme")
    rows = select_shares(labelled["prevalence"]).set_index("theme")
    for theme in ("blame", "identity"):
        row, truth = frame.loc[theme], labelled["truth"][theme]
        scores = labelled["scores"]
        tagged = scores[scores["theme"] == theme].set_index("passage_id")["tagged"]
        tagged = tagged.reindex(truth.index)
        assert row["tagged_share"] - row["false_hits"] + row["misses"] == pytest.approx(
            row["estimate"]
        )
        assert row["estimate"] == pytest.approx(rows.loc[theme, "estimate"])
        assert row["tagged_share"] == pytest.approx(rows.loc[theme, "tagged_share"])
        assert abs(row["false_hits"] - (tagged & ~truth).mean()) < 0.015
        assert abs(row["misses"] - (~tagged & truth).mean()) < 0.02


def split_by(draw: str, *, n: int = 300) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Split the correction of one theme, labelled by a draw; return also truth and tags."""
    rng = np.random.default_rng(crc32(draw.encode()))
    passages = make_passages(900)
    truth = rng.random(len(passages)) < 0.1
    tagged = np.where(truth, rng.random(len(passages)) < 0.6, rng.random(len(passages)) < 0.05)
    scores = make_scores(passages, tagged.astype(bool), "blame")
    drawn = draw_sample(passages, scores, n=n, random_state=crc32(draw.encode()))
    carries = pd.Series(truth, index=passages["passage_id"])
    present = carries[drawn["passage_id"]].to_numpy()
    labels = drawn.assign(theme="blame", coder="a", present=present)
    marks = scores.set_index("passage_id")["tagged"].reindex(carries.index)
    return split_correction(scores, labels, passages=passages), carries, marks.astype(bool)


def test_the_intervals_of_the_steps_hold_the_truth() -> None:
    n_draws, held = 60, dict.fromkeys(("false_hits", "misses"), 0)
    for number in range(n_draws):
        steps, truth, tagged = split_by(f"steps {number}")
        row = steps.iloc[0]
        for name, wrong in {"false_hits": tagged & ~truth, "misses": ~tagged & truth}.items():
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
            assert row[f"{name}_high"] - row[f"{name}_low"] < 0.06, "so wide that it says nothing"
            held[name] += row[f"{name}_low"] <= wrong.mean() <= row[f"{name}_high"]
    low = stats.binom.ppf(1e-3, n_draws, 0.95)
    assert min(held.values()) >= low
    assert held["misses"] < n_draws or held["false_hits"] < n_draws, (
        "as wide as can be says nothing"
    )


def test_where_all_is_labelled_the_steps_are_known() -> None:
    row, truth, tagged = split_by("census", n=900)
    for name, wrong in {"false_hits": tagged & ~truth, "misses": ~tagged & truth}.items():
        for end in ("", "_low", "_high"):
            assert row[f"{name}{end}"].item() == pytest.approx(wrong.mean())


def test_tagged_passages_without_a_label_may_all_be_wrong(labelled: Tables) -> None:
    labels, scores = labelled["labels"].query("theme == 'blame'"), labelled["scores"]
    scores = scores[scores["theme"] == "blame"].reset_index(drop=True)
    unseen = ~scores["passage_id"].isin(labels["passage_id"])
    scores["tagged"] = unseen & (scores["passage_id"].rank() % 30 == 0)
    drawn = {"passages": labelled["passages"], "design": labelled["design"]}
    row = split_correction(scores, labels, **drawn).iloc[0]
    assert 0 < row["tagged_share"] < 0.05
    assert row[["false_hits_low", "false_hits_high"]].tolist() == [0, row["tagged_share"]]
    none = split_correction(scores.assign(tagged=False), labels, **drawn).iloc[0]
    assert none[["false_hits", "false_hits_low", "false_hits_high"]].tolist() == [0, 0, 0]


def test_without_labels_there_are_no_steps_and_the_figure_says_so(labelled: Tables) -> None:
    frame = split_correction(labelled["scores"], None, passages=labelled["passages"])
    assert frame.empty
    assert texts_of(plots.plot_correction(frame)) == [
        "labels are needed to tell why the shares differ"
    ]
    assert "labels are needed" in plots.describe_correction(frame)
    curve = plan_effort(estimate_prevalence(labelled["scores"], passages=labelled["passages"]))
    assert texts_of(plots.plot_effort(curve)) == ["no estimate to plan from"]
    assert "no estimate to plan from" in plots.describe_effort(curve)


def test_the_figure_draws_and_tells_every_step(labelled: Tables) -> None:
    frame = split(labelled)
    ax = plots.plot_correction(frame, intervals=select_shares(labelled["prevalence"]))
    told = plots.describe_correction(frame)
    shown = texts_of(ax)
    bars = {(round(bar.get_x(), 6), round(bar.get_width(), 6)) for bar in ax.patches}
    for row in frame.to_dict("records"):
        share, hits = 100 * row["tagged_share"], 100 * (row["tagged_share"] - row["false_hits"])
        assert (round(share, 6), round(-100 * row["false_hits"], 6)) in bars
        assert (round(hits, 6), round(100 * row["misses"], 6)) in bars
        assert percent(row["estimate"]) in shown
        count = plural(row["n_false_hits"], "label")
        assert f"{-100 * row['false_hits']:+.1f}, {count}" in shown
        ends = [f"{100 * row[f'misses_{end}']:+.1f}" for end in ("low", "high")]
        assert f"missed {100 * row['misses']:+.1f} points ({' to '.join(ends)}; " in told
        for start, name, sign in ((share, "false_hits", -1), (hits, "misses", 1)):
            line = {round(start + sign * 100 * row[f"{name}_{end}"], 6) for end in ("low", "high")}
            assert line in [{round(x, 6) for x in drawn.get_xdata()} for drawn in ax.lines]
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["tagged", "wrongly tagged", "missed", "prevalence"] * 2


def test_the_curve_is_the_planning_formula_and_ends_at_the_corpus(labelled: Tables) -> None:
    data = plan_effort(labelled["prevalence"])
    rows = select_shares(labelled["prevalence"]).set_index("theme")
    for theme, part in data.groupby("theme"):
        row, curve = rows.loc[str(theme)], part[~part["reached"].astype(bool)]
        reached = part[part["reached"].astype(bool)].iloc[0]
        assert reached["n_labels"] == 400
        assert reached["half_width"] == pytest.approx((row["corpus_high"] - row["corpus_low"]) / 2)
        assert curve["n_labels"].agg(["min", "max"]).tolist() == [50, 1500]
        assert curve["half_width"].is_monotonic_decreasing
        assert curve["half_width"].iloc[-1] == 0, "all are labelled"
        middle = curve.iloc[len(curve) // 2]
        assert middle["half_width"] == expected_half_width(
            row["estimate"], n_labels=int(middle["n_labels"]), n_passages=1500,
            labels_saved=row["labels_saved"],
        )  # fmt: skip
    told = plots.describe_effort(data)
    assert "with 400 labels" in told
    assert "A line marks ±2.0 points" in told


def test_figures_are_readable_on_a_phone_with_many_themes(labelled: Tables) -> None:
    names = [*THEMES, "career_portfolio", "a_theme_with_a_name_that_never_ends", "pay"]
    frame, data = split(labelled), plan_effort(labelled["prevalence"])
    frame = pd.concat([frame.iloc[:1].assign(theme=name) for name in names])
    curve = data[data["theme"] == "blame"]
    data = pd.concat([curve.assign(theme=name) for name in names], ignore_index=True)
    for ax in (plots.plot_correction(frame), plots.plot_effort(data)):
        figure = ax.figure
        assert isinstance(figure, Figure)
        figure.canvas.draw()
        shown = [t for t in figure.findobj(plt.Text) if t.get_text() and t.get_visible()]
        assert min(text.get_fontsize() for text in shown) * 6.4 / figure.get_figwidth() >= 9
        boxes = [text.get_window_extent() for text in ax.texts]
        assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes)
    names_at = [t for t in plots.plot_effort(data).texts if "point" not in t.get_text()]
    names_at[0].figure.canvas.draw()  # type: ignore[union-attr]
    tops = sorted((t.get_window_extent() for t in names_at), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(tops))


def test_groups_and_periods_show_both_intervals(make_tables: Callable[..., Tables]) -> None:
    data = make_tables(essays=40, labelled=THEMES)["prevalence"]
    rows = select_shares(data)
    periods = pd.concat([rows.assign(period=year) for year in ("2022", "2023")])
    both = rows.iloc[0]
    for ax in (plots.plot_prevalence(data), plots.plot_trend(periods)):
        assert "thin for posts like these" in ax.get_xlabel()
        assert "thick for these posts" in ax.get_xlabel()
    lines = {
        tuple(np.round(np.asarray(line.get_xdata(), dtype=float), 6)): line.get_linewidth()
        for line in plots.plot_prevalence(data).lines
    }
    thin, thick = (
        lines[tuple(round(100 * both[f"{scope}_{end}"], 6) for end in ("low", "high"))]
        for scope in ("discourse", "corpus")
    )
    assert thin < thick
    told = plots.describe_trend(periods)
    assert f"2023 prevalence {percent(both['estimate'])}" in told
    assert told.startswith("Share of passages")


def test_missing_columns_are_named(labelled: Tables) -> None:
    with pytest.raises(DiscourseError, match="false_hits"):
        plots.plot_correction(split(labelled).drop(columns="false_hits"))
    with pytest.raises(DiscourseError, match="half_width"):
        plots.plot_effort(plan_effort(labelled["prevalence"]).drop(columns="half_width"))
