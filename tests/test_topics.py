"""The seeded topic model: themes stay fixed, say when they did not take, and order is nothing."""

import ast
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline

from pmdiscourse.codebook import Codebook, Example, Theme
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.topics import TopicModel

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
BLAME = ["scapegoat", "outage", "punished", "accusation", "fallout", "reprimand"]
SCHOOL = ["diploma", "campus", "alumni", "tuition", "lecture", "graduation"]
GARDEN = ["compost", "tomatoes", "pruning", "seedling", "mulch", "trellis"]
BACKGROUND = {
    "pricing": ["pricing", "discount", "invoice", "renewal", "quota", "margin"],
    "research": ["interview", "survey", "persona", "usability", "prototype", "insight"],
}
SHARED = ["roadmap", "team", "quarter", "launch", "customer", "meeting", "plan", "backlog"]


def write(rng: np.random.Generator, words: Any, n_own: int = 4, n_shared: int = 4) -> str:
    own = list(rng.choice(words, n_own)) if words else []
    picked = [*own, *rng.choice(SHARED, n_shared)]
    return " ".join(rng.permutation(picked))


def make_theme(name: str, words: Any) -> Theme:
    return Theme(name, name.title(), f"About {name}.", (), (), tuple(words[:2]), ())


def make_examples(name: str, words: Any, rng: np.random.Generator, n: int = 20) -> list[Example]:
    return [Example(write(rng, words), frozenset({name})) for _ in range(n)]


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    rng = np.random.default_rng(1)
    examples = [
        *make_examples("blame", BLAME, rng),
        *make_examples("school", SCHOOL, rng),
        *make_examples("garden", GARDEN, rng),
        *(Example(write(rng, [], 0, 8), frozenset()) for _ in range(60)),
    ]
    themes = (
        make_theme("blame", BLAME),
        make_theme("school", SCHOOL),
        make_theme("garden", GARDEN),
    )
    return Codebook("1", "en", themes, {}, tuple(examples))


@pytest.fixture(scope="module")
def corpus() -> pd.DataFrame:
    """Blame in 30 passages, school in 20, garden in none; two background subjects."""
    rng = np.random.default_rng(2)
    rows = [(write(rng, BLAME), "blame") for _ in range(30)]
    rows += [(write(rng, SCHOOL), "school") for _ in range(20)]
    for words in BACKGROUND.values():
        rows += [(write(rng, words), "") for _ in range(75)]
    frame = pd.DataFrame(rows, columns=["text", "theme"])
    return frame.assign(thread=[f"t{row % 25}" for row in range(len(frame))])


@pytest.fixture(scope="module")
def model(codebook: Codebook, corpus: pd.DataFrame) -> TopicModel:
    return TopicModel(codebook, n_residual=2).fit(corpus["text"], threads=corpus["thread"])


def test_weights_are_shares_of_words(model: TopicModel, corpus: pd.DataFrame) -> None:
    shares = model.transform([*corpus["text"], "", "zzz qqq"])
    assert shares.shape == (len(corpus) + 2, 5)
    assert shares.min() >= 0
    np.testing.assert_allclose(shares[:-2].sum(axis=1), 1)
    np.testing.assert_array_equal(shares[-2:], 0)


def test_themes_come_first_and_others_are_named_by_their_terms(model: TopicModel) -> None:
    assert model.topic_names_[:3] == ["blame", "school", "garden"]
    others = [set(name.split("(")[1].strip(")").split(", ")) for name in model.topic_names_[3:]]
    subjects = [set(words) for words in BACKGROUND.values()]
    assert all(any(other <= subject for subject in subjects) for other in others)
    assert [name.split(" (")[0] for name in model.topic_names_[3:]] == ["other 1", "other 2"]


def test_theme_weights_find_the_planted_passages(model: TopicModel, corpus: pd.DataFrame) -> None:
    shares = model.transform(corpus["text"])
    for column, theme in enumerate(["blame", "school"]):
        planted = corpus["theme"] == theme
        assert shares[planted, column].min() > shares[~planted, column].max()


