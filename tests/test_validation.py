"""How far tags can be trusted: intervals, reliability, mistakes, and the notebook on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve

from conftest import write_small_run
from notebook_cells import run_cells
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.card_figures import card_kinds, card_reliability, card_themes
from pmdiscourse.measure.coded import join_labels
from pmdiscourse.measure.intervals import estimate_weighted_share
from pmdiscourse.measure.label_store import draw_wave, read_waves
from pmdiscourse.measure.mistakes import FALSE_HIT, MISS, explain_errors, find_errors, write_errors
from pmdiscourse.measure.reliability import EDGES, measure_reliability
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.shipped import load_card
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.validation import (
    find_path,
    label_reliability,
    load_run_labels,
    load_run_model,
)
from pmdiscourse.pipeline import run
from pmdiscourse.present import plots
from pmdiscourse.present.execute import execute_notebook, read_notebook, set_parameters
from pmdiscourse.present.page import Page, make_page
from pmdiscourse.present.validation_words import (
    name_means,
    tell_bins,
    tell_card,
    tell_errors,
    tell_labels,
    tell_quality,
    tell_uncovered,
)
from pmdiscourse.store import read_table, write_manifest
from run_cases import one_theme

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "04-validation.ipynb"
SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


# Intervals


@pytest.mark.parametrize("count", [0, 1, 30, 149, 150])
def test_independent_passages_have_the_exact_binomial_interval(count: int) -> None:
    counted = np.arange(150) < count
    share, low, high = estimate_weighted_share(
        counted, weights=np.ones(150), clusters=np.arange(150)
    )
    exact = stats.binomtest(count, 150).proportion_ci(method="exact")
    assert share == count / 150
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=0.001)


def test_a_thread_that_agrees_with_itself_counts_once() -> None:
    counted = np.repeat(np.arange(30) < 6, 10)
    clustered = estimate_weighted_share(
        counted, weights=np.ones(300), clusters=np.repeat(np.arange(30), 10)
    )
    once = estimate_weighted_share(np.arange(30) < 6, weights=np.ones(30), clusters=range(30))
    apart = estimate_weighted_share(counted, weights=np.ones(300), clusters=range(300))
    assert clustered[1:] == pytest.approx(once[1:], abs=0.02)
    assert apart[2] - apart[1] < 0.4 * (clustered[2] - clustered[1])


@pytest.mark.parametrize(
    ("n_threads", "share", "alike"), [(15, 0.1, 0.2), (60, 0.05, 0.1), (60, 0.5, 0.0)]
)
def test_intervals_cover_the_truth(n_threads: int, share: float, alike: float) -> None:
    """Of 300 weighted, clustered samples, 95 % intervals hold the share in 90 % or more."""
    random = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        rate = np.full(n_threads, share)
        if alike:
            more = 1 / alike - 1
            rate = random.beta(share * more, (1 - share) * more, n_threads)
        counted = random.random((n_threads, 6)) < rate[:, None]
        _, low, high = estimate_weighted_share(
            counted.ravel(),
            weights=random.choice([1.0, 3.0], counted.size),
            clusters=np.repeat(np.arange(n_threads), 6),
        )
        held += low <= share <= high
    assert 0.9 <= held / 300 <= 0.995


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.floats(0.01, 100), st.integers(0, 4)),
        min_size=1,
        max_size=30,
    )
)
def test_intervals_hold_their_share_whatever_the_rows(
    rows: list[tuple[bool, bool, float, int]],
) -> None:
    counted, among, weights, clusters = map(np.array, zip(*rows, strict=True))
    share, low, high = estimate_weighted_share(
        counted, weights=weights, clusters=clusters, among=among
    )
    if not among.any():
        assert np.isnan([share, low, high]).all()
    else:
        assert 0 <= low <= share <= high <= 1
        assert high > low
        assert share == pytest.approx(np.average(counted[among], weights=weights[among]))


# Reliability


def invent_scores(n: int = 4000, seed: int = 0) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    scores = random.beta(0.3, 2, n)
    return scores, random.random(n) < scores


def test_bins_agree_with_scikit_learn() -> None:
    scores, present = invent_scores()
    bins = measure_reliability(scores, present, edges=np.linspace(0, 1, 6).tolist())
    share, mean = calibration_curve(present, scores, n_bins=5)
    assert bins["share"].tolist() == pytest.approx(share.tolist())
    assert bins["mean_score"].tolist() == pytest.approx(mean.tolist())
    assert bins["n"].sum() == len(scores)


def test_scores_that_hold_what_they_say_lie_on_the_line_and_others_do_not() -> None:
    scores, present = invent_scores()
    honest = measure_reliability(scores, present)
    assert honest["mean_score"].between(honest["share_low"], honest["share_high"]).all()
    doubled = measure_reliability(np.minimum(2 * scores, 1), present)
    assert (doubled["mean_score"] > doubled["share_high"]).sum() >= 4


def test_weights_undo_a_draw_that_prefers_one_kind() -> None:
    scores, present = invent_scores()
    chance = np.where(present, 1.0, 0.1)
    kept = np.random.default_rng(1).random(len(scores)) < chance
    naive = measure_reliability(scores[kept], present[kept])
    right = measure_reliability(scores[kept], present[kept], weights=1 / chance[kept])
    assert (naive["share_low"] > naive["mean_score"]).sum() >= 3
    assert right["mean_score"].between(right["share_low"], right["share_high"]).mean() > 0.8


def test_bins_are_whole_and_never_thin() -> None:
    scores, present = invent_scores(150)
    bins = measure_reliability(scores, present, min_n=20)
    assert (bins["n"] >= 20).all()
    assert bins["n"].sum() == 150
    assert (bins["high"].to_numpy()[:-1] <= bins["low"].to_numpy()[1:]).all()
    assert set(bins["low"]) | set(bins["high"]) <= set(EDGES)
    on_edges = measure_reliability([0.1] * 12 + [0.3] * 15, [False] * 27)
    assert on_edges[["low", "n"]].to_numpy().tolist() == [[0.1, 12], [0.3, 15]]
    below_edges = measure_reliability([0.05] * 10 + [0.1] * 10, [False] * 10 + [True] * 10)
    assert below_edges["share"].tolist() == [0, 1]
    assert below_edges["n"].tolist() == [10, 10]
    one = measure_reliability([0.0, 1.0, 1.0], [False, True, True])
    assert one[["low", "high", "n"]].to_numpy().tolist() == [[0, 1, 3]]
    assert measure_reliability([], []).empty


def test_bins_do_not_depend_on_the_order_of_rows() -> None:
    scores, present = invent_scores(500)
    clusters = np.arange(500) // 7
    order = np.random.default_rng(2).permutation(500)
    first = measure_reliability(scores, present, clusters=clusters)
    second = measure_reliability(scores[order], present[order], clusters=clusters[order])
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scores": [0.1, 1.2]}, "from 0 to 1"),
        ({"scores": [0.1, float("nan")]}, "from 0 to 1"),
        ({"present": [True]}, "2, one for each score"),
        ({"present": pd.array([True, None], dtype="boolean")}, "Leave passages out"),
        ({"weights": [1, 0]}, "above 0"),
        ({"weights": [1]}, "one for each score"),
        ({"clusters": ["a"]}, "one for each score"),
        ({"edges": (0, 0.5)}, "rise from 0 to 1"),
        ({"edges": (0, 0.5, 0.4, 1)}, "rise from 0 to 1"),
        ({"min_n": 0}, "1 or more"),
    ],
)
def test_mistakes_in_use_are_told(change: dict[str, Any], told: str) -> None:
    given_values: dict[str, Any] = {"scores": [0.1, 0.2], "present": [True, False]} | change
    with pytest.raises(DiscourseError, match=told):
        measure_reliability(**given_values)


# Mistakes


def build_joined() -> pd.DataFrame:
    """Return labelled passages of one theme: two threads, hits, false hits and misses."""
    rows = [
        ("a", "t1", 0.95, True, False, 1.0),
        ("b", "t1", 0.90, True, False, 1.0),
        ("c", "t2", 0.60, True, False, 1.0),
        ("d", "t2", 0.99, True, False, 0.67),
        ("e", "t1", 0.20, False, True, 1.0),
        ("f", "t2", 0.01, False, True, 1.0),
        ("g", "t3", 0.80, True, True, 1.0),
        ("h", "t3", 0.05, False, False, 1.0),
    ]
    names = ["passage_id", "thread_id", "score", "tagged", "present", "agreed"]
    joined = pd.DataFrame(rows, columns=names).assign(theme="blame", weight=1.0)
    return joined.assign(evidence=[[] for _ in rows])


def test_sure_mistakes_come_first_one_from_each_thread() -> None:
    errors = find_errors(build_joined().sample(frac=1, random_state=4))
    hits = errors.loc[errors["error"] == FALSE_HIT, "passage_id"].tolist()
    # Of t2 the lower score: on the higher one the coders were split.
    assert hits == ["a", "c", "b", "d"]
    assert errors.loc[errors["error"] == MISS, "passage_id"].tolist() == ["f", "e"]


def test_passages_without_a_score_are_no_mistakes() -> None:
    joined = build_joined().astype({"score": object, "tagged": object})
    joined.loc[joined["passage_id"] == "f", ["score", "tagged"]] = None
    assert "f" not in set(find_errors(joined)["passage_id"])
    assert find_errors(joined.iloc[:0]).empty


def write_passages(texts: list[str]) -> pd.DataFrame:
    """Return passages, each in a thread of its own."""
    return pd.DataFrame(
        {
            "passage_id": [f"p{number}" for number in range(len(texts))],
            "thread_id": [f"t{number}" for number in range(len(texts))],
            "language": "en",
            "text": texts,
            "kind": "comment",
            "source": "An invented forum",
            "published_at": pd.NaT,
        }
    )


def test_misses_show_what_little_spoke_for_the_theme() -> None:
    model = ThemeModel().fit()
    told = "The launch went wrong because of the weather, said the product lead over lunch."
    passages = write_passages([told, "The lift was repaired on Tuesday."])
    scores = score_passages(passages, model)
    scores["tagged"] = False
    labels = scores[["passage_id", "theme"]].assign(present=True).astype({"present": "boolean"})
    errors = find_errors(join_labels(scores, labels, passages=passages))
    shown = explain_errors(errors, passages, model=model)
    assert shown["threshold"].notna().all()
    assert set(shown["error"]) == {MISS}
    spans = shown.loc[shown["passage_id"] == "p0", "evidence"]
    assert any(len(one) for one in spans)
    for row in shown.to_dict("records"):
        assert all(0 <= s["start"] < s["end"] <= len(row["text"]) for s in row["evidence"])
        assert all(s["weight"] > 0 for s in row["evidence"])
    without = explain_errors(errors, passages, model=None)
    assert without["threshold"].isna().all()
    assert tell_errors(without)[0].startswith("miss: score ")


def test_the_sheet_of_mistakes_is_safe_and_holds_no_text_where_none_may_be(tmp_path: Path) -> None:
    texts = ['=HYPERLINK("https://example.org")', 'She said "product", twice,\nand left.']
    passages = write_passages(texts)
    errors = build_joined().iloc[:2].assign(passage_id=["p0", "p1"], error=FALSE_HIT)
    span = {"start": 0, "end": 3, "view": "word", "weight": 0.5}
    errors = errors.drop(columns="thread_id").assign(evidence=[[span], []])
    shown = explain_errors(errors.assign(thread_id="t"), passages, model=None)
    write_errors(tmp_path / "errors.csv", shown, texts=True)
    content = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["text"] for row in rows] == ["'" + texts[0], texts[1]]
    assert rows[0]["score"] == "0.950000"
    assert rows[0]["evidence"] == "“=HY” (word +0.50)"
    write_errors(tmp_path / "errors.csv", shown, texts=False)
    bare = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig")
    assert bare.splitlines()[0] == "passage_id,theme,error,score,threshold"
    assert "HYP" not in bare


# Labels of a run


def write_labels(directory: Path, text: str) -> None:
    (directory / "labels").mkdir(exist_ok=True)
    (directory / "labels" / "labels.csv").write_text(text, encoding="utf-8")


def test_labels_that_nobody_drew_are_read_and_known_as_such(
    make_run: Callable[..., Path],
) -> None:
    directory = make_run()
    scores = read_table(directory, "scores")
    assert load_run_labels(directory, scores).labels.empty
    write_labels(
        directory,
        "passage_id,theme,present\nessay0-0,blame,1\nessay0-1,blame,?\ngone,blame,0\n"
        "essay0-1,another,True\n",
    )
    found = load_run_labels(directory, scores)
    assert (found.n_lost, found.n_late, found.weighted, found.design) == (2, 0, False, None)
    assert found.labels["present"].isna().tolist() == [False, True]
    write_labels(directory, "passage_id,theme,present\nessay0-0,blame,maybe\n")
    with pytest.raises(DiscourseError, match="'maybe', allowed is True, False or nothing"):
        load_run_labels(directory, scores)
    write_labels(directory, "passage_id,theme\nessay0-0,blame\n")
    with pytest.raises(DiscourseError, match="present"):
        load_run_labels(directory, scores)
    write_labels(directory, "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"))
    with pytest.raises(DiscourseError, match=r"labels\.csv"):
        load_run_labels(directory, scores)
    assert load_run_model(directory) is None
    assert find_path(directory) == "plain"


QUALITY_ROW = {"theme": "blame", "n": 80, "n_threads": 25, "n_positive": 20, "note": ""} | {
    name + end: value
    for name in ("average_precision", "precision", "recall", "f1")
    for end, value in (("", 0.5), ("_low", 0.3), ("_high", 0.7))
}


def test_words_follow_what_the_labels_can_carry() -> None:
    figures = pd.DataFrame([QUALITY_ROW])
    drawn = tell_labels(figures, weighted=True, n_lost=0, n_late=2, n_scored=900)
    assert "blame 50.0% (30.0% to 70.0%) right, 50.0% (30.0% to 70.0%) found" in drawn
    assert "differences between threads." in drawn
    rough = tell_labels(
        figures.assign(n_threads=9), weighted=True, n_lost=0, n_late=0, n_scored=900
    )
    assert "of 9 threads they are rough" in rough
    assert "2 passages came after the draw" in drawn
    assert "do not carry over" not in drawn
    handy = tell_labels(figures, weighted=False, n_lost=1, n_late=0, n_scored=900)
    assert "1 label of passages" in handy
    assert "do not carry over to the corpus" in handy
    few = figures.assign(n_positive=3, note="fewer than 10 positives")
    told = tell_labels(few, weighted=True, n_lost=0, n_late=0, n_scored=900)
    assert "Too few positives to say anything firm: blame (3 of 80)" in told
    assert "50.0%" not in told


@pytest.mark.parametrize(
    ("n_scored", "told"),
    [
        (900, "`pmdiscourse label draw DIR --n 400`"),
        (219, "`pmdiscourse label draw DIR --n 219`"),
        (30, "`pmdiscourse label draw DIR --n 30`"),
        (29, "too few to measure the tags on: they hold 29 passages with scores."),
        (1, "too few to measure the tags on: they hold 1 passage with scores."),
    ],
)
def test_no_more_is_drawn_than_there_is(n_scored: int, told: str) -> None:
    figures = pd.DataFrame([QUALITY_ROW]).assign(n=0)
    none = tell_labels(figures, weighted=False, n_lost=0, n_late=0, n_scored=n_scored)
    assert told in none
    assert ("label draw" in none) == (n_scored >= 30)


def test_means_name_their_themes_and_stay_out_of_other_codebooks() -> None:
    themes = load_card()["themes"]
    named = "blame, identity, elite education and director failure"
    assert name_means(themes).startswith(f"Means over {named}, by kind of text")
    assert "cover none of this codebook's themes" in tell_uncovered(themes, [])
    some = tell_uncovered(themes, ["blame", "identity"])
    assert f"over {named}, of which this codebook has only blame and identity" in some


def test_the_table_of_quality_has_no_idle_column() -> None:
    figures = pd.DataFrame([QUALITY_ROW]).assign(n_unscored=0, weighted=True)
    told = tell_quality(figures)
    measured = ["average_precision", "precision", "recall", "F1"]
    assert told.columns.tolist() == ["theme", "n", "n_positive", *measured]
    busy = tell_quality(figures.assign(n_unscored=2, note="fewer than 10 positives"))
    assert busy[["n_unscored", "note"]].iloc[0].tolist() == [2, "fewer than 10 positives"]


# The card


def test_the_card_gives_its_figures_for_every_theme_and_kind() -> None:
    card = load_card()
    themes = card_themes(card)
    assert len(themes) == len(card["themes"]) * len(card["paths"])
    for metric in ("average_precision", "precision", "recall", "f1"):
        assert themes[metric].between(themes[f"{metric}_low"], themes[f"{metric}_high"]).all()
    kinds = card_kinds(card)
    assert set(kinds["kind"]) == {"all", "essays", "transcripts", "comments"}
    noted = kinds["note"] == "too few positives"
    assert (noted == kinds["f1"].isna()).all()
    assert noted[kinds["kind"] == "comments"].all()
    only = card_themes(card, path="plain")
    told = tell_card(only, card, themes=["blame", "burnout"], known=["blame"])
    assert f"{card['n_passages']:,} passages" in told
    assert "Burnout was learned from the examples" in told
    assert "identity" not in told


def test_figures_are_those_of_the_path_the_run_took(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"tables": {}, "model": {"encoder": "minilm"}})
    assert find_path(tmp_path) in load_card()["paths"]
    assert find_path(tmp_path) != "plain"


def test_reliability_of_the_card_is_read_where_it_is() -> None:
    scores, present = invent_scores(400)
    bins = measure_reliability(scores, present).round(5).to_dict("records")
    card = {"figures": {"plain": {"reliability": {"blame": bins}}}}
    found = card_reliability(card, "plain")
    assert found["theme"].unique().tolist() == ["blame"]
    pd.testing.assert_frame_equal(found.drop(columns="theme"), pd.DataFrame(bins))
    assert card_reliability({"figures": {"plain": {}}}, "plain").empty


# Figures


def test_figures_and_their_descriptions_hold_the_numbers() -> None:
    bins = measure_reliability([0.02] * 30 + [0.7] * 20, [0] * 30 + [1] * 2 + [0] * 18)
    bins = bins.assign(theme="elite_education")
    axes = plots.plot_reliability(bins)
    (inset,) = axes.child_axes
    assert inset.get_title(loc="left") == "elite education\nn = 50"
    markers = [line.get_marker() for line in inset.lines if len(line.get_xdata()) == 1]
    assert markers == ["o", "D"], "the bin that scores too high is a diamond"
    told = plots.describe_reliability(bins, of="invented scores")
    assert "on the line in 1 of 2 bins" in told
    assert "mean score 70.0%, carried by 10.0%" in told
    assert tell_bins(bins)["scores"].tolist() == ["1.0% to 3.0%", "60.0% to 100.0%"]
    quality = pd.DataFrame([QUALITY_ROW, QUALITY_ROW | {"theme": "identity", "recall": np.nan}])
    texts = [text.get_text() for text in plots.plot_quality(quality).texts]
    assert "blame (20 positives)" in texts
    assert texts.count("50.0% (30.0% to 70.0%)") == 5
    assert "no value" in texts
    alt = plots.describe_quality(quality, of="invented tags")
    assert "precision 50.0% (30.0% to 70.0%), recall no value" in alt


def test_nothing_to_draw_is_told() -> None:
    nothing = label_reliability(build_joined().iloc[:0])
    assert [t.get_text() for t in plots.plot_reliability(nothing).texts] == [
        "no scores with labels"
    ]
    assert "No scores with labels" in plots.describe_reliability(nothing, of="no scores")
    empty = pd.DataFrame([QUALITY_ROW]).iloc[:0]
    assert [t.get_text() for t in plots.plot_quality(empty).texts] == ["nothing was measured"]
    with pytest.raises(DiscourseError, match="share_low"):
        plots.plot_reliability(pd.DataFrame({"theme": [], "n": []}))


# The notebook, on a real run with real sheets


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("labelled") / "processed"
    run(SAMPLE, directory)
    draw_wave(directory, n=120, n_coders=2)
    return directory


def fill_sheets(directory: Path) -> None:
    """Fill both sheets: mostly what the model says, wrong now and then, the coders split once."""
    tagged = read_table(directory, "scores").set_index(["passage_id", "theme"])["tagged"]
    for coder in (1, 2):
        path = directory / "labels" / "wave-1" / f"sheet-{coder}.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        for number, row in enumerate(rows[: 120 if coder == 1 else 40]):
            for theme in tagged.index.unique("theme"):
                said = tagged[row["passage_id"], theme] != (number % 9 == 0)
                row[theme] = "?" if coder == 2 and number == 5 else str(int(said))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)


def make(directory: Path, **parameters: Any) -> Page:
    filled = set_parameters(read_notebook(NOTEBOOK), {"processed": str(directory)} | parameters)
    executed = execute_notebook(filled, name=NOTEBOOK.name, directory=NOTEBOOK.parent)
    return make_page(executed, name=NOTEBOOK.name)


def keep_blame(directory: Path) -> Path:
    """Return a run by a codebook that holds the package's own blame and nothing else."""
    path = write_small_run(directory) / "codebook" / "themes.toml"
    head, *blocks = path.read_text(encoding="utf-8").split("[[themes]]")
    (block,) = [block for block in blocks if 'name = "blame"' in block]
    path.write_text(f"{head}[[themes]]{block}", encoding="utf-8")
    for examples in (directory / "codebook" / "examples").glob("*.jsonl"):
        if examples.stem != "blame":
            examples.unlink()
    return directory


