"""environment.yml for conda users says the same as pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment_check import find_faults

ROOT = Path(__file__).parent.parent


def test_environment_and_pyproject_agree() -> None:
    assert find_faults(ROOT / "environment.yml", ROOT / "pyproject.toml") == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("pandas >=3.0", "pandas >=3.0,<<", "cannot be parsed"),
        ("  - pip\n", "", "pip is missing"),
        ("wordllama>=0.3.9", "wordllama=0.3.9", "cannot be parsed"),
        ("spacy >=3.8,<3.9", "spacy >=3.8", "spacy: ['>=3.8'], pyproject has ['<3.9', '>=3.8']"),
    ],
    ids=["broken bound", "no pip", "conda bound in the pip list", "lost cap"],
)
def test_a_broken_file_is_rejected(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "environment.yml"
    broken.write_text(text.replace(old, new), encoding="utf-8")
    faults = find_faults(broken, ROOT / "pyproject.toml")
    assert len(faults) >= 1
    assert any(fault in line for line in faults), faults
