"""Cleaning: cases are data; known failures are strict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.ingest.repair import STEPS, clean_text, explain_cleaning

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


def test_anything_but_text_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a str, got bytes"):
        clean_text(b"bytes")  # type: ignore[arg-type]
