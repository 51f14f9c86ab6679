# Every target works alone on a fresh machine: it needs make, and uv or Python 3.11 and newer.
# `make test ARGS='-k trigger'` hands ARGS on; `PYTHON=python3.12 make test` chooses the Python.

BIN := .venv/bin
DOCKER ?= docker
IMAGE ?= gpt-userbot
ARGS ?=
# Tests at a time: more than two cores would hold, since most of them wait.
WORKERS ?= 8
# What is compiled of the tests is kept, also where that is not the custom: else each worker compiles
# all of them, which takes it longer than a tenth of their work.
KEPT := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/.cache/compiled
.DEFAULT_GOAL := help
.PHONY: help install tools demo check test bench fuzz soak demo-real test-real chaos differential live pictures texts lock upgrade build \
	run pin clean \
	setup-run setup-dev setup-tools setup-real
.NOTPARALLEL:  # two installations into one .venv would spoil each other

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: setup-run  ## the whole program against a small Telegram on this computer: no account, no key
	@trap : INT; $(BIN)/userbot demo $(ARGS) || [ $$? -eq 130 ]  # Ctrl-C is no failure

install: setup-run  ## the program and what it needs, into .venv
	@echo "Ready. Next: $(BIN)/userbot init"

tools: setup-run setup-tools  ## what servers of tools need ([[tools]]), into .venv

check: setup-dev  ## lint, format, types; the types on Windows, too
	@failed=0; for tool in "ruff check ." "ruff format --check ." mypy \
		"mypy --platform win32 --cache-dir .cache/mypy-win32 userbot"; do \
		$(BIN)/$$tool || failed=1; \
	done; exit $$failed

test: setup-dev  ## all tests but the slow ones
	@$(KEPT) $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

bench: setup-run  ## measurements: every tests/bench/bench_*.py
	@for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file $(ARGS) || exit 1; done

demo-real: setup-run setup-real  ## the demo with a small real language model and a real Whisper (0.4 GB, the first time only)
	@$(BIN)/python -m tests.real.demo $(ARGS)

test-real: setup-dev setup-real  ## tests against these models
	@$(BIN)/pytest -m slow -rs tests/real $(ARGS)

fuzz: setup-dev  ## random Markdown, harmful documents, 200,000 updates of any kind, 1,000 questions in a minute, two hours of sound; FUZZ_SEED=7 begins elsewhere
	@$(BIN)/pytest -m slow -s tests/rules tests/safety tests/documents tests/test_audio.py $(ARGS)

chaos: setup-dev  ## 500 kills and 200 signals at random instants, storms of faults over 300 questions each, and what is left counted; CHAOS_SEED=7, CHAOS_KILLS=2000, CHAOS_QUESTIONS=1000
	@$(BIN)/pytest -m slow -n 4 -rP tests/chaos tests/cli/test_signals.py $(ARGS)

differential: setup-dev  ## what this program does otherwise than that of another commit: OLD=v1.2 (ARGS='--seeds 9')
	@$(BIN)/python -m tests.differential $(OLD) $(ARGS)

soak: setup-dev  ## 20,000 messages: memory and open files of the program stay as they are
	@$(BIN)/pytest -m slow -s tests/cli/test_flat.py $(ARGS)

live: setup-run  ## ten minutes by hand against Telegram's test data centre
	@$(BIN)/python -m tests.live $(ARGS)

pictures: setup-run  ## the README's pictures of a chat and of the console, in docs/pictures
	@$(BIN)/userbot demo --language en --picture docs/pictures/en
	@$(BIN)/userbot demo --language ru --picture docs/pictures/ru

texts: setup-dev  ## bring the translations in userbot/locale up to date with the texts marked in the code
	@.ci/texts

lock:  ## write requirements/*.txt after a change of dependencies in pyproject.toml
	@.ci/lock

upgrade:  ## the same, with the newest versions
	@.ci/lock --upgrade

build:  ## the Docker image
	@$(DOCKER) build --tag $(IMAGE) .

run: build  ## the program in Docker, with ./config.toml and ./sessions; ARGS=doctor runs another command
	@DOCKER="$(DOCKER)" IMAGE="$(IMAGE)" .ci/docker-run $(or $(ARGS),run)

pin:  ## write the digest of today's base image into the Dockerfile
	@DOCKER="$(DOCKER)" .ci/docker-pin

clean:  ## remove what was made here, but never config.toml and sessions/
	@rm -rf .venv .cache dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	@find userbot tests -name __pycache__ -type d -prune -exec rm -rf {} +

setup-run:
	@trap : INT; .ci/setup run || [ $$? -eq 130 ]  # Ctrl-C ends make itself

setup-dev:
	@.ci/setup dev

setup-tools: | setup-run
	@.ci/setup tools

setup-real: | setup-run
	@.ci/setup real
