"""Where a piece of a cleaned text stands in the raw text it came from.

The two texts are aligned by their characters alone, without knowing what cleaning did: runs of
equal characters are followed; where they end, the nearest place at which both texts agree again is
looked for, first a few characters on (a space, an entity, mojibake, an accent), then further on (a
line left out, a masked address). The whole rest of a text is searched a fixed number of times at
most, so that the time stays near-linear for texts that have nothing in common.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ftfy.bad_codecs  # noqa: F401 - registers sloppy-windows-1252

Block = tuple[int, int, int]

_CHUNK = 4096
# Spaces, and characters that cannot be seen.
_UNSEEN = (
    "\\s\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
)
_SPACE, _NO_SPACE = re.compile(f"[{_UNSEEN}]+"), re.compile(f"[^{_UNSEEN}]+")
_ENTITY = re.compile(r"&(?:amp;)?#?\w{1,31};")
_BREAK = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
_DAMAGE = "&ÂÃâ"  # with what most changes begin; at the end of a text nothing follows
_OLD_WINDOW, _NEW_WINDOW = 64, 16
_NEAR_OLD, _NEAR_NEW = (
    16,
    2,
)  # characters of a near change: an entity or mojibake, what it stands for
_NEAR_MATCH = 4  # characters that must agree after a near change
_FAR_MATCHES = (16, 8)  # and after a far one; the longer is tried first
_FAR_CHANGES = (0, 1, 2, 4, 8, 16, 32, 64)  # characters of the cleaned text that are new: a mask
_FAR_WINDOWS = (64, 1024)
_MAX_FULL_SEARCHES = 64  # times the whole rest of the raw text is searched
_CANDIDATES, _LOOK_AHEAD = 8, 256  # of several places the one that agrees longest is taken
_MAX_STRETCH = 4  # two long lines that differ throughout are a pair if neither is longer by this


@dataclass(frozen=True)
class Offsets:
    """Alignment of a cleaned text with its raw text.

    Parameters
    ----------
    blocks : tuple of (int, int, int)
        Start in the cleaned text, start in the raw text, and length of each run of characters that
        cleaning kept, ascending. Runs of length 0 bound a change more tightly than its neighbours.
    cleaned_length, raw_length : int
        Characters of the two texts.
    """

    blocks: tuple[Block, ...]
    cleaned_length: int
    raw_length: int

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``cleaned[start:end]`` stands in the raw text.

        Parameters
        ----------
        start, end : int
            ``0 <= start <= end <= cleaned_length``.

        Returns
        -------
        tuple of int
            Start and end in the raw text: exact at characters that cleaning kept, else the
            whole change.

        Raises
        ------
        ValueError
            If the span is not inside the cleaned text.

        Examples
        --------
        >>> align("R&amp;D  said no", "R&D said no").raw_span(2, 6)
        (6, 11)
        """
        if not 0 <= start <= end <= self.cleaned_length:
            raise ValueError(
                f"span must be inside 0 to {self.cleaned_length}, got {start} to {end}; "
                "give offsets of the cleaned text that was aligned"
            )
        first = self._raw_start(start)
        return first, max(first, self._raw_end(end) if end > start else first)

    def _raw_start(self, place: int) -> int:
        i = bisect_right(self.blocks, (place, self.raw_length + 1, 0)) - 1
        if i < 0:
            return 0
        cleaned, raw, length = self.blocks[i]
        return raw + min(place - cleaned, length)

    def _raw_end(self, place: int) -> int:
        """Return the end of the character before `place`."""
        i = bisect_left(self.blocks, (place, 0, 0))
        if i:
            cleaned, raw, length = self.blocks[i - 1]
            if place <= cleaned + length:
                return raw + place - cleaned
        return self.blocks[i][1] if i < len(self.blocks) else self.raw_length


def align(raw: str, cleaned: str) -> Offsets:
    r"""Align a cleaned text with its raw text.

    Parameters
    ----------
    raw, cleaned : str
        The text before and after cleaning; any two texts are allowed.

    Returns
    -------
    Offsets
        What answers where a span of the cleaned text stands in the raw text.

    Examples
    --------
    >>> align("a\u200bb", "ab").blocks
    ((0, 0, 1), (1, 2, 1))
    """
    return Offsets(tuple(_Aligner(raw, cleaned).blocks()), len(cleaned), len(raw))


