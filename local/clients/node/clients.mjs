// Uses Node.js's clients of DynamoDB on the endpoint in AWS_ENDPOINT_URL.
import assert from 'node:assert/strict'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { $add, $append, Entity as ToolboxEntity, PutItemCommand, QueryCommand, Table, UpdateItemCommand, item, list, number, string } from 'dynamodb-toolbox'
import { Entity } from 'electrodb'

const name = 'ClientTasks'
const client = new DynamoDBClient()
const definitions = ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }))
const keys = (hash, range) => [{ AttributeName: hash, KeyType: 'HASH' }, { AttributeName: range, KeyType: 'RANGE' }]

async function useElectroDB() {
  const tasks = new Entity({
    model: { entity: 'task', version: '1', service: 'clients' },
    attributes: {
      team: { type: 'string' }, task: { type: 'string' }, points: { type: 'number' },
      tags: { type: 'set', items: 'string' }, status: { type: ['open', 'closed'], default: 'open' },
    },
    indexes: {
      primary: { pk: { field: 'pk', composite: ['team'] }, sk: { field: 'sk', composite: ['task'] } },
      byStatus: { index: 'gsi1', pk: { field: 'gsi1pk', composite: ['status'] }, sk: { field: 'gsi1sk', composite: ['points'] } },
    },
  }, { client, table: name })
  for (let i = 0; i < 12; i++) await tasks.create({ team: 'a', task: `t${i}`, points: i, tags: ['x'] }).go()
  await assert.rejects(tasks.create({ team: 'a', task: 't1', points: 1 }).go(), /conditional request failed/)
  assert.equal((await tasks.query.primary({ team: 'a' }).begins({ task: 't1' }).go()).data.length, 3)
  assert.equal((await tasks.query.byStatus({ status: 'open' }).where((a, is) => is.gt(a.points, 8)).go()).data.length, 3)
  const updated = await tasks.update({ team: 'a', task: 't3' }).add({ points: 5, tags: ['y'] }).where((a, is) => is.eq(a.points, 3)).go({ response: 'all_new' })
  assert.deepEqual([updated.data.points, updated.data.tags], [8, ['x', 'y']])
  await tasks.delete([{ team: 'a', task: 't3' }, { team: 'a', task: 't4' }]).go()
  assert.equal((await tasks.get([{ team: 'a', task: 't3' }, { team: 'a', task: 't5' }]).go()).data.length, 1)
}

async function useToolbox() {
  const table = new Table({
    documentClient: DynamoDBDocumentClient.from(client), name,
    partitionKey: { name: 'pk', type: 'string' }, sortKey: { name: 'sk', type: 'string' },
  })
  const notes = new ToolboxEntity({
    name: 'Note', table,
    schema: item({ pk: string().key(), sk: string().key(), n: number().optional(), lines: list(string()).optional() }),
  })
  const isNew = { condition: { attr: 'pk', exists: false } }
  await notes.build(PutItemCommand).item({ pk: 'p', sk: '1', n: 1, lines: ['a'] }).options(isNew).send()
  await assert.rejects(notes.build(PutItemCommand).item({ pk: 'p', sk: '1' }).options(isNew).send(), /conditional request failed/)
  const { Attributes } = await notes.build(UpdateItemCommand).item({ pk: 'p', sk: '1', n: $add(2), lines: $append(['b']) }).options({ returnValues: 'ALL_NEW' }).send()
  assert.deepEqual([Attributes.n, Attributes.lines], [3, ['a', 'b']])
  assert.equal((await table.build(QueryCommand).query({ partition: 'p', range: { beginsWith: '1' } }).entities(notes).send()).Items.length, 1)
}

await client.send(new CreateTableCommand({
  TableName: name, BillingMode: 'PAY_PER_REQUEST', KeySchema: keys('pk', 'sk'), AttributeDefinitions: definitions,
  GlobalSecondaryIndexes: [{ IndexName: 'gsi1', KeySchema: keys('gsi1pk', 'gsi1sk'), Projection: { ProjectionType: 'ALL' } }],
}))
await useElectroDB()
await useToolbox()
await client.send(new DeleteTableCommand({ TableName: name }))
