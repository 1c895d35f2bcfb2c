"""What LibreOffice and Excel make of a filled label sheet changes no label, or is refused.

``cases/labels/spreadsheets`` holds one sheet as it was drawn and filled, and the same after
LibreOffice 7.4 opened it, saved it in its own format and saved that as CSV again, or with the
habits of Excel.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.labels import read_labels
from pmdiscourse.measure.sheets import ANSWERS, plain_answer, plain_cell, safe_cell

FOLDER = Path(__file__).parent / "cases" / "labels" / "spreadsheets"
DRAWN = FOLDER / "as-drawn-and-filled.csv"
BESIDE = ("design", "codebook")
SAVED = sorted(path for path in FOLDER.glob("*.csv") if path.stem not in BESIDE)


@pytest.mark.parametrize(
    "path", [path for path in SAVED if "refused" not in path.stem], ids=lambda path: path.stem
)
def test_a_saved_sheet_gives_the_labels_that_were_filled_in(path: Path) -> None:
    labels = read_labels(path)
    assert len(labels) == 34
    assert set(labels["present"].astype("string").fillna("unsure")) == {"True", "False", "unsure"}
    pd.testing.assert_frame_equal(labels, read_labels(DRAWN))
    assert path == DRAWN or path.read_bytes() != DRAWN.read_bytes()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("refused-libreoffice-opened-as-windows", "opened as another character set than UTF-8"),
        ("refused-libreoffice-saved-as-windows", "is no CSV file in UTF-8; save it again"),
    ],
)
def test_another_character_set_is_refused_with_what_to_do(name: str, told: str) -> None:
    with pytest.raises(DiscourseError, match=re.escape(told)):
        read_labels(FOLDER / f"{name}.csv")


@pytest.mark.parametrize("text", ["TRUE", "false", "5-May", "May 5", "10 am", "3/4", "1,000", "7%"])
def test_what_a_spreadsheet_would_turn_into_something_else_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["1dec5a7", "We shipped in May.", "coder-1", "maybe 2 of us, or 3"]
)
def test_what_it_leaves_alone_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text(max_size=40) | st.text("'=+5 x", max_size=4))
def test_the_apostrophe_is_taken_off_again_and_no_other(text: str) -> None:
    written = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", " ", text)
    back = plain_cell(safe_cell(text))
    assert back == written or (back == written[1:] and safe_cell(back) == written)


@given(st.text(max_size=6))
def test_only_what_is_meant_as_an_answer_becomes_one(cell: str) -> None:
    answer = plain_answer(cell)
    if answer in ANSWERS:
        assert re.fullmatch(r"'?([01]([.,]0+)?|\?)|true|false", cell, re.IGNORECASE)
