"""A fitted theme model on disk: later runs score new posts with the model of the first run."""

from __future__ import annotations

import io
import json
from functools import cache
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import joblib
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError, invalid
from pmdiscourse.measure.shipped import CARD, NUMBERS, TERMS
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.store import sha256, write_atomic

MODEL_FILE = "model.joblib"
CARD_FILE = "model.json"
_MEND = "Fit it again: `pmdiscourse run RAW --out DIR --refit`."
_PACKAGES = (
    *("pmdiscourse", "numpy", "scipy", "scikit-learn", "spacy", "tokenizers", "wordllama"),
    "onnxruntime",
)


def installed_versions() -> dict[str, str]:
    """Return the versions of the packages that a score depends on, and of this wing's code."""
    versions = {package: _version(package) for package in _PACKAGES}
    return versions | {"pmdiscourse code": _code_version()}


# Modules and files that make a score: a model that older ones pickled must not be loaded.
_SOURCES = (
    "codebook.py",
    "patterns.py",
    *(
        f"measure/{name}"
        for name in (
            *("encoder.py", "features.py", "frames.py", "linear.py", "matching.py", "meaning.py"),
            *(
                "sentence_view.py",
                "sentences.py",
                "shipped.py",
                "texts.py",
                "themes.py",
                "views.py",
            ),
            *(f"weights/{name}" for name in (CARD, NUMBERS, TERMS)),
        )
    ),
)


@cache
def _code_version() -> str:
    """Hash what makes a score."""
    root = resources.files("pmdiscourse")
    return sha256(b"".join(root.joinpath(name).read_bytes() for name in _SOURCES))[:12]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"


def model_hash(
    codebook: Codebook,
    versions: dict[str, str] | None = None,
    *,
    random_state: int = 0,
    encoder: str = "",
) -> str:
    """Return the name of the model that this codebook gives with these versions.

    Parameters
    ----------
    codebook : Codebook
        What the model learns from.
    versions : dict of str to str or None, default=None
        Versions by package; None takes the installed ones.
    random_state : int, default=0
        Seed of the model.
    encoder : str, default=""
        Name of its sentence encoder; empty for none.

    Returns
    -------
    str
        24 hexadecimal digits.
    """
    used = installed_versions() if versions is None else versions
    content = json.dumps([codebook.sha256, sorted(used.items()), random_state, encoder])
    return sha256(content.encode("utf-8"))[:24]


def describe_themes(model: ThemeModel) -> list[dict[str, Any]]:
    """Say of every theme where its weights come from and when a passage is tagged with it.

    Parameters
    ----------
    model : ThemeModel
        Fitted.

    Returns
    -------
    list of dict
        ``{"theme", "weights", "threshold"}`` in codebook order; weights are ``"shipped"``, or
        ``"bank"`` for a theme that is new or edited, learned from the example bank.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    """
    check_is_fitted(model)
    return [
        {
            "theme": name,
            "weights": "shipped" if name in model.shipped_ else "bank",
            "threshold": float(threshold),
        }
        for name, threshold in zip(model.theme_names_, model.thresholds_, strict=True)
    ]


def save_model(model: ThemeModel, directory: str | Path) -> None:
    """Write a fitted model and a card that people can read.

    Parameters
    ----------
    model : ThemeModel
        Fitted.
    directory : str or Path
        Folder, e.g. ``DIR/model/HASH``; made if needed.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    """
    check_is_fitted(model)
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=3)
    content = buffer.getvalue()
    card = {
        "themes": describe_themes(model),
        "views": sorted({name for part in model.detectors_ for name in part.views}),
        "codebook_sha256": _codebook_of(model).sha256,
        "versions": installed_versions(),
        "sha256": sha256(content),
    }
    write_atomic(Path(directory) / MODEL_FILE, content)
    write_atomic(Path(directory) / CARD_FILE, json.dumps(card, indent=1) + "\n")


def _codebook_of(model: ThemeModel) -> Codebook:
    """Return the codebook that a model speaks for."""
    return load_codebook() if model.codebook is None else model.codebook


def load_model(directory: str | Path, *, codebook: Codebook | None = None) -> ThemeModel:
    """Read a model that `save_model` wrote; load only what you or your team wrote.

    Parameters
    ----------
    directory : str or Path
        Folder that `save_model` wrote.
    codebook : Codebook or None, default=None
        The codebook that the model must have been fitted to; None takes any.

    Returns
    -------
    ThemeModel

    Raises
    ------
    DiscourseError
        If a file is missing or damaged, the model is not the one of the card, other versions of
        the packages wrote it, or it was fitted to another codebook.
    """
    folder = Path(directory)
    card, content = _read_files(folder)
    if sha256(content) != card["sha256"]:
        raise DiscourseError(f"{folder / MODEL_FILE} is not the model of its card. {_MEND}")
    _check_versions(folder, card["versions"])
    if codebook is not None and card["codebook_sha256"] != codebook.sha256:
        raise invalid(
            f"model {folder}",
            got=f"a model of the codebook {card['codebook_sha256'][:12]}",
            allowed=f"a model of this codebook, {codebook.sha256[:12]}",
            hint=_MEND,
        )
    model = joblib.load(io.BytesIO(content))
    if not isinstance(model, ThemeModel):
        raise invalid(f"model {folder}", got=type(model).__name__, allowed="a ThemeModel")
    return model


def _read_files(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Return card and model file; the card has all that is asked of it."""
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        content = (folder / MODEL_FILE).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        raise DiscourseError(f"model {folder} cannot be read: {error}. {_MEND}") from error
    kinds = {"sha256": str, "versions": dict, "codebook_sha256": str}
    for key, kind in kinds.items():
        if not isinstance(card, dict) or not isinstance(card.get(key), kind):
            raise invalid(
                str(folder / CARD_FILE), got=card, allowed=f"a card with {list(kinds)}", hint=_MEND
            )
    return card, content


def _check_versions(folder: Path, versions: dict[str, str]) -> None:
    """Require the versions that are installed, and name those that differ."""
    installed = installed_versions()
    differ = sorted(
        name for name in {*versions, *installed} if versions.get(name) != installed.get(name)
    )
    if differ:
        raise invalid(
            f"model {folder}",
            got=", ".join(f"{name} {versions.get(name)}" for name in differ),
            allowed="a model written with "
            + ", ".join(f"{name} {installed.get(name)}" for name in differ),
            hint=_MEND,
        )
