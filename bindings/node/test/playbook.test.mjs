import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { Bundle, Engine, Playbook, Table, TrainingSet, describe } from 'stayput'

import { PLAYBOOK, ndjson, rejects, throws } from './shared.mjs'

const events = [
  { customer_id: 'ann', timestamp: new Date('2026-01-01'), type: 'login' },
  { customer_id: 'ann', timestamp: '2026-01-20T12:00:00Z', type: 'purchase', amount: 12.5 },
  { customer_id: 'bob', timestamp: '2026-01-02', type: 'login' },
]
const customers = [
  { customer_id: 'ann', plan: 'pro', paying: true },
  { customer_id: 'bob', plan: null },
]

test('a playbook is read from text and from a file', () => {
  const playbook = Playbook.parse(PLAYBOOK)
  assert.deepEqual([playbook.name, playbook.version, playbook.text], ['shop', '1', PLAYBOOK])
  const folder = mkdtempSync(join(tmpdir(), 'stayput-'))
  const path = join(folder, 'playbook.toml')
  writeFileSync(path, PLAYBOOK)
  assert.equal(Playbook.load(path).text, PLAYBOOK)
  rmSync(folder, { recursive: true })
})

test('tables are described, and get a first playbook', async () => {
  const found = await describe(events, customers)
  assert.deepEqual([found.rows, found.customers, found.first], [3, 2, '2026-01-01T00:00:00Z'])
  assert.deepEqual(found.types.map((type) => type.name), ['login', 'purchase'])
  const renamed = events.map(({ customer_id: who, ...event }) => ({ who, ...event }))
  const playbook = await Playbook.suggest(renamed, customers, { columns: { who: 'customer_id' } })
  assert.ok(playbook instanceof Playbook)
  assert.match(playbook.text, /\[events\.login\]/)
  assert.equal(playbook.text, (await Playbook.suggest(events, customers)).text)
  await rejects('table_column', describe([{ customer_id: 'ann', timestamp: '2026-01-01' }]))
})

test('an error of a playbook has its code, path and place', () => {
  const error = throws('expression_name', () => Playbook.parse(PLAYBOOK.replace('(login', '(logn')))
  assert.equal(error.path, 'features.logins_30d')
  assert.deepEqual([error.line, error.column], [9, 21])
  assert.match(error.message, /did you mean `login`\?/)
  assert.ok(error instanceof Error && error.stack.includes('playbook.test.mjs'))
  assert.equal(throws('file', () => Playbook.load('/no/such/file')).path, '/no/such/file')
})

test('features come as columns and as objects', async () => {
  const asOf = ['2026-01-15', new Date('2026-02-01')]
  const table = await Playbook.parse(PLAYBOOK).features(events, customers, { asOf })
  assert.ok(table instanceof Table)
  assert.equal(table.length, 4)
  assert.deepEqual(table.names, ['logins_30d', 'spend_90d', 'mean_spend', 'plan', 'paying', 'last_seen'])
  assert.deepEqual(table.types, {
    logins_30d: 'number', spend_90d: 'number', mean_spend: 'number', plan: 'category', paying: 'bool', last_seen: 'timestamp',
  })
  assert.deepEqual(table.categories('plan'), ['free', 'pro'])
  assert.equal(throws('table_column', () => table.categories('paying')).path, 'paying')
  throws('table_column', () => table.categories('nothing'))
  throws('argument', () => table.categories())
  assert.deepEqual(table.customerIds, ['ann', 'ann', 'bob', 'bob'])
  const days = ['2026-01-15T00:00:00Z', '2026-02-01T00:00:00Z']
  assert.deepEqual(table.asOf, [...days, ...days])
  assert.deepEqual(table.column('logins_30d'), Float64Array.of(1, 0, 1, 0))
  assert.deepEqual(table.column('mean_spend'), Float64Array.of(NaN, 12.5, NaN, NaN))
  assert.deepEqual(table.column('plan'), ['pro', 'pro', null, null])
  assert.deepEqual(table.column('paying'), [true, true, false, false])
  assert.equal(table.column('last_seen')[0], '2026-01-01T00:00:00Z')
  assert.deepEqual(table.toObjects()[2], {
    customer_id: 'bob',
    as_of: '2026-01-15T00:00:00Z',
    logins_30d: 1,
    spend_90d: 0,
    mean_spend: null,
    plan: null,
    paying: false,
    last_seen: '2026-01-02T00:00:00Z',
  })
  throws('table_column', () => table.column('nothing'))
})

