package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// descriptor names a blob of an OCI image layout.
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md
type descriptor struct {
	Digest   string
	Size     int
	Platform *platform
}

type platform struct{ OS, Architecture string }

type index struct{ Manifests []descriptor }

const base = "image/base"

// readBlob parses a blob of the base image. Its bytes must have the digest that names it.
func readBlob[T any](t *testing.T, d descriptor) (value T) {
	t.Helper()
	name := strings.TrimPrefix(d.Digest, "sha256:")
	text := readFile(t, filepath.Join(base, "blobs/sha256", name))
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != name || len(text) != d.Size {
		t.Fatalf("blob %s has the digest %x and %d bytes, want %d bytes", name, sum, len(text), d.Size)
	}
	parse(t, text, &value)
	return value
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parse(t *testing.T, text []byte, value any) {
	t.Helper()
	if err := json.Unmarshal(text, value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// baseIndex returns the index of the base image, by the digest in ko.yaml, and what else lies at the top of the
// layout.
func baseIndex(t *testing.T) (images index, others []descriptor) {
	t.Helper()
	var top index
	parse(t, readFile(t, filepath.Join(base, "index.json")), &top)
	settings := string(readFile(t, "image/ko.yaml"))
	if want := "defaultBaseImage: scratch.invalid/base@" + top.Manifests[0].Digest + "\n"; !strings.Contains(settings, want) {
		t.Fatalf("image/ko.yaml does not say %q", want)
	}
	return readBlob[index](t, top.Manifests[0]), top.Manifests[1:]
}

func TestTheBaseOfTheImageHasNoFilesAndAUserOtherThanRoot(t *testing.T) {
	type image struct {
		Config struct{ User string }
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
		OS, Architecture string
	}
	images, _ := baseIndex(t)
	for i, architecture := range []string{"arm64", "amd64"} {
		manifest := readBlob[struct {
			Config descriptor
			Layers []descriptor
		}](t, images.Manifests[i])
		want := image{OS: "linux", Architecture: architecture}
		want.Config.User = "65532:65532"
		want.RootFS.DiffIDs = []string{}
		if diff := cmp.Diff(want, readBlob[image](t, manifest.Config)); diff != "" {
			t.Errorf("config for %s (-want +got):\n%s", architecture, diff)
		}
		if len(manifest.Layers) > 0 {
			t.Errorf("the base for %s has layers: %v", architecture, manifest.Layers)
		}
		if diff := cmp.Diff(&platform{"linux", architecture}, images.Manifests[i].Platform); diff != "" {
			t.Errorf("platform (-want +got):\n%s", diff)
		}
	}
}

// ko looks for the image of a platform at the top of the layout, and not in the index that lists it. What it
// does not find there, it asks a registry for.
func TestTheBaseOfTheImageNeedsNoRegistry(t *testing.T) {
	images, others := baseIndex(t)
	if diff := cmp.Diff(images.Manifests, others); diff != "" {
		t.Errorf("the images at the top of the layout (-in the index +at the top):\n%s", diff)
	}
}
