"""Figures without text: what an analyst can share of texts that may not be shared.

Joins the wings: raw files are read and split, passages scored, and only counts, scores, tags, coded
labels and hashes are written. The five source essays of the project are shown this way.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.coded_texts import join_coded, read_coded
from pmdiscourse.errors import NothingUsableError
from pmdiscourse.feature_files import (
    DECIMALS,
    FACTS,
    PASSAGES,
    require_own,
    write_facts,
    write_figures,
)
from pmdiscourse.ingest.corpus import Ingested, ingest
from pmdiscourse.ingest.parts import require_apart
from pmdiscourse.measure.encoder import make_encoder
from pmdiscourse.measure.model_store import describe_themes
from pmdiscourse.measure.scoring import score_passages
from pmdiscourse.measure.shipped import load_card
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.settings import Settings, make_settings

FORMAT = 1  # of the two files
_COUNTS = (
    *("records_read", "accepted", "duplicates", "dropped", "quarantined"),
    *("essays", "comments", "threads", "passages"),
)
_PACKAGES = ("pmdiscourse", "ftfy", "numpy", "scikit-learn", "scipy", "spacy", "wordllama")
_FOR_ENCODER = ("onnxruntime",)


def make_features(
    raw: str | Path,
    directory: str | Path,
    *,
    labels: str | Path | None = None,
    settings: Settings | dict[str, Any] | None = None,
    hashes: bool = True,
) -> dict[str, Any]:
    """Write figures of the passages of some raw texts, and no text.

    Parameters
    ----------
    raw : str or Path
        Raw file or folder; it is only read.
    directory : str or Path
        Folder for ``passages.csv`` and ``features.json``; apart from `raw`.
    labels : str, Path or None, default=None
        JSON lines or CSV with what coders found, see `read_coded`. Only the 0/1 enter the files.
    settings : Settings or dict, default=None
        None gives the defaults.
    hashes : bool, default=True
        Write ids of posts and passages and hashes of files. They tell nobody what a text says, but
        who has a text, or guesses a short one, can tell that it was here. False leaves them out;
        counts of words and scores still let someone recognise a text that they have.

    Returns
    -------
    dict
        What ``features.json`` holds: format, themes (threshold and weights of each), inputs,
        codebook, model, versions, counts and labels (how many were matched).

    Raises
    ------
    NothingUsableError
        If no post could be read.
    DiscourseError
        If a path, a setting, the codebook or the labels are not usable.
    """
    settings = make_settings(settings)
    codebook = load_codebook(settings.codebook or None)
    coded = read_coded(labels, codebook.names) if labels else None
    target = Path(directory)
    require_apart(raw, target)
    require_own(target)
    found = ingest(raw, settings=settings)
    if found.passages.empty:
        raise NothingUsableError(
            f"no usable post in {raw}; {found.counts['quarantined']} set aside. "
            f"`pmdiscourse ingest {raw} --out FOLDER` lists the reasons."
        )
    encoder = make_encoder(settings.encoder)
    model = ThemeModel(codebook, encoder=encoder, random_state=settings.random_state).fit()
    figures = _number_passages(found).merge(
        _score(found.passages, model), on="passage_id", how="left", validate="one_to_one"
    )
    told: dict[str, Any] = {}
    if coded is not None:
        values, told = join_coded(coded, found.passages, codebook.names)
        figures = figures.merge(values, on="passage_id", how="left", validate="one_to_one")
        told |= {"sha256": coded.sha256} if hashes else {}
    facts = _describe(found, model, settings, hashes=hashes) | {"labels": told}
    kept = figures if hashes else figures.drop(columns=["post_id", "passage_id"])
    write_figures(target, PASSAGES, kept, themes=codebook.names)
    write_facts(target, FACTS, facts)
    return facts | {"left_out": len(found.left_out)}


def _number_passages(found: Ingested) -> pd.DataFrame:
    """Return the passages with numbers: essays by the names of their files, then posts in them.

    An essay is a thread: the essay and the comments under it, which have the same number.
    """
    posts = found.posts[found.posts["post_id"].isin(found.passages["post_id"])]
    first = posts.groupby("thread_id")["raw_file"].min()
    threads = sorted(zip(first, first.index, strict=True))
    number = {thread: place for place, (_, thread) in enumerate(threads, start=1)}
    posts = posts.assign(essay=posts["thread_id"].map(number), reply=posts["kind"] == "comment")
    posts = posts.sort_values(["essay", "reply", "published_at", "post_id"])
    posts["post"] = posts.groupby("essay").cumcount() + 1
    rows = found.passages.merge(posts[["post_id", "essay", "post"]], on="post_id")
    rows = rows.sort_values(["essay", "post", "position"], ignore_index=True)
    return rows[["essay", "kind", "post", "position", "n_words", "post_id", "passage_id"]]


def _score(passages: pd.DataFrame, model: ThemeModel) -> pd.DataFrame:
    """Return a row for each scored passage: score and tag of every theme."""
    scores = score_passages(passages, model)
    wide = pd.DataFrame({"passage_id": scores["passage_id"].unique()})
    for theme in model.theme_names_:
        own = scores[scores["theme"] == theme].set_index("passage_id")
        wide[f"score_{theme}"] = wide["passage_id"].map(own["score"]).round(DECIMALS)
        wide[f"tagged_{theme}"] = wide["passage_id"].map(own["tagged"]).astype("boolean")
    return wide


def _describe(
    found: Ingested, model: ThemeModel, settings: Settings, *, hashes: bool
) -> dict[str, Any]:
    """Return how the figures were made; no name of a file, since it may be a title."""
    codebook = load_codebook(settings.codebook or None)
    used = sorted(set(found.posts["raw_sha256"])) if hashes else []
    packages = (*_PACKAGES, *_FOR_ENCODER) if settings.encoder else _PACKAGES
    return {
        "format": FORMAT,
        "themes": {
            row["theme"]: {"threshold": round(row["threshold"], 6), "weights": row["weights"]}
            for row in describe_themes(model)
        },
        "inputs": [{"sha256": name} for name in used],
        "codebook": {"version": codebook.version, "sha256": codebook.sha256},
        "model": {
            "weights_sha256": load_card()["sha256"],
            "encoder": settings.encoder,
            "random_state": settings.random_state,
        },
        "versions": {name: version(name) for name in packages},
        "counts": {name: found.counts[name] for name in _COUNTS},
    }
