"""A lint for codebooks: what is still to be written, and which entries do not work."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.measure.lint_corpus import check_seeds
from pmdiscourse.measure.lint_entries import (
    check_examples,
    check_fields,
    check_patterns,
    check_shipped,
    check_two_themes,
    find_hits,
)


def check_codebook(
    codebook: Codebook | str | Path | None = None, passages: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what is worth a look in a codebook, by itself and against a corpus.

    Notebook 02 and ``pmdiscourse codebook check`` show this table; its columns are kept.

    Parameters
    ----------
    codebook : Codebook, str, Path or None, default=None
        A codebook or its folder; None is the one that comes with the package.
    passages : DataFrame or None, default=None
        Passages of a corpus with the columns thread_id and text, and source and language if there
        are any (the table ``passages``). Those in another language than the codebook's are left
        out. None leaves the corpus out.

    Returns
    -------
    DataFrame
        One row per finding, in the order of the codebook: theme, field (definition, include,
        exclude, seeds, patterns or examples), entry (the seed term or pattern, "" for the whole
        field), finding, n_passages and n_threads (passages with the seed term, and the threads
        they stand in; missing without a corpus), what_to_do. Findings are

        - "to be filled in": an empty field, or one that begins with TODO;
        - "too few examples": fewer than 5 with or without the theme, which the theme model cannot
          be fitted on, or fewer than 30 with it (which it can);
        - "in two themes": a seed term of another theme too;
        - "cannot match": a pattern that no text can match;
        - "matches everything": a pattern in half the examples that carry no theme;
        - "against the coding": a pattern that matches more examples without its theme than with
          it, of 5 or more;
        - "not used": examples that were added to a shipped theme whose entry is unchanged;
        - "not reached": over half of the examples with the theme hold none of its seed terms and
          match none of its patterns;
        - "absent", "rare", "ambiguous", "dominated": seed terms in the corpus, as in
          `pmdiscourse.measure.lint_corpus`.

    Raises
    ------
    DiscourseError
        If the codebook cannot be loaded, or passages lack a column.

    Examples
    --------
    >>> list(check_codebook().columns)[:4]
    ['theme', 'field', 'entry', 'finding']
    """
    if not isinstance(codebook, Codebook):
        codebook = load_codebook(codebook)
    hits = find_hits(codebook, [example.text for example in codebook.examples])
    found = [*check_fields(codebook), *check_two_themes(codebook), *check_shipped(codebook)]
    found += [*check_examples(codebook, hits), *check_patterns(codebook, hits)]
    if passages is not None:
        found += check_seeds(codebook, passages)
    fields = ("definition", "include", "exclude", "seeds", "patterns", "examples")
    found.sort(key=lambda row: (codebook.names.index(row.theme), fields.index(row.field)))
    columns = ["theme", "field", "entry", "finding", "n_passages", "n_threads", "what_to_do"]
    frame = pd.DataFrame([asdict(row) for row in found], columns=columns)
    return frame.astype({name: "Int64" if name.startswith("n_") else "str" for name in columns})
