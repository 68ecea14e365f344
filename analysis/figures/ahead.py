"""Imports what measuring and reporting need, which takes seconds, to be done while there is nothing else to do."""

import matplotlib.backends.backend_agg
import matplotlib.backends.backend_pdf  # noqa: F401
import scipy.stats  # noqa: F401

import analysis.report
import analysis.surface  # noqa: F401

__all__: list[str] = []
