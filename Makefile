# lossedu: `make demo` and `make test` do all the set-up by themselves; `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
# the first Python found from 3.11 to 3.13, because TensorFlow supports these, or else 3.14; PYTHON=... chooses another
PYTHON ?= $(firstword $(foreach newest,13 14,$(foreach python,python3 python3.13 python3.12 python3.11 python3.14 python,$(shell \
    $(python) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, $(newest)) and print("$(python)")' 2>/dev/null))))
# nbgrader calls alembic, and Jupyter its subcommands, by name
export PATH := $(CURDIR)/$(BIN):$(PATH)

# the tests of a file share fixtures, so one process runs them; three processes keep two cores busy, because some tests wait
BY_FILE := --dist loadfile --no-loadscope-reorder
PARALLEL := -n 3 $(BY_FILE)

.DEFAULT_GOAL := help
.PHONY: help demo test lint test-slow test-thorough test-kills test-browser screenshots mutation confusion unforeseen bench-accuracy bench-speed bench-latency bench-browser bench lab build release gradescope losses record rivals book site messages lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

$(VENV)/made: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "lossedu needs Python 3.11 to 3.14; none was found. Try: make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version), one to five minutes the first time"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# one marker file per installed extra: each target adds the extra that it needs to the same environment
$(VENV)/with-%: $(VENV)/made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$*]'
	@touch $@
.PRECIOUS: $(VENV)/with-%

$(VENV)/ready: $(VENV)/with-dev
	@touch $@

demo: $(VENV)/with-author  ## build the course, grade sample submissions, show the grades and where the feedback is
	@$(BIN)/python -m tests.samples.demo

test: $(VENV)/ready  ## the fast tests; at most 6 minutes on two quiet cores (budgets: CONTRIBUTING.md)
	$(BIN)/python -m pytest $(PARALLEL) --durations=10

lint: $(VENV)/ready  ## style, types, and which package imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright

test-slow: $(VENV)/ready  ## the tests that take minutes, such as an installation from environment.yml
	$(BIN)/python -m pytest -m slow --timeout 1800 $(PARALLEL) --durations=20

test-thorough: $(VENV)/ready  ## the reference package on many more inputs, other ones each time
	$(BIN)/python -m pytest -n 2 --dist loadfile --timeout 0 --hypothesis-profile=thorough tests/losses tests/test_metrics.py tests/test_optimizers.py

test-kills: $(VENV)/ready  ## kill a batch at fifty random moments, with SQLite and with PostgreSQL, and take it up again
	KILLS=50 $(BIN)/python -m pytest -m slow --timeout 0 tests/grading/test_resume.py -k killed_run

test-browser: $(VENV)/ready  ## the ways of learners and teachers through a real JupyterLab in headless Chromium
	$(BIN)/python -m pytest -m browser -n 2 $(BY_FILE) --durations=10

screenshots: $(VENV)/ready  ## the pictures in docs/images/, made anew by these tests
	LOSSEDU_SCREENSHOTS=docs/images $(BIN)/python -m pytest -m browser tests/browser

mutation: $(VENV)/ready  ## change every solution in every small way: how many of these mutants pass?
	@$(BIN)/python -m benchmarks.mutation > benchmarks/mutation.txt; status=$$?; cat benchmarks/mutation.txt; exit $$status

confusion: $(VENV)/ready  ## judge all known right and wrong answers twenty times: is every verdict the same, and true?
	$(BIN)/python -m benchmarks.confusion

unforeseen: $(VENV)/ready  ## judge the answers that were written from the notebooks alone: are they understood?
	$(BIN)/python -m benchmarks.unforeseen

bench-accuracy: $(VENV)/ready  ## the digits that each loss keeps, here and in tf.keras, PyTorch, SciPy and scikit-learn
	$(BIN)/python -m benchmarks.accuracy

bench-speed: $(VENV)/ready  ## the time and memory that each loss takes, here and there
	$(BIN)/python -m benchmarks.speed

bench-latency: $(VENV)/ready  ## how long a check takes, exercise by exercise
	$(BIN)/python -m benchmarks.latency

bench-browser: $(VENV)/ready  ## how long a learner waits in the browser, from opening a chapter to its first verdict
	$(BIN)/python -m benchmarks.browser

bench: $(VENV)/ready  ## the submissions a minute, CPU seconds and memory of grading, by nbgrader and by lossedu grade
	$(BIN)/python -m benchmarks.grading

lab: $(VENV)/with-keras  ## open the course in JupyterLab, at its start page
	$(BIN)/lossedu lab course

build: $(VENV)/with-author  ## turn the chapters' text into notebooks with solutions, in solutions/
	$(BIN)/lossedu build

release: build  ## make what learners open, in course/, from these
	for chapter in solutions/*/; do $(BIN)/nbgrader generate_assignment --force "$$(basename $$chapter)"; done

gradescope: $(VENV)/with-author  ## an autograder for Gradescope, in build/: make gradescope ASSIGNMENT=07_kl_divergence
	@test -f "course/$(ASSIGNMENT)/$(ASSIGNMENT).ipynb" || { echo "Name a chapter: make gradescope ASSIGNMENT=07_kl_divergence"; exit 1; }
	@rm -rf build/gradescope build/gradescope-$(ASSIGNMENT).zip && mkdir -p build/gradescope
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/gradescope .
	@cp deploy/gradescope/* constraints.txt course/$(ASSIGNMENT)/$(ASSIGNMENT).ipynb build/gradescope
	@echo $(ASSIGNMENT) >build/gradescope/assignment.txt
	@cd build/gradescope && $(abspath $(BIN))/python -m zipfile -c ../gradescope-$(ASSIGNMENT).zip *
	@echo "wrote build/gradescope-$(ASSIGNMENT).zip"

losses: $(VENV)/ready  ## write losses/__init__.py and losses/classes.py from the declarations of the losses
	$(BIN)/python -m lossedu.authoring.loss_modules

record: $(VENV)/with-keras  ## record again what the installed tf.keras gives on the public cases
	$(BIN)/lossedu record

rivals: $(VENV)/made  ## PyTorch and optax in build/rivals, for the test that tries what the pages of the losses say of them
	@python=$$(/usr/bin/python3 -c "import torch" 2>/dev/null && echo /usr/bin/python3 || echo $(BIN)/python); \
	    rm -rf build/rivals && $$python -m venv --system-site-packages build/rivals
	@build/rivals/bin/python -c "import torch" 2>/dev/null || build/rivals/bin/python -m pip install --quiet torch
	@build/rivals/bin/python -m pip install --quiet --disable-pip-version-check optax

language := en
book: $(VENV)/with-docs  ## the course as web pages, with all solutions, in build/book/en/; or, with language=zh_CN, in Chinese
	BOOK_LANGUAGE=$(language) $(BIN)/sphinx-build -W --keep-going --builder html docs build/book/$(language)

PYODIDE :=
SITE_LANGUAGE :=
site: $(VENV)/with-site  ## the course as web pages that run in the browser, in build/site/; with PYODIDE=folder, without the internet
	@$(BIN)/python -m lossedu.authoring.site build/site --pyodide "$(PYODIDE)" --language "$(SITE_LANGUAGE)"

lock:  ## resolve constraints.txt anew, for all supported Pythons
	uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --upgrade \
	    --no-emit-index-url --no-annotate --custom-compile-command "make lock" --output-file constraints.txt

messages: $(VENV)/with-docs  ## bring the translations of what checks say up to date
	$(BIN)/python -m lossedu.authoring.messages

clean:  ## remove the virtual environment and all that is built
	rm -rf $(VENV) build dist
