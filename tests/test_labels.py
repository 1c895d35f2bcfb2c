"""From the draw to the estimate: samples, label sheets, what coders and spreadsheets do to them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmdiscourse.cli import main
from pmdiscourse.codebook import CODEBOOK_DIRECTORY, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.agreement import agreement, gwet_ac1, krippendorff_alpha
from pmdiscourse.measure.labels import draw_sample, read_labels, write_label_sheet
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.run_estimates import estimate_tables
from pmdiscourse.measure.sampling import allocate
from pmdiscourse.measure.sheet_checks import Drawn, read_sheet
from pmdiscourse.measure.sheets import safe_cell, text_sha256, write_sheet
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.pipeline import run
from pmdiscourse.store import read_manifest, read_table
from pmdiscourse.tables import check_table
from test_prevalence import make_passages, make_scores
from test_readers import LONG

SAMPLE = Path(__file__).parent.parent / "data" / "raw" / "sample"
THEMES = load_codebook().names
OVERALL = "unit == 'passage' and by == 'all' and period == 'all'"
Row = dict[str, str]


def make_corpus(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return passages and scores of every theme; about a tenth is tagged."""
    passages = make_passages(n)
    passages["text"] = [f"Invented remark number {row} on a plan." for row in range(n)]
    rng = np.random.default_rng(3)
    parts = [make_scores(passages, rng.random(n) < 0.1, theme) for theme in THEMES]
    # make_scores draws the same noise each time; without this the themes would rank alike.
    for number, part in enumerate(parts):
        part["score"] = (part["score"] + rng.uniform(0, 0.1, n) * number).clip(0, 1)
    return passages, check_table("scores", pd.concat(parts, ignore_index=True))


@pytest.fixture(scope="module")
def corpus() -> tuple[pd.DataFrame, pd.DataFrame]:
    return make_corpus(900)


