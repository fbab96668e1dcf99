# make run     see it work: a broker, a node and a device on this machine (ARGS="--once" ends it)
# make test    the tests                                                  (ARGS="tests/gateway -x" ...)
# make lint    ruff and mypy
# make bench   the figures of docs/RESULTS.md, ~35 minutes              (ARGS=--quick tries it, ARGS=--save keeps it)
#
# Each sets up what it needs in .venv and .cache, from the package index that pip is configured for, and
# starts at once the next time. PYTHON=/path/to/python3 chooses another interpreter.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.PHONY: run test lint bench clean
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$p"; break; fi; done)
BIN := .venv/bin
MODEL := .cache/data/current
# Where edgegen keeps models and its database here, as systemd's StateDirectory= is on a gateway.
export STATE_DIRECTORY = $(CURDIR)/.cache/data

run: .venv/ready $(MODEL)
	exec $(BIN)/edgegen demo $(ARGS)

test: .venv/ready $(MODEL)
	env -u STATE_DIRECTORY $(BIN)/python -m pytest $(ARGS)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready $(MODEL)
	$(BIN)/python benchmarks/suite.py $(ARGS)

clean:
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

.venv/created:
	@if [[ -z "$(PYTHON)" ]]; then
	  echo "make: edgegen needs Python 3.11 or newer, and no python3 here is. Install one, or: make PYTHON=/path/to/python3" >&2
	  exit 1
	fi
	if ! "$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null; then
	  echo "make: $(PYTHON) has no venv module. On Debian, Ubuntu and Raspberry Pi OS: apt install python3-venv" >&2
	  exit 1
	fi
	"$(PYTHON)" -m venv --clear .venv
	touch $@

# llama.cpp first and alone, so that what takes minutes can say so.
.venv/llama: .venv/created
	@if ! $(BIN)/python -c 'import llama_cpp' 2>/dev/null; then
	  for tool in cc c++; do
	    if ! command -v "$$tool" >/dev/null; then
	      echo "make: llama.cpp is compiled here, and there is no $$tool. On Debian, Ubuntu and Raspberry Pi OS: apt install build-essential" >&2
	      exit 1
	    fi
	  done
	  requirement=$$($(BIN)/python -c 'import tomllib
	extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]
	print(next(r for r in extras["edge"] if r.startswith("llama-cpp-python")))')
	  echo "compiling llama.cpp once, ~6 minutes on 2 cores (seconds when pip has built it before); log: .venv/llama.log"
	  # LLAVA_BUILD=OFF leaves out the library for images, a fifth of the time.
	  CMAKE_ARGS="-DLLAVA_BUILD=OFF $${CMAKE_ARGS:-}" $(BIN)/python -m pip install --disable-pip-version-check \
	    --no-input "$$requirement" >.venv/llama.log 2>&1 &
	  pip=$$!
	  trap 'kill $$pip 2>/dev/null || true' EXIT
	  # A terminal sees the seconds pass; a log file gets a line a minute.
	  every=60; if [[ -t 1 ]]; then every=1; fi
	  while kill -0 $$pip 2>/dev/null; do
	    sleep 1
	    if (( SECONDS % every == 0 )); then
	      if [[ -t 1 ]]; then printf '\r  %d:%02d ' $$((SECONDS / 60)) $$((SECONDS % 60)); else echo "  $$((SECONDS / 60)) min"; fi
	    fi
	  done
	  if ! wait $$pip; then
	    tail -n 30 .venv/llama.log >&2
	    echo "make: llama.cpp was not installed; the whole log is .venv/llama.log" >&2
	    exit 1
	  fi
	  if [[ -t 1 ]]; then echo; fi
	  $(BIN)/python -c 'import llama_cpp; print("llama-cpp-python", llama_cpp.__version__, "is ready")'
	fi
	touch $@

.venv/ready: .venv/llama pyproject.toml
	@echo "installing edgegen and its tools into .venv"
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --quiet -e '.[dev]'
	touch $@

$(MODEL): | .venv/ready
	@$(BIN)/edgegen model add smollm2-135m --data-dir .cache/data
