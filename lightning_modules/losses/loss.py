"""What a training objective is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from lightning_modules.data.dataset import Dataset, Targets, Task
from lightning_modules.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Loss", "Prediction"]

Array = npt.NDArray[np.floating]
Prediction = Literal["probabilities", "decisions", "means", "means and variances"]


class Loss(ABC):
    """An objective per example, and the head of the network that it needs; subclasses are frozen dataclasses.

    What is minimized is the mean over the examples of a batch. An objective
    that is written as a sum over N examples with a penalty ``λ R(w)`` has the
    minima of the mean with the penalty ``(λ / N) R(w)``, and gradient descent
    takes the same steps on both if the mean's learning rate is N times the sum's.

    Attributes:
        task: the kind of targets that it takes.
        prediction: what `predict` returns: ``probabilities`` of classes (…, classes); ``decisions``, the same with
            a single 1, which are no probabilities, for an objective without a likelihood; ``means`` of real targets
            (…, outputs); ``means and variances`` (…, 2 · outputs), all means before all variances.
        unit: of the values: ``nats`` for a negative log-likelihood, empty for any other.
    """

    task: ClassVar[Task] = "classification"
    prediction: ClassVar[Prediction] = "probabilities"
    unit: ClassVar[Literal["nats", ""]] = ""

    @abstractmethod
    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Return the loss of every example, (…,); differentiable.

        Arguments:
            outputs: of the network, (…, outputs).
            targets: classes (…,), or real numbers (…, targets).
        """

    @abstractmethod
    def predict(self, outputs: "Tensor") -> "Tensor":
        """Return what is predicted, as `prediction` says, for outputs (…, outputs) of the network."""

    def decide(self, outputs: "Tensor") -> "Tensor":
        """Return the predicted class, (…,), for outputs (…, outputs) of the network; of classification only."""
        return self.predict(outputs).max(dim=-1).indices

    def outputs(self, dataset: Dataset) -> int:
        """Return how many outputs the model needs: one for each class or real target, unless a loss says otherwise."""
        return dataset.outputs

    def head(self, module: "nn.Module") -> "nn.Module":
        """Return the model, wrapped with parameters of the loss's own if it has any."""
        return module

    def guess(self, dataset: Dataset, targets: Targets) -> Array:
        """Return the outputs, (outputs,), of a network that knows nothing of the inputs: a run may not count as worse.

        Arguments:
            dataset: that is learned.
            targets: (examples, …), on which such a network is evaluated.
        """
        return np.zeros(self.outputs(dataset))

    def final(self, outputs: "Tensor", predictions: "Tensor", targets: "Tensor") -> float:
        """Return the mean loss that a record holds, in double precision.

        Arguments:
            outputs: of the network, (examples, outputs).
            predictions: for these outputs.
            targets: (examples, …).
        """
        return float(self.values(outputs, targets).double().mean())

    def check(self, dataset: Dataset) -> None:
        """Raise `InvalidInput` unless the data set has the targets that this loss takes."""
        if dataset.task != self.task:
            raise InvalidInput(
                f"The loss {type(self).__name__} is for {self.task}, and the data set is for {dataset.task}:"
                f" give the recipe a loss for {dataset.task}, or other data."
            )

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        """Return each run's mean loss over its batch, (runs,), and its gradient in the outputs, (runs, outputs, batch).

        Arguments:
            outputs: (runs, outputs, batch), the batch last as the stack computes it.
            targets: (runs, batch, …).
        """
        import torch

        with torch.enable_grad():
            leaf = outputs.detach().requires_grad_()
            losses = self.values(leaf.mT, targets).mean(dim=1)
            (gradient,) = torch.autograd.grad(losses.sum(), leaf)
        return losses.detach(), gradient

    def sum_and_curvature(
        self, outputs: "Tensor", targets: "Tensor"
    ) -> "tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]":
        """Return each run's summed loss, (runs,), its gradient in the outputs, and products with its Hessian in them.

        A product takes a vector (outputs, batch) for each run; of one run it takes any number. Nobody may write to
        what is returned: autograd may give one number for many.

        Arguments:
            outputs: (runs, outputs, batch), as the gradient is.
            targets: (runs, batch, …).
        """
        import torch

        with torch.enable_grad():
            leaf = outputs.detach().requires_grad_()
            losses = self.values(leaf.mT, targets).sum(dim=1)
            (gradient,) = torch.autograd.grad(losses.sum(), leaf, create_graph=True)

        def product(vectors: "Tensor") -> "Tensor":
            # Some losses have a gradient that does not depend on the outputs.
            if not gradient.requires_grad:
                return torch.zeros_like(vectors)
            parts = [
                torch.autograd.grad(gradient, leaf, part, retain_graph=True, materialize_grads=True)[0]
                for part in vectors.split(len(leaf))
            ]
            return parts[0] if len(parts) == 1 else torch.cat(parts)

        return losses.detach(), gradient.detach(), product
