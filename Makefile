# Bare `make` lists what there is. `sam build` runs the build targets below, one for each function
# (BuildMethod: makefile in template.yaml).

.PHONY: help run demo test ci generate rename worker-image build-WriterFunction build-ReaderFunction build-EnricherFunction

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## run the whole system on this machine, until Ctrl-C
	go run ./local

demo: ## post the items of the data set and compare their predictions
	go run ./local -demo

test: ## run all tests
	go test ./...

ci: ## run the gate: all checks that a change must pass
	.ci/run

generate: ## write what follows from the item and from template.yaml: sample events and parts of the docs
	go run ./tools/generate
	go run ./tools/diagram

# go mod edit refuses a path that Go does not accept. perl edits files in the same way on Linux and on
# macOS; sed does not. Only module lines and imports change, also in the files that docs/make-it-yours
# has for later. The stack on AWS keeps its name.
rename: ## change the module path: make rename MODULE=github.com/you/simple-sam-demo
	@$(if $(MODULE),,$(error MODULE is empty. Say the new path: make rename MODULE=github.com/you/simple-sam-demo))
	@$(if $(findstring .,$(firstword $(subst /, ,$(MODULE)))),,$(error MODULE is $(MODULE). A path that others can import begins with a host: github.com/you/simple-sam-demo))
	@OLD=$$(go list -m) && export OLD && go mod edit -module="$$MODULE" && \
		find . -name '.?*' -prune -o -name node_modules -prune -o \( -name '*.go' -o -name go.mod -o -name '*.go.txt' -o -name '*.patch' \) -print0 | \
		xargs -0 perl -pi -e 's{^(\+?(?:module |(?:import )?\s*(?:[\w.]+ )?"))\Q$$ENV{OLD}\E(?=[/"\s])}{$$1$$ENV{MODULE}}' && \
		echo "The module path was $$OLD. Now it is $$MODULE."

# ko makes images of Go programs without Docker. enricher/worker/image/ko.yaml says how, and why the base
# image is copied to where ko looks for one first. SBOM: the list of the Go modules in the program. The line
# on stdout is the image's name with its digest. The path of the folder can have no capital letters
# (findings/ko-fails-after-writing-a-layout-with-a-capital-letter-in-its-path.sh), so it is always this one.
worker-image: ## build the worker's image, in .aws-sam/worker-image; REPOSITORY=… also pushes it to there
	@$(if $(REPOSITORY),$(if $(and $(findstring .,$(firstword $(subst /, ,$(REPOSITORY)))),$(word 2,$(subst /, ,$(REPOSITORY)))),,$(error REPOSITORY is $(REPOSITORY). It must be a registry and a name in it: make worker-image REPOSITORY=123456789012.dkr.ecr.us-east-1.amazonaws.com/enricher-worker)))
	@rm -rf .aws-sam/worker-image .aws-sam/ko && mkdir -p .aws-sam/ko && cp -R enricher/worker/image/base .aws-sam/ko/img
	@KOCACHE=.aws-sam/ko KO_CONFIG_PATH=enricher/worker/image/ko.yaml KO_DOCKER_REPO=$(REPOSITORY) \
		go run github.com/google/ko@v0.19.1 build ./enricher/worker --bare --push=$(if $(REPOSITORY),true,false) \
		--oci-layout-path=.aws-sam/worker-image --sbom-dir=.aws-sam/worker-image/sbom
	@$(if $(REPOSITORY),,echo "This image is not pushed. To push it, say where to: make worker-image REPOSITORY=123456789012.dkr.ecr.us-east-1.amazonaws.com/enricher-worker" >&2)

# The tag lambda.norpc leaves out code for the go1.x runtime, which is retired. The tag nethttpomithttp2
# leaves out HTTP/2 (0.4 MB), because DynamoDB does not use it. -s -w leave out the symbol tables. Paths and
# version control stamps are left out too, so equal sources give equal binaries, and a deployment updates
# only the functions that have changed.

ARCH ?= arm64
GOFLAGS_LAMBDA = -tags lambda.norpc,nethttpomithttp2 -trimpath -buildvcs=false -ldflags "-s -w"

build-WriterFunction: ; $(call build,writer)
build-ReaderFunction: ; $(call build,reader)
build-EnricherFunction: ; $(call build,enricher)

define build
	$(if $(strip $(ARTIFACTS_DIR)),,$(error ARTIFACTS_DIR is empty. sam build sets it to the folder to build in))
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) go build $(GOFLAGS_LAMBDA) -o "$(ARTIFACTS_DIR)/bootstrap" ./$(1)/lambda
endef
