"""Labels: which passages people should code, the sheets for it, and what the coders said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.measure.designs import (
    DESIGN_COLUMNS,
    check_design,
    find_drawn,
    read_design,
    themes_beside,
    write_design,
)
from pmdiscourse.measure.sampling import extend_frame, take
from pmdiscourse.measure.sheet_checks import read_sheet
from pmdiscourse.measure.sheets import write_codebook, write_sheet
from pmdiscourse.measure.strata import LABEL_COLUMNS, rank_posts
from pmdiscourse.tables import UNITS, check_table

# Words of the neighbouring passages that a sheet shows.
CONTEXT_WORDS = 40


def draw_sample(
    passages: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    n: int,
    random_state: int,
    unit: str = "passage",
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Draw the passages or posts that people should label.

    What is scored is cut into strata by its best rank over the themes (`assign_strata`), essays
    and comments apart where there are 600 or more of each; each stratum gives a simple random
    sample without replacement, of a size near proportional to the root of the stratum's, 5 at
    least. Essays and comments that are apart get half of the labels each. A corpus of 600 or
    fewer is drawn whole.

    A further wave extends earlier ones: it draws from what is left of the same strata, so that
    labels of all waves count together. What came since makes strata of its own, or one if fewer
    than 100 came.

    Parameters
    ----------
    passages : DataFrame
        Table ``passages``; it must hold every scored passage.
    scores : DataFrame
        Table ``scores``. Only what is scored can be drawn.
    n : int
        Passages or posts to draw; 1 or more. A corpus that is drawn whole has n such rows first,
        so labelling may stop after any row.
    random_state : int
        Seed, 0 or more.
    unit : {"passage", "post"}, default="passage"
        What is drawn and shown to the coder. A post's score is the best of its passages.
    earlier : DataFrame or None, default=None
        What earlier waves drew and left, as `record_draw` returns it; None for a first wave.

    Returns
    -------
    DataFrame
        passage_id (of a post: its post_id), wave (1, 2 ...), stratum, inclusion_probability
        (above 0 and up to 1, over all waves so far), a row for each one drawn, shuffled. It
        depends on the content of the tables, not on their order.

    Raises
    ------
    DiscourseError
        If a table is not usable, nothing is scored or left, a scored passage is unknown, n or
        random_state is out of range, or unit is another.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 5.5, for allocation by size and spread; the root
    stands for the spread that falls with the rank and costs at most 1.2 times the variance if the
    scores say nothing. Whole numbers by Webster's method of highest averages.
    """
    _check_draw(n, random_state, unit)
    wave = _next_wave(earlier)
    frame = extend_frame(scored_units(passages, scores, unit=unit), earlier=earlier, wave=wave)
    # Another stream for each wave: the same seed must not pick alike from what is left.
    random = np.random.default_rng(random_state if wave == 1 else [random_state, wave])
    return take(frame, n=n, random=random).assign(wave=wave)[list(DESIGN_COLUMNS)]


