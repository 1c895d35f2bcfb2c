"""From a finished run to HTML: complete, readable, inert, and the same bytes every time."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from lxml import html as lxml_html
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import page_markup
from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.execute import execute_notebook, get_parameters, set_parameters
from pmdiscourse.present.frames import load_run_codebook, records
from pmdiscourse.present.index import index_parts
from pmdiscourse.present.markup import clean
from pmdiscourse.present.page import make_page
from pmdiscourse.present.provenance import MANY_FILES, describe_run, find_commit
from pmdiscourse.present.report import export_reports
from pmdiscourse.present.share_words import find_intervals
from pmdiscourse.present.wording import percent, percent_range
from pmdiscourse.run_id import find_run_id
from pmdiscourse.store import read_manifest, read_table, write_manifest, write_part

CANARIES = (
    "<script>window.__pwned1=1</script>",
    "<img src=x onerror='window.__pwned2=1'>",
    "<svg onload=window.__pwned3=1><circle r=9></svg>",
    "<iframe srcdoc='<script>parent.__pwned4=1</script>'></iframe>",
    "<details open ontoggle=window.__pwned5=1>x</details>",
    "[click me](javascript:window.__pwned6=1) <a href='javascript:window.__pwned7=1'>me</a>",
    "</details></main></body><script>window.__pwned8=1</script>",
    "{{ 7 * 7 }} {% for x in y %} {{ config }}",
    "<style>body{display:none}</style><link rel=stylesheet href=http://example.org/x.css>",
    "<base href=http://example.org/><meta http-equiv=refresh content='0;url=http://example.org'>",
    "<form action=http://example.org><input name=a><button>go</button></form>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=window.__pwned9=1></style></math>",
    "\x1b]8;;http://example.org\x07link\x1b]8;;\x07 $\\frac{1$ `<b>`",
)
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
REPORTS = [
    "index.html",
    "01-corpus.html",
    "02-themes.html",
    "03-prevalence.html",
    "04-validation.html",
    "05-source-essays.html",
]
SOURCE_ESSAYS = "05-source-essays"
QUOTED = ("index.html", "02-themes.html")
THEMES = ("blame", "identity", "elite_education", "director_failure")
MakeRun = Callable[..., Path]


def parse(path: Path) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(path.read_text(encoding="utf-8"))


def notebook_of(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[new_markdown_cell("# A title"), *cells])


def figure_cell(alt: str) -> NotebookNode:
    output = new_output("display_data", {"image/png": PNG}, metadata={"image/png": {"alt": alt}})
    return new_code_cell("draw()", outputs=[output])


def parameter_cell(source: str) -> NotebookNode:
    return new_code_cell(source, metadata={"tags": ["parameters"]})


# Parameters


def test_parameters_are_read_and_injected_after_their_cell() -> None:
    notebook = notebook_of(parameter_cell('name = "a"\nn: int = 3\nshow = True'), new_code_cell(""))
    assert get_parameters(notebook) == {"name": "a", "n": 3, "show": True}
    filled = set_parameters(notebook, {"n": 5, "name": "it's"})
    assert filled.cells[2].source == 'n = 5\nname = "it\'s"'
    assert filled.cells[2].metadata["tags"] == ["injected-parameters"]
    assert len(notebook.cells) == 3
    again = set_parameters(filled, {"n": 6})
    assert [cell.source for cell in again.cells[2:]] == ["n = 6", ""]
    assert len(set_parameters(again, {}).cells) == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nmae": "b"}, "Did you mean 'name'"),
        ({"n": "5"}, "allowed is a int"),
        ({"n": True}, "allowed is a int"),
        ({"show": 1}, "allowed is a bool"),
        ({"name": None}, "allowed is a str"),
    ],
)
def test_unknown_names_and_other_types_are_refused(values: dict[str, object], message: str) -> None:
    notebook = notebook_of(parameter_cell('name = "a"\nn = 3\nshow = True'))
    with pytest.raises(DiscourseError, match=message):
        set_parameters(notebook, values)


@pytest.mark.parametrize(
    "source", ["x = y", "import os", "f()", "a, b = 1, 2", "x = f'{1}'", "x ="]
)
def test_a_parameters_cell_holds_literals_only(source: str) -> None:
    with pytest.raises(DiscourseError, match="parameters cell"):
        get_parameters(notebook_of(parameter_cell(source)))


def test_two_parameters_cells_are_refused() -> None:
    with pytest.raises(DiscourseError, match="2 cells"):
        get_parameters(notebook_of(parameter_cell("a = 1"), parameter_cell("b = 1")))


# Execution


def test_a_fresh_kernel_of_this_python_runs_the_cells(tmp_path: Path) -> None:
    source = "import os, sys\nprint(sys.executable, os.environ['PYTHONHASHSEED'])"
    notebook = notebook_of(new_code_cell(source), new_code_cell("print(os.getcwd())"))
    executed = execute_notebook(notebook, name="a", directory=tmp_path)
    assert executed.cells[1].outputs[0].text == f"{sys.executable} 0\n"
    assert executed.cells[2].outputs[0].text.strip() == str(tmp_path)
    assert "execution" not in executed.cells[1].metadata
    assert notebook.cells[1].outputs == []


def test_a_failing_cell_is_named_with_its_source(tmp_path: Path) -> None:
    notebook = notebook_of(
        new_code_cell("x = 1"), new_code_cell("assert x == 2, 'x is odd'"), new_code_cell("x = 3")
    )
    with pytest.raises(
        DiscourseError, match="notebook b, cell 3 failed: AssertionError: x is odd"
    ) as e:
        execute_notebook(notebook, name="b", directory=tmp_path)
    assert "assert x == 2" in str(e.value)


# Pages


@pytest.mark.parametrize(
    "alt", ["", "a figure", "<Figure size 640x480 with 1 Axes>", "No description"]
)
def test_a_figure_without_words_is_refused(alt: str) -> None:
    with pytest.raises(DiscourseError, match=r"notebook n, cell 2: a figure has no alternative"):
        make_page(notebook_of(figure_cell(alt)), name="n")


def test_a_repeated_alternative_text_is_refused() -> None:
    cells = [figure_cell("Blame in 5% of 40 passages.") for _ in range(2)]
    with pytest.raises(DiscourseError, match="cell 3: two figures have the same"):
        make_page(notebook_of(*cells), name="n")


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/jpeg"])
def test_other_kinds_of_images_are_refused(kind: str) -> None:
    output = new_output("display_data", {kind: "<svg onload=alert(1)></svg>"})
    with pytest.raises(DiscourseError, match="only PNG"):
        make_page(notebook_of(new_code_cell("", outputs=[output])), name="n")


def test_what_claims_to_be_png_must_be() -> None:
    output = new_output(
        "display_data",
        {"image/png": 'x" onerror="alert(1)'},
        metadata={"image/png": {"alt": "a" * 20}},
    )
    with pytest.raises(DiscourseError, match="no PNG"):
        make_page(notebook_of(new_code_cell("", outputs=[output])), name="n")


def test_a_notebook_needs_a_title() -> None:
    with pytest.raises(DiscourseError, match="begins with its title"):
        make_page(new_notebook(cells=[new_markdown_cell("no title")]), name="n")


def test_headings_get_anchors_and_tables_get_scrollers() -> None:
    table = new_output(
        "display_data", {"text/html": "<table><tr><th>a</th><td>1</td></tr></table>"}
    )
    page = make_page(
        notebook_of(
            new_markdown_cell("The answer.\n\n## A & b\n\ntext\n\n## A & b"),
            new_code_cell("x = 1"),
            new_code_cell("y = 2", outputs=[table]),
            new_code_cell("path = '/home/ann'", metadata={"tags": ["injected-parameters"]}),
        ),
        name="n",
    )
    assert page.title == "A title"
    assert page.toc == [("a-b", "A & b"), ("a-b-2", "A & b")]
    assert "The answer." in page.lead
    assert 'role="region"' in page.body
    assert 'tabindex="0"' in page.body
    assert "<caption>Table 1</caption>" in page.body
    assert '<th scope="row">a</th>' in page.body
    assert page.body.count("<summary>Code</summary>") == 1
    assert "/home/ann" not in page.lead + page.body


def test_streams_are_text_and_warnings_stay_out() -> None:
    outputs = [
        new_output("stream", name="stdout", text="\x1b[31m<b>1</b>\x1b[0m\n"),
        new_output("stream", name="stderr", text="/home/ann/x.py: UserWarning"),
        new_output("execute_result", {"text/plain": "<i>2</i>"}),
    ]
    page = make_page(notebook_of(new_code_cell("", outputs=outputs)), name="n")
    assert "<pre>&lt;b&gt;1&lt;/b&gt;</pre>" in page.lead
    assert "<pre>&lt;i&gt;2&lt;/i&gt;</pre>" in page.lead
    assert "UserWarning" not in page.lead


@pytest.mark.parametrize("canary", CANARIES)
def test_markup_of_others_is_inert_wherever_it_comes_from(canary: str) -> None:
    kinds = ("text/html", "text/markdown", "text/plain")
    outputs = [new_output("display_data", {kind: canary}) for kind in kinds]
    outputs.append(new_output("stream", name="stdout", text=canary))
    page = make_page(
        notebook_of(
            new_markdown_cell(f"{canary}\n\n## {canary}"), new_code_cell("", outputs=outputs)
        ),
        name="n",
    )
    root = lxml_html.fragment_fromstring(page.lead + page.body, create_parent="div")
    assert page_markup.find_foreign(root) == []


def test_raw_html_in_markdown_is_shown_as_text() -> None:
    page = make_page(notebook_of(new_markdown_cell("a <b>c</b>\n\n<hr>")), name="n")
    assert "a &lt;b&gt;c&lt;/b&gt;" in page.lead
    assert "<hr" not in page.lead


def test_links_may_only_lead_to_the_web() -> None:
    kept = clean('<a href="https://example.org">a</a><a href="data:text/html,x">b</a>')
    assert 'href="https://example.org"' in kept
    assert "data:" not in kept


# The whole way


def test_every_report_is_written_index_first(reports: list[Path]) -> None:
    assert [path.name for path in reports] == REPORTS


@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_whole_and_accessible(reports: list[Path], name: str) -> None:
    path = reports[REPORTS.index(name)]
    root = parse(path)
    assert page_markup.read(path) == {}
    assert page_markup.find_foreign(root) == []
    assert root.get("lang") == "en"
    assert not root.xpath("//table[not(ancestor::div[@role='region' and @tabindex='0'])]")
    assert all(len(alt) > 40 for alt in root.xpath("//img/@alt"))


def test_reports_tell_no_folder_of_the_machine(reports: list[Path], small_run: Path) -> None:
    for path in reports:
        text = path.read_text(encoding="utf-8")
        for folder in (str(small_run), str(Path.home()), str(Path.cwd())):
            assert f"{folder}/" not in text
        assert "pseudonym" not in text


def test_the_index_answers_with_the_numbers_of_the_run(
    reports: list[Path], small_run: Path
) -> None:
    text = " ".join(parse(reports[0]).text_content().split())
    rows = read_table(small_run, "prevalence")
    rows = rows[rows["unit"] == "passage"]
    for row in rows.to_dict("records"):
        tagged = round(row["tagged_share"] * row["n"])
        assert f"{percent(row['tagged_share'])} ({tagged}/{row['n']})" in text
        if row["by"] == "all":
            assert f"agged in {tagged or 'none'} of {row['n']} passages" in text
    for word in ("Sensitivity band", "not the prevalence", "How to cite", "quarantined"):
        assert word in text
    assert text.count("nothing can be said beyond these posts") == 1, "said once, not per theme"
    assert text.count("pmdiscourse label draw") == 1


def test_with_labels_no_page_says_that_nobody_checked(
    sample_reports: list[Path], labelled_reports: list[Path]
) -> None:
    for path in (*sample_reports, *labelled_reports):
        text = " ".join(parse(path).text_content().split())
        for phrase in (
            "no labels made by people",
            "without labels",
            "not been checked",
            "no value",
        ):
            assert phrase not in text, path.name
    for path in labelled_reports:
        text = parse(path).text_content()
        assert "The dot is the estimated prevalence" in text
        assert "with the sensitivity band" not in text


def test_with_labels_text_and_alt_hold_the_estimates(
    labelled_reports: list[Path], labelled_run: Path
) -> None:
    rows = read_table(labelled_run, "prevalence")
    rows = rows[(rows["unit"] == "passage") & (rows["by"] == "all")]
    for path in labelled_reports:
        root = parse(path)
        text = " ".join(root.text_content().split())
        alt = root.xpath("//img/@alt")[0]
        for row in records(rows):
            share, ends = percent(row["estimate"]), percent_range(*find_intervals(row)[0][:2])
            assert f"in {share} ({ends})" in text
            assert f"prevalence {share} (95% interval for these posts {ends}; tagged" in alt
    index = parse(labelled_reports[0])
    text = index.text_content()
    for row in records(rows):
        assert f"{row['n_positive']} of {row['n_labels']}" in text
        assert f"{row['labels_saved']:.1f} times" in text
    assert "Interval" in index.xpath("//dt/text()")
    assert "How often each theme appears" in index.xpath("//h2/text()")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"essays": 18, "labelled": ("blame",)}, ["none yet", "(sensitivity band)", "In brackets"]),
        ({"essays": 1, "comments": 0}, ["too few passages for a band"]),
        ({"essays": 21, "labelled": THEMES}, ["(95% interval for posts like these); "]),
    ],
    ids=["mixed", "small", "many threads"],
)
def test_each_row_of_the_index_says_what_it_is(
    make_run: MakeRun, options: dict[str, object], told: list[str]
) -> None:
    directory = make_run(**options)
    parts = index_parts(directory, read_manifest(directory))
    said = " ".join([parts["headline"], *(cell for row in parts["rows"] for cell in row)])
    assert "no value" not in said
    assert all(len(row) == len(parts["heads"]) for row in parts["rows"])
    for words in told:
        assert words in said


def test_labels_that_did_not_fit_are_told(small_run: Path) -> None:
    manifest = read_manifest(small_run)
    labels = {"used": False, "n_labels": 0, "sha256": "3" * 64, "reason": "in /home/ann: no wave"}
    headline = index_parts(small_run, manifest | {"labels": labels})["headline"]
    assert "did not fit this run" in headline
    assert "no wave" not in str(describe_run(manifest | {"labels": labels}))


def test_the_codebook_is_that_of_the_run(make_run: MakeRun) -> None:
    directory = make_run()
    themes = directory / "codebook" / "themes.toml"
    text = themes.read_text(encoding="utf-8")
    title = load_run_codebook(directory).theme("blame").title
    themes.write_text(text.replace(f'"{title}"', '"Faulted"', 1), encoding="utf-8")
    assert "Faulted in " in index_parts(directory, read_manifest(directory))["headline"]
    shutil.rmtree(directory / "codebook")
    assert f"{title} in " in index_parts(directory, read_manifest(directory))["headline"]


def test_an_invented_sample_says_so_on_every_page(reports: list[Path]) -> None:
    for path in reports:
        banner = parse(path).xpath("//aside")[0].text_content()
        if path.stem == SOURCE_ESSAYS:
            assert "Real essays" in banner
            assert "written for this software" not in banner
        else:
            assert "prove nothing about product managers" in banner


PLANTED = tuple(
    f"Zqplanted zqplanted{letter} blamed zqcommon zqcommon for zqlaunch{letter}, said zqcommon."
    for letter in "abcdefghijkl"
)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, write_run: Callable[..., Path]) -> Path:
    """A run with marked words in titles and texts, often enough to become terms of topics."""
    return write_run(
        tmp_path_factory.mktemp("planted"), essays=len(PLANTED), texts=PLANTED, titles=PLANTED,
        tag_texts=True, labelled=THEMES,
    )  # fmt: skip


def test_without_quotes_no_text_of_a_post_is_in_any_file(planted: Path, tmp_path: Path) -> None:
    written = export_reports(planted, tmp_path, parameters={"show_quotes": False})
    posts = read_table(planted, "posts")
    lines = {line for text in posts["text"] for line in text.split("\n")}
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        text = re.sub('base64,[^"]*', "", path.read_text(encoding="utf-8-sig"))
        assert "zq" not in text.lower(), path.name
        assert not [line for line in lines if line in text], path.name
        assert "invented/posts" not in text, "a file may be named after its title"
    report = parse(written[2])
    assert "terms are words of the posts" in " ".join(report.text_content().split())
    assert "The vocabulary around each theme" in report.xpath("//h2/text()")
    assert not any(parse(path).xpath("//blockquote | //*[@id='appendix']") for path in written)


def test_quotes_are_what_shows_the_planted_words(planted: Path) -> None:
    parts = index_parts(planted, read_manifest(planted))
    assert "zqplanted" in parts["appendix"]


def empty_notebook(folder: Path) -> Path:
    """Write a notebook without code: the overview is what the test is about."""
    folder.mkdir()
    nbformat.write(notebook_of(), folder / "01-corpus.ipynb")
    return folder


@pytest.mark.parametrize("name", QUOTED)
def test_every_quote_has_its_passage_in_the_appendix_of_the_same_page(
    reports: list[Path], small_run: Path, name: str
) -> None:
    root = parse(reports[REPORTS.index(name)])
    quotes = root.xpath("//blockquote")
    assert quotes
    assert "Appendix: the quoted passages in context" in root.xpath("//nav//a/text()")
    whole = [" ".join(text.split()) for text in read_table(small_run, "posts")["text"]]
    for quote in quotes:
        assert quote.xpath(".//mark"), "evidence is marked"
        entry = root.get_element_by_id(quote.xpath(".//a/@href")[0].removeprefix("#"))
        said = " ".join(entry.xpath("./p[1]")[0].text_content().split())
        assert " ".join(quote.xpath("./p[1]")[0].text_content().split()) in said
        assert any(said in text for text in whole), "with a sentence either side, as in the post"
    entries = root.xpath("//div[@class='passage']")
    assert len(set(root.xpath("//div[@class='passage']/@id"))) == len(entries) <= len(quotes)


def test_each_theme_of_the_index_is_quoted_where_something_was_tagged(
    reports: list[Path],
) -> None:
    sections = parse(reports[0]).xpath("//section[@class='theme']")
    quoted = {part.xpath("./h3/text()")[0]: len(part.xpath(".//blockquote")) for part in sections}
    assert quoted == {"Blame": 2, "Identity": 2, "Elite education": 0, "Director failure": 2}


def test_tables_are_files_too_and_named_under_the_table(
    reports: list[Path], small_run: Path
) -> None:
    folder = reports[0].parent
    listed = set(json.loads((folder / "files.json").read_text(encoding="utf-8")))
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert found == listed | {"files.json"}
    linked = [link for path in reports for link in parse(path).xpath("//p[@class='file']/a/@href")]
    assert sorted(linked) == sorted(name for name in listed if name.startswith("tables/"))
    for path in reports:
        shown = parse(path).xpath("//main//table[not(ancestor::details[@class='code'])]")
        own = [link for link in linked if link.startswith(f"tables/{path.stem}-")]
        assert len(own) == len(shown) - 2, "each table but the two of the provenance"
    shares = pd.read_csv(folder / "tables/index-01-shares-of-the-themes.csv")
    rows = read_table(small_run, "prevalence").query("unit == 'passage' and period == 'all'")
    assert shares["tagged_share"].tolist() == rows["tagged_share"].tolist()


def test_the_date_of_the_data_stands_at_the_head_of_every_page(
    reports: list[Path], small_run: Path
) -> None:
    dates = read_table(small_run, "posts")["published_at"].dropna()
    for path in reports:
        heads = parse(path).xpath("//header//dl[@class='facts']")
        assert bool(heads) == (path.stem != SOURCE_ESSAYS), "that page is of other texts"
        if not heads:
            continue
        facts = heads[0].text_content().split()
        assert f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" in " ".join(facts)
        assert "Collected2026-01-01" in " ".join(facts)


def test_what_changed_names_both_runs_and_their_labels(small_run: Path) -> None:
    manifest = read_manifest(small_run) | {
        "labels": {"n_labels": 1200},
        "changed": {
            "posts_added": 1, "posts_gone": 0, "differs_in": ["inputs", "labels"],
            "tagged_share": [{"theme": "blame", "before": None, "now": 0.125}], "estimates": [],
            "run_before": "0123456789ab", "labels_before": 100,
        },
    }  # fmt: skip
    parts = index_parts(small_run, manifest)
    assert parts["changed"]["rows"] == [
        ("run", "0123456789ab", find_run_id(manifest)),
        ("labels used (one for each passage, theme and coder)", "100", "1,200"),
        ("tagged share: Blame", "none", "12.5%"),
    ]
    assert "1 post came in and 0 went" in parts["changed"]["sentence"]
    earlier = {k: v for k, v in manifest["changed"].items() if k not in {"run_before"}}
    rows = index_parts(small_run, manifest | {"changed": earlier})["changed"]["rows"]
    known = ["labels used (one for each passage, theme and coder)", "tagged share: Blame"]
    assert [row[0] for row in rows] == known


def test_counts_have_the_right_number(small_run: Path) -> None:
    counts = {
        row["what"]: row["number"]
        for row in index_parts(small_run, read_manifest(small_run))["counts"]
    }
    assert counts["duplicate"] == counts["dropped"] == 1
    assert counts["comments"] == 3


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"essays": 1, "comments": 0, "silent": "blame"}, "Of 6 passages, the model tagged 1 with"),
        ({"essays": 1, "comments": 0, "texts": ("Nothing.",)}, "Of 6 passages, the model tagged"),
    ],
)
def test_few_passages_are_told_in_counts(
    make_run: MakeRun, options: dict[str, object], told: str
) -> None:
    directory = make_run(**options)
    parts = index_parts(directory, read_manifest(directory))
    assert told in parts["headline"]
    assert "%" not in parts["headline"] + "".join(one["sentence"] for one in parts["themes"])
    assert "cannot tell how often" in parts["headline"]


def test_nothing_tagged_is_told_without_a_figure(make_run: MakeRun) -> None:
    directory = make_run(essays=1, comments=0)
    scores = read_table(directory, "scores").assign(tagged=False)
    shares = read_table(directory, "prevalence").assign(tagged_share=0.0)
    manifest = read_manifest(directory)
    for name, frame in (("scores", scores), ("prevalence", shares)):
        manifest["tables"][name] = [write_part(directory, name, frame)]
    write_manifest(directory, manifest)
    parts = index_parts(directory, manifest)
    assert "the model tagged none with a theme" in parts["headline"]
    assert not parts["figure"]
    assert not parts["appendix"]
    assert all(not theme["quotes"] for theme in parts["themes"])


def test_the_provenance_tells_the_commit_and_whether_the_code_was_changed(tmp_path: Path) -> None:
    assert "not run from a git checkout" in find_commit(tmp_path)
    code = tmp_path / "src" / "a.py"
    code.parent.mkdir()
    code.write_text("a = 1\n", encoding="utf-8")
    who = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    for step in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "First"]):
        subprocess.run(["git", "-C", str(tmp_path), *step], check=True)
    assert re.fullmatch(r"[0-9a-f]{40}, as committed", find_commit(tmp_path))
    (tmp_path / "notes.txt").write_text("no code", encoding="utf-8")
    assert find_commit(tmp_path).endswith("as committed")
    code.write_text("a = 2\n", encoding="utf-8")
    assert find_commit(tmp_path).endswith("with changes since")


def find_raw_files(index: Path) -> lxml_html.HtmlElement:
    return parse(index).xpath("//summary[starts-with(., 'Raw files')]/parent::details")[0]


def test_many_raw_files_are_folded(reports: list[Path], make_run: MakeRun, tmp_path: Path) -> None:
    assert find_raw_files(reports[0]).get("open") is not None
    directory = make_run()
    manifest = read_manifest(directory)
    many = manifest | {"inputs": manifest["inputs"] * MANY_FILES}
    write_manifest(directory, many)
    folder = empty_notebook(tmp_path / "notebooks")
    index = export_reports(directory, tmp_path / "many", notebooks=folder)[0]
    assert find_raw_files(index).get("open") is None
    rows = describe_run(manifest | {"inputs": manifest["inputs"] * 60})[0][1]
    assert rows[-1][0] == "and 10 more, listed in run.json"


def test_the_source_essays_are_left_out_of_other_reports_and_that_is_said(
    small_run: Path, tmp_path: Path
) -> None:
    folder = empty_notebook(tmp_path / "notebooks")
    cells = [parameter_cell('processed = ""\nsource_essays = "nowhere"')]
    nbformat.write(notebook_of(*cells), folder / "05-source-essays.ipynb")
    (folder / "coding").mkdir()
    nbformat.write(notebook_of(*cells), folder / "coding" / "label.ipynb")
    told: list[str] = []
    written = export_reports(small_run, tmp_path / "r", notebooks=folder, notice=told.append)
    assert [path.name for path in written] == ["index.html", "01-corpus.html"]
    assert [sentence.split(":")[0] for sentence in told] == ["05-source-essays.ipynb is left out"]


def test_a_failing_notebook_leaves_the_old_reports(
    reports: list[Path], small_run: Path, tmp_path: Path
) -> None:
    folder, target = tmp_path / "notebooks", tmp_path / "reports"
    folder.mkdir()
    target.mkdir()
    old = Path(shutil.copy(reports[0], target))
    nbformat.write(notebook_of(new_code_cell("1 / 0")), folder / "a.ipynb")
    with pytest.raises(DiscourseError, match=r"a.ipynb, cell 2 failed: ZeroDivisionError"):
        export_reports(small_run, target, notebooks=folder)
    assert old.read_bytes() == reports[0].read_bytes()
    assert list(target.iterdir()) == [old]


def test_posts_in_other_languages_alone_are_no_report(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="no passage of this run is in 'en'"):
        export_reports(make_run(language="es"), tmp_path / "reports")


def test_wrong_use_is_told_before_any_kernel_starts(small_run: Path, tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match=r"no notebooks \(\*.ipynb\)"):
        export_reports(small_run, tmp_path, notebooks=tmp_path)
    with pytest.raises(DiscourseError, match="allowed is true or false"):
        export_reports(small_run, tmp_path, parameters={"show_quotes": "no"})
    with pytest.raises(DiscourseError, match="Did you mean 'n_quotes'"):
        export_reports(small_run, tmp_path, parameters={"n_quote": 3})
    with pytest.raises(DiscourseError, match="holds no finished run"):
        export_reports(tmp_path, tmp_path)
    (tmp_path / "a.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(DiscourseError, match=r"a.ipynb cannot be read"):
        export_reports(small_run, tmp_path, notebooks=tmp_path)
    assert not list(tmp_path.glob("*.html"))
