# Causeway. `make demo` runs a fictional city; `make test` runs every test.
.POSIX:
SHELL = /bin/bash
BIN = dist/causeway
ARGS =
KILLS ?= 1000
export KILLS

.PHONY: build demo test check bench soak assets clean

build:
	@mkdir -p dist
	@go build -o $(BIN) ./cmd/causeway

# Runs the city at http://localhost:8080; ARGS="--addr localhost:9000" and the like go on.
demo: build
	@exec $(BIN) demo $(ARGS)

# All tests: checks, units on both engines under the race detector, fuzz smoke, journeys in a browser.
test:
	@scripts/test all

# Fast checks: format, vet, linters, architecture.
check:
	@scripts/test check

# Figures beside their floors, on both engines; writes dist/bench.json.
bench: build
	@scripts/test bench

# The long runs: a thousand kills, hours. `KILLS=100 make soak` is shorter.
soak:
	@scripts/test soak

# Builds the committed stylesheet and script again (needs npm).
assets:
	@cd platform/view/assets-src && npm ci && npm run build

clean:
	@rm -rf dist .cache
