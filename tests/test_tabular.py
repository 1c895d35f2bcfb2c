"""CSV and TSV as people and their programs write them: every row is read, or refused by number."""

from __future__ import annotations

import dataclasses

import pytest

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.tabular import read_tabular
from pmdiscourse.ingest.records import Notice, Record, Refused
from pmdiscourse.settings import Settings

Found = Record | Refused | Notice


def read(
    data: bytes | str, columns: dict[str, str] | None = None, name: str = "a.csv", **limits: int
) -> list[Found]:
    data = data.encode("utf-8") if isinstance(data, str) else data
    document = Document.of_bytes(name, data, Settings(**limits))
    return list(read_tabular(dataclasses.replace(document, columns=columns or {})))


def texts(found: list[Found]) -> list[str]:
    return [item.text for item in found if isinstance(item, Record)]


def refusals(found: list[Found]) -> list[tuple[int, str]]:
    return [(item.number, item.reason) for item in found if isinstance(item, Refused)]


def notices(found: list[Found]) -> list[str]:
    return [item.what for item in found if isinstance(item, Notice)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("id,text\n1,one\n2,two", ["one", "two"]),
        ("id,text\r\n1,one\r\n2,two\r\n", ["one", "two"]),
        ("id,text\r1,one\r2,two\r", ["one", "two"]),
        ("\n\nid,text\n1,one\n2,two\n", ["one", "two"]),
        ("id;text\n1;one, and more\n2;two", ["one, and more", "two"]),
        ("sep=;\nid;text\n1;one\n2;two", ["one", "two"]),
        ('"sep=,"\nid,text\n1,one\n2,two', ["one", "two"]),
        ("id\ttext\n1\tone, and; more\n2\ttwo", ["one, and; more", "two"]),
        ("id|text\n1|one\n2|two", ["one", "two"]),
        ('id,text\n1,"one\n\nand, more"\n2,"say ""two"""', ["one\n\nand, more", 'say "two"']),
        ('id,text\n1,"say \\"one, two\\""\n2,three', ['say "one, two"', "three"]),
        ('id\ttext\n1\t"one\n2\tsay "two" now\n', ['"one', 'say "two" now']),
        ("text\nOne, two\nThree, four, five\n", ["One, two", "Three, four, five"]),
        ("id,text,\n1,one,\n2,two,,,\n", ["one", "two"]),
        ("id,text\n1,=1+1\n2,+cmd|' /C x'!A1\n", ["=1+1", "+cmd|' /C x'!A1"]),
        ("id,text\n1,one\x00\n2,two", ["one\x00", "two"]),
        ("ID, Text \n1,<p>one</p><p>more</p>\n2,two", ["one\nmore", "two"]),
    ],
)
def test_ways_of_writing_a_table(data: str, expected: list[str]) -> None:
    for raw in (data.encode(), data.encode("utf-8-sig"), data.encode("utf-16")):
        found = read(raw)
        assert texts(found) == expected
        assert refusals(found) == []


def test_a_long_field_is_one_field() -> None:
    long = "We moved it. " * 20_000
    assert texts(read(f'id,text\n1,"{long}"\n2,two')) == [long.strip(), "two"]


def test_rows_that_are_none_are_counted() -> None:
    found = read("id,text\n1,one\n,\n ,\nid,text\n2,two\n")
    assert texts(found) == ["one", "two"]
    assert notices(found) == ["2 empty rows left out", "1 rows that repeat the header left out"]


def test_ragged_rows_are_refused_one_by_one() -> None:
    found = read('id,title,text\n1,T,one\n2,two\n3,T,a,b\n4,"T\nU",x,y\n5,T,five\n')
    assert texts(found) == ["one", "five"]
    assert refusals(found) == [
        (2, "2 fields where the header has 3"),
        (3, "4 fields where the header has 3"),
        (4, "4 fields where the header has 3 (over 2 lines)"),
    ]


OPEN = "a quote opens here and never closes"
AMID = "a quote opens here and closes in the midst of a line below"


