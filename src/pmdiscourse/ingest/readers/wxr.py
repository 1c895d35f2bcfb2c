"""WordPress exports (WXR): posts, pages and their comments.

Fields from WordPress' own exporter, wp-admin/includes/export.php, versions 1.0 to 1.2. E-mail
addresses and IPs of commenters never leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pmdiscourse.ingest.markup import fragment_text
from pmdiscourse.ingest.readers.feeds import site_name
from pmdiscourse.ingest.readers.xml_stream import child_texts, inner_text, plain_name
from pmdiscourse.ingest.records import Record

# Types of WordPress itself, and of common plug-ins, that are no writing for readers.
_NO_WRITING = re.compile(
    r"attachment|nav_menu_item|revision|custom_css|customize_changeset|oembed_cache|user_request"
    r"|wp_\w+|acf-\w[\w-]*|feedback|shop_\w+|wpcf7_\w+|elementor_\w+"
)
_NOT_YET = {"draft", "pending", "private", "future", "auto-draft", "inherit"}
_COMMENT_STATES = {"0": "removed", "hold": "removed", "spam": "spam", "trash": "deleted"}
_COMMENT_TYPES = {"", "comment", "review"}  # the others are pings and log entries
_NO_DATE = "0000-00-00"

# https://developer.wordpress.org/plugins/shortcodes: [name], [/name], [name key="value"].
_NAME = r"[a-zA-Z][\w-]{1,40}"
_VALUE = r"""(?:"[^"\n]{0,500}"|'[^'\n]{0,500}'|[^\s\]"']{1,500})"""
_WITH_VALUES = re.compile(rf"(?<!\[)\[{_NAME}(?:\s+[\w-]{{1,40}}\s*=\s*{_VALUE}){{1,40}}\s*/?\]")
_CLOSING = re.compile(rf"(?<!\[)\[/({_NAME})\]")
_PAIR = re.compile(rf"\[/?({_NAME})\]")
_BARE = re.compile(
    r"(?<!\[)\[/?(?:gallery|caption|audio|video|playlist|embed|toc|nextpage|sc|[a-z]+_[a-z_]+)\s*/?\]"
)


def read_wxr(elements: Iterator[Any]) -> Iterator[Record]:
    """Yield every item of the channel, each followed by its comments."""
    site = ""
    names: dict[str, str] = {}
    for element in elements:
        match plain_name(element):
            case "item":
                yield from _read_item(element, site, names)
            case "link" | "wp:base_blog_url":
                site = site_name(element.text or "") or site
            case "wp:author":
                author = child_texts(element)
                names[author.get("wp:author_login", "")] = author.get("wp:author_display_name", "")


def strip_shortcodes(text: str) -> str:
    r"""Take WordPress' shortcodes away, and keep what stands between two of them.

    Parameters
    ----------
    text : str
        Brackets of people stay: a shortcode has values, a closing partner, or a known name.

    Examples
    --------
    >>> strip_shortcodes('[caption width="300"]Our wall[/caption]\n[gallery]\nHe [sic] said [1]')
    'Our wall\nHe [sic] said [1]'
    """
    if "[" not in text:
        return text
    stripped = _BARE.sub("", _WITH_VALUES.sub("", text))
    closed = set(_CLOSING.findall(stripped))
    stripped = _PAIR.sub(lambda found: "" if found[1] in closed else found[0], stripped)
    if stripped == text:
        return text
    return "\n".join(line.strip() for line in stripped.split("\n") if line.strip())


def _read_item(item: Any, site: str, names: dict[str, str]) -> Iterator[Record]:
    fields = child_texts(item)
    number = fields.get("wp:post_id", "")
    key = f"post {number}" if number else fields.get("guid") or fields.get("link", "")
    author = fields.get("dc:creator", "")
    text, _ = fragment_text(fields.get("content:encoded", ""))
    yield Record(
        number=0, key=key, own_id=key, text=strip_shortcodes(text), kind="essay", site=site,
        title=fragment_text(fields.get("title", ""))[0], author=names.get(author) or author,
        published=_date(fields, "wp:post_date") or fields.get("pubDate", ""),
        drop=_drop_post(fields),
    )  # fmt: skip
    for child in item:
        if plain_name(child) == "wp:comment":
            yield _read_comment(child, key, site)


def _read_comment(comment: Any, post: str, site: str) -> Record:
    fields = {plain_name(child): inner_text(child).strip() for child in comment}
    number = fields.get("wp:comment_id", "")
    parent = fields.get("wp:comment_parent", "")
    text, quoted = fragment_text(fields.get("wp:comment_content", ""), drop_quotes=True)
    key = f"comment {number}" if number else ""
    return Record(
        number=0, key=key, own_id=key, text=text, quoted=quoted, kind="comment", site=site,
        parent_key=f"comment {parent}" if parent not in ("", "0") else post, thread_key=post,
        author=fields.get("wp:comment_author", ""), published=_date(fields, "wp:comment_date"),
        drop=_drop_comment(fields),
    )  # fmt: skip


def _date(fields: dict[str, str], name: str) -> str:
    """Return a date in UTC, else in the site's time; drafts have zeros."""
    dates = (fields.get(f"{name}_gmt", ""), fields.get(name, ""))
    return next((date for date in dates if date and not date.startswith(_NO_DATE)), "")


def _drop_post(fields: dict[str, str]) -> str:
    status = fields.get("wp:status", "")
    if _NO_WRITING.fullmatch(fields.get("wp:post_type", "")):
        return "action"
    if status == "trash":
        return "deleted"
    return "draft" if status in _NOT_YET else ""


def _drop_comment(fields: dict[str, str]) -> str:
    state = _COMMENT_STATES.get(fields.get("wp:comment_approved", "").removeprefix("post-"), "")
    known = fields.get("wp:comment_type", "") in _COMMENT_TYPES
    return state or ("" if known else "action")
