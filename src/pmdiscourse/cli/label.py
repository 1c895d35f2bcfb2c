"""The commands `label draw` and `label read`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmdiscourse.present.wording import plural

if TYPE_CHECKING:
    from pmdiscourse.measure.label_store import ReadLabels


def add_label(label: argparse.ArgumentParser) -> None:
    """Describe `label draw` and `label read`."""
    verbs = label.add_subparsers(required=True, metavar="draw|read")
    draw = verbs.add_parser("draw", help="passages of a run -> sheets to fill in")
    read = verbs.add_parser("read", help="filled sheets -> labels for the next run")
    for verb, command in ((draw, _label_draw), (read, _label_read)):
        verb.add_argument("directory", metavar="DIR", help="folder of a finished run")
        verb.set_defaults(command=command)
    draw.add_argument("--n", type=int, default=400, help="passages to draw (default 400)")
    draw.add_argument(
        "--coders",
        type=int,
        default=1,
        help="sheets to write (default 1); with more, a fifth of the rows is coded twice",
    )
    draw.add_argument("--seed", type=int, default=0, help="seed of the draw (default 0)")
    draw.add_argument(
        "--unit",
        default="passage",
        metavar="passage|post",
        help="what is drawn and shown (default passage)",
    )


def _label_draw(options: argparse.Namespace) -> int:
    from pmdiscourse.measure.label_store import draw_wave  # noqa: PLC0415

    wave = draw_wave(
        options.directory,
        n=options.n,
        n_coders=options.coders,
        random_state=options.seed,
        unit=options.unit,
    )
    units = f"{options.unit}s"
    print(
        f"wave {wave['wave']}: {wave['n_drawn']} of {wave['n_scored']} scored {units} drawn, "
        f"seed {options.seed}"
    )
    if wave["wave"] > 1:
        print(
            f"since the draw before: {wave['n_new']} {units} came and are strata of their own, "
            f"{wave['n_gone']} that were drawn went; earlier labels stay valid"
        )
    if wave["n_drawn"] > options.n:
        print(
            f"so small a corpus is labelled whole if you can; labelling may stop after about "
            f"{options.n} rows over all sheets, or any more"
        )
    if wave["n_twice"]:
        share = wave["n_twice"] / wave["n_drawn"]
        print(f"{wave['n_twice']} rows ({share:.0%}) stand in two sheets: do not confer on them")
    else:
        print("one coder alone: agreement cannot be measured (--coders 2 can)")
    print(f"fill in {wave['folder'] / 'sheet-*.csv'}: 1 present, 0 absent, ? unsure")
    print(f"what the themes mean is in {wave['folder'] / 'codebook.csv'}")
    print(f"then: pmdiscourse label read {options.directory}")
    return 0


def _label_read(options: argparse.Namespace) -> int:
    from pmdiscourse.measure.agreement import agreement, compare_coders  # noqa: PLC0415
    from pmdiscourse.measure.label_store import read_waves  # noqa: PLC0415

    read = read_waves(options.directory)
    agreed = {row["theme"]: row for row in agreement(read.labels).to_dict("records")}
    for theme, rows in read.labels.groupby("theme"):
        present = rows["present"]
        print(
            f"{theme}: {rows['passage_id'].nunique()} labelled; {present.sum()} times "
            f"present, {(~present).sum()} absent, {present.isna().sum()} unsure"
        )
        _tell_agreement(agreed.get(theme, {}))
    if not any(row["n_double"] for row in agreed.values()):
        print("nothing was coded by two people: agreement is not measured")
    pairs = compare_coders(read.labels)
    if pairs["coder"].nunique() > 1 or pairs["other"].nunique() > 1:
        for row in pairs.to_dict("records"):
            print(
                f"  {row['theme']}, {row['coder']} and {row['other']}: {row['n_double']} shared, "
                f"agreement {row['raw_agreement']:.1%}, alpha {row['alpha']:.3f}"
            )
    _tell_waiting(read)
    _tell_files(read)
    print(f"labels are in {Path(options.directory) / 'labels' / 'labels.csv'}")
    print(f"to use them: pmdiscourse run RAW --out {options.directory}")
    return 0


def _tell_agreement(row: Mapping[Any, Any]) -> None:
    """Print how far the coders of a theme agree."""
    if row.get("n_double"):
        print(
            f"  {row['n_double']} coded twice: agreement {row['raw_agreement']:.1%}, on positives "
            f"{row['positive_agreement']:.1%}, alpha {row['alpha']:.3f} (95% interval "
            f"{row['alpha_low']:.3f} to {row['alpha_high']:.3f}), AC1 {row['ac1']:.3f}: "
            f"{row['verdict']}"
        )


def _tell_waiting(read: ReadLabels) -> None:
    """Print which sheets wait to be filled, and what counts until then."""
    from pmdiscourse.measure.decisions import find_waiting  # noqa: PLC0415

    for path, n in read.second_reading.items():
        print(f"to be read again, by another person: {plural(n, 'row')} of {path}")
    for path, n in read.other_sheet.items():
        print(
            f"to be labelled by the other coder of the row, in {path}: {plural(n, 'empty cell')} "
            "of themes that one coder found"
        )
    if read.second_reading or read.other_sheet:
        n_labels = len(find_waiting(read.labels).second_reading)
        print(
            f"  in all {plural(n_labels, 'label')} of a passage and a theme, as `run` counts them"
        )
        print("  until then what one coder found counts as present")
    for path, n in read.adjudication.items():
        print(f"to be decided: {plural(n, 'row')} of {path}")
    if read.adjudication:
        print("  until then the majority counts; a tie is unsure: counted as absent, and told")
    if read.second_reading or read.other_sheet or read.adjudication:
        print("  then read again with the same command")


def _tell_files(read: ReadLabels) -> None:
    """Print which files were not read, and where labels made by hand are now."""
    for path in read.unread:
        print(f"not read: {path}; only CSV files are")
    if read.set_aside:
        print(
            f"labels.csv was made by hand and is put aside as {read.set_aside}: `run` takes what "
            "the sheets hold"
        )
