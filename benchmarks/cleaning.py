"""Line figures on the invented flattened pages, and the speed of the text path.

One line a set of pages (the set is the first word of a page's name, "first" where there is none):
body lines kept, chrome left in body or comments, comment lines found (and with their right
number), and F1 of body lines, where chrome and comments read as body are errors. Then MB/s of CPU
time, the best of three runs; "page" is every case, "essay" its title and body alone. Run from the
repository::

    python benchmarks/cleaning.py
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from pmdiscourse.ingest.offsets import align
from pmdiscourse.ingest.page import read_page
from pmdiscourse.ingest.repair import clean_text, repair_page

CASES = Path(__file__).parent.parent / "tests" / "cases" / "flattened"
SETS = ("hold", "more", "third", "fourth", "fifth")
Truth = list[tuple[str, str]]


def read_cases() -> dict[str, Truth]:
    """Return the lines of every page, with their roles."""
    return {
        path.stem: [(role, text) for role, text in json.loads(path.read_text("utf-8"))["lines"]]
        for path in sorted(CASES.glob("*.json"))
    }


def count(truth: Truth) -> Counter[str]:
    """Count right and wrong lines of one page."""
    seen: Counter[str] = Counter()
    lines = read_page(repair_page("\n".join(text for _, text in truth)))
    for (role, _), line in zip(truth, lines, strict=True):
        kind = role.split()[0]
        seen[kind] += 1
        seen[f"{kind} as {line.role}"] += 1
        seen["numbered"] += role == f"comment {line.comment}"
    return seen


def figures(seen: Counter[str]) -> str:
    """Return the figures of a set as one line."""
    kept = seen["body as body"]
    false = seen["chrome as body"] + seen["comment as body"]
    f1 = 2 * kept / max(seen["body"] + kept + false, 1)
    left = seen["chrome as body"] + seen["chrome as comment"]
    return (
        f"body {kept}/{seen['body']}, chrome left {left}/{seen['chrome']}, comments"
        f" {seen['comment as comment']}/{seen['comment']} ({seen['numbered']} numbered right),"
        f" titles {seen['title as title']}/{seen['title']}, F1 {f1:.3f}"
    )


def speed(run: Callable[[str], object], texts: list[str]) -> float:
    """Return MB/s of CPU time, the best of three runs."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            run(text)
        seconds.append(time.process_time() - start)
    return sum(len(text.encode()) for text in texts) / min(seconds) / 1e6


def damage(text: str) -> str:
    """Return a text as a scrape leaves it here and there."""
    return text.replace("\n\n", "\r\n\r\n").replace(" and ", "\u00a0and ").replace("’", "&rsquo;")


class Aligned:
    """Aligns raw texts with the cleaned texts that are known for them."""

    def __init__(self, cleaned: dict[str, str]) -> None:
        self.cleaned = cleaned

    def __call__(self, raw: str) -> object:
        """Align one."""
        return align(raw, self.cleaned[raw])


def main() -> None:
    """Print the figures."""
    cases = read_cases()
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for name, truth in cases.items():
        first = name.split("_")[0]
        seen[first if first in SETS else "first"] += count(truth)
    for name in ("first", *SETS):
        print(f"{name:7} {figures(seen[name])}")
    print(f"{'all':7} {figures(sum(seen.values(), Counter()))}\n")

    pages = ["\n".join(text for _, text in truth) for truth in cases.values()]
    own = ("title", "body")
    essays = ["\n\n".join(t for role, t in truth if role in own) for truth in cases.values()]
    long = ["\n\n".join(essays[i::8]) for i in range(8)]
    for name, texts in {"page": pages, "essay": essays, "long": long}.items():
        cleaned = dict(zip(map(damage, texts), texts, strict=True))
        clean = speed(clean_text, texts)
        read = speed(read_page, texts)
        changed = speed(Aligned(cleaned), list(cleaned))
        total = 1 / (1 / clean + 1 / read + 1 / changed)
        size = sum(map(len, texts)) / len(texts) / 1000
        print(
            f"{name:6} {size:5.1f} kB each: clean_text {clean:.1f}, read_page {read:.1f},"
            f" align {changed:.1f}, in sum {total:.1f} MB/s"
        )
    same = long * 4
    print(f"align of a text that did not change: {speed(lambda t: align(t, t), same):.0f} MB/s")


if __name__ == "__main__":
    main()
