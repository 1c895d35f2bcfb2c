"""Text and Markdown files: front matter, marks, quotes of a parent, places in the raw file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.front_matter import read_front_matter
from pmdiscourse.ingest.readers.markdown_file import markdown_lines
from pmdiscourse.ingest.readers.pages import read_flattened
from pmdiscourse.ingest.records import Notice, Record, parse_time
from pmdiscourse.ingest.repair import clean_text

FLATTENED = Path(__file__).parent / "cases" / "flattened"
BODY = "We moved the date again, and nobody wrote down who had asked for it.\n"
SECOND = "By June there were three plans, and each of them had an owner who was on leave.\n"


def read(text: str, name: str = "post.txt") -> tuple[list[Record], list[Notice]]:
    items = list(read_flattened(Document.of_bytes(name, text.encode())))
    return (
        [item for item in items if isinstance(item, Record)],
        [item for item in items if isinstance(item, Notice)],
    )


def read_case(name: str) -> tuple[str, list[Record]]:
    lines = json.loads((FLATTENED / f"{name}.json").read_text(encoding="utf-8"))["lines"]
    text = "\n".join(words for _, words in lines)
    return text, read(text)[0]


FRONT = {
    "yaml": (
        "---\nlayout: post\ntitle: \"On scope: a 'small' word\"\nauthors:\n  - name: Ana Souza\n"
        "  - Bo Lind\ndate: 2021-05-03\ncanonical_url: https://example.org/on-scope\n"
        "site: The Backlog\nhero:\n  image: x.png\ntags: [career, 'pm, life']\n---\n"
    ),
    "toml": (
        "+++\ntitle = \"On scope: a 'small' word\"\nauthors = ['Ana Souza', 'Bo Lind']\n"
        'date = 2021-05-03\nurl = "https://example.org/on-scope"\nsite = "The Backlog"\n'
        "[extra]\nx = 1\n+++\n"
    ),
}


@pytest.mark.parametrize("kind", FRONT)
@pytest.mark.parametrize("name", ["post.md", "post.txt"])
def test_front_matter_gives_the_fields(kind: str, name: str) -> None:
    (essay,), notices = read(FRONT[kind] + "\n" + BODY + "\n" + SECOND, name)
    assert not notices
    assert essay.title == "On scope: a 'small' word"
    assert essay.author == "Ana Souza, Bo Lind"
    assert essay.published == "2021-05-03"
    assert (essay.own_id, essay.site) == ("https://example.org/on-scope", "The Backlog")
    assert essay.text == (BODY + SECOND).strip()
    assert not essay.drop


@pytest.mark.parametrize(
    "field", ["draft: true", "published: false", "status: draft", "Draft: True # not yet"]
)
def test_a_draft_says_so(field: str) -> None:
    (essay,), _ = read(f"---\ntitle: A plan\n{field}\n---\n{BODY}")
    assert essay.drop == "draft"
    assert essay.published == ""


@pytest.mark.parametrize(
    ("matter", "problem"),
    [
        (
            "---\ntitle: A plan\nno colon here\n---\n",
            "line 3 of the front matter is no 'key: value'",
        ),
        ('---\ntitle: "A plan\n---\n', "line 2 of the front matter has an open quotation mark"),
        ("---\nauthor: {name: Ana}\n---\n", "line 2 of the front matter holds no simple value"),
        (
            "---\ntitle:\n  a: b\n  c: d\n---\n",
            "line 3 of the front matter is no simple value of title",
        ),
        ("---\ntitle: A plan\n", "no closing line ---"),
        ("+++\ntitle = \n+++\n", "Invalid value"),
    ],
)
def test_broken_front_matter_is_text_and_told(matter: str, problem: str) -> None:
    records, (notice,) = read(matter + BODY + SECOND)
    assert problem in notice.what
    words = " ".join(record.title + " " + record.text for record in records)
    assert BODY.strip() in words


@pytest.mark.parametrize(
    "text", ["---\n\n" + BODY + "\n---\n" + SECOND, BODY + "\n---\ntitle: x\n---\n", "+++\n" + BODY]
)
def test_a_rule_is_no_front_matter(text: str) -> None:
    assert read_front_matter(text).lines == 0
    assert not read(text)[1]


@given(st.text(alphabet="-+: \n\"'[]#ab\t|>{", max_size=120))
def test_any_front_matter_is_read_or_refused(inside: str) -> None:
    for mark in ("---", "+++"):
        matter = read_front_matter(f"{mark}\n{inside}\n{mark}\ntext")
        assert matter.lines == 0 or not matter.problem
        assert all(isinstance(value, str) and value for value in matter.fields.values())


MARKS = [
    ("A *plan* and **another** __one__.", "A plan and another one."),
    ("See [the note](https://example.org/n 'title') twice.", "See the note twice."),
    ("[The note][1] said so.\n\n[1]: https://example.org/n", "The note said so.\n\n"),
    ("![a chart](x.png)\nBelow it.", " Below it.\n"),
    ("Title\n=====\n\nText.", "Title\n\n\nText."),
    ("## Costs ##", "Costs"),
    ("Broken at\na fixed width.", "Broken at a fixed width.\n"),
    ("Broken  \non purpose.", "Broken\non purpose."),
    ("```sh\nrun *this*\n```", "\nrun *this*\n"),
    ("- one\n- two\n\n3. three", "- one\n- two\n\n3. three"),
    ("> They said no.\n> Twice.", "> They said no. Twice.\n"),
    ("| a | b |\n|---|---|\n| c | d |", "a b\n\nc d"),
    ("Use `SCOPE_MAX` here.", "Use SCOPE_MAX here."),
    ("R&amp;D said <b>no</b> &copy;", "R&D said no ©"),
]
HONEST = [
    "2 * 3 * 4 was the answer, and snake_case_name stayed.",
    "We paid 5* and 6*, then f**k it.",
    "Send it to <team> by noon, if x < y and y > z.",
    "The list [sic] was (mostly) empty.",
    "1986. A great year, they say.",
    "#hashtag is no heading",
    "\"Quoted\" -- 'twice' ... done",
]


@pytest.mark.parametrize(("text", "said"), MARKS)
def test_marks_go_and_words_stay(text: str, said: str) -> None:
    assert markdown_lines(text) == said


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_stays(text: str) -> None:
    assert markdown_lines(text) == text


@given(st.text(max_size=300))
def test_line_numbers_stay(text: str) -> None:
    assert markdown_lines(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "> " * 200 + "deep down there",
        "[" * 30_000 + "a word",
        "".join("  " * i + "- item\n" for i in range(90)),
    ],
    ids=["quotes", "brackets", "lists"],
)
def test_words_the_parser_would_lose_are_kept(text: str) -> None:
    words = {"deep", "a", "item"}.intersection(text.replace("[", "").split())
    assert all(word in markdown_lines(text) for word in words)
    assert markdown_lines(text).count("item") == text.count("item")


def test_a_markdown_page_has_title_and_comments() -> None:
    text = (
        f"# A plan without a date\n\nBy Ana Souza\n\n{BODY}\n{SECOND}\n"
        + "It ended as such things end: a new date, on a new slide, shown by a new director. " * 3
        + "\n\n## 2 Comments\n\n**Bo** says:\n\n> We moved the date\n\nTwice, in *our* case.\n\n"
        "**Cy** says:\n\n> We moved the date\n"
    )
    essay, first, second = read(text, "post.markdown")[0]
    assert (essay.title, essay.author) == ("A plan without a date", "Ana Souza")
    assert (first.author, first.text, first.quoted) == ("Bo", "Twice, in our case.", 1)
    assert (second.text, second.quoted) == ("> We moved the date", 0)


def test_quotes_of_a_parent_are_left_out_and_counted() -> None:
    _, records = read_case("fourth_comments_quoted_parent")
    assert [record.quoted for record in records] == [0, 1, 2, 0]
    assert not any(">" in record.text or "wrote:" in record.text for record in records)
    assert [record.author for record in records[1:]] == [
        "harpoon_annie",
        "Ruben Castellanos",
        "Clementine Voss",
    ]
    assert records[1].published == "9 April 2017"


def test_quotes_in_an_essay_stay() -> None:
    _, (essay,) = read_case("fourth_essay_quoted_mail")
    assert essay.quoted == 0
    assert essay.text.count("> ") == 3


@pytest.mark.parametrize(
    ("case", "authors"),
    [
        ("fourth_comments_name_colon", ["Jocasta Bell", "M. Ferreira", "Anselm"]),
        ("fourth_qa_votes_answers", ["Hallgrim", "velvet-otter", "", ""]),
        ("fourth_forum_board_profiles", ["oldhand77", "marrow", "tinwhistle"]),
        ("fourth_wp_german_says", ["Wim Brandsma", "Marisa T."]),
        ("fourth_comments_posted_by_anon", ["Anonymous", "Gideon Marsh", "Anonymous"]),
        ("fourth_link_board_hacker", ["brasswren", "nightferry", "j_ostler", "sparrowgate"]),
    ],
)
def test_who_wrote_a_comment(case: str, authors: list[str]) -> None:
    _, records = read_case(case)
    assert [record.author for record in records[1:]] == authors
    assert not any(
        author and author in record.text
        for author, record in zip(authors, records[1:], strict=True)
    )


def test_dates_of_a_comment_are_its_own() -> None:
    """A profile's "Joined" is no date of a post; on Blogger the date stands below the comment."""
    _, board = read_case("fourth_forum_board_profiles")
    assert [record.published for record in board] == ["June 12, 2021"] * 2 + ["June 13, 2021"] * 2
    _, blog = read_case("fourth_comments_posted_by_anon")
    assert [record.published for record in blog[1:]] == [
        "May 22, 2013",
        "May 23, 2013",
        "May 23, 2013",
    ]
    _, german = read_case("fourth_wp_german_says")
    assert german[0].published == "22 November 2020"


