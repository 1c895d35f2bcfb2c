"""What masking finds, what it masks wrongly, and how fast it is.

python benchmarks/privacy.py                      cases of tests/cases/privacy, speed, attacks
python benchmarks/privacy.py --texts PATH ...     also how many paragraphs of text files it changes
python benchmarks/privacy.py --model NAME         also names of people, by an installed spaCy model

The cases hold personal data as ⟦kind:value⟧. "found" counts values that are masked whole, "false"
sentences without personal data that are changed.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from pathlib import Path

from pmdiscourse import clean_text
from pmdiscourse.ingest.person_names import mask_person_names_in
from pmdiscourse.ingest.privacy import KINDS, mask_personal

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "privacy"
MARKED = re.compile("⟦([^:⟧]+):([^⟧]*)⟧")
ATTACKS = (
    *("@", "1-1-1-", "a@a@a@", ".com", "a.a.a.a.a.a.@", "a.a/@a", "@a.", "u/aaa ", "x.com/a", "::"),
    *("4111 ", "555 010 ", "01 ", "01.02 ", "0 ", "1/1/", "(11) ", "+1 ", "v1.1.1.1 ", "1" * 15),
    *("DE89 3704 ", "1 Aa ", "abcd:", "a at a dot ", "[at]a", "(0", "-", "_", "[phone] 1"),
)


def read_sets(name: str) -> dict[str, list[str]]:
    """Return the sentences of each set of a file of cases."""
    sets: dict[str, list[str]] = {}
    for line in (CASES / name).read_text(encoding="utf-8").splitlines()[1:]:
        set_name, sentence = line.split("\t")
        sets.setdefault(set_name, []).append(sentence)
    return sets


def found_kinds(marked: str) -> Counter[str]:
    """Count the values of a sentence that are masked whole, by kind, each judged on its own."""
    found: Counter[str] = Counter()
    masked = mask_personal(MARKED.sub(r"\2", marked)).text
    pieces = MARKED.split(marked)  # words, kind, value, words, kind, value, ..., words
    place = len(pieces[0]) if masked.startswith(pieces[0]) else -1
    for kind, value, words in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        for written in (f"[{kind}]", value):
            if place >= 0 and masked.startswith(written + words, place):
                found[kind] += written != value
                place += len(written + words)
                break
        else:
            place = -1
    return found


def print_found() -> None:
    """Print found and false by set and kind."""
    positives, negatives = read_sets("positives.tsv"), read_sets("negatives.tsv")
    print(f"{'set':8}{'kind':10}{'in text':>8}{'found':>7}")
    for name, sentences in positives.items():
        there = Counter(kind for s in sentences for kind, _ in MARKED.findall(s))
        found = sum((found_kinds(s) for s in sentences), Counter())
        for kind in KINDS:
            if there[kind]:
                print(f"{name:8}{kind:10}{there[kind]:8}{found[kind]:7}")
        print(f"{name:8}{'all':10}{there.total():8}{found.total():7}")
    print(f"\n{'set':8}{'sentences without':>18}{'false':>7}")
    for name, sentences in negatives.items():
        print(f"{name:8}{len(sentences):18}{sum(mask_personal(s).text != s for s in sentences):7}")


def megabytes_a_second(text: str) -> float:
    """Return the speed of masking a text, in CPU time."""
    start = time.process_time()
    mask_personal(text)
    return len(text.encode("utf-8")) / 1e6 / (time.process_time() - start)


def print_speed() -> None:
    """Print the speed on prose, on the cases, and on 1 MB of each attack."""
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "data/raw/sample").rglob("*.txt")]
    prose = "\n".join(pages)
    print(
        f"\nprose (sample pages): {megabytes_a_second(prose * (10_000_000 // len(prose))):.1f} MB/s"
    )
    cases = MARKED.sub(
        r"\2", "\n".join(s for group in read_sets("positives.tsv").values() for s in group)
    )
    print(f"personal data in every line: {megabytes_a_second(cases * 50):.1f} MB/s")
    speeds = {unit: megabytes_a_second(unit * (1_000_000 // len(unit))) for unit in ATTACKS}
    print("slowest attacks (1 MB):", end=" ")
    print(", ".join(f"{unit!r} {speeds[unit]:.1f}" for unit in sorted(speeds, key=speeds.get)[:6]))


def print_texts(paths: list[Path]) -> None:
    """Print how many paragraphs of text files are changed, and by which kinds; no text."""
    files = [
        file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
    ]
    counts: Counter[str] = Counter()
    changed = n_lines = 0
    for file in filter(Path.is_file, files):
        for line in clean_text(file.read_text(encoding="utf-8", errors="replace")).split("\n"):
            found = mask_personal(line).counts
            n_lines += bool(line)
            changed += bool(found)
            counts.update(found)
    print(f"\ntexts: {changed} of {n_lines} paragraphs changed; {dict(counts.most_common())}")


def print_names(model: str) -> None:
    """Print names found whole, and false ones, by a spaCy model."""
    marked = (CASES / "names.tsv").read_text(encoding="utf-8").splitlines()[1:]
    there = sum(len(MARKED.findall(sentence)) for sentence in marked)
    raw = [MARKED.sub(r"\2", sentence) for sentence in marked]
    masked = list(mask_person_names_in(raw, model=model))
    right = sum(m.text == MARKED.sub("[name]", s) for m, s in zip(masked, marked, strict=True))
    left = sum(
        value in m.text
        for m, s in zip(masked, marked, strict=True)
        for value in {value for _, value in MARKED.findall(s)}
    )
    without = [m for m, s in zip(masked, marked, strict=True) if not MARKED.search(s)]
    print(f"\nnames by {model}: {there} names, {left} still readable; {right} of {len(marked)}")
    print(
        f"sentences right; {sum(bool(m.counts) for m in without)} of {len(without)} without names"
    )
    start = time.process_time()
    n_bytes = sum(len(m.text.encode()) for m in mask_person_names_in(raw * 20, model=model))
    print(f"changed; {n_bytes / 1e3 / (time.process_time() - start):.0f} kB/s")


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--texts", nargs="+", type=Path, default=[], metavar="PATH")
parser.add_argument("--model", default="", metavar="NAME")
options = parser.parse_args()
print_found()
print_speed()
if options.texts:
    print_texts(options.texts)
if options.model:
    print_names(options.model)
