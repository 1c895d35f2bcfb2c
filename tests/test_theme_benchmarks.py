"""The benchmarks of the theme model: the peers, the comparison, and words for unusable labels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score

from pmdiscourse.codebook import load_codebook
from pmdiscourse.errors import DiscourseError

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
THEMES = load_codebook().names
TEXTS = (
    "They gave the credit to sales and no credit to me, and I took the blame.",
    "Is a mini-CEO a product owner? My mother thinks I am a project manager.",
    "A Stanford MBA opened the door.",
    "The release went out on Tuesday.",
)


@pytest.fixture(scope="module", autouse=True)
def _path() -> Iterator[None]:
    """Import the benchmarks as their scripts do."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


def build_line(text: str = "Some passage.", doc_id: str = "a", **fields: Any) -> dict[str, Any]:
    return {"text": text, "doc_id": doc_id} | dict.fromkeys(THEMES, 0) | fields


def write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_seed_terms_are_joined_and_counted() -> None:
    from peers import prepare, score_dictionary, score_tfidf

    data = prepare(TEXTS, load_codebook())
    assert {"credit", "no_credit", "blame"} <= set(data.tokens[0])
    assert {"mini_ceo", "product_owner", "project_manager"} <= set(data.tokens[1])
    assert data.tokens[3] == []
    assert data.seeds["elite_education"] == ["mba", "stanford"]
    for score in (score_dictionary, score_tfidf):
        scores = score(data)
        assert scores.shape == (len(TEXTS), len(THEMES))
        assert scores[:3].argmax(axis=1).tolist() == [0, 1, 2]
        assert not scores[3].any()


def test_a_peer_tells_what_it_lacks() -> None:
    from peers import Peer, score_tfidf

    assert Peer("here", score_tfidf, ("json",)).missing == []
    assert Peer("not here", score_tfidf, ("json", "no_such_tool")).missing == ["no_such_tool"]


def test_metrics_are_those_of_scikit_learn() -> None:
    from comparison import Scored, average_precision, f1

    random = np.random.default_rng(0)
    present = random.random((60, 2)) < 0.3
    scores = np.round(random.random((60, 2)), 1)  # ties
    scored = Scored("some", scores, scores > 0.6, 0.0)
    times = random.integers(0, 3, (5, 60)).astype(float)
    for j in range(2):
        y, tags = present[:, j], scored.tagged[:, j]
        expected = [average_precision_score(y, scores[:, j], sample_weight=w) for w in times]
        np.testing.assert_allclose(average_precision(present, scored, j, times), expected)
        expected = [f1_score(y, tags, sample_weight=w) for w in times]
        np.testing.assert_allclose(f1(present, scored, j, times), expected)
    never = np.where(present[:, 0], 0.0, 1.0)[None, :]
    assert np.isnan(average_precision(present, scored, 0, never)).all()
    assert np.isnan(f1(present, scored, 0, never)).all()


def test_a_fold_does_not_choose_its_own_threshold() -> None:
    from comparison import tag_out_of_fold

    fold = np.array([0] * 4 + [1] * 4)
    scores = np.array([0.1, 0.2, 0.8, 0.9, 0.1, 0.3, 0.4, 0.5])[:, None]
    present = scores > np.where(fold == 0, 0.7, 0.35)[:, None]
    tagged = tag_out_of_fold(scores, present, fold)
    assert tagged[fold == 0, 0].tolist() == [False, False, True, True]  # from .4 on
    assert not tagged[fold == 1].any()  # from .8 on