DATE_LINES = {
    "2024-03-02": "2024-03-02T00:00:00+00:00",
    "2024/03/02": "2024-03-02T00:00:00+00:00",
    "2024-03-02T10:00": "2024-03-02T10:00:00+00:00",
    "2024-03-02 10:00": "2024-03-02T10:00:00+00:00",
    "2024-03-02T10:00:30.500Z": "2024-03-02T10:00:30.500000+00:00",
    "2024-03-02 23:30:00-05:00": "2024-03-03T04:30:00+00:00",
    "2024-03-02 10:00 UTC": "2024-03-02T10:00:00+00:00",
    "2024-03-02 · 4 min read": "2024-03-02T00:00:00+00:00",
    "25.02.2024": "2024-02-25T00:00:00+00:00",
    "25.02.2024, 10:15": "2024-02-25T00:00:00+00:00",
    "02.03.2024": None,  # day and month could be exchanged
    "02/03/2024": None,
}


@pytest.mark.parametrize(("line", "published"), DATE_LINES.items())
def test_a_date_in_figures_on_a_line_of_its_own(line: str, published: str | None) -> None:
    """Under a title, above it, beside a name, and above a comment with or without one."""
    paragraphs = "\n".join([BODY, SECOND] * 3)
    first = f"Ana Souza\n{line}\nI left a team for that very reason, and would do it again."
    heads = [
        (f"On scope\nBy Mira Halloway\n{line}", "Mira Halloway"),
        (f"On scope\n\n{line}", ""),
        (f"On scope\n\nMira Halloway\n{line}", "Mira Halloway"),
        (f"{line}\n\nOn scope", ""),
    ]
    for head, author in heads:
        records, _ = read(f"{head}\n\n{paragraphs}\n2 Comments\n\n{first}\n\n{line}\n{SECOND}")
        times = [parse_time(record.published) for record in records]
        assert [time and time.isoformat() for time in times] == [published] * 3
        assert [record.author for record in records] == [author, "Ana Souza", ""]
        assert records[0].title == "On scope"
        assert line not in "".join(record.text for record in records)


@pytest.mark.parametrize("line", ["2024-13-45", "2024", "1.2.3", "10:30"])
def test_other_figures_alone_are_no_date(line: str) -> None:
    (essay,), _ = read(f"On scope\n{line}\n\n{BODY}\n{SECOND}")
    assert (essay.published, essay.title) == ("", "On scope")
    assert (2, "chrome", ("no words",)) in [
        (row.line, row.role, row.evidence) for row in essay.lines
    ]


@pytest.mark.parametrize(
    "path", sorted(FLATTENED.glob("fourth_*.json")), ids=lambda path: path.stem
)
def test_a_record_says_where_it_stands(path: Path) -> None:
    text, records = read_case(path.stem)
    damaged = (
        text.replace("\n\n", "\r\n\r\n").replace(" and ", "\u00a0and  ").replace("’", "&rsquo;")
    )
    for raw_text, found in ((text, records), (damaged, read(damaged)[0])):
        for record in found:
            assert raw_text.encode().decode()[record.raw_start :].startswith(record.raw)
            cleaned = "".join(clean_text(record.raw).split())
            for line in record.text.split("\n"):
                assert "".join(clean_text(line).split()) in cleaned
