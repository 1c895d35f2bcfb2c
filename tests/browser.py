"""What can be wrong with a page that a real Chromium shows.

Every check takes a `Visit` and returns a list of faults in words; `SHOWN` names them all. What can
be told from the file alone stands in `page_markup`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from lxml import html as lxml_html

from chromium import DESKTOP, Visit

PDF_READER = shutil.which("pdftotext") or ""
PHONE, NARROW = 390, 320  # CSS pixels
PAPER = 672  # CSS pixels: A4 less the margins of 16 mm that the style sheet asks for
DARK = 0.35  # luminance of a background below which a page is dark
MOST_TABS = 600
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BREAKABLE = 16  # characters; a longer word (a hash) may be printed in two lines
LOOK = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def find_requests(visit: Visit) -> list[str]:
    """Return what the page asked for beside itself."""
    return [url for url in visit.requests if url.split("#")[0] != visit.path.as_uri()]


def find_refused(visit: Visit) -> list[str]:
    """Return what the page's own policy refused: it should not even have been there."""
    return list(visit.page.evaluate("() => window.__refused"))


def find_lost_on_paper(visit: Visit) -> list[str]:
    """Return what A4 paper cuts off: what is too wide, and words of last columns not in the PDF."""
    visit.show(PAPER, paper=True)
    found = [f"paper: {fault}" for fault in visit.page.evaluate("look.tooWide()")]
    printed = Counter(read_pdf(visit.page.pdf(prefer_css_page_size=True)).split())
    visit.show()
    root = lxml_html.document_fromstring(visit.path.read_text(encoding="utf-8"))
    wanted = [*root.xpath("//h1"), *root.xpath("//header//p"), *root.xpath("//tr/*[last()]")]
    words = Counter(word for part in wanted for word in part.text_content().split())
    lost = [word for word in words - printed if len(word) <= BREAKABLE]
    return found + [f"not in the PDF: {word}" for word in lost[:5]]


def read_pdf(pdf: bytes) -> str:
    """Return the text of a PDF."""
    done = subprocess.run([PDF_READER, "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def find_barriers(visit: Visit) -> list[str]:
    """Return violations of WCAG 2.0 to 2.2, A and AA, in light, in dark and on a phone."""
    found = []
    visit.page.evaluate(AXE_SCRIPT + ";0")
    visit.page.evaluate("look.unfold()")
    looks = {"light": (DESKTOP, False), "dark": (DESKTOP, True), "phone": (PHONE, False)}
    for name, (width, dark) in looks.items():
        visit.show(width, dark=dark)
        violations = visit.page.evaluate("rules => look.barriers(rules)", RULES)
        found += [f"{name}: {fault}" for fault in violations]
    visit.show()
    return found


def find_no_dark(visit: Visit) -> list[str]:
    """Say if the page does not follow readers who asked for dark colours, or is always dark."""
    light = visit.page.evaluate("look.luminance()")
    visit.show(dark=True)
    dark = visit.page.evaluate("look.luminance()")
    visit.show()
    return [] if dark < DARK < light else [f"luminance {light:.2f} in light, {dark:.2f} in dark"]


def find_overflow(visit: Visit) -> list[str]:
    """Return what makes a phone scroll sideways."""
    return _at_widths(visit, "look.tooWide()", PHONE, NARROW)


def find_cut_off(visit: Visit) -> list[str]:
    """Return text and figures of which a part is hidden, on a desktop and on a phone."""
    return _at_widths(visit, "look.cutOff()", DESKTOP, PHONE)


def _at_widths(visit: Visit, question: str, *widths: int) -> list[str]:
    """Ask at several widths, with everything unfolded."""
    found = []
    visit.page.evaluate("look.unfold()")
    for width in widths:
        visit.show(width)
        found += [f"{width} px: {fault}" for fault in visit.page.evaluate(question)]
    visit.show()
    return found


def find_out_of_reach(visit: Visit) -> list[str]:
    """Return what the keyboard does not reach: the skip link first, then all that scrolls."""
    page, found = visit.page, []
    visit.show(PHONE)
    page.evaluate("look.unfold()")
    page.evaluate("look.watchFocus()")
    page.keyboard.press("Tab")
    first = page.evaluate("look.focus()")
    if not first["skips"]:
        found.append(f"the first Tab leads to {first['tag']}, not to a link that skips the menu")
    elif not first["shown"]:
        found.append("the skip link cannot be seen when it has the focus")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("look.focus()")["end"]:
            break
    found += [f"not reached by Tab: {name}" for name in page.evaluate("look.notReached()")]
    visit.show()
    return found


def find_running(visit: Visit) -> list[str]:
    """Return hostile code that ran: by itself, or when details open and links are clicked."""
    visit.page.evaluate("look.unfold()")
    ran = visit.page.evaluate("look.ran()")
    return [*ran, *(f"dialog: {kind}" for kind in visit.dialogs)]


# On paper first: it is printed as it came, the later checks open what is folded.
SHOWN: dict[str, Callable[[Visit], list[str]]] = {
    "requests": find_requests,
    "refused": find_refused,
    "paper": find_lost_on_paper,
    "barriers": find_barriers,
    "dark": find_no_dark,
    "overflow": find_overflow,
    "cut off": find_cut_off,
    "keyboard": find_out_of_reach,
    "running": find_running,
}


def look_for(visit: Visit, *names: str) -> dict[str, list[str]]:
    """Return the faults of the named checks (names of `SHOWN`) that found one."""
    visit.page.evaluate(LOOK)
    found = {name: SHOWN[name](visit) for name in names}
    return {name: faults for name, faults in found.items() if faults}
