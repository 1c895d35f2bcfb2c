"""How many labels a width takes, and how wide an interval that many labels give."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.planning import expected_half_width, labels_needed
from pmdiscourse.measure.sampling import _share_out

Z = 1.959963984540054


def test_an_endless_corpus_takes_what_the_textbook_says() -> None:
    # 1.96^2 * 0.5 * 0.5 / 0.05^2 = 384.1 for a simple random sample.
    assert labels_needed(0.5, half_width=0.05, n_passages=10**9, labels_saved=1) == 385
    assert labels_needed(0.5, half_width=0.05, n_passages=10**9, labels_saved=2) == 193


def test_a_small_corpus_takes_fewer() -> None:
    assert labels_needed(0.5, half_width=0.05, n_passages=1000, labels_saved=1) == 278
    assert labels_needed(0.5, half_width=0.0001, n_passages=1000) == 1000


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_without_spread_takes_no_more(share: float) -> None:
    assert labels_needed(share, half_width=0.02, n_passages=500) == 0


@given(
    share=st.floats(0.001, 0.999),
    half_width=st.floats(0.001, 0.3),
    n_passages=st.integers(2, 100_000),
    labels_saved=st.floats(0.5, 20),
)
def test_the_labels_needed_give_the_width(
    share: float, half_width: float, n_passages: int, labels_saved: float
) -> None:
    n = labels_needed(
        share, half_width=half_width, n_passages=n_passages, labels_saved=labels_saved
    )
    assert 0 <= n <= n_passages
    if n:
        width = expected_half_width(
            share, n_labels=n, n_passages=n_passages, labels_saved=labels_saved
        )
        assert width <= half_width * (1 + 1e-6)
    if n > 1:
        fewer = math.sqrt(share * (1 - share) / labels_saved * (1 / (n - 1) - 1 / n_passages))
        assert fewer * Z > half_width * (1 - 1e-6)


def test_labels_there_are_count() -> None:
    whole = labels_needed(0.05, half_width=0.01, n_passages=4000)
    assert labels_needed(0.05, half_width=0.01, n_passages=4000, n_labels=100) == whole - 100
    assert labels_needed(0.05, half_width=0.01, n_passages=4000, n_labels=4000) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 1.2}, "share is not usable: got 1.2, allowed is 0 to 1"),
        ({"half_width": 2}, "half_width .* 0.02 is 2 points"),
        ({"n_passages": 0}, "n_passages"),
        ({"n_labels": 101}, "n_labels .* 0 to 100, the passages there are"),
        ({"labels_saved": 0}, "labels_saved"),
        ({"labels_saved": float("nan")}, "labels_saved"),
    ],
)
def test_numbers_out_of_range_are_told(options: dict[str, float], message: str) -> None:
    given_options = {"share": 0.1, "half_width": 0.02, "n_passages": 100} | options
    share = given_options.pop("share")
    with pytest.raises(DiscourseError, match=message):
        labels_needed(share, **given_options)  # type: ignore[arg-type]


def test_a_width_takes_a_label() -> None:
    with pytest.raises(DiscourseError, match="n_labels"):
        expected_half_width(0.1, n_labels=0, n_passages=100)


def test_what_one_kind_is_too_small_for_goes_to_the_other() -> None:
    size = pd.Series({"comment-1": 1000, "comment-2": 2000, "essay-1": 200, "essay-2": 400})
    for drawn, n in (([0] * 4, 1400), ([300, 400, 200, 400], 100), ([300, 400, 200, 400], 1)):
        before = pd.Series(drawn, index=size.index)
        further = _share_out(size, before, n)
        assert further.sum() == n
        assert (before + further <= size).all()
    alike = _share_out(size, pd.Series(0, index=size.index), 400)
    assert alike[:2].sum() == alike[2:].sum() == 200
