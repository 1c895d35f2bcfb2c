"""Posts become threads: parents found, loops cut, ids made from content; all in the working table.

Parents are looked for in the same document first, then by the source's own id in every file of that
source. The texts are not read: what links posts are the hashes of `drafts`.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Names = Callable[[list[int]], list[str]]

_LINKS = """
DROP TABLE IF EXISTS links;
CREATE TABLE links (
    id INTEGER PRIMARY KEY, parent INTEGER, root INTEGER NOT NULL, near_parent INTEGER,
    near_root INTEGER NOT NULL, thread_id TEXT, base_id TEXT, post_id TEXT, duplicate_of TEXT
);
"""
# Of several posts with the wanted name the same one is taken whatever the order of the files.
_PARENTS = """
SELECT k.id,
    (SELECT p.id FROM keys p JOIN files f USING (file_no)
     WHERE p.near = k.near_parent AND f.used ORDER BY p.letters, f.name, p.place LIMIT 1),
    (SELECT p.id FROM keys p JOIN files f USING (file_no)
     WHERE p.far = k.far_parent AND f.used ORDER BY p.letters, f.name, p.place LIMIT 1)
FROM keys k JOIN files f USING (file_no) WHERE f.used ORDER BY k.id
"""
_THREADS = """
UPDATE links SET thread_id = (
    SELECT COALESCE(k.outside, k.own, content_id('thread', k.letters))
    FROM keys k WHERE k.id = links.root)
"""
# Only what stands in the same document goes into an id: other files move none.
_BASES = """
UPDATE links SET base_id = (
    SELECT COALESCE(k.own, content_id(
        COALESCE(r.outside, r.own, content_id('thread', r.letters)),
        COALESCE((SELECT p.letters FROM keys p WHERE p.id = links.near_parent), k.parent_name),
        COALESCE(CAST(k.time AS TEXT), ''), k.letters))
    FROM keys k, keys r WHERE k.id = links.id AND r.id = links.near_root)
"""
# Where one id of a source stands for different texts, one keeps it; the others' texts decide too.
_APART = """
UPDATE links SET base_id = content_id(links.base_id, k.letters)
FROM keys k, (
    SELECT base_id, MIN(letters) AS first FROM links JOIN keys USING (id)
    GROUP BY base_id HAVING MIN(letters) <> MAX(letters)) b
WHERE k.id = links.id AND b.base_id = links.base_id AND k.letters <> b.first
"""
# Identical ones get a counter; which of them gets which is told by nothing but the file's name.
_NUMBERED = """
UPDATE links SET post_id = base_id || CASE n.number WHEN 1 THEN '' ELSE '-' || (n.number - 1) END
FROM (
    SELECT l.id, ROW_NUMBER() OVER (
        PARTITION BY l.base_id ORDER BY f.name, k.place) AS number
    FROM links l JOIN keys k USING (id) JOIN files f USING (file_no)) n
WHERE links.id = n.id
"""


def link_posts(connection: sqlite3.Connection) -> None:
    """Fill the table links: parent, root, thread_id and post_id of every post.

    Parameters
    ----------
    connection : sqlite3.Connection
        Working table; dropped posts take part, so that replies to them keep their thread.
    """
    connection.executescript(_LINKS)
    ids, near, far = _parents(connection)
    names = _letters(connection, ids)
    near_roots = find_roots(near, names)
    parents = np.where(near >= 0, near, far)
    roots = find_roots(parents, names)
    with connection:
        connection.executemany(
            "INSERT INTO links (id, parent, root, near_parent, near_root) VALUES (?, ?, ?, ?, ?)",
            _rows(ids, parents, roots, near, near_roots),
        )
        connection.execute(_THREADS)
        connection.execute(_BASES)
        connection.execute("CREATE INDEX links_base ON links (base_id)")
        connection.execute(_APART)
        connection.execute(_NUMBERED)
        connection.execute("CREATE INDEX links_thread ON links (thread_id, post_id)")


def _parents(connection: sqlite3.Connection) -> tuple[Numbers, Numbers, Numbers]:
    """Return the ids of all posts, rising, and the place of each one's parent (-1 for none).

    Twice: the parent in the same document, and the one that the source's own ids name.
    """
    found = array("q")
    for post, near, far in connection.execute(_PARENTS):
        found.extend((post, near or -1, far or -1))
    table = np.array(found).reshape(-1, 3)
    ids = table[:, 0].copy()
    near_places, far_places = (
        np.where(column < 0, -1, np.searchsorted(ids, column)) for column in table[:, 1:].T
    )
    return ids, near_places, far_places


def find_roots(parents: Numbers, names: Names) -> Numbers:
    """Return the root of every post, and cut loops in place.

    Parameters
    ----------
    parents : array of int, shape (n_posts,)
        Place of each post's parent, -1 for none; changed where a loop is cut.
    names : callable
        Takes places, returns what to order the posts of a loop by; the first loses its parent.

    Returns
    -------
    array of int, shape (n_posts,)
        Place of each post's root; of a post without parent its own.

    Examples
    --------
    >>> find_roots(np.array([-1, 0, 1, 4, 3]), lambda places: [str(p) for p in places]).tolist()
    [0, 0, 0, 3, 3]
    """
    places = np.arange(len(parents))
    while True:
        roots = np.where(parents < 0, places, parents)
        for _ in range(max(len(parents), 1).bit_length() + 1):  # each round doubles the reach
            roots = roots[roots]
        looped = np.unique(roots[parents[roots] >= 0])
        if not len(looped):
            return roots
        _cut_loops(parents, looped, names)


def _cut_loops(parents: Numbers, looped: Numbers, names: Names) -> None:
    seen: set[int] = set()
    for start in looped.tolist():
        loop = []
        here = start
        while here not in seen:
            seen.add(here)
            loop.append(here)
            here = int(parents[here])
        if loop:
            first = min(zip(names(loop), loop, strict=True))[1]
            parents[first] = -1


def _letters(connection: sqlite3.Connection, ids: Numbers) -> Names:
    def names(places: list[int]) -> list[str]:
        question = "SELECT letters || place FROM keys WHERE id = ?"
        wanted = [int(ids[place]) for place in places]
        return [connection.execute(question, (i,)).fetchone()[0] for i in wanted]

    return names


def _rows(ids: Numbers, *columns: Numbers) -> Iterator[tuple[int | None, ...]]:
    """Yield id by id what the columns of places name; None for -1."""
    for place in range(len(ids)):
        others = (int(column[place]) for column in columns)
        yield int(ids[place]), *(None if other < 0 else int(ids[other]) for other in others)
