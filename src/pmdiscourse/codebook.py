"""The codebook: what each theme means, and what a model can learn it from.

A codebook is a folder with ``themes.toml`` and ``examples/*.jsonl``. The one that comes with the
package is made from the project's own codebook; analysts copy the folder and add their theme.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmdiscourse.codebook_checks import (
    Keys,
    Place,
    check_keys,
    check_text,
    check_texts,
    fold,
    read_json,
    read_toml,
    read_utf8,
)
from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.patterns import Pattern, parse_pattern
from pmdiscourse.store import write_atomic

CODEBOOK_DIRECTORY = Path(__file__).parent / "codebook_data"
MAX_SEED_WORDS = 6  # the longest seed terms of the shipped codebook are questions of six words
NAME = re.compile(r"[a-z][a-z0-9_]*")
NAME_ALLOWED = "a name of a-z, 0-9 and _, letter first"
_LANGUAGE = re.compile(r"[a-z]{2,3}")
# Marks of the pattern notation are nothing in a seed term, and texts are matched with straight
# quotes: such a seed term would never be found.
_MARKS = re.compile(r"[|*<>\u2018\u2019]")


@dataclass(frozen=True)
class Example:
    """A coded passage of the example bank.

    Parameters
    ----------
    text : str
        The passage.
    themes : frozenset of str
        Names of the themes it carries; empty for none.
    """

    text: str
    themes: frozenset[str]

    def __reduce__(self) -> tuple[Any, ...]:
        # A set is pickled in an order that changes from process to process; model files should not.
        return _restore_example, (self.text, tuple(sorted(self.themes)))


def _restore_example(text: str, themes: tuple[str, ...]) -> Example:
    return Example(text, frozenset(themes))


@dataclass(frozen=True)
class Theme:
    """One theme: what it means for people, and what shows it to a machine.

    Parameters
    ----------
    name : str
        Lower-case name in tables, e.g. ``"elite_education"``.
    title : str
        The reader's wording, e.g. ``"Elite education"``.
    definition : str
        One or two sentences.
    include, exclude : tuple of str
        Rules on what counts and what does not, for coders; they may be empty, and
        ``pmdiscourse codebook check`` then asks for them.
    seeds : tuple of str
        Seed terms, one to six words each.
    patterns : tuple of str
        Token patterns in the notation of `pmdiscourse.patterns`.
    """

    name: str
    title: str
    definition: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    seeds: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Codebook:
    """Themes in order, word classes and the example bank.

    Parameters
    ----------
    version : str
        Version of the codebook.
    language : str
        ISO 639-1 code of the texts it is for.
    themes : tuple of Theme
        In the order of every table and array.
    classes : dict of str to tuple of str
        Word classes that patterns may name.
    examples : tuple of Example
        The example bank, ordered by text.
    """

    version: str
    language: str
    themes: tuple[Theme, ...]
    classes: dict[str, tuple[str, ...]]
    examples: tuple[Example, ...]

    @property
    def names(self) -> list[str]:
        """Theme names in order."""
        return [theme.name for theme in self.themes]

    @property
    def sha256(self) -> str:
        """SHA-256 of the content; comments, layout and the names of files do not count."""
        content = dataclasses.asdict(self)
        content["examples"] = [[one.text, sorted(one.themes)] for one in self.examples]
        written = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(written.encode("utf-8")).hexdigest()

    def theme(self, name: str) -> Theme:
        """Return the theme of that name.

        Raises
        ------
        DiscourseError
            If there is none.
        """
        for theme in self.themes:
            if theme.name == name:
                return theme
        raise unknown("theme", got=name, known=self.names)

    def parsed_patterns(self, name: str) -> tuple[Pattern, ...]:
        """Return the patterns of a theme, parsed."""
        return tuple(parse_pattern(text, self.classes) for text in self.theme(name).patterns)


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Load and check a codebook.

    Parameters
    ----------
    path : str, Path or None, default=None
        Folder with ``themes.toml`` and ``examples/*.jsonl``; None loads the one that comes with
        the package.

    Returns
    -------
    Codebook

    Raises
    ------
    DiscourseError
        If a file is missing or cannot be read, or a key, type, name or pattern is not usable. The
        message names the file and the field or line.

    Examples
    --------
    >>> load_codebook().names
    ['blame', 'identity', 'elite_education', 'director_failure']
    """
    directory = find_codebook(path)
    content, place = read_toml(directory / "themes.toml")
    check_keys(content, {"version": str, "language": str, "classes": dict, "themes": list}, place)
    check_text(content["version"], "version", place)
    if not _LANGUAGE.fullmatch(content["language"]):
        allowed = "an ISO 639 code, e.g. 'en'"
        raise invalid(f"{place.at('language')}language", got=content["language"], allowed=allowed)
    classes = _read_classes(content["classes"], place)
    themes = tuple(
        _read_theme(entry, classes, place.inside("themes", number, label=_label(entry)))
        for number, entry in enumerate(content["themes"])
    )
    _check_names([theme.name for theme in themes], place)
    examples = _read_examples(directory / "examples", [theme.name for theme in themes])
    return Codebook(content["version"], content["language"], themes, classes, examples)


