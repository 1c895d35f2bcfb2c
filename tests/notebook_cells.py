"""Runs the cells of a notebook in this process, without a kernel, and keeps what they show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes

from pmdiscourse.present import display
from pmdiscourse.present.execute import read_notebook


class Shown(NamedTuple):
    """What a cell showed.

    `kind` is show, table, paragraph or quotes; `words` the caption, sentence or title; `frame` the
    rows behind it; `drawn` tells whether a figure has anything but words on it.
    """

    cell: str
    kind: str
    words: str
    frame: pd.DataFrame | None = None
    drawn: bool = True


def run_cells(path: Path, monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> list[Shown]:
    """Run a notebook's code, with these parameters in place of its own; warnings are errors."""
    monkeypatch.chdir(path.parent)
    shown: list[Shown] = []
    names: dict[str, Any] = {}
    with monkeypatch.context() as patched:
        for kind in ("show", "table", "paragraph", "quotes"):
            patched.setattr(display, kind, _keep(kind, getattr(display, kind), shown, names))
        for cell in read_notebook(path).cells:
            names["_cell"] = cell.id
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.name}, {cell.id}", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= parameters
    plt.close("all")
    return shown


def _keep(
    kind: str, real: Callable[..., None], shown: list[Shown], names: dict[str, Any]
) -> Callable[..., None]:
    """Return a function that notes what it shows, then shows it."""

    def keep(first: Any, **options: Any) -> None:
        words = options.get("caption") or options.get("title") or first
        frame = options.get("data", first if isinstance(first, pd.DataFrame) else None)
        drawn = kind != "show" or any(ax.has_data() for ax in first.findobj(Axes))
        shown.append(Shown(names["_cell"], kind, words, frame, drawn))
        real(first, **options)

    return keep
