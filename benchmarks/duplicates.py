"""Near duplicates on perturbed copies, against MinHash: recall, false pairs, time and memory.

python benchmarks/duplicates.py [RAW] [--posts 1000000]

The copies are made of the posts of RAW that have 40 words or more. Other tools are measured in
the same run if they are installed: pip install datasketch rensa
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from pmdiscourse import read_posts
from pmdiscourse.ingest.duplicates import Duplicates
from pmdiscourse.ingest.shingles import fingerprint

Pairs = set[tuple[int, int]]
MIN_WORDS = 40
SEEDS = 5
MINHASHES = 128
JACCARD = 0.5
OLD, NEW = np.datetime64("2024-01-01T08:00", "s"), np.datetime64("2024-06-01T08:00", "s")
BEFORE = "Home About Newsletter Sign in Subscribe Share on LinkedIn Copy link 14 min read"
AFTER = "Like Reply Share Report Save 23 likes 4 comments More from this author Terms"
INTRODUCTION = "Posting this again because nobody in the old group seems to have seen it back then:"
SYLLABLES = ["ba", "co", "di", "fu", "ga", "he", "jo", "ka", "li", "mo", "ne", "pu", "ra", "so"]


def leave_out(words: list[str], share: float, chance: random.Random) -> list[str]:
    """Leave a share of the words out."""
    return [word for word in words if chance.random() >= share]


def exchange(words: list[str], share: float, chance: random.Random) -> list[str]:
    """Write another word for a share of the words."""
    return [f"instead{word}" if chance.random() < share else word for word in words]


def copies_of(words: list[str], chance: random.Random) -> dict[str, list[str]]:
    """Make copies that should be linked to the original."""
    n = len(words)
    start = chance.randrange(n - int(0.6 * n) + 1)
    return {
        "case and spaces": [word.upper() + " " for word in words],
        "page furniture around": [*BEFORE.split(), *words, *AFTER.split()],
        "sentence in front": [*INTRODUCTION.split(), *words],
        "5 % of words left out": leave_out(words, 0.05, chance),
        "15 % of words left out": leave_out(words, 0.15, chance),
        "10 % of words exchanged": exchange(words, 0.10, chance),
        "15 % of words exchanged": exchange(words, 0.15, chance),
        "cut to the first 60 %": words[: int(0.6 * n)],
        "cut to a middle 60 %": words[start : start + int(0.6 * n)],
    }


def quoting(words: list[str], own: list[str]) -> dict[str, list[str]]:
    """Make posts that quote the original, and say as much or more themselves: to be left alone."""
    n = max(40, len(words))
    answer = (own * (n // len(own) + 1))[:n]
    half = max(40, len(words) // 2)
    return {
        "quoted whole in commentary": [*answer[: n // 2], "“", *words, "”", *answer],
        "quoted half, half own": [*words[: len(words) // 2], *answer[:half]],
    }


def find_ours(texts: list[str], times: np.ndarray) -> Pairs:
    """Find (copy, kept) pairs with this library."""
    with tempfile.TemporaryDirectory() as folder, Duplicates(Path(folder)) as duplicates:
        for number, text in enumerate(texts):
            duplicates.add(number, fingerprint(text))
        links = duplicates.links(times, np.arange(len(texts)))
        return {(copy, kept) for copy, kept in links.tolist()}


def shingles(text: str) -> list[str]:
    """Return the five-word shingles that the other tools are given."""
    words = text.casefold().split()
    return [" ".join(words[start : start + 5]) for start in range(max(1, len(words) - 4))]


def find_datasketch(texts: list[str], _: np.ndarray) -> Pairs:
    """Find pairs with datasketch: MinHash, locality-sensitive hashing, Jaccard estimate."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415

    index = MinHashLSH(threshold=JACCARD, num_perm=MINHASHES)
    hashes, pairs = [], set()
    for number, text in enumerate(texts):
        minhash = MinHash(num_perm=MINHASHES)
        minhash.update_batch([shingle.encode() for shingle in shingles(text)])
        for other in index.query(minhash):
            if minhash.jaccard(hashes[other]) >= JACCARD:
                pairs.add((number, other))
        index.insert(number, minhash)
        hashes.append(minhash)
    return pairs


