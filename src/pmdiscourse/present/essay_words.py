"""What the notebook of the source essays says in words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pmdiscourse.codebook import load_codebook
from pmdiscourse.present.frames import load_run_codebook, records
from pmdiscourse.present.source_essays import SourceEssays, count_essays
from pmdiscourse.present.wording import join_words, label, percent, plural

_FEW = 10  # passages; with fewer, one of them moves a share by more than a tenth
_DIGITS = 16  # of a hash that is shown; the files hold all


def tell_essays(essays: SourceEssays) -> str:
    """Answer in one paragraph how often each theme appears.

    Parameters
    ----------
    essays : SourceEssays
        As from `load_source_essays`.
    """
    own = essays.rows[essays.rows["kind"] == "essay"]
    n_essays, n = own["essay"].nunique(), own["passage_id"].nunique()
    n_comments = essays.rows["passage_id"].nunique() - n
    told = []
    for row in records(count_essays(own, by="theme")):
        by_essay = own[own["theme"] == row["theme"]]
        column = "coded" if essays.coded else "tagged"
        n_with = by_essay.loc[by_essay[column].fillna(False), "essay"].nunique()
        share = percent(row[f"{column}_share"])
        beside = f"; the model tagged {row['n_tagged']}" if essays.coded else ""
        found = f"{label(row['theme'])} in {row[f'n_{column}']} of {n} passages ({share}{beside})"
        told.append(f"{found}, in {n_with} of {plural(n_essays, 'essay')}")
    who = "Coders found" if essays.coded else "The model tagged"
    return (
        f"The {plural(n_essays, 'essay')} hold {plural(n, 'passage')}, with "
        f"{plural(n_comments, 'passage')} of comments beside them. {who}: {'; '.join(told)}."
    )


def tell_other_codebook(directory: str | Path, essays: SourceEssays) -> str:
    """Say that the figures are not for the themes of a run, if its codebook is another one.

    Parameters
    ----------
    directory : str or Path
        Folder of the run; there may be none yet.
    essays : SourceEssays
        As from `load_source_essays`.

    Returns
    -------
    str
        One sentence; "" if the run's codebook is that of the figures or that of the package.

    Raises
    ------
    DiscourseError
        If the run's copy of its codebook is not usable.
    """
    codebook = load_run_codebook(directory)
    same = set(codebook.themes) == set(load_codebook().themes)
    if same or codebook.sha256 == essays.facts["codebook"]["sha256"]:
        return ""
    themes = [label(theme) for theme in essays.facts["themes"]]
    return (
        f"These figures are for the {plural(len(themes), 'theme')} of the package's codebook, "
        f"{join_words(themes)}; the posts of this report were read with another codebook, of "
        f"{plural(len(codebook.themes), 'theme')}."
    )


def tell_quality(essays: SourceEssays, mistakes: pd.DataFrame) -> str:
    """Say how far the model agrees with the coders, and whether the comparison is fair."""
    total = mistakes[["n_coded", "hits", "misses", "false_hits"]].sum()
    few = [label(row["theme"]) for row in records(mistakes) if row["note"]]
    counted = (
        f"Of {total['n_coded']} pairs of passage and theme that coders found, the model tagged "
        f"{total['hits']} and missed {total['misses']}; it tagged {total['false_hits']} more that "
        "coders did not find."
    )
    fair = (
        "The tags come from weights learned without a passage of these texts, so the model meets "
        "them for the first time."
        if essays.held_out
        else "The weights were learned from labels that include these very passages: the "
        "comparison flatters the model."
    )
    shown = f" Too few to say how good the tags are: {join_words(few)}." if few else ""
    return f"{counted} {fair}{shown}"


def tell_comments(rows: pd.DataFrame) -> str:
    """Say how much the comments can tell beside their essays."""
    under = rows[rows["kind"] == "comment"]
    n, n_essays = under["passage_id"].nunique(), under["essay"].nunique()
    if not n:
        return "There are no comments."
    few = "Too few to compare with essays. " if n < _FEW else ""
    return (
        f"{plural(n, 'passage')} of comments {'stands' if n == 1 else 'stand'} under "
        f"{plural(n_essays, 'essay')}. {few}One passage more or less moves the share of the "
        f"comments by {percent(1 / n)}."
    )


def tell_origin(essays: SourceEssays) -> pd.DataFrame:
    """Return what the figures were made from and with: item, value; hashes are cut.

    Parameters
    ----------
    essays : SourceEssays
        As from `load_source_essays`.
    """
    facts = essays.facts
    rows = [(f"file {name}, SHA-256", name_hash) for name, name_hash in essays.hashes.items()]
    rows += [
        (f"text {number}, SHA-256", entry["sha256"])
        for number, entry in enumerate(facts["inputs"], start=1)
    ]
    rows += [(f"{name}, SHA-256", h) for name, h in facts["model"]["weights_sha256"].items()]
    rows.append((f"codebook {facts['codebook']['version']}, SHA-256", facts["codebook"]["sha256"]))
    told = [(item, f"{value[:_DIGITS]}…") for item, value in rows]
    told += [(name, number) for name, number in facts["versions"].items()]
    labels = facts["labels"]
    if labels:
        matched = f"{labels['passages_coded']} of {facts['counts']['passages']}"
        told.append(("passages with coded labels", matched))
    return pd.DataFrame(told, columns=["item", "value"])
