"""How often themes appear in product-management career discourse.

From raw scraped posts to tables, themes, prevalence with honest uncertainty, and HTML reports.
The public names stand in ``__init__.pyi``; each is loaded when it is first used, so that a command
or a notebook pays only for what it needs. ``docs/architecture.md`` draws the house.
"""

import lazy_loader

# The wing and the function are both called ingest. Loaded here, the wing does not take the name
# back when one of its modules is imported later.
from pmdiscourse import ingest as _wing

del ingest, _wing  # noqa: F821 (bound by the import of the wing)

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
