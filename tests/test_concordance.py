"""Keyword in context: every match, with the words around it, on one line."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.concordance import COLUMNS, kwic

POSTS = pd.DataFrame(
    {
        "post_id": ["a", "b", "c"],
        "text": [
            "Blame travels down.\nNobody blames upward.",
            "No such word.",
            "To blame, to blame.",
        ],
    }
)


def test_every_match_has_a_row_in_order() -> None:
    found = kwic(POSTS, r"\bblam\w*")
    assert list(found.columns) == COLUMNS
    assert found["post_id"].tolist() == ["a", "a", "c", "c"]
    assert found["match"].tolist() == ["Blame", "blames", "blame", "blame"]


def test_context_is_cut_at_the_window_and_at_the_ends() -> None:
    found = kwic(POSTS, "blames", window=7)
    assert found.iloc[0].tolist() == ["a", "Nobody ", "blames", " upward"]
    assert kwic(POSTS, "blames", window=0)["left"].tolist() == [""]
    assert kwic(POSTS, "^Blame")["left"].tolist() == [""]


def test_line_breaks_become_spaces() -> None:
    left = kwic(POSTS, "Nobody", window=10)["left"].iloc[0]
    assert left == "els down. "


@pytest.mark.parametrize("pattern", ["nowhere", "x*"])
def test_no_match_gives_an_empty_frame_with_columns(pattern: str) -> None:
    found = kwic(POSTS, pattern)
    assert found.empty
    assert list(found.columns) == COLUMNS


@pytest.mark.parametrize("pattern", ["(", "[a", "*", r"\k", "(?P<x"])
def test_a_bad_pattern_is_told_with_a_way_out(pattern: str) -> None:
    with pytest.raises(DiscourseError, match="no regular expression") as caught:
        kwic(POSTS, pattern)
    assert repr(re.escape(pattern)) in str(caught.value)


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(DiscourseError, match="pattern"):
        kwic(POSTS, "")
    for window in (-1, 1.5, True):
        with pytest.raises(DiscourseError, match="window"):
            kwic(POSTS, "a", window=window)  # type: ignore[arg-type]
    with pytest.raises(DiscourseError, match="text"):
        kwic(POSTS.drop(columns="text"), "a")


@given(st.text(max_size=80), st.text(min_size=1, max_size=5), st.integers(0, 20))
def test_rows_are_cuts_of_the_text(text: str, word: str, window: int) -> None:
    posts = pd.DataFrame({"post_id": ["a"], "text": [text]})
    found = kwic(posts, re.escape(word), window=window)
    spaced = re.sub(r"\s", " ", text)
    assert len(found) == len(re.findall(re.escape(word), text, re.IGNORECASE))
    for row in found.to_dict("records"):
        assert row["left"] + row["match"] + row["right"] in spaced
        assert max(len(row["left"]), len(row["right"])) <= window
