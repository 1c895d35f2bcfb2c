"""The commands `codebook check` and `codebook new`."""

from __future__ import annotations

import argparse
import itertools
import shlex
import sys
import textwrap
from typing import Any

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.codebook_template import new_codebook
from pmdiscourse.present.wording import plural


def add_codebook(codebook: argparse.ArgumentParser) -> None:
    """Describe `codebook check` and `codebook new`."""
    verbs = codebook.add_subparsers(required=True, metavar="check|new")
    check = verbs.add_parser("check", help="lint of fields, seed terms, patterns and examples")
    check.add_argument(
        "codebook",
        metavar="CODEBOOK",
        nargs="?",
        help="folder of a codebook; without, the one that comes with the program",
    )
    check.add_argument("--corpus", metavar="DIR", help="finished run to count seed terms in")
    check.add_argument("--strict", action="store_true", help="exit 1 if there is any finding")
    check.set_defaults(command=_check)
    new = verbs.add_parser("new", help="copy of a codebook with a theme to fill in")
    new.add_argument("directory", metavar="DIR", help="folder of the new codebook; not there yet")
    new.add_argument("--theme", metavar="NAME", required=True, help="name of a-z, 0-9 and _")
    new.add_argument("--title", metavar="TEXT", help="the reader's wording of the name")
    new.add_argument(
        "--from",
        metavar="FOLDER",
        dest="source",
        help="codebook to copy; without, the one that comes with the program",
    )
    new.set_defaults(command=_new)


def _new(options: argparse.Namespace) -> int:
    folder = new_codebook(
        options.directory, theme=options.theme, title=options.title, source=options.source
    )
    shown = shlex.quote(str(folder))
    print(f"1. fill in {folder / 'themes.toml'}: the theme stands last")
    print(f"2. write examples into {folder / 'examples' / options.theme}.jsonl")
    print(f"3. pmdiscourse codebook check {shown}")
    print(f"4. pmdiscourse run RAW --out DIR --codebook {shown}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from pmdiscourse.measure.lint import check_codebook  # noqa: PLC0415 (keeps --help quick)
    from pmdiscourse.measure.lint_entries import stops_a_run  # noqa: PLC0415
    from pmdiscourse.store import read_table  # noqa: PLC0415

    codebook = load_codebook(options.codebook)
    passages = read_table(options.corpus, "passages") if options.corpus else None
    findings = check_codebook(codebook, passages)
    _tell_counts(codebook)
    _tell_findings(findings.to_dict("records"))
    stopped = stops_a_run(codebook)
    for theme, why in stopped.items():
        print(
            f"pmdiscourse: theme {theme!r} cannot be learned yet: {why}; a run would stop",
            file=sys.stderr,
        )
    if stopped:
        return 2
    return int(options.strict and len(findings) > 0)


def _tell_counts(codebook: Codebook) -> None:
    """Print what each theme has, and how its words and its examples go together."""
    from pmdiscourse.measure.lint_entries import count_examples  # noqa: PLC0415

    print(f"codebook {codebook.version}: {plural(len(codebook.examples), 'example')}")
    names = {
        "seeds": "seed terms",
        "with": "examples with it",
        "not_reached": "no word of it",
        "without": "examples without",
        "pattern_without": "a pattern of it",
    }
    counts = count_examples(codebook)[["theme", "seeds", "patterns", *list(names)[1:]]]
    print(counts.rename(columns=names).to_string(index=False))
    print("no word of it: neither seed term nor pattern is in them, the examples alone teach it")


def _tell_findings(findings: list[dict[Any, Any]]) -> None:
    """Print the findings by theme; entries of which the same is said stand in one line."""
    for theme, of_theme in itertools.groupby(findings, key=lambda row: row["theme"]):
        print(f"\n{theme}")
        said: dict[tuple[str, str, str], list[str]] = {}
        for row in of_theme:
            key = (row["field"], row["finding"], row["what_to_do"])
            said.setdefault(key, []).append(_show_entry(row))
        for (field, finding, what), entries in said.items():
            shown = ", ".join(entry for entry in entries if entry)
            line = f"{field}: {finding}{': ' if shown else ''}{shown}. {what}"
            print(textwrap.fill(line, 100, initial_indent="  ", subsequent_indent="      "))
    n_themes = len({row["theme"] for row in findings})
    where = f" in {plural(n_themes, 'theme')}" if findings else ""
    print(f"\n{plural(len(findings), 'finding')}{where}")


def _show_entry(row: dict[str, Any]) -> str:
    """Show a seed term or pattern with its counts, if there are any."""
    if not row["entry"]:
        return ""
    if not isinstance(row["n_passages"], int) or not row["n_passages"]:
        return repr(row["entry"])
    passages = plural(row["n_passages"], "passage")
    return f"{row['entry']!r} ({passages} in {plural(row['n_threads'], 'thread')})"
