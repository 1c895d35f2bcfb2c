"""Coding a label sheet passage by passage: what the labelling notebook does, without its buttons.

A session reads and writes the very sheet that a spreadsheet would, so that a coder may change
between the two, and `pmdiscourse label read` takes the sheet as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.measure.designs import find_drawn, read_codebook_beside, read_design, themes_beside
from pmdiscourse.measure.label_tables import find_waves
from pmdiscourse.measure.sheet_checks import Row, open_sheet, read_sheet
from pmdiscourse.measure.sheets import ANSWERS, BEFORE, NOTE, sheet_columns, write_rows
from pmdiscourse.store import sha256

_UNSET = ""


@dataclass(frozen=True)
class Passage:
    """A passage of a sheet as a coder sees it.

    Parameters
    ----------
    passage_id : str
        Its id.
    before, text, after : str
        The passage, with a little of its neighbours.
    note : str
        What the coder remarked.
    answers : dict of str to str
        For each theme "1" (present), "0" (absent), "?" (unsure) or "" (not coded yet).
    """

    passage_id: str
    before: str
    text: str
    after: str
    note: str
    answers: dict[str, str]


@dataclass(frozen=True)
class Progress:
    """How far a coder is.

    Parameters
    ----------
    place : int
        Number of the passage that is shown, from 1.
    n : int
        Passages of the coder.
    n_coded : int
        Those with an answer for every theme.
    """

    place: int
    n: int
    n_coded: int


def find_sheet(directory: str | Path, *, coder: str, sheet: str = "") -> Path:
    """Find the sheet that a coder should go on with.

    Parameters
    ----------
    directory : str or Path
        Folder of a run (DIR) with a draw.
    coder : str
        Name in column coder of the sheet.
    sheet : str, default=""
        Name of one, such as "sheet-1" or "second-reading-1"; the newest wave that has it counts.
        "" finds the newest with a passage to code: label sheets first, then second readings.

    Returns
    -------
    Path
        If all are coded, the newest.

    Raises
    ------
    DiscourseError
        If nothing was drawn, there is no such sheet, or none is the coder's.
    """
    sheets = _list_sheets(Path(directory))
    if not sheets:
        raise DiscourseError(
            f"{Path(directory) / 'labels'} holds no label sheet; draw with "
            f"`pmdiscourse label draw {directory}`"
        )
    if sheet:
        named = [path for path in sheets if path.stem == Path(sheet).stem]
        if not named:
            raise unknown("sheet", got=sheet, known=sorted({path.stem for path in sheets}))
        sheets = named[:1]
    own, coders = [], set[str]()
    for path in sheets:
        themes = themes_beside(path)
        rows, _ = open_sheet(path, needed=[*BEFORE, "text", *themes], answers=themes)
        coders |= {row["coder"] for _, row in rows}
        mine = [row for _, row in rows if row["coder"] == coder]
        if any(not row[theme] for row in mine for theme in themes):
            return path
        own += [path] if mine else []
    if not own:
        where = ", ".join(_tell(path) for path in sheets)
        raise unknown(f"coder of {where}", got=coder, known=sorted(coders))
    return own[0]


def _list_sheets(directory: Path) -> list[Path]:
    """Return the sheets that can be coded, in the order in which they are looked through."""
    found: list[Path] = []
    for wave in reversed(find_waves(directory / "labels")):
        for name in ("sheet-*.csv", "second-reading-*.csv"):
            found += sorted(wave.glob(name), key=lambda path: (len(path.name), path.name))
    return found


def _tell(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


class CodingSession:
    """Codes the passages of one coder in one sheet; every answer is saved at once.

    A sheet that something else wrote since it was opened is never overwritten: the answer is
    refused, and the sheet must be opened again. So two people may not write one sheet.

    Parameters
    ----------
    sheet : str or Path
        A label sheet or second reading in its folder, with its design and codebook beside it.
    coder : str
        Name in column coder. Only passages of this coder are shown; others stay as they are.

    Attributes
    ----------
    sheet : Path
        The sheet.
    coder : str
        The coder.
    themes : list of str
        Theme names, in the order of the sheet.
    codebook : list of dict
        For each theme theme (its name), definition, include and exclude.

    Raises
    ------
    DiscourseError
        Naming row and column of each fault, as in `read_labels`; also if no row is the coder's.
    """

    def __init__(self, sheet: str | Path, *, coder: str) -> None:
        self.sheet, self.coder = Path(sheet), coder
        self.codebook = read_codebook_beside(self.sheet)
        self.themes = [theme["theme"] for theme in self.codebook]
        digest = sha256(_read_bytes(self.sheet))
        self._rows = self._read_rows()
        self._digest = digest
        self._own = [row for row in self._rows if row["coder"] == coder]
        if not self._own:
            known = sorted({row["coder"] for row in self._rows})
            raise unknown(f"coder of {_tell(self.sheet)}", got=coder, known=known)
        self._place = 0
        self.go_to_open()

    @classmethod
    def open(cls, directory: str | Path, *, coder: str, sheet: str = "") -> CodingSession:
        """Open the sheet of a run that a coder should go on with; see `find_sheet`."""
        return cls(find_sheet(directory, coder=coder, sheet=sheet), coder=coder)

    def _read_rows(self) -> list[Row]:
        """Read the sheet; refuse one that does not belong here or was edited."""
        drawn = find_drawn(self.sheet, read_design(self.sheet), self.themes)
        read_sheet(self.sheet, drawn, whole=self.sheet.stem.startswith("sheet"))
        needed = [*BEFORE, "text", *self.themes]
        return [row for _, row in open_sheet(self.sheet, needed=needed, answers=self.themes)[0]]

    @property
    def current(self) -> Passage:
        """The passage that is shown."""
        row = self._own[self._place]
        answers = {theme: row[theme] for theme in self.themes}
        seen = {name: row[name] for name in ("passage_id", "before", "text", "after", NOTE)}
        return Passage(**seen, answers=answers)

    @property
    def progress(self) -> Progress:
        """How far the coder is."""
        n_coded = sum(self._is_coded(row) for row in self._own)
        return Progress(self._place + 1, len(self._own), n_coded)

    def answer(self, theme: str, answer: str) -> None:
        """Code a theme of the passage that is shown, and save the sheet.

        Parameters
        ----------
        theme : str
            Theme name.
        answer : {"1", "0", "?", ""}
            Present, absent, unsure, or not coded.

        Raises
        ------
        DiscourseError
            If theme or answer is unknown, or the sheet cannot be saved: nothing is changed then.
        """
        if theme not in self.themes:
            raise unknown("theme", got=theme, known=self.themes)
        if answer not in (*ANSWERS, _UNSET):
            raise invalid("answer", got=answer, allowed="1, 0, ? or nothing")
        self._change(theme, answer)

    def remark(self, note: str) -> None:
        """Write a note on the passage that is shown, and save the sheet.

        Raises
        ------
        DiscourseError
            If the sheet cannot be saved: nothing is changed then.
        """
        self._change(NOTE, " ".join(note.split()))

    def go_to(self, place: int) -> None:
        """Show a passage by its number, from 1; the first or last one where there is none."""
        self._place = min(max(place, 1), len(self._own)) - 1

    def go_on(self, steps: int = 1) -> None:
        """Show the next passage, or with -1 the one before."""
        self.go_to(self._place + 1 + steps)

    def go_to_open(self) -> None:
        """Show the first passage that lacks an answer; the last one if none does."""
        places = (number for number, row in enumerate(self._own, 1) if not self._is_coded(row))
        self.go_to(next(places, len(self._own)))

    def _is_coded(self, row: Row) -> bool:
        return all(row[theme] for theme in self.themes)

    def _change(self, column: str, value: str) -> None:
        """Change a cell of the passage that is shown, on the disk or not at all."""
        row = self._own[self._place]
        before, row[column] = row[column], value
        try:
            self._save()
        except BaseException:
            row[column] = before
            raise

    def _save(self) -> None:
        """Write the sheet, unless another program or person wrote it meanwhile."""
        try:
            with FileLock(self.sheet.with_name(f".{self.sheet.name}.lock")):
                if sha256(_read_bytes(self.sheet)) != self._digest:
                    raise DiscourseError(
                        f"{_tell(self.sheet)} was changed elsewhere since it was opened here (in "
                        "a spreadsheet, or by another person), so nothing was saved; open it "
                        "again by running the notebook from its first cell"
                    )
                write_rows(self.sheet, self._rows, columns=sheet_columns(self.themes))
                self._digest = sha256(self.sheet.read_bytes())
        except OSError as error:
            raise DiscourseError(
                f"{_tell(self.sheet)} cannot be saved: {error.strerror or error}; close it in "
                "other programs, or get the right to write there, and answer again"
            ) from error


def _read_bytes(sheet: Path) -> bytes:
    try:
        return sheet.read_bytes()
    except OSError as error:
        raise DiscourseError(
            f"{sheet} cannot be read: {error.strerror or error}; put it back beside its design"
        ) from error
