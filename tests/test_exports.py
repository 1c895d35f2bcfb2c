"""What writers export from Medium and Substack."""

from __future__ import annotations

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.exports import (
    is_medium,
    is_substack_index,
    read_medium,
    read_substack_index,
)
from pmdiscourse.ingest.records import Notice, Record

PAGE = """<!DOCTYPE html><html><head><title>Who owns it</title></head><body>
<article class="h-entry"><header><h1 class="p-name">Who owns it</h1></header>
<section data-field="subtitle" class="p-summary">A question</section>
<section data-field="body" class="e-content"><section class="section--body"><div>
<h3 class="graf graf--h3 graf--title">Who owns it</h3>
<p class="graf graf--p">Whoever <em>said</em> the date.</p><p class="graf graf--p">Or not.</p>
</div></section></section>
<footer><p>By <a href="https://medium.com/@x" class="p-author h-card">Mira Voss</a> on
<a href="#"><time class="dt-published" datetime="2024-01-05T10:00:00.000Z">January 5</time></a>.</p>
<p><a href="https://medium.com/p/abc" class="p-canonical">Canonical link</a></p>
<p>Exported from <a href="https://medium.com">Medium</a> on June 1, 2024.</p></footer>
</article></body></html>"""


def read_one(page: str) -> Record:
    document = Document.of_bytes("post.html", page.encode())
    assert is_medium(document)
    (record,) = read_medium(document)
    assert isinstance(record, Record)
    return record


def test_medium_post() -> None:
    assert read_one(PAGE) == Record(
        number=1, key="essay", title="Who owns it", text="Whoever said the date.\nOr not.",
        author="Mira Voss", published="2024-01-05T10:00:00.000Z", site="medium.com", kind="essay",
        own_id="https://medium.com/p/abc",
    )  # fmt: skip


def test_medium_draft_and_own_response() -> None:
    start, end = PAGE.index("<time"), PAGE.index("</time>")
    assert read_one(PAGE[:start] + PAGE[end:]).drop == "draft"
    heading = '<h3 class="graf graf--h3 graf--title">Who owns it</h3>'
    response = read_one(PAGE.replace(heading, "").replace("Whoever", "Who owns it, whoever"))
    assert (response.kind, response.title) == ("comment", "")


def test_medium_is_told_by_its_markup() -> None:
    page = PAGE.replace('data-field="body"', "").encode()
    assert not is_medium(Document.of_bytes("post.html", page))


def test_substack_list() -> None:
    rows = (
        "post_id,post_date,is_published,email_sent_at,type,audience,title,subtitle\n"
        '1.owning,2024-01-05T10:00:00Z,true,,newsletter,everyone,"What I&#x2019;d own",\n'
        "2.half,,false,,newsletter,everyone,Half,\n"
    )
    document = Document.of_bytes("posts.csv", rows.encode())
    assert is_substack_index(document)
    listed, drafts = read_substack_index(document)
    assert isinstance(listed, Notice)
    assert "2 posts" in listed.what
    assert "1 of them" in drafts.what
    assert "2.half" in drafts.what
    assert not is_substack_index(Document.of_bytes("posts.csv", b"post_id,title,body\n"))
