"""Hostile markup in everything that a person can bring: posts in many formats, codebook, passport.

A canary is a piece of markup that sets `window.__pwned_PLACE_NAME` when it runs, or asks
canary.example for something. PLACE tells where it came from.
"""

from __future__ import annotations

import csv
import json
import tomllib
import zlib
from html import escape
from pathlib import Path

from pmdiscourse.codebook import copy_codebook

KNOWN: list[dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "data" / "canaries.toml").read_text(encoding="utf-8")
)["canary"]
NAMES = [known["name"] for known in KNOWN]
DETAILS = (
    ("spring", "summer", "autumn", "winter", "week", "month", "quarter", "year"),
    ("search", "billing", "mobile", "pricing", "growth", "support", "data", "design"),
    ("Lisbon", "Oslo", "Graz", "Leeds", "Turin", "Ghent", "Porto", "Basel"),
    ("rebuilt", "moved", "renamed", "tested", "paused", "shipped", "cut", "rewritten"),
    ("onboarding", "checkout", "inbox", "calendar", "export", "login", "archive", "feed"),
    ("an analyst", "a tester", "a writer", "a buyer", "a founder", "a clerk", "a pilot", "a nurse"),
    ("finance", "legal", "sales", "the board", "partners", "the press", "hiring", "training"),
    ("delays", "prices", "holidays", "contracts", "refunds", "naming", "travel", "lunch"),
)
BLAMED = (
    "When the launch slipped, everybody blamed the product manager, who had no authority over it."
)
SEED = "[read](javascript:window.__pwned_codebook_seed=1)"  # a seed term must not hold < or >
TEMPLATE = "{{ 7 * 7 }} {% for x in y %} {{ config }}"
FILE = "<img src=x onerror=window.__pwned_file_name=1>.jsonl"


def get(name: str, place: str) -> str:
    """Return the markup of one canary."""
    markup = next(known["markup"] for known in KNOWN if known["name"] == name)
    return markup.replace("RAN", f"window.__pwned_{place}_{name}=1").replace("NAME", place)


def within(name: str, place: str) -> str:
    """Return a canary in the markup in which it fires."""
    around = next(known.get("within", "CANARY") for known in KNOWN if known["name"] == name)
    return around.replace("CANARY", get(name, place))


def write_raw(folder: Path) -> Path:
    """Write hostile posts: each canary in its own post, in each of several formats."""
    folder.mkdir()
    _write_jsonl(folder / "threads.jsonl", NAMES, "json")
    _write_jsonl(folder / FILE, ["script"], "file")
    _write_csv(folder / "forum.csv")
    for name in NAMES:
        (folder / f"page-{name}.html").write_text(_html_page(name), encoding="utf-8")
        (folder / f"copied-{name}.txt").write_text(_copied_page(name), encoding="utf-8")
    passport = {
        key: get(name, f"passport_{key}")
        for key, name in (("title", "title"), ("description", "image"), ("author", "script"),
                          ("licence", "vector"), ("url", "attribute"))
    }  # fmt: skip
    passport["description"] += TEMPLATE
    _write_toml(folder / "source.toml", passport)
    return folder


def write_codebook(folder: Path) -> Path:
    """Write the codebook that comes with the package, its words replaced by canaries."""
    copy_codebook(None, folder)
    themes = folder / "themes.toml"
    lines = themes.read_text(encoding="utf-8").split("\n")
    names = iter(NAMES * 3)
    for number, line in enumerate(lines):
        key = line.partition(" =")[0]
        if key in {"title", "definition"}:
            lines[number] = f"{key} = {json.dumps(get(next(names), f'codebook_{key}'))}"
        if line == "seeds = [":
            lines[number] += f"\n  {json.dumps(SEED)},"
    themes.write_text("\n".join(lines), encoding="utf-8")
    return folder


def _said(name: str, place: str) -> str:
    """Return a text that is tagged and holds the canary: as it is, and as text about markup."""
    told = escape(get(name, f"{place}_told"))
    return f"{BLAMED} {get(name, place)} They wrote {told} there. {TEMPLATE} {_detail(name, place)}"


def _detail(name: str, place: str) -> str:
    """Return a sentence of its own for each post: posts that say the same are kept once."""
    number = zlib.crc32(f"{place} {name}".encode())
    words = [options[(number >> 3 * step) % len(options)] for step, options in enumerate(DETAILS)]
    return "That {} the {} team in {} had {} the {} twice, and {} wrote to {} about {}.".format(
        *words
    )


def _write_jsonl(path: Path, names: list[str], place: str) -> None:
    posts = [
        {
            "id": f"{place}{name}",
            "title": get(name, f"{place}_title"),
            "selftext": _said(name, place),
            "author": get(name, f"{place}_author"),
            "source": get(name, f"{place}_source"),
            "subreddit": get(name, f"{place}_group"),
            "url": f"http://site.example/{get(name, f'{place}_url')}",
            "created_utc": 1634695320,
        }
        for name in names
    ]
    path.write_text("".join(json.dumps(post) + "\n" for post in posts), encoding="utf-8")


def _write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "author", "body"])
        for name in NAMES:
            title, author = get(name, "csv_title"), get(name, "csv_author")
            writer.writerow([f"csv{name}", title, author, _said(name, "csv")])


def _html_page(name: str) -> str:
    """Return a saved page that shows the canary as text, and holds it as markup too."""
    shown = {key: escape(get(name, f"html_{key}")) for key in ("title", "author", "site", "text")}
    return (
        f"<!doctype html><html><head><title>{shown['title']}</title>"
        f'<meta name="author" content="{shown["author"]}">'
        f'<meta property="og:site_name" content="{shown["site"]}"></head>'
        f"<body><main><article><h1>{shown['title']}</h1><p>{BLAMED} {shown['text']}</p>"
        f"{get(name, 'html_raw')}<p>{BLAMED} {_detail(name, 'html')}</p>"
        "</article></main></body></html>"
    )


def _copied_page(name: str) -> str:
    said = f"{BLAMED} {get(name, 'copied')} {_detail(name, 'copied')}"
    lines = [get(name, "copied_title"), "By Ann Invented", said, _detail(name, "end"), BLAMED]
    return "\n\n".join(lines) + "\n"


def _write_toml(path: Path, values: dict[str, str]) -> None:
    path.write_text(
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()),
        encoding="utf-8",
    )
