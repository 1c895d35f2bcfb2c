"""Cleaning: cases are data; known failures are strict."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import ftfy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.ingest.repair import STEPS, clean_text, explain_cleaning, is_tidy, mojibake

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "cleaning" / "cases.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=case["label"], marks=[pytest.mark.xfail] if case["expect"] == "fail" else []
        )
        for case in CASES
    ],
)
def test_case(case: dict[str, Any]) -> None:
    assert clean_text(case["raw"]) == case["clean"]


@given(st.text(max_size=400))
def test_cleaning_again_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert explain_cleaning(once) == []


@given(st.text(max_size=200))
def test_the_steps_replay_the_cleaning(text: str) -> None:
    steps = explain_cleaning(text)
    by_name = {step.__name__: step for step in STEPS}
    replayed = text
    for step in steps:
        replayed = by_name[step.name](replayed)
        assert replayed == step.text
    assert replayed == clean_text(text)


@given(st.text(alphabet="a. \n-‘’“”–—…•&;mp", max_size=200))
def test_text_that_is_passed_over_fast_needs_nothing(text: str) -> None:
    """`is_tidy` saves the steps; what the libraries behind them would do is nothing."""
    if not is_tidy(text):
        return
    assert ftfy.fix_encoding(text) == text
    assert unicodedata.normalize("NFC", text) == text
    assert [re.sub(r"\s+", " ", line).strip() for line in text.split("\n")] == text.split("\n")
    assert "\n\n\n" not in text


@given(st.text(alphabet="ab .\n’“€™œâÂÃéèÐ°¡»¢×²\u00a0ÄØÙŽ", max_size=60))
def test_looking_at_bad_lines_alone_mends_as_much(text: str) -> None:
    assert mojibake(text) == ftfy.fix_encoding(text)


def test_anything_but_text_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a str, got bytes"):
        clean_text(b"bytes")  # type: ignore[arg-type]
