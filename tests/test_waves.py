"""Waves of labels: a further draw extends the earlier ones, and the estimates use them all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmdiscourse.cli import main
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.label_tables import load_design, usable_labels
from pmdiscourse.measure.labels import draw_sample, record_draw
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.strata import rank_posts
from pmdiscourse.store import read_manifest, read_table
from pmdiscourse.tables import check_table
from test_labels import THEMES, by_text, edit, make_corpus
from test_prevalence import make_passages, make_scores

SAMPLE = Path(__file__).parent.parent / "data" / "raw" / "sample"
Tables = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def corpus() -> Tables:
    return make_corpus(2000)


def part(corpus: Tables, ids: pd.Series | np.ndarray) -> Tables:  # type: ignore[type-arg]
    """Return the passages with these ids and their scores."""
    passages, scores = (frame[frame["passage_id"].isin(ids)] for frame in corpus)
    return passages.reset_index(drop=True), scores.reset_index(drop=True)


def draw_twice(first: Tables, then: Tables, *, n: int = 200) -> list[pd.DataFrame]:
    """Draw two waves; return both designs and the frame after the second."""
    one = draw_sample(*first, n=n, random_state=1)
    frame = record_draw(*first, one)
    two = draw_sample(*then, n=n, random_state=1, earlier=frame)
    return [one, two, record_draw(*then, two, earlier=frame)]


def test_a_further_wave_grows_the_same_strata(corpus: Tables) -> None:
    one, two, frame = draw_twice(corpus, corpus)
    assert (len(one), len(two)) == (200, 200)
    assert not set(one["passage_id"]) & set(two["passage_id"]), "without replacement"
    assert set(two["wave"]) == {2}
    strata = one.set_index("stratum")["inclusion_probability"].to_dict()
    both = pd.concat([one, two])
    size = frame["stratum"].value_counts()
    for stratum, chance in two.groupby("stratum")["inclusion_probability"].first().items():
        drawn = (both["stratum"] == stratum).sum()
        assert chance == drawn / size[stratum] > strata[stratum]
    at_once = draw_sample(*corpus, n=400, random_state=1)["stratum"].value_counts()
    assert (both["stratum"].value_counts() - at_once).abs().max() <= 1, "as if drawn at once"
    assert set(frame.loc[frame["wave"] == 2, "passage_id"]) == set(two["passage_id"])
    assert (frame["first_wave"] == 1).all()


def test_what_came_since_makes_strata_of_its_own(corpus: Tables) -> None:
    corpus = corpus[0].assign(kind="essay"), corpus[1]
    ids = corpus[0]["passage_id"]
    for n_new, expected in ((60, ["w2-1"]), (500, [f"w2-{number}" for number in range(1, 6)])):
        one, two, frame = draw_twice(part(corpus, ids[n_new:]), corpus)
        came = frame["passage_id"].isin(ids[:n_new])
        assert sorted(frame.loc[came, "stratum"].unique()) == expected
        assert set(frame.loc[came, "first_wave"]) == {2}
        assert not frame.loc[~came, "stratum"].str.startswith("w2").any()
        assert frame.loc[came & (frame["wave"] == 2), "stratum"].value_counts().min() >= 5
        kept = frame.set_index("passage_id").loc[one["passage_id"], "stratum"]
        assert kept.tolist() == one["stratum"].tolist(), "earlier strata stay"
        assert set(two["stratum"]) <= set(frame["stratum"])


def test_what_went_leaves_the_rest_a_random_sample(corpus: Tables) -> None:
    left = part(corpus, corpus[0]["passage_id"][500:])
    one, two, frame = draw_twice(corpus, left)
    assert set(frame["passage_id"]) == set(left[0]["passage_id"])
    still = one[one["passage_id"].isin(frame["passage_id"])]
    size = frame["stratum"].value_counts()
    drawn = pd.concat([still, two])["stratum"].value_counts()
    chance = two.groupby("stratum")["inclusion_probability"].first()
    assert chance.to_dict() == (drawn / size)[chance.index].to_dict()


def test_what_comes_back_is_new(corpus: Tables) -> None:
    """It had no chance in the wave that it missed."""
    corpus = corpus[0].assign(kind="essay"), corpus[1]
    ids = corpus[0]["passage_id"]
    frame = draw_twice(corpus, part(corpus, ids[300:]))[2]
    three = draw_sample(*corpus, n=100, random_state=1, earlier=frame)
    assert set(three["wave"]) == {3}
    back = three[three["passage_id"].isin(ids[:300])]
    assert len(back) >= 5
    assert back["stratum"].str.startswith("w3-").all()


def test_every_passage_has_the_same_chance_over_two_waves(corpus: Tables) -> None:
    """Also where both waves get the same seed."""
    small = part(corpus, corpus[0]["passage_id"][:640])
    times = pd.Series(0, index=small[0]["passage_id"])
    pairs = 0
    n_draws = 60
    for seed in range(n_draws):
        one = draw_sample(*small, n=100, random_state=seed)
        frame = record_draw(*small, one)
        two = draw_sample(*small, n=100, random_state=seed, earlier=frame)
        times[one["passage_id"]] += 1
        times[two["passage_id"]] += 1
        pairs += len(one) + len(two)
    chance = two.groupby("stratum")["inclusion_probability"].first()
    strata = frame.set_index("passage_id")["stratum"]
    for stratum, share in chance.items():
        seen = times[strata.index[strata == stratum]] / n_draws
        error = np.sqrt(share * (1 - share) / n_draws)
        assert seen.mean() == pytest.approx(share)
        assert (abs(seen - share) <= 4.5 * error + 1e-9).all()
    assert pairs == n_draws * 200


def test_essays_and_comments_are_apart_where_both_are_many(corpus: Tables) -> None:
    passages, scores = corpus
    assert passages["kind"].value_counts().min() >= 600
    one, two, frame = draw_twice(corpus, corpus)
    for design in (one, two):
        kind = design["stratum"].str.split("-").str[0]
        assert kind.value_counts().to_dict() == {"essay": 100, "comment": 100}
        own = passages.set_index("passage_id")["kind"].reindex(design["passage_id"])
        assert own.tolist() == kind.tolist()
    assert frame["stratum"].nunique() == 10
    few = passages.assign(kind=np.where(np.arange(2000) < 599, "comment", "essay"))
    together = draw_sample(few, scores, n=200, random_state=1)
    assert sorted(together["stratum"].unique()) == list("12345")
    # New posts keep the kinds apart, so that each keeps half of the labels.
    then = part(corpus, passages["passage_id"][300:])
    three = draw_twice(then, corpus)[1]
    assert {"essay-w2-1", "comment-w2-1"} <= set(three["stratum"])
    assert three["stratum"].str.startswith("essay").sum() == pytest.approx(100, abs=15)


def test_estimates_take_the_labels_of_every_wave(corpus: Tables) -> None:
    passages, scores = corpus
    earlier = part(corpus, passages["passage_id"][400:])
    one, two, frame = draw_twice(earlier, corpus)
    labels = pd.concat([one, two]).merge(pd.DataFrame({"theme": THEMES}), how="cross")
    said = [
        by_text(p, t) == "1" for p, t in zip(labels["passage_id"], labels["theme"], strict=True)
    ]
    labels = labels.assign(coder="Ana", present=pd.array(said, dtype="boolean"))
    # The chance over both waves, as `label read` writes it.
    drawn = (frame["wave"] > 0).groupby(frame["stratum"]).mean()
    labels["inclusion_probability"] = labels["stratum"].map(drawn)
    table = estimate_prevalence(scores, labels, passages=passages, design=frame)
    rows = table.query("unit == 'passage'").set_index("theme")
    for theme in THEMES:
        true = np.mean([by_text(passage, theme) == "1" for passage in passages["passage_id"]])
        assert rows.loc[theme, "n_labels"] == len(one) + len(two)
        assert rows.loc[theme, "corpus_low"] < true < rows.loc[theme, "corpus_high"]


def test_posts_are_drawn_by_their_best_passage() -> None:
    passages = make_passages(2400)
    scores = make_scores(passages, np.arange(2400) < 60)
    posts = rank_posts(scores, passages)
    best = scores.merge(passages, on="passage_id").groupby("post_id")["score"].max()
    assert posts.set_index("passage_id")["score"].to_dict() == best.to_dict()
    design = draw_sample(passages, scores, n=100, random_state=0, unit="post")
    assert len(design) == 100
    assert set(design["passage_id"]) <= set(passages["post_id"])
    top = set(best.nlargest(16).index)
    drawn = design.loc[design["stratum"] == "1", "passage_id"]
    assert set(drawn) <= top
    every = record_draw(passages, scores, design, unit="post").assign(wave=1)
    with pytest.raises(DiscourseError, match="nothing is left to draw"):
        draw_sample(passages, scores, n=5, random_state=0, unit="post", earlier=every)


# From end to end: the sample in real processes, the rest in this one, which is quicker.


def command(*arguments: str | Path, status: int = 0) -> str:
    """Run a command in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pmdiscourse.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def call(*arguments: str | Path, status: int = 0) -> str:
    """Run a command in this process; return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        assert main([*map(str, arguments)]) == status
    return printed.getvalue()


def fill_wave(wave: Path, answer: Callable[[str, str], str] = by_text) -> None:
    """Fill every sheet of a wave that is there, also those that follow a first reading."""
    for path in [*wave.glob("sheet-*.csv"), *wave.glob("second-reading-*.csv")]:
        edit(
            path,
            lambda row: (
                row
                | {theme: answer(row["passage_id"].removeprefix("'"), theme) for theme in THEMES}
            ),
        )


WORDS = (
    *("roadmap", "launch", "backlog", "customer", "pricing", "churn", "engineer", "designer"),
    *("sales", "meeting", "quarter", "metric", "release", "support", "ticket", "founder"),
    *("manager", "promotion", "interview", "degree", "school", "director", "blame", "credit"),
    *("team", "budget", "deadline", "feature", "research", "survey", "prototype", "review"),
    *("lesson", "mistake", "trust", "plan", "user", "value", "story", "question", "answer"),
)


def write_posts(path: Path, *, n: int, seed: int) -> None:
    """Write invented essays of three paragraphs; no two are alike."""
    random = np.random.default_rng(seed)
    lines = []
    for number in range(n):
        paragraphs = [
            f"In week {random.integers(1, 53)} we talked about the "
            + ", the ".join(random.choice(WORDS, 9))
            + " and then we wrote down what the "
            + " and the ".join(random.choice(WORDS, 6))
            + " had to do with it."
            for _ in range(3)
        ]
        post = {
            "id": f"{path.stem}{number}",
            "title": f"Note {number}",
            "published_at": "2024-02-03",
        }
        lines.append(json.dumps(post | {"body": "\n\n".join(paragraphs)}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("name", "tell"), [("sample", command), ("invented", call)])
def test_two_waves_from_end_to_end(tmp_path: Path, name: str, tell: Callable[..., str]) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    if name == "sample":
        shutil.copytree(SAMPLE, raw)
    else:
        raw.mkdir()
        write_posts(raw / "first.jsonl", n=300, seed=1)
    tell("run", raw, "--out", out)
    printed = tell("label", "draw", out, "--n", "200", "--coders", "2")
    assert "(20%) stand in two sheets" in printed
    fill_wave(out / "labels" / "wave-1")
    assert "to be read again" in tell("label", "read", out)
    tell("run", raw, "--out", out)
    first = check_estimates(out)

    write_posts(raw / "second.jsonl", n=40, seed=2)
    assert "came after the draw" in tell("run", raw, "--out", out)
    assert read_manifest(out)["labels"]["n_late"] == 120
    printed = tell("label", "draw", out, "--n", "80", "--coders", "2", "--seed", "0")
    assert "120 passages came and are strata of their own" in printed
    assert "its sheets may hold labels" in tell("label", "draw", out, status=2)
    fill_wave(out / "labels" / "wave-2")
    tell("label", "read", out)
    fill_wave(out / "labels" / "wave-1")
    fill_wave(out / "labels" / "wave-2")
    printed = tell("label", "read", out)
    assert "to be read again" not in printed
    assert "to be decided" not in printed, "everybody says the same"
    tell("run", raw, "--out", out)
    assert check_estimates(out) > first
    told = read_manifest(out)["labels"]
    assert told["waves"] == [1, 2]
    assert (told["awaiting_second_reading"], told["awaiting_adjudication"]) == (0, 0)
    assert tell("verify", out).count("no ") == 0


def check_estimates(out: Path) -> int:
    """Check that the estimates hold the truth; return how many passages are labelled."""
    scores, passages = read_table(out, "scores"), read_table(out, "passages")
    found = usable_labels(out, scores, passages)
    assert found.labels is not None, found.told
    design, unit = load_design(out)
    assert unit == "passage"
    assert set(design["passage_id"]) == set(scores["passage_id"])
    by = found.labels.groupby(["wave", "stratum"])["inclusion_probability"].nunique()
    assert (by == 1).all()
    drawn = (design["wave"] > 0).groupby(design["stratum"]).mean()
    assert found.labels["inclusion_probability"].tolist() == pytest.approx(
        found.labels["stratum"].map(drawn).tolist()
    )
    frozen = design.set_index("passage_id")["score blame"]
    now = scores.query("theme == 'blame'").set_index("passage_id")["score"]
    assert frozen.to_dict() == now.to_dict(), "written without loss"
    table = check_table("prevalence", read_table(out, "prevalence"))
    rows = table.query("unit == 'passage' and by == 'all' and period == 'all'").set_index("theme")
    for theme in THEMES:
        true = np.mean([by_text(passage, theme) == "1" for passage in design["passage_id"]])
        # Four themes, two corpora, two runs: a wider span than 95 % keeps chance out of the test.
        low, high = rows.loc[theme, ["corpus_low", "corpus_high"]]
        width = high - low
        assert low - width / 2 <= true <= high + width / 2
    return int(found.labels["passage_id"].nunique())


def test_a_sheet_in_the_wrong_wave_is_named(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    shutil.copytree(SAMPLE, raw)
    call("run", raw, "--out", out)
    call("label", "draw", out, "--n", "100", "--coders", "2")
    first, second = (out / "labels" / f"wave-{number}" for number in (1, 2))
    fill_wave(first)
    call("label", "read", out)
    write_posts(raw / "second.jsonl", n=30, seed=2)
    call("run", raw, "--out", out)
    call("label", "draw", out, "--n", "50")
    kept = (second / "sheet-1.csv").read_bytes()
    shutil.copy(first / "sheet-1.csv", second / "sheet-1.csv")
    assert "belongs to wave-1/sheet-1.csv" in call("label", "read", out, status=2)
    (second / "sheet-1.csv").write_bytes(kept)
    shutil.copy(first / "sheet-1.csv", first / "sheet-2.csv")
    printed = call("label", "read", out, status=2)
    assert "row 3, column 'passage_id'" in printed
    assert "belongs to wave-1/sheet-1.csv" in printed


def test_posts_from_draw_to_estimate(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    write_posts(raw / "first.jsonl", n=150, seed=3)
    call("run", raw, "--out", out)
    call("label", "draw", out, "--n", "100", "--unit", "post")
    sheet = out / "labels" / "wave-1" / "sheet-1.csv"
    posts = read_table(out, "posts").set_index("post_id")["text"]
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            post = row["passage_id"].removeprefix("'")  # digits alone would become a number
            assert row["text"] == posts[post], "the whole post"
    fill_wave(sheet.parent)
    call("label", "read", out)
    assert "labels went into the estimates" in call("run", raw, "--out", out)
    told = read_manifest(out)["labels"]
    assert told["unit"] == "post"
    assert "the earlier waves" in call("label", "draw", out, status=2)
