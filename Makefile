# Everything a user or a developer does. `make` alone lists the targets.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run demo test test-all fuzz lint format check build image load load-gateway soak bench bench-check bench-plan bench-bill bench-telemetry bench-cache bench-workers docs fixtures clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

# Installs from the lockfile, without install scripts; the pinned Node comes as one of the packages.
node_modules/.installed: package.json package-lock.json
	@echo "Fetching the pinned Node and the packages, once; it takes about a minute." >&2
	@npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@node -e 'if (Number(process.versions.node.split(".")[0]) < 26) { console.error("the pinned Node is missing for this platform: " + process.version); process.exit(1) }'
	@touch $@

run: node_modules/.installed ## run the relay on built-in mock providers, no keys needed; ARGS="--listen 127.0.0.1:8080"
	@node cmd/outrigger/main.ts demo $(ARGS)

demo: run ## the same as run

test: node_modules/.installed ## the tests (under five minutes)
	@node scripts/test.ts

test-all: node_modules/.installed ## all tests, the slow ones too
	@node scripts/test.ts --all

fuzz: node_modules/.installed ## 100,000 broken inputs that no run has tried before
	@OUTRIGGER_FUZZ_SEED=$$(date +%s) node --test test/fuzz/decoders.slow.test.ts

lint: node_modules/.installed ## format, lint, types, dead code, import rules
	@biome check --error-on-warnings .
	@tsc
	@tsc -p internal/admin/page
	@knip
	@depcruise --config .dependency-cruiser.cjs --output-type err-long cmd internal

format: node_modules/.installed ## write the canonical format
	@biome check --write .

check: lint test ## lint and test

build: node_modules/.installed ## build the single executable into dist/
	@node scripts/build.ts

image: ## build the container image
	@deploy/docker/build.sh

load: node_modules/.installed ## a thousand callers while providers fail
	@node test/load/run.ts $(ARGS)

load-gateway: node_modules/.installed ## four replicas, one budget in Redis, a thousand requests a second
	@node test/load/gateway.ts $(ARGS)

soak: node_modules/.installed ## ten minutes of load with random faults and reloads
	@node test/load/soak.ts $(ARGS)

bench: node_modules/.installed ## compare with nginx, a bare Node proxy, Portkey and LiteLLM; ARGS="--only NAME" for a part
	@node test/bench/run.ts $(ARGS)

bench-check: node_modules/.installed ## fail when a ratio got worse by more than 15 %
	@node test/bench/run.ts --check --only requests,tls,streams --relays nginx,bare,outrigger $(ARGS)

bench-plan: node_modules/.installed ## what planning a request costs
	@node test/bench/plan.ts $(ARGS)

bench-bill: node_modules/.installed ## what routing saves, at real prices
	@node test/bench/bill.ts $(ARGS)

bench-telemetry: node_modules/.installed ## what metrics, log and traces cost in CPU
	@node test/bench/telemetry.ts $(ARGS)

bench-workers: build ## what a second worker brings
	@node test/bench/workers.ts $(ARGS)

bench-cache: node_modules/.installed ## what an answer from the cache adds, and what the cache takes
	@node test/bench/cache.ts

docs: node_modules/.installed ## write the generated pages again
	@node scripts/docs.ts

.PHONY: screenshots
screenshots: node_modules/.installed ## take the pictures of the documentation again (needs Chromium)
	@node test/page/screenshots.ts

fixtures: node_modules/.installed ## copy the chosen recordings into test/fixtures
	@node scripts/fixtures.ts

clean: ## remove what was built and installed
	@rm -rf dist coverage node_modules
