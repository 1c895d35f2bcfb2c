"""From an executed notebook to the parts of a page: markup allowed by a list, nothing else.

Markdown is rendered without raw HTML, every output goes through an allowlist (nh3), images must be
embedded PNG with alternative text. What a scraped text contains can therefore never run.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePath

from markdown_it import MarkdownIt
from nbformat import NotebookNode

from pmdiscourse.csv_cells import UNWRITABLE
from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.appendix import Appendix
from pmdiscourse.present.data_files import data_file_name
from pmdiscourse.present.display import MIN_ALT
from pmdiscourse.present.execute import INJECTED
from pmdiscourse.present.markup import clean, finish
from pmdiscourse.present.quotation import QUOTES

_PLACEHOLDER = re.compile(r"(image|figure|plot|chart|no (alt|description)\b.*|<figure .*)", re.I)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Page:
    """A notebook as parts of a page.

    Parameters
    ----------
    title : str
        The notebook's first heading.
    lead : str
        Sanitised HTML before the second heading: question and answer.
    body : str
        Sanitised HTML from the second heading on.
    toc : list of tuple
        Anchor and text of every second-level heading.
    alts : list of str
        Alternative texts of the figures so far; no two may be the same.
    name : str
        Name of its file, without the ending.
    tables : dict of str to str
        CSV of its tables and figures, by path from the page.
    appendix : Appendix
        The passages that it quotes.
    """

    title: str = ""
    lead: str = ""
    body: str = ""
    toc: list[tuple[str, str]] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    name: str = "page"
    tables: dict[str, str] = field(default_factory=dict)
    appendix: Appendix = field(default_factory=Appendix)


def make_page(notebook: NotebookNode, *, name: str, show_quotes: bool = True) -> Page:
    """Turn an executed notebook into the parts of a page.

    Parameters
    ----------
    notebook : NotebookNode
        Executed notebook whose first cell starts with a ``# heading``.
    name : str
        Its file name, for errors and for the names of the tables.
    show_quotes : bool, default=True
        False leaves out every quote, also where the notebook shows some.

    Returns
    -------
    Page

    Raises
    ------
    DiscourseError
        If there is no title, or a figure has no, too short or repeated alternative text.
    """
    page = Page(name=PurePath(name).stem, appendix=Appendix(allowed=show_quotes))
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    parts: list[str] = []
    code: list[str] = []
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"notebook {name}, cell {number}"
        if cell.cell_type == "markdown":
            parts.append(_fold_code(code))
            source = cell.source
            if not page.title:
                page.title, source = _split_title(source, where)
            parts.append(clean(markdown.render(source)))
        elif cell.cell_type == "code" and INJECTED not in cell.metadata.get("tags", []):
            code.append(cell.source)
            if cell.outputs:
                parts.append(_fold_code(code))
            parts += [_render_output(output, page, markdown, where) for output in cell.outputs]
    parts.append(_fold_code(code))
    page.lead, page.body, page.toc = finish("".join(parts))
    return page


def figure_html(png: str, *, alt: str, caption: str, page: Page, where: str) -> str:
    """Return a figure with its number; refuse one that says nothing to whom does not see it.

    Raises
    ------
    DiscourseError
        If the alternative text is missing, under 12 characters, a placeholder or a repeated one,
        or the data are no PNG.
    """
    words, caption = (UNWRITABLE.sub(" ", text).strip() for text in (alt, caption))
    if len(words) < MIN_ALT or _PLACEHOLDER.fullmatch(words):
        raise DiscourseError(
            f"{where}: a figure has no alternative text that says what it shows (got {words!r}). "
            "Show it with present.display.show(figure, alt=..., caption=..., data=...)."
        )
    if words in page.alts:
        raise DiscourseError(
            f"{where}: two figures have the same alternative text {words[:60]!r}; "
            "say what sets this one apart."
        )
    data = "".join(png.split())
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raw = b""
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        raise DiscourseError(f"{where}: the figure is no PNG image; show it with display.show")
    page.alts.append(words)
    width, height = (int.from_bytes(raw[place : place + 4], "big") for place in (16, 20))
    told = f" {escape(caption)}" if caption else ""
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(words)}" '
        f'width="{width}" height="{height}">'
        f"<figcaption>Figure {len(page.alts)}.{told}</figcaption></figure>"
    )


def offer_table(page: Page, csv: str | None, *, caption: str) -> str:
    """Put the CSV of a table beside the page, and return the line that names the file."""
    if csv is None:
        return ""
    name = data_file_name(page.name, len(page.tables) + 1, caption)
    page.tables[name] = csv
    return f'<p class="file">As a file in the same folder: <a href="{name}">{name}</a></p>'


def _split_title(source: str, where: str) -> tuple[str, str]:
    """Take the first heading off."""
    first, _, rest = source.lstrip().partition("\n")
    if not first.startswith("# "):
        raise DiscourseError(f"{where}: a notebook begins with its title, as '# Title'")
    return UNWRITABLE.sub(" ", first[2:]).strip(), rest


def _fold_code(code: list[str]) -> str:
    """Fold the cells' code gathered so far into one closed block, and forget it."""
    source = "\n\n".join(part.strip() for part in code if part.strip())
    code.clear()
    if not source:
        return ""
    return (
        '<details class="code"><summary>Code</summary>'
        f"<pre><code>{escape(source)}</code></pre></details>"
    )


def _render_output(output: NotebookNode, page: Page, markdown: MarkdownIt, where: str) -> str:
    """Render one output; the richest kind that can be kept safe."""
    if output.output_type == "stream":
        return "" if output.name == "stderr" else _preformatted(output.text)
    data = output.get("data", {})
    if "image/png" in data:
        metadata = output.metadata.get("image/png", {})
        alt, caption = str(metadata.get("alt", "")), str(metadata.get("caption", ""))
        return figure_html(data["image/png"], alt=alt, caption=caption, page=page, where=where)
    if any(kind.startswith("image/") for kind in data):
        raise DiscourseError(f"{where}: only PNG figures are exported; show it with display.show")
    if QUOTES in data:
        return page.appendix.quote(str(data[QUOTES]["title"]), data[QUOTES]["items"])
    if "text/html" in data:
        caption = str(output.metadata.get("text/csv", {}).get("caption", ""))
        return clean(data["text/html"]) + offer_table(page, data.get("text/csv"), caption=caption)
    if "text/markdown" in data:
        return clean(markdown.render(data["text/markdown"]))
    return _preformatted(data.get("text/plain", ""))


def _preformatted(text: str) -> str:
    shown = UNWRITABLE.sub(" ", _ANSI.sub("", text)).strip("\n")
    return f"<pre>{escape(shown)}</pre>" if shown else ""
