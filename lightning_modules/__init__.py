"""What is trained and how: recipes, data, models, optimizers, schedules, and the stack that trains many at once."""

import os

# A run must have the same bits wherever its numbers lie in memory, and so whatever it is stacked with: the matrix
# products of MKL otherwise depend on alignment. MKL reads this at its first product; it costs no time.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
