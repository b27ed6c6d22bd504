# `make demo` runs the demo, `make test` checks everything. Both need Python 3.11 or newer with pip, and a package
# registry. Nothing is installed outside this folder, except what root's `make test` and `make deep` take from Debian
# (scripts/system-packages).

PYTHON ?=
bin = .venv/bin
export PYTHON
# Uncompiled, every process of a test would compile the programs, and pytest each test module, again.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: .venv demo test unit deep soak mutants coverage lint licences docs pictures packages locks clean

.venv:
	@sh scripts/setup demo

# ONCE=1 exits after the scenes, with exit code 0 only if every result was as expected. PORTS=free takes free ports.
demo: .venv
	@ONCE=$(ONCE) PORTS=$(PORTS) $(bin)/python -m shikaku

# The tests of a file stay in one process, those of a browser too, those of a running stack in two; the short files come last
# (tests/scheduling.py). One process more than cores, since a test that waits for programs or the disk leaves its core
# idle; five at most, since each has a database server.
parallel = -n $(shell expr $$(nproc) + 1) --dist loadfile --no-loadscope-reorder --maxprocesses=5

# The additional process runs the tests that wait for nothing and need no database: xdist would take a fifth of their
# processor time for itself, since each of its processes collects all tests, and reports each by messages. The lints come
# after it, while xdist's last files leave processors idle.
alone = $(addprefix tests/,claims fuzz unit)
test: packages
	@sh scripts/setup test
	@{ printf '%s\n' '$(bin)/pytest $(parallel) tests $(addprefix --ignore=,$(alone))'; \
		printf 'sh scripts/quietly $(bin)/%s\n' 'pytest -q $(alone)' $(typed) $(lints); } | xargs -P 2 -I {} sh -c {}

# The fast checks, for every change: mypy beside three processes with about a third of the unit tests each, then the other
# lints. Hypothesis tries 20 examples instead of 50, and tests that take long are left to `make test`.
organisations = $(addprefix tests/unit/,loadtest payer_mock jpki_mock mutants)
clinic = $(addprefix tests/unit/,clinic_terminal screens shikaku)
quick = pytest -q -m "not slow" --hypothesis-profile=quick -p no:schemathesis
unit:
	@sh scripts/setup test
	@printf '%s\0' $(typed) '$(quick) $(organisations)' '$(quick) $(clinic)' \
		'$(quick) tests/unit $(addprefix --ignore=,$(organisations) $(clinic))' $(lints) | \
		xargs -0 -P 4 -I {} sh -c 'sh scripts/quietly $(bin)/{}'

# All tests at nightly size (Hypothesis tries twenty times as many examples), or those of one part: PART=rules.
# Every test file belongs to at least one part; tests/unit/repository holds that.
deep: export SHIKAKU_DEEP = 1
deep: packages lint
	@$(bin)/pytest $(parallel) \
		$(if $(PART),$(or $(deep_$(PART)),$(error PART is one of: rules fuzz doors exchange record clients failover)))

include tests/deep-parts

# Hours of load with every fault in turn, on a stack of its own; its verdict is printed at the end. HOURS=8, SCALE=0.1 of L0.
soak:
	@sh scripts/setup test
	@$(bin)/loadtest soak --hours $(or $(HOURS),8) --scale $(or $(SCALE),0.1)

# Change the rules in every small way, and run their tests: MODULE="papers version_2/cover", all without it.
# Fails if a mutant survives that tests/mutants/modules.toml does not name as equivalent.
mutants:
	@sh scripts/setup test
	@$(bin)/python -m tests.mutants $(MODULE)

# Branch coverage, without the tests that start processes of their own. Fails if a rule or permit is not covered.
coverage:
	@sh scripts/setup test
	@$(bin)/pytest $(parallel) --cov --cov-report= --ignore=tests/end_to_end --ignore=tests/pcsc
	@$(bin)/coverage report
	@$(bin)/coverage report --include='eligibility_api/domain/*' --fail-under=100

# Two at a time, the longest first; all of them run, whichever fails.
typed = 'mypy --no-error-summary'
lints = 'python scripts/words' 'lint-imports --no-logo' 'python scripts/licences.py --check' 'ruff check --quiet .' \
	'ruff format --quiet --check .'
lint:
	@sh scripts/setup test
	@printf '$(bin)/%s\n' $(typed) $(lints) | xargs -P 2 -I {} sh -c {}

# Write docs/licences.md from the locks and the installed packages.
licences:
	@sh scripts/setup test
	@$(bin)/python scripts/licences.py

# Generate what follows from the code, such as docs/openapi.json and eligibility_api/sql/ (the list: scripts/generate_docs.py);
# tests hold all of it equal to the code.
docs:
	@sh scripts/setup test
	@$(bin)/python -m scripts.generate_docs

# Take the pictures of docs/screens.md; needs Chromium. EVERY=1 takes them in each size and contrast, to look at: var/pictures.
pictures: packages
	@sh scripts/setup test
	@$(if $(EVERY),SHIKAKU_DEEP=1 SHIKAKU_PICTURES=var/pictures,SHIKAKU_PICTURES=docs/screens) $(bin)/pytest tests/browser

packages:
	@sh scripts/system-packages

# Compile the locks together so that they agree; UPGRADE=1 takes the newest versions. Then: make licences.
locks:
	@sh scripts/setup test
	@sh scripts/locks $(if $(UPGRADE),--upgrade)

clean:
	rm -rf .venv var build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .words_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
