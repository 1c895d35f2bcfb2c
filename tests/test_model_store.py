"""A fitted model on disk: the same scores, the same bytes, clear words when it is not usable."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import pmdiscourse
from pmdiscourse.codebook import Codebook, Example, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure import model_store
from pmdiscourse.measure.model_store import (
    CARD_FILE,
    MODEL_FILE,
    describe_themes,
    load_model,
    model_hash,
    save_model,
)
from pmdiscourse.measure.themes import ThemeModel

GARDEN = Path(__file__).parent / "data" / "codebooks" / "garden"
TEXTS = ["The PM takes the blame for the launch.", "Too much water and the basil wilted."]
REFIT = r"Fit it again: `pmdiscourse run RAW --out DIR --refit`\."


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel().fit()


@pytest.fixture(scope="module")
def garden() -> Codebook:
    return load_codebook(GARDEN)


@pytest.fixture
def folder(model: ThemeModel, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "model")
    return tmp_path / "model"


def test_files_keep_scores_thresholds_and_explanations(model: ThemeModel, folder: Path) -> None:
    loaded = load_model(folder)
    np.testing.assert_array_equal(loaded.transform(TEXTS), model.transform(TEXTS))
    np.testing.assert_array_equal(loaded.thresholds_, model.thresholds_)
    assert loaded.explain(TEXTS[0]) == model.explain(TEXTS[0])
    assert loaded.theme_names_ == model.theme_names_
    with pytest.raises(NotFittedError):
        save_model(ThemeModel(), folder)


def test_two_saves_give_the_same_bytes(garden: Codebook, tmp_path: Path) -> None:
    """Whatever the model has scored and remembered in between."""
    for number, model in enumerate((ThemeModel().fit(), ThemeModel(garden).fit())):
        save_model(model, tmp_path / f"{number}-before")
        model.transform(TEXTS)
        model.explain(TEXTS[0])
        save_model(model, tmp_path / f"{number}-after")
        save_model(model.fit(), tmp_path / f"{number}-refitted")
        for name in (MODEL_FILE, CARD_FILE):
            written = {file.read_bytes() for file in tmp_path.glob(f"{number}-*/{name}")}
            assert len(written) == 1


def test_model_files_are_the_same_in_every_process(garden: Codebook, tmp_path: Path) -> None:
    """Order of sets differs from process to process; files must not."""
    save_model(ThemeModel(garden).fit(), tmp_path / "here")
    script = (
        "import sys; from pmdiscourse.codebook import load_codebook\n"
        "from pmdiscourse.measure.model_store import save_model\n"
        "from pmdiscourse.measure.themes import ThemeModel\n"
        "save_model(ThemeModel(load_codebook(sys.argv[1])).fit(), sys.argv[2])"
    )
    arguments = [sys.executable, "-c", script, str(GARDEN), str(tmp_path / "there")]
    subprocess.run(arguments, check=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    for name in (CARD_FILE, MODEL_FILE):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def change_card(**values: Any) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        card = json.loads((folder / CARD_FILE).read_text("utf-8"))
        card = {key: value for key, value in (card | values).items() if value is not None}
        (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")

    return change


def change_byte(folder: Path) -> None:
    content = bytearray((folder / MODEL_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / MODEL_FILE).write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / CARD_FILE).unlink(), "cannot be read"),
        (lambda folder: (folder / MODEL_FILE).unlink(), "cannot be read"),
        (lambda folder: (folder / CARD_FILE).write_text("{"), "cannot be read"),
        (lambda folder: (folder / CARD_FILE).write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda folder: (folder / CARD_FILE).write_text("[]"), "allowed is a card with"),
        (lambda folder: (folder / CARD_FILE).write_text("{}"), "allowed is a card with"),
        (change_card(sha256=None), "allowed is a card with"),
        (change_card(versions=["numpy"]), "allowed is a card with"),
        (change_card(codebook_sha256=None), "allowed is a card with"),
        (lambda folder: (folder / MODEL_FILE).write_bytes(b""), "is not the model of its card"),
        (change_byte, "is not the model of its card"),
    ],
)
def test_damage_is_told(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(DiscourseError, match=rf"(?s){message}.*{REFIT}"):
        load_model(folder)


def test_a_model_of_other_versions_names_those_that_differ(folder: Path) -> None:
    versions = json.loads((folder / CARD_FILE).read_text("utf-8"))["versions"]
    change_card(versions=versions | {"numpy": "0.1", "abacus": "2"})(folder)
    wanted = rf"got 'abacus 2, numpy 0\.1', .* abacus None, numpy {versions['numpy']}\. {REFIT}"
    with pytest.raises(DiscourseError, match=wanted):
        load_model(folder)


def test_a_model_of_another_codebook(folder: Path, garden: Codebook) -> None:
    assert load_model(folder, codebook=load_codebook()).theme_names_ == load_codebook().names
    with pytest.raises(DiscourseError, match=rf"a model of this codebook, .*{REFIT}"):
        load_model(folder, codebook=garden)


def test_model_hash_follows_codebook_versions_and_seed(garden: Codebook) -> None:
    own = load_codebook()
    names = {
        model_hash(own, {"numpy": "1"}),
        model_hash(own, {"numpy": "2"}),
        model_hash(garden, {"numpy": "1"}),
        model_hash(own, {"numpy": "1"}, random_state=1),
    }
    assert len(names) == 4
    assert model_hash(own) == model_hash(load_codebook())


def test_version_covers_every_module_that_makes_a_score() -> None:
    """A new module has to be named, else models of older code would still be loaded."""
    root = Path(pmdiscourse.__file__).parent
    todo, seen = ["measure/themes.py"], set()
    while todo:
        name = todo.pop()
        seen.add(name)
        for node in ast.walk(ast.parse((root / name).read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pmdiscourse."):
                file = node.module.split(".", 1)[1].replace(".", "/") + ".py"
                todo += [file] if file.startswith("measure/") and file not in seen else []
    assert seen - set(model_store._SOURCES) == set()
    assert all((root / name).is_file() for name in model_store._SOURCES)


# New and edited themes


def add_theme(codebook: Codebook) -> Codebook:
    """Add a theme, first in the order, with examples of its own."""
    weather = dataclasses.replace(
        codebook.themes[0], name="weather", seeds=("rain", "sunny"), patterns=("rain|sunny",)
    )
    days = [f"It will rain on day {i}, they say." for i in range(20)]
    examples = tuple(Example(day, frozenset({"weather"})) for day in days)
    return dataclasses.replace(
        codebook, themes=(weather, *codebook.themes), examples=(*codebook.examples, *examples)
    )


def test_card_says_where_the_weights_of_each_theme_come_from(
    model: ThemeModel, tmp_path: Path
) -> None:
    own = load_codebook()
    edited = dataclasses.replace(own.themes[-1], seeds=own.themes[-1].seeds[1:])
    codebook = add_theme(dataclasses.replace(own, themes=(*own.themes[:-1], edited)))
    changed = ThemeModel(codebook).fit()
    told = describe_themes(changed)
    assert [(row["theme"], row["weights"]) for row in told] == [
        ("weather", "bank"),
        ("blame", "shipped"),
        ("identity", "shipped"),
        ("elite_education", "shipped"),
        ("director_failure", "bank"),
    ]
    thresholds = [row["threshold"] for row in told]
    assert thresholds == changed.thresholds_.tolist()
    assert thresholds[1:4] == model.thresholds_[:3].tolist()
    assert all(0 < threshold < 1 for threshold in thresholds)
    np.testing.assert_array_equal(changed.transform(TEXTS)[:, 1:4], model.transform(TEXTS)[:, :3])
    save_model(changed, tmp_path)
    card = json.loads((tmp_path / CARD_FILE).read_text("utf-8"))
    assert card["themes"] == told
    assert card["codebook_sha256"] == codebook.sha256
    with pytest.raises(NotFittedError):
        describe_themes(ThemeModel())
