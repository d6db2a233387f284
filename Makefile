# Everything a newcomer needs is `make demo` and `make test`: python3 (3.11 or newer) and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
DEMO := build/demo
STUDIO := .studio
EXTRAS := .extras
# Not in a lock file: which build is at hand differs. pip takes one for processors alone (0.2 GB) where it is told of
# one (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL), else on Linux the one with CUDA (3 GB).
TORCH ?= torch==2.13.0
CHROMIUM := command -v chromium > /dev/null || { apt-get update -qq && apt-get install -y -qq chromium > /dev/null; }

.PHONY: benchmark demo test browser-test release-tests label-studio-test extras-test lint types corpus lock clean

demo: $(READY)
	@echo "== validate the raw exports"
	@$(BIN)/strife validate annotation
	@echo "== build the gold documents and the dataset into $(DEMO)"
	@$(BIN)/strife build --out $(DEMO)
	@echo "== load it, train the baselines on train, score on test"
	@HF_HOME=build/hf HF_HUB_OFFLINE=1 $(BIN)/python scripts/run_baselines.py --dataset $(DEMO) --out $(DEMO)/benchmarks \
		--systems lexicon perceptron

test: $(READY)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

# Builds and releases of the whole corpus, publishing to a server of its own, loading with other versions of `datasets`.
release-tests: $(READY)
	@$(BIN)/python -m pytest -m release tests

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

# The suites that need a Label Studio server and a browser; the server's own environment is installed on first use.
label-studio-test: $(STUDIO)/ready
	@$(CHROMIUM)
	@$(STUDIO)/bin/python -m pytest -m label_studio tests/label_studio

$(STUDIO)/ready: requirements/label-studio.lock pyproject.toml
	@echo "== set up $(STUDIO) (once)"
	@$(PYTHON) -m venv $(STUDIO)
	@$(STUDIO)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/label-studio.lock
	@$(STUDIO)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The pages in a browser: agreement, errors, the leaderboard.
browser-test: $(STUDIO)/ready
	@$(CHROMIUM)
	@$(STUDIO)/bin/python -m pytest -m browser tests/browser

# The baselines that need torch, in an environment of their own.
extras-test: $(EXTRAS)/ready
	@$(EXTRAS)/bin/python -m pytest -m extras tests/extras

$(EXTRAS)/ready: requirements/extras.lock pyproject.toml
	@echo "== set up $(EXTRAS) (once)"
	@$(PYTHON) -m venv $(EXTRAS)
	@$(EXTRAS)/bin/python -m pip --disable-pip-version-check install --quiet '$(TORCH)'
	@$(EXTRAS)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r requirements/extras.lock
	@$(EXTRAS)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What is generated and committed: the dataset, the labelling configuration, the type tables, the leaderboard, and what
# the datasheet shows. The learning curve takes minutes, when the documents are others than last time.
corpus: $(READY)
	@$(BIN)/strife ontology label-config > annotation/label_config.xml
	@$(BIN)/strife ontology types > annotation/guidelines/types.md
	@$(BIN)/strife rule --all > docs/rules.md
	@$(BIN)/strife agree annotation/exports --gate --datasheet DATASHEET.md --out build/agreement.txt
	@$(BIN)/python scripts/measure_copying.py ../shared/facts
	@$(BIN)/strife build
	@$(BIN)/python scripts/learning_curve.py
	@$(BIN)/strife build
	@HF_HOME=build/hf $(BIN)/python scripts/run_baselines.py
	@$(BIN)/strife leaderboard
	@$(BIN)/strife hub eval > eval.yaml

$(READY): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "strife needs Python 3.11 or newer")'
	@echo "== set up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Every baseline on strife's corpus and on those in ../shared/corpora that are there: docs/benchmark.md. Takes an hour.
benchmark: $(READY)
	@$(BIN)/python scripts/benchmark.py

# Maintainers: pin the newest versions again (needs uv). The server's version stands in labelstudio/server.py, too.
COMPILE := uv pip compile --upgrade --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header \
	--no-annotate
lock:
	$(COMPILE) --extra dev pyproject.toml -o requirements/dev.lock
	$(COMPILE) --extra label-studio-test pyproject.toml -o requirements/label-studio.lock
	mkdir -p build && echo "torch ; python_version < '3'" > build/without-torch.txt
	$(COMPILE) --override build/without-torch.txt --extra extras-test pyproject.toml -o requirements/extras.lock
	echo "label-studio==1.23.2" | $(COMPILE) - -o src/strife/labelstudio/server.lock

clean:
	rm -rf build $(VENV) $(STUDIO) $(EXTRAS)
