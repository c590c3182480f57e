import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Bundle, Model, Playbook } from 'stayput'

import { PLAYBOOK, rejects, throws } from './shared.mjs'

const forest = fileURLToPath(new URL('../../../tests/vectors/bundles/forest.stayput', import.meta.url))

test('a bundle without a model has none', async () => {
  const bundle = new Bundle(Playbook.parse(PLAYBOOK), null)
  assert.equal(bundle.model, null)
  assert.equal(bundle.playbook.text, PLAYBOOK)
  assert.match(bundle.hash, /^[0-9a-f]{64}$/)
  await rejects('model_missing', bundle.scoreRows([{}]))
})

test('a bundle is the same after a file, bytes and its parts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stayput-'))
  const path = join(folder, 'acme.stayput')
  const bundle = Bundle.load(forest)
  bundle.save(path)
  assert.ok(bundle.model instanceof Model)
  for (const again of [
    Bundle.load(path),
    Bundle.fromBytes(bundle.toBytes()),
    Bundle.fromBytes(new Uint8Array(bundle.toBytes())),
    new Bundle(bundle.playbook, bundle.model),
  ]) {
    assert.equal(again.hash, bundle.hash)
    assert.deepEqual(again.toBytes(), bundle.toBytes())
  }
  rmSync(folder, { recursive: true })
})

test('rows are scored without an engine, as objects or as NDJSON', async () => {
  const bundle = Bundle.load(forest)
  const { model } = bundle
  assert.equal(model.importance.length, model.names.length)
  const rows = [Object.fromEntries(model.names.map((name) => [name, null]))]
  const [probability] = await bundle.scoreRows(rows)
  assert.ok(probability >= 0 && probability <= 1)
  assert.deepEqual(await bundle.scoreRows(Buffer.from(JSON.stringify(rows[0]))), Float64Array.of(probability))
  await rejects('table_value', bundle.scoreRows([...rows, 3]))
  await rejects('argument', bundle.scoreRows('text'))
  await rejects('argument', model.predictProba(rows))
})

test('what is no bundle is refused', () => {
  throws('bundle_format', () => Bundle.fromBytes(Buffer.from('no bundle')))
  throws('file', () => Bundle.load('/no/such/file'))
  throws('file', () => Bundle.load(forest).save('/no/such/folder/file'))
  throws('argument', () => Bundle.fromBytes('text'))
  throws('argument', () => new Bundle(PLAYBOOK))
  throws('argument', () => new Bundle(Playbook.parse(PLAYBOOK), {}))
  throws('model_shape', () => new Bundle(Playbook.parse(PLAYBOOK), Bundle.load(forest).model))
})
