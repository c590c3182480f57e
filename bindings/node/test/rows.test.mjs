import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Bundle, Engine, Playbook } from 'stayput'

import { PLAYBOOK, ndjson, rejects } from './shared.mjs'

const engine = () => new Engine(new Bundle(Playbook.parse(PLAYBOOK)))
const login = (customer_id) => ({ customer_id, timestamp: '2026-01-01', type: 'login' })

test('bad lines of NDJSON are reported by their index, and the others count', async () => {
  const text = `${JSON.stringify(login('ann'))}\r
{"customer_id": "bob", "timestamp": "2026-01-01", "type": "login"

[1, 2]
{"customer_id": "bob", "timestamp": "2026-13-01", "type": "login"}
{"customer_id": "bob", "timestamp": "2026-01-01", "type": "logn"}
{"customer_id": "bob", "timestamp": "2026-01-01", "type": "purchase", "amount": "12,50"}
${JSON.stringify(login('cid'))}`
  const one = engine()
  const { events } = await one.ingest(Buffer.from(text))
  assert.equal(events.accepted, 2)
  assert.deepEqual(one.customers, ['ann', 'cid'])
  const found = events.rejected.map(({ index, code }) => `${index} ${code}`)
  assert.deepEqual(found, ['1 table_value', '2 table_value', '3 table_value', '4 event_type', '5 table_value'])
  assert.match(events.rejected[0].message, /^event 1: the line is not JSON: EOF .* at column 65$/)
  assert.equal(events.rejected[4].message, 'event 5: `amount` is "12,50"; expected a number')
})

test('an array and NDJSON of the same rows give the same report and the same state', async () => {
  const rows = [login('ann'), 7, null, ['x'], { ...login('ann'), event_id: 'e1', extra: 1 }, {}, login('bob')]
  const [array, bytes] = [engine(), engine()]
  const report = await array.ingest(rows)
  assert.deepEqual(await bytes.ingest(ndjson(rows)), report)
  assert.deepEqual(report.events.rejected.map(({ index }) => index), [1, 2, 3, 5])
  assert.deepEqual(report.events.ignored_columns, ['extra'])
  assert.deepEqual(await array.snapshot(), await bytes.snapshot())
})

test('customers come as rows too, and bad ones are reported', async () => {
  const one = engine()
  const customers = [{ customer_id: 'ann', plan: 'pro' }, { customer_id: 'bob', plan: 'gold' }, {}]
  for (const rows of [customers, ndjson(customers)]) {
    const report = await one.ingest([], rows)
    assert.equal(report.customers.accepted, 1)
    assert.deepEqual(report.customers.rejected.map(({ index }) => index), [1, 2])
  }
  assert.equal(one.score('ann', { asOf: '2026-01-01' }).features.plan, 'pro')
})

test('the bytes are read as they were when the call was made', async () => {
  const bytes = ndjson([login('ann')])
  const report = engine().ingest(bytes)
  bytes.fill(0)
  assert.equal((await report).events.accepted, 1)
})

test('what is not rows is refused', async () => {
  for (const rows of [undefined, null, 3, 'text', {}, new Float64Array(1), [{ n: 1n }]]) {
    await rejects('argument', engine().ingest(rows))
  }
  await rejects('argument', engine().ingest([], 3))
})
