"""Go to several GPUs, or to several machines: the study stays as it is.

On one machine each GPU gets a worker that sees no other; small networks fill a
GPU better when several workers share it:

    atlas run width.py
    atlas run width.py --per-gpu 4
    CUDA_VISIBLE_DEVICES=0,2 atlas run width.py

Without GPUs there is one worker of one thread for each core, or `--workers`.
Runs of one shape train together in one stack; how many is chosen by what fits
the memory (`--stack-size` sets it). A stack that runs out of memory goes on in
halves, and a worker that dies costs its own stack only.

In a Ray cluster (pip install 'lossatlas[ray]'), of this machine or a running
one, whose nodes all see the study file and the store under the same path:

    atlas run width.py --executor ray
    atlas run width.py --executor ray --address head:6379

Under SLURM a batch script starts such a cluster within its own allocation:

    atlas slurm width.py --nodes 4 --gpus-per-node 4 --time 8:00:00 --output job.sh
    sbatch job.sh

Before the time is over the stacks under way are finished, and the same script
submitted again goes on. One driver leads a study; several studies may share a
store, and a database with `--storage postgresql://…`.

What is proposed depends on neither the number of workers nor on timing, and a
run's result not on what else is in its stack: more GPUs give the same answer
sooner. Precision and accelerator do change bits; a precision is part of the
recipe, so one store holds one of each.
"""

from studies.command.executors import ExecutorOptions

__all__ = ["named"]

named = (ExecutorOptions,)
"""Whose docstrings the page ends with."""
