#!/usr/bin/env bash
# Two libraries run state machines of Step Functions locally: aws-local-stepfunctions 3.0.0 (npm) and moto 5.2.5 (PyPI,
# with execute_state_machine). Both take wrong branches of a Choice state without an error, and mostly not the same
# ones. What is right says the Amazon States Language (states-language.net, "Choice State" and "Wait State"):
#   - IsPresent, IsString and so on take true or false. In the first one a test for false never matches.
#   - A value of another type than the operator's doesn't match. The first one takes a text or null for a number.
#   - A timestamp is one of RFC 3339, so it may have a fraction, as JavaScript writes it, and an offset. In moto such a
#     text is no timestamp, so it is never before or after another.
#   - In StringMatches only * stands for other characters, and after a backslash it is an asterisk. In both ? stands for
#     a character, in moto [1] does too, and the backslash is only a backslash.
#
# Output seen on 2026-11-30:
#   {"IsPresent":false} of nothing: aws-local-stepfunctions default, moto matched
#   {"IsString":false} of 1: aws-local-stepfunctions default, moto matched
#   {"NumericLessThan":5} of "1": aws-local-stepfunctions matched, moto default
#   {"NumericLessThan":5} of null: aws-local-stepfunctions matched, moto default
#   {"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T08:00:00Z": aws-local-stepfunctions matched, moto matched
#   {"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T08:00:00.000Z": aws-local-stepfunctions matched, moto default
#   {"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T09:30:00+01:00": aws-local-stepfunctions matched, moto default
#   {"StringMatches":"log-?.txt"} of "log-1.txt": aws-local-stepfunctions matched, moto matched
#   {"StringMatches":"log[1]*"} of "log[1].txt": aws-local-stepfunctions matched, moto default
#   {"StringMatches":"log-\\*.txt"} of "log-*.txt": aws-local-stepfunctions matched, moto default
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >cases <<'CASES'
{"IsPresent":false} of nothing
{"IsString":false} of 1
{"NumericLessThan":5} of "1"
{"NumericLessThan":5} of null
{"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T08:00:00Z"
{"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T08:00:00.000Z"
{"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T09:30:00+01:00"
{"StringMatches":"log-?.txt"} of "log-1.txt"
{"StringMatches":"log[1]*"} of "log[1].txt"
{"StringMatches":"log-\\*.txt"} of "log-*.txt"
CASES
# A state machine and its input on each line. The machine ends with {"went":"matched"} or {"went":"default"}.
cat >machines.py <<'PYTHON'
import json

for line in open("cases").read().splitlines():
    test, value = line.split(" of ")
    machine = {
        "StartAt": "Choose",
        "States": {
            "Choose": {"Type": "Choice", "Default": "B", "Choices": [{"Variable": "$.value", **json.loads(test), "Next": "A"}]},
            "A": {"Type": "Pass", "Result": {"went": "matched"}, "End": True},
            "B": {"Type": "Pass", "Result": {"went": "default"}, "End": True},
        },
    }
    print(json.dumps([machine, {} if value == "nothing" else {"value": json.loads(value)}]))
PYTHON
python3 machines.py >machines
npm install --silent --no-audit --no-fund --prefix . aws-local-stepfunctions@3.0.0
cat >finding.mjs <<'JS'
import { readFileSync } from "node:fs";
import { StateMachine } from "aws-local-stepfunctions";

for (const line of readFileSync("machines", "utf8").trim().split("\n")) {
  const [machine, input] = JSON.parse(line);
  console.log(`aws-local-stepfunctions ${(await new StateMachine(machine).run(input).result).went}`);
}
JS
node finding.mjs >local
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check 'moto[stepfunctions]==5.2.5' boto3==1.44.8
cat >finding.py <<'PYTHON'
import json
import logging
import time

import boto3
from moto import mock_aws

logging.disable(logging.CRITICAL)
with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    client = boto3.client("stepfunctions")
    for number, line in enumerate(open("machines").read().splitlines()):
        machine, value = json.loads(line)
        arn = client.create_state_machine(
            name=f"m{number}", definition=json.dumps(machine), roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        run = client.start_execution(stateMachineArn=arn, input=json.dumps(value))["executionArn"]
        while (state := client.describe_execution(executionArn=run))["status"] == "RUNNING":
            time.sleep(0.02)
        print("moto", json.loads(state["output"])["went"])
PYTHON
unset AWS_PROFILE
export HOME=$folder AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
venv/bin/python finding.py >moto
paste -d '|' cases local moto | sed 's/|/: /; s/|/, /' | tee seen
diff seen - <<'SEEN'
{"IsPresent":false} of nothing: aws-local-stepfunctions default, moto matched
{"IsString":false} of 1: aws-local-stepfunctions default, moto matched
{"NumericLessThan":5} of "1": aws-local-stepfunctions matched, moto default
{"NumericLessThan":5} of null: aws-local-stepfunctions matched, moto default
{"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T08:00:00Z": aws-local-stepfunctions matched, moto matched
{"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T08:00:00.000Z": aws-local-stepfunctions matched, moto default
{"TimestampLessThan":"2026-11-30T09:00:00Z"} of "2026-11-30T09:30:00+01:00": aws-local-stepfunctions matched, moto default
{"StringMatches":"log-?.txt"} of "log-1.txt": aws-local-stepfunctions matched, moto matched
{"StringMatches":"log[1]*"} of "log[1].txt": aws-local-stepfunctions matched, moto default
{"StringMatches":"log-\\*.txt"} of "log-*.txt": aws-local-stepfunctions matched, moto default
SEEN
