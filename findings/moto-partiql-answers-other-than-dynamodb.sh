#!/usr/bin/env bash
# moto 5.2.5 with py-partiql-parser 0.6.3 answers some of DynamoDB's PartiQL wrongly and without an error.
# A number in the statement equals nothing, though n > 1 and n < 3 hold, and n = ? works. Of a list after
# IN, only the first value counts. INSERT of a key that is there overwrites the item, where DynamoDB's
# reference has DuplicateItemException for it. So a test for "insert once" passes a double one.
#
# Output seen on 2026-11-28, with the items a, b and c, whose n is 1, 2 and 3:
#   n > 1 AND n < 3: b
#   n = 2: nothing
#   n = ?: b
#   id IN ['a', 'b']: a
#   id IN ['b', 'a']: b
#   id = 'a' OR id = 'b': a b
#   INSERT of another a: no error, and n is 9
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' py-partiql-parser==0.6.3 boto3==1.44.8
cat >"$folder/finding.py" <<'PYTHON'
import boto3
from moto import mock_aws

with mock_aws():
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="T", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    for id, n in zip("abc", "123"):
        dynamodb.put_item(TableName="T", Item={"id": {"S": id}, "n": {"N": n}})

    def find(condition, **parameters):
        items = dynamodb.execute_statement(Statement=f"SELECT * FROM T WHERE {condition}", **parameters)["Items"]
        print(f"{condition}:", " ".join(sorted(item["id"]["S"] for item in items)) or "nothing")

    find("n > 1 AND n < 3")
    find("n = 2")
    find("n = ?", Parameters=[{"N": "2"}])
    find("id IN ['a', 'b']")
    find("id IN ['b', 'a']")
    find("id = 'a' OR id = 'b'")
    dynamodb.execute_statement(Statement="INSERT INTO T VALUE {'id': 'a', 'n': 9}")
    item = dynamodb.get_item(TableName="T", Key={"id": {"S": "a"}})["Item"]
    print("INSERT of another a: no error, and n is", item["n"]["N"])
PYTHON
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" "$folder/finding.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
n > 1 AND n < 3: b
n = 2: nothing
n = ?: b
id IN ['a', 'b']: a
id IN ['b', 'a']: b
id = 'a' OR id = 'b': a b
INSERT of another a: no error, and n is 9
SEEN