test('a playbook says what its features are', () => {
  const playbook = Playbook.parse(PLAYBOOK)
  const definitions = playbook.definitions()
  assert.deepEqual(definitions.map(({ name, type }) => `${name}: ${type}`).slice(2), [
    'mean_spend: number', 'plan: category', 'paying: bool', 'last_seen: timestamp',
  ])
  const lineage = playbook.lineage('spend_90d')
  assert.equal(lineage.version, definitions[1].version)
  assert.deepEqual(lineage.events, [{ event: 'purchase', properties: ['amount'] }])
  assert.match(playbook.explain('spend_90d'), /^spend_90d: a number, version [0-9a-f]{16}\n/)
  for (const ask of ['lineage', 'explain']) {
    assert.match(throws('argument', () => playbook[ask]('spend')).message, /`spend` is not a feature/)
    assert.equal(throws('argument', () => playbook[ask](3)).path, 'feature')
  }
})

test('events are corrected and deleted by their id', async () => {
  const playbook = Playbook.parse(PLAYBOOK)
  const bought = (event_id, amount, more) => (
    { customer_id: 'ann', timestamp: '2026-01-30', type: 'purchase', event_id, amount, ...more }
  )
  const first = [bought('1', 1), bought('2', 2), bought('3', 4), bought('4', 8, { revision: 3 })]
  const second = [
    bought('1', 16, { revision: 1 }), bought('2', undefined, { deleted: true }),
    bought('3', 4), bought('4', 8, { revision: 2 }),
  ]
  const asOf = '2026-02-01'
  for (const give of [(rows) => rows, ndjson]) {
    const table = await playbook.features(give([...first, ...second]), null, { asOf, nJobs: 1 })
    const counts = ({ accepted, duplicates, superseded }) => [accepted, duplicates, superseded]
    assert.deepEqual(counts(table.report.events), [6, 1, 1])
    assert.deepEqual(table.column('spend_90d'), Float64Array.of(28))
    const engine = new Engine(new Bundle(playbook))
    await engine.ingest(give(first))
    assert.equal(engine.score('ann', { asOf }).features.spend_90d, 15)
    assert.deepEqual(counts((await engine.ingest(give(second))).events), [2, 1, 1])
    assert.equal(engine.score('ann', { asOf }).features.spend_90d, 28)
  }
})

test('an instant is a Date, text or milliseconds', async () => {
  const playbook = Playbook.parse(PLAYBOOK)
  for (const asOf of [new Date('2026-01-15'), '2026-01-15', Date.UTC(2026, 0, 15)]) {
    const table = await playbook.features(events, null, { asOf })
    assert.deepEqual(table.asOf, ['2026-01-15T00:00:00Z', '2026-01-15T00:00:00Z'])
  }
  for (const asOf of [new Date(NaN), NaN, Infinity, 'soon', 1e18, null, undefined, {}, []]) {
    await rejects('argument', playbook.features(events, null, { asOf }))
  }
  await rejects('argument', playbook.features(events, null))
  await rejects('argument', playbook.features(events, null, { asof: 0 }))
})

