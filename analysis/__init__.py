"""What came out: estimates, ensembles, slices of the loss surface, figures and the report, all from the store."""
