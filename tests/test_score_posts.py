"""Scores of posts, from the scores of their passages."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pmdiscourse import estimate_prevalence, score_posts
from pmdiscourse.errors import DiscourseError
from pmdiscourse.tables import empty_table

COLUMNS = ["post_id", "theme", "score", "tagged", "n_passages", "n_tagged"]


@pytest.fixture
def passages() -> pd.DataFrame:
    return pd.DataFrame({"passage_id": ["p1", "p2", "p3", "p4"], "post_id": ["b", "b", "a", "c"]})


@pytest.fixture
def scores() -> pd.DataFrame:
    rows = [
        ("p1", "blame", 0.2, False),
        ("p2", "blame", 0.7, True),
        ("p3", "blame", 0.1, False),
        ("p1", "identity", 0.6, True),
        ("p2", "identity", 0.9, True),
        ("p3", "identity", 0.0, False),
    ]
    frame = pd.DataFrame(rows, columns=["passage_id", "theme", "score", "tagged"])
    return frame.assign(evidence=[[] for _ in rows])


def test_a_post_is_its_highest_passage(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    posts = score_posts(scores.sample(frac=1, random_state=2), passages[::-1])
    assert posts.columns.tolist() == COLUMNS
    assert posts.to_numpy().tolist() == [
        ["a", "blame", 0.1, False, 1, 0],
        ["a", "identity", 0.0, False, 1, 0],
        ["b", "blame", 0.7, True, 2, 1],
        ["b", "identity", 0.9, True, 2, 2],
    ], "post c has no scored passage"


def test_posts_are_tagged_as_prevalence_counts_them(make_tables: Any) -> None:
    tables = make_tables()
    posts = score_posts(tables["scores"], tables["passages"])
    shares = estimate_prevalence(tables["scores"], passages=tables["passages"])
    expected = shares[shares["unit"] == "post"].set_index("theme")
    by_theme = posts.groupby("theme")
    assert by_theme["tagged"].mean().to_dict() == expected["tagged_share"].to_dict()
    assert by_theme.size().to_dict() == expected["n"].to_dict()
    assert by_theme["n_passages"].sum().to_dict() == (
        tables["scores"].groupby("theme").size().to_dict()
    )
    assert (posts["tagged"] == (posts["n_tagged"] > 0)).all()


def test_no_scores_no_posts(passages: pd.DataFrame, scores: pd.DataFrame) -> None:
    none = score_posts(empty_table("scores"), passages)
    assert none.empty
    assert none.columns.tolist() == COLUMNS
    assert none.dtypes.astype(str).to_dict() == (
        score_posts(scores, passages).dtypes.astype(str).to_dict()
    )


def test_what_is_not_usable(scores: pd.DataFrame, passages: pd.DataFrame) -> None:
    with pytest.raises(DiscourseError, match="2 rows of passages that passages lacks"):
        score_posts(scores, passages[1:])
    with pytest.raises(DiscourseError, match="each passage once"):
        score_posts(scores, pd.concat([passages, passages[:1]]))
    with pytest.raises(DiscourseError, match="post_id"):
        score_posts(scores, passages.drop(columns="post_id"))
    with pytest.raises(DiscourseError, match="tagged"):
        score_posts(scores.drop(columns="tagged"), passages)
    with pytest.raises(DiscourseError, match="one row for each key"):
        score_posts(pd.concat([scores, scores[:1]]), passages)
