"""The commands. Exit status: 0 done, 1 nothing usable, 2 wrong use; never a traceback for input."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pmdiscourse.errors import DiscourseError, NothingUsableError
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
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except DiscourseError as error:
        print(f"pmdiscourse: {error}", file=sys.stderr)
        return 1 if isinstance(error, NothingUsableError) else 2
    except OSError as error:
        print(f"pmdiscourse: stopped: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("pmdiscourse: interrupted; run again, nothing is torn", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
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
    report.set_defaults(command=_report)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    settings = read_settings(options.settings) if options.settings else Settings()
    if options.keep_authors:
        settings = Settings(**(settings.as_dict() | {"keep_authors": True}))
    return settings


def _ingest(options: argparse.Namespace) -> int:
    from pmdiscourse.ingest.corpus import ingest  # noqa: PLC0415 (keeps --help quick)
    from pmdiscourse.pipeline import write_ingested  # noqa: PLC0415

    settings = _settings(options)
    ingested = ingest(options.raw, settings=settings, progress=True)
    manifest = write_ingested(ingested, options.out, settings)
    _tell(manifest, options.out)
    if ingested.posts.empty:
        raise NothingUsableError(f"no usable post in {options.raw}")
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
    if counts.get("passages_other_language"):
        print(f"{counts['passages_other_language']} passages in another language: kept, not scored")
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
    print(f"tables are in {out}")


def _report(options: argparse.Namespace) -> int:
    from pmdiscourse.present.report import export_reports  # noqa: PLC0415

    parameters = dict(_parameter(text) for text in options.set)
    paths = export_reports(
        options.directory, options.out, notebooks=options.notebooks, parameters=parameters
    )
    for path in paths:
        print(path)
    return 0


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
