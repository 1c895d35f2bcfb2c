"""What a codebook still lacks by itself: empty fields, few examples, patterns that do not work."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from pmdiscourse.codebook import Codebook, Theme, load_codebook
from pmdiscourse.codebook_checks import fold
from pmdiscourse.measure.features import PatternView, SeedView
from pmdiscourse.measure.matching import PatternMatcher
from pmdiscourse.measure.shipped import known_themes
from pmdiscourse.measure.themes import FOLDS
from pmdiscourse.patterns import Pattern

TODO = "TODO"  # what the template of a new theme puts where a person has to write
SENSIBLE_EXAMPLES = 30  # below it, whole kinds of wording are missing from a bank
# A pattern that matches this share of the examples without any theme says nothing about one.
EVERYTHING = 0.5
# What is said of a pattern from fewer examples than this would be chance.
MIN_EXAMPLES = 5
TOO_FEW = "too few examples"
Hit = tuple[int, str, int, int, int]  # theme, view, number of seed term or pattern, start, end


@dataclass(frozen=True)
class Finding:
    """One row of `pmdiscourse.measure.lint.check_codebook`."""

    theme: str
    field: str
    entry: str
    finding: str
    what_to_do: str
    n_passages: int | None = None
    n_threads: int | None = None


def stops_a_run(codebook: Codebook) -> dict[str, str]:
    """Return the themes that no model can be fitted for yet, and why."""
    stopped = {}
    for name in codebook.names:
        n = sum(name in example.themes for example in codebook.examples)
        without = len(codebook.examples) - n
        if name not in known_themes(codebook) and min(n, without) < FOLDS:
            stopped[name] = f"{n} examples with it and {without} without it"
    return stopped


def count_examples(codebook: Codebook, hits: list[list[Hit]] | None = None) -> pd.DataFrame:
    """Return how the seed terms, patterns and examples of each theme go together.

    Parameters
    ----------
    codebook : Codebook
        The themes.
    hits : list of list of Hit or None, default=None
        From `find_hits` on the examples, if it was called before.

    Returns
    -------
    DataFrame
        One row per theme: theme, seeds, patterns, with and without (examples that carry the theme,
        and that do not), not_reached (examples with it in which no seed term and no pattern of it
        is found), pattern_without (examples without it that match a pattern of it).
    """
    if hits is None:
        hits = find_hits(codebook, [example.text for example in codebook.examples])
    rows = []
    for number, theme in enumerate(codebook.themes):
        views = [{hit[1] for hit in found if hit[0] == number} for found in hits]
        coded = [theme.name in example.themes for example in codebook.examples]
        with_it = [seen for seen, yes in zip(views, coded, strict=True) if yes]
        without = [seen for seen, yes in zip(views, coded, strict=True) if not yes]
        rows.append(
            {
                "theme": theme.name,
                "seeds": len(theme.seeds),
                "patterns": len(theme.patterns),
                "with": len(with_it),
                "without": len(without),
                "not_reached": sum(not seen for seen in with_it),
                "pattern_without": sum("pattern" in seen for seen in without),
            }
        )
    return pd.DataFrame(rows)


def find_hits(codebook: Codebook, texts: list[str]) -> list[list[Hit]]:
    """Return every seed term and pattern found in each text."""
    views = (SeedView(codebook), PatternView(codebook))
    return [
        [
            (theme, view.name, kind, start, end)
            for view in views
            for start, end, (theme, kind) in view.find_kinds(text)
        ]
        for text in texts
    ]


def check_fields(codebook: Codebook) -> Iterator[Finding]:
    """Ask for what is empty, or still as the template left it."""
    asked = {
        "definition": "Say in one or two sentences what a passage with this theme says.",
        "include": "Write what counts, one rule a line: coders and readers go by it.",
        "exclude": "Write what looks like the theme and does not count, one rule a line.",
        "seeds": "Write words and phrases that go with it: the topic model starts from them.",
        "patterns": "Write rows of words that show it; without, the examples alone teach it.",
    }
    for theme in codebook.themes:
        for field, what in asked.items():
            written = getattr(theme, field)
            lines = (written,) if isinstance(written, str) else written
            if not lines or any(line.lstrip().startswith(TODO) for line in lines):
                yield Finding(theme.name, field, "", "to be filled in", what)


def check_examples(codebook: Codebook, hits: list[list[Hit]]) -> Iterator[Finding]:
    """Tell themes with few examples, and those whose words are not in their examples."""
    stopped = stops_a_run(codebook)
    for row in count_examples(codebook, hits).to_dict("records"):
        theme, n, reached = str(row["theme"]), row["with"], row["with"] - row["not_reached"]
        if theme in stopped:
            what = f"There are {stopped[theme]}; {FOLDS} of each are needed, {SENSIBLE_EXAMPLES} "
            yield Finding(theme, "examples", "", TOO_FEW, f"{what}with it make sense.")
        elif n < SENSIBLE_EXAMPLES:
            what = f"There are {n} with it: write more, up to {SENSIBLE_EXAMPLES}, in other words."
            yield Finding(theme, "examples", "", TOO_FEW, what)
        if n >= MIN_EXAMPLES and 2 * reached < n:
            what = f"Only {reached} of {n} examples hold a seed term or pattern: add their words."
            yield Finding(theme, "examples", "", "not reached", what)


def check_shipped(codebook: Codebook) -> Iterator[Finding]:
    """Tell examples that change nothing, because their theme comes with weights learned before."""
    own = {
        (example.text, theme) for example in load_codebook().examples for theme in example.themes
    }
    for theme in known_themes(codebook):
        added = [
            example.text
            for example in codebook.examples
            if theme in example.themes and (example.text, theme) not in own
        ]
        if added:
            what = (
                f"{len(added)} examples were added, and the weights that come with the theme do "
                "not know them: edit its definition, rules, seeds or patterns too, and it is "
                "learned from its examples alone."
            )
            yield Finding(theme, "examples", "", "not used", what)


def check_two_themes(codebook: Codebook) -> Iterator[Finding]:
    """Tell seed terms that stand in the lists of two themes."""
    for theme, seed in _entries(codebook, "seeds"):
        others = [
            other.name
            for other in codebook.themes
            if other.name != theme.name and fold(seed) in map(fold, other.seeds)
        ]
        if others:
            what = f"It is a seed term of {' and '.join(others)} too: keep it where it says more."
            yield Finding(theme.name, "seeds", seed, "in two themes", what)


def check_patterns(codebook: Codebook, hits: list[list[Hit]]) -> Iterator[Finding]:
    """Tell patterns that match nothing, everything, or what is coded otherwise."""
    plain = [not example.themes for example in codebook.examples]
    matching = find_matching(
        {
            (number, kind): pattern
            for number, name in enumerate(codebook.names)
            for kind, pattern in enumerate(codebook.parsed_patterns(name))
        }
    )
    for number, theme in enumerate(codebook.themes):
        coded = [theme.name in example.themes for example in codebook.examples]
        for kind, pattern in enumerate(theme.patterns):
            seen = [
                i for i, f in enumerate(hits) if (number, "pattern", kind) in {h[:3] for h in f}
            ]
            n, n_with, n_plain = (
                len(seen),
                sum(coded[i] for i in seen),
                sum(plain[i] for i in seen),
            )
            finding = what = ""
            if (number, kind) not in matching:
                finding = "cannot match"
                what = "No text matches it. A full stop ends a sentence: leave it out of words."
            elif n_plain > max(MIN_EXAMPLES, EVERYTHING * sum(plain)):
                finding = "matches everything"
                what = f"{n_plain} of {sum(plain)} examples without a theme match: add a word."
            elif n >= MIN_EXAMPLES and 2 * n_with < n:
                finding = "against the coding"
                what = f"{n - n_with} of the {n} examples it matches are coded without the theme."
            if finding:
                yield Finding(theme.name, "patterns", pattern, finding, what)


def find_matching(patterns: Mapping[tuple[int, int], Pattern]) -> set[tuple[int, int]]:
    """Return the keys of the patterns that are found in the very words they are written of.

    Examples
    --------
    >>> from pmdiscourse.patterns import parse_pattern
    >>> texts = ("pm vs po", "pm vs. po")
    >>> find_matching({(0, n): parse_pattern(text, {}) for n, text in enumerate(texts)})
    {(0, 0)}
    """
    matcher = PatternMatcher(patterns)
    return {
        key
        for key, pattern in patterns.items()
        if any(found == key for text in _write_out(pattern) for _, _, found in matcher.find(text))
    }


def _write_out(pattern: Pattern) -> Iterator[str]:
    """Yield texts that a pattern should match; every word of it stands in one of them."""
    for sequence in pattern.sequences:
        elements = [element.words for element in sequence if not element.is_gap]
        for number in range(max(map(len, elements))):
            yield " ".join(words[number % len(words)].rstrip("*") for words in elements)


def _entries(codebook: Codebook, field: str) -> Iterator[tuple[Theme, str]]:
    return itertools.chain.from_iterable(
        ((theme, entry) for entry in getattr(theme, field)) for theme in codebook.themes
    )