def record_draw(
    passages: pd.DataFrame,
    scores: pd.DataFrame,
    design: pd.DataFrame,
    *,
    unit: str = "passage",
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what a draw drew and what it left: for the next draw, and for the estimates.

    Parameters
    ----------
    passages, scores, unit, earlier
        What `draw_sample` was given.
    design : DataFrame
        What it returned.

    Returns
    -------
    DataFrame
        passage_id, stratum, wave (that drew it, 0 if none did), first_wave (whose draw could draw
        it first), for everything scored. It is ``earlier`` of the next `draw_sample` and
        ``design`` of `estimate_prevalence`.

    Raises
    ------
    DiscourseError
        As in `draw_sample`.
    """
    units = scored_units(passages, scores, unit=unit)
    frame = extend_frame(units, earlier=earlier, wave=_next_wave(earlier))
    drawn = frame["passage_id"].map(design.set_index("passage_id")["wave"])
    return frame.assign(wave=drawn.fillna(frame["wave"]).astype("int64"))


def scored_units(passages: pd.DataFrame, scores: pd.DataFrame, *, unit: str) -> pd.DataFrame:
    """Return the scores of what can be drawn.

    Returns
    -------
    DataFrame
        passage_id (of a post: its post_id), theme, score, tagged, thread_id, kind.

    Raises
    ------
    DiscourseError
        If a table is not usable, nothing is scored, or a scored passage is unknown.
    """
    passages, scores = check_table("passages", passages), check_table("scores", scores)
    if scores.empty:
        raise DiscourseError("no passage is scored, so none can be drawn; run with posts first")
    lost = sorted(set(scores["passage_id"]) - set(passages["passage_id"]))
    if lost:
        raise invalid(
            "scores",
            got=f"{len(lost)} scored passages that passages lacks, first {lost[0]}",
            allowed="scores of these passages",
            hint="Give the scores and the passages of the same run.",
        )
    if unit == "post":
        return rank_posts(scores, passages)
    context = passages[["passage_id", "thread_id", "kind"]]
    return scores.drop(columns="evidence").merge(context, on="passage_id")


def write_label_sheet(
    design: pd.DataFrame,
    passages: pd.DataFrame,
    path: str | Path,
    *,
    codebook: Codebook | None = None,
    coder: str = "coder-1",
    posts: pd.DataFrame | None = None,
) -> None:
    """Write a sheet to fill in with a spreadsheet, and what belongs to it beside it.

    ``NAME.csv`` has the columns passage_id, coder, before, text, after, one for each theme, and
    note; before and after are a little of the neighbouring passages. It shows neither score nor
    stratum. The coder writes 1 (present), 0 (absent) or ? (unsure) into each theme's cell.
    ``NAME-codebook.csv`` tells what the themes mean. ``NAME-design.csv`` is for
    `read_labels`, not for the coder.

    Parameters
    ----------
    design : DataFrame
        As from `draw_sample`.
    passages : DataFrame
        Table ``passages``; it must hold every drawn passage.
    path : str or Path
        File to write, ending in ``.csv``; an existing one is not overwritten.
    codebook : Codebook or None, default=None
        Gives the themes; None loads the one that comes with the package.
    coder : str, default="coder-1"
        Who will fill it in; may be changed in the sheet.
    posts : DataFrame or None, default=None
        Table ``posts``, for a sample of posts: their whole text with headings. None joins the
        passages of a post.

    Raises
    ------
    DiscourseError
        If the file exists, the design or passages are not usable, or a drawn passage is unknown.
    """
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise invalid("path of the label sheet", got=str(path), allowed="a name ending in .csv")
    if path.exists():
        raise DiscourseError(f"{path} exists and may hold labels; choose another name or move it")
    codebook = load_codebook() if codebook is None else codebook
    texts = drawn_texts(design, passages, posts=posts)
    write_design(path.with_name(f"{path.stem}-design.csv"), design, texts["text"])
    write_codebook(path.with_name(f"{path.stem}-codebook.csv"), codebook)
    write_sheet(path, texts, themes=codebook.names, coder=coder)


def read_labels(
    path: str | Path,
    *,
    design: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
) -> pd.DataFrame:
    """Read a filled label sheet and check every cell.

    Parameters
    ----------
    path : str or Path
        The sheet: CSV in UTF-8, cells set apart by commas, semicolons or tabs.
    design : DataFrame or None, default=None
        As from `draw_sample`; the texts are then not compared. None reads ``NAME-design.csv`` or
        ``design.csv`` beside the sheet.
    codebook : Codebook or None, default=None
        Gives the themes. None reads ``NAME-codebook.csv`` or ``codebook.csv`` beside the sheet, or
        loads the one that comes with the package if there is neither.

    Returns
    -------
    DataFrame
        passage_id, theme, coder, present (nullable boolean, missing where the coder was unsure),
        wave, stratum, inclusion_probability; by passage, theme and coder. A cell left empty is not
        labelled and has no row.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault: an id that was not drawn, a value other than 1, 0, ?
        or nothing, an edited text, no coder, a row twice; also for rows or columns that are
        missing, unknown columns, or a file that cannot be read.
    """
    path = Path(path)
    design = read_design(path) if design is None else design
    check_design(design)
    drawn = find_drawn(path, design, themes_beside(path) if codebook is None else codebook.names)
    return join_design(read_sheet(path, drawn), design)


def join_design(said: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Put wave, stratum and chance beside what coders said; by passage, theme and coder."""
    indexed = design.set_index(design["passage_id"].astype(str))
    for column in DESIGN_COLUMNS[1:]:
        said[column] = said["passage_id"].map(indexed[column])
    said = said.astype({"wave": "int64", "stratum": str, "inclusion_probability": "float64"})
    ordered = said.sort_values(["passage_id", "theme", "coder"], ignore_index=True)
    return ordered[list(LABEL_COLUMNS)]


def drawn_texts(
    design: pd.DataFrame, passages: pd.DataFrame, *, posts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what a coder sees of each drawn passage or post.

    Parameters
    ----------
    design : DataFrame
        As from `draw_sample`.
    passages : DataFrame
        Table ``passages``.
    posts : DataFrame or None, default=None
        Table ``posts``; None joins the passages of a drawn post.

    Returns
    -------
    DataFrame
        before, text, after, indexed by passage_id in the order of the design. Before and after are
        40 words at most of the neighbouring passages, "" for posts.

    Raises
    ------
    DiscourseError
        If a drawn passage or post is unknown.
    """
    check_design(design)
    passages = check_table("passages", passages)
    texts = _with_context(passages)
    if not design["passage_id"].isin(texts.index).any():
        texts = _whole_posts(passages, posts)
    lost = [passage for passage in design["passage_id"] if passage not in texts.index]
    if lost:
        raise invalid(
            "design",
            got=f"{len(lost)} drawn passages that passages lacks, first {lost[0]}",
            allowed="a sample of these passages",
        )
    return texts.reindex(design["passage_id"])


def _with_context(passages: pd.DataFrame) -> pd.DataFrame:
    """Put the end of the passage before and the start of the one after beside each passage."""
    ordered = passages.sort_values(["post_id", "position"])
    text = ordered.groupby("post_id")["text"]
    before = text.shift(1).fillna("").map(lambda t: _few_words(t, last=True))
    after = text.shift(-1).fillna("").map(lambda t: _few_words(t, last=False))
    seen = pd.DataFrame({"before": before, "text": ordered["text"], "after": after})
    return seen.set_index(ordered["passage_id"])


def _few_words(text: str, *, last: bool) -> str:
    words = text.split()
    if len(words) <= CONTEXT_WORDS:
        return text
    kept = words[-CONTEXT_WORDS:] if last else words[:CONTEXT_WORDS]
    return f"... {' '.join(kept)}" if last else f"{' '.join(kept)} ..."


def _whole_posts(passages: pd.DataFrame, posts: pd.DataFrame | None) -> pd.DataFrame:
    """Return the whole text of each post."""
    if posts is not None:
        text = check_table("posts", posts).set_index("post_id")["text"]
    else:
        ordered = passages.sort_values(["post_id", "position"])
        text = ordered.groupby("post_id")["text"].agg("\n\n".join)
    return pd.DataFrame({"before": "", "text": text, "after": ""})


def _next_wave(earlier: pd.DataFrame | None) -> int:
    return 1 if earlier is None else int(earlier[["wave", "first_wave"]].to_numpy().max()) + 1


def _check_draw(n: int, random_state: int, unit: str) -> None:
    if unit not in UNITS:
        raise unknown("unit", got=str(unit), known=UNITS)
    bounds: list[tuple[str, Any, int]] = [("n", n, 1), ("random_state", random_state, 0)]
    for name, value, least in bounds:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise invalid(name, got=value, allowed=f"a whole number, {least} or more")
