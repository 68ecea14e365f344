"""What a run carries beside the weights that it trains: running statistics, other buffers, frozen parameters."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from lightning_modules.errors import InvalidInput

__all__ = ["carried", "check_carried"]


def carried(modules: Sequence[nn.Module], dtype: torch.dtype) -> dict[str, Tensor]:
    """Return the buffers and the frozen parameters of modules of one kind by their names, each (modules, *shape).

    Arguments:
        modules: one for each run.
        dtype: of those that are real numbers.
    """
    values = [dict(_untrained(module)) for module in modules]
    stacks = {name: torch.stack([each[name].detach() for each in values]) for name in values[0]}
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in stacks.items()}


def check_carried(module: nn.Module, shape: tuple[int, ...], batches: Sequence[int]) -> None:
    """Raise `InvalidInput` if a stack cannot carry what a module keeps.

    Arguments:
        module: it is run in training on zeros; what it keeps is put back.
        shape: of one example.
        batches: the sizes of the batches to come.
    """
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise InvalidInput("The model has no parameters to train: leave at least one layer trainable.")
    for name, layer in module.named_modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            _check_normalization(name, layer, batches)
    kept = {name: value.clone() for name, value in module.named_buffers()}
    if not kept:
        return
    before, trained_in = dict(module.named_buffers()), module.training
    with torch.no_grad():
        module.train()(torch.zeros(batches[0], *shape))
        module.train(trained_in)
        for name, value in module.named_buffers():
            if value is not before.get(name):
                raise InvalidInput(
                    f"The model replaces its buffer {name!r} in training, which a stack cannot follow:"
                    " update it in place, as by copy_."
                )
            value.copy_(kept[name])


def _check_normalization(name: str, layer: nn.modules.batchnorm._BatchNorm, batches: Sequence[int]) -> None:
    if isinstance(layer, nn.BatchNorm1d) and min(batches) == 1:
        raise InvalidInput(
            f"An epoch ends with a batch of one example, which the model's batch normalization {name!r}"
            " cannot normalize: choose another batch size."
        )
    if layer.track_running_stats and layer.momentum is None:
        raise InvalidInput(
            f"The model's batch normalization {name!r} has momentum=None: give it a number, such as 0.1;"
            " averages over the whole training set are what `reestimated` computes."
        )


def _untrained(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from ((name, value) for name, value in module.named_parameters() if not value.requires_grad)
    yield from module.named_buffers()
