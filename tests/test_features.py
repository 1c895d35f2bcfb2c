"""Figures without text: nothing of the texts is in them, and they are the same every time."""

from __future__ import annotations

import csv
import importlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented_essays import PAGES, REPLIES, all_texts, runs_of_words, write_essays
from pmdiscourse.cli import main
from pmdiscourse.codebook import load_codebook
from pmdiscourse.coded_texts import read_coded
from pmdiscourse.errors import DiscourseError, NothingUsableError
from pmdiscourse.feature_files import (
    BY_THEME,
    COLUMNS,
    FACTS,
    HELD_OUT,
    HELD_OUT_FACTS,
    PASSAGES,
    check_facts,
    check_rows,
    read_facts,
    read_figures,
    write_figures,
)
from pmdiscourse.features import make_features

ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "data" / "processed" / "source_essays"
SHARED = ROOT.parent / "shared"
THEMES = load_codebook().names
RUN = 3  # words; no run of so many words of a text may stand in the figures
# The page about the files is prose of this project: three such words may meet by chance.
PROSE, PROSE_RUN = "README.md", 6
beside = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the source essays are not beside the project"
)


def found_runs(folder: Path, texts: list[str]) -> dict[str, set[str]]:
    """Return the runs of words of the texts in every file of a folder."""
    found = {}
    for path in sorted(folder.iterdir()):
        length = PROSE_RUN if path.name == PROSE else RUN
        originals = set().union(*(runs_of_words(text, length) for text in texts))
        hits = runs_of_words(path.read_text(encoding="utf-8"), length) & originals
        if hits:
            found[path.name] = hits
    return found


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_essays(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "coded.jsonl"
    loud = PAGES["b-ledger.txt"][1].upper().replace(",", " --")  # only letters and digits count
    rows = [
        {"text": loud, "blame": 1, "identity": 0, "elite_education": 0, "director_failure": 0},
        {"text": REPLIES[0], "blame": True, "identity": "?", "note": "a word of the coder"},
        {"text": "A passage of some other corpus, coded for another purpose.", "blame": 1},
        {"text": PAGES["a-orchard.txt"][1], "elite_education": 1},
        {"text": PAGES["a-orchard.txt"][1], "elite_education": 0},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(raw: Path, labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("figures")
    make_features(raw, directory, labels=labels)
    return directory


def test_the_files_hold_figures_and_no_words(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == [FACTS, PASSAGES]
    heading = (made / PASSAGES).read_text(encoding="utf-8").splitlines()[0].split(",")
    by_theme = {f"{what}_{theme}" for what in BY_THEME for theme in THEMES}
    assert set(heading) == set(COLUMNS) | by_theme
    assert found_runs(made, all_texts()) == {}


def test_a_planted_sentence_is_seen(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "copy")
    frame = pd.read_csv(copy / PASSAGES).assign(title=PAGES["b-ledger.txt"][0])
    frame.to_csv(copy / PASSAGES, index=False)
    (copy / PROSE).write_text(f"One of them begins: {REPLIES[1]}", encoding="utf-8")
    assert set(found_runs(copy, all_texts())) == {PASSAGES, PROSE}


def test_numbers_of_essays_posts_and_passages(made: Path) -> None:
    figures = read_figures(made)
    sizes = figures.groupby(["essay", "kind"]).size().to_dict()
    assert sizes == {(1, "essay"): 2, (2, "essay"): 3, (3, "essay"): 1, (3, "comment"): 2}
    assert figures["n_words"].min() >= 10
    assert figures.groupby(["essay", "post"])["position"].min().eq(0).all()
    assert figures.groupby("essay")["post"].max().to_dict() == {1: 1, 2: 1, 3: 3}
    thresholds = {theme: told["threshold"] for theme, told in read_facts(made)["themes"].items()}
    for theme in THEMES:
        above = figures[f"score_{theme}"] >= thresholds[theme]
        assert (above == figures[f"tagged_{theme}"]).all()


def test_labels_are_matched_by_letters_and_digits(made: Path) -> None:
    figures = read_figures(made)
    coded = figures[[f"coded_{theme}" for theme in THEMES]].notna()
    assert coded.to_numpy().sum() == 5
    assert figures["coded_blame"].sum() == 2
    assert figures["coded_identity"].notna().sum() == 1, "unsure stays empty"
    told = read_facts(made)["labels"]
    assert (told["rows"], told["rows_matched"], told["passages_coded"]) == (5, 4, 3)
    assert (told["passages_not_coded"], told["passages_in_dispute"]) == (5, 1)


def test_labels_are_matched_by_id_too(raw: Path, made: Path, tmp_path: Path) -> None:
    ids = read_figures(made)["passage_id"]
    path = tmp_path / "coded.csv"
    path.write_text(f"passage_id,blame\n{ids[0]},1\n{ids[4]},0\nunknown,1\n", encoding="utf-8-sig")
    facts = make_features(raw, tmp_path / "out", labels=path)
    coded = read_figures(tmp_path / "out").set_index("passage_id")["coded_blame"].dropna()
    assert coded.to_dict() == {ids[0]: True, ids[4]: False}
    assert (facts["labels"]["rows"], facts["labels"]["rows_matched"]) == (3, 2)


def test_same_bytes_in_whatever_order_files_are_written(
    made: Path, labels: Path, tmp_path: Path
) -> None:
    other = write_essays(tmp_path / "raw", names=sorted(PAGES))
    for path in sorted(other.iterdir(), reverse=True):  # folders list by age
        path.rename(path.with_suffix(".moved")).rename(path)
    lines = labels.read_text(encoding="utf-8")
    for target in ("one", "two"):
        make_features(other, tmp_path / target, labels=labels)
        for name in (PASSAGES, FACTS):
            assert (tmp_path / target / name).read_bytes() == (made / name).read_bytes()
    assert labels.read_text(encoding="utf-8") == lines


def test_without_hashes_nothing_tells_which_text_it_was(raw: Path, tmp_path: Path) -> None:
    facts = make_features(raw, tmp_path, hashes=False)
    assert not {"post_id", "passage_id"} & set(read_figures(tmp_path))
    assert facts["inputs"] == []
    assert not re.search(r"[0-9a-f]{20}", (tmp_path / PASSAGES).read_text(encoding="utf-8"))


@pytest.mark.parametrize("column", [*COLUMNS, *(f"{what}_blame" for what in BY_THEME)])
def test_no_column_takes_words(column: str, tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="something else than figures") as told:
        write_figures(tmp_path, PASSAGES, pd.DataFrame({column: ["a private"]}), themes=THEMES)
    assert "private" not in str(told.value)
    assert not list(tmp_path.iterdir())


@given(st.text(min_size=1).filter(lambda text: re.search(r"\w\W+\w", text)), st.data())
def test_no_cell_and_no_fact_holds_two_words(text: str, data: st.DataObject) -> None:
    if re.fullmatch(r"[01]\.\d{4}|[0-9a-f]{20}-\d{1,6}", text):
        return
    column = data.draw(st.sampled_from([*COLUMNS, *(f"{what}_blame" for what in BY_THEME)]))
    with pytest.raises(DiscourseError):
        check_rows([[column], [text]], THEMES, PASSAGES)
    if re.search(r"\s", text):
        with pytest.raises(DiscourseError):
            check_facts({"a": [{"b": text}]}, FACTS)
        with pytest.raises(DiscourseError):
            check_facts({text: 1}, FACTS)


@pytest.mark.parametrize("column", ["text", "title", "author", "score_blam", "evidence"])
def test_an_unknown_column_is_refused(column: str, tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="is unknown"):
        write_figures(tmp_path, PASSAGES, pd.DataFrame({column: [1]}), themes=THEMES)


def test_files_that_somebody_edited_are_refused(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "copy")
    text = (copy / PASSAGES).read_text(encoding="utf-8")
    (copy / PASSAGES).write_text(text.replace("essay,1", "sécret words,1", 1), encoding="utf-8")
    with pytest.raises(DiscourseError, match="line") as told:
        read_figures(copy)
    assert "cret" not in str(told.value)
    (copy / PASSAGES).write_text(text.rstrip() + ",1\n", encoding="utf-8")
    with pytest.raises(DiscourseError, match="cells are needed"):
        read_figures(copy)
    (copy / PASSAGES).unlink()
    with pytest.raises(DiscourseError, match="Make it with: pmdiscourse features"):
        read_figures(copy)
    (copy / FACTS).write_text("[]", encoding="utf-8")
    with pytest.raises(DiscourseError, match="does not tell of figures"):
        read_facts(copy)


BAD_LABELS = {
    "no such file": (None, "cannot be read"),
    "not UTF-8": (b'{"text": "caf\xe9", "blame": 1}', "cannot be read"),
    "broken": (b'{"text": ', "cannot be read"),
    "a list": (b"[1]", "no JSON object"),
    "no theme": (b'{"text": "words", "mood": 1}', "rows without a theme"),
    "no passage": (b'{"blame": 1}', "text or passage_id is needed"),
    "text is a list": (b'{"text": ["words"], "blame": 1}', "text or passage_id is needed"),
    "another value": (b'{"text": "words", "blame": "yes"}', "allowed is 1, 0, \\? or nothing"),
    "empty": (b"", "rows without a theme"),
}


@pytest.mark.parametrize(("content", "told"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_cannot_be_used(content: bytes | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "coded.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DiscourseError, match=told):
        read_coded(path, THEMES)


def test_passages_in_another_language_have_no_scores(tmp_path: Path) -> None:
    text = (
        "Nachdem das Werkzeug wieder zu spät kam, sahen alle nur mich an, obwohl die Prüfer "
        "und die Entwickler den Termin selbst vorgeschlagen und dann verschwiegen hatten."
    )
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "posts.jsonl").write_text(json.dumps({"text": text}), encoding="utf-8")
    make_features(tmp_path / "raw", tmp_path / "out")
    figures = read_figures(tmp_path / "out")
    assert len(figures) == 1
    assert figures[["score_blame", "tagged_blame"]].isna().all(axis=None)


@pytest.mark.parametrize("name", ["passages.csv", "features.json"])
@pytest.mark.parametrize("content", ["name,own\n1,2\n", "", '{"own": 1}'])
def test_files_of_others_are_not_overwritten(
    raw: Path, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DiscourseError, match="holds no figures of texts and would be overwritten"):
        make_features(raw, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == content


def test_a_file_is_no_folder_for_figures(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(DiscourseError, match="a folder to write the figures into"):
        make_features(raw, tmp_path / "out")


def test_folders_that_cannot_be_used(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="overlap"):
        make_features(raw, raw / "figures")
    with pytest.raises(DiscourseError):
        make_features(tmp_path / "absent", tmp_path / "out")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "scan.pdf").write_bytes(b"%PDF-1.4 \x00\x01")
    with pytest.raises(NothingUsableError, match="no usable post"):
        make_features(tmp_path / "raw", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command(
    raw: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["features", str(raw), "--out", str(tmp_path), "--labels", str(labels)]) == 0
    told = capsys.readouterr().out
    assert "3 essays and 2 comments in 3 threads, 8 passages" in told
    assert "coded labels: 3 of 8 passages; 1 of 5 rows belong to no passage here" in told
    assert "rows contradict each other on 1" in told
    assert main(["features", str(raw / "none"), "--out", str(tmp_path)]) == 2
    assert main(["features", str(raw), "--out", str(raw)]) == 2
    (tmp_path / "raw").mkdir()
    assert main(["features", str(tmp_path / "raw"), "--out", str(tmp_path / "x")]) == 1


def test_committed_figures_are_of_the_five_essays() -> None:
    names = sorted(path.name for path in COMMITTED.iterdir())
    assert names == sorted([FACTS, HELD_OUT, HELD_OUT_FACTS, PASSAGES, PROSE])
    figures = read_figures(COMMITTED)
    sizes = figures.groupby(["essay", "kind"]).size().to_dict()
    essays = {(n, "essay"): size for n, size in enumerate((10, 14, 8, 11, 9), start=1)}
    assert sizes == essays | {(1, "comment"): 3}
    assert figures[[f"coded_{theme}" for theme in THEMES]].notna().all(axis=None)
    held_out = read_figures(COMMITTED, HELD_OUT)
    assert set(held_out["passage_id"]) == set(figures["passage_id"])
    facts = read_facts(COMMITTED)
    assert len(facts["inputs"]) == 5
    assert facts["codebook"] == read_facts(COMMITTED, HELD_OUT_FACTS)["codebook"]
    assert facts["codebook"]["sha256"] == load_codebook().sha256, "make the figures again"


@beside
def test_no_words_of_the_source_essays() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((SHARED / "seeds").glob("*.txt"))]
    assert len(texts) == 5
    assert found_runs(COMMITTED, texts) == {}


@beside
def test_source_essays_are_current(tmp_path: Path) -> None:
    make_features(SHARED / "seeds", tmp_path, labels=SHARED / "gold" / "dev.jsonl")
    for name in (PASSAGES, FACTS):
        assert (tmp_path / name).read_bytes() == (COMMITTED / name).read_bytes(), f"{name} is old"


@beside
def test_held_out_scores_are_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    labels = [SHARED / "gold" / name for name in ("dev.jsonl", "train.jsonl")]
    importlib.import_module("source_essays").score_held_out(SHARED / "seeds", labels, tmp_path)
    shutil.copy(COMMITTED / FACTS, tmp_path)  # names the themes
    made, kept = (read_figures(folder, HELD_OUT) for folder in (tmp_path, COMMITTED))
    assert made["passage_id"].tolist() == kept["passage_id"].tolist()
    for theme in THEMES:  # a solver stops where its processor rounds: the last digits may differ
        column = f"score_{theme}"
        np.testing.assert_allclose(
            made[column], kept[column], atol=0.002, err_msg=f"{theme} is old"
        )
    facts, then = (read_facts(folder, HELD_OUT_FACTS) for folder in (tmp_path, COMMITTED))
    for theme, told in facts.pop("themes").items():
        assert told["threshold"] == pytest.approx(then["themes"][theme]["threshold"], abs=0.002)
    assert facts == {name: value for name, value in then.items() if name != "themes"}


def test_no_row_of_figures_can_be_opened_as_a_formula() -> None:
    with (COMMITTED / PASSAGES).open(encoding="utf-8", newline="") as file:
        cells: list[Any] = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
