"""DynamoDB through a PynamoDB model with a TTL attribute."""

import uuid
from datetime import datetime, timezone

from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from check import equal, raises


class ByGenre(GlobalSecondaryIndex):
    class Meta:
        projection = AllProjection()

    genre = UnicodeAttribute(hash_key=True)
    plays = NumberAttribute(range_key=True)


class Track(Model):
    class Meta:
        table_name = f"pynamodb-{uuid.uuid4()}"
        billing_mode = "PAY_PER_REQUEST"

    artist = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    genre = UnicodeAttribute(default="pop")
    plays = NumberAttribute(default=0)
    length = NumberAttribute(null=True)  # Python's integers have all digits
    labels = UnicodeSetAttribute(null=True)
    notes = ListAttribute(null=True)
    place = MapAttribute(null=True)
    expires = TTLAttribute(null=True)
    version = VersionAttribute()
    by_genre = ByGenre()


def conditions_and_updates():
    expires = datetime(2100, 1, 1, tzinfo=timezone.utc)
    length = 12345678901234567890123456789012345678
    track = Track("Ada", 1, genre="jazz", plays=5, length=length, notes=["live", 2], place={"city": "Pau"}, expires=expires)
    track.save(Track.artist.does_not_exist())
    error = raises("create what exists", PutError, Track("Ada", 1).save, Track.artist.does_not_exist())
    equal("the code of the error", error.cause_response_code, "ConditionalCheckFailedException")
    got = Track.get("Ada", 1, consistent_read=True)
    equal("the item", got.to_simple_dict(), track.to_simple_dict())
    raises("get what is missing", Track.DoesNotExist, Track.get, "Ada", 9)

    stale = Track.get("Ada", 1)
    actions = [
        Track.plays.add(2),
        Track.length.set(Track.length + 1),
        Track.labels.add({"a", "b"}),
        Track.notes.set((Track.notes | []).append(["loud"])),
        Track.genre.set(Track.genre | "rock"),
        Track.place["city"].set("Dax"),
    ]
    got.update(actions, Track.plays.between(5, 6) & Track.notes.contains("live"))
    want = {"plays": 7, "length": length + 1, "labels": {"a", "b"}, "notes": ["live", 2, "loud"], "genre": "jazz", "version": 2}
    equal("the updated item", {name: got.attribute_values[name] for name in want}, want)
    equal("its map", got.place.as_dict(), {"city": "Dax"})
    error = raises("a stale update", UpdateError, stale.update, [Track.plays.set(0)])
    equal("the code of the error", error.cause_response_code, "ConditionalCheckFailedException")
    got.refresh()
    equal("the item after a stale update", {name: got.attribute_values[name] for name in want}, want)


def batches_and_queries():
    with Track.batch_write() as batch:
        for number in range(2, 31):
            batch.save(Track("Ada", number, plays=100 - number))
    equal("a batch", sorted(track.number for track in Track.batch_get([("Ada", 2), ("Ada", 30), ("Ada", 31)])), [2, 30])
    equal("key condition", [track.number for track in Track.query("Ada", Track.number.between(9, 11))], [9, 10, 11])
    backwards = Track.query("Ada", Track.number > 5, scan_index_forward=False, limit=3, page_size=2)
    equal("backwards", [track.number for track in backwards], [30, 29, 28])
    found = Track.query("Ada", filter_condition=(Track.plays < 71) | Track.labels.exists())
    equal("a filter", [track.number for track in found], [1, 30])
    equal("an index", [track.number for track in Track.by_genre.query("pop", Track.plays > 96)], [3, 2])
    equal("count", Track.count("Ada", Track.number >= 2), 29)
    equal("scan", len(list(Track.scan(Track.genre == "pop", page_size=10))), 29)


def transactions():
    connection = Connection()
    token = str(uuid.uuid4())
    track = Track.get("Ada", 1)
    for _ in range(2):
        with TransactWrite(connection=connection, client_request_token=token) as transaction:
            transaction.update(Track("Ada", 1, version=track.version), [Track.plays.add(1)])
            transaction.delete(Track("Ada", 30), add_version_condition=False)

    def refused():
        with TransactWrite(connection=connection) as transaction:
            transaction.condition_check(Track, "Ada", 30, Track.artist.exists())
            transaction.save(Track("Ada", 40))

    error = raises("a refused transaction", TransactWriteError, refused)
    codes = [reason and reason.code for reason in error.cancellation_reasons]
    equal("the reasons", codes, ["ConditionalCheckFailed", None])
    with TransactGet(connection=connection) as transaction:
        one, two = transaction.get(Track, "Ada", 1), transaction.get(Track, "Ada", 2)
    equal("plays after two calls with one token", [one.get().plays, two.get().plays], [8, 98])
    raises("what a refused transaction would have put", Track.DoesNotExist, Track.get, "Ada", 40)


def time_to_live():
    described = Connection().client.describe_time_to_live(TableName=Track.Meta.table_name)["TimeToLiveDescription"]
    equal("the attribute of the time to live", described["AttributeName"], "expires")
    equal("the status of the time to live", described["TimeToLiveStatus"] in ("ENABLING", "ENABLED"), True)


Track.create_table(wait=True)
try:
    conditions_and_updates()
    batches_and_queries()
    transactions()
    time_to_live()
finally:
    Track.delete_table(wait=True)