def test_planted_themes_take_and_the_absent_one_does_not(model: TopicModel) -> None:
    verdicts = model.verdicts().set_index("theme")
    assert verdicts["took"].to_dict() == {"blame": True, "school": True, "garden": False}
    assert (verdicts.loc[["blame", "school"], "reason"] == "").all()
    assert "none of its seed terms" in str(verdicts.loc["garden", "reason"])
    assert "average precision" in str(verdicts.loc["garden", "reason"])
    assert verdicts["base_rate"].tolist() == pytest.approx([20 / 120] * 3)


def test_absent_theme_whose_examples_share_everyday_words_did_not_take(
    codebook: Codebook, corpus: pd.DataFrame
) -> None:
    """The examples of garden lean on words of every passage, so the row is not empty."""
    rng = np.random.default_rng(3)
    leaning = [
        Example(write(rng, [*GARDEN, "team", "plan"]), frozenset({"garden"})) for _ in range(20)
    ]
    kept = [example for example in codebook.examples if "garden" not in example.themes]
    book = Codebook("1", "en", codebook.themes, {}, (*kept, *leaning))
    fitted = TopicModel(book, n_residual=2).fit(corpus["text"], threads=corpus["thread"])
    verdict = fitted.verdicts().set_index("theme").loc["garden"]
    assert not verdict["took"]
    assert "none of its seed terms stands in 5 passages and 2 threads" in verdict["reason"]


def test_a_theme_in_one_thread_only_did_not_take(codebook: Codebook, corpus: pd.DataFrame) -> None:
    threads = corpus["thread"].where(corpus["theme"] != "school", "one")
    verdicts = TopicModel(codebook, n_residual=2).fit(corpus["text"], threads=threads).verdicts()
    verdict = verdicts.set_index("theme").loc["school"]
    assert not verdict["took"]
    assert "none of its seed terms" in verdict["reason"]


def test_a_theme_that_adds_no_words_to_its_seeds_did_not_take(
    codebook: Codebook, corpus: pd.DataFrame
) -> None:
    others = corpus.loc[corpus["theme"] != "school", "text"]
    texts = [*others, *["diploma campus"] * 20]
    verdict = TopicModel(codebook, n_residual=2).fit(texts).verdicts().set_index("theme")
    assert not verdict.loc["school", "took"]
    assert verdict.loc["school", "n_new_terms"] < 3
    assert "are new and stand in 2 threads" in verdict.loc["school", "reason"]


def test_examples_do_not_vouch_for_themselves(codebook: Codebook, corpus: pd.DataFrame) -> None:
    """Each example of garden has a word of its own: learnt by heart, it would rank perfectly."""
    rng = np.random.default_rng(6)
    own = [f"{start}{end}" for start in ("ba", "do", "fi", "ku") for end in ("rel", "tam", "vix")]
    kept = [example for example in codebook.examples if "garden" not in example.themes]
    garden = [Example(f"{word} {write(rng, [], 0, 8)}", frozenset({"garden"})) for word in own]
    book = Codebook("1", "en", codebook.themes, {}, (*kept, *garden))
    texts = [*corpus["text"], *(f"{word} {word} plan team" for word in own for _ in range(6))]
    fitted = TopicModel(book, n_residual=2).fit(texts)
    carries = np.array([0] * len(kept) + [1] * len(garden))
    learnt = fitted.transform([example.text for example in (*kept, *garden)])[:, 2]
    verdict = fitted.verdicts().set_index("theme").loc["garden"]
    assert average_precision_score(carries, learnt) > 0.7
    assert verdict["average_precision"] < 0.5


def test_theme_rows_stay_as_the_codebook_makes_them(
    model: TopicModel, codebook: Codebook, corpus: pd.DataFrame
) -> None:
    other = TopicModel(codebook, n_residual=1).fit(corpus["text"])
    np.testing.assert_array_equal(model.components_[:3], other.components_[:3])
    for theme, words in enumerate([BLAME, SCHOOL]):
        heaviest = model.terms_[np.argsort(-model.components_[theme])[:2]]
        assert set(heaviest) == set(words[:2])


