"""Planes and curvature through the package's public functions, against what people write and against curvlinops.

Planes are 51 × 51 points on the whole training set, at torch's default threads.
The peers take so long that they evaluate every n-th of these points only, and
count by points per second; all points cost the same.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from cases import recipe
from curvlinops_peer.process import CurvlinopsPeer
from landscape_peers import naive_loop, preloaded_loop, weights_at
from ratios import Ratio, compare, show
from torch import Tensor, nn

from analysis.curvature.eigenpairs import eigenpairs
from analysis.curvature.exact import exact_spectrum
from analysis.curvature.hessian import Hessian
from analysis.directions import FilterNormalized
from analysis.run_surface import training_surface
from analysis.slices import plane_along
from analysis.surface import Surface
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.recipe import Seeds

side = 51
_every = {"digits_mlp": 20, "digits_cnn": 60}
_products = 20
_steps = 60
_tolerance = 1e-4


def problem(case: str, dtype: torch.dtype = torch.float32) -> tuple[Surface, Tensor]:
    """Return the training surface of a case of the training benchmarks, and weights that were trained for a while."""
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        surface = training_surface(recipe(case, Path(folder)), Seeds.all(0), {}, dtype)
    surface.module.to(dtype)
    optimizer = torch.optim.SGD(surface.module.parameters(), lr=0.05, momentum=0.9)
    for _ in range(_steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(surface.module(surface.inputs), surface.targets).backward()
        optimizer.step()
    optimizer.zero_grad()
    return surface, surface.layout.row(dict(surface.module.named_parameters())).detach()


def plane(case: str, repeats: int) -> list[Ratio]:
    """Compare a plane's points per second."""
    surface, center = problem(case)
    basis = FilterNormalized().draw(surface.module, center, 0, 2)
    steps = torch.linspace(-1, 1, side)
    some = weights_at(surface, center, basis, torch.cartesian_prod(steps, steps)[:: _every[case]])

    def ours() -> float:
        start = time.perf_counter()
        plane_along(surface, center, basis, points=side)
        return side**2 / (time.perf_counter() - start)

    peers = {
        "naive_loop": partial(naive_loop, surface, some, 64),
        "preloaded_loop": partial(preloaded_loop, surface, some),
    }
    return compare(f"plane_{case}", f"points/s, {len(surface.inputs):,} examples", ours, peers, repeats)


def top10(repeats: int) -> list[Ratio]:
    """Compare the ten largest eigenvalues of the digits MLP in double precision; both by ARPACK, tolerance 1e-4."""
    surface, center = problem("digits_mlp", torch.float64)
    with CurvlinopsPeer(surface, center) as peer:

        def ours() -> float:
            start = time.perf_counter()
            eigenpairs(Hessian(surface, center), 10, tolerance=_tolerance)
            return 1 / (time.perf_counter() - start)

        def theirs() -> float:
            return 1 / peer.ask(top=10, tolerance=_tolerance)["seconds"]

        own = eigenpairs(Hessian(surface, center), 10, tolerance=_tolerance).values
        differences = np.abs(own - peer.ask(top=10, tolerance=_tolerance)["values"])
        assert differences.max() < 1e-3 * own[0], "the eigenvalues differ"
        return compare("top10_digits_mlp", "runs/s", ours, {"curvlinops": theirs}, repeats)


def spectrum() -> list[Ratio]:
    """Time the exact spectrum of about 5,000 parameters, once; its rate is that of one in the 30 s to stay below."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(64, 52), nn.Tanh(), nn.Linear(52, 26), nn.Tanh(), nn.Linear(26, 10)).double()
    digits, _ = problem("digits_mlp", torch.float64)
    surface = Surface(module, CrossEntropy(), digits.inputs.flatten(1), digits.targets)
    center = surface.layout.row(dict(module.named_parameters())).detach()
    start = time.perf_counter()
    exact_spectrum(surface, center)
    seconds = time.perf_counter() - start
    name = f"{surface.layout.size:,} parameters in {seconds:.1f} s"
    return [Ratio.of("spectrum_5k", "30 s", [30 / seconds], name)]


def hvp(repeats: int) -> list[Ratio]:
    """Compare a Hessian-vector product with a gradient by torch's autograd, and with curvlinops' product."""
    found = []
    for case, dtype in (("digits_mlp", torch.float32), ("digits_mlp", torch.float64), ("digits_cnn", torch.float32)):
        surface, center = problem(case, dtype)
        hessian, vector = Hessian(surface, center), torch.randn(len(center), dtype=dtype)
        parameters = list(surface.module.parameters())

        def gradient(surface: Surface = surface, parameters: list[nn.Parameter] = parameters) -> None:
            loss = nn.functional.cross_entropy(surface.module(surface.inputs), surface.targets)
            torch.autograd.grad(loss, parameters)

        with CurvlinopsPeer(surface, center) as peer:
            product = partial(hessian.product, vector)
            peers = {
                "gradient": partial(_rate, gradient),
                "curvlinops": lambda peer=peer: 1 / peer.ask(product=_products)["seconds"],
            }
            unit = f"products/s, {str(dtype).removeprefix('torch.')}"
            found += compare(f"hvp_{case}", unit, partial(_rate, product), peers, repeats)
            found += compare(
                f"hvps_{case}", f"{unit}, {_products} at once", partial(_rate_of_many, hessian), peers, repeats
            )
    return found


def _rate_of_many(hessian: Hessian) -> float:
    vectors = torch.randn(_products, hessian.size, dtype=hessian.dtype)
    start = time.perf_counter()
    hessian.products(vectors)
    return _products / (time.perf_counter() - start)


def _rate(function: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_products):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return 1 / statistics.median(seconds)


cases: dict[str, Callable[[int], list[Ratio]]] = {
    "plane_digits_mlp": partial(plane, "digits_mlp"),
    "plane_digits_cnn": partial(plane, "digits_cnn"),
    "top10_digits_mlp": top10,
    "spectrum_5k": lambda repeats: spectrum(),
    "hvp": hvp,
}


def main() -> None:
    """Measure the cases asked for and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(cases), nargs="+", default=list(cases))
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for case in options.case:
        show(cases[case](options.repeats), as_json=options.json)


if __name__ == "__main__":
    main()
