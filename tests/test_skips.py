"""The rule that a skip is a failure when CI=true, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skips import MAY_SKIP

ROOT = Path(__file__).parent.parent
TESTS = """
import pytest

@pytest.mark.skipif(True, reason="no such program here")
def test_marked():
    pass

def test_inside():
    pytest.skip("no such disk here")

@pytest.mark.xfail(strict=True)
def test_known_failure():
    assert False

def test_passes():
    pass
"""


@pytest.mark.parametrize(
    ("ci", "told"),
    [("true", "1 failed, 1 passed, 1 xfailed, 2 errors"), ("", "1 passed, 3 skipped, 1 xfailed")],
)
def test_a_skip_fails_when_ci_is_true(tmp_path: Path, ci: str, told: str) -> None:
    hooks = "from skips import pytest_make_collect_report, pytest_runtest_makereport\n"
    (tmp_path / "conftest.py").write_text(hooks, encoding="utf-8")
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "test_module.py").write_text(
        "import pytest\npytest.skip('no such module', allow_module_level=True)", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path,
         "--continue-on-collection-errors"],
        env=os.environ | {"CI": ci, "PYTHONPATH": str(ROOT / "tests")}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told in done.stdout, done.stdout
    assert done.returncode == (1 if ci else 0)


def test_the_exceptions_are_tests() -> None:
    for name in MAY_SKIP:
        file, function = name.split("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8")
