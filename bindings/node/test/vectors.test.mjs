// The cases of `tests/vectors`, which every host answers with the same bits.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Bundle, Engine, Playbook, cohorts } from 'stayput'

const folder = new URL('../../../tests/vectors/', import.meta.url)
const read = (file) => readFileSync(new URL(file, folder))
const json = (file) => JSON.parse(read(file))
const text = (lines) => lines.join('\n')

class Subject {
  #engine

  constructor(spec) {
    this.spec = spec
  }

  get playbook() {
    return Playbook.parse(text(this.spec.playbook))
  }

  get bundle() {
    const { bundle } = this.spec
    return bundle ? Bundle.fromBytes(read(bundle)) : new Bundle(this.playbook)
  }

  get engine() {
    this.#engine ??= new Engine(this.bundle)
    return this.#engine
  }

  calls = {
    parse: ({ playbook }) => {
      const { name, version } = Playbook.parse(text(playbook))
      return { name, version }
    },
    definitions: () => this.playbook.definitions(),
    lineage: ({ feature }) => this.playbook.lineage(feature),
    explain: ({ feature }) => this.playbook.explain(feature),
    lint: () => this.playbook.lint(),
    replay: ({ events, customers, options }) => this.bundle.replay(events, customers, named(options)),
    features: async ({ events = [], customers, as_of }) => {
      const table = await this.playbook.features(events, customers, { asOf: as_of })
      return { rows: table.toObjects(), report: table.report }
    },
    training_set: async ({ events = [], customers, as_of, horizon, gap, censored }) => {
      const options = { asOf: as_of, horizon, gap, censored }
      const set = await this.playbook.trainingSet(events, customers, options)
      return {
        rows: set.table.toObjects(),
        labels: Array.from(set.labels, (label) => (Number.isNaN(label) ? null : label)),
        censored: set.censored,
        left_out: set.leftOut,
        report: set.table.report,
      }
    },
    segment_rows: async ({ rows }) => {
      const found = Object.entries(await this.playbook.segmentRows(rows))
      return Object.fromEntries(found.map(([name, members]) => [name, Array.from(members, Boolean)]))
    },
    segments_of: ({ row }) => this.playbook.segmentsOf(row),
    score_rows: async ({ rows }) => [...(await this.bundle.scoreRows(rows))],
    round_trip: () => {
      const bytes = this.bundle.toBytes()
      const again = Bundle.fromBytes(bytes)
      return { hash: again.hash, same: again.toBytes().equals(bytes) }
    },
    bundle: ({ damage }) => ({ hash: Bundle.fromBytes(damaged(this.bundle.toBytes(), damage)).hash }),
    ingest: ({ events = [], customers }) => this.engine.ingest(events, customers),
    score: ({ customer_id, as_of }) => this.engine.score(customer_id, { asOf: as_of }),
    score_all: ({ as_of }) => this.engine.scoreAll({ asOf: as_of }),
    decide: ({ as_of }) => this.engine.decide({ asOf: as_of }),
    tick: ({ as_of }) => this.engine.tick({ asOf: as_of }),
    next_due: ({ as_of }) => this.engine.nextDue({ asOf: as_of }),
    record: ({ outcomes }) => this.engine.record(outcomes),
    outcomes: () => this.engine.outcomes(),
    ask: ({ method, customer_id, options }) => {
      const customer = customer_id === undefined ? [] : [customer_id]
      return this.engine[camel(method)](...customer, named(options))
    },
    transitions: ({ as_of }) => this.engine.transitions({ asOf: as_of }),
    segment_counts: ({ as_of }) => this.engine.segmentCounts({ asOf: as_of }),
    rfm: ({ as_of, value, window }) => this.engine.rfm({ asOf: as_of, value, window }),
    cohorts: ({ events, customers, options }) => cohorts(events, customers, options),
    snapshot: async () => {
      const bytes = await this.engine.snapshot()
      this.#engine = await Engine.restore(this.bundle, bytes)
      return { same: (await this.#engine.snapshot()).equals(bytes) }
    },
    restore: async ({ damage, playbook }) => {
      const bytes = damaged(await this.engine.snapshot(), damage)
      const bundle = playbook ? new Bundle(Playbook.parse(text(playbook))) : this.bundle
      return { customers: (await Engine.restore(bundle, bytes)).customers.length }
    },
  }
}

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
const named = (options) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]))

function damaged(bytes, { keep, flip, append = 0 } = {}) {
  const part = Buffer.from(bytes.subarray(0, keep))
  if (flip !== undefined) part[flip] ^= 1
  return Buffer.concat([part, Buffer.alloc(append)])
}

// What JSON makes of it: 0 and -0 are one number there, as they are for `==`.
const plain = (value) => JSON.parse(JSON.stringify(value))

for (const { file } of json('index.json').files) {
  for (const spec of json(file).cases) {
    test(`${file}: ${spec.name}`, { skip: spec.without?.includes('node') }, async () => {
      const subject = new Subject(spec)
      for (const [at, step] of spec.steps.entries()) {
        const name = `step ${at}, ${step.call}`
        const answer = (async () => subject.calls[step.call](step))()
        if (step.error) {
          const { code, message } = await answer.then(() => assert.fail(`${name} must fail`), (error) => error)
          assert.deepEqual({ code, message }, step.error, name)
        } else {
          assert.deepEqual(plain(await answer), step.expect, name)
        }
      }
    })
  }
}
