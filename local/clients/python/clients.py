"""Uses Python's clients of DynamoDB on the endpoint in AWS_ENDPOINT_URL."""

import os
import uuid
from datetime import timedelta
from decimal import Decimal

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from boto3.dynamodb.conditions import Attr, Key
from pynamodb.attributes import (
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import PutError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

URL = os.environ["AWS_ENDPOINT_URL"]


class ByKind(GlobalSecondaryIndex):
    class Meta:
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    n = NumberAttribute(range_key=True)


class Flower(Model):
    class Meta:
        table_name = "ClientFlowers"
        host = URL
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"

    id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    n = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    until = TTLAttribute(default_for_new=timedelta(days=1))
    version = VersionAttribute()
    by_kind = ByKind()


def use_pynamodb():
    Flower.create_table(wait=True)
    rose = Flower("1", kind="rose", n=1, tags={"a", "b"})
    rose.save()
    rose.update(actions=[Flower.n.add(5), Flower.tags.delete({"a"})], condition=Flower.kind == "rose")
    assert (rose.n, rose.tags) == (6, {"b"}), rose.attribute_values
    try:
        Flower("1", kind="lily").save(Flower.id.does_not_exist())
        raise AssertionError("an item that is there was created")
    except PutError:
        pass
    with Flower.batch_write() as batch:
        for i in range(2, 30):
            batch.save(Flower(str(i), kind="lily", n=i))
    found = [f.n for f in Flower.by_kind.query("lily", Flower.n > 20, scan_index_forward=False)]
    assert found == list(range(29, 20, -1)), found
    assert len(list(Flower.batch_get([str(i) for i in range(1, 30)]))) == 29
    with TransactWrite(connection=Connection(host=URL, region="us-east-1"), client_request_token=uuid.uuid4().hex) as t:
        t.save(Flower("new", kind="lily"))
        t.update(rose, actions=[Flower.n.set(9)])
    rose.refresh()
    assert rose.n == 9, rose.n
    Flower.delete_table()


def use_resource():
    table = boto3.resource("dynamodb").create_table(
        TableName="ClientPairs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "b", "AttributeType": "N"}],
    )
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for b in range(30):
            batch.put_item(Item={"a": "x", "b": b, "exact": Decimal("1234567890123456789.5"), "odd": b % 2 == 1})
    out = table.query(KeyConditionExpression=Key("a").eq("x") & Key("b").between(5, 9), FilterExpression=Attr("odd").eq(True))
    assert [i["b"] for i in out["Items"]] == [5, 7, 9], out
    assert out["Items"][0]["exact"] == Decimal("1234567890123456789.5"), out
    table.delete()


def use_powertools():
    table = boto3.resource("dynamodb").create_table(
        TableName="ClientIdempotency",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    table.wait_until_exists()
    calls = []
    store = DynamoDBPersistenceLayer(table_name="ClientIdempotency")

    @idempotent_function(data_keyword_argument="order", persistence_store=store, config=IdempotencyConfig())
    def place(order):
        calls.append(order)
        return {"placed": order["number"]}

    assert place(order={"number": 1}) == place(order={"number": 1}) == {"placed": 1}
    assert len(calls) == 1, calls
    table.delete()


os.environ.setdefault("AWS_LAMBDA_FUNCTION_NAME", "clients")
use_pynamodb()
use_resource()
use_powertools()
