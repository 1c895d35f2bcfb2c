"""The working table: what is remembered between runs, and how posts find each other."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.corpus import Corpus, ingest
from pmdiscourse.ingest.limits import TookTooLongError, time_limit
from pmdiscourse.ingest.parts import run_ingest
from pmdiscourse.ingest.threads import find_roots
from pmdiscourse.settings import Settings
from pmdiscourse.store import lock_folder
from test_readers import LONG, write

NOTHING = dict.fromkeys(("new", "changed", "removed", "unchanged", "hidden"), 0)


def settle(folder: Path) -> None:
    """Make files older than the moment within which a change could go unseen."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - 60, time.time() - 60))


def read(raw: Path, folder: Path) -> tuple[dict[str, int], list[str]]:
    with Corpus(raw, folder, settings=Settings()) as corpus:
        posts = [text for part in corpus.posts() for text in part["text"]]
        return corpus.files, sorted(posts)


def test_files_that_did_not_change_are_remembered_and_the_others_told(tmp_path: Path) -> None:
    raw, folder = tmp_path / "raw", tmp_path / "cache"
    raw.mkdir()
    write(raw, a__txt=LONG + " One.", b__txt=LONG + " Two.", c__txt=LONG + " Three.")
    settle(raw)
    assert read(raw, folder)[0] == {
        "new": 3,
        "changed": 0,
        "removed": 0,
        "unchanged": 0,
        "hidden": 0,
    }
    assert read(raw, folder)[0] == {
        "new": 0,
        "changed": 0,
        "removed": 0,
        "unchanged": 3,
        "hidden": 0,
    }
    (raw / "a.txt").unlink()
    write(raw, b__txt=LONG + " Changed.", d__txt=LONG + " Four.")
    files, posts = read(raw, folder)
    assert files == NOTHING | {"new": 1, "changed": 1, "removed": 1, "unchanged": 1}
    assert posts == sorted(ingest(raw).posts["text"])


def test_hidden_files_are_counted_but_for_those_of_tools(tmp_path: Path) -> None:
    raw = write(tmp_path, a__txt=LONG)
    for name in (".essay.txt", "~$essay.txt", ".gitkeep", ".DS_Store"):
        (raw / name).write_text(LONG)
    with Corpus(raw, tmp_path.parent / "cache", settings=Settings()) as corpus:
        assert corpus.files["hidden"] == 2
        assert corpus.counts()["records_read"] == 1


def test_a_file_of_the_same_moment_is_read_again(tmp_path: Path) -> None:
    raw, folder = tmp_path / "raw", tmp_path / "cache"
    raw.mkdir()
    for text in (LONG + " One.", LONG + " Two."):
        write(raw, a__txt=text)
        assert read(raw, folder)[1] == [text]


def test_a_new_passport_is_followed(tmp_path: Path) -> None:
    raw, folder = tmp_path / "raw", tmp_path / "cache"
    raw.mkdir()
    write(raw, a__txt=LONG)
    settle(raw)
    read(raw, folder)
    write(raw, source__toml='title = "Essays of the guild"')
    with Corpus(raw, folder, settings=Settings()) as corpus:
        assert corpus.files["changed"] == 1
        assert next(corpus.posts())["source"].tolist() == ["Essays of the guild"]


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_working_table_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    raw, folder = tmp_path / "raw", tmp_path / "cache"
    raw.mkdir()
    write(raw, a__txt=LONG)
    expected = read(raw, folder)
    (folder / "posts.sqlite").write_bytes(damage)
    assert read(raw, folder) == expected


def test_a_held_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    write(tmp_path / "raw", a__txt=LONG)
    out = tmp_path / "out"
    with lock_folder(out), pytest.raises(DiscourseError, match="another run is writing into"):
        run_ingest(tmp_path / "raw", out)
    run_ingest(tmp_path / "raw", out)


def test_what_takes_too_long_is_stopped() -> None:
    def spin() -> None:
        while True:
            pass

    with pytest.raises(TookTooLongError, match=r"max_document_seconds \(0.05\)"):  # noqa: SIM117
        with time_limit(0.05):
            spin()


@given(st.lists(st.integers(-1, 11), min_size=1, max_size=12))
def test_every_post_has_a_root_and_no_loop_is_left(parents: list[int]) -> None:
    wanted = np.array([p if p < len(parents) else -1 for p in parents], dtype=np.int64)
    given_parents = wanted.tolist()
    roots = find_roots(wanted, lambda places: [f"{place:02}" for place in places])
    for post, root in enumerate(roots.tolist()):
        here, steps = post, 0
        while wanted[here] >= 0:
            here, steps = int(wanted[here]), steps + 1
            assert steps <= len(parents), "a loop is left"
        assert here == root
    cut = [p for p, old in enumerate(given_parents) if old >= 0 and wanted[p] < 0]
    assert all(given_parents[p] >= 0 and roots[p] == p for p in cut)
    assert len(cut) == n_loops(given_parents)


def n_loops(parents: list[int]) -> int:
    """Count loops the slow way: posts that come back to themselves, one for each loop."""
    loops = set()
    for start in range(len(parents)):
        here, way = start, []
        while parents[here] >= 0 and here not in way:
            way.append(here)
            here = parents[here]
        if here in way:
            loops.add(frozenset(way[way.index(here) :]))
    return len(loops)


def test_a_deep_chain_of_replies_is_one_thread(tmp_path: Path) -> None:
    rows = [{"id": "0", "title": "On dates", "body": LONG}]
    rows += [{"id": str(n), "parent_id": str(n - 1), "body": f"{LONG} {n}"} for n in range(1, 3000)]
    posts = ingest(write(tmp_path, deep__jsonl="\n".join(map(json.dumps, rows)))).posts
    assert posts["thread_id"].nunique() == 1
    assert posts["parent_id"].notna().sum() == 2999


def test_other_files_move_no_id(tmp_path: Path) -> None:
    """Replies without ids of their own, their parents and their edits lie in other files."""
    one, two, three = (f"{LONG} {word}" for word in ("One.", "Two.", "Three."))
    site = {"site": "guild"}
    files = {
        "a__jsonl": [{"id": "1", "body": one} | site, {"id": "2", "body": two} | site],
        "b__jsonl": [{"parent_id": "1", "body": f"{three} {n}"} | site for n in range(3)],
        "c__jsonl": [{"id": "1", "parent_id": "2", "body": "Yes."}, {"id": "2", "body": "Yes."}],
    }
    raw = write(
        tmp_path, **{name: "\n".join(map(json.dumps, rows)) for name, rows in files.items()}
    )
    write(tmp_path, source__toml='title = "The guild"')
    together = ingest(raw).posts
    apart = [post for name in files for post in _ids(ingest(raw / name.replace("__", ".")).posts)]
    assert _ids(together) == sorted(apart)
    assert together["thread_id"].nunique() < len(together)


def _ids(posts: pd.DataFrame) -> list[tuple[str, str]]:
    return sorted(zip(posts["post_id"], posts["text"], strict=True))
