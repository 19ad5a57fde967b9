#!/usr/bin/env bash
# The AWS SAM CLI 1.170.0 writes sample events (sam local generate-event). The parser of aws_lambda_powertools 3.37.0
# (with pydantic 2.13.5) has a model for each kind. Both are AWS's own, but the parser refuses some of the samples, so a
# test with such a sample fails before it reaches the handler. The samples lack what a real event has (by the page "AWS
# service events metadata" of EventBridge, each event has a version), or have EXAMPLE where it has a URL. The samples of
# the queues, the HTTP API, streams, logs and S3 fit.
#
# Output seen on 2026-11-30:
#   sqs receive-message             fits SqsModel
#   apigateway http-api-proxy       fits APIGatewayProxyEventV2Model
#   dynamodb update                 fits DynamoDBStreamModel
#   cloudwatch logs                 fits CloudWatchLogsModel
#   s3 put                          fits S3Model
#   sns notification                SnsModel: Records.0.Sns.SigningCertUrl url_parsing, Records.0.Sns.UnsubscribeUrl url_parsing
#   cloudwatch scheduled-event      EventBridgeModel: version missing
#   cloudformation create-request   CloudFormationCustomResourceCreateModel: ServiceToken missing
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check aws-sam-cli==1.170.0 aws-lambda-powertools==3.37.0 pydantic==2.13.5
export SAM_CLI_TELEMETRY=0
cat >finding.py <<'PY'
import subprocess

import pydantic
from aws_lambda_powertools.utilities.parser import models

for event, name in {
    "sqs receive-message": "SqsModel",
    "apigateway http-api-proxy": "APIGatewayProxyEventV2Model",
    "dynamodb update": "DynamoDBStreamModel",
    "cloudwatch logs": "CloudWatchLogsModel",
    "s3 put": "S3Model",
    "sns notification": "SnsModel",
    "cloudwatch scheduled-event": "EventBridgeModel",
    "cloudformation create-request": "CloudFormationCustomResourceCreateModel",
}.items():
    sample = subprocess.run(["venv/bin/sam", "local", "generate-event", *event.split()], check=True, capture_output=True).stdout
    try:
        getattr(models, name).model_validate_json(sample)
        print(f"{event:31} fits {name}")
    except pydantic.ValidationError as error:
        faults = sorted(".".join(map(str, e["loc"])) + " " + e["type"] for e in error.errors())
        print(f"{event:31} {name}: {', '.join(faults)}")
PY
venv/bin/python finding.py | tee seen
diff seen - <<'SEEN'
sqs receive-message             fits SqsModel
apigateway http-api-proxy       fits APIGatewayProxyEventV2Model
dynamodb update                 fits DynamoDBStreamModel
cloudwatch logs                 fits CloudWatchLogsModel
s3 put                          fits S3Model
sns notification                SnsModel: Records.0.Sns.SigningCertUrl url_parsing, Records.0.Sns.UnsubscribeUrl url_parsing
cloudwatch scheduled-event      EventBridgeModel: version missing
cloudformation create-request   CloudFormationCustomResourceCreateModel: ServiceToken missing
SEEN
