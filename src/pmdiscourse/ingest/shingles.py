"""Fingerprints of texts, and their shingles.

A shingle is a run of neighbouring words (Broder 1997, "On the resemblance and containment of
documents").
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint16]
Hashes = NDArray[np.uint64]

SHINGLE = 5  # words; shorter runs are common by chance in large corpora

# Chinese and Japanese are written without spaces: every sign counts as a word.
_SIGN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_STOP = '.!?\u2026:;\n>"\u2018\u201c\u201d\u201e\u00ab\u00bb\u3002\uff01\uff1f'
_TOKEN = re.compile(rf"[^\W_{_SIGN}]+|[{_SIGN}]|[{_STOP}]")
_STOPS = frozenset(_STOP)
_PIECE = re.compile(r"(?s).{1,1000000}(?:\s|\Z)|.{1,1000000}")  # a word in memory takes 60 bytes


def fingerprint(text: str) -> Words:
    """Reduce a text to two bytes a word: what near duplicates are found by.

    Parameters
    ----------
    text : str
        Cleaned text.

    Returns
    -------
    ndarray of uint16, shape (n_words,)
        Little-endian, the same on every machine. The upper 15 bits are a checksum of the word
        (letters and digits, case and compatibility forms folded); the lowest bit is set if a
        sentence end, a line break or a quotation mark stands before it.

    Examples
    --------
    >>> fingerprint("Ship it. Ship it!")
    array([ 9632, 54346,  9633, 54346], dtype=uint16)
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    codes = np.concatenate([_codes(piece) for piece in _PIECE.findall(folded)] or [_codes("")])
    after_stop = np.zeros(len(codes), dtype=bool)
    after_stop[1:] = codes[:-1] < 0
    is_word = codes >= 0
    # Checksums of "user1", "user2" differ in few bits; the product spreads them over all.
    spread = codes[is_word].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(49)
    return (spread << np.uint64(1) | after_stop[is_word]).astype("<u2")


def _codes(text: str) -> NDArray[np.int64]:
    tokens = _TOKEN.findall(text)
    return np.fromiter(map(_checksum, tokens), dtype=np.int64, count=len(tokens))


@lru_cache(maxsize=65_536)  # a text repeats its words, and so do texts
def _checksum(token: str) -> int:
    """Return the checksum of a word, -1 of a sign that ends a sentence or a quotation."""
    return -1 if token in _STOPS else zlib.crc32(token.encode("utf-8", "surrogatepass"))


def hash_shingles(words: Words) -> Hashes:
    """Hash every shingle of a text.

    Parameters
    ----------
    words : ndarray of uint16, shape (n_words,)
        Its fingerprint.

    Returns
    -------
    ndarray of uint64, shape (max(0, n_words - SHINGLE + 1),)
        In the order of the text; mixed by the multipliers of splitmix64 (Steele, Lea and Flood
        2014, "Fast splittable pseudorandom number generators").
    """
    n = max(0, len(words) - SHINGLE + 1)
    codes = (words >> 1).astype(np.uint64)
    hashes = np.zeros(n, dtype=np.uint64)
    for start in range(SHINGLE):
        hashes += codes[start : start + n] + np.uint64(1)
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(30)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(27)
    return hashes
