"""The labelling notebook in JupyterLab, in a real browser, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import lab
from chromium import WAIT, Chromium
from lab import Lab
from test_labels import THEMES
from test_rereading import make_run, rows_of

MOST_TABS = 40
FOCUS = """() => {
  const one = document.activeElement;
  return (one.title || one.innerText || one.tagName).trim();
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if not lab.MAKE:
        pytest.skip(lab.NEEDED)
    run = make_run(tmp_path_factory.mktemp("run"), n_coders=1)
    started = Lab(tmp_path_factory.mktemp("lab"), run)
    try:
        started.wait()
        yield started
    finally:
        started.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate(FOCUS) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name!r}")


def choose(page: Page, theme: str, said: str) -> None:
    """Press a button by Tab and Space, and wait until this very button shows that it is chosen."""
    name = f"{theme.replace('_', ' ')}: {said}"
    tab_to(page, name)
    page.keyboard.press("Space")
    expect(page.get_by_title(name, exact=True)).to_have_text(f"✓ {said}")
    expect(page.locator(".jp-OutputArea", has_text="Saved in sheet-1.csv.").last).to_be_visible()


def code_two(server: Lab, page: Page) -> list[str]:
    """Code two passages and return what complained."""
    expect.set_options(timeout=WAIT)
    seen = server.run(page, "coding/label.ipynb")
    expect(page.get_by_role("button", name="present", exact=True).first).to_be_visible()
    page.keyboard.press("Escape")
    for place, code in enumerate(("present", "unsure"), start=1):
        for number, theme in enumerate(THEMES):
            choose(page, theme, code if number == 0 else "absent")
        tab_to(page, "Next passage")
        page.keyboard.press("Space")
        expect(page.get_by_text(f"Passage {place + 1} of 150")).to_be_visible()
        first = f"{THEMES[0].replace('_', ' ')}: present"
        expect(page.get_by_title(first, exact=True)).to_be_focused()
    return seen.complaints


def test_two_passages_are_coded_with_tab_and_space(chromium: Chromium, server: Lab) -> None:
    assert chromium.call(code_two, server, chromium.open()) == []
    processed = Path(server.notebooks).parent / "data" / "processed"
    rows = rows_of(processed / "labels" / "wave-1" / "sheet-1.csv")
    assert [rows[0][theme] for theme in THEMES] == ["1", "0", "0", "0"]
    assert [rows[1][theme] for theme in THEMES] == ["?", "0", "0", "0"]
    assert not any(rows[2][theme] for theme in THEMES)
