# The commands a person types. `make help` lists them.
#
# Needed: Rust (stable), Python 3.10 or newer, gcc, g++, cmake. What else the tests use is installed when it is missing
# and this is root or has sudo on a Debian-like machine; elsewhere a message says what to install.

PYTHON ?= python3
CARGO ?= cargo
PREFIX ?= /usr/local
CARGO_TARGET_DIR ?= $(CURDIR)/target
export PYTHON CARGO_TARGET_DIR

BIN := .venv/bin
RELEASE := $(CARGO_TARGET_DIR)/release
# In continuous integration Cargo.lock is law.
LOCKED := $(if $(CI),--locked)

.DEFAULT_GOAL := release
.PHONY: release wheel demo bench interop test simulate fmt install clean help check-fmt check-clippy check-rust \
	check-simulation check-rustdoc check-release check-wheel check-python check-pylint check-docs check-readme \
	check-interop check-demo

release: ## build target/release/sanwang, libsanwang.so and libsanwang.a
	@.ci/tools.sh cargo cc
	@$(CARGO) build -q $(LOCKED) --release -p sanwang -p sanwang-ffi --features sanwang/cli
	@ln -sf libsanwang.so $(RELEASE)/libsanwang.so.0

# ---- Python --------------------------------------------------------------------------------------------------------

$(BIN)/.tools: .ci/requirements.txt
	@.ci/tools.sh venv
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r .ci/requirements.txt
	@touch $@

wheel: $(BIN)/.tools ## build dist/sanwang-*.whl and install it into .venv
	@.ci/tools.sh cargo cc
	@rm -rf dist
	@.ci/quiet.sh $(BIN)/maturin build $(LOCKED) --release -m python/Cargo.toml -o dist
	@$(BIN)/python -m pip install -q --disable-pip-version-check --force-reinstall --no-deps dist/*.whl

demo: wheel ## three simulated carriers, one client, 300 messages: what happens to each
	@$(BIN)/python examples/python/demo.py

interop: wheel check-interop ## our client and gateway against another library's, over loopback

ROUNDS ?= 5
bench: release wheel ## throughput beside what raw sockets allow, in turn, ROUNDS=5 times, and where the time goes
	@cd tests/floors/limit && $(CARGO) build -q --release --target-dir target
	@mkdir -p tests/floors/doors/build target
	@$(CC) -O2 -Wall -Wextra -Iinclude tests/floors/doors/loop.c -o tests/floors/doors/build/loop -L$(RELEASE) \
		-Wl,-rpath,$(RELEASE) -lsanwang
	@$(CARGO) build -q $(LOCKED) --release -p sanwang-ffi --example stages --example codec
	@test -e target/release || ln -s $(RELEASE) target/release
	@$(PYTHON) tests/floors/limit/interleave.py tests/floors/product.json --rounds $(ROUNDS)
	@echo
	@$(RELEASE)/examples/stages
	@echo
	@$(PYTHON) tests/floors/codec.py tests/floors/limit/target/release/limit $(RELEASE)/examples/codec --rounds $(ROUNDS)

# ---- tests ---------------------------------------------------------------------------------------------------------

CHECKS := check-fmt check-clippy check-rust check-simulation check-rustdoc check-release check-wheel check-python \
	check-pylint check-docs check-readme check-interop check-demo

test: ## every test and lint; the last line counts the tests
	@.ci/tools.sh cargo venv cc c++ cmake valgrind pkg-config openssl java mvn tshark
	@$(PYTHON) .ci/check.py $(MAKE) $(CHECKS)

SEEDS ?= 100000
SEED ?=
simulate: ## SEEDS=100000 worlds of clients, gateways and faulty networks; SEED=s tells the story of one
	@.ci/tools.sh cargo cc
	@SANWANG_SEEDS=$(SEEDS) SANWANG_SEED=$(SEED) $(CARGO) test -q $(LOCKED) --profile simulation -p sanwang \
		--test simulation -- --nocapture every_world

check-fmt:
	@$(CARGO) fmt --all --check

check-clippy:
	@$(CARGO) clippy -q $(LOCKED) --workspace --all-targets --all-features -- -D warnings
	@$(CARGO) clippy -q $(LOCKED) -p sanwang --no-default-features -- -D warnings

# The C programs run from here, too: ffi/tests builds them, and runs them under valgrind.
check-rust:
	@$(CARGO) test -q $(LOCKED) --workspace --all-features --no-fail-fast

# As many worlds as a run of the tests has time for; check-rust runs a few in a debug build.
check-simulation:
	@SANWANG_SEEDS=10000 $(CARGO) test -q $(LOCKED) --profile simulation -p sanwang --test simulation

check-rustdoc:
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc -q $(LOCKED) --workspace --all-features --no-deps

check-release: release

check-wheel: wheel

check-python: $(BIN)/.tools
	@$(BIN)/pytest -q python/tests

# From python/, whose pyproject.toml has the rules.
RUFF := . ../examples/python ../tests/readme ../tests/interop ../.ci

check-pylint: $(BIN)/.tools
	@cd python && ../$(BIN)/ruff check -q $(RUFF)
	@cd python && ../$(BIN)/ruff format -q --check $(RUFF)
	@cd python && ../$(BIN)/mypy
	@$(BIN)/mypy --strict tests/readme .ci
	@$(BIN)/mypy --strict tests/interop

check-docs:
	@$(PYTHON) .ci/docs.py

check-readme: $(BIN)/.tools
	@$(BIN)/pytest -q tests/readme

INTEROP := tests/interop/target/interop-1.jar

$(INTEROP): tests/interop/pom.xml $(wildcard tests/interop/src/*.java)
	@.ci/tools.sh java mvn
	@.ci/quiet.sh mvn -q -B -f tests/interop/pom.xml package

check-interop: $(BIN)/.tools $(INTEROP)
	@$(BIN)/pytest -q tests/interop

check-demo:
	@$(BIN)/python examples/python/demo.py

fmt: $(BIN)/.tools ## format Rust and Python
	@$(CARGO) fmt --all
	@cd python && ../$(BIN)/ruff format -q $(RUFF)

# ---- the rest ------------------------------------------------------------------------------------------------------

install: release ## install the command and the C library under PREFIX (/usr/local)
	@ffi/install.sh --from $(RELEASE) $(abspath $(PREFIX))
	@install -d $(DESTDIR)$(abspath $(PREFIX))/bin
	@install -m 755 $(RELEASE)/sanwang $(DESTDIR)$(abspath $(PREFIX))/bin/

clean: ## remove what was built
	@rm -rf $(CARGO_TARGET_DIR) .venv dist .mypy_cache .ruff_cache .pytest_cache python/.mypy_cache tests/interop/target

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
