"""Coding in the notebook: answers go into the sheet at once, and never over somebody else's."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.coding_session import CodingSession, find_sheet
from pmdiscourse.measure.label_store import draw_wave, read_waves
from pmdiscourse.measure.labels import read_labels
from test_labels import THEMES, edit, fill
from test_rereading import make_run, rows_of, tenth, wave


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of 150 invented passages, with sheets for two coders."""
    return make_run(tmp_path, n_coders=2)


def sheet_of(run: Path, name: str = "sheet-1") -> Path:
    return wave(run) / f"{name}.csv"


def code(session: CodingSession, answers: str) -> None:
    """Answer the themes of the passage that is shown, one letter each, and go on."""
    for theme, answer in zip(session.themes, answers, strict=True):
        session.answer(theme, answer)
    session.go_on()


def test_a_session_shows_what_the_sheet_holds(run: Path) -> None:
    session = CodingSession.open(run, coder="coder-1")
    first = rows_of(sheet_of(run))[0]
    shown = session.current
    assert [shown.passage_id, shown.before, shown.text, shown.after] == [
        first[name] for name in ("passage_id", "before", "text", "after")
    ]
    assert shown.answers == dict.fromkeys(THEMES, "")
    assert session.themes == THEMES
    assert all(theme["definition"] and theme["include"] for theme in session.codebook)
    progress = session.progress
    assert (progress.place, progress.n, progress.n_coded) == (1, 90, 0)


def test_every_answer_is_in_the_sheet_at_once(run: Path) -> None:
    session = CodingSession.open(run, coder="coder-1")
    session.answer("blame", "1")
    assert rows_of(sheet_of(run))[0]["blame"] == "1"
    session.answer("identity", "?")
    session.answer("blame", "")
    row = rows_of(sheet_of(run))[0]
    assert (row["blame"], row["identity"]) == ("", "?")
    session.remark("  not sure =\n really ")
    assert rows_of(sheet_of(run))[0]["note"] == "not sure = really"
    assert session.current.note == "not sure = really"


def test_what_was_coded_is_read_as_it_is(run: Path) -> None:
    session = CodingSession.open(run, coder="coder-1")
    ids = [session.current.passage_id]
    code(session, "10?0")
    ids.append(session.current.passage_id)
    code(session, "0001")
    labels = read_waves(run).labels
    said = labels.pivot(index="passage_id", columns="theme", values="present")[THEMES]
    assert said.loc[ids[0]].tolist() == [True, False, pd.NA, False]
    assert said.loc[ids[1]].tolist() == [False, False, False, True]
    assert set(labels["coder"]) == {"coder-1"}
    assert rows_of(sheet_of(run, "sheet-2"))[0]["blame"] == ""


def test_it_resumes_where_it_stopped(run: Path) -> None:
    session = CodingSession.open(run, coder="coder-1")
    code(session, "0000")
    code(session, "0000")
    session.answer("blame", "0")
    again = CodingSession.open(run, coder="coder-1")
    assert again.current.passage_id == session.current.passage_id
    assert again.current.answers["blame"] == "0"
    assert (again.progress.place, again.progress.n_coded) == (3, 2)


def test_next_previous_and_first_open(run: Path) -> None:
    session = CodingSession.open(run, coder="coder-1")
    session.go_on(-1)
    assert session.progress.place == 1
    code(session, "0000")
    session.go_on()
    session.go_on()
    assert session.progress.place == 4
    session.go_to_open()
    assert session.progress.place == 2
    session.go_to(1000)
    session.go_on()
    assert session.progress.place == session.progress.n


def test_all_coded_is_told_and_shows_the_last(run: Path) -> None:
    fill(sheet_of(run), lambda *_: "0")
    session = CodingSession.open(run, coder="coder-1")
    progress = session.progress
    assert progress.place == progress.n == progress.n_coded == 90


def test_what_a_spreadsheet_saved_is_gone_on_with(run: Path) -> None:
    half = {row["passage_id"] for row in rows_of(sheet_of(run))[:10]}
    edit(
        sheet_of(run),
        lambda row: (
            dict(reversed(row.items()))
            | dict.fromkeys(THEMES, "0.0" if row["passage_id"] in half else "")
        ),
        delimiter=";",
    )
    session = CodingSession.open(run, coder="coder-1")
    assert (session.progress.place, session.progress.n_coded) == (11, 10)
    code(session, "1000")
    labels = read_labels(sheet_of(run))
    assert len(labels) == 44
    assert labels["present"].sum() == 1


def test_a_sheet_that_changed_elsewhere_is_not_overwritten(run: Path) -> None:
    mine, theirs = (CodingSession.open(run, coder="coder-1") for _ in range(2))
    theirs.answer("blame", "1")
    content = sheet_of(run).read_bytes()
    with pytest.raises(DiscourseError, match=r"sheet-1\.csv was changed elsewhere.*nothing was"):
        mine.answer("blame", "0")
    assert sheet_of(run).read_bytes() == content
    assert mine.current.answers["blame"] == "", "what is not saved is not shown as coded"
    theirs.answer("identity", "0")
    CodingSession.open(run, coder="coder-1").answer("blame", "0")
    assert rows_of(sheet_of(run))[0]["identity"] == "0"


