"""The shipped weights: whose they are, what they hold, and how well they do on documents unseen."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from pmdiscourse.codebook import Codebook, Example, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import FILES, MiniLM
from pmdiscourse.measure.frames import FrameView, PhraseFinder
from pmdiscourse.measure.sentence_view import SentenceView
from pmdiscourse.measure.sentences import TOKEN, split_sentences
from pmdiscourse.measure.shipped import load_card
from pmdiscourse.measure.themes import ThemeModel

ROOT = Path(__file__).parent.parent
WEIGHTS = Path(str(resources.files("pmdiscourse"))) / "measure" / "weights"
GOLD = [ROOT.parent / "shared" / "gold" / name for name in ("dev.jsonl", "train.jsonl")]
FLOORS = json.loads((ROOT / "tests" / "data" / "quality_floor.json").read_text(encoding="utf-8"))
TEXT = "Whenever a launch fails the PM takes the blame. Sales takes the credit for the rest of it."


class Letters:
    """A small sentence encoder: how often each letter stands in a sentence."""

    name = "letters"
    width = 26

    def encode(self, sentences: list[str]) -> np.ndarray:
        counts = [[s.lower().count(chr(97 + i)) + 1e-3 for i in range(26)] for s in sentences]
        rows = np.array(counts).reshape(-1, 26)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel().fit()


def with_theme(codebook: Codebook) -> Codebook:
    """Add a theme to the codebook that comes with the package."""
    weather = dataclasses.replace(
        codebook.themes[0], name="weather", seeds=("rain", "sunny"), patterns=("rain|sunny",)
    )
    examples = [Example(f"It will rain on day {i}, they say.", {"weather"}) for i in range(20)]
    themes = (weather, *codebook.themes[::-1])
    bank = tuple(Example(e.text, frozenset(e.themes)) for e in [*codebook.examples, *examples])
    return dataclasses.replace(codebook, themes=themes, examples=bank)


def test_weights_serve_the_four_themes(model: ThemeModel) -> None:
    assert list(model.shipped_) == load_codebook().names
    assert np.isnan(model.out_of_fold_).all()
    assert ThemeModel(weights="bank").fit().shipped_ == ()


def test_a_new_theme_is_learned_beside_them(model: ThemeModel) -> None:
    more = ThemeModel(with_theme(load_codebook())).fit()
    assert more.theme_names_ == ["weather", *load_codebook().names[::-1]]
    assert set(more.shipped_) == set(load_codebook().names)
    scores = more.transform([TEXT, "It will rain on day 77, they say."])
    np.testing.assert_array_equal(scores[0, 1:][::-1], model.transform([TEXT])[0])
    assert scores[1, 0] >= more.thresholds_[0] > scores[0, 0]
    for name in more.theme_names_:
        column = more.theme_names_.index(name)
        total = sum(span["weight"] for span in more.explain(TEXT) if span["theme"] == name)
        expected = 1 / (1 + np.exp(-more.intercept_[column] - total))
        assert scores[0, column] == pytest.approx(expected, abs=1e-6)


def test_an_edited_theme_is_learned_from_its_examples() -> None:
    own = load_codebook()
    edited = dataclasses.replace(own.themes[0], seeds=own.themes[0].seeds[1:])
    model = ThemeModel(dataclasses.replace(own, themes=(edited, *own.themes[1:]))).fit()
    assert list(model.shipped_) == own.names[1:]
    classes = own.classes | {"pm": ("pm",)}
    assert ThemeModel(dataclasses.replace(own, classes=classes)).fit().shipped_ == ()


def test_card_tells_what_the_files_are() -> None:
    card = load_card()
    for name, expected in card["sha256"].items():
        assert hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() == expected
    assert card["codebook"]["sha256"] == load_codebook().sha256, "train the weights again"
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 1_000_000


def test_terms_are_one_or_two_words() -> None:
    terms = (WEIGHTS / "terms.txt").read_text(encoding="utf-8").splitlines()
    assert len(terms) == len(set(terms)) > 1000
    assert {len(term.split()) for term in terms} == {1, 2}
    with np.load(WEIGHTS / "weights.npz", allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= {"f", "i"}


def test_another_encoder_learns_from_the_bank() -> None:
    model = ThemeModel(encoder=Letters()).fit()
    assert model.shipped_ == ()
    views = {span["view"] for span in model.explain(TEXT)}
    assert "sentence" in views


def test_sentence_view_is_a_sum_of_sentences() -> None:
    view = SentenceView(Letters(), 1)
    parts = view.parts(TEXT)
    assert [TEXT[start:end][:8] for start, end in parts.spans] == ["Whenever", "Sales ta"]
    total = np.asarray(parts.rows.sum(axis=0)).ravel()
    assert np.linalg.norm(total) == pytest.approx(1)
    np.testing.assert_allclose(view.matrix([TEXT, ""]).toarray(), [total, np.zeros(27)])


def test_the_best_sentence_of_a_theme_counts() -> None:
    likes_z = np.eye(26)[25:]
    view = SentenceView(Letters(), 2).restore(np.vstack([likes_z, -likes_z]), np.zeros(2))
    text = "He was there all day long. Lizzy dizzily puzzled over a pizza. So it went on."
    best = view.parts(text).rows.toarray()[:, 26:]
    assert (best[:, 0] > 0).tolist() == [False, True, False]
    assert not best[:, 1].any()
    assert view.matrix([text]).toarray()[0, 26] == best[1, 0]


def test_encoder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a_package_that_is_not_there"
    monkeypatch.setitem(FILES, "model", (name, *FILES["model"][1:]))
    monkeypatch.setitem(sys.modules, "onnxruntime", sys)  # any module: it is not reached
    with pytest.raises(DiscourseError, match=r"needs .*pip install -e '\.\[semantic\]'"):
        MiniLM().encode(["A sentence."])


def test_phrases_of_classes() -> None:
    finder = PhraseFinder({"pm": ["pm|pms", "product manager*"], "not": ["not|n't"]})
    text = "the pm and the product managers don't"
    tokens = [(m.start(), m.end(), m.group()) for m in TOKEN.finditer(text)]
    found = [(n, text[tokens[i][0] : tokens[j][1]]) for n, i, j in finder.find(tokens)]
    assert found == [(0, "pm"), (0, "product managers"), (1, "n't")]


def test_frames_meet_inside_a_sentence() -> None:
    own = load_codebook()
    view = FrameView(own, min_texts=1).fit(["The PM takes it.", "The PM left. They took it."])
    pm, take = view.names.index("pm"), view.names.index("take")
    column = view.columns[min(pm, take), max(pm, take)]
    together, apart = view.matrix(["A PM who takes all.", "A PM left. She takes all."]).toarray()
    assert together[column] > 0 == apart[column]


def test_short_sentences_join_the_next() -> None:
    text = "No. Never. I would not do it again."
    assert [text[a:b] for a, b in split_sentences(text, min_words=3)] == [text]


@pytest.mark.skipif(not GOLD[0].is_file(), reason="no labelled passages beside the project")
def test_quality_on_unseen_documents_does_not_sink() -> None:
    """Learned anew five times, each without the documents it is scored on."""
    script = [sys.executable, str(ROOT / "benchmarks" / "train_weights.py"), "--plain", "--check"]
    run = [*script, "--labels", *map(str, GOLD)]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    reached = json.loads(told.splitlines()[-1])
    floors = FLOORS["plain"]
    for metric in ("average_precision", "f1"):
        assert reached[metric] >= floors[metric]["floor"], metric
    for name, floor in floors["themes"].items():
        assert reached["themes"][name] >= floor["floor"], name
