"""The landscape of anybody's module, against a loop that loads weights and passes over the data point by point."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from analysis.directions import LayerNormalized, Raw, filter_normalized
from analysis.landscape import Landscape
from analysis.slices import Evaluation
from analysis.slices.reach import BorderRise
from analysis.slices.refined import Refined
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy


class Mixer(nn.Module):
    """Something that no layer of the chain knows: an embedding by attention, a product of two branches."""

    def __init__(self):
        super().__init__()
        self.rows = nn.MultiheadAttention(4, 2, dropout=0.3, batch_first=True)
        self.one, self.two = nn.Linear(8, 5), nn.Linear(8, 5)
        self.norm, self.out = nn.BatchNorm1d(5), nn.Linear(5, 3)

    def forward(self, x):
        y = x.unflatten(1, (2, 4))
        x = x + self.rows(y, y, y)[0].flatten(1)
        return self.out(self.norm(self.one(x) * self.two(x).tanh()))


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def loader(batch=16, count=50):
    return DataLoader(TensorDataset(drawn(count, 8), torch.arange(count) % 3), batch_size=batch)


def model(kind):
    torch.manual_seed(1)
    made = Mixer() if kind == "mixer" else nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3))
    made.train()
    made(drawn(40, 8, seed=5))  # running statistics of its own
    return made


def moved(seed):
    other = model("mixer")
    with torch.no_grad():
        for parameter in other.parameters():
            parameter += drawn(*parameter.shape, seed=seed)
    return other


def naive(module, criterion, data, row):
    """The loss at a point as peers compute it: load the weights, pass over the loader, weight batches by size."""
    own = copy.deepcopy(module).double().eval()
    nn.utils.vector_to_parameters(row.double(), own.parameters())
    total = count = 0
    with torch.no_grad():
        for inputs, targets in data:
            total += criterion(own(inputs.double()), targets).item() * len(inputs)
            count += len(inputs)
    return total / count


@pytest.mark.parametrize("kind", ["mixer", "mlp"])
@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), CrossEntropy()], ids=["of torch", "of this package"])
def test_slices_and_planes_are_those_of_a_naive_loop(kind, loss):
    module, data = model(kind), loader()
    before = copy.deepcopy(module.state_dict())
    landscape = Landscape(module, loss, data)
    center = nn.utils.parameters_to_vector(module.parameters()).detach()
    basis = filter_normalized(module, center, 3, 2).double()
    line = landscape.slice(directions=2, points=7, seed=3)
    plane = landscape.plane(points=5, reach=0.5, seed=3)
    for row in range(2):
        expected = [naive(module, nn.CrossEntropyLoss(), data, center + s * basis[row]) for s in line.steps]
        np.testing.assert_allclose(line.losses[row], expected, rtol=1e-5)
    for i, y in enumerate(plane.y):
        for j, x in enumerate(plane.x):
            point = center + x * basis[0] + y * basis[1]
            assert plane.losses[i, j] == pytest.approx(naive(module, nn.CrossEntropyLoss(), data, point), rel=1e-5)
    assert line.accuracies is not None
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_curvature_of_a_module_of_ones_own_is_that_of_torch_func():
    module = model("mlp")
    landscape = Landscape(module, nn.CrossEntropyLoss(), loader())
    own = copy.deepcopy(module).double().eval()
    names = {name: each.shape for name, each in own.named_parameters()}

    def loss(row):
        parts = row.split([shape.numel() for shape in names.values()])
        parameters = {name: part.view(shape) for (name, shape), part in zip(names.items(), parts, strict=True)}
        outputs = torch.func.functional_call(own, parameters, (drawn(50, 8).double(),))
        return nn.functional.cross_entropy(outputs, torch.arange(50) % 3)

    point = nn.utils.parameters_to_vector(own.parameters()).detach()
    exact = np.linalg.eigvalsh(torch.func.jacrev(torch.func.grad(loss))(point).numpy())
    np.testing.assert_allclose(landscape.spectrum().values, exact, atol=1e-10)
    np.testing.assert_allclose(landscape.eigenpairs(3).values, exact[::-1][:3], rtol=1e-6)
    found = landscape.trace(tolerance=0.05)
    assert abs(found.value - exact.sum()) < 4 * found.standard_error
    share, error = landscape.density(steps=30).share_below(0.5 * exact[-1])
    assert abs(share - np.mean(exact < 0.5 * exact[-1])) < 4 * error + 1e-6


def test_lines_and_planes_to_other_weights_end_at_them():
    first, second, third = (model("mlp") for _ in range(3))
    for seed, other in ((1, second), (2, third)):
        with torch.no_grad():
            for parameter in other.parameters():
                parameter += drawn(*parameter.shape, seed=seed)
    landscape = Landscape(first, nn.CrossEntropyLoss(), loader())
    line = landscape.line_to(second.state_dict(), margin=0.0, points=3)
    ends = [
        naive(each, nn.CrossEntropyLoss(), loader(), nn.utils.parameters_to_vector(each.parameters()).detach())
        for each in (first, second)
    ]
    np.testing.assert_allclose(line.losses[0, [0, 2]], ends, rtol=1e-5)
    assert landscape.plane_through(second, third, points=5).marks.shape == (3, 2)


@pytest.mark.parametrize("criterion", [nn.MSELoss(), nn.L1Loss(), lambda z, y: (z - y).abs().pow(3).sum(dim=1)])
def test_losses_of_numbers(criterion):
    torch.manual_seed(0)
    module, inputs, targets = nn.Linear(8, 2), drawn(30, 8), drawn(30, 2, seed=2)
    landscape = Landscape(module, criterion, [(inputs[:20], targets[:20]), (inputs[20:], targets[20:])])
    line = landscape.slice(directions=1, points=3)
    single = copy.copy(criterion)
    if isinstance(single, nn.Module):
        single.reduction = "none"
    expected = single(module(inputs), targets).reshape(30, -1).mean(dim=1).mean()
    assert line.losses[0, 1] == pytest.approx(expected.item(), rel=1e-5)
    assert line.accuracies is None


class Random(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 3)

    def forward(self, x):
        return self.layer(x) + torch.rand(len(x), 3)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.out = nn.LSTM(4, 5, batch_first=True), nn.Linear(5, 3)

    def forward(self, x):
        return self.out(self.cell(x.unflatten(1, (2, 4)))[0][:, -1])


def test_a_transformer_has_curvature():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    module = nn.Sequential(nn.Unflatten(1, (1, 8)), layer, nn.Flatten(), nn.Linear(8, 3))
    found = Landscape(module, nn.CrossEntropyLoss(), loader()).eigenpairs(2)
    assert (found.residuals < 1e-4 * found.values[0]).all()


def test_running_statistics_of_another_model_are_told_of():
    first, second = model("mixer"), model("mixer")
    landscape = Landscape(first, nn.CrossEntropyLoss(), loader())
    told = "the running statistics are those of the first model at every point, also at the others"
    assert told not in landscape.line_to(second, points=3).checks
    second(drawn(40, 8, seed=7))
    assert told in landscape.line_to(second, points=3).checks


def test_slices_of_a_landscape_take_all_options(tmp_path):
    landscape = Landscape(model("mixer"), nn.CrossEntropyLoss(), loader(), examples="fifty", memory=10**6)
    other = landscape.on(loader(count=30), "thirty")
    assert other.memory == landscape.surface.memory == 10**6
    how = Evaluation("re-estimated", also=(other,), folder=tmp_path, chunk=8)
    line = landscape.slice(directions=2, points=5, drawn=LayerNormalized(), reach=BorderRise(2), evaluation=how)
    assert (line.examples, line.statistics, line.others[0].examples) == ("fifty", "re-estimated", "thirty")
    assert line.axis == "step along a random layer-normalised direction"
    assert "batch normalization: statistics re-estimated at every point on 50 examples" in line.checks
    assert any("the range was chosen by its border" in each for each in line.checks)
    assert len(list(tmp_path.iterdir())) > 2
    plane = landscape.plane(points=Refined(3, 1), drawn=Raw(0.1), evaluation=how)
    assert plane.losses.shape == plane.evaluated.shape == (5, 5)
    assert landscape.plane_through(moved(1), moved(2), points=3, evaluation=how).others
    told = "the running statistics are those of the first model at every point, also at the others"
    shifted = model("mixer")
    shifted(drawn(40, 8, seed=7))
    assert told not in landscape.line_to(shifted, points=3, evaluation=how).checks
    with pytest.raises(InvalidInput, match="no batches"):
        landscape.on([], "none")


def test_a_landscape_is_sliced_along_its_eigenvectors():
    landscape = Landscape(model("mlp"), nn.CrossEntropyLoss(), loader())
    line, plane = landscape.eigenvector_slice(count=2, points=3), landscape.eigenvector_plane(points=3)
    np.testing.assert_allclose(plane.losses[1], line.losses[0], rtol=1e-5)
    np.testing.assert_allclose(plane.losses[:, 1], line.losses[1], rtol=1e-5)


def test_what_has_no_landscape_is_one_sentence():
    whole = nn.Linear(8, 3)
    cases = [
        (lambda: Landscape(whole, nn.CrossEntropyLoss(), []), "no batches"),
        (
            lambda: Landscape(whole, nn.CrossEntropyLoss(), [(drawn(4, 7), torch.arange(4) % 3)]),
            "cannot take the inputs",
        ),
        (lambda: Landscape(whole, nn.CrossEntropyLoss(), [(drawn(4, 8), torch.arange(3))]), "4 inputs and 3 targets"),
        (lambda: Landscape(whole, nn.CrossEntropyLoss(), [drawn(3, 8)]), "no batches of inputs and targets"),
        (lambda: Landscape(whole, nn.CrossEntropyLoss(), [(drawn(3, 8), [0, 1, 2])]), "no tensors that fit together"),
        (lambda: Landscape(whole, nn.CrossEntropyLoss(reduction="sum"), loader()), "has reduction='sum'"),
        (lambda: Landscape(whole, nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])), loader()), "plain mean"),
        (lambda: Landscape(whole, nn.CrossEntropyLoss(ignore_index=2), loader()), "plain mean"),
        (
            lambda: Landscape(nn.Linear(8, 1), nn.MSELoss(), [(drawn(9, 8), drawn(9))]),
            "would broadcast: give targets of the outputs' shape",
        ),
        (lambda: Landscape(nn.Flatten(), nn.MSELoss(), [(drawn(4, 8), drawn(4, 8))]), "no parameters that are trained"),
        (lambda: Landscape(Recurrent(), nn.CrossEntropyLoss(), loader()), "cannot be evaluated on these data"),
        (lambda: Landscape(Random(), nn.CrossEntropyLoss(), loader()), "something else each time"),
        (lambda: Landscape(nn.Conv1d(1, 1, 1), nn.MSELoss(), [(drawn(4, 1, 8), drawn(4, 1))]), r"returns \(4, 1, 8\)"),
        (lambda: Landscape(whole, nn.Linear(1, 1), loader()), "Linear has no reduction"),
        (lambda: Landscape(whole, 3, loader()), "The loss is 3"),
        (lambda: Landscape(whole, lambda z, y: z.mean(), loader()).slice(points=3), "one loss an example"),
        (
            lambda: Landscape(whole, nn.CrossEntropyLoss(), loader()).point(nn.Linear(8, 4)),
            "not those of the landscape",
        ),
    ]
    for call, sentence in cases:
        with pytest.raises(InvalidInput, match=sentence):
            call()
