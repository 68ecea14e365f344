"""What the recipe's losses are in torch's own words, as a tutorial would write them: a second route for the tests."""

import torch
from torch import nn
from torch.nn import functional

from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.gaussian_nll import GaussianNLL
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.losses.hinge import Hinge
from lightning_modules.losses.homoscedastic_gaussian_nll import HomoscedasticGaussianNLL
from lightning_modules.losses.one_hot_squared_error import OneHotSquaredError
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.losses.sigmoid_squared_error import SigmoidSquaredError
from lightning_modules.losses.squared_error import SquaredError

__all__ = ["plain_head", "plain_loss", "plain_outputs", "plain_predictions"]

binary = (BinaryCrossEntropy, SigmoidSquaredError, Hinge, PerceptronCriterion)


class Noise(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(1))

    def forward(self, means):
        return torch.cat([means, torch.zeros_like(means) + self.log_variance], dim=1)


def plain_outputs(loss, dataset):
    """How many outputs the model has."""
    if isinstance(loss, binary):
        return 1
    return 2 * dataset.outputs if isinstance(loss, HeteroscedasticGaussianNLL) else dataset.outputs


def plain_head(loss, model):
    """The model with what the loss learns beside it."""
    return nn.Sequential(model, Noise()) if isinstance(loss, HomoscedasticGaussianNLL) else model


def plain_loss(loss, outputs, targets):
    """The mean loss of a batch, for outputs (batch, outputs) and targets (batch, …)."""
    f, numbers = outputs[:, 0], targets.to(outputs.dtype)
    match loss:
        case CrossEntropy():
            return functional.cross_entropy(outputs, targets, label_smoothing=loss.label_smoothing)
        case OneHotSquaredError():
            labels = functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
            return functional.mse_loss(outputs, labels, reduction="sum") / (2 * len(targets))
        case BinaryCrossEntropy():
            return functional.binary_cross_entropy_with_logits(f, numbers)
        case SigmoidSquaredError():
            return functional.mse_loss(torch.sigmoid(f), numbers) / 2
        case Hinge():
            return torch.clamp(1 - (2 * numbers - 1) * f, min=0).mean()
        case PerceptronCriterion():
            # Away from the kink, where the subgradient is a matter of definition.
            return torch.clamp(-(2 * numbers - 1) * f, min=0).mean()
        case SquaredError():
            return functional.mse_loss(outputs, targets, reduction="sum") / (2 * len(targets))
        case GaussianNLL():
            variance = torch.full_like(outputs, loss.sigma**2)
            return functional.gaussian_nll_loss(outputs, targets, variance, full=True, eps=0, reduction="sum") / len(
                targets
            )
        case HeteroscedasticGaussianNLL() | HomoscedasticGaussianNLL():
            means, variances = outputs[:, : targets.shape[1]], outputs[:, targets.shape[1] :].exp()
            return functional.gaussian_nll_loss(means, targets, variances, full=True, eps=0, reduction="sum") / len(
                targets
            )
    raise AssertionError(f"write {loss} in plain torch here")


def plain_predictions(loss, outputs):
    """What is predicted for outputs (examples, outputs)."""
    f = outputs[:, :1]
    match loss:
        case CrossEntropy():
            return outputs.softmax(dim=1)
        case OneHotSquaredError():
            return simplex(outputs)
        case BinaryCrossEntropy() | SigmoidSquaredError():
            return torch.cat([1 - torch.sigmoid(f), torch.sigmoid(f)], dim=1)
        case Hinge() | PerceptronCriterion():
            return functional.one_hot((f[:, 0] > 0).long(), 2).to(outputs.dtype)
        case SquaredError():
            return outputs
        case GaussianNLL():
            return torch.cat([outputs, torch.full_like(outputs, loss.sigma**2)], dim=1)
    means, log_variances = outputs.chunk(2, dim=1)
    return torch.cat([means, log_variances.exp()], dim=1)


def simplex(values):
    """The nearest probabilities, by bisection for the shift that makes the positive parts sum to 1."""
    low, high = values.min(dim=1, keepdim=True).values - 1, values.max(dim=1, keepdim=True).values
    for _ in range(100):
        middle = (low + high) / 2
        above = (values - middle).clamp(min=0).sum(dim=1, keepdim=True) > 1
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    return (values - high).clamp(min=0)
