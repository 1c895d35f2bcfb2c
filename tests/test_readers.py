"""Each raw format, and every way a record can be set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.corpus import Ingested, ingest
from pmdiscourse.ingest.decode import decode

LONG = "We moved the date again and nobody wrote down who had asked for the change."


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files; `__` in a name stands for the dot of its ending."""
    for name, content in files.items():
        data = content.encode("utf-8") if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def reconcile(ingested: Ingested) -> None:
    counts = ingested.counts
    parts = ("accepted", "duplicates", "dropped", "quarantined")
    assert counts["records_read"] == sum(counts[part] for part in parts)
    assert counts["records_read"] == sum(item["records"] for item in ingested.inputs)


def test_csv_rows_become_a_thread(tmp_path: Path) -> None:
    rows = [
        "id,parent_id,title,author,created_utc,body",
        f'1,,On dates,Ana,2024-03-01T10:00:00Z,"{LONG}\n\n{LONG} Twice."',
        f"2,1,,Ben,1709290000,{LONG} Indeed.",
        f"3,2,,Ana,1709290000000,{LONG} No.",
        "4,1,,Cy,,[deleted]",
        f"5,4,,Di,not a date,{LONG} Still here.",
        "6,1,,AutoModerator,,Please read the rules of this place before posting.",
        "7,1,,Eve,,",
        "8,1,too,few",
    ]
    ingested = ingest(write(tmp_path, posts__csv="\n".join(rows)))
    reconcile(ingested)
    posts = ingested.posts.set_index("text")
    root = posts.index[posts["kind"] == "essay"][0]
    assert len(posts) == 4
    assert set(posts["thread_id"]) == {posts.loc[root, "thread_id"]}
    assert posts.loc[f"{LONG} No.", "parent_id"] == posts.loc[f"{LONG} Indeed.", "post_id"]
    assert pd.isna(posts.loc[f"{LONG} Still here.", "parent_id"]), "its parent was dropped"
    assert posts.loc[f"{LONG} Still here.", "kind"] == "comment"
    assert posts.loc[root, "author"] == posts.loc[f"{LONG} No.", "author"] != "Ana"
    times = posts["published_at"].dt.strftime("%Y-%m-%d %H:%M")
    assert times[f"{LONG} Indeed."] == times[f"{LONG} No."] == "2024-03-01 10:46"
    assert ingested.dropped["reason"].tolist() == ["deleted", "bot"]
    assert ingested.quarantine["record"].tolist() == [7, 8]
    assert ingested.quarantine["reason"].tolist() == [
        "no text and no title",
        "4 fields where the header has 6",
    ]


def test_reddit_like_jsonl(tmp_path: Path) -> None:
    rows = [
        {"name": "t3_a", "title": "On dates", "selftext": LONG, "subreddit": "pm"},
        {"name": "t1_b", "body": f"R&amp;D {LONG}", "parent_id": "t3_a", "link_id": "t3_a"},
        {"name": "t1_c", "body": LONG + " Gone.", "parent_id": "t1_zz", "link_id": "t3_yy"},
    ]
    lines = [json.dumps(row) for row in rows]
    torn = lines[0][:30]
    text = "\n".join([*lines, torn, "[1, 2]", "", '{"body": null}'])
    ingested = ingest(write(tmp_path, dump__jsonl=text))
    reconcile(ingested)
    posts = ingested.posts.set_index("text")
    reply, stranger = posts.loc[f"R&D {LONG}"], posts.loc[LONG + " Gone."]
    assert reply["thread_id"] == posts.loc[LONG, "thread_id"] == posts.loc[LONG, "post_id"]
    assert stranger["kind"] == "comment"
    assert stranger["thread_id"] != reply["thread_id"]
    assert ingested.quarantine["record"].tolist() == [4, 5, 7]
    assert ingested.quarantine["reason"].str.contains("JSON|no text").all()


HTML = f"""<!doctype html><html><head><title>On dates - A site</title>
<script>var shop = "buy";</script></head><body>
<nav><a href="/">Home</a> <a href="/about">About</a></nav>
<article><h1>On dates</h1><p class="byline">By Ana</p>
<p>{LONG} It was the third time.</p><p>{LONG} It was the fourth time, and the last.</p>
<p>{LONG} After that we stopped promising dates to people who sold them on.</p></article>
<section id="comments"><h2>2 comments</h2><ol class="comment-list">
<li class="comment"><div class="comment-body"><cite class="fn">Ben</cite>
<span class="says">says:</span>
<time datetime="2024-03-02T09:00:00+01:00">2 March</time>
<div class="comment-content"><p>Same here.</p><p>Every quarter.</p></div>
<div class="reply"><a href="#r">Reply</a></div></div>
<ol class="children"><li class="comment"><div class="comment-body"><cite class="fn">Cy</cite>
<div class="comment-content"><p>Not in <b>our</b> firm.</p></div></div></li></ol></li>
</ol></section><footer>All rights reserved</footer></body></html>"""


