"""Figures of made-up numbers against pictures of them, in everything but their letters, which fonts draw differently.

After a change that is meant, ``python -m tests.test_golden_figures`` draws the pictures anew: look at them.
"""

from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images
from matplotlib.testing.decorators import remove_ticks_and_titles
from matplotlib.text import Text

import analysis.style
from analysis.figures import ensemble_gain, loss_line, loss_plane, test_score
from analysis.style import colours, styled
from lightning_modules.score import Accuracy
from tests.test_figures import accuracy, bowl, gain, line_slices

golden = Path(__file__).parent / "golden"
groups = ("constant", "cosine", "cyclic cosine")
tolerance = 0.5
"""Root mean square of what two pictures differ by, of 255; another colour of one group is more."""


def comparison():
    scores = [
        accuracy("constant", [0.90, 0.92, 0.91, 0.88], (3,)),
        accuracy("cosine", [0.95, 0.95, 0.97, 0.96]),
        accuracy("cyclic cosine", [0.93, 0.94, 0.98, 0.94]),
    ]
    return test_score.draw(scores, "schedule", {name: name for name in groups}, colours(groups))


def ensembles():
    gains = {name: [gain(m, 0.02 * place * (m - 1)) for m in (1, 2, 3)] for place, name in enumerate(groups)}
    return ensemble_gain.draw(gains, colours(groups), Accuracy())


def plane():
    return loss_plane.draw(bowl(), ("1", "2", "3"))


def lines():
    return loss_line.draw(line_slices(), colours(groups))


drawings = {draw.__name__: draw for draw in (comparison, ensembles, plane, lines)}


def written(draw, path):
    """Write a figure without its letters, which would move all else as well."""
    with styled():
        drawing = draw()
        remove_ticks_and_titles(drawing)
        for axes in drawing.axes:
            if axes.get_legend():
                axes.get_legend().remove()
        drawing.legends.clear()
        for text in drawing.findobj(Text):
            text.set_visible(False)
        drawing.savefig(path, dpi=60, metadata={"Software": None})
    return path


@pytest.mark.parametrize("name", drawings)
def test_a_figure_looks_as_it_did(name, tmp_path):
    made = written(drawings[name], tmp_path / f"{name}.png")
    assert compare_images(golden / f"{name}.png", made, tolerance) is None


def test_another_colour_is_seen(tmp_path, monkeypatch):
    changed = (analysis.style._palette[0], "#E69F00", *analysis.style._palette[2:])
    monkeypatch.setattr(analysis.style, "_palette", changed)
    for name in ("comparison", "ensembles"):
        made = written(drawings[name], tmp_path / f"{name}.png")
        assert compare_images(golden / f"{name}.png", made, tolerance)


if __name__ == "__main__":
    for name, draw in drawings.items():
        written(draw, golden / f"{name}.png")
