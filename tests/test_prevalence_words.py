"""How overview and notebook open: what was not read, labels that are not used, labels of posts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lxml import html as lxml_html

from pmdiscourse.codebook import load_codebook
from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.prevalence_notes import ADVICE
from pmdiscourse.present.answer import describe_themes
from pmdiscourse.present.change_words import tell_estimates, tell_proxy
from pmdiscourse.present.frames import load_run_codebook, records, select_shares
from pmdiscourse.present.index import index_parts
from pmdiscourse.present.label_words import NOT_LABELLED, tell_no_estimate, tell_unused
from pmdiscourse.present.meaning import tell_meaning
from pmdiscourse.present.note_words import split_notes
from pmdiscourse.present.prevalence_words import list_numbers, select_periods, tell_headline
from pmdiscourse.present.report import export_reports
from pmdiscourse.present.share_words import tell_key, tell_no_plan
from pmdiscourse.present.wording import percent, percent_range
from pmdiscourse.store import read_manifest, read_table, write_manifest, write_part

MakeRun = Callable[..., Path]
Tables = dict[str, pd.DataFrame]
THEMES = ("blame", "identity", "elite_education", "director_failure")
NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "03-prevalence.ipynb"
LATE = {"used": False, "n_labels": 0, "unit": "passage", "n_late": 7}
LATE_NOTE = (
    " No estimate: 7 of 111 scored passages came after the draw, so no label speaks for them. The "
    "labels stay valid: draw a further wave with `pmdiscourse label draw DIR --n 7`, and run again."
)
PROXY = {"file": "codes.csv", "themes": ["blame"]}


def replace_shares(directory: Path, prevalence: pd.DataFrame, **told: Any) -> Path:
    """Give a run another prevalence table, and its manifest what goes with it."""
    manifest = read_manifest(directory) | told
    manifest["tables"]["prevalence"] = [write_part(directory, "prevalence", prevalence)]
    write_manifest(directory, manifest)
    return directory


def label_posts(directory: Path) -> Path:
    """Draw whole posts of a run and label them, one of five with each theme."""
    passages, scores = (read_table(directory, name) for name in ("passages", "scores"))
    drawn = draw_sample(passages, scores, n=100, random_state=0, unit="post")
    drawn = drawn.assign(present=pd.array(drawn.index % 5 == 0, dtype="boolean"), coder="coder-1")
    labels = pd.concat([drawn.assign(theme=theme) for theme in THEMES], ignore_index=True)
    shares = [
        estimate_prevalence(scores, labels, passages=passages, by=by) for by in (None, "kind")
    ]
    told = {"used": True, "n_labels": len(labels), "unit": "post", "n_late": 0}
    return replace_shares(directory, pd.concat(shares, ignore_index=True), labels=told)


@pytest.fixture(scope="module")
def late_run(write_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with labels, seven passages of which came after the draw."""
    directory = write_run(tmp_path_factory.mktemp("late"), essays=18)
    shares = read_table(directory, "prevalence")
    whole = shares["unit"].eq("passage") & shares["by"].eq("all")
    notes = shares["note"].str.replace(ADVICE, "", regex=False) + LATE_NOTE
    shares["note"] = shares["note"].mask(whole, notes)
    return replace_shares(directory, shares, labels=LATE)


