"""Small corpora, invented here, that tests of the present wing share; and a rule for skips."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pandas as pd
import pytest

from browser import PDF_READER
from chromium import NEEDED, PROGRAM, Chromium
from pmdiscourse.codebook import copy_codebook
from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.store import write_manifest, write_part
from pmdiscourse.tables import check_table, empty_table
from skips import pytest_make_collect_report, pytest_runtest_makereport

# a busy machine is no failure: no test has a time limit
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]  # hooks: skips fail in CI

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"
LABELS = SAMPLE.parents[1] / "labels" / "sample"
NOTEBOOKS = SAMPLE.parents[2] / "notebooks"
THEMES = ("blame", "identity", "elite_education", "director_failure")
SENTENCES = (
    "When the launch slipped, everybody looked at the product manager and nobody else.",
    "My neighbour still asks me what a product manager does all day, and I still stumble.",
    "The recruiter wanted a famous university before she wanted to see any of my work.",
    "Six weeks after the promotion I was writing tickets at night again, for four people.",
    "We moved the planning meeting to Thursday and the whole week became calmer for everyone.",
    "The search page got faster, and with it the number of people who stayed on it grew.",
)


def _post(
    number: int, kind: str, texts: list[str], title: str | None, source: str
) -> dict[str, Any]:
    thread = f"thread{number % 5}" if kind == "comment" else f"thread{number}"
    return {
        "post_id": f"{kind}{number}",
        "thread_id": thread,
        "parent_id": f"essay{number % 5}" if kind == "comment" else None,
        "kind": kind,
        "source": source,
        "author": f"pseudonym{number}",
        "published_at": pd.Timestamp(2024, 1 + number % 12, 3, tz="UTC") if number else None,
        "title": title,
        "text": "\n".join(texts),
        "language": "en",
        "n_words": sum(len(text.split()) for text in texts),
        "raw_file": "invented/posts.jsonl",
        "raw_sha256": "0" * 64,
        "duplicate_of": None,
    }


def _passages(post: dict[str, Any]) -> list[dict[str, Any]]:
    shared = {key: post[key] for key in ("post_id", "thread_id", "kind", "source", "language")}
    rows, start = [], 0
    for position, text in enumerate(post["text"].split("\n")):
        rows.append(
            shared
            | {
                "passage_id": f"{post['post_id']}-{position}",
                "published_at": post["published_at"],
                "position": position,
                "start": start,
                "end": start + len(text),
                "text": text,
                "n_words": len(text.split()),
            }
        )
        start += len(text) + 1
    return rows


def _score(passage: dict[str, Any], theme: str, silent: str, tag_first: bool) -> dict[str, Any]:
    place = THEMES.index(theme)
    tagged = theme != silent and passage["text"] in SENTENCES[place : place + 1]
    tagged |= theme == "blame" != silent and passage["position"] == (0 if tag_first else 3)
    end = min(12, len(passage["text"]))
    evidence = [{"start": 0, "end": end, "view": "words", "weight": 1.5}] if tagged else []
    return {
        "passage_id": passage["passage_id"],
        "theme": theme,
        "score": 0.9 if tagged else 0.1,
        "tagged": tagged,
        "evidence": evidence,
    }


def _label(tables: dict[str, pd.DataFrame], themes: tuple[str, ...], n: int) -> pd.DataFrame:
    """Label drawn passages: present where tagged, but for some, and in one of ten others."""
    drawn = draw_sample(tables["passages"], tables["scores"], n=n, random_state=0)
    drawn = drawn.assign(number=range(len(drawn)))
    rows = tables["scores"].merge(drawn, on="passage_id")
    rows = rows[rows["theme"].isin(themes) & (rows["number"] < n)]
    present = rows["tagged"] & (rows["number"] % 4 > 0) | (rows["number"] % 10 == 0)
    rows = rows.assign(coder="coder-1", present=present.astype("boolean"))
    return rows.drop(columns=["score", "tagged", "evidence", "number"])


def build_tables(
    *, essays: int = 5, comments: int = 3, silent: str = "elite_education",
    texts: tuple[str, ...] = (), titles: tuple[str, ...] = (), language: str = "en",
    source: str = "An invented forum", tag_texts: bool = False, labelled: tuple[str, ...] = (),
    n_labels: int = 100,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Build the four tables: essays of six passages, comments of one, one theme never tagged.

    For the themes in `labelled`, the first `n_labels` passages of a draw have labels.

    `texts` replace the first passages of the essays, `titles` their titles; `tag_texts` tags these
    passages with blame. In another `language` than English nothing is scored.
    """
    posts = []
    for number in range(essays):
        said = [SENTENCES[(number + step) % len(SENTENCES)] for step in range(6)]
        said[0] = texts[number] if number < len(texts) else said[0]
        title = titles[number] if number < len(titles) else f"An invented essay, part {number}"
        posts.append(_post(number, "essay", said, title, source))
    for number in range(comments):
        posts.append(_post(number, "comment", [SENTENCES[number % len(SENTENCES)]], None, source))
    passages = [passage for post in posts for passage in _passages(post)]
    for row in [*posts, *passages]:
        row["language"] = language
    scored = passages if language == "en" else []
    scores = [_score(passage, theme, silent, tag_texts) for passage in scored for theme in THEMES]
    tables = {
        "posts": check_table("posts", pd.DataFrame(posts)),
        "passages": check_table("passages", pd.DataFrame(passages)),
        "scores": check_table("scores", pd.DataFrame(scores)) if scores else empty_table("scores"),
    }
    labels = _label(tables, labelled, n_labels) if labelled else None
    shares = [
        estimate_prevalence(tables["scores"], labels, passages=tables["passages"], by=by)
        for by in (None, "kind")
    ]
    return tables | {"prevalence": check_table("prevalence", pd.concat(shares))}


