"""Front matter: the fields that a text file carries above its text, YAML or TOML.

YAML is read as what blog software writes there: `key: value`, quoted or not, lists in brackets or
one item a line, folded text. Whatever else a key of ours holds is refused, not guessed.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

_MAX_LINES = 400
_KEY = re.compile(r"([A-Za-z_][\w .-]{0,60}?)\s*:(?:[ \t]+(.*)|[ \t]*)$")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)$")
_NAMED = re.compile(r"name\s*:\s*(.+)$")  # authors as mappings: "- name: Ana Souza"
_COMMENT = re.compile(r"(?:^|[ \t])#.*$")
_AFTER_QUOTE = re.compile(r"(?<=[\"'])[ \t]+#[^\"']*$")
_PIECES = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^,]*))\s*(?:,|$)""")
_NAMES = {
    "title": ("title",),
    "author": ("author", "authors", "by", "byline", "creator"),
    "published": ("date", "published", "publishdate", "published_at", "pubdate", "created"),
    "url": ("canonical_url", "canonicalurl", "canonical", "url", "permalink", "link", "source_url"),
    "site": ("site", "site_name", "publication", "publisher"),
    "tags": ("tags", "keywords", "categories"),
    "draft": ("draft", "published", "status"),
}


@dataclass(frozen=True)
class FrontMatter:
    """What stands above the text of a file.

    Parameters
    ----------
    fields : dict of str to str
        title, author, published, url, site, tags; values joined by ", ". Only those that are there.
    draft : bool
        Whether the file says that it is one.
    lines : int
        Number of lines it takes, delimiters included; 0 if the file has none.
    problem : str
        Why what looks like front matter was not read; "" if all is well.
    """

    fields: dict[str, str] = field(default_factory=dict)
    draft: bool = False
    lines: int = 0
    problem: str = ""


def read_front_matter(text: str) -> FrontMatter:
    r"""Read the fields above a text.

    Parameters
    ----------
    text : str
        The whole file; front matter stands between lines of ``---`` (YAML) or ``+++`` (TOML), the
        first of them the first line of the file.

    Returns
    -------
    FrontMatter
        Empty if there is none; with a `problem` if it is broken: then it is text.

    References
    ----------
    The front matter of Jekyll, Hugo, Ghost's and Substack's Markdown exporters: YAML 1.2 flow and
    block lists, TOML 1.0.

    Examples
    --------
    >>> read_front_matter("---\ntitle: 'On scope'\nauthors: [Ana, Bo]\n---\nWe cut it.").fields
    {'title': 'On scope', 'author': 'Ana, Bo'}
    >>> read_front_matter("---\nA rule above a text.\n---").lines
    0
    """
    lines = text[:200_000].split("\n", _MAX_LINES)
    mark = lines[0].rstrip()
    if mark not in ("---", "+++"):
        return FrontMatter()
    closing = ("---", "...") if mark == "---" else ("+++",)
    end = next((i for i, line in enumerate(lines) if i and line.rstrip() in closing), 0)
    inside = lines[1:end] if end else lines[1:]
    started = any(_KEY.match(line) or " = " in line for line in inside[:1])
    if not end:
        return FrontMatter(problem=f"no closing line {mark}" if started else "")
    try:
        values = _yaml(inside) if mark == "---" else _toml("\n".join(inside))
    except ValueError as error:
        return FrontMatter(problem=str(error) if started else "")
    fields = {ours: found for ours in list(_NAMES)[:-1] if (found := _first(values, _NAMES[ours]))}
    if fields.get("published", "").lower() in ("true", "false"):
        del fields["published"]
    return FrontMatter(fields=fields, draft=_is_draft(values), lines=end + 1)


def _first(values: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next((", ".join(values[name]) for name in names if any(values.get(name, []))), "")


def _is_draft(values: dict[str, list[str]]) -> bool:
    said = {name: _first(values, (name,)).lower() for name in _NAMES["draft"]}
    return said["draft"] == "true" or said["published"] == "false" or said["status"] == "draft"


def _toml(text: str) -> dict[str, list[str]]:
    """Return the values of a TOML table; of tables inside it only an author's name."""
    values = {}
    for key, value in tomllib.loads(text).items():
        items = value if isinstance(value, list) else [value]
        named = [item.get("name", "") if isinstance(item, dict) else item for item in items]
        values[key.lower()] = [
            str(item).lower() if isinstance(item, bool) else str(item) for item in named
        ]
    return values


def _yaml(lines: list[str]) -> dict[str, list[str]]:
    """Return the values of a flat YAML mapping; what keys of others hold is passed over."""
    values: dict[str, list[str]] = {}
    ours = {name for names in _NAMES.values() for name in names}
    key, folded = "", False
    for number, line in enumerate(lines, start=2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found, item = _KEY.match(line), _ITEM.match(line)
        if found:
            key, value = found[1].lower(), (found[2] or "").strip()
            folded = value.rstrip("+-0123456789") in ("|", ">")
            values[key] = [] if folded or key not in ours else _scalars(value, number)
        elif not key or not (item or line[0].isspace()):
            raise ValueError(f"line {number} of the front matter is no 'key: value'")
        elif key in ours and item:
            named = _NAMED.match(item[1])
            values[key] += _scalars(named[1] if named else item[1], number)[:1]
        elif key in ours and folded:
            values[key] = [" ".join([*values[key], line.strip()])]
        elif key in ours and not values[key]:
            raise ValueError(f"line {number} of the front matter is no simple value of {key}")
    return values


def _scalars(value: str, number: int) -> list[str]:
    """Return a value, or the items of a list in brackets, without quotation marks and comments."""
    quote = value[:1]
    if quote in ("'", '"'):
        whole = _PIECES.match(_AFTER_QUOTE.sub("", value))
        if not whole or whole[3] is not None:
            raise ValueError(f"line {number} of the front matter has an open quotation mark")
        return [_unquoted(whole)]
    bare = _COMMENT.sub("", value).strip()
    if quote == "[" and bare.endswith("]"):
        return [item for piece in _PIECES.finditer(bare[1:-1]) if (item := _unquoted(piece))]
    if quote and quote in "[{&*!@`|>%":
        raise ValueError(f"line {number} of the front matter holds no simple value")
    return [bare] if bare not in ("", "~", "null") else []


def _unquoted(piece: re.Match[str]) -> str:
    if piece[1] is not None:
        return piece[1].replace('\\"', '"').replace("\\\\", "\\")
    return piece[2].replace("''", "'") if piece[2] is not None else piece[3].strip()