test('columns of the events can have other names', async () => {
  const rows = [{ user: 'ann', at: '2026-01-01', type: 'login' }]
  const columns = { user: 'customer_id', at: 'timestamp' }
  const playbook = Playbook.parse(PLAYBOOK)
  const table = await playbook.features(rows, null, { asOf: '2026-01-02', columns })
  assert.deepEqual(table.customerIds, ['ann'])
  await rejects('table_column', playbook.features(rows, null, { asOf: 0, columns: { usr: 'x' } }))
  const engine = new Engine(new Bundle(playbook))
  assert.equal(engine.length, 0)
  assert.equal((await engine.ingest(rows, null, { columns })).events.accepted, 1)
  assert.deepEqual([engine.length, engine.customers], [1, ['ann']])
  await rejects('table_column', engine.ingest(rows, null, { columns: { usr: 'x' } }))
  await rejects('argument', engine.ingest(rows, null, { asOf: 0 }))
})

test('a training set has labels that came true after each row', async () => {
  const playbook = Playbook.parse(PLAYBOOK)
  const late = { customer_id: 'bob', timestamp: '2026-02-20', type: 'login' }
  const options = { asOf: ['2026-01-01', '2026-01-20', '2026-02-01'] }
  const set = await playbook.trainingSet([...events, late], null, options)
  assert.ok(set instanceof TrainingSet)
  assert.deepEqual(set.table.customerIds, ['ann', 'ann', 'bob'])
  assert.deepEqual(set.labels, Float64Array.of(1, 1, 1))
  assert.deepEqual(set.leftOut, { not_started: 1, not_eligible: 0, horizon_past_data: 2, label_missing: 0 })
  assert.equal(set.table.report.events.accepted, 4)
})

test('instants are a grid, or those of each customer', async () => {
  const playbook = Playbook.parse(PLAYBOOK)
  const asOf = { from: '2026-01-31', to: new Date('2026-03-31'), every: 'month' }
  const grid = await playbook.features(events, customers, { asOf, nJobs: 1 })
  const days = ['2026-01-31', '2026-02-28', '2026-03-31'].map((day) => `${day}T00:00:00Z`)
  assert.deepEqual(grid.asOf, [...days, ...days])
  const asked = [{ customer_id: 'bob', as_of: '2026-01-03', plan: 'pro' }]
  const own = await playbook.features(events, asked)
  assert.deepEqual([own.customerIds, own.asOf], [['bob'], ['2026-01-03T00:00:00Z']])
  await rejects('argument', playbook.features(events, null, { asOf: { ...asOf, every: 'moon' } }))
  await rejects('argument', playbook.features(events, null, { asOf, horizon: '3d' }))
})

test('a training set keeps rows past the data where it is asked to', async () => {
  const playbook = Playbook.parse(PLAYBOOK)
  const options = { asOf: '2026-01-15', horizon: '1w', gap: '1d', censored: 'keep' }
  const set = await playbook.trainingSet(events, null, options)
  assert.deepEqual(set.labels, Float64Array.of(NaN, NaN))
  assert.deepEqual(set.censored, [true, true])
  await rejects('argument', playbook.trainingSet(events, null, { ...options, censored: 'no' }))
})

test('only the package makes tables', () => {
  assert.throws(() => new Table())
  assert.throws(() => new TrainingSet())
})

test('rows are in the segments whose conditions hold', async () => {
  const playbook = Playbook.parse(`
[playbook]
name = "rows"
[events.login]
[features]
logins = 'count(login, "30d")'
[segments]
busy = 'logins > 10.0'
quiet = 'logins < 2.0'
`)
  const rows = [{ logins: 20 }, { logins: 1 }, { logins: null }]
  const members = await playbook.segmentRows(rows, { nJobs: 1 })
  assert.deepEqual(Object.entries(members).map(([name, rows]) => [name, [...rows]]), [['busy', [1, 0, 0]], ['quiet', [0, 1, 0]]])
  assert.deepEqual(rows.map((row) => playbook.segmentsOf(row)), [['busy'], ['quiet'], []])
})