@pytest.mark.parametrize(("make_codebook", "n_shown"), [(keep_blame, 3), (one_theme, 0)])
def test_notebook_shows_figures_of_the_weights_for_their_own_themes_only(
    make_codebook: Callable[[Path], Path],
    n_shown: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second codebook has a theme of the name blame, but another title."""
    directory = make_codebook(tmp_path)
    shown = run_cells(NOTEBOOK, monkeypatch, processed=str(directory))
    measured = [
        item for item in shown if item.cell in ("card", "web-pages", "kinds", "reliability")
    ]
    captions = [item.words for item in measured if item.kind != "paragraph"]
    assert not [words for words in captions if "Means" in words]
    assert len(captions) == n_shown
    for item in measured:
        assert item.frame is None or set(item.frame["theme"]) == {"blame"}
    (told,) = [item.words for item in measured if item.cell == "kinds"]
    assert ("only blame" if captions else "none of this codebook's themes") in told


def test_notebook_without_labels_tells_how_to_get_some(sample_run: Path) -> None:
    page = make(sample_run)
    assert "pmdiscourse label draw DIR" in page.lead
    assert "The weights that come with the package were measured" in page.lead
    assert "no mistakes are known" in page.body
    assert not (sample_run / "labels" / "errors.csv").exists()


def test_notebook_shows_mistakes_with_their_evidence(sample_run: Path) -> None:
    fill_sheets(sample_run)
    read_waves(sample_run)
    page = make(sample_run)
    assert "People labelled" in page.lead
    assert "drawn with known chances" in page.lead
    assert len(page.alts) >= 3
    assert "<mark>" in page.body
    assert "false hit: score" in page.body
    assert "miss: score" in page.body
    assert "threshold" in page.body
    assert "How far coders agree" in page.body
    posts = read_table(sample_run, "posts")
    assert not any(name in page.lead + page.body for name in posts["author"].dropna())
    sheet = pd.read_csv(sample_run / "labels" / "errors.csv", encoding="utf-8-sig")
    assert {"text", "evidence"} <= set(sheet.columns)
    quoted = sheet.groupby(["theme", "error"]).size().clip(upper=3).sum()
    assert page.body.count("<blockquote>") == quoted


def test_notebook_without_quotes_shows_no_text(sample_run: Path) -> None:
    page = make(sample_run, show_quotes=False)
    texts = read_table(sample_run, "passages")["text"]
    assert not any(text[:60] in page.lead + page.body for text in texts)
    assert "<mark>" not in page.body
    sheet = pd.read_csv(sample_run / "labels" / "errors.csv", encoding="utf-8-sig")
    assert list(sheet.columns) == ["passage_id", "theme", "error", "score", "threshold"]


def test_notebook_says_what_labels_of_convenience_cannot_carry(
    make_run: Callable[..., Path],
) -> None:
    directory = make_run()
    ids = read_table(directory, "passages")["passage_id"]
    lines = [f"{name},blame,{int(number < 3)}" for number, name in enumerate(ids)]
    write_labels(directory, "\n".join(["passage_id,theme,present", *lines, ""]))
    page = make(directory)
    assert "do not carry over to the corpus" in page.lead
    assert "Too few positives to say anything firm: blame (3 of 33)" in page.lead
    assert "The model of this run is not there" in page.body
