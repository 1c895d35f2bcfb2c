"""Labelled passages as a population: draws of them, estimates, and the truth that is known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from label_checks import read_checked
from labelled import assign_folds
from simulation import covers, estimate_once, seed_of, with_naive_interval
from training import cross_validate
from training_data import build_data

from pmdiscourse.codebook import load_codebook
from pmdiscourse.measure.views import make_views
from pmdiscourse.tables import check_table

DRAWS = 200


def read_population(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return passages (without their texts), out-of-fold scores and truth of labelled passages."""
    codebook = load_codebook()
    frame = read_checked([path], codebook)
    views = make_views(codebook, None)
    scores, tagged = cross_validate(build_data(frame, assign_folds(frame), codebook, views))
    ids = pd.Index([f"p{row:05d}" for row in range(len(frame))], name="passage_id")
    thread = "t" + pd.Series(pd.factorize(frame["doc_id"])[0]).astype(str)
    passages = make_rows(ids, thread, frame["kind"].replace("transcript", "essay"))
    rows = [
        pd.DataFrame(
            {"passage_id": ids, "theme": name, "score": scores[:, j], "tagged": tagged[:, j]}
        ).assign(evidence=[[] for _ in ids])
        for j, name in enumerate(codebook.names)
    ]
    return passages, pd.concat(rows, ignore_index=True), frame[codebook.names].set_index(ids)


def make_rows(ids: pd.Index, thread: pd.Series, kind: pd.Series) -> pd.DataFrame:
    """Return a table of passages that tells no more than thread and kind."""
    frame = {"passage_id": ids, "post_id": thread, "thread_id": thread, "kind": kind}
    frame |= {"source": "labelled", "published_at": pd.NaT, "language": "en"}
    frame |= {"position": range(len(ids)), "start": 0, "end": 1, "text": "-", "n_words": 1}
    return check_table("passages", pd.DataFrame(frame))


def run_population(path: Path, n: int) -> None:
    """Draw from labelled passages again and again, and print what the estimates say."""
    passages, scores, truth = read_population(path)
    draws = [
        estimate_once(
            passages, scores, truth, n=n, random_state=seed_of(f"draw {number} of {n} labels")
        )
        for number in range(DRAWS)
    ]
    found = pd.concat(draws).reset_index()
    found["covered"] = covers(found, "corpus", "truth")
    found["width"] = 100 * (found["corpus_high"] - found["corpus_low"])
    naive = covers(with_naive_interval(found), "corpus", "truth").groupby(found["theme"]).any()
    print(f"{len(passages)} passages in {passages['thread_id'].nunique()} documents")
    print(f"{n} labels, {DRAWS} draws; shares in %\n")
    print("| theme | truth | tagged share (its interval holds the truth) | mean estimate", end="")
    print(" | corpus interval: coverage | mean width |\n|---|---|---|---|---|---|")
    for theme, rows in found.groupby("theme", sort=False):
        mean = rows[["truth", "tagged_share", "estimate"]].mean() * 100
        print(
            f"| {theme} | {mean['truth']:.2f} | {mean['tagged_share']:.2f}"
            f" ({'yes' if naive[theme] else 'no'}) | {mean['estimate']:.2f}"
            f" | {rows['covered'].mean():.3f} | {rows['width'].mean():.2f} |"
        )
