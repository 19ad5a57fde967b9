#!/usr/bin/env bash
# ElasticMQ 1.6.14: when several queues share a dead-letter queue, StartMessageMoveTask without a destination
# moves all messages to one of them, and says COMPLETED. Each message still names the queue that it came from
# (DeadLetterQueueSourceArn), even where it is now. A message that was sent to the dead-letter queue, and so
# came from no queue, goes there too. The SQS API reference (StartMessageMoveTask, DestinationArn) has the
# messages go back to their respective original source queues. So a test of a redrive with one queue passes,
# and says nothing about two.
#
# Output seen on 2026-11-29:
#   queues with messages after the redrive: 1
#   messages there: 3, moved by its own count: 3
#   they came from: Bills, Orders, nowhere
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
import json
import sys
import time

import boto3

sqs = boto3.client("sqs", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def create(name, **attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages(url):
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["DeadLetterQueueSourceArn"]).get("Messages", [])


for attempt in range(60):  # until it has started
    try:
        sqs.list_queues()
        break
    except Exception:
        time.sleep(1)
dead, arn = create("Dead")
policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
urls = [create(name, VisibilityTimeout="0", RedrivePolicy=policy)[0] for name in ("Orders", "Bills")]
for url in urls:
    sqs.send_message(QueueUrl=url, MessageBody="received once too often")
    assert [len(messages(url)) for receive in range(2)] == [1, 0]
sqs.send_message(QueueUrl=dead, MessageBody="sent to the dead-letter queue")
sqs.start_message_move_task(SourceArn=arn)
while (task := sqs.list_message_move_tasks(SourceArn=arn)["Results"][0])["Status"] != "COMPLETED":
    time.sleep(0.2)
there = [found for url in urls if (found := messages(url))]
print("queues with messages after the redrive:", len(there))
print(f"messages there: {len(there[0])}, moved by its own count: {task['ApproximateNumberOfMessagesMoved']}")
origins = [m.get("Attributes", {}).get("DeadLetterQueueSourceArn", "nowhere").rsplit(":", 1)[-1] for m in there[0]]
print("they came from:", ", ".join(sorted(origins)))
PYTHON
venv/bin/python finding.py "$port" | tee seen
diff seen - <<'SEEN'
queues with messages after the redrive: 1
messages there: 3, moved by its own count: 3
they came from: Bills, Orders, nowhere
SEEN
