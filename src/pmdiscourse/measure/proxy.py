"""Scores of another tagger, so that it stands in for the theme model in the estimates.

Any scores may: the codes of a language model, the probabilities of a supervised classifier. The
estimate stays valid, because the labels put right what the scores get wrong; better scores only
make its interval shorter. Two things must hold.

- **The draw stays.** Strata and inclusion probabilities are those of the draw, whatever scores it
  was made with. The new score enters as the proxy alone (g in the formulas of
  `pmdiscourse.measure.ppi`).
- **The tagger has not seen the labels.** Scores learned from them (or codes of a model that was
  shown them as examples) look better on labelled passages than elsewhere, and the interval then is
  too short. Scores of cross-fitting are fine: each label left out of what scored its passage.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.tables import check_table, require_columns

COLUMNS = ("passage_id", "theme", "score")
# A code of 1 is a tag; a probability is one from even odds on.
TAGGED_FROM = 0.5
_SHOWN_FAULTS = 10
_FIRST_ROW = 2  # as a spreadsheet counts: the header is row 1


def read_proxy(path: str | Path) -> pd.DataFrame:
    """Read the scores of another tagger.

    Parameters
    ----------
    path : str or Path
        CSV in UTF-8 with the columns passage_id, theme and score, in any order, set apart by
        commas, semicolons or tabs; further columns are passed over. A score is a number from 0 to
        1 with a decimal point, e.g. 0 and 1 for codes.

    Returns
    -------
    DataFrame
        passage_id, theme, score, in the order of the file; row r of the file has the index r - 2.

    Raises
    ------
    DiscourseError
        If the file cannot be read, is not UTF-8, lacks a column or has no row; naming row and
        column of each cell that is no score or empty, and of each passage and theme that stand
        there twice.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DiscourseError(
            f"proxy {path.name}, row {line}: not UTF-8 ({error.reason}); save it again as 'CSV "
            "UTF-8' (Excel) or with the character set Unicode (UTF-8) (LibreOffice)"
        ) from error
    except OSError as error:
        raise DiscourseError(
            f"proxy {path} cannot be read: {error.strerror or error}; give a CSV file with the "
            f"columns {', '.join(COLUMNS)}"
        ) from error
    delimiter = max(",;\t", key="".join(text.splitlines()[:1]).count)
    try:
        with warnings.catch_warnings():
            # pandas only warns of cells beyond the header, which may be decimal commas
            warnings.simplefilter("error", pd.errors.ParserWarning)
            rows = pd.read_csv(
                io.StringIO(text), sep=delimiter, dtype=str, keep_default_na=False,
                index_col=False, skip_blank_lines=False,
            )  # fmt: skip
    except (ValueError, pd.errors.ParserWarning) as error:
        raise DiscourseError(f"proxy {path.name} cannot be read as CSV: {error}") from error
    rows.columns = rows.columns.str.strip()
    require_columns(f"proxy {path.name}", rows, COLUMNS)
    rows = rows[list(COLUMNS)].apply(lambda column: column.str.strip())
    return check_proxy(rows[rows.ne("").any(axis="columns")], name=path.name)


def check_proxy(proxy: pd.DataFrame, *, name: str = "scores") -> pd.DataFrame:
    """Check scores of another tagger by themselves.

    Parameters
    ----------
    proxy : DataFrame
        passage_id, theme, score; the index counts from the first row.
    name : str, default="scores"
        What to call them in an error.

    Returns
    -------
    DataFrame
        passage_id (str), theme (str), score (float), with the same index.

    Raises
    ------
    DiscourseError
        As in `read_proxy`.
    """
    require_columns(f"proxy {name}", proxy, COLUMNS)
    if proxy.empty:
        raise DiscourseError(f"proxy {name} holds no score; it needs one for every passage")
    faults = list(_faults(proxy))
    if faults:
        more = len(faults) - _SHOWN_FAULTS
        listed = faults[:_SHOWN_FAULTS] + ([f"and {more:,} more"] if more > 0 else [])
        raise DiscourseError(f"proxy {name} is not usable:\n  " + "\n  ".join(listed))
    checked = proxy[list(COLUMNS)].assign(score=pd.to_numeric(proxy["score"]).astype(float))
    return checked.astype({"passage_id": str, "theme": str})


