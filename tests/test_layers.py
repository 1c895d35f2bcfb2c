"""Imports run one way: cli, pipeline, wings, ground floor; wings do not import each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "pmdiscourse"
WINGS = ("ingest", "measure", "present")
LEVELS = {"cli": 4, "pipeline": 3, "verify": 3, "features": 3, "coded_texts": 3}
LEVELS |= dict.fromkeys(WINGS, 2)
GROUND_FLOOR = 1


def imported(text: str) -> set[str]:
    """Return the first part below pmdiscourse of everything a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where an arrow points"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("pmdiscourse.")}


def find_arrows_back(part: str, text: str) -> list[str]:
    """Return the imports that point to a higher level, or from one wing to another."""
    own = LEVELS.get(part, GROUND_FLOOR)
    others = sorted(imported(text) - {part})
    return [
        other
        for other in others
        if LEVELS.get(other, GROUND_FLOOR) > own or (other in WINGS and part in WINGS)
    ]


MODULES = sorted(
    path for path in SOURCE.rglob("*.py") if path.name != "__init__.py" or path.parent != SOURCE
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_arrow_back(path: Path) -> None:
    part = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert find_arrows_back(part, path.read_text(encoding="utf-8")) == []


def test_an_arrow_back_is_seen() -> None:
    assert find_arrows_back("measure", "from pmdiscourse.ingest.page import read_page")
    assert find_arrows_back("tables", "import pmdiscourse.pipeline")
    assert find_arrows_back("measure", "from pmdiscourse import pipeline")
    assert find_arrows_back("ingest", "from pmdiscourse.cli import main")
    assert not find_arrows_back("pipeline", "from pmdiscourse.measure import themes")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_modules_and_functions_stay_short(path: Path) -> None:
    """Modules under 250 lines of code, functions under 40; docstrings are not counted."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            quoted = node.body[0]
            documented |= set(range(quoted.lineno, (quoted.end_lineno or quoted.lineno) + 1))
    code = [n for n, line in enumerate(text.split("\n"), 1) if line.strip() and n not in documented]
    assert len(code) < 250
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            inside = [n for n in code if node.lineno <= n <= (node.end_lineno or 0)]
            assert len(inside) < 40, node.name
