"""The notebooks in JupyterLab, driven through a real browser: every cell runs and shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page

import lab
from chromium import Chromium
from lab import Lab

NOTEBOOKS = sorted((lab.ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def page(chromium: Chromium) -> Page:
    return chromium.open()


@pytest.fixture(scope="module")
def server(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if not lab.MAKE:
        pytest.skip(lab.NEEDED)
    started = Lab(tmp_path_factory.mktemp("lab"), sample_run)
    try:
        started.wait()
        yield started
    finally:
        started.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_all_cells_run_and_show(chromium: Chromium, page: Page, server: Lab, path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    n = sum(cell.cell_type == "code" for cell in cells)
    seen = chromium.call(server.run, page, path.name)
    assert seen.complaints == []
    assert seen.prompts == [f"[{number}]:" for number in range(1, n + 1)]
    assert all(drawn and len(alt) > 12 for alt, drawn in seen.figures), seen.figures
    assert seen.tables > 0


def test_a_failing_cell_is_seen(chromium: Chromium, page: Page, server: Lab) -> None:
    bad = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in ("1 / 0", "2")]
    )
    bad.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(bad, server.notebooks / "bad.ipynb")
    seen = chromium.call(server.run, page, "bad.ipynb")
    assert seen.prompts == ["[1]:", "[ ]:"]
    assert "ZeroDivisionError" in seen.complaints[0]
