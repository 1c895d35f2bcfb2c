"""A codebook is checked, and a theme is added to one: the commands, and what the lint finds."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pmdiscourse.cli import main
from pmdiscourse.codebook import Example, load_codebook
from pmdiscourse.codebook_template import new_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.lint import check_codebook
from pmdiscourse.measure.lint_entries import stops_a_run
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.store import read_manifest, read_table

DATA = Path(__file__).parent / "data" / "codebooks"
SAMPLE = Path(__file__).parent.parent / "data" / "raw" / "sample"
FIFTH: dict[str, Any] = tomllib.loads((DATA / "career_portfolio.toml").read_text(encoding="utf-8"))
THEME = "career_portfolio"
FINDING = ["theme", "field", "entry", "finding"]


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "garden", tmp_path / "garden"))


def edit(file: Path, find: str, replace: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert find in text
    file.write_text(text.replace(find, replace, 1), encoding="utf-8")


def found(findings: pd.DataFrame, finding: str) -> list[tuple[str, str, str]]:
    """Return (theme, field, entry) of one kind of finding."""
    rows = findings[findings["finding"] == finding]
    return list(rows[["theme", "field", "entry"]].itertuples(index=False, name=None))


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pmdiscourse.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def fill_in(folder: Path) -> None:
    """Write the fifth theme into its template, as an analyst does with an editor."""
    themes = folder / "themes.toml"
    edit(themes, 'definition = "TODO"', f"definition = {json.dumps(FIFTH['definition'])}")
    for field in ("include", "exclude", "seeds", "patterns"):
        edit(themes, f"{field} = [\n]", f"{field} = {json.dumps(FIFTH[field])}")
    with (folder / "examples" / f"{THEME}.jsonl").open("a", encoding="utf-8") as file:
        for texts, named in ((FIFTH["with"], [THEME]), (FIFTH["without"], [])):
            for text in texts:
                file.write(json.dumps({"text": text, "themes": named}) + "\n")


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Go the whole way: new, check, fill in, check, run, check against the run."""
    root = tmp_path_factory.mktemp("fifth")
    folder, out = root / "mine", root / "out"
    made = command("codebook", "new", folder, "--theme", THEME, "--title", 'Our "portfolio"')
    empty = command("codebook", "check", folder)
    fill_in(folder)
    full = command("codebook", "check", folder)
    ran = command("run", SAMPLE, "--out", out, "--codebook", folder)
    return {
        "folder": folder,
        "out": out,
        "made": made,
        "empty": empty,
        "full": full,
        "ran": ran,
        "corpus": command("codebook", "check", folder, "--corpus", out),
        "verified": command("verify", out),
    }


def test_a_new_theme_is_a_copy_with_a_template(steps: dict[str, Any]) -> None:
    assert steps["made"].returncode == 0, steps["made"].stderr
    for word in ("themes.toml", f"{THEME}.jsonl", "codebook check", "--codebook"):
        assert word in steps["made"].stdout
    mine, own = load_codebook(steps["folder"]), load_codebook()
    assert mine.themes[:-1] == own.themes
    assert mine.theme(THEME).title == 'Our "portfolio"'
    assert len(mine.examples) == len(own.examples) + len(FIFTH["with"]) + len(FIFTH["without"])


def test_an_empty_template_is_told_in_plain_words(steps: dict[str, Any]) -> None:
    assert steps["empty"].returncode == 2
    told = steps["empty"].stdout
    for field in ("definition", "include", "exclude", "seeds", "patterns"):
        assert f"  {field}: to be filled in. " in told
    assert "  examples: too few examples. There are 0 examples with it" in told
    assert f"theme '{THEME}' cannot be learned yet" in steps["empty"].stderr
    assert "Traceback" not in steps["empty"].stderr


def test_a_filled_theme_passes(steps: dict[str, Any]) -> None:
    assert steps["full"].returncode == 0, steps["full"].stderr
    assert "to be filled in" not in steps["full"].stdout
    assert "There are 12 with it: write more" in " ".join(steps["full"].stdout.split())


