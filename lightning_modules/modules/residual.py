"""A residual block: what a body adds to its input."""

from torch import Tensor, nn

from lightning_modules.errors import InvalidInput

__all__ = ["Residual"]


class Residual(nn.Module):
    """``y = s(x) + f(x)``: a body f, and a shortcut s around it, the identity unless another is given.

    Arguments:
        body: f, which may hold any layers.
        shortcut: s, which must return the shape that the body returns.

    Raises:
        InvalidInput: in the forward pass, if the two shapes differ.

    References:
        | Deep residual learning for image recognition (He et al., 2016)
        | https://arxiv.org/abs/1512.03385
    """

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of both ways."""
        around, through = self.shortcut(x), self.body(x)
        if around.shape != through.shape:
            raise InvalidInput(
                f"A residual block adds {tuple(through.shape)} to {tuple(around.shape)}:"
                " give it a body and a shortcut that return one shape."
            )
        result: Tensor = around + through
        return result
