"""Faults of the world: kills, full disks, missing rights, odd files. Real processes throughout."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bad_files import SECRET, BadFile, bad_files
from faults import (
    COMMAND,
    HANG_SECONDS,
    assert_whole,
    compiled,
    contents,
    environment,
    ingest,
    invent,
    kill_when,
    reconciled,
    rows,
    settle,
    side_by_side,
    without_rights,
    write_folder,
    write_rows,
)
from pmdiscourse.ingest import corpus
from pmdiscourse.store import read_table

SAMPLE = Path(__file__).parent.parent / "data" / "raw" / "sample"
JOURNAL = "posts.sqlite-journal"  # there while something is written into the working table
CHAINS, KILLS = 5, 5  # kills one after another, in folders side by side


def start(raw: Path, out: Path, **changes: str) -> subprocess.Popen[bytes]:
    """Start ``pmdiscourse ingest`` and go on."""
    return subprocess.Popen(
        [*COMMAND, "ingest", raw, "--out", out],
        env=environment(out, **changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Tests that run in the background of a script would hand down that Ctrl-C is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip


# --- Killed at any moment


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A raw folder that changed since its last run; DIR of that run, and one of the folder now."""
    folder = tmp_path_factory.mktemp("kills")
    raw, old, new = folder / "raw", folder / "old", folder / "new"
    write_folder(raw, {f"note-{n}.txt": invent(n, 12) for n in range(10_000, 10_010)})
    write_rows(raw / "big.jsonl", range(100))
    ingest(raw, old)
    write_rows(raw / "big.jsonl", range(50, 500))
    (raw / "note-10000.txt").unlink()
    write_folder(raw, {"note-10001.txt": invent(1, 14), "more.csv": f"text\n{invent(2)}\n"})
    ingest(raw, new)
    return raw, old, new


def chain_of_kills(raw: Path, old: Path, new: Path, out: Path, seed: int) -> list[int]:
    """Kill runs one after another in one folder; return what was on the disk after each."""
    runs = [contents(old), contents(new)]
    draw = random.Random(seed)
    states: list[int] = []
    for number in range(KILLS):
        if number in (0, 3, 4) or states[-1:] == [1]:
            shutil.rmtree(out, ignore_errors=True)
            if number != 3:
                shutil.copytree(old, out)
        moments = [
            ((out / "cache" / JOURNAL).exists, 1.5),  # files are read
            (partial(is_written, out, "[op]*/.writing-*"), 0.002),  # a part is written
            (partial(is_written, out, "cache/set-aside/*"), 0.01),  # the lists are
            (partial(is_written, out, ".writing-run.json*"), 0.0),  # the manifest is, at the end
        ]
        sign, at_most = moments[number % 4]
        if kill_when(start(raw, out), sign, draw.random() * at_most):
            states.append(assert_whole(out, *runs))
    return states


def is_written(out: Path, pattern: str) -> bool:
    return any(out.glob(pattern))


def test_killed_at_any_moment_leaves_a_whole_run_and_the_next_one_heals(
    corpora: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    raw, old, new = corpora
    outs = [tmp_path / f"out-{chain}" for chain in range(CHAINS)]
    jobs = [partial(chain_of_kills, raw, old, new, out, seed) for seed, out in enumerate(outs)]
    states = [state for states in side_by_side(jobs, CHAINS) for state in states]
    assert len(states) > CHAINS * KILLS / 2, "most runs were killed before their end"
    assert {-1, 0} <= set(states), "with and without a run before"
    for out in outs:
        (out / "posts" / ".writing-what.parquet.1").write_bytes(b"PAR1")  # as a kill can leave it
        (out / "cache" / "duplicates-1").mkdir()
        ingest(raw, out)
        assert contents(out) == contents(new), "byte-identical to a run that nobody disturbed"
        names = {path.name for path in out.rglob("*")}
        assert not [name for name in names if name.startswith((".writing", "duplicates-"))]
        assert not [name for name in names if name.endswith("-journal")]
    assert len(read_table(outs[0], "posts")) == reconciled(outs[0])[1] + reconciled(outs[0])[2]


def test_interrupted_by_the_keyboard_it_says_so(tmp_path: Path) -> None:
    write_rows(tmp_path / "raw" / "big.jsonl", range(20_000))
    process = start(tmp_path / "raw", tmp_path / "out")
    wait_for((tmp_path / "out" / "cache" / JOURNAL).exists, process)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=HANG_SECONDS)[1].startswith(b"pmdiscourse: interrupted")
    assert process.returncode == 130


