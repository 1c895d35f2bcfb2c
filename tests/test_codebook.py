"""The codebook: what is loaded, what is refused, and what its patterns match."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.matching import PatternMatcher
from pmdiscourse.patterns import parse_pattern
from pmdiscourse.toml_lines import TomlLines

DATA = Path(__file__).parent / "data" / "codebooks"
BROKEN: list[dict[str, str]] = json.loads((DATA / "broken.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = json.loads((DATA / "patterns.json").read_text(encoding="utf-8"))
CLASSES = {"pm": ("pm|pms", "product manager|managers")}


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "garden", tmp_path / "garden"))


def edit(file: Path, find: str, replace: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert find in text
    file.write_text(text.replace(find, replace, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def shipped() -> Codebook:
    return load_codebook()


def test_shipped_codebook_is_rich_enough(shipped: Codebook) -> None:
    assert shipped.names == ["blame", "identity", "elite_education", "director_failure"]
    for theme in shipped.themes:
        assert 20 <= len(theme.seeds) <= 42
        assert 10 <= len(theme.patterns) <= 30
        assert theme.include
        assert theme.exclude
        assert sum(theme.name in example.themes for example in shipped.examples) >= 100
    assert sum(not example.themes for example in shipped.examples) >= 400
    assert sum(len(example.themes) > 1 for example in shipped.examples) >= 30


def test_shipped_names_are_shown_in_readers_wording(shipped: Codebook) -> None:
    assert shipped.theme("elite_education").title == "Elite education"
    with pytest.raises(DiscourseError, match="Did you mean 'identity'"):
        shipped.theme("identiti")


@pytest.mark.parametrize("theme", ["blame", "identity", "elite_education", "director_failure"])
def test_shipped_patterns_keep_off_passages_without_a_theme(shipped: Codebook, theme: str) -> None:
    """A pattern set that fires on plain product talk would drown the few that carry a theme."""
    matcher = PatternMatcher(
        {(0, kind): pattern for kind, pattern in enumerate(shipped.parsed_patterns(theme))}
    )
    plain = [example.text for example in shipped.examples if not example.themes]
    hit = [text for text in plain if matcher.find(text.lower())]
    assert len(hit) / len(plain) < 0.03


def test_folder_of_an_analyst(garden: Path) -> None:
    codebook = load_codebook(garden)
    assert codebook.names == ["watering", "pests"]
    assert codebook.classes == {"plant": ("tomato|tomatoes|basil|roses", "runner beans")}
    both = [example for example in codebook.examples if len(example.themes) == 2]
    assert [example.themes for example in both] == [frozenset({"watering", "pests"})]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["label"])
def test_mistakes_are_told_with_file_line_and_field(garden: Path, case: dict[str, str]) -> None:
    if "bytes" in case:
        (garden / case["file"]).write_bytes(bytes.fromhex(case["bytes"]))
    else:
        edit(garden / case["file"], case["find"], case["replace"])
    with pytest.raises(DiscourseError) as told:
        load_codebook(garden)
    assert case["message"] in str(told.value)
    assert str(told.value).startswith(str(garden / case["file"]))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere", "nowhere cannot be read: it holds no themes.toml"),
        ("garden/examples", "examples cannot be read: it holds no themes.toml"),
        ("garden/themes.toml", "allowed is a folder with themes.toml and examples/. Name the"),
    ],
)
def test_paths_that_are_no_codebook(garden: Path, path: str, words: str) -> None:
    with pytest.raises(DiscourseError, match=re.escape(words)):
        load_codebook(garden.parent / path)


def test_what_editors_and_systems_leave_behind_is_no_mistake(garden: Path) -> None:
    """A byte order mark, Windows line ends, hidden files, a README, notes between examples."""
    before = load_codebook(garden)
    for name in ("themes.toml", "examples/bank.jsonl"):
        text = (garden / name).read_text(encoding="utf-8")
        (garden / name).write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    (garden / "examples" / ".DS_Store").write_bytes(b"\x00\xff")
    (garden / "examples" / "README.md").write_text("How we write them.", encoding="utf-8")
    (garden / "examples" / "new.jsonl").write_text("# to come\n\n", encoding="utf-8")
    assert load_codebook(garden) == before
    assert load_codebook(garden).sha256 == before.sha256


BLOCKS = st.lists(
    st.sampled_from(
        [
            "# note = [",
            'version = "1"',
            'note = """\n[[themes]]\nname = "no"\n"""',
            'seeds = ["a", "b"]',
            'seeds = [\n"a",\n"b"]',
            'seeds = [\n  "a", # one ]\n\n  "b"\n]',
            "",
        ]
    ),
    max_size=4,
)


@given(st.lists(BLOCKS, min_size=1, max_size=4), st.sampled_from(["a", "b"]))
def test_lines_of_entries_are_found(tables: list[list[str]], word: str) -> None:
    """The line that is told holds the entry, whatever stands before it."""
    chosen = [{block.split(" = ")[0]: block for block in table}.values() for table in tables]
    text = "\n".join(line for table in chosen for line in ["[[themes]]", *table])
    lines = TomlLines(text)
    for number, theme in enumerate(tomllib.loads(text)["themes"]):
        head = lines.find(("themes", number))
        assert text.split("\n")[head - 1] == "[[themes]]"
        for key in theme:
            assert text.split("\n")[lines.find(("themes", number, key)) - 1].startswith(key)
        if "seeds" in theme:
            line = lines.find(("themes", number, "seeds", theme["seeds"].index(word)))
            assert f'"{word}"' in text.split("\n")[line - 1]
            assert line > head


def test_hash_follows_content_not_layout(garden: Path) -> None:
    before = load_codebook(garden)
    edit(garden / "themes.toml", "# A codebook", "# The codebook")
    bank = garden / "examples" / "bank.jsonl"
    lines = bank.read_text(encoding="utf-8").splitlines(keepends=True)
    bank.write_text("".join(lines[10:]), encoding="utf-8")
    (garden / "examples" / "a.jsonl").write_text("".join(lines[:10]), encoding="utf-8")
    assert load_codebook(garden) == before
    assert load_codebook(garden).sha256 == before.sha256
    edit(garden / "themes.toml", "Rain as weather.", "Rain.")
    assert load_codebook(garden).sha256 != before.sha256


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['pattern']}: {case['why']}")
def test_patterns_match_what_they_say(case: dict[str, Any]) -> None:
    matcher = PatternMatcher({(0, 0): parse_pattern(case["pattern"], CLASSES)})
    found = matcher.find(case["text"])
    assert [case["text"][start:end] for start, end, _ in found] == case["found"]


WORDS = ["the", "pm", "product", "manager", "blame", "blames", "isn't", "cannot", "mini-ceo", "."]
LINES = ("<pm> ... blam*", "n't|cannot ... the", "mini-ceo the?", "the <pm>|manager")


class TriesEverything(PatternMatcher):
    """Matches every pattern on every sentence, whatever words it holds."""

    def _candidates(self, words: set[str]) -> list[tuple[int, int]]:  # noqa: ARG002
        return list(self._matchers)


@pytest.fixture(scope="module")
def matchers() -> tuple[PatternMatcher, PatternMatcher]:
    patterns = {(0, kind): parse_pattern(line, CLASSES) for kind, line in enumerate(LINES)}
    return PatternMatcher(patterns), TriesEverything(patterns)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
@settings(deadline=None)
def test_anchors_leave_nothing_out(
    matchers: tuple[PatternMatcher, PatternMatcher], words: list[str]
) -> None:
    """Sentences are passed over by their words alone; no match may be lost by it."""
    quick, thorough = matchers
    assert quick.find(" ".join(words)) == thorough.find(" ".join(words))


@given(st.text(alphabet="ab n't'&/+.-*|?<>", max_size=25))
@settings(deadline=None)
def test_whatever_is_accepted_can_be_searched(text: str) -> None:
    """A pattern is refused with a message, or works: never a traceback when the model is fitted."""
    try:
        pattern = parse_pattern(text, {"a": ("an aa|bb",)})
    except DiscourseError:
        return
    PatternMatcher({(0, 0): pattern}).find("a ban on b. aa")


def test_a_word_that_resembles_a_class_stays_a_word() -> None:
    pattern = parse_pattern("<pm>|xpmx fired", CLASSES)
    assert PatternMatcher({(0, 0): pattern}).find("an xpmx fired them")
