"""The points of weight space that a training went through."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from lightning_modules.stack.carried import carried
from sweeps.record import RunRecord

__all__ = ["Trajectory", "recorded", "recorded_together", "trajectory_of"]

State = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Trajectory:
    """Weights along a training, in the order of their steps.

    Arguments:
        steps: of the optimizer that were taken at each point, rising, (points,).
        states: every parameter and every buffer by its name, at each point.

    Raises:
        InvalidInput: unless there is a rising step for each of at least one state.
    """

    steps: npt.NDArray[np.int64]
    states: tuple[State, ...]

    def __post_init__(self) -> None:
        if not self.states or len(self.steps) != len(self.states):
            raise InvalidInput(
                f"A trajectory has {len(self.steps)} steps and {len(self.states)} states: give one step for each state,"
                " and at least one of each."
            )
        if (np.diff(self.steps) <= 0).any():
            raise InvalidInput("The steps of a trajectory do not rise: give its states in the order of training.")

    @staticmethod
    def of(states: Sequence[Mapping[str, Any]], steps: Sequence[int] | None = None) -> "Trajectory":
        """Return the trajectory through a list of ``state_dict``s.

        Arguments:
            states: tensors or arrays by name, in the order of training.
            steps: that were taken at each; 0, 1, 2, … unless given.

        Raises:
            InvalidInput: as the class does.
        """
        taken = range(len(states)) if steps is None else steps
        return Trajectory(np.array(taken, dtype=np.int64), tuple(_arrays(each) for each in states))

    def rows(self, surface: Surface) -> Tensor:
        """Return the weights of each point, (points, parameters), in the surface's precision.

        Raises:
            InvalidInput: if they are not those of the surface's module.
        """
        return torch.stack([surface.row(each) for each in self.states])

    def surface_at(self, surface: Surface, index: int) -> Surface:
        """Return the surface that the training descended at a point: with what was carried there beside the weights.

        Without running statistics, other buffers and frozen parameters it is the same surface everywhere.

        Arguments:
            surface: of the same module.
            index: of the point.
        """
        names = carried([surface.module], surface.dtype).keys() & self.states[index].keys()
        if not names:
            return surface
        module = copy.deepcopy(surface.module)
        values = dict(module.named_parameters()) | dict(module.named_buffers())
        with torch.no_grad():
            for name in names:
                values[name].copy_(torch.from_numpy(self.states[index][name]))
        return Surface(
            module,
            surface.loss,
            surface.inputs,
            surface.targets,
            examples=surface.examples,
            estimated_on=surface.estimated_on,
            memory=surface.memory,
        )


def trajectory_of(record: RunRecord) -> Trajectory:
    """Return the trajectory through a run's snapshots, without its beginning, which a store does not keep.

    Raises:
        InvalidInput: for a run without snapshots.
    """
    if not record.snapshot_steps:
        raise InvalidInput(f"{record.folder} has no snapshots: a trajectory needs a confirmed run that converged.")
    return Trajectory.of(record.snapshots(), record.snapshot_steps)


def recorded(run: Run, every: int = 1) -> Trajectory:
    """Train a run anew, and return its way from the first weights on; nothing is written anywhere.

    A run is a pure function of its recipe and its seeds, so this is the way
    that the same run took in a study, to rounding.

    Arguments:
        run: to be trained, on the CPU.
        every: epochs from one point to the next.

    Raises:
        InvalidInput: as `fit` does, and for fewer than one epoch from point to point.
    """
    return recorded_together([run], every)[0]


def recorded_together(runs: Sequence[Run], every: int = 1) -> list[Trajectory]:
    """Train runs of one shape anew in one stack, and return the way of each; see `recorded`."""
    # Lightning takes a second to import, and what reads trajectories has no use for it.
    from lightning_modules.training.fit import fit
    from lightning_modules.training.trajectory import TrajectoryCallback

    watching = TrajectoryCallback(every)
    fit(runs, accelerator="cpu", callbacks=[watching])
    return [Trajectory.of(watching.states[place], watching.steps[place]) for place in range(len(runs))]


def _arrays(state: Mapping[str, Any]) -> State:
    return {
        name: value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
        for name, value in state.items()
    }
