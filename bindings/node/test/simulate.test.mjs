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
})

test('what cannot be simulated is refused', async () => {
  await rejects('argument', simulate())
  await rejects('argument', simulate({ start, customers: 0 }))
  await rejects('argument', simulate({ start, customer: 1 }))
  const company = await simulate({ start, customers: 1, days: 2 })
  await rejects('argument', company.outcomes({ asOf: '2030-01-01', horizon: '30d' }))
})
