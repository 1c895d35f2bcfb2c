"""The theme model: what it tags, its views, its tables and its quality."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score, f1_score

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.features import WORD, WordView, normalize
from pmdiscourse.measure.scoring import representative_passages, score_passages
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.views import make_views

DATA = Path(__file__).parent / "data"
DEV = Path(__file__).parents[2] / "shared" / "gold" / "dev.jsonl"
PEERS_ON_DEV = 0.39  # the best of nine peer systems tried on the same passages
TEXTS = [
    "Whenever a launch fails the PM takes the blame, and sales takes the credit.",
    "Nobody can say what a product manager does; some call me a project manager.",
    "Recruiters filter on an MBA from Stanford before they read your resume.",
    "She was promoted to director, kept micromanaging her old squad and was fired.",
    "PMs take the blame and get no credit, nobody knows what a PM is, yet you need an MBA for it.",
    "The new search page loads in half the time, and people stay on it for longer.",
]


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel().fit()


@pytest.fixture(scope="module")
def bank_model() -> ThemeModel:
    return ThemeModel(weights="bank").fit()


@pytest.fixture(scope="module")
def garden() -> Codebook:
    return load_codebook(DATA / "codebooks" / "garden")


def build_passages(texts: list[str], language: str = "en") -> pd.DataFrame:
    ids = [f"p{i}" for i in range(len(texts))]
    threads = [f"t{i // 2}" for i in range(len(texts))]
    return pd.DataFrame(
        {"passage_id": ids, "thread_id": threads, "language": language, "text": texts}
    )


def test_several_themes_a_text(model: ThemeModel) -> None:
    tagged = model.predict(TEXTS)
    expected = np.zeros((6, 4), dtype=bool)
    expected[[0, 1, 2, 3], [0, 1, 2, 3]] = True
    expected[4, :3] = True
    assert tagged.tolist() == expected.tolist()


def test_scores_are_rounded_shares_in_codebook_order(model: ThemeModel) -> None:
    scores = model.transform(TEXTS)
    assert scores.shape == (6, 4)
    assert model.theme_names_ == load_codebook().names
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (scores == scores.round(6)).all()
    assert (model.predict(TEXTS) == (scores >= model.thresholds_)).all()


@given(st.text(max_size=80))
def test_normalize_keeps_offsets(text: str) -> None:
    assert len(normalize(text)) == len(text)


@pytest.mark.parametrize("name", ["pattern", "seed", "word", "frame", "meaning"])
def test_views_are_sums_of_their_parts(name: str) -> None:
    view = make_views(load_codebook())[name].fit(TEXTS * 10)
    matrix = view.matrix([*TEXTS, ""]).toarray()
    assert np.abs(matrix[:-1]).sum(axis=1).min() >= (1e-3 if name in ("word", "meaning") else 0)
    for text, row in zip([*TEXTS, ""], matrix, strict=True):
        parts = view.parts(text)
        assert parts.rows.shape[0] == len(parts.spans)
        np.testing.assert_allclose(np.asarray(parts.rows.sum(axis=0)).ravel(), row, atol=1e-12)


def test_word_view_is_scikit_learns_tf_idf() -> None:
    bank = [example.text for example in load_codebook().examples[:200]]
    oracle = TfidfVectorizer(
        token_pattern=WORD.pattern, ngram_range=(1, 2), min_df=2, sublinear_tf=True
    )
    expected = oracle.fit(bank).transform(TEXTS)
    np.testing.assert_allclose(
        WordView().fit(bank).matrix(TEXTS).toarray(), expected.toarray(), atol=1e-12
    )


def test_the_corpus_does_not_move_the_model(model: ThemeModel) -> None:
    other = ThemeModel().fit(["Something else altogether.", "And more."])
    assert (other.transform(TEXTS) == model.transform(TEXTS)).all()
    assert (other.thresholds_ == model.thresholds_).all()


def test_random_state_moves_thresholds_only(bank_model: ThemeModel) -> None:
    other = ThemeModel(weights="bank", random_state=5).fit()
    assert (other.transform(TEXTS) == bank_model.transform(TEXTS)).all()
    assert (other.out_of_fold_ != bank_model.out_of_fold_).any()


def test_thresholds_have_the_best_f1_at_the_base_rate(bank_model: ThemeModel) -> None:
    model = bank_model
    for column, name in enumerate(model.theme_names_):
        present = np.array([name in example.themes for example in load_codebook().examples])
        scores = model.out_of_fold_[:, column]
        weights = np.where(present, 0.05 / present.mean(), 0.95 / (1 - present.mean()))

        def f1(
            threshold: float, present: Any = present, scores: Any = scores, weights: Any = weights
        ) -> float:
            return float(f1_score(present, scores >= threshold, sample_weight=weights))

        best = max(f1(threshold) for threshold in np.unique(scores))
        assert f1(model.thresholds_[column]) == pytest.approx(best)


def test_themes_of_another_codebook(garden: Codebook) -> None:
    model = ThemeModel(garden).fit()
    assert model.theme_names_ == ["watering", "pests"]
    scores = model.transform(
        ["Too much water and the basil wilted.", "Slugs and aphids have eaten it.", "A new gate."]
    )
    assert scores.argmax(axis=0).tolist() == [0, 1]
    assert (scores[2] < model.thresholds_).all()


def test_a_theme_needs_examples(garden: Codebook) -> None:
    few = Codebook("1", "en", garden.themes, garden.classes, garden.examples[:4])
    with pytest.raises(DiscourseError, match=r"theme 'watering' has \d examples with it"):
        ThemeModel(few).fit()


def test_score_passages(model: ThemeModel) -> None:
    passages = build_passages(TEXTS)
    scores = score_passages(passages.sample(frac=1, random_state=1), model)
    wide = scores.pivot(index="passage_id", columns="theme", values="score")[model.theme_names_]
    np.testing.assert_array_equal(wide.to_numpy(), model.transform(TEXTS))
    texts = passages.set_index("passage_id")["text"]
    thresholds = dict(zip(model.theme_names_, model.thresholds_, strict=True))
    for row in scores.to_dict("records"):
        weights = [span["weight"] for span in row["evidence"]]
        assert len(weights) <= 8
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert bool(weights) == (row["score"] >= thresholds[row["theme"]] / 2)
        assert row["tagged"] == (row["score"] >= thresholds[row["theme"]])
        for span in row["evidence"]:
            assert texts[row["passage_id"]][span["start"] : span["end"]].strip()


def test_passages_in_other_languages_are_left_out(model: ThemeModel) -> None:
    passages = build_passages(TEXTS)
    passages["language"] = ["en", "de", "und", "fr", "en", "en"]
    assert set(score_passages(passages, model)["passage_id"]) == {"p0", "p2", "p4", "p5"}
    none = score_passages(passages.iloc[[1, 3]], model)
    assert len(none) == 0
    assert none.columns.tolist() == ["passage_id", "theme", "score", "tagged", "evidence"]
    with pytest.raises(DiscourseError, match="'language'"):
        score_passages(passages.drop(columns="language"), model)


def test_representative_passages(model: ThemeModel) -> None:
    texts = [TEXTS[0], TEXTS[0] + " Always.", TEXTS[5], TEXTS[4], TEXTS[1], TEXTS[2]]
    passages = build_passages(texts)
    scores = score_passages(passages, model)
    found = representative_passages(scores, passages, theme="blame", n=4)
    assert found["thread_id"].tolist()[:3] == ["t0", "t1", "t2"]
    assert found["thread_id"].tolist()[3] == "t0"
    assert found["score"].iloc[0] == scores.loc[scores["theme"] == "blame", "score"].max()
    assert len(representative_passages(scores, passages, theme="blame")) == 5
    with pytest.raises(DiscourseError, match="Did you mean 'blame'"):
        representative_passages(scores, passages, theme="blames")
    with pytest.raises(DiscourseError, match="1 or more"):
        representative_passages(scores, passages, theme="blame", n=0)


def test_representative_passages_of_all_themes(model: ThemeModel) -> None:
    passages = build_passages(TEXTS)
    scores = score_passages(passages, model).sample(frac=1, random_state=1)
    found = representative_passages(scores, passages, n=2)
    assert found["theme"].tolist() == [name for name in sorted(model.theme_names_) for _ in "ab"]
    for theme, best in found.groupby("theme"):
        alone = representative_passages(scores, passages, theme=str(theme), n=2)
        pd.testing.assert_frame_equal(best.drop(columns="theme").reset_index(drop=True), alone)
    none = representative_passages(scores.iloc[:0], passages)
    assert none.empty
    assert none.columns.tolist() == found.columns.tolist()


def test_quality_on_the_example_bank_does_not_sink(bank_model: ThemeModel) -> None:
    """Floors are what was measured minus one standard error; raise them when it gets better."""
    floors = json.loads((DATA / "quality_floor.json").read_text(encoding="utf-8"))["bank"]
    examples = load_codebook().examples
    reached = {
        name: average_precision_score(
            [name in example.themes for example in examples], bank_model.out_of_fold_[:, column]
        )
        for column, name in enumerate(bank_model.theme_names_)
    }
    reached["mean"] = float(np.mean(list(reached.values())))
    assert set(reached) == set(floors)
    for name, floor in floors.items():
        assert reached[name] >= floor["average_precision"] - floor["standard_error"], name


@pytest.mark.skipif(not DEV.is_file(), reason=f"no coded passages at {DEV}: quality not measured")
def test_the_example_bank_alone_beats_the_peers(bank_model: ThemeModel) -> None:
    """The shipped weights have seen these passages; what the bank alone teaches has not."""
    records = [json.loads(line) for line in DEV.read_text(encoding="utf-8").split("\n") if line]
    scores = bank_model.transform([record["text"] for record in records])
    reached = [
        average_precision_score([record[name] for record in records], scores[:, column])
        for column, name in enumerate(bank_model.theme_names_)
    ]
    assert np.mean(reached) > PEERS_ON_DEV
