"""Print how long each step of `make report` takes on the sample; exit 1 if all take too long.

The steps are what `make` itself would do, into a folder that is removed afterwards. The virtual
environment must be there (`make` builds it); a first round, not counted, reads every file from the
disk once. Seconds are those of the clock; behind them stands the processor time, which a busy
machine does not change. Run from the repository::

    python benchmarks/report_time.py
"""

from __future__ import annotations

import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 60


def read_steps(folder: Path) -> list[list[str]]:
    """Return the commands of `make report` on the sample, which write into a folder."""
    stamp = f"{sys.prefix}/.installed"
    command = [
        "make", "--dry-run", f"--old-file={stamp}", "report", f"VENV={sys.prefix}",
        "RAW=data/raw/sample", f"OUT={folder}/processed", f"REPORTS={folder}/reports",
    ]  # fmt: skip
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [shlex.split(line) for line in printed.splitlines() if "pmdiscourse" in line]


def time_steps() -> list[tuple[str, float, float]]:
    """Run the steps once; return the verb, the seconds and the processor seconds of each."""
    timed = []
    with tempfile.TemporaryDirectory() as folder:
        for step in read_steps(Path(folder)):
            start, worked = time.perf_counter(), _processor_seconds()
            subprocess.run(step, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            timed.append((step[1], time.perf_counter() - start, _processor_seconds() - worked))
    return timed


def _processor_seconds() -> float:
    """Return what all processes started here, and those that they started, have worked so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Print seconds and verdict; return the exit status."""
    time_steps()
    timed = time_steps()
    for verb, seconds, worked in timed:
        print(f"{verb:<8} {seconds:6.1f} s ({worked:.1f} s of a processor)")
    whole = sum(seconds for _, seconds, _ in timed)
    print(f"{'all':<8} {whole:6.1f} s; allowed are {MOST_SECONDS} s")
    return int(not timed or whole > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
