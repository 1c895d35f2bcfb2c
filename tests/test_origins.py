"""The way back: each passage's place in what was read gives its words again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmdiscourse.ingest.parts import run_ingest
from pmdiscourse.ingest.repair import clean_text
from pmdiscourse.store import read_table
from test_readers import LONG, write

SAMPLE = Path(__file__).parent.parent / "data" / "raw" / "sample"


def test_places_of_rows_lie_in_the_records_text(tmp_path: Path) -> None:
    body = f"It&amp;s  {LONG}\u200b\r\n\r\n{LONG} Write to ana@example.org, {LONG}\r\n"
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, rows__jsonl=json.dumps({"id": "7", "body": body, "author": "Ana"}))
    run_ingest(raw, tmp_path / "out")
    passages = read_table(tmp_path / "out", "passages").set_index("passage_id")
    origins = read_table(tmp_path / "out", "origins").set_index("passage_id")
    assert len(origins) == len(passages) == 2
    assert set(origins["record"]) == {1}
    for passage_id, place in origins.iterrows():
        there = clean_text(body[place["raw_start"] : place["raw_end"]])
        assert there.replace("ana@example.org", "[e-mail]") == passages["text"][passage_id]


@pytest.mark.parametrize("name", [path.name for path in sorted((SAMPLE / "pages").glob("*.txt"))])
def test_places_of_copied_pages_lie_in_the_file(tmp_path: Path, name: str) -> None:
    page = SAMPLE / "pages" / name
    run_ingest(page, tmp_path)
    passages = read_table(tmp_path, "passages").set_index("passage_id")["text"]
    text = page.read_bytes().decode("utf-8")  # with the line breaks that the file has
    for passage_id, place in read_table(tmp_path, "origins").set_index("passage_id").iterrows():
        there = clean_text(text[place["raw_start"] : place["raw_end"]])
        masked = "[" in passages[passage_id]
        assert masked or there == passages[passage_id]
