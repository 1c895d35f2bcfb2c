"""Posts that stand in the corpus twice: the same letters and digits, or nearly; one is kept."""

from __future__ import annotations

import sqlite3
from array import array
from pathlib import Path

import numpy as np

from pmdiscourse.ingest.duplicates import Duplicates

_NO_TIME = -(2**63)  # numpy's "not a time"
_MIN_WORDS = 10  # shorter texts ("So true, thank you") are written twice by chance
# Of the same text the earliest known time is kept; else what never changes decides, the id.
_EXACT = f"""
UPDATE links SET duplicate_of = kept.first
FROM (
    SELECT l.id, l.post_id, FIRST_VALUE(l.post_id) OVER (
        PARTITION BY CASE WHEN k.n_words >= {_MIN_WORDS} THEN k.letters ELSE l.base_id END
        ORDER BY k.time IS NULL, k.time, l.post_id) AS first
    FROM links l JOIN keys k USING (id) WHERE NOT k.dropped) kept
WHERE kept.id = links.id AND kept.first <> kept.post_id
"""
_CANDIDATES = """
SELECT l.id, k.time, k.sample FROM links l JOIN keys k USING (id)
WHERE NOT k.dropped AND k.sample IS NOT NULL AND l.duplicate_of IS NULL ORDER BY l.post_id
"""
_LINK_NEAR = """
UPDATE links SET duplicate_of = (SELECT post_id FROM links o WHERE o.id = ?) WHERE id = ?
"""
# An exact copy of what is a near copy itself leads to the post that is kept.
_NO_CHAINS = """
UPDATE links SET duplicate_of = o.duplicate_of
FROM links o WHERE o.post_id = links.duplicate_of AND o.duplicate_of IS NOT NULL
"""


def link_copies(connection: sqlite3.Connection, folder: Path) -> None:
    """Fill ``links.duplicate_of``: exact copies first, then near ones among what is left.

    Parameters
    ----------
    connection : sqlite3.Connection
        Working table with its links.
    folder : Path
        For temporary files.
    """
    with connection:
        connection.execute("CREATE INDEX links_post ON links (post_id)")
        connection.execute(_EXACT)
    with Duplicates(folder) as duplicates, connection:
        ids, times = array("q"), array("q")
        for number, (post, time, sample) in enumerate(connection.execute(_CANDIDATES)):
            ids.append(post)
            times.append(_NO_TIME if time is None else time)
            duplicates.add(number, np.frombuffer(sample, dtype="<u2"))
        known = np.array(times).view("datetime64[us]")
        found = duplicates.links(known, np.arange(len(ids)))
        pairs = ((ids[kept], ids[copy]) for copy, kept in found.tolist())
        connection.executemany(_LINK_NEAR, pairs)
        connection.execute(_NO_CHAINS)
