"""DynamoDB through boto3's resource: Table, conditions, batch_writer."""

import uuid
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key

from check import equal, raises

dynamodb = boto3.resource("dynamodb")
client = dynamodb.meta.client  # this client also accepts and returns Python's types


def create():
    table = dynamodb.create_table(
        TableName=f"boto3-{uuid.uuid4()}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "artist", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "genre", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-genre",
                "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    table.wait_until_exists()
    return table


def conditions_and_updates(table):
    key = {"artist": "Ada", "number": 1}
    item = key | {"length": Decimal("1234567890.1234567890123456789012345678"), "cover": b"\x00\xff", "plays": 5}
    table.put_item(Item=item, ConditionExpression=Attr("artist").not_exists())
    error = raises(
        "create what exists",
        client.exceptions.ConditionalCheckFailedException,
        table.put_item,
        Item=key,
        ConditionExpression=Attr("artist").not_exists() & Attr("number").not_exists(),
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    equal("the old item in the error", error.response["Item"]["plays"], {"N": "5"})
    equal("the item", table.get_item(Key=key, ConsistentRead=True)["Item"], item)
    equal("get what is missing", "Item" in table.get_item(Key=key | {"number": 9}), False)

    update = {
        "Key": key,
        "UpdateExpression": "SET notes = list_append(if_not_exists(notes, :none), :note), old_plays = plays,"
        " #length = #length + :one ADD plays :one, labels :labels REMOVE cover",
        "ExpressionAttributeNames": {"#length": "length"},
        "ExpressionAttributeValues": {":none": [], ":note": ["loud", None, True], ":one": 1, ":labels": {"a", "b"}}
        | {":five": 5, ":b": "B"},
        "ConditionExpression": "plays = :five AND attribute_type(cover, :b)",
    }
    want = key | {"length": Decimal("1234567891.1234567890123456789012345678"), "old_plays": 5, "plays": 6}
    want |= {"notes": ["loud", None, True], "labels": {"a", "b"}}
    equal("the updated item", table.update_item(**update, ReturnValues="ALL_NEW")["Attributes"], want)
    raises("a stale update", client.exceptions.ConditionalCheckFailedException, table.update_item, **update)
    equal("the item after a stale update", table.get_item(Key=key)["Item"], want)


def batches_and_queries(table):
    with table.batch_writer(overwrite_by_pkeys=["artist", "number"]) as batch:
        for number in [*range(2, 61), 60]:
            batch.put_item(Item={"artist": "Ada", "number": number, "genre": "pop", "plays": 100 - number})
    keys = [{"artist": "Ada", "number": number} for number in (2, 60, 61)]
    found = dynamodb.batch_get_item(RequestItems={table.name: {"Keys": keys}})["Responses"][table.name]
    equal("a batch", sorted(item["number"] for item in found), [2, 60])

    def numbers(**query):
        return [int(item["number"]) for item in table.query(**query)["Items"]]

    ada = Key("artist").eq("Ada")
    equal("key condition", numbers(KeyConditionExpression=ada & Key("number").between(9, 11)), [9, 10, 11])
    equal("backwards", numbers(KeyConditionExpression=ada & Key("number").lt(5), ScanIndexForward=False), [4, 3, 2, 1])
    a_filter = Attr("plays").is_in([41, 42, 6]) & ~Attr("labels").contains("a") | Attr("notes").size().eq(3)
    equal("a filter", numbers(KeyConditionExpression=ada, FilterExpression=a_filter), [1, 58, 59])
    page = table.query(IndexName="by-genre", KeyConditionExpression=Key("genre").eq("pop"), Limit=50)
    equal("keys of an index's page", set(page["LastEvaluatedKey"]), {"artist", "number", "genre"})
    rest = table.query(
        IndexName="by-genre", KeyConditionExpression=Key("genre").eq("pop"), ExclusiveStartKey=page["LastEvaluatedKey"]
    )
    equal("an index", {int(item["number"]) for item in page["Items"] + rest["Items"]}, set(range(2, 61)))
    equal("attributes in the index", set(rest["Items"][0]), {"artist", "number", "genre"})
    equal("scan", table.scan(FilterExpression=Attr("genre").begins_with("p"), Select="COUNT")["Count"], 59)


def transactions(table):
    plays = {"TableName": table.name, "Key": {"artist": "Ada", "number": 1}, "UpdateExpression": "ADD plays :n"}
    plays["ExpressionAttributeValues"] = {":n": 1}
    remove = {"TableName": table.name, "Key": {"artist": "Ada", "number": 60}}
    exists = {**remove, "ConditionExpression": "attribute_exists(artist)"}
    token = str(uuid.uuid4())
    write, errors = client.transact_write_items, client.exceptions
    for _ in range(2):
        write(TransactItems=[{"Update": plays}, {"Delete": remove}], ClientRequestToken=token)
    other = {"TransactItems": [{"Update": plays}], "ClientRequestToken": token}
    raises("the token with another transaction", errors.IdempotentParameterMismatchException, write, **other)
    items = [{"Update": plays}, {"ConditionCheck": exists}]
    error = raises("a refused transaction", errors.TransactionCanceledException, write, TransactItems=items)
    reasons = [reason["Code"] for reason in error.response["CancellationReasons"]]
    equal("the reasons", reasons, ["None", "ConditionalCheckFailed"])
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": table.name, "Key": plays["Key"]}}, {"Get": remove}])
    equal("plays after two calls with one token", got["Responses"][0]["Item"]["plays"], 7)
    equal("the deleted item", "Item" in got["Responses"][1], False)


def time_to_live(table):
    specification = {"Enabled": True, "AttributeName": "expires"}
    answer = client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
    equal("the time to live that was set", answer["TimeToLiveSpecification"], specification)
    described = client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    equal("the attribute of the time to live", described["AttributeName"], "expires")
    equal("the status of the time to live", described["TimeToLiveStatus"] in ("ENABLING", "ENABLED"), True)


table = create()
try:
    conditions_and_updates(table)
    batches_and_queries(table)
    transactions(table)
    time_to_live(table)
finally:
    table.delete()
    table.wait_until_not_exists()
