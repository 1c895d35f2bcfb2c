"""The scikit-learn contract of the theme model, and what must not change its scores.

scikit-learn's own `check_estimator` runs a single check for an estimator whose input is text
(`check_estimator_cloneable`): all its other checks feed it arrays of numbers. So the contract is
tested here.
"""

from __future__ import annotations

import cProfile
import json
import os
import pickle
import pstats
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.features import View
from pmdiscourse.measure.linear import sigmoid
from pmdiscourse.measure.model_store import save_model
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.topics import TopicModel
from pmdiscourse.measure.views import make_views

HERE = Path(__file__).parent
GARDEN = HERE / "data" / "codebooks" / "garden"
CASES = [
    json.loads(line)
    for line in (HERE / "cases" / "themes" / "positives.jsonl").read_text("utf-8").splitlines()
]
TEXTS = [case["text"] for case in CASES[::4]]
PARAMETERS = {
    "codebook": None,
    "views": None,
    "weights": "shipped",
    "encoder": None,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel().fit()


@pytest.fixture(scope="module")
def garden() -> Codebook:
    return load_codebook(GARDEN)


def assert_same_model(one: ThemeModel, other: ThemeModel, texts: list[str]) -> None:
    assert one.theme_names_ == other.theme_names_
    assert one.shipped_ == other.shipped_
    for name in ("thresholds_", "intercept_", "out_of_fold_"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.transform(texts), other.transform(texts))
    assert [one.explain(text) for text in texts] == [other.explain(text) for text in texts]


# Parameters


def test_check_estimator_has_a_single_check_for_text() -> None:
    with pytest.warns(SkipTestWarning, match="Can't test estimator ThemeModel which requires"):
        checks = check_estimator(ThemeModel())
    assert [(c["check_name"], c["status"]) for c in checks] == [
        ("check_estimator_cloneable", "passed")
    ], "scikit-learn checks more of a text estimator now: see what of this file it makes needless"


def test_init_only_stores_its_parameters() -> None:
    given_values = {name: object() for name in PARAMETERS}
    model = ThemeModel(**given_values)  # type: ignore[arg-type]
    assert vars(model) == given_values
    assert model.get_params(deep=False) == given_values
    assert all(getattr(model, name) is value for name, value in given_values.items())


def test_get_and_set_params(garden: Codebook) -> None:
    model = ThemeModel()
    assert model.get_params() == PARAMETERS
    values = {"codebook": garden, "views": ("seed",), "weights": "bank", "random_state": 7}
    assert model.set_params(**values) is model
    assert model.get_params() == PARAMETERS | values
    with pytest.raises(ValueError, match="Invalid parameter 'view'"):
        model.set_params(view=("seed",))
    with pytest.raises(TypeError, match="positional"):
        ThemeModel(garden, ("seed",))  # type: ignore[misc]


def test_clone_keeps_parameters_and_nothing_learned(garden: Codebook) -> None:
    fitted = ThemeModel(garden, views=("seed",), random_state=3).fit()
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        fresh.transform(TEXTS)
    assert_same_model(fresh.fit(), fitted, TEXTS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": "none"}, "allowed is one of .'shipped', 'bank'."),
        ({"views": ("words",)}, "Did you mean 'word'"),
        ({"views": ()}, "one or more of"),
        ({"views": "word"}, r"a tuple of names. Write \('word',\)."),
        ({"codebook": str(GARDEN)}, r"a Codebook or None. Write load_codebook\(folder\)"),
    ],
)
def test_parameters_are_checked_when_fitted(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(DiscourseError, match=message):
        ThemeModel(**parameters).fit()


# Fit


def test_fit_returns_itself_and_leaves_parameters_alone(garden: Codebook) -> None:
    model = ThemeModel(garden)
    before = model.get_params()
    assert model.fit(TEXTS, None) is model
    assert model.get_params() == before


@pytest.mark.parametrize("method", ["transform", "predict", "explain", "get_feature_names_out"])
def test_nothing_works_before_fit(method: str) -> None:
    for text in (TEXTS, TEXTS[0], None):  # whatever else is wrong, this is told first
        with pytest.raises(NotFittedError):
            getattr(ThemeModel(), method)(text)


def test_no_function_takes_a_model_before_fit(tmp_path: Path) -> None:
    passages = pd.DataFrame({"passage_id": ["p"], "language": ["de"], "text": ["Ein Satz."]})
    with pytest.raises(NotFittedError):
        score_passages(passages, ThemeModel())
    with pytest.raises(NotFittedError):
        save_model(ThemeModel(), tmp_path)


def test_refit_is_a_fresh_fit(garden: Codebook) -> None:
    used = ThemeModel(garden, random_state=4).fit()
    used.explain(TEXTS[0])
    used.set_params(codebook=None, random_state=0).fit()
    assert_same_model(used, ThemeModel().fit(), TEXTS)
    used.set_params(codebook=garden).fit(TEXTS)
    assert_same_model(used, ThemeModel(garden).fit(), TEXTS)
    used.set_params(codebook=None, views=("seed",)).fit()
    assert_same_model(used, ThemeModel(views=("seed",)).fit(), TEXTS)


def test_pickle_keeps_scores_and_explanations(model: ThemeModel, garden: Codebook) -> None:
    for one in (model, ThemeModel(garden).fit()):
        assert_same_model(pickle.loads(pickle.dumps(one)), one, TEXTS)


# Texts


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", "a list of texts"),
        (None, "a list of texts"),
        (b"bytes", "a list of texts"),
        (7, "a list of texts"),
        ({"a text": 1}, "a list of texts"),
        ({"a text", "another"}, "a list of texts"),
        (np.array("a text"), "a list of texts"),
        (pd.DataFrame({"text": ["a text"]}), "a list of texts"),
        ([], "one text or more"),
        (pd.Series([], dtype=str), "one text or more"),
        ((text for text in ()), "one text or more"),
        (["a text", None], "row 1"),
        (["a text", 3.5], "row 1"),
        (["a text", b"bytes"], "row 1"),
        ([["a text"]], "row 0"),
        (np.array([["a text"]]), "row 0"),
        (np.array([1.0, 2.0]), "row 0"),
        (pd.Series(["a text", None]), "row 1"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["fit", "transform", "predict", "fit_transform"])
def test_texts_that_are_not_usable(
    model: ThemeModel, method: str, texts: Any, message: str
) -> None:
    with pytest.raises(DiscourseError, match=message):
        getattr(clone(model) if "fit" in method else model, method)(texts)


@pytest.mark.parametrize("text", [None, 7, b"bytes", ["a text"], np.array(["a text"])])
def test_explain_takes_one_text(model: ThemeModel, text: Any) -> None:
    with pytest.raises(DiscourseError, match="allowed is one string"):
        model.explain(text)


@pytest.mark.parametrize(
    "build",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        pd.Index,
        lambda texts: pd.Series(texts, index=range(9, 9 + len(texts))),
        lambda texts: pd.Series(texts, index=[0] * len(texts), dtype=object),
        lambda texts: pd.Series(texts).sort_index(ascending=False)[::-1],
        lambda texts: (text for text in texts),
    ],
    ids=["tuple", "array", "objects", "index", "series", "same index", "turned", "generator"],
)
def test_texts_come_in_any_order_keeping_form(
    model: ThemeModel, build: Callable[[list[str]], Any]
) -> None:
    expected = model.transform(TEXTS)
    np.testing.assert_array_equal(model.transform(build(TEXTS)), expected)
    np.testing.assert_array_equal(clone(model).fit_transform(build(TEXTS)), expected)
    np.testing.assert_array_equal(model.predict(build(TEXTS)), model.predict(TEXTS))


