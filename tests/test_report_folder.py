"""Where a report is written: nothing of others is lost, mistakes are told before a cell runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pmdiscourse.cli import main
from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.data_files import check_folder, write_report
from pmdiscourse.present.page import make_page
from pmdiscourse.present.report import export_reports, name_pages

MakeRun = Callable[..., Path]
FAILS = "raise SystemError('a cell ran')"


def write_notebook(folder: Path, name: str, *, parameters: str = "", source: str = FAILS) -> Path:
    """Write a notebook whose only cell fails, so that a test sees whether anything ran."""
    folder.mkdir(exist_ok=True)
    cells = [new_markdown_cell("# A title"), new_code_cell(source)]
    if parameters:
        cells.insert(1, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    return folder


def test_a_file_of_others_is_not_overwritten(make_run: MakeRun, tmp_path: Path) -> None:
    notebooks, out = write_notebook(tmp_path / "n", "01-a"), tmp_path / "out"
    out.mkdir()
    for name in ("index.html", "01-a.html"):
        (out / name).write_text("<p>My own page</p>", encoding="utf-8")
        with pytest.raises(DiscourseError, match=f"{name} is no report of pmdiscourse"):
            export_reports(make_run(name), out, notebooks=notebooks)
        (out / name).unlink()


def test_a_report_is_written_again_over_itself_and_over_one_without_a_listing(
    tmp_path: Path,
) -> None:
    policy = "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; x\""
    page = {"index.html": f"<!doctype html><meta {policy}>"}
    write_report(tmp_path, page, {})
    check_folder(tmp_path, page)
    (tmp_path / "files.json").unlink()
    check_folder(tmp_path, page)
    (tmp_path / "files.json").write_text("[" * 100_000, encoding="utf-8")
    check_folder(tmp_path, page)


@pytest.mark.parametrize("place", ["out", "out/tables", "."])
def test_a_file_where_a_folder_is_needed(make_run: MakeRun, tmp_path: Path, place: str) -> None:
    out = tmp_path / "out"
    taken = out / place if place == "." else tmp_path / place
    taken.parent.mkdir(exist_ok=True)
    taken.write_text("mine", encoding="utf-8")
    out = out / "below" if place == "." else out
    notebooks = write_notebook(tmp_path / "n", "01-a")
    with pytest.raises(DiscourseError, match=r"a folder to write|nothing can be written into"):
        export_reports(make_run(), out, notebooks=notebooks)
    assert taken.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "names", [["index"], ["INDEX"], ["a b", "a-b"], ["A", "a_"], ["\u65e5\u672c"]]
)
def test_notebooks_that_would_share_a_page_are_refused(names: list[str]) -> None:
    with pytest.raises(DiscourseError, match="Rename it"):
        name_pages([Path(f"{name}.ipynb") for name in names])


def test_two_reports_at_once_wait_for_each_other(tmp_path: Path) -> None:
    pages = {"index.html": "<p>a</p>"}
    writer = threading.Thread(target=write_report, args=(tmp_path, pages, {}))
    with FileLock(tmp_path / ".lock"):
        writer.start()
        writer.join(0.5)
        assert not (tmp_path / "index.html").exists(), "another report is being written"
    writer.join()
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "files.json"}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (["n_quotes=-1"], "allowed is 1 or more"),
        (["n_quotes=0"], "allowed is 1 or more"),
        (["n_rest=-1"], "allowed is 0 or more"),
        ([f"n_quotes={'9' * 5000}"], "allowed is a int"),
        ([f"n_quotes={'[' * 5000}"], "allowed is a int"),
        (["n_quotes=1\nn_rest=2"], "allowed is a int"),
        (["n_quotes=1=2"], "allowed is a int"),
        (["share=inf"], "what can be written in the parameters cell"),
        (["days=[2024-05-01]"], "what can be written in the parameters cell"),
        (["processed=elsewhere"], "Name the run as DIR"),
    ],
)
def test_values_are_refused_before_a_cell_runs(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    told: list[str], message: str,
) -> None:  # fmt: skip
    parameters = "n_quotes = 3\nn_rest = 0\nshare = 0.5\ndays = []\nprocessed = ''"
    notebooks = write_notebook(tmp_path / "n", "01-a", parameters=parameters)
    given = [part for value in told for part in ("--set", value)]
    out = tmp_path / "out"
    command = ["report", str(make_run()), "--out", str(out), "--notebooks", str(notebooks), *given]
    assert main(command) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_parameters_cell_that_cannot_be_read_is_told_with_its_notebook(
    make_run: MakeRun, tmp_path: Path
) -> None:
    notebooks = write_notebook(tmp_path / "n", "07-mine", parameters="a = b")
    with pytest.raises(DiscourseError, match=r"notebook 07-mine\.ipynb: line 1 of the parameters"):
        export_reports(make_run(), tmp_path / "out", notebooks=notebooks)


def test_names_with_blanks_marks_and_umlauts_make_links_that_lead_there(
    make_run: MakeRun, tmp_path: Path
) -> None:
    notebooks = write_notebook(tmp_path / "n", "50% über #1?", source="print(1)")
    written = export_reports(make_run(), tmp_path / "o", notebooks=notebooks)
    assert [path.name for path in written] == ["index.html", "50% über #1?.html"]
    for path in written[:1]:
        assert 'href="50%25%20%C3%BCber%20%231%3F.html"' in path.read_text(encoding="utf-8")
    export_reports(make_run("again"), tmp_path / "o", notebooks=write_notebook(
        tmp_path / "m", "51", source="print(1)"))  # fmt: skip
    assert not written[1].exists(), "the page of an earlier report is removed"


def test_a_notebook_about_other_texts_has_neither_banner_nor_box(
    make_run: MakeRun, tmp_path: Path
) -> None:
    figures = Path(__file__).parents[1] / "data" / "processed" / "source_essays"
    notebooks = write_notebook(tmp_path / "n", "01-run", source="print(1)")
    write_notebook(notebooks, "02-other", parameters=f"source_essays = {str(figures)!r}",
                   source="print(1)")  # fmt: skip
    pages = export_reports(make_run(), tmp_path / "o", notebooks=notebooks)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in pages}
    for stem, of_run in (("index", True), ("01-run", True), ("02-other", False)):
        assert ("Invented sample." in texts[stem]) == of_run
        assert ('<dl class="facts">' in texts[stem]) == of_run


@pytest.mark.parametrize("kind", ["text/html", "text/markdown", "text/plain", "stream"])
@pytest.mark.parametrize("mark", ["\ud83d", "\x00", "\x1b", "\x0b"])
def test_characters_that_no_page_can_hold_do_not_cut_it(kind: str, mark: str) -> None:
    text = f"Before {mark} after."
    shown = new_output("stream", text=text) if kind == "stream" else (
        new_output("display_data", {kind: text})
    )  # fmt: skip
    cells = [new_markdown_cell(f"# A {mark} title"), new_code_cell("", outputs=[shown])]
    page = make_page(new_notebook(cells=[*cells, new_markdown_cell("The end.")]), name="n")
    whole = f"{page.title} {page.lead}"
    assert "after." in whole
    assert "The end." in whole
    assert not set(whole.encode("utf-8").decode("utf-8")) & {mark}
