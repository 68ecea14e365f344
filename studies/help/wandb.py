"""W&B: a mirror of the store that people can look at; nothing is ever read back from it.

Runs are mirrored offline, without an account or the network, in the store's
folder STUDY/wandb. WANDB_MODE=online sends them as they come, `--no-wandb`
leaves them out:

    atlas run width.py
    WANDB_MODE=online atlas run width.py
    atlas run width.py --no-wandb

WANDB_PROJECT and WANDB_ENTITY say where they go, WANDB_API_KEY or `wandb login`
who you are. What was kept offline is sent by W&B's own command:

    wandb sync runs/width/wandb/offline-run-*

There is a W&B run for each trial of the search (its seeds averaged), one for
each confirmed run, and one for the study with its tables and figures. Runs of
one recipe are one W&B group, so that grouping by it leaves the seeds to be
averaged over. The intervals are ours, in the tables: W&B computes its own from
a sample of what was logged.

A dashboard is built from the study, printed without a key and saved with one:

    atlas dashboard width.py --output width.json
    atlas dashboard width.py --push

The search itself is shown by optuna-dashboard (pip install
'lossatlas[dashboard]' for both):

    atlas dashboard width.py --search
"""

from sweeps.tracking import WandbTracker

__all__ = ["named"]

named = (WandbTracker,)
"""Whose docstrings the page ends with."""
