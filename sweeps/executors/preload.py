"""What the server of workers imports once, before any worker is forked from it.

The garbage collector rests meanwhile: importing makes hundreds of thousands of
objects that stay, and looking through them again and again takes a sixth of
the time. Frozen, they are not looked at by the workers either, so that the
memory pages in which they lie stay shared.
"""

import gc
from contextlib import suppress

gc.disable()

import pytorch_lightning  # noqa: E402, F401

import lightning_modules.stack.compiled  # noqa: E402
import lightning_modules.stack.kernels  # noqa: E402
import lightning_modules.stack.lower  # noqa: E402
import lightning_modules.training.fit  # noqa: E402
import sweeps.executors.devices  # noqa: E402
import sweeps.executors.halving  # noqa: E402
import sweeps.executors.worker  # noqa: E402, F401

# What fails here is told by the task that needs it: not all do.
with suppress(Exception):
    lightning_modules.stack.kernels.warm_up()
gc.freeze()
gc.enable()

__all__: list[str] = []
