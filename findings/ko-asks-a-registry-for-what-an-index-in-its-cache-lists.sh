#!/usr/bin/env bash
# ko v0.19.1 takes a base image that is named by its digest from its cache ($KOCACHE/img, an OCI image layout). If the
# base is an index, ko looks for the image of each platform at the top of that layout. It does not look into the index,
# where the layout's own rules place them. So with a layout that is valid, and complete, ko asks the registry. It finds
# the images if index.json lists them beside the index, too. Here the registry does not exist.
#
# Output seen on 2026-11-28:
#   the layout lists the index: ko asks scratch.invalid
#   the layout lists the index and its images: ko builds the image
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
go mod init example.com/program 2>/dev/null
printf 'package main\n\nfunc main() {}\n' >main.go
cat >base.py <<'PY'
import hashlib, json, pathlib, sys

OCI = "application/vnd.oci.image."


def blob(kind, value, **more):
    data = json.dumps(value).encode()
    name = hashlib.sha256(data).hexdigest()
    pathlib.Path("cache/img/blobs/sha256", name).write_bytes(data)
    return {"mediaType": OCI + kind, "digest": f"sha256:{name}", "size": len(data), **more}


def image(**platform):
    config = blob("config.v1+json", platform | {"rootfs": {"type": "layers", "diff_ids": []}})
    manifest = {"schemaVersion": 2, "mediaType": f"{OCI}manifest.v1+json", "config": config, "layers": []}
    return blob("manifest.v1+json", manifest, platform=platform)


pathlib.Path("cache/img/blobs/sha256").mkdir(parents=True, exist_ok=True)
images = [image(os="linux", architecture="amd64"), image(os="linux", architecture="arm64")]
index = blob("index.v1+json", {"schemaVersion": 2, "mediaType": f"{OCI}index.v1+json", "manifests": images})
top = {"schemaVersion": 2, "manifests": [index] + (images if "images" in sys.argv else [])}
pathlib.Path("cache/img/index.json").write_text(json.dumps(top))
pathlib.Path("cache/img/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
print(index["digest"])
PY
build() {
  KO_DEFAULTBASEIMAGE=scratch.invalid/base@$(python3 base.py "$@")
  export KO_DEFAULTBASEIMAGE KOCACHE=cache
  if go run github.com/google/ko@v0.19.1 build --push=false --platform=all . >log 2>&1; then
    echo 'ko builds the image'
  else
    grep -q 'Get "https://scratch.invalid/v2/"' log && echo 'ko asks scratch.invalid' || cat log
  fi
}
{
  echo "the layout lists the index: $(build)"
  echo "the layout lists the index and its images: $(build images)"
} | tee seen
diff seen - <<'SEEN'
the layout lists the index: ko asks scratch.invalid
the layout lists the index and its images: ko builds the image
SEEN
