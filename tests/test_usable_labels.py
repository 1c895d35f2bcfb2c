"""What a run does with labels that no longer fit: changed posts, other themes, what came back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.agreement import agreement
from pmdiscourse.measure.evaluate import evaluate
from pmdiscourse.measure.label_tables import of_frame
from pmdiscourse.measure.labels import draw_sample, record_draw
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.run_estimates import estimate_tables
from pmdiscourse.store import read_manifest, read_table
from test_evaluate import build_drawable
from test_waves import call, fill_wave, write_posts

Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def test_labels_of_posts_whose_text_changed_do_not_count(tmp_path: Path) -> None:
    """An id outlives an edit; what a coder said of the old text says nothing of the new one."""
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    file = raw / "first.jsonl"
    write_posts(file, n=120, seed=3)
    posts = [json.loads(line) | {"site": "forum.example"} for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(post) + "\n" for post in posts))
    call("run", raw, "--out", out)
    call("label", "draw", out, "--n", "120", "--unit", "post")
    fill_wave(out / "labels" / "wave-1")
    call("label", "read", out)
    call("run", raw, "--out", out)
    before = read_manifest(out)["labels"]
    assert (before["used"], before["n_gone"]) == (True, 0)
    for post in posts[:5]:
        post["body"] += " We closed the ticket without a word and went home for the winter."
    file.write_text("".join(json.dumps(post) + "\n" for post in posts))
    call("run", raw, "--out", out)
    told = read_manifest(out)["labels"]
    assert told["n_gone"] == 5
    rows = read_table(out, "prevalence").query("unit == 'post' and by == 'all' and period == 'all'")
    assert rows["n_labels"].tolist() == [115] * len(rows)


def make_labels(truth: pd.DataFrame, design: pd.DataFrame, *, coder: str) -> pd.DataFrame:
    return design.merge(truth, on="passage_id").assign(coder=coder)


def write_labels(out: Path, labels: pd.DataFrame, frame: pd.DataFrame) -> Path:
    wave = out / "labels" / f"wave-{labels['wave'].max()}"
    wave.mkdir(parents=True)
    (wave / "draw.json").write_text('{"unit": "passage"}', encoding="utf-8")
    frame.to_csv(wave / "strata.csv", index=False)
    labels.to_csv(out / "labels" / "labels.csv", index=False)
    return out


@pytest.fixture(scope="module")
def drawn() -> Frames:
    scores, truth, passages = build_drawable(900, 0.7)
    both = pd.concat([scores, scores.assign(theme="identity")], ignore_index=True)
    truths = pd.concat([truth, truth.assign(theme="identity")], ignore_index=True)
    return both, truths, passages


def draw(frames: Frames, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores, _, passages = frames
    design = draw_sample(passages, scores, **options)  # type: ignore[arg-type]
    frame = record_draw(passages, scores, design, earlier=options.get("earlier"))  # type: ignore[arg-type]
    return design, frame


def test_labels_of_a_theme_that_went_are_left_out_and_told(tmp_path: Path, drawn: Frames) -> None:
    scores, truth, passages = drawn
    design, frame = draw(drawn, n=200, random_state=1)
    out = write_labels(tmp_path, make_labels(truth, design, coder="Ana"), frame)
    left = scores[scores["theme"] == "blame"].reset_index(drop=True)
    found = estimate_tables(out, left, passages)
    assert found.labels["used"]
    assert found.labels["other_themes"] == ["identity"]
    assert found.labels["n_labels"] == 200
    rows = found.prevalence.query("unit == 'passage' and by == 'all' and period == 'all'")
    assert rows["estimate"].notna().all()


def test_what_went_for_a_wave_and_came_back_does_not_spoil_the_other_labels(
    tmp_path: Path, drawn: Frames
) -> None:
    scores, truth, passages = drawn
    first, frame = draw(drawn, n=200, random_state=1)
    gone = set(first["passage_id"].sample(20, random_state=1))
    away = (
        scores[~scores["passage_id"].isin(gone)].reset_index(drop=True),
        truth,
        passages[~passages["passage_id"].isin(gone)].reset_index(drop=True),
    )
    second, frame = draw(away, n=40, random_state=2, earlier=frame)
    third, frame = draw(drawn, n=40, random_state=3, earlier=frame)
    waves = [
        make_labels(truth, one, coder=f"coder {n}") for n, one in enumerate((first, second, third))
    ]
    labels = pd.concat(waves, ignore_index=True)
    back = labels["passage_id"].isin(gone) & labels["wave"].eq(1)
    assert of_frame(labels, frame).eq(~back).all()
    chance = (frame["wave"] > 0).groupby(frame["stratum"]).mean()
    labels["inclusion_probability"] = labels["stratum"].map(chance).fillna(0.5)
    found = estimate_tables(write_labels(tmp_path, labels, frame), scores, passages)
    assert found.labels["used"], found.labels
    again = set(third["passage_id"]) & gone
    assert found.labels["n_gone"] == len(gone - again)
    assert found.labels["n_labels"] == 2 * (280 - len(gone))


def test_a_check_that_fails_is_told_and_ends_no_run(tmp_path: Path, drawn: Frames) -> None:
    scores, truth, passages = drawn
    kept = scores["passage_id"].isin(passages["passage_id"].iloc[:880])
    early = (scores[kept].reset_index(drop=True), truth, passages.iloc[:880])
    design, frame = draw(early, n=200, random_state=1)
    labels = make_labels(truth, design, coder="Ana")
    labels.loc[labels.index[:2], "inclusion_probability"] = [0.5, 0.6]  # of one passage
    found = estimate_tables(write_labels(tmp_path, labels, frame), scores, passages)
    assert not found.labels["used"]
    assert "several" in found.labels["reason"]
    assert found.prevalence["estimate"].isna().all()


@pytest.mark.parametrize("wrong", ["1", "yes", -1.0, 2])
def test_what_coders_may_say_is_checked(drawn: Frames, wrong: object) -> None:
    scores, truth, passages = drawn
    design, frame = draw(drawn, n=200, random_state=1)
    labels = make_labels(truth, design, coder="Ana").astype({"present": object})
    labels.loc[labels.index[7], "present"] = wrong
    for call_it in (
        lambda: estimate_prevalence(scores, labels, passages=passages, design=frame),
        lambda: evaluate(scores, labels, passages=passages),
        lambda: agreement(labels),
    ):
        with pytest.raises(DiscourseError, match=r"column 'present'.*True, False, or missing"):
            call_it()
    fine = make_labels(truth, design, coder="Ana").astype({"present": float})
    fine.loc[fine.index[9], "present"] = np.nan
    assert len(estimate_prevalence(scores, fine, passages=passages, design=frame))


def test_notes_say_whose_tags_they_are(tmp_path: Path, drawn: Frames) -> None:
    scores, _, passages = drawn
    found = estimate_tables(
        tmp_path, scores, passages, proxy=scores, proxy_themes=["identity"]
    ).prevalence
    for theme, whose in (("identity", "by the proxy"), ("blame", "by the model")):
        assert found.loc[found["theme"] == theme, "note"].str.contains(f"tagged {whose}.").all()
