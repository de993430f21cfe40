# make run   install into .venv and run the article's study
# make app   the same study in the browser
# make test  install what the tests need and run them, in JOBS processes
# make test-atoms  the same for the potentials of `epitropy atoms`: a CPU build of torch and the extra
PYTHON ?= python3
TORCH ?= torch==2.13.0
JOBS ?= 2
BIN := .venv/bin

.PHONY: run app test test-atoms lint bench clean

.venv/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "epitropy needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.installed-test: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

run: .venv/.installed
	$(BIN)/epitropy run zhao2024

.venv/.installed-app: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[app]'
	touch $@

app: .venv/.installed-app
	$(BIN)/epitropy app

test: .venv/.installed-test
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

.venv/.installed-atoms: .venv/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,atomistics]'
	touch $@

test-atoms: .venv/.installed-atoms
	$(BIN)/python -m pytest tests/atomistics

bench: .venv/.installed-test
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.entropy
	$(BIN)/python -m benchmarks.anneal
	$(BIN)/python -m benchmarks.cycling
	$(BIN)/python -m benchmarks.fitting
	$(BIN)/python -m benchmarks.epitaxy
	$(BIN)/python -m benchmarks.celldata
	$(BIN)/python -m benchmarks.app
	$(BIN)/python -m benchmarks.sweep

clean:
	rm -rf .venv build dist src/*.egg-info
