"""Tables, their checks, and their life on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.settings import make_settings, read_settings
from pmdiscourse.store import read_table, write_atomic, write_manifest, write_part
from pmdiscourse.tables import TABLES, check_table, empty_table


def make_scores(n: int = 3) -> pd.DataFrame:
    spans = [{"start": 0, "end": 4, "view": "pattern", "weight": 1.5}]
    return pd.DataFrame(
        {
            "passage_id": [f"p{i}" for i in range(n)],
            "theme": "blame",
            "score": [i / max(n, 1) for i in range(n)],
            "tagged": [i > 0 for i in range(n)],
            "evidence": [spans[: i % 2] for i in range(n)],
        }
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="score"), r"a frame with \['score'\] too"),
        (lambda f: f.assign(scor=1), "column of scores 'scor' is unknown.*Did you mean 'score'"),
        (lambda f: f.assign(theme=None), "'theme' of scores.*a missing value in row 0"),
        (lambda f: f.assign(score="high"), "column 'score' of scores is not usable"),
        (lambda f: pd.concat([f, f]), "key of scores.*one row for each key"),
    ],
)
def test_a_wrong_frame_is_told_by_name(change: object, message: str) -> None:
    with pytest.raises(DiscourseError, match=message):
        check_table("scores", change(make_scores()))  # type: ignore[operator]


def test_an_allowed_list_is_checked() -> None:
    posts = empty_table("posts")
    row = dict.fromkeys(posts.columns, "x") | {"kind": "poem", "n_words": 1, "published_at": None}
    with pytest.raises(DiscourseError, match=r"'kind' of posts.*'poem'.*essay or comment"):
        check_table("posts", pd.DataFrame([row]))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_empty_tables_survive_the_disk(tmp_path: Path, name: str) -> None:
    part = write_part(tmp_path, name, empty_table(name))
    write_manifest(tmp_path, {"tables": {name: [part]}})
    pd.testing.assert_frame_equal(read_table(tmp_path, name), empty_table(name))


def test_parts_are_named_by_content_whatever_the_row_order(tmp_path: Path) -> None:
    scores = make_scores(6)
    first = write_part(tmp_path, "scores", scores)
    assert write_part(tmp_path, "scores", scores.sample(frac=1, random_state=1)) == first
    assert write_part(tmp_path, "scores", scores.head(5)) != first
    assert len(list((tmp_path / "scores").iterdir())) == 2


def test_reading_goes_through_the_manifest(tmp_path: Path) -> None:
    listed = write_part(tmp_path, "scores", make_scores())
    stale = write_part(tmp_path, "scores", make_scores(5))
    write_manifest(tmp_path, {"tables": {"scores": [listed]}})
    assert not (tmp_path / "scores" / stale).exists()
    scores = read_table(tmp_path, "scores")
    assert scores["evidence"].tolist() == check_table("scores", make_scores())["evidence"].tolist()
    (tmp_path / "scores" / listed).unlink()
    with pytest.raises(DiscourseError, match=r"listed in run\.json but missing"):
        read_table(tmp_path, "scores")


@pytest.mark.parametrize("content", [None, "{", "[]", '{"tables": 1}'])
def test_a_folder_without_a_run_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(DiscourseError, match=r"run again|pmdiscourse run RAW"):
        read_table(tmp_path, "scores")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "new \ud800")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"randomstate": 1}, "Did you mean 'random_state'"),
        ({"random_state": "0"}, "'random_state'.*allowed is a int"),
        ({"random_state": True}, "'random_state'.*allowed is a int"),
        ({"min_passage_words": 0}, "1 or more"),
        ({"random_state": -1}, "0 to 2"),
        ({"n_residual": 0}, "1 or more"),
    ],
)
def test_settings_are_strict(values: dict[str, object], message: str) -> None:
    with pytest.raises(DiscourseError, match=message):
        make_settings(values)


def test_settings_come_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("random_state = 7\n")
    assert read_settings(path).random_state == 7
    path.write_text("random_state = \n")
    with pytest.raises(DiscourseError, match=r"settings\.toml cannot be read"):
        read_settings(path)


def test_the_manifest_is_plain_json(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"tables": {}, "corpus": {"title": "Größe"}})
    assert (
        json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["corpus"]["title"]
        == "Größe"
    )
