import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Playbook, Search, Study, crossValidate, simulate, train, tune } from 'stayput'

import { rejects, throws } from './shared.mjs'

const playbook = Playbook.load(fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url)))
const company = await simulate({ customers: 300, days: 300, start: '2025-01-01' })
const set = await playbook.trainingSet(company.events, company.customers, { asOf: '2025-06-01' })
const params = { n_estimators: 15 }
const space = {
  max_depth: { type: 'int', low: 1, high: 6 },
  learning_rate: { type: 'float', low: 0.01, high: 0.5, log: true },
  encoding: { type: 'choice', values: ['onehot', 'target'] },
}
const options = { space, folds: 3 }

test('a study ends with parameters to train with', async () => {
  const seen = []
  const study = await tune(set, params, { ...options, trials: 10 }, (trial) => { seen.push(trial) })
  assert.equal(study.trials.length, 10)
  assert.deepEqual(study.trials[0].params, {})
  assert.equal(seen.length, study.trials.reduce((sum, trial) => sum + trial.scores.length, 0))
  assert.deepEqual(seen.at(-1), study.trials.at(-1))
  const complete = study.trials.filter(({ state }) => state === 'complete')
  assert.equal(study.best.score, Math.min(...complete.map(({ score }) => score)))
  assert.deepEqual(study.bestParams, { ...params, ...study.best.params })
  const reports = await crossValidate(set, study.bestParams, { folds: 3 })
  assert.deepEqual(study.best.scores, reports.map((report) => report[study.measure]))
  await train(set, study.bestParams)
})

test('a study that stops goes on as if it had not', async () => {
  const whole = await tune(set, params, { ...options, seed: 3, trials: 8 })
  let stopped = new Study(params, { ...options, seed: 3 })
  assert.equal(stopped.best, null)
  assert.match(throws('argument', () => stopped.bestParams).message, /run it first/)
  while (stopped.trials.filter(({ state }) => state !== 'running').length < 8) {
    await stopped.run(set, {}, () => false)
    stopped = Study.fromJson(stopped.toJson())
  }
  assert.equal(stopped.toJson(), whole.toJson())
})

test('an error of the callback ends a study and loses nothing', async () => {
  const study = new Study(params, options)
  const running = study.run(set, {}, ({ number }) => {
    if (number === 1) throw new Error('no more')
  })
  assert.equal((await rejects('argument', study.run(set))).path, 'study')
  assert.match((await rejects('argument', running)).message, /no more/)
  assert.deepEqual(study.trials.map(({ scores }) => scores.length), [3, 1])
  await study.run(set, { trials: 1 })
  assert.equal(study.toJson(), (await tune(set, params, { ...options, trials: 2 })).toJson())
})

test('what cannot be studied is refused by name', async () => {
  for (const [code, path, given, more] of [
    ['argument', 'measure', params, { measure: 'auc' }],
    ['argument', 'by', params, { by: 'month' }],
    ['model_parameter', 'max_dept', { max_dept: 3 }, {}],
    ['argument', 'max_depth', { max_depth: 3 }, { space }],
    ['model_parameter', 'max_depth', params, { space: { max_depth: { type: 'int', low: 0, high: 3 } } }],
    ['argument', 'space', params, { space: {} }],
  ]) {
    assert.equal(throws(code, () => new Study(given, more)).path, path)
    assert.equal((await rejects(code, tune(set, given, more))).path, path)
  }
  assert.equal((await rejects('argument', tune(set, params, options, 'watch'))).path, 'callback')
  await rejects('argument', tune(set, params, { ...options, trials: -1 }))
  await rejects('argument', tune(set.table, params, options))
})

test('a search asks for points and is told their scores', () => {
  const plane = { x: { type: 'float', low: -3, high: 3 }, kind: { type: 'choice', values: ['a', 'b'] } }
  const ask = ({ x, kind }) => -((x - 1) ** 2) - (kind === 'a' ? 1 : 0)
  let search = new Search(plane, { seed: 2, direction: 'maximize' })
  for (let trial = 0; trial < 40; trial += 1) {
    assert.deepEqual(search.ask(), search.ask())
    search.tell(ask(search.ask()))
    search = Search.fromJson(search.toJson())
  }
  assert.equal(search.trials.length, 40)
  assert.equal(search.best.params.kind, 'b')
  assert.ok(search.best.score > -0.01, `${search.best.score}`)
  assert.equal(throws('argument', () => search.tell(1)).path, 'score')
  assert.equal(throws('argument', () => new Search(plane, { direction: 'up' })).path, 'direction')
})
