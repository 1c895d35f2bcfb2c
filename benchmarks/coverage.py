"""Do the intervals hold the truth? The whole way from draw to estimate, on corpora of known truth.

Without a file: 4 prevalences x 9 pairs of tagger errors x 4 numbers of labels (`simulation.py`), a
sample shared by four themes, a score that tells nothing, and tests of groups and trends where
nothing differs (`false_findings.py`). Prints each goal beside what was measured; the exit status is
1 if one is missed. The goals are for 500 replicates; with fewer, what chance alone may do is
allowed for, and shown. ::

    python benchmarks/coverage.py
    python benchmarks/coverage.py --replicates 100 --cells cells.csv

With labelled passages (JSON lines as in `labelled.py`), these are the population and their labels
the truth. Scores are those of the theme model, each passage's from the folds without its document.
Nothing of the file is kept. ::

    python benchmarks/coverage.py --population dev.jsonl --labels 200
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from false_findings import Scenario, find
from population import run_population
from simulation import Cell, covers, make_passages, simulate, with_naive_interval

from pmdiscourse.errors import DiscourseError

PREVALENCES = (0.005, 0.02, 0.05, 0.15)
SENSITIVITIES = (0.5, 0.7, 0.9)
SPECIFICITIES = (0.95, 0.98, 0.995)
LABELS = (100, 200, 400, 800)
GRID = [
    Cell((p,), found, passed, n)
    for p, found, passed, n in itertools.product(PREVALENCES, SENSITIVITIES, SPECIFICITIES, LABELS)
]
SHARED = [Cell(PREVALENCES, 0.7, 0.98, n) for n in (200, 400)]
NOISE = [Cell((p,), 0.05, 0.95, 200) for p in PREVALENCES[1:]]
PRECISE = Cell((0.05,), 0.7, 0.98, 400)  # the cell whose width has a goal
ALIKE = [Scenario(what, p) for what in ("groups", "trend") for p in (0.02, 0.05)]
ALIKE.append(Scenario("groups", 0.05, n_threads=40))  # the fewest threads that are compared
ENOUGH = 500  # replicates that the goals were set for


@dataclass(frozen=True)
class Goal:
    """A goal, what was measured, and what chance may add with few replicates."""

    what: str
    measured: float
    at_least: float = -np.inf
    at_most: float = np.inf
    chance: float = 0.0

    @property
    def met(self) -> bool:
        """Whether it is met."""
        return bool(self.at_least - self.chance <= self.measured <= self.at_most + self.chance)

    def __str__(self) -> str:
        """One row of a Markdown table."""
        ends = (f">= {self.at_least:g}", f"<= {self.at_most:g}")
        wanted = " and ".join(
            end
            for end, value in zip(ends, (self.at_least, self.at_most), strict=True)
            if np.isfinite(value)
        )
        verdict = "met" if self.met else "MISSED"
        return f"| {self.what} | {wanted} | {self.measured:.3f} | {self.chance:.3f} | {verdict} |"


def simulate_all(cells: list[Cell], n_replicates: int, n_jobs: int) -> pd.DataFrame:
    """Return the estimates of all cells; a cell's are the same whatever the number of processes."""
    passages = make_passages()
    jobs = (joblib.delayed(simulate)(cell, passages, n_replicates=n_replicates) for cell in cells)
    found = joblib.Parallel(n_jobs=n_jobs, verbose=1 if sys.stderr.isatty() else 0)(jobs)
    return pd.concat(found, ignore_index=True)


