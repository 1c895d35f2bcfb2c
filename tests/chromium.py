"""The system's Chromium, driven by Playwright: pages opened as a reader would open them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

Result = TypeVar("Result")

PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESKTOP = 1280
WIDE: ViewportSize = {"width": 1400, "height": 1000}
WAIT = 600_000  # milliseconds until something must have happened; only a hang takes so long
NEEDED = "needs Chromium and pdftotext: apt-get install chromium poppler-utils"
# Listens before the page's own code could run.
LISTEN = """
window.__refused = [];
document.addEventListener('securitypolicyviolation',
  event => window.__refused.push(event.effectiveDirective + ' ' + event.blockedURI.slice(0, 60)));
"""


@dataclass
class Visit:
    """A page that has been opened, and what was seen since."""

    page: Page
    path: Path
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def show(self, width: int = DESKTOP, *, dark: bool = False, paper: bool = False) -> None:
        """Change width, colours and medium."""
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.emulate_media(
            media="print" if paper else "screen", color_scheme="dark" if dark else "light"
        )


class Chromium:
    """The system's Chromium in a thread of its own.

    Playwright keeps an event loop running in its thread; in the main thread it would stand in the
    way of the kernels that notebooks are run with.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._browser = self.call(self._start)

    def _start(self) -> Browser:
        self._playwright = sync_playwright().start()
        return self._playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS, timeout=WAIT)

    def call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Call a function in the browser's thread."""
        return self._thread.submit(function, *arguments).result()

    def visit(self, path: Path, look: Callable[[Visit], Result]) -> Result:
        """Open a file as a reader would, and return what `look` sees."""
        return self.call(self._visit, path, look)

    def _visit(self, path: Path, look: Callable[[Visit], Result]) -> Result:
        with self._browser.new_context() as context:
            context.set_default_timeout(WAIT)
            context.add_init_script(LISTEN)
            # What a page asks for is noted, and nothing of it leaves the machine.
            context.route(re.compile("^(http|ws)"), lambda route: route.abort())
            visit = Visit(context.new_page(), path)
            context.on("request", lambda request: visit.requests.append(request.url))
            visit.page.on(
                "dialog", lambda dialog: (visit.dialogs.append(dialog.type), dialog.dismiss())
            )
            visit.show()
            visit.page.goto(path.as_uri())
            return look(visit)

    def open(self) -> Page:
        """Open an empty page that stays open, to work on a server; use it through `call` only."""

        def new_page() -> Page:
            context = self._browser.new_context(viewport=WIDE)
            context.set_default_timeout(WAIT)
            return context.new_page()

        return self.call(new_page)

    def close(self) -> None:
        """End the browser and its thread."""
        self.call(self._browser.close)
        self.call(self._playwright.stop)
        self._thread.shutdown()
