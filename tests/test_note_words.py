"""What holds for all themes is said once; what coders agree on is told with its interval."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pmdiscourse.measure.agreement import agreement, compare_coders
from pmdiscourse.present.coder_words import tell_agreement, tell_coders
from pmdiscourse.present.frames import select_shares
from pmdiscourse.present.note_words import join_remarks, tell_notes, tell_untested
from pmdiscourse.present.wording import label

Tables = dict[str, pd.DataFrame]
THEMES = ("blame", "identity", "elite_education", "director_failure")


@pytest.mark.parametrize("labelled", [(), ("blame", "identity"), THEMES])
def test_no_sentence_of_a_note_is_lost_or_said_twice(
    make_tables: Callable[..., Tables], labelled: tuple[str, ...]
) -> None:
    rows = select_shares(make_tables(essays=18, labelled=labelled)["prevalence"])
    common, own = tell_notes(rows)
    remarks = dict(zip(own["theme"], own["remark"], strict=True))
    for theme, note in zip(rows["theme"], rows["note"], strict=True):
        told = f"{common} {remarks.get(theme, '')}"
        for sentence in str(note).split(". "):
            said = sentence.startswith(("Tagged share:", "This is not", "If the tagger finds"))
            assert said or sentence.rstrip(".") in told
    sentences = [sentence.rstrip(".") for sentence in common.split(". ") if sentence]
    assert not [s for s in sentences if own["remark"].str.contains(s, regex=False).any()]
    assert len(set(sentences)) == len(sentences)
    joined = join_remarks(own)
    assert joined["remark"].tolist() == list(dict.fromkeys(own["remark"]))
    for theme, remark in remarks.items():
        assert label(theme) in joined.set_index("remark").loc[remark, "themes"]


def test_notes_of_no_theme_and_of_one() -> None:
    nothing = pd.DataFrame({"theme": [], "note": []})
    common, own = tell_notes(nothing)
    assert (common, len(own)) == ("", 0)
    one = pd.DataFrame({"theme": ["blame"], "note": ["Few threads. 3.2% of (all) are new."]})
    assert tell_notes(one)[0] == "Few threads. 3.2% of (all) are new."


def test_each_reason_for_no_test_is_said_once() -> None:
    frame = pd.DataFrame(
        {
            "theme": ["blame", "blame", "identity", "pay_gap"],
            "difference": [None, None, None, 0.1],
            "note": ["Too few.", "Too few.", "No label.", "Firm."],
        }
    )
    assert tell_untested(frame) == [
        "Not tested: blame. Too few.",
        "Not tested: identity. No label.",
    ]
    assert tell_untested(frame[frame["difference"].notna()]) == []


@pytest.fixture
def labels() -> pd.DataFrame:
    """Thirty passages that two people coded; they differ on three."""
    ids = [f"p{number:02d}" for number in range(30)]
    first, second = [n < 12 for n in range(30)], [n < 9 for n in range(30)]
    frame = pd.DataFrame(
        {
            "passage_id": ids * 2,
            "theme": "blame",
            "coder": ["coder-1"] * 30 + ["coder-2"] * 30,
            "present": first + second,
        }
    )
    return frame.astype({"present": "boolean"})


def test_agreement_is_told_with_its_interval(labels: pd.DataFrame) -> None:
    figures = agreement(labels)
    row, told = figures.iloc[0], tell_agreement(figures).iloc[0]
    interval = f"{row['alpha']:.2f} ({row['alpha_low']:.2f} to {row['alpha_high']:.2f})"
    assert told["alpha"] == interval
    assert (told["passages"], told["same_code"]) == (30, "90.0%")
    pair = tell_coders(compare_coders(labels)).iloc[0]
    assert (pair["coders"], pair["present"]) == ("coder-1 and coder-2", "12 and 9")
    assert pair["alpha"] == f"{row['alpha']:.2f}"
    assert "verdict" not in pair, "without an interval nobody knows how sure it is"


@pytest.mark.parametrize(
    ("verdict", "low", "told"),
    [
        ("reliable", 0.3, "reliable; the interval reaches below 0.8"),
        ("reliable", 0.81, "reliable"),
        ("tentative conclusions only", 0.1, "tentative conclusions only; the interval reaches "
         "below 0.667"),
        ("not reliable", 0.1, "not reliable"),
    ],
)  # fmt: skip
def test_a_verdict_tells_that_its_interval_reaches_lower(
    labels: pd.DataFrame, verdict: str, low: float, told: str
) -> None:
    figures = agreement(labels).assign(verdict=verdict, alpha_low=low)
    assert tell_agreement(figures)["verdict"].tolist() == [told]


def test_agreement_that_is_not_defined_is_told(labels: pd.DataFrame) -> None:
    never = labels.assign(present=pd.array([False] * 60, dtype="boolean"))
    assert tell_agreement(agreement(never))["alpha"].tolist() == ["not defined"]
