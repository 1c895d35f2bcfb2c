"""Corpora that are hard to draw, from one essay to thousands of passages, and every figure of one.

A case is a dictionary of frames; `draw_all` draws whatever the notebooks draw of it and gives each
figure its alternative text and the frame behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from conftest import build_tables
from pmdiscourse.measure.coded import join_labels
from pmdiscourse.measure.evaluate import evaluate
from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.share_frames import plan_effort, split_correction
from pmdiscourse.measure.strata import assign_strata
from pmdiscourse.measure.validation import label_reliability
from pmdiscourse.present import plots
from pmdiscourse.present.frames import (
    count_by_place,
    count_by_thread,
    count_pairs,
    join_scores,
    select_shares,
)
from pmdiscourse.present.plots.essays import (
    describe_essays,
    describe_places,
    plot_essays,
    plot_places,
)
from pmdiscourse.present.source_essays import count_essays
from pmdiscourse.tables import check_table

Case = dict[str, pd.DataFrame]
THEMES = (
    "blame", "identity", "elite_education", "director_failure", "pay_and_promotion",
    "remote_work_and_meetings", "what_the_title_is_worth_elsewhere", "a_b",
)  # fmt: skip
LONG_NAMES = (
    "blame_for_late_launches_that_the_roadmap_never_had_any_room_for",
    "belonging_among_people_who_never_agree_on_what_this_job_is_about",
    "degrees_of_well_known_universities_as_the_entry_ticket_to_interviews",
    "steps_from_single_product_to_whole_portfolio_that_did_not_work_out",
    "steps_from_single_product_to_whole_portfolio_that_nobody_had_offered",
    "calendars_full_of_calls_across_nine_time_zones_and_two_holidays_a_week",
    "votes_of_quarterlyroadmapprioritisationcommittees_that_nobody_reads",
    "reorganisations_in_which_the_product_trio_becomes_a_duo_and_then_a_single_person_"
    "who_writes_the_tickets_answers_the_hotline_and_orders_lunch",
)  # fmt: skip
YEARS = range(2013, 2025)
WORDS = ("roadmap", "stakeholder management", "scapegoat", "the quarterly planning", "WWWWWWWWWWW")


def tiny() -> Case:
    """Return one essay without a tag, a label or a date."""
    tables = build_tables(essays=1, comments=0, silent="blame")
    scores = tables["scores"].assign(tagged=False)
    shares = [
        estimate_prevalence(scores, passages=tables["passages"], by=by) for by in (None, "kind")
    ]
    return tables | {"scores": scores, "prevalence": pd.concat(shares)}


def small() -> Case:
    """Return five essays and three comments, with a period each."""
    tables = build_tables()
    scores, passages = tables["scores"], tables["passages"]
    return tables | {"prevalence": _shares(scores, passages, None, None)}


def labelled() -> Case:
    """Return 21 essays of which two themes have labels."""
    themes = ("blame", "identity")
    tables = build_tables(essays=21, labelled=themes)
    truth = tables["scores"].pivot(index="passage_id", columns="theme", values="tagged")
    return _label(tables, truth, themes=themes, n=100)


def large() -> Case:
    """Return 3,000 passages of 40 threads, eight themes, twelve years and 600 labels."""
    return _invent(THEMES, n=3000, n_labels=600)


def long_names() -> Case:
    """Return eight themes whose names take 60 letters and more, one with a word of 40 letters."""
    case = _invent(LONG_NAMES, n=1000, n_labels=400)
    joined = join_scores(case["scores"], case["passages"]).query("kind == 'essay'")
    joined = joined[joined["thread_id"] < "thread03"]
    essays = joined.assign(
        essay=joined["thread_id"].str[-2:].astype(int) + 1,
        post=joined["post_id"],
        coded=(joined["score"] > 0.4).astype("boolean"),
    )
    return case | {"essays": essays}


def _invent(themes: tuple[str, ...], *, n: int, n_labels: int) -> Case:
    """Return so many passages of 40 threads and twelve years, the first theme the most frequent."""
    rng, per_post = np.random.default_rng(8), 5
    post = np.arange(n) // per_post
    n_posts = n // per_post
    thread = np.sort(np.append(rng.integers(0, 40, n_posts - 40), range(40)))
    kind = np.where(np.append(True, np.diff(thread) > 0), "essay", "comment")
    when = pd.to_datetime([f"{year}-05-0{1 + year % 7}" for year in YEARS], utc=True)
    date = when[np.arange(n_posts) % len(YEARS)]
    passages = pd.DataFrame(
        {
            "passage_id": [f"p{row:04d}" for row in range(n)],
            "post_id": [f"post{number}" for number in post],
            "thread_id": [f"thread{number:02d}" for number in thread[post]],
            "kind": kind[post], "source": "An invented board", "published_at": date[post],
            "language": "en", "position": np.arange(n) % per_post, "start": 0, "end": 9,
            "text": "Invented.", "n_words": 1,
        }
    )  # fmt: skip
    truth = pd.DataFrame(
        rng.random((n, len(themes))) < np.geomspace(0.3, 0.004, len(themes)),
        columns=list(themes), index=passages["passage_id"],
    )  # fmt: skip
    found = np.where(truth, rng.random(truth.shape) < 0.7, rng.random(truth.shape) < 0.03)
    score = np.clip(np.where(truth, 0.5, 0.05) + rng.normal(0, 0.15, truth.shape), 0, 1)
    scores = pd.concat(
        pd.DataFrame(
            {
                "passage_id": passages["passage_id"], "theme": theme, "score": score[:, place],
                "tagged": found[:, place], "evidence": [[] for _ in range(n)],
            }
        )
        for place, theme in enumerate(themes)
    )  # fmt: skip
    essays = pd.DataFrame({"thread_id": sorted(set(passages["thread_id"])), "kind": "essay"})
    numbers = range(1, 41)
    titles = [f"What the {k}th planning meeting taught me about our roadmap" for k in numbers]
    tables = {
        "posts": essays.assign(title=titles),
        "passages": check_table("passages", passages),
        "scores": check_table("scores", scores.reset_index(drop=True)),
    }
    return _label(tables, truth, themes=themes, n=n_labels)


CASES = {
    "tiny": tiny, "small": small, "labelled": labelled, "large": large, "long names": long_names,
}  # fmt: skip


def _label(tables: Case, truth: pd.DataFrame, *, themes: tuple[str, ...], n: int) -> Case:
    """Add labels that tell the truth, and what is estimated from them."""
    passages, scores = tables["passages"], tables["scores"]
    drawn = draw_sample(passages, scores, n=n, random_state=3)
    labels = pd.concat(
        [
            drawn.assign(theme=t, coder="a", present=truth.loc[drawn["passage_id"], t].to_numpy())
            for t in themes
        ],
        ignore_index=True,
    ).astype({"present": "boolean"})
    design = assign_strata(scores, kinds=passages.set_index("passage_id")["kind"]).reset_index()
    shares = _shares(scores, passages, labels, design)
    return tables | {"labels": labels, "design": design, "prevalence": shares}


def _shares(
    scores: pd.DataFrame, passages: pd.DataFrame, labels: pd.DataFrame | None,
    design: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """Estimate overall, by kind and by period."""
    parts = [
        estimate_prevalence(scores, labels, passages=passages, by=by, design=design)
        for by in (None, "kind", "period")
    ]
    return pd.concat(parts, ignore_index=True)


def _terms(themes: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return terms, verdicts and shares of words as a topic model gives them."""
    names = [*themes, "other 1 (roadmap, sprint, quarterly planning)"]
    rows = [
        {
            "topic": name, "kind": "other" if name.startswith("other") else "theme",
            "rank": rank + 1, "term": term, "weight": 0.3 / (rank + 1), "is_seed": rank % 2 == 0,
        }
        for name in names
        for rank, term in enumerate(WORDS)
    ]  # fmt: skip
    verdicts = pd.DataFrame({"theme": themes, "took": [k % 2 == 0 for k in range(len(themes))]})
    words = pd.DataFrame(
        {
            "topic": names, "kind": ["theme"] * len(themes) + ["other"],
            "share_of_words": 1 / len(names), "share_low": 0.5 / len(names),
            "share_high": np.minimum(1.4 / len(names), 1),
        }
    )  # fmt: skip
    return pd.DataFrame(rows), verdicts, words


