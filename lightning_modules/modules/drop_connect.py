"""A linear layer whose weights are dropped in training."""

from torch import Tensor, nn
from torch.nn.functional import linear

__all__ = ["DropConnectLinear"]


class DropConnectLinear(nn.Linear):
    """``y = (M ∘ W) x + b``: in training each weight is zero with probability p, and the others are ``W / (1 − p)``.

    The mask M is drawn once for a batch. The paper draws one for every example
    and masks the biases too, which costs a weight matrix for each example; and
    it keeps the scale of the weights in training and samples the output in
    evaluation, where here, as in dropout, the weights are used as they are.

    Arguments:
        inputs: features in.
        outputs: features out.
        probability: p, of a weight to be dropped, in [0, 1).

    References:
        | Regularization of neural networks using DropConnect (Wan et al., 2013)
        | https://proceedings.mlr.press/v28/wan13.html
    """

    def __init__(self, inputs: int, outputs: int, probability: float) -> None:
        super().__init__(inputs, outputs)
        self.drop = nn.Dropout(probability)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (…, outputs) of inputs (…, inputs)."""
        return linear(x, self.drop(self.weight), self.bias)
