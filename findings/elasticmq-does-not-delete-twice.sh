#!/usr/bin/env bash
# ElasticMQ 1.6.14 refuses to delete a message a second time, and to delete it with an earlier receipt handle:
# ReceiptHandleIsInvalid. The SQS API reference (DeleteMessage) says of a handle that is not the latest that
# the request succeeds, though the message may stay. An SDK that does not get the answer to a DeleteMessage
# sends it again, and here reports that as failed, of a message that is gone. In a batch it is the sender's
# fault (SenderFault), so a consumer that trusts this does not try again either.
#
# Output seen on 2026-11-29:
#   an earlier handle: ReceiptHandleIsInvalid
#   the latest handle: deleted
#   the same again: ReceiptHandleIsInvalid
#   the same in a batch: ReceiptHandleIsInvalid, the sender's fault: True
set -euo pipefail
folder=$(mktemp -d)
trap '[[ -z ${server:-} ]] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
cat >pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.elasticmq</groupId>
      <artifactId>elasticmq-server_2.13</artifactId>
      <version>1.6.14</version>
    </dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode -Dmaven.repo.local="$folder/repository" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$folder/lib"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check boto3==1.44.8
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >elasticmq.conf <<CONF
include classpath("application.conf")
node-address { protocol = http, host = 127.0.0.1, port = $port, context-path = "" }
rest-sqs { bind-port = $port, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats.enabled = false
CONF
java -Dconfig.file=elasticmq.conf -cp 'lib/*' org.elasticmq.server.Main >server.log 2>&1 &
server=$!
cat >finding.py <<'PYTHON'
import sys
import time

import boto3
from botocore.exceptions import ClientError

sqs = boto3.client("sqs", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def delete(handle):
    try:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        return "deleted"
    except ClientError as e:
        return e.response["Error"]["Code"].rsplit(".", 1)[-1]


for attempt in range(60):  # until it has started
    try:
        sqs.list_queues()
        break
    except Exception:
        time.sleep(1)
url = sqs.create_queue(QueueName="Orders")["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody="one")
earlier = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]["ReceiptHandle"]
latest = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
print("an earlier handle:", delete(earlier))
print("the latest handle:", delete(latest))
print("the same again:", delete(latest))
failed = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": latest}])["Failed"][0]
print(f"the same in a batch: {failed['Code']}, the sender's fault: {failed['SenderFault']}")
PYTHON
venv/bin/python finding.py "$port" | tee seen
diff seen - <<'SEEN'
an earlier handle: ReceiptHandleIsInvalid
the latest handle: deleted
the same again: ReceiptHandleIsInvalid
the same in a batch: ReceiptHandleIsInvalid, the sender's fault: True
SEEN
