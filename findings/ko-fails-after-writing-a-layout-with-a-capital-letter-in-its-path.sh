#!/usr/bin/env bash
# ko v0.19.1 takes the path of --oci-layout-path for the name of a repository, when all is built and written. If the
# path has a capital letter, as many temporary folders do, ko ends with an error, though the layout is complete. It
# does not print the image's digest. (ko-build/ko pull request 1217 would change that. It was closed.)
#
# Output seen on 2026-11-28:
#   layout: exit status 0, 1 image written
#   Layout: exit status 1, 1 image written
#   Error: failed to publish images: error publishing ko://example.com/program: repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: Layout
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
go mod init example.com/program 2>/dev/null
printf 'package main\n\nfunc main() {}\n' >main.go
# A base image without files, where ko looks for it.
mkdir -p cache/img/blobs/sha256
blob() { # blob JSON: writes a blob, and prints its descriptor without the media type.
  local name
  name=$(printf %s "$1" | sha256sum | cut -d ' ' -f 1)
  printf %s "$1" >"cache/img/blobs/sha256/$name"
  echo "\"digest\":\"sha256:$name\",\"size\":${#1}"
}
config=$(blob '{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}')
manifest=$(blob '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",'"$config"'},"layers":[]}')
echo '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",'"$manifest"'}]}' >cache/img/index.json
echo '{"imageLayoutVersion":"1.0.0"}' >cache/img/oci-layout
KO_DEFAULTBASEIMAGE=scratch.invalid/base@$(grep -o 'sha256:[0-9a-f]*' cache/img/index.json)
export KO_DEFAULTBASEIMAGE KOCACHE=cache
build() {
  local status=0
  go run github.com/google/ko@v0.19.1 build --push=false --oci-layout-path="$1" . >log 2>&1 || status=$?
  echo "$1: exit status $status, $(grep -c '"digest"' "$1/index.json") image written"
}
{
  build layout
  build Layout
  grep '^Error' log
} | tee seen
diff seen - <<'SEEN'
layout: exit status 0, 1 image written
Layout: exit status 1, 1 image written
Error: failed to publish images: error publishing ko://example.com/program: repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: Layout
SEEN
