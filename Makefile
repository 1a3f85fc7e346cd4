# The everyday commands. Each sets up and builds what it needs first; all may be called side by side.
.DEFAULT_GOAL := help
.PHONY: help run test bench format tidy clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

run:  ## Build and start the exchange with a live demo market on ./data (ARGS="--listen 127.0.0.1:9000" passes options on)
	@dev/setup run
	@dev/build release exchange
	@exec build/release/exchange demo $(ARGS)

test:  ## Build and run all tests (ARGS="-R matching" selects some)
	@dev/setup test
	@dev/build release exchange
	@dev/build release
	@dev/test release $(ARGS)

bench:  ## Measure this machine, part by part (ARGS="--json" for machines)
	@dev/setup run
	@dev/build release exchange
	@for part in matching shapes core journal pipeline rest websocket; do build/release/exchange bench $$part $(ARGS) || exit; done

format:  ## Format the C++ sources
	@dev/setup ci
	@dev/format

tidy:  ## Check house rules, format and likely mistakes in changed files
	@dev/setup ci
	@dev/tidy

clean:  ## Remove what was built (never ./data)
	rm -rf build
