# `make help` lists the targets. Everything below a target is installed by it when it is missing.

PYTHON ?= python3.11
UV ?= $(shell command -v uv || echo $(BIN)/uv)
BIN := .venv/bin
STAMPS := .make
PACKAGES := helpdesk channels gateway
FRONTEND := gateway/frontend
PORT ?= 8000
DATA ?= data/demo
WORKERS ?= 2

# What the tests need of the system: a program for each package, so that nothing is installed twice.
APT := chromium dovecot-imapd dovecot-lmtpd fonts-dejavu-core fonts-liberation postgresql
NEEDED := command -v chromium \
	&& test -x /usr/lib/dovecot/imap && test -x /usr/lib/dovecot/lmtp \
	&& ls /usr/lib/postgresql/*/bin/initdb \
	&& ls /usr/share/fonts/truetype/liberation* /usr/share/fonts/truetype/dejavu

# The tests start some hundred processes, each of which would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: run
run: $(STAMPS)/python static ## the demo with its own data: prints addresses and log-ins (PORT=8000 DATA=data/demo)
	$(BIN)/ponte demo --port $(PORT) --data $(DATA)

.PHONY: test
test: system $(STAMPS)/python static ## every test, after installing what they need (as root also apt packages)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

.PHONY: check
check: lint ## linters, types, contracts and the quick tests
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile -m "not slow" -q

.PHONY: lint
lint: $(STAMPS)/python static ## ruff, pyright, import-linter, deptry, djlint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --project pyproject.toml
	$(BIN)/lint-imports
	$(BIN)/deptry .
	# no --check: its layout would put blanks into sentences that macros join
	$(BIN)/djlint templates --lint --quiet

.PHONY: cover
cover: system $(STAMPS)/python static ## every test with branch coverage, and the floors
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --cov --cov-report=
	$(BIN)/coverage report --include='helpdesk/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95

.PHONY: bench
bench: $(STAMPS)/python static ## the benchmarks, each beside its physical limit
	$(BIN)/ponte bench

.PHONY: corpora
corpora: $(STAMPS)/python ## the mail figures over a folder of messages, each with its bar (CORPORA=DIR)
	@test -d "$(CORPORA)" || { echo "usage: make corpora CORPORA=DIR" >&2; exit 2; }
	$(BIN)/ponte bench mail --corpora "$(CORPORA)" --replies tests/fixtures/mail/pt

.PHONY: static
static: $(STAMPS)/python ## style sheets and scripts into gateway/static
	@$(BIN)/python $(FRONTEND)/hatch_build.py

.PHONY: system
system: ## Debian packages of the tests (installs what is missing when root)
	@($(NEEDED)) >/dev/null 2>&1 || $(MAKE) --no-print-directory apt

.PHONY: apt
apt:
	@test "$$(id -u)" = 0 || { echo "install as root: apt-get install $(APT)" >&2; exit 1; }
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(APT)

.PHONY: lock
lock: $(STAMPS)/python ## resolves requirements.lock and package-lock.json again
	@test -x "$(UV)" || $(BIN)/python -m pip install -q uv
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock
	cd $(FRONTEND) && npm install --package-lock-only --ignore-scripts

.PHONY: wheel
wheel: $(STAMPS)/python ## dist/*.whl with templates, static files and migrations inside
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

.PHONY: clean
clean: ## removes what the targets made, but no data
	rm -rf .venv $(STAMPS) dist build gateway/static $(FRONTEND)/node_modules test-output .coverage* \
		.pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The lock holds every package with its hash; Ponte itself is linked, so that edits count at once.
$(STAMPS)/python: requirements.lock pyproject.toml $(FRONTEND)/hatch_build.py
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@mkdir -p $(STAMPS) && touch $@
