"""What cells show: escaped, with alternative text, and never the name of an author."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmdiscourse.errors import DiscourseError
from pmdiscourse.present import display as shown
from pmdiscourse.present.quotation import quote
from pmdiscourse.present.wording import percent

HOSTILE = "<script>window.__pwned = 1</script> & <img src=x onerror=alert(1)>"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, object], dict[str, object]]]:
    """Collect the bundles that a notebook would get."""
    bundles: list[tuple[dict[str, object], dict[str, object]]] = []

    def collect(bundle: dict[str, object], metadata: dict[str, object]) -> None:
        bundles.append((bundle, metadata))

    monkeypatch.setattr(shown, "_display", collect)
    return bundles


Sent = list[tuple[dict[str, object], dict[str, object]]]


def test_show_sends_the_figure_with_alt_and_the_numbers_folded(sent: Sent) -> None:
    figure = plt.figure()
    data = pd.DataFrame({"theme": ["blame"], "tagged_share": [0.125], "n": [1200]})
    shown.show(figure, alt="Blame in 12.5% of 1,200.", caption="Blame, by share.", data=data)
    image, folded = sent
    assert image[1] == {
        "image/png": {
            "alt": "Blame in 12.5% of 1,200.",
            "caption": "Blame, by share.",
            "width": 560,
        }
    }
    assert bytes(image[0]["image/png"]).startswith(b"\x89PNG")  # type: ignore[call-overload]
    markup = str(folded[0]["text/html"])
    assert markup.startswith("<details>")
    assert "12.5%" in markup
    assert "1,200" in markup
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize(
    ("alt", "caption"), [("", "A good caption."), ("A good alt text.", "short")]
)
def test_show_refuses_words_that_say_nothing(alt: str, caption: str) -> None:
    with pytest.raises(DiscourseError, match="12 characters"):
        shown.show(plt.figure(), alt=alt, caption=caption, data=pd.DataFrame())
    plt.close("all")


def test_outside_a_notebook_the_words_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    shown.paragraph("Of 3 passages, none.")
    assert capsys.readouterr().out == "Of 3 passages, none.\n"


def test_a_table_escapes_cells_names_and_caption() -> None:
    frame = pd.DataFrame({HOSTILE: [HOSTILE], "n": [1]})
    markup = shown.table_html(frame, caption=HOSTILE)
    assert "<script" not in markup
    assert "<img" not in markup
    assert markup.count("&lt;script&gt;") == 3
    assert "<caption>" in markup
    assert '<th scope="col"' in markup
    assert '<th scope="row"' in markup


def test_a_table_writes_values_for_people() -> None:
    frame = pd.DataFrame(
        {
            "theme": ["elite_education", "blame"],
            "tagged_share": [0.0001, None],
            "weight": [0.5, 1234.5],
            "n": [1234, 5],
            "took": [True, False],
            "coded": pd.array([True, None], dtype="boolean"),
            "day": [pd.Timestamp("2024-02-03"), pd.NaT],
        }
    )
    text = re.sub(r"<[^>]+>", "|", shown.table_html(frame, caption="Numbers"))
    for wanted in (
        "elite education",
        "under 0.1%",
        "–",
        "0.500",
        "1,234",
        "yes",
        "no",
        "2024-02-03",
    ):
        assert f"|{wanted}|" in text
    assert "True" not in text


def test_a_long_table_is_cut_and_says_so() -> None:
    markup = shown.table_html(pd.DataFrame({"n": range(600)}), caption="Many")
    assert "Many (first 500 of 600 rows)" in markup
    assert markup.count("<tr>") == 501


def test_evidence_is_marked_once_where_spans_overlap() -> None:
    spans = [{"start": 4, "end": 9}, {"start": 0, "end": 6}, {"start": 5, "end": 7}]
    assert quote("abcdefghijk", spans) == "<mark>abcdefghi</mark>jk"


@pytest.mark.parametrize("span", [(-1, 2), (3, 2), (0, 99)])
def test_evidence_outside_the_text_is_an_error(span: tuple[int, int]) -> None:
    with pytest.raises(DiscourseError, match="inside 0 to 5"):
        quote("abcde", [{"start": span[0], "end": span[1]}])


@given(st.text(max_size=60), st.data())
def test_a_quote_is_the_text_and_nothing_else(text: str, data: st.DataObject) -> None:
    place = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(place, place), max_size=5))
    spans = [{"start": min(pair), "end": max(pair)} for pair in pairs]
    markup = quote(text, spans)
    plain = markup.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in plain
    assert html.unescape(plain) == html.unescape(html.escape(text))
    marked = sum(
        len(html.unescape(part)) for part in re.findall("<mark>(.*?)</mark>", markup, re.S)
    )
    assert marked == len({n for pair in spans for n in range(pair["start"], pair["end"])})


def test_quotes_escape_and_never_name_the_author(
    sent: Sent, make_tables: Callable[..., dict[str, pd.DataFrame]]
) -> None:
    tables = make_tables(texts=(HOSTILE,))
    frame = tables["passages"].merge(tables["posts"][["post_id", "author"]], on="post_id")
    shown.quotes(
        frame.assign(evidence=pd.Series([[] for _ in frame.index], dtype=object)), title="Blame <b>"
    )
    markup = str(sent[0][0]["text/html"])
    assert "<script" not in markup
    assert "&lt;script&gt;" in markup
    assert "<h3>Blame &lt;b&gt;</h3>" in markup
    assert "pseudonym" not in markup
    assert "undated" in markup


def test_no_quotes_are_told(sent: Sent) -> None:
    columns = ["text", "evidence", "kind", "source", "published_at"]
    shown.quotes(pd.DataFrame(columns=columns), title="Blame")
    assert "No passage to quote." in str(sent[0][0]["text/html"])


@given(st.floats(0, 1))
def test_a_share_that_is_not_zero_never_reads_zero(share: float) -> None:
    assert (percent(share) == "0%") == (share == 0)
