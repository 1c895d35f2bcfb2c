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

from pmdiscourse.cli.codebook import add_codebook
from pmdiscourse.cli.label import add_label
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
    run.add_argument(
        "--codebook", metavar="FOLDER", help="codebook instead of the one that comes with it"
    )
    run.add_argument(
        "--encoder", metavar="NAME", help="sentence encoder of the theme model: minilm (extra)"
    )
    run.add_argument("--refit", action="store_true", help="fit the theme model again")
    _add_report(verbs.add_parser("report", help="notebooks -> HTML reports"))
    check = verbs.add_parser("verify", help="replay a run: same inputs, same numbers?")
    check.add_argument("directory", metavar="DIR", help="folder of a finished run")
    check.set_defaults(command=_verify)
    add_label(verbs.add_parser("label", help="label sheets out and in"))
    add_codebook(verbs.add_parser("codebook", help="lint of a codebook; a new theme"))
    return parser


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
    for name in ("codebook", "encoder"):
        if getattr(options, name, None):
            told[name] = getattr(options, name)
    return Settings(**(settings.as_dict() | told))


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
    _tell_learned(manifest.get("model", {}).get("themes", []))
    _tell_since(manifest)
    print(f"tables are in {out}")


def _tell_since(manifest: dict[str, Any]) -> None:
    """Print what changed since the last run, and what became of the labels."""
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


def _tell_learned(themes: list[dict[str, Any]]) -> None:
    """Print the themes whose weights are not the shipped ones, and from which score they count."""
    told = [
        f"{t['theme']} (tagged from {t['threshold']:.3f})" for t in themes if t["weights"] == "bank"
    ]
    if told:
        print(f"new or edited, learned from the codebook's examples alone: {', '.join(told)}")


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
