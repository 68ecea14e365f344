"""Build a recipe: models, initializers, optimizers, schedules, losses and data, one file each.

All lies in lightning_modules, one thing a file, and is imported from the package
of its kind: activations, augmentation, data, initializers, losses, models,
optimizers, schedules, stopping.

    from lightning_modules.optimizers import AdamW
    from lightning_modules.schedules import CyclicCosine

Models: MLP, CNN and ResNet (residual links, dropout, batch or group
normalization), Linear, LogisticRegression, Perceptron, FixedFeatures in a
hand-made basis, the two weights of ScalarNetwork; Frozen and Pretrained wrap
any of them for transfer. `atlas help model` brings your own.

Optimizers: SGD, momentum, Adagrad, Adadelta, RMSProp and the Adam family; for
full batches (`batch_size` at least the number of training examples) L-BFGS,
Newton and damped Newton; wrappers clip gradients and add L1 penalties.

Schedules: constant, step, exponential, linear, cosine, inverse square root, one
cycle, triangular cycles, cosine restarts, short cycles, and a warm-up in front
of any of them. Snapshots are kept at the ends of cycles, and with
`Recipe(snapshots=10)` at equal distances besides.

Losses bring their head: softmax cross-entropy (with label smoothing), one logit
with binary cross-entropy, hinge, perceptron criterion or squared error, squared
error on one-hot labels; for regression squared error or the Gaussian likelihood
with a fixed, a learned or a predicted variance, and then the study sets
`metric="validation_rmse"`.

Examples are augmented by Shift and Noise, runs stop by EarlyStopping, and data
sets are wrapped by Subset, LabelNoise and WithoutClasses (`atlas help data`).

`atlas show width.py` prints a study's recipe with all of its settings.
"""

from lightning_modules.recipe import Recipe, Seeds

__all__ = ["named"]

named = (Recipe, Seeds)
"""Whose docstrings the page ends with."""
