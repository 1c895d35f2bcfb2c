"""HTML pages: annotated pages of many kinds of software, walls, damage, and text of fragments."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.ingest.corpus import ingest
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.web import is_html, read_html
from pmdiscourse.ingest.readers.web_markup import load_markup
from pmdiscourse.ingest.readers.web_times import read_time
from pmdiscourse.ingest.records import Notice, Record, Refused, drop_reason

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases" / "formats" / "html").glob("*.html"))
FLOOR = json.loads((HERE / "data" / "html_floor.json").read_text(encoding="utf-8"))
S = "We moved the date again and nobody wrote down who had asked for the change. "
ARTICLE = f"<article><h1>On dates</h1><p>{S * 3}</p><p>{S * 2}It was late.</p></article>"


def benchmark() -> ModuleType:
    """Load the scoring that the benchmark prints, so that tests and figures agree."""
    path = HERE.parent / "benchmarks" / "html_quality.py"
    spec = importlib.util.spec_from_file_location("html_quality", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["html_quality"] = module
    spec.loader.exec_module(module)
    return module


def read(html: str | bytes) -> list[Record | Refused | Notice]:
    data = html if isinstance(html, bytes) else html.encode("utf-8")
    return list(read_html(Document.of_bytes("page.html", data)))


def posts(html: str) -> list[Record]:
    return [found for found in read(html) if isinstance(found, Record)]


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_annotated_page(case: Path) -> None:
    quality = benchmark()
    truth = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    score = quality.Score()
    quality.score_page(case.stem, read(case.read_bytes()), truth, score)
    assert score.faults == []


def test_figures_stay_above_their_floors() -> None:
    figures = benchmark().score_folder(HERE / "cases" / "formats" / "html").figures()
    for name in ("leaks", "chrome"):
        assert figures.pop(name) <= FLOOR[name]
    assert {name: figures[name] for name in figures if figures[name] < FLOOR[name]} == {}


def test_numbers_and_keys_are_unique_and_parents_stand_before() -> None:
    for case in CASES:
        found = read(case.read_bytes())
        numbered = [one.number for one in found if not isinstance(one, Notice)]
        assert len(numbered) == len(set(numbered)), case.stem
        keys = [one.key for one in found if isinstance(one, Record)]
        assert len(keys) == len(set(keys)), case.stem
        parents = {one.parent_key for one in found if isinstance(one, Record)}
        assert parents <= {*keys, ""}, case.stem


@pytest.mark.parametrize(
    ("name", "page", "n_characters"),
    [
        ("nested", "<div>" * 20_000 + f"<p>{S * 20}</p>" + "</div>" * 20_000, 1519),
        ("just deeper than libxml2 keeps", "<div>" * 2_100 + f"<p>{S * 20}</p>", 1519),
        ("text at every depth", "".join(f"<div>Line {n} is here. " for n in range(3_000)), 55_000),
        ("open formatting", "<p>" + "<b><i>" * 200_000 + S * 20, 1519),
        ("one tag", f"<p {' '.join(f'a{n}=v' for n in range(50_000))}>{S * 20}</p>", 1519),
        ("one line", f"<p>{S * 20_000}</p>", 1_519_999),
        ("never closed", f"<p>{S}" * 500, 38_000),
        ("NUL", f"<p>{S * 5}&#0;{S * 5}</p>", 750),
        ("layout", f"<table><tr><td>Menu<td><p>{S * 5}</p><p>{S * 5}</p></table>", 750),
    ],
)  # fmt: skip
def test_nothing_is_lost_where_other_parsers_lose_it(
    name: str, page: str, n_characters: int
) -> None:
    (found,) = posts(f"<html><body>{page}")
    assert len(found.text) >= n_characters, name


def test_a_page_too_deep_is_refused_aloud() -> None:
    (found,) = read("<html><body>" + "<div>" * 60_000 + S)
    assert isinstance(found, Refused)
    assert "60000 blocks are open at once" in found.reason


def test_comments_nested_deep_keep_their_parents() -> None:
    comments = "".join(
        f"<div class=comment id=comment-{n}><cite class=fn>Ana {n}</cite>"
        f"<div class=comment-content>Remark number {n}.</div>"
        for n in range(1_500)
    )
    _, *found = posts(f"<html><body>{ARTICLE}<div id=comments>{comments}")
    assert [one.text for one in found] == [f"Remark number {n}." for n in range(1_500)]
    assert [one.parent_key for one in found[1:]] == [one.key for one in found[:-1]]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>",
         "asks for JavaScript"),
        ("<h1>One moment</h1><p>We use cookies on this site.</p><button>Accept all</button>",
         "asks for consent to cookies"),
        ("<h1>Sign in</h1><p>You must be logged in to see this page.</p>", "asks for a login"),
        ("<h2>Checking your browser before you go on</h2>", "checks for robots"),
        ("<h1>404</h1><p>The page you wanted could not be found.</p>", "is an error page"),
        ("<p>Subscribe now to keep reading this story.</p>", "asks for a subscription"),
        ("", "holds no text"),
        ("<frameset><frame src=a></frameset>", "holds no text"),
    ],
)  # fmt: skip
def test_what_stands_in_place_of_an_article_is_refused_with_its_reason(
    page: str, reason: str
) -> None:
    (found,) = read(f"<html><head><title>A page</title></head><body>{page}</body></html>")
    assert isinstance(found, Refused)
    assert reason in found.reason


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Two lines</h1><p>I left the firm. It was late.</p>",
        "<div><p>We tried a cookie banner in the spring. Nobody clicked on it, so we took it down"
        " and wrote a page that needs none.</p></div>",
        "<h1>Blog</h1>"
        + "".join(f"<article><h2>Piece {n}</h2><p>{S}</p></article>" for n in range(9)),
    ],
)
def test_short_posts_and_lists_of_posts_are_no_failures(page: str) -> None:
    (found,) = posts(f"<html><head><title>A page</title></head><body>{page}</body></html>")
    assert found.text


@pytest.mark.parametrize(
    "name", ["class='content comments-open'", "id=responses", "class=page-and-comments"]
)
def test_an_article_below_a_name_of_comments_is_found(name: str) -> None:
    comment = "<div id=comment-7><div class=comment-text>Indeed.</div></div>"
    page = f"<div {name}><h2>On dates</h2><div class=story><p>{S * 9}</p></div>{comment}</div>"
    essay, answer = posts(f"<html><body><p>Home. About. Press.</p>{page}")
    assert len(essay.text) > 600
    assert answer.text == "Indeed."
    assert "Indeed" not in essay.text


def test_comments_that_cannot_be_told_apart_are_told() -> None:
    section = f"<section id=comments><h3>Comments</h3><p>{S}</p><p>{S}</p><p>{S}</p></section>"
    essay, rest = read(f"<html><body>{ARTICLE}{section}")
    assert isinstance(essay, Record)
    assert S.strip() in essay.text
    assert isinstance(rest, Refused)
    assert "46 words of comments" in rest.reason


def test_comments_that_the_page_counts_but_does_not_hold_are_told() -> None:
    page = f"{ARTICLE}<a href='#comments'>1,204 comments</a><div id='disqus_thread'></div>"
    _, notice = read(f"<html><body>{page}")
    assert isinstance(notice, Notice)
    assert "counts 1204 comments, 0 are in it" in notice.what


@pytest.mark.parametrize(
    ("words", "drop"),
    [
        ("[deleted]", "deleted"),
        ("This comment has been deleted.", "deleted"),
        ("This comment has been removed by the author.", "deleted"),
        ("This comment has been removed by a blog administrator.", "removed"),
        ("Dieser Kommentar wurde vom Autor entfernt.", "deleted"),
        ("Your comment is awaiting moderation.", "removed"),
        ("We removed the button and nobody missed it.", ""),
        ("They deleted my comment, so I write it again: ship less.", ""),
    ],
)
def test_the_page_says_that_a_comment_is_gone(words: str, drop: str) -> None:
    item = f"<li class=comment><div class=comment-content>{words}</div></li>"
    _, comment = posts(f"<html><body>{ARTICLE}<ol class=commentlist>{item}</ol>")
    assert drop_reason(comment) == drop


def test_the_same_page_twice_gives_the_same_records_whatever_stands_around() -> None:
    page = CASES[0].read_text(encoding="utf-8")
    other = page.replace("</body>", "<p class=counter>Seen 12 times</p></body>")
    assert posts(page) == posts(other)


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("<!doctype html><p>x", True),
        ("<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'><html>", True),
        ("<!-- saved from a page -->\n<HTML><body>", True),
        ("Warning: a script said this\n<!DOCTYPE html>\n<html><head>", True),
        ("<div class=post><p>Text</p></div>\n", True),
        ("<p>Only a paragraph</p>", True),
        ("<div> is the tag that I type most often.", False),
        ("<p> starts a paragraph, and so few people write </p> at its end", False),
        ("I like the <html> tag, and <div>, too.", False),
        ("<rss version='2.0'><channel></channel></rss>", False),
        ("<posts><row Id='1'/></posts>", False),
        ('{"body": "<html></html>"}', False),
    ],
)
def test_pages_and_fragments_are_known_by_their_content(text: str, shows: bool) -> None:
    assert is_html(Document.of_bytes("file", text.encode("utf-8"))) is shows


@pytest.mark.parametrize(
    ("words", "language", "time"),
    [
        ("2024-03-06T08:07:00 1709712420", "", "2024-03-06T08:07:00"),
        ("Le 6 mars 2010, 08:07 par Ida", "fr", "2010-03-06T08:07"),
        ("el 6 marzo, 2018 a las 8:07", "es", "2018-03-06T08:07"),
        ("12:05 am, March 6, 2024", "", "2024-03-06"),
        ("March 6, 2024 at 12:05 am", "", "2024-03-06T00:05"),
        ("03-06-2024, 08:07 PM", "en-US", "2024-03-06T20:07"),
        ("06/03/2024", "en-GB", "2024-03-06"),
        ("13/03/2024", "", "2024-03-13"),
        ("06/03/2024", "en", ""),
        ("1709712420000", "", "1709712420000"),
        ("31 Foo 2024", "", ""),
        ("5 weeks ago", "", ""),
    ],
)
def test_times_in_words(words: str, language: str, time: str) -> None:
    assert read_time(words, language=language) == time


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One\nline</p>", "One line"),
        ("One\nline\n\nand <i>another</i>", "One\nline\nand another"),
        ("<p>A</p>b\n\nc\nd", "A\nb\nc d"),
        ("<pre>  if x:\n      y</pre>", "if x:\ny"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("a<br>b<br/><br />c", "a\nb\nc"),
        ("<p>a<p>b<p>c", "a\nb\nc"),
        ("<![CDATA[We <b>ship</b>]]> it", "We ship it"),
        ("if cost <revenue we stop", "if cost <revenue we stop"),
        ("We ship. <!-- never closed", "We ship. <!-- never closed"),
        ("<style>p{}</style><script>x()</script>kept<textarea>no</textarea>", "kept"),
        ("&lt;p&gt; &amp; &#x27;q&#x27;", "<p> & 'q'"),
        ("</div>stray", "stray"),
        ("<html><body>whole</body></html>", "whole"),
        ("<title>x &lt; y</title> z", "x < y z"),
        ("<b>\ud800</b>", "?"),
        ("", ""),
    ],
)
def test_text_of_fragments(html: str, text: str) -> None:
    assert fragment_text(html)[0] == text


def test_quotes_are_left_out_and_counted() -> None:
    quote = "<aside class='quote no-group'><div>Bo:</div><blockquote>No.</blockquote></aside>"
    assert fragment_text(f"{quote}<p>Yes.</p>", drop_quotes=True) == ("Yes.", 2)
    assert fragment_text(quote, drop_quotes=True) == ("Bo:\nNo.", 0)
    assert fragment_text("<blockquote>" * 5_000 + "deep", drop_quotes=True) == ("deep", 0)


_PIECES = st.sampled_from(
    ["<p>", "</p>", "<div>", "</div>", "<li>", "<b>", "</b>", "<br>", "<td>", "<!-- -->", "&amp;",
     "<blockquote>", "</blockquote>", "<pre>", "</pre>", "\n", "<ul>", "<a href='x'>", "<tr>"]
)  # fmt: skip


@given(st.lists(_PIECES | st.from_regex(r"[a-z]{1,8} ", fullmatch=True), max_size=40))
def test_no_word_is_lost_whatever_the_markup(pieces: list[str]) -> None:
    html = "".join(pieces)
    words = re.findall(r"[a-z]+", "".join(piece for piece in pieces if piece[0] not in "<&"))
    own = fragment_text(html)[0]
    assert "".join(re.findall(r"[a-z]+", own)) == "".join(words)
    kept, n_quoted = fragment_text(html, drop_quotes=True)
    assert n_quoted >= 0
    assert len(kept) <= len(own)


def test_the_table_of_selectors_is_readable_by_the_parser() -> None:
    page = Document.of_bytes("page.html", b"<p>x</p>")
    markup = load_markup()
    assert list(read_html(page))
    assert len({row.item for row in markup.software}) == len(markup.software)
    assert all(row.needs and row.item for row in markup.software)


def test_a_page_over_its_limit_is_set_aside(tmp_path: Path) -> None:
    page = "<html><body><article>" + f"<p>{'We moved the date again. ' * 9}</p>" * 9
    (tmp_path / "page.html").write_text(page)
    (tmp_path / "other.txt").write_text("We moved the launch date again and nobody told sales.")
    ingested = ingest(tmp_path, settings={"max_page_characters": 1000})
    assert "max_page_characters (1000)" in ingested.quarantine["reason"].item()
    assert len(ingested.posts) == 1
