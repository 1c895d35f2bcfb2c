"""After a first reading: positives are read twice, disagreements decided, coders compared."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.cli import main
from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.agreement import (
    RELIABLE,
    TENTATIVE,
    Judgement,
    agreement,
    compare_coders,
)
from pmdiscourse.measure.decisions import ADJUDICATION, SECOND_READING, decide, find_waiting
from pmdiscourse.measure.designs import share_rows
from pmdiscourse.measure.label_store import ReadLabels, draw_wave, read_waves
from pmdiscourse.measure.label_tables import usable_labels
from pmdiscourse.measure.labels import draw_sample, read_labels, write_label_sheet
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.prevalence_notes import note_agreement
from pmdiscourse.measure.sheets import MAX_CELL
from pmdiscourse.store import write_manifest, write_part
from test_labels import THEMES, edit, fill, make_corpus, said

ALPHA = Path(__file__).parent / "cases" / "labels" / "alpha.json"
Row = dict[str, str]
Answer = Callable[[str, str], str]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of 150 invented passages, with sheets for two coders."""
    return make_run(tmp_path, n_coders=2)


def make_run(folder: Path, *, n_coders: int) -> Path:
    passages, scores = make_corpus(150)
    tables = {
        "passages": [write_part(folder, "passages", passages)],
        "scores": [write_part(folder, "scores", scores)],
    }
    about = {"tables": tables, "model": {"hash": "0"}}
    write_manifest(folder, about | {"codebook": {"sha256": load_codebook().sha256}})
    draw_wave(folder, n=100, n_coders=n_coders)
    return folder


def wave(run: Path) -> Path:
    return run / "labels" / "wave-1"


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def shared(run: Path) -> list[str]:
    """Return the passages in both sheets."""
    one, two = ({r["passage_id"] for r in rows_of(wave(run) / f"sheet-{k}.csv")} for k in (1, 2))
    return sorted(one & two)


def tenth(passage: str, theme: str) -> str:
    return "1" if theme == "blame" and int(passage[1:]) % 10 == 0 else "0"


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    passages, scores = make_corpus(150)
    return scores, passages


# Who codes what.


