"""The landscape around any trained module: ten lines of a script are enough."""

import copy
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

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
        self.surface = Surface(module.to(inputs.dtype), as_loss(loss, inputs.dtype), inputs, targets)
        own = targets.double() if targets.is_floating_point() else targets
        self._double = Surface(copy.deepcopy(module).double(), as_loss(loss, torch.float64), inputs.double(), own)
        self.weights = self.point(model)
        _check_loss(self._double, self.weights.double(), loss)

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
        """Return the loss on the line from these weights to others; for the arguments see `line_between`.

        Running statistics are those of this landscape's model at every point,
        which a check says where the others have other ones; `analysis.paths`
        estimates them anew.
        """
        found = line_between(self.surface, self.weights, self.point(other), margin=margin, points=points)
        return replace(found, checks=(*found.checks, *self._of_buffers(other)))

    def plane_through(self, second: Weights, third: Weights, *, margin: float = 0.3, points: int = 51) -> PlaneSlice:
        """Return the loss in the plane through these weights and two others; for the arguments see `plane_through`.

        Running statistics are treated as by `line_to`.
        """
        others = (self.point(each) for each in (second, third))
        found = plane_through(self.surface, self.weights, *others, margin=margin, points=points)
        return replace(found, checks=(*found.checks, *self._of_buffers(second, third)))

    def _of_buffers(self, *others: Weights) -> list[str]:
        """Return the check that what is carried beside the weights is not that of the others, if it is not."""
        for each in others:
            found = each.state_dict() if isinstance(each, nn.Module) else each
            for name, value in self.surface.module.named_buffers():
                if name not in found or not torch.equal(found[name].to(value), value):
                    return ["the running statistics are those of the first model at every point, also at the others"]
        return []

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
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The data are no batches of inputs and targets: {error}") from error
    if not batches:
        raise InvalidInput("The data have no batches: give a DataLoader with examples.")
    try:
        inputs, targets = (torch.cat(parts) for parts in zip(*batches, strict=True))
    except (TypeError, RuntimeError) as error:
        raise InvalidInput(f"The data's batches are no tensors that fit together: {error}") from error
    if not len(inputs) or len(inputs) != len(targets):
        raise InvalidInput(f"The data have {len(inputs)} inputs and {len(targets)} targets: give a target for each.")
    if not inputs.is_floating_point():
        raise InvalidInput(f"The inputs are {inputs.dtype}: give floating-point numbers.")
    return inputs, targets


def _check_loss(surface: Surface, point: Tensor, loss: object) -> None:
    """Refuse a loss that is no mean of one value an example, and a model or a loss that many weights at once lose."""
    try:
        found = float(surface.at(point, point[None], torch.zeros(2, 1)).losses[0])
        outputs = surface.outputs(point).detach()
        criterion = copy.deepcopy(loss).double() if isinstance(loss, nn.Module) else None
        expected = found if criterion is None else float(criterion(outputs, surface.targets))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        said = " ".join(str(error).split())
        raise InvalidInput(f"The model and its loss cannot be evaluated on these data: {said}") from error
    if math.isfinite(expected) and not math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-12):
        raise InvalidInput(
            f"The loss is {expected:.6g} on the whole data, and the mean of its values for each example {found:.6g}:"
            " a landscape needs a plain mean, without weights of classes or examples left out."
        )


def _check(module: nn.Module, inputs: Tensor) -> None:
    """Refuse a model that does not take the inputs, or says something else each time."""
    if not any(each.requires_grad for each in module.parameters()):
        raise InvalidInput("The model has no parameters that are trained: there is no landscape over them.")
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
