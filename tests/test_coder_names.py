"""A report tells coders apart without their names."""

from __future__ import annotations

import pandas as pd

from pmdiscourse.measure.agreement import compare_coders
from pmdiscourse.present.coder_names import hide_coders
from pmdiscourse.present.coder_words import tell_coders


def test_coders_are_lettered_by_name_and_second_readings_told_apart() -> None:
    names = ["Zoe Invented", "Ada (Berlin)", "Ada (Berlin) (second reading)", "Bo (adjudication)"]
    figures = pd.DataFrame({"coder": names, "other": names[::-1], "n_double": 3})
    shown = ["coder C", "coder A", "coder A (second reading)", "coder B (adjudication)"]
    told = hide_coders(figures)
    assert list(told["coder"]) == shown
    assert list(told["other"]) == shown[::-1]
    assert list(figures["coder"]) == names, "the frame itself keeps the names"
    assert list(told["n_double"]) == [3, 3, 3, 3]


def test_more_coders_than_letters_stay_apart() -> None:
    figures = pd.DataFrame({"coder": [f"name {number:03d}" for number in range(800)]})
    told = hide_coders(figures)["coder"]
    assert told.is_unique
    assert list(told[[0, 25, 26, 27]]) == ["coder A", "coder Z", "coder AA", "coder AB"]


def test_an_empty_frame_stays_empty() -> None:
    assert hide_coders(pd.DataFrame(columns=["coder", "other"])).empty


def test_no_name_is_in_what_the_notebook_shows() -> None:
    labels = pd.DataFrame(
        {"passage_id": ["a", "a", "b", "b"], "theme": "blame",
         "coder": ["Dana Invented", "Mo Invented"] * 2, "present": [True, True, True, False]}
    )  # fmt: skip
    pairs = hide_coders(compare_coders(labels))
    for frame in (pairs, tell_coders(pairs)):
        assert "Invented" not in frame.to_csv()
    assert list(tell_coders(pairs)["coders"]) == ["coder A and coder B"]
