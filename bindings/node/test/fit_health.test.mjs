// Health that is learned and judged.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Playbook, fitHealth, simulate, validateHealth } from 'stayput'

import { rejects } from './shared.mjs'

const playbook = Playbook.load(fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url)))
const company = await simulate({ customers: 1500, days: 300, start: '2025-01-01' })
const { events, customers } = company
const set = await playbook.trainingSet(events, customers, { asOf: ['2025-04-01', '2025-05-01', '2025-06-01'] })
const later = await playbook.trainingSet(events, customers, { asOf: '2025-08-01' })

test('a learned section takes the place of the one that was written', async () => {
  const fitted = await fitHealth(set, { maxFactors: 4 })
  assert.ok(fitted.factors.length <= 4 && fitted.auc > 0.6)
  assert.equal(fitted.bands.reduce((rows, band) => rows + band.rows, 0), set.length)
  const [before, rest] = playbook.text.split('[health]')
  const after = rest.slice(rest.indexOf('[lifecycle]'))
  const found = await validateHealth(Playbook.parse(`${before}${fitted.playbook}${after}`), later)
  assert.equal(found.rows, later.length)
  assert.ok(found.auc > 0.55 && found.auc_low < found.auc)
  await rejects('argument', fitHealth(set, { features: ['login_paces'] }))
})
