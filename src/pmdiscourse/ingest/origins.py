"""Where each passage stands in what was read: the way back from a quote to the raw file."""

from __future__ import annotations

import sqlite3
from itertools import groupby
from operator import itemgetter

import numpy as np
import pandas as pd

from pmdiscourse.ingest.offsets import Offsets, align
from pmdiscourse.tables import check_table, empty_table, find_table

_QUESTION = """
SELECT t.document, t.record, t.offsets FROM links l JOIN texts t USING (id) WHERE l.post_id = ?
"""


def pack_offsets(raw: str, text: str, *, start: int) -> bytes | None:
    """Align a post's text with its raw text, in a form that a database can hold.

    Parameters
    ----------
    raw : str
        Text of the record as its reader took it out of the file.
    text : str
        Text of the post: cleaned and masked.
    start : int
        Where `raw` starts in the document; 0 if places are counted inside the record.

    Returns
    -------
    bytes or None
        None if both texts are the same and start at 0.
    """
    if raw == text and not start:
        return None
    offsets = align(raw, text)
    blocks = [place for block in offsets.blocks for place in block]
    return np.array([start, len(text), len(raw), *blocks], dtype="<i8").tobytes()


def find_origins(connection: sqlite3.Connection, passages: pd.DataFrame) -> pd.DataFrame:
    """Return the table origins of some passages.

    Parameters
    ----------
    connection : sqlite3.Connection
        Working table with its links.
    passages : DataFrame
        Table passages.
    """
    rows = []
    columns = (
        passages[name].to_numpy(object) for name in ("post_id", "passage_id", "start", "end")
    )
    for post_id, places in groupby(zip(*columns, strict=True), key=itemgetter(0)):
        document, record, packed = connection.execute(_QUESTION, (post_id,)).fetchone()
        shift, offsets = _unpack(packed)
        for _, passage_id, start, end in places:
            first, last = offsets.raw_span(start, end) if offsets else (start, end)
            rows.append((passage_id, document, record, first + shift, last + shift))
    if not rows:
        return empty_table("origins")
    return check_table("origins", pd.DataFrame(rows, columns=find_table("origins").names))


def _unpack(packed: bytes | None) -> tuple[int, Offsets | None]:
    if packed is None:
        return 0, None
    shift, cleaned, raw, *places = np.frombuffer(packed, dtype="<i8").tolist()
    blocks = tuple(zip(places[::3], places[1::3], places[2::3], strict=True))
    return shift, Offsets(blocks, cleaned, raw)
