"""Markdown files to text, one block a line, each in the line in which it starts."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAGS = (
    "a|abbr|aside|b|blockquote|br|center|cite|code|dd|del|details|div|dl|dt|em|figcaption|figure|font|"
    "h[1-6]|hr|i|iframe|img|ins|kbd|li|mark|ol|p|picture|pre|q|s|small|source|span|strong|style|sub|"
    "summary|sup|table|tbody|td|th|thead|tr|u|ul|video"
)
_TAG = re.compile(
    rf"</?(?:{_TAGS})(?:\s[^<>]{{0,1000}})?/?>|<!--.{{0,5000}}?-->", re.IGNORECASE | re.DOTALL
)
_NO_LETTER = re.compile(r"[\W\d_]+")
_NO_WORDS = re.compile(  # addresses, descriptions of pictures, entities, the language of code
    r"\]\([^()\n]{0,2000}|(?:https?:|mailto:|^\[[^\]]{1,100}\]:)\S*"
    r"|!\[[^\]\n]{0,500}|&#?\w{1,31};|^ *(?:```|~~~).*$",
    re.MULTILINE,
)
_MAX_LINE = 20_000  # the parser's time grows with the square of a line full of brackets
_MAX_NESTING = 40  # quotes and lists; what is deeper the parser leaves out
_MIN_KEPT = 0.8  # of the letters of words
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)


def markdown_lines(text: str) -> str:
    r"""Return the words of a Markdown text without its marks.

    Paragraphs that are broken over lines are joined; code, list items and quoted lines keep their
    lines; pictures leave their description out, links their address. Numbers of ordered lists and
    the ``>`` of quotes stay, as they are in copied text.

    Parameters
    ----------
    text : str
        CommonMark with tables.

    Returns
    -------
    str
        As many lines as `text`: what a block says stands in its first line. A text with lines of
        more than 20,000 characters, or nested so deep that words would be lost, stays as it is.

    References
    ----------
    CommonMark 0.31, parsed by markdown-it-py; tables as in GitHub Flavored Markdown.

    Examples
    --------
    >>> markdown_lines("# On *scope*\n\nWe cut\nit [twice](https://example.org).\n\n* 2 * 3\n")
    'On scope\n\nWe cut it twice.\n\n\n* 2 * 3\n'
    """
    if max(map(len, text.split("\n"))) > _MAX_LINE:
        return text
    lines = [""] * (text.count("\n") + 1)
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    context: list[Token] = []
    for token in parser.parse(text):
        if token.nesting == 1:
            context.append(token)
        elif token.nesting == -1:
            context.pop()
        elif token.map and (said := _say(token, context)):
            _put(lines, token.map[0], said)
    found = "\n".join(lines)
    return (
        found
        if _letters(found) >= _MIN_KEPT * _letters(_NO_WORDS.sub(" ", _TAG.sub(" ", text)))
        else text
    )


def _letters(text: str) -> int:
    return len(_NO_LETTER.sub("", text))


def _say(token: Token, context: list[Token]) -> list[str]:
    """Return the lines that a block says."""
    if token.type in ("fence", "code_block"):
        code = token.content.split("\n")
        return ["", *code] if token.type == "fence" else code
    if token.type == "html_block":
        words = _TAG.sub(lambda tag: "\n" * tag[0].count("\n"), _BREAK_TAG.sub(" ", token.content))
        return [line.strip() for line in words.split("\n")]
    if token.type != "inline":
        return []
    said = _inline(token.children or [])
    if any(outer.type == "blockquote_open" for outer in context):
        return [f"> {line}" for line in said]
    item = next((outer for outer in reversed(context) if outer.type == "list_item_open"), None)
    if item is not None and item.map and token.map and item.map[0] == token.map[0]:
        mark = f"{item.info}{item.markup}" if item.info else item.markup
        return [f"{mark} {said[0]}", *said[1:]]
    return said


def _inline(children: list[Token]) -> list[str]:
    """Return the words of a paragraph; only a hard line break starts a line."""
    said = [""]
    for token in children:
        if token.type == "hardbreak":
            said.append("")
        elif token.type == "softbreak":
            said[-1] += " "
        elif token.type in ("text", "code_inline", "text_special"):
            said[-1] += token.content
        elif token.type == "html_inline" and not _TAG.fullmatch(token.content):
            said[-1] += token.content  # "<team>" is no tag of a page
    return said


def _put(lines: list[str], first: int, said: list[str]) -> None:
    """Put what a block says into the lines from its first on; cells of a row share a line."""
    for offset, words in enumerate(said):
        place = min(first + offset, len(lines) - 1)
        lines[place] = f"{lines[place]} {words}".strip() if lines[place] else words
