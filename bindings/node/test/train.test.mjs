import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Bundle, Engine, Model, Playbook, simulate, train } from 'stayput'

import { rejects } from './shared.mjs'

const playbook = Playbook.load(fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url)))
const company = await simulate({ customers: 600, days: 300, start: '2025-01-01' })
const days = (...months) => months.map((month) => `2025-0${month}-01`)
const set = await playbook.trainingSet(company.events, company.customers, { asOf: days(4, 5, 6) })
const later = await playbook.trainingSet(company.events, company.customers, { asOf: days(8) })
const small = { n_estimators: 40, max_depth: 3 }

test('a model is trained, judged, bundled and asked, and every way gives the same bits', async () => {
  const model = await train(set, small)
  assert.ok(model instanceof Model)
  assert.equal(model.algorithm, 'gbm')
  assert.ok(model.names.includes('logins_30d') && !model.names.includes('name'))
  const report = await model.evaluate(later)
  assert.equal(report.rows, later.table.length)
  assert.ok(report.roc_auc > 0.6 && report.roc_auc < 1, `AUC ${report.roc_auc}`)

  const bundle = new Bundle(playbook, model)
  const rows = await model.predictProba(later)
  assert.deepEqual(await bundle.scoreRows(later.table), rows)
  assert.deepEqual(await bundle.scoreRows(later.table.toObjects()), rows)
  assert.deepEqual(await bundle.model.predictProba(later.table), rows)

  const engine = new Engine(bundle)
  await engine.ingest(company.events, company.customers)
  const at = later.table.asOf[0]
  for (const [row, id] of later.table.customerIds.slice(0, 50).entries()) {
    const { probability, reasons } = engine.score(id, { asOf: at }).churn
    assert.equal(probability, rows[row])
    assert.ok(reasons.length > 0)
  }
})

test('the same set and parameters give the same bundle, on one thread and on two', async () => {
  const hash = async (n_jobs) => new Bundle(playbook, await train(set, { ...small, n_jobs })).hash
  assert.equal(await hash(1), await hash(2))
})

test('other algorithms train too, and can be calibrated', async () => {
  for (const params of [{ algorithm: 'logistic' }, { ...small, calibrate: 'platt' }]) {
    const model = await train(set, params)
    assert.equal(model.algorithm, params.algorithm ?? 'gbm')
    assert.ok((await model.evaluate(later)).log_loss < 0.7)
  }
})

test('what cannot be trained is refused', async () => {
  await rejects('model_parameter', train(set, { n_estimator: 3 }))
  await rejects('model_parameter', train(set, { max_depth: 0 }))
  await rejects('argument', train(set.table))
  await rejects('argument', train([]))
  const empty = await playbook.trainingSet([], [], { asOf: days(4) })
  await rejects('model_data', train(empty))
  const model = await train(set, small)
  await rejects('argument', model.evaluate(later.table))
  await rejects('model_data', model.evaluate(empty))
})
