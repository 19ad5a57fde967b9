#!/usr/bin/env bash
# aws-lambda-powertools 3.37.0 (Python, with pydantic 2.14.4) checks each message of an SQS batch with a model, and
# reports one that does not fit in batchItemFailures, like one whose handler fails. In two cases it raises an error
# instead. Lambda then takes the whole batch for failed, and delivers again what is done. One case is a model with a
# title in its ConfigDict: the processor knows the model's error by the class's name, but pydantic puts the title
# there. The other is a FIFO queue, after a message that failed. By the Lambda guide the rest is to be reported
# without being processed. Here it is still checked with the model, and nothing catches the error of that.
#
# Output seen on 2026-11-29, of messages 1 to 4, where message 3 does not fit:
#   standard queue: done 1 2 4, reported 3
#   standard queue, a model with a title: done 1 2 4, AttributeError
#   FIFO queue: done 1 2, reported 3 4
#   FIFO queue, message 2 fails: done 1, ValidationError
#   FIFO queue, message 2 fails, no model: done 1, reported 2 3 4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aws-lambda-powertools==3.37.0 pydantic==2.14.4
cat >"$folder/finding.py" <<'PYTHON'
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from pydantic import BaseModel, ConfigDict, Json


class Order(BaseModel):
    item: str


class Message(SqsRecordModel):
    body: Json[Order]


class Titled(Message):
    model_config = ConfigDict(title="A message with an order")


def record(id, body):
    times = {"SentTimestamp": "1795910400000", "ApproximateFirstReceiveTimestamp": "1795910400001"}
    return {
        "messageId": id, "receiptHandle": "handle", "body": body, "messageAttributes": {}, "md5OfBody": "0" * 32,
        "attributes": times | {"ApproximateReceiveCount": "1", "SenderId": "sender", "MessageGroupId": "group"},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:q", "awsRegion": "us-east-1",
    }


def tell(what, processor, failing=None):
    done = []

    def handle(record):
        id = record.messageId if isinstance(record, Message) else record.message_id
        if id == failing:
            raise RuntimeError
        done.append(id)

    event = {"Records": [record(id, "{}" if id == "3" else '{"item": "tea"}') for id in "1234"]}
    try:
        report = process_partial_response(event, handle, processor, context=None)
        outcome = "reported " + " ".join(failure["itemIdentifier"] for failure in report["batchItemFailures"])
    except Exception as error:
        outcome = type(error).__name__
    print(f"{what}: done {' '.join(done)}, {outcome}")


tell("standard queue", BatchProcessor(EventType.SQS, model=Message))
tell("standard queue, a model with a title", BatchProcessor(EventType.SQS, model=Titled))
tell("FIFO queue", SqsFifoPartialProcessor(model=Message))
tell("FIFO queue, message 2 fails", SqsFifoPartialProcessor(model=Message), failing="2")
tell("FIFO queue, message 2 fails, no model", SqsFifoPartialProcessor(), failing="2")
PYTHON
"$folder/venv/bin/python" "$folder/finding.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
standard queue: done 1 2 4, reported 3
standard queue, a model with a title: done 1 2 4, AttributeError
FIFO queue: done 1 2, reported 3 4
FIFO queue, message 2 fails: done 1, ValidationError
FIFO queue, message 2 fails, no model: done 1, reported 2 3 4
SEEN
