// Models of other libraries: read, written, refused. Their predictions are held against the
// libraries themselves by the tests of the Python package.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Model, Playbook, simulate, train } from 'stayput'

import { throws } from './shared.mjs'

const file = (name) =>
  readFileSync(new URL(`../../../crates/models/src/import/${name}`, import.meta.url))

test('a model of LightGBM is read, and its features may be named anew', () => {
  const text = file('small.lightgbm.txt')
  const model = Model.fromLightgbm(text)
  assert.equal(model.algorithm, 'lightgbm')
  assert.deepEqual(model.names, ['x', 'plan'])
  assert.deepEqual([...model.importance], [0.75, 0.25])
  assert.deepEqual(Model.fromLightgbm(text, ['logins', 'plan']).names, ['logins', 'plan'])
  assert.deepEqual(Model.fromLightgbm(text, { x: 'bool' }).names, ['x', 'plan'])
  assert.deepEqual(Model.fromBytes(model.toBytes()).names, model.names)
})

test('a file that is no such model is refused, and so are features that do not fit', () => {
  const text = file('small.lightgbm.txt')
  for (const read of [Model.fromXgboost, Model.fromLightgbm, Model.fromCatboost]) {
    throws('model_format', () => read(Buffer.from('no model')))
    throws('argument', () => read('text'))
  }
  throws('model_format', () => Model.fromLightgbm(text.subarray(0, 300)))
  throws('argument', () => Model.fromLightgbm(text, ['x']))
  throws('model_shape', () => Model.fromLightgbm(text, { y: 'bool' }))
  throws('unsupported', () => Model.fromLightgbm(text).toXgboost())
})

test('any model goes to ONNX and comes back as it was', async () => {
  const model = Model.fromLightgbm(file('small.lightgbm.txt'))
  const back = Model.fromOnnx(model.toOnnx())
  assert.deepEqual(back.toBytes(), model.toBytes())
  throws('model_format', () => Model.fromOnnx(Buffer.from('no model')))
})

test('what was trained here goes to XGBoost and comes back the same', async () => {
  const acme = new URL('../../../examples/acme/playbook.toml', import.meta.url)
  const playbook = Playbook.load(fileURLToPath(acme))
  const company = await simulate({ customers: 300, days: 200, start: '2025-01-01' })
  const set = await playbook.trainingSet(company.events, company.customers, { asOf: ['2025-04-01'] })
  const model = await train(set, { grow_policy: 'depthwise', n_estimators: 20 })
  const file = model.toXgboost()
  assert.equal(JSON.parse(file.toString()).learner.objective.name, 'binary:logistic')
  const back = Model.fromXgboost(file)
  assert.deepEqual(back.names, model.names)
  assert.deepEqual(await back.predictProba(set), await model.predictProba(set))
})
