"""Networks that no training passed through, as rows of weights, and what they predict."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from analysis.memory import at_once, block
from analysis.statistics import evenly, is_normalized
from lightning_modules.losses.loss import Loss
from lightning_modules.recipe import Run
from lightning_modules.stack.carried import carried
from lightning_modules.stack.dropout import Dropping, dropout_sites
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.reestimated import reestimated
from lightning_modules.stack.stacked import stacked
from lightning_modules.training.build import build
from lightning_modules.training.masks import MaskStream
from lightning_modules.training.stack_data import StackData, load

__all__ = ["Networks", "Predictor"]

Array = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[Any]]

_memory = 2**30


@dataclass(frozen=True)
class Networks:
    """Several networks of one model.

    Arguments:
        rows: what is trained, (networks, parameters).
        kept: buffers and frozen parameters by name, (networks, *shape).
    """

    rows: Tensor
    kept: Mapping[str, Tensor]


class Predictor:
    """Evaluates networks of a run's model on the run's own test set, many at once.

    Arguments:
        run: whose data, split and model they are.
        parts: of its data on which they are evaluated, one after another.
        others: inputs that follow, each (examples, *shape), before they are preprocessed.

    Attributes:
        normalized: whether the model has batch normalizations, whose statistics weights that were averaged lack.
        drops: whether the model drops units in training.
    """

    def __init__(self, run: Run, parts: Sequence[str] = ("test",), others: Sequence[npt.NDArray[Any]] = ()) -> None:
        recipe = run.recipe
        self._loss: Loss = recipe.loss
        self._dtype = torch.float64 if recipe.precision == "64-true" else torch.float32
        data = StackData.of(recipe.data, recipe.preprocessing, [run.seeds], self._dtype)
        own = [data.inputs_of(data.rows[part])[0] for part in ("train", *parts)]
        more = [torch.from_numpy(data.transforms[0](each.astype(np.float32))).to(self._dtype) for each in others]
        self._trained_on, self._inputs = own[0], [*own[1:], *more]
        self._module = build(recipe.model, recipe.loss, data.shape, load(recipe.data)).to(self._dtype)
        self._layout = Layout.of(self._module)
        self._kept = carried([self._module], self._dtype)
        self._stacked = stacked(self._module, recipe.loss, data.shape)
        self._at_once = at_once(self._module, self._inputs[0], _memory)
        self._shape = data.shape
        self.normalized = is_normalized(self._module)
        self.drops = any(site.rate > 0 for site in dropout_sites(self._module, data.shape, 2))

    def networks(self, snapshots: Sequence[Weights]) -> Networks:
        """Return snapshots as networks, in their order."""
        named = {name: np.stack([each[name] for each in snapshots]) for name in snapshots[0]}
        rows = np.concatenate([named[name].reshape(len(snapshots), -1) for name in self._layout.shapes], axis=1)
        kept = {name: torch.from_numpy(named[name]) for name in self._kept}
        return Networks(torch.from_numpy(rows).to(self._dtype), kept)

    @torch.no_grad()
    def predict(self, networks: Networks, since: int = 0) -> Array:
        """Return what networks predict, (networks, examples, k), as `Loss.prediction` says.

        Arguments:
            networks: of the model.
            since: the place of the first part, of what they are evaluated on.
        """
        blocks = [each for inputs in self._inputs[since:] for each in inputs.split(self._at_once.examples)]
        return np.concatenate([self._predictions(each, blocks) for each in self._divided(networks)])

    @torch.no_grad()
    def reestimated(self, networks: Networks) -> Networks:
        """Return networks with running statistics of their own, estimated on the training set without augmentation."""
        batches = [each[None] for each in evenly(self._trained_on)]
        found = [
            reestimated(self._module, self._stacked, self._named(each), batches) for each in self._divided(networks)
        ]
        return Networks(networks.rows, {name: torch.cat([each[name] for each in found]) for name in self._kept})

    @torch.no_grad()
    def dropped(self, network: Networks, streams: Sequence[int]) -> Array:
        """Return what one network predicts while it drops units as in training, (streams, examples, k).

        Running statistics stay as they are. What a sample drops is a pure
        function of its stream, whatever other samples there are.

        Arguments:
            network: a single one.
            streams: a seed for each sample.
        """
        module = copy.deepcopy(self._module).train()
        for layer in module.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.eval()
        named = {name: value[0] for name, value in self._named(network).items()}

        def call(masks: tuple[Tensor, ...], inputs: Tensor) -> Tensor:
            with Dropping.of(masks):
                found: Tensor = functional_call(module, named, (inputs,))
            return found

        found = []
        for part in self._inputs:
            # As in training, the masks of a smaller last block are a step of the same stream. It begins anew for each
            # part, so that what is dropped of one does not depend on which others there are.
            sites = dropout_sites(self._module, self._shape, min(block, len(part)))
            drawn = MaskStream([sites] * len(streams), streams, epoch=0, step=0)
            for inputs in part.split(block):
                masks = drawn.masks(dropout_sites(self._module, self._shape, len(inputs)), self._dtype, inputs.device)
                outputs = vmap(call, in_dims=(0, None))(masks, inputs)
                found.append(self._loss.predict(outputs).numpy())
        return np.concatenate(found, axis=1)

    def _predictions(self, networks: Networks, blocks: Sequence[Tensor]) -> Array:
        parameters = self._named(networks)
        outputs = [self._stacked.forward(parameters, inputs[None]) for inputs in blocks]
        return self._loss.predict(torch.cat(outputs, dim=1)).numpy()

    def _named(self, networks: Networks) -> dict[str, Tensor]:
        return {**self._layout.views(networks.rows), **networks.kept}

    def _divided(self, networks: Networks) -> Iterator[Networks]:
        """Yield as many networks at a time as are evaluated at once."""
        for start in range(0, len(networks.rows), self._at_once.points):
            own = slice(start, start + self._at_once.points)
            yield Networks(networks.rows[own], {name: value[own] for name, value in networks.kept.items()})
