import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Bundle, Engine, Playbook } from 'stayput'

import { rejects, throws } from './shared.mjs'

const bundle = new Bundle(
  Playbook.parse(`
[playbook]
name = "health"
[customer]
account = "text"
[events.login]
[health]
bands = { low = 0, high = 50 }
trend = { over = "28d", every = "7d" }
accounts = { parent = 'customer.account' }
[health.factors.usage]
weight = 1
[health.factors.usage.factors.week]
weight = 1
score = '20.0 * count(login, "7d")'
[health.factors.usage.factors.ever]
weight = 1
score = '100.0 - decay(count(login), 2)'
`),
)
const asOf = new Date('2026-02-01')
const login = (day) => ({ customer_id: 'ann', timestamp: `2026-01-${day}`, type: 'login' })

async function engine() {
  const one = new Engine(bundle)
  await one.ingest(['05', '06', '07', '08', '14', '15', '30'].map(login), [
    { customer_id: 'ann', account: 'acme' },
    { customer_id: 'bob', account: 'acme' },
  ])
  return one
}

const sum = (points) => points.reduce((total, point) => total + point, 0)

test('a history is what was said at each instant', async () => {
  const one = await engine()
  const grid = { from: '2026-01-11', to: asOf, every: '7d' }
  const { points, trend } = one.healthHistory('ann', { asOf: grid })
  assert.equal(points.length, 4)
  for (const { as_of, score, band } of points) {
    const { health } = one.score('ann', { asOf: as_of })
    assert.deepEqual([score, band], [health.score, health.band])
  }
  assert.deepEqual(one.score('ann', { asOf }).health.trend, trend)
  assert.equal(throws('argument', () => one.healthHistory('ann')).path, 'as_of')
  throws('unknown_customer', () => one.healthHistory('eve', { asOf }))
})

test('the terms of a change are the change, and the parts of a group the group', async () => {
  const one = await engine()
  const change = one.healthChange('ann', { since: '2026-01-09', asOf })
  assert.ok(change.terms.some(({ kind }) => kind === 'time'))
  assert.ok(change.terms.some(({ kind }) => kind === 'data'))
  assert.equal(sum(change.terms.map(({ points }) => points)), change.change)
  const [usage] = one.score('ann', { asOf }).health.factors
  assert.equal(sum(usage.factors.map(({ contribution }) => contribution)), usage.contribution)
  assert.equal(throws('argument', () => one.healthChange('ann', { asOf })).path, 'since')
})

test('an override holds until it ends or is lifted', async () => {
  const one = await engine()
  const said = { score: 90, author: 'cal', reason: 'renewed', from: '2026-01-20', until: '2026-03-01' }
  assert.equal((await one.overrideHealth('ann', said)).band, null)
  assert.equal(one.score('ann', { asOf }).health.overridden.author, 'cal')
  assert.equal(one.score('ann', { asOf: '2026-01-19' }).health.overridden, null)
  const again = await Engine.restore(bundle, await one.snapshot())
  assert.deepEqual(again.healthOverrides('ann'), one.healthOverrides('ann'))
  const [ended] = await one.liftHealthOverride('ann', { asOf })
  assert.equal(ended.until, '2026-02-01T00:00:00Z')
  assert.equal(one.score('ann', { asOf }).health.overridden, null)
  assert.equal((await rejects('argument', one.overrideHealth('ann', { ...said, band: 'hgih' }))).path, 'band')
  await rejects('unknown_customer', one.overrideHealth('eve', said))
})

test('an account is the mean of its customers', async () => {
  const one = await engine()
  const [acme] = await one.accountHealth({ asOf, worst: 1 })
  assert.deepEqual([acme.account, acme.children, acme.worst[0].customer_id], ['acme', 2, 'bob'])
  assert.equal(acme.worst[0].contribution + acme.others, acme.score)
  assert.equal((await rejects('argument', one.accountHealth({ asOf, account: 'acne' }))).path, 'account')
})
