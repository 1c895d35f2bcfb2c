"""Near duplicates: which post is an older one over again, and which only quotes it.

The rule. A post is a copy of another if it has little of its own. Its own are the words that
stand in no shingle (run of five words) of the other: at most two fifths of them, and never 40 in
a row, nor a third of the post. So a post with page furniture around it, with words left out or
exchanged, or cut short is a copy; a quotation inside somebody's own words is not.

Who is kept. Posts are looked at by age: known times first and in their order, the longer of two
of one time first, then by `ties`. Each is compared with the posts kept so far, and linked to the
oldest that it is a copy of. Where times do not tell which came first (a missing time, the same
time, or a bare day against an hour of it), having little of its own is not enough, for the other
one may be what quotes: both must have little of their own, or the one must be cut from the other,
that is, share its beginning, or begin or end inside one of its sentences. Then the piece is the
copy, even if its own time is known and that of the whole is not.

Which posts are compared is exact: nothing is estimated, and no number depends on the size of the
corpus. A newer post changes no link among posts of known time; an unrelated one changes nothing.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from pmdiscourse.ingest.shingle_store import (
    Integers,
    Lists,
    Numbers,
    ShingleStore,
    Suspects,
    view_array,
)
from pmdiscourse.ingest.shingles import SHINGLE, Hashes, Words, hash_shingles

MIN_WORDS = 20  # shorter texts share what little they say by chance
OWN_SHARE = 2 / 5
OWN_PASSAGE = 40  # words: as long as a usual comment
OWN_PASSAGE_SHARE = 1 / 3

_TAIL = 3  # words: "Read more" at the end of a text that was cut
_CACHED_TEXTS = 4096
_CACHED_WORDS = 500  # longer texts are read again
_DAY = np.dtype("datetime64[D]")

Ranks = int | NDArray[np.integer]


class Text(NamedTuple):
    """The fingerprint of a text and its shingles, in their order and sorted."""

    words: Words
    shingles: Hashes
    sorted_shingles: Hashes

    @classmethod
    def of_words(cls, words: Words) -> Text:
        """Hash the shingles of a fingerprint."""
        shingles = hash_shingles(words)
        return cls(words, shingles, np.sort(shingles))

    def shared_with(self, other: Text) -> Integers:
        """Return where the shingles begin that the other has too."""
        place = np.searchsorted(other.sorted_shingles, self.shingles)
        place[place == len(other.sorted_shingles)] = 0
        return np.flatnonzero(other.sorted_shingles[place] == self.shingles)

    def follows_stop(self, place: int) -> bool:
        """Tell whether a sentence, a line or a quotation may begin at a word."""
        return bool(self.words[place] & 1)


def own_passage(n_words: int) -> int:
    """Return the words in a row that are a passage of one's own in a text of so many words.

    >>> own_passage(60), own_passage(1000)
    (20, 40)
    """
    return min(OWN_PASSAGE, ceil(OWN_PASSAGE_SHARE * n_words))


def has_little_of_its_own(text: Text, other: Text) -> bool:
    """Tell whether nearly all of a text stands in another.

    Parameters
    ----------
    text, other : Text
        Of `SHINGLE` words or more.

    Returns
    -------
    bool
        At most `OWN_SHARE` of the words stand in no shingle that both have, and nowhere so
        many in a row as `own_passage` says.
    """
    shared = text.shared_with(other)
    n_words = len(text.words)
    if SHINGLE * len(shared) < (1 - OWN_SHARE) * n_words:
        return False
    own = np.empty(len(shared) + 1, dtype=np.int64)  # words before, between and after
    own[0], own[-1] = shared[0], n_words - shared[-1] - SHINGLE
    own[1:-1] = np.maximum(shared[1:] - shared[:-1] - SHINGLE, 0)
    return bool(own.sum() <= OWN_SHARE * n_words and own.max() < own_passage(n_words))


def is_cut_from(piece: Text, whole: Text) -> bool:
    """Tell whether a text is a piece of a longer one, and not quoted by it.

    Parameters
    ----------
    piece, whole : Text
        Of `SHINGLE` words or more.

    Returns
    -------
    bool
        All shingles of `piece` stand in `whole`, but for its last words ("Read more"), and it
        looks cut: both begin alike (and `whole` with no quotation mark), or it begins or ends
        inside a sentence of `whole`. Whoever quotes a post sets it off.
    """
    shared = piece.shared_with(whole)
    needed = len(piece.shingles) - _TAIL
    if len(piece.words) >= len(whole.words) or np.count_nonzero(shared < needed) < needed:
        return False
    last = int(shared[-1])
    begin = int(np.argmax(whole.shingles == piece.shingles[0]))
    end = int(np.flatnonzero(whole.shingles == piece.shingles[last])[-1]) + SHINGLE
    if begin == 0:
        return whole.follows_stop(0) <= piece.follows_stop(0)
    if not whole.follows_stop(begin):
        return True
    return end < len(whole.words) and not whole.follows_stop(end)


class Duplicates:
    """Finds near duplicates among the posts that are added; as many as the disk holds.

    Use it as a context manager: its files go when it ends.

    Parameters
    ----------
    folder : Path
        Where a folder for the temporary files is made; some 16 bytes a word are needed.

    Examples
    --------
    >>> from pmdiscourse.ingest.shingles import fingerprint
    >>> text = "".join(f"Reason {n} why the roadmap slipped. " for n in range(9))
    >>> times = np.array(["2024-05-02", "2024-05-01", "NaT"], dtype="datetime64[s]")
    >>> with TemporaryDirectory() as folder, Duplicates(Path(folder)) as duplicates:
    ...     for number, post in enumerate([text + "Share", text, "Something else. " * 30]):
    ...         duplicates.add(number, fingerprint(post))
    ...     duplicates.links(times, np.arange(3)).tolist()
    [[0, 1]]
    """

    def __init__(self, folder: Path) -> None:
        self._folder = TemporaryDirectory(prefix="duplicates-", dir=folder)
        self._store = ShingleStore(Path(self._folder.name))
        self._numbers = array("I")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        self._store.close()
        self._folder.cleanup()

    def add(self, number: int, words: Words) -> None:
        """Add a post; one of fewer than `MIN_WORDS` words is passed over.

        Parameters
        ----------
        number : int
            Its place in the arrays that `links` takes.
        words : ndarray of uint16, shape (n_words,)
            Its fingerprint.
        """
        if len(words) >= MIN_WORDS:
            self._numbers.append(number)
            self._store.add(words)

    def links(self, times: NDArray[np.datetime64], ties: NDArray[np.integer]) -> Numbers:
        """Return which post is a copy of which.

        Parameters
        ----------
        times : ndarray of datetime64, shape (n_posts,)
            When each post was published, NaT if that is not known.
        ties : ndarray of int, shape (n_posts,)
            All different: decides among posts of the same time and length.

        Returns
        -------
        ndarray of int, shape (n_links, 2)
            Number of a copy, number of the kept post it is linked to: never a copy itself.
            By age of the copy.
        """
        suspects = self._store.find_suspects(
            own_share=OWN_SHARE, own_passage=own_passage, tail=_TAIL
        )
        numbers = view_array(self._numbers)
        texts = _Texts(self._store, numbers, times, ties)
        lists = self._store.find_sharers(suspects.slots, texts.ranks)
        suspects = suspects._replace(slots=suspects.slots[:0])  # memory
        copies, kept = _Search(texts, suspects, lists).find()
        return np.stack([numbers[texts.order[copies]], numbers[texts.order[kept]]], axis=1)


class _Texts:
    """The texts by their rank in the order of age."""

    def __init__(
        self,
        store: ShingleStore,
        numbers: Numbers,
        times: NDArray[np.datetime64],
        ties: NDArray[np.integer],
    ) -> None:
        self._store, self._lengths = store, store.lengths
        self._numbers, self._times = numbers, times
        shortness = np.iinfo(np.uint32).max - self._lengths
        by_age = np.lexsort((ties[numbers], shortness, times[numbers]))  # missing times come last
        self.order = by_age.astype(np.uint32)
        self.ranks = np.empty_like(self.order)  # of the texts as they were added
        self.ranks[self.order] = np.arange(len(self.order), dtype=np.uint32)
        self._starts = np.cumsum(self._lengths, dtype=np.uint32) - self._lengths
        self._read_short = lru_cache(maxsize=_CACHED_TEXTS)(self._read)

    def read(self, rank: int) -> Text:
        """Read a text."""
        is_short = self._lengths[self.order[rank]] <= _CACHED_WORDS
        return self._read_short(rank) if is_short else self._read(rank)

    def _read(self, rank: int) -> Text:
        place = self.order[rank]
        words = self._store.read_words(int(self._starts[place]), int(self._lengths[place]))
        return Text.of_words(words)

    def known_after(self, newer: Ranks, older: Ranks) -> NDArray[np.bool_]:
        """Tell whether posts are known to come after others; never true of a missing time.

        A bare day (midnight) tells nothing about the hours of that day.
        """
        late, early = (self._times[self._numbers[self.order[ranks]]] for ranks in (newer, older))
        day = early.astype(_DAY)
        return np.asarray((late > early) & ((early != day) | (late.astype(_DAY) > day)))

    def lengths(self, ranks: Ranks) -> Numbers:
        """Return the words of texts."""
        return self._lengths[self.order[ranks]]


class _Search:
    """Looks for the original of every text that may be a copy; texts are named by their rank."""

    def __init__(self, texts: _Texts, suspects: Suspects, lists: Lists) -> None:
        self._texts, self._suspects, self._lists = texts, suspects, lists
        self._ranks = texts.ranks[suspects.posts].astype(np.int64)
        self._kept = np.ones(len(texts.order), dtype=bool)
        self._link_of = np.arange(len(texts.order), dtype=np.uint32)
        self._is_suspect = ~self._kept
        self._is_suspect[self._ranks] = True

    def find(self) -> tuple[Integers, Numbers]:
        """Return the ranks of the copies, and of the kept text each is linked to."""
        for suspect in np.argsort(self._ranks):
            self._look_for_original(int(suspect))
        lengths = self._texts.lengths(self._ranks).astype(np.int64)
        for suspect in np.lexsort((self._ranks, -lengths)):  # a whole before its pieces
            if self._kept[self._ranks[suspect]] and self._suspects.rarest[suspect] >= 0:
                self._look_for_whole(int(suspect))
        copies = np.flatnonzero(~self._kept)
        return copies, self._link_of[self._link_of[copies]]

    def _look_for_original(self, suspect: int) -> None:
        """Link a text to the oldest kept one that it is a copy of."""
        rank = int(self._ranks[suspect])
        text = self._texts.read(rank)
        first, last = self._suspects.bounds[suspect : suspect + 2].tolist()
        for older in self._lists.oldest_first(first, last, rank, self._kept):
            is_after = self._texts.known_after(rank, older)
            possible = is_after | self._is_suspect[older]
            for other, certain in zip(older[possible].tolist(), is_after[possible], strict=True):
                original = self._texts.read(other)
                is_alike = certain or has_little_of_its_own(original, text)
                if is_alike and has_little_of_its_own(text, original):
                    self._link(rank, other)
                    return

    def _look_for_whole(self, suspect: int) -> None:
        """Link a kept text to the oldest kept one that it is cut from, unless that is newer."""
        rank = int(self._ranks[suspect])
        piece = self._texts.read(rank)
        rarest = int(self._suspects.rarest[suspect])
        for others in self._lists.oldest_first(rarest, rarest + 1, len(self._kept), self._kept):
            possible = self._kept[others] & (self._texts.lengths(others) > len(piece.words))
            possible &= ~self._texts.known_after(others, rank)
            for whole in others[possible].tolist():
                if is_cut_from(piece, self._texts.read(whole)):
                    self._link(rank, whole)
                    return

    def _link(self, copy: int, kept: int) -> None:
        self._link_of[copy] = kept
        self._kept[copy] = False
