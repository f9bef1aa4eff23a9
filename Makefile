# Entry points for people and for CI. A recipe is one command; the logic is in hack/. `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help build run test unit e2e kube sanitize fuzz soak verify fix bench images clean
MAKEFLAGS += --no-print-directory

help: ## Print this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

build: ## Install what is needed and build the native addon; after it `npx sluice` works
	@hack/build.sh

run: ## Start proxy and state service on examples/quickstart.yaml and print the commands that try each branch
	@hack/run.sh

test: ## Run every test: TypeScript, C++ under sanitizers, fuzz corpora, end to end
	@hack/test.sh

unit: ## Run only the TypeScript tests of apps, packages and native
	@hack/test.sh unit

e2e: ## Run only the end-to-end tests
	@hack/test.sh e2e

kube: ## Run only the tests against a real Kubernetes API
	@hack/test.sh kube

ifneq ($(wildcard hack/native-test.sh),)
sanitize: ## Run only the C++ tests, under ASan+UBSan and TSan
	@hack/test.sh native
endif

ifneq ($(wildcard hack/fuzz.sh),)
fuzz: ## Fuzz the ring protocol and the relay for ten minutes
	@hack/fuzz.sh 600
endif

ifneq ($(wildcard hack/soak.sh),)
soak: ## Load Sluice for ten minutes: descriptors, memory and pipes must return to the start
	@hack/soak.sh
endif

verify: ## Check format, types, lint, dead code, C++, scripts and YAML
	@hack/verify.sh

fix: ## Repair what a fixer can: format and lint
	@hack/fix.sh

bench: ## Measure against HAProxy, nginx and others; writes bench/results.md
	@hack/bench.sh

images: ## Build the container images sluice/proxy, sluice/state and sluice/operator
	@hack/images.sh

clean: ## Remove what was built or cached; the installed packages stay
	@rm -rf native/build native/build-* .cache bench/.cache coverage
