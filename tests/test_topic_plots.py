"""Figures of the topics: shares of words with their interval, and the residual topics."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.plots import topics

SHARES = pd.DataFrame(
    {
        "topic": ["blame", "other 1 ($price, a_b, tests)"],
        "kind": ["theme", "other"],
        "share_of_words": [0.031, 0.969],
        "share_low": [0.02, 0.95],
        "share_high": [0.04, 0.98],
    }
)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def test_shares_are_drawn_and_told_with_their_interval() -> None:
    ax = topics.plot_topic_shares(SHARES)
    ax.figure.canvas.draw()
    texts = [text.get_text() for text in ax.texts]
    assert texts[:2] == ["blame", "3.1% (2.0% to 4.0%)"]
    assert "95% interval over threads" in ax.get_xlabel()
    told = topics.describe_topic_shares(SHARES)
    assert "blame 3.1% (2.0% to 4.0%)" in told
    assert "96.9%" in told


def test_without_an_interval_and_without_words_the_figure_says_so() -> None:
    bare = SHARES.assign(share_low=np.nan, share_high=np.nan)
    assert "too few threads" in topics.plot_topic_shares(bare).get_xlabel()
    assert "too few threads" in topics.describe_topic_shares(bare)
    nothing = topics.plot_topic_shares(bare.assign(share_of_words=0.0))
    assert "too few passages" in nothing.texts[0].get_text()


def test_unknown_kind_and_missing_columns_are_told() -> None:
    with pytest.raises(DiscourseError, match="share_low"):
        topics.plot_topic_shares(SHARES.drop(columns="share_low"))
    empty = pd.DataFrame(columns=["topic", "kind", "rank", "term", "weight", "is_seed"])
    with pytest.raises(DiscourseError, match="kind"):
        topics.plot_topics(empty, kind="residual")
