import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Bundle, Engine, Playbook, compare, simulate, train } from 'stayput'

import { rejects, throws } from './shared.mjs'

const playbook = Playbook.load(fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url)))
const company = await simulate({ customers: 600, days: 300, start: '2025-01-01' })
const set = await playbook.trainingSet(company.events, company.customers, { asOf: ['2025-04-01', '2025-06-01'] })
const later = await playbook.trainingSet(company.events, company.customers, { asOf: '2025-08-01' })
const champion = await train(set, { algorithm: 'logistic' })
const challenger = await train(set, { n_estimators: 40, max_depth: 3 })
const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`)

test('one row is as a row of many', async () => {
  const p = await challenger.predictProba(later)
  // The dictionary that the model was trained with.
  const code = (name, value) => (typeof value === 'string' ? set.table.categories(name).indexOf(value) : Number(value ?? NaN))
  const columns = challenger.names.map((name) => [name, later.table.column(name)])
  for (let at = 0; at < later.length; at += 50) {
    const row = Float64Array.from(columns, ([name, column]) => code(name, column[at]))
    assert.equal(challenger.predictRow(row), p[at])
  }
  throws('model_shape', () => challenger.predictRow(new Float64Array(2)))
})

test('the tables agree with the report, and with the rows', async () => {
  const report = await challenger.evaluate(later)
  const p = await challenger.predictProba(later)
  const positives = later.labels.reduce((sum, label) => sum + label, 0)

  const lift = await challenger.lift(later)
  assert.deepEqual([lift.rows, lift.positives, lift.bins.length], [later.length, positives, 10])
  assert.equal(lift.bins.at(-1).cumulative_gain, 1)
  assert.equal((await challenger.lift(later, { bins: 4 })).bins.length, 4)

  const roc = await challenger.roc(later)
  assert.equal(roc.roc_auc, report.roc_auc)
  assert.deepEqual(roc.points[0], { threshold: null, false_positive_rate: 0, true_positive_rate: 0 })
  for (const { threshold, false_positive_rate, true_positive_rate } of roc.points.slice(1)) {
    const contacted = [...p.keys()].filter((row) => p[row] >= threshold)
    const churners = contacted.filter((row) => later.labels[row] === 1).length
    assert.equal(true_positive_rate, churners / positives)
    assert.equal(false_positive_rate, (contacted.length - churners) / (later.length - positives))
  }
  const curve = await challenger.precisionRecall(later, { points: 20 })
  assert.equal(curve.pr_auc, report.pr_auc)
  assert.ok(curve.points.length <= 20)
  for (const { threshold, recall, precision } of curve.points) {
    const contacted = [...p.keys()].filter((row) => p[row] >= threshold)
    const churners = contacted.filter((row) => later.labels[row] === 1).length
    assert.deepEqual([recall, precision], [churners / positives, churners / contacted.length])
  }

  const table = await challenger.reliability(later)
  assert.equal(table.ece, report.ece)
  near(table.brier_reliability - table.brier_resolution + table.brier_uncertainty + table.brier_within_bins, report.brier)
  const halves = await challenger.reliability(later, { bins: 2, by: 'frequency' })
  assert.ok(Math.abs(halves.bins[0].rows - halves.bins[1].rows) <= 2)

  const empc = await challenger.empc(later)
  assert.deepEqual(empc, { empc: report.empc, fraction: report.empc_fraction })
  assert.ok((await challenger.empc(later, { clv: 400 })).empc > empc.empc)

  const best = await challenger.profitThreshold(later, { benefit: 50, cost: 10 })
  const contacted = [...p.keys()].filter((row) => p[row] >= best.threshold)
  assert.equal(best.contacted, contacted.length)
  assert.equal(best.profit, 50 * contacted.filter((row) => later.labels[row] === 1).length - 10 * contacted.length)
  assert.equal(best.calibrated_threshold, 0.2)
})

test('intervals and comparisons are drawn by the seed, on any number of threads', async () => {
  const options = { resamples: 200, level: 0.9, seed: 3 }
  const intervals = await challenger.intervals(later, options)
  assert.deepEqual(intervals, await challenger.intervals(later, { ...options, nJobs: 1 }))
  const report = await challenger.evaluate(later)
  for (const { measure, value, low, high } of intervals.measures) {
    assert.equal(value, report[measure])
    assert.ok(low <= high)
  }
  const compared = await compare(champion, challenger, later, options)
  assert.deepEqual(compared, await compare(champion, challenger, later, { ...options, nJobs: 2 }))
  assert.deepEqual(compared.champion, await champion.evaluate(later))
  assert.deepEqual(compared.challenger, report)
  near(compared.delong.difference, compared.challenger.roc_auc - compared.champion.roc_auc)
  assert.ok(compared.delong.p_value > 0 && compared.delong.p_value <= 1)
  const same = await compare(champion, champion, later, options)
  assert.deepEqual(same.differences.map(({ difference, p_value }) => [difference, p_value]), Array(7).fill([0, 1]))
})

test('what cannot be judged is refused', async () => {
  for (const [call, path] of [
    [() => challenger.lift(later, { bins: 0 }), 'bins'], [() => challenger.lift(later, { by: 'width' }), 'options'],
    [() => challenger.roc(later, { points: 2 }), 'points'], [() => challenger.precisionRecall(later, { bins: 9 }), 'options'],
    [() => challenger.reliability(later, { by: 'size' }), 'by'], [() => challenger.reliability(later, { bin: 3 }), 'options'],
    [() => challenger.empc(later, { clv: -1 }), 'clv'], [() => challenger.profitThreshold(later, { benefit: 1 }), 'cost'],
    [() => challenger.profitThreshold(later, { benefit: 0, cost: 1 }), 'benefit'],
    [() => challenger.intervals(later, { level: 1 }), 'level'], [() => challenger.intervals(later, { nJobs: 0 }), 'n_jobs'],
    [() => challenger.lift(later.table), 'data'], [() => compare(champion, null, later), 'challenger'],
  ]) {
    assert.equal((await rejects('argument', call())).path, path)
  }
})

test('a model is calibrated in every way, and set right for another prior', async () => {
  for (const calibrate of ['platt', 'isotonic', 'beta']) {
    const model = await train(set, { n_estimators: 40, max_depth: 3, calibrate })
    assert.ok((await model.evaluate(later)).log_loss < 0.7)
  }
  await rejects('model_parameter', train(set, { calibrate: 'sigmoid' }))
  const [p] = await challenger.predictProba(later)
  const [corrected] = await challenger.withPrior(0.1, 0.4).predictProba(later)
  const odds = (p / (1 - p)) * (0.1 / 0.9) / (0.4 / 0.6)
  assert.ok(Math.abs(corrected - odds / (1 + odds)) < 1e-6)
  assert.equal(throws('argument', () => challenger.withPrior(2)).path, 'churn_rate')
})

test('a score says how well its probability is known, where the model knows', async () => {
  const model = await train(set, { n_estimators: 40, max_depth: 3, confidence: true })
  const ends = await model.predictInterval(later)
  assert.equal(ends.length, 2 * later.length)
  const engine = new Engine(new Bundle(playbook, model))
  await engine.ingest(company.events, company.customers)
  for (const [row, id] of later.table.customerIds.slice(0, 30).entries()) {
    const { interval, confidence_level } = engine.score(id, { asOf: '2025-08-01' }).churn
    assert.deepEqual(interval, { low: ends[2 * row], high: ends[2 * row + 1] })
    const width = interval.high - interval.low
    assert.equal(confidence_level, width <= 0.05 ? 'high' : width <= 0.15 ? 'medium' : 'low')
  }
  assert.equal((await rejects('model_parameter', challenger.predictInterval(later))).path, 'confidence')
})

test('contributions add up to what the model states', async () => {
  const p = await challenger.predictProba(later)
  for (const output of ['log_odds', 'margin', 'probability']) {
    const { names, base, shape, values } = await challenger.explain(later, { output })
    assert.deepEqual(names, challenger.names)
    assert.deepEqual(shape, [later.length, names.length])
    for (let row = 0; row < later.length; row += 20) {
      const own = values.subarray(row * names.length, (row + 1) * names.length)
      const stated = own.reduce((sum, value) => sum + value, base)
      const expected = output === 'probability' ? p[row] : Math.log(p[row] / (1 - p[row]))
      assert.ok(Math.abs(stated - expected) < 1e-6, `${stated} is not ${expected}`)
    }
  }
  const some = later.select([0, 1, 2])
  const pairs = await challenger.explain(some, { interactions: true })
  assert.deepEqual(pairs.shape, [3, challenger.names.length, challenger.names.length])
  const against = await challenger.explain(some, null, set)
  assert.equal(against.values.length, 3 * challenger.names.length)
  await rejects('argument', challenger.explain(some, { output: 'odds' }))
})

test('features have importance, and the answer depends on them', async () => {
  const shuffled = await challenger.featureImportance(later, { repeats: 3 })
  assert.deepEqual(shuffled.map(({ feature }) => feature).sort(), [...challenger.names].sort())
  assert.ok(shuffled[0].importance > 0 && shuffled[0].std >= 0)
  const gain = await challenger.featureImportance(later, { kind: 'gain' })
  near(gain.reduce((sum, { importance }) => sum + importance, 0), 1)
  const { feature } = shuffled[0]
  const partial = await challenger.featureDependence(later, { feature, points: 5 })
  assert.ok(partial.values.length <= 5 && partial.effects.length === partial.values.length)
  assert.equal(partial.counts, null)
  const accumulated = await challenger.featureDependence(later, { feature, kind: 'accumulated' })
  assert.equal(accumulated.counts.reduce((sum, count) => sum + count, 0), later.length)
  await rejects('argument', challenger.featureDependence(later, {}))
})
