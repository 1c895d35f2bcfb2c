"""Markdown to plain text, carefully: words, stars and brackets that are no markup stay."""

from __future__ import annotations

import re

from ftfy.fixes import unescape_html

_QUOTE = re.compile(r"^ {0,3}>(?:[> \t]*)(?:(?<=[ \t])|$|(?=[^\W\d_]|[\"“‘'*\[(]))")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[\w+-]*[ \t]*$")
_RULE = re.compile(r"^[ \t]*([-*_=])(?:[ \t]*\1){2,}[ \t]*$")
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|[-: \t|]*$")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_BULLET = re.compile(r"^[ \t]*[*+-][ \t]+(?=\S)")
# Only what reads as an address makes a link: "array[i](x)" is prose. Every span ends at the next
# mark of its kind or is bounded, so that a line of a million stars takes linear time.
_LINK = re.compile(
    r"!?\[((?:\\.|[^\[\]\\\n]){0,500})\]"
    r"\((?=https?:|ftp:|mailto:|www\.|[/#<])(?:\\.|[^()\s\\]|\([^()\s]{0,500}\)){1,2000}"
    r"(?:[ \t]+[\"'][^\"'\n]{0,300}[\"'])?\)",
    re.IGNORECASE,
)
_INLINE = (
    (re.compile(r"(?<![`\\])`([^`\n]+)`(?!`)"), r"\1"),
    (_LINK, r"\1"),
    (re.compile(r"<(https?://[^\s<>]{1,2000})>"), r"\1"),
    (re.compile(r"(?<![\w*\\])\*{3}(?=[^\s*])([^*\n]+?)(?<=[^\s*\\])\*{3}(?![\w*])"), r"\1"),
    (
        re.compile(r"(?<![\w*\\])\*\*(?=[^\s*])((?:[^*\n]|\*(?!\*))+?)(?<=[^\s*\\])\*\*(?![\w*])"),
        r"\1",
    ),
    (re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*\\])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w\\])__(?=[^\s_])((?:[^_\n]|_(?!_))+?)(?<=[^\s_\\])__(?!\w)"), r"\1"),
    (re.compile(r"(?<![\w\\])_(?=[^\s_])([^_\n]+?)(?<=[^\s_\\])_(?!\w)"), r"\1"),
    (re.compile(r"(?<![~\\])~~(?=[^\s~])([^~\n]+?)(?<=\S)~~(?!~)"), r"\1"),
    (re.compile(r">!(?=\S)((?:[^!>\n]|!(?!<)|>(?!!))+?)!<"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!>~|^&<])"), r"\1"),
)


def markdown_text(text: str, *, drop_quotes: bool = False) -> tuple[str, int]:
    r"""Return the words of a Markdown text, and how many quoted lines were left out.

    Headings, emphasis, links, code, rules and fences lose their marks; line breaks stay.

    Parameters
    ----------
    text : str
        Markdown as reddit and forums keep it; HTML entities are resolved.
    drop_quotes : bool, default=False
        True leaves lines that quote others ("> ...") out, unless nothing else is there.

    Returns
    -------
    tuple of (str, int)

    References
    ----------
    CommonMark 0.31; reddit's dialect (spoilers ``>!x!<``) as its formatting guide has it.

    Examples
    --------
    >>> markdown_text("## Dates\n\nAsk [*them*](https://example.org/a) - **not** me.")
    ('Dates\n\nAsk them - not me.', 0)
    >>> markdown_text("&gt; They said no.\n\nDid they?", drop_quotes=True)
    ('Did they?', 1)
    >>> markdown_text("2 * 3 * 4, f**k, snake_case_name [sic] (really)")[0]
    '2 * 3 * 4, f**k, snake_case_name [sic] (really)'
    """
    text = resolve_entities(text)
    own, quoted = without_quotes(text) if drop_quotes else (text, 0)
    kept = []
    for line in own.split("\n"):
        if _FENCE.match(line) or _RULE.match(line) or _TABLE_RULE.match(line):
            continue
        words = _QUOTE.sub("", line) if line.lstrip().startswith(">") else line
        heading = _HEADING.match(words)
        kept.append(_inline(heading[1] if heading else _BULLET.sub("", words)))
    return "\n".join(kept).strip("\n"), quoted


def without_quotes(text: str) -> tuple[str, int]:
    r"""Leave out lines that quote others, unless nothing else is there.

    Parameters
    ----------
    text : str
        A comment, one paragraph a line.

    Returns
    -------
    tuple of (str, int)
        The rest, and the number of lines left out.

    Examples
    --------
    >>> without_quotes("> They said no.\n\nDid they?")
    ('Did they?', 1)
    >>> without_quotes(">50% said no."), without_quotes("> Only this.")
    (('>50% said no.', 0), ('Only this.', 0))
    """
    if ">" not in text:
        return text, 0
    lines = text.split("\n")
    own = [line for line in lines if not _QUOTE.match(line)]
    if not any(letter.isalnum() for line in own for letter in line):
        return "\n".join(_QUOTE.sub("", line) for line in lines).strip("\n"), 0
    quoted = sum(bool(_QUOTE.sub("", line).strip()) for line in lines if _QUOTE.match(line))
    return "\n".join(own).strip("\n"), quoted


def resolve_entities(text: str) -> str:
    """Resolve HTML entities, those that were escaped twice too.

    >>> resolve_entities("R&amp;amp;D &#x27;24")
    "R&D '24"
    """
    for _ in range(3):  # the site's interface escapes what the author's Markdown escaped
        if "&" not in text:
            break
        text = unescape_html(text)
    return text


def _inline(line: str) -> str:
    for pattern, words in _INLINE:
        line = pattern.sub(words, line)
    return line
