import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Bundle, Engine, Model, Playbook, TrainingSet, crossValidate, simulate, train } from 'stayput'

import { rejects, throws } from './shared.mjs'

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
  const { n_estimators, max_depth, grow_policy, random_state } = model.params
  assert.deepEqual([n_estimators, max_depth, grow_policy, random_state], [40, 3, 'symmetric', 0])
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
    assert.deepEqual(reasons, engine.reasons(id, { asOf: at }))
    assert.equal(engine.score(id, { asOf: at, reasons: false }).churn.reasons, null)
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

test('leaves of a tree are segments of a playbook', async () => {
  const model = await train(set, { algorithm: 'tree', max_depth: 3, class_weight: 'balanced' })
  const found = await model.segments(set)
  assert.equal(found.rows, set.table.length)
  assert.equal(found.segments.reduce((sum, { rows }) => sum + rows, 0), found.rows)
  assert.match(found.tree, /^everyone: \d+ rows/)
  assert.ok(found.playbook.startsWith('[segments]\n'))
  await rejects('unsupported', (await train(set, { algorithm: 'forest', n_estimators: 20 })).segments(set))
})

test('rows have weights, and training goes on from a model', async () => {
  const constrained = { ...small, monotone_constraints: { days_quiet: 1 }, encoding: 'onehot' }
  const first = await train(set, constrained)
  const { encoding, ...more } = constrained
  const both = await train(set, { ...more, n_estimators: 10 }, { initModel: first })
  const whole = await train(set, { ...constrained, n_estimators: 50 })
  assert.deepEqual(await both.predictProba(later), await whole.predictProba(later))

  const ones = new Float64Array(set.table.length).fill(1)
  const plain = await train(set, small)
  assert.deepEqual((await train(set, small, { sampleWeight: ones })).toBytes(), plain.toBytes())
  const heavier = Array.from(ones, (one, row) => one + (row % 3))
  assert.notDeepEqual((await train(set, small, { sampleWeight: heavier })).toBytes(), plain.toBytes())
  await rejects('model_data', train(set, small, { sampleWeight: [1, 2] }))
  await rejects('argument', train(set, small, { sampleWeight: 'heavy' }))
  await rejects('argument', train(set, small, { sampleWeights: ones }))
  await rejects('argument', train(set, small, { initModel: {} }))
  await rejects('unsupported', train(set, { algorithm: 'logistic' }, { initModel: first }))
})

test('a model is the same after a file and bytes', async () => {
  const model = await train(set, small)
  const folder = mkdtempSync(join(tmpdir(), 'stayput-'))
  const path = join(folder, 'model')
  writeFileSync(path, 'old')
  model.save(path)
  assert.deepEqual(readFileSync(path), model.toBytes())
  const rows = await model.predictProba(later)
  for (const again of [Model.load(path), Model.fromBytes(model.toBytes()), Model.fromBytes(new Uint8Array(model.toBytes()))]) {
    assert.ok(again instanceof Model)
    assert.deepEqual(again.toBytes(), model.toBytes())
    assert.deepEqual([again.algorithm, again.names, again.importance], [model.algorithm, model.names, model.importance])
    assert.deepEqual(await again.predictProba(later), rows)
    assert.equal(new Bundle(playbook, again).hash, new Bundle(playbook, model).hash)
  }
  throws('bundle_format', () => Model.fromBytes(Buffer.from('no model')))
  throws('bundle_format', () => Model.fromBytes(model.toBytes().subarray(0, -1)))
  throws('argument', () => Model.fromBytes('text'))
  throws('argument', () => model.save(3))
  assert.equal(throws('file', () => Model.load('/no/such/file')).path, '/no/such/file')
  assert.equal(throws('file', () => model.save(folder)).path, folder)
  throws('file', () => model.save(join(folder, 'none', 'model')))
  assert.deepEqual(readdirSync(folder), ['model'])
  rmSync(folder, { recursive: true })
})

test('a training set is parted by the index of its rows', async () => {
  assert.equal(set.length, set.table.length)
  assert.deepEqual([set.names, set.report], [set.table.names, set.table.report])
  const some = set.select([5, 0, 5])
  assert.ok(some instanceof TrainingSet)
  assert.equal(some.length, 3)
  const [all, rows] = [set.table.toObjects(), some.table.toObjects()]
  assert.deepEqual(rows, [all[5], all[0], all[5]])
  assert.deepEqual(some.labels, Float64Array.of(set.labels[5], set.labels[0], set.labels[5]))
  assert.deepEqual([some.censored, some.leftOut, some.report], [[false, false, false], set.leftOut, set.report])
  assert.equal(set.select([]).length, 0)
  const every = set.select([...set.labels.keys()])
  assert.deepEqual((await train(every, small)).toBytes(), (await train(set, small)).toBytes())
  for (const indices of [[set.length], [-1], [0.5], [NaN], ['0'], [[0]], 0, 'text', {}, undefined]) {
    assert.equal(throws('argument', () => set.select(indices)).path, 'indices')
  }
})

test('models are judged on folds of the rows', async () => {
  const params = { algorithm: 'logistic' }
  for (const by of ['row', 'customer', 'time']) {
    const reports = await crossValidate(set, params, { by, folds: 2, seed: 1 })
    assert.equal(reports.length, 2)
    for (const { rows, positives, roc_auc } of reports) {
      assert.ok(rows > positives && roc_auc > 0.5 && roc_auc < 1, `${by}: ${roc_auc}`)
    }
    if (by !== 'time') assert.equal(reports[0].rows + reports[1].rows, set.length)
  }
  const reports = await crossValidate(set, params)
  assert.deepEqual(reports, await crossValidate(set, params, { by: 'row', folds: 5, seed: 0, purge: '0d' }))
  assert.notDeepEqual(reports, await crossValidate(set, params, { seed: 1 }))

  // A fold by time is what `select`, `train` and `evaluate` give.
  const [, report] = await crossValidate(set, params, { by: 'time', folds: 2, purge: '30d' })
  const rows = (wanted) => [...set.table.asOf.keys()].filter((row) => wanted(set.table.asOf[row]))
  const model = await train(set.select(rows((at) => at < '2025-06')), params)
  assert.deepEqual(report, await model.evaluate(set.select(rows((at) => at >= '2025-06'))))
})

test('folds that cannot be are refused', async () => {
  for (const [options, path] of [
    [{ by: 'month' }, 'by'], [{ folds: 1 }, 'folds'], [{ by: 'time', folds: 3 }, 'folds'],
    [{ by: 'time', folds: 2, purge: '90d' }, 'purge'], [{ purge: 'soon' }, 'purge'],
    [{ folds: -2 }, 'options'], [{ fold: 2 }, 'options'], [{ seed: 'a' }, 'options'], [3, 'options'], [[], 'options'],
  ]) {
    assert.equal((await rejects('argument', crossValidate(set, {}, options))).path, path)
  }
  await rejects('argument', crossValidate(set.table))
  await rejects('model_parameter', crossValidate(set, { n_estimator: 3 }))
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
