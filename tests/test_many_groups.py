"""Figures of more groups than have a colour or a column of their own."""

import numpy as np
import pytest

from analysis.estimate import t_interval
from analysis.figures import ensemble_gain, loss_line, search, test_score
from analysis.figures.gallery import _in_words, _slug
from analysis.results import StudyResults
from analysis.slices import LineSlice
from analysis.style import colours, columns_of
from lightning_modules.score import score_of
from tests.stores import TinyStudy, write_study
from tests.test_figures import accuracy, drawn

names = [f"1078, 0.3, cyclic cosine {cycles}" for cycles in range(1, 13)]


def test_many_scores_are_rows_with_every_seed_and_interval():
    scores = [accuracy(name, [0.9, 0.92, 0.5 + 0.01 * place], diverged=(2,)) for place, name in enumerate(names)]
    (axes,) = test_score.draw(scores, "group", {name: name for name in names}, colours(names)).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == [f"{name} (n = 3)" for name in names]
    lost = np.array(drawn(axes, "x"))
    assert sorted(lost[:, 0]) == pytest.approx([50 + place for place in range(12)])
    ends = [line.get_xdata() for line in axes.lines if line.get_linestyle() == "-"]
    assert ends[0] == pytest.approx([100 * scores[0].estimate.low, 100 * scores[0].estimate.high])
    assert len(ends) == 12


def test_groups_that_share_a_colour_share_an_entry(tmp_path):
    trials = StudyResults.open(write_study(tmp_path / "tiny", TinyStudy(confirmed=()))).trials
    drawing = search.draw(dict.fromkeys(names, trials[:1]), colours(names), 0.5)
    told = [text.get_text() for text in drawing.legends[0].get_texts()]
    assert told == [*names[:8], f"{len(names) - 8} others"]
    assert columns_of(drawing.legends[0].legend_handles) == 3


def test_many_lines_have_their_legend_beside_them():
    gains = {
        name: tuple(
            ensemble_gain.EnsembleGain(m, t_interval([0.0, 0.01 * m], f"gain {m}", "seeds", "points"), None)
            for m in (1, 2)
        )
        for name in names[:5]
    }
    drawing = ensemble_gain.draw(gains, colours(names[:5]), score_of("classification"))
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == [f"{name} (n = 2 seeds)" for name in gains]
    assert drawing.axes[0].get_legend() is None


def test_a_field_of_several_is_named_in_words_and_in_files():
    assert _in_words("data.label_noise, schedule.*") == "label noise, schedule"
    assert _slug("data.fraction, schedule.*") == "data_fraction_schedule"


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_the_legend_of_lines_stays_on_the_figure(groups):
    steps = np.linspace(-1, 1, 5)
    line = LineSlice(steps=steps, losses=1 + steps[None] ** 2, accuracies=None, marks=np.zeros(1))
    drawing = loss_line.draw({name: [line] for name in names[:groups]}, colours(names))
    drawing.draw_without_rendering()
    box = drawing.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= drawing.bbox.x1