@pytest.mark.parametrize(
    ("data", "kept", "refused", "told"),
    [
        ('id,text\n1,one\n2,"tw', ["one"], OPEN, "close the quote"),
        ('id,text\n1,one\n2,"two\n3,three', ["one"], OPEN, "1 lines below it are not read"),
        ('id,a,text\n1,x,one\n2,x,"two\n3,x,three\n4,x,four', ["one", "three", "four"], OPEN,
         "2 lines below it are read as rows"),
        ('id,a,text\n1,x,one\n2,x,"two\n3,three', ["one"], OPEN, "not read"),
        ('id,a,text\n1,x,one\n2,x,"two\n3,x,say "three" now\n4,x,four\n',
         ["one", 'say "three" now', "four"], AMID, "1 lines below it are read as rows"),
        ('id,text\n1,one\n2,"two\n3,say "three" now\n4,four\n', ["one", "four"], AMID,
         "1 lines below it are not read"),
        ('id,a,text\n1,x,one\n2,x,"two\n3,"y",three\n4,x,four\n',
         ["one", "three", "four"], AMID, "1 lines below it are read as rows"),
    ],
)  # fmt: skip
def test_an_open_quote_swallows_no_row_in_silence(
    data: str, kept: list[str], refused: str, told: str
) -> None:
    found = read(data)
    assert texts(found) == kept
    assert refusals(found) == [(2, refused)]
    assert told in next(item.what_to_do for item in found if isinstance(item, Refused))


def test_an_open_quote_in_a_large_table_costs_one_row() -> None:
    rows = "".join(f"{n},row number {n}\n" for n in range(2, 9000))
    found = read(f'id,text\n1,"opens here\n{rows}', max_document_bytes=20_000)
    assert len(texts(found)) == 8998
    assert refusals(found) == [(1, "not readable as CSV: field larger than field limit (20000)")]


def test_a_line_over_the_limit_is_its_own_row() -> None:
    found = read(f"id,text\n1,one\n2,{'x' * 300}\n3,three\n", max_document_bytes=200)
    assert texts(found) == ["one", "three"]
    assert refusals(found) == [(2, "a line of more than max_document_bytes (200)")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a,b\n1,2\n", "no text column; the header is: a, b"),
        ("1,Ana,Good\n2,Bo,Bad\n", "no text column; the header is: 3 fields, no names of columns"),
        ("id,text\n", "a header and no rows"),
    ],
)
def test_no_table_of_posts(data: str, reason: str) -> None:
    assert refusals(read(data)) == [(0, reason)]


def test_columns_are_guessed_aloud_or_mapped() -> None:
    table = 'nr,wer,was\n1,Ana,"Wir planen montags, und dienstags stimmt es nicht."\n'
    found = read(table)
    assert notices(found) == ["guessed: text from 'was'"]
    (record,) = read(table, {"text": "WAS", "author": "Wer"})
    assert isinstance(record, Record)
    assert (record.author, record.text[:10]) == ("Ana", "Wir planen")
    reason = "source.toml maps text to 'Body'; the header is: nr, wer, was"
    assert refusals(read(table, {"text": "Body"})) == [(0, reason)]


def test_columns_of_one_name_are_told() -> None:
    found = read("id,text,text\n1,,one\n2,two,other\n")
    assert texts(found) == ["one", "two"]
    assert notices(found)[0] == "2 columns are called 'text'"


def test_tables_of_known_sites_are_read_as_such() -> None:
    header = "id,author,created_utc,body,parent_id,link_id,subreddit"
    (record,) = read(f'{header}\nab,Bo,1.7e+09,"> no\n\n**Yes**",t1_aa,t3_x,pm\n')
    assert isinstance(record, Record)
    assert (record.text, record.quoted, record.published) == ("Yes", 1, "1700000000")
    assert (record.own_id, record.parent_key, record.thread_key) == ("t1_ab", "t1_aa", "x")
    found = read(
        "id,by,time,type,text,parent,deleted\n5,bo,17,comment,Hi <i>you,3,\n6,,17,comment,,3,true\n"
    )
    assert [item.drop for item in found if isinstance(item, Record)] == ["", "deleted"]
    assert texts(found) == ["Hi you", ""]
