#!/usr/bin/env bash
# @aws-lambda-powertools/batch 2.35.0 can check the items of a DynamoDB stream with an innerSchema (of zod 4.6.7).
# Its page says that the schema is applied to both NewImage and OldImage. It is also applied if there is none. By
# the DynamoDB Streams reference (StreamRecord) they are the item after and before the change, so an INSERT has no
# OldImage, and a REMOVE no NewImage. Such records never reach the handler. They are reported as failed, and by
# default Lambda sends them again until they expire. With the view type NEW_IMAGE this happens to all records. An
# optional innerSchema is no help, but a full schema with optional images is.
#
# Output seen on 2026-11-29:
#   NEW_AND_OLD_IMAGES, innerSchema: handled MODIFY, reported INSERT REMOVE
#   NEW_AND_OLD_IMAGES, optional innerSchema: handled MODIFY, reported INSERT REMOVE
#   NEW_AND_OLD_IMAGES, full schema: handled INSERT MODIFY REMOVE, reported nothing
#   NEW_IMAGE, innerSchema: handled nothing, reported INSERT MODIFY REMOVE
#   the reason for the first: dynamodb.OldImage: Could not unmarshall DynamoDB stream record
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . @aws-lambda-powertools/batch@2.35.0 @aws-lambda-powertools/parser@2.35.0 zod@4.6.7
cat >finding.mjs <<'JS'
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { parser } from "@aws-lambda-powertools/batch/parser";
import { DynamoDBMarshalled } from "@aws-lambda-powertools/parser/helpers/dynamodb";
import { DynamoDBStreamChangeRecordBase, DynamoDBStreamRecord } from "@aws-lambda-powertools/parser/schemas/dynamodb";
import { z } from "zod";

const item = z.object({ id: z.string() });
const image = DynamoDBMarshalled(item).optional();
const inner = { innerSchema: item, transformer: "unmarshall" };
const optional = { innerSchema: item.optional(), transformer: "unmarshall" };
const full = {
  schema: DynamoDBStreamRecord.extend({ dynamodb: DynamoDBStreamChangeRecordBase.extend({ NewImage: image, OldImage: image }) }),
};

function record(eventName, StreamViewType) {
  const stored = { id: { S: "a" } };
  const dynamodb = { Keys: stored, SequenceNumber: eventName, SizeBytes: 6, StreamViewType, ApproximateCreationDateTime: 1795910400 };
  if (eventName !== "REMOVE") dynamodb.NewImage = stored;
  if (eventName !== "INSERT" && StreamViewType === "NEW_AND_OLD_IMAGES") dynamodb.OldImage = stored;
  return {
    eventID: eventName, eventName, eventVersion: "1.1", eventSource: "aws:dynamodb", awsRegion: "us-east-1", dynamodb,
    eventSourceARN: "arn:aws:dynamodb:us-east-1:123456789012:table/T/stream/2026-11-29T00:00:00.000",
  };
}

async function tell(viewType, what, schema) {
  const processor = new BatchProcessor(EventType.DynamoDBStreams, { parser, ...schema });
  const event = { Records: ["INSERT", "MODIFY", "REMOVE"].map(name => record(name, viewType)) };
  const handled = [];
  const handle = async ({ eventName }) => handled.push(eventName);
  const { batchItemFailures } = await processPartialResponse(event, handle, processor, { throwOnFullBatchFailure: false });
  const reported = batchItemFailures.map(failure => failure.itemIdentifier);
  console.log(`${viewType}, ${what}: handled ${handled.join(" ") || "nothing"}, reported ${reported.join(" ") || "nothing"}`);
  return processor.errors;
}
const [first] = await tell("NEW_AND_OLD_IMAGES", "innerSchema", inner);
await tell("NEW_AND_OLD_IMAGES", "optional innerSchema", optional);
await tell("NEW_AND_OLD_IMAGES", "full schema", full);
await tell("NEW_IMAGE", "innerSchema", inner);
console.log(`the reason for the first: ${first.message}`);
JS
node finding.mjs | tee seen
diff seen - <<'SEEN'
NEW_AND_OLD_IMAGES, innerSchema: handled MODIFY, reported INSERT REMOVE
NEW_AND_OLD_IMAGES, optional innerSchema: handled MODIFY, reported INSERT REMOVE
NEW_AND_OLD_IMAGES, full schema: handled INSERT MODIFY REMOVE, reported nothing
NEW_IMAGE, innerSchema: handled nothing, reported INSERT MODIFY REMOVE
the reason for the first: dynamodb.OldImage: Could not unmarshall DynamoDB stream record
SEEN
