"""What made a score: spans that add up to it, and a score that falls when they are taken away."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.measure.evidence import MAX_SPANS, MIN_SHARE, strongest_spans
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.views import VIEWS

HERE = Path(__file__).parent
CASES = [
    json.loads(line)
    for line in (HERE / "cases" / "themes" / "positives.jsonl").read_text("utf-8").splitlines()
]
LABELS = [f"{case['theme']}-{number}" for number, case in enumerate(CASES)]
Span = dict[str, Any]


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel().fit()


@pytest.fixture(scope="module")
def bank_model() -> ThemeModel:
    """Learned here, on some views: not only the shipped weights must add up."""
    return ThemeModel(weights="bank", views=("seed", "word", "meaning")).fit()


@pytest.fixture(scope="module")
def garden() -> Codebook:
    return load_codebook(HERE / "data" / "codebooks" / "garden")


def take_away(text: str, spans: Iterable[Span], *, mask: str = "") -> str:
    """Cut spans out of a text, or put a mask on each of their characters."""
    gone = {place for span in spans for place in range(span["start"], span["end"])}
    return "".join(mask if place in gone else letter for place, letter in enumerate(text))


def spans_for(model: ThemeModel, text: str, theme: str) -> list[Span]:
    return [s for s in model.explain(text) if s["theme"] == theme and s["weight"] > 0]


# A sum

WORDS = [
    *("the", "PM", "takes", "the blame", "no credit", "MBA", "İstanbul", "don’t", "🙂", "\n", "\t"),
    *(".", "?", "promoted to director", "who even", "am I", "\x00", "\u202e", "’", "ß", "stanford"),
]


def assert_sum(model: ThemeModel, text: str) -> None:
    spans = model.explain(text)
    total = dict(zip(model.theme_names_, model.intercept_.tolist(), strict=True))
    for span in spans:
        assert span.keys() == {"start", "end", "view", "weight", "theme"}
        assert 0 <= span["start"] < span["end"] <= len(text)
        assert span["view"] in VIEWS
        assert span["weight"] != 0
        total[span["theme"]] += span["weight"]
    assert [s["weight"] for s in spans] == sorted((s["weight"] for s in spans), reverse=True)
    log_odds = model._join([part.log_odds([text]) for part in model.detectors_])[0]
    np.testing.assert_allclose(list(total.values()), log_odds, atol=1e-9)
    expected = 1 / (1 + np.exp(-np.array(list(total.values()))))
    np.testing.assert_allclose(model.transform([text])[0], expected, atol=6e-7)


@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
@settings(deadline=None)
def test_a_score_is_the_sum_of_its_spans(
    model: ThemeModel, bank_model: ThemeModel, text: str
) -> None:
    assert_sum(model, text)
    assert_sum(bank_model, text)


def test_scores_of_passages_are_sums(model: ThemeModel, bank_model: ThemeModel) -> None:
    for text in [case["text"] for case in CASES]:
        assert_sum(model, text)
        assert_sum(bank_model, text)
    assert_sum(model, " ".join(case["text"] for case in CASES))


def test_sums_by_view_lead_to_the_score(model: ThemeModel) -> None:
    """What a reader can follow: the start, what each view adds, the score."""
    text = CASES[0]["text"]
    spans = pd.DataFrame(model.explain(text))
    by_view = spans.pivot_table(index="view", columns="theme", values="weight", aggfunc="sum")
    log_odds = by_view.sum()[model.theme_names_] + model.intercept_
    np.testing.assert_allclose(1 / (1 + np.exp(-log_odds)), model.transform([text])[0], atol=6e-7)


def test_explaining_twice_tells_the_same(model: ThemeModel) -> None:
    for case in CASES:
        assert model.explain(case["text"]) == model.explain(case["text"])


def test_strongest_span_is_what_a_reader_would_point_at(model: ThemeModel) -> None:
    for text, theme, words in (
        ("When a launch fails the PM takes the blame, as ever.", "blame", "blame"),
        ("Recruiters filter on an MBA before they read your resume.", "elite_education", "MBA"),
        ("She was promoted to director and was fired.", "director_failure", "director"),
    ):
        first = spans_for(model, text, theme)[0]
        assert words in text[first["start"] : first["end"]]


# Take the evidence away


@pytest.mark.parametrize("mask", ["", "x"], ids=["cut", "masked"])
@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_score_falls_without_the_strongest_pattern_or_seed(
    model: ThemeModel, case: dict[str, str], mask: str
) -> None:
    text, column = case["text"], model.theme_names_.index(case["theme"])
    named = [s for s in spans_for(model, text, case["theme"]) if s["view"] in ("pattern", "seed")]
    before, after = model.transform([text, take_away(text, named[:1], mask=mask)])[:, column]
    assert after < before or not named


def test_most_cases_hold_a_pattern_or_seed(model: ThemeModel) -> None:
    """Else the test above would say little."""
    views = [{s["view"] for s in spans_for(model, c["text"], c["theme"])} for c in CASES]
    assert sum(bool(found & {"pattern", "seed"}) for found in views) >= 30


@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_score_falls_without_the_evidence_that_is_shown(
    model: ThemeModel, case: dict[str, str]
) -> None:
    text, column = case["text"], model.theme_names_.index(case["theme"])
    shown = strongest_spans(text, model.explain(text), case["theme"])
    assert shown
    before, after = model.transform([text, take_away(text, shown)])[:, column]
    assert after < before


@pytest.mark.parametrize(
    ("view", "share"),
    [("pattern", 0.98), ("seed", 0.98), ("word", 0.9), ("frame", 0.9), ("meaning", 0.9)],
)
def test_score_falls_on_the_example_bank(model: ThemeModel, view: str, share: float) -> None:
    """Views share words and are scaled to unit length, so a fall is not sure for the faint ones."""
    pairs, columns = [], []
    for example in load_codebook().examples[::4]:
        for theme in sorted(example.themes):
            strongest = [s for s in spans_for(model, example.text, theme) if s["view"] == view][:1]
            if strongest:
                pairs += [example.text, take_away(example.text, strongest)]
                columns.append(model.theme_names_.index(theme))
    scores = model.transform(pairs).reshape(len(columns), 2, -1)
    before, after = scores[np.arange(len(columns)), :, columns].T
    assert len(columns) >= 25
    assert np.mean(after < before) >= share


# What is shown


def span(start: int, end: int, weight: float, view: str = "word", theme: str = "blame") -> Span:
    return {"start": start, "end": end, "view": view, "weight": weight, "theme": theme}


TEXT = "The PM takes all the blame, and nobody asks why."


def shown(*spans: Span) -> list[tuple[str, str, float]]:
    found = strongest_spans(TEXT, spans, "blame")
    return [(TEXT[s["start"] : s["end"]], s["view"], s["weight"]) for s in found]


def test_stop_words_alone_are_no_evidence() -> None:
    assert shown(span(0, 3, 3.0), span(13, 20, 2.0), span(28, 38, 1.0, "meaning")) == []
    assert shown(span(26, 27, 3.0, "meaning"), span(21, 27, 1.0)) == [("blame,", "word", 1.0)]
    assert shown(span(28, 38, 1.0, "pattern")) == [("and nobody", "pattern", 1.0)]


def test_faint_spans_and_other_themes_are_not_shown() -> None:
    spans = [span(21, 26, 1.0), span(4, 6, 0.19), span(39, 43, -2.0)]
    assert shown(*spans, span(4, 6, 5.0, theme="identity")) == [("blame", "word", 1.0)]
    assert shown(span(21, 26, 1.0), span(4, 6, 0.2)) == [
        ("blame", "word", 1.0),
        ("PM", "word", 0.2),
    ]
    assert shown(span(21, 26, 1e-9)) == []
    assert shown() == []


def test_neighbours_of_a_view_are_one_span() -> None:
    spans = [span(4, 6, 0.5), span(4, 12, 0.25), span(7, 12, 0.5), span(21, 26, 1.0)]
    assert shown(*spans) == [("PM takes", "word", 1.25), ("blame", "word", 1.0)]
    assert shown(span(4, 6, 0.5), span(7, 12, 0.5, "meaning")) == [
        ("PM", "word", 0.5),
        ("takes", "meaning", 0.5),
    ]
    apart = [span(21, 26, 1.0), span(39, 43, 1.0)]
    assert shown(*apart) == [("blame", "word", 1.0), ("asks", "word", 1.0)]


def test_merging_leaves_the_spans_as_they_were() -> None:
    spans = [span(4, 6, 0.5), span(7, 12, 0.5)]
    strongest_spans(TEXT, spans, "blame")
    assert spans == [span(4, 6, 0.5), span(7, 12, 0.5)]


@given(st.data())
@settings(deadline=None)
def test_shown_spans_are_few_apart_and_sorted(data: st.DataObject) -> None:
    places = st.integers(0, len(TEXT))
    draw = st.builds(
        lambda a, b, w, v: span(min(a, b), max(a, b, min(a, b) + 1), w / 4, v),
        *(places, places, st.integers(-8, 8), st.sampled_from(VIEWS)),
    )
    spans = data.draw(st.lists(draw, max_size=30))
    found = strongest_spans(TEXT, spans, "blame")
    assert len(found) <= MAX_SPANS
    weights = [s["weight"] for s in found]
    assert weights == sorted(weights, reverse=True)
    assert all(weight > 0 for weight in weights)
    for view in VIEWS:
        mine = sorted((s["start"], s["end"]) for s in found if s["view"] == view)
        assert all(end < start for (_, end), (start, _) in itertools.pairwise(mine))
    if found:
        own = [s["weight"] for s in spans if s["weight"] > 0]
        assert weights[-1] >= MIN_SHARE * min(own) - 1e-6
        assert strongest_spans(TEXT, spans[::-1], "blame") == found


def test_scores_table_shows_the_same_evidence(model: ThemeModel) -> None:
    texts = [case["text"] for case in CASES]
    ids = [f"{number:03d}" for number in range(len(texts))]
    passages = pd.DataFrame({"passage_id": ids, "language": "en", "text": texts})
    scores = score_passages(passages, model)
    thresholds = dict(zip(model.theme_names_, model.thresholds_, strict=True))
    assert scores["tagged"].sum() >= 20
    for row in scores.to_dict("records"):
        text = texts[int(row["passage_id"])]
        expected = strongest_spans(text, model.explain(text), row["theme"])
        assert row["evidence"] == (expected if row["score"] >= thresholds[row["theme"]] / 2 else [])
        assert row["evidence"] or not row["tagged"]
