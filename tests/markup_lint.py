"""Ways in which text of others could become markup, found in source code by its syntax tree.

What stands in a string of the program is the program's own. Everything else that is declared to be
markup must be on the list of `data/allowed_markup.toml`, with a reason.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# They show their argument as markup: of IPython and of ipywidgets.
SHOWS = {"HTML", "Markdown", "HTMLMath", "Javascript", "Latex", "SVG", "display_html",
         "display_markdown", "display_javascript", "display_svg"}  # fmt: skip
# They escape what they are given, or let only listed markup through; each is tested for that.
ESCAPES = {"escape", "prose_html", "quote", "table_html", "clean"}
_TEMPLATE = re.compile(r"\|\s*safe\b|\{%-?\s*autoescape\s+false", re.IGNORECASE)


class Finding(NamedTuple):
    """One place: file below the project, line, the code itself, and what is wrong with it."""

    file: str
    line: int
    code: str
    fault: str


def lint_python(source: str, file: str) -> list[Finding]:
    """Return what makes markup of text in Python source."""
    tree = ast.parse(source)
    declares = _names_of_markup(tree)
    return [
        Finding(file, getattr(node, "lineno", 0), ast.unparse(node), fault)
        for node in ast.walk(tree)
        for fault in _faults(node, declares)
    ]


def lint_notebook(text: str, file: str) -> list[Finding]:
    """Return what makes markup of text in the code cells of a notebook."""
    cells = json.loads(text)["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return lint_python("\n".join(code), file)


def lint_template(text: str, file: str) -> list[Finding]:
    """Return what switches escaping off in a template."""
    return [
        Finding(file, number, line.strip(), "escaping is switched off")
        for number, line in enumerate(text.split("\n"), start=1)
        if _TEMPLATE.search(line)
    ]


def lint_project(root: Path) -> Iterator[Finding]:
    """Return what makes markup of text in the package, its templates and the notebooks."""
    kinds = {"*.py": lint_python, "*.ipynb": lint_notebook, "*.j2": lint_template}
    for folder in ("src", "notebooks"):
        for pattern, lint in kinds.items():
            for path in sorted((root / folder).rglob(pattern)):
                if ".ipynb_checkpoints" not in path.parts:
                    yield from lint(path.read_text("utf-8"), path.relative_to(root).as_posix())


def _names_of_markup(tree: ast.AST) -> set[str]:
    """Return the names under which markupsafe's Markup is known."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"markupsafe", "jinja2", "flask"}
        for alias in node.names
        if alias.name == "Markup"
    } | {"markupsafe.Markup"}


def _faults(node: ast.AST, declares: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr == "style":
        yield "a Styler escapes nothing; use present.display.table"
    if isinstance(node, ast.Dict) and any(map(_lets_html_in, node.keys, node.values)):
        yield "Markdown with raw HTML"
    if not isinstance(node, ast.Call):
        return
    name = ast.unparse(node.func)
    options = {option.arg: option.value for option in node.keywords}
    safe = all(map(_is_safe, [*node.args, *options.values()]))
    if _is_constant(options.get("escape"), False):
        yield "escaping is switched off"
    if name.split(".")[-1] in SHOWS and not safe:
        yield "text is shown as markup; use present.display"
    if name in declares and not safe:
        yield "text is declared to be markup"
    if name.split(".")[-1] == "display" and "raw" in options:
        yield "a bundle is shown as it is"
    if name.split(".")[-1] == "Environment" and not _is_constant(options.get("autoescape"), True):
        yield "templates without escaping"


def _is_safe(node: ast.AST) -> bool:
    """Say if a value is a string of the program itself, or has just been escaped."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).split(".")[-1] in ESCAPES
    return isinstance(node, ast.Constant)


def _is_constant(node: ast.AST | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _lets_html_in(key: ast.AST | None, value: ast.AST) -> bool:
    return isinstance(key, ast.Constant) and key.value == "html" and _is_constant(value, True)
