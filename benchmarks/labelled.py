"""Labelled passages for training and measuring: JSON lines that stay outside the project.

A line holds ``text``, ``doc_id`` (the document it was drawn from), one 0/1 field for each theme
and, if it was drawn with a known chance, ``inclusion``; ``kind`` is essay, comment or transcript.
Folds never part a document. They are kept as hashes; write them again with::

    python benchmarks/labelled.py --labels dev.jsonl train.jsonl
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmdiscourse.codebook import load_codebook

N_FOLDS = 5
FOLDS = Path(__file__).with_name("folds.json")


def read_labelled(paths: Sequence[Path], names: Sequence[str]) -> pd.DataFrame:
    """Return the passages: text, doc_id, kind, inclusion (may be missing), a column per theme.

    Parameters
    ----------
    paths : sequence of Path
        JSON lines files.
    names : sequence of str
        Themes.
    """
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").split("\n")]
    frame = pd.DataFrame([json.loads(line) for line in lines if line])
    for column, value in {"kind": "essay", "inclusion": np.nan, "picked": "random"}.items():
        frame[column] = frame[column].fillna(value) if column in frame else value
    frame["inclusion"] = pd.to_numeric(frame["inclusion"])
    return frame.astype(dict.fromkeys(names, bool))


def hash_document(doc_id: str) -> str:
    """Return the name under which the folds keep a document."""
    return hashlib.sha256(doc_id.encode("utf-8")).hexdigest()


def assign_folds(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the fold of every passage: the kept one, else one by the document's hash."""
    kept: dict[str, int] = json.loads(FOLDS.read_text(encoding="utf-8"))
    hashes = frame["doc_id"].map(hash_document)
    return np.array([kept.get(name, int(name[:8], 16) % N_FOLDS) for name in hashes])


def make_folds(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """Spread documents over folds so that passages and positives of each theme are even.

    Documents come in the order of what they hold of the positives, most first; each goes to the
    fold where the sum of squared shares stays smallest.
    """
    columns = ["n", *names]
    held = frame.assign(n=1).groupby("doc_id")[columns].sum()
    held = held / held.sum()
    held["mass"] = held[list(names)].sum(axis=1)
    held.index = pd.Index([hash_document(str(name)) for name in held.index], name="hash")
    held = held.reset_index().sort_values(["mass", "n", "hash"], ascending=[False, False, True])
    load = np.zeros((N_FOLDS, len(columns)))
    folds: dict[str, int] = {}
    for name, share in zip(held["hash"], held[columns].to_numpy(), strict=True):
        grown = ((load + share) ** 2 - load**2).sum(axis=1)
        folds[name] = int(np.argmin(grown))
        load[folds[name]] += share
    return dict(sorted(folds.items()))


def main() -> None:
    """Write the folds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, nargs="+", required=True)
    names = load_codebook().names
    folds = make_folds(read_labelled(parser.parse_args().labels, names), names)
    FOLDS.write_text(json.dumps(folds, indent=0) + "\n", encoding="utf-8")
    print(f"{len(folds)} documents in {N_FOLDS} folds")


if __name__ == "__main__":
    main()
