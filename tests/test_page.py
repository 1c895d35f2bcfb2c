"""Every line of a flattened page gets its role: invented pages, the sample, and five real texts."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults import HANG_SECONDS
from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.corpus import ingest
from pmdiscourse.ingest.limits import time_limit
from pmdiscourse.ingest.lines import ROLES
from pmdiscourse.ingest.page import read_page
from pmdiscourse.ingest.repair import repair_page
from steps import count_lines

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases" / "flattened").glob("*.json"))
GROWTH = json.loads((HERE / "cases" / "growth.json").read_text(encoding="utf-8"))
KNOWN = json.loads((HERE / "cases" / "known_failures.json").read_text(encoding="utf-8"))
SAMPLE = HERE.parent / "data" / "raw" / "sample"
SEEDS = HERE.parent.parent / "shared" / "seeds"
SEED_PASSAGES = {"000": (10, 3), "001": (14, 0), "002": (8, 0), "003": (11, 0), "004": (9, 0)}

Truth = list[tuple[str, str]]
SENTENCE = "We moved the date again, and nobody wrote down who had asked for it."


def wrong_lines(truth: Truth) -> list[int]:
    """Return the numbers of the lines that are read in another role; a tag line may be a byline."""
    lines = read_page(repair_page("\n".join(text for _, text in truth)))
    assert len(lines) == len(truth)
    wrong = []
    for line, (role, _) in zip(lines, truth, strict=True):
        read = f"comment {line.comment}" if line.role == "comment" else line.role
        if read != role and {read, role} != {"byline", "chrome"}:
            wrong.append(line.number)
    return wrong


def read_truth(path: Path) -> dict[str, dict[int, str]]:
    roles: dict[str, dict[int, str]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            number = f" {row['comment_no']}" if row["role"] == "comment" else ""
            roles[row["file"]][int(row["line_no"])] = row["role"] + number
    return dict(roles)


def page_truth(path: Path, roles: dict[int, str]) -> Truth:
    lines = path.read_bytes().decode("utf-8").replace("\r\n", "\n").split("\n")
    return [(roles.get(number, "blank"), line) for number, line in enumerate(lines, start=1)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_invented_page(path: Path) -> None:
    """Known failures are strict: a line that is mended must leave the list."""
    case = json.loads(path.read_text(encoding="utf-8"))
    truth = [(role, text) for role, text in case["lines"]]
    assert wrong_lines(truth) == KNOWN.get(path.stem, []), case["comment"]


@pytest.mark.parametrize("file", sorted(read_truth(HERE / "data" / "sample_truth.tsv")))
def test_sample_page(file: str) -> None:
    roles = read_truth(HERE / "data" / "sample_truth.tsv")[file]
    assert wrong_lines(page_truth(SAMPLE / file, roles)) == KNOWN.get(file, [])


def test_the_essay_is_kept_and_chrome_is_not() -> None:
    """Floors are what was measured on the invented pages; they may rise."""
    seen: Counter[tuple[str, str]] = Counter()
    for path in CASES:
        truth = json.loads(path.read_text(encoding="utf-8"))["lines"]
        lines = read_page(repair_page("\n".join(text for _, text in truth)))
        seen.update(
            (role.split()[0], line.role) for (role, _), line in zip(truth, lines, strict=True)
        )
    body = sum(n for (role, _), n in seen.items() if role == "body")
    chrome = sum(n for (role, _), n in seen.items() if role == "chrome")
    comments = sum(n for (role, _), n in seen.items() if role == "comment")
    assert seen["body", "body"] >= 0.99 * body
    assert seen["chrome", "chrome"] + seen["chrome", "byline"] >= 0.93 * chrome
    assert seen["comment", "comment"] >= 0.92 * comments
    false = seen["chrome", "body"] + seen["comment", "body"]
    assert 2 * seen["body", "body"] / (body + seen["body", "body"] + false) >= 0.94


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the five source texts are not beside the project")
def test_source_texts_line_by_line() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for file, roles in read_truth(SEEDS / "truth.tsv").items():
        truth = page_truth(SEEDS / file, roles)
        lines = read_page(repair_page("\n".join(text for _, text in truth)))
        for (role, _), line in zip(truth, lines, strict=True):
            read = f"comment {line.comment}" if line.role == "comment" else line.role
            seen[role, read] += 1
            assert line.role in ("body", "blank") or line.evidence, "a role has its evidence"
    assert seen["body", "body"] == 62
    assert seen["chrome", "chrome"] + seen["chrome", "byline"] == 23
    assert [seen[f"comment {n}", f"comment {n}"] for n in (1, 2, 3)] == [1, 1, 1]
    assert seen["title", "title"] == 4
    assert seen["byline", "byline"] == 1


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the five source texts are not beside the project")
def test_source_texts_give_the_known_passages() -> None:
    ingested = ingest(SEEDS)
    files = ingested.posts.set_index("post_id")["raw_file"].str[:3]
    counts = ingested.passages.groupby([ingested.passages["post_id"].map(files), "kind"]).size()
    found = {
        file: (counts.get((file, "essay"), 0), counts.get((file, "comment"), 0))
        for file in SEED_PASSAGES
    }
    assert found == SEED_PASSAGES
    essay = ingested.posts.query("kind == 'essay' and raw_file.str.startswith('000')")["post_id"]
    comments = ingested.posts.query("kind == 'comment'")
    assert comments["parent_id"].tolist() == [essay.item()] * 3


def test_a_notice_between_paragraphs_ends_no_essay() -> None:
    """What follows a message of the interface is furniture only where it is short."""
    long = " ".join([SENTENCE] * 4)
    for notice in ("Please wait.", "Thanks for reading! Subscribe for free to get new posts."):
        page = "\n\n".join(["A title of a page", *[long] * 6, notice, long, SENTENCE])
        assert [line.role for line in read_page(page) if line.text][-2:] == ["body", "body"]


@pytest.mark.parametrize("heading", ["Privacy", "Legal", "Tags", "Community"])
def test_a_last_paragraph_under_a_one_word_heading_stays(heading: str) -> None:
    long = " ".join([SENTENCE] * 4)
    page = "\n\n".join(["A title of a page", long, long, heading, SENTENCE])
    assert [line.role for line in read_page(page) if line.text][-1] == "body"


def test_dates_alone_are_entries_of_a_diary() -> None:
    long = " ".join([SENTENCE] * 4)
    days = [part for day in (3, 10, 17, 24) for part in (f"{day} May 2021", long)]
    page = "\n\n".join(["Notes from a month", long, *days])
    roles = [line.role for line in read_page(page) if line.text]
    assert "comment" not in roles
    assert roles.count("body") >= 8


@pytest.mark.parametrize("line", GROWTH["pages"])
def test_work_grows_with_the_length_alone(line: str) -> None:
    def lines_run(times: int) -> int:
        page = (line + "\n") * times
        return count_lines(lambda: read_page(page))

    read_page(line)
    assert lines_run(2000) < 11 * lines_run(200)


def test_no_cue_hangs_on_a_line_made_of_its_own_words() -> None:
    """A pattern that can match its words in two ways doubles its time with each of them."""
    raw = tomllib.loads(Path(cues.__file__).with_suffix(".toml").read_text("utf-8"))
    words = set(re.findall(r"[a-zà-ÿ’']{2,}", json.dumps(raw, ensure_ascii=False)))
    assert len(words) > 400
    with time_limit(HANG_SECONDS):
        for word in sorted(words):
            for gap in (" ", ", ", " | ", ". "):
                line = ((word + gap) * 118)[:118] + "~"
                cues.label(line)
                cues.is_notice(line)
                cues.reply_points(line)
                headers.has_time(line)


@given(st.text(max_size=600))
def test_any_text_is_read_line_by_line(text: str) -> None:
    repaired = repair_page(text)
    lines = read_page(repaired)
    assert [line.number for line in lines] == list(range(1, repaired.count("\n") + 2))
    assert {line.role for line in lines} <= set(ROLES)


PROSE = [
    "We asked them to sign in twice, and a third of them did not come back.",
    "Subscribe was the word on the button, and it was the wrong word for a loan.",
    "The previous team had left a comment in the code that said share nothing.",
    "You can read more about pricing in any book, but not why our checkout failed.",
    "Error messages are product copy too, so I rewrote all forty of them in May.",
]


@pytest.mark.parametrize("sentence", PROSE)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_honest_prose_with_chrome_words_stays(sentence: str, place: int) -> None:
    paragraphs = [SENTENCE] * 4
    paragraphs.insert(place, sentence)
    page = "A title of a page\n\n" + "\n\n".join(paragraphs)
    assert [line.role for line in read_page(page) if line.text] == ["title"] + ["body"] * 5


@pytest.mark.parametrize(
    "heading", ["Next", "Previous roles", "Share of blame", "Comments", "About me"]
)
def test_a_label_with_prose_below_is_a_heading(heading: str) -> None:
    page = "\n\n".join(["A title of a page", SENTENCE, SENTENCE, heading, SENTENCE, SENTENCE])
    assert "chrome" not in {line.role for line in read_page(page)}