def test_results_have_the_types_that_are_told(model: ThemeModel) -> None:
    scores, tagged = model.transform(TEXTS), model.predict(TEXTS)
    assert (scores.dtype, scores.shape) == (np.float64, (len(TEXTS), 4))
    assert (tagged.dtype, tagged.shape) == (np.bool_, scores.shape)


# Names of themes


def test_columns_are_themes_in_codebook_order(garden: Codebook) -> None:
    own = load_codebook()
    turned = Codebook("1", "en", own.themes[::-1], own.classes, own.examples)
    straight, model = ThemeModel().fit(), ThemeModel(turned).fit()
    assert model.theme_names_ == turned.names == own.names[::-1]
    assert model.get_feature_names_out().tolist() == model.theme_names_
    np.testing.assert_array_equal(model.transform(TEXTS)[:, ::-1], straight.transform(TEXTS))
    np.testing.assert_array_equal(model.thresholds_[::-1], straight.thresholds_)
    assert ThemeModel(garden).fit().get_feature_names_out().tolist() == garden.names


def test_set_output_gives_frames_with_theme_names(model: ThemeModel) -> None:
    framed = clone(model).fit().set_output(transform="pandas")
    frame = framed.transform(TEXTS)
    assert frame.columns.tolist() == model.theme_names_
    np.testing.assert_array_equal(frame, model.transform(TEXTS))
    np.testing.assert_array_equal(framed.predict(TEXTS), model.predict(TEXTS))
    passages = pd.DataFrame(
        {"passage_id": [f"{i:02d}" for i in range(len(TEXTS))], "language": "en", "text": TEXTS}
    )
    expected = score_passages(passages, model)
    pd.testing.assert_frame_equal(score_passages(passages, framed), expected)
    with sklearn.config_context(transform_output="pandas"):
        pd.testing.assert_frame_equal(score_passages(passages, model), expected)


