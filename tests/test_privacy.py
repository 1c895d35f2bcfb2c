"""Personal data in text: cases are data, known failures are strict; pseudonyms; person names."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.identity import pseudonym
from pmdiscourse.ingest.passages import count_words
from pmdiscourse.ingest.person_names import mask_person_names, mask_person_names_in
from pmdiscourse.ingest.privacy import KINDS, TOKENS, mask_personal

CASES = Path(__file__).parent / "cases" / "privacy"
KNOWN: dict[str, list[int]] = json.loads((CASES / "known_failures.json").read_text("utf-8"))
MARKED = re.compile("⟦([^:⟧]+):([^⟧]*)⟧")  # ⟦kind:personal data⟧
KEY = b"a key of the tests"


def read_cases(name: str) -> list[tuple[int, str]]:
    """Return number and sentence of each line below the header of a file of cases."""
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    return [(number, line.split("\t")[1]) for number, line in enumerate(lines[1:], start=2)]


def raw_and_masked(marked: str) -> tuple[str, str]:
    return MARKED.sub(r"\2", marked), MARKED.sub(r"[\1]", marked)


@pytest.mark.parametrize("name", ["positives.tsv", "negatives.tsv"])
def test_cases(name: str) -> None:
    """Known failures are strict: a line that is mended must leave the list."""
    wrong = []
    for number, marked in read_cases(name):
        raw, expected = raw_and_masked(marked)
        masked = mask_personal(raw)
        counts = Counter(kind for kind, _ in MARKED.findall(marked))
        if masked.text != expected or Counter(masked.counts) != counts:
            wrong.append(number)
    assert wrong == KNOWN[name]


def test_the_cases_hold_what_they_are_meant_to_hold() -> None:
    positives = [marked for _, marked in read_cases("positives.tsv")]
    negatives = [marked for _, marked in read_cases("negatives.tsv")]
    assert len(positives) >= 150
    assert len(negatives) >= 200
    assert {kind for marked in positives for kind, _ in MARKED.findall(marked)} == set(KINDS)
    assert not any(MARKED.search(marked) for marked in negatives)


PIECES = st.one_of(
    st.sampled_from(
        [raw_and_masked(m)[0] for name in KNOWN for _, m in read_cases(name)]
        + [value for _, m in read_cases("positives.tsv") for _, value in MARKED.findall(m)]
    ),
    st.sampled_from([*TOKENS, "@", ".", "-", " ", "/", ":", "::", "(", ")", "[", "]", "_", "\n"]),
    st.sampled_from([" at ", "[at]", " dot ", "555", "010", "0", "+", "u/", "org", "x.com", "ip "]),
    st.text(max_size=5),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
def test_masking_again_changes_nothing(text: str) -> None:
    once = mask_personal(text)
    assert mask_personal(once.text) == (once.text, {})


@given(TEXTS)
def test_a_mask_stays_in_its_line(text: str) -> None:
    lines = text.split("\n")
    assert mask_personal(text).text == "\n".join(mask_personal(line).text for line in lines)


@given(TEXTS)
def test_nothing_but_masks_is_new(text: str) -> None:
    """What stands between the masks stood in the text, in that order; no word is added."""
    masked = mask_personal(text)
    place = 0
    for piece in re.split("|".join(map(re.escape, TOKENS)), masked.text):
        place = text.index(piece, place) + len(piece)
    new = {kind: masked.text.count(f"[{kind}]") - text.count(f"[{kind}]") for kind in KINDS}
    assert {kind: n for kind, n in new.items() if n} == masked.counts
    assert count_words(masked.text) <= count_words(text)


@pytest.mark.parametrize(
    "unit",
    ["@", "1-1-1-", "a@a@a@", ".com", "a.a.a.@", "555 010 ", "01 ", "1/1/", "4111 ", "a at a dot ",
     "a.a/@a", "abcd:", "DE89 3704 ", "u/aaa ", "(0", "1 Aa ", "@a.", "[at]a"],
)  # fmt: skip
def test_long_runs_are_masked_in_linear_time(unit: str) -> None:
    """Nothing is measured here: an expression that is not linear would not come to an end."""
    text = unit * (300_000 // len(unit))
    once = mask_personal(text).text
    assert mask_personal(once).text == once


def test_anything_but_text_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a str, got bytes"):
        mask_personal(b"bytes")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    ["Jane_D", "jane_d", " JANE_D\t", "@Jane_D", "u/Jane_D", "/u/Jane_D", "U/jane_d", "u/ Jane_D",
     "Jane\u200b_D\ufeff", "\uff2aane_D", "\u200e@Jane_D"],
)  # fmt: skip
def test_the_same_author_has_the_same_pseudonym(written: str) -> None:
    assert pseudonym(written, KEY) == pseudonym("Jane_D", KEY)


def test_spaces_and_accents_of_a_name_may_be_written_in_more_ways() -> None:
    assert pseudonym("Zoë  van\u00a0Dyk", KEY) == pseudonym("zoe\u0308 van dyk", KEY)
    assert pseudonym("Strauß", KEY) == pseudonym("STRAUSS", KEY)


def test_other_authors_and_other_keys_have_other_pseudonyms() -> None:
    names = ["Jane_D", "Jane D", "JaneD", "Jane_D1", "@", "u/", "Jane@D", "u/u/Jane", "\ud800"]
    codes = {pseudonym(name, KEY) for name in names}
    assert len(codes) == len(names)
    assert not codes & {pseudonym(name, b"another key") for name in names}
    assert all(re.fullmatch("author-[0-9a-f]{12}", code) for code in codes)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A spaCy model on disk that knows two persons and a company by heart."""
    nlp = spacy.blank("en")
    patterns = [("PERSON", "Carla Winter"), ("PERSON", "Dmitri"), ("ORG", "Acme")]
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": name} for label, name in patterns])
    path = tmp_path_factory.mktemp("spacy") / "model"
    nlp.to_disk(path)
    return str(path)


def test_person_names_are_masked_where_the_model_finds_them(model: str) -> None:
    text = "Thanks Carla Winter!\nAcme let Dmitri go, says Carla Winter.\n\n"
    masked = mask_person_names(text, model=model)
    assert masked == ("Thanks [name]!\nAcme let [name] go, says [name].\n\n", {"name": 3})
    assert mask_person_names("Carla\nWinter left.", model=model) == ("Carla\nWinter left.", {})


def test_person_names_in_many_texts_come_back_in_their_order(model: str) -> None:
    texts = ["Dmitri", "", "nobody", "Dmitri\nDmitri\n", "no " * 40_000 + "Dmitri"]
    masked = list(mask_person_names_in(texts, model=model, batch_size=2))
    assert [m.counts.get("name", 0) for m in masked] == [1, 0, 0, 2, 1]
    assert [m.text for m in masked] == [text.replace("Dmitri", "[name]") for text in texts]


def test_a_model_that_is_missing_or_knows_no_persons_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match=r"spacy download en_core_web_sm.*'mask_names' false"):
        mask_person_names("Carla", model="no_such_model")
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(DiscourseError, match="knows no persons"):
        mask_person_names("Carla", model=str(tmp_path / "blank"))
