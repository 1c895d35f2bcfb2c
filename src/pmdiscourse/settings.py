"""Settings of a run: few, named, strict. An unknown name or a wrong type is an error."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError, invalid, unknown


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a run can be told, with its default.

    Parameters
    ----------
    min_passage_words : int, default=10
        A shorter line (heading, bullet label) is no passage.
    max_passage_words : int, default=220
        A longer paragraph is cut at sentence ends.
    part_words : int, default=150
        Upper size of the near-equal parts of a cut paragraph.
    max_file_bytes : int, default=20_000_000_000
        A larger raw file is quarantined; dumps are streamed, so the size costs time, not memory.
    max_document_bytes : int, default=50_000_000
        A page, a JSON document, a line or a row that must be held whole is quarantined above it.
    max_page_characters : int, default=20_000_000
        A larger HTML page is quarantined: its tree takes some twenty times as much memory.
    max_document_seconds : int, default=30
        A page or record that takes longer is quarantined.
    max_expansion : int, default=200
        A packed file that grows by more than this factor (from 10 MB on) is quarantined as a bomb.
    max_depth : int, default=5000
        Replies, elements or archives that are nested deeper are quarantined.
    n_residual : int, default=6
        Residual topics beside the theme topics of the topic model.
    random_state : int, default=0
        Seed of everything that draws.
    codebook : str, default=""
        Folder of a codebook; empty means the one that comes with the package.
    encoder : str, default=""
        Sentence encoder that the theme model adds: ``"minilm"`` (the extra ``semantic``) finds more
        and is slower; empty means none.
    proxy : str, default=""
        CSV file with the scores of another tagger (passage_id, theme, score), which then stands in
        for the theme model in the estimates: `pmdiscourse.measure.proxy`. Empty means none.
    keep_authors : bool, default=False
        True writes author names as scraped instead of keyed pseudonyms.
    mask_names : bool, default=False
        True also masks names of people in texts, as far as the model `names_model` finds them.
    names_model : str, default="en_core_web_sm"
        An installed spaCy model with entity recognition.
    """

    min_passage_words: int = 10
    max_passage_words: int = 220
    part_words: int = 150
    max_file_bytes: int = 20_000_000_000
    max_document_bytes: int = 50_000_000
    max_page_characters: int = 20_000_000
    max_document_seconds: int = 30
    max_expansion: int = 200
    max_depth: int = 5000
    n_residual: int = 6
    random_state: int = 0
    codebook: str = ""
    encoder: str = ""
    proxy: str = ""
    keep_authors: bool = False
    mask_names: bool = False
    names_model: str = "en_core_web_sm"

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            if name.startswith(("min_", "max_", "part_")) and value < 1:
                raise invalid(f"setting {name!r}", got=getattr(self, name), allowed="1 or more")
        if not 0 <= self.random_state < 2**32:
            raise invalid("setting 'random_state'", got=self.random_state, allowed="0 to 2**32 - 1")
        if self.n_residual < 1:
            raise invalid("setting 'n_residual'", got=self.n_residual, allowed="1 or more")
        if self.part_words > self.max_passage_words:
            raise invalid(
                "setting 'part_words'",
                got=self.part_words,
                allowed=f"at most max_passage_words ({self.max_passage_words})",
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as a plain dictionary, in order."""
        return dataclasses.asdict(self)


def make_settings(values: Mapping[str, Any] | Settings | None = None) -> Settings:
    """Build settings from a mapping, refusing what is unknown or of another type.

    Parameters
    ----------
    values : mapping, Settings or None, default=None
        Names and values; None gives the defaults.

    Returns
    -------
    Settings

    Raises
    ------
    DiscourseError
        If a name is unknown, or a value is of another type or out of range.

    Examples
    --------
    >>> make_settings({"random_state": 3}).random_state
    3
    >>> make_settings({"randomstate": 3})
    Traceback (most recent call last):
    ...
    pmdiscourse.errors.DiscourseError: setting 'randomstate' is unknown; known are: \
min_passage_words, max_passage_words, part_words, max_file_bytes, max_document_bytes, \
max_page_characters, max_document_seconds, max_expansion, max_depth, n_residual, random_state, \
codebook, encoder, proxy, keep_authors, mask_names, names_model. Did you mean 'random_state'?
    """
    if isinstance(values, Settings):
        return values
    defaults = Settings().as_dict()
    for name, value in (values or {}).items():
        if name not in defaults:
            raise unknown("setting", got=name, known=defaults)
        wanted = type(defaults[name])
        if type(value) is not wanted:
            raise invalid(f"setting {name!r}", got=value, allowed=f"a {wanted.__name__}")
    return Settings(**(values or {}))


def read_settings(path: str | Path) -> Settings:
    """Read settings from a TOML file.

    Raises
    ------
    DiscourseError
        If the file cannot be read, is not TOML, or holds an unknown name or a wrong type.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DiscourseError(f"settings file {path} cannot be read: {error}") from error
    return make_settings(values)
