"""What `ingest` and `run` print: counts that add up, what was set aside, and what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pmdiscourse.present.change_words import tell_checks, tell_estimates, tell_proxy
from pmdiscourse.present.wording import plural

_COUNTS = (
    "{records_read} records read = {accepted} accepted + {duplicates} duplicates "
    "+ {dropped} dropped + {quarantined} quarantined"
)
_KEPT = "{essays} essays and {comments} comments in {threads} threads, {passages} passages"


def tell(manifest: dict[str, Any], out: str) -> None:
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
    """Print what changed since the last run, and what became of the labels and of a proxy."""
    changed = manifest.get("changed")
    if changed:
        print(
            f"since the last run that differed ({', '.join(changed['differs_in'])}): "
            f"{plural(changed['posts_added'], 'post')} added, {changed['posts_gone']} gone"
        )
        for told in tell_estimates(changed, name=str):
            print(f"  {told}")
    if manifest.get("labels_moved"):
        print(manifest["labels_moved"])
    labels = manifest.get("labels", {})
    if labels.get("used"):
        print(f"{labels['n_labels']} labels went into the estimates")
        for what in ("second_reading", "adjudication"):
            if n := labels.get(f"awaiting_{what}"):
                print(
                    f"{plural(n, 'label')} await {what.replace('_', ' ')}: `label read` says where"
                )
    if others := labels.get("other_themes"):
        print(f"labels of {', '.join(others)} left out: the codebook has no such theme")
    if "reason" in labels:
        print(f"labels not used, tagged shares instead: {labels['reason']}")
    for told in (*tell_proxy(manifest, name=str), *tell_checks(manifest, name=str)):
        print(told)


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