def test_a_sheet_that_cannot_be_written_is_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = CodingSession.open(run, coder="coder-1")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pmdiscourse.measure.coding_session.write_rows", refuse)
    with pytest.raises(DiscourseError, match="cannot be saved: Permission denied; close it in"):
        session.answer("blame", "1")
    assert session.current.answers["blame"] == ""
    sheet_of(run).unlink()
    with pytest.raises(DiscourseError, match="cannot be read: No such file"):
        session.answer("blame", "1")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"text": "Mine now."}, "row 2, column 'text': the passage was edited"),
        ({"passage_id": "p9999"}, "row 2, column 'passage_id': 'p9999' was not drawn"),
        ({"blame": "maybe"}, "row 2, column 'blame': got 'maybe', allowed are 1"),
    ],
)
def test_an_edited_sheet_is_refused(run: Path, cells: dict[str, str], told: str) -> None:
    first = rows_of(sheet_of(run))[0]["passage_id"]
    edit(sheet_of(run), lambda row: row | cells if row["passage_id"] == first else row)
    content = sheet_of(run).read_bytes()
    with pytest.raises(DiscourseError, match=told):
        CodingSession.open(run, coder="coder-1")
    assert sheet_of(run).read_bytes() == content


def test_a_sheet_of_another_draw_is_refused(run: Path, tmp_path: Path) -> None:
    sheet_of(run).write_bytes(sheet_of(run, "sheet-2").read_bytes())
    with pytest.raises(DiscourseError, match="belongs to wave-1/sheet-2"):
        CodingSession(sheet_of(run), coder="coder-2")
    stray = tmp_path / "elsewhere" / "sheet-1.csv"
    stray.parent.mkdir()
    stray.write_bytes(sheet_of(run).read_bytes())
    with pytest.raises(DiscourseError, match=r"design\.csv is not beside"):
        CodingSession(stray, coder="coder-1")


def test_wrong_names_are_told_with_the_right_ones(run: Path, tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match=r"'coder1' is unknown; .*coder-1, coder-2"):
        CodingSession.open(run, coder="coder1")
    with pytest.raises(DiscourseError, match=r"sheet 'sheet-3' is unknown; .*sheet-1, sheet-2"):
        CodingSession.open(run, coder="coder-1", sheet="sheet-3")
    with pytest.raises(DiscourseError, match="known are: coder-2"):
        CodingSession.open(run, coder="coder-1", sheet="sheet-2")
    with pytest.raises(DiscourseError, match=r"holds no label sheet; draw with `pmdiscourse"):
        CodingSession.open(tmp_path / "nowhere", coder="coder-1")
    session = CodingSession.open(run, coder="coder-1")
    with pytest.raises(DiscourseError, match=r"theme 'blam' is unknown.*Did you mean 'blame'"):
        session.answer("blam", "1")
    with pytest.raises(DiscourseError, match=r"got 'yes', allowed is 1, 0, \? or nothing"):
        session.answer("blame", "yes")


def test_second_readings_are_coded_alike(run: Path) -> None:
    for number in (1, 2):
        fill(sheet_of(run, f"sheet-{number}"), tenth)
    (path, n), *_ = read_waves(run).second_reading.items()
    coder = rows_of(path)[0]["coder"]
    session = CodingSession.open(run, coder=coder)
    assert session.sheet == path, "the coder's own sheet is done"
    assert session.progress.n == n
    for _ in range(n):
        code(session, "1000")
    assert path not in read_waves(run).second_reading


def test_the_newest_wave_comes_first_and_any_sheet_can_be_named(run: Path) -> None:
    fill(sheet_of(run), lambda *_: "0")
    read_waves(run)
    edit(sheet_of(run), lambda row: row | {"blame": ""})
    assert find_sheet(run, coder="coder-1") == sheet_of(run)
    with pytest.raises(DiscourseError):  # 150 passages are drawn whole: nothing is left
        draw_wave(run, n=10)
    assert find_sheet(run, coder="coder-1", sheet="sheet-1.csv") == sheet_of(run)


def test_only_rows_of_the_coder_are_shown_and_others_stay(run: Path) -> None:
    others = {row["passage_id"] for row in rows_of(sheet_of(run))[:5]}
    edit(
        sheet_of(run),
        lambda row: row | {"coder": "Ana", "blame": "1"} if row["passage_id"] in others else row,
    )
    session = CodingSession.open(run, coder="coder-1")
    assert session.progress.n == 85
    code(session, "0000")
    kept = [row for row in rows_of(sheet_of(run)) if row["coder"] == "Ana"]
    assert len(kept) == 5
    assert {row["blame"] for row in kept} == {"1"}


def test_a_sheet_saved_by_a_session_stays_safe_to_open(run: Path) -> None:
    session = CodingSession.open(run, coder="coder-1")
    session.remark("=1+1")
    content = sheet_of(run).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    with sheet_of(run).open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["note"] == "'=1+1"
    assert CodingSession.open(run, coder="coder-1").current.note == "=1+1"


def test_the_package_does_not_load_widgets() -> None:
    script = (
        "import sys, pmdiscourse, pmdiscourse.measure.coding_session, pmdiscourse.cli; "
        "pmdiscourse.read_labels; sys.exit('ipywidgets' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
