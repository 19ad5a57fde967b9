// Makes a table for each program, and sets time to live, with the AWS SDK's client.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  CreateTableCommand, DeleteTableCommand, DescribeTimeToLiveCommand, DynamoDBClient, UpdateTimeToLiveCommand,
  waitUntilTableExists
} from '@aws-sdk/client-dynamodb'

export const client = new DynamoDBClient()

const keySchema = names => names.map((name, i) => ({ AttributeName: name, KeyType: ['HASH', 'RANGE'][i] }))

/**
 * Creates a table, calls the program with its name, and deletes the table.
 * types are the types of the key attributes; key and index are names of attributes.
 */
export async function withTable(prefix, types, key, indexName, index, program) {
  const TableName = `${prefix}-${randomUUID()}`
  await client.send(new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: keySchema(key),
    GlobalSecondaryIndexes: [{ IndexName: indexName, KeySchema: keySchema(index), Projection: { ProjectionType: 'ALL' } }]
  }))
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName })
  try {
    await program(TableName)
    await checkTimeToLive(TableName)
  } finally {
    await client.send(new DeleteTableCommand({ TableName }))
  }
}

async function checkTimeToLive(TableName) {
  const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
  const { TimeToLiveDescription: got } = await client.send(new DescribeTimeToLiveCommand({ TableName }))
  assert.equal(got.AttributeName, 'expires', 'the attribute of the time to live')
  assert.match(got.TimeToLiveStatus, /^(ENABLING|ENABLED)$/, 'the status of the time to live')
}
