# What can be done here? `make help` says. Each target installs nothing but what installers/installer-dev.sh names.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
export PATH := $(PATH):$(HOME)/.cargo/bin:/usr/sbin:/sbin

# release for `make demo`, dev for quick rounds: make demo PROFILE=dev
PROFILE ?= release
binary := target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/kraken
ui_sources = $(shell find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -path ui/e2e -prune -o -type f -print)

.PHONY: help demo test lab bench lint ui build fmt

help: ## what can be done here
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## install what is missing, start a node, deploy examples/hello-node; ONCE=1 shows its answer and stops everything
	@ONCE=$(ONCE) PROFILE=$(PROFILE) examples/demo.sh

test: ## everything, also against real Docker, Git servers and Chromium
	@tests/all.sh

lab: ## several machines on this one: every scenario of docs/lab.md, an hour or more; ONLY=NAME for some of them
	installers/installer-dev.sh --tests
	cargo test --locked --test lab -- --include-ignored --test-threads=1 --nocapture $(ONLY)

bench: ui ## measure; docs/benchmarks.md says what and against whom
	cargo build --profile dist
	KRAKEN_BINARY=$(CURDIR)/target/dist/kraken cargo bench
	if command -v nginx wrk >/dev/null; then benches/ingress.sh target/dist/kraken; else echo "The ingress is not measured: nginx and wrk are not here."; fi

lint: ui ## format, clippy, documentation, shell scripts, dashboard; nothing is run
	@tests/all.sh lint

ui: ui/dist/index.html ## the dashboard, as it is built into the binary

# A program that nobody ships is built with the features its tests need (there are no examples; that word alone asks for
# them), so that the tests and it share every dependency instead of compiling half of them twice.
build: ui ## dashboard and binary
	cargo build --profile $(PROFILE) $(if $(filter dev,$(PROFILE)),--bins --examples)
	@echo "built $(binary)"

fmt: ## format Rust
	cargo fmt

ui/node_modules/.package-lock.json: ui/package-lock.json ui/package.json
	cd ui && npm ci --no-audit --no-fund
	@touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(ui_sources)
	cd ui && npm run build
	@touch $@
