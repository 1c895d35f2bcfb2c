"""The docs name what the code has: every column, every command, every dependency."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from pmdiscourse.cli import build_parser
from pmdiscourse.ingest.readers import ENDINGS
from pmdiscourse.ingest.readers.fields import FIELDS
from pmdiscourse.tables import TABLES

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_column_is_explained() -> None:
    for table in TABLES.values():
        section = ARCHITECTURE.split(f"### {table.name}\n")[1].split("##")[0]
        assert re.findall(r"^\| (\w+) \|", section, re.MULTILINE)[1:] == table.names


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    section = ARCHITECTURE.split("## Dependencies")[1]
    named = {name for row in re.findall(r"^\| ([\w, -]+) \|", section, re.MULTILINE)
             for name in row.split(", ")}  # fmt: skip
    assert {Requirement(text).name for text in project["dependencies"]} == named - {"package"}


def test_the_readme_lists_every_field_name_and_ending() -> None:
    for names in FIELDS.values():
        assert ", ".join(names) in README
    assert all(
        f"`{ending}`" in README for ending in ENDINGS if ending not in (".text", ".htm", ".ndjson")
    )


def test_the_readme_lists_every_command() -> None:
    verbs = build_parser().format_help()
    for verb in re.findall(r"^    (\w+) ", verbs, re.MULTILINE):
        assert f"`pmdiscourse {verb} " in README