@pytest.mark.parametrize("name", ["page__html", "page__txt"])
def test_html_page_with_nested_comments(tmp_path: Path, name: str) -> None:
    ingested = ingest(write(tmp_path, **{name: HTML}))
    reconcile(ingested)
    posts = ingested.posts.set_index("kind")
    essay = posts.loc["essay"]
    assert essay["title"] == "On dates"
    assert essay["text"].count(LONG) == 3
    assert not any(word in essay["text"] for word in ("Home", "shop", "Same here", "reserved"))
    comments = ingested.posts[ingested.posts["kind"] == "comment"].set_index("text")
    first, second = comments.loc["Same here.\nEvery quarter."], comments.loc["Not in our firm."]
    assert first["parent_id"] == essay["post_id"]
    assert second["parent_id"] == first["post_id"]
    assert str(first["published_at"]) == "2024-03-02 08:00:00+00:00"
    assert set(comments["thread_id"]) == {essay["thread_id"]}


def test_flattened_comments_carry_name_and_date(tmp_path: Path) -> None:
    page = "\n\n".join(
        ["On dates", "By Ana Souza", "March 1, 2024", LONG, LONG, LONG + " Ever.", "2 comments",
         "Ben Ode says:\nMarch 2, 2024 at 9:00 am", "Same here, every quarter.", "Reply",
         "Cy Li says:\nMarch 3, 2024 at 9:00 am", "Not in our firm.", "Reply"]
    )  # fmt: skip
    posts = ingest(write(tmp_path, page__txt=page), settings={"keep_authors": True}).posts
    comments = posts[posts["kind"] == "comment"].set_index("author")
    assert comments.loc["Ben Ode", "text"] == "Same here, every quarter."
    assert comments.loc["Cy Li", "published_at"].day == 3
    essay = posts[posts["kind"] == "essay"].iloc[0]
    assert (essay["author"], essay["title"]) == ("Ana Souza", "On dates")
    assert essay["published_at"].month == 3


@pytest.mark.parametrize(
    ("encoding", "known_by"),
    [("utf-8", "utf-8"), ("utf-8-sig", "byte order mark"), ("utf-16", "byte order mark"),
     ("cp1252", "detected")],
)  # fmt: skip
def test_encodings(encoding: str, known_by: str) -> None:
    text = "“Ownership” is a café word – said Zoë, and nobody laughed at the naïve question. " * 3
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.known_by) == (text, known_by)


def test_a_declared_encoding_is_used() -> None:
    page = "<meta charset='iso-8859-2'><p>Łódź, żółw</p>"
    decoded = decode(page.encode("iso-8859-2"))
    assert (decoded.text, decoded.known_by) == (page, "declared")


def test_files_that_cannot_be_read_are_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path, empty__txt="", picture__txt=b"\x89PNG\x00\x01", paper__pdf="%PDF-1.7 text",
          wrong__csv="a,b\n1,2", chrome__txt="Share\n\nSubscribe", good__txt=LONG)  # fmt: skip
    (tmp_path / "link.txt").symlink_to(tmp_path / "nowhere.txt")
    ingested = ingest(tmp_path)
    reconcile(ingested)
    reasons = ingested.quarantine.set_index("file")["reason"]
    assert reasons["empty.txt"] == "empty file"
    assert "not text" in reasons["picture.txt"]
    assert reasons["paper.pdf"] == "a PDF document"
    assert reasons["wrong.csv"] == "no text column; the header is: a, b"
    assert "broken link" in reasons["link.txt"]
    assert "furniture" in reasons["chrome.txt"]
    assert ingested.quarantine["what_to_do"].str.len().min() > 10
    assert len(ingested.posts) == 1


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="does not exist"):
        ingest(tmp_path / "nothing")


def test_a_file_over_the_limit_is_set_aside(tmp_path: Path) -> None:
    ingested = ingest(write(tmp_path, big__txt=LONG * 9), settings={"max_file_bytes": 100})
    assert "max_file_bytes" in ingested.quarantine["reason"].item()


