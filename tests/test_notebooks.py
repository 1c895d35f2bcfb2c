"""The notebooks: clean in version control, short, and sound on small corpora."""

from __future__ import annotations

import ast
import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from conftest import write_small_run
from notebook_cells import run_cells
from pmdiscourse.present.execute import get_parameters, read_notebook
from pmdiscourse.present.page import make_page
from run_cases import RUNS

FOLDER = Path(__file__).parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
# Ways in which scraped text becomes markup.
FORBIDDEN = ("escape=False", ".style", "Markdown(", "HTML(", "%%", "!", "filterwarnings")

pytestmark = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read_raw(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def code_of(path: Path) -> list[str]:
    return ["".join(c["source"]) for c in read_raw(path)["cells"] if c["cell_type"] == "code"]


def test_nothing_of_a_run_is_kept(path: Path) -> None:
    raw = read_raw(path)
    nbformat.validate(raw)
    assert raw["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    for cell in raw["cells"]:
        assert set(cell["metadata"]) <= {"tags"}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_cells_have_stable_ids_of_words(path: Path) -> None:
    ids = [cell["id"] for cell in read_raw(path)["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(name.replace("-", "").isalpha() for name in ids)


def test_notebooks_stay_short(path: Path) -> None:
    code = code_of(path)
    assert len(read_raw(path)["cells"]) <= 30
    assert sum(len(source.splitlines()) for source in code) <= 110
    assert max(len(source.splitlines()) for source in code) <= 15


def test_logic_lives_in_the_library(path: Path) -> None:
    for source in code_of(path):
        tree = ast.parse(source)
        kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Try)
        assert not [node for node in ast.walk(tree) if isinstance(node, kinds)]


def test_imports_come_first_then_one_parameters_cell(path: Path) -> None:
    cells = [cell for cell in read_raw(path)["cells"] if cell["cell_type"] == "code"]
    imports = (ast.Import, ast.ImportFrom)
    assert all(isinstance(node, imports) for node in ast.parse("".join(cells[0]["source"])).body)
    for cell in cells[1:]:
        tree = ast.parse("".join(cell["source"]))
        assert not [node for node in ast.walk(tree) if isinstance(node, imports)]
    tagged = [place for place, cell in enumerate(cells) if cell["metadata"].get("tags")]
    assert tagged == [1]
    assert get_parameters(read_notebook(path))["processed"] == "../data/processed"


def test_no_cell_turns_text_into_markup(path: Path) -> None:
    for source in code_of(path):
        plain = source.replace("!=", "")
        assert not [word for word in FORBIDDEN if word in plain]


def test_claims_are_checked_with_a_reason(path: Path) -> None:
    checks = [
        node
        for source in code_of(path)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert)
    ]
    assert len(checks) >= 2
    assert all(check.msg is not None for check in checks)


def test_papermill_reads_the_parameters(path: Path) -> None:
    """Name, type, default and help stand in the cell; ours and papermill's reading are the same."""
    read = papermill.inspect_notebook(str(path))
    ours = get_parameters(read_notebook(path))
    assert set(read) == set(ours)
    for name, default in ours.items():
        assert read[name]["inferred_type_name"] == type(default).__name__
        assert ast.literal_eval(read[name]["default"]) == default
        assert len(read[name]["help"]) > 10, f"{name} needs a comment that says what it is"


@pytest.mark.filterwarnings("ignore:.*PyDev:UserWarning")
def test_papermill_runs_one_essay_without_a_comment_or_a_word_too_many(
    path: Path, make_run: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    directory = make_run(essays=1, comments=0, silent="blame")
    executed = papermill.execute_notebook(
        str(path), None, parameters={"processed": str(directory)}, cwd=str(path.parent),
        progress_bar=False,
    )  # fmt: skip
    warned = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [words for words in warned if "unknown parameter" in words]
    counts = [cell.execution_count for cell in executed.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    streams = [
        output
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    ]
    assert not streams, "a notebook prints nothing and warns of nothing"
    assert make_page(executed, name=path.name).toc


CASES: dict[str, Callable[[Path], Path]] = RUNS | {
    "one essay without a tag": partial(write_small_run, essays=1, comments=0, silent="blame"),
    "short comments": partial(write_small_run, essays=0, comments=3),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: make(tmp_path_factory.mktemp("run")) for name, make in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_cells_run_on_and_show_nothing_empty(
    path: Path, name: str, runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every warning is an error; a sentence stands for a figure or table without content."""
    shown = run_cells(path, monkeypatch, processed=str(runs[name]))
    empty = [
        (item.cell, item.words)
        for item in shown
        if not item.drawn or (item.kind in ("show", "table") and not len(item.frame))
    ]
    assert empty == []
