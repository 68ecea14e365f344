"""What a slice is of: directions, examples, statistics, how far it reaches; against closed forms and naive loops."""

import copy
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy

from analysis.curvature.eigenpairs import eigenpairs
from analysis.curvature.hessian import Hessian
from analysis.directions import FilterNormalized, LayerNormalized, Raw
from analysis.run_surface import part_surface, training_surface
from analysis.slices import (
    Evaluation,
    line_along,
    line_between,
    plane_along,
    random_line,
    random_plane,
)
from analysis.slices.eigenvectors import eigenvector_line, eigenvector_plane
from analysis.slices.reach import BorderRise, OrdersOfMagnitude
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.recipe import Seeds
from lightning_modules.stack.layout import Layout
from tests.stores import cosine

double = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=double)


def quadratic(curvatures, offset=1.0):
    """A surface that is ``offset + Σ cᵢ wᵢ²`` to the last example, by a linear regression without noise."""
    size = len(curvatures)
    inputs = torch.diag(torch.tensor(curvatures, dtype=double).mul(size).sqrt())
    inputs = torch.cat([inputs, inputs])
    targets = torch.full((2 * size, 1), math.sqrt(offset), dtype=double)
    targets[size:] *= -1
    return Surface(nn.Linear(size, 1, bias=False).double(), SquaredError(), inputs, targets)


def own_loss(curvatures, offset, points):
    """That surface in closed form, in the unit of the loss, which is a multiple of the square."""
    return SquaredError().values(torch.ones(1, 1, dtype=double), torch.zeros(1, 1, dtype=double)).item() * (
        offset + (np.square(points) * curvatures).sum(axis=-1)
    )


def normalized(seed=0):
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)).double()
    with torch.no_grad():
        module.train()(drawn(40, 6, seed=8) + 0.5)
    return module.eval()


def center_of(module):
    return Layout.of(module).row(dict(module.named_parameters())).detach()


def test_the_quadratic_is_its_closed_form():
    surface = quadratic([1.0, 4.0])
    x = np.linspace(-1, 1, 21)
    plane = plane_along(surface, torch.zeros(2, dtype=double), torch.eye(2, dtype=double), points=21)
    expected = own_loss([1.0, 4.0], 1.0, np.stack(np.meshgrid(x, x), axis=-1))
    np.testing.assert_allclose(plane.losses, expected, rtol=1e-12)
    assert "the two directions have a cosine of 0.00" in plane.checks


@pytest.mark.parametrize("kind", [nn.Linear(4, 3), nn.Conv2d(2, 3, 3), nn.ConvTranspose2d(2, 3, 3)], ids=str)
def test_a_layer_normalized_direction_has_the_norm_of_each_weight_tensor(kind):
    module = kind.double()
    found = Layout.of(module).views(LayerNormalized().draw(module, center_of(module), 1, 3))
    for own in found["weight"]:
        assert own.norm().item() == pytest.approx(module.weight.norm().item(), rel=1e-12)
    assert not found["bias"].any()


@given(norm=st.floats(1e-3, 1e3), seed=st.integers(0, 99), count=st.integers(1, 4))
@settings(deadline=None, max_examples=20)
def test_a_raw_direction_has_the_norm_given_and_perturbs_biases_too(norm, seed, count):
    module = nn.Linear(4, 3).double()
    found = Raw(norm).draw(module, center_of(module), seed, count)
    np.testing.assert_allclose(found.norm(dim=1), norm, rtol=1e-12)
    assert Layout.of(module).views(found)["bias"].all()
    assert torch.equal(found[:1], Raw(norm).draw(module, center_of(module), seed, 1))


def test_directions_of_all_kinds_are_one_draw_and_named_on_the_axis():
    surface = Surface(normalized(), CrossEntropy(), drawn(30, 6), torch.arange(30) % 3)
    center = center_of(surface.module)
    for kind in (FilterNormalized(), LayerNormalized(), Raw(2.0)):
        line = random_line(surface, center, seed=4, directions=2, points=3, drawn=kind)
        basis = kind.draw(surface.module, center, 4, 2)
        given_line = line_along(surface, center, basis, points=3)
        np.testing.assert_array_equal(line.losses, given_line.losses)
        assert line.axis == f"step along a {kind.name}"
        plane = random_plane(surface, center, seed=4, points=3, drawn=kind)
        np.testing.assert_allclose(plane.losses[1], line.losses[0], rtol=1e-12)
        np.testing.assert_allclose(plane.losses[:, 1], line.losses[1], rtol=1e-12)


@pytest.mark.parametrize("norm", [0.0, -1.0, math.inf, math.nan])
def test_a_norm_that_is_none_is_refused(norm):
    with pytest.raises(InvalidInput, match="norm of the directions"):
        Raw(norm)


