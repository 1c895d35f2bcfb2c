"""Print how well article and comments of HTML pages are read, beside trafilatura and resiliparse.

Every page of the folder is an ``.html`` file with a ``.json`` file of the same name that says what
is in it: title, author, published, body (paragraphs), comments (text, author, published, parent,
drop) and chrome. The peers give comments as one text, so of them only the text is counted: a
comment is found if all its paragraphs are there. Run from the repository::

    python benchmarks/html_quality.py
    python benchmarks/html_quality.py --pages folder --list
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import trafilatura

from pmdiscourse.ingest.document import Document
from pmdiscourse.ingest.readers.web import read_html
from pmdiscourse.ingest.records import Notice, Record, Refused, drop_reason, parse_time

try:  # a peer, not a dependency
    from resiliparse.extract.html2text import extract_plain_text
except ImportError:
    extract_plain_text = None

PAGES = Path(__file__).parents[1] / "tests" / "cases" / "formats" / "html"


@dataclass
class Score:
    """Counts over pages; `faults` says in words what is not as annotated."""

    counts: Counter[str] = field(default_factory=Counter)
    body_f1: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def share(self, part: str, whole: str) -> float:
        """Return a share of two counts; 1 if there is nothing to count."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else 1.0

    def figures(self) -> dict[str, float]:
        """Return the figures that are kept as floors."""
        return {
            "body_f1": sum(self.body_f1) / len(self.body_f1),
            "comment_recall": self.share("found", "comments"),
            "comment_precision": self.share("found", "records"),
            **{name: self.share(name, "found") for name in ("author", "published", "parent")},
            "leaks": float(self.counts["leaks"]),
            "chrome": float(self.counts["chrome"]),
        }


def word_f1(text: str, truth: str) -> float:
    """Return the F1 of two multisets of words."""
    got, want = (Counter(re.findall(r"\w+", one.lower())) for one in (text, truth))
    return 2 * (got & want).total() / ((got + want).total() or 1) if got or want else 1.0


def score_page(name: str, found: list[Any], truth: dict[str, Any], score: Score) -> None:
    """Compare what was read of one page with its annotation."""
    records = [one for one in found if isinstance(one, Record)]
    essay = next((one for one in records if one.key == "essay"), Record(number=0, text=""))
    comments = [one for one in records if one.key != "essay"]
    faults: list[str] = []
    score.body_f1.append(word_f1(essay.text, "\n".join(truth["body"])))
    if score.body_f1[-1] < 0.99:
        faults.append(f"body F1 {score.body_f1[-1]:.3f}")
    for one in ("title", "author"):
        if getattr(essay, one) != truth[one]:
            faults.append(f"{one} {getattr(essay, one)!r} is not {truth[one]!r}")
    if not _same_time(essay.published, truth["published"]):
        faults.append(f"published {essay.published!r} is not {truth['published']!r}")
    score.counts["pages"] += 1
    score.counts["comments"] += len(truth["comments"])
    score.counts["records"] += len(comments)
    faults += _score_comments(comments, truth["comments"], score)
    leaks = [line for one in truth["comments"] for line in one["text"] if line in essay.text]
    shown = [words for words in truth["chrome"] for one in records if _holds(one.text, words)]
    score.counts["leaks"] += len(leaks)
    score.counts["chrome"] += len(shown)
    faults += [f"leak {line[:60]!r}" for line in leaks] + [f"chrome {words!r}" for words in shown]
    faults += [f"refused: {one.reason}" for one in found if isinstance(one, Refused)]
    if sum(isinstance(one, Notice) for one in found) != truth["notices"]:
        faults.append(f"not {truth['notices']} notices")
    score.faults += [f"{name}: {fault}" for fault in faults]


def _score_comments(
    comments: list[Record], wanted: list[dict[str, Any]], score: Score
) -> list[str]:
    """Match records and annotations by their text; return what differs."""
    free = list(comments)
    matched: list[Record | None] = []
    for truth in wanted:
        text = " ".join(truth["text"])
        same = [one for one in free if " ".join(one.text.split()) == text]
        matched.append(same[0] if same else None)
        if same:
            free.remove(same[0])
    faults = [f"no comment of its own: {one.text[:60]!r}" for one in free]
    keys = ["essay" if one is None else one.key for one in matched]
    for truth, record in zip(wanted, matched, strict=True):
        if record is None:
            faults.append(f"not found: {truth['text'][0][:60]!r}")
            continue
        parent = "essay" if truth["parent"] is None else keys[truth["parent"]]
        right = {
            "found": True,
            "author": record.author == truth["author"],
            "published": _same_time(record.published, truth["published"]),
            "parent": record.parent_key == parent,
            "drop": drop_reason(record) == truth["drop"],
        }
        score.counts.update(name for name, is_right in right.items() if is_right)
        faults += [f"{name} of {record.text[:40]!r}" for name, one in right.items() if not one]
    return faults


