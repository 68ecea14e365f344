"""The ensembles of a whole study: from its store to tables and figures, lost runs counted, by the verb as well."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.ensembles.comparison import compare, equal_limits, gains
from analysis.ensembles.cost import Limit
from analysis.ensembles.methods import methods_named
from analysis.ensembles.of_study import measure_ensembles
from analysis.ensembles.scored import scored_ensembles
from lightning_modules.errors import InvalidInput
from lightning_modules.models.mlp import MLP
from lightning_modules.recipe import Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.short_cycles import ShortCycles
from lightning_modules.training.fit import fit
from sweeps.companions import companions, full_companions, short_companions
from sweeps.files import read_json, write_json
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from tests.stores import TinyStudy, constant, moons, write_study
from tests.test_cli import atlas


def of(schedule):
    longer = replace(moons(Constant(), 0.1), model=MLP((8,), dropout=0.2), epochs=6, snapshots=3)
    return replace(longer, schedule=schedule)


recipes = {
    "schedule=constant": of(Constant()),
    "schedule=cosine": of(Cosine()),
    "schedule=cyclic cosine": of(CyclicCosine(3)),
    "schedule=short cycles": of(ShortCycles(3, annealing=0.5)),
}
study = TinyStudy(trials=(), confirmed=tuple((recipe, (key,)) for key, recipe in recipes.items()))


def with_companions(root, members=3, what=study):
    paths = write_study(root, what)
    store = RunStore(paths.runs)
    runs = [
        run for recipe, _ in what.confirmed for seed in what.report_seeds for run in companions(recipe, seed, members)
    ]
    by_epochs = {}
    for run in runs:
        by_epochs.setdefault(run.recipe.epochs, []).append(run)
    for each in by_epochs.values():
        for result in fit(each, accelerator="cpu"):
            store.save(result, "confirm")
    content = read_json(paths.study)
    content["budget"]["members"] = members
    write_json(paths.study, content)
    return paths


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return with_companions(tmp_path_factory.mktemp("store") / "tiny")


@pytest.fixture(scope="module")
def found(paths):
    return scored_ensembles(paths, methods_named(()))


def by_name(found):
    return {each.method: each for each in found.scored}


def test_companions_share_the_split_and_nothing_else():
    recipe = recipes["schedule=cosine"]
    full, short = full_companions(recipe, 100, 3), short_companions(recipe, 100, 3)
    assert [run.seeds for run in full] == [Seeds(1000100, 1000100, 100), Seeds(2000100, 2000100, 100)]
    assert sum(run.recipe.epochs for run in short) == recipe.epochs
    assert {run.seeds.split for run in (*full, *short)} == {100}
    assert len({run.seeds for run in full}) == 2
    assert len({run.seeds for run in short}) == 3
    assert companions(recipe, 100, 1) == ()
    assert companions(recipes["schedule=cyclic cosine"], 100, 3) == ()
    assert short_companions(recipe, 100, 7) == ()


def test_a_store_that_allows_all_methods_is_made_all_of_them(found):
    assert found.missing == {}
    assert list(by_name(found)) == [each.name for each in methods_named(())]
    made_of = {name: each.key.partition("=")[2] for name, each in by_name(found).items()}
    assert made_of["snapshot"] == "cyclic cosine"
    assert made_of["fge"] == "short cycles"
    assert {made_of[name] for name in ("constant-rate", "swa", "swag", "swag-diagonal", "ema")} == {"constant"}
    assert {made_of[name] for name in ("single", "no-cycle", "dropout", "independent")} == {"cosine"}
    assert all(each.lost(len(each.costs)) == 0 for each in found.scored)


def test_a_deep_ensemble_is_that_of_a_naive_loop(found, paths):
    store, recipe = RunStore(paths.runs), recipes["schedule=cosine"]
    each = by_name(found)["independent"]
    for place, seed in enumerate(each.seeds):
        runs = [Run(recipe, Seeds.all(seed)), *full_companions(recipe, seed, 3)]
        predictions = [store.find(run, "confirm").predictions() for run in runs]
        for one in predictions:
            np.testing.assert_array_equal(one["test_targets"], predictions[0]["test_targets"])
        for m in (1, 2, 3):
            mean = np.mean([one["test"][-1].astype(float) for one in predictions[:m]], axis=0)
            assert each.scores["accuracy"][place, m - 1] == (mean.argmax(1) == predictions[0]["test_targets"]).mean()
    assert [cost.epochs for cost in each.costs] == [6, 12, 18]
    assert [cost.epochs for cost in by_name(found)["independent-short"].costs] == [2, 4, 6]


def test_methods_are_compared_at_equal_epochs_members_and_storage(found):
    epochs, members, storage = equal_limits(found)
    assert (epochs.amount, members.amount) == (6, 3)
    rows = {
        kind.kind: {row.scored.method: row.cost for row in compare(found, kind).rows} for kind in equal_limits(found)
    }
    assert all(cost.epochs <= 6 for cost in rows["epochs"].values())
    # With one member it is the single network, which stands in the table once.
    assert compare(found, epochs).alone == ("independent",)
    assert "independent" not in rows["epochs"]
    assert rows["epochs"]["independent-short"].members == rows["epochs"]["snapshot"].members == 3
    assert all(cost.members <= 3 for cost in rows["members"].values())
    assert rows["members"]["independent"].epochs == 18
    assert all(cost.storage <= storage.amount for cost in rows["storage"].values())
    assert compare(found, storage).beyond == ("swag",)


def test_gains_are_paired_within_seeds(found):
    single, snapshot = by_name(found)["single"], by_name(found)["snapshot"]
    (row,) = (row for row in compare(found, Limit("members", 3)).rows if row.scored is snapshot)
    for metric, sign in (("accuracy", 1), ("nll", -1), ("brier", -1), ("ece", -1)):
        first, second = snapshot.scores[metric][:, 2], single.scores[metric][:, 0]
        if (first == second).all():
            continue
        interval = stats.ttest_rel(sign * first, sign * second).confidence_interval(0.95)
        assert (row.gains[metric].low, row.gains[metric].high) == pytest.approx(tuple(interval))
    assert gains(snapshot, "nll")[0].value == pytest.approx(0, abs=1e-9)
    mean = (snapshot.own["nll"] - snapshot.scores["nll"][:, 2]).mean()
    assert gains(snapshot, "nll")[2].value == pytest.approx(mean)


@pytest.fixture(scope="module")
def damaged(paths, tmp_path_factory):
    """A copy of the store in which one cosine run and one companion of another diverged."""
    whole, paths = paths, StudyPaths(tmp_path_factory.mktemp("damaged") / "tiny")
    shutil.copytree(whole.root, paths.root, ignore=shutil.ignore_patterns(whole.ensembles.name))
    store, recipe = RunStore(paths.runs), recipes["schedule=cosine"]
    for run in (Run(recipe, Seeds.all(100)), full_companions(recipe, 101, 3)[0]):
        file = store.path(run) / "record.json"
        write_json(file, read_json(file) | {"diverged_step": 3, "metrics": {}, "snapshot_steps": [], "files": {}})
    return paths


def test_lost_runs_are_counted_and_seen_as_nan(damaged):
    found = scored_ensembles(damaged, methods_named(["independent", "no-cycle", "snapshot"]))
    independent, no_cycle, snapshot = (by_name(found)[name] for name in ("independent", "no-cycle", "snapshot"))
    assert no_cycle.seeds == (100, 101, 102)
    assert np.isnan(no_cycle.scores["accuracy"]).tolist() == [[True] * 3, [False] * 3, [False] * 3]
    assert [independent.lost(m) for m in (1, 2, 3)] == [1, 2, 2]
    assert snapshot.lost(3) == 0
    rows = {row.scored.method: row for row in compare(found, Limit("members", 3)).rows}
    assert rows["independent"].lost == 2
    assert rows["independent"].values["accuracy"].n == 1
    assert "2 lost to divergence and left out" in rows["independent"].values["accuracy"].over
    # The snapshot ensembles are whole, and one of the single networks that they are compared with is not.
    assert (rows["snapshot"].values["accuracy"].n, rows["snapshot"].gains["accuracy"].n) == (3, 2)


@pytest.fixture
def unrendered(monkeypatch):
    """Figures are rendered in the test of the verb; elsewhere they are empty files of their names."""
    touch = "analysis.ensembles.of_study.save", lambda figure, folder, name: (folder / f"{name}.png").touch()
    monkeypatch.setattr(*touch)


@pytest.mark.usefixtures("unrendered")
def test_lost_runs_stand_in_the_files(damaged):
    folder = measure_ensembles(damaged, ["no-cycle"]).folder
    rows = list(csv.DictReader((folder / "ensembles.csv").read_text().splitlines()))
    assert {(row["n"], row["lost"]) for row in rows if row["method"] == "no-cycle"} == {("2", "1")}
    content = json.loads((folder / "ensembles.json").read_text())
    (scores,) = (each["scores"]["accuracy"] for each in content["methods"] if each["method"] == "no-cycle")
    assert scores[0] == [None, None, None]
    assert "& 1 of 3" in (folder / "ensembles.tex").read_text()


@pytest.mark.usefixtures("unrendered")
def test_one_seed_has_no_interval_and_one_member_no_gain(tmp_path):
    paths = with_companions(tmp_path / "tiny", members=2, what=study.but(report_seeds=(7,)))
    made = measure_ensembles(paths, (), "logits", 1)
    found, comparisons, files = made.found, made.comparisons, made.files
    assert all(len(each.costs) == 1 for each in found.scored)
    for row in comparisons[0].rows:
        assert (row.values["accuracy"].n, row.values["accuracy"].low) == (1, None)
    assert gains(by_name(found)["snapshot"], "accuracy")[0].value == 0
    assert "budget.png" in files
    assert "gain.png" not in files


@pytest.mark.usefixtures("unrendered")
def test_what_a_store_lacks_is_one_sentence_each(tmp_path):
    plain = study.but(confirmed=((constant, ("schedule=constant",)),))
    made = measure_ensembles(write_study(tmp_path / "tiny", plain))
    found, comparisons = made.found, made.comparisons
    assert [each.method for each in found.scored] == ["single"]
    assert len(found.missing) == len(methods_named(())) - 1
    assert found.missing["constant-rate"] == (
        "There is no run at a constant rate with two snapshots or more: give a recipe Constant() and snapshots=5, and"
        " run the study again."
    )
    assert len(comparisons[0].rows) == 1
    with pytest.raises(InvalidInput, match="There is no run with two cycles or more: give a recipe a schedule such as"):
        measure_ensembles(StudyPaths(tmp_path / "tiny"), ["snapshot"])


def test_the_verb_prints_a_table_and_writes_files(paths, capsys, monkeypatch):
    status, out, err = atlas(capsys, monkeypatch, "ensemble", "tiny", "--store", paths.root.parent)
    assert (status, err) == (0, "")
    for each in methods_named(()):
        assert f"\n  {each.name} " in out
    assert "With at most 6 epochs:" in out
    assert "With one member, which is the single network itself: independent." in out
    assert "deep equivalent" in out
    tables = {f"{name}.{kind}" for name in ("ensembles", "scores", "diversity") for kind in ("csv", "tex")}
    names = {"ensembles.json", *tables}
    drawn = ("gain", "gain_nll", "budget", "reliability", "risk_coverage")
    figures = {f"{name}.{kind}" for name in drawn for kind in ("png", "pdf")}
    assert {file.name for file in paths.ensembles.iterdir()} == names | figures
    text = (paths.ensembles / "ensembles.tex").read_text()
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 3
    rows = list(csv.DictReader((paths.ensembles / "ensembles.csv").read_text().splitlines()))
    assert {row["limit"] for row in rows} == {"epochs", "members", "storage"}
    _, out, _ = atlas(capsys, monkeypatch, "verify", "tiny", "--store", paths.root.parent)
    assert "ensembles" not in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "bagging"], "There is no method 'bagging': choose from single, snapshot"),
        (["--average", "votes"], "The average is 'votes': give probabilities or logits."),
        (["--members", "0"], "The members is 0: give a whole number of at least 1."),
        (["--samples", "0"], "samples is 0: give a whole number of at least 1."),
        (["--decay", "2"], "The exponential average's decay is 2"),
        (["--unfamiliar", "fog"], "The unfamiliar inputs are 'fog': give a list such as noise,shift=2,classes"),
        (["--unfamiliar", "noise=a"], "The amount of noise is 'a': give a number, such as noise=2."),
        (["--unfamiliar", "shift"], "cannot be moved by (2, 2): give images"),
        (["--unfamiliar", "classes"], "The study's data holds no classes out"),
    ],
    ids=["method", "average", "members", "samples", "decay", "kind", "amount", "no images", "no classes"],
)
def test_what_is_wrong_is_one_sentence(paths, capsys, monkeypatch, words, sentence):
    status, out, err = atlas(capsys, monkeypatch, "ensemble", "tiny", *words, "--store", paths.root.parent)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
