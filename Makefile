# What `sam build` runs (BuildMethod: makefile in template.yaml), once a function.
#
# lambda.norpc leaves out what only the retired go1.x runtime needs, nethttpomithttp2 leaves
# out HTTP/2 (0.4 MB), which DynamoDB does not speak, and -s -w the symbol tables. Without version
# control stamps and paths, equal sources give equal binaries, so that a deployment updates only
# what has changed.

ARCH ?= arm64
GOFLAGS_LAMBDA = -tags lambda.norpc,nethttpomithttp2 -trimpath -buildvcs=false -ldflags "-s -w"

build-WriterFunction: ; $(call build,writer)
build-ReaderFunction: ; $(call build,reader)
build-EnricherFunction: ; $(call build,enricher)

define build
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) go build $(GOFLAGS_LAMBDA) -o $(ARTIFACTS_DIR)/bootstrap ./$(1)/lambda
endef
