"""The labels and the model of a run, to measure how far its tags can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.measure.coded import CHANCE, is_weighted
from pmdiscourse.measure.encoder import ENCODERS
from pmdiscourse.measure.label_tables import find_waves
from pmdiscourse.measure.model_store import load_model
from pmdiscourse.measure.reliability import COLUMNS, measure_reliability
from pmdiscourse.measure.shipped import PLAIN
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.store import read_manifest
from pmdiscourse.tables import require_columns


@dataclass(frozen=True)
class RunLabels:
    """The labels of a run that fit its scores.

    Parameters
    ----------
    labels : DataFrame
        passage_id, theme, present, and coder, stratum and inclusion_probability if they were
        there; empty without labels.
    design : DataFrame or None
        passage_id and stratum of every passage that could be drawn; None if nothing was drawn.
    n_lost : int
        Labels of passages or themes that have no score any more.
    n_late : int
        Scored passages that came after the draw: the labels do not speak for them.
    """

    labels: pd.DataFrame
    design: pd.DataFrame | None
    n_lost: int
    n_late: int

    @property
    def weighted(self) -> bool:
        """Whether the labels come from a draw, so that they stand for the whole corpus."""
        return is_weighted(self.labels)


def load_run_labels(directory: str | Path, scores: pd.DataFrame) -> RunLabels:
    """Load ``DIR/labels/labels.csv``, drawn or not, and keep what the scores still know.

    Parameters
    ----------
    directory : str or Path
        Folder of a run (DIR).
    scores : DataFrame
        Its table ``scores``.

    Returns
    -------
    RunLabels
        Without such a file its labels are empty.

    Raises
    ------
    DiscourseError
        If a file cannot be read or a column is missing.
    """
    folder = Path(directory) / "labels"
    empty = pd.DataFrame({"passage_id": [], "theme": [], "present": []})
    path = folder / "labels.csv"
    # Of posts the last wave has another file, and no design of passages.
    drawn = [wave / "strata.csv" for wave in find_waves(folder)[-1:]]
    labels = _read(path) if path.is_file() else empty
    require_columns("labels.csv", labels, list(empty.columns))
    labels = labels.astype({"passage_id": "str", "theme": "str"})
    labels["present"] = _read_present(labels["present"])
    if CHANCE in labels.columns:
        labels[CHANCE] = pd.to_numeric(labels[CHANCE], errors="coerce")
    design = _read(drawn[0]) if drawn and drawn[0].is_file() else None
    passages = set(scores["passage_id"])
    fits = labels["passage_id"].isin(passages) & labels["theme"].isin(set(scores["theme"]))
    late = len(passages - set(design["passage_id"])) if design is not None else 0
    return RunLabels(labels[fits].reset_index(drop=True), design, int((~fits).sum()), late)


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DiscourseError(
            f"{path.name} of the labels cannot be read: {error}; `pmdiscourse label read DIR` "
            "writes labels.csv anew, the files of a draw come only from a copy"
        ) from error


def _read_present(values: pd.Series) -> pd.Series:
    """Turn what stands in the column into a nullable boolean."""
    known = {"true": True, "1": True, "false": False, "0": False, "": pd.NA, "?": pd.NA}
    said = values.astype("str").str.strip().str.lower()
    strange = sorted(set(said) - set(known))
    if strange:
        raise invalid("present of labels.csv", got=strange[0], allowed="True, False or nothing")
    return said.map(known).astype("boolean")


def load_run_model(directory: str | Path) -> ThemeModel | None:
    """Load the model of a run, to explain passages that its scores have no evidence of.

    Returns
    -------
    ThemeModel or None
        None if the run kept no model, or other versions wrote it: what another model says would
        not explain the scores.
    """
    name = read_manifest(directory).get("model", {}).get("hash")
    try:
        return load_model(Path(directory) / "model" / str(name))
    except DiscourseError:
        return None


def find_path(directory: str | Path) -> str:
    """Return the path of the card that a run took: plain, or the name of its sentence encoder."""
    name = read_manifest(directory).get("model", {}).get("encoder", "")
    return str(ENCODERS[name].name) if name in ENCODERS else PLAIN


def label_reliability(joined: pd.DataFrame, *, min_n: int = 10) -> pd.DataFrame:
    """Return the reliability bins of every theme that has labels; see `measure_reliability`.

    Parameters
    ----------
    joined : DataFrame
        As from `join_labels`.
    min_n : int, default=10
        Fewest labels in a bin.

    Returns
    -------
    DataFrame
        theme, then the columns of `measure_reliability`.
    """
    scored = joined[joined["score"].notna()]
    parts = [
        measure_reliability(
            part["score"], part["present"], weights=part["weight"], clusters=part["thread_id"],
            min_n=min_n,
        ).assign(theme=theme)
        for theme, part in scored.groupby("theme")
    ]  # fmt: skip
    columns = ["theme", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
