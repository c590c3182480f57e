# `make demo` and `make test` set up all they need: Rust, Python 3.10+ and Node 20+ are enough.
# A step whose inputs did not change is skipped.

SHELL := bash

.PHONY: help setup build demo test lint bench bench-features bench-stream bench-quality \
  bench-models bench-explain bench-saved bench-decide fuzz clean

help:
	@echo "make setup   tools and packages to build with (.venv, npm packages, the wasm compiler)"
	@echo "make build   the Python, Node and wasm packages"
	@echo "make demo    a simulated company from events to decisions, in three hosts"
	@echo "make test    every test of every host, with a count of each"
	@echo "make lint    formatting and lints"
	@echo "make bench   benchmarks of each part"
	@echo "make bench-features   window features beside polars and DuckDB"
	@echo "make bench-explain    explanations beside those of other libraries"
	@echo "make bench-models     training and prediction beside other libraries"
	@echo "make bench-quality    trained models beside those of other libraries, on public tables"
	@echo "make bench-saved      what a learning playbook saves, on companies with a known truth"
	@echo "make bench-stream     an engine fed event by event, from Rust and through Node"
	@echo "make bench-decide     conditions and decisions beside other rule engines"
	@echo "make fuzz    ten minutes of each fuzz target"

setup:
	@scripts/setup.sh

build:
	@scripts/build.sh

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	scripts/unify/check.sh

bench:
	cargo bench --workspace

bench-features:
	@scripts/bench-features.sh

bench-models:
	@scripts/bench-models.sh

bench-quality:
	@scripts/bench-quality.sh

bench-explain:
	@scripts/bench-explain.sh

bench-saved:
	@scripts/bench-saved.sh

bench-stream:
	@scripts/bench-stream.sh

bench-decide:
	@scripts/bench-decide.sh

fuzz:
	@scripts/fuzz.sh

clean:
	cargo clean
	rm -rf .venv out bindings/*/dist bindings/*/node_modules
