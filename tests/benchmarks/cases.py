"""What the training benchmarks train."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightning_modules.data.digits import Digits
from lightning_modules.data.npz import Npz
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.constant import Constant

__all__ = ["Case", "cases", "made_examples", "recipe"]

made_examples = 3000


@dataclass(frozen=True)
class Case:
    """A network and how long it is trained.

    Arguments:
        model: on digits, or on made images of 28 × 28 pixels.
        title: its layers, for people.
        epochs: of one run.
        member_epochs: about how many one measurement of a stack should last, all its members together.
        jax_stack: members of the stack with which JAX is fastest on one core.
        made: whether it trains on made images; else on digits.
    """

    model: Model
    title: str
    epochs: int
    member_epochs: int
    jax_stack: int
    made: bool = False


cases = {
    "tiny_mlp": Case(MLP((32, 32)), "MLP 64-32-32-10", 20, 1280, 16),
    "digits_mlp": Case(MLP((128, 128)), "MLP 64-128-128-10", 20, 320, 4),
    "digits_cnn": Case(CNN((16, 32), kernel=3), "CNN 8×8, 16 and 32 channels", 20, 64, 1),
    "mnist_mlp": Case(MLP((256, 256)), "MLP 784-256-256-10", 3, 32, 1, made=True),
    "mnist_cnn": Case(CNN((16, 32), kernel=3), "CNN 28×28, 16 and 32 channels", 2, 8, 1, made=True),
}


def recipe(case: str, folder: Path, examples: int = made_examples) -> Recipe:
    """Return a case's recipe: batch 64, SGD with momentum 0.9, constant learning rate 0.05.

    Arguments:
        case: its name.
        folder: where made images are written, and have to stay.
        examples: how many images are made.
    """
    chosen = cases[case]
    return Recipe(
        data=Npz(str(_made_images(folder, examples))) if chosen.made else Digits(),
        model=chosen.model,
        initializer=HeNormal(),
        optimizer=SGD(learning_rate=0.05, momentum=0.9),
        schedule=Constant(),
        batch_size=64,
        epochs=chosen.epochs,
    )


def _made_images(folder: Path, examples: int) -> Path:
    """Write images of MNIST's shape, one random pattern a class under noise, and return the file."""
    path = folder / "made.npz"
    rng = np.random.default_rng(0)
    targets = np.arange(examples) % 10
    patterns = rng.standard_normal((10, 1, 28, 28), dtype=np.float32)
    noise = rng.standard_normal((examples, 1, 28, 28), dtype=np.float32)
    np.savez(path, inputs=0.3 * patterns[targets] + noise, targets=targets)
    return path