def find_rensa(texts: list[str], _: np.ndarray) -> Pairs:
    """Find pairs with rensa: the same, in Rust."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415

    index = RMinHashLSH(JACCARD, MINHASHES, MINHASHES // 4)
    hashes, pairs = [], set()
    for number, text in enumerate(texts):
        minhash = RMinHash(MINHASHES, 42)
        minhash.update(shingles(text))
        for other in index.query(minhash):
            if minhash.jaccard(hashes[other]) >= JACCARD:
                pairs.add((number, other))
        index.insert(number, minhash)
        hashes.append(minhash)
    return pairs


def finders() -> dict[str, Callable[[list[str], np.ndarray], Pairs]]:
    """Return the tools that are installed."""
    found: dict[str, Callable[[list[str], np.ndarray], Pairs]] = {"pmdiscourse": find_ours}
    for name, finder in (("datasketch", find_datasketch), ("rensa", find_rensa)):
        try:
            __import__(name)
        except ImportError:
            print(f"{name} is not installed and not measured; pip install {name}")
        else:
            found[name] = finder
    return found


def perturbed(originals: list[str]) -> Iterator[tuple[str, bool, list[str]]]:
    """Yield name, whether they are copies, and a perturbed text of every original."""
    chance = random.Random(0)
    words = [text.split() for text in originals]
    for _ in range(SEEDS):
        copies = [copies_of(post, chance) for post in words]
        answers = [words[(place + 1) % len(words)] for place in range(len(words))]
        quotes = [quoting(post, own) for post, own in zip(words, answers, strict=True)]
        for made, is_copy in ((copies, True), (quotes, False)):
            for name in made[0]:
                yield name, is_copy, [" ".join(post[name]) for post in made]


def measure_recall(originals: list[str]) -> None:
    """Print the share of copies found, and how many pairs are false."""
    n = len(originals)
    tools = finders()
    old, new = np.full(n, OLD), np.full(n, NEW)
    unknown = np.full(2 * n, np.datetime64("NaT", "s"))
    columns = {name: (tool, np.concatenate([old, new])) for name, tool in tools.items()}
    columns["no times"] = (find_ours, unknown)
    found: dict[tuple[str, str], list[int]] = {}
    false = dict.fromkeys(columns, 0)
    kinds: dict[str, bool] = {}
    for kind, is_copy, texts in perturbed(originals):
        kinds[kind] = is_copy
        for name, (tool, times) in columns.items():
            pairs = tool(originals + texts, times)
            right = {pair for pair in pairs if abs(pair[0] - pair[1]) == n}
            found.setdefault((kind, name), []).append(len(right))
            false[name] += len(pairs - right) if is_copy else 0
    print(f"\n{n} posts, {SEEDS} times; share of copies linked to their original")
    print(f"{'':30}" + "".join(f"{name:>13}" for name in columns))
    for kind, is_copy in kinds.items():
        shares = [sum(found[kind, name]) / SEEDS / n for name in columns]
        row = "".join(f"{share:13.2f}" for share in shares)
        print(f"{kind:30}{row}{'' if is_copy else '   (should be 0)'}")
    print(f"{'false pairs':30}" + "".join(f"{false[name]:13d}" for name in columns))


def generate(n_posts: int) -> Iterator[str]:
    """Yield invented posts, 66 words on average; one of twenty is an older one, 5 % left out."""
    random_numbers, chance = np.random.default_rng(0), random.Random(0)
    pick = random_numbers.choice
    vocabulary = ["".join(pick(SYLLABLES, size)) for size in random_numbers.integers(1, 6, 50_000)]
    shares = 1 / np.arange(1, len(vocabulary) + 1) ** 1.05
    limits = np.cumsum(shares / shares.sum())
    recent: list[list[str]] = []
    for number in range(n_posts):
        if number % 20 == 19:
            words = leave_out(chance.choice(recent), 0.05, chance)
        else:
            size = int(np.clip(random_numbers.lognormal(4, 0.6), 35, 600))
            places = np.searchsorted(limits, random_numbers.random(size))
            words = [vocabulary[place] for place in np.minimum(places, len(vocabulary) - 1)]
        recent = [*recent[-20:], words]
        yield " ".join(words)


def measure_speed(n_posts: int = 5000) -> None:
    """Print posts a second, from text to pairs."""
    texts = list(generate(n_posts))
    times = OLD + np.arange(n_posts).astype("timedelta64[s]")
    print(f"\nposts a second of processor time, {n_posts} generated posts, shingling included")
    for name, tool in finders().items():
        start = time.process_time()
        n_pairs = len(tool(texts, times))
        print(f"{name:14}{n_posts / (time.process_time() - start):9.0f}   {n_pairs} pairs")


def measure_scale(n_posts: int) -> None:
    """Print time, disk and peak memory of the whole search among generated posts."""
    seconds = {"fingerprint": 0.0, "add": 0.0}
    n_bytes = 0
    with tempfile.TemporaryDirectory() as folder, Duplicates(Path(folder)) as duplicates:
        for number, text in enumerate(generate(n_posts)):
            start = time.process_time()
            words = fingerprint(text)
            middle = time.process_time()
            duplicates.add(number, words)
            seconds["fingerprint"] += middle - start
            seconds["add"] += time.process_time() - middle
            n_bytes += len(text)
        start = time.process_time()
        times = OLD + np.arange(n_posts).astype("timedelta64[s]")
        links = duplicates.links(times, np.arange(n_posts))
        seconds["links"] = time.process_time() - start
        disk = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{n_posts} generated posts, {n_bytes / 1e6:.0f} MB of text, {len(links)} links")
    print(
        "processor seconds: " + "  ".join(f"{name} {value:.1f}" for name, value in seconds.items())
    )
    print(f"fingerprint {n_bytes / 1e6 / seconds['fingerprint']:.1f} MB/s")
    print(f"temporary files {disk / 1e6:.0f} MB, peak memory of this process {peak:.0f} MiB")


def main() -> None:
    """Measure scale in a fresh process's memory first, then recall and speed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", nargs="?", default="data/raw/sample")
    parser.add_argument("--posts", type=int, default=100_000)
    options = parser.parse_args()
    measure_scale(options.posts)
    posts = read_posts(options.raw)
    texts = posts.loc[posts["duplicate_of"].isna(), "text"]
    measure_recall([text for text in texts if len(text.split()) >= MIN_WORDS])
    measure_speed()


if __name__ == "__main__":
    sys.exit(main())
