import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Bundle, Engine, Playbook } from 'stayput'

import { PLAYBOOK, rejects, throws } from './shared.mjs'

const bundle = new Bundle(Playbook.parse(PLAYBOOK))
const login = (customer_id, timestamp) => ({ customer_id, timestamp, type: 'login' })
const asOf = '2026-01-10'

async function engine() {
  const one = new Engine(bundle)
  const events = [login('ann', '2026-01-09'), login('ann', '2026-01-10'), login('bob', '2026-01-10')]
  await one.ingest(events, [{ customer_id: 'cid', plan: 'free' }])
  return one
}

test('a score is everything known of one customer', async () => {
  const one = await engine()
  assert.deepEqual(one.score('ann', { asOf }), {
    customer_id: 'ann',
    as_of: '2026-01-10T00:00:00Z',
    features: {
      logins_30d: 2,
      spend_90d: 0,
      mean_spend: null,
      plan: null,
      paying: false,
      last_seen: '2026-01-10T00:00:00Z',
    },
    health: {
      score: 50,
      band: 'at_risk',
      coverage: 1,
      capped_by: null,
      factors: [
        { name: 'engagement', score: 50, weight: 1, contribution: 50, coverage: 1, capped_by: null, factors: [] },
      ],
      trend: null,
      overridden: null,
    },
    churn: null,
    lifecycle: { stage: 'active', since: '2026-01-09T00:00:00Z', days: 1 },
    segments: [],
    bundle: bundle.hash,
  })
  const all = await one.scoreAll({ asOf })
  assert.deepEqual(all.map((score) => score.customer_id), ['ann', 'bob', 'cid'])
  assert.deepEqual(all[0], one.score('ann', { asOf }))
  assert.equal(throws('unknown_customer', () => one.score('dan', { asOf })).path, 'dan')
})

test('decisions are made once', async () => {
  const one = await engine()
  const { decisions, suppressions } = await one.decide({ asOf })
  assert.deepEqual(decisions.map(({ customer_id, action }) => [customer_id, action]), [
    ['ann', 'mail'],
    ['bob', 'mail'],
  ])
  assert.deepEqual(suppressions, [])
  assert.deepEqual((await one.decide({ asOf })).decisions, [])
  await rejects('time_order', one.decide({ asOf: '2026-01-09' }))
})

test('an engine goes on from its snapshot', async () => {
  const one = await engine()
  await one.decide({ asOf })
  const bytes = await one.snapshot()
  const two = await Engine.restore(bundle, bytes)
  assert.deepEqual(await two.snapshot(), bytes)
  assert.deepEqual(await two.scoreAll({ asOf }), await one.scoreAll({ asOf }))
  assert.deepEqual((await two.decide({ asOf })).decisions, [])
  assert.equal(two.bundle.hash, bundle.hash)
  await rejects('state_format', Engine.restore(bundle, bytes.subarray(0, 40)))
})

test('many calls at once leave the event loop free and the state whole', async () => {
  const one = new Engine(bundle)
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const rows = Array.from({ length: 2000 }, (_, n) => login(`c${n % 50}`, `2026-01-0${1 + (n % 9)}`))
  const calls = Array.from({ length: 20 }, () => one.ingest(rows))
  await Promise.all([...calls, one.scoreAll({ asOf }), one.snapshot()])
  clearInterval(timer)
  assert.ok(ticks > 0)
  assert.equal(one.score('c0', { asOf }).features.logins_30d, (20 * 2000) / 50)
})

test('wrong arguments are typed errors, thrown or rejected', async () => {
  const one = await engine()
  throws('argument', () => new Engine())
  throws('argument', () => new Engine({}))
  throws('argument', () => one.score())
  throws('argument', () => one.score('ann'))
  throws('argument', () => one.score('ann', { asOf: 'soon' }))
  throws('argument', () => one.score('ann', 'soon'))
  await rejects('argument', one.scoreAll())
  await rejects('argument', one.decide({}))
  await rejects('argument', Engine.restore(bundle, 'text'))
  await rejects('argument', Engine.restore({}, Buffer.alloc(0)))
})
