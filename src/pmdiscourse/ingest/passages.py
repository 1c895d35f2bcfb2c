"""Posts to passages: the unit that is scored, labelled and counted."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, pairwise

import pandas as pd
import spacy
from spacy.language import Language

from pmdiscourse.ingest.identity import passage_ids
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.tables import check_table, empty_table

_RUN = re.compile(r"\S+")
_MORE_PARTS = 4  # tries with more parts before evenness is given up
_CONTEXT = ["thread_id", "kind", "source", "published_at", "language"]


def count_words(text: str) -> int:
    """Count words: runs without white space that hold a letter or a digit.

    >>> count_words("• It's 3-4 weeks —")
    3
    """
    return sum(1 for run in text.split() if any(map(str.isalnum, run)))


def split_passages(posts: pd.DataFrame, *, settings: Settings | None = None) -> pd.DataFrame:
    """Split posts into passages.

    A passage is one line of `posts.text` (paragraph, list item, note, speaker turn) of at least
    `min_passage_words` words. A longer one than `max_passage_words` is cut at sentence ends into
    near-equal parts of at most `part_words`. A post without a line that long is one passage.
    Duplicates give no passages.

    Parameters
    ----------
    posts : DataFrame
        Table posts.
    settings : Settings, default=None
        Sizes in words; None gives the defaults 10, 220 and 150.

    Returns
    -------
    DataFrame
        Table passages; ``posts.text[start:end]`` is the passage's text.
    """
    settings = make_settings(settings)
    rows = []
    for post in posts[posts["duplicate_of"].isna()].to_dict("records"):
        spans = list(_spans(post["text"], settings))
        texts = [post["text"][start:end] for start, end in spans]
        ids = passage_ids(post["post_id"], texts)
        for position, ((start, end), text) in enumerate(zip(spans, texts, strict=True)):
            row = {"passage_id": ids[position], "post_id": post["post_id"], "position": position}
            row |= {"start": start, "end": end, "text": text, "n_words": count_words(text)}
            rows.append(row | {name: post[name] for name in _CONTEXT})
    return check_table("passages", pd.DataFrame(rows) if rows else empty_table("passages"))


def _spans(text: str, settings: Settings) -> Iterator[tuple[int, int]]:
    """Yield start and end of each passage of a post."""
    found = False
    start = 0
    for line in text.split("\n"):
        words = count_words(line)
        if words >= settings.min_passage_words:
            found = True
            if words > settings.max_passage_words:
                yield from _cut(text, start, start + len(line), settings.part_words)
            else:
                yield start, start + len(line)
        start += len(line) + 1
    if not found and text:
        yield 0, len(text)


def _cut(text: str, start: int, end: int, part_words: int) -> Iterator[tuple[int, int]]:
    """Cut a long paragraph at sentence ends into near-equal parts of at most `part_words`."""
    sentences = [span for span in _sentences(text[start:end]) if span[1] > span[0]]
    pieces = [piece for a, b in sentences for piece in _at_most(text[start:end], a, b, part_words)]
    sizes = [count_words(text[start + a : start + b]) for a, b in pieces]
    cuts = _near_equal(sizes, part_words) or _greedy(sizes, part_words)
    for first, last in zip([0, *cuts], [*cuts, len(pieces)], strict=True):
        yield start + pieces[first][0], start + pieces[last - 1][1]


def _near_equal(sizes: list[int], limit: int) -> list[int]:
    """Choose the sentence ends nearest to equal shares of the words; [] if a part is too long."""
    ends = list(accumulate(sizes))
    fewest = math.ceil(ends[-1] / limit)
    for n_parts in range(fewest, fewest + _MORE_PARTS):
        goals = (ends[-1] * part / n_parts for part in range(1, n_parts))
        cuts = sorted({min(_nearest(ends, goal) + 1, len(sizes) - 1) for goal in goals} - {0})
        if max(_part_sizes(sizes, cuts)) <= limit:
            return cuts
    return []


def _nearest(ends: list[int], goal: float) -> int:
    """Return the index of the value nearest to a goal, in rising values."""
    after = bisect_left(ends, goal)
    return after - 1 if after and goal - ends[after - 1] <= ends[after] - goal else after


def _greedy(sizes: list[int], limit: int) -> list[int]:
    """Fill each part up to the limit: for paragraphs whose sentences leave no even cut."""
    cuts, run = [], 0
    for i, size in enumerate(sizes):
        if run and run + size > limit:
            cuts.append(i)
            run = 0
        run += size
    return cuts


def _part_sizes(sizes: list[int], cuts: list[int]) -> list[int]:
    bounds = [0, *cuts, len(sizes)]
    return [sum(sizes[a:b]) for a, b in pairwise(bounds)]


def _at_most(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Yield a sentence, cut between words where it alone is longer than a part may be."""
    words = [run for run in _RUN.finditer(text, start, end) if any(map(str.isalnum, run[0]))]
    if len(words) <= limit:
        yield start, end
        return
    for first in range(0, len(words), limit):
        last = words[min(first + limit, len(words)) - 1]
        yield words[first].start(), last.end() if first + limit < len(words) else end


@cache
def _sentencizer() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.max_length = 1_000_000_000  # the sentencizer alone needs little memory a character
    return nlp


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence, without the space behind it."""
    for sentence in _sentencizer()(text).sents:
        yield sentence.start_char, sentence.start_char + len(sentence.text.rstrip())
