"""Bring your model: any nn.Module, described by a frozen dataclass of its settings.

    from dataclasses import dataclass
    from math import prod

    from torch import nn

    from lightning_modules.models import Model

    @dataclass(frozen=True)
    class Bottleneck(Model):
        width: int = 8

        def build(self, shape, outputs):
            first, last = nn.Linear(prod(shape), self.width), nn.Linear(self.width, outputs)
            return nn.Sequential(nn.Flatten(), first, nn.Tanh(), last)

Write it into the study file, or into a module beside it, and give it to the
recipe: `Recipe(model=Bottleneck(suggest.integer("width", 4, 32)), …)`. It is
trained in stacks like any other: dropout draws from each run's own stream,
batch normalization keeps each run's own statistics, frozen parameters stay as
they are. Torch's other random numbers in `forward`, and buffers that are
replaced and not updated, are refused in a sentence.

`atlas train width.py --seed 0` trains one run of it. Weights of your own,
trained elsewhere, need no study to be measured:

    atlas slice --checkpoint best.ckpt --model mine:make --data mine:loader --plane
    atlas spectrum --checkpoint best.ckpt --model mine:make --data mine:loader

`Pretrained` starts a training from such weights, and `Frozen` keeps some fixed.
"""

from lightning_modules.models import Frozen, Model, Pretrained

__all__ = ["named"]

named = (Model, Pretrained, Frozen)
"""Whose docstrings the page ends with."""
