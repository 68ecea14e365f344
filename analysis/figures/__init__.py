"""Figures; one a file, each a function `draw` from results to a matplotlib figure, all of one style."""
