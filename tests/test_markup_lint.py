"""No text of others becomes markup: neither in the package nor in a notebook."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from markup_lint import Finding, lint_notebook, lint_project, lint_python, lint_template

ROOT = Path(__file__).parent.parent
ALLOWED = tomllib.loads(
    (Path(__file__).parent / "data" / "allowed_markup.toml").read_text(encoding="utf-8")
)["allowed"]
PLANTED = [
    "frame.to_html(escape=False)",
    "frame.to_html(index=False, escape=False)",
    "frame.style",
    "posts.head().style.format('{:.1f}')",
    "display(Markdown(f'**{text}**'))",
    "Markdown('**{}**'.format(text))",
    "Markdown('**' + text + '**')",
    "Markdown('**%s**' % text)",
    "Markdown(text)",
    "Markdown(data=text)",
    "display(HTML(f'<p>{text}</p>'))",
    "display(HTML('<p>' + text))",
    "IPython.display.HTML(text)",
    "HTML(filename=path)",
    "widgets.HTML(value=text)",
    "display_html(text, raw=True)",
    "display({'text/html': text}, raw=True)",
    "from markupsafe import Markup\nMarkup(text)",
    "from markupsafe import Markup as Safe\nSafe(f'<b>{text}</b>')",
    "import markupsafe\nmarkupsafe.Markup('<b>%s</b>' % text)",
    "Environment(loader=loader)",
    "Environment(autoescape=False)",
    "MarkdownIt('commonmark', {'html': True})",
]
CLEAN = [
    "frame.to_html()",
    "frame.to_html(escape=True)",
    "from pmdiscourse.present.plots.style import detached_figure",
    "paragraph(f'{n} posts')",
    "widgets.HTML()",
    "HTML('<hr>')",
    "from markupsafe import Markup\nMarkup('<b>{}</b>').format(text)",
    "from markupsafe import Markup\nMarkup(prose_html(text))",
    "widgets.HTML(value=display.quote(text))",
    "Markup(software=rows, walls=walls)",  # another class, of another module
    "Environment(autoescape=True)",
    "MarkdownIt('commonmark', {'html': False})",
    "display(figure)",
]
TEMPLATES = ["{{ text|safe }}", "{{ text | safe }}", "{% autoescape false %}{{ text }}"]


def test_only_what_is_allowed_becomes_markup() -> None:
    used: set[int] = set()
    refused = []
    for one in lint_project(ROOT):
        entry = find_entry(one)
        used.add(entry)
        if entry < 0:
            refused.append(f"{one.file}:{one.line}: {one.fault}: {one.code}")
    assert refused == []
    gone = [one["code"] for number, one in enumerate(ALLOWED) if number not in used]
    assert gone == [], "allowed, but no longer there: strike it from the list"


def find_entry(found: Finding) -> int:
    """Return the place in the list of what is allowed; -1 if it is not there."""
    for number, one in enumerate(ALLOWED):
        if one["file"] == found.file and found.code.startswith(one["code"]):
            return number
    return -1


def test_what_is_allowed_has_its_reason() -> None:
    assert all(len(one["reason"].split()) > 3 for one in ALLOWED)


@pytest.mark.parametrize("line", PLANTED)
def test_planted_lines_are_found(line: str) -> None:
    assert lint_python(line, "a.py")
    cell = {"cell_type": "code", "source": [line]}
    assert lint_notebook(json.dumps({"cells": [cell]}), "a.ipynb")


@pytest.mark.parametrize("line", CLEAN)
def test_clean_lines_are_not(line: str) -> None:
    assert lint_python(line, "a.py") == []


@pytest.mark.parametrize("line", TEMPLATES)
def test_templates_escape(line: str) -> None:
    assert lint_template(line, "a.html.j2")
    assert lint_template("{{ text }} {{ safe }}", "a.html.j2") == []
