from .codebook import Codebook, load_codebook
from .errors import DiscourseError
from .ingest.corpus import Ingested, ingest, read_posts
from .ingest.passages import split_passages
from .ingest.repair import clean_text, explain_cleaning
from .measure.evaluate import evaluate
from .measure.prevalence import estimate_prevalence
from .measure.scoring import representative_passages, score_passages
from .measure.themes import ThemeModel
from .measure.topics import TopicModel
from .pipeline import run
from .present.concordance import kwic
from .present.plots import (
    plot_cooccurrence,
    plot_dispersion,
    plot_groups,
    plot_prevalence,
    plot_topics,
    plot_trend,
)
from .present.report import export_reports
from .settings import Settings
from .store import read_table

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
