#!/usr/bin/env bash
# HTTPie 3.2.4 reads JSON into Python's numbers and writes it again, both for what it sends with := and for what it
# shows in a terminal. 1e400 is a number of JSON; HTTPie sends and shows Infinity, which is not JSON. 1.10 becomes
# 1.1, and digits that a double does not hold are gone. So a server can refuse a number that is right, and the screen
# can show a number that the server did not send. A body from a file (@) or with --raw is sent as it is, and
# --pretty=none shows an answer as it is.
#
# Output seen on 2026-11-29:
#   a:=1e400 b:=1.10 c:=0.1000000000000000055 is sent as {"a": Infinity, "b": 1.1, "c": 0.1}
#   from a file it is sent as {"a": 1e400, "b": 1.10, "c": 0.1000000000000000055}
#   as an answer it is shown as {"a":Infinity,"b":1.1,"c":0.1}
#   with --pretty=none it is shown as {"a": 1e400, "b": 1.10, "c": 0.1000000000000000055}
set -euo pipefail
folder=$(mktemp -d)
trap '[[ -z ${server:-} ]] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpie==3.2.4
mkdir public
echo '{"a": 1e400, "b": 1.10, "c": 0.1000000000000000055}' >public/numbers.json
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 -m http.server --bind 127.0.0.1 --directory public "$port" >/dev/null 2>&1 &
server=$!
export HOME=$folder
url=http://127.0.0.1:$port/numbers.json
until python3 -c "import urllib.request; urllib.request.urlopen('$url')" 2>/dev/null; do sleep 0.1; done
http() { venv/bin/http --ignore-stdin "$@"; }
{
  echo "a:=1e400 b:=1.10 c:=0.1000000000000000055 is sent as $(http --offline --print=B --pretty=none POST "$url" a:=1e400 b:=1.10 c:=0.1000000000000000055)"
  echo "from a file it is sent as $(http --offline --print=B --pretty=none POST "$url" @public/numbers.json)"
  echo "as an answer it is shown as $(http --body --pretty=format "$url" | tr -d ' \n')"
  echo "with --pretty=none it is shown as $(http --body --pretty=none "$url")"
} | tee seen
diff seen - <<'SEEN'
a:=1e400 b:=1.10 c:=0.1000000000000000055 is sent as {"a": Infinity, "b": 1.1, "c": 0.1}
from a file it is sent as {"a": 1e400, "b": 1.10, "c": 0.1000000000000000055}
as an answer it is shown as {"a":Infinity,"b":1.1,"c":0.1}
with --pretty=none it is shown as {"a": 1e400, "b": 1.10, "c": 0.1000000000000000055}
SEEN
