"""What the notebook of the themes says in words, also where there is nothing to draw."""

from __future__ import annotations

import pandas as pd

from pmdiscourse.codebook import Codebook
from pmdiscourse.present.wording import join_words, label, plural

NO_THREADS = "No passage of these threads is tagged, so there is nothing to draw by thread."
NO_SHARES = "No topic has a share of the words: there are too few passages."
_NO_TERMS = {
    "theme": "No term goes with the topic of a theme; the table says why.",
    "other": "No residual topic has terms that stand together more often than chance would put "
    "them.",
}
_LEFT_OUT = {
    "theme": "The terms were left out of this report: they are words of the posts.",
    "other": "The figures of these topics were left out of this report: their names and terms are "
    "words of the posts.",
}


def tell_tags(codebook: Codebook, joined: pd.DataFrame) -> str:
    """Answer in one paragraph how many passages were tagged with each theme.

    Parameters
    ----------
    codebook : Codebook
        Codebook of the run.
    joined : DataFrame
        Scores joined with passages (`pmdiscourse.present.frames.join_scores`).

    Returns
    -------
    str
        A few sentences; themes in the order of the codebook.
    """
    tagged = joined[joined["tagged"]]
    sizes, per_passage = tagged["theme"].value_counts(), tagged["passage_id"].value_counts()
    told = [f"{label(name)} {int(sizes.get(name, 0)):,}" for name in codebook.names]
    n_threads = plural(joined["thread_id"].nunique(), "thread")
    return (
        f"The model looked for {plural(len(codebook.themes), 'theme')} in "
        f"{plural(joined['passage_id'].nunique(), 'passage')} and tagged "
        f"{plural(len(per_passage), 'passage')}, {int((per_passage > 1).sum()):,} with more than "
        f"one theme: {join_words(told)}. The tags stand in {tagged['thread_id'].nunique():,} of "
        f"{n_threads}. They are the model's word, not people's."
    )


def list_themes(codebook: Codebook, joined: pd.DataFrame) -> pd.DataFrame:
    """List the themes of a codebook: theme (title), definition, seed_terms and tagged_passages.

    Parameters
    ----------
    codebook : Codebook
        Codebook of the run.
    joined : DataFrame
        Scores; theme and tagged are used.
    """
    sizes = joined.loc[joined["tagged"], "theme"].value_counts()
    rows = [
        (theme.title, theme.definition, len(theme.seeds), int(sizes.get(theme.name, 0)))
        for theme in codebook.themes
    ]
    return pd.DataFrame(rows, columns=["theme", "definition", "seed_terms", "tagged_passages"])


def count_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Count the findings of a check of the codebook: theme, finding, n and entries (as text).

    Parameters
    ----------
    findings : DataFrame
        As from `pmdiscourse.measure.lint.check_codebook`; an entry is empty where the finding is
        about the examples as a whole.
    """
    entries = findings.groupby(["theme", "finding"], sort=False)["entry"]
    counted = entries.agg(n="size", entries=", ".join).reset_index()
    return counted.assign(entries=counted["entries"].replace("", "the examples as a whole"))


def tell_no_pairs(pairs: pd.DataFrame) -> str:
    """Say why no pairs of themes are drawn.

    >>> tell_no_pairs(pd.DataFrame())
    'The codebook has one theme, and a pair needs two.'
    """
    if pairs.empty:
        return "The codebook has one theme, and a pair needs two."
    return "No passage is tagged with two themes; by chance, too, there could be none."


def tell_no_places(places: pd.DataFrame) -> str:
    """Say why the fifths of the posts are not drawn.

    Parameters
    ----------
    places : DataFrame
        As from `pmdiscourse.present.frames.count_by_place`.
    """
    if not places["n"].sum():
        return "No post has five passages or more, so there are no fifths to compare."
    return "No passage is tagged in the posts of five passages or more."


def tell_no_terms(kind: str, *, show_quotes: bool) -> str:
    """Say why no terms are drawn.

    Parameters
    ----------
    kind : {"theme", "other"}
        Topics of the codebook's themes, or the residual topics.
    show_quotes : bool
        Whether the report shows words of the posts.

    Examples
    --------
    >>> tell_no_terms("theme", show_quotes=False)
    'The terms were left out of this report: they are words of the posts.'
    """
    return _NO_TERMS[kind] if show_quotes else _LEFT_OUT[kind]


def tell_proposals(n: int, *, show_quotes: bool) -> str:
    """Say how many residual topics are proposed as themes.

    Parameters
    ----------
    n : int
        Proposals, 0 or more.
    show_quotes : bool
        Whether the report shows words of the posts.

    Examples
    --------
    >>> tell_proposals(0, show_quotes=False), tell_proposals(2, show_quotes=True)
    ('No residual topic is proposed as a theme.', '2 residual topics are proposed as themes.')
    """
    if not n:
        return "No residual topic is proposed as a theme."
    told = f"{plural(n, 'residual topic')} {'is' if n == 1 else 'are'} proposed as "
    told += "a theme." if n == 1 else "themes."
    left_out = "The terms and passages were left out of this report: they are words of the posts."
    return told if show_quotes else f"{told} {left_out}"
