"""JSON formats: every kind against its expected records; what is torn, deep or odd is told."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.ingest.corpus import ingest
from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.markdown import markdown_text, without_quotes
from pmdiscourse.ingest.readers import find_format
from pmdiscourse.ingest.readers.json_values import JsonDecoder, JsonText
from pmdiscourse.ingest.readers.jsons import SHAPES, read_json
from pmdiscourse.ingest.records import Notice, Record, Refused
from pmdiscourse.settings import Settings

CASES = Path(__file__).parent / "cases" / "formats"
EXPECTED = json.loads((CASES / "json" / "expected.json").read_text(encoding="utf-8"))
MARKDOWN = json.loads((CASES / "markdown.json").read_text(encoding="utf-8"))
LONG = "We moved the date again and nobody wrote down who had asked for the change."

Found = Record | Refused | Notice


def read(
    data: bytes | str, name: str = "a.json", columns: dict[str, str] | None = None, **limits: int
) -> list[Found]:
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    document = Document.of_bytes(name, data, Settings(**limits))
    return list(read_json(dataclasses.replace(document, columns=columns or {})))


def texts(found: list[Found]) -> list[str]:
    return [item.text for item in found if isinstance(item, Record)]


def refusals(found: list[Found]) -> list[tuple[int, str]]:
    return [(item.number, item.reason) for item in found if isinstance(item, Refused)]


def notices(found: list[Found]) -> list[str]:
    return [item.what for item in found if isinstance(item, Notice)]


def as_case(found: Found) -> dict[str, Any]:
    if isinstance(found, Notice):
        return {"notice": found.what}
    values = dataclasses.asdict(found)
    return {
        key: value for key, value in values.items() if value not in ("", 0, ()) or key == "text"
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_kinds(name: str) -> None:
    document = Document.of_bytes("nameless", (CASES / "json" / name).read_bytes())
    found = list(find_format(document).read(document))
    assert [as_case(item) for item in found] == EXPECTED[name]
    assert len({item.number for item in found if not isinstance(item, Notice)}) == sum(
        not isinstance(item, Notice) for item in found
    )


def test_every_case_has_its_file_and_every_shape_its_case() -> None:
    files = {path.name for path in (CASES / "json").iterdir()} - {"expected.json"}
    assert files == set(EXPECTED)
    seen = set()
    decoder = JsonDecoder(100)
    for name in files:
        text = (CASES / "json" / name).read_text(encoding="utf-8")
        for value, _ in JsonText([text], decoder, max_length=10**6).values():
            if isinstance(value, dict):
                seen |= {next((shape.name for shape in SHAPES if shape.recognise(value)), "")}
    single = {"Hacker News hit", "Discourse post", "Stack Exchange item"}
    assert {shape.name for shape in SHAPES} - seen == single


@pytest.mark.parametrize(
    ("file", "path"),
    [("hackernews_search.json", ("hits",)), ("discourse_topic.json", ("post_stream", "posts")),
     ("stackexchange_response.json", ("items",))],
)  # fmt: skip
def test_single_items_a_line_read_as_in_their_wrapper(file: str, path: tuple[str, ...]) -> None:
    value = json.loads((CASES / "json" / file).read_text(encoding="utf-8"))
    for name in path:
        value = value[name]
    lines = "\n".join(json.dumps(item) for item in value)
    keys = [case["key"] for case in EXPECTED[file] if "key" in case]
    assert [item.key for item in read(lines) if isinstance(item, Record)] == keys


def test_threads_reach_across_the_files_of_a_site(tmp_path: Path) -> None:
    for name in ("wordpress_posts.json", "wordpress_comments.json", "reddit_thread.json"):
        (tmp_path / name).write_bytes((CASES / "json" / name).read_bytes())
    lines = (CASES / "json" / "hackernews_items.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "first.jsonl").write_text("".join(lines[1:]))
    (tmp_path / "second.jsonl").write_text(lines[0])
    rows = [{"id": "d1", "body": "From a dump of rows.", "link_id": "t3_p1", "parent_id": "t1_c3",
             "subreddit": "prodtalk"}]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text(json.dumps(rows[0]))
    ingested = ingest(tmp_path, settings={"keep_authors": True})
    posts = ingested.posts.set_index("text")
    post, reply = posts.loc["Because we can.\nBecause we must."], posts.loc["How late?"]
    assert reply["thread_id"] == post["thread_id"]
    assert posts.loc["We ship late too.", "parent_id"] == post["post_id"]
    assert reply["parent_id"] == posts.loc["We ship late too.", "post_id"] != post["post_id"]
    story = posts[posts["title"] == "Ask HN: Who owns the roadmap?"].iloc[0]
    answer = posts[posts.index.str.startswith("We have nine")].iloc[0]
    assert answer["parent_id"] == story["post_id"]
    assert pd.isna(posts.loc["I had read it. It was good advice.", "parent_id"])
    assert posts.loc["I had read it. It was good advice.", "thread_id"] == story["thread_id"]
    comment = posts.loc["I saw what stood here & it was fair."]
    assert posts.loc["From a dump of rows.", "parent_id"] == comment["post_id"]
    same_id = posts.loc["Same id as the post, and yet a comment."]
    assert same_id["kind"] == "comment"
    assert same_id["thread_id"] == comment["thread_id"]
    assert (ingested.dropped["reason"] == "spam").sum() == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('[{"text": "one"}, {"text": "two"}]', ["one", "two"]),
        ('[\n {"text": "one"},\n {"text": "two"}\n]', ["one", "two"]),
        ('[\n{"text": "one"}\n,\n{"text": "two"},\n]', ["one", "two"]),
        ('{"text": "one"}\n{"text": "two"}\n', ["one", "two"]),
        ('\n\n{"text": "one"}\r\n\r\n{"text": "two"}', ["one", "two"]),
        ('{"text": "one"}\r{"text": "two"}', ["one", "two"]),
        ('{\n "text": "one"\n}\n{\n "text": "two"\n}', ["one", "two"]),
        ('{"text": "one"} {"text": "two"}\n{"text": "three"}', ["one", "two", "three"]),
        ('{\n "text": "one"\n}', ["one"]),
        ('{"posts": [{"text": "one"}], "more": {"posts": [{"text": "two"}]}}', ["one", "two"]),
        ('{"7": {"text": "one"}, "8": {"text": "two"}}', ["one", "two"]),
        ('{"data": [{"id": "a", "title": "T", "selftext": "> one", "subreddit": "s"}]}', ["one"]),
        ('["A sentence by itself.", {"text": "two"}]', ["A sentence by itself.", "two"]),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt"])
def test_documents_and_lines_are_told_by_content(data: str, expected: list[str], name: str) -> None:
    assert texts(read(data, name)) == expected
    assert refusals(read(data, name)) == []
    for encoding in ("utf-8-sig", "utf-16"):
        assert texts(read(data.encode(encoding), name)) == expected


def test_records_of_one_line_are_findable() -> None:
    lines = [json.dumps({"text": "one"}), json.dumps([{"text": "two"}, {"text": "three"}])]
    found = read("\n".join(lines), "a.jsonl")
    numbers = [item.number for item in found if isinstance(item, Record)]
    assert numbers == [1, 2_000_000_001, 2_000_000_002]
    assert notices(found) == [
        "line 2 holds 2 records: their numbers are the line times 1,000,000,000 "
        "plus their place in it"
    ]


@pytest.mark.parametrize(
    ("data", "kept", "refused"),
    [
        ('{"text": "one"}\n{"text": "tw\n{"text": "three"}', ["one", "three"],
         [(2, "not readable as JSON: Unterminated string starting at (character 10)")]),
        ('{"text": "on\n{"text": "two"}\n{"text": "three"}', ["two", "three"],
         [(1, "not readable as JSON: Unterminated string starting at (character 10)")]),
        ('[{"text": "one"}, {"text": "tw', ["one"],
         [(2, "from here on (after record 1) not readable as JSON: Unterminated string starting at"
              " (character 28)")]),
        ('{"posts": [{"text": "one"}, {"te', [],
         [(0, "not readable as JSON: Unterminated string starting at (character 30)")]),
        ('[{"text": "one"} {"text": "two"}]', ["one"],
         [(2, "from here on (after record 1) not readable as JSON: Expecting ',' or ']'"
              " (character 18)")]),
        ('[{"text": "a", "n": NaN}, {"text": "two"}]', ["two"],
         [(1, "not readable as JSON: NaN is no JSON value")]),
        ("[]", [], [(0, "JSON without a single post")]),
        ('{"kind": "Listing", "data": {"children": []}}', [], [(0, "JSON without a single post")]),
        ("null", [], [(1, "a JSON null, no object")]),
        ("42", [], [(1, "a JSON text or number, no object: 42")]),
        ("{}", [], [(0, "no text column; the fields are: none")]),
        ('{"a": 1, "b": {"c": 2}}', [], [(0, "no text column; the fields are: a, b.c")]),
        ('{"message": "Forbidden", "error": 403}', [],
         [(1, "an error message of the site, no post: Forbidden")]),
        ('{"error_id": 502, "error_message": "too many requests"}', [],
         [(1, "an error message of the site, no post: too many requests")]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(
    data: str, kept: list[str], refused: list[tuple[int, str]]
) -> None:
    found = read(data)
    assert texts(found) == kept
    assert refusals(found) == refused


def test_numbers_and_characters_beyond_the_usual() -> None:
    digits = "9" * 5000
    line = f'{{"text": "{LONG}", "created_utc": {digits}, "id": {digits}}}'
    (record,) = read(line)
    assert isinstance(record, Record)
    assert record.own_id == record.published == digits
    odd = '{"text": "half \\ud800 and a\ttab\x01", "author": "\\ud800x"}\n{"text": "two"}'
    assert len(texts(read(odd))) == 2


def reddit_chain(depth: int) -> str:
    opening = (
        '{"kind":"Listing","data":{"children":[{"kind":"t1","data":'
        '{"name":"t1_c%d","body":"reply %d","link_id":"t3_a","parent_id":"t1_c%d","replies":'
    )
    return "".join(opening % (n, n, n - 1) for n in range(depth)) + '""' + "}}]}}" * depth


def nested_rows(depth: int) -> str:
    opening = '{"id":"%d","text":"reply %d","replies":['
    return "".join(opening % (n, n) for n in range(depth)) + "]}" * depth


@pytest.mark.parametrize("chain", [reddit_chain, nested_rows])
def test_three_thousand_nested_replies_are_read(chain: Any) -> None:
    found = [item for item in read(chain(3000)) if isinstance(item, Record)]
    assert [item.text for item in found] == [f"reply {n}" for n in range(3000)]
    assert all(
        item.parent_key.endswith(str(n)) for n, item in enumerate(found[1:]) if item.parent_key
    )
    beside = read(f"{chain(3000)}\n{json.dumps({'text': 'two'})}")
    assert len(texts(beside)) == 3001


@pytest.mark.parametrize("data", ["[" * 40_000, '{"a":' * 40_000, nested_rows(40_000)])
def test_what_is_deeper_than_the_limit_is_refused(data: str) -> None:
    ((number, reason),) = refusals(read(data))
    assert number == 0
    assert "max_depth (5000 replies)" in reason
    assert texts(read(f'{nested_rows(9)}\n{{"text": "two"}}', max_depth=2)) == ["two"]


@given(st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers(-9, 99),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner,
                                                               max_size=3),
), st.integers(0, 3))  # fmt: skip
def test_the_decoder_without_recursion_reads_what_the_other_reads(value: Any, indent: int) -> None:
    text = json.dumps(value, indent=indent or None)
    decoder = JsonDecoder(5000)
    assert decoder._deep(text, 0) == decoder.value(text)[:2]
    for cut in {len(text) // 2, len(text) - 1}:
        try:
            expected = json.loads(text[:cut], parse_int=str)
        except ValueError:
            with pytest.raises(ValueError, match="Expecting"):
                decoder._deep(text[:cut], 0)
        else:
            assert decoder._deep(text[:cut], 0)[0] == expected


def test_a_large_array_is_read_element_by_element() -> None:
    rows = [{"id": n, "text": f"{LONG * 6} Number {n}."} for n in range(3000)]
    for text in (json.dumps(rows), json.dumps(rows, indent=1)):
        assert len(texts(read(text, max_document_bytes=20_000))) == 3000
        torn = read(text[:-40], max_document_bytes=20_000)
        assert len(texts(torn)) == 2999
        ((number, reason),) = refusals(torn)
        assert number == 3000
        assert int(reason.rsplit(" ", 1)[1].rstrip(")")) > len(text) - 600
    wrong = json.dumps(rows).replace("Number 1000.", 'Number "1000.')
    ((number, reason),) = refusals(read(wrong, max_document_bytes=20_000))
    assert (number, "Expecting ',' delimiter" in reason) == (1001, True)
    ((_, reason),) = refusals(read(json.dumps({"posts": rows}), max_document_bytes=20_000))
    assert "max_document_bytes (20000)" in reason


def test_a_field_that_stands_twice_is_told() -> None:
    found = read(
        '{"text": "", "text": "one"}\n{"text": "two", "text": "2"}\n{"Text": "3", "text": "4"}'
    )
    assert texts(found) == ["one", "two", "3"]
    assert notices(found) == ["1 times a field stands twice, filled differently: 'text'"] * 2


def test_mapped_columns_are_used_and_missing_ones_told() -> None:
    row = json.dumps({"Wer": "Ana", "Was": "Wir planen montags.", "title": "T", "text": "other"})
    (record,) = read(row, columns={"text": "was", "author": "WER"})
    assert isinstance(record, Record)
    assert (record.text, record.author, record.title) == ("Wir planen montags.", "Ana", "T")
    reason = "source.toml maps text to 'Body'; the fields are: Wer, Was, title, text"
    assert refusals(read(row, columns={"text": "Body"})) == [(0, reason)]
    ((_, reason),) = refusals(read(row, columns={"txt": "Was"}))
    assert reason == "source.toml maps 'txt', which is no field of ours"


@pytest.mark.parametrize(
    ("fields", "drop"),
    [
        ({"deleted_at": "2024-01-01"}, "deleted"), ({"deleted_at": None}, ""),
        ({"isDeleted": True}, "deleted"), ({"is_deleted": False}, ""), ({"deleted": "0"}, ""),
        ({"is_spam": 1}, "spam"), ({"status": "trash"}, "deleted"), ({"status": "publish"}, ""),
        ({"draft": "TRUE"}, "draft"),
    ],
)  # fmt: skip
def test_rows_that_say_themselves_that_they_are_gone(fields: dict[str, Any], drop: str) -> None:
    (record,) = read(json.dumps({"text": LONG, **fields}))
    assert isinstance(record, Record)
    assert record.drop == drop


def test_a_column_of_sentences_that_is_not_read_is_told() -> None:
    row = {"question": "How do you say no to the people who sell, every week?", "answer": LONG}
    found = read(json.dumps(row))
    assert texts(found) == [LONG]
    assert "not read, though it holds sentences: 'question'" in notices(found)[0]


@pytest.mark.parametrize(("markdown", "expected"), MARKDOWN)
def test_markdown(markdown: str, expected: str) -> None:
    assert markdown_text(markdown) == (expected, 0)


@given(st.text(st.characters(exclude_characters="*_`~[]()#<>\\&|+-=!", exclude_categories=["Cs"])))
def test_text_without_marks_is_left_alone(text: str) -> None:
    assert markdown_text(text)[0] == text.strip("\n")


@given(st.text("ab *_`~[]()#>\\&|-!\n", max_size=40))
def test_words_survive_markdown(text: str) -> None:
    letters = [letter for letter in text if letter in "ab"]
    assert [letter for letter in markdown_text(text)[0] if letter in "ab"] == letters
    kept, quoted = without_quotes(text)
    assert quoted or [letter for letter in kept if letter in "ab"] == letters


@pytest.mark.parametrize(
    "mark", ["**a ", "_a ", "[", "[a](", "`", "~~a", ">!a", "- ", "|-", "![]("]
)
def test_long_lines_of_marks_are_no_trap(mark: str) -> None:
    assert markdown_text(mark * 100_000)[1] == 0  # in quadratic time this would take hours