def test_the_new_theme_is_scored_and_the_others_keep_their_weights(steps: dict[str, Any]) -> None:
    assert steps["ran"].returncode == 0, steps["ran"].stderr
    own, model = load_codebook(), ThemeModel().fit()
    scores = read_table(steps["out"], "scores").pivot_table(
        index="passage_id", columns="theme", values="score"
    )
    assert set(scores.columns) == {*own.names, THEME}
    texts = read_table(steps["out"], "passages").set_index("passage_id")["text"]
    plain = model.transform(texts[scores.index].tolist())
    assert (scores[own.names].to_numpy() == plain).all()


def test_the_new_theme_is_learned_from_its_examples(steps: dict[str, Any]) -> None:
    model = ThemeModel(load_codebook(steps["folder"])).fit()
    shown = "Nobody on the hiring panel had read the case studies on my site."
    other = "We moved the release to Thursday because the tests were slow."
    scores = model.transform([shown, other])[:, model.theme_names_.index(THEME)]
    assert scores[0] > 2 * scores[1]
    assert read_table(steps["out"], "scores").query("theme == @THEME")["score"].nunique() > 10


def test_seed_terms_are_counted_in_the_run(steps: dict[str, Any]) -> None:
    assert steps["corpus"].returncode == 0, steps["corpus"].stderr
    assert "  seeds: absent: " in steps["corpus"].stdout
    findings = check_codebook(steps["folder"], read_table(steps["out"], "passages"))
    assert f"{len(findings)} findings in 5 themes" in steps["corpus"].stdout
    absent = findings[findings["finding"] == "absent"]
    assert (absent["n_passages"] == 0).all()
    assert (absent["n_threads"] == 0).all()


def test_the_manifest_names_codebook_and_model(steps: dict[str, Any]) -> None:
    manifest, mine = read_manifest(steps["out"]), load_codebook(steps["folder"])
    assert manifest["codebook"]["version"] == mine.version
    assert manifest["codebook"]["sha256"] == mine.sha256
    assert manifest["model"]["codebook_sha256"] == mine.sha256
    assert (steps["out"] / "model" / manifest["model"]["hash"] / "model.joblib").is_file()
    assert manifest["versions"]["pmdiscourse code"]  # hashes the weights and their card
    assert steps["verified"].returncode == 0, steps["verified"].stdout


@pytest.mark.parametrize(
    ("edited", "words"),
    [
        ("model.joblib", "is not the model of its card"),
        ("model.json", "a model written with"),
    ],
)
def test_another_model_is_noticed(
    steps: dict[str, Any], tmp_path: Path, edited: str, words: str
) -> None:
    out = Path(shutil.copytree(steps["out"], tmp_path / "out"))
    file = next(out.glob(f"model/*/{edited}"))
    if edited.endswith("json"):  # written by other code or weights
        edit(file, '"pmdiscourse code": "', '"pmdiscourse code": "0')
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    done = command("verify", out)
    assert done.returncode == 1
    assert words in done.stdout


def test_an_edited_codebook_is_noticed(steps: dict[str, Any], tmp_path: Path) -> None:
    out = Path(shutil.copytree(steps["out"], tmp_path / "out"))
    edit(out / "codebook" / "themes.toml", 'language = "en"', 'language = "de"')
    done = command("verify", out)
    assert done.returncode == 1
    assert "was edited since" in done.stdout


