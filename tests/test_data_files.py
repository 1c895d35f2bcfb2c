"""Tables beside the pages: unrounded, harmless in spreadsheets; old ones go, others' files stay."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.csv_cells import FORMULA, safe_text
from pmdiscourse.present.data_files import csv_text, data_file_name, write_report

PAGES, TABLES = {"index.html": "<p>é</p>"}, {"tables/index-01-a.csv": "theme\nä\n"}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_numbers_are_written_whole(values: list[float]) -> None:
    read = csv.reader(io.StringIO(csv_text(pd.DataFrame({"share": values, "n": 3}))))
    rows = list(read)[1:]
    assert [float(row[0]) for row in rows] == values
    assert [row[1] for row in rows] == ["3"] * len(values)


@given(st.text(max_size=20))
def test_no_text_is_run_by_a_spreadsheet_or_breaks_a_row(text: str) -> None:
    written = csv_text(pd.DataFrame({text: [text, "last"]}))
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert len(rows) == 3
    assert all(len(row) <= 1 for row in rows)
    for row in rows[:2]:
        assert not "".join(row).lstrip().startswith(FORMULA)
    written.encode("utf-8")


def test_missing_values_are_empty_and_times_and_truths_are_read_again() -> None:
    frame = pd.DataFrame(
        {
            "a": [None, "x"],
            "b": [float("nan"), -0.5],
            "c": [pd.Timestamp("2024-05-01", tz="UTC"), pd.NaT],
            "d": pd.array([True, None], dtype="boolean"),
            "e": [[1, 2], {}],
        }
    )
    assert csv_text(frame).splitlines()[1:] == [
        ',,2024-05-01T00:00:00+00:00,True,"[1, 2]"', "x,-0.5,,,{}",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1 points", "@sum", "\t=1", "  =x", "\n=2", "＝1"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["2024", "12e4", "blame", "a=b", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_text(text) == text


@given(st.text(max_size=200), st.text(max_size=40), st.integers(0, 500))
def test_names_of_files_are_plain(caption: str, page: str, number: int) -> None:
    name = data_file_name(page, number, caption)
    folder, _, rest = name.partition("/")
    assert folder == "tables"
    assert rest.endswith(".csv")
    assert set(rest) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert ".." not in rest
    assert len(rest) < 100


def test_a_report_is_written_with_its_listing(tmp_path: Path) -> None:
    write_report(tmp_path, PAGES, TABLES)
    assert (tmp_path / "index.html").read_bytes() == "<p>é</p>".encode()
    assert (tmp_path / "tables/index-01-a.csv").read_bytes() == "\ufefftheme\nä\n".encode()
    assert set(json.loads((tmp_path / "files.json").read_text("utf-8"))) == {*PAGES, *TABLES}


def test_only_unchanged_files_of_an_earlier_report_are_removed(tmp_path: Path) -> None:
    old = {f"tables/a-0{number}-x.csv": "theme\n" for number in (1, 2)} | {"05-old.html": ""}
    write_report(tmp_path, {**PAGES, "05-old.html": "old"}, {**TABLES, **old})
    changed, others = tmp_path / "tables/a-02-x.csv", tmp_path / "tables/mine.csv"
    changed.write_text("theme\nmy own line\n", encoding="utf-8")
    others.write_text("mine", encoding="utf-8")
    write_report(tmp_path, PAGES, TABLES)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert left == {*PAGES, *TABLES, "files.json", "tables/a-02-x.csv", "tables/mine.csv"}


@pytest.mark.parametrize(
    "listing",
    ["{", "[]", "3", '{"../keep.csv": "H"}', '{"keep.txt": "H"}', '{"tables/../../keep.csv": "H"}'],
)
def test_a_listing_that_is_not_ours_removes_nothing(tmp_path: Path, listing: str) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    kept = [tmp_path / "keep.csv", folder / "keep.txt"]
    for path in kept:
        path.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (folder / "files.json").write_text(listing.replace("H", empty), encoding="utf-8")
    write_report(folder, PAGES, TABLES)
    assert all(path.is_file() for path in kept)
