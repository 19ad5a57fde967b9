#!/usr/bin/env bash
# moto 5.2.5 has an EventBridge, which sends the events that match a rule's pattern to the rule's SQS queue. AWS has
# published the library that EventBridge itself matches with, by its blog post "Open Sourcing Event Ruler": event-ruler,
# 2.1.0 here. The two disagree about patterns that look harmless. In moto no pattern reaches into a list of objects, so
# a rule for orders with a certain article never sees one. 1 matches true, and true matches 1, as in Python. And in
# moto a list without a value exists. put_events reports no failure for any of them.
#
# Output seen on 2026-11-30:
#   {"tags":["a"]} and {"tags":["a","b"]}: event-ruler true, moto true
#   {"items":{"sku":["a"]}} and {"items":{"sku":"a"}}: event-ruler true, moto true
#   {"items":{"sku":["a"]}} and {"items":[{"sku":"a"},{"sku":"b"}]}: event-ruler true, moto false
#   {"paid":[true]} and {"paid":1}: event-ruler false, moto true
#   {"count":[{"numeric":["=",1]}]} and {"count":true}: event-ruler false, moto true
#   {"errors":[{"exists":true}]} and {"errors":[]}: event-ruler false, moto true
#   {"errors":[{"exists":false}]} and {"errors":[]}: event-ruler true, moto false
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >cases <<'CASES'
{"tags":["a"]} and {"tags":["a","b"]}
{"items":{"sku":["a"]}} and {"items":{"sku":"a"}}
{"items":{"sku":["a"]}} and {"items":[{"sku":"a"},{"sku":"b"}]}
{"paid":[true]} and {"paid":1}
{"count":[{"numeric":["=",1]}]} and {"count":true}
{"errors":[{"exists":true}]} and {"errors":[]}
{"errors":[{"exists":false}]} and {"errors":[]}
CASES
cat >pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>software.amazon.event.ruler</groupId>
      <artifactId>event-ruler</artifactId>
      <version>2.1.0</version>
    </dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode -Dmaven.repo.local="$folder/repository" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$folder/lib"
cat >Finding.java <<'JAVA'
import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.event.ruler.Ruler;

class Finding {
  public static void main(String[] arguments) throws Exception {
    for (String line : Files.readAllLines(Path.of("cases"))) {
      String[] both = line.split(" and ");
      System.out.println("event-ruler " + Ruler.matchesRule("{\"detail\":" + both[1] + "}", "{\"detail\":" + both[0] + "}"));
    }
  }
}
JAVA
java -cp 'lib/*' Finding.java >ruler
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[events,sqs]==5.2.5' boto3==1.44.8
cat >finding.py <<'PYTHON'
import boto3
from moto import mock_aws

with mock_aws():
    events, sqs = boto3.client("events"), boto3.client("sqs")
    for number, line in enumerate(open("cases").read().splitlines()):
        pattern, detail = line.split(" and ")
        queue = sqs.create_queue(QueueName=f"q{number}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule = f"r{number}"
        events.put_rule(Name=rule, EventPattern=f'{{"detail":{pattern}}}')
        events.put_targets(Rule=rule, Targets=[{"Id": "t", "Arn": arn}])
        answer = events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": detail}])
        assert answer["FailedEntryCount"] == 0
        print("moto", "Messages" in sqs.receive_message(QueueUrl=queue))
        events.remove_targets(Rule=rule, Ids=["t"])
        events.delete_rule(Name=rule)
PYTHON
unset AWS_PROFILE
export HOME=$folder AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
venv/bin/python finding.py | tr TF tf >moto
paste -d '|' cases ruler moto | sed 's/|/: /; s/|/, /' | tee seen
diff seen - <<'SEEN'
{"tags":["a"]} and {"tags":["a","b"]}: event-ruler true, moto true
{"items":{"sku":["a"]}} and {"items":{"sku":"a"}}: event-ruler true, moto true
{"items":{"sku":["a"]}} and {"items":[{"sku":"a"},{"sku":"b"}]}: event-ruler true, moto false
{"paid":[true]} and {"paid":1}: event-ruler false, moto true
{"count":[{"numeric":["=",1]}]} and {"count":true}: event-ruler false, moto true
{"errors":[{"exists":true}]} and {"errors":[]}: event-ruler false, moto true
{"errors":[{"exists":false}]} and {"errors":[]}: event-ruler true, moto false
SEEN
