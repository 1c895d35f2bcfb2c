"""Terms and proposals of the topic model: phrases that read well, themes not in the codebook."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.codebook import Codebook, Example, Theme, load_codebook
from pmdiscourse.measure.terms import (
    STOP_WORDS,
    find_names,
    find_terms_in,
    seeds_by_first_word,
    write_seed,
)
from pmdiscourse.measure.topic_passages import mark_terms
from pmdiscourse.measure.topics import TopicModel

SEEDS = {"take": ("take the fall",), "head": ("head of product",)}
WORDS = st.sampled_from(["roadmap", "of", "the", "take", "fall", "don't", "PM’s", ",", "mini-CEO"])


def load_planted() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "planted.py"
    spec = importlib.util.spec_from_file_location("planted", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["planted"] = module
    spec.loader.exec_module(module)
    return module


planted = load_planted()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Take the fall.", ["take the fall", "fall"]),
        ("a mini-CEO", ["mini", "mini ceo", "ceo"]),
        ("The roadmap. Pricing!", ["roadmap", "pricing"]),
        ("We don’t own the roadmap's 12 bets", ["roadmap", "bets"]),
        ("head of product, head", ["head", "head of product", "product", "head"]),
        ("I really think you know it", []),
    ],
)
def test_terms_are_words_and_phrases_of_one_clause(text: str, terms: list[str]) -> None:
    found = [term for term in find_terms_in(text, SEEDS) if term not in ("own",)]
    assert found == terms


@given(st.lists(WORDS, max_size=20).map(" ".join))
def test_terms_neither_begin_nor_end_with_stop_words(text: str) -> None:
    plain = " ".join(text.lower().replace("’", "'").replace("-", " ").split())
    for term in find_terms_in(text, SEEDS):
        words = term.split()
        assert term in plain.replace("'s", "")
        assert not {words[0], words[-1]} & STOP_WORDS or term == "take the fall"


@given(st.text())
def test_any_text_has_terms_that_can_be_marked(text: str) -> None:
    terms = find_terms_in(text, SEEDS)
    assert all(term == term.lower().strip() != "" for term in terms)
    for span in mark_terms(text, terms):
        assert 0 <= span["start"] < span["end"] <= len(text)


def test_every_seed_of_the_codebook_is_counted_where_it_stands() -> None:
    book = load_codebook()
    seeds = seeds_by_first_word(book)
    for theme in book.themes:
        for seed in theme.seeds:
            assert write_seed(seed) in find_terms_in(f"Now {seed}.", seeds), seed


def test_names_are_told_by_capitals_inside_sentences() -> None:
    texts = ["Ask Orlith. They asked orlith or Brun; roadmap of Brun.", "Roadmap and API of PMs"]
    assert find_names(texts) & {"orlith", "brun", "roadmap", "api", "pms"} == {"orlith", "brun"}


@pytest.fixture(scope="module")
def passages() -> pd.DataFrame:
    return planted.make_passages(1200)


def fit(passages: pd.DataFrame, n_residual: int = 6) -> TopicModel:
    model = TopicModel(planted.make_codebook(), n_residual=n_residual)
    return model.fit(list(passages["text"]), threads=list(passages["thread"]))


@pytest.mark.parametrize("n_residual", [6, 12, 40])
def test_only_the_theme_that_the_codebook_lacks_is_proposed(
    passages: pd.DataFrame, n_residual: int
) -> None:
    """Copied lines, one thread's subject and the vocabulary of the trade are not."""
    model = fit(passages, n_residual)
    proposals = model.proposals()
    assert len(proposals) == 1
    assert set(proposals["terms"].iloc[0].split(", ")) <= set(planted.FIFTH.split())
    assert proposals["draft"].iloc[0].startswith('seeds = ["')
    judged = model.residual_topics().set_index("topic")
    copied = [name for name in judged.index if "footer" in name or "browser" in name]
    assert copied
    assert judged.loc[copied, "why"].str.contains("copied lines").all()
    assert not judged.loc[copied, "proposed"].any()


def test_what_is_not_there_is_not_proposed() -> None:
    without = planted.make_passages(1200, fifth=0.0)
    assert fit(without).proposals().empty


def test_the_subject_of_one_thread_is_told(passages: pd.DataFrame) -> None:
    mostly = passages["fifth"] & (np.arange(len(passages)) % 3 > 0)
    moved = passages.assign(thread=passages["thread"].where(~mostly, "t00"))
    model = fit(moved)
    judged = model.residual_topics()
    own = [set(terms.split(", ")) <= set(planted.FIFTH.split()) for terms in judged["terms"]]
    assert judged.loc[own, "why"].str.contains("one thread has").sum() == 1
    assert model.proposals().empty


def test_residual_topics_leave_the_themes_their_words(passages: pd.DataFrame) -> None:
    """More residual topics do not take the passages of the themes away."""
    few, many = (fit(passages, n).transform(passages["text"])[:, :4] for n in (1, 40))
    for column, theme in enumerate(planted.THEMES):
        carried = passages[theme].to_numpy()
        for shares in (few, many):
            assert np.corrcoef(shares[:, column], carried)[0, 1] > 0.7


def absent(words: list[str], passages: pd.DataFrame, seed: int = 0) -> pd.Series:
    """Return the verdict of a theme of these everyday words that no passage carries."""
    rng = np.random.default_rng(seed)
    book = planted.make_codebook()
    trade = planted.trade_words()
    theme = Theme("ghost", "Ghost", "In no passage.", (), (), tuple(words[:4]), ())
    own = [Example(" ".join([*rng.choice(words, 6), *rng.choice(trade, 20)]), frozenset({"ghost"}))
           for _ in range(25)]  # fmt: skip
    examples = tuple(sorted((*book.examples, *own), key=lambda example: example.text))
    wider = Codebook("1", "en", (*book.themes, theme), {}, examples)
    model = TopicModel(wider, n_residual=4)
    model.fit(list(passages["text"]), threads=list(passages["thread"]))
    return model.verdicts().set_index("theme").loc["ghost"]


@pytest.mark.parametrize("first", [0, 20, 100, 300])
def test_an_absent_theme_of_everyday_words_did_not_take(passages: pd.DataFrame, first: int) -> None:
    """Its seeds and the words of its examples are everywhere, but nothing goes with them."""
    verdict = absent(planted.trade_words()[first : first + 12], passages)
    assert not verdict["took"]
    assert "are new" in verdict["reason"]


def test_a_theme_in_every_passage_did_not_take(passages: pd.DataFrame) -> None:
    """Nothing sets its passages apart, so no terms can be told to go with it."""
    rng = np.random.default_rng(5)
    words = planted.THEMES["blame"].split()
    others = passages[~passages["blame"]]
    texts = [f"{text} {' '.join(rng.choice(words, 8))}" for text in others["text"]]
    verdicts = fit(others.assign(text=texts)).verdicts().set_index("theme")
    assert not verdicts.loc["blame", "took"]
    assert "are new" in verdicts.loc["blame", "reason"]
    assert verdicts.loc["school", "took"]