def is_reading(out: Path) -> bool:
    """Tell whether a raw file is being read: its rows are in the journal until its end."""
    table, journal = out / "cache" / "posts.sqlite", out / "cache" / JOURNAL
    if not journal.exists() or not table.exists() or not table.stat().st_size:
        return False
    time.sleep(0.1)  # longer than it takes to make the empty table
    return journal.exists()


def wait_for(sign: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while not sign():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)


# --- Two runs at once


def test_a_second_run_into_a_held_folder_is_told_and_a_killed_holder_lets_go(
    tmp_path: Path,
) -> None:
    big, small, out = tmp_path / "big", tmp_path / "small", tmp_path / "out"
    write_rows(big / "big.jsonl", range(60_000))
    write_folder(small, {"a.txt": invent(1)})
    holder = start(big, out)
    wait_for((out / "cache" / JOURNAL).exists, holder)
    told = ingest(small, out, expect=2)
    assert "another run is writing into" in told.err
    assert holder.poll() is None, "the first run goes on"
    holder.kill()
    holder.communicate(timeout=HANG_SECONDS)
    ingest(small, out)
    assert len(read_table(out, "posts")) == 1


# --- Full disk


def limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_no_file_may_grow_further(corpora: tuple[Path, Path, Path], tmp_path: Path) -> None:
    raw, old, new = corpora
    fresh, table, part, manifest = (tmp_path / name for name in ("f", "t", "p", "m"))
    for out in (table, part, manifest):
        shutil.copytree(new, out)
    shutil.copytree(old / "cache", table / "cache", dirs_exist_ok=True)
    shutil.rmtree(part / "posts")
    (manifest / "run.json").unlink()
    cases = {fresh: 0, table: 200_000, part: 5_000, manifest: 3_000}
    sizes = {path.name: path.stat().st_size for path in new.iterdir()}
    assert max(p.stat().st_size for p in new.glob("p*/*.parquet")) > 5_000
    assert sizes["run.json"] > 3_000

    def fill_and_heal(out: Path, size: int) -> None:
        before = contents(out) if out.exists() else {}
        told = ingest(raw, out, expect=2, preexec_fn=limited(size))
        assert "stopped: " in told.err or "cannot hold the tables" in told.err
        assert contents(out).items() >= before.items(), "the last run is as it was"
        ingest(raw, out)
        assert contents(out) == contents(new)

    side_by_side([partial(fill_and_heal, out, size) for out, size in cases.items()])


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a file system of a certain size."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_a_run_with_room_heals(
    corpora: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    raw, old, new = corpora
    used = sum(-(-path.stat().st_size // 4096) * 4 for path in old.rglob("*") if path.is_file())
    with small_disk(tmp_path / "disk", f"{used + 150}k") as disk:
        out = disk / "out"
        shutil.copytree(old, out)
        before = contents(out)
        told = ingest(raw, out, expect=2, env=environment(tmp_path))
        assert "make room" in told.err or "No space left" in told.err
        assert contents(out).items() >= before.items(), "the last run is as it was"
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        ingest(raw, out, env=environment(tmp_path))
        assert contents(out) == contents(new)


def test_no_room_for_temporary_files(tmp_path: Path) -> None:
    raw = write_folder(tmp_path / "raw", {"a.txt": invent(1), "b.zip": b"PK\x03\x04"})
    with small_disk(tmp_path / "disk", "16k") as disk:
        (disk / "filled").write_bytes(bytes(16_384))
        ingest(raw, tmp_path / "out", env=environment(tmp_path, TMPDIR=str(disk)))
    assert reconciled(tmp_path / "out") == [2, 1, 0, 0, 1]


# --- Missing rights


def test_what_may_not_be_read_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    names = ("good.txt", "shut.txt", "shut/inside.txt", "list/only.txt", "enter/only.txt")
    raw = write_folder(tmp_path / "raw", {name: invent(n) for n, name in enumerate(names)})
    modes = {"shut.txt": 0, "shut": 0, "list": 0o444, "enter": 0o111, "good.txt": 0o444, "": 0o555}
    for name, mode in modes.items():
        (raw / name).chmod(mode)
    prefix, out = without_rights(), tmp_path / "out"
    try:
        ingest(raw, out, prefix=prefix)
        told = {row["file"]: row["reason"] for row in rows(out, "quarantine")}
        assert set(told) == {"shut.txt", "shut", "list/only.txt", "enter"}
        assert "Permission denied" in told["shut.txt"]
        assert "cannot be listed" in told["shut"]
        assert read_table(out, "posts")["raw_file"].tolist() == ["good.txt"]
        if os.geteuid() == 0:  # the right to read comes back, the files stay as they are
            ingest(raw, out)
            assert reconciled(out) == [5, 5, 0, 0, 0]
    finally:
        for name in ("", "shut", "list", "enter"):
            (raw / name).chmod(0o755)
    (raw / "shut.txt").chmod(0o644)
    ingest(raw, out, prefix=prefix)
    assert reconciled(out) == [5, 5, 0, 0, 0], "with the right to read, all are in"


def test_a_place_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    raw = write_folder(tmp_path / "raw", {"a.txt": invent(1)})
    read_only, file = tmp_path / "read-only", tmp_path / "file"
    read_only.mkdir(mode=0o555)
    file.write_text("no folder", encoding="utf-8")
    for out in (read_only, read_only / "out", file, file / "out"):
        told = ingest(raw, out, expect=2, prefix=without_rights(), env=environment(raw))
        assert "name another folder" in told.err
    assert file.read_text(encoding="utf-8") == "no folder"


def test_no_home_and_no_place_for_the_key(tmp_path: Path) -> None:
    raw = write_folder(tmp_path / "raw", {"a.txt": invent(1)})
    bare = {"PATH": os.environ["PATH"], **compiled()}
    nowhere = bare | {"XDG_CONFIG_HOME": os.fspath(raw / "a.txt")}
    told = ingest(raw, tmp_path / "out", expect=2, env=nowhere)
    assert "PMDISCOURSE_KEY_FILE" in told.err
    if os.geteuid() == 0:  # somebody who is in no list of users
        prefix = ("setpriv", "--reuid=54321", "--inh-caps=+dac_override",
                  "--ambient-caps=+dac_override")  # fmt: skip
        told = ingest(raw, tmp_path / "out", expect=2, env=bare, prefix=prefix)
        assert "PMDISCOURSE_KEY_FILE" in told.err
    ingest(raw, tmp_path / "out", env=bare | {"PMDISCOURSE_KEY_FILE": str(tmp_path / "key")})


# --- What a file system can hold


def odd_names(raw: Path) -> dict[str, bool]:
    """Make files that no scrape should hold, but do; return whether each one can be read."""
    outside = raw.parent / "outside.txt"
    outside.write_text(invent(100), encoding="utf-8")
    deep = "/".join(["d"] * 200)
    readable = ["two\nlines.txt", "a" * 251 + ".txt", f"{deep}/deep.txt", "back\\slash.txt",
                "back\\xff.txt", "semi;colon.txt", " space .txt", "-dash.txt"]  # fmt: skip
    write_folder(raw, {name: invent(n) for n, name in enumerate(readable)})
    (raw / os.fsdecode(b"\xff.txt")).write_text(invent(50), encoding="utf-8")
    (raw / os.fsdecode(b"back\\\xff.txt")).write_text(invent(51), encoding="utf-8")
    os.mkfifo(raw / "pipe.txt")
    os.mknod(raw / "socket.txt", 0o140644)
    os.link(raw / "two\nlines.txt", raw / "hard.txt")
    links = {"zero.txt": "/dev/zero", "broken.txt": "nothing", "self.txt": "self.txt",
             "folder": "d", "up": "..", "outside.txt": outside}  # fmt: skip
    for name, target in links.items():
        (raw / name).symlink_to(target)
    (raw / "empty" / "emptier").mkdir(parents=True)
    shown = [name.replace("\\", "\\\\") for name in readable]
    shown += ["\\xff.txt", "back\\\\\\xff.txt", "hard.txt", "outside.txt"]
    unreadable = ["pipe.txt", "socket.txt", *(set(links) - {"outside.txt"})]
    return dict.fromkeys(shown, True) | dict.fromkeys(unreadable, False)


def test_pipes_sockets_devices_links_and_odd_names(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    expected = odd_names(raw)
    told = ingest(raw, out, env=environment(out, LC_ALL="C", PYTHONUTF8="0"))
    found = dict.fromkeys(read_table(out, "posts")["raw_file"], True)
    found |= dict.fromkeys((row["file"] for row in rows(out, "quarantine")), False)
    assert found == expected
    assert reconciled(out)[0] == len(expected)
    assert f"{len(expected)} new" in told.out
    unchanged = re.search(r"(\d+) unchanged", ingest(raw, out).out)
    assert unchanged is not None
    assert int(unchanged[1]) >= sum(expected.values())


def test_a_path_longer_than_the_system_allows(tmp_path: Path) -> None:
    raw, name = write_folder(tmp_path / "raw", {"good.txt": invent(1)}), "n" * 200
    handle = os.open(raw, os.O_RDONLY)
    for _ in range(22):
        os.mkdir(name, dir_fd=handle)
        inner = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    told = subprocess.run(
        [*COMMAND, "ingest", raw, "--out", tmp_path / "out"], check=False,
        env=environment(tmp_path / "out"), capture_output=True, text=True, timeout=HANG_SECONDS,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")
    assert reconciled(tmp_path / "out") == [2, 1, 0, 0, 1]


@pytest.mark.parametrize("what", ["nothing", "pipe", "loop", "/dev/zero", "empty"])
def test_a_raw_path_that_is_no_raw_path(tmp_path: Path, what: str) -> None:
    raw = Path(what) if what.startswith("/") else tmp_path / what
    if what == "pipe":
        os.mkfifo(raw)
    elif what == "loop":
        raw.symlink_to(raw)
    elif what == "empty":
        raw.mkdir()
    ingest(raw, tmp_path / "out", expect=1 if what == "empty" else 2, inputs_stay=raw.exists())


def test_thousands_of_tiny_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{n % 50}/{n}.txt": invent(n, 2) for n in range(2000)}
    ingest(write_folder(tmp_path / "raw", files), tmp_path / "out")
    assert reconciled(tmp_path / "out")[0] == 2000


# --- Files that change


def test_files_that_change_or_go_while_they_are_read(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    write_rows(raw / "a.jsonl", range(3000))
    write_folder(raw, {"b.txt": invent(1), "z.txt": invent(2)})
    process = start(raw, out)
    wait_for(partial(is_reading, out), process)
    with (raw / "a.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "late", "body": "One more row came in while the others were read."}\n')
    (raw / "z.txt").unlink()
    printed, err = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, err) == (0, b"")
    assert b"3 new" in printed
    assert [row["file"] for row in rows(out, "quarantine")] == ["z.txt"]
    assert "removed since" in rows(out, "quarantine")[0]["reason"]
    assert "changed while it was read" in " ".join(row["what"] for row in rows(out, "notices"))
    settle(raw / "a.jsonl")
    told = ingest(raw, out)
    assert "1 changed" in told.out or "2 changed" in told.out
    assert "1 removed" in told.out
    assert read_table(out, "posts")["text"].str.startswith("One more row").sum() == 1
    assert reconciled(out)[0] == 3002


def test_files_that_changed_between_two_runs_are_told_the_others_are_not_opened(
    tmp_path: Path,
) -> None:
    names = ("same/a.txt", "same/b.txt", "c.txt", "d.txt")
    raw = write_folder(tmp_path / "raw", {name: invent(n) for n, name in enumerate(names)})
    out = tmp_path / "out"
    if os.geteuid():
        pytest.skip("only root can read files that have no mode, and then do without that right")
    for name in ("a.txt", "b.txt"):
        (raw / "same" / name).chmod(0)
    assert "raw files: 4 new\n" in ingest(raw, out).out, "root reads files without a mode"
    (raw / "c.txt").unlink()
    write_folder(raw, {"d.txt": invent(10), "e.txt": invent(11)})
    told = ingest(raw, out, prefix=without_rights())
    line = next(line for line in told.out.split("\n") if line.startswith("raw files: "))
    assert all(state in line for state in ("1 new", "1 changed", "1 removed", "2 unchanged"))
    assert reconciled(out) == [4, 4, 0, 0, 0], "what could not be opened was not opened"
    fresh = tmp_path / "fresh"
    ingest(raw, fresh)
    assert contents(out) == contents(fresh)


# --- Damaged tables


def overwrite(path: Path, n_bytes: int) -> None:
    data = bytearray(path.read_bytes())
    place = len(data) // 2
    data[place : place + n_bytes] = bytes(n_bytes)
    path.write_bytes(data)


def reword(path: Path) -> None:
    """Change words inside a table, so that it can be read as before."""
    data = path.read_bytes()
    assert b"roadmap" in data
    path.write_bytes(data.replace(b"roadmap", b"runways"))


def unseal(out: Path) -> Path:
    """Take the seal away, as a kill does, and return the table."""
    (out / "cache" / "posts.sqlite.sha256").unlink()
    return out / "cache" / "posts.sqlite"


DAMAGE: dict[str, Callable[[Path], object]] = {
    "table cut": lambda out: os.truncate(out / "cache" / "posts.sqlite", 9000),
    "table empty": lambda out: os.truncate(out / "cache" / "posts.sqlite", 0),
    "table reworded": lambda out: reword(out / "cache" / "posts.sqlite"),
    "seal gone, table cut": lambda out: os.truncate(unseal(out), 50_000),
    "seal gone, table overwritten": lambda out: overwrite(unseal(out), 100_000),
    "manifest cut": lambda out: os.truncate(out / "run.json", 100),
    "manifest of others": lambda out: (out / "run.json").write_text("[]", encoding="ascii"),
    "part overwritten": lambda out: overwrite(next((out / "posts").iterdir()), 64),
    "part gone": lambda out: next((out / "passages").iterdir()).unlink(),
    "list gone": lambda out: (out / "quarantine.jsonl").unlink(),
}


def test_damage_is_healed_by_the_next_run(corpora: tuple[Path, Path, Path], tmp_path: Path) -> None:
    raw, _, new = corpora

    def damage_and_heal(name: str) -> str:
        out = tmp_path / name
        shutil.copytree(new, out)
        DAMAGE[name](out)
        ingest(raw, out)
        return "" if contents(out) == contents(new) else name

    failed = side_by_side([partial(damage_and_heal, name) for name in DAMAGE])
    assert [name for name in failed if name] == []


def test_a_folder_in_the_place_of_the_table_is_told(tmp_path: Path) -> None:
    raw = write_folder(tmp_path / "raw", {"a.txt": invent(1)})
    (tmp_path / "out" / "cache" / "posts.sqlite").mkdir(parents=True)
    assert "remove it and run again" in ingest(raw, tmp_path / "out", expect=2).err


# --- Terminals


def test_whoever_listens_may_go(tmp_path: Path) -> None:
    raw, out = write_folder(tmp_path / "raw", {"a.txt": invent(1)}), tmp_path / "out"
    shell = ["bash", "-o", "pipefail", "-c", '"$@" | head -c 5', "bash"]
    done = subprocess.run(
        [*shell, *COMMAND, "ingest", raw, "--out", out], env=environment(out), check=False,
        capture_output=True, timeout=HANG_SECONDS,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    with start(raw, tmp_path / "closed") as closed:
        assert closed.stdout is not None
        assert closed.stderr is not None
        closed.stdout.close()
        assert (closed.stderr.read(), closed.wait(HANG_SECONDS)) == (b"", 0)
    assert reconciled(out) == reconciled(tmp_path / "closed") == [1, 1, 0, 0, 0]


def test_names_that_cannot_be_shown(tmp_path: Path) -> None:
    name = os.fsdecode("Thème-\u4e2d".encode() + b"\xff")
    raw = write_folder(tmp_path / name / "raw", {"a.txt": invent(1)})
    for changes in ({"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii:strict"}):
        out = tmp_path / name / "out"
        ingest(raw, out, env=environment(tmp_path, **changes))
        ingest(raw / "nothing", out, expect=2, env=environment(tmp_path, **changes),
               inputs_stay=False)  # fmt: skip
        shutil.rmtree(out)


# --- Bad files, and one by one against all at once


@pytest.fixture(scope="module")
def bad_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bad")
    raw = write_folder(folder / "raw", {bad.name: bad.content for bad in bad_files()})
    ingest(raw, folder / "out")
    assert not (folder / "outside.txt").exists()
    assert not (folder.parent / "outside.txt").exists()
    return raw, folder / "out"


@pytest.mark.parametrize("bad", bad_files(), ids=lambda bad: bad.name)
def test_a_bad_file_is_kept_or_told(bad: BadFile, bad_run: tuple[Path, Path]) -> None:
    out = bad_run[1]

    def belongs(file: str) -> bool:
        return file == bad.name or file.startswith(f"{bad.name}/")

    posts = read_table(out, "posts")
    texts = "\n".join(posts[posts["raw_file"] == bad.name]["text"])
    told = [row for row in rows(out, "quarantine") if belongs(row["file"])]
    dropped = [row for row in rows(out, "dropped") if belongs(row["file"])]
    assert texts or told or dropped, "silent"
    assert len(told) >= bad.told
    missing = [word for word in bad.keeps if word not in texts]
    assert not missing or (bad.or_told and told), missing
    assert SECRET not in texts


def test_lines_of_100_megabytes(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    long = ("Every word of this line is one of very many words. " * 2_000_000).encode()
    good = invent(1).encode()
    (raw / "line.txt").write_bytes(long)
    (raw / "line.jsonl").write_bytes(b'{"body": "%s"}\n{"body": "%s lineword"}\n' % (long, good))
    (raw / "line.csv").write_bytes(b'text\n"%s"\n"%s cellword"\n' % (long, good))
    (raw / "line.html").write_bytes(b"<!doctype html><html><body><p>" + long)
    process = start(raw, out)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    assert process.returncode == 0, printed
    assert used.ru_maxrss * 1024 < 1 << 30, "memory holds no more than a document may be"
    texts = " ".join(read_table(out, "posts")["text"])
    assert "lineword" in texts
    told = {row["file"] for row in rows(out, "quarantine")}
    assert told >= {"line.txt", "line.jsonl", "line.html"}
    assert "cellword" in texts or "line.csv" in told


def ids_and_texts(path: Path) -> set[tuple[str, str]]:
    posts = corpus.ingest(path).posts
    return set(zip(posts["post_id"], posts["text"], strict=True))


def test_the_sample_is_the_union_of_its_files(tmp_path: Path) -> None:
    ingest(SAMPLE, tmp_path / "out")
    posts = read_table(tmp_path / "out", "posts")
    whole = set(zip(posts["post_id"], posts["text"], strict=True))
    files = [path for path in SAMPLE.rglob("*") if path.is_file() and path.name != "source.toml"]
    assert whole == set().union(*map(ids_and_texts, files))


def test_bad_files_are_the_union_of_their_files(bad_run: tuple[Path, Path]) -> None:
    raw, out = bad_run
    posts = read_table(out, "posts")
    for name, found in posts.groupby("raw_file"):
        alone = corpus.ingest(raw / str(name)).posts
        assert set(found["text"]) == set(alone["text"]), name


ROWS = st.fixed_dictionaries(
    {"body": st.integers(0, 30).map(lambda n: invent(n, 2))},
    optional={
        "id": st.integers(0, 9).map(str),
        "parent_id": st.integers(0, 9).map(str),
        "created_utc": st.integers(1_600_000_000, 1_600_000_002).map(str),
    },
)


def write_corpus(raw: Path, found: list[list[dict[str, str]]], order: list[int]) -> None:
    """Write files of every kind in some order: JSON lines, tables and texts by turns."""
    write_folder(raw, {"source.toml": 'title = "Notes of a guild"'})
    names = ("id", "parent_id", "created_utc", "body")
    for number in order:
        kind = ("jsonl", "csv", "txt")[number % 3]
        lines = {
            "jsonl": [json.dumps(row) for row in found[number]],
            "csv": [",".join(row.get(name, "") for name in names) for row in found[number]],
            "txt": [row["body"] for row in found[number]],
        }[kind]
        lines = [",".join(names), *lines] if kind == "csv" else lines
        (raw / f"{number}.{kind}").write_text("\n".join(lines), encoding="utf-8")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=2, max_size=4), st.randoms())
def test_a_folder_is_the_union_of_its_files_in_any_order(
    found: list[list[dict[str, str]]], draw: random.Random
) -> None:
    order = list(range(len(found)))
    draw.shuffle(order)
    with TemporaryDirectory() as folder:
        for name, numbers in (("raw", sorted(order)), ("shuffled", order)):
            write_corpus(Path(folder, name), found, numbers)
        whole = ids_and_texts(Path(folder, "raw"))
        assert whole == ids_and_texts(Path(folder, "shuffled"))
        alone = set().union(*map(ids_and_texts, Path(folder, "raw").glob("?.*")))
    assert {(i.split("-")[0], text) for i, text in whole} == {
        (i.split("-")[0], text) for i, text in alone
    }, "but for the counter of the same post in two files"
