"""What the notebooks on the posts and on the themes say in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from conftest import write_small_run
from notebook_cells import run_cells
from pmdiscourse.codebook import load_codebook
from pmdiscourse.present.corpus_words import tell_duplicates
from pmdiscourse.present.frames import count_by_place, count_pairs, join_scores
from pmdiscourse.present.theme_words import (
    count_findings,
    list_themes,
    tell_no_pairs,
    tell_no_places,
    tell_proposals,
    tell_tags,
)
from pmdiscourse.store import read_manifest, write_manifest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
THEMES = NOTEBOOKS / "02-themes.ipynb"


def test_the_answer_is_counted_from_the_tags(
    make_tables: Callable[..., dict[str, pd.DataFrame]],
) -> None:
    tables = make_tables()
    joined = join_scores(tables["scores"], tables["passages"])
    codebook = load_codebook()
    tagged = joined[joined["tagged"]]
    told = tell_tags(codebook, joined)
    assert f"looked for 4 themes in {joined['passage_id'].nunique()} passages" in told
    assert f"blame {(tagged['theme'] == 'blame').sum()}," in told
    assert "elite education 0" in told
    listed = list_themes(codebook, joined)
    assert listed["theme"].tolist() == [theme.title for theme in codebook.themes]
    assert listed["tagged_passages"].sum() == len(tagged)
    none = tell_tags(codebook, joined.assign(tagged=False))
    assert "tagged 0 passages, 0 with more than one theme: blame 0" in none


def test_why_nothing_is_drawn(make_tables: Callable[..., dict[str, pd.DataFrame]]) -> None:
    tables = make_tables(essays=1, comments=0)
    joined = join_scores(tables["scores"], tables["passages"]).assign(tagged=False)
    assert "needs two" in tell_no_pairs(count_pairs(joined[joined["theme"] == "blame"]))
    assert "No passage is tagged with two" in tell_no_pairs(count_pairs(joined))
    assert "No passage is tagged in the posts" in tell_no_places(count_by_place(joined))
    short = joined[joined["position"] < 4]
    assert "No post has five passages" in tell_no_places(count_by_place(short))


def test_findings_are_counted_by_theme() -> None:
    rows = [("blame", "rare", "fall guy"), ("blame", "rare", "fault"), ("blame", "not reached", "")]
    counted = count_findings(pd.DataFrame(rows, columns=["theme", "finding", "entry"]))
    assert counted["n"].tolist() == [2, 1]
    assert counted["entries"].tolist() == ["fall guy, fault", "the examples as a whole"]


def test_proposals_are_told_without_their_words_where_none_may_be() -> None:
    assert tell_proposals(1, show_quotes=True) == "1 residual topic is proposed as a theme."
    assert "words of the posts" in tell_proposals(2, show_quotes=False)
    assert "left out" not in tell_proposals(0, show_quotes=False)


@pytest.mark.parametrize(
    ("duplicates", "dropped", "quarantined", "told"),
    [
        (0, 0, 0, "No record was left out."),
        (0, 1, 0, "No record is a duplicate."),
        (1, 0, 2, "1 record was left out as a duplicate: `duplicates.jsonl` lists it with"),
        (1200, 0, 0, "1,200 records were left out as duplicates: `duplicates.jsonl` lists each"),
    ],
)
def test_duplicates_are_told(duplicates: int, dropped: int, quarantined: int, told: str) -> None:
    counts = {"duplicates": duplicates, "dropped": dropped, "quarantined": quarantined}
    said = tell_duplicates(counts)
    assert said.startswith(told)
    none_else = bool(duplicates) and not dropped + quarantined
    assert said.endswith("None was dropped or put in quarantine.") == none_else


def test_posts_left_out_as_duplicates_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The section on what was left out may not read as if nothing was."""
    directory = write_small_run(tmp_path)
    manifest = read_manifest(directory)
    manifest["counts"] |= {"duplicates": 2, "dropped": 0}
    write_manifest(directory, manifest)
    (directory / "dropped.jsonl").write_text("", encoding="utf-8")
    shown = run_cells(NOTEBOOKS / "01-corpus.ipynb", monkeypatch, processed=str(directory))
    (told,) = [item.words for item in shown if item.cell == "reasons"]
    assert told.startswith("2 records were left out as duplicates: `duplicates.jsonl`")


def test_without_quotes_every_section_says_what_was_left_out(
    small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run_cells(THEMES, monkeypatch, processed=str(small_run), show_quotes=False)
    said = {item.cell: item.words for item in shown if "left out of this report" in item.words}
    assert {"quote", "verdict", "other"} <= set(said)
    drawn = {item.cell for item in shown if item.kind in ("show", "quotes")}
    assert not drawn & {"quote", "topic", "other", "share", "proposal"}
