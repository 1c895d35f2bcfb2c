"""HTML reports: every notebook executed and written as one file, and an index that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode

from pmdiscourse.errors import DiscourseError, invalid, unknown
from pmdiscourse.present.corpus_words import describe_data
from pmdiscourse.present.data_files import check_folder, slug, write_report
from pmdiscourse.present.execute import (
    execute_notebook,
    get_parameters,
    read_notebook,
    set_parameters,
)
from pmdiscourse.present.index import index_parts
from pmdiscourse.present.page import Page, make_page
from pmdiscourse.present.provenance import MANY_FILES, describe_run
from pmdiscourse.present.source_essays import why_left_out
from pmdiscourse.store import read_manifest, read_table

_TEMPLATES = "templates"
_PROVENANCE = ("provenance", "Where these numbers come from")
_APPENDIX = ("appendix", "Appendix: the quoted passages in context")
_RUN, _QUOTES = "processed", "show_quotes"
_ESSAYS = "source_essays"  # a notebook with this parameter needs a run that has to do with them
_INDEX = ("index.html", "Overview")


def export_reports(
    processed: str | Path,
    reports: str | Path,
    *,
    notebooks: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    notice: Callable[[str], None] | None = None,
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
        at least one notebook. ``show_quotes=False`` gives a report without any text of a post.
    notice : callable or None, default=None
        Called with a sentence for every notebook that is left out.

    Returns
    -------
    list of Path
        ``index.html`` first, then one file for each notebook, in the order of their names. The
        tables are written beside them as ``tables/*.csv``, and ``files.json`` lists everything;
        what it lists of an earlier report is removed. Two calls on the same run write the same
        bytes.

    Raises
    ------
    DiscourseError
        If there is no finished run, no scored passage, no notebook, an unknown parameter or one of
        another type, two notebooks of one name, if `reports` cannot take a report, if a cell fails,
        or if a figure has no alternative text.
    """
    directory, target = Path(processed).resolve(), Path(reports)
    manifest = read_manifest(directory)
    _require_scores(directory, manifest)
    parameters = parameters or {}
    show_quotes = _wants_quotes(parameters)
    sources = find_notebooks(notebooks)
    check_folder(target, [_INDEX[0], *name_pages(sources).values()])
    prepared = _prepare(sources, directory, parameters, notice or _keep_silent)
    names = name_pages(prepared)
    pages = {
        names[path]: make_page(
            execute_notebook(notebook, name=path.name, directory=path.parent),
            name=path.name,
            show_quotes=show_quotes,
        )
        for path, notebook in prepared.items()
    }
    overview = index_parts(directory, manifest, show_quotes=show_quotes)
    shared = {
        "data": describe_data(manifest, read_table(directory, "posts")),
        "provenance": describe_run(manifest, names=show_quotes),
        "synthetic": bool(manifest.get("corpus", {}).get("synthetic", False)),
    }
    others = {names[path] for path, one in prepared.items() if _ESSAYS in get_parameters(one)}
    written = _render_all(overview, pages, shared, others)
    tables = dict(overview["tables"])
    for page in pages.values():
        tables |= page.tables
    write_report(target, written, tables)
    return [target / file for file in written]


def _render_all(
    overview: Mapping[str, Any],
    pages: Mapping[str, Page],
    shared: Mapping[str, Any],
    others: Collection[str],
) -> dict[str, str]:
    """Return the HTML of every page by its name, the overview first; `others` are of other texts.

    Those have neither the box nor the banner of the run's posts.
    """
    named = [_INDEX, *((file, page.title) for file, page in pages.items())]
    every = dict(shared) | {
        "style": Markup(_read_style()),
        "many": MANY_FILES,
        "reports": named,
    }
    written = {_INDEX[0]: _render("index", every | _with_end(overview), _INDEX[0])}
    for file, page in pages.items():
        own = {"of_run": file not in others}
        written[file] = _render("report", every | own | _with_end(_parts(page)), file)
    return written


def _wants_quotes(parameters: Mapping[str, Any]) -> bool:
    """Return the parameter that every page heeds."""
    wanted = parameters.get(_QUOTES, True)
    if not isinstance(wanted, bool):
        raise invalid(f"parameter {_QUOTES!r}", got=wanted, allowed="true or false")
    return wanted


def _keep_silent(_: str) -> None:
    """Take a notice that nobody asked for."""


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
        "toc": page.toc,
        "lead": Markup(page.lead),
        "body": Markup(page.body),
        "appendix": Markup(page.appendix.html()),
    }


def _with_end(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Put into the contents what every page ends with."""
    end = [_APPENDIX] if parts["appendix"] else []
    return dict(parts) | {"toc": [*parts["toc"], *end, _PROVENANCE]}


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


def name_pages(notebooks: Iterable[Path]) -> dict[Path, str]:
    """Return the name of the page that each notebook makes.

    Raises
    ------
    DiscourseError
        If two notebooks would share a page or its tables, or one the overview's.
    """
    pages, taken = dict[Path, str](), {slug(Path(_INDEX[0]).stem): _INDEX[0]}
    for path in notebooks:
        key = slug(path.stem)  # tables are named by it
        if not key or key in taken:
            allowed = "a name with letters a to z or digits, of which no other page has the same"
            raise invalid(
                f"notebook {path.name}", got=path.stem, allowed=allowed, hint="Rename it."
            )
        taken[key] = pages[path] = f"{path.stem}.html"
    return pages


def _prepare(
    sources: list[Path],
    directory: Path,
    parameters: Mapping[str, Any],
    notice: Callable[[str], None],
) -> dict[Path, NotebookNode]:
    """Give each notebook the values that it knows; refuse a name that none knows.

    A notebook about source essays is left out of reports that have nothing to do with them.
    """
    # Notebooks run in their own folder, so DIR must reach them as an absolute path.
    values = dict(parameters) | {_RUN: str(directory)}
    notebooks = {path: read_notebook(path) for path in sources}
    known = {path: _read_parameters(path, notebook) for path, notebook in notebooks.items()}
    names = sorted({_QUOTES, *(name for defaults in known.values() for name in defaults)})
    names = [name for name in names if name != _RUN]
    for name in parameters:
        if name not in names:
            hint = "Name the run as DIR." if name == _RUN else ""
            raise unknown("parameter", got=name, known=names, hint=hint)
    prepared = {}
    for path, notebook in notebooks.items():
        own = {name: value for name, value in values.items() if name in known[path]}
        prepared[path] = set_parameters(notebook, own)
        essays = (known[path] | own).get(_ESSAYS)
        if essays and (why := why_left_out(directory, path.parent / essays)):
            del prepared[path]
            notice(f"{path.name} is left out: {why}")
    return prepared


def _read_parameters(path: Path, notebook: NotebookNode) -> dict[str, Any]:
    """Read the parameters; say which notebook it is where they cannot be read."""
    try:
        return get_parameters(notebook)
    except DiscourseError as error:
        raise DiscourseError(f"notebook {path.name}: {error}") from error


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
