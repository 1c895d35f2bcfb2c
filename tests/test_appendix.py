"""The appendix: each quoted passage once, in context, linked both ways, inert."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.appendix import MOST_PASSAGES, Appendix, add_context
from pmdiscourse.present.quotation import quote_items

MakeTables = Callable[..., dict[str, pd.DataFrame]]
HOSTILE = "<script>window.__pwned = 1</script> <img src=x onerror=alert(1)>"


def make_item(number: int = 0, text: str = "", **values: Any) -> dict[str, Any]:
    """Make what `quote_items` gives for one passage."""
    text = text or f"In standup {number} nobody asked the designer."
    evidence = [{"start": 0, "end": 2}]
    item = {"key": f"k{number}", "text": text, "evidence": evidence, "origin": "essay · a · b"}
    return item | {"remark": "", "before": "", "after": ""} | values


def parse(*parts: str) -> lxml_html.HtmlElement:
    return lxml_html.fragment_fromstring("".join(parts), create_parent="div")


def test_a_sentence_either_side_is_taken_from_the_post(make_tables: MakeTables) -> None:
    tables = make_tables(essays=1, comments=0)
    passages = tables["passages"]
    framed = add_context(passages, tables["posts"])
    texts = list(passages["text"])
    assert list(framed["before"]) == ["", *texts[:-1]]
    assert list(framed["after"]) == [*texts[1:], ""]
    assert list(framed["text"]) == texts


def test_only_the_nearest_sentence_is_taken_and_a_long_one_is_cut() -> None:
    around = 'He left. "Why?" Nobody knew!', "Short... And more.", "w" * 4000
    text = f"{around[0]}\nThe passage.\n{around[1]}\nAnother one.\n{around[2]}"
    posts = pd.DataFrame({"post_id": ["a"], "text": [text]})
    spans = [(text.index(said), said) for said in ("The passage.", "Another one.")]
    frame = pd.DataFrame(
        [("a", start, start + len(said), said) for start, said in spans],
        columns=["post_id", "start", "end", "text"],
        index=[7, 3],
    )
    framed = add_context(frame, posts)
    assert list(framed["before"]) == ["Nobody knew!", "And more."]
    assert framed["after"].iloc[0] == "Short..."
    assert len(framed["after"].iloc[1]) < 310
    assert framed["after"].iloc[1].endswith("…")
    assert list(framed.index) == [7, 3]


@given(st.text(max_size=80), st.data())
def test_context_is_text_of_the_post_beside_the_passage(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    posts = pd.DataFrame({"post_id": ["a"], "text": [text]})
    columns = {"post_id": ["a"], "start": [start], "end": [end], "text": [text[start:end]]}
    framed = add_context(pd.DataFrame(columns), posts).iloc[0]
    assert text[:start].rstrip().endswith(framed["before"])
    assert text[end:].lstrip().startswith(framed["after"])


def test_passages_of_another_run_are_refused(make_tables: MakeTables) -> None:
    tables = make_tables(essays=1, comments=0)
    posts = tables["posts"].assign(text="Something else.")
    with pytest.raises(DiscourseError, match="from the same run"):
        add_context(tables["passages"], posts)


def test_quotes_and_passages_link_to_each_other() -> None:
    appendix = Appendix()
    first = appendix.quote("Blame", [make_item(1), make_item(2, before="Before.", after="After.")])
    second = appendix.quote("Identity", [make_item(2, evidence=[{"start": 3, "end": 10}])])
    root = parse(first, second, appendix.html())
    links = root.xpath("//blockquote//a")
    assert [link.get("href") for link in links] == ["#passage-1", "#passage-2", "#passage-2"]
    entries = root.xpath("//div[@class='passage']")
    assert [entry.get("id") for entry in entries] == ["passage-1", "passage-2"]
    back = [link.get("href") for link in entries[1].xpath(".//a")]
    assert back == ["#quote-2", "#quote-3"]
    ids = set(root.xpath("//@id"))
    assert {link[1:] for link in root.xpath("//a/@href")} <= ids
    assert entries[1].text_content().startswith("Before. In standup 2")
    assert "designer. After." in entries[1].text_content()
    assert entries[1].xpath(".//mark/text()") == ["In", "standup"], "evidence of both themes"
    assert "Identity (quote 3)" in entries[1].text_content()


def test_a_page_quotes_two_hundred_passages_at_most_and_says_so() -> None:
    appendix = Appendix()
    items = [make_item(number) for number in range(MOST_PASSAGES + 3)]
    shown = appendix.quote("Blame", items)
    assert shown.count("<blockquote>") == MOST_PASSAGES == appendix.html().count('class="passage"')
    assert "3 further passages are not quoted" in shown
    assert "1 further passage is not quoted" in appendix.quote("Identity", [make_item(999)])
    assert "<blockquote>" in appendix.quote("Identity", [make_item(5)]), "one that is there already"


def test_a_full_appendix_of_long_passages_stays_far_under_two_megabytes() -> None:
    frame = pd.DataFrame(
        {
            "passage_id": [f"p{number}" for number in range(MOST_PASSAGES)],
            "text": [f"{number:03d} " + "wall & " * 3000 for number in range(MOST_PASSAGES)],
            "evidence": [[{"start": 9000, "end": 9004}]] * MOST_PASSAGES,
            "kind": "essay", "source": "example.org", "published_at": None,
            "before": "b" * 300, "after": "a" * 300,
        }
    )  # fmt: skip
    appendix = Appendix()
    shown = appendix.quote("Blame", quote_items(frame))
    assert len((shown + appendix.html()).encode()) < 1_600_000
    root = parse(shown)
    assert set(root.xpath("//mark/text()")) == {frame["text"].iloc[0][9000:9004]}
    assert root.xpath("//blockquote/p")[0].text_content().startswith("… ")


@pytest.mark.parametrize("letter", ["\U0001f680", "&", "\u9879"])
def test_passages_in_scripts_of_many_bytes_do_not_swell_a_page(letter: str) -> None:
    evidence = [{"start": place, "end": place + 1} for place in range(0, 2000, 40)]
    text = letter * 2000
    items = [make_item(number, text=text, evidence=evidence) for number in range(MOST_PASSAGES)]
    appendix = Appendix()
    shown = appendix.quote("Blame", items)
    shown += appendix.quote("Identity", items) + appendix.html()
    assert len(shown.encode()) < 1_600_000
    assert "not quoted" in shown
    links = parse(shown).xpath("//a/@href")
    assert {link[1:] for link in links} <= set(parse(shown).xpath("//@id"))


def test_without_permission_nothing_is_quoted() -> None:
    appendix = Appendix(allowed=False)
    assert appendix.quote("Blame", [make_item()]) == appendix.html() == ""


def test_nothing_to_quote_is_told_under_its_heading() -> None:
    assert Appendix().quote("Blame", []) == "<h3>Blame</h3><p>No passage to quote.</p>"


def test_hostile_texts_are_inert_wherever_they_stand() -> None:
    values = dict.fromkeys(("text", "origin", "remark", "before", "after", "key"), HOSTILE)
    appendix = Appendix()
    shown = appendix.quote(HOSTILE, [make_item() | values | {"evidence": []}]) + appendix.html()
    tags = set(re.findall(r"<(\w+)", shown))
    assert tags <= {"h3", "blockquote", "p", "a", "div", "span"}
    assert shown.count("&lt;script&gt;") == 9
