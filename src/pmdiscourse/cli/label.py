"""The commands `label draw` and `label read`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_label(label: argparse.ArgumentParser) -> None:
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
