"""The notebook of the source essays: its counts, figures and words, and when it is exported."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from invented_essays import PAGES, REPLIES, write_essays
from notebook_cells import run_cells
from pmdiscourse.errors import DiscourseError
from pmdiscourse.feature_files import FACTS, HELD_OUT, HELD_OUT_FACTS, PASSAGES, read_facts
from pmdiscourse.features import make_features
from pmdiscourse.measure.evaluate import evaluate
from pmdiscourse.pipeline import run
from pmdiscourse.present.essay_words import (
    tell_comments,
    tell_essays,
    tell_origin,
    tell_other_codebook,
    tell_quality,
)
from pmdiscourse.present.execute import execute_notebook, read_notebook, set_parameters
from pmdiscourse.present.frames import load_run_codebook
from pmdiscourse.present.page import make_page
from pmdiscourse.present.plots.essays import (
    describe_essays,
    describe_places,
    plot_essays,
    plot_places,
)
from pmdiscourse.present.source_essays import (
    SourceEssays,
    count_essays,
    count_mistakes,
    find_quotable,
    load_source_essays,
    why_left_out,
)
from run_cases import twelve_themes
from test_figures import find_faults

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "05-source-essays.ipynb"
COMMITTED = ROOT / "data" / "processed" / "source_essays"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_essays(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def figures(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figures of invented essays; coders found blame in one passage and one comment."""
    directory = tmp_path_factory.mktemp("figures")
    texts = [text for page in PAGES.values() for text in page[1:]]
    texts += [PAGES["b-ledger.txt"][2] + " Truly.", *REPLIES]
    found = {PAGES["b-ledger.txt"][1], REPLIES[0]}
    rows = [
        {"text": text, "blame": int(text in found), "identity": 0, "elite_education": 0}
        for text in texts
    ]
    labels = tmp_path_factory.mktemp("labels") / "coded.jsonl"
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    make_features(raw, directory, labels=labels)
    return directory


@pytest.fixture(scope="module")
def essays(figures: Path) -> SourceEssays:
    return load_source_essays(figures)


