"""How often themes appear in product-management career discourse.

From raw scraped posts to tables, themes, prevalence with honest uncertainty, and HTML reports.
The names below are the public API; `docs/architecture.md` draws the house.
"""

from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.ingest.corpus import Ingested, ingest, read_posts
from pmdiscourse.ingest.passages import split_passages
from pmdiscourse.ingest.repair import clean_text, explain_cleaning
from pmdiscourse.measure.evaluate import evaluate
from pmdiscourse.measure.prevalence import estimate_prevalence
from pmdiscourse.measure.scoring import representative_passages, score_passages
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.measure.topics import TopicModel
from pmdiscourse.pipeline import run
from pmdiscourse.present.concordance import kwic
from pmdiscourse.present.plots import (
    plot_cooccurrence,
    plot_dispersion,
    plot_groups,
    plot_prevalence,
    plot_topics,
    plot_trend,
)
from pmdiscourse.present.report import export_reports
from pmdiscourse.settings import Settings
from pmdiscourse.store import read_table

__all__ = [
    "Codebook",
    "DiscourseError",
    "Ingested",
    "Settings",
    "ThemeModel",
    "TopicModel",
    "clean_text",
    "estimate_prevalence",
    "evaluate",
    "explain_cleaning",
    "export_reports",
    "ingest",
    "kwic",
    "load_codebook",
    "plot_cooccurrence",
    "plot_dispersion",
    "plot_groups",
    "plot_prevalence",
    "plot_topics",
    "plot_trend",
    "read_posts",
    "read_table",
    "representative_passages",
    "run",
    "score_passages",
    "split_passages",
]