# In scikit-learn's own tools


def test_in_a_pipeline_and_a_union(model: ThemeModel) -> None:
    shout = FunctionTransformer(lambda texts: [f"{text}!" for text in texts])
    pipeline = Pipeline([("shout", shout), ("themes", ThemeModel())]).fit(TEXTS)
    shouted = [f"{text}!" for text in TEXTS]
    np.testing.assert_array_equal(pipeline.predict(TEXTS), model.predict(shouted))
    union = FeatureUnion([("shipped", ThemeModel()), ("bank", ThemeModel(views=("seed",)))])
    assert union.fit(TEXTS).get_feature_names_out().tolist()[3:5] == [
        "shipped__director_failure",
        "bank__blame",
    ]


def test_before_a_classifier() -> None:
    texts, themes = [c["text"] for c in CASES], [c["theme"] for c in CASES]
    classifier = Pipeline([("themes", ThemeModel()), ("choose", LogisticRegression(C=100.0))])
    found = cross_val_predict(classifier, np.array(texts), themes, cv=5)
    assert np.mean(found == np.array(themes)) > 0.5, "chance is a quarter"


def test_grid_search_over_views_and_weights() -> None:
    examples = load_codebook().examples[::15]
    texts = pd.Series([example.text for example in examples])
    present = np.array([[name in e.themes for name in load_codebook().names] for e in examples])
    scorer = make_scorer(f1_score, average="micro", zero_division=0)
    grid = [
        {"weights": ["shipped"], "views": [None]},
        {"weights": ["bank"], "views": [("seed",), ("seed", "word")]},
    ]
    search = GridSearchCV(ThemeModel(), grid, scoring=scorer, cv=2).fit(texts, present)
    assert len(search.cv_results_["params"]) == 3
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(set(search.cv_results_["mean_test_score"])) == 3, "the grid changes the model"
    assert search.best_score_ > 0.5
    assert search.predict(TEXTS).shape == (len(TEXTS), 4)


# What must not change a score


@pytest.mark.parametrize(("threads", "seed"), [("1", "0"), ("2", "1")])
def test_order_batch_threads_jobs_and_processes_change_nothing(
    model: ThemeModel, garden: Codebook, tmp_path: Path, threads: str, seed: str
) -> None:
    texts = [case["text"] for case in CASES] + ["", "…", " ".join(TEXTS)]
    file = tmp_path / "texts.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = os.environ | dict.fromkeys(variables, threads) | {"PYTHONHASHSEED": seed}
    run = [sys.executable, str(HERE / "theme_scores.py"), str(file), str(GARDEN)]
    told = json.loads(
        subprocess.run(run, check=True, env=env, capture_output=True, text=True).stdout
    )
    here = {"shipped": model, "learned": ThemeModel(garden).fit()}
    assert told.keys() == here.keys()
    for name, ways in told.items():
        expected = here[name].transform(texts)
        assert len(ways) == 8
        for way, scores in ways.items():
            np.testing.assert_allclose(
                scores, expected, atol=1e-9, rtol=0, err_msg=f"{name}: {way}"
            )


def test_scores_are_rounded_before_they_meet_a_threshold() -> None:
    model = ThemeModel().fit()
    scores = model.transform(TEXTS)
    exact = sigmoid(model._join([part.log_odds(TEXTS) for part in model.detectors_]))
    assert (scores == exact.round(6)).all()
    row, column = np.argwhere(exact < scores)[0]  # rounded up
    model.thresholds_[column] = scores[row, column]
    assert model.predict(TEXTS)[row, column], "a score at the threshold is tagged"
    model.thresholds_[column] = scores[row, column] + 1e-6
    assert not model.predict(TEXTS)[row, column]


