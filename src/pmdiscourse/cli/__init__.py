"""The commands. Exit status: 0 done, 1 nothing usable, 2 wrong use; never a traceback for input."""

from __future__ import annotations

import argparse
import io
import os
import sys
import tomllib
from collections.abc import Sequence
from typing import Any

from pmdiscourse.cli.codebook import add_codebook
from pmdiscourse.cli.features import add_features
from pmdiscourse.cli.label import add_label
from pmdiscourse.cli.telling import tell
from pmdiscourse.errors import DiscourseError, NothingUsableError
from pmdiscourse.settings import Settings, read_settings


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
    _add_choices(run)
    _add_report(verbs.add_parser("report", help="notebooks -> HTML reports"))
    check = verbs.add_parser("verify", help="replay a run: same inputs, same numbers?")
    check.add_argument("directory", metavar="DIR", help="folder of a finished run")
    check.set_defaults(command=_verify)
    add_label(verbs.add_parser("label", help="label sheets out and in"))
    add_features(verbs.add_parser("features", help="figures of texts, without the texts"))
    add_codebook(verbs.add_parser("codebook", help="lint of a codebook; a new theme"))
    return parser


def _add_choices(run: argparse.ArgumentParser) -> None:
    """Describe what `run` takes beyond `ingest`."""
    run.add_argument(
        "--codebook", metavar="FOLDER", help="codebook instead of the one that comes with it"
    )
    run.add_argument(
        "--encoder", metavar="NAME", help="sentence encoder of the theme model: minilm (extra)"
    )
    run.add_argument(
        "--labels",
        metavar="FOLDER",
        help="labels made before of the same posts: the folder `labels` of a run; copied if DIR "
        "has none",
    )
    run.add_argument(
        "--proxy",
        metavar="FILE",
        help="CSV with another tagger's scores (passage_id, theme, score) for the estimates; it "
        "must not have seen the labels",
    )
    run.add_argument("--refit", action="store_true", help="fit the theme model again")


def _add_report(report: argparse.ArgumentParser) -> None:
    """Describe `report`."""
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


def _settings(options: argparse.Namespace) -> Settings:
    settings = read_settings(options.settings) if options.settings else Settings()
    told: dict[str, Any] = {"keep_authors": True} if options.keep_authors else {}
    for name in ("codebook", "encoder", "proxy"):
        if getattr(options, name, None):
            told[name] = getattr(options, name)
    return Settings(**(settings.as_dict() | told))


def _ingest(options: argparse.Namespace) -> int:
    from pmdiscourse.ingest.parts import run_ingest  # noqa: PLC0415 (keeps --help quick)

    manifest = run_ingest(options.raw, options.out, settings=_settings(options), progress=True)
    tell(manifest, options.out)
    return int(options.strict and manifest["counts"]["quarantined"] > 0)


def _run(options: argparse.Namespace) -> int:
    from pmdiscourse.pipeline import run  # noqa: PLC0415

    manifest = run(
        options.raw,
        options.out,
        settings=_settings(options),
        labels=options.labels,
        refit=options.refit,
        progress=True,
    )
    tell(manifest, options.out)
    return int(options.strict and manifest["counts"]["quarantined"] > 0)


def _report(options: argparse.Namespace) -> int:
    from pmdiscourse.present.report import export_reports  # noqa: PLC0415

    parameters = dict(_parameter(text) for text in options.set)
    if options.no_quotes:
        parameters["show_quotes"] = False
    paths = export_reports(
        options.directory,
        options.out,
        notebooks=options.notebooks,
        parameters=parameters,
        notice=lambda sentence: print(sentence, file=sys.stderr),
    )
    for path in paths:
        print(path)
    print(f"tables as CSV in {paths[0].parent / 'tables'}")
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
        read = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):  # no TOML, thousands of digits, or thousands of brackets
        return name.strip(), value
    return name.strip(), read["value"] if len(read) == 1 else value
