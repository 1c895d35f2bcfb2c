"""What can be wrong with a report page, told from its file alone; each check returns faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lxml import html as lxml_html

Root = lxml_html.HtmlElement

MOST_BYTES = 2_000_000
MIN_ALT = 12
SCRIPTS = "//script | //iframe | //object | //embed | //form | //base | //link | //svg | //math"
POLICY = "Content-Security-Policy"
NEEDED = ("default-src 'none'", "base-uri 'none'", "form-action 'none'")
FORBIDDEN = ("script-src", "connect-src", "http:", "https:", "*", "unsafe-eval")
# What no report ever holds: in one, it would be the markup of a post.
FOREIGN_TAGS = {
    "script", "iframe", "object", "embed", "form", "input", "button", "link", "base", "svg", "math",
    "video", "audio",
}  # fmt: skip
FOREIGN_ATTRIBUTES = {"style", "srcdoc", "formaction", "action"}
ONLY_IN_HEAD = "//body//style | //body//meta | //body//title"
# A place of the page, the web, or a file of the same report; a picture is in the page itself.
OUR_LINK = re.compile(r"#|https?:|tables/|[a-z0-9-]+\.html(#|$)", re.ASCII)
OUR_IMAGE = re.compile(r"data:image/png;base64,")
OWN = re.compile(r"(?:url\(|@import)\s*[\"']?(?!data:)(?P<where>[^\"')\s;]*)")
SHARE = re.compile(r"\d[\d.]*%")
CONFIDENCE = "95%"  # names an interval, and is no figure of its own


def find_references(root: Root, _: Path) -> list[str]:
    """Return references to other files or hosts that a browser would follow on its own."""
    sources = root.xpath("//@src | //@srcset | //@data | //@background | //@poster | //link/@href")
    styles = [*root.xpath("//style/text()"), *root.xpath("//@style")]
    found = [one for one in sources if not one.startswith("data:image/png;base64,")]
    return found + [match["where"] for text in styles for match in OWN.finditer(text)]


def find_scripts(root: Root, _: Path) -> list[str]:
    """Return scripts, and whatever else could run or send something."""
    found = [f"<{element.tag}>" for element in root.xpath(SCRIPTS)]
    for element in root.iter("*"):
        found += [f"{name}=" for name in element.attrib if name.startswith("on")]
    found += [
        href for href in root.xpath("//@href") if href.strip().lower().startswith("javascript")
    ]
    return found + root.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content")


def find_foreign(root: Root) -> list[str]:
    """Return tags, attributes and targets that a report never has of its own."""
    found = []
    for element in root.iter("*"):
        found += [f"<{element.tag}>"] if element.tag in FOREIGN_TAGS else []
        for name, value in element.attrib.items():
            if name.startswith("on") or name in FOREIGN_ATTRIBUTES:
                found.append(f"{name}=")
            ours = {"href": OUR_LINK, "src": OUR_IMAGE}.get(name)
            if ours and not ours.match(value):
                found.append(f"{name}={value[:60]}")
    return found + [f"<{one.tag}> in the body" for one in root.xpath(ONLY_IN_HEAD)]


def find_policy(root: Root, _: Path) -> list[str]:
    """Say if there is no policy, if it allows too much, or if more than the charset is before."""
    metas = [one for one in root.xpath("//head/meta") if one.get("http-equiv") == POLICY]
    if not metas:
        return ["no policy"]
    said = metas[0].get("content", "")
    before = [one for one in metas[0].itersiblings(preceding=True) if one.get("charset") is None]
    found = [f"lacks {part}" for part in NEEDED if part not in said]
    found += [f"allows {part}" for part in FORBIDDEN if part in said]
    return found + [f"after <{one.tag}>" for one in before]


def find_alt(root: Root, _: Path) -> list[str]:
    """Return figures without words of their own, or with numbers that their table does not hold."""
    found, known = [], set()
    for image in root.iter("img"):
        alt = image.get("alt", "").strip()
        if len(alt) <= MIN_ALT or alt in known:
            found.append(f"says too little, or what another says: {alt!r}")
        known.add(alt)
        tables = image.xpath("(following::table)[1]")
        data = tables[0].text_content() if tables else ""
        shares = set(SHARE.findall(alt)) - {CONFIDENCE}
        found += [
            f"{share} of the text is not in the table"
            for share in sorted(shares)
            if share not in data
        ]
    return found


def find_structure(root: Root, _: Path) -> list[str]:
    """Return what is wrong with language, title, headings and landmarks."""
    found = [] if root.get("lang") else ["no language"]
    titles = root.xpath("//head/title/text()")
    if not titles or len(titles[0].strip()) < MIN_ALT:
        found.append("no title that says something")
    if not root.xpath("//head/meta[@name='viewport']"):
        found.append("no viewport")
    for tag in ("h1", "main", "nav"):
        number = len(root.xpath(f"//{tag}"))
        found += [] if number == 1 else [f"{number} <{tag}>"]
    levels = [int(one.tag[1]) for one in root.xpath("//h1 | //h2 | //h3 | //h4 | //h5 | //h6")]
    steps = zip([0, *levels], levels, strict=False)
    return found + [f"h{before} is followed by h{now}" for before, now in steps if now > before + 1]


def find_links(root: Root, path: Path) -> list[str]:
    """Return links that lead nowhere, headings without an entry, and anchors given twice."""
    anchors = root.xpath("//@id")
    found = [f"#{name} stands twice" for name in sorted(set(anchors)) if anchors.count(name) > 1]
    for link in root.xpath("//a/@href"):
        file, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        if file and not (path.parent / file).is_file():
            found.append(f"no file {file}")
        elif not file and anchor not in anchors:
            found.append(f"no target #{anchor}")
    contents = {link[1:] for link in root.xpath("//nav//a/@href") if link.startswith("#")}
    heads = root.xpath("//main//h2/@id")
    found += [f"not in the contents: {name}" for name in heads if name not in contents]
    return found + [
        f"heading without an anchor: {one.text}" for one in root.xpath("//h2[not(@id)]")
    ]


def find_tables(root: Root, _: Path) -> list[str]:
    """Return tables without a caption and headings that do not say what they head."""
    bare = root.xpath("//table[not(normalize-space(caption))]")
    heads = root.xpath("//th[not(@scope)] | //th[not(normalize-space())]")
    return ["no caption" for _ in bare] + [f"heading {one.text_content()!r}" for one in heads]


def find_size(_: Root, path: Path) -> list[str]:
    """Say if a file is too large to be mailed."""
    size = path.stat().st_size
    return [] if size <= MOST_BYTES else [f"{size:,} bytes, allowed are {MOST_BYTES:,}"]


WRITTEN: dict[str, Callable[[Root, Path], list[str]]] = {
    "references": find_references,
    "scripts": find_scripts,
    "policy": find_policy,
    "alt": find_alt,
    "structure": find_structure,
    "links": find_links,
    "tables": find_tables,
    "size": find_size,
}


def read(path: Path) -> dict[str, list[str]]:
    """Return the faults of every check that found one."""
    root = lxml_html.document_fromstring(path.read_text(encoding="utf-8"))
    found = {name: check(root, path) for name, check in WRITTEN.items()}
    return {name: faults for name, faults in found.items() if faults}
