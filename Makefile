# On a fresh machine each target sets up all it needs. README says what they are for.
UV := $(shell command -v uv || echo .tools/bin/uv)
RUN := .venv/bin

.PHONY: setup packages demo test fuzz check bench format

setup: .venv/.ready

.venv/.ready: uv.lock pyproject.toml .python-version | $(UV)
	$(UV) sync --locked --quiet --compile-bytecode
	@$(RUN)/python -m compileall -q addons
	@touch $@

# --target needs neither the venv module nor leave to touch the system's own packages.
.tools/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

# As root on Debian the tests' own programs are installed; elsewhere the tests name what is missing.
packages:
	@sh tests/packages.sh

demo: setup
	@$(RUN)/clearpane demo

# Most of a test's time is waiting for processes, so files run beside each other.
test: setup packages
	@$(RUN)/pytest -n auto --maxprocesses 4 --dist loadfile

# As the tests of `make test` that make inputs up, with many more of them.
fuzz: setup packages
	@HYPOTHESIS_PROFILE=fuzz $(RUN)/pytest -n auto --maxprocesses 4 --timeout 3600 -m hypothesis

check: setup
	$(RUN)/ruff format --check addons tests
	$(RUN)/ruff check addons tests
	$(RUN)/mypy
	$(RUN)/lint-imports --no-logo
	$(RUN)/python tests/house.py
	$(UV) build --quiet --wheel --out-dir dist
	$(RUN)/python tests/wheel.py dist

format: setup
	$(RUN)/ruff format addons tests
	$(RUN)/ruff check --fix addons tests

bench: setup packages
	@$(RUN)/python -m tests.bench
