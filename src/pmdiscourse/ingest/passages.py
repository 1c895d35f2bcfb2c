"""Posts to passages: the unit that is scored, labelled and counted."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pandas as pd

from pmdiscourse.ingest.identity import passage_ids
from pmdiscourse.settings import Settings, make_settings
from pmdiscourse.tables import check_table, empty_table

if TYPE_CHECKING:
    from spacy.language import Language

_RUN = re.compile(r"\S+")
_NO_WORD = re.compile(r"\s(?:[^\w\s]|_)++(?!\S)")  # a run without letter or digit
# What is cut into words or sentences at once, so that memory stays small: up to a sentence's end,
# else up to a space.
_PIECE_CHARACTERS = 100_000
_WINDOW = re.compile(r"(?s).{1,100000}(?:(?<=[.!?])\s+|\Z)|.{1,100000}\s+|.{1,100000}")
_MORE_PARTS = 4  # tries with more parts before evenness is given up
_OWN = ["passage_id", "position", "start", "end", "text", "n_words"]
_CONTEXT = ["thread_id", "kind", "source", "published_at", "language"]


def count_words(text: str) -> int:
    """Count words: runs without white space that hold a letter or a digit.

    >>> count_words("• It's 3-4 weeks —")
    3
    """
    if len(text) > _PIECE_CHARACTERS:  # a word in memory takes 60 bytes
        return sum(_count(window[0]) for window in _WINDOW.finditer(text))
    return _count(text)


def _count(text: str) -> int:
    return len(text.split()) - len(_NO_WORD.findall(f" {text}"))


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
    kept = posts[posts["duplicate_of"].isna()]
    rows = []
    columns = (kept[name].to_numpy(object) for name in ("post_id", "text"))
    for post, (post_id, text) in enumerate(zip(*columns, strict=True)):
        spans = list(_spans(text, settings))
        texts = [text[start:end] for start, end in spans]
        ids = passage_ids(post_id, texts)
        for position, (span, passage) in enumerate(zip(spans, texts, strict=True)):
            row = (post, ids[position], position, *span, passage, count_words(passage))
            rows.append(row)
    if not rows:
        return empty_table("passages")
    frame = pd.DataFrame(rows, columns=["post", *_OWN])
    context = kept[["post_id", *_CONTEXT]].take(frame.pop("post").to_numpy()).reset_index(drop=True)
    return check_table("passages", pd.concat([frame, context], axis=1))


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
    import spacy  # noqa: PLC0415 (a second of loading that most folders never need)

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence, without the space behind it."""
    for window in _WINDOW.finditer(text):
        for sentence in _sentencizer()(window[0]).sents:
            start = window.start() + sentence.start_char
            yield start, start + len(sentence.text.rstrip())
