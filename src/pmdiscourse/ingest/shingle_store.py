"""The shingles of a corpus on disk, and the lists of posts that share one.

Memory does not grow with the words, but for half a byte of each: hashes are written batch by
batch, and brought together part by part, by their first byte. Nearly all posts of a usual corpus
share too little with all others together to be a copy of one; nothing more is done with them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pmdiscourse.ingest.shingles import SHINGLE, Hashes, Words, hash_shingles

Integers = NDArray[np.int64]
Numbers = NDArray[np.uint32]

_BATCH_WORDS = 1 << 18
_PARTS = 256
_MAX_LEVEL = 15
_FIRST_BLOCK = 64
_RECORD = np.dtype([("hash", "<u8"), ("slot", "<u4")])


class Suspects(NamedTuple):
    """Posts that may be copies, and the shingles to look for them by.

    Parameters
    ----------
    posts : ndarray of int, shape (n,)
        Ascending.
    bounds : ndarray of int, shape (n + 1,)
        Where each post's slots start and end.
    slots : ndarray of int
        Ascending; the shingles of one stretch of each post that others have too. A slot is the
        running number of a shingle in the corpus.
    rarest : ndarray of int, shape (n,)
        Where among `slots` the rarest shingle of a post stands, if others have all of its
        shingles; else -1.
    """

    posts: Numbers
    bounds: Integers
    slots: Numbers
    rarest: Integers


class ShingleStore:
    """Fingerprints and shingles of posts, which are numbered as they are added.

    Parameters
    ----------
    folder : Path
        An empty folder; some 16 bytes a word are written to it. 4 billion words at most.
    """

    def __init__(self, folder: Path) -> None:
        self._words = (folder / "words.bin").open("w+b")
        self._all = (folder / "shingles.bin").open("w+b")
        self._shared = (folder / "shared.bin").open("w+b")
        self._lengths = array("I")  # words of each post
        self._n_slots = 0
        self._waiting: list[Words] = []
        self._n_waiting = 0
        self._batches = [0]  # posts before each batch
        self._parts: list[Integers] = []  # of each batch: where its parts start in the file
        self._sizes: list[tuple[int, int]] = []  # of each part: shared slots, different hashes

    def close(self) -> None:
        """Close the files."""
        for file in (self._words, self._all, self._shared):
            file.close()

    def add(self, words: Words) -> None:
        """Append the fingerprint of a post; it has `SHINGLE` words or more."""
        self._lengths.append(len(words))
        self._waiting.append(words)
        self._n_waiting += len(words)
        if self._n_waiting >= _BATCH_WORDS:
            self._write_batch()

    @property
    def lengths(self) -> Numbers:
        """Words of each post; once all are added."""
        lengths: Numbers = view_array(self._lengths)
        return lengths

    def read_words(self, start: int, n_words: int) -> Words:
        """Read a fingerprint that starts after so many words of others."""
        self._words.seek(2 * start)
        return np.frombuffer(self._words.read(2 * n_words), dtype="<u2")

    def find_suspects(
        self, *, own_share: float, own_passage: Callable[[int], int], tail: int
    ) -> Suspects:
        """Find the posts that share so much with all others together that one may be their source.

        Parameters
        ----------
        own_share : float
            Largest share of words in no shared shingle.
        own_passage : callable
            Of the number of words of a post: never so many in a row stand in no shared shingle.
        tail : int
            Words at the end that do not count for `rarest`.

        Returns
        -------
        Suspects
            With the stretch whose shared shingles are the rarest. Whatever a post is a copy of
            has one of them, since it has one in every stretch.
        """
        self._write_batch()
        levels = self._count()
        posts, bounds, slots, rarest = array("I"), array("q", [0]), array("I"), array("q")
        slot = 0
        for first, last in zip(self._batches, self._batches[1:], strict=False):
            lengths = np.array(self._lengths[first:last], dtype=np.int64)
            ends = np.cumsum(lengths - SHINGLE + 1)
            batch = _unpack(levels, slot, slot + int(ends[-1]))
            little = np.flatnonzero(_own_words(batch, lengths) <= own_share * lengths)
            for place in little.tolist():
                n_words, end = int(lengths[place]), int(ends[place])
                start = end - n_words + SHINGLE - 1
                low, high = _rarest_stretch(batch[start:end], n_words, own_passage(n_words))
                if low < high:
                    found = start + low + np.flatnonzero(batch[start + low : start + high])
                    lowest = start + int(np.argmin(batch[start : end - tail]))
                    if batch[lowest]:
                        found = np.union1d(found, lowest)
                        rarest.append(len(slots) + int(np.searchsorted(found, lowest)))
                    else:
                        rarest.append(-1)
                    slots.extend((slot + found).tolist())
                    posts.append(first + place)
                    bounds.append(len(slots))
            slot += int(ends[-1])
        return Suspects(
            view_array(posts), view_array(bounds), view_array(slots), view_array(rarest)
        )

    def find_sharers(self, slots: Numbers, ranks: Numbers) -> Lists:
        """List the posts that have the shingles of some slots.

        Parameters
        ----------
        slots : ndarray of int
            Ascending.
        ranks : ndarray of int, shape (n_posts,)
            What stands for each post in the lists.

        Returns
        -------
        Lists
            Of each slot, ascending.
        """
        last_slots = np.cumsum(self.lengths - np.uint32(SHINGLE - 1), dtype=np.uint32)
        list_of = np.zeros(len(slots), dtype=np.uint32)
        members, lengths = array("I"), array("I")
        for part_slots, part_lengths in self._read_shared() if len(slots) else ():
            group = np.repeat(np.arange(len(part_lengths)), part_lengths)
            place = np.searchsorted(slots, part_slots)
            found = slots[np.minimum(place, len(slots) - 1)] == part_slots
            wanted = np.unique(group[found])
            list_of[place[found]] = len(lengths) + np.searchsorted(wanted, group[found])
            needed = np.isin(group, wanted)
            sharers = ranks[np.searchsorted(last_slots, part_slots[needed], side="right")]
            order = np.lexsort((sharers, group[needed]))
            members.frombytes(sharers[order].tobytes())
            lengths.extend(part_lengths[wanted].tolist())
        return Lists(list_of, view_array(members), view_array(lengths))

    def _write_batch(self) -> None:
        if not self._waiting:
            return
        words = np.concatenate(self._waiting)
        ends = np.cumsum([len(post) for post in self._waiting])
        hashes = hash_shingles(words)
        inside = np.ones(len(hashes), dtype=bool)
        for back in range(1, SHINGLE):  # no shingle runs from one post into the next
            inside[ends[:-1] - back] = False
        self._words.write(words.astype("<u2").tobytes())
        self._write_hashes(hashes[inside])
        self._batches.append(len(self._lengths))
        self._waiting, self._n_waiting = [], 0

    def _write_hashes(self, hashes: Hashes) -> None:
        order = np.argsort(hashes)
        records = np.empty(len(hashes), dtype=_RECORD)
        records["hash"], records["slot"] = hashes[order], self._n_slots + order
        parts = np.arange(1, _PARTS, dtype=np.uint64) << np.uint64(56)
        inner = np.searchsorted(records["hash"], parts)
        self._parts.append(np.concatenate([[0], inner, [len(records)]]) + self._n_slots)
        self._all.write(records.tobytes())
        self._n_slots += len(records)

    def _count(self) -> NDArray[np.uint8]:
        """Count how often each slot's hash stands in the corpus: the logarithm, half a byte each.

        0 is once, 1 twice or three times, 2 four to seven times, and so on up to 15.
        """
        packed = np.zeros(self._n_slots // 2 + 1, dtype=np.uint8)
        self._shared.seek(0)
        self._sizes = []
        for part in range(_PARTS):
            slots, lengths = _group(self._read_part(part))
            level = np.minimum(np.log2(lengths), _MAX_LEVEL).astype(np.uint8)
            levels = np.repeat(level, lengths)
            odd = slots % 2 == 1
            packed[slots[~odd] // 2] |= levels[~odd]
            packed[slots[odd] // 2] |= levels[odd] << 4
            self._shared.write(slots.tobytes() + lengths.tobytes())
            self._sizes.append((len(slots), len(lengths)))
        return packed

    def _read_part(self, part: int) -> NDArray[np.void]:
        pieces = []
        for bounds in self._parts:
            first, last = int(bounds[part]), int(bounds[part + 1])
            self._all.seek(first * _RECORD.itemsize)
            pieces.append(self._all.read((last - first) * _RECORD.itemsize))
        return np.frombuffer(b"".join(pieces), dtype=_RECORD)

    def _read_shared(self) -> Iterator[tuple[Numbers, Integers]]:
        self._shared.seek(0)
        for n_slots, n_hashes in self._sizes:
            slots = np.frombuffer(self._shared.read(4 * n_slots), dtype="<u4")
            yield slots, np.frombuffer(self._shared.read(8 * n_hashes), dtype=np.int64)


class Lists:
    """Ascending lists of posts that share a shingle; those no longer kept are struck off.

    Parameters
    ----------
    list_of : ndarray of int, shape (n_slots,)
        The list of each slot that was asked for.
    members : ndarray of uint32
        The lists, one after the other.
    lengths : ndarray of int, shape (n_lists,)
        Their lengths.
    """

    def __init__(self, list_of: Numbers, members: Numbers, lengths: Numbers) -> None:
        self._list_of, self._members = list_of, members
        self._starts = np.zeros(len(lengths) + 1, dtype=np.uint32)
        np.cumsum(lengths, out=self._starts[1:])
        self._read, self._written = self._starts[:-1].copy(), self._starts[:-1].copy()

    def oldest_first(
        self, first: int, last: int, limit: int, kept: NDArray[np.bool_]
    ) -> Iterator[Numbers]:
        """Yield who of some lists is kept and below a limit, ascending, in blocks.

        Parameters
        ----------
        first, last : int
            The lists: those of the slots from `first` to before `last`.
        limit : int
            Never lower than at the call before.
        kept : ndarray of bool
            Of all posts; no post comes back.

        Yields
        ------
        ndarray of uint32
            Each member is passed once in all calls, and blocks start small: so a list that all
            posts are on costs little more than others.
        """
        numbers = np.unique(self._list_of[first:last]).tolist()
        lists = [self._advance(number, limit, kept) for number in numbers]
        start, size, end = 0, _FIRST_BLOCK, -1
        while end < limit:
            end = min((int(list_[size]) for list_ in lists if len(list_) > size), default=limit)
            block = np.unique(np.concatenate([list_[:size] for list_ in lists]))
            yield block[(block >= start) & (block < end)]
            start, size = end, 4 * size

    def _advance(self, number: int, limit: int, kept: NDArray[np.bool_]) -> Numbers:
        read, written = int(self._read[number]), int(self._written[number])
        end = bisect_left(self._members, limit, read, int(self._starts[number + 1]))
        if end > read:
            passed = self._members[read:end]
            passed = passed[kept[passed]]
            self._members[written : written + len(passed)] = passed
            written += len(passed)
            self._read[number], self._written[number] = end, written
        return self._members[int(self._starts[number]) : written]


def view_array(values: array[int]) -> Any:
    """Return the numbers of an array without a copy; it cannot grow any more."""
    return np.frombuffer(values, dtype=values.typecode) if values else np.empty(0, values.typecode)


def _unpack(packed: NDArray[np.uint8], first: int, last: int) -> NDArray[np.uint8]:
    pairs = packed[first // 2 : last // 2 + 1]
    levels = np.stack([pairs & 15, pairs >> 4], axis=1).ravel()
    return levels[first % 2 : first % 2 + last - first]


def _own_words(levels: NDArray[np.uint8], lengths: Integers) -> Integers:
    """Count the words of each post that stand in no shared shingle."""
    starts = np.cumsum(lengths) - lengths
    shared = np.flatnonzero(levels)
    post = np.searchsorted(starts - np.arange(len(starts)) * (SHINGLE - 1), shared, side="right")
    own = np.ones(int(lengths.sum()), dtype=np.int64)
    for word in range(SHINGLE):
        own[shared + (post - 1) * (SHINGLE - 1) + word] = 0
    return np.add.reduceat(own, starts)


def _rarest_stretch(levels: NDArray[np.uint8], n_words: int, width: int) -> tuple[int, int]:
    """Return where a stretch begins and ends among the shingles; (0, 0) if one shares nothing."""
    weights = np.zeros(len(levels) + 1, dtype=np.int64)
    weights[1:] = np.cumsum(np.where(levels, 1 << levels.astype(np.int64), 0))
    starts = np.arange(n_words - width + 1)
    low = np.maximum(starts - SHINGLE + 1, 0)
    high = np.minimum(starts + width, len(levels))
    totals = weights[high] - weights[low]
    best = int(np.argmin(totals))
    return (int(low[best]), int(high[best])) if totals[best] else (0, 0)


def _group(records: NDArray[np.void]) -> tuple[Numbers, Integers]:
    """Bring slots of equal hashes together; leave out those that stand alone."""
    order = np.argsort(records["hash"], kind="stable")
    hashes = records["hash"][order]
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = hashes[1:] != hashes[:-1]
    lengths = np.diff(np.append(np.flatnonzero(new), len(hashes)))
    several = lengths > 1
    return records["slot"][order][np.repeat(several, lengths)], lengths[several]
