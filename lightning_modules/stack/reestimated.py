"""Running statistics anew, for weights that no training has passed through."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from lightning_modules.stack.stacked import Parameters, Stacked

__all__ = ["reestimated"]


@torch.no_grad()
def reestimated(
    module: nn.Module, stacked: Stacked, parameters: Parameters, batches: Sequence[Tensor]
) -> Mapping[str, Tensor]:
    """Return the parameters with the statistics of every batch normalization averaged over these batches.

    Averages of weights, points between two minima and points of a loss surface
    have no running statistics of their own, and those of another network make
    them look far worse than they are. Nothing is dropped meanwhile; each batch
    counts alike, as in ``torch.optim.swa_utils.update_bn``.

    Arguments:
        module: the ordinary module, which tells where the statistics are.
        stacked: its stacked form.
        parameters: each parameter and each buffer by its name, (runs, *shape); not written to.
        batches: of training inputs, each (1 or runs, batch, *shape).

    References:
        | Averaging weights leads to wider optima and better generalization (Izmailov et al., 2018)
        | https://arxiv.org/abs/1803.05407
    """
    momenta = {
        f"{prefix}.{name}" if prefix else name: float(layer.momentum)
        for prefix, layer in module.named_modules()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.track_running_stats and layer.momentum
        for name in ("running_mean", "running_var")
    }
    # Starting from zero, an update leaves exactly the momentum's share of the batch's own statistic.
    working = {name: value.clone() if name in momenta else value for name, value in parameters.items()}
    counters = {name: value.clone() for name, value in parameters.items() if name.endswith("num_batches_tracked")}
    sums = {name: torch.zeros_like(parameters[name]) for name in momenta}
    for inputs in batches:
        for name in momenta:
            working[name].zero_()
        stacked.training_forward({**working, **counters}, inputs)
        for name, momentum in momenta.items():
            sums[name] += working[name] / momentum
    return {**parameters, **{name: value / len(batches) for name, value in sums.items()}}
