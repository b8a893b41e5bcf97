# `make report` builds the book, `make test` checks it; both set up .venv by themselves.
# Needs Python 3.11 to 3.13 and make. Choose another interpreter with PYTHON=python3.12.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
WORKERS ?= 2
# Chapters run side by side, and a sum must not depend on how many threads share it.
export OPENBLAS_NUM_THREADS := 1

.PHONY: report test lab data notebooks lock clean

report: $(READY)
	$(BIN)/python -m analysis report --workers $(WORKERS)

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --nbval --nbval-current-env

lab: $(READY)
	$(BIN)/jupyter lab notebooks

# Rebuild the tables from their sources, then show what changed.
data: $(READY)
	$(BIN)/python data/builders/build.py
	@git --no-pager diff --stat -- data

# Run every chapter and store its outputs in place.
notebooks: $(READY)
	$(BIN)/python -m analysis run --workers $(WORKERS)

# Pin the dependencies of pyproject.toml again (needs uv on the PATH).
lock:
	uv pip compile pyproject.toml --group test --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --no-config --fork-strategy fewest \
	  --output-file requirements.lock

clean:
	rm -rf $(VENV) reports

# A half-made environment is never taken for a finished one: .ready is written last.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else f"expected Python 3.11 to 3.13, found {sys.version.split()[0]}: choose another with PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
