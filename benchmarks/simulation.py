"""Invented corpora of known prevalence, drawn, coded and estimated as a researcher would do it.

400 threads of 1 to 60 passages (about 3,500; lognormal sizes). A theme clusters inside threads:
each thread has its own rate from a Beta distribution, which makes the intraclass correlation
exactly 0.2. The tagger is binormal: noise, and for passages that carry the theme a shift, so that
its threshold has the wanted sensitivity and specificity. A tenth of the noise is shared inside a
thread, so its errors cluster. The score is overconfident and trained for a base rate of one half.

Every cell has its own seed, the CRC-32 of its name.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.special import expit

from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.tables import check_table

Floats = npt.NDArray[np.float64]
Truth = pd.DataFrame  # indexed by passage_id, a boolean column for each theme

N_THREADS = 400
MAX_PASSAGES = 60
WITHIN_THREAD = 0.2  # intraclass correlation of a theme
SHARED_NOISE = 0.1  # part of the variance of the tagger's noise that a thread shares
OVERCONFIDENCE = 2.0  # the score's log odds are so many times too large


@dataclass(frozen=True)
class Cell:
    """One corner of the simulation.

    Parameters
    ----------
    prevalence : tuple of float
        Share of passages, in all possible threads, that carry each theme. Several themes share
        one sample of labels.
    sensitivity, specificity : float
        Of the tagger, for every theme. They add up to 1 where its score tells nothing.
    n_labels : int
        Passages drawn.
    """

    prevalence: tuple[float, ...]
    sensitivity: float
    specificity: float
    n_labels: int

    @property
    def name(self) -> str:
        """Name, from which the seed is made."""
        themes = "+".join(f"{p:g}" for p in self.prevalence)
        return (
            f"prevalence {themes}, sensitivity {self.sensitivity:g}, "
            f"specificity {self.specificity:g}, labels {self.n_labels}"
        )

    @property
    def seed(self) -> int:
        """CRC-32 of the name."""
        return seed_of(self.name)


def seed_of(name: str) -> int:
    """Return the CRC-32 of a name."""
    return zlib.crc32(name.encode("utf-8"))


def make_passages(*, kinds: int = 1, quarters: int = 1, n_threads: int = N_THREADS) -> pd.DataFrame:
    """Return the passages of threads of lognormal sizes, an essay or a comment each.

    Parameters
    ----------
    kinds : {1, 2}, default=1
        With 2, every second thread is one comment.
    quarters : int, default=1
        Quarters that the threads spread over evenly, from 2023 on.
    n_threads : int, default=400
        Threads.
    """
    sizes = np.random.default_rng(seed_of("passages")).lognormal(1.8, 0.9, n_threads)
    thread = np.repeat(np.arange(n_threads), np.clip(sizes.round(), 1, MAX_PASSAGES).astype(int))
    starts = pd.date_range("2023-01-01", periods=quarters, freq="QS", tz="UTC")
    names = np.array([f"t{number:05d}" for number in range(n_threads)])[thread]
    position = pd.Series(thread).groupby(thread).cumcount()
    frame = {
        "passage_id": [f"p{row:06d}" for row in range(len(thread))],
        "post_id": names,
        "thread_id": names,
        "kind": np.where(thread % kinds == 1, "comment", "essay"),
        "source": "An invented board",
        "published_at": starts[thread // 2 % quarters],
        "language": "en",
        "position": position,
        "start": 0,
        "end": 9,
        "text": "Invented.",
        "n_words": 1,
    }
    return check_table("passages", pd.DataFrame(frame)).sort_values("passage_id", ignore_index=True)


def draw_truth(
    passages: pd.DataFrame, prevalence: Mapping[str, Floats | float], *, rng: np.random.Generator
) -> Truth:
    """Draw which passages carry each theme; rates by passage must be constant inside a thread."""
    thread = pd.factorize(passages["thread_id"])[0]
    first = np.unique(thread, return_index=True)[1]
    odds = (1 - WITHIN_THREAD) / WITHIN_THREAD
    carried = {}
    for theme, share in prevalence.items():
        mean = np.broadcast_to(share, thread.shape)[first]
        rate = rng.beta(mean * odds, (1 - mean) * odds)
        carried[theme] = rng.random(len(thread)) < rate[thread]
    return pd.DataFrame(carried, index=pd.Index(passages["passage_id"], name="passage_id"))


def draw_scores(
    passages: pd.DataFrame,
    truth: Truth,
    *,
    sensitivity: Floats | float,
    specificity: Floats | float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Score and tag the passages with the wanted errors, which may differ by passage."""
    thread = pd.factorize(passages["thread_id"])[0]
    cut = stats.norm.ppf(np.broadcast_to(specificity, thread.shape))
    shift = cut + stats.norm.ppf(np.broadcast_to(sensitivity, thread.shape))
    frames = []
    for theme in truth.columns:
        own = rng.normal(size=len(thread)) * np.sqrt(1 - SHARED_NOISE)
        shared = rng.normal(size=thread.max() + 1) * np.sqrt(SHARED_NOISE)
        above = own + shared[thread] + truth[theme].to_numpy() * shift - cut
        usual = max(shift.mean(), 0.5)  # a score that tells nothing still has to vary
        log_odds = usual * (above + cut.mean() - shift.mean() / 2)
        frame = {"passage_id": passages["passage_id"], "theme": theme}
        frame |= {"score": expit(OVERCONFIDENCE * log_odds), "tagged": above > 0}
        frames.append(pd.DataFrame(frame).assign(evidence=[[] for _ in thread]))
    return pd.concat(frames, ignore_index=True)


