# make run: the archive, filled and served.  make demo: the same on example newsrooms.  make test: the tests.
# make soak: those that endure.  Each sets itself up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: run demo test soak check bench lint types quality lock clean

run: $(READY)
	$(BIN)/revierspiegel run $(ARGS)

demo: $(READY)
	$(BIN)/revierspiegel demo $(ARGS)

# for two cores, which four fill, as crawls wait for what they ask; all tests of a file by one, so that what they share
# is set up once; `.venv/bin/python -m pytest` runs all, soak too, one after the other
PYTEST := $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder
test: $(READY)
	$(PYTEST) -m "not soak" $(ARGS)

# kills, a year of nights, large hostile inputs, every page in a browser, many readers at once, the benchmarks to their
# end, and many more examples of each property
soak: $(READY)
	$(PYTEST) -m "soak or hypothesis" --hypothesis-profile many $(ARGS)

check: lint types test soak quality

# the crawl against that of the last release, in turn; `make bench AGAINST=main~20` against another commit
AGAINST ?= $(shell git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || echo 0bf85e3)
bench: $(READY)
	$(BIN)/python benchmarks/crawl.py --pages 2000 --against $(AGAINST) $(ARGS)

# no measure below its floor: of our own labelled pages, articles and queries, and of recorded pages where they lie beside
# the project
RECORDED := $(wildcard ../shared/corpus/press-dev.warc.gz)
quality: $(READY)
	$(BIN)/python -m tests.quality.gate
	$(BIN)/python -m tests.quality.search_gate
	$(BIN)/python -m tests.quality.furniture
	$(if $(RECORDED),$(BIN)/python -m tests.quality.furniture $(RECORDED))

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# setuptools comes with the lock, so that building our own package fetches nothing unpinned.
$(READY): requirements.lock requirements-recipes.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --target $(VENV)/recipes -r requirements-recipes.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# needs uv on the PATH; the lock holds for Linux and macOS, Python 3.11 to 3.13
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-header --output-file requirements.lock
	uv pip compile --group recipes --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-header --output-file requirements-recipes.lock

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
