"""Limits on time: one document that takes too long is set aside, the rest goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pmdiscourse.errors import DiscourseError


class TookTooLongError(DiscourseError):
    """A document or record that needs more seconds than it may."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop what runs inside after some seconds.

    Works in the main thread of a system with interval timers; elsewhere there is no limit. Code in
    C is stopped when it returns.

    Parameters
    ----------
    seconds : float
        Above 0.

    Raises
    ------
    TookTooLongError
        If the time is over.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLongError(f"takes more than max_document_seconds ({seconds:g})")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
