"""No sentence of the source texts or of coded passages stands in any file of the project."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
RUN_WORDS = 8
MAX_BYTES = 8_000_000


def runs_of_words(text: str) -> set[str]:
    """Return every run of eight words, apostrophes made straight."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return {" ".join(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1)}


def texts_of_others() -> Iterator[str]:
    for path in sorted((SHARED / "seeds").glob("*.txt")):
        yield path.read_text(encoding="utf-8")
    for path in sorted((SHARED / "gold").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="the texts to compare with are not beside the project"
)
def test_no_run_of_eight_words_of_others() -> None:
    others = set().union(*map(runs_of_words, texts_of_others()))
    assert len(others) > 100_000
    planted = next(texts_of_others())
    assert runs_of_words(f"A note of ours. {planted[:400]}") & others, "a planted sentence is seen"
    found = {}
    for path in tracked_files():
        if path.stat().st_size < MAX_BYTES:
            hits = runs_of_words(path.read_bytes().decode("utf-8", "ignore")) & others
            if hits:
                found[str(path.relative_to(ROOT))] = len(hits)
    assert found == {}