def test_a_codebook_that_no_run_can_use_is_told_before_anything_is_read(tmp_path: Path) -> None:
    new_codebook(tmp_path / "mine", theme="weather")
    done = command("run", SAMPLE, "--out", tmp_path / "out", "--codebook", tmp_path / "mine")
    assert done.returncode == 2
    assert "theme 'weather' has 0 examples with it" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_codebook_of_ones_own_is_copied_too(garden: Path) -> None:
    new_codebook(garden.parent / "more", theme="weather", source=garden)
    assert load_codebook(garden.parent / "more").names == ["watering", "pests", "weather"]
    assert load_codebook(garden.parent / "more").theme("weather").title == "Weather"
    assert set(stops_a_run(load_codebook(garden.parent / "more"))) == {"weather"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mine", "--theme", "Portfolio"], "allowed is a name of a-z, 0-9 and _"),
        (["mine", "--theme", "blame"], "a name other than blame, identity"),
        (["mine", "--theme", "x", "--title", " "], "allowed is a line of text"),
        (["mine", "--theme", "x", "--from", "nowhere"], "it holds no themes.toml"),
        (["there", "--theme", "x"], "is there already, and nothing is overwritten"),
        (["there/file", "--theme", "x"], "is there already, and nothing is overwritten"),
    ],
)
def test_new_refuses(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("kept", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["codebook", "new", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert [p.name for p in tmp_path.rglob("*")] == ["there", "file"]
    assert (tmp_path / "there" / "file").read_text(encoding="utf-8") == "kept"


def test_an_inline_list_of_themes_cannot_be_added_to(garden: Path) -> None:
    entry = '{name="a", title="A", definition="D", include=[], exclude=[], seeds=[], patterns=[]}'
    text = f'version = "1"\nlanguage = "en"\nclasses = {{}}\nthemes = [{entry}]\n'
    (garden / "themes.toml").write_text(text, encoding="utf-8")
    shutil.rmtree(garden / "examples")
    with pytest.raises(DiscourseError, match="writes its themes in one list"):
        new_codebook(garden.parent / "more", theme="b", source=garden)
    assert not (garden.parent / "more").exists()


def test_status_of_check(garden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codebook", "check", str(garden)]) == 0
    assert main(["codebook", "check", str(garden), "--strict"]) == 1
    edit(garden / "themes.toml", 'name = "pests"', 'name = "PESTS"')
    capsys.readouterr()
    assert main(["codebook", "check", str(garden)]) == 2
    assert "themes.toml, line 18: theme 'PESTS': name" in capsys.readouterr().err
    assert main(["codebook", "check", "--corpus", str(garden)]) == 2
    assert "holds no finished run" in capsys.readouterr().err


def test_findings_of_a_codebook_alone(garden: Path) -> None:
    themes = garden / "themes.toml"
    edit(themes, 'exclude = ["Animals that are welcome."]', "exclude = []")
    edit(themes, "Animals eat or", "TODO: animals eat or")
    edit(themes, '"slug", "slugs"', '"Hose", "ladybirds"')
    edit(themes, '"aphids", "caterpillar", "eaten"', '"mildew"')
    edit(themes, '"slugs|aphids|snails", "eaten|chewed by"', '"pest vs. plant", "the|a|and|in|our"')
    findings = check_codebook(garden)
    assert found(findings, "to be filled in") == [
        ("pests", "definition", ""),
        ("pests", "exclude", ""),
    ]
    assert found(findings, "cannot match") == [("pests", "patterns", "pest vs. plant")]
    assert found(findings, "matches everything") == [("pests", "patterns", "the|a|and|in|our")]
    assert found(findings, "in two themes") == [
        ("watering", "seeds", "hose"),
        ("pests", "seeds", "Hose"),
    ]
    assert found(findings, "too few examples") == [
        ("watering", "examples", ""),
        ("pests", "examples", ""),
    ]
    assert findings["n_passages"].isna().all()


def test_patterns_against_the_coding_and_examples_out_of_reach(garden: Path) -> None:
    bank = garden / "examples" / "bank.jsonl"
    lines = [f'{{"text": "Hose number {n} froze.", "themes": []}}\n' for n in range(6)]
    lines += [f'{{"text": "Mice took bulb {n}.", "themes": ["pests"]}}\n' for n in range(9)]
    bank.write_text(bank.read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
    edit(garden / "themes.toml", "too much|little water", "hose")
    findings = check_codebook(garden)
    assert found(findings, "against the coding") == [("watering", "patterns", "hose")]
    assert found(findings, "not reached") == [("pests", "examples", "")]
    row = findings[findings["finding"] == "not reached"].iloc[0]
    assert row["what_to_do"].startswith("Only 5 of 15 examples")


def corpus(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Build passages of (thread, source, text)."""
    frame = pd.DataFrame(rows, columns=["thread_id", "source", "text"])
    return frame.assign(language="en")


def garden_corpus() -> pd.DataFrame:
    """Build a corpus in which every kind of finding on seed terms is planted once."""
    rows = [(f"t{n}", f"s{n % 5}", f"Bed {n} has a bench and a gate.") for n in range(60)]
    # watering: "hose" goes with its theme, "soaked" with pests; "drip line" is rare
    rows += [(f"t{n}", "s1", f"On day {n} the hose lay by the thirsty basil.") for n in range(3)]
    rows += [
        (f"t{n}", f"s{n % 5}", f"We used the hose {n} times. The basil was dry.") for n in range(25)
    ]
    rows += [
        (f"t{n}", f"s{n % 5}", f"Plot {n} was soaked. Slugs had eaten it all.") for n in range(25)
    ]
    rows += [("t1", "s1", "A drip line helps."), ("t2", "s2", "My drip line leaks.")]
    # pests: "aphids" stands in one thread, "caterpillar" comes from one source
    rows += [("t7", f"s{n % 5}", f"Leaf {n} has aphids.") for n in range(12)]
    rows += [(f"t{n}", "s3", f"Leaf {n} has a caterpillar.") for n in range(12)]
    return corpus(rows)


def test_findings_of_seed_terms_in_a_corpus(garden: Path) -> None:
    findings = check_codebook(garden, garden_corpus())
    assert found(findings, "absent") == [
        ("watering", "seeds", "watering can"),
        ("watering", "seeds", "wilted"),
        ("pests", "seeds", "slug"),
    ]
    assert found(findings, "rare") == [
        ("watering", "seeds", "drip line"),
        ("pests", "seeds", "aphids"),
    ]
    assert found(findings, "ambiguous") == [("watering", "seeds", "soaked")]
    assert found(findings, "dominated") == [
        ("pests", "seeds", "aphids"),
        ("pests", "seeds", "caterpillar"),
    ]
    rows = findings.drop_duplicates("entry").set_index("entry")
    assert rows.loc["drip line", ["n_passages", "n_threads"]].tolist() == [2, 2]
    assert rows.loc["aphids", ["n_passages", "n_threads"]].tolist() == [12, 1]
    assert "goes with evidence of pests" in rows.loc["soaked", "what_to_do"]
    assert "one source (s3)" in rows.loc["caterpillar", "what_to_do"]


def test_a_seed_term_apart_from_its_theme_is_ambiguous(garden: Path) -> None:
    """A pattern that holds the word itself is no company."""
    rows = [(f"t{n}", "s", f"Lunch {n} was eaten by noon.") for n in range(25)]
    rows += [(f"t{n}", "s", f"Slugs and aphids on row {n}.") for n in range(25)]
    rows += [(f"t{n}", "s", f"Bed {n} has a bench and a gate.") for n in range(25)]
    findings = check_codebook(garden, corpus(rows))
    assert found(findings, "ambiguous") == [("pests", "seeds", "eaten")]
    assert found(findings, "dominated") == [], "a corpus of one source has no other to compare with"


def test_row_order_and_other_languages_change_nothing(garden: Path) -> None:
    passages = garden_corpus()
    mixed = passages.sample(frac=1, random_state=1)
    german = passages.assign(language="de", text="hose watering can wilted slug")
    findings = check_codebook(garden, pd.concat([german, mixed]))
    pd.testing.assert_frame_equal(findings, check_codebook(garden, passages))


def test_an_empty_corpus_and_a_missing_column(garden: Path) -> None:
    findings = check_codebook(garden, garden_corpus().iloc[:0])
    assert len(found(findings, "absent")) == 10
    with pytest.raises(DiscourseError, match="thread_id"):
        check_codebook(garden, pd.DataFrame({"text": ["Hose."]}))


def test_findings_of_the_shipped_codebook_stop_nothing(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codebook", "check", "--corpus", str(make_run())]) == 0
    assert "director_failure" in capsys.readouterr().out
    assert stops_a_run(load_codebook()) == {}
    assert "cannot match" not in set(check_codebook()["finding"])


def test_examples_that_shipped_weights_do_not_know_are_told() -> None:
    own = load_codebook()
    assert found(check_codebook(own), "not used") == []
    more = (*own.examples, Example("They hang every late date on me.", frozenset({"blame"})))
    added = dataclasses.replace(own, examples=more)
    assert found(check_codebook(added), "not used") == [("blame", "examples", "")]
    edited = dataclasses.replace(own.themes[0], definition="Somebody is blamed.")
    learned = dataclasses.replace(added, themes=(edited, *own.themes[1:]))
    assert found(check_codebook(learned), "not used") == []
