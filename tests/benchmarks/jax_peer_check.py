"""Check that the JAX peer trains what the other peers train: its first steps against torch's SGD, and its loss.

Run by hand or by `make bench`, in the package's environment. It ends with an
error if a weight differs by more than rounding or the loss does not fall.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from cases import cases, recipe
from jax_peer.process import JaxPeer
from torch.nn.functional import cross_entropy

from lightning_modules.recipe import Recipe

_batches, _epochs = 3, 5


def worst_difference(each: Recipe, peer: JaxPeer, folder: Path) -> float:
    """Return the largest difference of a weight after some steps of momentum, relative to the layer's largest."""
    torch.manual_seed(0)
    module = each.model.build(peer.inputs.shape[1:], int(peer.targets.max()) + 1)
    parameters = list(module.parameters())
    start = [parameter.detach().clone().numpy() for parameter in parameters]
    arrays = {f"weight{i}": start[2 * i] for i in range(len(start) // 2)}
    np.savez(folder / "start.npz", **arrays, **{f"bias{i}": start[2 * i + 1] for i in range(len(start) // 2)})
    # The last batch is smaller, as in an epoch.
    rows = np.random.default_rng(0).permutation(len(peer.inputs))[: _batches * each.batch_size + each.batch_size // 2]
    batches = [part.tolist() for part in np.split(rows, range(each.batch_size, len(rows), each.batch_size))]
    peer.ask(weights=str(folder / "start.npz"), rows=batches, out=str(folder / "end.npz"))
    optimizer = torch.optim.SGD(parameters, lr=each.optimizer.learning_rate, momentum=each.optimizer.momentum)
    for batch in batches:
        optimizer.zero_grad()
        logits = module(torch.from_numpy(peer.inputs[batch]))
        cross_entropy(logits, torch.from_numpy(peer.targets[batch])).backward()
        optimizer.step()
    with np.load(folder / "end.npz") as trained:
        found = [trained[f"{kind}{i}"] for i in range(len(start) // 2) for kind in ("weight", "bias")]
    pairs = [(parameter.detach().numpy(), other) for parameter, other in zip(parameters, found, strict=True)]
    # Against the way that the weights went, so that a peer which stands still does not pass.
    return max(
        float(np.abs(one - other).max() / np.abs(one - first).max())
        for (one, other), first in zip(pairs, start, strict=True)
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            each = recipe(case, Path(folder))
            with JaxPeer(each) as peer:
                difference = worst_difference(each, peer, Path(folder))
                answer = peer.ask(runs=2, epochs=_epochs)
            print(
                f"{case:<12} {_batches + 1} steps differ from torch's by {difference:.1e} of their way;"
                f" loss {answer['first_loss']:.2f} → {answer['last_loss']:.4f} in {_epochs + 1} epochs,"
                f" on {answer['cores']:.2f} cores"
            )
            assert difference < 1e-4, "the JAX peer's steps are not those of torch"
            assert answer["last_loss"] < 0.5 * answer["first_loss"], "the JAX peer does not learn"
            assert answer["cores"] < 1.3, "the JAX peer uses more than one thread"


if __name__ == "__main__":
    main()
