# Every target says what it does; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
CONFIGURATION ?= Release
PREFIX ?= /usr/local
export MSBUILDDISABLENODEREUSE = 1

.PHONY: help deps build demo test test-nats bench aot image image-test format format-check install clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

deps: ## install what build, demo and tests need (Debian packages; says what to install when not root)
	@eng/deps.sh

build: ## build the executable: out/scout
	@eng/build.sh

demo: ## the main job end to end: a broker, three nodes, a real fault (ARGS=--non-interactive for scripts)
	@eng/demo.sh $(ARGS)

test: ## install what is missing, build everything, run all tests; the last line counts them
	@eng/test.sh

test-nats: ## the tests that talk to a nats-server, once for each of NATS="/path/one /path/two"
	@eng/test-nats.sh $(NATS)

bench: build ## all benchmarks, as ratios to a limit of the same run (BENCH="spawn nats ..." picks some)
	@eng/bench.sh $(BENCH)

image: ## build artifacts/image/scout.tar (OCI) without a container engine, and check it: it runs as 65532 on a read-only root
	@eng/image.sh && eng/image-check.sh

image-test: ## the same as a test (SCOUT_REQUIRE_IMAGE=1: nothing may be missing); apart from `make test`, for it takes minutes
	@eng/image-test.sh

aot: ## compile the same sources ahead of time for net9.0 (out/aot/scout), no warnings, and try the result; 77: no compiler here
	@eng/aot.sh

format: ## mend white space
	dotnet format whitespace . --folder --exclude artifacts out

format-check: ## fail when white space is not as .editorconfig says
	dotnet format whitespace . --folder --exclude artifacts out --verify-no-changes

install: build ## install to $(PREFIX), with plugins, the systemd units and /etc/scout/server.yaml, if there is none
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)/usr/lib/scout/plugins $(DESTDIR)/etc/scout/machines $(DESTDIR)/usr/lib/systemd/system
	install -m 0755 out/scout $(DESTDIR)$(PREFIX)/bin/scout
	install -m 0755 checks/check_* $(DESTDIR)/usr/lib/scout/plugins/
	for unit in scout scout-broker; do \
	  sed 's|^ExecStart=/usr/bin/scout |ExecStart=$(PREFIX)/bin/scout |' packaging/$$unit.service >$(DESTDIR)/usr/lib/systemd/system/$$unit.service && \
	  chmod 0644 $(DESTDIR)/usr/lib/systemd/system/$$unit.service || exit 1; done
	test -e $(DESTDIR)/etc/scout/server.yaml || install -m 0644 packaging/server.yaml $(DESTDIR)/etc/scout/server.yaml

clean: ## remove what the build made
	rm -rf artifacts out
