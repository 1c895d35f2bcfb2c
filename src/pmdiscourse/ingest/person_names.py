"""Names of people in text give way to "[name]", as far as a spaCy model finds them; off by default.

The model is statistical: it misses names and takes other words for names (docs/privacy.md has
figures), and it is no dependency of this library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.privacy import Masked

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MODEL = "en_core_web_sm"
TOKEN = "[name]"
_LABELS = {"PERSON", "PER"}  # English models say PERSON, those of several other languages PER
# Parts of spaCy's models that entity recognition does not use.
_UNUSED = ("tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer")
_PIECE = re.compile(r".{1,50000}(?:\s+|$)|.{1,50000}")  # entity recognition takes 1 GB for 10**5


def mask_person_names(text: str, *, model: str = MODEL) -> Masked:
    """Write "[name]" in the place of names of people that a spaCy model finds.

    Parameters
    ----------
    text : str
        Cleaned text, best after `mask_personal`.
    model : str, default="en_core_web_sm"
        Name of an installed spaCy package with entity recognition, or path of a model's folder.

    Returns
    -------
    Masked
        The text, and the count under "name" if any was found. Unlike `mask_personal`, masking again
        may find more: the model sees another text then.

    Raises
    ------
    DiscourseError
        If the model is not installed, does not fit the installed spaCy, or finds no persons.
    """
    return next(mask_person_names_in([text], model=model))


def mask_person_names_in(
    texts: Iterable[str], *, model: str = MODEL, batch_size: int = 64
) -> Iterator[Masked]:
    """Mask names in many texts, in batches.

    Parameters
    ----------
    texts : iterable of str
        Cleaned texts; memory holds a batch.
    model : str, default="en_core_web_sm"
        As for `mask_person_names`.
    batch_size : int, default=64
        Lines that the model reads at a time, 1 or more.

    Yields
    ------
    Masked
        One for each text, in their order.

    Raises
    ------
    DiscourseError
        As for `mask_person_names`.
    """
    nlp = _load(model)
    pieces = ((piece, number) for number, text in enumerate(texts) for piece in _pieces(text))
    read = nlp.pipe(pieces, as_tuples=True, batch_size=batch_size)
    for _, group in groupby(read, key=itemgetter(1)):
        masked = [_mask(doc) for doc, _ in group]
        n_names = sum(n for _, n in masked)
        text = "".join(piece for piece, _ in masked)
        yield Masked(text, {"name": n_names} if n_names else {})


def _pieces(text: str) -> Iterator[str]:
    """Cut a text at line breaks, so that names stay in their lines; long lines at spaces."""
    for line in text.splitlines(keepends=True) or [""]:
        yield from _PIECE.findall(line) if len(line) > 50000 else [line]


def _mask(doc: Doc) -> tuple[str, int]:
    parts: list[str] = []
    end = n_names = 0
    for entity in doc.ents:
        name = entity.text.strip()
        if entity.label_ in _LABELS and name and not re.search(r"[\[\]\n]", name):
            start = entity.start_char + entity.text.index(name)
            parts += [doc.text[end:start], TOKEN]
            end = start + len(name)
            n_names += 1
    return "".join([*parts, doc.text[end:]]), n_names


@cache
def _load(model: str) -> Language:
    import spacy  # noqa: PLC0415 (a second of loading that few need)

    try:
        nlp = spacy.load(model, exclude=_UNUSED)
    except (OSError, ValueError) as error:
        raise DiscourseError(
            f"names of people cannot be masked: the spaCy model {model!r} cannot be loaded "
            f"({str(error).splitlines()[0][:160]}); install it with "
            f"`python -m spacy download {MODEL}`, or leave the setting 'mask_names' false"
        ) from error
    if not _LABELS & {label for labels in nlp.pipe_labels.values() for label in labels}:
        raise DiscourseError(
            f"names of people cannot be masked: the spaCy model {model!r} knows no persons; "
            f"name one with entity recognition, such as {MODEL!r}"
        )
    return nlp
