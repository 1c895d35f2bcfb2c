"""Hostile posts, codebook and passport through the whole pipeline, then into a real browser."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Error

import canaries
import page_markup
from browser import look_for
from chromium import Chromium, Visit
from pmdiscourse.errors import DiscourseError
from pmdiscourse.pipeline import run
from pmdiscourse.present import report
from pmdiscourse.present.page import make_page
from pmdiscourse.settings import Settings

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
# Where hostile text must be seen in the reports, as text: otherwise nothing would have been tried.
SHOWN_FROM = {
    "json", "json_told", "json_group", "csv", "csv_told",  "html_text",
    "html_title","copied", "copied_title", "passport_title", "passport_description",
    "codebook_title", "codebook_definition", "codebook_seed", "file",
}  # fmt: skip
AUTHORS = {"json_author", "csv_author", "html_author"}


class Hostile(NamedTuple):
    """Reports on hostile posts, and the notebooks as they were executed for them."""

    reports: list[Path]
    notebooks: list[NotebookNode]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    folder = tmp_path_factory.mktemp("hostile")
    codebook = canaries.write_codebook(folder / "codebook")
    raw, processed = canaries.write_raw(folder / "raw"), folder / "processed"
    run(raw, processed, settings=Settings(codebook=str(codebook)))
    executed: list[NotebookNode] = []
    execute = report.execute_notebook

    def keep(notebook: NotebookNode, *, name: str, directory: Path) -> NotebookNode:
        executed.append(execute(notebook, name=name, directory=directory))
        return executed[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "execute_notebook", keep)
        reports = report.export_reports(processed, folder / "out", parameters={"n_quotes": 100})
    return Hostile(reports, executed)


def open_raw(chromium: Chromium, path: Path, markup: str) -> dict[str, list[str]]:
    """Open markup in a page without any policy; return what it did."""
    path.write_text(f"<!doctype html><html><body>{markup}", encoding="utf-8")

    def wait_and_look(visit: Visit) -> dict[str, list[str]]:
        for _ in range(100):  # rounds at most; on a machine at rest the first is enough
            visit.page.wait_for_timeout(100)
            asked = [url for url in visit.requests if "canary.example" in url]
            if asked:
                return {"requests": asked}
            with suppress(Error):  # the page is on its way to where the canary sends it
                if found := look_for(visit, "running", "requests"):
                    return found
        return {}

    return chromium.visit(path, wait_and_look)


@pytest.mark.parametrize("name", canaries.NAMES)
def test_each_canary_fires_where_markup_is_raw(
    chromium: Chromium, tmp_path: Path, name: str
) -> None:
    careless = MarkdownIt("commonmark", {"html": True})
    careless.validateLink = lambda _: True  # type: ignore[method-assign]
    markup = careless.render(canaries.within(name, "raw"))
    assert open_raw(chromium, tmp_path / "raw.html", markup)


def test_nothing_runs_with_or_without_the_policy(
    chromium: Chromium, hostile: Hostile, tmp_path: Path
) -> None:
    for path in hostile.reports:
        assert chromium.visit(path, lambda visit: look_for(visit, "running", "requests")) == {}
        text, n_policies = POLICY.subn("", path.read_text(encoding="utf-8"))
        assert n_policies == 1
        bare = tmp_path / path.name
        bare.write_text(text, encoding="utf-8")
        assert chromium.visit(bare, lambda visit: look_for(visit, "running", "requests")) == {}


def test_hostile_text_is_shown_as_text_and_authors_never(hostile: Hostile) -> None:
    shown, written = "", ""
    for path in hostile.reports:
        written += path.read_text(encoding="utf-8")
        shown += lxml_html.document_fromstring(path.read_text(encoding="utf-8")).text_content()
    names = "|".join(canaries.NAMES)
    places = set(re.findall(rf"__pwned_(\w+?)_(?:{names}|name)\b", shown))
    assert places >= SHOWN_FROM - {"codebook_seed"}
    assert "__pwned_codebook_seed" in shown
    assert not [author for author in AUTHORS if f"__pwned_{author}" in written]


@pytest.mark.parametrize("name", [name for name in canaries.NAMES if "markdown" not in name])
def test_raw_markup_is_seen(name: str) -> None:
    markup = canaries.within(name, "raw").replace("</body></html>", "")  # libxml2 would stop there
    page = f"<!doctype html><html><body><p>{markup}"
    assert page_markup.find_foreign(lxml_html.document_fromstring(page))


def test_nothing_of_the_posts_is_markup(hostile: Hostile) -> None:
    for path in hostile.reports:
        root = lxml_html.document_fromstring(path.read_text(encoding="utf-8"))
        assert page_markup.find_foreign(root) == []
        assert not root.xpath("//aside"), "real posts have no banner of the sample"


def test_templates_in_posts_and_passport_are_words(hostile: Hostile) -> None:
    index, themes = (hostile.reports[place].read_text(encoding="utf-8") for place in (0, 2))
    assert canaries.TEMPLATE in lxml_html.document_fromstring(index).text_content()
    assert canaries.TEMPLATE in lxml_html.document_fromstring(themes).text_content()


def test_outputs_of_the_notebooks_are_inert_as_jupyter_shows_them(
    chromium: Chromium, hostile: Hostile, tmp_path: Path
) -> None:
    outputs = [o for n in hostile.notebooks for c in n.cells for o in c.get("outputs", [])]
    html = [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]
    assert "__pwned" in "".join(html)
    assert open_raw(chromium, tmp_path / "outputs.html", "\n".join(html)) == {}


@pytest.mark.parametrize("kind", ["text/markdown", "text/html", "text/plain"])
def test_an_output_made_without_care_is_inert_in_the_report(
    chromium: Chromium, tmp_path: Path, kind: str
) -> None:
    outputs = [
        new_output("display_data", {kind: canaries.within(name, "cell")}) for name in canaries.NAMES
    ]
    cells = [
        new_markdown_cell("# Some posts"),
        new_markdown_cell("\n\n".join(canaries.get(name, "prose") for name in canaries.NAMES)),
        new_code_cell("display(posts)", outputs=outputs),
    ]
    page = make_page(new_notebook(cells=cells), name="careless")
    assert "__pwned" in page.lead + page.body
    assert open_raw(chromium, tmp_path / "page.html", page.lead + page.body) == {}


def test_seed_terms_hold_no_markup(tmp_path: Path) -> None:
    codebook = canaries.write_codebook(tmp_path / "codebook")
    themes = codebook / "themes.toml"
    text = themes.read_text(encoding="utf-8").replace(canaries.SEED, "<b>blame</b>", 1)
    themes.write_text(text, encoding="utf-8")
    with pytest.raises(DiscourseError, match="seeds is not usable"):
        run(tmp_path, tmp_path / "out", settings=Settings(codebook=str(codebook)))
