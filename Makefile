# `make run` and `make test` do all the set-up they need, in a virtual environment inside the project.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint counts clicks live screenshots soak mutants demo wheel clean

run: .venv/.run
	$(BIN)/streamlit run app.py --server.headless=$(if $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname)),false,true)

# What goes through a browser runs beside the rest, and is shown after it; both must pass.
test: .venv/.dev lint
	@shown=$$(mktemp); $(BIN)/python -m pytest -m browser > $$shown 2>&1 & beside=$$!; \
	trap 'kill $$beside 2>/dev/null' INT TERM; \
	$(BIN)/python -m pytest -m "not browser"; rest=$$?; \
	wait $$beside; browser=$$?; \
	echo "In a browser:"; cat $$shown; rm -f $$shown; \
	exit $$((rest || browser))

# Count what the fault tests try and lose, and write it into tests/faults/counts.json and tests/README.md.
counts: .venv/.dev
	BLINDSPOT_COUNT=1 $(BIN)/python -m pytest tests/faults

# How long a click takes, in the browser; `python -m tests.tools.clicks --million` for a million rows as well.
clicks: .venv/.dev
	$(BIN)/python -m tests.tools.clicks

# How long one text takes on the page Try it, from Enter to the label: through the worker alone, and in the browser.
live: .venv/.dev
	$(BIN)/python -m evalcore bench-live
	$(BIN)/python -m tests.tools.live

# The pictures of README, from the pages as they are.
screenshots: .venv/.dev
	$(BIN)/python -m tests.tools.screenshots

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What takes longer: everybody at once on one store for a minute, and 10,000 random cases of each kind.
soak: .venv/.dev
	$(BIN)/python -m tests.tools.soak
	BLINDSPOT_FUZZ=10000 $(BIN)/python -m pytest tests/faults/test_fuzz.py

# Take protecting lines out of the program, one at a time, and name those without which no test fails.
# For some modules only: python -m tests.tools.mutants evalcore/store.
mutants: .venv/.dev
	$(BIN)/python -m tests.tools.mutants

# Make the demo's two checkpoints again, from the data in evalcore/demo/data.
demo: .venv/.run
	$(BIN)/python -m evalcore.demo

# A wheel and a source distribution in dist/; `pip install dist/*.whl` gives the command `blindspot`.
wheel: .venv/.dev
	$(BIN)/python -m build --no-isolation

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.run: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Blindspot needs Python 3.11 or later")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.dev: .venv/.run requirements-dev.txt requirements-adapters.txt requirements-inspect.txt requirements-large.txt requirements-ray.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
