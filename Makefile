# Telex Start. Every target does its own set-up.
.PHONY: demo test test-fast test-newest test-lowest test-debian test-desktops test-centrifugo bench soak fleet fuzz chaos lint coverage man completions
.PHONY: lock wheel deb release test-packages test-packages-deb
.PHONY: lint-workflows audit
.PHONY: set-up-demo set-up-test set-up-bench set-up-release set-up-keyrings clean

# What the tests run in, and what .ci/set-up makes it for.
VENV = .venv
TESTS = test
PYTEST = $(VENV)/bin/python -m pytest
# Most tests wait for something; those of one file share what they start.
PARALLEL = -n 4 --dist loadfile
# They have targets of their own.
NOT_HERE = --ignore tests/rigs/packages --ignore tests/rigs/keyrings

demo: set-up-demo
	.venv/bin/telex-start demo $(ARGS)

# The fast ones first: a broken frame decoder is not found by way of a screenshot.
test: set-up-test lint
	$(PYTEST) -n 2 -x tests/ground
	$(PYTEST) $(PARALLEL) -m "not centrifugo" --ignore tests/ground $(NOT_HERE) $(ARGS)

# With the newest of all packages, in .venv-newest; the others take those of packaging/requirements.
test-newest:
	$(MAKE) test VENV=.venv-newest TESTS=newest

# With the lowest versions that pyproject.toml allows, in .venv-lowest.
test-lowest:
	$(MAKE) test-fast VENV=.venv-lowest TESTS=lowest

test-fast: set-up-test
	$(PYTEST) tests/ground $(ARGS)

# On a Debian of its own, made for this and removed after it; wants root, debootstrap and 4 GB.
RELEASE ?= trixie
test-debian:
	python3 -m tests.rigs.debian $(RELEASE) $(if $(ARGS),"$(ARGS)")

# By Windows' Python under Wine, which is set up the first time. ARGS: parts, by tests/rigs/windows/wine_NAME.py; or all.
.PHONY: test-windows
test-windows: set-up-test
	.venv/bin/python -m tests.rigs.windows $(ARGS)

# Real desktops, each in a Debian of its own below ~/.cache; wants root and debootstrap, and 2 GB for each the first time.
.PHONY: test-desktops
test-desktops: set-up-test
	.venv/bin/python -m tests.rigs.desktops $(NAMES) $(ARGS)

# KWallet and KeePassXC in the place of GNOME Keyring.
.PHONY: test-keyrings
test-keyrings: set-up-keyrings
	$(PYTEST) tests/rigs/keyrings $(ARGS)

test-centrifugo: set-up-test
	.venv/bin/python -m tests.centrifugo
	$(PYTEST) $(PARALLEL) -m centrifugo --both-histories --timeout 120 $(ARGS)

# What is measured is what a user gets: the lean environment's Python, and the package as pip installs it.
bench: set-up-bench
	BENCH_PYTHON=.venv-lean/bin/python .venv/bin/python -m tests.rigs.bench $(ARGS)

MINUTES ?= 30
soak: set-up-test
	.venv/bin/python -m tests.rigs.soak $(MINUTES) $(ARGS)

# In virtual time, on all processors.
AGENTS ?= 10000
fleet: set-up-test
	.venv/bin/python -m tests.rigs.fleet $(AGENTS) $(ARGS)

SECONDS ?= 300
fuzz: set-up-test
	.venv/bin/python -m tests.rigs.fuzz $(SECONDS) $(ARGS)

chaos: set-up-test
	.venv/bin/python -m tests.rigs.chaos $(SECONDS) $(ARGS)

# Which of 150 planted breaks the tests find; wants root, and an hour or two. ARGS: --count, --seed, --only PACKAGE.
.PHONY: breaks
breaks: set-up-test
	.venv/bin/python -m tests.rigs.breaks $(ARGS)

# For the other platforms too, each with a cache of its own; of the tests what Windows can run.
lint: set-up-test
	$(VENV)/bin/ruff check telex_start tests packaging
	$(VENV)/bin/ruff format --check -q telex_start tests packaging
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(VENV)/bin/python -m tests.private_names
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(VENV)/bin/mypy --platform win32 --cache-dir .mypy_cache/win32 -p telex_start -p tests.ground

# Of what the hosted workflow does, what can be known here; with the shell's scripts where shellcheck is. Needs Go.
ACTIONLINT = v1.7.12
lint-workflows:
	GOBIN=$(CURDIR)/build/tools go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT)
	build/tools/actionlint
	if command -v shellcheck >/dev/null; then shellcheck .ci/run .ci/set-up $$(git ls-files '*.sh'); fi

# Whether a vulnerability is known of what is released, by the index that pip uses.
audit: set-up-release
	.venv-release/bin/pip-audit --strict --require-hashes --disable-pip -r packaging/requirements/runtime.txt
	.venv-release/bin/pip-audit --strict --require-hashes --disable-pip -r packaging/requirements/build.txt

# Which lines the tests run, those of the processes that they start too; `make test` does without, and is faster.
coverage: set-up-test
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest $(PARALLEL) -m "not centrifugo" $(NOT_HERE) $(ARGS); code=$$?; \
	  .venv/bin/coverage combine -q && .venv/bin/coverage report && exit $$code

# From the parsers in telex_start/command_line.py, with the words of packaging/man.include.
man: set-up-test
	$(VENV)/bin/python packaging/reference.py

completions: man

# packaging/requirements/*.txt; ARGS=--upgrade takes the newest of everything.
lock: set-up-release
	.venv-release/bin/python packaging/lock.py $(ARGS)

# Into dist/, and the same bytes from the same commit.
wheel: set-up-release
	.venv-release/bin/python packaging/wheel.py

# For each release of Debian (RELEASE=bookworm: that one), in one of its own, below ~/.cache; wants root and debootstrap.
ONLY_RELEASE = $(if $(filter-out file,$(origin RELEASE)),$(RELEASE))
deb:
	PYTHONPATH=. python3 packaging/build_deb.py $(ONLY_RELEASE)

# All that is released, with its sums, in dist/. It wants root for the Debian packages. The program for Windows is taken
# from dist/; WINDOWS=1 makes one where none of this commit is there, and wants Wine.
release: set-up-release
	.venv-release/bin/python packaging/release.py check
	MAKE="$(MAKE)" WINDOWS="$(WINDOWS)" .venv-release/bin/python packaging/release.py windows
	$(MAKE) wheel
	$(MAKE) deb
	.venv-release/bin/python packaging/sbom.py
	.venv-release/bin/python packaging/release.py sums

# Into dist/, made and run under Wine (packaging/windows/README.md says how on Windows).
.PHONY: windows
windows: set-up-test
	.venv/bin/python -m tests.rigs.packages.windows_program $(ARGS)

# What pip and pipx install, on a desktop without a screen; and which platforms need no compiler.
test-packages: set-up-test set-up-release
	$(PYTEST) tests/rigs/packages $(ARGS)
	.venv/bin/python -m tests.rigs.packages.platforms

# Built twice, compared, installed, used, upgraded and removed, on each release of Debian (RELEASE=bookworm: that one).
test-packages-deb: set-up-test
	.venv/bin/python -m tests.rigs.packages.deb $(ONLY_RELEASE) $(ARGS)

set-up-demo:
	@.ci/set-up demo

set-up-test:
	@.ci/set-up $(TESTS)

set-up-keyrings:
	@.ci/set-up keyrings

set-up-bench:
	@.ci/set-up bench

set-up-release:
	@.ci/set-up release

clean:
	rm -rf .venv .venv-newest .venv-lowest .venv-lean .venv-release build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
