# Each target makes the virtual environment .venv when it is missing. Needs Python 3.11+, make and git.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
BENCH := $(BIN)/python tests/benchmarks
CASES := tiny_mlp digits_mlp digits_cnn mnist_mlp mnist_cnn

.PHONY: install demo test test-slow lint bench clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' torch
	touch $@

demo: install
	$(BIN)/atlas run quickstart

# Processes of one thread each, because the tests of training promise bits for one thread, and one more than two cores
# have room for, because many tests wait for processes of their own.
test test-slow: export OMP_NUM_THREADS = 1
# Modules are compiled once, not by each of the hundred processes that the tests start.
test test-slow: export PYTHONDONTWRITEBYTECODE =

test: install
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal

test-slow: install
	$(BIN)/python -m pytest -m slow

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Peers that the package must not depend on. HFTA is not on the package index; without it, its line is left out.
.venv-jax/.installed: tests/benchmarks/jax_peer/requirements.txt
	test -x .venv-jax/bin/python || $(PYTHON) -m venv .venv-jax
	.venv-jax/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# On top of the package's environment, so that both use one torch.
.venv-curvlinops/.installed: tests/benchmarks/curvlinops_peer/requirements.txt $(STAMP)
	test -x .venv-curvlinops/bin/python || $(BIN)/python -m venv .venv-curvlinops
	$(BIN)/python -c "import sysconfig; print(f'import site; site.addsitedir({sysconfig.get_path(\"purelib\")!r})')" \
		> $$(.venv-curvlinops/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/package.pth
	.venv-curvlinops/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	touch $@

.hfta:
	git clone --quiet https://github.com/UofT-EcoSystem/hfta $@
	git -C $@ checkout --quiet 12cb0bb5031d36b909605981c1e90e96fdfae57a

bench: install .venv-jax/.installed .venv-curvlinops/.installed
	mkdir -p runs
	$(BENCH)/jax_peer_check.py
	$(BENCH)/curvlinops_check.py
	for case in $(CASES); do $(BENCH)/stack_training.py --case $$case --json || exit 1; done
	$(BENCH)/stack_curve.py --case $(CASES) --figure runs/stack_curve.png > runs/stack_curve.jsonl
	$(BENCH)/sweep_process.py
	$(BENCH)/sweep_overhead.py
	$(BENCH)/landscape.py
	$(BENCH)/ensembles.py
	$(BENCH)/profile_step.py
	$(BENCH)/profile_sweep.py

clean:
	rm -rf .venv .venv-jax .venv-curvlinops .hfta .pytest_cache .ruff_cache .mypy_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
