"""A JupyterLab of its own for tests: started as `make lab` starts it, in a copy of the project."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
FIVE = ROOT / "data" / "processed" / "source_essays"
NEEDED = "needs make (apt-get install make) and a virtual environment that `make` has built"
MAKE = shutil.which("make") or ""
PROMPTS = ".jp-Notebook .jp-CodeCell .jp-InputPrompt"
COMPLAINTS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"
# The first cell has a number, and no cell waits for one: all ran, or one failed.
ENDED = f"""() => {{
  const shown = [...document.querySelectorAll("{PROMPTS}")].map(one => one.innerText);
  return shown[0] === "[1]:" && !shown.includes("[*]:");
}}"""
FIGURES = "figures => figures.map(one => [one.alt, one.naturalWidth > 0 && one.offsetWidth > 0])"


@dataclass
class RunSeen:
    """What a reader sees of a notebook that has run: numbers of cells, complaints, figures."""

    prompts: list[str]
    complaints: list[str]
    figures: list[tuple[str, bool]]
    tables: int


class Lab:
    """A server on a copy of the notebooks.

    Parameters
    ----------
    folder : Path
        Empty folder: the copy, and every file that Jupyter writes, stay in it.
    processed : Path
        Finished run; the copy finds it where `make report` puts it.
    """

    def __init__(self, folder: Path, processed: Path) -> None:
        self._folder = folder
        self._token = secrets.token_hex(16)  # in no file of the project
        self._port = _free_port()
        self.notebooks = shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "data").mkdir()
        shutil.copytree(processed, folder / "data" / "processed")
        shutil.copytree(FIVE, folder / "data" / "processed" / FIVE.name)
        self._show_all_cells()
        self._log = (folder / "lab.log").open("wb")
        self._server = subprocess.Popen(
            [MAKE, "lab", f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.installed",
             f"ARGS=--no-browser --port={self._port} --ServerApp.port_retries=0"],
            cwd=folder, env=self._environment(), stdout=self._log, stderr=self._log,
            start_new_session=True,
        )  # fmt: skip

    def _show_all_cells(self) -> None:
        """Draw cells out of sight too; otherwise a page holds a few of them at a time."""
        tracker = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
        settings = self._folder / "jupyter" / "jupyterlab_settings_dir" / tracker
        settings.parent.mkdir(parents=True)
        settings.write_text('{"windowingMode": "none"}', encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        """Nothing of this user: neither settings nor running servers are read or written."""
        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR",
                 "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")  # fmt: skip
        own = {name: str(self._folder / "jupyter" / name.lower()) for name in names}
        return os.environ | own | {"JUPYTER_TOKEN": self._token, "no_proxy": "127.0.0.1"}

    def wait(self) -> None:
        """Wait until the server answers."""
        while True:
            if self._server.poll() is not None:
                raise RuntimeError((self._folder / "lab.log").read_text(encoding="utf-8"))
            try:
                with urllib.request.urlopen(self._address("api")):
                    return
            except OSError:
                time.sleep(0.1)

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/{path}"

    def run(self, page: Page, name: str) -> RunSeen:
        """Open a notebook in the browser, run all its cells, and tell what is seen then."""
        page.goto(self._address(f"lab/tree/{name}?reset&token={self._token}"))
        # Before the kernel has a name, running the cells only asks which kernel to take.
        page.locator(".jp-Toolbar-kernelName", has_text="Python 3").wait_for()
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(ENDED)
        return RunSeen(
            prompts=page.locator(PROMPTS).all_inner_texts(),
            complaints=page.locator(COMPLAINTS).all_inner_texts(),
            figures=page.locator(".jp-Notebook .jp-OutputArea img").evaluate_all(FIGURES),
            tables=page.locator(".jp-Notebook .jp-OutputArea table").count(),
        )

    def close(self) -> None:
        """End the server and its kernels: the process group that was started here."""
        if self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGTERM)
        self._server.wait()
        self._log.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
