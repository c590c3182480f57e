// An engine's state: features alone, forgetting, and customers that move.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bundle, Engine, Playbook } from 'stayput'

const PLAYBOOK = `
[playbook]
name = "state"
[events.login]
[features]
recent = 'count(login, "7d")'
all = 'count(login)'
quiet = 'days_since(last(login))'
`

const logins = (customer, ...days) =>
  days.map(day => ({ customer_id: customer, timestamp: `2026-03-${String(day).padStart(2, '0')}`, type: 'login' }))
const days = Array.from({ length: 20 }, (_, at) => at + 1)
const at = day => ({ asOf: `2026-03-${day}` })

async function engine() {
  const engine = new Engine(new Bundle(Playbook.parse(PLAYBOOK)))
  await engine.ingest([...logins('a', ...days), ...logins('b', 5)])
  return engine
}

test('features are those of the score', async () => {
  const known = await engine()
  const features = known.features('a', at(20))
  assert.deepEqual(features, { recent: 7, all: 20, quiet: 0 })
  assert.deepEqual(features, known.score('a', at(20)).features)
})

test('forgetting changes no answer and returns what comes too late', async () => {
  const known = await engine()
  const before = known.score('a', at(21))
  assert.equal(await known.forget(at(20)), 11)
  assert.deepEqual(known.score('a', at(21)), before)
  const { events } = await known.ingest(logins('a', 2, 19))
  assert.deepEqual([events.accepted, events.rejected[0].code], [1, 'event_late'])
  assert.throws(() => known.score('a', at(19)), { code: 'time_order' })
})

test('a customer moves alone', async () => {
  const known = await engine()
  const other = new Engine(known.bundle)
  assert.equal(await other.importCustomers(known.exportCustomer('a')), 1)
  assert.deepEqual(other.customers, ['a'])
  assert.deepEqual(other.score('a', at(20)), known.score('a', at(20)))
  assert.equal(other.deleteCustomer('a'), true)
  assert.equal(other.deleteCustomer('a'), false)
})
