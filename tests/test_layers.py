"""The order of the layers and who may use what, read from every import of every file, inside functions as well."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

repository = Path(__file__).parent.parent
layers = ("studies", "analysis", "sweeps", "lightning_modules")
"""Each may import itself and those behind it."""

allowed = {
    "lightning_modules": {
        "numba": "stack/kernels.py",
        "numpy": "*",
        "pytorch_lightning": "*",
        "safetensors": "models/weights_file.py models/checkpoint_file.py",
        "scipy": "stack/blas_threads.py",
        "sklearn": "data/*",
        "threadpoolctl": "stack/blas_threads.py",
        "torch": "*",
    },
    "sweeps": {
        "filelock": "lock.py",
        "cmaes": "proposers/cma_es.py",
        "mlflow": "writers/mlflow_writer.py",
        "numpy": "*",
        "optuna": "search.py database.py proposers/tpe.py proposers/distributions.py",
        "optuna_dashboard": "search_page.py",
        "psutil": "machine.py",
        "pyarrow": "export.py",
        "pytorch_lightning": "executors/preload.py writers/*",
        "ray": "executors/ray_cluster.py",
        "safetensors": "files.py checkpoints.py",
        "scipy": "racing.py proposers/quasi_random.py",
        "sqlalchemy": "database.py",
        "torch": "packing.py executors/*",
        "wandb": "writers/wandb_writer.py offline_runs.py dashboard.py",
        "wandb_workspaces": "dashboard.py",
    },
    "analysis": {
        "fontTools": "fonts.py",
        "jinja2": "pages.py",
        "matplotlib": "style.py figures/*",
        "mpl_toolkits": "figures/surface_3d.py",
        "numpy": "*",
        "plotly": "figures/interactive.py",
        "scipy": "*",
        "torch": "*",
    },
    "studies": {"numpy": "*", "rich": "command/*", "torch": "*", "typer": "command/*"},
}
"""For each layer its third parties, and the files within it that may import them."""

longest = 250
files = sorted(path for layer in layers for path in (repository / layer).rglob("*.py"))


def imported(source: str) -> set[str]:
    """The top-level names that a source imports anywhere; a relative import as it is written."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return {name if name.startswith(".") else name.partition(".")[0] for name in names}


def broken(path: str, source: str) -> list[str]:
    """What the imports of a file (its path within the repository) break, a sentence each."""
    layer, _, inner = path.partition("/")
    faults = []
    for name in sorted(imported(source)):
        if name.startswith("."):
            faults.append(f"{path} imports {name!r} relatively")
        elif name in layers:
            if layers.index(name) < layers.index(layer):
                faults.append(f"{path} imports {name}, which lies above it")
        elif name not in sys.stdlib_module_names:
            patterns = allowed[layer].get(name, "").split()
            if not any(fnmatch(inner, pattern) for pattern in patterns):
                faults.append(f"{path} imports {name}, which is not for this file")
    return faults


def test_every_file_is_looked_at():
    looked_at = {path.relative_to(repository).parts[0] for path in files}
    assert looked_at == set(layers)
    assert repository / "lightning_modules/recipe.py" in files


@pytest.mark.parametrize("path", files, ids=lambda path: path.relative_to(repository).as_posix())
def test_imports_keep_to_the_layers(path):
    assert broken(path.relative_to(repository).as_posix(), path.read_text()) == []


@pytest.mark.parametrize("path", files, ids=lambda path: path.relative_to(repository).as_posix())
def test_a_file_is_short_enough_to_be_read_at_once(path):
    assert len(path.read_text().splitlines()) <= longest


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("lightning_modules/recipe.py", "import sweeps.store"),
        ("lightning_modules/recipe.py", "from sweeps import store"),
        ("lightning_modules/recipe.py", "def f():\n    from analysis.slices import plane"),
        ("lightning_modules/recipe.py", "if TYPE_CHECKING:\n    import studies"),
        ("sweeps/store.py", "import analysis"),
        ("analysis/slices.py", "import os, studies.command"),
        ("lightning_modules/recipe.py", "import optuna"),
        ("lightning_modules/models/mlp.py", "def f():\n    import sklearn"),
        ("lightning_modules/models/mlp.py", "from . import model"),
        ("sweeps/store.py", "import optuna"),
        ("sweeps/store.py", "class A:\n    def f(self):\n        import wandb as w"),
        ("sweeps/driver.py", "import torch"),
        ("analysis/slices.py", "import matplotlib.pyplot as plt"),
        ("analysis/slices.py", "import optuna"),
        ("analysis/figures/plane.py", "import jinja2"),
        ("studies/quickstart.py", "import typer"),
    ],
)
def test_a_broken_layer_is_seen(path, source):
    assert len(broken(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("lightning_modules/data/digits.py", "def f():\n    from sklearn.datasets import load_digits"),
        ("lightning_modules/stack/chain.py", "import torch\nfrom lightning_modules.losses.loss import Loss"),
        ("sweeps/search.py", "import json, optuna.trial"),
        ("analysis/figures/plane.py", "import matplotlib.pyplot as plt\nfrom sweeps.store import RunStore"),
        ("studies/quickstart.py", "from analysis import figures\nimport sweeps.study, lightning_modules.recipe"),
    ],
)
def test_a_sound_file_passes(path, source):
    assert broken(path, source) == []


def test_describing_a_study_loads_none_of_the_slow_libraries():
    """Torch and Lightning take seconds to import: the command line must answer before."""
    modules = [
        ".".join(path.relative_to(repository).with_suffix("").parts)
        for path in files
        if path.is_relative_to(repository / "lightning_modules")
        and path.name != "__init__.py"
        and path.relative_to(repository).parts[1] not in ("modules", "stack", "training")
    ]
    assert "lightning_modules.optimizers.sgd" in modules
    slow = ["torch", "pytorch_lightning", "numba", "sklearn", "optuna", "wandb", "scipy", "matplotlib"]
    program = f"import sys, {', '.join([*modules, 'sweeps.study'])}; print([n for n in {slow} if n in sys.modules])"
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
