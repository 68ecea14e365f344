"""All second derivatives of the loss of many weight sets."""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev, vmap
from torch.utils._pytree import tree_map

from lightning_modules.losses.loss import Loss
from lightning_modules.stack.dropout import Dropping
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.working_set import working_set

__all__ = ["Hessian"]

# What the backward passes of the rows that are computed at once may touch.
_working_bytes = 2**26


class Hessian:
    """The Hessian of a module's mean loss, by reverse over reverse differentiation of any module.

    The gradient is recorded once for each run; each row of its Jacobian is one
    more backward pass through that record, for as many rows and runs at once as
    fit into 64 MiB.

    Arguments:
        module: an ordinary module; its own weights are not used.
        loss: the objective, whose mean over the batch is differentiated.

    References:
        | Fast exact multiplication by the Hessian (Pearlmutter, 1994)
        | https://doi.org/10.1162/neco.1994.6.1.147
    """

    def __init__(self, module: nn.Module, loss: Loss) -> None:
        self._module, self._loss, self._layout = copy.deepcopy(module).train(), loss, Layout.of(module)

    def of(
        self,
        weights: Tensor,
        carried: Mapping[str, Tensor],
        inputs: Tensor,
        targets: Tensor,
        masks: Sequence[Tensor] = (),
    ) -> Tensor:
        """Return the Hessian of each run's mean loss over its batch, (runs, parameters, parameters).

        Arguments:
            weights: (runs, parameters), in the order of `Layout`.
            carried: buffers and frozen parameters by name, (runs, *shape); not written to.
            inputs: (runs, batch, *shape).
            targets: (runs, batch, …).
            masks: what each dropout multiplies by, as for `Stacked.gradient`.
        """
        size = self._layout.size
        at_once = max(1, _working_bytes // working_set(self._module, tuple(inputs.shape[2:]), inputs.shape[1]))
        # The rows of a block do not depend on the number of runs, so that a run's bits do not either.
        rows = jacrev(grad(self._mean_loss), chunk_size=min(size, at_once))
        runs = max(1, at_once // size)
        arguments = (weights, dict(carried), inputs, targets, tuple(masks))
        blocks = [
            tree_map(lambda values, start=start: values[start : start + runs], arguments)
            for start in range(0, len(weights), runs)
        ]
        return torch.cat([vmap(rows)(*block) for block in blocks])

    def _mean_loss(
        self, row: Tensor, carried: dict[str, Tensor], inputs: Tensor, targets: Tensor, masks: tuple[Tensor, ...]
    ) -> Tensor:
        parameters = {name: values[0] for name, values in self._layout.views(row[None]).items()}
        # A transformed function must not write to its arguments.
        others = {name: value.clone() for name, value in carried.items()}
        with Dropping.of(masks):
            outputs = functional_call(self._module, {**parameters, **others}, (inputs,))
        return self._loss.values(outputs, targets).mean()
