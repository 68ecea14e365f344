"""The landscape around any trained module: ten lines of a script are enough."""

import copy
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from analysis.curvature.density import SpectralDensity, spectral_density
from analysis.curvature.eigenpairs import Eigenpairs, eigenpairs
from analysis.curvature.exact import ExactSpectrum, exact_spectrum
from analysis.curvature.hessian import Hessian
from analysis.curvature.trace import Trace, trace
from analysis.given_loss import as_loss
from analysis.slices import LineSlice, PlaneSlice, line_between, plane_through, random_line, random_plane
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss

__all__ = ["Landscape"]

Weights = nn.Module | Mapping[str, Tensor]


class Landscape:
    """The mean loss on fixed examples as a function of the weights of a module, around those that it has.

    The module is copied and evaluated in evaluation mode, with the running
    statistics that it has; all examples are held in memory. Slices are in the
    examples' own precision, curvature in double precision.

    Arguments:
        model: a trained ``nn.Module`` that maps inputs (batch, …) to outputs (batch, outputs).
        loss: a criterion of ``torch.nn``, one of this package's losses, or a function of outputs and targets that
            returns one loss an example.
        data: a ``DataLoader``, or any iterable of batches (inputs, targets), passed through once.

    Raises:
        InvalidInput: without examples, for batches or a model that cannot be used, or a model whose outputs differ
            when it is asked twice.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss | nn.Module | Callable[[Tensor, Tensor], Tensor],
        data: Iterable[tuple[Tensor, Tensor]],
    ) -> None:
        inputs, targets = _gathered(data)
        module = copy.deepcopy(model).eval().to(inputs.device)
        _check(module, inputs)
        objective = as_loss(loss)
        self.surface = Surface(module.to(inputs.dtype), objective, inputs, targets)
        own = targets.double() if targets.is_floating_point() else targets
        self._double = Surface(copy.deepcopy(module).double(), objective, inputs.double(), own)
        self.weights = self.point(model)

    def point(self, weights: Weights) -> Tensor:
        """Return a module's weights, or a ``state_dict``, as a point (parameters,).

        Raises:
            InvalidInput: if they are not those of this landscape's module.
        """
        found = dict(weights.named_parameters()) if isinstance(weights, nn.Module) else dict(weights)
        shapes = self.surface.layout.shapes
        if any(name not in found or tuple(found[name].shape) != shape for name, shape in shapes.items()):
            raise InvalidInput("The weights are not those of the landscape's model: give those of the same module.")
        return self.surface.layout.row(found).to(self.surface.dtype)

    def slice(self, *, directions: int = 3, reach: float = 1.0, points: int = 51, seed: int = 0) -> LineSlice:
        """Return the loss along random filter-normalised directions; for the arguments see `random_line`."""
        return random_line(self.surface, self.weights, seed=seed, directions=directions, reach=reach, points=points)

    def plane(self, *, reach: float = 1.0, points: int = 51, seed: int = 0) -> PlaneSlice:
        """Return the loss in the plane of two random directions; for the arguments see `random_plane`."""
        return random_plane(self.surface, self.weights, seed=seed, reach=reach, points=points)

    def line_to(self, other: Weights, *, margin: float = 0.25, points: int = 51) -> LineSlice:
        """Return the loss on the line from these weights to others; for the arguments see `line_between`."""
        return line_between(self.surface, self.weights, self.point(other), margin=margin, points=points)

    def plane_through(self, second: Weights, third: Weights, *, margin: float = 0.3, points: int = 51) -> PlaneSlice:
        """Return the loss in the plane through these weights and two others; for the arguments see `plane_through`."""
        others = (self.point(each) for each in (second, third))
        return plane_through(self.surface, self.weights, *others, margin=margin, points=points)

    def hessian(self) -> Hessian:
        """Return the Hessian at these weights, known by its products."""
        return Hessian(self._double, self.weights)

    def eigenpairs(self, count: int = 10) -> Eigenpairs:
        """Return the largest eigenvalues of the Hessian, with residuals."""
        return eigenpairs(self.hessian(), count)

    def trace(self, *, tolerance: float = 0.01) -> Trace:
        """Return the trace of the Hessian, with its standard error."""
        return trace(self.hessian(), tolerance=tolerance)

    def density(self, *, steps: int = 90, probes: int = 10) -> SpectralDensity:
        """Return the density of all eigenvalues, estimated."""
        return spectral_density(self.hessian(), steps=steps, probes=probes)

    def spectrum(self) -> ExactSpectrum:
        """Return all eigenvalues, of at most 10,000 parameters; `ExactSpectrum.index` counts the negative ones."""
        return exact_spectrum(self._double, self.weights)


def _gathered(data: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    try:
        batches = [(inputs, targets) for inputs, targets in data]
        if not batches:
            raise InvalidInput("The data have no batches: give a DataLoader with examples.")
        inputs, targets = (torch.cat(parts) for parts in zip(*batches, strict=True))
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"The data are no batches of inputs and targets that fit together: {error}") from error
    if not len(inputs) or len(inputs) != len(targets):
        raise InvalidInput(f"The data have {len(inputs)} inputs and {len(targets)} targets: give a target for each.")
    if not inputs.is_floating_point():
        raise InvalidInput(f"The inputs are {inputs.dtype}: give floating-point numbers.")
    return inputs, targets


def _check(module: nn.Module, inputs: Tensor) -> None:
    """Refuse a model that does not take the inputs, or says something else each time."""
    few = inputs[:64].to(next((each.dtype for each in module.parameters()), inputs.dtype))
    try:
        with torch.no_grad():
            first, second = module(few), module(few)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise InvalidInput(f"The model cannot take the inputs {tuple(few.shape)}: {error}") from error
    if not isinstance(first, Tensor) or first.ndim != 2 or len(first) != len(few):
        shape = tuple(first.shape) if isinstance(first, Tensor) else type(first).__name__
        raise InvalidInput(f"The model returns {shape} for {len(few)} examples: let it return (examples, outputs).")
    if not torch.allclose(first, second, rtol=0, atol=0, equal_nan=True):
        raise InvalidInput("The model says something else each time, in evaluation mode too: take out what is random.")
