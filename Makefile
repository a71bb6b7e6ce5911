# Three commands do everything on a fresh machine with Python >= 3.11: make demo, make test, make app.

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
STAMP   = $(VENV)/.installed
SITE_STAMP = $(VENV)/.installed-docs

.PHONY: demo app test test-slow check bench docs pages site notebooks lock spark derive clean

demo: $(STAMP)  ## run the bundled study and say where the report is
	$(BIN)/shuseki run okamuro-2006

app: $(STAMP)  ## start the web application on this machine; open the address it prints
	$(BIN)/shuseki app

test: $(STAMP)  ## checks of structure and types, then every test but the slow ones
	$(MAKE) check
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not spark"

test-slow: $(STAMP)  ## the tests that simulate at length, or draw the census at full size
	$(BIN)/pytest -q -n 2 --dist load -m "slow and not spark"

check: $(STAMP)  ## style, types, layers; pages and benchmarks older than their code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/freshness.py

spark: $(STAMP)  ## install the Spark extra (needs Java 17) and run the tests marked spark
	$(BIN)/python -m pip install --quiet --no-deps -r requirements-spark.lock
	$(BIN)/pytest -q -m spark

bench: $(STAMP)  ## run every benchmark; each renews its section of benchmarks/README.md
	for script in $(filter-out benchmarks/sections.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

docs: pages notebooks site  ## pages, notebooks, then the site

pages: $(STAMP)  ## run the code of the documentation pages and renew their output
	$(BIN)/python docs/build.py
	$(BIN)/python docs/theory/draw.py
	$(BIN)/python docs/measures/draw.py

notebooks: $(SITE_STAMP)  ## the tutorials as notebooks, run and kept with their output
	$(BIN)/python docs/notebooks.py

site: $(SITE_STAMP)  ## the documentation as a web site in build/site; nothing is fetched
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	$(BIN)/python docs/offline.py build/site

derive: $(STAMP)  ## rebuild the bundled tables from the publishers' files: make derive DATA=folder
	for script in derive/*.py; do $(BIN)/python $$script $(DATA) || exit 1; done

lock:  ## renew the pinned versions (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	uv pip compile --group pyproject.toml:docs --universal --python-version 3.11 --constraint requirements.lock \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements-docs.lock
	uv pip compile pyproject.toml --extra spark --universal --python-version 3.11 --constraint requirements.lock \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q | grep -E '^(pyspark|py4j)==' > requirements-spark.lock

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shuseki needs Python 3.11 or newer; found " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

$(SITE_STAMP): $(STAMP) requirements-docs.lock
	$(BIN)/python -m pip install --quiet -r requirements-docs.lock
	touch $(SITE_STAMP)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
