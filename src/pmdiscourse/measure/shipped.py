"""The weights that come with the package: learned from labelled passages, shipped without them.

`benchmarks/train_weights.py` writes the folder ``weights``: ``card.json`` (what they were learned
from and how well they do, also as ``card.md``), ``terms.txt`` (words and pairs of words) and
``weights.npz`` (numbers only).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import Encoder
from pmdiscourse.measure.features import View, WordView
from pmdiscourse.measure.frames import FrameView
from pmdiscourse.measure.linear import Detectors, Floats
from pmdiscourse.measure.sentence_view import SentenceView
from pmdiscourse.measure.views import make_views

FOLDER = resources.files("pmdiscourse").joinpath("measure", "weights")
NUMBERS, TERMS, CARD = "weights.npz", "terms.txt", "card.json"
PLAIN = "plain"  # the path without a sentence encoder


def load_card() -> dict[str, Any]:
    """Return the card of the weights; its hashes are checked.

    Raises
    ------
    DiscourseError
        If a file of the weights is missing or not the one of the card.
    """
    try:
        card: dict[str, Any] = json.loads(FOLDER.joinpath(CARD).read_text(encoding="utf-8"))
        for name, expected in card["sha256"].items():
            if hashlib.sha256(FOLDER.joinpath(name).read_bytes()).hexdigest() != expected:
                raise DiscourseError(f"{name} is not the file of its card. Install again.")
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, DiscourseError):
            raise
        raise DiscourseError(f"the weights cannot be read: {error}. Install again.") from error
    return card


def known_themes(codebook: Codebook) -> tuple[str, ...]:
    """Return the themes of a codebook that the weights were learned for.

    Name, definition, rules, seed terms and patterns have to be those of the codebook that comes
    with the package, and the word classes too; examples may differ.
    """
    own = load_codebook()
    same = own.classes.items() <= codebook.classes.items()
    return tuple(t.name for t in codebook.themes if same and t in own.themes)


def load_detectors(
    names: tuple[str, ...], encoder: Encoder | None = None
) -> tuple[Detectors, Floats] | None:
    """Return detectors of some themes and their thresholds.

    Parameters
    ----------
    names : tuple of str
        Themes, from `known_themes`.
    encoder : Encoder or None, default=None
        Sentence encoder to add.

    Returns
    -------
    tuple of Detectors and ndarray of shape (n_themes,), or None
        None if there are no weights for this encoder.
    """
    card = load_card()
    path = PLAIN if encoder is None else encoder.name
    if path not in card["paths"]:
        return None
    with np.load(io.BytesIO(FOLDER.joinpath(NUMBERS).read_bytes()), allow_pickle=False) as file:
        numbers = {name: file[name].astype(float) for name in file.files}
    codebook = load_codebook()
    views = restore_views(make_views(codebook, encoder), numbers)
    rows = [card["themes"].index(name) for name in names]
    number = card["paths"].index(path)
    detectors = Detectors(
        names, views, numbers[f"coef_{number}"][rows], numbers[f"intercept_{number}"][rows]
    )
    return detectors, numbers[f"threshold_{number}"][rows]


def restore_views(views: dict[str, View], numbers: Mapping[str, Floats]) -> dict[str, View]:
    """Give the views what they learned from the labelled passages."""
    word, frame = views["word"], views["frame"]
    assert isinstance(word, WordView)
    assert isinstance(frame, FrameView)
    sentence = views.get("sentence")
    if isinstance(sentence, SentenceView):
        sentence.restore(numbers["sentence_coef"], numbers["sentence_intercept"])
    terms = FOLDER.joinpath(TERMS).read_text(encoding="utf-8").splitlines()
    word.restore(terms, numbers["term_idf"].tolist())
    pairs = [(int(a), int(b)) for a, b in numbers["pairs"]]
    frame.restore(pairs, numbers["pair_idf"].tolist())
    return views
