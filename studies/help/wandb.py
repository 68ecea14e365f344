"""W&B: a mirror of the store that people can look at; nothing is ever read back from it.

Runs are mirrored offline, without an account or the network, in the store's
folder STUDY/wandb. `--wandb online`, or WANDB_MODE=online, sends them as they
come, `--no-wandb` leaves them out:

    atlas run width.py
    atlas run width.py --wandb online
    atlas run width.py --no-wandb

WANDB_PROJECT and WANDB_ENTITY say where they go, WANDB_API_KEY or `wandb login`
who you are. What was kept offline is sent by W&B's own command:

    wandb sync runs/width/wandb/offline-run-*

What is missing there, after a crash or of an old study, is written from the
store, and what is there can be compared with it:

    atlas track publish width.py
    atlas track publish width.py --wandb online
    atlas track verify width.py

There is a W&B run for each trial of the search (its seeds averaged), or with
`--wandb-runs all` for each training of it, one for each confirmed run, and one
for the study with its tables, figures and files. Curves lie over `epoch`, and
over `step`, the steps taken. Its table `grouped` has every metric by everything
but the seed, with n, mean, deviation and interval. Runs of
one recipe are one W&B group, so that grouping by it leaves the seeds to be
averaged over. The intervals are ours, in the tables: W&B computes its own from
a sample of what was logged.

A dashboard is built from the study, printed without a key and saved with one:

    atlas dashboard width.py --output width.json
    atlas dashboard width.py --push

The search itself is shown by optuna-dashboard (pip install
'lossatlas[dashboard]' for both):

    atlas dashboard width.py --search

Other trackers that Lightning has loggers of are told the same by name, in
STUDY/trackers (MLFLOW_TRACKING_URI names another place), the last two with
pip install 'lossatlas[tensorboard,mlflow]':

    atlas run width.py --tracker csv --tracker tensorboard --tracker mlflow
"""

from sweeps.mirroring import Mirroring

__all__ = ["named"]

named = (Mirroring,)
"""Whose docstrings the page ends with."""
