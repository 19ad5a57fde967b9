// DynamoDB through ElectroDB: an entity in a service. Its keys are made of other attributes.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Entity, Service } from 'electrodb'
import { client, withTable } from './table.mjs'

const types = { pk: 'S', sk: 'S', gsi1pk: 'S', gsi1sk: 'S' }
await withTable('electrodb', types, ['pk', 'sk'], 'gsi1', ['gsi1pk', 'gsi1sk'], program)

function trackEntity(table) {
  return new Entity({
    model: { entity: 'track', version: '1', service: 'music' },
    attributes: {
      artist: { type: 'string', required: true },
      number: { type: 'number', required: true, padding: { length: 3, char: '0' } },
      genre: { type: 'string', default: 'pop' },
      plays: { type: 'number', default: 0 },
      length: { type: 'any' },
      labels: { type: 'set', items: 'string' },
      notes: { type: 'list', items: { type: 'string' } },
      place: { type: 'map', properties: { city: { type: 'string' } } },
      source: { type: 'string' },
      expires: { type: 'number' }
    },
    indexes: {
      primary: { pk: { field: 'pk', composite: ['artist'] }, sk: { field: 'sk', composite: ['number'] } },
      byGenre: { index: 'gsi1', pk: { field: 'gsi1pk', composite: ['genre'] }, sk: { field: 'gsi1sk', composite: ['number'] } }
    }
  }, { client, table })
}

async function program(table) {
  const track = trackEntity(table)
  const music = new Service({ track })
  await conditionsAndUpdates(track)
  await batchesAndQueries(track)
  await transactions(music, track)
}

async function fails(what, promise) {
  const error = await promise.then(() => assert.fail(`${what} succeeded`), error => error)
  assert.deepEqual([error.name, error.code, error.cause?.name], ['ElectroError', 4001, 'ConditionalCheckFailedException'], what)
}

async function conditionsAndUpdates(track) {
  const key = { artist: 'ada', number: 1 }
  const item = {
    ...key, genre: 'jazz', plays: 5, length: 12345678901234567890123456789012345678n, notes: ['live'], place: { city: 'Pau' },
    expires: 4102444800
  }
  await track.create(item).go()
  await fails('create what exists', track.create(item).go())
  assert.deepEqual((await track.get(key).go({ consistent: true })).data, item, 'the item')
  assert.equal((await track.get({ ...key, number: 9 }).go()).data, null, 'get what is missing')

  const update = () => track.patch(key)
    .add({ plays: 2, labels: ['a', 'b'] }).append({ notes: ['loud'] }).ifNotExists({ source: 'tape' })
    .data(({ place, length }, { set, add }) => { set(place.city, 'Dax'); add(length, 1n) })
    .where(({ plays, notes }, { eq, contains }) => `${eq(plays, 5)} AND ${contains(notes, 'live')}`)
    .go({ response: 'all_new' })
  const { data: updated } = await update()
  updated.labels.sort()
  const want = {
    ...item, plays: 7, length: 12345678901234567890123456789012345679n, labels: ['a', 'b'], notes: ['live', 'loud'],
    place: { city: 'Dax' }, source: 'tape'
  }
  assert.deepEqual(updated, want, 'the updated item')
  await fails('a stale update', update())
  await fails('a patch of what is missing', track.patch({ ...key, number: 9 }).set({ plays: 1 }).go())
}

async function batchesAndQueries(track) {
  const items = Array.from({ length: 29 }, (_, i) => ({ artist: 'ada', number: i + 2, plays: 98 - i }))
  const { unprocessed } = await track.put(items).go()
  assert.deepEqual(unprocessed, [], 'items not written')
  const { data: batch } = await track.get([2, 30, 31].map(number => ({ artist: 'ada', number }))).go()
  assert.deepEqual(batch.map(item => item.number).sort((a, b) => a - b), [2, 30], 'a batch')

  const numbers = async (query, options) => (await query.go(options)).data.map(item => item.number)
  const ada = track.query.primary({ artist: 'ada' })
  assert.deepEqual(await numbers(ada.between({ number: 9 }, { number: 11 })), [9, 10, 11], 'key condition')
  assert.deepEqual(await numbers(track.query.primary({ artist: 'ada' }), { order: 'desc', limit: 2 }), [30, 29], 'backwards')
  const filtered = track.query.primary({ artist: 'ada' })
    .where(({ plays, labels }, { lt, exists }) => `${lt(plays, 71)} OR ${exists(labels)}`)
  assert.deepEqual(await numbers(filtered), [1, 30], 'a filter')
  assert.deepEqual(await numbers(track.query.byGenre({ genre: 'pop' }).lte({ number: 4 })), [2, 3, 4], 'an index')
  const { data: page, cursor } = await track.query.byGenre({ genre: 'pop' }).go({ limit: 20 })
  const rest = await numbers(track.query.byGenre({ genre: 'pop' }), { cursor })
  assert.deepEqual([page.length, rest], [20, [22, 23, 24, 25, 26, 27, 28, 29, 30]], 'two pages of an index')
  const { data: scanned } = await track.scan.where(({ genre }, { begins }) => begins(genre, 'po')).go({ pages: 'all' })
  assert.equal(scanned.length, 29, 'scan')
}

async function transactions(music, track) {
  const one = { artist: 'ada', number: 1 }
  const last = { artist: 'ada', number: 30 }
  const transaction = music.transaction.write(({ track }) => [
    track.update(one).add({ plays: 1 }).commit(), track.delete(last).commit()
  ])
  const token = randomUUID()
  for (let i = 0; i < 2; i++) {
    assert.equal((await transaction.go({ token })).canceled, false, 'a transaction is canceled')
  }
  const refused = await music.transaction.write(({ track }) => [
    track.update(one).add({ plays: 1 }).commit(), track.check(last).where(({ plays }, { exists }) => exists(plays)).commit()
  ]).go()
  assert.deepEqual([refused.canceled, refused.data.map(({ code }) => code)], [true, ['None', 'ConditionalCheckFailed']])
  const { data } = await music.transaction.get(({ track }) => [track.get(one).commit(), track.get(last).commit()]).go()
  assert.deepEqual(data.map(({ item }) => item?.plays), [8, undefined], 'after two calls with one token')
}
