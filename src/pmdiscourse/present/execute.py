"""Run notebooks: parameters checked before anything starts, then a fresh kernel of this Python."""

from __future__ import annotations

import ast
import copy
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from pmdiscourse.errors import DiscourseError, invalid, unknown

PARAMETERS = "parameters"
INJECTED = "injected-parameters"
COUNT = "n_"  # a parameter whose name begins so is a number of things
_TIMEOUT = 1800  # seconds for one cell; a topic model of a large corpus takes minutes


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises
    ------
    DiscourseError
        If the file is no notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError, AttributeError, KeyError) as error:
        raise DiscourseError(f"notebook {path.name} cannot be read: {error}") from error


def get_parameters(notebook: NotebookNode) -> dict[str, Any]:
    """Return the parameters of a notebook with their defaults.

    Parameters
    ----------
    notebook : NotebookNode
        A notebook; the cell tagged ``parameters`` holds plain assignments of literals.

    Returns
    -------
    dict
        Empty if no cell is tagged.

    Raises
    ------
    DiscourseError
        If the cell holds anything else than assignments of literals, or two cells are tagged.
    """
    cells = [cell for cell in notebook.cells if PARAMETERS in cell.metadata.get("tags", [])]
    if len(cells) > 1:
        raise DiscourseError(f"{len(cells)} cells are tagged {PARAMETERS!r}; leave the tag on one")
    return _read_assignments(cells[0].source) if cells else {}


def _read_assignments(source: str) -> dict[str, Any]:
    """Read ``name = literal`` lines."""
    values: dict[str, Any] = {}
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise DiscourseError(f"the parameters cell is no Python: {error}") from error
    for statement in statements:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.AnnAssign):
            target = statement.target
        literal = getattr(statement, "value", None)
        try:
            if not isinstance(target, ast.Name):
                raise ValueError
            values[target.id] = ast.literal_eval(literal)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            raise invalid(
                f"line {statement.lineno} of the parameters cell",
                got=ast.unparse(statement),
                allowed="name = literal, one a line",
            ) from error
    return values


def set_parameters(notebook: NotebookNode, values: Mapping[str, Any]) -> NotebookNode:
    """Return a copy of a notebook with a cell of values after its parameters cell.

    Parameters
    ----------
    notebook : NotebookNode
        A notebook with a cell tagged ``parameters`` (the convention of papermill).
    values : mapping of str to value
        Only names that the cell assigns, each of the type of its default.

    Returns
    -------
    NotebookNode
        With a cell tagged ``injected-parameters``; an earlier one is replaced.

    Raises
    ------
    DiscourseError
        If a name is not assigned there, a value is of another type, or a number of things is below
        1 (0 may be given where it is the default).
    """
    defaults = get_parameters(notebook)
    for name, value in values.items():
        if name not in defaults:
            raise unknown("parameter", got=name, known=defaults)
        _require_value(name, value, default=defaults[name])
    filled = copy.deepcopy(notebook)
    filled.cells = [c for c in filled.cells if INJECTED not in c.metadata.get("tags", [])]
    if values:
        place = next(
            n for n, c in enumerate(filled.cells) if PARAMETERS in c.metadata.get("tags", [])
        )
        source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
        cell = nbformat.v4.new_code_cell(source, id=INJECTED, metadata={"tags": [INJECTED]})
        filled.cells.insert(place + 1, cell)
    return filled


def _require_value(name: str, value: Any, *, default: Any) -> None:
    """Refuse a value of another type, one that is no literal, and fewer than one of something."""
    what, wanted = f"parameter {name!r}", type(default)
    if type(value) is not wanted:
        raise invalid(what, got=value, allowed=f"a {wanted.__name__}")
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError) as error:  # inf, nan, a date in a list
        allowed = "what can be written in the parameters cell"
        raise invalid(what, got=value, allowed=allowed) from error
    if name.startswith(COUNT) and wanted is int and value < min(1, default):
        raise invalid(what, got=value, allowed=f"{min(1, default)} or more")


def execute_notebook(notebook: NotebookNode, *, name: str, directory: Path) -> NotebookNode:
    """Run all cells of a notebook in a fresh kernel of the running Python.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; it is left as it is.
    name : str
        Its name, for errors.
    directory : Path
        Working folder of the kernel.

    Returns
    -------
    NotebookNode
        A copy with outputs and without any time: two runs give the same content.

    Raises
    ------
    DiscourseError
        If a cell fails or the kernel dies; the message has notebook, cell number and source.
    """
    executed = copy.deepcopy(notebook)
    # No kernel folders: only the kernel of this very Python is left, whatever the user installed.
    specs = KernelSpecManager(kernel_dirs=[])
    # Posts travel between the processes; on a shared machine others could listen on loopback.
    manager = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=specs, transport_encryption="auto"
    )
    client = NotebookClient(
        executed, km=manager, timeout=_TIMEOUT, record_timing=False,
        resources={"metadata": {"path": str(directory)}},
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as profile:
            client.execute(cleanup_kc=True, env=_environment(profile))
    except CellExecutionError as error:
        raise _failure(name, executed, f"{error.ename}: {error.evalue}") from error
    except (CellTimeoutError, DeadKernelError) as error:
        raise _failure(name, executed, str(error)) from error
    return executed


def _environment(profile: str) -> dict[str, str]:
    """Return the kernel's environment: no user profile, no random hashing, one thread."""
    return os.environ | {
        "IPYTHONDIR": profile,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "0",
    }


def _failure(name: str, notebook: NotebookNode, reason: str) -> DiscourseError:
    """Name the cell that failed: the last code cell that was started."""
    started = [
        number
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and (cell.get("execution_count") or cell.get("outputs"))
    ]
    number = started[-1] if started else 1
    source = notebook.cells[number - 1].source
    return DiscourseError(
        f"notebook {name}, cell {number} failed: {reason}\n{source}\n"
        "Open the notebook in JupyterLab and run it up to this cell."
    )
