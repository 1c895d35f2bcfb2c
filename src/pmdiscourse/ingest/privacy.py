"""Personal data in text gives way to fixed tokens: "[e-mail]", "[phone]", "[handle]" and so on.

Each kind is a rule: an expression, and a check where the form alone says too little. A mask stays
inside its line, is one word, leaves the sentence's punctuation, and masking again changes nothing.
Every quantifier is bounded or possessive, so the time grows with the length of the text.
What is found and what is missed stands in docs/privacy.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from pmdiscourse.ingest import private_names as names
from pmdiscourse.ingest import private_numbers as numbers

KINDS = ("profile", "e-mail", "handle", "IP", "address", "number", "phone")
TOKENS = tuple(f"[{kind}]" for kind in KINDS)


class Masked(NamedTuple):
    """A text without personal data, and how often each kind was masked (only kinds found)."""

    text: str
    counts: dict[str, int]


class _Rule(NamedTuple):
    """One way personal data is written.

    `sign` is a cheap search: a line without it is passed over. `accept` decides on a match.
    """

    kind: str
    sign: re.Pattern[str]
    pattern: re.Pattern[str]
    accept: Callable[[re.Match[str]], bool] | None = None


_AT, _SLASH = re.compile("@"), re.compile("/")
# In this order: a profile's link holds a handle, an address starts with digits.
_RULES = (
    _Rule("profile", _SLASH, names.PROFILE),
    _Rule("e-mail", _AT, names.MAIL),
    _Rule("e-mail", names.SPELLED_SIGN, names.SPELLED_MAIL),
    _Rule("handle", _AT, names.HANDLE, names.is_handle),
    _Rule("handle", re.compile("[uU]/"), names.REDDIT),
    _Rule("IP", numbers.IPV4_SIGN, numbers.IPV4, numbers.is_ip),
    _Rule("IP", numbers.IPV6_SIGN, numbers.IPV6, numbers.is_ip),
    _Rule("address", numbers.STREET_SIGN, numbers.STREET),
    _Rule("number", numbers.LONG_SIGN, numbers.NUMBER, numbers.is_number),
    _Rule("phone", numbers.PHONE_SIGN, numbers.PHONE, numbers.is_phone),
    _Rule("phone", numbers.PHONE_SIGN, numbers.PHONE_AFTER_WORD, numbers.is_phone_after_word),
)
_MAX_ROUNDS = 4  # a mask may uncover what stood glued to it; prose needs one round, and one to see
_ANY_SIGN = re.compile(r"[@/0-9:\[({<]| dot | DOT ")


def mask_personal(text: str) -> Masked:
    """Write a token in the place of each piece of personal data.

    Masked are e-mail addresses (spelled out ones too), phone numbers, handles ("@jane", "u/jane",
    "@jane@social.example"), links to profiles, IP addresses, numbers of bank accounts, payment
    cards and US social security, and postal addresses. Names of people are not: see
    `pmdiscourse.ingest.person_names`.

    Parameters
    ----------
    text : str
        Cleaned text (`pmdiscourse.clean_text`): invisible characters inside an address hide it.

    Returns
    -------
    Masked
        The text and the counts by kind. Masking the text again changes nothing.

    Raises
    ------
    TypeError
        If `text` is not a str.

    Examples
    --------
    >>> mask_personal("Write to jane [at] example [dot] org, @ben, or call 555-010-0123.")
    Masked(text='Write to [e-mail], [handle], or call [phone].', \
counts={'e-mail': 1, 'handle': 1, 'phone': 1})
    >>> mask_personal("Version 10.15.7 shipped on 2024-05-01 @ 10am; see r/UXDesign.").counts
    {}
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}")
    counts: Counter[str] = Counter()
    lines = [_mask_line(line, counts) for line in text.split("\n")]
    return Masked("\n".join(lines), {kind: counts[kind] for kind in KINDS if counts[kind]})


def _mask_line(line: str, counts: Counter[str]) -> str:
    if not _ANY_SIGN.search(line):
        return line
    for _ in range(_MAX_ROUNDS):
        before = line
        for rule in _RULES:
            if rule.sign.search(line):
                line = _apply(rule, line, counts)
        if line == before:
            break
    return line


def _apply(rule: _Rule, line: str, counts: Counter[str]) -> str:
    def token(match: re.Match[str]) -> str:
        if rule.accept and not rule.accept(match):
            return match[0]
        counts[rule.kind] += 1
        return f"[{rule.kind}]"

    return rule.pattern.sub(token, line)
