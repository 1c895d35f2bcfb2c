"""A skip is a failure when CI=true: what was not tried is not known to work."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

# Only these may be skipped there: they need texts that lie beside the project.
MAY_SKIP = {
    "tests/test_features.py::test_held_out_scores_are_current",
    "tests/test_features.py::test_no_words_of_the_source_essays",
    "tests/test_features.py::test_source_essays_are_current",
    "tests/test_no_texts_of_others.py::test_no_run_of_eight_words_of_others",
    "tests/test_page.py::test_source_texts_give_the_known_passages",
    "tests/test_page.py::test_source_texts_line_by_line",
    "tests/test_weights.py::test_quality_on_unseen_documents_does_not_sink",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):  # a failure that is known and expected is no skip
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or os.environ.get("CI") != "true":
        return
    if report.nodeid.split("[")[0] not in MAY_SKIP:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure when CI=true: {reason}"
