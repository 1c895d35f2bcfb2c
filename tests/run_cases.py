"""Runs that a notebook must survive: without a date, one theme, twelve, no positive label."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd

from conftest import THEMES, write_small_run
from pmdiscourse.cli import main
from pmdiscourse.codebook import load_codebook
from pmdiscourse.measure.label_tables import usable_labels
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.store import read_manifest, read_table, write_manifest, write_part


def undated(directory: Path) -> Path:
    """Return a run of posts without a date."""
    write_small_run(directory)
    for name in ("posts", "passages"):
        table = read_table(directory, name)
        never = table["published_at"].where(table["published_at"].isna())
        _replace(directory, {name: table.assign(published_at=never)})
    return directory


def one_theme(directory: Path) -> Path:
    """Return a run by a codebook of one theme."""
    return _rename_themes(write_small_run(directory), ["blame"])


def twelve_themes(directory: Path) -> Path:
    """Return a run by a codebook of twelve themes with long names."""
    names = ["blame", *(f"a_theme_with_a_long_name_{letter}" for letter in "bcdefghijkl")]
    return _rename_themes(write_small_run(directory), names)


def no_positive(directory: Path) -> Path:
    """Return a run with 100 labelled passages, none of which carries a theme."""
    write_small_run(directory, essays=18)
    manifest = read_manifest(directory)
    manifest["model"]["hash"] = "2" * 16
    manifest["codebook"]["sha256"] = load_codebook(directory / "codebook").sha256
    write_manifest(directory, manifest)
    assert main(["label", "draw", str(directory), "--n", "100"]) == 0
    for sheet in (directory / "labels").glob("wave-1/sheet-*.csv"):
        with sheet.open(encoding="utf-8-sig", newline="") as opened:
            rows = [row | dict.fromkeys(THEMES, "0") for row in csv.DictReader(opened)]
        with sheet.open("w", encoding="utf-8-sig", newline="") as opened:
            writer = csv.DictWriter(opened, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    assert main(["label", "read", str(directory)]) == 0
    scores, passages = read_table(directory, "scores"), read_table(directory, "passages")
    labels = usable_labels(directory, scores, passages)
    assert labels.told["used"]
    shares = [
        estimate_prevalence(scores, labels.labels, passages=passages, by=by, design=labels.design)
        for by in (None, "kind", "period")
    ]
    _replace(directory, {"prevalence": pd.concat(shares)})
    return directory


RUNS = {
    "undated": undated,
    "one theme": one_theme,
    "twelve themes": twelve_themes,
    "no positive": no_positive,
}


def _replace(directory: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Put other tables into a run."""
    manifest = read_manifest(directory)
    for name, table in tables.items():
        manifest["tables"][name] = [write_part(directory, name, table)]
    write_manifest(directory, manifest)


def _rename_themes(directory: Path, names: list[str]) -> Path:
    """Make every theme of a run a copy of blame: definition, examples and scores."""
    codebook = directory / "codebook"
    head, block, *_ = (codebook / "themes.toml").read_text(encoding="utf-8").split("[[themes]]")
    blocks = [
        block.replace('name = "blame"', f'name = "{name}"').replace('"Blame"', f'"{name}"')
        for name in names
    ]
    (codebook / "themes.toml").write_text("[[themes]]".join([head, *blocks]), encoding="utf-8")
    examples = (codebook / "examples" / "blame.jsonl").read_text(encoding="utf-8")
    shutil.rmtree(codebook / "examples")
    (codebook / "examples").mkdir()
    for name in names:  # a text may stand in the bank once
        own = examples.replace('"blame"', f'"{name}"').replace('"text": "', f'"text": "{name}. ')
        (codebook / "examples" / f"{name}.jsonl").write_text(own, encoding="utf-8")
    table = read_table(directory, "scores")
    copies = [table[table["theme"] == "blame"].assign(theme=name) for name in names]
    scores = pd.concat(copies).sort_values(["passage_id", "theme"], ignore_index=True)
    passages = read_table(directory, "passages")
    shares = [estimate_prevalence(scores, passages=passages, by=by) for by in (None, "kind")]
    _replace(directory, {"scores": scores, "prevalence": pd.concat(shares)})
    return directory
