from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.text import Text
from scipy import stats

from analysis.ensembles import EnsembleGain
from analysis.estimate import t_interval
from analysis.figures import ensemble_gain, loss_line, loss_plane, loss_profile, search, test_score, training
from analysis.results import StudyResults
from analysis.scores import TestScore
from analysis.slices import LineSlice, PlaneSlice, Values
from analysis.style import colours, column, page, save, styled
from lightning_modules.score import Accuracy
from tests.stores import constant, write_study

shades = colours(["constant", "cosine", "cyclic cosine"])


@pytest.fixture(autouse=True)
def in_style():
    with styled():
        yield


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return StudyResults.open(write_study(tmp_path_factory.mktemp("store")))


def accuracy(key, values, diverged=()):
    estimate = t_interval(values, f"test_accuracy[{key}]", "seeds")
    return TestScore(key, constant, estimate, dict(enumerate(values)), diverged, 40)


def drawn(axes, marker):
    """The points drawn with a marker, in the data's coordinates, (points, 2)."""
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return np.concatenate([np.asarray(line.get_xydata(), dtype=float) for line in lines])


def gain(m, value):
    values = [value - 0.01, value, value + 0.01]
    return EnsembleGain(m, t_interval(values, "a", "", "points"), t_interval(values, "b", "", "nats"))


def bowl():
    x, y = np.linspace(-1, 1, 21), np.linspace(-2, 2, 21)
    losses = 0.01 + x[None] ** 2 + y[:, None] ** 2
    return PlaneSlice(x, y, losses, np.zeros_like(losses), np.array([[0.0, 0.0], [0.5, 0.0], [0.5, 1.0]]))


def line_slices():
    steps = np.linspace(-1, 1, 5)
    losses = np.stack([1 + steps**2, 2 + steps**2, 9 + steps**2])
    return {"constant": [LineSlice(steps, losses, np.zeros_like(losses), np.zeros(1))]}


def profile(lines=4):
    steps = np.linspace(-1, 1, 5)
    losses = np.exp(np.outer(np.arange(1, lines + 1), steps**2))
    accuracies = np.full_like(losses, 0.9)
    others = (Values("test set", 2 * losses, accuracies),)
    return LineSlice(steps, losses, accuracies, np.zeros(1), others=others, drawn="random filter-normalised directions")


def lost_and_refined():
    plane = bowl()
    plane.losses[:5, :5] = np.nan
    evaluated = np.zeros(plane.losses.shape, dtype=bool)
    evaluated[::2, ::2] = True
    return replace(plane, evaluated=evaluated)


def every_figure(results):
    trials = {"constant": [results.trials[0], results.trials[3]], "cosine": [results.trials[1]]}
    yield search.draw(trials, shades, 0.5)
    three = [accuracy(f"schedule={name}", [0.9, 0.92, 0.5], (2,)) for name in shades]
    names = {each.key: each.key.partition("=")[2] for each in three}
    yield test_score.draw(three, "schedule", names, {key: shades[name] for key, name in names.items()})
    records = {name: results.groups("schedule")[f"schedule={name}"].records[100] for name in shades}
    yield training.draw(records, shades)
    yield ensemble_gain.draw({"cyclic cosine": [gain(1, 0), gain(2, 0.1)]}, shades, Accuracy())
    yield loss_plane.draw(bowl(), ("1", "2", "3"))
    yield loss_line.draw(line_slices(), shades)
    yield loss_profile.draw(profile(), "nats")
    yield loss_plane.draw(lost_and_refined())


def test_every_figure_fits_a_page_in_legible_letters_with_labelled_axes(results, tmp_path):
    for number, drawing in enumerate(every_figure(results)):
        assert drawing.get_figwidth() <= page + 1e-9
        png, pdf = save(drawing, tmp_path, f"figure{number}")
        assert png.read_bytes().startswith(b"\x89PNG")
        assert pdf.read_bytes().startswith(b"%PDF")
        letters = [text for text in drawing.findobj(Text) if text.get_text().strip() and text.get_visible()]
        assert min(text.get_fontsize() for text in letters) >= 8
        for axes in drawing.axes:
            assert axes.get_ylabel() or axes.get_shared_y_axes().get_siblings(axes) != [axes]
            width, height = drawing.get_size_inches() * drawing.dpi
            box = axes.get_tightbbox()
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1


