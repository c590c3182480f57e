import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Bandit, experiment, offPolicy, powerAnalysis, sampleRatio, sequential } from 'stayput'

import { rejects, throws } from './shared.mjs'

const near = (found, expected) => assert.ok(Math.abs(found - expected) <= 1e-9 * Math.abs(expected), `${found} is not ${expected}`)

test('arms are compared by counts, moments and values', async () => {
  // scipy and statsmodels: see the Python tests, which compare every number.
  const counts = { a: { n: 44700, successes: 8502 }, b: { n: 45489, successes: 8279 } }
  const report = await experiment(counts)
  const [one] = report.comparisons
  assert.deepEqual([report.control, report.metric, one.arm, one.df], ['a', 'proportion', 'b', null])
  const pooled = (8502 + 8279) / (44700 + 45489)
  near(one.statistic, (8279 / 45489 - 8502 / 44700) / Math.sqrt(pooled * (1 - pooled) * (1 / 44700 + 1 / 45489)))
  const arms = { a: Float64Array.of(1, 2, 4, 5), b: [2, 3, 5, 9] }
  const means = await experiment(arms, { level: 0.9 })
  const moments = { a: { n: 4, mean: 3, variance: 10 / 3 }, b: { n: 4, mean: 4.75, variance: 28.75 / 3 } }
  near((await experiment(moments, { level: 0.9 })).comparisons[0].low, means.comparisons[0].low)
  const cuped = await experiment(arms, null, { a: [1, 2, 4, 4], b: Float64Array.of(1, 3, 4, 9) })
  assert.ok(cuped.cuped.variance_reduction > 0.8)
  assert.equal((await rejects('argument', experiment({ a: [1, 2], b: ['x'] }))).path, 'arms.b')
  assert.equal((await rejects('argument', experiment(counts, { control: 'c' }))).path, 'control')
})

test('an experiment is followed, planned and checked', async () => {
  const look = (n, b) => ({ a: { n, successes: n / 10 }, b: { n, successes: b } })
  const report = await sequential({ looks: [look(1000, 105), look(9000, 1150)], effect: 0.02 })
  assert.deepEqual([report.stop, report.comparisons[0].significant_at], [true, 1])
  assert.equal((await rejects('argument', sequential({ looks: [] }))).path, 'effect')
  const plan = await powerAnalysis({ baseline: 0.1, effect: 0.02, power: 0.8 })
  assert.ok(plan.n_control > 3000 && plan.n_control < 4500 && plan.power >= 0.8)
  assert.equal((await sampleRatio({ counts: [5000, 5400] })).mismatch, true)
  assert.equal((await sampleRatio({ counts: [5000, 10010], shares: [1, 2] })).mismatch, false)
})

test('another policy is evaluated on the decisions of this one', async () => {
  const decisions = {
    actions: [0, 0, 0, 1], propensities: [0.5, 0.5, 0.5, 0.125], rewards: [1, 0, 1, 1],
    target: [[1, 0], [0.5, 0.5], [0, 1], [0.5, 0.5]],
  }
  const report = await offPolicy(decisions)
  assert.deepEqual(report.estimates.map(({ estimator }) => estimator), ['ips', 'snips'])
  assert.equal(report.estimates[0].value, 1.5)
  const predictions = [[0.5, 0.25], [0.5, 0], [1, 0.5], [0, 1]]
  const full = await offPolicy({ ...decisions, predictions }, { clip: 1, interval: 'bootstrap', seed: 2 })
  assert.deepEqual([full.estimates.length, full.clipped, full.estimates[2].value], [5, 2, 0.4375])
  assert.equal((await rejects('argument', offPolicy({ ...decisions, target: [[1], [1, 2]] }))).path, 'target')
  assert.equal((await rejects('argument', offPolicy({ actions: [0] }))).path, 'propensities')
})

test('a bandit learns, waits, and is the same after JSON', () => {
  const bandit = new Bandit({ actions: ['mail', 'call'], policy: 'lin_ucb', context: ['churn'], window: '7d', seed: 4 })
  for (let step = 0; step < 20; step++) {
    bandit.update({ action: 'call', reward: 1, context: { churn: 0.8 } })
    bandit.update({ action: 'mail', reward: 0.1, context: [0.8] })
  }
  const options = { context: { churn: 0.8 } }
  const choice = bandit.choose('c1', options)
  assert.deepEqual([choice.action, choice.propensity, choice.standard_error], ['call', 1, null])
  assert.ok(bandit.expect('d', { action: 'mail', context: [0.5], at: new Date('2026-01-01') }))
  assert.equal(bandit.outcome('d', { reward: 1, at: '2026-01-09' }), false)
  const copy = Bandit.fromJson(bandit.toJson())
  assert.equal(copy.close({ at: '2026-01-09' }), 1)
  assert.deepEqual(copy.choose('c1', options).action, 'call')
  bandit.merge(new Bandit({ actions: ['mail', 'call'], policy: 'lin_ucb', context: ['churn'], window: '7d', seed: 4 }))
  const thompson = new Bandit({ actions: ['a', 'b', 'c'], policy: 'thompson' })
  const { propensities, standard_error } = thompson.choose('x')
  near(propensities.reduce((sum, p) => sum + p, 0), 1)
  assert.ok(standard_error > 0)
  assert.equal(throws('argument', () => thompson.update({ action: 'd', reward: 1 })).path, 'action')
  assert.equal(throws('argument', () => new Bandit({ actions: ['a'], policy: 'ucb' })).path, 'policy')
})