def test_along_eigenvectors_the_loss_bends_as_the_eigenvalues_say():
    curvatures = [9.0, 4.0, 1.0, 0.5]
    surface = quadratic(curvatures)
    center = torch.zeros(4, dtype=double)
    pairs = eigenpairs(Hessian(surface, center), 2)
    line = eigenvector_line(surface, center, pairs, reach=0.5, points=5)
    for row, value in enumerate(pairs.values):
        bend = (line.losses[row, 4] + line.losses[row, 0] - 2 * line.losses[row, 2]) / 0.5**2
        assert bend == pytest.approx(value, rel=1e-9)
    assert f"eigenvalue {pairs.values[0]:.3g}" in " ".join(line.checks)
    plane = eigenvector_plane(surface, center, pairs, points=5)
    np.testing.assert_allclose(plane.losses[2], eigenvector_line(surface, center, pairs, points=5).losses[0], rtol=1e-9)
    with pytest.raises(InvalidInput, match="two eigenvectors"):
        eigenvector_plane(surface, center, eigenpairs(Hessian(surface, center), 1))


def test_directions_that_are_none_of_the_models_are_refused():
    surface = quadratic([1.0, 2.0])
    center = torch.zeros(2, dtype=double)
    for basis, sentence in (
        (torch.eye(3, dtype=double), "directions have shape"),
        (torch.zeros(0, 2, dtype=double), "directions have shape"),
        (torch.full((2, 2), math.nan, dtype=double), "not all finite"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            line_along(surface, center, basis)
    with pytest.raises(InvalidInput, match="two directions, and there are 1"):
        plane_along(surface, center, torch.eye(2, dtype=double)[:1])
    with pytest.raises(InvalidInput, match="center has shape"):
        line_along(surface, torch.zeros(3, dtype=double), torch.eye(2, dtype=double))
    with pytest.raises(InvalidInput, match="not all finite"):
        line_between(surface, center, center + math.inf)


def test_train_and_test_are_slices_of_their_own_in_one():
    module, inputs, targets = normalized(), drawn(30, 6), torch.arange(30) % 3
    tested = Surface(module, CrossEntropy(), drawn(20, 6, seed=1), torch.arange(20) % 3, examples="test set")
    surface, center = Surface(module, CrossEntropy(), inputs, targets), center_of(module)
    how = Evaluation(also=(tested,))
    line = random_line(surface, center, seed=0, points=5, evaluation=how)
    plane = random_plane(surface, center, seed=0, points=3, evaluation=how)
    assert (line.examples, line.others[0].examples) == ("training set", "test set")
    for whole, alone in (
        (line, random_line(tested, center, seed=0, points=5)),
        (plane, random_plane(tested, center, seed=0, points=3)),
    ):
        own = whole.on("test set")
        np.testing.assert_array_equal(own.losses, alone.losses)
        np.testing.assert_array_equal(own.accuracies, alone.accuracies)
        assert (own.examples, own.others, own.checks) == ("test set", (), alone.checks)
        np.testing.assert_array_equal(whole.on("training set").losses, whole.losses)
        with pytest.raises(InvalidInput, match="it is on the training set and the test set"):
            whole.on("validation set")


def test_other_surfaces_that_cannot_be_told_apart_or_have_another_model_are_refused():
    first, second = quadratic([1.0, 2.0]), quadratic([1.0, 2.0, 3.0])
    center = torch.zeros(2, dtype=double)
    with pytest.raises(InvalidInput, match="Two surfaces are on the training set"):
        random_line(first, center + 1, seed=0, evaluation=Evaluation(also=(quadratic([1.0, 3.0]),)))
    with pytest.raises(InvalidInput, match="of another model"):
        random_line(first, center + 1, seed=0, evaluation=Evaluation(also=(second,)))
    with pytest.raises(InvalidInput, match="examples of one name"):
        Evaluation(also=(first, first))


def naive(module, weights, statistics, inputs, targets, estimated_on):
    """Load the weights and run the module, its statistics as a script would have them; batches are all examples."""
    own = copy.deepcopy(module)
    nn.utils.vector_to_parameters(weights, own.parameters())
    with torch.no_grad():
        if statistics == "re-estimated":
            torch.optim.swa_utils.update_bn([estimated_on], own)
        own.train(statistics == "batch")
        logits = own(inputs)
        return cross_entropy(logits, targets).item(), (logits.argmax(dim=1) == targets).double().mean().item()


@pytest.mark.parametrize(
    ("statistics", "told"),
    [
        ("frozen", "batch normalization: the given model's running statistics, frozen, at every point"),
        ("re-estimated", "batch normalization: statistics re-estimated at every point on 50 examples"),
        ("batch", "batch normalization: by the statistics of each batch of up to 256 examples, as in training"),
    ],
)
def test_statistics_of_batch_normalization_are_those_of_a_script_and_recorded(statistics, told):
    module, inputs, targets, estimated_on = normalized(), drawn(30, 6), torch.arange(30) % 3, drawn(50, 6, seed=2)
    before = copy.deepcopy(module.state_dict())
    surface = Surface(module, CrossEntropy(), inputs, targets, estimated_on=estimated_on, memory=50_000)
    center = center_of(module)
    plane = random_plane(surface, center, seed=2, points=4, evaluation=Evaluation(statistics))
    basis = FilterNormalized().draw(module, center, 2, 2)
    for row, column in np.ndindex(4, 4):
        weights = center + plane.x[column] * basis[0] + plane.y[row] * basis[1]
        loss, accuracy = naive(module, weights, statistics, inputs, targets, estimated_on)
        assert plane.losses[row, column] == pytest.approx(loss, rel=1e-9)
        assert plane.accuracies[row, column] == pytest.approx(accuracy)
    assert plane.statistics == statistics
    assert told in plane.checks
    assert told in random_line(surface, center, seed=0, points=2, evaluation=Evaluation(statistics)).checks
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_batches_are_blocks_of_one_size_in_the_examples_order():
    module, inputs, targets = normalized(), drawn(600, 6), torch.arange(600) % 3
    surface, center = Surface(module, CrossEntropy(), inputs, targets), center_of(module)
    found = surface.at(center, center[None], torch.zeros(1, 1), "batch").losses[0]
    parts = [naive(module, center, "batch", inputs[k : k + 200], targets[k : k + 200], None)[0] for k in (0, 200, 400)]
    assert found == pytest.approx(np.mean(parts), rel=1e-12)


@given(factor=st.floats(1.5, 1e4), start=st.floats(1e-3, 1e3), offset=st.floats(0.1, 10))
@settings(deadline=None, max_examples=25)
def test_the_border_of_an_automatic_range_has_risen_by_the_factor(factor, start, offset):
    surface = quadratic([1.0, 1.0], offset)
    line = line_along(
        surface,
        torch.zeros(2, dtype=double),
        torch.eye(2, dtype=double),
        reach=BorderRise(factor, start=start),
        points=3,
    )
    exact = math.sqrt((factor - 1) * offset)
    assert exact * (1 - 1e-6) <= line.steps[-1] <= 1.1 * exact * (1 + 1e-6)
    assert line.steps[0] == -line.steps[-1]
    assert line.losses[0, -1] >= factor * line.losses[0, 1] * (1 - 1e-9)


@given(orders=st.floats(0.2, 6), start=st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=15)
def test_an_automatic_range_covers_the_orders_asked_for(orders, start):
    surface = quadratic([1.0, 3.0])
    reach = OrdersOfMagnitude(orders, start=start)
    plane = plane_along(surface, torch.zeros(2, dtype=double), torch.eye(2, dtype=double), reach=reach, points=3)
    covered = math.log10(plane.losses.max() / plane.losses.min())
    exact = math.sqrt((10**orders - 1) / 4)
    assert covered >= orders * (1 - 1e-9)
    assert plane.x[-1] <= 1.1 * exact * (1 + 1e-6)


def test_an_automatic_range_tells_why_it_stopped_and_never_asks_for_more_than_allowed():
    surface, center, basis = quadratic([1.0, 1.0]), torch.zeros(2, dtype=double), torch.eye(2, dtype=double)
    asked = []
    at = surface.at
    surface.at = lambda *given, **named: asked.append(len(given[2])) or at(*given, **named)
    for until, sentence in (
        (
            BorderRise(1e9, evaluations=9),
            "at 2 half of the border's losses are 5.0 times .* no more allowed: it is",
        ),
        (BorderRise(2, start=1e6, evaluations=8), "no more allowed: it may be too wide"),
        (BorderRise(10), "the range was chosen by its border: at 3"),
    ):
        asked.clear()
        line = line_along(surface, center, basis, reach=until, points=5)
        assert any(re.search(sentence, each) for each in line.checks), line.checks
        assert sum(asked[1:-1]) <= until.evaluations


def test_half_of_the_border_has_risen_so_far_at_least():
    assert BorderRise().measure(2.0, np.array([6.0, np.nan, 1.0, 4.0])) == 3.0
    assert BorderRise().measure(2.0, np.array([6.0, 1.0, 4.0])) == 2.0


def test_a_range_is_chosen_across_losses_that_are_not_finite():
    surface = Surface(
        nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).float(),
        SquaredError(),
        drawn(9, 2).float(),
        drawn(9, 1).float(),
    )
    center = center_of(surface.module)
    line = random_line(surface, center, seed=0, reach=BorderRise(10, start=1e30), points=3)
    assert np.isfinite(line.losses).all()
    assert line.steps[-1] < 1e3


def test_a_loss_of_zero_has_no_multiples():
    surface = quadratic([1.0, 1.0], offset=0.0)
    with pytest.raises(InvalidInput, match="no multiples: give a reach"):
        line_along(surface, torch.zeros(2, dtype=double), torch.eye(2, dtype=double), reach=BorderRise(10))
    for call in (lambda: BorderRise(1.0), lambda: OrdersOfMagnitude(0.0), lambda: BorderRise(start=-1.0)):
        with pytest.raises(InvalidInput):
            call()


def test_the_surface_of_a_part_is_on_its_examples_by_the_training_sets_statistics():
    seeds = Seeds(init=1, order=2, split=7)
    trained, tested = training_surface(cosine, seeds, {}), part_surface(cosine, seeds, {})
    assert (trained.examples, tested.examples) == ("training set", "test set")
    assert torch.equal(tested.estimated_on, trained.inputs)
    assert len(tested.inputs) < len(trained.inputs)
    with pytest.raises(InvalidInput, match="one of train"):
        part_surface(cosine, seeds, {}, "holdout")
