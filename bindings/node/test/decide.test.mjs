// Deciding about one customer, weighing what could be done, and replays beside each other.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Bundle, Engine, Playbook } from 'stayput'

import { rejects, throws } from './shared.mjs'

const TEXT = `[playbook]
name = "acme"
[customer]
mrr = { type = "number", default = 50 }
phone_ok = { type = "bool", default = false }
[events.login]
[events.purchase]
[features]
days_quiet = 'days_since(last(login))'
[guardrails]
consent = { phone = 'customer.phone_ok' }
[[campaigns]]
name = "remind"
on = 'login'
value = 'customer.mrr * 2'
cooldown = "7d"
actions = [{ name = "mail", channel = "email", cost = 1 }, { name = "call", channel = "phone", cost = 20 }]
`
const MORE = `[[campaigns]]
name = "thanks"
on = 'purchase'
actions = [{ name = "gift", channel = "post", cost = 5 }]
`
const EVENTS = [
  { customer_id: 'a', timestamp: '2026-03-01T10:00:00Z', type: 'login' },
  { customer_id: 'a', timestamp: '2026-03-03T10:00:00Z', type: 'purchase' },
  { customer_id: 'a', timestamp: '2026-03-04T09:00:00Z', type: 'login' },
  { customer_id: 'b', timestamp: '2026-03-04T10:00:00Z', type: 'login' },
]
const asOf = '2026-03-05'
const bundle = (text = TEXT) => new Bundle(Playbook.parse(text))

async function engine() {
  const one = new Engine(bundle())
  await one.ingest(EVENTS)
  return one
}

test('one customer is decided as among all', async () => {
  const [one, all] = [await engine(), await engine()]
  const { decisions } = await all.decide({ asOf })
  assert.equal(decisions.length, 2)
  const alone = ['b', 'a'].map((id) => one.decideOne(id, { asOf }).decisions)
  assert.deepEqual(alone.reverse().flat(), decisions)
  assert.deepEqual(await one.snapshot(), await all.snapshot())
  throws('unknown_customer', () => one.decideOne('nobody', { asOf }))
})

test('the best that may be done comes first', async () => {
  const one = await engine()
  const found = one.nextBestActions('a', { asOf })
  const short = found.map(({ action, net, allowed, reason }) => ({ action, net, allowed, reason }))
  assert.deepEqual(short, [
    { action: 'mail', net: 99, allowed: true, reason: null },
    { action: 'call', net: 80, allowed: false, reason: 'no_consent' },
  ])
  throws('unknown_customer', () => one.nextBestActions('nobody', { asOf }))
})

test('two bundles are compared before one is published', async () => {
  const options = { asOf: ['2026-03-02', '2026-03-04', '2026-03-05'] }
  const found = await bundle().compare(bundle(TEXT + MORE), EVENTS, null, options)
  assert.deepEqual([found.before.decisions, found.after.decisions], [2, 3])
  assert.deepEqual(found.added.map(({ action }) => action), ['gift'])
  assert.deepEqual(found.dropped, [])
  assert.equal(found.campaigns[1].before, null)
  await rejects('argument', bundle().compare('another', EVENTS, null, options))
})

test('a replay says what to change', async () => {
  const replay = await bundle(TEXT + MORE).replay(EVENTS, null, { asOf: ['2026-03-02'] })
  const codes = replay.recommendations.map(({ campaign, code }) => [campaign, code])
  assert.deepEqual(codes, [['thanks', 'never_fires']])
})
