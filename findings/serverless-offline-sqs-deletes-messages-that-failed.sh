#!/usr/bin/env bash
# serverless-offline-sqs 8.0.0 (with serverless-offline 13.9.0 and serverless 3.40.0) feeds functions from a local SQS
# queue. It accepts functionResponseType: ReportBatchItemFailures, and does not look at what the function answers.
# Lambda would leave the messages in the queue that are named in batchItemFailures. The plugin deletes the whole
# batch, so a message that failed is lost, and no redrive policy ever sees it. Only if the function throws, the
# messages stay. So a function that is written as the Lambda guide says looks right here, and its retries are never tried.
#
# Output seen on 2026-11-30, of two messages one of which fails:
#   the failure is reported: received 2, left 0
#   the function throws: received 2, left 2
set -euo pipefail
folder=$(mktemp -d)
moto=
trap 'kill $moto 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[sqs,server]==5.2.5' boto3==1.44.8
npm install --silent --no-fund --no-audit serverless@3.40.0 serverless-offline@13.9.0 serverless-offline-sqs@8.0.0
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export SLS_TELEMETRY_DISABLED=1 SLS_NOTIFICATIONS_MODE=off
read -r sqs http lambda socket < <(python3 -c 'import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(s.getsockname()[1] for s in taken))')
venv/bin/moto_server -H 127.0.0.1 -p "$sqs" >moto.log 2>&1 &
moto=$!
cat >serverless.yml <<YAML
service: shop
frameworkVersion: "3"
provider: {name: aws, runtime: nodejs20.x, region: us-east-1}
plugins: [serverless-offline-sqs, serverless-offline]
custom:
  serverless-offline: {httpPort: $http, lambdaPort: $lambda, websocketPort: $socket}
  serverless-offline-sqs: {endpoint: "http://127.0.0.1:$sqs", region: us-east-1, accessKeyId: test, secretAccessKey: test}
functions:
  reports:
    handler: handler.reports
    events: [{sqs: {arn: "arn:aws:sqs:us-east-1:123456789012:reports", batchSize: 2, functionResponseType: ReportBatchItemFailures}}]
  throws:
    handler: handler.throws
    events: [{sqs: {arn: "arn:aws:sqs:us-east-1:123456789012:throws", batchSize: 2, functionResponseType: ReportBatchItemFailures}}]
YAML
cat >handler.js <<'JS'
const { appendFileSync } = require('node:fs')
const note = (queue, event) => event.Records.forEach(r => appendFileSync(queue, r.body + '\n'))
exports.reports = async event => {
  note('reports', event)
  return { batchItemFailures: event.Records.filter(r => r.body === 'bad').map(r => ({ itemIdentifier: r.messageId })) }
}
exports.throws = async event => {
  note('throws', event)
  throw new Error('bad')
}
JS
cat >queues.py <<'PYTHON'
import sys, time, urllib.request
import boto3

endpoint, action = sys.argv[1:]
sqs = boto3.client("sqs", endpoint_url=endpoint)
while True:
    try:
        urllib.request.urlopen(endpoint + "/moto-api/data.json").close()
        break
    except OSError:
        time.sleep(0.2)
for queue, how in ("reports", "the failure is reported"), ("throws", "the function throws"):
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    if action == "fill":
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": body, "MessageBody": body} for body in ("good", "bad")])
        continue
    n = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    left = int(n["ApproximateNumberOfMessages"]) + int(n["ApproximateNumberOfMessagesNotVisible"])
    print(f"{how}: received {len(set(open(queue)))}, left {left}")
PYTHON
venv/bin/python queues.py "http://127.0.0.1:$sqs" fill
timeout 25 node_modules/.bin/serverless offline start >serverless.log 2>&1 || [[ $? == 124 ]]
venv/bin/python queues.py "http://127.0.0.1:$sqs" count | tee seen
diff seen - <<'SEEN'
the failure is reported: received 2, left 0
the function throws: received 2, left 2
SEEN
