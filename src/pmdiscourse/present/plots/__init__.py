"""Figures: long tables in, matplotlib Axes out, and a `describe_*` beside each for alt text."""

from pmdiscourse.present.plots.places import (
    describe_cooccurrence,
    describe_dispersion,
    describe_threads,
    plot_cooccurrence,
    plot_dispersion,
    plot_threads,
)
from pmdiscourse.present.plots.shares import (
    describe_groups,
    describe_prevalence,
    describe_trend,
    plot_groups,
    plot_prevalence,
    plot_trend,
)
from pmdiscourse.present.plots.topics import describe_topics, plot_topics

__all__ = [
    "describe_cooccurrence",
    "describe_dispersion",
    "describe_groups",
    "describe_prevalence",
    "describe_threads",
    "describe_topics",
    "describe_trend",
    "plot_cooccurrence",
    "plot_dispersion",
    "plot_groups",
    "plot_prevalence",
    "plot_threads",
    "plot_topics",
    "plot_trend",
]
