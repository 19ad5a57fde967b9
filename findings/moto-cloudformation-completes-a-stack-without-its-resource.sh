#!/usr/bin/env bash
# moto 5.2.5 has a CloudFormation, which cannot make every type of resource. A stack with, for example, an
# AWS::ApiGateway::ApiKey is CREATE_COMPLETE all the same, and has no key. The API shows a resource that
# is complete and has no name. The client gets no error; only a warning of moto's process names the type.
# What refers to the key is wrong, in a way that depends on the function: an output that is a Ref is
# left out, one with a Join says None, and one with a Sub keeps the placeholder. A queue whose name is a
# Ref of the key gets a made-up name.
#
# Output seen on 2026-11-28:
#   stack: CREATE_COMPLETE
#   resource: 'Queue' CREATE_COMPLETE
#   resource: '' CREATE_COMPLETE
#   keys: 0
#   output Join: key-None
#   output Sub: key-${Key}
#   the queue's name begins with: stack-Queue-
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[cloudformation,sqs,apigateway]==5.2.5' boto3==1.44.8
cat >"$folder/finding.py" <<'PYTHON'
import json

import boto3
from moto import mock_aws

TEMPLATE = {
    "Resources": {
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Key"}}},
    },
    "Outputs": {
        "Ref": {"Value": {"Ref": "Key"}},
        "Join": {"Value": {"Fn::Join": ["-", ["key", {"Ref": "Key"}]]}},
        "Sub": {"Value": {"Fn::Sub": "key-${Key}"}},
    },
}
with mock_aws():
    cloudformation, gateway, sqs = (boto3.client(name) for name in ("cloudformation", "apigateway", "sqs"))
    cloudformation.create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
    stack = cloudformation.describe_stacks(StackName="stack")["Stacks"][0]
    resources = cloudformation.list_stack_resources(StackName="stack")["StackResourceSummaries"]
    print("stack:", stack["StackStatus"])
    for resource in sorted(resources, key=lambda r: r["LogicalResourceId"], reverse=True):
        print(f"resource: {resource['LogicalResourceId']!r}", resource["ResourceStatus"])
    print("keys:", len(gateway.get_api_keys()["items"]))
    for output in sorted(stack["Outputs"], key=lambda o: o["OutputKey"]):
        print(f"output {output['OutputKey']}:", output["OutputValue"])
    name = sqs.list_queues()["QueueUrls"][0].rsplit("/", 1)[1]
    print("the queue's name begins with:", name.removesuffix(name.rsplit("-", 1)[1]))
PYTHON
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" "$folder/finding.py" 2>/dev/null | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
stack: CREATE_COMPLETE
resource: 'Queue' CREATE_COMPLETE
resource: '' CREATE_COMPLETE
keys: 0
output Join: key-None
output Sub: key-${Key}
the queue's name begins with: stack-Queue-
SEEN
