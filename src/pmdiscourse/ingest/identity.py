"""Ids from content, and keyed pseudonyms.

No id depends on order, clock, path, author or the version of the cleaner: only letters and digits
count, so a repaired quote or space moves no id.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pmdiscourse.errors import DiscourseError

KEY_VARIABLE = "PMDISCOURSE_KEY_FILE"
_NO_LETTER_OR_DIGIT = re.compile(r"[\W_]+")
_ID_DIGITS = 20  # 80 bits: a million posts collide with probability below 1e-12


def letters_and_digits(text: str) -> str:
    """Reduce a text to its letters and digits, lower case, compatibility forms folded.

    >>> letters_and_digits("It’s 3–4 PMs!")
    'its34pms'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NO_LETTER_OR_DIGIT.sub("", folded)


def content_id(*parts: str) -> str:
    """Hash parts of a content into an id of 20 hexadecimal digits."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:_ID_DIGITS]


def numbered(ids: Sequence[str]) -> list[str]:
    """Tell identical ids apart by a counter; the first keeps its id.

    >>> numbered(["a", "b", "a"])
    ['a', 'b', 'a-1']
    """
    seen: Counter[str] = Counter()
    result = []
    for base in ids:
        result.append(f"{base}-{seen[base]}" if seen[base] else base)
        seen[base] += 1
    return result


def passage_ids(post_id: str, texts: Sequence[str]) -> list[str]:
    """Return the ids of a post's passages, in their order.

    Parameters
    ----------
    post_id : str
        Id of the post.
    texts : sequence of str
        Its passages.

    Returns
    -------
    list of str
        Identical passages of one post are told apart by a counter.
    """
    return numbered([content_id(post_id, letters_and_digits(text)) for text in texts])


def key_path() -> Path:
    """Return where the key of the pseudonyms lies: never in RAW or DIR.

    ``PMDISCOURSE_KEY_FILE`` overrides the user's config folder.
    """
    if os.environ.get(KEY_VARIABLE):
        return Path(os.environ[KEY_VARIABLE])
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "pmdiscourse" / "author.key"


def load_key() -> bytes:
    """Read the key of the pseudonyms; make one on first use, readable by its owner only.

    Raises
    ------
    DiscourseError
        If the file cannot be read or made.
    """
    path = key_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        key = path.read_bytes().strip()
    except OSError as error:
        raise DiscourseError(
            f"the key for pseudonyms cannot be used: {error}; "
            f"name another file in the environment variable {KEY_VARIABLE}"
        ) from error
    if not key:
        raise DiscourseError(f"the key file {path} is empty; delete it and a new one is made")
    return key


def pseudonym(author: str, key: bytes) -> str:
    """Return the pseudonym of an author: the same for the same name under the same key.

    >>> pseudonym("Ana ", b"k") == pseudonym("ana", b"k")
    True
    """
    name = unicodedata.normalize("NFKC", author).strip().casefold()
    return "author-" + hmac.new(key, name.encode("utf-8"), hashlib.sha256).hexdigest()[:12]