def code(design: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return the labels of one coder who errs never."""
    drawn = design[["passage_id", "wave", "stratum", "inclusion_probability"]]
    frames = [
        drawn.assign(
            theme=theme, coder="coder-1", present=truth[theme].loc[drawn["passage_id"]].array
        )
        for theme in truth.columns
    ]
    return pd.concat(frames, ignore_index=True).astype({"present": "boolean"})


def estimate_once(
    passages: pd.DataFrame, scores: pd.DataFrame, truth: Truth, *, n: int, random_state: int
) -> pd.DataFrame:
    """Draw, code and estimate; return the passage rows of the prevalence table, by theme.

    The column ``truth`` holds the true share of these passages.
    """
    design = draw_sample(passages, scores, n=n, random_state=random_state)
    table = estimate_prevalence(scores, code(design, truth), passages=passages)
    rows = table[table["unit"] == "passage"].set_index("theme").loc[list(truth.columns)]
    return rows.assign(truth=truth.mean())


def simulate(cell: Cell, passages: pd.DataFrame, *, n_replicates: int) -> pd.DataFrame:
    """Return the estimates of a cell, a row for each replicate and theme.

    Each replicate has new threads. The column ``everywhere`` holds the prevalence in all possible
    threads, ``human_variance`` the variance of the share among as many passages that are drawn
    simply at random and coded, with no model.
    """
    rng = np.random.default_rng(cell.seed)
    prevalence = {f"theme {number}": p for number, p in enumerate(cell.prevalence, start=1)}
    errors = {"sensitivity": cell.sensitivity, "specificity": cell.specificity}
    results = []
    for replicate in range(n_replicates):
        truth = draw_truth(passages, prevalence, rng=rng)
        scores = draw_scores(passages, truth, **errors, rng=rng)
        seed = int(rng.integers(2**31))
        rows = estimate_once(passages, scores, truth, n=cell.n_labels, random_state=seed)
        results.append(rows.assign(everywhere=prevalence, replicate=replicate))
    found = pd.concat(results).reset_index()
    n, here = len(passages), found["truth"]
    spread = here * (1 - here) / cell.n_labels * (n - cell.n_labels) / (n - 1)
    return found.assign(cell=cell.name, human_variance=spread)


def covers(found: pd.DataFrame, interval: str, target: str) -> pd.Series:
    """Tell which intervals, "corpus" or "discourse", hold the value of a column."""
    return found[target].between(
        found[f"{interval}_low"] - 1e-12, found[f"{interval}_high"] + 1e-12
    )


def wilson(share: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the naive interval of a tagged share: Wilson (1927), as if the tagger never erred."""
    z2 = stats.norm.ppf(0.975) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2) / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return centre - half, centre + half


def with_naive_interval(found: pd.DataFrame) -> pd.DataFrame:
    """Put the tagged share and its own interval in place of the estimate and its intervals."""
    low, high = wilson(found["tagged_share"].to_numpy(), found["n"].to_numpy())
    naive = dict.fromkeys(("corpus_low", "discourse_low"), low)
    naive |= dict.fromkeys(("corpus_high", "discourse_high"), high)
    return found.assign(estimate=found["tagged_share"], **naive)
