"""A fitted theme model on disk: later runs score new posts with the model of the first run."""

from __future__ import annotations

import io
import json
from functools import cache
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import joblib
from sklearn.utils.validation import check_is_fitted

from pmdiscourse.codebook import Codebook
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
            *("sentences.py", "shipped.py", "themes.py", "views.py"),
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
    codebook: Codebook, versions: dict[str, str] | None = None, *, random_state: int = 0
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

    Returns
    -------
    str
        24 hexadecimal digits.
    """
    used = installed_versions() if versions is None else versions
    content = json.dumps([codebook.sha256, sorted(used.items()), random_state])
    return sha256(content.encode("utf-8"))[:24]


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
        "themes": model.theme_names_,
        "thresholds": [float(threshold) for threshold in model.thresholds_],
        "views": sorted({name for part in model.detectors_ for name in part.views}),
        "shipped": list(model.shipped_),
        "versions": installed_versions(),
        "sha256": sha256(content),
    }
    write_atomic(Path(directory) / MODEL_FILE, content)
    write_atomic(Path(directory) / CARD_FILE, json.dumps(card, indent=1) + "\n")


def load_model(directory: str | Path) -> ThemeModel:
    """Read a model that `save_model` wrote; load only what you or your team wrote.

    Parameters
    ----------
    directory : str or Path
        Folder that `save_model` wrote.

    Returns
    -------
    ThemeModel

    Raises
    ------
    DiscourseError
        If a file is missing, the model is not the one of the card, or other versions of the
        packages wrote it.
    """
    folder = Path(directory)
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        content = (folder / MODEL_FILE).read_bytes()
    except (OSError, ValueError) as error:
        raise DiscourseError(f"model {folder} cannot be read: {error}. {_MEND}") from error
    if sha256(content) != card.get("sha256"):
        raise DiscourseError(f"{folder / MODEL_FILE} is not the model of its card. {_MEND}")
    if card["versions"] != installed_versions():
        raise invalid(
            f"model {folder}",
            got=card["versions"],
            allowed=f"a model written with {installed_versions()}",
            hint=_MEND,
        )
    model = joblib.load(io.BytesIO(content))
    if not isinstance(model, ThemeModel):
        raise invalid(f"model {folder}", got=type(model).__name__, allowed="a ThemeModel")
    return model