def _same_time(got: str, wanted: str) -> bool:
    time_read = parse_time(got)
    return (time_read.isoformat() if time_read else "").startswith(wanted) and bool(
        wanted or not time_read
    )


def _holds(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def score_folder(folder: Path) -> Score:
    """Read and score every annotated page of a folder."""
    score = Score()
    for page in sorted(folder.glob("*.html")):
        truth = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
        found = list(read_html(Document.of_bytes(page.name, page.read_bytes())))
        score_page(page.stem, found, truth, score)
    return score


def peers() -> dict[str, Callable[[str], tuple[str, str]]]:
    """Return the peers that are installed: page to body and comments."""

    def precise(html: str) -> tuple[str, str]:
        page = trafilatura.bare_extraction(
            html, favor_precision=True, include_comments=True, with_metadata=True
        )
        return ((page.text or ""), (page.comments or "")) if page else ("", "")

    found: dict[str, Callable[[str], tuple[str, str]]] = {
        f"trafilatura {version('trafilatura')} precision": precise
    }
    if extract_plain_text is None:
        print("resiliparse is not installed; to compare with it: pip install resiliparse\n")
        return found

    def plain(html: str) -> tuple[str, str]:
        text = str(extract_plain_text(html, main_content=True, comments=True))
        return text, text  # one text: comments cannot be told from the body

    found[f"resiliparse {version('resiliparse')} comments=True"] = plain
    return found


def score_peer(read: Callable[[str], tuple[str, str]], folder: Path) -> tuple[float, float, int]:
    """Return body F1, share of comments found, and lines of comments in the body."""
    f1, found, n_comments, leaks = [], 0, 0, 0
    for page in sorted(folder.glob("*.html")):
        truth = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
        body, comments = read(page.read_text(encoding="utf-8"))
        body, comments = (" ".join(text.split()) for text in (body, comments))
        f1.append(word_f1(body, "\n".join(truth["body"])))
        n_comments += len(truth["comments"])
        found += sum(all(line in comments for line in one["text"]) for one in truth["comments"])
        leaks += sum(line in body for one in truth["comments"] for line in one["text"])
    return sum(f1) / len(f1), found / (n_comments or 1), leaks


def pages_a_second(read: Callable[[str], object], folder: Path, rounds: int = 3) -> float:
    """Return the best of some rounds over all pages, in processor time of one core."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(folder.glob("*.html"))]
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for page in pages:
            read(page)
        times.append(time.process_time() - start)
    return len(pages) / min(times)


def main() -> None:
    """Print one line for each method."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pages", type=Path, default=PAGES, help="folder of annotated pages")
    parser.add_argument("--list", action="store_true", help="say what differs, page by page")
    options = parser.parse_args()
    score = score_folder(options.pages)
    figures = score.figures()

    def ours(html: str) -> object:
        return list(read_html(Document.of_bytes("page.html", html.encode("utf-8"))))

    print(f"{score.counts['pages']} pages, {score.counts['comments']} comments\n")
    print(f"{'':40}{'body F1':>9}{'comments':>10}{'leaks':>7}{'pages/s':>9}")
    line = "{:40}{:9.3f}{:10.3f}{:7.0f}{:9.1f}"
    speed = pages_a_second(ours, options.pages)
    print(
        line.format("ours", figures["body_f1"], figures["comment_recall"], figures["leaks"], speed)
    )
    for name, read in peers().items():
        print(
            line.format(name, *score_peer(read, options.pages), pages_a_second(read, options.pages))
        )
    print("\nours, one record a comment:")
    for name in ("comment_recall", "comment_precision", "author", "published", "parent", "chrome"):
        print(f"  {name:20}{figures[name]:8.3f}")
    for fault in score.faults if options.list else []:
        print(fault)


if __name__ == "__main__":
    main()
