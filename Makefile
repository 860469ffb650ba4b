# The two commands that a newcomer needs are `make demo` and `make test`; `make help` lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export QUICK

.PHONY: help docs screenshots console-assets demo test lint types contracts unit crds reasons test-cluster test-k3s-page images release locks chart-docs kube-score cluster-demo clean

help: ## list the commands
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## /\1\t/' | sort | column -t -s '	'

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mainstream needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml
	@echo 'Installing what the demo needs into $(VENV): a minute or two, 2 GB'
	$(BIN)/pip install --quiet --editable '.[demo]'
	touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	@echo 'Installing what development needs into $(VENV): a minute or two, 2 GB'
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/.demo ## train, plan and run 22 apps on a real clip, on this machine
	$(BIN)/mainstream demo

test: lint types contracts unit ## lint, types, import contracts, and all tests that need no cluster

lint: $(VENV)/.dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy strict
	$(BIN)/mypy src operator runner-image trainer-job demo kubectl console benchmarks

contracts: $(VENV)/.dev ## import-linter and unused or undeclared dependencies
	$(BIN)/lint-imports
	$(BIN)/deptry src operator runner-image trainer-job demo kubectl console

unit: $(VENV)/.dev ## pytest, on four cores at most: each process takes up to 3 GB
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

crds: $(VENV)/.dev ## write the CustomResourceDefinitions, and the pages of all fields, anew from their models
	$(BIN)/python -m mainstream.api.crd

docs: $(VENV)/.dev ## build the site of the docs into out/site; a dead link is an error
	$(BIN)/python -m mkdocs build

screenshots: $(VENV)/.dev ## pictures of the pages that a browser shows, into out/screenshots; the docs have some. Needs chromium
	MAINSTREAM_SCREENSHOTS=out/screenshots $(BIN)/pytest tests/console tests/demo tests/evaluate tests/runner/receiving tests/docs -k in_a_browser

console-assets: ## fetch htmx and its server-sent events (npm packages) for the console; its pages work without them
	console/fetch-assets

reasons: $(VENV)/.dev ## write the table of reasons in docs/operator.md anew from their enum
	$(BIN)/python -m mainstream.api.reasons

test-cluster: $(VENV)/.dev ## the story of apps on a real Kubernetes; skips where there is none, saying how to get one
	MAINSTREAM_TEST_CLUSTER=1 $(BIN)/pytest tests/cluster --ignore tests/cluster/k3s/test_k3s_page.py -v --timeout 1800

test-k3s-page: $(VENV)/.dev ## docs/k3s.md, typed command by command on a real Kubernetes; trains, and builds images anew
	MAINSTREAM_TEST_CLUSTER=1 $(BIN)/pytest tests/cluster/k3s/test_k3s_page.py -v

images: ## build the images into out/images, each with its bill of materials, and say how large they are
	$(PYTHON) images/build.py

release: $(VENV)/.python ## wheel, chart, images that were built, checksums and signatures, into out/release
	$(BIN)/python release/release.py

locks: $(VENV)/.python ## write the images' locks anew from pyproject.toml, with what pip's index has now; say what arm64 lacks
	$(BIN)/pip install --quiet 'pip-tools>=7.5'
	$(BIN)/python images/lock.py
	$(BIN)/python images/arm64.py

chart-docs: ## write the chart's README anew from its values; needs helm-docs
	helm-docs --chart-search-root charts/mainstream --log-level error

kube-score: ## what kube-score says of every values file of the chart; needs helm and kube-score
	for values in charts/mainstream/ci/*-values.yaml; do \
	    helm template mainstream charts/mainstream --values $$values --kube-version 1.34.0 | kube-score score - || exit 1; \
	done

cluster-demo: $(VENV)/.dev ## everything from source on a Kubernetes cluster: the plaza, and the table of `make demo`
	$(BIN)/python tests/cluster/stage/cluster_demo.py

bench-evidence: $(VENV)/.dev ## every policy and rival on real frames by alerts, and docs/evidence.md; QUICK=1 for some ten minutes
	$(BIN)/python benchmarks evidence

bench-operator: $(VENV)/.dev ## the operator under load and faults, beside a real API server; QUICK=1 for five minutes
	$(BIN)/python benchmarks operator

bench-platform: $(VENV)/.dev ## what a platform team expects, part by part
	$(BIN)/python benchmarks platform

bench-first-alert: $(VENV)/.dev ## from a clip to a first alert by the tutorial's commands: how many, and how long
	$(BIN)/python benchmarks first-alert

bench-%: $(VENV)/.dev ## a benchmark (`python benchmarks` lists them), into out/bench/; QUICK=1 for at most 5 minutes
	$(BIN)/python benchmarks $*

clean: ## remove what the other commands made
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
