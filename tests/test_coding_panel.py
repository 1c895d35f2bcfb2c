"""The labelling notebook: its panel, and the notebook itself in a real kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ipywidgets
import nbformat
import pytest

from pmdiscourse.measure.coding_session import CodingSession
from pmdiscourse.present.coding_panel import CodingPanel
from pmdiscourse.present.execute import execute_notebook, read_notebook, set_parameters
from pmdiscourse.present.report import export_reports
from test_labels import THEMES
from test_rereading import make_run, rows_of, wave

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "coding" / "label.ipynb"
EVIL = '<img src=x onerror="window.__pwned=1"><script>1</script> & "it" costs $100 to $200'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, n_coders=2)


@pytest.fixture
def panel(run: Path) -> CodingPanel:
    return CodingPanel(CodingSession.open(run, coder="coder-1"))


def widgets_of(box: Any) -> list[Any]:
    """Return all widgets, in the order in which Tab reaches them."""
    inside = [one for child in getattr(box, "children", ()) for one in widgets_of(child)]
    return [box, *inside]


def buttons_of(panel: CodingPanel) -> list[ipywidgets.Button]:
    return [one for one in widgets_of(panel.box) if isinstance(one, ipywidgets.Button)]


def button(panel: CodingPanel, tooltip: str) -> ipywidgets.Button:
    (found,) = [one for one in buttons_of(panel) if tooltip in (one.tooltip, one.description)]
    return found


def shown(panel: CodingPanel) -> str:
    return "\n".join(one.value for one in widgets_of(panel.box) if isinstance(one, ipywidgets.HTML))


def first_row(run: Path) -> dict[str, str]:
    return rows_of(wave(run) / "sheet-1.csv")[0]


def test_each_theme_has_three_buttons_then_the_ways_on(panel: CodingPanel) -> None:
    tooltips = [one.tooltip for one in buttons_of(panel)]
    themes = [theme.replace("_", " ") for theme in THEMES]
    assert tooltips[:12] == [
        f"{theme}: {said}" for theme in themes for said in ("present", "absent", "unsure")
    ]
    names = [one.description for one in buttons_of(panel)[12:]]
    assert names == ["Next passage", "Previous passage", "First uncoded passage"]
    assert all(one.layout.height == "44px" for one in buttons_of(panel))


def test_a_press_is_saved_and_shown_without_colour_alone(panel: CodingPanel, run: Path) -> None:
    chosen = button(panel, "blame: present")
    chosen.click()
    assert first_row(run)["blame"] == "1"
    assert chosen.description == "✓ present"
    assert chosen.style.button_color
    assert "Saved in sheet-1.csv." in shown(panel)
    button(panel, "blame: unsure").click()
    assert first_row(run)["blame"] == "?"
    assert chosen.description == "present"
    button(panel, "blame: unsure").click()
    assert first_row(run)["blame"] == "", "pressed twice is taken back"


def test_the_panel_moves_and_tells_how_far_it_is(panel: CodingPanel, run: Path) -> None:
    assert "Passage 1 of 90</b>, 0 coded" in shown(panel)
    for theme in THEMES:
        button(panel, f"{theme.replace('_', ' ')}: absent").click()
    assert "Passage 1 of 90</b>, 1 coded" in shown(panel)
    button(panel, "Next passage").click()
    assert "Passage 2 of 90" in shown(panel)
    assert rows_of(wave(run) / "sheet-1.csv")[1]["text"] in shown(panel)
    assert not any(one.description.startswith("✓") for one in buttons_of(panel))
    button(panel, "Previous passage").click()
    assert button(panel, "blame: absent").description == "✓ absent"
    button(panel, "First uncoded passage").click()
    assert "Passage 2 of 90" in shown(panel)


def test_a_note_is_saved(panel: CodingPanel, run: Path) -> None:
    (note,) = [one for one in widgets_of(panel.box) if isinstance(one, ipywidgets.Text)]
    note.value = "half a joke"
    assert first_row(run)["note"] == "half a joke"
    button(panel, "Next passage").click()
    assert note.value == ""
    assert rows_of(wave(run) / "sheet-1.csv")[1]["note"] == ""


def test_what_cannot_be_saved_is_said_aloud(panel: CodingPanel, run: Path) -> None:
    CodingSession.open(run, coder="coder-1").answer("blame", "0")
    button(panel, "blame: present").click()
    assert "NOT SAVED: wave-1/sheet-1.csv was changed elsewhere" in shown(panel)
    assert button(panel, "blame: present").description == "present"
    assert first_row(run)["blame"] == "0"


class Hostile:
    """A session whose every text is hostile."""

    coder, sheet, themes = EVIL, Path(EVIL.replace("/", "")), [EVIL]
    codebook = [dict.fromkeys(("theme", "definition", "include", "exclude"), EVIL)]  # noqa: RUF012

    def __init__(self) -> None:
        self.current = type(
            "P",
            (),
            dict.fromkeys(("before", "text", "after", "note"), EVIL) | {"answers": {EVIL: ""}},
        )
        self.progress = type("P", (), {"place": 1, "n": 1, "n_coded": 0})

    def answer(self, theme: str, answer: str) -> None: ...
    def remark(self, note: str) -> None: ...
    def go_on(self, steps: int = 1) -> None: ...
    def go_to_open(self) -> None: ...


def test_hostile_texts_are_text() -> None:
    panel = CodingPanel(Hostile())
    buttons_of(panel)[0].click()
    text = shown(panel)
    assert "<img" not in text
    assert "<script" not in text
    assert text.count("&lt;img src=x onerror=&#34;window.__pwned=1&#34;&gt;") >= 8
    kinds = {type(one) for one in widgets_of(panel.box)}
    assert ipywidgets.HTMLMath not in kinds, "prices are no formulas"


# The notebook.


def cells() -> list[dict[str, Any]]:
    raw = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    nbformat.validate(raw)
    found: list[dict[str, Any]] = raw["cells"]
    return found


def test_nothing_of_a_run_is_kept_in_the_notebook() -> None:
    for cell in cells():
        assert cell["id"].replace("-", "").isalpha()
        assert set(cell["metadata"]) <= {"tags"}
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    assert [cell["metadata"] for cell in cells()].count({"tags": ["parameters"]}) == 1


def test_the_notebook_shows_the_panel_in_a_kernel(run: Path) -> None:
    filled = set_parameters(read_notebook(NOTEBOOK), {"processed": str(run), "coder": "coder-2"})
    executed = execute_notebook(filled, name=NOTEBOOK.name, directory=NOTEBOOK.parent)
    (output,) = executed.cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output["data"]
    assert rows_of(wave(run) / "sheet-2.csv")[0]["blame"] == "", "showing writes nothing"


def test_the_notebook_is_no_report(small_run: Path, tmp_path: Path) -> None:
    only = tmp_path / "notebooks"
    (only / "coding").mkdir(parents=True)
    (only / "coding" / "label.ipynb").write_bytes(NOTEBOOK.read_bytes())
    (only / "01-corpus.ipynb").write_bytes(
        NOTEBOOK.parents[1].joinpath("01-corpus.ipynb").read_bytes()
    )
    paths = export_reports(small_run, tmp_path / "reports", notebooks=only)
    assert not [path for path in paths if "label" in path.name]
