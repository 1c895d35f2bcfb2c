"""Which words and phrases the topic model counts.

A term is a word, two words side by side, or two words tied by "of", "the" or "without", inside one
clause and without stop words at its ends; and every seed term of the codebook, as it is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from pmdiscourse.codebook import Codebook

# A term must stand in this many passages and threads, or the slip or the name in a single post
# could become a topic.
MIN_PASSAGES = 5
MIN_THREADS = 2
# A word that is capitalised so often inside sentences is a name (the rule of the shipped weights).
NAME_SHARE = 0.5
# What people say whatever they talk about; scikit-learn's list has the function words.
_FILLERS = """
actually basically bit came come comes could did does doing done gets getting goes going gone gonna
got hey im just kind know knows knew let lets like literally ll look looked looking looks lot lots
made make makes making maybe mean means need needed needs oh ok okay probably re really right said
say saying says should sort stuff sure talk talked talking tell telling thats thing things think
thinking thought told tried tries try trying uh um use used uses using ve want wanted wants way ways
went would yeah yes
"""
STOP_WORDS = ENGLISH_STOP_WORDS.union(_FILLERS.split())
_TIES = frozenset({"of", "the", "without"})
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s'-]")
# Words with what stands before them, to tell the middle of a sentence from its beginning.
_WRITTEN = re.compile(r"(?P<inside>(?<=[a-z0-9,;)] ))?(?P<word>[^\W\d_]{2,})")


def find_terms_in(text: str, seeds: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return every term of a passage in lower case, as often as it stands there.

    Parameters
    ----------
    text : str
        The passage. Apostrophes and hyphens may be of any kind; a possessive 's is left out.
    seeds : dict of str to tuple of str
        Seed terms by their first word, as from `seeds_by_first_word`.

    Returns
    -------
    list of str
        Terms in the order of the text.

    Examples
    --------
    >>> find_terms_in("The PM's career, a head of product's career.", {})
    ['pm', 'pm career', 'career', 'head', 'head of product', 'product', 'product career', 'career']
    """
    words = _split_words(text)
    carries = [_is_content(word) for word in words] + [False, False]
    found = []
    for place, word in enumerate(words):
        here = []
        if carries[place]:
            here.append(word)
            if carries[place + 1]:
                here.append(f"{word} {words[place + 1]}")
            elif carries[place + 2] and words[place + 1] in _TIES:
                here.append(" ".join(words[place : place + 3]))
        for seed in seeds.get(word, ()):
            length = seed.count(" ") + 1
            if seed not in here and " ".join(words[place : place + length]) == seed:
                here.append(seed)
        found += here
    return found


def write_seed(seed: str) -> str:
    """Write a seed term as it is counted.

    Examples
    --------
    >>> write_seed("Mini-CEO"), write_seed("not my fault!")
    ('mini ceo', 'not my fault')
    """
    return " ".join(word for word in _split_words(seed) if word[0].isalnum())


def seeds_by_first_word(book: Codebook) -> dict[str, tuple[str, ...]]:
    """Return the seed terms of all themes by their first word, in alphabetical order."""
    seeds = sorted({write_seed(seed) for theme in book.themes for seed in theme.seeds} - {""})
    groups: dict[str, tuple[str, ...]] = {}
    for seed in seeds:
        first = seed.split()[0]
        groups[first] = (*groups.get(first, ()), seed)
    return groups


def make_counter(book: Codebook, terms: list[str] | None = None) -> CountVectorizer:
    """Make a counter of these terms, or of all that stand in enough passages."""
    # A partial of a plain function can be pickled, and a dict keeps its order from run to run.
    analyser = partial(find_terms_in, seeds=seeds_by_first_word(book))
    return CountVectorizer(
        analyzer=analyser, vocabulary=terms, min_df=MIN_PASSAGES if terms is None else 1
    )


def find_terms(texts: list[str], threads: list[str], book: Codebook) -> NDArray[np.object_]:
    """Return the terms that stand in enough passages and threads, in alphabetical order.

    Words that are mostly capitalised inside sentences are names and left out, unless a seed term,
    pattern or word class of the codebook holds them ("Stanford").
    """
    counter = make_counter(book)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # scikit-learn refuses to find nothing
        return np.array([], dtype=object)
    n_threads = np.asarray(((thread_membership(threads) @ counts) > 0).sum(axis=0)).ravel()
    names = find_names(texts) - _words_of_codebook(book)
    terms = counter.get_feature_names_out()[n_threads >= MIN_THREADS]
    return np.array([term for term in terms if not names & set(term.split())], dtype=object)


def find_names(texts: list[str]) -> set[str]:
    """Return the words, in lower case, that are mostly capitalised inside sentences.

    A word that stands only at the beginning of sentences is a name too if it is never in lower
    case. Words in capitals ("CEO") and with a capital inside ("PMs") are none.

    Examples
    --------
    >>> sorted(find_names(["We asked Quillon. He said: ask PMs.", "Brask wrote to the CEO."]))
    ['brask', 'he', 'quillon', 'we']
    """
    inside: Counter[str] = Counter()
    named_inside: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for text in texts:
        for match in _WRITTEN.finditer(text):
            written = match["word"]
            is_name = written[0].isupper() and written[1:].islower()
            word = written.lower()
            anywhere[word] += 1
            named[word] += is_name
            if match["inside"] is not None:
                inside[word] += 1
                named_inside[word] += is_name
    return {
        word
        for word, n_all in anywhere.items()
        if (
            named_inside[word] >= NAME_SHARE * inside[word]
            if inside[word]
            else named[word] == n_all
        )
    }


def thread_membership(threads: list[str]) -> sp.csr_matrix:
    """Return which passage stands in which thread, of shape (n_threads, n_texts)."""
    numbers = {thread: number for number, thread in enumerate(sorted(set(threads)))}
    rows = [numbers[thread] for thread in threads]
    ones = np.ones(len(threads))
    return sp.csr_matrix((ones, (rows, range(len(threads)))), shape=(len(numbers), len(threads)))


def _split_words(text: str) -> list[str]:
    """Split a text into words in lower case and signs; a sign ends a phrase."""
    tokens = _TOKEN.findall(text.replace("’", "'").lower())
    return [token.removesuffix("'s") for token in tokens]


def _is_content(word: str) -> bool:
    """Tell whether a word may begin or end a term: no stop word, contraction, sign or number."""
    letters = len(word) > 1 and not word.isdigit() and word[0].isalnum()
    return letters and "'" not in word and word not in STOP_WORDS


def _words_of_codebook(book: Codebook) -> set[str]:
    """Return the words of seed terms, patterns and word classes."""
    written = [part for theme in book.themes for part in (*theme.seeds, *theme.patterns)]
    written += [part for parts in book.classes.values() for part in parts]
    return set(re.findall(r"[^\W\d_]+", " ".join(written).lower()))
