"""Scores of another tagger: what is refused, and that labels keep the estimate right."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.labels import draw_sample
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.proxy import read_proxy, use_proxy
from pmdiscourse.measure.strata import assign_strata
from test_prevalence import make_passages, make_scores

HEAD = "passage_id,theme,score\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "codes.csv"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def test_columns_may_stand_in_any_order_and_more_are_passed_over(tmp_path: Path) -> None:
    text = "\ufefftheme;model;score;passage_id\nblame;invented-1;0.25;p2\n\nblame;invented-1;1;p1\n"
    proxy = read_proxy(write(tmp_path, text))
    assert proxy.to_dict("list") == {
        "passage_id": ["p2", "p1"],
        "theme": ["blame", "blame"],
        "score": [0.25, 1.0],
    }
    assert list(proxy.index) == [0, 2], "rows keep their place in the file"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEAD}p1,blame,1\np2,blame,yes\n", "row 3, column 'score': got 'yes'"),
        (f"{HEAD}p1,blame,1.01\n", "row 2, column 'score': got '1.01'"),
        (f"{HEAD}p1,blame,-0.5\n", "row 2, column 'score': got '-0.5'"),
        (f"{HEAD}p1,blame,nan\n", "row 2, column 'score': got 'nan'"),
        (f"{HEAD}p1,blame,inf\n", "row 2, column 'score': got 'inf'"),
        (f"{HEAD}p1,blame,\n", "row 2, column 'score': got ''"),
        ("passage_id;theme;score\np1;blame;0,5\n", "row 2, column 'score': got '0,5'"),
        (f"{HEAD}p1,blame,1\n,blame,1\n", "row 3, column 'passage_id': empty"),
        (f"{HEAD}p1,,1\n", "row 2, column 'theme': empty"),
        (f"{HEAD}p1,blame,1\np2,blame,0\np1,blame,1\n", "row 4, column 'passage_id': p1 stands in"),
        ("passage_id,theme\np1,blame\n", "['score'] too"),
        (HEAD, "holds no score"),
        ("", "cannot be read as CSV"),
        (f"{HEAD}p1,blame,1\np2,blame,1,9,9\n", "cannot be read as CSV"),
        (f"{HEAD}p1,blame,0,9\np2,blame,0,1\n", "cannot be read as CSV"),
        (f"{HEAD}p1,blame,1\n".encode() + b"p\xe9,blame,1\n", "row 3: not UTF-8"),
        (f"{HEAD}p1,blame,1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_faults_are_told_with_row_and_column(tmp_path: Path, text: str | bytes, told: str) -> None:
    path = write(tmp_path, text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as it may be in use; the tests make errors of warnings
        with pytest.raises(DiscourseError) as caught:
            read_proxy(path)
    assert told in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_missing_file_and_many_faults_are_told_shortly(tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="No such file"):
        read_proxy(tmp_path / "none.csv")
    rows = "".join(f"p{n},blame,high\n" for n in range(25))
    with pytest.raises(DiscourseError, match="and 15 more"):
        read_proxy(write(tmp_path, HEAD + rows))


@pytest.fixture
def corpus() -> tuple[pd.DataFrame, pd.DataFrame]:
    passages = make_passages(2000)
    truth = np.random.default_rng(5).random(len(passages)) < 0.06
    return passages, make_scores(passages, truth)


def codes(scores: pd.DataFrame, values: object) -> pd.DataFrame:
    return scores[["passage_id", "theme"]].assign(score=values)


def test_the_proxy_takes_the_place_of_its_themes_alone(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    passages, scores = corpus
    both = pd.concat([scores, scores.assign(theme="identity")], ignore_index=True)
    proxy = codes(scores, 0.5).sample(frac=1, random_state=1)
    found = use_proxy(both, proxy, passages=passages)
    blame, identity = (found[found["theme"] == theme] for theme in ("blame", "identity"))
    assert blame["tagged"].all(), "tagged from even odds on"
    assert (blame["evidence"].str.len() == 0).all()
    assert np.array_equal(identity["score"], scores.sort_values("passage_id")["score"])


def test_what_does_not_fit_the_run_is_refused(corpus: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    passages, scores = corpus
    whole = codes(scores, 0.1)
    strange = whole.assign(passage_id=whole["passage_id"].where(whole.index != 3, "nobody"))
    with pytest.raises(DiscourseError, match=r"row 5, column 'passage_id' is not .*'nobody'"):
        use_proxy(scores, strange, passages=passages)
    with pytest.raises(DiscourseError, match=r"row 2, column 'theme' \(and 1,999 more rows\)"):
        use_proxy(scores, whole.assign(theme="blmae"), passages=passages)
    with pytest.raises(DiscourseError, match=r"no score for 1 of 2000 .*first p0007"):
        use_proxy(scores, whole[whole["passage_id"] != "p0007"], passages=passages)
    unscored = scores[scores["passage_id"] != "p0007"]  # e.g. in another language
    assert len(use_proxy(unscored, whole, passages=passages)) == 1999


def test_labels_put_a_proxy_right_whatever_it_says(
    corpus: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """A good proxy, noise and codes that are the wrong way round all give the truth."""
    passages, scores = corpus
    order = scores["passage_id"].to_numpy()
    truth = pd.Series(np.random.default_rng(5).random(len(order)) < 0.06, index=sorted(order))
    drawn = draw_sample(passages, scores, n=500, random_state=2)
    labels = drawn.assign(theme="blame", coder="a", present=truth[drawn["passage_id"]].to_numpy())
    kinds = passages.set_index("passage_id")["kind"]
    frozen = assign_strata(scores, kinds=kinds).reset_index()
    rng = np.random.default_rng(7)
    present = truth[order].to_numpy()
    taggers = {
        "good": np.where(rng.random(len(order)) < 0.95, present, ~present).astype(float),
        "noise": rng.random(len(order)),
        "reversed": 1.0 - present,
    }
    saved = {}
    for name, values in taggers.items():
        proxied = use_proxy(scores, codes(scores, values), passages=passages)
        table = estimate_prevalence(proxied, labels, passages=passages, design=frozen)
        row = table[(table["unit"] == "passage") & (table["by"] == "all")].iloc[0]
        assert row["corpus_low"] <= truth.mean() <= row["corpus_high"], name
        saved[name] = row["labels_saved"]
    assert abs(taggers["reversed"].mean() - truth.mean()) > 0.8, "its tagged share is far off"
    assert saved["good"] > 1.2 * saved["noise"], "better scores save more labels"
