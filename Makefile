# `make demo` and `make test` need python3 (3.11+) and make; the rest is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Whatever the machine says: the verbs and vehicles that tests start would each compile all of dfr.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-all mutants check check-js bench docs screenshots clean

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "dfr needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1) -> make PYTHON=python3.11 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "python3-venv is missing; installing it"; \
	  root=; test "$$(id -u)" = 0 || root=sudo; $$root apt-get update -q && $$root apt-get install -y -q python3-venv; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	@$(BIN)/dfr rehearse scenarios/victorious-2024.yaml --out out/victorious

# Properties are tried with a fifth of their examples.
test: $(STAMP)
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not slow" --hypothesis-profile=ci --doctest-modules dfr firmware_sitl tests

# All of them, the exhaustive ones too: an hour or two.
test-all: $(STAMP)
	DFR_THOROUGH=1 $(BIN)/python -m pytest -n 3 --dist worksteal --hypothesis-profile=ci --doctest-modules dfr firmware_sitl tests

# Whether the tests notice a line that is wrong: hours on one core. What was tried at a commit is not tried again.
mutants: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check mutmut==3.8.1 coverage==7.17.5
	$(BIN)/python -m pytest -q tests/mutants
	$(BIN)/python -m tests.mutants run $(ROOMS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The scripts of the pages; needs node and npm. Nothing of these is needed to run or to serve them.
check-js: node_modules/.package-lock.json
	npm run --silent lint
	npm run --silent types
	npm run --silent test

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund

bench: $(STAMP)
	DFR_THOROUGH=1 $(BIN)/python -m pytest -m slow tests
	for f in benchmarks/*.py; do $(BIN)/python $$f; done

docs: $(STAMP)
	$(BIN)/mkdocs build --strict
	@echo "docs: out/site/index.html"

screenshots: $(STAMP)
	$(BIN)/python docs/screenshots.py

clean:
	rm -rf $(VENV) out dist build
