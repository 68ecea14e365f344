"""Comparisons of groups, paired by seeds: against SciPy and by hand, as files and on the command line."""

import csv
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.comparison.latex import escaped
from analysis.comparison.pairs import compare
from analysis.comparison.ranks import alike, mean_ranks
from analysis.estimate import t_interval
from analysis.figures import forest, ranks
from analysis.inference.power import power_of
from analysis.scores import TestScore
from analysis.style import colours, styled
from lightning_modules.score import Accuracy
from tests.stores import TinyStudy, constant, cosine, diverging, write_study
from tests.test_cli import atlas


def accuracy(key, values, seeds=None):
    values = [float(value) for value in values]
    by_seed = dict(zip(seeds or range(len(values)), values, strict=True))
    return TestScore(key, constant, t_interval(values, f"test_accuracy[{key}]", "seeds"), by_seed, (), 40)


def three(count, seed=0):
    generator = np.random.default_rng(seed)
    luck = generator.normal(0.9, 0.02, count)
    return [
        accuracy(key, luck + shift + generator.normal(0, 0.003, count))
        for key, shift in (("a", 0), ("b", 0.01), ("c", 0.0101))
    ]


def test_differences_are_paired_and_the_better_comes_first():
    scores = three(9)
    by_key = {score.key: np.array(list(score.by_seed.values())) for score in scores}
    for each in compare(scores):
        first, second = by_key[each.first], by_key[each.second]
        assert first.mean() >= second.mean()
        interval = stats.ttest_rel(first, second).confidence_interval(0.95)
        assert (each.difference.low, each.difference.high) == pytest.approx((interval.low, interval.high))
        assert each.correlation == pytest.approx(stats.pearsonr(first, second).statistic)
        assert each.better.value == np.mean(first > second)
        level, deviation = 0.05 / 3, (first - second).std(ddof=1)
        assert power_of(each.detectable / deviation, 9, level) == pytest.approx(0.8, abs=1e-6)
        effect = each.difference.value / deviation
        assert power_of(effect, each.seeds_needed, level) >= 0.8
        assert each.seeds_needed == 7 or power_of(effect, each.seeds_needed - 1, level) < 0.8


def test_the_family_is_corrected_by_holm():
    found = compare(three(9))
    p = sorted(each.test.p for each in found)
    by_hand = np.minimum(1, np.maximum.accumulate([3 * p[0], 2 * p[1], p[2]]))
    assert sorted(each.corrected for each in found) == pytest.approx(by_hand)
    assert [each.decided for each in found] == [True, True, False]
    assert [each.conclusion for each in found] == ["The first is better."] * 2 + ["They cannot be told apart."]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "One seed says nothing of the spread: nothing can be concluded."),
        (3, "No conclusion is possible: with 3 pairs p cannot fall below 0.25."),
        (5, "No conclusion is possible: with 5 pairs p cannot fall below 0.0625."),
        (6, "The first is better."),
    ],
)
def test_below_six_pairs_nothing_is_concluded(count, said):
    values = np.linspace(0.8, 0.9, count)
    (found,) = compare([accuracy("a", values), accuracy("b", values + np.linspace(0.04, 0.05, count))])
    assert found.conclusion == said
    assert found.first == "b"
    assert json.loads(json.dumps(found.to_json()))["conclusion"] == said


def test_six_pairs_are_too_few_for_three_groups():
    values = np.linspace(0.8, 0.9, 6)
    found = compare([accuracy(str(shift), values + 0.01 * shift + 0.001 * shift * np.arange(6)) for shift in range(3)])
    assert {each.conclusion for each in found} == {
        "No conclusion is possible among 3 pairs of groups with 6 pairs of seeds."
    }


def test_pairs_that_do_not_differ_have_no_sign():
    (found,) = compare([accuracy("a", [0.5] * 8), accuracy("b", [0.5] * 8)])
    assert (found.first, found.better.value, found.test.p, found.correlation) == ("a", 0.5, 1.0, None)
    assert found.conclusion == "They do not differ on any seed."
    (some,) = compare([accuracy("a", [0.5] * 8), accuracy("b", [0.5] * 6 + [0.6] * 2)])
    assert some.conclusion == "No conclusion is possible: with 2 pairs that differ p cannot fall below 0.5."
    assert some.better.value == (2 + 6 / 2) / 8


def test_a_pair_without_a_common_seed_counts_in_the_family():
    scores = [accuracy("a", [0.5, 0.6]), accuracy("b", [0.5, 0.7]), accuracy("c", [0.9], seeds=[7])]
    (found,) = compare(scores)
    assert (found.family, found.corrected) == (3, 1.0)
    assert mean_ranks(scores) == {}


@settings(max_examples=8)  # each computes the power of many tests
@given(st.permutations(range(7)))
def test_the_order_of_seeds_changes_nothing(order):
    first, second = np.random.default_rng(0).uniform(0.8, 0.9, (2, 7))
    (straight,) = compare([accuracy("a", first), accuracy("b", second)])
    (mixed,) = compare([accuracy("a", first[order], order), accuracy("b", second[order], order)])
    assert (mixed.test, mixed.corrected, mixed.seeds_needed) == (
        straight.test,
        straight.corrected,
        straight.seeds_needed,
    )
    assert mixed.difference.low == pytest.approx(straight.difference.low)


