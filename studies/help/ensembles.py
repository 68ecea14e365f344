"""Make ensembles without retraining: of the snapshots and runs that a store holds.

    atlas ensemble width.py
    atlas ensemble width.py --method snapshot --method swa --unfamiliar noise,shift

Snapshot ensembles and their controls, averages of weights (SWA, EMA), samples
(SWAG, Monte-Carlo dropout) and deep ensembles are compared at equal training
epochs, equal members and equal storage with the single network of the same
seeds. What a store lacks for a method is told in a sentence:

snapshots at equal distances come with `Recipe(snapshots=10)`, those of fast
geometric ensembles with the schedule `ShortCycles`, and the companions of which
deep ensembles are made with `Budget(members=5)`: networks on each report seed's
own split, for all epochs and for a fifth of them.

Running statistics of averaged weights are estimated anew on the training set,
and the scores from before stand beside those from after. Beside accuracy stand
likelihood (also at a temperature that each ensemble's own calibration split
asks for), Brier score, calibration errors, the area under the risk–coverage
curve, how much members differ and what that gains, and how many independent
networks a method is worth. `--unfamiliar` adds how well its confidence tells
noisy and shifted inputs, and classes that the data holds out, from the test
set. `--samples`, `--rank` and `--decay` set SWAG, dropout and EMA.

Tables (CSV, LaTeX, JSON) and figures go to the store's STUDY/ensembles.
"""

from lightning_modules.schedules import ShortCycles

__all__ = ["named"]

named = (ShortCycles,)
"""Whose docstrings the page ends with."""
