"""Speed and peak memory of `pmdiscourse ingest`, for one kind of raw file after another.

python benchmarks/ingest.py [--megabytes 50] [--formats text jsonl ...] [--folder FOLDER]

Dumps of random words (seeded, so that no post is like another) are written into a temporary folder,
then read by the command in a process of its own. CPU time and peak memory are those of that process
as the system counts them; MB are 10^6 bytes of text before packing. The time to start Python and to
load the libraries is in them, and printed first.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

WORDS = """
the a our my their this every no we you they she he was is had has made took kept lost moved asked
told wanted needed shipped sold planned measured cut before after during without under for with
about and but because so when team roadmap launch price customer interview metric budget quarter
designer engineer founder manager promotion review survey backlog meeting release title career
salary outage promise question answer week month year morning good late small large new old quiet
honest difficult simple wrong right again never often only sponsor stakeholder forecast vendor
office calendar decision experiment hypothesis segment retention pipeline contract escalation
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><nav><ul>{menu}</ul></nav><article class="post"><h1>{title}</h1>
<p class="byline">By {author} on <time datetime="2024-03-01">March 1, 2024</time></p>
<div class="entry-content">{body}</div></article>
<ol class="comment-list">{comments}</ol><footer><p>All rights reserved</p></footer></body></html>"""
COMMENT = """<li id="comment-{n}" class="comment"><div class="comment-author vcard">
<cite class="fn">{author}</cite></div><div class="comment-meta"><a href="#comment-{n}">
<time datetime="2024-03-02T10:00:00Z">March 2, 2024</time></a></div>
<div class="comment-content"><p>{text}</p></div></li>"""
PAGES_A_FOLDER = 1000
_WORDS = WORDS.split()


def sentences(draw: random.Random, n: int) -> str:
    """Return n sentences of random words."""
    said = (" ".join(draw.choices(_WORDS, k=draw.randrange(8, 20))) for _ in range(n))
    return " ".join(f"{sentence.capitalize()}." for sentence in said)


def rows(draw: random.Random, megabytes: float) -> Iterator[dict[str, str]]:
    """Yield rows of a forum, about 500 characters of text each: one essay, then 19 replies."""
    size = number = 0
    while size < megabytes * 1e6:
        essay = number % 20 == 0
        row = {
            "id": f"r{number}",
            "parent_id": "" if essay else f"r{number - number % 20}",
            "author": f"person{draw.randrange(50_000)}",
            "created_utc": str(1_700_000_000 + 60 * number),
            "title": sentences(draw, 1) if essay else "",
            "body": "\n\n".join(sentences(draw, 4) for _ in range(6 if essay else 1)),
        }
        size += sum(map(len, row.values())) + 90
        number += 1
        yield row


def write_jsonl(folder: Path, draw: random.Random, megabytes: float) -> None:
    """Write one file of JSON lines."""
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows(draw, megabytes))


def write_packed(folder: Path, draw: random.Random, megabytes: float) -> None:
    """Write one file of JSON lines, packed with Zstandard."""
    with zstandard.open(folder / "posts.jsonl.zst", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows(draw, megabytes))


def write_csv(folder: Path, draw: random.Random, megabytes: float) -> None:
    """Write one table."""
    with (folder / "posts.csv").open("w", encoding="utf-8") as file:
        file.write("id,parent_id,author,created_utc,title,body\n")
        for row in rows(draw, megabytes):
            file.write(",".join(f'"{value}"' for value in row.values()) + "\n")


def write_stack_exchange(folder: Path, draw: random.Random, megabytes: float) -> None:
    """Write a Posts.xml as Stack Exchange dumps have it."""
    with (folder / "Posts.xml").open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<posts>\n')
        for number, row in enumerate(rows(draw, megabytes / 1.15), start=1):
            question = not row["parent_id"]
            parent = "" if question else f' ParentId="{int(row["parent_id"][1:]) + 1}"'
            title = f' Title="{row["title"]}"' if question else ""
            text = "".join(f"<p>{part}</p>" for part in row["body"].split("\n\n"))
            file.write(
                f'  <row Id="{number}" PostTypeId="{1 if question else 2}"{parent}{title} '
                f'CreationDate="2024-01-01T10:00:00.000" Body="{html.escape(text)}" '
                f'OwnerUserId="{row["author"][6:]}" />\n'
            )
        file.write("</posts>\n")


def write_pages(folder: Path, make: Callable[[int], str], ending: str, megabytes: float) -> None:
    """Write pages until they are that large together."""
    size = number = 0
    while size < megabytes * 1e6:
        path = folder / f"{number // PAGES_A_FOLDER}" / f"{number}.{ending}"
        path.parent.mkdir(exist_ok=True)
        size += path.write_text(make(number), encoding="utf-8")
        number += 1


def write_text(folder: Path, draw: random.Random, megabytes: float) -> None:
    """Write essays of about 8 kB as text."""

    def make(number: int) -> str:
        paragraphs = [sentences(draw, 6) for _ in range(14)]
        return "\n\n".join([f"Essay number {number}", *paragraphs, "Share", "Subscribe"])

    write_pages(folder, make, "txt", megabytes)


def write_html(folder: Path, draw: random.Random, megabytes: float) -> None:
    """Write blog pages of about 12 kB, each with five comments."""
    menu = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in _WORDS[40:70])

    def make(number: int) -> str:
        comments = "".join(
            COMMENT.format(n=n, author=f"Person {n}", text=sentences(draw, 3)) for n in range(5)
        )
        body = "".join(f"<p>{sentences(draw, 6)}</p>" for _ in range(12))
        return PAGE.format(
            title=f"Essay number {number}", menu=menu, author="A. Writer", body=body,
            comments=comments,
        )  # fmt: skip

    write_pages(folder, make, "html", megabytes)


FORMATS: dict[str, Callable[[Path, random.Random, float], None]] = {
    "text": write_text,
    "jsonl": write_jsonl,
    "csv": write_csv,
    "zst": write_packed,
    "html": write_html,
    "stackexchange": write_stack_exchange,
}


def measure(arguments: list[str], key: Path) -> tuple[float, float, str]:
    """Run a command; return its CPU seconds, its peak memory in MB and its first line."""
    environment = os.environ | {"PMDISCOURSE_KEY_FILE": str(key)}
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}: {printed}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, printed.partition("\n")[0]


def main() -> None:
    """Write, read, print a row a format."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=50, help="of each format (default 50)")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--folder", help="for the dumps (default: the system's temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        start = [sys.executable, "-c", "import pmdiscourse.ingest.parts"]
        measure(start, Path(name))
        print(f"start: {measure(start, Path(name))[0]:.1f} s")
        print("format         MB  files  CPU s  MB/s  files/s  peak MB  records")
        for kind in options.formats:
            raw = Path(name, kind)
            raw.mkdir()
            FORMATS[kind](raw, random.Random(0), options.megabytes)
            n_files = sum(path.is_file() for path in raw.rglob("*"))
            command = [sys.executable, "-m", "pmdiscourse.cli", "ingest", str(raw)]
            out = Path(name, f"{kind}-out")
            seconds, peak, told = measure([*command, "--out", str(out)], Path(name, "key"))
            speeds = f"{options.megabytes / seconds:5.2f} {n_files / seconds:8.1f}"
            print(
                f"{kind:13} {options.megabytes:5.0f} {n_files:5} {seconds:6.1f} {speeds} "
                f"{peak:8.0f}  {told}",
                flush=True,
            )


if __name__ == "__main__":
    main()