def test_mean_ranks_are_those_by_hand():
    """On seeds 0, 1, 2 the ranks are (2, 1, 3), (1.5, 1.5, 3) and (1, 3, 2)."""
    scores = [accuracy("a", [0.8, 0.9, 0.9]), accuracy("b", [0.9, 0.9, 0.7]), accuracy("c", [0.7, 0.8, 0.8])]
    found = mean_ranks(scores)
    assert list(found) == ["a", "b", "c"]
    assert [each.value for each in found.values()] == pytest.approx([1.5, 5.5 / 3, 8 / 3])
    assert all(1 <= each.low <= each.value <= each.high <= 3 for each in found.values())


def test_bars_join_the_longest_runs_that_are_not_told_apart():
    scores = [accuracy(str(place), np.linspace(0.5, 0.6, 12) + 0.1 * place) for place in range(4)]
    order = [each.key for each in reversed(scores)]
    assert alike(order, compare(scores)) == []
    assert alike(order, []) == [(0, 3)]
    neighbours = [each for each in compare(scores) if abs(int(each.first) - int(each.second)) > 1]
    assert alike(order, neighbours) == [(0, 1), (1, 2), (2, 3)]


def test_latex_prints_what_is_meant():
    assert escaped("a_b & 5 % − 3 <>\\") == r"a\_b \& 5 \% $-$ 3 $<$$>$\textbackslash{}"


def test_figures_show_every_pair_and_group():
    scores = three(9)
    names = {score.key: score.key.upper() for score in scores}
    with styled():
        found, order = compare(scores), mean_ranks(scores)
        axes = forest.draw(found, names, Accuracy()).axes[0]
        bars = ranks.draw(order, alike(list(order), found), names, colours(list(names))).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "B – A",
        "C – A",
        f"{names[found[2].first]} – {names[found[2].second]}",
    ]
    drawn = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    assert drawn == pytest.approx([100 * each.difference.value for each in found])
    assert [label.get_text() for label in bars.get_yticklabels()] == [names[key] for key in order]
    assert "a bar joins" in bars.get_xlabel()


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("store") / "tiny")


def test_the_verb_writes_what_it_says(paths, capsys, monkeypatch):
    code, out, err = atlas(capsys, monkeypatch, "compare", "tiny", "--store", paths.root.parent, "--by", "schedule")
    assert (code, err) == (0, "")
    assert "p cannot fall below" in out
    written = out.rpartition("Written: ")[2].strip().partition(", ")
    names = [written[0].rpartition("/")[2], *written[2].split(", ")]
    assert sorted(names) == sorted(each.name for each in paths.comparison.iterdir())
    assert {
        "differences.csv",
        "differences.tex",
        "differences.pdf",
        "groups.csv",
        "groups.tex",
        "ranks.png",
        "comparison.json",
    } <= set(names)
    content = json.loads((paths.comparison / "comparison.json").read_text())
    assert (content["by"], content["score"], len(content["pairs"])) == ("schedule", "accuracy", 3)
    with (paths.comparison / "differences.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row, pair in zip(rows, content["pairs"], strict=True):
        assert float(row["p_corrected"]) == pair["p_corrected"]
        assert f"{row['first'].partition('=')[2]} – {row['second'].partition('=')[2]}" in out
    with (paths.comparison / "groups.csv").open(newline="") as file:
        means = [float(row["mean"]) for row in csv.DictReader(file)]
    assert all(first >= second for first, second in pairwise(means))
    latex = (paths.comparison / "differences.tex").read_text()
    assert latex.count(r" \\") == 4
    assert "&" in latex


def test_the_store_is_sound_with_a_comparison_in_it(paths, capsys, monkeypatch):
    atlas(capsys, monkeypatch, "compare", "tiny", "--store", paths.root.parent)
    _, out, _ = atlas(capsys, monkeypatch, "verify", "tiny", "--store", paths.root.parent)
    assert "comparison" not in out


def test_what_cannot_be_compared_is_one_sentence(paths, tmp_path, capsys, monkeypatch):
    code, _, err = atlas(capsys, monkeypatch, "compare", "tiny", "--store", paths.root.parent, "--by", "model")
    assert (code, err.count("\n")) == (2, 1)
    assert "choose from schedule" in err
    alone = write_study(
        tmp_path / "alone", TinyStudy().but(trials=(cosine,), confirmed=((cosine, ("winner 1",)),), group_by=())
    )
    code, _, err = atlas(capsys, monkeypatch, "compare", "alone", "--store", alone.root.parent)
    assert (code, err.count("\n")) == (2, 1)
    assert "two are needed" in err


def test_runs_that_diverged_are_counted(tmp_path, capsys, monkeypatch):
    confirmed = ((cosine, ("winner 1",)), (diverging, ("winner 2",)))
    lost = write_study(tmp_path / "lost", TinyStudy().but(trials=(cosine, diverging), confirmed=confirmed, group_by=()))
    code, _, _ = atlas(capsys, monkeypatch, "compare", "lost", "--store", lost.root.parent)
    assert code == 0
    content = json.loads((lost.comparison / "comparison.json").read_text())
    assert content["by"] == "winners"
    (pair,) = content["pairs"]
    assert "in 3 a run diverged" in pair["difference"]["over"]
    with (lost.comparison / "groups.csv").open(newline="") as file:
        assert [row["diverged"] for row in csv.DictReader(file)] == ["0", "3"]
