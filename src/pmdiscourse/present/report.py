"""HTML reports: every notebook executed and written as one file, and an index that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode

from pmdiscourse.errors import DiscourseError, unknown
from pmdiscourse.present.execute import (
    execute_notebook,
    get_parameters,
    read_notebook,
    set_parameters,
)
from pmdiscourse.present.index import describe_run, index_parts
from pmdiscourse.present.page import Page, make_page
from pmdiscourse.store import read_manifest, read_table, write_atomic

_TEMPLATES = "templates"
_PROVENANCE = ("provenance", "Where these numbers come from")
_INDEX = ("index.html", "Overview")


def export_reports(
    processed: str | Path,
    reports: str | Path,
    *,
    notebooks: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Execute the notebooks on a finished run and write the HTML reports.

    Parameters
    ----------
    processed : str or Path
        Folder of the run (DIR).
    reports : str or Path
        Folder to write into; made if needed. Nothing is written before every notebook has run.
    notebooks : str, Path or None, default=None
        Folder with the notebooks; None takes ``notebooks/`` of the project, else of the current
        folder.
    parameters : mapping or None, default=None
        Values for the notebooks' parameters cells, beside ``processed``. Each name must stand in
        at least one notebook.

    Returns
    -------
    list of Path
        ``index.html`` first, then one file for each notebook, in the order of their names. Two
        calls on the same run write the same bytes.

    Raises
    ------
    DiscourseError
        If there is no finished run, no scored passage, no notebook, an unknown parameter or one of
        another type, if a cell fails, or if a figure has no alternative text.
    """
    directory, target = Path(processed).resolve(), Path(reports)
    manifest = read_manifest(directory)
    _require_scores(directory, manifest)
    prepared = _prepare(find_notebooks(notebooks), directory, parameters or {})
    pages = {
        f"{path.stem}.html": make_page(
            execute_notebook(notebook, name=path.name, directory=path.parent), name=path.name
        )
        for path, notebook in prepared.items()
    }
    shared = {
        "style": Markup(_read_style()),
        "synthetic": bool(manifest.get("corpus", {}).get("synthetic", False)),
        "provenance": describe_run(manifest),
        "reports": [_INDEX, *((file, page.title) for file, page in pages.items())],
    }
    written = {_INDEX[0]: _render("index", shared | index_parts(directory, manifest), _INDEX[0])}
    written |= {
        file: _render("report", shared | _parts(page), file) for file, page in pages.items()
    }
    for file, html in written.items():
        write_atomic(target / file, html)
    return [target / file for file in written]


def _require_scores(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a run in which no theme was looked for."""
    if read_table(directory, "scores").empty:
        language = manifest.get("codebook", {}).get("language", "the codebook's language")
        raise DiscourseError(
            f"no passage of this run is in {language!r}, so no theme was looked for and there is "
            "nothing to report. Add posts in that language, or use a codebook for theirs."
        )


def _parts(page: Page) -> dict[str, Any]:
    """Return a page for the template; its HTML has been sanitised."""
    return {
        "title": page.title,
        "toc": [*page.toc, _PROVENANCE],
        "lead": Markup(page.lead),
        "body": Markup(page.body),
    }


def find_notebooks(folder: str | Path | None = None) -> list[Path]:
    """Return the notebooks of a folder, in the order of their names.

    Raises
    ------
    DiscourseError
        If there is no such folder, or no notebook in it.
    """
    project = Path(__file__).parents[3] / "notebooks"
    places = [project, Path.cwd() / "notebooks"] if folder is None else [Path(folder)]
    for place in places:
        found = sorted(place.glob("*.ipynb"))
        if found:
            return [path.resolve() for path in found]
    raise DiscourseError(
        f"no notebooks (*.ipynb) in {' or '.join(str(place) for place in places)}; "
        "run in the project's folder, or name their folder with notebooks=..."
    )


def _prepare(
    sources: list[Path], directory: Path, parameters: Mapping[str, Any]
) -> dict[Path, NotebookNode]:
    """Give each notebook the values that it knows; refuse a name that none knows."""
    # Notebooks run in their own folder, so DIR must reach them as an absolute path.
    values = dict(parameters) | {"processed": str(directory)}
    notebooks = {path: read_notebook(path) for path in sources}
    known = {path: get_parameters(notebook) for path, notebook in notebooks.items()}
    names = sorted({name for defaults in known.values() for name in defaults})
    for name in parameters:
        if name not in names:
            raise unknown("parameter", got=name, known=names)
    return {
        path: set_parameters(notebook, {n: v for n, v in values.items() if n in known[path]})
        for path, notebook in notebooks.items()
    }


def _render(template: str, parts: Mapping[str, Any], current: str) -> str:
    """Fill a template."""
    environment = Environment(
        loader=PackageLoader("pmdiscourse.present", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{template}.html.j2").render(**parts, current=current)


def _read_style() -> str:
    return (resources.files("pmdiscourse.present") / _TEMPLATES / "style.css").read_text("utf-8")