class Drawn(NamedTuple):
    """One figure: its axes, its alternative text and the frames that both were made from."""

    name: str
    ax: Axes
    alt: str
    frames: list[pd.DataFrame]


def draw_all(case: Case) -> list[Drawn]:
    """Draw every figure that a case has the tables for."""
    drawn = [*_draw_shares(case), *_draw_places(case), *_draw_topics(case)]
    drawn += _draw_labels(case) if "labels" in case else []
    return drawn + list(_draw_essays(case["essays"])) if "essays" in case else drawn


def _draw_shares(case: Case) -> Iterator[Drawn]:
    shares = case["prevalence"]
    for unit in ("passage", "post"):
        ax = plots.plot_prevalence(shares, unit=unit)
        told = plots.describe_prevalence(shares, unit=unit)
        yield Drawn(f"prevalence {unit}", ax, told, [select_shares(shares, unit=unit)])
    told = plots.describe_groups(shares)
    yield Drawn("groups", plots.plot_groups(shares), told, [select_shares(shares, by="kind")])
    dated = shares[(shares["period"] != "all") & (shares["unit"] == "passage")]
    yield Drawn("trend", plots.plot_trend(shares), plots.describe_trend(shares), [dated])


def _draw_places(case: Case) -> Iterator[Drawn]:
    joined, posts = join_scores(case["scores"], case["passages"]), case["posts"]
    ax, told = plots.plot_threads(joined, posts=posts), plots.describe_threads(joined, posts=posts)
    yield Drawn("threads", ax, told, [count_by_thread(joined), count_by_thread(joined, most=9999)])
    for name, plot, describe, count in (
        ("pairs", plots.plot_cooccurrence, plots.describe_cooccurrence, count_pairs),
        ("places", plots.plot_dispersion, plots.describe_dispersion, count_by_place),
    ):
        yield Drawn(name, plot(joined), describe(joined), [count(joined)])