@given(st.integers(1, 400), st.integers(2, 20))
def test_a_fifth_is_coded_twice_and_the_rest_is_split(n: int, n_coders: int) -> None:
    rows = share_rows(n, n_coders=n_coders)
    assert sum(len(coders) == 2 for coders in rows) == -(-n // 5)
    assert all(len(set(coders)) == len(coders) <= 2 for coders in rows)
    load = [sum(k in coders for coders in rows) for k in range(1, n_coders + 1)]
    assert max(load) - min(load) <= 3


def test_one_coder_gets_everything() -> None:
    assert share_rows(7, n_coders=1) == [[1]] * 7


def test_sheets_show_neither_score_nor_stratum(run: Path) -> None:
    ids: list[str] = []
    for number in (1, 2):
        rows = rows_of(wave(run) / f"sheet-{number}.csv")
        assert list(rows[0]) == [
            *["passage_id", "coder", "before", "text", "after"],
            *[*THEMES, "note"],
        ]
        ids += [row["passage_id"] for row in rows]
    assert len(set(ids)) == 150
    assert len(ids) == 150 + 30
    assert len(shared(run)) == 30


# Second readings.


def test_what_one_coder_found_is_read_by_the_other(run: Path) -> None:
    for number in (1, 2):
        fill(wave(run) / f"sheet-{number}.csv", tenth)
    read = read_waves(run)
    assert not read.adjudication
    both = set(shared(run))
    for number, other in ((1, 2), (2, 1)):
        rows = rows_of(wave(run) / f"second-reading-{number}.csv")
        assert {row["coder"] for row in rows} == {f"coder-{number}"}
        there = {r["passage_id"] for r in rows_of(wave(run) / f"sheet-{other}.csv")} - both
        assert {row["passage_id"] for row in rows} == {p for p in there if tenth(p, "blame") == "1"}
        assert all(row[theme] == "" for row in rows for theme in THEMES), "blind"
    told = usable_labels(run, *tables()).told
    assert told["awaiting_second_reading"] == sum(read.second_reading.values()) > 5
    for path in read.second_reading:
        fill(path, tenth)
    read = read_waves(run)
    assert not read.second_reading
    assert usable_labels(run, *tables()).told["awaiting_second_reading"] == 0
    coders = set(read.labels["coder"])
    assert coders == {"coder-1", "coder-2", f"coder-1{SECOND_READING}", f"coder-2{SECOND_READING}"}
    figures = agreement(read.labels).set_index("theme")
    assert figures["n_double"].tolist() == [30] * 4, "picked rows say nothing of agreement"


def test_a_positive_is_not_read_again_by_who_found_it(run: Path) -> None:
    fill(wave(run) / "sheet-1.csv", tenth)
    (path,) = read_waves(run).second_reading
    fill(path, tenth)
    edit(path, lambda row: row | {"coder": "coder-1"})
    with pytest.raises(DiscourseError, match=r"row 2, column 'coder': coder-1 coded 'blame' of"):
        read_waves(run)


def test_one_coder_alone_gets_a_sheet_for_a_second_reader(tmp_path: Path) -> None:
    run = make_run(tmp_path, n_coders=1)
    fill(wave(run) / "sheet-1.csv", tenth)
    (path,) = read_waves(run).second_reading
    assert {row["coder"] for row in rows_of(path)} == {"second-reader"}
    assert len(rows_of(path)) == 15


def test_what_is_filled_stays_when_more_comes(run: Path) -> None:
    first = [row["passage_id"] for row in rows_of(wave(run) / "sheet-1.csv")]
    half = set(first[: len(first) // 2])
    fill(wave(run) / "sheet-1.csv", lambda p, t: tenth(p, t) if p in half else "")
    (path,) = read_waves(run).second_reading
    edit(path, lambda row: row | {"blame": "1", "note": "=as I see it"})
    before = rows_of(path)
    fill(wave(run) / "sheet-1.csv", tenth)
    read_waves(run)
    after = rows_of(path)
    assert after[: len(before)] == [row | {"note": "'=as I see it"} for row in before]
    assert {row["blame"] for row in before} == {"1"}
    assert len(after) > len(before)
    content = path.read_bytes()
    read_waves(run)
    assert path.read_bytes() == content


def test_what_a_person_wrote_without_an_answer_stays(run: Path) -> None:
    first = [row["passage_id"] for row in rows_of(wave(run) / "sheet-1.csv")]
    half = set(first[: len(first) // 2])
    fill(wave(run) / "sheet-1.csv", lambda p, t: tenth(p, t) if p in half else "")
    (path,) = read_waves(run).second_reading
    noted, named, *_ = (row["passage_id"] for row in rows_of(path))
    own = {noted: {"note": "ask Ana what is meant"}, named: {"coder": "Dora"}}
    edit(path, lambda row: row | own.get(row["passage_id"], {}))
    before = rows_of(path)
    fill(wave(run) / "sheet-1.csv", tenth)
    read_waves(run)
    after = rows_of(path)
    assert len(after) > len(before)
    assert after[: len(before)] == before
    fill(wave(run) / "sheet-1.csv", lambda *_: "0")
    read_waves(run)
    assert rows_of(path) == before[:2], "nothing waits; what was written stays all the same"


def test_a_note_on_an_open_disagreement_stays(run: Path) -> None:
    disagree(run)
    path = wave(run) / "adjudication.csv"
    one, two, *_ = shared(run)
    own = {one: {"coder": "Cleo"}, two: {"note": "read the thread first"}}
    edit(path, lambda row: row | own.get(row["passage_id"], {}))
    last = shared(run)[-1]
    edit(
        wave(run) / "sheet-2.csv",
        lambda row: row | ({"blame": "1"} if row["passage_id"] == last else {}),
    )
    read_waves(run)
    rows = rows_of(path)
    assert last in {row["passage_id"] for row in rows}, "the sheet was written again"
    assert {row["coder"] for row in rows if row["passage_id"] == one} == {"Cleo"}
    assert {row["note"] for row in rows if row["passage_id"] == two} == {"read the thread first"}


def test_what_the_other_coder_has_not_answered_yet_is_told(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shared(run)[:3]
    answers = dict.fromkeys(found, "1")
    fill(wave(run) / "sheet-1.csv", lambda p, t: answers.get(p, "0") if t != "identity" else "0")
    fill(wave(run) / "sheet-2.csv", lambda p, t: "1" if (p, t) == (found[0], "blame") else "")
    read = read_waves(run)
    n_waiting = 3 * (len(THEMES) - 1) - 1
    assert read.other_sheet == {wave(run) / "sheet-2.csv": n_waiting}
    assert not read.second_reading, "two coders have these rows already"
    assert usable_labels(run, *tables()).told["awaiting_second_reading"] == n_waiting
    assert main(["label", "read", str(run)]) == 0
    printed = capsys.readouterr().out
    assert f"sheet-2.csv: {n_waiting} empty cells of themes that one coder found" in printed
    assert f"in all {n_waiting} labels" in printed
    fill(wave(run) / "sheet-2.csv", lambda p, t: answers.get(p, "0") if t != "identity" else "0")
    assert not read_waves(run).other_sheet
    assert usable_labels(run, *tables()).told["awaiting_second_reading"] == 0


# Files that people rename, copy and save elsewhere.


@pytest.fixture
def read_run(run: Path) -> Path:
    """A run whose sheets are filled and read."""
    for number in (1, 2):
        fill(wave(run) / f"sheet-{number}.csv", tenth)
    read_waves(run)
    return run


def refuse(run: Path) -> str:
    """Return why labels are not read; nothing may be written then."""
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(DiscourseError) as caught:
        read_waves(run)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    return str(caught.value)


PUT_BACK = r"sheet-2\.csv of wave-1 is not there: put it back \(the draw wrote it\)"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Ben.csv", PUT_BACK + r".*\n  Ben\.csv is no sheet .*if it was sheet-2\.csv, give it"),
        ("../sheet-2.csv", PUT_BACK),
        (
            "sheet-2.xlsx",
            r"not there, but sheet-2\.xlsx is: .*save it as CSV UTF-8 as sheet-2\.csv",
        ),
        ("sheet-2.ODS", r"not there, but sheet-2\.ODS is: .*save it as CSV UTF-8 as sheet-2\.csv"),
    ],
)
def test_a_sheet_that_is_not_there_is_named(read_run: Path, name: str, told: str) -> None:
    path = wave(read_run) / "sheet-2.csv"
    path.rename(path.parent / name)
    assert re.search(told, refuse(read_run))
    with pytest.raises(DiscourseError, match=r"sheet-2\.csv of wave-1 is not there"):
        draw_wave(read_run, n=10)


def test_all_sheets_gone_are_named(read_run: Path) -> None:
    for number in (1, 2):
        (wave(read_run) / f"sheet-{number}.csv").unlink()
    told = refuse(read_run)
    assert "sheet-1.csv of wave-1" in told
    assert "sheet-2.csv of wave-1" in told


@pytest.mark.parametrize("name", ["sheet-1 (1).csv", "sheet-3.csv", "sheet-1-Ana.csv"])
def test_a_copy_of_a_sheet_is_to_be_moved_away(read_run: Path, name: str) -> None:
    shutil.copy(wave(read_run) / "sheet-1.csv", wave(read_run) / name)
    told = refuse(read_run)
    assert f"{name} is no sheet of this draw and is not read: move it away" in told
    assert "put the rows back" not in told


@pytest.mark.parametrize("name", ["second-reading-2.csv", "adjudication.csv"])
def test_answers_that_follow_a_first_reading_under_another_name_are_named(
    run: Path, name: str
) -> None:
    fill(wave(run) / "sheet-1.csv", tenth)
    fill(wave(run) / "sheet-2.csv", lambda *_: "0")
    read_waves(run)
    (wave(run) / name).rename(wave(run) / "Ben 2.csv")
    told = rf"Ben 2\.csv is no sheet of this draw and is not read: if it was .*{name}, give it"
    assert re.search(told, refuse(run))


def test_other_files_in_the_folder_do_no_harm(read_run: Path) -> None:
    (wave(read_run) / "hours.csv").write_text("day,hours\n1,2\n", encoding="utf-8")
    (wave(read_run) / "remarks.txt").write_text("Ask about row 7.", encoding="utf-8")
    assert read_waves(read_run).unread == []


def test_a_spreadsheet_beside_an_empty_sheet_may_hold_its_answers(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(wave(run) / "sheet-1.csv", tenth)
    for name in ("sheet-2.xlsx", "sheet-1.ods", "~$sheet-2.xlsx", ".~lock.sheet-2.csv#"):
        (wave(run) / name).write_bytes(b"as a program saved it")
    told = refuse(run)
    assert "sheet-2.csv holds no answer, and sheet-2.xlsx beside it is not read" in told
    assert "sheet-1.ods" not in told
    fill(wave(run) / "sheet-2.csv", tenth)
    assert main(["label", "read", str(run)]) == 0
    unread = [wave(run) / name for name in ("sheet-1.ods", "sheet-2.xlsx")]
    printed = capsys.readouterr().out
    assert all(f"not read: {path}" in printed for path in unread)
    assert read_waves(run).unread == unread
    (wave(run) / "second-reading-1.xlsx").write_bytes(b"as a program saved it")
    assert "second-reading-1.csv holds no answer, and second-reading-1.xlsx" in refuse(run)


def test_a_copy_of_a_second_reading_is_named_with_its_twin(read_run: Path) -> None:
    path = wave(read_run) / "second-reading-2.csv"
    fill(path, tenth)
    shutil.copy(path, path.with_name("second-reading-2-backup.csv"))
    told = refuse(read_run)
    assert "second-reading-2.csv and second-reading-2-backup.csv in" in told
    assert "keep one of the two there and move the other away" in told
    path.with_name("second-reading-2-backup.csv").unlink()
    assert f"coder-2{SECOND_READING}" in set(read_waves(read_run).labels["coder"])


def test_a_wave_that_is_not_there_is_named(read_run: Path) -> None:
    wave(read_run).rename(wave(read_run).with_name("wave-2"))
    assert "wave-1 of" in refuse(read_run)


def test_labels_made_by_hand_are_put_aside(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(wave(run) / "sheet-1.csv", tenth)
    labels = run / "labels"
    for name, code in (("labels-by-hand.csv", 1), ("labels-by-hand-2.csv", 0)):
        own = f"passage_id,theme,present\np0001,blame,{code}\n"
        (labels / "labels.csv").write_text(own, encoding="utf-8")
        assert main(["label", "read", str(run)]) == 0
        assert f"made by hand and is put aside as {labels / name}" in capsys.readouterr().out
        assert (labels / name).read_text(encoding="utf-8") == own
        assert len(pd.read_csv(labels / "labels.csv")) > 100
    assert main(["label", "read", str(run)]) == 0
    assert "by hand" not in capsys.readouterr().out
    assert len(list(labels.glob("labels*.csv"))) == 3


# Adjudication.


def disagree(run: Path) -> ReadLabels:
    """Let coder 2 miss the theme on the first three shared passages and doubt the fourth."""
    one, two, three, four = shared(run)[:4]
    fill(wave(run) / "sheet-1.csv", lambda p, _: "1" if p in (one, two, four) else "0")
    answers = {three: "1", four: "?"}
    fill(wave(run) / "sheet-2.csv", lambda p, _: answers.get(p, "0"))
    return read_waves(run)


def test_disagreements_wait_for_a_decision(run: Path) -> None:
    read = disagree(run)
    path = wave(run) / "adjudication.csv"
    assert read.adjudication == {path: 4 * len(THEMES)}
    rows = rows_of(path)
    assert list(rows[0]) == ["passage_id", "theme", "coder", "text", "said", "present", "note"]
    assert {row["said"] for row in rows if row["passage_id"] == shared(run)[3]} == {
        "coder-1: 1; coder-2: ?"
    }
    told = usable_labels(run, *tables()).told
    assert told["awaiting_adjudication"] == 4 * len(THEMES)
    decisions = dict.fromkeys(shared(run)[:4], "1")
    edit(path, lambda row: row | {"coder": "Cleo", "present": decisions[row["passage_id"]]})
    read = read_waves(run)
    assert not read.adjudication
    assert usable_labels(run, *tables()).told["awaiting_adjudication"] == 0
    assert f"Cleo{ADJUDICATION}" in set(read.labels["coder"])
    scores, passages = tables()
    found = usable_labels(run, scores, passages)
    table = estimate_prevalence(scores, found.labels, passages=passages, design=found.design)
    assert set(table.query("unit == 'passage'")["n_positive"]) == {4}
    before = agreement(read.labels[~read.labels["coder"].str.endswith(ADJUDICATION)])
    pd.testing.assert_frame_equal(agreement(read.labels), before)


def test_a_decision_counts_against_the_majority() -> None:
    labels = said({"Ana": "11", "Ben": "11", "Cleo": "01", f"Dora{ADJUDICATION}": "0."})
    kept = decide(labels)
    assert kept.groupby("passage_id")["present"].mean().to_dict() == {"p0": 0.0, "p1": 1.0}


def test_a_decision_on_what_is_agreed_by_now_is_passed_over(run: Path) -> None:
    disagree(run)
    edit(wave(run) / "adjudication.csv", lambda row: row | {"coder": "Cleo", "present": "1"})
    for number in (1, 2):
        fill(wave(run) / f"sheet-{number}.csv", lambda *_: "0")
    labels = read_waves(run).labels
    assert not labels["coder"].str.endswith(ADJUDICATION).any()
    assert not labels["present"].any()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"present": "yes", "coder": "Cleo"}, "row 2, column 'present': got 'yes', allowed are 1"),
        ({"present": "1"}, "row 2, column 'coder': empty; write who decided"),
        ({"theme": "blam"}, "row 2, column 'theme': got 'blam'"),
        ({"passage_id": "p9999"}, "row 2, column 'passage_id': 'p9999' was not drawn"),
        ({"text": "Mine now."}, "row 2, column 'text': the passage was edited"),
        ({"coder": "Cleo (adjudication)", "present": "1"}, "row 2, column 'coder': .* leave that"),
    ],
)
def test_faults_of_decisions_are_named(run: Path, cells: Row, told: str) -> None:
    disagree(run)
    labels = (run / "labels" / "labels.csv").read_bytes()
    edit(wave(run) / "adjudication.csv", lambda row: row | cells)
    with pytest.raises(DiscourseError, match=told):
        read_waves(run)
    assert (run / "labels" / "labels.csv").read_bytes() == labels


def test_unsure_against_present_waits_too() -> None:
    waiting = find_waiting(said({"Ana": "1?01?", "Ben": "1101."}))
    assert waiting.adjudication["passage_id"].tolist() == ["p1"]
    assert waiting.second_reading.empty
    alone = find_waiting(said({"Ana": "1?0"}))
    assert alone.second_reading["passage_id"].tolist() == ["p0"]


# Agreement.


@pytest.mark.parametrize("case", json.loads(ALPHA.read_bytes())["cases"], ids=lambda c: c["name"])
def test_alpha_is_that_of_another_implementation(case: dict[str, Any]) -> None:
    labels = said({f"coder-{k}": codes for k, codes in enumerate(case["coders"])})
    row = agreement(labels).iloc[0]
    assert row["alpha"] == pytest.approx(case["alpha"], abs=5e-5)
    assert row["alpha_low"] < row["alpha"] < row["alpha_high"]


def test_the_interval_of_alpha_narrows_and_repeats() -> None:
    widths = []
    for times in (1, 9):
        labels = said({"Ana": "1110000000" * 4 * times, "Ben": "1100000100" * 4 * times})
        row = agreement(labels).iloc[0]
        again = agreement(labels.sample(frac=1, random_state=1)).iloc[0]
        assert (row["alpha_low"], row["alpha_high"]) == (again["alpha_low"], again["alpha_high"])
        widths.append(row["alpha_high"] - row["alpha_low"])
    assert widths[1] == pytest.approx(widths[0] / 3, rel=0.15)


def test_full_agreement_on_few_passages_is_not_certain() -> None:
    rows = [agreement(said(dict.fromkeys("AB", "10000" * n))).iloc[0] for n in (2, 8, 32)]
    assert [(row["alpha"], row["alpha_high"]) for row in rows] == [(1, 1)] * 3
    lows = [row["alpha_low"] for row in rows]
    assert lows == sorted(lows)
    assert lows[0] < TENTATIVE < lows[1] < RELIABLE < lows[2] < 1
    told = [note_agreement(Judgement(10, "reliable", 1, low, 1)) for low in lows]
    assert [note.endswith("reliable; the interval reaches below 0.8.") for note in told] == [
        True, True, False,
    ]  # fmt: skip


def test_coders_are_compared_two_by_two() -> None:
    labels = said({"Ana": "110000", "Ben": "110000", "Cleo": "011100", f"Ana{SECOND_READING}": "1"})
    table = compare_coders(labels).set_index(["coder", "other"])
    assert list(table.index) == [("Ana", "Ben"), ("Ana", "Cleo"), ("Ben", "Cleo")]
    assert table.loc[("Ana", "Ben"), "alpha"] == 1
    assert table.loc[("Ana", "Cleo"), "raw_agreement"] == pytest.approx(3 / 6)
    assert table.loc[("Ana", "Cleo"), ["present", "other_present"]].tolist() == [2, 3]


# Hostile texts in real sheets.


def test_long_and_hostile_texts_come_back(tmp_path: Path) -> None:
    passages, scores = make_corpus(12)
    texts = [
        *["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\tindented = so", " =HYPERLINK(1)"],
        *[
            "3/4",
            'a;b,c\t"d"\r\ne\'f',
            "line\x00end\x1b",
            "word " * 20_000,
            "\ufeffmark",
            "\u202eRTL",
        ],
    ]
    passages["text"] = texts
    design = draw_sample(passages, scores, n=12, random_state=0)
    path = tmp_path / "sheet.csv"
    write_label_sheet(design, passages, path)
    for row in rows_of(path):
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert len(cell) <= MAX_CELL + 1
    fill(path, lambda *_: "0")
    assert len(read_labels(path)) == 12 * len(THEMES)
