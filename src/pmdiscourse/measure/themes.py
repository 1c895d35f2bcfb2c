"""The theme model: how strongly each theme shows in a text, with the words behind every score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.measure.encoder import Encoder
from pmdiscourse.measure.linear import DECIMALS, Detectors, choose_threshold, fit_weights, sigmoid
from pmdiscourse.measure.shipped import known_themes, load_detectors
from pmdiscourse.measure.texts import check_texts, make_whole
from pmdiscourse.measure.views import (
    choose_views,
    columns_of,
    join_matrices,
    make_views,
    scales_of,
)

FOLDS = 5  # out-of-fold scores for the thresholds; also the fewest examples of a theme
# Share of passages that carry a theme, assumed where thresholds are chosen on the example bank. It
# has about 15 %, far more than a corpus: an F1 at that share would tag too much.
BASE_RATE = 0.05
WEIGHTS = ("shipped", "bank")


class ThemeModel(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Says how strongly each theme of a codebook shows in a text, several themes at a time.

    One ridge-penalised logistic regression per theme on several views of the text: token patterns,
    seed terms, words (tf-idf), frames (pairs of word classes in a sentence), the mean of static
    word vectors and, with an encoder, of sentence vectors. For the four themes that come with the
    package the weights are shipped: they were learned from the example bank and from labelled real
    passages. Any other theme, or one of these whose entry was edited, is learned from the example
    bank of the codebook. Never from the corpus: so it is the same model whatever is measured.

    Parameters
    ----------
    codebook : Codebook or None, default=None
        None takes the codebook that comes with the package.
    views : tuple of str or None, default=None
        Views to use, which are then learned from the bank; None takes all.
    weights : {"shipped", "bank"}, default="shipped"
        "bank" learns every theme from the example bank alone.
    encoder : Encoder or None, default=None
        Sentence encoder, e.g. ``MiniLM()`` of `pmdiscourse.measure.encoder`.
    random_state : int, default=0
        Seed of the folds in which thresholds are chosen on the example bank.

    Attributes
    ----------
    theme_names_ : list of str
        Theme names in codebook order.
    shipped_ : tuple of str
        Themes with shipped weights. Their scores are calibrated: probabilities at the base rate of
        the web pages that the labelled passages were drawn from. Scores of other themes only order
        texts: the example bank has more themes in it than a corpus has.
    thresholds_ : ndarray of shape (n_themes,)
        A text is tagged with a theme if its score is at least this: chosen for F1 on out-of-fold
        scores of labelled passages, else of the example bank weighted so that 5 % of it carry the
        theme.
    intercept_ : ndarray of shape (n_themes,)
        What a score starts from, in log odds.
    out_of_fold_ : ndarray of shape (n_examples, n_themes)
        Cross-validated scores of ``codebook.examples`` for themes learned from it, else missing.

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
        views: tuple[str, ...] | None = None,
        weights: str = "shipped",
        encoder: Encoder | None = None,
        random_state: int = 0,
    ) -> None:
        self.codebook = codebook
        self.views = views
        self.weights = weights
        self.encoder = encoder
        self.random_state = random_state

    def fit(self, texts: Sequence[str] = ("",), y: object = None) -> ThemeModel:  # noqa: ARG002
        """Take the shipped weights, and learn the other themes from the codebook.

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
            If a parameter is not usable, texts are not usable, or a theme without shipped weights
            has fewer than 5 examples with it or without it.
        """
        check_texts(texts)
        codebook = self._check_parameters()
        self.theme_names_ = codebook.names
        shape = (len(codebook.examples), len(codebook.names))
        self.out_of_fold_ = np.full(shape, np.nan)
        self.thresholds_ = np.zeros(shape[1])
        self.detectors_: list[Detectors] = []
        self.shipped_: tuple[str, ...] = ()
        if self.weights == "shipped" and self.views is None:
            self._take_shipped(known_themes(codebook))
        others = tuple(name for name in codebook.names if name not in self.shipped_)
        if others:
            self.detectors_.append(self._learn(codebook, others))
        order = [name for part in self.detectors_ for name in part.names]
        self._order = [order.index(name) for name in codebook.names]
        self.intercept_ = self._join([part.intercept for part in self.detectors_])
        return self

    def _check_parameters(self) -> Codebook:
        """Check what `__init__` only stored, and return the codebook."""
        if self.weights not in WEIGHTS:
            raise invalid("weights", got=self.weights, allowed=f"one of {list(WEIGHTS)}")
        views: object = self.views
        if isinstance(views, str):
            hint = f"Write ({views!r},)."
            raise invalid("views", got=views, allowed="a tuple of names", hint=hint)
        codebook: object = load_codebook() if self.codebook is None else self.codebook
        if not isinstance(codebook, Codebook):
            hint = "Write load_codebook(folder)."
            raise invalid("codebook", got=codebook, allowed="a Codebook or None", hint=hint)
        return codebook

    def _take_shipped(self, names: tuple[str, ...]) -> None:
        """Take the weights of these themes, if there are any for the encoder."""
        found = load_detectors(names, self.encoder) if names else None
        if found is not None:
            self.shipped_ = names
            self.detectors_.append(found[0])
            self.thresholds_[[self.theme_names_.index(name) for name in names]] = found[1]

    def _learn(self, codebook: Codebook, names: tuple[str, ...]) -> Detectors:
        """Learn detectors of these themes from the example bank, and choose their thresholds."""
        bank = [example.text for example in codebook.examples]
        known = make_views(codebook, self.encoder)
        views = choose_views(known, tuple(known) if self.views is None else self.views)
        for view in views.values():
            view.fit(bank)
        scales = scales_of(views)
        features = join_matrices(views, bank) @ sparse.diags_array(scales)
        coef, intercept = np.zeros((len(names), len(scales))), np.zeros(len(names))
        for row, name in enumerate(names):
            theme = codebook.names.index(name)
            present = np.array([name in example.themes for example in codebook.examples])
            _check_bank(name, present)
            columns = columns_of(views, theme)
            speaking = features[:, columns]
            weights, intercept[row] = fit_weights(speaking, present)
            coef[row, columns] = weights * scales[columns]
            scores = _score_out_of_fold(speaking, present, self.random_state)
            self.out_of_fold_[:, theme] = scores
            self.thresholds_[theme] = choose_threshold(scores, present, base_rate=BASE_RATE)
        return Detectors(names, views, coef, intercept)

    def _join(self, parts: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """Put what the detectors say side by side, in codebook order."""
        return np.concatenate(parts, axis=-1)[..., self._order]

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Score texts.

        Parameters
        ----------
        texts : sequence of str of length n_texts
            Passages; one at least.

        Returns
        -------
        ndarray of shape (n_texts, n_themes)
            Scores from 0 to 1 in codebook order, rounded to 6 decimals.

        Raises
        ------
        DiscourseError
            If texts is a single string, None, empty, or holds something that is no string.
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self)
        checked = check_texts(texts)
        log_odds = self._join([part.log_odds(checked) for part in self.detectors_])
        return np.round(sigmoid(log_odds), DECIMALS)

    def fit_transform(self, texts: Sequence[str], y: object = None) -> npt.NDArray[np.float64]:
        """Fit, then score the texts; a generator is read once."""
        checked = check_texts(texts)
        return self.fit(checked, y).transform(checked)

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

        Examples
        --------
        >>> model = ThemeModel().fit()
        >>> text = "The PM takes the blame."
        >>> spans = [span for span in model.explain(text) if span["theme"] == "blame"]
        >>> "blame" in text[spans[0]["start"] : spans[0]["end"]]
        True
        >>> log_odds = model.intercept_[0] + sum(span["weight"] for span in spans)
        >>> bool(abs(1 / (1 + np.exp(-log_odds)) - model.transform([text])[0, 0]) < 1e-6)
        True
        """
        check_is_fitted(self)
        if not isinstance(text, str):
            raise invalid("text", got=text, allowed="one string")
        whole = make_whole(text)
        found = [span for part in self.detectors_ for span in part.spans(whole)]
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


def _check_bank(name: str, present: npt.NDArray[np.bool_]) -> None:
    with_theme, without = int(present.sum()), int((~present).sum())
    if min(with_theme, without) < FOLDS:
        raise DiscourseError(
            f"theme {name!r} has {with_theme} examples with it and {without} without it; "
            f"{FOLDS} of each are needed. Add lines to the codebook's examples/*.jsonl."
        )


def _score_out_of_fold(
    features: Any, present: npt.NDArray[np.bool_], random_state: int
) -> npt.NDArray[np.float64]:
    """Return cross-validated scores."""
    scores = np.zeros(len(present))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=random_state)
    for train, test in folds.split(features, present):
        coef, intercept = fit_weights(features[train], present[train])
        scores[test] = sigmoid(features[test] @ coef + intercept)
    return np.asarray(np.round(scores, DECIMALS))
