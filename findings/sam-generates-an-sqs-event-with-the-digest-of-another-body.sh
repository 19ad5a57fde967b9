#!/usr/bin/env bash
# aws-sam-cli 1.170.0: "sam local generate-event sqs receive-message --body TEXT" puts the text between two quotation
# marks of its template, without escaping it. A JSON object as the body ends in an error of Python's JSON reader.
# With its quotation marks escaped the body is right. But md5OfBody is the digest of the text with the
# backslashes, and not of the body in the event, as SQS has it. A function that compares the two refuses the event.
# "apigateway http-api-proxy --body" takes the same JSON object as it is, and encodes it in base64.
#
# Output seen on 2026-11-29:
#   hello: body hello, md5OfBody is that of the body True
#   {"id":"a"}: Error: Expecting ',' delimiter: line 6 column 18 (char 146)
#   {\"id\":\"a\"}: body {"id":"a"}, md5OfBody is that of the body False, of the argument True
#   apigateway http-api-proxy, {"id":"a"}: body {"id":"a"} in base64
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check aws-sam-cli==1.170.0
export HOME=$folder SAM_CLI_TELEMETRY=0
cat >tell.py <<'PYTHON'
import base64, hashlib, json, subprocess, sys

def event(*of, body):
    run = subprocess.run(["venv/bin/sam", "local", "generate-event", *of, "--body", body], capture_output=True, text=True)
    return json.loads(run.stdout) if run.returncode == 0 else run.stderr

def digest(text):
    return hashlib.md5(text.encode()).hexdigest()

for argument in "hello", '{"id":"a"}', r'{\"id\":\"a\"}':
    got = event("sqs", "receive-message", body=argument)
    if isinstance(got, str):
        print(f"{argument}: {next(line for line in got.splitlines() if line.startswith('Error: '))}")
        continue
    record = got["Records"][0]
    told = f"{argument}: body {record['body']}, md5OfBody is that of the body {record['md5OfBody'] == digest(record['body'])}"
    if argument != record["body"]:
        told += f", of the argument {record['md5OfBody'] == digest(argument)}"
    print(told)
got = event("apigateway", "http-api-proxy", body='{"id":"a"}')
print(f'apigateway http-api-proxy, {{"id":"a"}}: body {base64.b64decode(got["body"]).decode()} in base64')
PYTHON
python3 tell.py | tee seen
diff seen - <<'SEEN'
hello: body hello, md5OfBody is that of the body True
{"id":"a"}: Error: Expecting ',' delimiter: line 6 column 18 (char 146)
{\"id\":\"a\"}: body {"id":"a"}, md5OfBody is that of the body False, of the argument True
apigateway http-api-proxy, {"id":"a"}: body {"id":"a"} in base64
SEEN
