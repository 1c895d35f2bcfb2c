"""Figures: long tables in, matplotlib Axes out, and a `describe_*` beside each for alt text."""

from pmdiscourse.present.plots.effort import describe_effort, plot_effort
from pmdiscourse.present.plots.explain import describe_correction, plot_correction
from pmdiscourse.present.plots.pairs import describe_cooccurrence, plot_cooccurrence
from pmdiscourse.present.plots.places import (
    describe_dispersion,
    describe_threads,
    plot_dispersion,
    plot_threads,
)
from pmdiscourse.present.plots.shares import (
    describe_groups,
    describe_prevalence,
    plot_groups,
    plot_prevalence,
)
from pmdiscourse.present.plots.topics import (
    describe_topic_shares,
    describe_topics,
    plot_topic_shares,
    plot_topics,
)
from pmdiscourse.present.plots.trend import describe_trend, plot_trend
from pmdiscourse.present.plots.validation import (
    describe_quality,
    describe_reliability,
    plot_quality,
    plot_reliability,
)

__all__ = [
    "describe_cooccurrence",
    "describe_correction",
    "describe_dispersion",
    "describe_effort",
    "describe_groups",
    "describe_prevalence",
    "describe_quality",
    "describe_reliability",
    "describe_threads",
    "describe_topic_shares",
    "describe_topics",
    "describe_trend",
    "plot_cooccurrence",
    "plot_correction",
    "plot_dispersion",
    "plot_effort",
    "plot_groups",
    "plot_prevalence",
    "plot_quality",
    "plot_reliability",
    "plot_threads",
    "plot_topic_shares",
    "plot_topics",
    "plot_trend",
]
