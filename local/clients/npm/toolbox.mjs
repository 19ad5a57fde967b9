// DynamoDB through dynamodb-toolbox.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import {
  $add, $append, $get, $remove, $sum, BatchGetCommand, BatchGetRequest, BatchPutRequest, BatchWriteCommand, ConditionCheck,
  DeleteTransaction, Entity, GetItemCommand, PutItemCommand, QueryCommand, ScanCommand, Table, UpdateItemCommand,
  UpdateTransaction, executeBatchGet, executeBatchWrite, executeTransactWrite, item, list, map, number, set, string
} from 'dynamodb-toolbox'
import { client, withTable } from './table.mjs'

const types = { artist: 'S', number: 'N', genre: 'S', plays: 'N' }
await withTable('dynamodb-toolbox', types, ['artist', 'number'], 'byGenre', ['genre', 'plays'], program)

function trackEntity(name) {
  const table = new Table({
    documentClient: DynamoDBDocumentClient.from(client),
    name,
    partitionKey: { name: 'artist', type: 'string' },
    sortKey: { name: 'number', type: 'number' },
    indexes: {
      byGenre: { type: 'global', partitionKey: { name: 'genre', type: 'string' }, sortKey: { name: 'plays', type: 'number' } }
    }
  })
  return new Entity({
    name: 'track',
    table,
    timestamps: false,
    schema: item({
      artist: string().key(),
      number: number().key(),
      genre: string().default('pop'),
      plays: number().default(0),
      length: number().big().optional(),
      labels: set(string()).optional(),
      notes: list(string()).optional(),
      place: map({ city: string(), country: string().optional() }).optional(),
      expires: number().optional()
    })
  })
}

async function program(name) {
  const track = trackEntity(name)
  await conditionsAndUpdates(track)
  await batchesAndQueries(track)
  await transactions(track)
}

async function fails(what, name, promise) {
  const error = await promise.then(() => assert.fail(`${what} succeeded`), error => error)
  assert.equal(error.name, name, what)
  return error
}

async function get(track, number) {
  const { Item } = await track.build(GetItemCommand).key({ artist: 'ada', number }).options({ consistent: true }).send()
  return Item
}

async function conditionsAndUpdates(track) {
  const first = {
    artist: 'ada', number: 1, genre: 'jazz', plays: 5, length: 12345678901234567890123456789012345678n, notes: ['live'],
    place: { city: 'Pau', country: 'France' }, expires: 4102444800
  }
  const create = track.build(PutItemCommand).item(first)
    .options({ condition: { attr: 'artist', exists: false }, returnValuesOnConditionFalse: 'ALL_OLD' })
  await create.send()
  const { Item } = await fails('create what exists', 'ConditionalCheckFailedException', create.send())
  assert.deepEqual([Item.genre, Item.plays], [{ S: 'jazz' }, { N: '5' }], 'the old item in the error')
  assert.deepEqual(await get(track, 1), first, 'the item')
  assert.equal(await get(track, 9), undefined, 'get what is missing')

  const update = track.build(UpdateItemCommand).item({
    artist: 'ada', number: 1, plays: $add(2), labels: $add(new Set(['a', 'b'])), notes: $append(['loud']),
    length: $sum($get('length'), 1n), genre: $get('genre', 'rock'), place: { city: 'Dax', country: $remove() }
  }).options({
    condition: { and: [{ attr: 'plays', eq: 5 }, { attr: 'notes', contains: 'live' }, { attr: 'labels', exists: false }] },
    returnValues: 'ALL_NEW'
  })
  const want = {
    ...first, plays: 7, length: 12345678901234567890123456789012345679n, labels: new Set(['a', 'b']), notes: ['live', 'loud'],
    place: { city: 'Dax' }
  }
  assert.deepEqual((await update.send()).Attributes, want, 'the updated item')
  await fails('a stale update', 'ConditionalCheckFailedException', update.send())
  assert.deepEqual(await get(track, 1), want, 'the item after a stale update')
}

async function batchesAndQueries(track) {
  const items = Array.from({ length: 25 }, (_, i) => ({ artist: 'ada', number: i + 2, plays: 98 - i }))
  const puts = items.map(item => track.build(BatchPutRequest).item(item))
  const { UnprocessedItems } = await executeBatchWrite({ maxAttempts: 3 }, track.table.build(BatchWriteCommand).requests(...puts))
  assert.deepEqual(UnprocessedItems, {}, 'items not written')
  const gets = [2, 26, 27].map(number => track.build(BatchGetRequest).key({ artist: 'ada', number }))
  const { Responses: [batch] } = await executeBatchGet(track.table.build(BatchGetCommand).requests(...gets))
  assert.deepEqual(batch.map(item => item?.plays), [98, 74, undefined], 'a batch')

  const query = async (query, options = {}) => {
    const { Items } = await track.table.build(QueryCommand).entities(track).query(query).options(options).send()
    return Items.map(item => item.number)
  }
  assert.deepEqual(await query({ partition: 'ada', range: { between: [9, 11] } }), [9, 10, 11], 'key condition')
  assert.deepEqual(await query({ partition: 'ada' }, { reverse: true, limit: 2 }), [26, 25], 'backwards')
  const filter = { or: [{ attr: 'plays', lt: 75 }, { attr: 'labels', contains: 'a' }] }
  assert.deepEqual(await query({ partition: 'ada' }, { filters: { track: filter } }), [1, 26], 'a filter')
  assert.deepEqual(await query({ index: 'byGenre', partition: 'pop', range: { gt: 96 } }), [3, 2], 'an index')
  const all = await query({ index: 'byGenre', partition: 'pop' }, { maxPages: Infinity, limit: 7 })
  assert.deepEqual(all, items.map(item => item.number).reverse(), 'pages of an index')
  const filters = { track: { attr: 'genre', beginsWith: 'po' } }
  const { Count } = await track.table.build(ScanCommand).entities(track).options({ filters }).send()
  assert.equal(Count, 25, 'scan')
}

async function transactions(track) {
  const play = track.build(UpdateTransaction).item({ artist: 'ada', number: 1, plays: $add(1) })
  const last = { artist: 'ada', number: 26 }
  const remove = track.build(DeleteTransaction).key(last)
  const clientRequestToken = randomUUID()
  for (let i = 0; i < 2; i++) {
    await executeTransactWrite({ clientRequestToken }, play, remove)
  }
  assert.equal((await get(track, 1)).plays, 8, 'plays after two calls with one token')
  const other = executeTransactWrite({ clientRequestToken }, play)
  await fails('the token with another transaction', 'IdempotentParameterMismatchException', other)
  const check = track.build(ConditionCheck).key(last).condition({ attr: 'artist', exists: true })
  const refused = await fails('a refused transaction', 'TransactionCanceledException', executeTransactWrite(play, check))
  assert.deepEqual(refused.CancellationReasons.map(({ Code }) => Code), ['None', 'ConditionalCheckFailed'], 'the reasons')
  assert.equal((await get(track, 1)).plays, 8, 'plays after a refused transaction')
}
