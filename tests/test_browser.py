"""Reports in a real browser: nothing is asked for, cut off, out of reach or run."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import browser
import page_markup
from chromium import Chromium

PAGES = Path(__file__).parent / "data" / "pages"
CLEAN = (PAGES / "clean.html").read_text(encoding="utf-8")
CASES = tomllib.loads((PAGES / "faults.toml").read_text(encoding="utf-8"))["case"]
FAULTLESS: dict[str, list[str]] = {}
SLOW = {
    "barriers",
    "paper",
}  # axe, and the printer: asked of pages where they should find something


def inspect(
    chromium: Chromium, path: Path, names: Iterable[str] = browser.SHOWN
) -> dict[str, list[str]]:
    return page_markup.read(path) | chromium.visit(path, lambda v: browser.look_for(v, *names))


def test_sample_reports_have_no_fault(chromium: Chromium, sample_reports: list[Path]) -> None:
    found = {path.name: inspect(chromium, path) for path in sample_reports}
    assert found == {path.name: FAULTLESS for path in sample_reports}


def test_reports_without_labels_have_no_fault(chromium: Chromium, reports: list[Path]) -> None:
    found = {path.name: inspect(chromium, path) for path in reports}
    assert found == {path.name: FAULTLESS for path in reports}


# The checks can fail


def test_the_clean_page_has_no_fault(chromium: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(CLEAN, encoding="utf-8")
    assert inspect(chromium, path) == FAULTLESS


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_planted_fault_is_found(chromium: Chromium, tmp_path: Path, case: dict[str, Any]) -> None:
    text = CLEAN
    for find, put in (("find", "put"), ("also_find", "also_put")):
        if find in case:
            assert case[find] in text
            text = text.replace(case[find], case[put], 1)
    path = tmp_path / "page.html"
    path.write_text(text.replace("MANY", "x" * 2_000_000), encoding="utf-8")
    wanted = set(case["checks"])
    if wanted <= set(page_markup.WRITTEN):  # no need to wait for the browser
        assert set(page_markup.read(path)) == wanted
    else:
        names = [name for name in browser.SHOWN if name in wanted or name not in SLOW]
        assert set(inspect(chromium, path, names)) == wanted


def test_every_check_has_a_planted_fault() -> None:
    planted = {check for case in CASES for check in case["checks"]}
    assert planted == set(browser.SHOWN) | set(page_markup.WRITTEN)
