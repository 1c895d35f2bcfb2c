"""The peers of the theme model: what other tools make of the same texts and the same seed terms.

Every peer gets the texts without labels and returns one score per text and theme. Topic models are
unsupervised: they are fitted on the very texts that are scored. That is to their advantage: the
theme model never sees the fold it is scored on.

All get the same tokens: words in lower case, seed terms of several words joined to one token,
scikit-learn's English stop words and words of fewer than three texts left out (seed terms stay).
The number of topics and the strength of the seeds are the best of 6 to 40 settings tried on the
labelled passages themselves, which is to their advantage too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfTransformer

from pmdiscourse.codebook import Codebook
from pmdiscourse.measure.features import WORD, PatternView, SeedView, normalize

Floats = npt.NDArray[np.float64]
MIN_TEXTS = 3
SWEEPS = 1000
# Topics of each model: one for each theme, the rest free.
KEYATM_TOPICS = 12
SEEDED_LDA_TOPICS = 20
TOMOTOPY_TOPICS = 20
COREX_TOPICS = 12
SEED_WEIGHT = 1.0  # SeededLDA: pseudo-counts of a seed term, as a multiple of 100
SEED_PRIOR = 10.0  # tomotopy: prior of a seed term in its own topic; elsewhere ETA
ETA = 0.01
ANCHOR_STRENGTH = 4  # CorEx: an anchor counts so much more than another word


@dataclass(frozen=True)
class Prepared:
    """Texts as the peers read them.

    Parameters
    ----------
    texts : list of str
        As they are.
    tokens : list of list of str
        Tokens of each.
    seeds : dict of str to list of str
        Seed terms by theme, as tokens; only those that stand in the texts.
    codebook : Codebook
        The themes.
    random_state : int
        Seed of every sampler.
    """

    texts: list[str]
    tokens: list[list[str]]
    seeds: dict[str, list[str]]
    codebook: Codebook
    random_state: int


def prepare(texts: Sequence[str], codebook: Codebook, *, random_state: int = 0) -> Prepared:
    """Cut texts into tokens, and seed terms the same way."""
    terms = {theme.name: [_words(seed) for seed in theme.seeds] for theme in codebook.themes}
    phrases = {words for seeds in terms.values() for words in seeds if words}
    cut = [_join(_words(text), phrases) for text in texts]
    n_texts = Counter(token for tokens in cut for token in set(tokens))
    joined = {"_".join(words) for words in phrases}
    kept = {
        token
        for token, n in n_texts.items()
        if token in joined or (n >= MIN_TEXTS and token not in ENGLISH_STOP_WORDS)
    }
    tokens = [[token for token in text if token in kept] for text in cut]
    seeds = {
        name: list(dict.fromkeys(t for words in seeds if (t := "_".join(words)) in kept))
        for name, seeds in terms.items()
    }
    return Prepared(list(texts), tokens, seeds, codebook, random_state)


def _words(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(normalize(text)))


def _join(words: tuple[str, ...], phrases: set[tuple[str, ...]]) -> list[str]:
    """Join the words of seed terms, the longest first; single letters go."""
    longest = max(map(len, phrases), default=1)
    tokens, i = [], 0
    while i < len(words):
        sizes = range(min(longest, len(words) - i), 0, -1)
        n = next((n for n in sizes if words[i : i + n] in phrases), 0)
        if n or len(words[i]) > 1:
            tokens.append("_".join(words[i : i + max(n, 1)]))
        i += max(n, 1)
    return tokens


def score_dictionary(data: Prepared) -> Floats:
    """Count the seed terms and the pattern matches of each theme."""
    scores = np.zeros((len(data.texts), len(data.codebook.names)))
    for view in (SeedView(data.codebook), PatternView(data.codebook)):
        for row, text in enumerate(data.texts):
            for _, _, (theme, _) in view.find_kinds(text):
                scores[row, theme] += 1
    return scores


def score_tfidf(data: Prepared) -> Floats:
    """Sum the tf-idf of each theme's seed terms; texts have unit length, counts are damped."""
    counts, columns = _count(data)
    weights = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    return np.column_stack(
        [
            np.asarray(weights[:, [columns[seed] for seed in seeds]].sum(axis=1)).ravel()
            for seeds in data.seeds.values()
        ]
    )


