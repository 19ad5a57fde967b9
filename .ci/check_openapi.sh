#!/usr/bin/env bash
# Calls a local stack with schemathesis, which makes valid and invalid requests from docs/openapi.yaml.
# It fails if an answer differs from what docs/openapi.yaml says.
#
#     .ci/check_openapi.sh [--seed 7] [--max-examples 1000]    needs schemathesis (.ci/openapi.txt) and Go
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
stack=
on_exit() {
  [[ -z $stack ]] || kill "$stack"
  rm -rf "$scratch"
}
trap on_exit EXIT

go build -o "$scratch/local" ./local
"$scratch/local" -api 127.0.0.1:0 -aws 127.0.0.1:0 -api-key local >"$scratch/banner" 2>"$scratch/log" &
stack=$!
until grep -qs '^ready' "$scratch/banner"; do
  kill -0 "$stack" || { cat "$scratch/log" >&2; exit 1; }
  sleep 0.1
done
url=$(sed -n 's/.*the API on \(http:[^,]*\),.*/\1/p' "$scratch/banner")

cd "$scratch" # because schemathesis writes files into the working directory
if ! schemathesis --config-file "$root/.ci/schemathesis.toml" run "$root/docs/openapi.yaml" --url "$url" --header x-api-key:local \
  "$@" --no-color >"$scratch/report"; then
  cat "$scratch/report" >&2
  exit 1
fi
grep -E 'generated|^Seed' "$scratch/report" | sed 's/^ */   /'
