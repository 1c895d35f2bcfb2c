"""The labelling notebook's panel: native buttons around a coding session.

Everything is reached by Tab and pressed by Space. The texts of posts are escaped: whatever they
hold is shown as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import ipywidgets as widgets  # type: ignore[import-untyped]
from markupsafe import Markup, escape

from pmdiscourse.errors import DiscourseError
from pmdiscourse.present.wording import label

# What is written into the sheet, and how the buttons name it.
ANSWERS = {"1": "present", "0": "absent", "?": "unsure"}
# White on these is 7:1 and more; the tick says the same without colour.
_CHOSEN = {"1": "#0b5d1e", "0": "#37474f", "?": "#6a1b4d"}
_TICK = "✓ "
# 44 px: the least height that a finger hits (WCAG 2.2, success criterion 2.5.5).
_HEIGHT = "44px"
_EM_OF_A_LETTER = 0.6  # and room on both sides, so that no name is cut
_PASSAGE = (
    '<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5;'
    'font-size:{size};{more}">{text}</div>'
)


class Session(Protocol):
    """What the panel needs of a coding session (`CodingSession` of the measure wing)."""

    coder: str
    themes: list[str]
    codebook: list[dict[str, str]]

    @property
    def sheet(self) -> Any:
        """The sheet's path."""

    @property
    def current(self) -> Any:
        """The passage: before, text, after, answers, note."""

    @property
    def progress(self) -> Any:
        """How far: place, n, n_coded."""

    def answer(self, theme: str, answer: str) -> None:
        """Code a theme."""

    def remark(self, note: str) -> None:
        """Write a note."""

    def go_on(self, steps: int = 1) -> None:
        """Show the next passage."""

    def go_to_open(self) -> None:
        """Show the first passage that lacks an answer."""


class CodingPanel:
    """Shows a passage with its themes, and hands what is pressed to the session.

    Parameters
    ----------
    session : Session
        An open coding session.

    Attributes
    ----------
    box : ipywidgets.VBox
        What a notebook shows.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._head, self._text, self._told = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._buttons = {
            theme: {code: self._make_button(theme, code) for code in ANSWERS}
            for theme in session.themes
        }
        self._note = widgets.Text(
            description="Note", continuous_update=False, layout=widgets.Layout(width="auto")
        )
        self._note.observe(self._remark, names="value")
        moves: dict[str, Callable[[], None]] = {
            "Next passage": session.go_on,
            "Previous passage": partial(session.go_on, -1),
            "First uncoded passage": session.go_to_open,
        }
        self._moves = [_button(name, partial(self._move, move)) for name, move in moves.items()]
        rows = [self._row(theme) for theme in session.codebook]
        parts = [self._head, self._text, *rows, self._note, _wrap(self._moves), self._told]
        parts.append(widgets.HTML(_tell_codebook(session.codebook)))
        self.box = widgets.VBox(parts, layout=widgets.Layout(max_width="60em"))
        self._refresh()

    def _make_button(self, theme: str, code: str) -> widgets.Button:
        button = _button(ANSWERS[code], partial(self._answer, theme, code))
        button.tooltip = f"{label(theme)}: {ANSWERS[code]}"
        return button

    def _row(self, theme: Mapping[str, str]) -> widgets.VBox:
        """Return what a theme means above its buttons."""
        name = theme["theme"]
        told = Markup('<div style="line-height:1.4"><b>{}</b>: {}</div>')
        text = widgets.HTML(told.format(label(name), theme["definition"]))
        return widgets.VBox([text, _wrap(list(self._buttons[name].values()))])

    def _answer(self, theme: str, code: str) -> None:
        """Code a theme; what is chosen already is taken back."""
        chosen = self._session.current.answers[theme]
        self._try(partial(self._session.answer, theme, "" if chosen == code else code))

    def _remark(self, change: Mapping[str, Any]) -> None:
        if change["new"] != self._session.current.note:
            self._try(partial(self._session.remark, change["new"]))

    def _move(self, move: Callable[[], None]) -> None:
        move()
        self._told.value = ""
        self._refresh()
        next(iter(next(iter(self._buttons.values())).values())).focus()

    def _try(self, save: Callable[[], None]) -> None:
        """Save, and say so, or say why not: an error in a callback would go unseen."""
        try:
            save()
        except DiscourseError as error:
            told, place = f"NOT SAVED: {error}", "alert"
        else:
            told, place = f"Saved in {self._session.sheet.name}.", "status"
        self._told.value = Markup('<div role="{}">{}</div>').format(place, told)
        self._refresh()

    def _refresh(self) -> None:
        """Show what the session says."""
        passage, progress = self._session.current, self._session.progress
        self._head.value = _tell_progress(progress, self._session)
        self._text.value = _tell_passage(passage)
        self._note.value = passage.note
        for theme, buttons in self._buttons.items():
            for code, button in buttons.items():
                chosen = passage.answers[theme] == code
                button.description = _TICK * chosen + ANSWERS[code]
                button.style.button_color = _CHOSEN[code] if chosen else None
                button.style.text_color = "#ffffff" if chosen else None


def _button(text: str, press: Callable[[], None]) -> widgets.Button:
    least = f"{3 + _EM_OF_A_LETTER * len(text):.1f}em"
    layout = widgets.Layout(height=_HEIGHT, min_width=least, width="auto", flex=f"1 1 {least}")
    button = widgets.Button(description=text, layout=layout)
    button.on_click(lambda _: press())
    return button


def _wrap(buttons: Sequence[widgets.Button]) -> widgets.HBox:
    """Put buttons side by side, or below each other where the screen is narrow."""
    return widgets.HBox(list(buttons), layout=widgets.Layout(flex_flow="row wrap"))


def _tell_progress(progress: Any, session: Session) -> str:
    """Say where the coder is, in words and as a bar."""
    told = Markup(
        '<div><b>Passage {} of {}</b>, {} coded <progress max="{}" value="{}" '
        'aria-label="coded passages" style="vertical-align:middle"></progress> '
        "({}, {})</div>"
    ).format(
        *(progress.place, progress.n, progress.n_coded, progress.n, progress.n_coded),
        *(session.coder, session.sheet.name),
    )
    done = "<div>Every passage has an answer for every theme.</div>"
    return f"{told}{done if progress.n_coded == progress.n else ''}"


def _tell_passage(passage: Any) -> str:
    """Show a passage between its neighbours; nothing in it is markup."""
    aside = "opacity:.75;"
    strong = "border-left:4px solid;padding:.4em .8em;margin:.4em 0;"
    parts = [("1em", aside, passage.before), ("1.15em", strong, passage.text)]
    parts.append(("1em", aside, passage.after))
    return "".join(
        _PASSAGE.format(size=size, more=more, text=escape(text))
        for size, more, text in parts
        if text
    )


def _tell_codebook(codebook: Sequence[Mapping[str, str]]) -> str:
    """Fold what counts and what does not under one line."""
    told = Markup("<dt><b>{}</b></dt><dd>Counts: {}<br>Does not count: {}</dd>")
    rows = [
        told.format(label(theme["theme"]), theme["include"], theme["exclude"]) for theme in codebook
    ]
    listed = f'<dl style="line-height:1.5">{"".join(rows)}</dl>'
    return f"<details><summary>What counts and what does not</summary>{listed}</details>"
