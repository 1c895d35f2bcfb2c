"""The theme model: it learns from the codebook alone and shows the words behind every score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.measure.features import View, make_views
from pmdiscourse.measure.texts import check_texts

VIEWS = ("pattern", "seed", "word", "meaning")
FOLDS = 5  # out-of-fold scores for the thresholds; also the fewest examples of a theme
DECIMALS = 6  # scores are rounded before they meet a threshold, so that no last bit decides
# Inverse strength of the ridge penalty: of 1, 3 and 10 the smallest within noise of the best (mean
# average precision .762, .771 and .773, out of fold on the example bank).
C = 3.0
# Share of passages that carry a theme, assumed where thresholds are chosen. The example bank has
# about 15 %, far more than a corpus: an F1 at that share would tag too much.
BASE_RATE = 0.05


class ThemeModel(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Says how strongly each theme of a codebook shows in a text, several themes at a time.

    One ridge-penalised logistic regression per theme on four views of the text: token patterns,
    seed terms, words (tf-idf), and the mean of static word vectors. It is trained on the example
    bank of the codebook, never on the corpus; so it is the same model whatever is measured.

    Parameters
    ----------
    codebook : Codebook or None, default=None
        None takes the codebook that comes with the package.
    views : tuple of str, default=("pattern", "seed", "word", "meaning")
        Views to use; fewer show what each is worth.
    random_state : int, default=0
        Seed of the folds in which the thresholds are chosen.

    Attributes
    ----------
    theme_names_ : list of str
        Theme names in codebook order.
    thresholds_ : ndarray of shape (n_themes,)
        A text is tagged with a theme if its score is at least this: the threshold with the
        highest F1 on scores of the example bank in 5-fold cross-validation, examples weighted
        so that 5 % of them carry the theme.
    intercept_ : ndarray of shape (n_themes,)
        What a score starts from, in log odds.
    out_of_fold_ : ndarray of shape (n_examples, n_themes)
        Those cross-validated scores, in the order of ``codebook.examples``.

    References
    ----------
    Logistic regression on several views joined side by side: Hastie, Tibshirani and Friedman
    (2009), The Elements of Statistical Learning, section 4.4. Static vectors: WordLlama
    (https://github.com/dleemiller/WordLlama).

    Examples
    --------
    >>> model = ThemeModel().fit()
    >>> tagged = model.predict(["When a launch fails the PM takes the blame for all of it."])
    >>> [name for name, tag in zip(model.theme_names_, tagged[0]) if tag]
    ['blame']
    """

    def __init__(
        self,
        codebook: Codebook | None = None,
        *,
        views: tuple[str, ...] = VIEWS,
        random_state: int = 0,
    ) -> None:
        self.codebook = codebook
        self.views = views
        self.random_state = random_state

    def fit(self, texts: Sequence[str] = ("",), y: object = None) -> ThemeModel:  # noqa: ARG002
        """Learn the themes from the codebook.

        Parameters
        ----------
        texts : sequence of str, default=("",)
            Checked and otherwise ignored, for the sake of scikit-learn pipelines: weights that
            moved with the corpus would make two runs incomparable.
        y : object, default=None
            Ignored.

        Returns
        -------
        ThemeModel
            Itself.

        Raises
        ------
        DiscourseError
            If a view is unknown, texts are not usable, or a theme has fewer than 5 examples with
            it or without it.
        """
        check_texts(texts)
        codebook = load_codebook() if self.codebook is None else self.codebook
        bank = [example.text for example in codebook.examples]
        self.views_ = self._make_views(codebook, bank)
        features = self._features(bank)
        weights, held_out = [], []
        for theme, name in enumerate(codebook.names):
            present = np.array([name in example.themes for example in codebook.examples])
            _check_bank(name, present)
            speaking = features @ self._columns(theme)
            held_out.append(_score_out_of_fold(speaking, present, self.random_state))
            weights.append(_fit_weights(speaking, present))
        self.theme_names_ = codebook.names
        self.coef_ = np.array([coef for coef, _ in weights])
        self.intercept_ = np.array([intercept for _, intercept in weights])
        self.out_of_fold_ = np.column_stack([scores for scores, _ in held_out])
        self.thresholds_ = np.array([threshold for _, threshold in held_out])
        return self

    def _make_views(self, codebook: Codebook, bank: list[str]) -> dict[str, View]:
        known = make_views(codebook)
        for name in self.views:
            if name not in known:
                raise unknown("view", got=name, known=known)
        if not self.views:
            raise invalid("views", got=self.views, allowed=f"one or more of {list(known)}")
        return {name: known[name].fit(bank) for name in known if name in self.views}

    def _features(self, texts: Sequence[str]) -> Any:
        return sparse.hstack([view.matrix(texts) for view in self.views_.values()]).tocsr()

    def _columns(self, theme: int) -> Any:
        """Return a diagonal matrix that keeps the features which may speak of a theme.

        Patterns and seed terms of other themes are left out: a text may carry several themes, and
        the words for one must not count against another.
        """
        kept = [
            np.arange(view.width) == theme if view.by_theme else np.ones(view.width, dtype=bool)
            for view in self.views_.values()
        ]
        return sparse.diags_array(np.concatenate(kept).astype(float)).tocsr()

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Score texts.

        Parameters
        ----------
        texts : sequence of str of length n_texts
            Passages; one at least.

        Returns
        -------
        ndarray of shape (n_texts, n_themes)
            Scores from 0 to 1 in codebook order, rounded to 6 decimals. They order texts and are
            no shares of anything: the example bank has more themes in it than a corpus has.

        Raises
        ------
        DiscourseError
            If texts is a single string, None, empty, or holds something that is no string.
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        log_odds = self._features(check_texts(texts)) @ self.coef_.T + self.intercept_
        return np.round(_sigmoid(log_odds), DECIMALS)

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Tag texts: scores at or above `thresholds_`; arguments and errors as in `transform`.

        Returns
        -------
        ndarray of bool of shape (n_texts, n_themes)
        """
        return np.asarray(self.transform(texts) >= self.thresholds_)

    def explain(self, text: str) -> list[dict[str, Any]]:
        """Say which words made the scores of a text.

        Parameters
        ----------
        text : str
            One passage.

        Returns
        -------
        list of dict
            Spans ``{"start", "end", "view", "weight", "theme"}``, in characters of the text,
            strongest first. For each theme ``intercept_`` plus the sum of the weights is the log
            odds of the score: score = 1 / (1 + exp(-sum)).

        Raises
        ------
        DiscourseError
            If text is no string.
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        if not isinstance(text, str):
            raise invalid("text", got=text, allowed="one string")
        found: list[dict[str, Any]] = []
        first = 0
        for name, view in self.views_.items():
            parts = view.parts(text)
            width = parts.rows.shape[1]
            weights = parts.rows @ self.coef_[:, first : first + width].T
            first += width
            for (start, end), row in zip(parts.spans, weights, strict=True):
                for theme, weight in zip(self.theme_names_, row, strict=True):
                    if weight == 0:
                        continue
                    span = {"start": start, "end": end, "view": name, "weight": float(weight)}
                    found.append(span | {"theme": theme})
        return sorted(found, key=lambda s: (-s["weight"], s["start"], s["end"], s["view"]))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[Any]:  # noqa: ARG002
        """Return theme names, for scikit-learn's ``set_output``."""
        check_is_fitted(self)
        return np.array(self.theme_names_, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _sigmoid(log_odds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)))


