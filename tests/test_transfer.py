"""Models that start from a file's weights, and models of which only the last layers are trained."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.initializer import initialize
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.with_bias import WithBias
from lightning_modules.models.cnn import CNN
from lightning_modules.models.frozen import Frozen
from lightning_modules.models.mlp import MLP
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.models.normalization.group_normalization import GroupNormalization
from lightning_modules.models.pretrained import Pretrained
from lightning_modules.models.resnet import ResNet
from lightning_modules.modules.pretrained_parameter import PretrainedParameter, load_pretrained
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.fit import fit


def weights_of(model, shape, outputs, seed=0):
    generator = np.random.default_rng(seed)
    state = model.build(shape, outputs).state_dict()
    return {name: generator.normal(size=value.shape).astype(np.float32) for name, value in state.items()}


def write(path, weights):
    np.savez(path, **weights)
    return str(path)


def initial(model, shape, outputs, seed=0, initializer=None):
    """A module as training begins with it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = model.build(shape, outputs)
        initialize(module, initializer or WithBias(Normal(0.1), 0.5))
    return module, {name: value.detach().numpy() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_what_fits_comes_from_the_file_and_the_head_from_the_initializer(tmp_path, suffix):
    weights = weights_of(MLP((6, 5)), (4,), 3)
    path = str(tmp_path / f"mine{suffix}")
    (np.savez if suffix == ".npz" else lambda path, **arrays: save_file(arrays, path))(path, **weights)
    for seed in (0, 1):
        _, start = initial(Pretrained(MLP((6, 5)), path), (4,), 7, seed)
        for name in ("1.weight", "1.bias", "3.weight", "3.bias"):
            np.testing.assert_array_equal(start[name], weights[name])
        assert start["5.weight"].shape == (7, 5)
        assert (start["5.bias"] == 0.5).all()
        assert 0.05 < start["5.weight"].std() < 0.2
    heads = [initial(Pretrained(MLP((6, 5)), path), (4,), 7, seed)[1]["5.weight"] for seed in (0, 1)]
    assert (heads[0] != heads[1]).all()
    _, same = initial(Pretrained(MLP((6, 5)), path), (4,), 3)
    assert all((same[name] == weights[name]).all() for name in weights)


def test_running_statistics_come_from_the_file_as_well(tmp_path):
    model = CNN((3,), normalization=BatchNormalization())
    weights = weights_of(model, (1, 8, 8), 2)
    _, start = initial(Pretrained(model, write(tmp_path / "mine.npz", weights)), (1, 8, 8), 2)
    np.testing.assert_array_equal(start["1.running_mean"], weights["1.running_mean"])
    np.testing.assert_array_equal(start["1.running_var"], weights["1.running_var"])


def test_a_prefix_chooses_one_of_several_snapshots(tmp_path):
    snapshots = [weights_of(MLP((6,)), (4,), 3, seed) for seed in (0, 1)]
    names = {f"{index}/{name}": value for index, each in enumerate(snapshots) for name, value in each.items()}
    path = write(tmp_path / "both.npz", names)
    for index, weights in enumerate(snapshots):
        _, start = initial(Pretrained(MLP((6,)), path, prefix=f"{index}/"), (4,), 3)
        np.testing.assert_array_equal(start["1.weight"], weights["1.weight"])
    alone = write(tmp_path / "alone.npz", snapshots[1])
    assert Pretrained(MLP((6,)), path, prefix="1/") == Pretrained(MLP((6,)), alone)
    assert Pretrained(MLP((6,)), path, prefix="0/") != Pretrained(MLP((6,)), alone)


def recipe_of(model):
    return Recipe(data=Moons(80), model=model, optimizer=SGD(0.1), epochs=2)


def test_training_begins_at_the_weights_of_the_file(tmp_path):
    (source,) = fit([Run(recipe_of(MLP((6,))), Seeds.all(0))], precision="64-true")
    path = write(tmp_path / "mine.npz", source.snapshots[-1].weights)
    recipe = replace(recipe_of(Pretrained(MLP((6,)), path)), optimizer=SGD(1e-12))
    for result in fit([Run(recipe, Seeds(seed, 0, 0)) for seed in (3, 4)], precision="64-true"):
        for name, value in source.snapshots[-1].weights.items():
            np.testing.assert_allclose(result.snapshots[-1].weights[name], value, rtol=0, atol=1e-6)


def test_a_recipe_is_named_by_the_weights_and_not_by_where_they_lie(tmp_path):
    weights = weights_of(MLP((6,)), (4,), 3)
    first = recipe_of(Pretrained(MLP((6,)), write(tmp_path / "first.npz", weights)))
    save_file(weights, str(tmp_path / "moved.safetensors"))
    moved = recipe_of(Pretrained(MLP((6,)), str(tmp_path / "moved.safetensors")))
    assert (first, first.hash, first.shape) == (moved, moved.hash, moved.shape)
    other = {**weights, "1.bias": weights["1.bias"] + 1}
    changed = recipe_of(Pretrained(MLP((6,)), write(tmp_path / "other.npz", other)))
    assert len({first.hash, changed.hash, recipe_of(MLP((6,))).hash}) == 3
    text = json.dumps(first.to_json())
    write(tmp_path / "first.npz", other)
    again = Recipe.from_json(json.loads(text))
    assert again.hash == first.hash
    with pytest.raises(InvalidInput, match=r"does not hold the weights that this recipe was made of .* restore the"):
        again.model.build((4,), 3)


def test_tied_weights_stay_tied():
    twice = nn.Linear(3, 3)
    module = nn.Sequential(twice, nn.ReLU(), twice)
    twice.bias.requires_grad_(False)
    assert load_pretrained(module, {"0.weight": torch.eye(3), "0.bias": torch.ones(3), "1.bias": torch.ones(2)}) == 2
    assert module[0].weight is module[2].weight
    assert isinstance(module[0].weight, PretrainedParameter)
    assert (module[0].weight == torch.eye(3)).all()
    assert (module[0].weight.requires_grad, module[0].bias.requires_grad) == (True, False)


def test_weights_that_cannot_be_used_are_refused(tmp_path):
    good = write(tmp_path / "good.npz", weights_of(MLP((6,)), (4,), 3))
    (tmp_path / "text.npz").write_text("text")
    (tmp_path / "text.safetensors").write_text("text")
    np.save(tmp_path / "single.npy", np.zeros(3))
    write(tmp_path / "object.npz", {"1.bias": np.array([None])})
    write(tmp_path / "nan.npz", {"1.bias": np.full(6, np.nan)})
    for model, name, sentence in [
        ("MLP", "good.npz", r"pretrained model is 'MLP': give a model"),
        (MLP((6,)), "none.npz", r"weights '.*none\.npz' cannot be read"),
        (MLP((6,)), "text.npz", r"text\.npz' are no \.npz or \.safetensors file"),
        (MLP((6,)), "text.safetensors", r"text\.safetensors' are no"),
        (MLP((6,)), "single.npy", r"single\.npy' are no .* a single array without a name"),
        (MLP((6,)), "object.npz", r"object\.npz' are no"),
        (MLP((6,)), "nan.npz", r"weights '1\.bias' of .*nan\.npz are not finite"),
    ]:
        with pytest.raises(InvalidInput, match=sentence):
            Pretrained(model, str(tmp_path / name))
    with pytest.raises(InvalidInput, match=r"no names that begin with '7/', only 1\.weight"):
        Pretrained(MLP((6,)), good, prefix="7/")
    with pytest.raises(InvalidInput, match=r"no weights of the names and shapes of the model \(1\.weight, 1\.bias"):
        Pretrained(MLP((9,)), good).build((5,), 2)


def trainable(module):
    return [name for name, parameter in module.named_parameters() if parameter.requires_grad]


def test_only_the_last_layers_are_trained():
    assert trainable(Frozen(MLP((5, 5))).build((3,), 2)) == ["5.weight", "5.bias"]
    assert trainable(Frozen(MLP((5, 5)), 2).build((3,), 2)) == ["3.weight", "3.bias", "5.weight", "5.bias"]
    everything = Frozen(MLP((5, 5)), 3).build((3,), 2)
    assert len(trainable(everything)) == 6
    residual = Frozen(MLP((5, 5), residual=True), 2).build((3,), 2)
    assert trainable(residual) == ["3.body.0.weight", "3.body.0.bias", "4.weight", "4.bias"]


def test_a_normalization_belongs_to_the_convolution_before_it():
    model = CNN((4, 4), normalization=GroupNormalization(2))
    assert trainable(Frozen(model, 1).build((1, 8, 8), 2)) == ["9.weight", "9.bias"]
    assert trainable(Frozen(model, 2).build((1, 8, 8), 2)) == ["4.weight", "5.weight", "5.bias", "9.weight", "9.bias"]
    module = Frozen(ResNet((4, 8)), 3).build((1, 8, 8), 2)
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert [layer.weight.requires_grad for layer in layers] == [False] * 3 + [True] * 3


@pytest.mark.parametrize("order", ["frozen around pretrained", "pretrained around frozen"])
def test_frozen_layers_keep_the_weights_of_the_file(tmp_path, order):
    path = write(tmp_path / "mine.npz", weights_of(MLP((6, 5)), (4,), 3))
    if order == "frozen around pretrained":
        model = Frozen(Pretrained(MLP((6, 5)), path), 1)
    else:
        model = Pretrained(Frozen(MLP((6, 5)), 1), path)
    module, start = initial(model, (4,), 7)
    assert trainable(module) == ["5.weight", "5.bias"]
    np.testing.assert_array_equal(start["3.weight"], np.load(path)["3.weight"])
    optimizer = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], lr=0.1)
    nn.functional.cross_entropy(module(torch.randn(9, 4)), torch.arange(9) % 7).backward()
    optimizer.step()
    np.testing.assert_array_equal(module[3].weight.detach().numpy(), np.load(path)["3.weight"])
    assert (module[5].weight.grad != 0).any()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Frozen(MLP), r"frozen model is <class .*MLP'>: give a model, such as MLP\(\)\."),
        (lambda: Frozen(MLP(), 0), r"frozen model's trainable is 0: give a whole number of at least 1"),
        (lambda: Frozen(MLP((5,)), 3).build((3,), 2), r"last 3 layers cannot be trained of a model that has 2: give"),
    ],
)
def test_settings_that_freeze_nothing_sensible_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
