"""Bring your data: an .npz file with the arrays inputs and targets.

    import numpy as np

    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, 4)).astype("float32")
    np.savez("mine.npz", inputs=inputs, targets=(inputs.sum(axis=1) > 0).astype("int64"))

    from lightning_modules.data import Npz

    data = Npz("mine.npz")

Write `Recipe(data=Npz(…), …)` in the study. Whole-number targets are classes,
counted from 0; floating ones are real numbers to be predicted, and such a study
sets `metric="validation_rmse"` and the recipe a loss for regression.

Every split seed divides the examples four ways anew: what is trained on, what
selects (validation), what calibrates, and the test set, which only confirmed
runs meet. Inputs are standardized by what is trained on; `preprocessing=` takes
PCA, whitening, a pipeline of them, or nothing at all.

Built-in data sets lie in lightning_modules/data, one a file: digits, wine,
breast cancer, diabetes, moons, circles, blobs, spirals, XOR and more without
the network; MNIST, Fashion-MNIST, KMNIST, CIFAR-10 and any other of openml.org
are fetched once and kept in $LOSSATLAS_DATA.

For measurements around weights of your own, `--data mine:loader` names a
DataLoader of inputs and targets instead, or a function that returns one:

    atlas slice --checkpoint best.ckpt --model mine:make --data mine:loader
"""

from lightning_modules.data import Dataset, Npz

__all__ = ["named"]

named = (Npz, Dataset)
"""Whose docstrings the page ends with."""
