"""A new codebook: a copy of one, with a theme more that waits to be filled in."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path
from string import Template

from pmdiscourse.codebook import NAME, NAME_ALLOWED, copy_codebook, find_codebook, load_codebook
from pmdiscourse.codebook_checks import read_utf8
from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.store import write_atomic


def new_codebook(
    directory: str | Path,
    *,
    theme: str,
    title: str | None = None,
    source: str | Path | None = None,
) -> Path:
    """Copy a codebook and add a theme to it, as a template to fill in.

    Parameters
    ----------
    directory : str or Path
        Folder of the new codebook: not there yet, or empty.
    theme : str
        Name of the theme: a-z, 0-9 and _, a letter first.
    title : str or None, default=None
        The reader's wording; None makes it from the name.
    source : str, Path or None, default=None
        Folder of the codebook to copy; None copies the one that comes with the package.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DiscourseError
        If there is something in the folder, the name or title is not usable or taken, or the
        codebook to copy cannot be loaded.
    """
    folder = Path(directory)
    _check(folder, theme, title, load_codebook(source).names)
    values = {
        "name": theme,
        # A JSON text is a TOML text.
        "title": json.dumps(title or theme.replace("_", " ").capitalize(), ensure_ascii=False),
    }
    template = resources.files("pmdiscourse") / "codebook_template"
    entry, how_to = (
        Template((template / name).read_text(encoding="utf-8")).substitute(values)
        for name in ("theme.toml", "examples.jsonl")
    )
    themes = find_codebook(source) / "themes.toml"
    text = read_utf8(themes).rstrip() + "\n" + entry
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DiscourseError(
            f"{themes} writes its themes in one list, to which none can be added. Write each as a "
            "table of its own under [[themes]]."
        ) from error
    examples = folder / "examples" / f"{theme}.jsonl"
    copy_codebook(source, folder)
    write_atomic(folder / "themes.toml", text)
    if not examples.exists():  # a file of that name may have come with the copy
        write_atomic(examples, how_to)
    load_codebook(folder)
    return folder


def _check(folder: Path, theme: str, title: str | None, taken: list[str]) -> None:
    """Refuse what would overwrite something, or could not be loaded."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise DiscourseError(
            f"{folder} is there already, and nothing is overwritten. Name another folder; to add "
            f"a theme to that codebook, copy it: `pmdiscourse codebook new OTHER --from {folder} "
            f"--theme {theme}`."
        )
    if not NAME.fullmatch(theme):
        raise invalid("theme", got=theme, allowed=NAME_ALLOWED)
    if theme in taken:
        raise invalid("theme", got=theme, allowed=f"a name other than {', '.join(taken)}")
    if title is not None and not (title.strip() and title.isprintable()):
        raise invalid("title", got=title, allowed="a line of text")
