"""Posts that stand in the corpus twice: the same letters and digits, or nearly; one is kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_MIN_WORDS = 10  # shorter texts ("So true, thank you") are written twice by chance
# Known times decide who is older; the rest is decided by what never changes, the id.
_AGE = "k.time IS NULL, k.time, l.post_id"
_EXACT = f"""
CREATE TEMP TABLE kept AS
SELECT l.id, l.post_id, FIRST_VALUE(l.post_id) OVER (
    PARTITION BY CASE WHEN k.n_words >= {_MIN_WORDS} THEN k.letters ELSE l.base_id END
    ORDER BY {_AGE}) AS first
FROM links l JOIN keys k USING (id) WHERE NOT k.dropped
"""
_LINK_EXACT = """
UPDATE links SET duplicate_of = kept.first
FROM kept WHERE kept.id = links.id AND kept.first <> kept.post_id
"""
_SAMPLED = f"""
SELECT k.sample, l.id, k.time IS NOT NULL FROM links l JOIN keys k USING (id)
WHERE NOT k.dropped AND k.sample IS NOT NULL AND l.duplicate_of IS NULL ORDER BY {_AGE}
"""
# A copy of what turned out to be a copy itself leads to the post that is kept.
_NO_CHAINS = """
UPDATE links SET duplicate_of = (SELECT o.duplicate_of FROM links o WHERE o.post_id =
    links.duplicate_of)
WHERE duplicate_of IN (SELECT post_id FROM links WHERE duplicate_of IS NOT NULL)
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
        connection.execute("DROP TABLE IF EXISTS temp.kept")
        connection.execute(_EXACT)
        connection.execute(_LINK_EXACT)
        connection.execute("DROP TABLE temp.kept")
        connection.execute("CREATE INDEX links_post ON links (post_id)")
        connection.execute(_NO_CHAINS)
