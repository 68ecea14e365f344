"""Planes that are interrupted, by an error or a kill, are resumed and are those without interruption, bit for bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from analysis.slices import Evaluation, random_line, random_plane
from analysis.slices.reach import BorderRise
from analysis.slices.refined import Refined
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.stack.layout import Layout

repository = Path(__file__).parent.parent

script = """
import os, signal, sys
from pathlib import Path
from analysis.slices import chunks, random_plane, Evaluation
from tests.test_chunked_slices import problem
surface, center = problem()
write, left = chunks.write_arrays, [4]
def then_killed(path, arrays):
    write(path, arrays)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
chunks.write_arrays = then_killed
random_plane(surface, center, seed=2, points=9, evaluation=Evaluation(folder=Path(sys.argv[1]), chunk=10))
"""


def problem(dtype=torch.float32):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)).to(dtype)
    inputs = torch.randn(40, 5, generator=torch.Generator().manual_seed(3)).to(dtype)
    surface = Surface(module, CrossEntropy(), inputs, torch.arange(40) % 3)
    return surface, Layout.of(module).row(dict(module.named_parameters())).detach()


def counted(surface, monkeypatch):
    """Count the points that a surface is asked for."""
    asked, at = [], surface.at

    def counting(origin, basis, coordinates, statistics="frozen"):
        asked.append(len(coordinates))
        return at(origin, basis, coordinates, statistics)

    monkeypatch.setattr(surface, "at", counting)
    return asked


def plane(folder, points=9):
    surface, center = problem()
    return random_plane(surface, center, seed=2, points=points, evaluation=Evaluation(folder=folder, chunk=10))


def equal(first, second):
    return np.array_equal(first.losses, second.losses) and np.array_equal(first.accuracies, second.accuracies)


def test_a_killed_plane_is_resumed_and_is_the_same_bit_for_bit(tmp_path, monkeypatch):
    whole = plane(tmp_path / "whole")
    environment = {**os.environ, "PYTHONPATH": str(repository), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path / "killed")]
    done = subprocess.run(command, env=environment, cwd=repository, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    kept = {path: path.read_bytes() for path in (tmp_path / "killed").iterdir()}
    assert len(kept) == 4
    surface, center = problem()
    asked = counted(surface, monkeypatch)
    how = Evaluation(folder=tmp_path / "killed", chunk=10)
    resumed = random_plane(surface, center, seed=2, points=9, evaluation=how)
    assert sorted(asked) == [1, 1, 10, 10, 10, 10], "the four chunks that were kept are not evaluated again"
    assert equal(resumed, whole)
    assert all(path.read_bytes() == content for path, content in kept.items())


@pytest.mark.parametrize("points", [9, Refined(5, 2, 0.05)], ids=["whole", "refined"])
def test_a_plane_that_an_error_interrupts_is_resumed(points, tmp_path, monkeypatch):
    whole = plane(tmp_path / "whole", points)
    for interruption in (1, 2, 3):
        surface, center = problem()
        at = surface.at
        left = [interruption]

        def failing(origin, basis, coordinates, statistics="frozen", at=at, left=left):
            left[0] -= len(coordinates) > 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return at(origin, basis, coordinates, statistics)

        monkeypatch.setattr(surface, "at", failing)
        how = Evaluation(folder=tmp_path / "resumed", chunk=10)
        with pytest.raises(KeyboardInterrupt):
            random_plane(surface, center, seed=2, points=points, evaluation=how)
    assert equal(plane(tmp_path / "resumed", points), whole)
    assert not list((tmp_path / "resumed").glob(".*"))


def test_points_in_chunks_are_those_without(tmp_path):
    surface, center = problem(dtype=torch.float64)
    alone = random_plane(surface, center, seed=2, points=7)
    kept = random_plane(surface, center, seed=2, points=7, evaluation=Evaluation(folder=tmp_path, chunk=5))
    np.testing.assert_allclose(kept.losses, alone.losses, rtol=1e-12)
    np.testing.assert_array_equal(kept.accuracies, alone.accuracies)


class Other(nn.ReLU):
    """What prints itself as its base class does."""

    def _get_name(self):
        return "ReLU"

    def forward(self, x):
        return x.relu() ** 2


def change(what):
    surface, center = problem()
    inputs, targets, seed, statistics = surface.inputs, surface.targets, 2, "frozen"
    module, loss = surface.module, surface.loss
    match what:
        case "weights":
            center = center + 1e-6
        case "direction":
            seed = 3
        case "inputs":
            inputs = inputs.clone()
            inputs[0, 0] += 1e-6
        case "targets":
            targets = targets.roll(1)
        case "statistics":
            statistics = "re-estimated"
        case "precision":
            module, inputs, center = module.double(), inputs.double(), center.double()
        case "loss":
            loss = CrossEntropy(label_smoothing=0.1)
        case "forward":
            module[1] = Other()
    made = Surface(module, loss, inputs, targets, estimated_on=inputs[1:] if what == "estimated on" else None)
    return made, center, seed, statistics


@pytest.mark.parametrize(
    "what",
    ["weights", "direction", "inputs", "estimated on", "targets", "statistics", "precision", "loss", "forward"],
)
def test_a_foreign_chunk_is_never_used(what, tmp_path):
    plane(tmp_path)
    before = set(tmp_path.iterdir())
    surface, center, seed, statistics = change(what)
    how = Evaluation(statistics, folder=tmp_path, chunk=10)
    found = random_plane(surface, center, seed=seed, points=9, evaluation=how)
    assert len(set(tmp_path.iterdir()) - before) == len(before) == 9
    fresh = random_plane(surface, center, seed=seed, points=9, evaluation=Evaluation(statistics))
    np.testing.assert_allclose(found.losses, fresh.losses, rtol=1e-6)


def test_a_file_under_the_name_of_another_is_not_used(tmp_path):
    whole = plane(tmp_path)
    first, second, *_ = sorted(tmp_path.iterdir())
    first.write_bytes(second.read_bytes())
    assert equal(plane(tmp_path), whole)
    second.write_bytes(b"no tensors")
    with pytest.raises(InvalidInput, match="cannot be read"):
        plane(tmp_path)


def test_a_range_that_is_chosen_is_resumed_too(tmp_path, monkeypatch):
    surface, center = problem()
    how = Evaluation(folder=tmp_path)
    first = random_line(surface, center, seed=1, reach=BorderRise(5), points=5, evaluation=how)
    asked = counted(surface, monkeypatch)
    second = random_line(surface, center, seed=1, reach=BorderRise(5), points=5, evaluation=how)
    assert set(asked) == {1}
    assert equal(first, second)
    # The examples are read through once a surface, however often it is asked.
    digested = []
    monkeypatch.setattr("analysis.surface.digest", lambda parts: digested.append(parts) or b"")
    surface, center = problem()
    random_line(surface, center, seed=1, reach=BorderRise(5), points=5, evaluation=how)
    assert len(digested) == 1
    assert first.checks == second.checks
