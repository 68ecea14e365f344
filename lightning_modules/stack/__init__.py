"""Many weight sets through one model over one pass of data.

A run of a sweep, a grid point of a loss surface, a snapshot of an ensemble and
a point on a path between minima are all rows of one matrix (runs, parameters);
this package runs an ordinary ``nn.Module`` for all rows at once.
"""