def test_drawing_leaves_no_global_state(results):
    import sys

    before = dict(mpl.rcParams)
    drawings = list(every_figure(results))
    assert len(drawings) == 8
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_accuracy_shows_every_seed_the_mean_and_the_interval():
    values = [0.90, 0.92, 0.92, 0.5]
    shown = accuracy("a", values, diverged=(3,))
    (axes,) = test_score.draw([shown], "group", {"a": "a"}, {"a": "#0072B2"}).axes
    *seeds, mean = drawn(axes, "o")
    assert sorted(y for _, y in seeds) == pytest.approx([90, 92, 92])
    assert len({x for x, y in seeds if y > 91}) == 2, "equal values would hide each other"
    assert mean[1] == pytest.approx(100 * np.mean(values))
    assert [y for _, y in drawn(axes, "x")] == pytest.approx([50])
    interval = next(line for line in axes.lines if line.get_linestyle() == "-")
    assert interval.get_ydata() == pytest.approx([100 * shown.estimate.low, 100 * shown.estimate.high])


def test_search_shows_trials_at_their_learning_rates_and_flags_divergence(results):
    drawing = search.draw({"constant": [results.trials[0], results.trials[3]]}, shades, 0.5)
    (axes,) = drawing.axes
    trial = results.trials[0]
    seeds = [100 * record.metrics["validation_accuracy"] for record in trial.records.values()]
    assert drawn(axes, ".") == pytest.approx(np.array([(0.1, value) for value in seeds]))
    assert drawn(axes, "o") == pytest.approx(np.array([(0.1, np.mean(seeds))]))
    assert drawn(axes, "x") == pytest.approx(np.array([(1e30, 50.0)] * 2))
    assert axes.get_xscale() == "log"


def test_training_marks_every_snapshot_on_the_curves(results):
    record = results.groups("schedule")["schedule=cyclic cosine"].records[100]
    rate, loss = training.draw({"cyclic cosine": record}, shades).axes
    assert [x for x, _ in drawn(loss, "D")] == list(record.snapshot_steps)
    np.testing.assert_array_equal(rate.lines[0].get_ydata(), record.learning_rates())
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), record.curves()["train_loss"])
    assert loss.get_yscale() == "log"


def test_gain_has_a_zero_line_and_a_band():
    gains = [gain(1, 0), gain(2, 0.1), gain(3, 0.2)]
    left, right = ensemble_gain.draw({"cyclic cosine": gains}, shades, Accuracy()).axes
    for axes, scale in ((left, 100), (right, 1)):
        assert drawn(axes, "o") == pytest.approx(np.array([(1, 0), (2, 0.1 * scale), (3, 0.2 * scale)]))
        assert any(list(line.get_ydata()) == [0, 0] for line in axes.lines)
        band = axes.collections[0].get_paths()[0].vertices
        assert band[:, 1].max() == pytest.approx(gains[2].nll.high * scale)


def test_plane_is_at_one_scale_on_log_levels_with_its_marks():
    axes, bar = loss_plane.draw(bowl(), ("1", "2", "3")).axes
    assert axes.get_aspect() == 1
    assert drawn(axes, "o").tolist() == [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0]]
    filled = axes.collections[0]
    assert isinstance(filled.norm, LogNorm)
    ratios = filled.levels[1:] / filled.levels[:-1]
    assert ratios == pytest.approx(ratios[0])
    assert "loss" in bar.get_ylabel()


def test_a_plane_with_infinite_corners_is_drawn():
    plane = bowl()
    plane.losses[0, :] = np.inf
    plane.losses[:, 0] = np.nan
    axes, _ = loss_plane.draw(plane, ("1", "2", "3")).axes
    assert np.isfinite(axes.collections[0].levels).all()


