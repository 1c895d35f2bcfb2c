"""The views of the theme model by name, and how loud each speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pmdiscourse.codebook import Codebook
from pmdiscourse.errors import invalid, unknown
from pmdiscourse.measure.encoder import Encoder
from pmdiscourse.measure.features import PatternView, SeedView, View, WordView
from pmdiscourse.measure.frames import FrameView
from pmdiscourse.measure.meaning import MeaningView
from pmdiscourse.measure.sentence_view import SentenceView

VIEWS = ("pattern", "seed", "word", "frame", "meaning")
# A ridge penalty holds large features less than small ones. Twice for words, 1.5 for sentences:
# chosen among 1, 2, 3 and 1, 1.5, 3 by grouped cross-validation, where neighbours differ by noise.
SCALES = {"word": 2.0, "sentence": 1.5}


def make_views(codebook: Codebook, encoder: Encoder | None = None) -> dict[str, View]:
    """Return the views by name, in order; ``sentence`` only if there is an encoder."""
    views: list[View] = [
        PatternView(codebook),
        SeedView(codebook),
        WordView(),
        FrameView(codebook),
        MeaningView(),
    ]
    if encoder is not None:
        views.append(SentenceView(encoder, len(codebook.names)))
    return {view.name: view for view in views}


def choose_views(views: Mapping[str, View], names: Sequence[str]) -> dict[str, View]:
    """Return the views of these names, in their own order.

    Raises
    ------
    DiscourseError
        If a name is unknown or there is none.
    """
    for name in names:
        if name not in views:
            raise unknown("view", got=name, known=views)
    if not names:
        raise invalid("views", got=names, allowed=f"one or more of {list(views)}")
    return {name: view for name, view in views.items() if name in names}


def join_matrices(views: Mapping[str, View], texts: Sequence[str]) -> Any:
    """Return the features of all views side by side, a sparse matrix (n_texts, n_features)."""
    return sparse.hstack([view.matrix(texts) for view in views.values()]).tocsr()


def scales_of(views: Mapping[str, View]) -> npt.NDArray[np.float64]:
    """Return what each feature is multiplied with before weights are learned."""
    return np.concatenate(
        [np.full(len(view.themes), SCALES.get(name, 1.0)) for name, view in views.items()]
    )


def columns_of(views: Mapping[str, View], theme: int) -> npt.NDArray[np.int64]:
    """Return the features that may speak of a theme.

    Patterns and seed terms of other themes are left out: a text may carry several themes, and the
    words for one must not count against another.
    """
    themes = np.concatenate([view.themes for view in views.values()])
    return np.flatnonzero((themes == theme) | (themes == -1))