def test_theme_without_examples_is_not_called_taken(
    codebook: Codebook, corpus: pd.DataFrame
) -> None:
    book = Codebook("1", "en", codebook.themes, {}, ())
    verdicts = TopicModel(book).fit(corpus["text"]).verdicts()
    assert not verdicts["took"].any()
    assert verdicts["average_precision"].isna().all()
    assert verdicts["reason"].str.contains("no example").all()


def test_top_terms_mark_seeds_and_rank_from_one(model: TopicModel) -> None:
    top = model.top_terms(6)
    assert list(top) == ["topic", "kind", "rank", "term", "weight", "is_seed", "n_threads"]
    blame = top[top["topic"] == "blame"]
    assert blame["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert blame["weight"].is_monotonic_decreasing
    assert set(blame.loc[blame["is_seed"], "term"]) <= set(BLAME[:2])
    assert set(BLAME[:2]) <= set(model.top_terms(100).query("topic == 'blame' and is_seed")["term"])
    assert not top.loc[top["kind"] == "other", "is_seed"].any()
    assert (top["n_threads"] <= 25).all()


def test_order_of_rows_changes_nothing(
    model: TopicModel, codebook: Codebook, corpus: pd.DataFrame
) -> None:
    mixed = corpus.sample(frac=1, random_state=5)
    again = TopicModel(codebook, n_residual=2).fit(mixed["text"], threads=mixed["thread"])
    np.testing.assert_array_equal(again.components_, model.components_)
    np.testing.assert_array_equal(again.transform(corpus["text"]), model.transform(corpus["text"]))
    pd.testing.assert_frame_equal(again.top_terms(), model.top_terms())
    pd.testing.assert_frame_equal(again.verdicts(), model.verdicts())


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_seed_changes_nothing_that_matters(
    model: TopicModel, codebook: Codebook, corpus: pd.DataFrame, seed: int
) -> None:
    other = TopicModel(codebook, n_residual=2, random_state=seed).fit(corpus["text"])
    shift = np.abs(other.transform(corpus["text"]) - model.transform(corpus["text"]))
    assert shift.max() < 1e-6


def test_a_passage_is_scored_by_itself(model: TopicModel, corpus: pd.DataFrame) -> None:
    alone = np.vstack([model.transform([text]) for text in corpus["text"][:10]])
    np.testing.assert_allclose(alone, model.transform(corpus["text"])[:10], atol=1e-12)


@pytest.mark.parametrize("n_threads", [1, 2, 5, 1000])
@pytest.mark.parametrize("n", [1, 2, 4, 5, 6, 7, 9, 11, 19, 55])
def test_small_corpora_work(
    codebook: Codebook, corpus: pd.DataFrame, n: int, n_threads: int
) -> None:
    texts = corpus["text"].sample(n, random_state=n)
    threads = [str(row % n_threads) for row in range(n)]
    fitted = TopicModel(codebook).fit(texts, threads=threads)
    sums = fitted.transform([*texts, "", "zzz qqq"]).sum(axis=1)
    assert set(sums.round(9)) <= {0, 1}
    assert 4 <= len(fitted.topic_names_) <= 3 + max(1, min(6, n // 5))
    assert len(fitted.verdicts()) == 3
    assert fitted.verdicts()["took"].sum() == 0 or n == 55
    for term in fitted.terms_:
        found = [row for row, text in enumerate(texts) if f" {term} " in f" {text} "]
        assert len(found) >= 5
        assert len({threads[row] for row in found}) >= 2


NOTHING = [["the and of", ""], ["...", "!!!"], ["a"] * 12, [""] * 9, ["roadmap launch"] * 4]


@pytest.mark.parametrize("texts", NOTHING)
def test_texts_without_a_usable_term_take_no_theme(codebook: Codebook, texts: list[str]) -> None:
    fitted = TopicModel(codebook).fit(texts)
    assert fitted.topic_names_ == ["blame", "school", "garden", "other 1"]
    assert fitted.components_.shape == (4, 0)
    np.testing.assert_array_equal(fitted.transform([*texts, "scapegoat"]), 0)
    verdicts = fitted.verdicts()
    assert not verdicts["took"].any()
    assert set(verdicts["reason"]) == {
        "too few passages for a vocabulary: a term must stand in 5 passages and 2 threads"
    }
    assert verdicts[["n_new_terms", "n_threads"]].to_numpy().sum() == 0
    assert verdicts["base_rate"].tolist() == pytest.approx([20 / 120] * 3)
    usual = ["topic", "kind", "rank", "term", "weight", "is_seed", "n_threads"]
    assert list(fitted.top_terms()) == usual
    assert fitted.top_terms().empty


def test_a_term_of_one_post_is_not_learned(codebook: Codebook, corpus: pd.DataFrame) -> None:
    """A word in every passage of one thread stays out; so does one in four threads' passages."""
    texts, threads = corpus["text"].to_list(), corpus["thread"].to_list()
    texts += ["a gazebo beside the roadmap plan"] * 9 + ["zither and the meeting"] * 4
    threads += ["one"] * 9 + ["u1", "u2", "u3", "u4"]
    texts += ["a kumquat at the meeting"] * 5
    threads += ["u1", "u2", "u1", "u2", "u1"]
    fitted = TopicModel(codebook, n_residual=2).fit(texts, threads=threads)
    words = {word for term in fitted.terms_ for word in term.split()}
    assert words & {"gazebo", "zither", "kumquat"} == {"kumquat"}


def test_names_are_no_terms(codebook: Codebook, corpus: pd.DataFrame) -> None:
    texts = [*corpus["text"], *["we asked Wexcombe about the kumquat, a PM and the Diploma"] * 9]
    fitted = TopicModel(codebook, n_residual=2).fit(texts)
    words = {word for term in fitted.terms_ for word in term.split()}
    assert words & {"wexcombe", "kumquat", "pm", "diploma"} == {"kumquat", "pm", "diploma"}


def test_follows_the_estimator_contract(codebook: Codebook, corpus: pd.DataFrame) -> None:
    estimator = TopicModel(codebook, n_residual=3, random_state=4)
    assert set(vars(estimator)) == {"codebook", "n_residual", "random_state"}
    assert clone(estimator).get_params()["n_residual"] == 3
    assert estimator.set_params(n_residual=2).n_residual == 2
    assert estimator.fit(corpus["text"]) is estimator
    assert list(estimator.get_feature_names_out()) == estimator.topic_names_
    assert TopicModel(n_residual=0).n_residual == 0, "values are checked by fit"


def test_refit_equals_a_fresh_fit_and_a_pickle_the_model(
    codebook: Codebook, corpus: pd.DataFrame, model: TopicModel
) -> None:
    refitted = TopicModel(codebook, n_residual=2).fit(corpus["text"][:60])
    refitted.fit(corpus["text"], threads=corpus["thread"])
    restored = pickle.loads(pickle.dumps(model))
    for other in (refitted, restored):
        np.testing.assert_array_equal(
            other.transform(corpus["text"]), model.transform(corpus["text"])
        )
        pd.testing.assert_frame_equal(other.top_terms(), model.top_terms())
        pd.testing.assert_frame_equal(other.verdicts(), model.verdicts())
        pd.testing.assert_frame_equal(other.share_of_words(), model.share_of_words())


def test_stands_in_a_pipeline_and_gives_frames(codebook: Codebook, corpus: pd.DataFrame) -> None:
    pipeline = make_pipeline(TopicModel(codebook, n_residual=2)).set_output(transform="pandas")
    frame = pipeline.fit_transform(corpus["text"])
    assert list(frame.columns) == pipeline[-1].topic_names_


def test_share_of_words_sums_to_one_inside_its_interval(model: TopicModel) -> None:
    shares = model.share_of_words()
    assert shares["share_of_words"].sum() == pytest.approx(1)
    assert (shares["share_low"] <= shares["share_of_words"]).all()
    assert (shares["share_of_words"] <= shares["share_high"]).all()
    assert shares["topic"].tolist() == model.topic_names_
    by_theme = shares.set_index("topic")["share_of_words"]
    assert by_theme["blame"] > by_theme["school"] > by_theme["garden"]


def test_few_threads_give_no_interval(codebook: Codebook, corpus: pd.DataFrame) -> None:
    threads = [f"t{row % 9}" for row in range(len(corpus))]
    shares = TopicModel(codebook).fit(corpus["text"], threads=threads).share_of_words()
    assert shares[["share_low", "share_high"]].isna().all(axis=None)


def test_representative_passages_come_from_different_threads(
    model: TopicModel, corpus: pd.DataFrame
) -> None:
    passages = corpus.rename(columns={"thread": "thread_id"})
    passages.loc[len(passages)] = ["scapegoat", "blame", "t0"]  # all of it, in one word
    for topic in model.topic_names_[:2] + model.topic_names_[3:]:
        best = model.representative_passages(passages, topic=topic, n=4)
        assert best["thread_id"].is_unique
        assert best["share_of_words"].min() > 0.4
        terms = set(model.top_terms().query("topic == @topic")["term"])
        for row in best.itertuples():
            marked = {row.text[span["start"] : span["end"]] for span in row.evidence}
            assert marked
            assert marked <= terms
        if topic == "blame":
            assert (best["theme"] == "blame").all()
            assert "scapegoat" not in best["text"].tolist()
    with pytest.raises(DiscourseError, match="topic 'blam'"):
        model.representative_passages(passages, topic="blam")
    with pytest.raises(DiscourseError, match="n is not usable"):
        model.representative_passages(passages, topic="blame", n=0)


FIT = """
import hashlib, random, sys
from planted import make_codebook, make_passages
from pmdiscourse import TopicModel
passages = make_passages(400)
mixed = passages.sample(frac=1, random_state=int(sys.argv[1]))
model = TopicModel(make_codebook(), n_residual=4)
model.fit(list(mixed["text"]), threads=list(mixed["thread"]))
numbers = [*model.transform(list(passages["text"])).ravel(), *model.top_terms()["weight"]]
numbers += [*model.share_of_words()["share_low"], *model.residual_topics()["n_passages"]]
print(repr([float(number) for number in numbers]))
print(model.topic_names_, model.top_terms()["term"].tolist(), list(model.proposals()["terms"]))
"""


def test_processes_agree(tmp_path: Path) -> None:
    """Row order, hash seed and threads change nothing beyond rounding."""
    printed = []
    for number in (1, 2):
        set_here = {"PYTHONHASHSEED": str(number), "PYTHONPATH": str(BENCHMARKS)}
        set_here |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(number))
        done = subprocess.run(
            [sys.executable, "-c", FIT, str(number)],
            env=os.environ | set_here, cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        numbers, words = done.stdout.splitlines()
        printed.append((np.array(ast.literal_eval(numbers)), words))
    (first, first_words), (second, second_words) = printed
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-9)
    assert first_words == second_words


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ("one text", "a list of texts"),
        (None, "a list of texts"),
        (pd.DataFrame({"text": ["a"]}), "a list of texts"),
        ([], "one text or more"),
        (["team plan", 3], "row 1"),
        (["team plan", float("nan")], "row 1"),
    ],
)
def test_unusable_texts_are_told(codebook: Codebook, texts: Any, words: Any) -> None:
    with pytest.raises(DiscourseError, match=words):
        TopicModel(codebook).fit(texts)


def test_unusable_options_are_told(
    codebook: Codebook, corpus: pd.DataFrame, model: TopicModel
) -> None:
    with pytest.raises(DiscourseError, match="n_residual"):
        TopicModel(codebook, n_residual=0).fit(corpus["text"])
    with pytest.raises(DiscourseError, match="threads"):
        TopicModel(codebook).fit(corpus["text"], threads=["t1"])
    with pytest.raises(DiscourseError, match="1 to 100"):
        model.top_terms(0)


METHODS = [
    "transform", "top_terms", "verdicts", "share_of_words", "residual_topics", "proposals",
    "get_feature_names_out",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_unfitted_model_says_so(codebook: Codebook, method: str) -> None:
    arguments = [["text"]] if method == "transform" else []
    with pytest.raises(NotFittedError):
        getattr(TopicModel(codebook), method)(*arguments)
