"""The loss surfaces of a run, on the parts of its split."""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import torch

from analysis.surface import Surface, default_memory
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Seeds
from lightning_modules.training.build import build
from lightning_modules.training.stack_data import Part, StackData, load

__all__ = ["part_surface", "training_surface"]


def training_surface(
    recipe: Recipe, seeds: Seeds, weights: Mapping[str, npt.NDArray[Any]], dtype: torch.dtype = torch.float32
) -> Surface:
    """Return the surface that a run descended, on its training set; for the arguments see `part_surface`."""
    return part_surface(recipe, seeds, weights, "train", dtype)


def part_surface(
    recipe: Recipe,
    seeds: Seeds,
    weights: Mapping[str, npt.NDArray[Any]],
    part: Part = "test",
    dtype: torch.dtype = torch.float32,
    memory: int = default_memory,
) -> Surface:
    """Return the surface of a run's model and loss on a part of its split.

    Running statistics that are estimated anew are those of the training set.

    Arguments:
        recipe: of the run.
        seeds: of the same run.
        weights: of a snapshot, whose running statistics and frozen parameters hold at every point.
        part: ``train``, ``validation``, ``calibration`` or ``test``.
        dtype: precision of the evaluation.
        memory: bytes, see `Surface`.

    Raises:
        InvalidInput: for another part.
    """
    data = StackData.of(recipe.data, recipe.preprocessing, [seeds], dtype)
    if part not in data.rows:
        raise InvalidInput(f"The part is {part!r}: give one of {', '.join(data.rows)}.")
    inputs, targets = data.take(data.rows[part])
    trained_on = inputs if part == "train" else data.inputs_of(data.rows["train"])
    module = build(recipe.model, recipe.loss, data.shape, load(recipe.data))
    kept = dict(module.named_parameters()) | dict(module.named_buffers())
    with torch.no_grad():
        for name in kept.keys() & weights.keys():
            kept[name].copy_(torch.from_numpy(weights[name]).view_as(kept[name]))  # () is (1,) in older stores
    words = "training set" if part == "train" else f"{part} set"
    return Surface(
        module, recipe.loss, inputs[0], targets[0], examples=words, estimated_on=trained_on[0], memory=memory
    )
