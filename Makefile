# Each target does the set-up that it needs. "make help" lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Builds share folders and cores, so make runs one target at a time. Each build
# uses all cores.
.NOTPARALLEL:

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
# `space` holds one blank. Make would drop a literal blank as the first argument of
# subst.
space := $(subst ,, )
PROGRAMS := linktor-igd linktor-ig linktor-ig-emulator linktor-ig-demo

# $(call configure_and_build,PRESET,TARGETS) configures and builds TARGETS, or
# everything when TARGETS is empty. It holds a lock, so that two runs of make never
# run Ninja in one folder at the same time.
define configure_and_build
mkdir -p build
exec 9>build/.lock
flock --nonblock 9 || { echo "waiting for another build"; flock 9; }
cmake --preset $(1) --log-level=NOTICE >build/$(1).configure.log 2>&1 ||
	{ cat build/$(1).configure.log; exit 1; }
cmake --build --preset $(1) -j $(JOBS) $(addprefix --target ,$(2))
exec 9>&-
endef

# $(call beside,NAME,COMMAND,OTHER) runs both commands at the same time. The output of
# COMMAND goes to build/NAME.log, and is printed after the output of OTHER. The call
# fails when one of the commands fails. When OTHER fails, COMMAND is stopped.
define beside
mkdir -p build
$(2) >build/$(1).log 2>&1 &
$(1)=$$!
$(3) || { pkill -P "$$$(1)" || :; wait "$$$(1)" || :; exit 1; }
wait "$$$(1)" || { cat build/$(1).log; exit 1; }
cat build/$(1).log
endef

.ONESHELL:
.PHONY: help setup build run test check install format asan tsan fuzz bazel bench soak clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) |
		sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' |
		while IFS=$$'\t' read -r name text; do
			printf '  make %-9s %s\n' "$$name" "$$text"
		done

setup: ## Install missing Debian packages and build BoringSSL, once
	@tools/setup/apt.sh build
	tools/setup/boringssl.sh

build: setup ## Build everything; the programs are in build/bin
	@$(call configure_and_build,release)

run: setup ## Build the programs, start server and emulator, play one exchange
	@$(call configure_and_build,release,$(PROGRAMS))
	exec setpriv --pdeathsig TERM build/bin/linktor-ig-demo

test: build ## Build everything and run the tests
	@ctest --preset release -j $(JOBS)

check: build ## Check format, protos, README, tree, clang-tidy (TIDY=all: every file), programs by Bazel
	@tools/setup/apt.sh check bazel
	tools/check/tree.sh
	tools/check/comments.py
	tools/check/parity.py
	tools/check/content_kinds.py
	tools/check/kinds.py
	tools/check/format.sh
	tools/check/buf.sh
	tools/check/errors.sh
	tools/check/symbols.sh
	tools/check/readme.sh
	tools/check/readme_run.py
	tools/check/readme_run.py docs/grpcurl.md
	tools/check/readme_run.py docs/load.md
	tools/check/security_run.py
	tools/check/network.py
	tools/check/prometheus.py
	tools/check/completion.sh
	tools/check/bench.sh
	@# The clients' tests depend on time, so bazel.sh and tidy.sh run with nice.
	$(call beside,bazel,JOBS=$(JOBS) nice tools/check/bazel.sh --programs,
	( $(call beside,tidy,nice tools/check/tidy.sh,tools/check/clients.sh) ))

format: ## Format the C++ and proto files
	@tools/setup/apt.sh check
	tools/check/format.sh --fix
	tools/check/buf.sh --fix

install: setup ## Install the programs and the C++ client below PREFIX (/usr/local)
	@$(call configure_and_build,release,$(PROGRAMS) linktor_client)
	cmake --install build/release --prefix "$(PREFIX)"

asan: setup ## Build and test with AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup/apt.sh check
	$(call configure_and_build,asan)
	ctest --preset asan -j $(JOBS)

tsan: setup ## Build and test with ThreadSanitizer, SUITES="a_tests b_tests" alone
	@$(call configure_and_build,tsan,$(if $(SUITES),$(SUITES) linktor-igd))
	ctest --preset tsan -j $(JOBS) $(if $(SUITES),-R '^($(subst $(space),|,$(strip $(SUITES))))$$')

fuzz: setup ## Try to break the properties of tests/fuzz, FUZZ_SECONDS (15) for each
	@tools/setup/apt.sh check
	$(call configure_and_build,asan,linktor-fuzz)
	tools/check/fuzz.sh

bazel: setup ## Build and test everything with Bazel instead of CMake
	@tools/setup/apt.sh bazel
	JOBS=$(JOBS) tools/check/bazel.sh

bench: setup ## Measure against the raw layers; BENCH=--help says what can be chosen
	@$(call configure_and_build,release,$(PROGRAMS) linktor-bench linktor-bench-raw)
	build/bin/linktor-bench --json build/bench.json $(BENCH)

soak: build ## Run every suite at its full size; the figures go to docs/soak.md
	@tools/check/soak.sh

clean: ## Remove what was built; the set-up's results stay
	@rm -rf build
