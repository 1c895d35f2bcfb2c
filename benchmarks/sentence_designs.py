"""Parts of `theme_designs` that look inside passages: best sentences, parses, other encoders."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from training import Data, fit_views, weigh

from pmdiscourse.measure.encoder import MIN_WORDS, Encoder
from pmdiscourse.measure.linear import C, Floats
from pmdiscourse.measure.sentences import split_sentences
from pmdiscourse.measure.views import columns_of, scales_of

ROUNDS = 3  # of choosing the sentence that shows a theme, and learning from the choice
MIN_TEXTS = 5
# Pronouns and role words are few; everything else stands for itself.
PEOPLE = {
    **dict.fromkeys(("i", "me"), "I"),
    **dict.fromkeys(("we", "us"), "WE"),
    **dict.fromkeys(("they", "them", "he", "she", "him", "her"), "THEY"),
    **dict.fromkeys(("it", "this", "that"), "IT"),
    **dict.fromkeys(("pm", "pms", "manager", "managers", "owner", "po"), "PM"),
    **dict.fromkeys(("people", "everyone", "someone", "anyone", "person"), "PEOPLE"),
}


def score_best_sentences(data: Data, encoder: Encoder | None = None) -> Floats:
    """Return out-of-fold log odds of the sentence of each labelled passage that shows a theme most.

    Multiple-instance learning: at first every sentence of a positive passage counts alike, then
    those count that the last round took for the theme (Maron and Lozano-Perez 1998, softened).
    """
    spans = [
        (text, *span) for text in data.texts for span in split_sentences(text, min_words=MIN_WORDS)
    ]
    owner = np.array(
        [
            row
            for row, text in enumerate(data.texts)
            for _ in split_sentences(text, min_words=MIN_WORDS)
        ]
    )
    sentences = [text[start:end] for text, start, end in spans]
    vectors = None if encoder is None else sparse.csr_matrix(encoder.encode(sentences))
    scores = np.zeros((int(data.labelled.sum()), data.present.shape[1]))
    for k in range(int(data.fold.max()) + 1):
        train, test = data.fold != k, np.flatnonzero(data.fold == k)
        if vectors is None:
            fit_views(data, np.flatnonzero(train))
            parts = [view.matrix(sentences) for view in data.views.values()]
            features = sparse.hstack(parts).tocsr() @ sparse.diags_array(scales_of(data.views))
        for theme in range(scores.shape[1]):
            seen = features[:, columns_of(data.views, theme)] if vectors is None else vectors
            strength = C if vectors is None else 10 * C
            best = _learn_sentences(seen.tocsr(), owner, data, (train, theme), strength)
            scores[test, theme] = best[test]
    return scores


def _learn_sentences(
    features: Any, owner: Any, data: Data, task: tuple[Any, int], strength: float
) -> Floats:
    """Return the highest log odds of a sentence of every text; a task is its rows and a theme."""
    train, theme = task
    first = np.r_[0, np.flatnonzero(np.diff(owner)) + 1]
    present, counts = data.present[owner, theme], np.bincount(owner)[owner]
    weights = weigh(data, np.arange(len(data.texts)))[owner]
    share = np.where(present, 1.0, 1 / counts)
    known = train[owner]
    model = LogisticRegression(C=strength, solver="liblinear", tol=1e-6, max_iter=1000)
    for _ in range(ROUNDS):
        model.fit(features[known], present[known], sample_weight=(weights * share)[known])
        log_odds = model.decision_function(features)
        best = np.maximum.reduceat(log_odds, first)
        likely = np.exp(log_odds - best[owner])
        share = np.where(present, likely / np.add.reduceat(likely, first)[owner], 1.0)
    result = np.zeros(len(data.texts))
    result[owner[first]] = best
    return result


def find_triples(texts: Sequence[str]) -> Callable[[Any], Any]:
    """Parse texts; return a function that gives tf-idf features of their triples.

    A triple is subject, verb (and its negation) and object or, alone, one of them with the verb.
    """
    import spacy  # noqa: PLC0415 - with its model, for this design only

    found = [_triples(doc) for doc in spacy.load("en_core_web_sm", disable=["ner"]).pipe(texts)]

    def features(train: Any) -> Any:
        counts = Counter(triple for row in train for triple in set(found[row]))
        kept = sorted(triple for triple, n in counts.items() if n >= MIN_TEXTS)
        column = {triple: number for number, triple in enumerate(kept)}
        idf = np.array([math.log((1 + len(train)) / (1 + counts[t])) + 1 for t in kept])
        cells = [
            (row, column[triple], 1 + math.log(n))
            for row, triples in enumerate(found)
            for triple, n in Counter(triples).items()
            if triple in column
        ]
        rows, columns, values = zip(*cells, strict=True)
        matrix = sparse.csr_matrix((values, (rows, columns)), shape=(len(found), len(kept)))
        weighted = matrix @ sparse.diags_array(idf)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return (sparse.diags_array(1 / np.maximum(length, 1e-12)) @ weighted).tocsr()

    return features


def _triples(doc: Any) -> list[str]:
    """Return subject-verb, verb-object and subject-verb-object of every verb of a parsed text."""
    found = []
    for verb in doc:
        if verb.pos_ not in ("VERB", "AUX"):
            continue
        name = lambda token: PEOPLE.get(token.lower_, token.lemma_.lower())  # noqa: E731
        subjects = [(name(t), t.dep_) for t in verb.children if t.dep_.startswith("nsubj")]
        objects = [name(t) for t in verb.children if t.dep_ in ("dobj", "attr", "acomp")]
        no = " not" if any(t.dep_ == "neg" for t in verb.children) else ""
        word = verb.lemma_.lower() + no
        found += [f"{subject} {role} {word}" for subject, role in subjects]
        found += [f"{word} {target}" for target in objects]
        found += [f"{subject} {word} {target}" for subject, _ in subjects for target in objects]
    return found


def encode_passages(texts: Sequence[str], folder: Path) -> Floats:
    """Return vectors of unit length of a sentence-transformers model in a folder."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - for this design only

    model = SentenceTransformer(str(folder), device="cpu")
    return np.asarray(model.encode(list(texts), normalize_embeddings=True), dtype=float)