def _draw_topics(case: Case) -> Iterator[Drawn]:
    terms, verdicts, words = _terms(sorted(set(case["scores"]["theme"])))
    for kind in ("theme", "other"):
        ax = plots.plot_topics(terms, verdicts=verdicts, kind=kind)
        told = plots.describe_topics(terms, verdicts=verdicts, kind=kind)
        yield Drawn(f"topics {kind}", ax, told, [terms])
    told = plots.describe_topic_shares(words)
    yield Drawn("topic shares", plots.plot_topic_shares(words), told, [words])


def _draw_labels(case: Case) -> Iterator[Drawn]:
    scores, labels, shares = case["scores"], case["labels"], case["prevalence"]
    drawn = {"passages": case["passages"], "design": case["design"]}
    steps, effort = split_correction(scores, labels, **drawn), plan_effort(shares)
    ax = plots.plot_correction(steps, intervals=select_shares(shares))
    yield Drawn("correction", ax, plots.describe_correction(steps), [steps])
    yield Drawn("effort", plots.plot_effort(effort), plots.describe_effort(effort), [effort])
    quality = evaluate(scores, labels, **drawn, n_draws=50).query("n > 0")
    told = plots.describe_quality(quality, of="tags")
    yield Drawn("quality", plots.plot_quality(quality), told, [quality])
    bins = label_reliability(join_labels(scores, labels, **drawn))
    told = plots.describe_reliability(bins, of="scores")
    yield Drawn("reliability", plots.plot_reliability(bins), told, [bins])


def _draw_essays(essays: pd.DataFrame) -> Iterator[Drawn]:
    counts = count_essays(essays)
    yield Drawn("essays", plot_essays(essays), describe_essays(essays), [counts])
    ranks = pd.DataFrame({"rank": range(1, counts["n"].max() + 1)})
    told = describe_places(essays)
    yield Drawn("places in essays", plot_places(essays), told, [counts, ranks])
