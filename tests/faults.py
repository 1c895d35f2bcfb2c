"""Real processes, real files and invented posts for the tests of faults."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from pmdiscourse.store import holds_its_name, read_manifest

T = TypeVar("T")
COMMAND = (sys.executable, "-m", "pmdiscourse.cli")
HANG_SECONDS = 600  # no measure of speed: a process that waits for ever must not hold the tests
RECONCILED = re.compile(
    r"(\d+) records read = (\d+) accepted \+ (\d+) duplicates \+ (\d+) dropped \+ (\d+) quarantined"
)
# A post of such words is like no other, so that copies are made on purpose only.
WORDS = """
the a our my their this every no we you they she he was is had has made took kept lost moved asked
told wanted needed shipped sold planned measured cut before after during without under for with
about and but because so when team roadmap launch price customer interview metric budget quarter
designer engineer founder manager promotion review survey backlog meeting release title career
salary outage promise question answer week month year morning good late small large new old quiet
honest difficult simple wrong right again never often only
"""


class Told(NamedTuple):
    """What a command left behind: its exit status and what it printed."""

    status: int
    out: str
    err: str


def environment(out: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a command, with a key of pseudonyms beside DIR.

    Compiled modules are kept in a folder for all these processes: else each compiles its own.
    """
    key = {"PMDISCOURSE_KEY_FILE": str(out.parent / "author.key")}
    return os.environ | compiled() | key | changes


@cache
def compiled() -> dict[str, str]:
    folder = tempfile.mkdtemp(prefix="pmdiscourse-compiled-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}


def ingest(
    raw: Path, out: Path, *options: str, expect: int = 0, prefix: Sequence[str] = (),
    inputs_stay: bool = True, **popen: Any,
) -> Told:  # fmt: skip
    """Run ``pmdiscourse ingest`` in a process of its own and check what always holds.

    The exit status is the expected one, nothing looks like a traceback, the raw files are as they
    were, and after a run that is done the counts add up.
    """
    before = fingerprints(raw) if inputs_stay else None
    done = subprocess.run(
        [*prefix, *COMMAND, "ingest", os.fspath(raw), "--out", os.fspath(out), *options],
        env=popen.pop("env", environment(out)), capture_output=True, timeout=HANG_SECONDS,
        check=False, **popen,
    )  # fmt: skip
    texts = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return check(
        Told(done.returncode, *texts),
        raw,
        out,
        expect=expect,
        before=before if inputs_stay else None,
    )


def check(told: Told, raw: Path, out: Path, *, expect: int, before: dict[str, str] | None) -> Told:
    """Check what always holds after a command."""
    assert "Traceback" not in told.err, told.err
    assert "Exception ignored" not in told.err, told.err
    assert told.status == expect, told
    if before is not None:
        assert fingerprints(raw) == before, "raw files are only read"
    if expect == 0 and (printed := RECONCILED.search(told.out)):
        assert reconciled(out) == [int(count) for count in printed.groups()]
    if expect == 2:
        assert re.match(r"pmdiscourse: (stopped: )?\S.{20,}", told.err), told.err
    return told


def reconciled(out: Path) -> list[int]:
    """Return the five counts of ``run.json`` after checking that they and the lists agree."""
    counts = read_manifest(out)["counts"]
    parts = [counts[name] for name in ("accepted", "duplicates", "dropped", "quarantined")]
    assert counts["records_read"] == sum(parts)
    assert len(rows(out, "quarantine")) == counts["quarantined"]
    assert len(rows(out, "dropped")) == counts["dropped"]
    for row in rows(out, "quarantine"):
        assert set(row) == {"file", "record", "reason", "what_to_do"}
        assert all(row[name] for name in ("file", "reason", "what_to_do")), row
    return [counts["records_read"], *parts]


def rows(out: Path, name: str) -> list[dict[str, Any]]:
    """Return what is in ``quarantine.jsonl``, ``dropped.jsonl`` or ``notices.jsonl``."""
    text = (out / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def fingerprints(raw: Path) -> dict[str, str]:
    """Return content (or kind), mode and time of change of everything under a path, or of it."""
    found = {}
    for path in [raw, *(raw.rglob("*") if raw.is_dir() else ())]:
        state = path.lstat()
        kind = stat.filemode(state.st_mode)
        if stat.S_ISREG(state.st_mode) and os.access(path, os.R_OK):
            with path.open("rb") as stream:
                kind += hashlib.file_digest(stream, "sha256").hexdigest()
        found[os.fspath(path)] = f"{kind} {state.st_mtime_ns}"
    return found


def contents(out: Path) -> dict[str, bytes]:
    """Return every file of a run, but the lock and the working table."""
    files = (path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in files
        if path.name != ".lock" and path.relative_to(out).parts[0] != "cache"
    }


def assert_whole(out: Path, *allowed: dict[str, bytes]) -> int:
    """Check that DIR holds one of these runs, or none; return which one, -1 for none."""
    if not (out / "run.json").exists():
        return -1
    manifest = (out / "run.json").read_bytes()
    which = [run["run.json"] for run in allowed].index(manifest)
    for name, parts in read_manifest(out)["tables"].items():
        assert all(holds_its_name(out / name / part) for part in parts), "a torn part is listed"
    return which


def kill_when(process: subprocess.Popen[bytes], sign: Callable[[], bool], delay: float) -> bool:
    """Kill -9 a process some time after a sign; tell whether it was still running."""
    while process.poll() is None and not sign():
        time.sleep(0.0005)
    time.sleep(delay)
    process.kill()
    process.communicate(timeout=HANG_SECONDS)
    return process.returncode == -9


def side_by_side(jobs: Sequence[Callable[[], T]], at_once: int = 2) -> list[T]:
    """Run jobs, two at a time: most of them wait for a process."""
    with ThreadPoolExecutor(at_once) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


def without_rights() -> tuple[str, ...]:
    """Return the start of a command line for whom the modes of files hold, even if we are root."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("setpriv (util-linux) is missing: root can read and write everything")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


def invent(seed: int, sentences: int = 6) -> str:
    """Return an invented paragraph, another one for every seed."""
    draw, words = random.Random(seed), WORDS.split()
    said = (" ".join(draw.choices(words, k=draw.randrange(8, 16))) for _ in range(sentences))
    return f"Note {seed}. " + " ".join(f"{sentence.capitalize()}." for sentence in said)


def write_rows(path: Path, numbers: Sequence[int], *, threads: int = 12) -> None:
    """Write JSON lines: the first numbers are essays, the others comments on them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for n in numbers:
            parent = {"parent_id": f"p{n % threads}"} if n >= threads else {}
            row = {"id": f"p{n}", "title": f"Essay {n}", "body": invent(n)} | parent
            file.write(json.dumps(row) + "\n")
    settle(path)


def write_folder(raw: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder, with a time that is not of this moment."""
    for name, content in files.items():
        path = raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        settle(path)
    return raw


def settle(path: Path) -> None:
    """Give a file a time that is not of this moment, as scraped files have."""
    past = time.time() - 3600
    os.utime(path, (past, past))
