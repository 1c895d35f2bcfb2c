"""Processor time of a text twenty times as long, over that of the short one.

`read_page` on pages of one line many times, `align` on pairs of texts, and the patterns that judge
a line, on lines made of their own words. The cases are those of `tests/cases/growth.json`, whose
work the tests count in lines of Python; a pattern or a search takes its time inside one of them.
20 is in proportion, 400 the square. Ends with status 1 where a figure is above the limit. Run from
the repository::

    python benchmarks/growth.py
"""

from __future__ import annotations

import json
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from pmdiscourse.ingest import cues, headers
from pmdiscourse.ingest.offsets import align
from pmdiscourse.ingest.page import read_page

CASES = json.loads((Path(__file__).parent.parent / "tests" / "cases" / "growth.json").read_text())
LONGER, LIMIT = 20, 40
LINE, LINE_LIMIT = 59, 8  # characters of a line; one twice as long may take so much longer


def seconds(call: Callable[[], object]) -> float:
    """Return the processor seconds of a call, the least of three."""

    def once() -> float:
        start = time.process_time()
        call()
        return time.process_time() - start

    return min(once() for _ in range(3))


def read_times(line: str, times: int) -> float:
    """Return the seconds to read a page of one line."""
    page = (line + "\n") * times
    return seconds(lambda: read_page(page))


def align_times(case: dict[str, tuple[str, int]], times: int) -> float:
    """Return the seconds to align two texts."""
    raw, cleaned = (text * n * times for text, n in (case["raw"], case["cleaned"]))
    return seconds(lambda: align(raw, cleaned))


def judge_times(length: int) -> float:
    """Return the seconds to judge lines made of the words that the patterns look for."""
    found = tomllib.loads(Path(cues.__file__).with_suffix(".toml").read_text("utf-8"))
    words = sorted(set(re.findall(r"[a-zà-ÿ’']{2,}", json.dumps(found, ensure_ascii=False))))
    gaps = (" ", ", ", " | ", ". ")
    lines = [((word + gap) * length)[:length] + "~" for word in words for gap in gaps]
    judges = (cues.label, cues.is_notice, cues.reply_points, headers.has_time)
    return seconds(lambda: [judge(line) for line in lines for judge in judges])


def measure() -> Iterator[tuple[str, float, float, int]]:
    """Yield what was timed, its short and its long time, and the most their ratio may be."""
    for line in CASES["pages"]:
        name = f"page of {line[:24]!r}"
        yield name, read_times(line, 300), read_times(line, 300 * LONGER), LIMIT
    for name, case in CASES["texts"].items():
        yield f"align, {name}", align_times(case, 4), align_times(case, 4 * LONGER), LIMIT
    yield "cues, line twice as long", judge_times(LINE), judge_times(2 * LINE), LINE_LIMIT


def main() -> None:
    """Print a line for each case."""
    print("| | ms | longer | times | limit |\n|---|---|---|---|---|")
    above = 0
    for name, short, long, limit in measure():
        times = long / max(short, 1e-3)
        above += times > limit
        print(f"| {name} | {1000 * short:.1f} | {1000 * long:.1f} | {times:.1f} | {limit} |")
    sys.exit(1 if above else 0)


if __name__ == "__main__":
    main()
