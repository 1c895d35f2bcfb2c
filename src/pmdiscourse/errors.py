"""One place for the wording of errors: what is wrong, what was got, what is allowed, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DiscourseError(ValueError):
    """Base of every error that a user can mend; the commands print it without a traceback."""


class NothingUsableError(DiscourseError):
    """Raised when no raw file holds a usable post; the commands then exit with 1."""


def invalid(what: str, *, got: object, allowed: str, hint: str = "") -> DiscourseError:
    """Build the one kind of error message this library uses.

    Parameters
    ----------
    what : str
        The thing that is wrong, e.g. ``"column 'kind' of posts"``.
    got : object
        The offending value; shown by its repr, cut at 80 characters.
    allowed : str
        What would have been right.
    hint : str, default=""
        What to do next.

    Returns
    -------
    DiscourseError
        To be raised by the caller.

    Examples
    --------
    >>> str(invalid("setting 'seed'", got="x", allowed="a whole number", hint="Write seed = 0."))
    "setting 'seed' is not usable: got 'x', allowed is a whole number. Write seed = 0."
    """
    shown = repr(got)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    text = f"{what} is not usable: got {shown}, allowed is {allowed}. {hint}"
    return DiscourseError(text.strip())


def unknown(what: str, *, got: str, known: Iterable[str], hint: str = "") -> DiscourseError:
    """Build the error for a name that does not exist, with the nearest one that does.

    Examples
    --------
    >>> str(unknown("theme", got="blme", known=["blame", "identity"]))
    "theme 'blme' is unknown; known are: blame, identity. Did you mean 'blame'?"
    """
    names = list(known)
    near = difflib.get_close_matches(got, names, n=1)
    question = f" Did you mean {near[0]!r}?" if near else ""
    text = f"{what} {got!r} is unknown; known are: {', '.join(names)}.{question} {hint}"
    return DiscourseError(text.strip())