def spans(raw: str, cleaned: str, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    r"""Return where spans of a cleaned text stand in the raw text.

    >>> spans("one\r\n\r\n\r\ntwo", "one\n\ntwo", [(0, 3), (5, 8)])
    [(0, 3), (9, 12)]
    """
    offsets = align(raw, cleaned)
    return [offsets.raw_span(start, end) for start, end in places]


class _Aligner:
    def __init__(self, raw: str, cleaned: str) -> None:
        self.raw, self.cleaned = raw, cleaned
        self.full_searches = _MAX_FULL_SEARCHES

    def blocks(self) -> list[Block]:
        """Return the runs of equal characters, and the bounds of the changes between them."""
        raw, cleaned = self.raw, self.cleaned
        found: list[Block] = []
        i = j = 0
        while j < len(cleaned):
            length = _common(raw, i, cleaned, j, len(cleaned))
            if length:
                found.append((j, i, length))
                i, j = i + length, j + length
            if j >= len(cleaned) or i >= len(raw):
                break
            next_i, next_j = self._resume(i, j)
            if next_j > j:
                found += self._bounds(i, j, next_i, next_j, between=bool(length))
            i, j = next_i, next_j
        return found

    def _resume(self, i: int, j: int) -> tuple[int, int]:
        """Return the places in both texts from which they agree again."""
        steps = (self._after_space, self._character, self._near, self._far)
        found = next((place for step in steps if (place := step(i, j))), None)
        if found and self._starts_line(j):
            return self._whole_line(i, j, *found)
        return found or self._line(i, j)

    def _whole_line(self, i: int, j: int, found: int, place: int) -> tuple[int, int]:
        """Return the raw line that agrees longer: one left out may begin as the one that stays."""
        agreed = _common(self.raw, found, self.cleaned, place, place + _LOOK_AHEAD)
        anchor = "\n" + self.cleaned[j : j + _FAR_MATCHES[0]]
        at = self.raw.find(anchor, i, i + _FAR_WINDOWS[-1]) + 1
        if at and _common(self.raw, at, self.cleaned, j, j + _LOOK_AHEAD) > agreed:
            return at, j
        return found, place

    def _after_space(self, i: int, j: int) -> tuple[int, int] | None:
        raw, cleaned = self.raw, self.cleaned
        space, other = _SPACE.match(raw, i), _SPACE.match(cleaned, j)
        if not space:
            return None
        if other and ("\n" in other[0]) == (not _BREAK.isdisjoint(space[0])):
            return space.end(), other.end()
        inside = _BREAK.isdisjoint(space[0])  # a line that ends may be one that was left out
        agree = raw[space.end() : space.end() + 1] == cleaned[j : j + 1]
        return (space.end(), j) if inside or agree else None

    def _character(self, i: int, j: int) -> tuple[int, int] | None:
        """Pair one character with its entity, with letter and accent, or with its mojibake."""
        start = i - (i > 0 and j > 0 and self.raw[i - 1] == self.cleaned[j - 1] == "&")
        entity = _ENTITY.match(self.raw, start)
        if entity:
            text = html.unescape(html.unescape(entity[0]))
            if self.cleaned.startswith(text, j - (i - start)):
                return entity.end(), j - (i - start) + len(text)
        composed = unicodedata.normalize("NFC", self.raw[i : i + 2])
        if composed == self.cleaned[j]:
            return i + 2, j + 1
        bytes_of_it = len(self.cleaned[j].encode("utf-8", "replace"))
        mojibake = _decode(self.raw[i : i + bytes_of_it]) == self.cleaned[j]
        return (i + bytes_of_it, j + 1) if mojibake else None

    def _near(self, i: int, j: int) -> tuple[int, int] | None:
        """Return the nearest places a few characters on: the least left out of both texts."""
        old, old_places = _without_space(self.raw, i, i + _OLD_WINDOW)
        new, new_places = _without_space(self.cleaned, j, j + _NEW_WINDOW)
        found = [
            (at + skipped, old_places[at], new_places[skipped])
            for skipped in range(min(_NEAR_NEW, len(new)) + 1)
            for at in _near_places(old, new[skipped : skipped + _NEAR_MATCH])
        ]
        if not found:
            return None
        _, at, place = min(found)
        return at, place

    def _starts_line(self, j: int) -> bool:
        return j == 0 or self.cleaned[j - 1] == "\n"

    def _far(self, i: int, j: int) -> tuple[int, int] | None:
        for window in (*_FAR_WINDOWS, len(self.raw)):
            full = window > _FAR_WINDOWS[-1]
            for size in _FAR_MATCHES[:1] if full else _FAR_MATCHES:
                for change in _FAR_CHANGES:
                    if full and self.full_searches <= 0:
                        return None
                    self.full_searches -= full
                    anchor = self.cleaned[j + change : j + change + size]
                    if len(anchor) == size and (found := self._best(anchor, i, j + change, window)):
                        return self._back(found, j + change, i, j)
        return None

    def _best(self, anchor: str, i: int, j: int, window: int) -> int | None:
        """Return where the cleaned text from `j` on stands in the raw text, at the longest."""
        place, best, longest = i - 1, None, -1
        for _ in range(_CANDIDATES):
            place = self.raw.find(anchor, place + 1, i + window + len(anchor))
            if place < 0:
                break
            length = _common(self.raw, place, self.cleaned, j, j + _LOOK_AHEAD)
            if length > longest:
                best, longest = place, length
        return best

    def _back(self, found: int, place: int, i: int, j: int) -> tuple[int, int]:
        """Return the first characters that agree before a place that was found."""
        while found > i and place > j and self.raw[found - 1] == self.cleaned[place - 1]:
            found, place = found - 1, place - 1
        return found, place

    def _line(self, i: int, j: int) -> tuple[int, int]:
        """Return the end of the line in both texts: nothing in it agrees."""
        end_j = _end_of_line(self.cleaned, j)
        end_i = _end_of_line(self.raw, i)
        short, long = sorted((end_i - i, end_j - j))
        pair = long <= max(_MAX_STRETCH * short, _FAR_WINDOWS[0])
        return (end_i if pair else i), end_j

    def _bounds(self, i: int, j: int, next_i: int, next_j: int, *, between: bool) -> list[Block]:
        """Return empty blocks around a change: lines left out before or after it are no part."""
        start, end = i, next_i
        if "\n" not in self.cleaned[j:next_j]:
            old = self.raw[i:next_i]
            starts = self._starts_line(j)
            ends = self.cleaned[next_j : next_j + 1] in ("", "\n")
            if starts and not ends:
                start = i + old.rfind("\n", 0, len(old.rstrip())) + 1
            if ends and not starts and (cut := old.find("\n", len(old) - len(old.lstrip()))) >= 0:
                end = i + cut
        goes_on = self.raw[next_i : next_i + 1] == self.cleaned[next_j : next_j + 1] != ""
        if between and goes_on and (start, end) == (i, next_i):
            return []  # its neighbours bound the change
        return [(j, start, 0), (next_j, max(start, end), 0)]


def _decode(text: str) -> str:
    """Return what UTF-8 says that was read as windows-1252, '' if it is nothing."""
    try:
        return text.encode("sloppy-windows-1252").decode("utf-8")
    except ValueError:
        return ""


def _without_space(text: str, start: int, end: int) -> tuple[str, list[int]]:
    """Return a window of a text without spaces and invisible characters, and their places.

    One more place is that of the window's end.
    """
    window = text[start:end]
    places = [at for word in _NO_SPACE.finditer(window) for at in range(word.start(), word.end())]
    kept = "".join([window[at] for at in places])
    return kept, [start + at for at in [*places, len(window)]]


def _near_places(old: str, piece: str) -> Iterator[int]:
    """Yield where four characters agree, or two before the next change, or the texts end."""
    if not piece:
        if len(old) <= _NEAR_OLD:
            yield len(old)
        return
    if len(piece) < _NEAR_MATCH and old.endswith(piece):
        yield len(old) - len(piece)
        return
    at = old.find(piece, 0, _NEAR_OLD + len(piece)) if len(piece) == _NEAR_MATCH else -1
    if at >= 0:
        yield at
    at = old.find(piece[:2], 0, _NEAR_OLD + 2) if len(piece) > 1 else -1
    if at >= 0:
        length = 3 if old[at + 2 : at + 3] == piece[2:3] else 2
        if old[at + length : at + length + 1] in _DAMAGE:
            yield at


def _common(raw: str, i: int, cleaned: str, j: int, stop: int) -> int:
    """Return how many characters agree from two places on, up to `stop` in the cleaned text."""
    begin = j
    stop = min(stop, len(cleaned), j + len(raw) - i)
    size = 32
    while j < stop:
        size = min(size, stop - j)
        if raw[i : i + size] == cleaned[j : j + size]:
            i, j = i + size, j + size
            size = min(size * 4, _CHUNK)
        elif size == 1:
            break
        else:
            size //= 2
            if raw[i : i + size] == cleaned[j : j + size]:
                i, j = i + size, j + size
            stop = min(stop, j + size + 1)
    return j - begin


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place + 1)
    return len(text) if end < 0 else end
