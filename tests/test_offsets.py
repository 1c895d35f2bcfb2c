"""Spans of a cleaned text lead back to the raw text, whatever cleaning did to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmdiscourse.ingest.offsets import align, spans
from pmdiscourse.ingest.repair import clean_text
from steps import count_lines

GROWTH = json.loads((Path(__file__).parent / "cases" / "growth.json").read_text(encoding="utf-8"))
WORDS = st.sampled_from(
    ["roadmap", "we", "the", "nobody", "owned", "Zoë", "it", "naïve", "R", "scope", "’", "–", "a"]
)
# What a scrape does to a character or between two of them; each is undone by cleaning.
INVISIBLE = st.sampled_from(["\u200b", "\u00ad", "\u2060", "\u200e", "\x07", "\ufeff"])
SPACES = st.sampled_from([" ", " ", "  ", "\u00a0", " \t ", "\u2003", "\u200b \u00a0"])
BREAKS = st.sampled_from(["\n", "\n\n", "\r\n\r\n", "\n \n\n\n", "\u2028", "\r"])
DAMAGED = {"’": "&rsquo;", "–": "&amp;#8211;", "ë": "&euml;", "w": "&#119;", "ï": "i\u0308"}


@st.composite
def damaged_word(draw: st.DrawFn) -> str:
    word = draw(WORDS)
    place = draw(st.integers(0, 4 * len(word)))
    if place >= len(word):
        return word
    if word[place] in DAMAGED:
        return word[:place] + DAMAGED[word[place]] + word[place + 1 :]
    return word[:place] + draw(INVISIBLE) + word[place:]


@st.composite
def damaged_line(draw: st.DrawFn) -> str:
    line = draw(damaged_word())
    for word in draw(st.lists(damaged_word(), max_size=12)):
        line += draw(SPACES) + word
    return line


@st.composite
def damaged_text(draw: st.DrawFn) -> str:
    lines = draw(st.lists(damaged_line(), min_size=1, max_size=8))
    return "".join(line + draw(BREAKS) for line in lines)


def bare(text: str) -> str:
    return " ".join(text.split())


@given(damaged_text())
@settings(max_examples=300)
def test_cleaning_the_raw_slice_gives_the_line_again(raw: str) -> None:
    cleaned = clean_text(raw)
    start = 0
    for line in cleaned.split("\n"):
        first, last = align(raw, cleaned).raw_span(start, start + len(line))
        assert bare(clean_text(raw[first:last])) == bare(line)
        start += len(line) + 1


@given(damaged_text(), st.data())
def test_words_too_lead_back(raw: str, data: st.DataObject) -> None:
    cleaned = clean_text(raw)
    words = cleaned.split()
    if not words:
        return
    number = data.draw(st.integers(0, len(words) - 1))
    start = 0
    for word in words[:number]:
        start = cleaned.index(word, start) + len(word)
    start = cleaned.index(words[number], start)
    first, last = align(raw, cleaned).raw_span(start, start + len(words[number]))
    assert clean_text(raw[first:last]).strip() in (words[number], bare(words[number]))


@given(st.text(max_size=200), st.text(max_size=200), st.data())
def test_any_two_texts_are_aligned(raw: str, cleaned: str, data: st.DataObject) -> None:
    offsets = align(raw, cleaned)
    ends = [start + length for start, _, length in offsets.blocks]
    assert [block[0] for block in offsets.blocks] == sorted(block[0] for block in offsets.blocks)
    assert [block[1] for block in offsets.blocks] == sorted(block[1] for block in offsets.blocks)
    assert all(end <= len(cleaned) for end in ends)
    for start, place, length in offsets.blocks:
        assert raw[place : place + length] == cleaned[start : start + length]
    start = data.draw(st.integers(0, len(cleaned)))
    end = data.draw(st.integers(start, len(cleaned)))
    first, last = offsets.raw_span(start, end)
    assert 0 <= first <= last <= len(raw)


@given(st.text(max_size=300), st.data())
def test_a_text_that_did_not_change_keeps_its_places(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert align(text, text).raw_span(start, end) == (start, end)


LINES = ["We agreed on the plan in May.", "Then the plan changed – twice.", "Nobody wrote it down."]


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("> We agreed on the plan, they said.\n" + "\n".join(LINES), "\n".join(LINES)),
        (f"{LINES[0]}\n> {LINES[2]}\n> {LINES[1]}\n{LINES[1]}\n{LINES[2]}", "\n".join(LINES)),
        (
            f"{LINES[0]}\n> quoted, and\n> quoted on\n{LINES[1]}\n{LINES[2]}\n> end",
            "\n".join(LINES),
        ),
        (
            f"{LINES[0]}\n> A long quotation that goes on.\n> Then the plan changed hands, I hear."
            f"\n{LINES[1]}\n{LINES[2]}",
            "\n".join(LINES),
        ),
        ("\n".join(LINES).replace("–", "&amp;#8211;"), "\n".join(LINES)),
        ("\n".join(LINES).replace("–", "â€“").replace(" ", "\u00a0"), "\n".join(LINES)),
    ],
    ids=[
        "quote above",
        "quote of what follows",
        "quotes between",
        "quote that begins alike",
        "escaped twice",
        "mojibake",
    ],
)
def test_lines_left_out_are_no_part_of_a_span(raw: str, cleaned: str) -> None:
    start = 0
    for line in LINES:
        ((first, last),) = spans(raw, cleaned, [(start, start + len(line))])
        assert clean_text(raw[first:last]) == line
        start += len(line) + 1


def test_words_of_dense_mojibake_lead_back() -> None:
    cleaned = "It’s Zoë’s “naïve” plan, isn’t it – née “scope”…"
    raw = cleaned.encode().decode("sloppy-windows-1252")
    start = 0
    for word in cleaned.split():
        start = cleaned.index(word, start)
        first, last = align(raw, cleaned).raw_span(start, start + len(word))
        assert raw[first:last].encode("sloppy-windows-1252").decode() == word
        start += len(word)


def test_words_of_mojibake_made_twice_lead_back() -> None:
    cleaned = "It’s a plan – as ever, naïve and late, née scope"
    raw = cleaned
    for _ in range(2):
        raw = raw.encode().decode("sloppy-windows-1252")
    start = 0
    for word in cleaned.split():
        start = cleaned.index(word, start)
        first, last = align(raw, cleaned).raw_span(start, start + len(word))
        assert clean_text(raw[first:last]) == word
        start += len(word)


def test_a_long_quotation_that_holds_the_same_words_is_passed_over() -> None:
    quoted = "> Words of a long quotation go on and on.\n" * 40 + "> Then the plan changed hands.\n"
    raw = f"{LINES[0]}\n{quoted}> And on.\n{LINES[1]}\n{LINES[2]}"
    cleaned = "\n".join(LINES)
    first, last = align(raw, cleaned).raw_span(len(LINES[0]) + 1, len(LINES[0]) + 1 + len(LINES[1]))
    assert raw[first:last] == LINES[1]


def test_a_mask_covers_what_it_stands_for() -> None:
    raw = "Write to jane.doe@example.org, or call +44 20 7946 0000 at noon.\nShe answers."
    cleaned = "Write to [email], or call [phone] at noon.\nShe answers."
    start = cleaned.index("[email]")
    first, last = align(raw, cleaned).raw_span(start, start + len("[email]"))
    assert raw[first:last] == "jane.doe@example.org"
    line = cleaned.index("\n")
    assert align(raw, cleaned).raw_span(0, line) == (0, raw.index("\n"))


def test_a_line_of_which_nothing_is_left_is_its_line() -> None:
    raw = "One line stays.\nпривет друзья\nAnother line stays."
    cleaned = "One line stays.\nxyzzy xyzzy\nAnother line stays."
    first, last = align(raw, cleaned).raw_span(16, 27)
    assert raw[first:last] == "привет друзья"


def test_a_span_outside_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="span must be inside 0 to 3, got 2 to 4"):
        align("abc", "abc").raw_span(2, 4)


@pytest.mark.parametrize("name", GROWTH["texts"])
def test_work_grows_with_the_length_alone(name: str) -> None:
    (raw, n_raw), (cleaned, n_cleaned) = (GROWTH["texts"][name][key] for key in ("raw", "cleaned"))

    def lines_run(times: int) -> int:
        return count_lines(lambda: align(raw * n_raw * times, cleaned * n_cleaned * times))

    assert lines_run(20) < 11 * lines_run(2)
