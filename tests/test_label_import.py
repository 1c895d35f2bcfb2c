"""Labels that come with posts: taken once, and invented ones never beside real posts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from pmdiscourse.cli import main
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.label_import import settle_labels
from pmdiscourse.measure.label_store import read_waves
from pmdiscourse.store import read_manifest, read_table

ROOT = Path(__file__).parent.parent
SAMPLE, LABELS = ROOT / "data" / "raw" / "sample", ROOT / "data" / "labels" / "sample"
REAL = "Promotion came with a calendar and no team. " * 4


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("labelled") / "run"
    assert main(["run", str(SAMPLE), "--out", str(directory), "--labels", str(LABELS)]) == 0
    return directory


def test_the_sample_comes_with_labels_that_fit_it(labelled: Path) -> None:
    told = read_manifest(labelled)["labels"]
    assert told["used"]
    assert not any(told[name] for name in told if name.startswith("awaiting_"))
    read = read_waves(labelled)
    assert not read.second_reading
    assert not read.adjudication
    stored = pd.read_csv(LABELS / "labels.csv", dtype={"stratum": "str"})
    assert len(read.labels) == len(stored), "labels.csv is not what the sheets say"


def test_their_intervals_hold_what_the_writer_meant(labelled: Path) -> None:
    coded = pd.read_csv(ROOT / "tests" / "data" / "sample_themes.csv")
    texts = read_table(labelled, "passages").merge(read_table(labelled, "scores"))["text"].str[:60]
    coded = coded[coded["excerpt"].str.strip().isin(set(texts.str.strip()))]
    shares = read_table(labelled, "prevalence")
    whole = shares[(shares["by"] == "all") & (shares["unit"] == "passage")]
    whole = whole[whole["period"] == "all"].set_index("theme")
    for theme in whole.index:
        low, high = whole.loc[theme, ["corpus_low", "corpus_high"]]
        assert low <= coded[theme].mean() <= high, theme
        assert 0 < high - low < 0.10


def test_labels_are_taken_once_and_own_ones_stay(tmp_path: Path) -> None:
    own = tmp_path / "labels" / "wave-1"
    assert settle_labels(tmp_path, source=LABELS, synthetic=True) == f"labels taken from {LABELS}"
    assert settle_labels(tmp_path, source=LABELS, synthetic=True) == "", "they are the very same"
    (own / "sheet-1.csv").write_text("mine", encoding="utf-8")
    told = f"{own.parent} holds labels already, so those of {LABELS} are not taken"
    assert settle_labels(tmp_path, source=LABELS, synthetic=True) == told
    assert (own / "sheet-1.csv").read_text(encoding="utf-8") == "mine"


def test_an_empty_folder_holds_no_labels(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    assert settle_labels(tmp_path, source=LABELS, synthetic=True) == f"labels taken from {LABELS}"
    assert (tmp_path / "labels" / "labels.csv").is_file()


def test_labels_taken_after_others_were_put_aside_are_both_told(tmp_path: Path) -> None:
    settle_labels(tmp_path, source=LABELS, synthetic=True)
    real = tmp_path / "real"
    shutil.copytree(LABELS, real)
    (real / "source.toml").unlink()
    told = settle_labels(tmp_path, source=real)
    assert "put aside" in told
    assert f"labels taken from {real}" in told


def test_invented_labels_step_aside_for_real_posts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    shutil.copytree(SAMPLE / "pages", raw / "sample" / "pages")
    shutil.copy(SAMPLE / "source.toml", raw / "sample")
    command = ["run", str(raw), "--out", str(out), "--labels", str(LABELS)]
    assert main(command) == 0
    assert (out / "labels" / "wave-1").is_dir()
    assert f"labels taken from {LABELS}" in capsys.readouterr().out
    (raw / "mine.txt").write_text(REAL, encoding="utf-8")
    for told in (f"labels of the invented sample were put aside: {out / 'labels-sample'}", ""):
        assert main(command) == 0
        printed = capsys.readouterr().out
        assert told in printed
        assert "labels not used" not in printed
        assert not (out / "labels").exists()
    assert (out / "labels-sample" / "wave-1" / "sheet-1.csv").is_file(), "nothing is lost"
    assert main(["label", "draw", str(out)]) == 0, "a draw of one's own is free"
    assert main(command) == 0
    assert (out / "labels" / "wave-1").is_dir()


def test_names_are_not_overwritten(tmp_path: Path) -> None:
    for name in ("labels-sample", "labels-sample-2"):
        settle_labels(tmp_path, source=LABELS, synthetic=True)
        assert settle_labels(tmp_path).endswith(str(tmp_path / name))
        assert (tmp_path / name / "wave-1").is_dir()


def test_a_folder_without_labels_and_a_torn_passport_are_told(tmp_path: Path) -> None:
    with pytest.raises(DiscourseError, match="holds no folder wave-1"):
        settle_labels(tmp_path / "run", source=tmp_path)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "source.toml").write_text("synthetic = yes", encoding="utf-8")
    with pytest.raises(DiscourseError, match=r"source\.toml cannot be read"):
        settle_labels(tmp_path)


def test_labels_that_cannot_be_used_are_told_before_any_post_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "torn"
    shutil.copytree(LABELS, torn)
    (torn / "labels.csv").unlink()
    for source, told in ((tmp_path / "nowhere", "no folder wave-1"), (torn, "no labels.csv")):
        out = tmp_path / "out"
        assert main(["run", str(SAMPLE), "--out", str(out), "--labels", str(source)]) == 2
        assert told in capsys.readouterr().err
        assert not out.exists()


def test_the_labels_of_the_run_itself_may_be_named(tmp_path: Path) -> None:
    settle_labels(tmp_path, source=LABELS, synthetic=True)
    own = tmp_path / "labels"
    assert settle_labels(tmp_path, source=own, synthetic=True) == ""
    assert "put aside" in settle_labels(tmp_path, source=own)


def test_a_link_that_leads_nowhere_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    source, run = tmp_path / "source", tmp_path / "run"
    shutil.copytree(LABELS, source)
    (source / "wave-1" / "more.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(DiscourseError, match=r"more\.csv.*Mend or remove that file"):
        settle_labels(run, source=source, synthetic=True)
    assert list(run.iterdir()) == []