def edit(path: Path, change: Callable[[Row], Row | None], **written: Any) -> None:
    """Change every row of a sheet, as a person with a spreadsheet would; None drops the row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [change(row) for row in csv.DictReader(file)]
    kept = [row for row in rows if row is not None]
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(kept[0]), **written)
    writer.writeheader()
    writer.writerows(kept)
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))


def fill(path: Path, answer: Callable[[str, str], str]) -> None:
    """Write what answer(passage_id, theme) says into every cell."""
    edit(path, lambda row: row | {theme: answer(row["passage_id"], theme) for theme in THEMES})


def by_text(passage: str, theme: str) -> str:
    """Answer from letters, so that the same passage always gets the same answer."""
    return "1" if int(text_sha256(passage + theme)[:4], 16) % 5 == 0 else "0"


# The draw.


def test_a_small_corpus_is_drawn_whole() -> None:
    passages, scores = make_corpus(600)
    design = draw_sample(passages, scores, n=100, random_state=0)
    assert sorted(design["passage_id"]) == sorted(passages["passage_id"])
    assert (design["inclusion_probability"] == 1).all()
    assert design.columns.tolist() == ["passage_id", "wave", "stratum", "inclusion_probability"]
    assert design["passage_id"].tolist() != sorted(design["passage_id"])
    first = design.head(100)["stratum"].value_counts().sort_index()
    assert first.tolist() == [7, 10, 16, 26, 41], "who stops after n rows has a stratified sample"


def test_a_large_corpus_gives_n_with_their_probability(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    design = draw_sample(passages, scores, n=100, random_state=0)
    size = assign_strata(scores).value_counts().sort_index()
    drawn = design["stratum"].value_counts().sort_index()
    assert size.tolist() == [18, 36, 81, 225, 540]
    assert drawn.tolist() == allocate(size.to_numpy(), 100).tolist()
    assert drawn.sum() == 100
    assert not design["passage_id"].duplicated().any()
    expected = design["stratum"].map(drawn / size).astype(float)
    assert design["inclusion_probability"].tolist() == expected.tolist()
    strata = design["passage_id"].map(assign_strata(scores))
    assert strata.tolist() == design["stratum"].tolist()
    assert design["stratum"].tolist() != sorted(design["stratum"]), "strata must not show"


def test_the_draw_depends_on_seed_and_content_only(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    design = draw_sample(passages, scores, n=60, random_state=5)
    again = draw_sample(
        passages.sample(frac=1, random_state=1),
        scores.sample(frac=1, random_state=2),
        n=60,
        random_state=5,
    )
    pd.testing.assert_frame_equal(design, again)
    other = draw_sample(passages, scores, n=60, random_state=6)
    assert set(other["passage_id"]) != set(design["passage_id"])


def test_only_scored_passages_are_drawn(corpus: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    passages, scores = corpus
    scored = scores[scores["passage_id"] < "p0300"]
    design = draw_sample(passages, scored, n=50, random_state=0)
    assert set(design["passage_id"]) == set(scored["passage_id"])


def test_every_passage_of_a_stratum_has_the_same_chance() -> None:
    passages = make_passages(640)
    scores = make_scores(passages, np.arange(640) < 40)
    times = pd.Series(0, index=passages["passage_id"])
    n_draws = 60
    for seed in range(n_draws):
        design = draw_sample(passages, scores, n=320, random_state=seed)
        times[design["passage_id"]] += 1
    chance = design.groupby("stratum")["inclusion_probability"].first()
    strata = assign_strata(scores)
    for stratum, share in chance.items():
        seen = times[strata.index[strata == stratum]] / n_draws
        error = np.sqrt(share * (1 - share) / n_draws)
        assert seen.mean() == pytest.approx(share)
        assert (abs(seen - share) <= 4.5 * error + 1e-9).all()
        assert share == 1 or seen.std() > error / 2, "the same passages each time"


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=5), st.integers(1, 500))
def test_allocation_keeps_its_bounds(sizes: list[int], n: int) -> None:
    size = np.array(sizes)
    drawn = allocate(size, n)
    least = np.minimum(size, 5)
    assert (drawn >= least).all()
    assert (drawn <= size).all()
    assert drawn.sum() == max(least.sum(), min(n, size.sum()))
    order = np.argsort(size, kind="stable")
    assert (np.diff(drawn[order]) >= -1).all(), "a larger stratum gets no fewer, ties apart"


def test_allocation_follows_the_root_of_the_size() -> None:
    size = np.array([71, 142, 319, 887, 2130])
    assert abs(allocate(size, 400) - 400 * np.sqrt(size) / np.sqrt(size).sum()).max() < 1


def test_unusable_draws_are_told(corpus: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    passages, scores = corpus
    with pytest.raises(DiscourseError, match=r"unit 'passag'.*Did you mean 'passage'"):
        draw_sample(passages, scores, n=50, random_state=0, unit="passag")
    with pytest.raises(DiscourseError, match=r"^n is not usable: got 0, allowed is a whole"):
        draw_sample(passages, scores, n=0, random_state=0)
    with pytest.raises(DiscourseError, match="random_state is not usable: got -1"):
        draw_sample(passages, scores, n=50, random_state=-1)
    with pytest.raises(DiscourseError, match="passages lacks, first p0000"):
        draw_sample(passages.query("passage_id != 'p0000'"), scores, n=50, random_state=0)
    with pytest.raises(DiscourseError, match="no passage is scored"):
        draw_sample(passages, scores.head(0), n=50, random_state=0)


# The sheet.


@pytest.fixture
def sheet(tmp_path: Path, corpus: tuple[pd.DataFrame, pd.DataFrame]) -> Path:
    passages, scores = corpus
    design = draw_sample(passages, scores, n=40, random_state=0)
    path = tmp_path / "sheet.csv"
    write_label_sheet(design, passages, path)
    return path


def test_the_sheet_shows_texts_and_empty_cells(sheet: Path) -> None:
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf"), "the mark that lets Excel see UTF-8"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["passage_id", "coder", "before", "text", "after", *THEMES, "note"]
    assert len(rows) == 40
    assert {row["coder"] for row in rows} == {"coder-1"}
    assert all(row[name] == "" for row in rows for name in [*THEMES, "note"])
    assert all(row["text"].startswith("Invented remark number") for row in rows)
    written = (sheet.parent / "sheet-codebook.csv").read_text(encoding="utf-8-sig")
    book = list(csv.DictReader(io.StringIO(written)))
    assert [row["theme"] for row in book] == THEMES
    assert book[0]["definition"] == load_codebook().theme(THEMES[0]).definition
    assert all(row["include"] and row["exclude"] for row in book)


def test_a_sheet_is_not_overwritten(sheet: Path, corpus: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    passages, scores = corpus
    before = sheet.read_bytes()
    design = draw_sample(passages, scores, n=40, random_state=1)
    with pytest.raises(DiscourseError, match=r"exists and may hold labels"):
        write_label_sheet(design, passages, sheet)
    assert sheet.read_bytes() == before
    with pytest.raises(DiscourseError, match=r"ending in \.csv"):
        write_label_sheet(design, passages, sheet.with_suffix(".xlsx"))
    with pytest.raises(DiscourseError, match="drawn passages that passages lacks"):
        write_label_sheet(design, passages.head(3), sheet.with_name("new.csv"))


def seen(texts: dict[str, str]) -> pd.DataFrame:
    """Return what a coder sees: each text, with itself as context."""
    rows = [{"before": text, "text": text, "after": text} for text in texts.values()]
    return pd.DataFrame(rows, index=list(texts))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(tmp_path: Path, start: str) -> None:
    text = f'{start}HYPERLINK("x") is what someone wrote'
    path = tmp_path / "sheet.csv"
    write_sheet(path, seen({"12e4": text}), themes=["blame"], coder="=me")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.reader(file))[1]
    assert cells[:4] == ["'12e4", "'=me", f"'{text}", f"'{text}"]
    edit(path, lambda row: row | {"blame": "1"})
    labels = read_sheet(path, Drawn({"12e4": text_sha256(text)}, ["blame"]))
    assert labels.iloc[0].tolist() == ["12e4", "blame", "=me", True]


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_any_text_comes_back_unedited(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "sheet.csv"
    known = {f"p{number}": text for number, text in enumerate(texts)}
    write_sheet(path, seen(known), themes=["blame"], coder="Ana")
    hashes = {passage: text_sha256(text) for passage, text in known.items()}
    assert read_sheet(path, Drawn(hashes, ["blame"])).empty
    assert all(not safe_cell(text).startswith(("=", "+", "-", "@")) for text in texts)


# What was said.


def test_filled_cells_become_labels(sheet: Path, corpus: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    passages, scores = corpus
    design = draw_sample(passages, scores, n=40, random_state=0).set_index("passage_id")
    one, two, three = design.index[:3]
    answers = {(one, "blame"): "1", (one, "identity"): "0", (two, "blame"): "?"}
    fill(sheet, lambda passage, theme: answers.get((passage, theme), ""))
    labels = read_labels(sheet)
    found = labels.set_index(["passage_id", "theme"])["present"]
    assert len(labels) == 3, "an empty cell is not labelled"
    assert found[one, "blame"] is np.True_ or found[one, "blame"] is True
    assert not found[one, "identity"]
    assert pd.isna(found[two, "blame"])
    assert three not in set(labels["passage_id"])
    assert labels.columns.tolist() == [
        "passage_id",
        "theme",
        "coder",
        "present",
        "wave",
        "stratum",
        "inclusion_probability",
    ]
    assert str(labels["present"].dtype) == "boolean"
    for row in labels.to_dict("records"):
        drawn = design.loc[row["passage_id"]]
        assert row["stratum"] == drawn["stratum"]
        assert row["inclusion_probability"] == drawn["inclusion_probability"]
    given_design = read_labels(sheet, design=design.reset_index())
    pd.testing.assert_frame_equal(given_design, labels)


def test_an_empty_sheet_has_no_labels(sheet: Path) -> None:
    labels = read_labels(sheet)
    assert labels.empty
    assert str(labels["present"].dtype) == "boolean"


def saved(path: Path, encoding: str = "utf-8-sig", mark: str = "", **written: Any) -> None:
    """Save a sheet anew in another dialect; mark goes into the first note."""
    rows: list[Row] = []
    edit(path, lambda row: rows.append(row) or row)  # type: ignore[func-returns-value]
    rows[0]["note"] = mark
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), **written)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))


SPREADSHEETS: dict[str, Callable[[Path], None]] = {
    "mark lost": lambda path: saved(path, "utf-8"),
    "semicolons": lambda path: saved(path, delimiter=";"),
    "tabs": lambda path: saved(path, delimiter="\t"),
    "all quoted": lambda path: saved(path, quoting=csv.QUOTE_ALL),
    "unix line ends": lambda path: saved(path, lineterminator="\n"),
    "quotes and commas in a note": lambda path: saved(path, mark='not "sure", really; no'),
    "line break in a note": lambda path: saved(path, mark="one\r\ntwo"),
    "empty rows and cells": lambda path: (
        path.write_bytes(path.read_bytes().replace(b"\r\n", b",,\r\n") + b",,,,\r\n\r\n") and None
    ),
    "spaces": lambda path: edit(
        path, lambda row: {k: v if k == "text" else f" {v} " for k, v in row.items()}
    ),
    "columns moved": lambda path: edit(path, lambda row: dict(reversed(row.items()))),
    "note column dropped": lambda path: edit(
        path, lambda row: {k: v for k, v in row.items() if k != "note"}
    ),
    "typographic spaces": lambda path: edit(
        path, lambda row: row | {"text": row["text"].replace(" ", "\xa0") + " "}
    ),
}


@pytest.mark.parametrize("save", SPREADSHEETS.values(), ids=SPREADSHEETS)
def test_what_a_spreadsheet_does_changes_no_label(
    sheet: Path, save: Callable[[Path], None]
) -> None:
    fill(sheet, by_text)
    before, content = read_labels(sheet), sheet.read_bytes()
    assert len(before) == 40 * len(THEMES)
    save(sheet)
    assert sheet.read_bytes() != content
    pd.testing.assert_frame_equal(read_labels(sheet), before)


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-16", ""), ("cp1252", "caf\u00e9")], ids=["UTF-16", "cp1252"]
)
def test_another_encoding_is_refused(sheet: Path, encoding: str, mark: str) -> None:
    saved(sheet, encoding, mark)
    with pytest.raises(DiscourseError, match=r"no CSV file in UTF-8; save it again"):
        read_labels(sheet)


def test_a_torn_or_missing_file_is_refused(sheet: Path) -> None:
    sheet.write_bytes(sheet.read_bytes() + b'"never closed')
    with pytest.raises(DiscourseError, match="cannot be read as CSV near line"):
        read_labels(sheet)
    sheet.write_bytes(b"")
    with pytest.raises(DiscourseError, match="header is not usable"):
        read_labels(sheet)
    with pytest.raises(DiscourseError, match=r"design\.csv or design\.csv is not beside"):
        read_labels(sheet.with_name("other.csv"))
    sheet.unlink()
    with pytest.raises(DiscourseError, match="does not exist"):
        read_labels(sheet)


def only(number: int, **cells: str) -> Callable[[Path], None]:
    """Change cells in one row of the sheet, counted as a spreadsheet does."""

    def change(path: Path) -> None:
        rows: list[Row] = []

        def one(row: Row) -> Row:
            rows.append(row)
            return row | cells if len(rows) + 1 == number else row

        edit(path, one)

    return change


def drop(number: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        rows: list[Row] = []
        edit(path, lambda row: None if (rows.append(row), len(rows) + 1)[1] == number else row)  # type: ignore[func-returns-value]

    return change


CASES = json.loads((Path(__file__).parent / "cases" / "labels" / "faults.json").read_bytes())


def damage(case: dict[str, Any]) -> Callable[[Path], None]:
    """Return what does to a sheet what a case tells."""
    if "row" in case:
        return only(case["row"], **case["cells"]) if "cells" in case else drop(case["row"])
    if "drop" in case:
        dropped = case["drop"]
        return lambda path: edit(path, lambda r: {k: v for k, v in r.items() if k != dropped})
    names = case["rename"]
    return lambda path: edit(path, lambda r: {names.get(k, k): v for k, v in r.items()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_fault_is_named(sheet: Path, case: dict[str, Any]) -> None:
    fill(sheet, by_text)
    damage(case)(sheet)
    with pytest.raises(DiscourseError, match=case["told"]):
        read_labels(sheet)


def test_a_row_that_stands_twice_is_named(sheet: Path) -> None:
    fill(sheet, by_text)
    lines = sheet.read_bytes().splitlines(keepends=True)
    sheet.write_bytes(b"".join([*lines, lines[2]]))
    with pytest.raises(DiscourseError, match=r"row 42, column 'passage_id': .* in row 3 too"):
        read_labels(sheet)


def test_all_faults_are_told_at_once_but_not_without_end(sheet: Path) -> None:
    fill(sheet, lambda _passage, theme: "x" if theme == "blame" else "0")
    with pytest.raises(DiscourseError) as caught:
        read_labels(sheet)
    lines = str(caught.value).splitlines()
    assert len(lines) == 12
    assert "row 2," in lines[1]
    assert "row 11," in lines[10]
    assert "and 30 more" in lines[11]


def test_a_filled_census_gives_the_true_share(tmp_path: Path) -> None:
    passages, scores = make_corpus(300)
    design = draw_sample(passages, scores, n=100, random_state=0)
    path = tmp_path / "sheet.csv"
    write_label_sheet(design, passages, path)
    fill(path, by_text)
    labels = read_labels(path)
    table = estimate_prevalence(scores, labels, passages=passages)
    rows = table.query("unit == 'passage'").set_index("theme")
    for theme in THEMES:
        true = np.mean([by_text(passage, theme) == "1" for passage in passages["passage_id"]])
        assert rows.loc[theme, "estimate"] == pytest.approx(true)
        assert rows.loc[theme, "corpus_low"] == pytest.approx(true)
        assert rows.loc[theme, "discourse_low"] < true < rows.loc[theme, "discourse_high"]
    assert rows["n_labels"].tolist() == [300] * len(THEMES)


def test_a_filled_sample_gives_an_interval_that_covers(
    tmp_path: Path, corpus: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    passages, scores = corpus
    covered = 0
    for seed in range(5):
        design = draw_sample(passages, scores, n=150, random_state=seed)
        path = tmp_path / f"sheet-{seed}.csv"
        write_label_sheet(design, passages, path)
        fill(path, by_text)
        table = estimate_prevalence(scores, read_labels(path), passages=passages)
        for row in table.query("unit == 'passage'").to_dict("records"):
            theme = str(row["theme"])
            true = np.mean([by_text(passage, theme) == "1" for passage in passages["passage_id"]])
            covered += row["corpus_low"] <= true <= row["corpus_high"]
            assert 0.02 < row["corpus_high"] - row["corpus_low"] < 0.25
    assert covered >= 5 * len(THEMES) - 3


# Agreement.


def said(codes: dict[str, str], theme: str = "blame") -> pd.DataFrame:
    """Return labels: one text of 1, 0, ? and . (nothing) for each coder."""
    rows = [
        (f"p{number}", theme, coder, {"1": True, "0": False, "?": None}[code])
        for coder, text in codes.items()
        for number, code in enumerate(text)
        if code != "."
    ]
    frame = pd.DataFrame(rows, columns=["passage_id", "theme", "coder", "present"])
    return frame.astype({"present": "boolean"})


def only_row(labels: pd.DataFrame) -> dict[str, Any]:
    rows: list[Any] = agreement(labels).to_dict("records")
    assert len(rows) == 1
    return dict(rows[0])


def test_two_coders_by_hand() -> None:
    # 10 passages: 3 both present, 5 both absent, 2 split; one more coded once.
    row = only_row(said({"Ana": "1110000010.", "Ben": "11100000011"}))
    assert row["n_double"] == 10
    assert row["raw_agreement"] == pytest.approx(8 / 10)
    # 20 codes, 8 present and 12 absent; 4 observed and (400 - 64 - 144) / 19 expected splits.
    assert row["alpha"] == pytest.approx(1 - 4 / (192 / 19))
    # Chance = 2 * 0.4 * 0.6.
    assert row["ac1"] == pytest.approx((0.8 - 0.48) / (1 - 0.48))
    assert row["positive_agreement"] == pytest.approx(2 * 3 / 8)
    assert row["verdict"] == "not reliable"


def test_unsure_is_a_code_of_its_own() -> None:
    row = only_row(said({"Ana": "10?1", "Ben": "10?0"}))
    # 8 codes: 3 present, 3 absent, 2 unsure; chance = (2 * 3/8 * 5/8 + 1/4 * 3/4) / 2.
    assert row["raw_agreement"] == pytest.approx(3 / 4)
    assert row["alpha"] == pytest.approx(1 - 2 / ((64 - 9 - 9 - 4) / 7))
    chance = (2 * 3 / 8 * 5 / 8 + 1 / 4 * 3 / 4) / 2
    assert row["ac1"] == pytest.approx((0.75 - chance) / (1 - chance))


def test_four_coders_with_gaps_as_published() -> None:
    """Krippendorff (2011), section C and D: alpha of the nominal data is .743."""
    coders = ["123321412***", "1233224125*3", "*3332342251*", "12332441251*"]
    units = [[code for code in unit if code != "*"] for unit in zip(*coders, strict=True)]
    counts = np.array([[unit.count(c) for c in "12345"] for unit in units if len(unit) > 1], float)
    assert krippendorff_alpha(counts) == pytest.approx(0.743, abs=0.0005)


def test_the_gate_is_on_alpha_not_on_ac1() -> None:
    row = only_row(said({"Ana": "1" * 3 + "0" * 195 + "11", "Ben": "1" * 3 + "0" * 197}))
    assert row["ac1"] > 0.98
    assert 0.667 < row["alpha"] < 0.8
    assert row["verdict"] == "tentative conclusions only"
    row = only_row(said({"Ana": "1" * 9 + "0" * 91, "Ben": "1" * 8 + "0" * 92}))
    assert row["verdict"] == "reliable"


def test_without_double_coding_nothing_is_measured() -> None:
    row = only_row(said({"Ana": "10..", "Ben": "..10"}))
    assert row["n_double"] == 0
    assert pd.isna([row["alpha"], row["ac1"], row["raw_agreement"]]).all()
    assert row["verdict"] == "not measured"
    assert "No passage was coded by two people" in row["note"]


def test_one_and_the_same_code_has_no_alpha() -> None:
    row = only_row(said({"Ana": "0000", "Ben": "0000"}))
    assert row["raw_agreement"] == row["ac1"] == 1
    assert pd.isna(row["alpha"])
    assert "one and the same code" in row["note"]


@given(st.lists(st.tuples(*[st.sampled_from("10?.")] * 3), min_size=1, max_size=12))
def test_names_and_order_of_coders_do_not_matter(codes: list[tuple[str, str, str]]) -> None:
    one, two, three = ("".join(column) for column in zip(*codes, strict=True))
    first = agreement(said({"Ana": one, "Ben": two, "Cy": three}))
    other = agreement(said({"Zoe": three, "Yan": one, "Xu": two}).iloc[::-1])
    pd.testing.assert_frame_equal(first, other)
    assert (first["alpha"].dropna() <= 1).all()
    assert (first["ac1"].dropna() <= 1).all()


def test_one_table_for_two_coders_and_three() -> None:
    counts = np.array([[3, 0], [0, 3], [2, 1]], float)
    # Pairs that agree: 1, 1 and 1/3; 5 of 9 codes are the first.
    assert gwet_ac1(counts) == pytest.approx((7 / 9 - 40 / 81) / (1 - 40 / 81))


def test_unusable_labels_are_told() -> None:
    labels = said({"Ana": "10"})
    with pytest.raises(DiscourseError, match="one label per passage"):
        agreement(pd.concat([labels, labels]))
    with pytest.raises(DiscourseError, match=r"a frame with \['coder'\]"):
        agreement(labels.drop(columns="coder"))


# The commands.


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("finished")
    run(SAMPLE, directory)
    return directory


@pytest.fixture
def directory(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "out")


@pytest.fixture
def labelled(directory: Path) -> Path:
    """A run with its first 120 sampled passages labelled, and read."""
    assert main(["label", "draw", str(directory), "--n", "120", "--seed", "2"]) == 0
    sheet = directory / "labels" / "wave-1" / "sheet-1.csv"
    rows: list[Row] = []
    edit(sheet, lambda row: rows.append(row) or row)  # type: ignore[func-returns-value]
    first = {row["passage_id"] for row in rows[:120]}
    fill(sheet, lambda passage, theme: by_text(passage, theme) if passage in first else "")
    assert main(["label", "read", str(directory)]) == 0
    return directory


def overall(directory: Path) -> pd.DataFrame:
    table = read_table(directory, "prevalence")
    return table.query(OVERALL).set_index("theme")


def test_draw_read_run_gives_estimates(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "read", str(labelled)]) == 0
    printed = capsys.readouterr().out
    assert "blame: 120 labelled" in printed
    assert "agreement is not measured" in printed
    assert main(["run", str(SAMPLE), "--out", str(labelled)]) == 0
    assert "480 labels went into the estimates" in capsys.readouterr().out
    rows = overall(labelled)
    scored = read_table(labelled, "scores")["passage_id"].unique()
    assert rows["n_labels"].tolist() == [120] * 4
    for theme in THEMES:
        true = np.mean([by_text(passage, theme) == "1" for passage in scored])
        assert rows.loc[theme, "corpus_low"] < true < rows.loc[theme, "corpus_high"]
    manifest = read_manifest(labelled)
    assert manifest["labels"]["used"] is True
    assert manifest["labels"]["n_labels"] == 480
    assert len(manifest["labels"]["sha256"]) == 64
    assert manifest["changed"]["differs_in"] == ["labels"]
    before = {path: path.read_bytes() for path in labelled.rglob("*") if path.is_file()}
    run(SAMPLE, labelled)
    assert {path: path.read_bytes() for path in labelled.rglob("*") if path.is_file()} == before


def test_labels_of_earlier_posts_do_not_speak_for_new_ones(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = shutil.copytree(SAMPLE, tmp_path / "raw")
    (raw / "new.jsonl").write_text(json.dumps({"id": "n1", "body": f"{LONG} And again."}))
    assert main(["run", str(raw), "--out", str(labelled)]) == 0
    printed = capsys.readouterr().out
    assert "labels not used, tagged shares instead: 1 of 220 scored passages came after" in printed
    assert "The labels stay valid: draw a further wave with" in printed
    told = read_manifest(labelled)["labels"]
    assert told["used"] is False
    assert "came after the draw" in told["reason"]
    assert overall(labelled)["estimate"].isna().all()
    notes = overall(labelled)["note"]
    assert notes.str.contains("draw a further wave with `pmdiscourse label draw DIR --n 1`").all()
    assert not notes.str.contains("Label 100 passages").any(), "there are labels"
    assert overall(labelled)["labels_needed"].eq(1).all()


def test_labels_outlive_posts_that_went_and_a_new_model(labelled: Path) -> None:
    scores, passages = read_table(labelled, "scores"), read_table(labelled, "passages")
    gone = passages["passage_id"].iloc[:8]
    rest = scores[~scores["passage_id"].isin(gone)].reset_index(drop=True)
    told = estimate_tables(labelled, rest, passages).labels
    assert told["used"]
    assert 0 < told["n_labels"] <= 480
    turned = scores.assign(score=1 - scores["score"])
    found = estimate_tables(labelled, turned, passages)
    assert found.labels["used"], "the strata are those of the draw, whatever the scores are now"
    assert found.prevalence.query(OVERALL)["estimate"].notna().all()


@pytest.mark.parametrize("name", ["labels.csv", "wave-1/strata.csv"])
@pytest.mark.parametrize("content", [b"", b"passage_id,stratum\nx", b"\xff\xfe\x00"])
def test_damaged_labels_never_stop_a_run(labelled: Path, name: str, content: bytes) -> None:
    (labelled / "labels" / name).write_bytes(content)
    scores, passages = read_table(labelled, "scores"), read_table(labelled, "passages")
    found = estimate_tables(labelled, scores, passages)
    assert not found.labels["used"]
    assert found.labels["reason"]
    assert found.prevalence["estimate"].isna().all()


def test_a_theme_that_left_the_codebook_is_told(labelled: Path) -> None:
    scores, passages = read_table(labelled, "scores"), read_table(labelled, "passages")
    found = estimate_tables(labelled, scores.query("theme != 'blame'"), passages)
    assert found.labels["used"], "the labels of the other themes count"
    assert found.labels["other_themes"] == ["blame"]
    assert "blame" not in set(found.prevalence["theme"])


def test_a_wave_is_not_overwritten(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = labelled / "labels" / "wave-1" / "sheet-1.csv"
    before = sheet.read_bytes()
    assert main(["label", "draw", str(labelled)]) == 2
    assert "label further rows of the sheets there are" in capsys.readouterr().err
    assert sheet.read_bytes() == before
    fill(sheet, lambda *_: "")
    assert main(["label", "draw", str(labelled)]) == 2
    assert "its sheets may hold labels, and none was read" in capsys.readouterr().err
    assert not (labelled / "labels" / "wave-2").exists()


def test_the_codebook_of_a_run_is_its_copy(tmp_path: Path) -> None:
    """The folder the codebook came from may move or go; DIR/codebook is what the run used."""
    own, directory = tmp_path / "own", tmp_path / "processed"
    shutil.copytree(CODEBOOK_DIRECTORY, own)
    themes = own / "themes.toml"
    text = themes.read_text(encoding="utf-8")
    themes.write_text(text.replace('name = "blame"', 'name = "fault"', 1), encoding="utf-8")
    for file in (own / "examples").glob("*.jsonl"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"blame"', '"fault"'), encoding="utf-8")
    run(SAMPLE, directory, settings={"codebook": str(own)})
    shutil.rmtree(own)
    assert main(["label", "draw", str(directory)]) == 0
    sheet = directory / "labels" / "wave-1" / "sheet-1.csv"
    assert ",fault," in sheet.read_text(encoding="utf-8-sig").split("\n")[0]
    shutil.rmtree(directory / "labels")
    themes = directory / "codebook" / "themes.toml"
    themes.write_text(themes.read_text("utf-8").replace('version = "', 'version = "0.'), "utf-8")
    assert main(["label", "draw", str(directory)]) == 2


def test_two_coders_and_their_agreement(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["label", "draw", str(directory), "--coders", "2", "--n", "100"]) == 0
    printed = capsys.readouterr().out
    assert "219 of 219 scored passages drawn" in printed
    assert "labelling may stop after about 100 rows over all sheets" in printed
    assert "44 rows (20%) stand in two sheets" in printed
    wave = directory / "labels" / "wave-1"
    names = ["codebook.csv", "design.csv", "draw.json", "sheet-1.csv", "sheet-2.csv", "strata.csv"]
    assert sorted(path.name for path in wave.iterdir()) == names
    assert [path.name for path in wave.parent.iterdir()] == ["wave-1"], "nothing is left aside"
    for name in names[3:5]:
        fill(wave / name, by_text)
    capsys.readouterr()
    assert main(["label", "read", str(directory)]) == 0
    printed = capsys.readouterr().out
    assert "44 coded twice: agreement 100.0%, on positives 100.0%, alpha 1.000" in printed
    assert "AC1 1.000: reliable" in printed
    edit(wave / "sheet-2.csv", lambda row: row | {"coder": "coder-1"})
    assert main(["label", "read", str(directory)]) == 2
    assert "give each coder another name" in capsys.readouterr().err


def test_wrong_use_of_label_is_told(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, status, told in (
        (["read", str(directory)], 2, "holds no label sheet"),
        (["draw", str(tmp_path / "nowhere")], 2, "holds no finished run"),
        (["draw", str(directory), "--n", "0"], 2, "n is not usable: got 0"),
        (["draw", str(directory), "--coders", "0"], 2, "coders is not usable"),
        (["draw", str(directory), "--coders", "21"], 2, "allowed is 1 to 20"),
        (["draw", str(directory)], 0, ""),
        (["read", str(directory)], 1, "no label in 1 sheets"),
    ):
        assert main(["label", *arguments]) == status
        assert told in capsys.readouterr().err
    fill(directory / "labels" / "wave-1" / "sheet-1.csv", lambda *_: "maybe")
    assert main(["label", "read", str(directory)]) == 2
    printed = capsys.readouterr().err
    assert "row 2, column 'blame': got 'maybe'" in printed
    assert "Traceback" not in printed
    assert not (directory / "labels" / "labels.csv").exists()