def test_what_is_not_finite_is_hatched_and_what_was_evaluated_dotted_with_a_legend():
    plane = lost_and_refined()
    drawing = loss_plane.draw(plane)
    axes = drawing.axes[0]
    (patch,) = [each for each in axes.patches if each.get_hatch()]
    assert patch.get_zorder() < axes.collections[0].get_zorder()
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["not finite", "evaluated"]
    rows, columns = np.nonzero(plane.evaluated)
    np.testing.assert_array_equal(drawn(axes, "."), np.stack([plane.x[columns], plane.y[rows]], axis=1))
    assert not loss_plane.draw(bowl()).legends


def test_a_plane_without_any_finite_loss_is_hatched():
    plane = bowl()
    plane.losses[:] = np.nan
    drawing = loss_plane.draw(plane)
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["not finite"]


def test_a_profile_shows_each_line_their_geometric_mean_and_its_interval_of_all_sets():
    line = profile()
    top, bottom = loss_profile.draw(line, "nats").axes
    assert top.get_yscale() == "log"
    exponents = np.arange(1, 5)
    half = stats.t.ppf(0.975, 3) * stats.sem(exponents)
    for index, factor in enumerate((1, 2)):
        band = top.collections[index].get_paths()[0].vertices[:, 1]
        assert band.max() == pytest.approx(factor * np.exp(2.5 + half))
        means = [each for each in top.lines if each.get_label() == ("training set", "test set")[index]]
        np.testing.assert_allclose(means[0].get_ydata(), factor * np.exp(2.5 * line.steps**2))
    assert bottom.get_ylabel() == "accuracy (%)"


@pytest.mark.parametrize("line", [profile(2), replace(profile(), drawn="")], ids=["two lines", "given directions"])
def test_a_profile_without_a_sample_of_three_has_no_band(line):
    (top, _) = loss_profile.draw(line).axes
    vertices = [path.vertices for each in top.collections for path in each.get_paths()]
    assert not vertices or not np.isfinite(np.concatenate(vertices)).any()


def test_each_given_direction_can_be_told_from_the_others():
    both = replace(profile(), drawn="")
    for line, shades in ((both, 2), (replace(both, others=()), len(both.losses))):
        drawing = loss_profile.draw(line)
        for axes in drawing.axes:
            looks = [(each.get_color(), each.get_linestyle()) for each in axes.lines[: len(line.losses)]]
            assert len(set(looks)) == len(line.losses) == 4
            own = {each.get_color() for each in axes.lines if "direction" in str(each.get_label())}
            assert len(own) == shades
        assert "training set, direction 4" in [text.get_text() for text in drawing.legends[0].get_texts()]


def test_a_profile_marks_the_steps_that_are_not_finite():
    line = profile()
    line.losses[1, 0] = np.nan
    drawing = loss_profile.draw(line)
    assert [x for x, _ in drawn(drawing.axes[0], "x")] == [-1]
    assert "a line is not finite" in [text.get_text() for text in drawing.legends[0].get_texts()]


def test_line_shows_the_median_and_the_whole_range():
    (axes,) = loss_line.draw(line_slices(), shades).axes
    assert axes.lines[0].get_ydata() == pytest.approx([3, 2.25, 2, 2.25, 3])
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((1, 10))


def test_groups_have_colours_of_their_own_that_differ_in_lightness_or_hue():
    found = colours([str(index) for index in range(10)])
    assert len(set(list(found.values())[:8])) == 8
    assert found["8"] == found["9"]
    for colour in found.values():
        luminance = np.dot(
            [0.2126, 0.7152, 0.0722],
            [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)],
        )
        assert 1.05 / (luminance + 0.05) > 2, "a dot must show on white"
    assert column == pytest.approx(3.504, abs=1e-3)


def test_the_search_shows_the_means_and_t_intervals_of_its_seeds_in_per_cent(results):
    trial = results.trials[1]
    (axes,) = search.draw({"cosine": [trial]}, shades, 0.5).axes
    values = [100 * record.metrics["validation_accuracy"] for record in trial.records.values()]
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    ends = [max(np.mean(values) - half, 0), min(np.mean(values) + half, 100)]
    rate = trial.recipe.optimizer.learning_rate
    (interval,) = [line for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 2]
    np.testing.assert_allclose(interval.get_xdata(), [rate, rate])
    np.testing.assert_allclose(interval.get_ydata(), ends)
    (mean,) = [line for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(mean.get_ydata(), [np.mean(values)])
