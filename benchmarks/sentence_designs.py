"""Parts of `theme_designs` that look inside passages: best sentences, parses, other encoders."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from best_sentences import Sentences, learn_sentences, value_best
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from training_data import Data, fit_views, weigh

from pmdiscourse.measure.encoder import Encoder
from pmdiscourse.measure.linear import C, Floats
from pmdiscourse.measure.sentence_view import MIN_WORDS
from pmdiscourse.measure.sentences import split_sentences
from pmdiscourse.measure.views import columns_of, scales_of

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
    """Return how far, out of fold, the best sentence of each labelled passage shows each theme.

    Without an encoder the sentences are seen as the shipped views see passages.
    """
    spans = [list(split_sentences(text, min_words=MIN_WORDS)) for text in data.texts]
    texts = [text[i:j] for text, places in zip(data.texts, spans, strict=True) for i, j in places]
    owner = np.repeat(np.arange(len(spans)), [len(places) for places in spans])
    vectors = None if encoder is None else encoder.encode(texts)
    weights = weigh(data, np.arange(len(data.texts)))
    scores = np.zeros((int(data.labelled.sum()), data.present.shape[1]))
    for k in range(int(data.fold.max()) + 1):
        train, test = np.flatnonzero(data.fold != k), np.flatnonzero(data.fold == k)
        if vectors is None:
            fit_views(data, train)
            parts = [view.matrix(texts) for view in data.views.values()]
            features = (sparse.hstack(parts) @ sparse.diags_array(scales_of(data.views))).tocsr()
        for theme in range(scores.shape[1]):
            if vectors is None:
                seen = Sentences(features[:, columns_of(data.views, theme)], owner, len(spans))
                model = LogisticRegression(C=C, solver="liblinear", tol=1e-6, max_iter=1000)
            else:
                seen, model = Sentences(vectors, owner, len(spans)), None
            learned = learn_sentences(seen, data.present[:, theme], weights, train, model=model)
            scores[test, theme] = value_best(seen, *learned)[test]
    return scores


def find_triples(texts: Sequence[str], parser: str) -> Callable[[Any], Any]:
    """Parse texts; return a function that gives tf-idf features of their triples.

    A triple is subject, verb (and its negation) and object or, alone, one of them with the verb.
    """
    import spacy  # noqa: PLC0415 - with its model, for this design only

    found = [_triples(doc) for doc in spacy.load(parser, disable=["ner"]).pipe(texts)]

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
