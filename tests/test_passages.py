"""The passage rule, and ids that content alone decides."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.identity import letters_and_digits, passage_ids
from pmdiscourse.ingest.passages import count_words, split_passages
from pmdiscourse.settings import Settings
from pmdiscourse.tables import check_table


def make_posts(*texts: str) -> pd.DataFrame:
    rows = [
        {
            "post_id": f"p{n}", "thread_id": "t", "parent_id": None, "kind": "essay",
            "source": "s", "author": None, "published_at": None, "title": None, "text": text,
            "language": "en", "n_words": count_words(text), "raw_file": "f", "raw_sha256": "0",
            "duplicate_of": None,
        }
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return check_table("posts", pd.DataFrame(rows))


def sentence(words: int) -> str:
    return " ".join(["word"] * words) + "."


def test_headings_and_labels_are_no_passages() -> None:
    text = "\n".join(["A heading", sentence(9), sentence(10), "• label", sentence(40)])
    passages = split_passages(make_posts(text))
    assert passages["n_words"].tolist() == [10, 40]
    assert passages["position"].tolist() == [0, 1]


def test_a_post_with_nothing_longer_is_one_passage() -> None:
    passages = split_passages(make_posts("So true.\n+1"))
    assert passages["text"].tolist() == ["So true.\n+1"]


@pytest.mark.parametrize(("words", "parts"), [(220, 1), (221, 2), (300, 2), (301, 3), (450, 3)])
def test_long_paragraphs_are_cut_at_sentence_ends(words: int, parts: int) -> None:
    text = " ".join(sentence(10) for _ in range(words // 10)) + " " + sentence(words % 10 or 1)
    text = text if words % 10 else text.rsplit(" ", 1)[0]
    assert count_words(text) == words
    passages = split_passages(make_posts(text))
    assert len(passages) >= parts
    assert passages["n_words"].sum() == words
    if parts > 1:
        assert passages["n_words"].max() <= 150
        assert passages["n_words"].max() - passages["n_words"].min() <= 20
        assert passages["text"].str.endswith(".").all()


def test_a_paragraph_without_sentences_is_cut_between_words() -> None:
    passages = split_passages(make_posts(" ".join(["word"] * 700)))
    assert passages["n_words"].sum() == 700
    assert passages["n_words"].max() <= 150


@given(st.lists(st.text(alphabet="ab. \né•", max_size=300), min_size=1, max_size=4))
def test_offsets_hold_and_no_word_is_lost(texts: list[str]) -> None:
    posts = make_posts(*(text.strip() or "x" for text in texts))
    settings = Settings(min_passage_words=1, max_passage_words=12, part_words=8)
    passages = split_passages(posts, settings=settings)
    text_of = posts.set_index("post_id")["text"]
    for row in passages.itertuples():
        assert text_of[row.post_id][row.start : row.end] == row.text
    words = passages.groupby("post_id")["n_words"].sum().reindex(text_of.index, fill_value=0)
    assert words.tolist() == [count_words(text) for text in text_of]


def test_ids_do_not_move_with_quotes_spaces_or_order() -> None:
    assert passage_ids("p", ["It’s  “ours”."]) == passage_ids("p", ['it\'s "ours"'])
    assert passage_ids("p", ["a", "b"]) == passage_ids("p", ["b", "a"])[::-1]
    first, second = passage_ids("p", ["same", "same"])
    assert second == f"{first}-1"


@given(st.text(max_size=100))
def test_letters_and_digits_hold_nothing_else(text: str) -> None:
    assert all(character.isalnum() for character in letters_and_digits(text))


def test_settings_refuse_parts_longer_than_passages() -> None:
    with pytest.raises(DiscourseError, match="part_words"):
        Settings(max_passage_words=100, part_words=150)
