"""Posts become threads: parents found, loops cut, ids made from content; all in the working table.

Parents are looked for in the same document first, then by the source's own id in every file of that
source. The texts are not read: what links posts are the hashes of `drafts`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Names = Callable[[list[int]], list[str]]

_LINKS = """
DROP TABLE IF EXISTS links;
CREATE TABLE links (
    id INTEGER PRIMARY KEY, parent INTEGER, root INTEGER NOT NULL, thread_id TEXT, base_id TEXT,
    post_id TEXT, duplicate_of TEXT
);
"""
# Of several posts with the wanted name the same one is taken whatever the order of the files.
_PARENTS = """
SELECT k.id, COALESCE(
    (SELECT p.id FROM keys p JOIN files f USING (file_no)
     WHERE p.near = k.near_parent AND f.used ORDER BY p.letters, f.name, p.place LIMIT 1),
    (SELECT p.id FROM keys p JOIN files f USING (file_no)
     WHERE p.far = k.far_parent AND f.used ORDER BY p.letters, f.name, p.place LIMIT 1))
FROM keys k JOIN files f USING (file_no) WHERE f.used ORDER BY k.id
"""
_THREADS = """
UPDATE links SET thread_id = (
    SELECT COALESCE(k.outside, k.own, content_id('thread', k.letters))
    FROM keys k WHERE k.id = links.root)
"""
_BASES = """
UPDATE links SET base_id = (
    SELECT COALESCE(k.own, content_id(
        links.thread_id,
        COALESCE((SELECT p.letters FROM keys p WHERE p.id = links.parent), k.parent_name),
        COALESCE(CAST(k.time AS TEXT), ''), k.letters))
    FROM keys k WHERE k.id = links.id)
"""
# Where one id of a source stands for different texts, the texts decide too.
_APART = """
UPDATE links SET base_id = content_id(base_id, (SELECT letters FROM keys k WHERE k.id = links.id))
WHERE base_id IN (
    SELECT base_id FROM links JOIN keys USING (id)
    GROUP BY base_id HAVING MIN(letters) <> MAX(letters))
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
    ids, parents = _parents(connection)
    roots = find_roots(parents, _letters(connection, ids))
    with connection:
        connection.executemany(
            "INSERT INTO links (id, parent, root) VALUES (?, ?, ?)", _rows(ids, parents, roots)
        )
        connection.execute(_THREADS)
        connection.execute(_BASES)
        connection.execute("CREATE INDEX links_base ON links (base_id)")
        connection.execute(_APART)
        connection.execute(_NUMBERED)
        connection.execute("CREATE INDEX links_thread ON links (thread_id, post_id)")


def _parents(connection: sqlite3.Connection) -> tuple[Numbers, Numbers]:
    """Return the ids of all posts, rising, and the place of each one's parent (-1 for none)."""
    found = np.fromiter(
        (pair for i, parent in connection.execute(_PARENTS) for pair in (i, parent or -1)),
        dtype=np.int64,
    ).reshape(-1, 2)
    ids, parents = found[:, 0].copy(), found[:, 1].copy()
    places = np.searchsorted(ids, parents)
    parents[:] = np.where(parents < 0, -1, places)
    return ids, parents


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


def _rows(ids: Numbers, parents: Numbers, roots: Numbers) -> Iterator[tuple[int, int | None, int]]:
    for place, post in enumerate(ids.tolist()):
        parent = int(parents[place])
        yield post, (None if parent < 0 else int(ids[parent])), int(ids[roots[place]])