@pytest.fixture(scope="module")
def finished(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("run")
    run(raw, directory)
    return directory


def write_held_out(folder: Path, *, codebook: str = "") -> Path:
    """Write held-out figures that tag everything with everything."""
    wide = pd.read_csv(folder / PASSAGES, dtype="str")
    kept = wide[[c for c in wide if c == "passage_id" or c.startswith(("score_", "tagged_"))]]
    kept = kept.assign(**{c: "1" for c in kept if c.startswith("tagged_")})
    kept.to_csv(folder / HELD_OUT, index=False)
    facts = read_facts(folder)
    facts["codebook"]["sha256"] = codebook or facts["codebook"]["sha256"]
    (folder / HELD_OUT_FACTS).write_text(json.dumps(facts), encoding="utf-8")
    return folder


def test_counts_by_essay_kind_and_theme_agree(essays: SourceEssays) -> None:
    totals = [
        count_essays(essays.rows, by=by).groupby("theme")[["n", "n_coded", "n_tagged"]].sum()
        for by in ("essay", "kind", "theme")
    ]
    assert totals[0].equals(totals[1])
    assert totals[0].equals(totals[2])
    assert totals[0].loc["blame", "n_coded"] == 2
    blame = count_essays(essays.rows).query("theme == 'blame'").set_index("essay")
    assert blame["n_coded"].to_dict() == {1: 0, 2: 1, 3: 1}
    assert blame.loc[2, "coded_share"] == pytest.approx(1 / 3)
    assert (
        count_essays(essays.rows).query("theme == 'director_failure'")["coded_share"].isna().all()
    )


def test_held_out_tags_take_the_place_of_those_of_the_package(
    figures: Path, essays: SourceEssays, tmp_path: Path
) -> None:
    copy = write_held_out(shutil.copytree(figures, tmp_path / "copy"))
    other = load_source_essays(copy)
    assert other.held_out
    assert other.rows["tagged"].all()
    assert other.rows["coded"].equals(essays.rows["coded"])
    assert set(other.hashes) == {PASSAGES, FACTS, HELD_OUT, HELD_OUT_FACTS}
    write_held_out(copy, codebook="0" * 64)
    stale = load_source_essays(copy)
    assert not stale.held_out
    assert stale.rows.equals(essays.rows)


def test_the_answer_is_counted_from_the_rows(essays: SourceEssays) -> None:
    told = tell_essays(essays)
    assert told.startswith("The 3 essays hold 6 passages, with 2 passages of comments beside them.")
    tagged = int(essays.rows.query("theme == 'blame' and kind == 'essay'")["tagged"].sum())
    assert f"blame in 1 of 6 passages (16.7%; the model tagged {tagged}), in 1 of 3 essays" in told
    rows = essays.rows.assign(coded=pd.NA).astype({"coded": "boolean"})
    bare = tell_essays(SourceEssays(rows, essays.facts, essays.held_out, essays.hashes))
    assert "The model tagged: blame" in bare
    assert "coders" not in bare.lower()


def test_another_codebook_is_told(essays: SourceEssays, small_run: Path, tmp_path: Path) -> None:
    assert tell_other_codebook(tmp_path / "no run yet", essays) == ""
    assert tell_other_codebook(small_run, essays) == ""
    told = tell_other_codebook(twelve_themes(tmp_path), essays)
    assert "for the 4 themes of the package's codebook, blame, identity, elite" in told
    assert "another codebook, of 12 themes" in told
    facts = essays.facts | {"codebook": {"sha256": load_run_codebook(tmp_path).sha256}}
    own = SourceEssays(essays.rows, facts, essays.held_out, essays.hashes)
    assert tell_other_codebook(tmp_path, own) == ""


def test_notebook_tells_another_codebook(
    figures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = twelve_themes(tmp_path)
    shown = run_cells(NOTEBOOK, monkeypatch, processed=str(directory), source_essays=str(figures))
    said = [item.words for item in shown if item.cell == "answer"]
    assert len(said) == 2
    assert "read with another codebook" in said[1]


def test_what_comments_can_tell(essays: SourceEssays) -> None:
    told = tell_comments(essays.rows)
    assert "2 passages of comments stand under 1 essay. Too few" in told
    assert "by 50.0%" in told
    own = essays.rows[essays.rows["kind"] == "essay"]
    assert tell_comments(own) == "There are no comments."


def test_mistakes_are_hits_misses_and_false_hits(essays: SourceEssays) -> None:
    rows = essays.rows[essays.rows["theme"] == "blame"]
    labels = rows[["passage_id", "theme"]].assign(present=rows["coded"])
    scored = rows[["passage_id", "theme", "score", "tagged"]]
    passages = rows.drop_duplicates("passage_id")
    counted = count_mistakes(evaluate(scored, labels, passages=passages, n_draws=1))
    both = int((rows["coded"] & rows["tagged"]).sum())
    assert counted["hits"].tolist() == [both]
    assert counted["misses"].tolist() == [2 - both]
    assert counted["false_hits"].tolist() == [int(rows["tagged"].sum()) - both]
    told = tell_quality(essays, counted)
    assert "flatters the model" in told
    assert "Too few to say how good the tags are: blame" in told
    held_out = SourceEssays(essays.rows, essays.facts, True, essays.hashes)
    assert "flatters" not in tell_quality(held_out, counted)


def test_figures_say_what_they_draw(essays: SourceEssays) -> None:
    own = essays.rows[essays.rows["kind"] == "essay"]
    alts = [describe_essays(own), describe_places(own)]
    counts = count_essays(own)
    for row in counts.to_dict("records"):
        told = (
            f"essay {row['essay']} {row['n_coded']} coded, {row['n_tagged']} tagged of {row['n']}"
        )
        assert told in alts[0]
    assert "essay 2 (passages 1 to 3): blame in 1;" in alts[1]
    for ax in (plot_essays(own), plot_places(own)):
        words = " ".join(text.get_text() for text in ax.figure.findobj(plt.Text))
        assert "essay 3" in words
        assert "found by coders" in words
        plt.close(ax.figure)
    bare = own.assign(coded=pd.NA).astype({"coded": "boolean"})
    assert "coded" not in describe_essays(bare)
    assert "Passages tagged with" in describe_places(bare)
    for plot in (plot_essays, plot_places):
        ax = plot(own.head(0))
        assert "no passages" in ax.texts[0].get_text()
        plt.close(ax.figure)


def test_figures_of_many_essays_have_no_faults(essays: SourceEssays) -> None:
    own = essays.rows[essays.rows["kind"] == "essay"]
    many = pd.concat([own.assign(essay=own["essay"] + 10 * n) for n in range(5)])
    for plot in (plot_essays, plot_places):
        ax = plot(many)
        assert find_faults(ax) == []
        plt.close(ax.figure)


def test_marks_stand_where_the_rows_say(essays: SourceEssays) -> None:
    own = essays.rows.query("kind == 'essay' and essay == 2 and theme == 'blame'")
    ax = plot_places(own)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [float(x) for x in dots[0].get_xdata()] == [1.0]
    diamonds = [line for line in ax.lines if line.get_marker() == "D"]
    expected = (own.loc[own["tagged"], "position"] + 1).tolist()
    assert [int(x) for x in diamonds[0].get_xdata()] == expected
    plt.close(ax.figure)


def test_origin_tells_hashes_and_versions(essays: SourceEssays) -> None:
    told = dict(tell_origin(essays).itertuples(index=False, name=None))
    assert essays.facts["inputs"][0]["sha256"].startswith(told["text 1, SHA-256"].rstrip("…"))
    assert told["passages with coded labels"] == "8 of 8"
    assert "numpy" in told


def test_passages_of_a_run_are_found_by_their_ids(
    essays: SourceEssays, finished: Path, small_run: Path, tmp_path: Path
) -> None:
    found = find_quotable(finished, essays)
    assert len(found) == essays.rows["tagged"].sum() > 0
    assert found["remark"].str.fullmatch(r"source essay [1-3]").all()
    assert {"text", "evidence", "post_id", "start", "end"} <= set(found)
    assert find_quotable(small_run, essays).empty
    assert find_quotable(tmp_path, essays).empty, "no run yet"


def test_the_notebook_belongs_to_the_projects_own_report_only(
    figures: Path, finished: Path, make_run: Callable[..., Path], tmp_path: Path
) -> None:
    assert why_left_out(finished, figures) == ""
    assert why_left_out(make_run("invented", synthetic=True), figures) == ""
    real = make_run("real", synthetic=False)
    assert "these posts hold none of them" in why_left_out(real, figures)
    assert "cannot be used" in why_left_out(real, tmp_path / "absent")
    with pytest.raises(DiscourseError, match="no finished run"):
        why_left_out(tmp_path, figures)


def test_an_essay_in_another_file_is_known_by_its_content(
    raw: Path, figures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "raw"
    other.mkdir()
    text = (raw / "b-ledger.txt").read_text(encoding="utf-8")
    (other / "renamed.txt").write_text(text.replace("'", "’") + "\n", encoding="utf-8")
    run(other, tmp_path / "run")
    assert why_left_out(tmp_path / "run", figures) == ""


def execute(directory: Path, figures: Path, *, show_quotes: bool = True) -> str:
    values = {
        "processed": str(directory),
        "source_essays": str(figures),
        "show_quotes": show_quotes,
    }
    filled = set_parameters(read_notebook(NOTEBOOK), values)
    executed = execute_notebook(filled, name=NOTEBOOK.name, directory=NOTEBOOK.parent)
    page = make_page(executed, name=NOTEBOOK.name)
    return page.lead + page.body


def test_quotes_appear_when_the_texts_are_there(figures: Path, finished: Path) -> None:
    page = execute(finished, figures)
    assert "blockquote" in page
    assert "source essay 2" in page


def test_no_text_without_quotes_labels_and_hashes(
    raw: Path, finished: Path, tmp_path: Path
) -> None:
    make_features(raw, tmp_path, hashes=False)
    page = execute(finished, tmp_path, show_quotes=False)
    assert "Nobody has coded these passages" in page
    assert "Quotes were left out" in page
    assert "blockquote" not in page
    assert not [text for text in PAGES["b-ledger.txt"] if text[:30] in page]


def test_committed_figures_use_held_out_scores() -> None:
    assert load_source_essays(COMMITTED).held_out
