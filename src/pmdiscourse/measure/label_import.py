"""Labels that come with posts: taken by a run that has none; invented ones never by real posts."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
import tomllib
from pathlib import Path

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.label_tables import CHANCE, find_waves

PASSPORT = "source.toml"
LABELS = "labels.csv"


def settle_labels(
    directory: str | Path, *, source: str | Path | None = None, synthetic: bool = False
) -> str:
    """Put aside invented labels that lie beside real posts, then take labels made elsewhere.

    Invented labels are those whose folder has a passport (``source.toml``) with ``synthetic =
    true``. They belong to the invented sample alone, as its posts do: beside real posts none are
    taken, and those taken earlier move to ``DIR/labels-sample``, so that labels can be drawn.

    Parameters
    ----------
    directory : str or Path
        Folder of a run (DIR); its labels are in ``DIR/labels``.
    source : str, Path or None, default=None
        Folder of labels that an earlier run of the same posts was given, as ``DIR/labels``;
        copied if DIR has no labels of its own. That they are not taken is said, unless DIR has the
        very same.
    synthetic : bool, default=False
        Whether the posts of this run are invented.

    Returns
    -------
    str
        What was done, in a sentence; empty if nothing.

    Raises
    ------
    DiscourseError
        If there are no labels in `source`, or a passport cannot be read.
    """
    target = Path(directory) / "labels"
    told = ""
    if target.is_dir() and _are_invented(target) and not synthetic:
        aside = _free_name(target.with_name("labels-sample"))
        target.rename(aside)
        told = f"the labels of the invented sample were put aside: {aside}"
    if source is None:
        return told
    folder = Path(source)
    if folder.resolve() == target.resolve():
        return told
    check_source(folder)
    if _are_invented(folder) and not synthetic:
        return told
    if target.is_dir() and any(target.iterdir()):
        if _holds_the_same(target, folder):
            return told
        return f"{target} holds labels already, so those of {folder} are not taken"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".labels.") as whole:
        _copy(folder, Path(whole) / "labels").rename(target)  # there whole or not at all
    return "; ".join(filter(None, [told, f"labels taken from {folder}"]))


def set_aside_by_hand(labels: str | Path) -> Path | None:
    """Rename a ``labels.csv`` that somebody made by hand, so that none is written over it.

    Parameters
    ----------
    labels : str or Path
        Folder of labels, ``DIR/labels``.

    Returns
    -------
    Path or None
        Its new name, ``labels-by-hand.csv`` or ``labels-by-hand-2.csv`` ...; None if there is no
        ``labels.csv``, or `pmdiscourse label read` wrote it: that one has a column
        inclusion_probability.
    """
    path = Path(labels) / LABELS
    if not path.is_file():
        return None
    header = path.read_bytes().split(b"\n", 1)[0]
    if not header.strip() or CHANCE.encode() in header:
        return None
    aside = _free_name(path.with_name("labels-by-hand.csv"))
    path.rename(aside)
    return aside


def check_source(folder: str | Path) -> None:
    """Check that a folder holds labels, before anything else of a run is done.

    Raises
    ------
    DiscourseError
        If it holds no draw or no ``labels.csv``, or its passport cannot be read.
    """
    lacks = "" if find_waves(Path(folder)) else "no folder wave-1"
    if not lacks and not (Path(folder) / LABELS).is_file():
        lacks = f"no {LABELS}, which `pmdiscourse label read` of the run that it is from writes"
    if lacks:
        raise DiscourseError(
            f"no labels in {folder}: it holds {lacks}. Name the folder `labels` of a run"
        )
    _are_invented(Path(folder))


def _copy(folder: Path, target: Path) -> Path:
    """Copy labels; a link is copied as the file that it leads to."""
    try:
        return Path(shutil.copytree(folder, target))
    except shutil.Error as error:
        file, _, why = error.args[0][0]
        raise DiscourseError(
            f"labels cannot be copied: {file}: {why}. Mend or remove that file, or give a copy"
        ) from error


def _holds_the_same(target: Path, folder: Path) -> bool:
    """Tell whether every file of a folder of labels is in the target, byte for byte."""
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return not any(filecmp.cmpfiles(target, folder, map(str, names), shallow=False)[1:])


def _are_invented(folder: Path) -> bool:
    """Read the passport, if there is one."""
    path = folder / PASSPORT
    if not path.is_file():
        return False
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("synthetic") is True
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DiscourseError(f"{path} cannot be read: {error}. Mend it or remove it.") from error


def _free_name(path: Path) -> Path:
    """Return the path, with a number if it is taken."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
