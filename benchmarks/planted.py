"""Invented passages with known themes, to see what a topic model makes of them.

Every passage is ordinary talk of product people in made-up order; some carry one of four themes or
of a fifth that the codebook lacks, in a quarter of their words. Three things look like a theme and
are none: lines copied from page to page, the subject of one long thread, and the vocabulary of the
trade, which is everywhere.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmdiscourse.codebook import Codebook, Example, Theme

# The first four words of each theme are its seed terms.
THEMES = {
    "blame": """scapegoat accountable fault blamed outage postmortem escalation slipped deadline
        finger missed excuse fallout reprimand apology thankless""",
    "identity": """impostor misunderstood undefined title coordinator secretary translator ambiguous
        belonging outsider label explain renamed abolish hat generalist""",
    "school": """pedigree diploma alumni campus tuition classmates lecture admissions scholarship
        professor elite graduates brand resume filter gatekeeping""",
    "leadership": """director promotion micromanage backfill headcount delegate burnout ladder
        stepping regret reorg executives stuck overwhelmed lonely demoted""",
}
SHARES = {"blame": 0.08, "identity": 0.15, "school": 0.06, "leadership": 0.05}
FIFTH = """copilot prompts automation agents chatbot generative hallucinated embeddings tokens
    inference synthetic labelling guardrails obsolete replaced skeptical"""
FIFTH_SHARE = 0.08
COPIED = """subscribe newsletter inbox unsubscribe sponsor episode archive footer bookmark
    notifications browser cookies"""
CHATTY = """regatta mainsail harbor keel tiller spinnaker anchorage leeward mooring dinghy jib
    halyard"""
_SYLLABLES = ["ba", "do", "fi", "gu", "ka", "le", "mi", "nor", "pa", "ru", "sel", "tam", "vo", "zi"]
THEME_PART = 0.25  # of a passage's words
N_TRADE, N_THREADS = 600, 60


def trade_words() -> list[str]:
    """Return the invented vocabulary of the trade, the most frequent word first."""
    return [
        f"{a}{b}{c}" for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES if a != b != c
    ][::4][:N_TRADE]


def make_codebook(seed: int = 0, n_examples: int = 25) -> Codebook:
    """Return a codebook of the four themes, with examples that are not in the corpus."""
    rng = np.random.default_rng([seed, 1])
    themes = tuple(
        Theme(name, name.title(), f"About {name}.", (), (), tuple(words.split()[:4]), ())
        for name, words in THEMES.items()
    )
    examples = [
        Example(_write(rng, words.split()), frozenset({name}))
        for name, words in THEMES.items()
        for _ in range(n_examples)
    ]
    examples += [Example(_write(rng, []), frozenset()) for _ in range(4 * n_examples)]
    examples.sort(key=lambda example: example.text)
    return Codebook("1", "en", themes, {}, tuple(examples))


def make_passages(n: int = 2000, seed: int = 0, *, fifth: float = FIFTH_SHARE) -> pd.DataFrame:
    """Return n passages: text, thread and a column of booleans for each theme and look-alike.

    Parameters
    ----------
    n : int, default=2000
        Passages, in 60 threads of uneven length.
    seed : int, default=0
        Seed of the draws.
    fifth : float, default=.08
        Share of passages that carry the theme which the codebook lacks.
    """
    rng = np.random.default_rng(seed)
    chances = 1 / np.arange(2, N_THREADS + 2)
    threads = rng.choice(N_THREADS, n, p=chances / chances.sum())
    shares = {**SHARES, "fifth": fifth}
    carried = {name: rng.random(n) < share for name, share in shares.items()}
    # The subject of one thread is now and then touched upon in two others.
    chances_chatty = np.select([threads == 0, threads <= 2], [0.8, 0.1], 0.0)
    carried["chatty"] = rng.random(n) < chances_chatty
    carried["copied"] = rng.random(n) < 0.08
    words = {name: text.split() for name, text in THEMES.items()} | {"fifth": FIFTH.split()}
    words["chatty"] = CHATTY.split()
    texts = []
    for row in range(n):
        own = [word for name in words if carried[name][row] for word in words[name]]
        copied = f" {' '.join(COPIED.split())}" if carried["copied"][row] else ""
        texts.append(_write(rng, own) + copied)
    frame = pd.DataFrame({"text": texts, "thread": [f"t{thread:02d}" for thread in threads]})
    return frame.assign(**carried)


def _write(rng: np.random.Generator, own: list[str]) -> str:
    """Write a passage of 20 to 80 words, a quarter of them from a theme if it carries one."""
    length = int(rng.integers(20, 81))
    trade = trade_words()
    frequency = 1 / np.arange(3, len(trade) + 3)  # Zipf: few words make up most of the talk
    picked = list(rng.choice(trade, length, p=frequency / frequency.sum()))
    if own:
        weights = 1 / np.arange(2, len(own) + 2)[rng.permutation(len(own)).argsort()]
        n_own = max(2, round(THEME_PART * length))
        picked[:n_own] = rng.choice(own, n_own, p=weights / weights.sum())
    return " ".join(rng.permutation(picked))
