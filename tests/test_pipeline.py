"""From raw files to tables: one run, a second run, new posts, and the commands around it."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import pmdiscourse
from pmdiscourse.cli import main
from pmdiscourse.pipeline import run
from pmdiscourse.store import read_manifest, read_table, write_manifest, write_part
from test_readers import LONG, write

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "raw" / "sample"
WHOLE = "unit == 'passage' and by == 'all' and period == 'all'"
THEMES = ["blame", "director_failure", "elite_education", "identity"]


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("processed")
    run(SAMPLE, directory)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    """Return every file of a run but the working table, which remembers what was read before."""
    files = (path for path in directory.rglob("*") if path.is_file() and "cache" not in path.parts)
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def test_the_tables_fit_together(processed: Path) -> None:
    posts, passages, scores, prevalence = (
        read_table(processed, name) for name in ("posts", "passages", "scores", "prevalence")
    )
    manifest = read_manifest(processed)
    assert set(passages["post_id"]) <= set(posts["post_id"])
    assert set(scores["passage_id"]) <= set(passages["passage_id"])
    assert sorted(set(scores["theme"])) == THEMES
    assert len(scores) == len(THEMES) * manifest["counts"]["passages_scored"]
    assert manifest["counts"]["passages_other_language"] == 1
    overall = prevalence.query(WHOLE).set_index("theme")
    shares = scores.groupby("theme")["tagged"].mean()
    for theme in THEMES:
        assert overall.loc[theme, "tagged_share"] == pytest.approx(shares[theme])
        assert overall.loc[theme, "band_low"] < overall.loc[theme, "band_high"]
    assert overall["estimate"].isna().all(), "no labels, no estimate"
    assert overall["note"].str.startswith("Tagged share:").all()


def test_set_aside_records_are_listed(processed: Path) -> None:
    counts = read_manifest(processed)["counts"]
    for name, key in (("quarantine", "quarantined"), ("dropped", "dropped")):
        lines = (processed / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == counts[key] > 0
        assert {"file", "record", "reason"} <= json.loads(lines[0]).keys()


def test_the_same_raw_files_give_the_same_bytes(processed: Path, tmp_path: Path) -> None:
    run(SAMPLE, tmp_path)
    first, second = contents(processed), contents(tmp_path)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_an_unchanged_run_rewrites_nothing(processed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in processed.rglob("*.parquet")}
    bytes_before = contents(processed)
    run(SAMPLE, processed)
    assert {path: path.stat().st_mtime_ns for path in processed.rglob("*.parquet")} == before
    assert contents(processed) == bytes_before


def test_new_posts_are_scored_by_the_first_model_and_told(processed: Path, tmp_path: Path) -> None:
    raw, directory = tmp_path / "raw", tmp_path / "out"
    shutil.copytree(SAMPLE, raw)
    shutil.copytree(processed, directory)
    old = read_table(directory, "scores")
    (raw / "forum.csv").unlink()
    rows = [{"id": f"n{i}", "body": f"{LONG} Post {i}."} for i in range(3)]
    (raw / "new.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    gone = read_table(directory, "posts")["raw_file"].eq("forum.csv").sum()
    manifest = run(raw, directory)
    assert manifest["changed"]["posts_added"] == 3
    assert manifest["changed"]["posts_gone"] == gone
    assert manifest["changed"]["differs_in"] == ["inputs"]
    assert manifest["model"] == read_manifest(processed)["model"]
    both = old.merge(read_table(directory, "scores"), on=["passage_id", "theme"])
    assert len(both) > 100
    assert both["score_x"].equals(both["score_y"]), "old passages keep their scores"
    parts = {name: set(names) for name, names in manifest["tables"].items()}
    shared = parts["scores"] & set(read_manifest(processed)["tables"]["scores"])
    assert len(shared) >= 8, "files that did not change keep their parts"


def test_the_public_names_are_there() -> None:
    names = (
        "ingest read_posts clean_text explain_cleaning split_passages load_codebook ThemeModel "
        "TopicModel score_passages draw_sample write_label_sheet read_labels agreement evaluate "
        "estimate_prevalence kwic representative_passages plot_prevalence plot_groups plot_trend "
        "plot_cooccurrence plot_dispersion plot_topics run read_table export_reports"
    )
    assert set(names.split()) <= set(pmdiscourse.__all__)
    assert all(hasattr(pmdiscourse, name) for name in pmdiscourse.__all__)


def test_run_prints_counts_that_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(SAMPLE), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "111 records read = 106 accepted + 1 duplicates + 3 dropped + 1 quarantined" in printed
    assert "17 essays and 89 comments in 17 threads, 220 passages" in printed
    assert "1 passage in another language: kept, not scored" in printed


def test_ingest_alone_and_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["ingest", str(SAMPLE), "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert len(read_table(tmp_path, "passages")) == 220
    assert main([*arguments, "--strict"]) == 1
    assert "quarantine.jsonl" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["ingest", "run"])
def test_nothing_usable_is_1_and_wrong_use_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, empty__txt="", odd__pdf="x")
    out = str(tmp_path / "out")
    assert main([verb, str(raw), "--out", out]) == 1
    assert "no usable post" in capsys.readouterr().err
    failed = tmp_path / "out" / "failed" / "quarantine.jsonl"
    assert len(failed.read_text().splitlines()) == 2
    assert main([verb, str(tmp_path / "nowhere"), "--out", out]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_report_without_a_run_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "reports")]) == 2
    assert "holds no finished run" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--out", str(tmp_path), "--set", "top"]) == 2
    assert "--set needs NAME=VALUE" in capsys.readouterr().err


def test_unknown_words_end_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pmdiscourse.cli", "rnu"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr


def test_a_settings_file_reaches_the_run(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    write(
        raw,
        page__txt="\n\n".join(
            [LONG, f"{LONG} Again.", "Nine words are one too few for a passage."]
        ),
    )
    settings = tmp_path / "settings.toml"
    settings.write_text("min_passage_words = 8\n")
    assert main(["run", str(raw), "--out", str(tmp_path / "out"), "--settings", str(settings)]) == 0
    assert len(read_table(tmp_path / "out", "passages")) == 3
    assert read_manifest(tmp_path / "out")["settings"]["min_passage_words"] == 8
    prevalence = read_table(tmp_path / "out", "prevalence")
    assert isinstance(prevalence, pd.DataFrame)
    assert prevalence["n"].max() == 3


def test_a_model_of_other_versions_is_fitted_again_and_told(
    processed: Path, tmp_path: Path
) -> None:
    shutil.copytree(processed, tmp_path, dirs_exist_ok=True)
    card = next(tmp_path.glob("model/*/model.json"))
    original = card.read_text()
    card.write_text(original.replace('"spacy": "', '"spacy": "0.'))
    manifest = read_manifest(tmp_path)
    manifest["versions"]["spacy"] = "0.1"
    (tmp_path / "run.json").write_text(json.dumps(manifest))
    changed = run(SAMPLE, tmp_path)["changed"]
    assert changed["differs_in"] == ["versions"]
    assert (changed["posts_added"], changed["posts_gone"]) == (0, 0)
    assert card.read_text() == original, "the model was fitted again"


def test_duplicates_are_listed_with_what_is_kept(processed: Path) -> None:
    rows = [json.loads(x) for x in (processed / "duplicates.jsonl").read_text().splitlines()]
    posts = read_table(processed, "posts").set_index("post_id")
    assert {row["post_id"] for row in rows} == set(posts.index[posts["duplicate_of"].notna()])
    for row in rows:
        assert posts["duplicate_of"][row["post_id"]] == row["duplicate_of"]
        assert posts["raw_file"][row["duplicate_of"]] == row["kept_file"]


def test_lines_that_are_no_body_text_are_listed_with_their_evidence(processed: Path) -> None:
    lines = [json.loads(line) for line in (processed / "lines.jsonl").read_text().splitlines()]
    assert {line["role"] for line in lines} == {"title", "byline", "chrome", "comment"}
    assert all(line["evidence"] for line in lines)
    assert all("text" not in line for line in lines), "a byline's name would leave the wing"


def test_a_sample_of_a_larger_corpus_estimates_with_its_design(tmp_path: Path) -> None:
    words = [
        "launch",
        "revenue",
        "blame",
        "director",
        "school",
        "title",
        "roadmap",
        "budget",
        "team",
        "review",
        "week",
        "plan",
    ]
    choose = random.Random(3).choices  # posts that share long runs of words would count once
    rows = [{"id": n, "body": " ".join(["We", *choose(words, k=30), str(n)])} for n in range(640)]
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, posts__jsonl="\n".join(json.dumps(row) for row in rows))
    run(raw, tmp_path / "out")
    scores, passages = (read_table(tmp_path / "out", name) for name in ("scores", "passages"))
    design = pmdiscourse.draw_sample(passages, scores, n=120, random_state=1)
    assert len(design) == 120
    labels = design.assign(theme="blame", coder="a", present=design["stratum"].astype(str) == "1")
    estimated = pmdiscourse.estimate_prevalence(scores, labels, passages=passages, design=design)
    row = estimated.query(f"theme == 'blame' and {WHOLE}").iloc[0]
    assert row["corpus_low"] < row["estimate"] < row["corpus_high"]
    assert row["n_labels"] == 120


def test_verify_replays_a_run_and_sees_a_changed_number(
    processed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(processed, tmp_path, dirs_exist_ok=True)
    assert main(["verify", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("yes ") == 9
    prevalence = read_table(tmp_path, "prevalence")
    prevalence.loc[0, "tagged_share"] += 0.01
    manifest = read_manifest(tmp_path)
    manifest["tables"]["prevalence"] = [write_part(tmp_path, "prevalence", prevalence)]
    write_manifest(tmp_path, manifest)
    assert main(["verify", str(tmp_path)]) == 1
    assert "scores and labels give the prevalence: other values now in: tagged_share" in (
        capsys.readouterr().out
    )
    part = next((tmp_path / "posts").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-8])
    assert main(["verify", str(tmp_path)]) == 1
    assert f"no  parts of posts: changed or missing: {part.name}" in capsys.readouterr().out


def test_a_run_never_reads_what_it_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "posts").mkdir()
    write(tmp_path / "posts", mine__txt=LONG, mine__parquet="x")
    for raw, out in ((tmp_path, tmp_path / "out"), (tmp_path / "posts", tmp_path)):
        assert main(["run", str(raw), "--out", str(out)]) == 2
        assert "overlap" in capsys.readouterr().err
    assert (tmp_path / "posts" / "mine.parquet").exists()


def test_a_failed_run_or_a_bare_ingest_leaves_the_last_run_whole(
    processed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(processed, out)
    before = contents(out)
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, empty__txt="")
    assert main(["run", str(raw), "--out", str(out)]) == 1
    assert main(["ingest", str(SAMPLE), "--out", str(out)]) == 2
    assert "holds a run with scores" in capsys.readouterr().err
    after = contents(out)
    assert {name: after[name] for name in before} == before


def test_damaged_parts_and_manifests_heal(processed: Path, tmp_path: Path) -> None:
    shutil.copytree(processed, tmp_path, dirs_exist_ok=True)
    expected = contents(tmp_path)
    part = next((tmp_path / "posts").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(pmdiscourse.DiscourseError, match="run again"):
        read_table(tmp_path, "posts")
    other = tmp_path.parent / f"{tmp_path.name}-raw"
    other.mkdir()
    write(other, page__txt="\n\n".join([LONG] * 3))
    run(other, tmp_path)  # damaged parts of the last run are no dead end for other posts
    assert len(read_table(tmp_path, "posts")) == 1
    (tmp_path / "run.json").write_text("[]")
    run(SAMPLE, tmp_path)
    assert contents(tmp_path) == expected


# Labels, proxies and new posts, through the commands.


WORDS = "roadmap launch budget review sprint quarter team customer plan scope promotion notes"


def write_posts(raw: Path, name: str, *, first: int, n: int) -> None:
    """Write posts of three passages; every fifth passage says who was blamed."""
    raw.mkdir(exist_ok=True)
    choose = random.Random(first).choices
    rows = []
    for post in range(first, first + n):
        said = [" ".join(["We", *choose(WORDS.split(), k=24), f"{post} {p}."]) for p in range(3)]
        if post % 5 < 3:
            said[post % 3] += " They made the product manager the scapegoat and blamed me for it."
        rows.append({"id": f"post{post}", "body": "\n\n".join(said)})
    (raw / name).write_text("\n".join(json.dumps(row) for row in rows))


def fill_sheets(directory: Path) -> None:
    """Code every empty row: blame where the passage says scapegoat, nothing else."""
    for path in sorted((directory / "labels").glob("wave-*/*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows or "blame" not in rows[0]:
            continue
        for row in rows:
            answers = dict.fromkeys(THEMES, "0") | {"blame": str(int("scape" in row["text"]))}
            row |= {theme: row[theme] or answer for theme, answer in answers.items()}
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def label(directory: Path, n: int) -> None:
    assert main(["label", "draw", str(directory), "--n", str(n)]) == 0
    for _ in range(2):  # positives are read twice
        fill_sheets(directory)
        assert main(["label", "read", str(directory)]) == 0


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    write_posts(folder / "raw", "old.jsonl", first=0, n=260)
    run(folder / "raw", folder / "out")
    label(folder / "out", 150)
    run(folder / "raw", folder / "out")
    return folder


def run_again(folder: Path, *more: str) -> int:
    return main(["run", str(folder / "raw"), "--out", str(folder / "out"), *more])


def test_new_posts_are_compared_once_labels_speak_for_them(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(labelled, tmp_path, dirs_exist_ok=True)
    out = tmp_path / "out"
    before = read_table(out, "prevalence").query(WHOLE).set_index("theme").loc["blame"]
    write_posts(tmp_path / "raw", "new.jsonl", first=1000, n=90)
    assert run_again(tmp_path) == 0
    printed = capsys.readouterr().out
    assert "90 posts added, 0 gone" in printed
    assert "came after the draw" in printed
    assert "No new post has a label" in printed
    assert "No drift of the scores is seen" in printed
    label(out, 150)
    assert run_again(tmp_path) == 0
    printed = capsys.readouterr().out
    assert "The old labels hold as far as can be seen" in printed
    changed = {row["theme"]: row for row in read_manifest(out)["changed"]["estimates"]}
    now = read_table(out, "prevalence").query(WHOLE).set_index("theme").loc["blame"]
    row = changed["blame"]
    assert row["before"] == before["estimate"], "of the last run that had an estimate"
    assert row["difference"] == pytest.approx(now["estimate"] - before["estimate"])
    assert row["corpus_low"] < row["difference"] < row["corpus_high"]
    assert f"blame: prevalence {100 * before['estimate']:.1f}% before" in printed
    assert main(["verify", str(out)]) == 0
    kept = contents(out)
    assert run_again(tmp_path) == 0
    assert contents(out) == kept


def test_another_tagger_stands_in_and_is_named(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(labelled, tmp_path, dirs_exist_ok=True)
    out = tmp_path / "out"
    passages, ours = read_table(out, "passages"), read_table(out, "scores")
    codes = passages[["passage_id"]].assign(theme="blame", score=0)
    codes.loc[passages["text"].str.contains("scapegoat"), "score"] = 1
    codes.to_csv(tmp_path / "codes.csv", index=False)
    proxy = ("--proxy", str(tmp_path / "codes.csv"))
    assert run_again(tmp_path, *proxy) == 0
    printed = capsys.readouterr().out
    assert "the scores of codes.csv stand in for the theme model's in the estimates of blame" in (
        printed
    )
    manifest = read_manifest(out)
    assert str(tmp_path) not in json.dumps(manifest), "a path tells who ran it"
    assert manifest["proxy"]["file"] == "codes.csv"
    [told] = manifest["proxy_rows"]
    assert told["labels_saved"] > told["model_labels_saved"], "the codes are right, the model not"
    table = read_table(out, "prevalence").query(WHOLE).set_index("theme")
    assert table.loc["blame", "tagged_share"] == pytest.approx(codes["score"].mean())
    assert table.loc["blame", "estimate"] == pytest.approx(codes["score"].mean(), abs=0.01)
    pd.testing.assert_frame_equal(read_table(out, "scores"), ours)
    assert main(["verify", str(out)]) == 0
    kept = contents(out)
    assert run_again(tmp_path, *proxy) == 0
    assert contents(out) == kept, "an unchanged run rewrites nothing"
    part = next((out / "proxy").rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-4])
    assert main(["verify", str(out)]) == 1


def test_a_proxy_that_does_not_fit_leaves_the_last_run_whole(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(labelled, tmp_path, dirs_exist_ok=True)
    before = contents(tmp_path / "out")
    (tmp_path / "codes.csv").write_text("passage_id,theme,score\nnobody,blame,1\n")
    assert run_again(tmp_path, "--proxy", str(tmp_path / "codes.csv")) == 2
    assert "row 2, column 'passage_id'" in capsys.readouterr().err
    assert run_again(tmp_path, "--proxy", str(tmp_path / "none.csv")) == 2
    after = contents(tmp_path / "out")
    assert {name: after[name] for name in before} == before