@pytest.fixture(scope="module")
def post_run(write_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with labels of whole posts."""
    return label_posts(write_run(tmp_path_factory.mktemp("posts"), essays=90, comments=60))


def read_pages(directory: Path, folder: Path) -> list[str]:
    """Export overview and notebook on prevalence, and return what each says."""
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / NOTEBOOK.name).write_bytes(NOTEBOOK.read_bytes())
    pages = export_reports(directory, folder / "reports", notebooks=folder / "notebooks")
    roots = [lxml_html.document_fromstring(page.read_text(encoding="utf-8")) for page in pages]
    return [" ".join(root.text_content().split()) for root in roots]


def test_labels_that_posts_outran_are_told_and_nothing_denies_them(
    late_run: Path, tmp_path: Path
) -> None:
    told = (
        "People labelled passages of this corpus, but 7 of 111 came after that draw and have no "
        "label yet, so no estimate is made. On the labels that there are, page 04 measures"
    )
    for page in read_pages(late_run, tmp_path):
        assert told in page
        assert page.count("pmdiscourse label draw") == 1, "one piece of advice a page"
        for denied in ("no labels made", "too few yet", "is not known", "No passage is labelled"):
            assert denied not in page


def test_one_late_passage_is_told_in_the_singular() -> None:
    rows = pd.DataFrame({"unit": ["passage", "post"], "n": [40, 9]})
    told = tell_unused({"labels": LATE | {"n_late": 1}}, rows)
    assert "but 1 of 40 came after that draw and has no label yet" in told
    assert "posts of this corpus, but 7 of 9" in tell_unused(
        {"labels": LATE | {"unit": "post"}}, rows
    )
    assert tell_unused({"labels": LATE | {"used": True}}, rows) == ""


def test_labels_of_whole_posts_give_headline_section_and_figure(
    post_run: Path, tmp_path: Path
) -> None:
    rows = select_shares(read_table(post_run, "prevalence"), unit="post")
    assert rows["estimate"].notna().all()
    pages = read_pages(post_run, tmp_path)
    for page in pages:
        assert f"Of 150 posts, people labelled {rows['n_labels'].max()}. By their labels" in page
        assert "The labels are of whole posts, so there is no estimate for passages." in page
        assert "Estimated prevalence among posts by theme" in page
        assert "label draw" not in page, "a run has one unit"
        assert "no labels made" not in page
        for row in records(rows):
            ends = percent_range(row["discourse_low"], row["discourse_high"])
            assert f"in {percent(row['estimate'])} ({ends})" in page
    parts = index_parts(post_run, read_manifest(post_run))
    assert ("posts", "How many posts carry each theme") in parts["toc"]
    assert 'alt="Dot plot of the share of 150 posts by theme' in parts["by_post"]["figure"]
    assert parts["by_post"]["heads"][1] == "estimate"
    assert "about this share of these posts" in parts["meaning"][0][1]
    assert not any("`" in str(one) for one in parts["by_post"]["remarks"])


def test_a_run_without_labels_of_posts_has_no_such_section(small_run: Path) -> None:
    parts = index_parts(small_run, read_manifest(small_run))
    assert parts["by_post"] is None
    assert "posts" not in dict(parts["toc"])


@pytest.mark.parametrize(
    ("n", "lack", "note", "told"),
    [
        (4, NOT_LABELLED, "", "These posts are too few"),
        (40, NOT_LABELLED, "", "`pmdiscourse label draw DIR --n 40`"),
        (400, NOT_LABELLED, "", "`pmdiscourse label draw DIR --n 100`"),
        (400, NOT_LABELLED, ADVICE, "Nothing can be planned without an estimate. No passage"),
        (400, "The labels are of whole posts.", "", "without an estimate. The labels are of whole"),
        (400, "There are too few labels yet.", "", "without an estimate. There are too few"),
    ],
)
def test_a_plan_that_cannot_be_made_says_what_would_help(
    n: int, lack: str, note: str, told: str
) -> None:
    rows = pd.DataFrame({"n": [n], "n_labels": [0], "note": [note]})
    said = tell_no_plan(rows, lack=lack)
    assert told in said
    assert ("label draw" in said) == ("label draw" in told), "advice stands once a page"


def test_why_there_is_no_estimate_follows_the_labels(make_tables: Callable[..., Tables]) -> None:
    few = make_tables(essays=18, labelled=("blame",), n_labels=40)["prevalence"]
    assert tell_no_estimate({}, few) == "There are too few labels yet."
    assert tell_no_estimate({}, make_tables()["prevalence"]) == NOT_LABELLED
    assert "did not fit" in tell_no_estimate({"labels": {"reason": "/a/b: no wave"}}, few)


@pytest.mark.parametrize(
    ("unread", "start"),
    [
        (3, "Of 33 passages"),
        (4, "Of 37 passages, 4 are in other languages and were not looked at; of the other 33, "),
    ],
)
def test_many_passages_that_were_not_read_come_first(
    make_tables: Callable[..., Tables], unread: int, start: str
) -> None:
    counts = {"passages": 33 + unread, "passages_other_language": unread}
    shares = make_tables()["prevalence"]
    assert tell_headline(shares, {"counts": counts}).startswith(start)


def test_few_passages_that_were_read_are_counted_after_the_others(
    make_tables: Callable[..., Tables],
) -> None:
    shares = make_tables(essays=1, comments=0)["prevalence"]
    told = tell_headline(shares, {"counts": {"passages": 7, "passages_other_language": 1}})
    start = "Of 7 passages, 1 is in another language and was not looked at; of the other 6, the "
    assert told.startswith(f"{start}model tagged 2 with blame")
    assert "%" not in told


def test_periods_of_few_passages_are_not_drawn() -> None:
    rows = pd.DataFrame({"unit": "passage", "period": ["all", "2021", "2022", "2023"]})
    kept, told = select_periods(rows.assign(n=[62, 40, 19, 20]))
    assert kept["period"].tolist() == ["2021", "2023"]
    assert told == "1 period of under 20 passages is left out."
    for sizes, said in (
        ([22, 2, 19, 1], "Fewer than two periods hold 20 passages"),
        ([60, 20, 20, 20], ""),
    ):
        kept, told = select_periods(rows.assign(n=sizes))
        assert told.startswith(said)
        assert bool(told) == kept.empty
    kept, told = select_periods(rows.head(2).assign(n=40))
    assert kept.empty
    assert "no two periods with a date" in told


def test_numbers_under_a_figure_leave_out_what_is_empty(
    make_tables: Callable[..., Tables],
) -> None:
    tagged = make_tables()["prevalence"]
    plain = ["theme", "n", "tagged_share", "band_low", "band_high"]
    assert [*list_numbers(select_shares(tagged))] == plain
    assert [*list_numbers(select_shares(tagged, by="kind"))][:2] == ["theme", "group"]
    labelled = make_tables(essays=18, labelled=THEMES)["prevalence"]
    assert {"estimate", "n_positive", "labels_saved"} <= {*list_numbers(select_shares(labelled))}


def test_tags_of_a_proxy_are_told_as_its_own(make_tables: Callable[..., Tables]) -> None:
    shares = make_tables()["prevalence"]
    told = describe_themes(shares, load_codebook(), {"proxy": PROXY})
    assert "the proxy codes.csv tagged Blame in" in told["headline"]
    assert "; the model tagged" in told["headline"]
    sentences = {theme["name"]: str(theme["sentence"]) for theme in told["themes"]}
    assert "by the proxy codes.csv" in sentences["blame"]
    assert "proxy" not in sentences["identity"]
    assert "the proxy codes.csv or the model" in tell_key(select_shares(shares), proxy=PROXY)
    meaning = " ".join(rest for _, rest in told["meaning"])
    assert "gets the same numbers" not in meaning
    assert "gets the same numbers" in str(tell_meaning(shares, proxy=None))


def test_what_a_proxy_saves_is_not_denied_where_labels_are_of_posts() -> None:
    row = {"theme": "blame", "tagged_share": 0.1, "model_tagged_share": 0.2}
    row |= {"labels_saved": None, "model_labels_saved": None}
    manifest = {"proxy": PROXY, "proxy_rows": [row]}
    assert "saves nothing yet" in tell_proxy(manifest)[1]
    assert "saves" not in tell_proxy(manifest | {"labels": {"unit": "post"}})[1]


def test_caveats_and_columns_fit_the_corpus(make_tables: Callable[..., Tables]) -> None:
    alone = make_tables(essays=9, comments=0)["prevalence"]
    told = describe_themes(alone[alone["theme"] == "blame"], load_codebook(), {})
    starts = [start for start, _ in told["meaning"]]
    assert "Differences" not in starts
    assert "A passage can carry several themes" not in starts
    assert "tagged, comments" not in told["heads"]
    assert all(len(row) == len(told["heads"]) for row in told["rows"])
    both = dict(tell_meaning(make_tables()["prevalence"], proxy=None))
    assert both["Differences"].startswith("between themes, or between essays and comments, are")
    assert dict(tell_meaning(alone, proxy=None))["Differences"].startswith("between themes are not")


def test_estimates_and_labels_that_were_lost_are_told(late_run: Path) -> None:
    lost = {"theme": "blame", "before": 0.09, "now": None, "difference": None, "note": "None."}
    check = {
        "theme": "blame",
        "note": "No label. Draw a further wave with `pmdiscourse label draw DIR`.",
    }
    manifest = read_manifest(late_run) | {
        "last_estimates": [{"theme": "blame", "n_labels": 141}],
        "label_checks": {"transfer": [check]},
        "changed": {
            "posts_added": 2, "posts_gone": 0, "differs_in": ["inputs"], "tagged_share": [],
            "estimates": [lost], "labels_before": 903,
        },
    }  # fmt: skip
    changed = index_parts(late_run, manifest)["changed"]
    assert ("labelled passages used", "141", "0") in changed["rows"]
    assert ("estimated prevalence: Blame", "9.0%", "none") in changed["rows"]
    assert changed["lines"] == [
        "Estimated before, without an estimate now: Blame 9.0%.",
        "Labels and new posts, Blame: No label.",
    ]
    assert tell_estimates({"estimates": [lost | {"before": None}]}) == []
    fresh = manifest | {"labels": {"used": True, "n_labels": 1000}}
    lines = index_parts(late_run, fresh)["changed"]["lines"]
    assert "<code>pmdiscourse label draw DIR</code>" in lines[-1], "no raw backticks"


def test_a_reason_for_no_estimate_takes_the_place_of_the_first_draw() -> None:
    common, own = split_notes({"blame": f"Few threads.{ADVICE}{LATE_NOTE}"})
    assert common[0] == "Few threads."
    assert "further wave" in common[1]
    assert len(common) == 2
    assert own == {"blame": []}
    assert ADVICE.strip() in split_notes({"blame": f"Few threads.{ADVICE}"})[0]


def test_the_figure_of_the_overview_has_the_titles_of_the_codebook(make_run: MakeRun) -> None:
    directory = make_run()
    themes = directory / "codebook" / "themes.toml"
    text = themes.read_text(encoding="utf-8")
    title = load_run_codebook(directory).theme("blame").title
    themes.write_text(text.replace(f'"{title}"', '"Who is faulted"', 1), encoding="utf-8")
    figure = index_parts(directory, read_manifest(directory))["figure"]
    assert "Who is faulted" in figure
    assert "by theme: blame" not in figure