def write_small_run(directory: Path, *, synthetic: bool = True, **options: Any) -> Path:
    """Write a finished run into a folder and return it."""
    tables = build_tables(**options)
    kinds = tables["posts"]["kind"].value_counts()
    n = {name: len(frame) for name, frame in tables.items()}
    manifest = {
        "tables": {name: [write_part(directory, name, frame)] for name, frame in tables.items()},
        "inputs": [
            {"file": "invented/posts.jsonl", "sha256": "0" * 64, "bytes": 1, "records": n["posts"]}
        ],
        "counts": {
            "records_read": n["posts"] + 2,
            "accepted": n["posts"],
            "duplicates": 1,
            "dropped": 1,
            "quarantined": 0,
            "posts": n["posts"],
            "essays": int(kinds.get("essay", 0)),
            "comments": int(kinds.get("comment", 0)),
            "passages": n["passages"],
            "passages_scored": n["scores"] // len(THEMES),
        },
        "codebook": {"version": "1.1", "sha256": "1" * 64, "language": "en"},
        "settings": {"n_residual": 2, "random_state": 0, "codebook": ""},
        "versions": {"pmdiscourse": "0.1.0"},
        "model": {"sha256": "2" * 64},
        "corpus": {
            "title": "Invented posts",
            "synthetic": synthetic,
            "licence": "MIT",
            "author": "The pmdiscourse authors",
            "date": "2026-01-01",
            "description": "Posts invented for the tests.",
        },
    }
    line = '{"file": "invented/posts.jsonl", "record": "line 2", "reason": "removed"}\n'
    (directory / "dropped.jsonl").write_text(line, encoding="utf-8")
    (directory / "quarantine.jsonl").write_text("", encoding="utf-8")
    copy_codebook(None, directory / "codebook")
    write_manifest(directory, manifest)
    return directory


@pytest.fixture
def make_tables() -> Callable[..., dict[str, pd.DataFrame]]:
    return build_tables


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str = "processed", **options: Any) -> Path:
        directory = tmp_path / name
        directory.mkdir()
        return write_small_run(directory, **options)

    return make


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_run(tmp_path_factory.mktemp("processed"))


@pytest.fixture(scope="session")
def write_run() -> Callable[..., Path]:
    return write_small_run


# Reports are slow to make: each is exported once for all tests. Imports wait until one is wanted.


def _export(processed: Path, reports: Path, *, notebooks: Path | None = None) -> list[Path]:
    from pmdiscourse.present.report import export_reports

    return export_reports(processed, reports, notebooks=notebooks)


@pytest.fixture(scope="session")
def reports(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return _export(small_run, tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def labelled_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run in which every theme has an estimate."""
    return write_small_run(tmp_path_factory.mktemp("labelled"), essays=18, labelled=THEMES)


@pytest.fixture(scope="session")
def labelled_reports(labelled_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the overview and the notebook on prevalence, which show the estimates."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(NOTEBOOKS / "03-prevalence.ipynb", folder)
    return _export(labelled_run, tmp_path_factory.mktemp("labelled-reports"), notebooks=folder)


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pmdiscourse.pipeline import run

    directory = tmp_path_factory.mktemp("sample")
    run(SAMPLE, directory, labels=LABELS)
    return directory


@pytest.fixture(scope="session")
def sample_reports(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return _export(sample_run, tmp_path_factory.mktemp("sample-reports"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    if not (PROGRAM and PDF_READER):
        pytest.skip(NEEDED)
    browser = Chromium()
    yield browser
    browser.close()
