# `make report` builds the book, `make test` checks it; both set up .venv by themselves.
# Needs Python 3.11 to 3.13 and make. Choose another interpreter with PYTHON=python3.12.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
WORKERS ?= 2
# Chapters run side by side, and a sum must not depend on how many threads share it.
export OPENBLAS_NUM_THREADS := 1

.PHONY: report test company portable mutants lab data notebooks lock clean

report: $(READY)
	$(BIN)/python -m analysis report --workers $(WORKERS)

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile analysis tests --cov --cov-report json:.cache/coverage.json
	$(BIN)/python -m tests.branches .cache/coverage.json
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --nbval --nbval-current-env notebooks
	$(BIN)/python -m tests.profiles --oldest --workers $(WORKERS)

# The question of the book asked of two files of a company; here of the bundled example.
company: $(READY)
	$(BIN)/python -m analysis your-company --example --out your_company.html

# Every processor, thread count, hash seed, time zone and locale that this machine can play.
portable: $(READY)
	$(BIN)/python -m tests.profiles --workers $(WORKERS)

# Change the estimators in small ways and list what no test notices (a part: OF='analysis.scores*').
mutants: $(VENV)/.mutants
	$(BIN)/mutmut run --max-children $(WORKERS) $(if $(OF),'$(OF)')
	@$(BIN)/mutmut results | grep -v 'not checked' || echo 'every mutant was killed'
	@$(BIN)/mutmut export-cicd-stats >/dev/null
	$(BIN)/python -m tests.mutants mutants/mutmut-cicd-stats.json

lab: $(READY)
	$(BIN)/jupyter lab notebooks

# Rebuild the tables from their sources, then show what changed.
data: $(READY)
	$(BIN)/python data/builders/build.py
	@git --no-pager diff --stat -- data

# Run every chapter and store its outputs in place.
notebooks: $(READY)
	$(BIN)/python -m analysis run --workers $(WORKERS)

# Pin the dependencies of pyproject.toml again (needs uv on the PATH). Extras are kept, because pip
# before 23.3 does not take `coverage` pinned for `coverage[toml]`.
COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-header --no-annotate --no-config --fork-strategy fewest --no-strip-extras
lock:
	$(COMPILE) pyproject.toml --group test --output-file requirements.lock
	$(COMPILE) --group mutants --constraint requirements.lock --output-file requirements-mutants.lock

clean:
	rm -rf $(VENV) reports mutants your_company.html

# A half-made environment is never taken for a finished one: .ready is written last.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else f"expected Python 3.11 to 3.13, found {sys.version.split()[0]}: choose another with PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.mutants: $(READY) requirements-mutants.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-mutants.lock
	@touch $@