def _faults(proxy: pd.DataFrame) -> Iterator[str]:
    """Name row and column of each fault."""
    for column in COLUMNS[:2]:
        for row in proxy.index[proxy[column].isna() | proxy[column].eq("")]:
            yield f"row {row + _FIRST_ROW}, column {column!r}: empty"
    scores = pd.to_numeric(proxy["score"], errors="coerce")
    for row, got in proxy.loc[~scores.between(0, 1), "score"].items():
        yield (
            f"row {int(str(row)) + _FIRST_ROW}, column 'score': got {str(got)[:40]!r}, allowed is "
            "a number from 0 to 1 with a decimal point"
        )
    first = dict[tuple[str, str], int]()
    repeated = proxy[proxy.duplicated(["passage_id", "theme"], keep=False)]
    for row, passage, theme in zip(
        repeated.index, repeated["passage_id"], repeated["theme"], strict=True
    ):
        before = first.setdefault((passage, theme), row)
        if before != row:
            yield (
                f"row {row + _FIRST_ROW}, column 'passage_id': {passage} stands in row "
                f"{before + _FIRST_ROW} too, for theme {theme!r}"
            )


def use_proxy(
    scores: pd.DataFrame, proxy: pd.DataFrame, *, passages: pd.DataFrame, name: str = "scores"
) -> pd.DataFrame:
    """Put the scores of another tagger in the place of the model's.

    Parameters
    ----------
    scores : DataFrame
        Table ``scores`` of the theme model.
    proxy : DataFrame
        passage_id, theme, score, as from `read_proxy`: for each of its themes a score for every
        scored passage. Themes that it does not hold keep the model's scores. Passages in another
        language than the codebook's may stand in it and are left out, as the model leaves them.
    passages : DataFrame
        Table ``passages``.
    name : str, default="scores"
        What to call the proxy in an error.

    Returns
    -------
    DataFrame
        Table ``scores`` for `estimate_prevalence`; the rows of the proxy's themes are tagged from
        a score of 0.5 on and have no evidence. Give the design of the draw with them: strata are
        never made from a proxy.

    Raises
    ------
    DiscourseError
        As in `read_proxy`; also for a theme or passage that the run does not have, or a passage
        without a score.

    Examples
    --------
    >>> from pmdiscourse.tables import empty_table
    >>> use_proxy(empty_table("scores"), pd.DataFrame(
    ...     {"passage_id": ["p1"], "theme": ["blame"], "score": [1]}),
    ...     passages=empty_table("passages"))
    Traceback (most recent call last):
    ...
    pmdiscourse.errors.DiscourseError: proxy scores, row 2, column 'theme' is not usable: got \
'blame', allowed is a theme of the run (none).
    """
    scores = check_table("scores", scores)
    proxy = check_proxy(proxy, name=name)
    _check_known(proxy, scores, passages, name)
    themes = list(dict.fromkeys(proxy["theme"]))
    ours = scores[scores["theme"].isin(themes)]
    keys = ["passage_id", "theme"]
    joined = ours[keys].merge(proxy, on=keys, how="left", validate="one_to_one")
    missing = joined[joined["score"].isna()]
    if len(missing):
        first = missing.iloc[0]
        raise invalid(
            f"proxy {name}",
            got=f"no score for {len(missing)} of {len(ours)} passages and themes, first "
            f"{first['passage_id']}",
            allowed=f"a score for every passage of theme {first['theme']}",
            hint="If posts are new, run once without the proxy, score the passages of that run, "
            "then run with it.",
        )
    joined["tagged"] = joined["score"] >= TAGGED_FROM
    joined["evidence"] = pd.Series([[] for _ in range(len(joined))], dtype=object)
    others = scores[~scores["theme"].isin(themes)]
    return check_table("scores", pd.concat([others, joined], ignore_index=True))


def _check_known(
    proxy: pd.DataFrame, scores: pd.DataFrame, passages: pd.DataFrame, name: str
) -> None:
    """Refuse themes and passages that the run does not have."""
    known = {"theme": set(scores["theme"]), "passage_id": set(passages["passage_id"])}
    allowed = {
        "theme": f"a theme of the run ({', '.join(sorted(known['theme'])) or 'none'})",
        "passage_id": "a passage of the run",
    }
    for column, values in known.items():
        strange = proxy.loc[~proxy[column].isin(values), column]
        if len(strange):
            more = f" (and {len(strange) - 1:,} more rows)" if len(strange) > 1 else ""
            raise invalid(
                f"proxy {name}, row {strange.index[0] + _FIRST_ROW}, column {column!r}{more}",
                got=strange.iloc[0],
                allowed=allowed[column],
                hint="" if column == "theme" else "Take the ids from the passages of this run.",
            )
