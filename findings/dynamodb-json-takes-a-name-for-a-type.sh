#!/usr/bin/env bash
# dynamodb-json 1.4.2 turns Python values into DynamoDB's JSON and back (json_util.dumps and loads). An item or a map with
# an attribute whose name is a type, such as S or BOOL, comes back as the value of that attribute, and the others are gone.
# By DynamoDB's naming rules such a name is as good as any. Sets don't come back as they were either: dumps writes a list,
# and loads makes texts of the numbers of a set.
#
# Output seen on 2026-11-30:
#   {'S': 'x'} -> {"S": {"S": "x"}} -> 'x'
#   {'flower': {'S': 'x'}} -> {"flower": {"M": {"S": {"S": "x"}}}} -> {'flower': 'x'}
#   {'flower': {'BOOL': True}} -> {"flower": {"M": {"BOOL": {"BOOL": true}}}} -> {'flower': True}
#   {'flower': {'S': 'x', 'n': 1}} -> {"flower": {"M": {"S": {"S": "x"}, "n": {"N": "1"}}}} -> {'flower': 'x'}
#   {'id': '1', 'S': 'x'} -> {"id": {"S": "1"}, "S": {"S": "x"}} -> 'x'
#   {'flower': {1}} -> {"flower": {"L": [{"N": "1"}]}} -> {'flower': [1]}
#   {"flower": {"NS": ["1"]}} -> {'flower': {'1'}}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check dynamodb-json==1.4.2
cat >finding.py <<'PY'
from dynamodb_json import json_util

for value in (
    {"S": "x"},
    {"flower": {"S": "x"}},
    {"flower": {"BOOL": True}},
    {"flower": {"S": "x", "n": 1}},
    {"id": "1", "S": "x"},
    {"flower": {1}},
):
    text = json_util.dumps(value)
    print(value, "->", text, "->", repr(json_util.loads(text)))
text = '{"flower": {"NS": ["1"]}}'
print(text, "->", json_util.loads(text))
PY
venv/bin/python finding.py | tee seen
diff seen - <<'SEEN'
{'S': 'x'} -> {"S": {"S": "x"}} -> 'x'
{'flower': {'S': 'x'}} -> {"flower": {"M": {"S": {"S": "x"}}}} -> {'flower': 'x'}
{'flower': {'BOOL': True}} -> {"flower": {"M": {"BOOL": {"BOOL": true}}}} -> {'flower': True}
{'flower': {'S': 'x', 'n': 1}} -> {"flower": {"M": {"S": {"S": "x"}, "n": {"N": "1"}}}} -> {'flower': 'x'}
{'id': '1', 'S': 'x'} -> {"id": {"S": "1"}, "S": {"S": "x"}} -> 'x'
{'flower': {1}} -> {"flower": {"L": [{"N": "1"}]}} -> {'flower': [1]}
{"flower": {"NS": ["1"]}} -> {'flower': {'1'}}
SEEN