def summarise(found: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each cell and theme; error, bias and width in percentage points."""
    naive = with_naive_interval(found)
    error = 100 * (found["estimate"] - found["truth"])
    rows = found.assign(
        corpus=covers(found, "corpus", "truth"),
        discourse=covers(found, "discourse", "everywhere"),
        naive=covers(naive, "corpus", "truth"),
        bias=error,
        squared=error**2,
        human=10_000 * found["human_variance"],
        width=100 * (found["corpus_high"] - found["corpus_low"]),
    )
    figures = ["everywhere", "corpus", "discourse", "naive", "bias", "squared", "human", "width"]
    cells = rows.groupby(["cell", "theme"], sort=False)[figures].mean()
    cells["saved"] = cells["human"] / cells["squared"]
    return cells.reset_index()


def judge(cells: pd.DataFrame, n_replicates: int) -> Iterator[Goal]:
    """Yield the goals with what was measured."""

    def among(chosen: list[Cell]) -> pd.DataFrame:
        return cells[cells["cell"].isin([cell.name for cell in chosen])]

    few = n_replicates < ENOUGH

    def chance(share: float) -> float:  # three standard errors of one cell's share
        return 3 * float(np.sqrt(share * (1 - share) / n_replicates)) * few

    grid, shared, noise = among(GRID), among(SHARED), among(NOISE)
    ratio = 3 * float(np.sqrt(2 / n_replicates)) * few  # of a mean squared error, relative
    yield Goal("corpus coverage, mean", grid["corpus"].mean(), at_least=0.95)
    yield Goal("corpus coverage, worst cell", grid["corpus"].min(), 0.91, chance=chance(0.91))
    yield Goal("discourse coverage, mean", grid["discourse"].mean(), at_least=0.94)
    yield Goal("discourse coverage, worst cell", grid["discourse"].min(), 0.89, chance=chance(0.89))
    by_chance = np.sqrt(2 / np.pi * grid["squared"] / n_replicates).mean() * few
    yield Goal(
        "size of the bias, mean, points", grid["bias"].abs().mean(), at_most=0.05, chance=by_chance
    )
    yield Goal("labels saved, own sample, median", grid["saved"].median(), at_least=3.5)
    yield Goal("labels saved, own sample, least", grid["saved"].min(), 1.3, chance=1.3 * ratio)
    yield Goal("labels saved, shared, least", shared["saved"].min(), 1.8, chance=1.8 * ratio)
    error = float(np.sqrt(1 / noise["saved"]).max())
    yield Goal("error over random sample's, score of noise", error, at_most=1.2, chance=0.6 * ratio)
    yield Goal("coverage of the tagged share", grid["naive"].mean(), at_most=0.40)
    own = among([PRECISE])["width"].mean()
    yield Goal("width at 5 %, 400 labels, own, points", own, at_most=2.3)
    theme = shared["cell"].eq(SHARED[1].name) & shared["everywhere"].eq(0.05)
    yield Goal(
        "width at 5 %, 400 labels, shared, points", shared[theme]["width"].mean(), at_most=2.9
    )


def judge_tests(n_replicates: int, n_jobs: int) -> Iterator[Goal]:
    """Yield the shares of false findings, where a test at 5 % should be wrong in 5 %.

    The lower end is for the test itself; what is told of it may only be rarer.
    """
    jobs = (joblib.delayed(find)(scenario, n_replicates=n_replicates) for scenario in ALIKE)
    for scenario, found in zip(ALIKE, joblib.Parallel(n_jobs=n_jobs)(jobs), strict=True):
        test = "group" if scenario.what == "groups" else "trend"
        naive = found[f"naive_{test}"].lt(0.05).mean()
        what = f"false findings: {scenario.name} ({naive:.2f} by the tagged share)"
        for name, told, least in ((f"{test}_any", "", 0.02), (test, ", as told", -np.inf)):
            tested = found.dropna(subset=name)
            wrong = tested[name].lt(0.05).mean()
            chance = 3 * np.sqrt(0.05 * 0.95 / max(len(tested), 1)) * (n_replicates < ENOUGH)
            yield Goal(what + told, wrong, at_least=least, at_most=0.08, chance=chance)


def run_grid(n_replicates: int, n_jobs: int, cells_file: Path | None) -> int:
    """Simulate, print the goals and return how many are missed."""
    cells = summarise(simulate_all([*GRID, *SHARED, *NOISE], n_replicates, n_jobs))
    if cells_file is not None:
        cells.to_csv(cells_file, index=False, lineterminator="\n")
    print(f"{len(GRID)} + {len(SHARED)} + {len(NOISE)} cells, {n_replicates} replicates each\n")
    print("| | goal | measured | allowed for chance | |\n|---|---|---|---|---|")
    goals = [*judge(cells, n_replicates), *judge_tests(n_replicates, n_jobs)]
    print(*goals, sep="\n")
    return sum(not goal.met for goal in goals)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--replicates", type=int, default=ENOUGH, help="of each cell")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--cells", type=Path, help="CSV file for the figures of each cell")
    parser.add_argument("--population", type=Path, help="labelled passages, JSON lines")
    parser.add_argument("--labels", type=int, default=200, help="drawn from the population")
    arguments = parser.parse_args()
    if arguments.replicates < 2:
        parser.error(f"--replicates is {arguments.replicates}; 2 or more are needed")
    try:
        if arguments.population is not None:
            run_population(arguments.population, arguments.labels)
            return
        missed = run_grid(arguments.replicates, arguments.jobs, arguments.cells)
    except DiscourseError as error:
        parser.error(str(error))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
