"""What rows of tables have to say in words: what is alike is said once, what differs row by row."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from pmdiscourse.present.frames import records
from pmdiscourse.present.wording import join_words, label

# A sentence ends with a stop before a capital or a figure: not in "e.g. this", not in "3.2%".
_END = re.compile(r"(?<=[.!?)])\s+(?=[A-Z0-9])")
# What figure, numbers and `tell_key` say of tagged shares, and the headline of unused labels.
_NO_ESTIMATE = "No estimate:"
_SAID = ("Tagged share:", "This is not the prevalence", "If the tagger finds", _NO_ESTIMATE)
_FIRST_DRAW = re.compile(r"Label [\d,]+ passages \(`pmdiscourse label draw")


def tell_notes(rows: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Split the notes of themes into what holds for all of them and what holds for one.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table, one a theme: theme and note.

    Returns
    -------
    tuple of (str, DataFrame)
        The sentences that all notes have, and a frame of theme and remark with the others; a
        theme without a sentence of its own has no row. What the figure of the shares tells
        already is left out.

    Examples
    --------
    >>> rows = pd.DataFrame({"theme": ["blame", "identity"],
    ...                      "note": ["12 labels. Few threads.", "9 labels. Few threads."]})
    >>> common, own = tell_notes(rows)
    >>> common, own.values.tolist()
    ('Few threads.', [['blame', '12 labels.'], ['identity', '9 labels.']])
    """
    notes = {str(row["theme"]): str(row["note"]) for row in records(rows)}
    alike, own = split_notes(notes)
    table = [(theme, " ".join(sentences)) for theme, sentences in own.items() if sentences]
    return " ".join(alike), pd.DataFrame(table, columns=["theme", "remark"], dtype="str")


def split_notes(notes: Mapping[str, str]) -> tuple[list[str], dict[str, list[str]]]:
    """Set apart the sentences that all notes have from those of each.

    Parameters
    ----------
    notes : mapping of str to str
        Note of the prevalence table by theme.

    Returns
    -------
    tuple of (list of str, dict of str to list of str)
        Sentences that every note has; the others by theme. What figure and numbers tell already
        is left out, and so is why labels that are there are not used: the headline says it.

    Examples
    --------
    >>> split_notes({"a": "Few threads. Rare.", "b": "Few threads."})
    (['Few threads.'], {'a': ['Rare.'], 'b': []})
    """
    said = {theme: _split(note) for theme, note in notes.items()}
    first = next(iter(said.values()), [])
    alike = [one for one in first if all(one in told for told in said.values())]
    own = {theme: [one for one in told if one not in alike] for theme, told in said.items()}
    return alike, own


def _split(note: str) -> list[str]:
    """Return the sentences of a note; labels that give no estimate make no first draw due."""
    sentences = [one for one in dict.fromkeys(_END.split(note.strip())) if one]
    if any(one.startswith(_NO_ESTIMATE) for one in sentences):
        sentences = [one for one in sentences if not _FIRST_DRAW.match(one)]
    return [one for one in sentences if not one.startswith(_SAID)]


def join_remarks(own: pd.DataFrame) -> pd.DataFrame:
    """Give themes with the same remark one row.

    Parameters
    ----------
    own : DataFrame
        theme and remark, as from `tell_notes`.

    Returns
    -------
    DataFrame
        themes (in words) and remark, in the order of `own`.

    Examples
    --------
    >>> own = pd.DataFrame({"theme": ["blame", "pay_gap"], "remark": ["Few labels."] * 2})
    >>> join_remarks(own).values.tolist()
    [['blame and pay gap', 'Few labels.']]
    """
    names: dict[str, list[str]] = {}
    for row in records(own):
        names.setdefault(str(row["remark"]), []).append(label(str(row["theme"])))
    rows = [(join_words(themes), remark) for remark, themes in names.items()]
    return pd.DataFrame(rows, columns=["themes", "remark"], dtype="str")


def word_notes(rows: pd.DataFrame) -> list[str]:
    """Say what the notes of themes add to figure and numbers.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prevalence table, one a theme: theme and note.

    Returns
    -------
    list of str
        What holds for all themes; then the remarks on single ones, those alike together.

    Examples
    --------
    >>> rows = pd.DataFrame({"theme": ["blame", "identity"],
    ...                      "note": ["12 labels. Few threads.", "9 labels. Few threads."]})
    >>> word_notes(rows)
    ['Few threads.', 'Blame: 12 labels.', 'Identity: 9 labels.']
    """
    common, own = tell_notes(rows)
    remarks = [(str(row["themes"]), row["remark"]) for row in records(join_remarks(own))]
    told = [f"{themes[:1].upper()}{themes[1:]}: {remark}" for themes, remark in remarks]
    return ([common] if common else []) + told


def tell_untested(frame: pd.DataFrame) -> list[str]:
    """Say which differences or trends were not tested and why, each reason once.

    Parameters
    ----------
    frame : DataFrame
        As from `compare_groups` or `estimate_trend`: theme, difference and note.

    Returns
    -------
    list of str
        A sentence a reason; empty if every difference was tested.

    Examples
    --------
    >>> tell_untested(pd.DataFrame({"theme": ["blame", "pay_gap"], "difference": None,
    ...                             "note": "Too few threads."}))
    ['Not tested: blame and pay gap. Too few threads.']
    """
    themes: dict[str, list[str]] = {}
    for row in records(frame[frame["difference"].isna()]):
        names = themes.setdefault(str(row["note"]), [])
        names += [name for name in [label(str(row["theme"]))] if name not in names]
    return [f"Not tested: {join_words(names)}. {note}" for note, names in themes.items()]