# Hostile texts

HOSTILE = {
    "empty": "",
    "white space": " \n\t\r\v\f\x85\u2028 ",
    "signs": "...!?,;:--()[]" * 200,
    "emoji": "😀👩‍👩‍👧‍👦🏳️‍🌈" * 200,
    "right to left": "מנהל המוצר אשם בכל דבר. هو المسؤول عن كل شيء. " * 20,
    "marks of direction": "\u202ethe PM takes the blame\u202c \u200fso they say",
    "control characters": "".join(map(chr, range(32))) + "\x7f takes the blame",
    "NUL": "The PM\x00takes\x00the\x00blame",
    "half a character": "The PM \ud83d takes the blame \udc00",
    "combining marks": "e\u0301\u0327" * 500,
    "letters that grow": "İİİ ẞ ŉ takes the blame",
    "another language": "Der Produktmanager ist schuld, wenn der Termin nicht hält.",
    "byte order mark": "\ufeffThe PM takes the blame.",
    "no spaces": "blame" * 2000,
    "apostrophes": "'" * 5000 + "’" * 5000,
    "new lines": "\n" * 20_000,
}
LARGE = {
    "one sentence of 100,000 words": "it " * 100_000,
    "one word of a million letters": "a" * 1_000_000,
    "a million characters": "The beds were dug over in May, and rain came late. " * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_scored_and_explained(model: ThemeModel, text: str) -> None:
    scores = model.transform([text])[0]
    assert ((scores > 0) & (scores < 1)).all()
    for span in model.explain(text):
        assert 0 <= span["start"] < span["end"] <= len(text)
        assert np.isfinite(span["weight"])


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_texts_are_scored(model: ThemeModel, text: str) -> None:
    scores = model.transform([text])[0]
    assert (scores < model.thresholds_).all()


def test_nothing_to_read_scores_the_intercept(model: ThemeModel) -> None:
    for text in ("", " \n\t"):
        expected = sigmoid(model.intercept_)
        np.testing.assert_allclose(model.transform([text])[0], expected, atol=1e-6)
        assert model.explain(text) == []


def count_calls(model: ThemeModel, text: str) -> int:
    profile = cProfile.Profile()
    profile.runcall(model.transform, [text])
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_work_grows_no_faster_than_the_text(model: ThemeModel) -> None:
    text = " ".join(TEXTS)
    model.transform([text])  # what is remembered of words is remembered now
    assert count_calls(model, text * 8) < 2.2 * count_calls(model, text * 4)
    one_sentence = text.replace(".", ",").replace("?", ",")
    assert count_calls(model, one_sentence * 8) < 2.2 * count_calls(model, one_sentence * 4)


# Case and quotes


@pytest.fixture(scope="module")
def views() -> dict[str, View]:
    return {name: view.fit(TEXTS * 2) for name, view in make_views(load_codebook()).items()}


PLAIN = ["don't", "PM", "it's", "the", "blame", '"MBA"', "'director'", "we", "."]


def curl(text: str) -> str:
    """Write quotes as typesetters do."""
    single = text.replace(" '", " ‘").replace("'", "’")
    return single.replace(' "', " “").replace('"', "”")


@pytest.mark.parametrize("name", ["pattern", "seed", "word", "frame", "meaning"])
@given(words=st.lists(st.sampled_from(PLAIN), min_size=1, max_size=12), upper=st.booleans())
@settings(deadline=None, max_examples=30)
def test_case_and_quotes_change_no_feature(
    views: dict[str, View], name: str, words: list[str], upper: bool
) -> None:
    view = views[name]
    text = " ".join(words)
    other = curl(text).upper() if upper else curl(text).title()
    one, two = view.matrix([text, other]).toarray()
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("change", [str.upper, str.title, curl], ids=["upper", "title", "curled"])
def test_case_and_quotes_change_no_score(model: ThemeModel, change: Callable[[str], str]) -> None:
    texts = [case["text"] for case in CASES]
    changed = model.transform([change(text) for text in texts])
    np.testing.assert_array_equal(changed, model.transform(texts))


def test_topic_model_asks_the_same_of_texts() -> None:
    with pytest.raises(DiscourseError, match="a list of texts"):
        TopicModel(n_residual=1).fit({"a text", "another"})  # type: ignore[arg-type]
