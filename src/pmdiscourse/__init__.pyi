from .codebook import Codebook, load_codebook
from .errors import DiscourseError
from .ingest.corpus import Ingested, ingest, read_posts
from .ingest.passages import split_passages
from .ingest.repair import clean_text, explain_cleaning
from .measure.agreement import agreement, compare_coders
from .measure.comparisons import compare_groups, estimate_trend
from .measure.evaluate import evaluate
from .measure.labels import draw_sample, read_labels, write_label_sheet
from .measure.lint import check_codebook
from .measure.prevalence import estimate_prevalence
from .measure.proxy import read_proxy, use_proxy
from .measure.scoring import representative_passages, score_passages, score_posts
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
    "agreement",
    "check_codebook",
    "clean_text",
    "compare_coders",
    "compare_groups",
    "draw_sample",
    "estimate_prevalence",
    "estimate_trend",
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
    "read_labels",
    "read_posts",
    "read_proxy",
    "read_table",
    "representative_passages",
    "run",
    "score_passages",
    "score_posts",
    "split_passages",
    "use_proxy",
    "write_label_sheet",
]
