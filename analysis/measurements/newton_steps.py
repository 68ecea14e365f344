"""Where Newton's method goes on surfaces known in closed form."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["NewtonSteps"]


@dataclass(frozen=True)
class NewtonSteps(Measurement):
    """Newton's method against damped Newton and gradient descent on the scalar network, and one step on quadratics.

    Estimates: ``eigenvalue_error[scalar network]``, of the origin's Hessian
    against ±2xt; ``newton_step_error[quadratic]``, the distance to the minimum
    after one step over that before; ``saddle_share[METHOD, scalar network]`` and
    ``saddle_share_difference[Newton - METHOD, scalar network]``, of random starts
    from which a method ends at the saddle. Starts are drawn from a standard
    normal distribution.

    Arguments:
        starts: how many, and how many examples and quadratics are drawn.
        seed: of all draws.

    References:
        | Identifying and attacking the saddle point problem in high-dimensional non-convex optimization
        | (Dauphin et al., 2014), https://arxiv.org/abs/1406.2572
    """

    starts: int = 50
    seed: int = 0

    @property
    def name(self) -> str:
        return "newton_steps"

    def measure(self, paths: StudyPaths) -> None:
        import numpy as np

        from analysis.figures import ends_on_plane
        from analysis.group_files import Picture, listed_amounts, write_groups
        from analysis.inference.of_groups import group_difference, group_mean, group_share
        from analysis.run_groups import measured_study
        from analysis.toys.newton_steps import eigenvalue_errors, saddle_ends, step_errors
        from analysis.toys.scalar import ScalarToy
        from analysis.toys.toy import whole
        from lightning_modules.randomness import stream

        study = measured_study(paths, 1)
        starts = np.random.default_rng(stream("start", self.seed, self.starts)).normal(size=(self.starts, 2))
        ends = saddle_ends(starts)
        errors = {
            "eigenvalue_error[scalar network]": eigenvalue_errors(self.starts, self.seed),
            "newton_step_error[quadratic]": step_errors(self.starts, self.seed),
        }
        shares = {
            name: {"": group_share(own, f"saddle_share[{name}, scalar network]", "start")} for name, own in ends.items()
        }
        by_start = {name: {place: float(end) for place, end in enumerate(own)} for name, own in ends.items()}
        differences = [
            group_difference(
                by_start["Newton"],
                by_start[name],
                f"saddle_share_difference[Newton - {name}, scalar network]",
                "points",
                "start",
            )
            for name in ends
            if name != "Newton"
        ]
        write_groups(
            study,
            self.name,
            "Newton's method on known surfaces",
            {
                "scalar network": {
                    "starts": starts.tolist(),
                    "saddle": ends,
                    "checks": ["w₁ and w₂ of ½ (w₂ w₁ − 1)² are all of its weights: nothing is projected"],
                }
            },
            [
                *(group_mean(values, name, "target", "draw") for name, values in errors.items()),
                *(own[""] for own in shares.values()),
                *differences,
            ],
            [
                Picture(
                    "newton_steps",
                    lambda: ends_on_plane.draw(whole(ScalarToy(), 101, ((-3.0, 3.0), (-3.0, 3.0))), starts, ends),
                    "The whole loss surface ½ (w₂ w₁ − 1)² of the scalar network. Starts from which a method ends at"
                    " the saddle in the middle are filled, the others open.",
                    f"Shares of starts that end at the saddle: {listed_amounts(shares)}.",
                )
            ],
        )
