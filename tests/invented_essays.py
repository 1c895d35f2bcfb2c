"""Invented essays and comments for the tests of figures without text, and what they would leak."""

from __future__ import annotations

import json
import re
from pathlib import Path

PAGES = {
    "b-ledger.txt": [
        "The ledger and the lighthouse",
        "Every quarter the ledger went red, and every quarter somebody asked the product manager "
        "alone why the harbour team had shipped late again.",
        "My brother-in-law still believes that I paint ships; at dinner I nod, since explaining a "
        "roadmap takes longer than the soup stays warm.",
        "We hung the tide table beside the backlog, and from that week on planning took half an "
        "hour and nobody brought biscuits any more.",
    ],
    "a-orchard.txt": [
        "Notes from an orchard of tickets",
        "The recruiter wrote that only graduates of two famous universities would be read, so my "
        "orchard of shipped features never left the envelope.",
        "After the promotion to director I counted apples again at night, because four people "
        "asked me for tickets and none for a direction.",
    ],
}
REPLIES = [
    "Same here: when the ferry app failed, the whole deck turned round and looked at me, not at "
    "the engine room that had skipped the test.",
    "I moved from the dock to the office last spring, and I miss tools that one can drop.",
]


def write_essays(folder: Path, names: list[str] | None = None) -> Path:
    """Write the pages, in the order of the names, and a thread with two comments."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or list(PAGES):
        (folder / name).write_text("\n\n".join(PAGES[name]) + "\n", encoding="utf-8")
    essay = {"id": "t3_one", "title": "A pier", "selftext": PAGES["b-ledger.txt"][2] + " Truly."}
    rows = [essay] + [
        {"id": f"t1_{place}", "parent_id": "t3_one", "link_id": "t3_one", "body": text}
        for place, text in enumerate(REPLIES)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "c-pier.jsonl").write_text(lines, encoding="utf-8")
    return folder


def all_texts() -> list[str]:
    """Return every text that was written."""
    return [text for page in PAGES.values() for text in page] + REPLIES


def runs_of_words(text: str, length: int) -> set[str]:
    """Return every run of so many words."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}