def _count(data: Prepared) -> tuple[Any, dict[str, int]]:
    """Return the counts of tokens, a sparse matrix, and the column of each."""
    vectorizer = CountVectorizer(analyzer=lambda tokens: tokens)
    return vectorizer.fit_transform(data.tokens), vectorizer.vocabulary_


def score_keyatm(data: Prepared) -> Floats:
    """Share of the words of each keyword topic: KeyATM of topica."""
    import topica  # noqa: PLC0415 - a peer, installed or not

    model = topica.KeyATM(data.seeds, num_topics=KEYATM_TOPICS, seed=data.random_state)
    return _fit_topica(model, data, weights="none")


def score_seeded_lda(data: Prepared) -> Floats:
    """Share of the words of each seeded topic: SeededLDA of topica."""
    import topica  # noqa: PLC0415 - a peer, installed or not

    model = topica.SeededLDA(
        data.seeds,
        residual=SEEDED_LDA_TOPICS - len(data.seeds),
        weight=SEED_WEIGHT,
        seed=data.random_state,
    )
    return _fit_topica(model, data)


def _fit_topica(model: Any, data: Prepared, **options: str) -> Floats:
    """Fit on the texts that hold a token; the others score 0."""
    rows = [row for row, tokens in enumerate(data.tokens) if tokens]
    tokens = [data.tokens[row] for row in rows]
    model.fit(tokens, iters=SWEEPS, keep_theta_draws=False, **options)
    places = [list(model.topic_names).index(name) for name in data.seeds]
    scores = np.zeros((len(data.texts), len(places)))
    scores[rows] = np.asarray(model.doc_topic)[:, places]
    return scores


def score_tomotopy(data: Prepared) -> Floats:
    """Share of the words of each seeded topic: LDA of tomotopy with a prior on seed terms."""
    import tomotopy  # noqa: PLC0415 - a peer, installed or not

    model = tomotopy.LDAModel(k=TOMOTOPY_TOPICS, eta=ETA, seed=data.random_state)
    for topic, seeds in enumerate(data.seeds.values()):
        for seed in seeds:
            model.set_word_prior(seed, {topic: SEED_PRIOR})
    rows = [row for row, tokens in enumerate(data.tokens) if tokens]
    for row in rows:
        model.add_doc(data.tokens[row])
    model.train(SWEEPS, workers=1)
    scores = np.zeros((len(data.texts), len(data.seeds)))
    shares = [document.get_topic_dist() for document in model.docs]
    scores[rows] = np.array(shares)[:, : len(data.seeds)]
    return scores


def score_corex(data: Prepared) -> Floats:
    """Log odds of each anchored topic: CorEx of corextopic."""
    from corextopic.corextopic import Corex  # noqa: PLC0415 - a peer, installed or not

    counts, columns = _count(data)
    words = sorted(columns, key=columns.__getitem__)
    model = Corex(n_hidden=COREX_TOPICS, seed=data.random_state)
    anchors = list(data.seeds.values())
    present = (counts > 0).astype(int)
    model.fit(present, words=words, anchors=anchors, anchor_strength=ANCHOR_STRENGTH)
    # Its probabilities are cut near 0 and 1, where many texts lie; their logarithms are not.
    log_present = np.minimum(np.asarray(model.log_p_y_given_x)[:, : len(anchors)], -1e-300)
    return np.asarray(log_present - np.log(-np.expm1(log_present)))


@dataclass(frozen=True)
class Peer:
    """A tool that scores texts.

    Parameters
    ----------
    name : str
        What the tables call it.
    score : callable
        From prepared texts to scores of shape (n_texts, n_themes).
    needs : tuple of str, default=()
        Modules it needs beside this project's own.
    """

    name: str
    score: Callable[[Prepared], Floats]
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Modules that are not installed."""
        return [module for module in self.needs if find_spec(module) is None]


PEERS = (
    Peer("tf-idf x seed terms", score_tfidf),
    Peer("dictionary counts", score_dictionary),
    Peer("topica KeyATM", score_keyatm, ("topica",)),
    Peer("topica SeededLDA", score_seeded_lda, ("topica",)),
    Peer("tomotopy LDA, word priors", score_tomotopy, ("tomotopy",)),
    Peer("corextopic, anchored", score_corex, ("corextopic", "six")),
)
