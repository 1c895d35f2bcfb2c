"""Reads environment.yml and says what is wrong with it, for the test beside this file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from rattler import MatchSpec
from rattler.exceptions import InvalidMatchSpecError

Bounds = dict[str, set[str]]


def project_bounds(path: Path) -> Bounds:
    """Return names and bounds of pyproject's runtime dependencies, plus python and pip."""
    project: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    requirements = [Requirement(text) for text in project["dependencies"]]
    bounds = {canonicalize_name(r.name): {str(s) for s in r.specifier} for r in requirements}
    python = {str(s) for s in SpecifierSet(project["requires-python"])}
    return bounds | {"python": python, "pip": set()}


def find_faults(environment: Path, pyproject: Path) -> list[str]:
    """Return what is wrong with an environment file; empty if it is right."""
    lines = yaml.safe_load(environment.read_text(encoding="utf-8"))["dependencies"]
    found: Bounds = {}
    faults: list[str] = []
    for line in lines:
        entries = line["pip"] if isinstance(line, dict) else [line]
        for entry in entries:
            try:
                name, bounds = _from_pip(entry) if isinstance(line, dict) else _from_conda(entry)
            except (InvalidRequirement, InvalidMatchSpecError) as error:
                faults.append(f"{entry!r} cannot be parsed: {error}")
                continue
            if name in found:
                faults.append(f"{name} stands twice")
            found[name] = bounds
    expected = project_bounds(pyproject)
    faults += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    faults += [f"{name} is not in pyproject" for name in sorted(found.keys() - expected.keys())]
    for name in sorted(expected.keys() & found.keys()):
        if expected[name] != found[name]:
            faults.append(f"{name}: {sorted(found[name])}, pyproject has {sorted(expected[name])}")
    return faults


def _from_conda(entry: str) -> tuple[str, set[str]]:
    spec = MatchSpec(entry, strict=True)
    name = spec.name.normalized if spec.name else ""
    return canonicalize_name(name), set(str(spec.version).split(",")) if spec.version else set()


def _from_pip(entry: str) -> tuple[str, set[str]]:
    requirement = Requirement(entry)
    return canonicalize_name(requirement.name), {str(s) for s in requirement.specifier}
