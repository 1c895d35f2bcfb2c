"""The commands. Exit status: 0 done, 1 nothing usable, 2 wrong use; never a traceback for input."""

from __future__ import annotations

import argparse
import io
import os
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError, NothingUsableError
from pmdiscourse.present.wording import plural
from pmdiscourse.settings import Settings, read_settings

_COUNTS = (
    "{records_read} records read = {accepted} accepted + {duplicates} duplicates "
    "+ {dropped} dropped + {quarantined} quarantined"
)
_KEPT = "{essays} essays and {comments} comments in {threads} threads, {passages} passages"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the entry point of ``pmdiscourse``.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Command line without the program's name; None takes the process's.

    Returns
    -------
    int
        Exit status.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that cannot be shown is shown escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    options = build_parser().parse_args(arguments)
    try:
        status = int(options.command(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who was told has heard enough, e.g. `| head -1`; the work is done
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except DiscourseError as error:
        print(f"pmdiscourse: {error}", file=sys.stderr)
        return 1 if isinstance(error, NothingUsableError) else 2
    except OSError as error:
        print(f"pmdiscourse: stopped: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pmdiscourse: interrupted; run again, nothing is torn", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="pmdiscourse",
        description="How often themes appear in product-management career discourse.",
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    ingest = verbs.add_parser("ingest", help="raw files -> posts and passages")
    run = verbs.add_parser("run", help="ingest, then scores, prevalence, what changed")
    for verb, command in ((ingest, _ingest), (run, _run)):
        verb.add_argument("raw", metavar="RAW", help="raw file or folder; only read")
        verb.add_argument("--out", metavar="DIR", required=True, help="folder for the tables")
        verb.add_argument("--settings", metavar="FILE", help="TOML file with settings")
        verb.add_argument("--strict", action="store_true", help="exit 1 if a record is quarantined")
        verb.add_argument(
            "--keep-authors",
            action="store_true",
            help="write author names as scraped: personal data, keep DIR to yourself",
        )
        verb.set_defaults(command=command)
    run.add_argument("--refit", action="store_true", help="fit the theme model again")
    report = verbs.add_parser("report", help="notebooks -> HTML reports")
    report.add_argument("directory", metavar="DIR", help="folder of a finished run")
    report.add_argument("--out", metavar="REPORTS", required=True, help="folder for the HTML files")
    report.add_argument("--notebooks", metavar="FOLDER", help="folder of the notebooks")
    report.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="value for a notebook's parameters cell; may be given again",
    )
    report.add_argument("--no-quotes", action="store_true", help="leave every text of a post out")
    report.set_defaults(command=_report)
    check = verbs.add_parser("verify", help="replay a run: same inputs, same numbers?")
    check.add_argument("directory", metavar="DIR", help="folder of a finished run")
    check.set_defaults(command=_verify)
    _add_label(verbs.add_parser("label", help="label sheets out and in"))
    return parser


def _add_label(label: argparse.ArgumentParser) -> None:
    """Describe `label draw` and `label read`."""
    verbs = label.add_subparsers(required=True, metavar="draw|read")
    draw = verbs.add_parser("draw", help="passages of a run -> sheets to fill in")
    read = verbs.add_parser("read", help="filled sheets -> labels for the next run")
    for verb, command in ((draw, _label_draw), (read, _label_read)):
        verb.add_argument("directory", metavar="DIR", help="folder of a finished run")
        verb.set_defaults(command=command)
    draw.add_argument("--n", type=int, default=400, help="passages to draw (default 400)")
    draw.add_argument("--coders", type=int, default=1, help="sheets to write (default 1)")
    draw.add_argument("--seed", type=int, default=0, help="seed of the draw (default 0)")


def _settings(options: argparse.Namespace) -> Settings:
    settings = read_settings(options.settings) if options.settings else Settings()
    if options.keep_authors:
        settings = Settings(**(settings.as_dict() | {"keep_authors": True}))
    return settings


def _ingest(options: argparse.Namespace) -> int:
    from pmdiscourse.ingest.parts import run_ingest  # noqa: PLC0415 (keeps --help quick)

    manifest = run_ingest(options.raw, options.out, settings=_settings(options), progress=True)
    _tell(manifest, options.out)
    return int(options.strict and manifest["counts"]["quarantined"] > 0)


def _run(options: argparse.Namespace) -> int:
    from pmdiscourse.pipeline import run  # noqa: PLC0415

    manifest = run(
        options.raw, options.out, settings=_settings(options), refit=options.refit, progress=True
    )
    _tell(manifest, options.out)
    return int(options.strict and manifest["counts"]["quarantined"] > 0)


def _tell(manifest: dict[str, Any], out: str) -> None:
    """Print the counts, and aloud whatever was set aside, left out or changed."""
    counts = manifest["counts"]
    print(_COUNTS.format(**counts))
    print(_KEPT.format(**counts))
    if manifest["left_out"]:
        print(
            f"left out: {len(manifest['left_out'])} files of the invented sample, because real "
            "posts are there (use the sample alone: make report RAW=data/raw/sample)"
        )
    _tell_reading(manifest["files"], counts)
    if counts["times_not_understood"]:
        times = plural(counts["times_not_understood"], "publication time")
        print(f"{times} not understood: left empty")
    if counts.get("passages_other_language"):
        passages = plural(counts["passages_other_language"], "passage")
        print(f"{passages} in another language: kept, not scored")
    if counts["notices"]:
        notices = plural(counts["notices"], "notice")
        print(
            f"{notices} on what was guessed, or is not in the files: {Path(out) / 'notices.jsonl'}"
        )
    if counts["duplicates"]:
        print(f"posts that others repeat are kept once: {Path(out) / 'duplicates.jsonl'}")
    if counts["dropped"]:
        print(f"dropped records are listed in {Path(out) / 'dropped.jsonl'}")
    if counts["quarantined"]:
        print(f"quarantined records, with what to do: {Path(out) / 'quarantine.jsonl'}")
    changed = manifest.get("changed")
    if changed:
        print(
            f"since the last run that differed ({', '.join(changed['differs_in'])}): "
            f"{changed['posts_added']} posts added, {changed['posts_gone']} gone"
        )
    labels = manifest.get("labels", {})
    if labels.get("used"):
        print(f"{labels['n_labels']} labels went into the estimates")
    elif "reason" in labels:
        print(f"labels not used, tagged shares instead: {labels['reason']}")
    print(f"tables are in {out}")


def _tell_reading(files: dict[str, int], counts: dict[str, int]) -> None:
    """Print which raw files were read, and what was taken out of their texts."""
    meaning = {"unchanged": " (not read again)", "hidden": " (passed over)"}
    told = ", ".join(f"{n} {state}{meaning.get(state, '')}" for state, n in files.items() if n)
    print(f"raw files: {told}")
    masked = {name[7:]: n for name, n in counts.items() if name.startswith("masked_")}
    if masked:
        kinds = ", ".join(f"{n} {kind}" for kind, n in masked.items())
        print(f"masked in texts: {kinds}")
    if counts["quoted_lines"]:
        quoted = plural(counts["quoted_lines"], "line")
        print(f"{quoted} of others, quoted in replies: left out, so that nothing counts twice")


def _report(options: argparse.Namespace) -> int:
    from pmdiscourse.present.report import export_reports  # noqa: PLC0415

    parameters = dict(_parameter(text) for text in options.set)
    if options.no_quotes:
        parameters["show_quotes"] = False
    paths = export_reports(
        options.directory, options.out, notebooks=options.notebooks, parameters=parameters
    )
    for path in paths:
        print(path)
    return 0


def _label_draw(options: argparse.Namespace) -> int:
    from pmdiscourse.measure.label_store import draw_wave  # noqa: PLC0415

    wave = draw_wave(
        options.directory, n=options.n, n_coders=options.coders, random_state=options.seed
    )
    print(f"{wave['n_drawn']} of {wave['n_scored']} scored passages drawn")
    if wave["n_drawn"] > options.n:
        print(
            f"so small a corpus is labelled whole if you can; labelling may stop after row "
            f"{options.n + 1} or any later one"
        )
    print(f"fill in {wave['folder'] / 'sheet-*.csv'}: 1 present, 0 absent, ? unsure")
    print(f"what the themes mean is in {wave['folder'] / 'codebook.csv'}")
    print(f"then: pmdiscourse label read {options.directory}")
    return 0


def _label_read(options: argparse.Namespace) -> int:
    from pmdiscourse.measure.agreement import agreement  # noqa: PLC0415
    from pmdiscourse.measure.label_store import read_waves  # noqa: PLC0415

    labels = read_waves(options.directory)
    agreed = agreement(labels).set_index("theme")
    for theme, rows in labels.groupby("theme"):
        present, row = rows["present"], agreed.loc[str(theme)]
        print(
            f"{theme}: {rows['passage_id'].nunique()} passages labelled; {present.sum()} times "
            f"present, {(~present).sum()} absent, {present.isna().sum()} unsure"
        )
        if row["n_double"]:
            print(
                f"  {row['n_double']} coded twice: agreement {row['raw_agreement']:.1%}, "
                f"alpha {row['alpha']:.3f}, AC1 {row['ac1']:.3f}: {row['verdict']}"
            )
    if not agreed["n_double"].any():
        print("no passage was coded by two people: agreement is not measured")
    print(f"labels are in {Path(options.directory) / 'labels' / 'labels.csv'}")
    print(f"to use them: pmdiscourse run RAW --out {options.directory}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from pmdiscourse.verify import verify  # noqa: PLC0415

    checks = verify(options.directory)
    for what, fault in checks:
        print(f"{'no ' if fault else 'yes'} {what}{': ' if fault else ''}{fault}")
    return int(any(fault for _, fault in checks))


def _parameter(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE; a value that is no TOML (number, true, "text") is a plain text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise DiscourseError(f"--set needs NAME=VALUE, got {text!r}, e.g. --set top_n=5")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value


if __name__ == "__main__":
    sys.exit(main())
