"""Packed streams, decompressed in bounded steps: one budget a raw file, every fault told."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.records import UnreadableError
from pmdiscourse.settings import Settings

_FREE_BYTES = 10_000_000  # what small packed files may grow to, whatever the factor
_BUFFER_BYTES = 262_144
_WINDOW_BYTES = 2**31  # dumps of whole sites are packed with `zstd --long=31`
# One Zstandard block of 4 bytes can stand for 128 KiB: a small step in is at most 32 MiB out.
_STEP_BYTES = 1024

# What the standard library raises on damaged, cut or encrypted data.
FAULTS: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, OverflowError, RuntimeError, MemoryError, KeyError, IndexError),
)


_AGAIN = "download or pack it again; what was read before is in"
_UNPACK = "unpack it with another program and use the files inside, or raise the setting"


class ExpansionError(UnreadableError):
    """A packed file that grows by more than it may: a bomb."""


class Budget:
    """How many bytes may come out of one raw file, all its members and layers together.

    Parameters
    ----------
    packed : int
        Bytes of the raw file.
    settings : Settings
        `max_expansion`, from 10 MB on.
    """

    def __init__(self, packed: int, settings: Settings) -> None:
        self._factor = settings.max_expansion
        self._left = max(_FREE_BYTES, packed * settings.max_expansion)

    def spend(self, count: int) -> None:
        """Take bytes from the budget.

        Raises
        ------
        ExpansionError
            If it is used up.
        """
        self._left -= count
        self.check()

    def check(self) -> None:
        """Raise `ExpansionError` if the budget is used up."""
        if self._left < 0:
            grown = f"grows to more than {self._factor} times its packed size (max_expansion)"
            raise ExpansionError(f"{grown}, as bombs do", _UNPACK)


class Tally:
    """Counts the bytes of one member once, however often it is opened from its start."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._highest = 0

    def reach(self, position: int) -> None:
        """Spend what lies between the highest position so far and this one."""
        if position > self._highest:
            count, self._highest = position - self._highest, position
            self._budget.spend(count)


def open_counted(opener: Callable[[], IO[bytes]], tally: Tally) -> BinaryIO:
    """Open a decompressing stream that spends from a budget and tells faults in plain words.

    Parameters
    ----------
    opener : callable
        Returns the decompressing stream; closing it closes what lies below.
    tally : Tally
        The member's.

    Raises
    ------
    DiscourseError
        On opening or reading: if the data are damaged, or the budget is used up.
    """
    try:
        return io.BufferedReader(_Counted(opener(), tally), _BUFFER_BYTES)
    except FAULTS as error:
        raise damage(error) from error


def damage(error: Exception) -> DiscourseError:
    """Return a fault of a packed file in plain words."""
    if isinstance(error, DiscourseError):
        return error
    if isinstance(error, EOFError) or "unexpected end" in str(error):
        reason = "the packed data break off: it was not downloaded to its end"
    elif "not a zip file" in str(error):
        reason = "the archive breaks off: its table of contents, at the end, is missing"
    elif isinstance(error, OSError) and error.strerror:
        reason = f"cannot be read: {error.strerror}"
    else:
        reason = f"the packed data are damaged: {str(error)[:200] or type(error).__name__}"
    return UnreadableError(reason, _AGAIN)


def open_packed(kind: str, packed: BinaryIO) -> Any:
    """Return the decompressing stream of one compressed stream.

    Parameters
    ----------
    kind : {"gz", "bz2", "xz", "zst"}
        All of them may be several streams after another.
    packed : BinaryIO
        Closed with the returned stream.
    """
    return _Layer(_OPENERS[kind](packed), packed)


class _Counted(io.RawIOBase):
    def __init__(self, inner: IO[bytes], tally: Tally) -> None:
        self._inner = inner
        # one step at a time: what was decompressed before a fault is handed over first
        self._read = getattr(inner, "read1", inner.read)
        self._tally = tally
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._read(len(buffer))
        except FAULTS as error:
            raise damage(error) from error
        self._position += len(data)
        self._tally.reach(self._position)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Layer(io.RawIOBase):
    """A decompressing stream that closes the packed one with it."""

    def __init__(self, unpacked: Any, packed: BinaryIO) -> None:
        self._unpacked = unpacked
        self._packed = packed

    def read1(self, size: int = -1) -> bytes:
        return bytes(self._unpacked.read1(size))

    def close(self) -> None:
        self._unpacked.close()
        self._packed.close()
        super().close()


class _Zstandard(io.RawIOBase):
    """Frames of Zstandard after another; unlike the library's own reader it tells a torn end."""

    def __init__(self, packed: BinaryIO) -> None:
        import zstandard  # noqa: PLC0415

        self._packed = packed
        self._new_frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj
        self._fault = zstandard.ZstdError
        self._frame: Any = None
        self._input = b""
        self._output = memoryview(b"")

    def read1(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end."""
        while not self._output:
            if not self._step():
                return b""
        part, self._output = self._output[:size], self._output[size:]
        return bytes(part)

    def _step(self) -> bool:
        """Decompress a few more bytes, perhaps to none yet; False at the end."""
        self._input = self._input or self._packed.read(_STEP_BYTES)
        if not self._input:
            if self._frame is not None:
                raise EOFError("the last frame is not complete")
            return False
        if self._frame is None:
            self._frame = self._new_frame()
        try:
            self._output = memoryview(self._frame.decompress(self._input))
        except self._fault as error:
            raise damage(error) from error
        ended = self._frame.eof
        self._input = self._frame.unused_data if ended else b""
        self._frame = None if ended else self._frame
        return True


_OPENERS: dict[str, Callable[[BinaryIO], Any]] = {
    "gz": lambda packed: gzip.GzipFile(fileobj=packed, mode="rb"),
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "zst": _Zstandard,
}