def read_one(folder: Path, **files: str | bytes) -> Ingested:
    ingested = ingest(write(folder, **files))
    reconcile(ingested)
    return ingested


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a__html", "<!doctype html>", "not readable|no article"),
        ("a__html", "<!-- nothing -->", "not readable|no article"),
        ("a__jsonl", '{"text": "\\u200b\\u00ad"}', "no letter and no digit"),
        ("a__jsonl", '{"text": NaN}', "NaN is no JSON value"),
        ("a__csv", "id,text\n", "a header and no rows"),
        ("a__csv", "jane@example.org,we left\nb,c", "2 fields, no names of columns"),
    ],
)
def test_a_file_without_a_post_is_told_and_the_rest_goes_on(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    ingested = read_one(tmp_path, good__txt=LONG, **{name: content})
    assert len(ingested.posts) == 1
    assert ingested.quarantine["reason"].str.contains(reason).tolist() == [True]


def test_deep_comments_and_broken_characters_do_not_stop_a_run(tmp_path: Path) -> None:
    deep = HTML.replace("<p>Same here.</p>", "<div>" * 5000 + "Same here." + "</div>" * 5000)
    row = {"text": f"{LONG} \ud800 end", "author": "a\udc00b", "subreddit": "p\ud800m"}
    name = "bad\udcff.txt"
    (tmp_path / name).write_text(f"{LONG} In a file with an odd name.")
    ingested = read_one(
        tmp_path, deep__html=deep, torn__jsonl=json.dumps(row), good__txt=LONG + " Good."
    )
    assert f"{LONG} end" in set(ingested.posts["text"])
    assert "bad\\xff.txt" in set(ingested.posts["raw_file"])
    ingested.posts.to_csv().encode("utf-8")


def test_an_open_quote_does_not_swallow_rows_in_silence(tmp_path: Path) -> None:
    ingested = read_one(tmp_path, a__csv=f'id,text\n1,{LONG}\n2,"text B\n3,text C')
    assert len(ingested.posts) == 1
    assert ingested.quarantine["reason"].tolist() == ["a quote opens here and never closes"]


def test_words_about_encodings_are_no_declaration(tmp_path: Path) -> None:
    text = f"{LONG} Then the café printed encoding=utf-16 and charset=unicode_escape. "
    posts = read_one(tmp_path, a__txt=text, b__txt=text + "x").posts
    assert posts["text"].str.contains("café printed").all()


def test_two_forums_with_the_same_bare_ids_stay_apart(tmp_path: Path) -> None:
    one = f"id,parent_id,text\n1,,{LONG} One.\n2,1,{LONG} Reply one."
    two = f"id,parent_id,text\n1,,{LONG} Two.\n2,1,{LONG} Reply two.\n9,3,{LONG} Lost."
    before = read_one(tmp_path, b__csv=one).posts
    after = read_one(tmp_path, a__csv=two).posts
    assert set(before["post_id"]) < set(after["post_id"]), "another file moves no id"
    by_text = after.set_index("text")
    assert after["thread_id"].nunique() == 3
    assert by_text.loc[f"{LONG} Reply two.", "parent_id"] == by_text.loc[f"{LONG} Two.", "post_id"]
    assert pd.isna(by_text.loc[f"{LONG} Lost.", "parent_id"])


def test_thread_ids_without_post_ids_make_threads(tmp_path: Path) -> None:
    rows = [f"T{i % 2},{LONG} Number {i}." for i in range(8)]
    posts = read_one(tmp_path, a__csv="\n".join(["thread_id,text", *rows])).posts
    assert posts["thread_id"].nunique() == 2


def test_a_loop_of_parents_is_one_thread(tmp_path: Path) -> None:
    rows = [f"{a},{b},{LONG} Post {a}." for a, b in ((1, 3), (2, 1), (3, 2), (4, 4))]
    posts = read_one(tmp_path, a__csv="\n".join(["id,parent_id,text", *rows])).posts
    parents = posts.set_index("post_id")["parent_id"]
    assert parents.isna().sum() == 2
    assert posts["thread_id"].nunique() == 2


def test_the_same_short_comments_scraped_twice_count_once(tmp_path: Path) -> None:
    rows = "\n".join(json.dumps({"id": f"c{i}", "body": "+1 to this"}) for i in range(3))
    assert read_one(tmp_path, a__jsonl=rows, b__jsonl=rows).counts["duplicates"] == 3


def test_unclear_times_are_counted_and_left_empty(tmp_path: Path) -> None:
    times = ["10:30", "03/04/2024", "99999999999", "31/12/2023", "yesterday"]
    rows = "\n".join(json.dumps({"body": f"{LONG} {t}", "date": t}) for t in times)
    ingested = read_one(tmp_path, a__jsonl=rows)
    assert ingested.counts["times_not_understood"] == 4
    assert ingested.posts["published_at"].notna().sum() == 1


def test_deleted_authors_are_nobody(tmp_path: Path) -> None:
    rows = "\n".join(json.dumps({"body": f"{LONG} {i}", "author": "[deleted]"}) for i in range(2))
    assert read_one(tmp_path, a__jsonl=rows).posts["author"].isna().all()