def copy_codebook(path: str | Path | None, target: Path) -> None:
    """Keep a copy of a codebook beside a run, so that its reports need no other folder.

    Parameters
    ----------
    path : str, Path or None
        Folder of the codebook; None is the one that comes with the package.
    target : Path
        Folder of the copy; examples that the codebook no longer has are removed from it.
    """
    source = CODEBOOK_DIRECTORY if path is None else Path(path)
    files = [source / "themes.toml", *sorted((source / "examples").glob("*.jsonl"))]
    for file in files:
        write_atomic(target / file.relative_to(source), file.read_bytes())
    for old in (target / "examples").glob("*.jsonl"):
        if source / "examples" / old.name not in files:
            old.unlink()


def find_codebook(path: str | Path | None) -> Path:
    """Return the folder of a codebook."""
    directory = CODEBOOK_DIRECTORY if path is None else Path(path)
    if directory.is_file():
        hint = f"Name the folder that holds it, {directory.parent}."
        allowed = "a folder with themes.toml and examples/"
        raise invalid("codebook", got=str(directory), allowed=allowed, hint=hint)
    if not (directory / "themes.toml").exists():
        raise DiscourseError(
            f"codebook {directory} cannot be read: it holds no themes.toml. Make one with "
            "`pmdiscourse codebook new DIR --theme NAME`."
        )
    return directory


def _label(entry: Any) -> str:
    return f"theme {entry.get('name', '?')!r}" if isinstance(entry, dict) else "theme"


def _read_classes(content: dict[str, Any], place: Place) -> dict[str, tuple[str, ...]]:
    """Check the word classes."""
    classes = {}
    for name, phrases in content.items():
        inside = place.inside("classes", label="classes")
        if not NAME.fullmatch(name):
            raise invalid(f"{inside.at(name)}name", got=name, allowed=NAME_ALLOWED)
        classes[name] = check_texts(phrases, name, inside)
        if not phrases:
            raise invalid(f"{inside.at(name)}{name}", got=phrases, allowed="one phrase or more")
        _check_pattern(f"<{name}>", classes, inside, name)
    return classes


def _read_theme(entry: Any, classes: dict[str, tuple[str, ...]], place: Place) -> Theme:
    """Check one theme."""
    lists = ("include", "exclude", "seeds", "patterns")
    kinds = {
        field.name: list if field.name in lists else str for field in dataclasses.fields(Theme)
    }
    check_keys(entry, kinds, place)
    if not NAME.fullmatch(entry["name"]):
        raise invalid(f"{place.at('name')}name", got=entry["name"], allowed=NAME_ALLOWED)
    for key in ("title", "definition"):
        check_text(entry[key], key, place)
    notes = {key: check_texts(entry[key], key, place) for key in lists}
    for number, seed in enumerate(notes["seeds"]):
        if (
            _MARKS.search(seed)
            or len(seed.split()) > MAX_SEED_WORDS
            or " ".join(seed.split()) != seed
        ):
            allowed = f"1 to {MAX_SEED_WORDS} words with one space between, without | * < > ’"
            raise invalid(f"{place.at('seeds', number)}seeds", got=seed, allowed=allowed)
    for number, pattern in enumerate(notes["patterns"]):
        _check_pattern(pattern, classes, place, "patterns", number)
    return Theme(**(entry | notes))


def _check_names(names: list[str], place: Place) -> None:
    """Require themes, and each name once."""
    if not names:
        raise invalid(f"{place.at('themes')}themes", got=names, allowed="one or more")
    for number, name in enumerate(names):
        if name in names[:number]:
            where = place.at("themes", number, "name")
            raise invalid(f"{where}themes: name", got=name, allowed="each name once")


def _check_pattern(
    text: str, classes: dict[str, tuple[str, ...]], place: Place, *keys: str | int
) -> None:
    """Parse a pattern, so that a mistake is told when the codebook is loaded."""
    try:
        parse_pattern(text, classes)
    except DiscourseError as error:
        raise DiscourseError(f"{place.at(*keys)}{keys[0]}: {error}") from error


def _read_examples(folder: Path, names: list[str]) -> tuple[Example, ...]:
    """Read the example bank; a text may stand in it once."""
    examples: dict[str, Example] = {}
    places: dict[str, str] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.name.startswith((".", "README")):
            continue
        if file.suffix != ".jsonl":
            hint = "Rename it, or move it elsewhere."
            raise invalid(f"{file}", got=file.name, allowed="a name that ends in .jsonl", hint=hint)
        for number, line in enumerate(read_utf8(file).split("\n"), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            place = Place(file, functools.partial(_same, number))
            example = _read_example(line, names, place)
            before = places.setdefault(fold(example.text), f"{file.name}, line {number}")
            if fold(example.text) in examples:
                hint = f"It stands in {before}."
                raise invalid(
                    f"{place.at()}text", got=example.text, allowed="each text once", hint=hint
                )
            examples[fold(example.text)] = example
    return tuple(sorted(examples.values(), key=lambda example: example.text))


def _same(line: int, keys: Keys) -> int:  # noqa: ARG001
    """Return the line: all fields of an example stand in it."""
    return line


def _read_example(line: str, names: list[str], place: Place) -> Example:
    """Read one line; ``register`` is a note for people and optional."""
    record = read_json(line, place)
    kinds = {"text": str, "themes": list}
    if isinstance(record, dict) and "register" in record:
        kinds["register"] = str
    check_keys(record, kinds, place)
    check_text(record["text"], "text", place)
    themes = check_texts(record["themes"], "themes", place)
    for theme in themes:
        if theme not in names:
            raise unknown(f"{place.at()}themes: theme", got=theme, known=names)
    return Example(record["text"], frozenset(themes))
