"""The codebook: what each theme means, and what a model can learn it from.

A codebook is a folder with ``themes.toml`` and ``examples/*.jsonl``. The one that comes with the
package is made from the project's own codebook; analysts copy the folder and add their theme.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.patterns import Pattern, parse_pattern
from pmdiscourse.store import write_atomic

CODEBOOK_DIRECTORY = Path(__file__).parent / "codebook_data"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


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
        Notes on what counts and what does not.
    seeds : tuple of str
        Seed terms, one to four words each.
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
    directory = CODEBOOK_DIRECTORY if path is None else Path(path)
    file = directory / "themes.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DiscourseError(f"codebook {file} cannot be read: {error}") from error
    _check_keys(content, {"version": str, "language": str, "classes": dict, "themes": list}, file)
    classes = {
        name: _strings(v, f"{file}: class {name!r}") for name, v in content["classes"].items()
    }
    themes = tuple(_read_theme(entry, file) for entry in content["themes"])
    names = [theme.name for theme in themes]
    if not names or len(set(names)) < len(names):
        raise invalid(f"{file}: themes", got=names, allowed="one or more, each name once")
    examples = _read_examples(sorted((directory / "examples").glob("*.jsonl")), names)
    codebook = Codebook(content["version"], content["language"], themes, classes, examples)
    for theme in themes:
        _check_patterns(codebook, theme.name, file)
    return codebook


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


def _read_theme(entry: Any, file: Path) -> Theme:
    """Check one theme entry."""
    label = entry.get("name", "?") if isinstance(entry, dict) else "?"
    where = f"{file}: theme {label!r}"
    lists = ("include", "exclude", "seeds", "patterns")
    kinds = {
        field.name: list if field.name in lists else str for field in dataclasses.fields(Theme)
    }
    _check_keys(entry, kinds, where)
    if not _NAME.fullmatch(entry["name"]):
        raise invalid(where, got=entry["name"], allowed="a name of a-z, 0-9 and _, letter first")
    for key in ("title", "definition"):
        if not entry[key].strip():
            raise invalid(f"{where}: {key}", got=entry[key], allowed="a text that is not empty")
    notes = {key: _strings(entry[key], f"{where}: {key}") for key in lists}
    return Theme(**(entry | notes))


def _check_keys(entry: Any, kinds: Mapping[str, type], where: object) -> None:
    """Require exactly these keys, with these types."""
    if not isinstance(entry, dict):
        raise invalid(str(where), got=entry, allowed=f"a table with {list(kinds)}")
    for key in entry:
        if key not in kinds:
            raise unknown(f"{where}: key", got=key, known=kinds)
    for key, kind in kinds.items():
        if key not in entry:
            raise invalid(f"{where}: key {key!r}", got="nothing", allowed=f"a {kind.__name__}")
        if not isinstance(entry[key], kind):
            raise invalid(f"{where}: key {key!r}", got=entry[key], allowed=f"a {kind.__name__}")


def _strings(values: Any, where: str) -> tuple[str, ...]:
    """Require a list of texts, each once."""
    if not isinstance(values, list):
        raise invalid(where, got=values, allowed="a list of texts")
    for value in values:
        if not isinstance(value, str) or not value.strip() or values.count(value) > 1:
            raise invalid(where, got=value, allowed="texts that are not empty, each once")
    return tuple(values)


def _check_patterns(codebook: Codebook, name: str, file: Path) -> None:
    """Parse the patterns once, so that a mistake is told when the codebook is loaded."""
    try:
        codebook.parsed_patterns(name)
    except DiscourseError as error:
        raise DiscourseError(f"{file}: theme {name!r}: {error}") from error


def _read_examples(files: Iterable[Path], names: list[str]) -> tuple[Example, ...]:
    """Read the example bank; a text may stand in it once."""
    examples: dict[str, Example] = {}
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DiscourseError(f"examples {file} cannot be read: {error}") from error
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{file}, line {number}"
            example = _read_example(line, names, where)
            if example.text in examples:
                raise invalid(f"{where}: text", got=example.text, allowed="each text once")
            examples[example.text] = example
    return tuple(examples[text] for text in sorted(examples))


def _read_example(line: str, names: list[str], where: str) -> Example:
    """Read one line; ``register`` is a note for people and optional."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DiscourseError(f"{where} is no JSON: {error}") from error
    kinds = {"text": str, "themes": list}
    if isinstance(record, dict) and "register" in record:
        kinds["register"] = str
    _check_keys(record, kinds, where)
    if not record["text"].strip():
        raise invalid(f"{where}: text", got=record["text"], allowed="a text that is not empty")
    themes = _strings(record["themes"], f"{where}: themes")
    for theme in themes:
        if theme not in names:
            raise unknown(f"{where}: theme", got=theme, known=names)
    return Example(record["text"], frozenset(themes))
