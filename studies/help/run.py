"""Run a study: what takes how long, what is kept, and how to go on after anything.

    atlas run width.py
    atlas run width.py --budget smoke --store tried
    atlas run --all --budget smoke --store tried

There is one worker of one thread for each core that the process may use
(`--workers`, 0 for none but the driver). How many runs train together is chosen
by what fits a core's caches and the worker's share of the memory
(`--stack-size`); a stack that runs out of memory goes on in halves.

Long trainings are written down once a minute (`--checkpoint-every`, in epochs),
and whatever kills them, a run goes on from there to the same bits. One Ctrl-C,
or `atlas stop width.py`, finishes the stacks under way; two leave at once.
`atlas resume width.py` runs again with the options of last time.

`--precision` (32-true, 64-true, bf16-mixed, as Lightning names them) and
`--accelerator` (auto, cpu, gpu, mps) go for `atlas train` as well. A precision
changes results: it is part of the recipe, and a store is not continued in
another. `--backend` (compiled, chain, functional) overrides how steps are taken:
by code compiled for small ReLU networks, by batched layers, or by `torch.func`;
auto takes the first of these that knows the model and its loss.

What is proposed depends on neither timing nor the number of workers;
`--no-deterministic` gives that up, so that no worker waits for a slow trial.
`--storage` keeps the search in another database than the store's SQLite:
`ATLAS_STORAGE` keeps its password off the command line.

A store is plain files: JSON and safetensors for every run, each written aside
and renamed, and one record as the only mark that a run is complete. It has to
lie on a POSIX file system with atomic rename and flock, shared by the nodes
where there are several (NFS 4, Lustre mounted with flock, BeeGFS, GPFS).

    atlas verify width.py
    atlas verify width.py --mend
    atlas export width.py --out runs.csv --per snapshot
"""

from studies.command.run import RunOptions
from sweeps.executors.placement import Placement

__all__ = ["named"]

named = (RunOptions, Placement)
"""Whose docstrings the page ends with."""
