"""What is dropped: by the documented stream, independent between runs, steps, epochs and sites, and unbiased."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightning_modules.stack.dropout import Dropping, Site, dropout_sites
from lightning_modules.training.masks import MaskStream

cpu = torch.device("cpu")


def draw(sites, seeds, epoch=0, step=0, dtype=torch.float64):
    return MaskStream([sites] * len(seeds), seeds, epoch, step).masks(sites, dtype, cpu)


@given(rate=st.floats(0, 1), seeds=st.lists(st.integers(0, 99), min_size=1, max_size=4), later=st.integers(0, 3))
def test_a_mask_does_not_depend_on_the_stack_or_on_where_the_epoch_is_resumed(rate, seeds, later):
    sites = (Site((3, 5), rate), Site((2, 2, 2), 0.25))
    stream = MaskStream([sites] * len(seeds), seeds, 4, 0)
    for _ in range(later):
        stream.masks(sites, torch.float64, cpu)
    together = stream.masks(sites, torch.float64, cpu)
    for place, seed in enumerate(seeds):
        for mine, alone in zip(together, draw(sites, [seed], 4, later), strict=True):
            assert mine.shape[1:] == alone.shape[1:]
            assert torch.equal(mine[place], alone[0])


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_fraction_dropped_is_the_rate_and_the_mean_stays(rate):
    (mask,) = draw((Site((400, 500), rate),), [7])
    kept = (mask > 0).double().mean().item()
    # Five standard deviations of a binomial fraction of 200,000.
    assert kept == pytest.approx(1 - rate, abs=5 * np.sqrt(rate * (1 - rate) / 200_000) + 1e-12 * (rate in (0, 1)))
    if rate < 1:
        assert mask.max().item() * round((1 - rate) * 2**16) / 2**16 == pytest.approx(1, abs=1e-12)


def test_runs_of_one_stack_have_their_own_rates():
    sites = [(Site((300, 100), rate),) for rate in (0.0, 0.2, 0.7)]
    (mask,) = MaskStream(sites, [1, 1, 1], 0, 0).masks(sites[0], torch.float64, cpu)
    fractions = (mask > 0).double().mean(dim=(1, 2)).numpy()
    np.testing.assert_allclose(fractions, [1, 0.8, 0.3], atol=0.015)
    assert fractions[0] == 1


def test_masks_of_different_seeds_epochs_steps_and_sites_are_uncorrelated():
    sites = (Site((100, 100), 0.5), Site((100, 100), 0.5))
    masks = [*draw(sites, [1]), *draw(sites, [2]), *draw(sites, [1], epoch=1), *draw(sites, [1], step=1)]
    correlations = np.corrcoef(np.stack([mask.numpy().ravel() for mask in masks]))
    assert np.abs(correlations[~np.eye(len(masks), dtype=bool)]).max() < 5 / np.sqrt(10_000)


class Everywhere(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(6, 6), nn.BatchNorm1d(6)
        self.attention = nn.MultiheadAttention(6, 2, dropout=0.3, batch_first=True)

    def forward(self, x):
        x = nn.functional.dropout(self.norm(self.linear(x)), 0.2, self.training)
        x = self.attention(x[:, None], x[:, None], x[:, None])[0][:, 0]
        return nn.functional.dropout2d(x[:, :, None, None], 0.4, self.training)[..., 0, 0]


def test_sites_are_found_wherever_a_module_drops_and_it_is_left_as_it_was():
    module = Everywhere().eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert dropout_sites(module, (6,), 4) == (Site((4, 6), 0.2), Site((8, 1, 1), 0.3), Site((4, 6, 1, 1), 0.4))
    assert not module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert dropout_sites(nn.Sequential(nn.Linear(6, 2), nn.Dropout(0)), (6,), 4) == ()


masks = {
    "none": None,
    "bool": torch.eye(5, dtype=torch.bool).roll(1, 0) | torch.eye(5, dtype=torch.bool),
    "float": torch.linspace(-2, 2, 25, dtype=torch.float64).view(5, 5),
}


@pytest.mark.parametrize(("kind", "causal"), [("none", False), ("none", True), ("bool", False), ("float", False)])
def test_attention_without_dropping_is_torchs(kind, causal):
    query, key, value = torch.randn(3, 2, 4, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    attend = nn.functional.scaled_dot_product_attention
    expected = attend(query, key, value, masks[kind], is_causal=causal)
    with Dropping.of(()):
        torch.testing.assert_close(attend(query, key, value, masks[kind], is_causal=causal), expected)
