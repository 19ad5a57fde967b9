"""Idempotent handlers with Powertools for AWS Lambda. It keeps its records in DynamoDB."""

import time
import uuid

import boto3
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError, IdempotencyValidationError

from check import equal, raises

client = boto3.client("dynamodb")
table = f"powertools-{uuid.uuid4()}"


class Context:
    """The parts of Lambda's context that Powertools reads."""

    def get_remaining_time_in_millis(self):
        return 1000


client.create_table(
    TableName=table,
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
)
client.get_waiter("table_exists").wait(TableName=table)

runs = []
config = IdempotencyConfig(event_key_jmespath="order", payload_validation_jmespath="price", raise_on_no_idempotency_key=True)


@idempotent(config=config, persistence_store=DynamoDBPersistenceLayer(table_name=table))
def handler(event, context):
    runs.append(event["order"])
    if event.get("fails"):
        raise ArithmeticError(event["order"])
    return {"order": event["order"], "run": len(runs)}


def records():
    return client.scan(TableName=table, ConsistentRead=True)["Items"]


def change(**values):
    """Changes attributes of the one record in the table."""
    client.put_item(TableName=table, Item=records()[0] | values)


try:
    client.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiration"})
    event = {"order": "A", "price": 3}
    equal("the first call", handler(event, Context()), {"order": "A", "run": 1})
    equal("the second call", handler(event, Context()), {"order": "A", "run": 1})
    equal("runs of two calls with one payload", runs, ["A"])
    equal("status of the record", [record["status"] for record in records()], [{"S": "COMPLETED"}])
    raises("the order at another price", IdempotencyValidationError, handler, {"order": "A", "price": 4}, Context())

    change(expiration={"N": str(int(time.time()) - 10)})
    equal("a call after the record has expired", handler(event, Context()), {"order": "A", "run": 2})
    future = {"N": str(int(time.time() * 1000) + 60_000)}
    change(status={"S": "INPROGRESS"}, in_progress_expiration=future)
    raises("a call during another", IdempotencyAlreadyInProgressError, handler, event, Context())
    change(status={"S": "INPROGRESS"}, in_progress_expiration={"N": "1"})
    equal("a call after another has timed out", handler(event, Context()), {"order": "A", "run": 3})

    raises("a handler that fails", ArithmeticError, handler, {"order": "B", "fails": True}, Context())
    equal("records after a handler has failed", len(records()), 1)
    equal("a call after a failed one", handler({"order": "B"}, Context()), {"order": "B", "run": 5})
finally:
    client.delete_table(TableName=table)