def test_tables_of_kinds_and_too_few() -> None:
    from comparison import Scored, tables

    random = np.random.default_rng(0)
    present = random.random((80, 2)) < 0.4
    present[:, 1] = np.arange(80) < 4
    frame = pd.DataFrame(present, columns=["many", "few"])
    frame["doc_id"] = [f"d{i % 20}" for i in range(80)]
    frame["kind"] = ["comment" if i % 10 == 9 else "essay" for i in range(80)]
    good = Scored("good", present + 0.1 * random.random((80, 2)), present, 1.0)
    flat = Scored("flat", np.zeros((80, 2)), np.ones((80, 2), dtype=bool), 1.0)
    made = list(tables(frame, ["many", "few"], [good, flat]))
    assert made[0].startswith("80 passages of 20 documents, average precision")
    assert "| good | too few |  | 1.000 [1.00, 1.00] | too few | 1.0 |" in made[0]
    assert [m.split(",")[0] for m in made if "too few positives" in m] == [
        "8 comments of 2 documents: too few positives (many " + f"{present[9::10, 0].sum()}"
    ]
    shown = next(m for m in tables(frame, ["many"], [good, flat]))
    difference = shown.split("| flat |")[1].split("|")[1].strip()
    expected = present[:, 0].mean() - 1
    assert difference.startswith(f"{expected:+.3f} [-")
    assert difference.endswith("]")


UNUSABLE = {
    "no line": ([], "allowed is one passage or more"),
    "no theme": ([{"text": "a", "doc_id": "b"}], "line 1 is not usable: got 'no blame, identity"),
    "empty text": ([build_line(), build_line(" ")], "text of labels .* line 2"),
    "number as document": ([build_line(doc_id=3)], "doc_id of labels .* got 3"),
    "label 2": ([build_line(blame=2)], "blame of labels .* got 2, allowed is 0 or 1"),
    "label missing": ([build_line(blame=None)], "blame of labels .* got None"),
    "strange kind": ([build_line(kind="poem")], "kind of labels .* 'poem'"),
    "inclusion 0": ([build_line(inclusion=0)], "inclusion of labels .* got 0, allowed is a chance"),
    "no object": ([3], "got 3, allowed is an object"),
    "one document": ([build_line(), build_line(blame=1)], "documents stand in 1 of 5 folds"),
}


@pytest.mark.parametrize(("records", "told"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_labels_are_told(tmp_path: Path, records: list[Any], told: str) -> None:
    from label_checks import read_checked

    with pytest.raises(DiscourseError, match=told):
        read_checked([write_lines(tmp_path / "labels.jsonl", records)], load_codebook())


def test_a_theme_needs_positives_in_two_folds(tmp_path: Path) -> None:
    from label_checks import read_checked

    records = [
        build_line(f"Passage {i}.", f"document {i}", **dict.fromkeys(THEMES, 1)) for i in range(20)
    ]
    file = tmp_path / "labels.jsonl"
    assert len(read_checked([write_lines(file, records)], load_codebook())) == 20
    for record in records[1:]:
        record["identity"] = 0
    with pytest.raises(DiscourseError, match="positives of theme 'identity' stand in 1 of 5 folds"):
        read_checked([write_lines(file, records)], load_codebook())


def test_files_in_any_order_give_the_same_passages(tmp_path: Path) -> None:
    from label_checks import read_checked

    records = [
        build_line(f"Passage {i}.", f"document {i}", **dict.fromkeys(THEMES, i % 2))
        for i in range(20)
    ]
    files = [write_lines(tmp_path / f"{i}.jsonl", records[i::2]) for i in range(2)]
    codebook = load_codebook()
    pd.testing.assert_frame_equal(
        read_checked(files, codebook), read_checked(files[::-1], codebook)
    )


@pytest.mark.parametrize("script", ["theme_quality.py", "theme_speed.py"])
def test_a_script_ends_with_clear_words(tmp_path: Path, script: str) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "cut off', encoding="utf-8")
    cases = {str(broken): "line 1 is no JSON", str(tmp_path / "none"): "cannot be read"}
    for path, told in cases.items():
        done = run(script, "--labels", path)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def test_one_command_measures_ours_and_the_peers(tmp_path: Path) -> None:
    """On every fourth invented example: the command runs through and leaves no method out."""
    from peers import PEERS

    examples = load_codebook().examples[::4]
    records = [
        build_line(e.text, f"d{i // 2}", **{name: int(name in e.themes) for name in THEMES})
        for i, e in enumerate(examples)
    ]
    done = run("theme_quality.py", "--labels", str(write_lines(tmp_path / "l.jsonl", records)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{len(examples)} passages of")
    for peer in PEERS:
        if peer.missing:
            assert f"{peer.name}: not measured, since {peer.missing[0]}" in done.stderr
        else:
            assert f"| {peer.name} |" in done.stdout
