import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Playbook, Simulation, simulate } from 'stayput'

import { lines, rejects } from './shared.mjs'

const acme = fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url))
const start = '2025-01-01'

test('a simulated company is what its playbook reads', async () => {
  const company = await simulate({ customers: 40, days: 120, start, seed: 7 })
  assert.ok(company instanceof Simulation)
  const table = await Playbook.load(acme).features(company.events, company.customers, { asOf: '2025-04-01' })
  const { events, customers } = table.report
  assert.deepEqual([customers.accepted, customers.rejected], [40, []])
  assert.deepEqual([events.accepted, events.rejected], [lines(company.events).length, []])
  assert.equal(table.length, 40)
})

test('the same parameters give the same company, and its truth is known', async () => {
  const [one, two] = await Promise.all([
    simulate({ customers: 30, days: 90, start }),
    simulate({ customers: 30, days: 90, start: new Date(start), seed: 1 }),
  ])
  assert.deepEqual(one.events, two.events)
  assert.equal(lines(one.truth).length, 30)
  const outcomes = await one.outcomes({ asOf: '2025-03-01', horizon: '30d' })
  assert.ok(outcomes.length > 0)
  for (const { probability, label } of outcomes) {
    assert.ok(probability >= 0 && probability <= 1 && (label === 0 || label === 1))
  }
  assert.deepEqual(await one.outcomes({ asOf: new Date('2025-03-01') }), outcomes)
})

test('what is not said has its default', async () => {
  const small = { customers: 5, days: 20 }
  const [one, two] = await Promise.all([
    simulate(small),
    simulate({ ...small, start: '2026-01-01', seed: 1, event_ids: true, treatments: [] }),
  ])
  assert.deepEqual(one.events, two.events)
  for (const nothing of [undefined, null, {}]) {
    assert.equal(lines((await simulate(nothing)).customers).length, 2_000)
  }
})

test('a forecast knows no more than the instant does', async () => {
  const company = await simulate({ customers: 40, days: 120, seed: 7 })
  const asOf = ['2026-03-01', '2026-04-01']
  const outcomes = await company.outcomes({ asOf })
  const forecast = await company.forecast({ asOf, horizon: '30d', paths: 20 })
  const labels = (rows) => rows.map(({ customer_id, as_of, label }) => [customer_id, as_of, label])
  assert.deepEqual(labels(forecast), labels(outcomes))
  assert.notDeepEqual(forecast, outcomes)
  assert.deepEqual(await company.forecast({ asOf, paths: 20 }), forecast)
  assert.notDeepEqual(await company.forecast({ asOf, paths: 21 }), forecast)
  // The same bits as in Rust and Python.
  const first = { customer_id: 'c0000000', as_of: '2026-04-01T00:00:00Z', probability: 0.010393528986363098, label: 0 }
  assert.deepEqual(forecast[0], first)
})

test('what cannot be simulated is refused', async () => {
  for (const params of [7, 'text', [], [10, 20]]) {
    assert.match((await rejects('argument', simulate(params))).message, /expected an object$/)
  }
  const customers = await rejects('argument', simulate({ start, customers: -1 }))
  assert.match(customers.message, /expected a whole number, not negative$/)
  assert.match((await rejects('argument', simulate({ treatments: [7] }))).message, /expected an object$/)
  await rejects('argument', simulate({ start, customers: 0 }))
  await rejects('argument', simulate({ start, customer: 1 }))
  const company = await simulate({ start, customers: 1, days: 2 })
  await rejects('argument', company.outcomes({ asOf: '2030-01-01', horizon: '30d' }))
  for (const ask of ['outcomes', 'forecast']) {
    await rejects('argument', company[ask]())
    await rejects('argument', company[ask]({ asOf: start, horizon: 'soon' }))
    await rejects('argument', company[ask]({ asOf: start, horizon: '0d' }))
    await rejects('argument', company[ask]({ asOf: start, path: 3 }))
  }
  await rejects('argument', company.outcomes({ asOf: start, paths: 3 }))
  for (const paths of [0, -1, 1.5, 'many']) {
    await rejects('argument', company.forecast({ asOf: start, paths }))
  }
})
