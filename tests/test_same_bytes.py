"""The same run gives the same reports, byte for byte, whoever exports them and where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ELSEWHERE = {
    "PYTHONHASHSEED": "7",
    "TZ": "Asia/Kolkata",
    "LANG": "C",
    "LC_ALL": "C",
    "COLUMNS": "40",
    "MPLBACKEND": "svg",
}


def read_all(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}


def test_another_process_elsewhere_writes_the_same_bytes(
    reports: list[Path], small_run: Path, tmp_path: Path
) -> None:
    here = tmp_path / "another folder"
    here.mkdir()
    run = os.path.relpath(small_run, here)
    subprocess.run(
        [sys.executable, "-m", "pmdiscourse.cli", "report", run, "--out", "out"],
        cwd=here, env=os.environ | ELSEWHERE, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    first, second = read_all(reports[0].parent), read_all(here / "out")
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
