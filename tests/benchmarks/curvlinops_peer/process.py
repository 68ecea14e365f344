"""The curvlinops peer as the benchmarks see it: a process that answers questions."""

import tempfile
from pathlib import Path

import torch
from asked_process import AskedProcess

from analysis.surface import Surface

__all__ = ["CurvlinopsPeer"]

_python = Path(__file__).parents[3] / ".venv-curvlinops/bin/python"


class CurvlinopsPeer(AskedProcess):
    """A process that holds the module, the examples and the weights of a surface's point; the loss is cross-entropy."""

    def __init__(self, surface: Surface, point: torch.Tensor) -> None:
        folder = tempfile.TemporaryDirectory()
        path = Path(folder.name) / "problem.pt"
        module = surface.module.to(surface.dtype)
        torch.nn.utils.vector_to_parameters(point, module.parameters())
        torch.save((module, surface.inputs, surface.targets), path)
        super().__init__([_python, Path(__file__).with_name("peer.py"), path], folder)