def _check_bank(name: str, present: npt.NDArray[np.bool_]) -> None:
    with_theme, without = int(present.sum()), int((~present).sum())
    if min(with_theme, without) < FOLDS:
        raise DiscourseError(
            f"theme {name!r} has {with_theme} examples with it and {without} without it; "
            f"{FOLDS} of each are needed. Add lines to the codebook's examples/*.jsonl."
        )


def _fit_weights(features: Any, present: npt.NDArray[np.bool_]) -> tuple[Any, float]:
    """Fit one theme; the tight tolerance makes machines agree."""
    model = LogisticRegression(C=C, solver="liblinear", tol=1e-8, max_iter=1000, random_state=0)
    model.fit(features, present)
    return model.coef_[0], float(model.intercept_[0])


def _score_out_of_fold(
    features: Any, present: npt.NDArray[np.bool_], random_state: int
) -> tuple[npt.NDArray[np.float64], float]:
    """Return cross-validated scores and the threshold with the highest F1 at the base rate."""
    scores = np.zeros(len(present))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=random_state)
    for train, test in folds.split(features, present):
        coef, intercept = _fit_weights(features[train], present[train])
        scores[test] = _sigmoid(features[test] @ coef + intercept)
    scores = np.round(scores, DECIMALS)
    share = present.mean()
    weights = np.where(present, BASE_RATE / share, (1 - BASE_RATE) / (1 - share))
    precision, recall, cuts = precision_recall_curve(present, scores, sample_weight=weights)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return scores, float(cuts[int(np.argmax(f1[:-1]))])
