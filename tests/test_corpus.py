"""A folder as a whole: the sample's counts, ids, duplicates, passports, pseudonyms."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.corpus import ingest
from test_readers import LONG, write

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "raw" / "sample"


def test_the_sample_gives_the_counts_it_was_written_for() -> None:
    expected = json.loads((ROOT / "tests" / "data" / "sample_counts.json").read_text())
    ingested = ingest(SAMPLE)
    assert {key: ingested.counts[key] for key in expected if key in ingested.counts} == expected
    assert ingested.corpus["synthetic"] is True
    assert "es" in set(ingested.posts["language"])


def test_every_passage_the_writer_coded_is_found() -> None:
    coded = pd.read_csv(ROOT / "tests" / "data" / "sample_themes.csv")
    passages = ingest(SAMPLE).passages
    starts = {text[:60].strip() for text in passages["text"]}
    assert [text for text in coded["excerpt"] if text.strip() not in starts] == []


def test_ids_do_not_depend_on_paths_order_or_the_authors_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ingest(SAMPLE)
    moved = tmp_path / "raw"
    shutil.copytree(SAMPLE, moved)
    (moved / "forum.csv").rename(moved / "pages" / "zz.csv")
    monkeypatch.setenv("PMDISCOURSE_KEY_FILE", str(tmp_path / "other.key"))
    after = ingest(moved)
    columns = ["post_id", "thread_id", "parent_id", "text", "kind"]
    pd.testing.assert_frame_equal(before.posts[columns], after.posts[columns])
    assert before.passages["passage_id"].tolist() == after.passages["passage_id"].tolist()
    assert not set(before.posts["author"].dropna()) & set(after.posts["author"].dropna())


def test_a_page_scraped_twice_counts_once(tmp_path: Path) -> None:
    page = "On dates\n\n" + "\n\n".join([LONG, LONG + " Again.", LONG + " And again."])
    ingested = ingest(write(tmp_path, a__txt=page, b__txt=page.replace(" ", "  ")))
    assert ingested.counts["duplicates"] == 1
    kept, again = ingested.posts.sort_values("duplicate_of", na_position="first").itertuples()
    assert again.duplicate_of == kept.post_id
    assert len(ingested.passages) == 3


def test_short_texts_of_two_people_are_no_duplicates(tmp_path: Path) -> None:
    rows = "\n".join(json.dumps({"id": n, "body": "So true."}) for n in (1, 2))
    assert ingest(write(tmp_path, posts__jsonl=rows)).counts["duplicates"] == 0


def test_the_sample_is_never_mixed_with_real_posts(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "sample")
    alone = ingest(tmp_path)
    assert (alone.left_out, alone.counts["essays"]) == ([], 17)
    write(tmp_path, broken__pdf="x")
    assert ingest(tmp_path).left_out == [], "a file without a post does not push the sample out"
    write(tmp_path, mine__txt="\n\n".join([LONG] * 3))
    mixed = ingest(tmp_path)
    assert len(mixed.left_out) == len(alone.inputs)
    assert mixed.counts["essays"] == 1
    assert mixed.corpus["synthetic"] is False


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('titel = "x"', "field 'titel' is unknown.*Did you mean 'title'"),
        ('synthetic = "yes"', "'synthetic'.*allowed is a bool"),
        ("title = ", "cannot be read"),
    ],
)
def test_a_broken_passport_is_an_error(tmp_path: Path, toml: str, message: str) -> None:
    write(tmp_path, source__toml=toml, a__txt=LONG)
    with pytest.raises(DiscourseError, match=message):
        ingest(tmp_path)


def test_no_raw_author_name_leaves_the_wing(tmp_path: Path) -> None:
    row = json.dumps({"id": 1, "body": LONG, "author": "Quirina Zed"})
    folder = write(tmp_path, posts__jsonl=row)
    ingested = ingest(folder)
    assert "Quirina" not in ingested.posts.to_csv()
    assert ingested.posts["author"].item().startswith("author-")
    assert ingest(folder, settings={"keep_authors": True}).posts["author"].item() == "Quirina Zed"


def test_raw_files_are_only_read(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "raw")
    before = {path: path.read_bytes() for path in (tmp_path / "raw").rglob("*") if path.is_file()}
    ingest(tmp_path / "raw")
    after = {path: path.read_bytes() for path in (tmp_path / "raw").rglob("*") if path.is_file()}
    assert after == before
