// Conditions and decisions from Node. `run.mjs folder` prints medians of interleaved rounds; the
// folder is the one that `cargo bench --bench decide` left. All engines are asked first whether they
// say the same of the same customers.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import zenEngine from '@gorules/zen-engine'
import { Engine as RulesEngine } from 'json-rules-engine'

import { closures, forRulesEngine, names, ours, people, rules, zen } from './rules.mjs'

// The package as it ships, which the script has built.
const { Bundle, Engine, Playbook } = createRequire(import.meta.url)(process.argv[3] ?? '../../bindings/node/index.cjs')
const { ZenEngine } = zenEngine

const ROUNDS = 5
const folder = process.argv[2]

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
const quantile = (numbers, share) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)]

async function seconds(run) {
  const start = performance.now()
  await run()
  return (performance.now() - start) / 1000
}

/** The fifty conditions as segments of features, which rows have by their names. */
function playbook() {
  const kind = (name) => (name === 'plan' || name === 'country' ? 'text' : 'number')
  const lines = ['[playbook]', 'name = "rules"', '[customer]']
  for (const name of names) lines.push(`${name} = "${kind(name)}"`)
  lines.push('[features]', ...names.map((name) => `${name} = 'customer.${name}'`))
  lines.push('[segments]', ...ours.map((rule, at) => `rule_${at} = '${rule}'`))
  return Playbook.parse(lines.join('\n'))
}

/** zen-engine: a decision table that collects what holds, and an expression for each condition. */
function decisions() {
  const node = (id, type, content = {}) => ({ id, type, name: id, content, position: { x: 0, y: 0 } })
  const graph = (middle) => ({
    nodes: [node('in', 'inputNode'), middle, node('out', 'outputNode')],
    edges: [
      { id: 'a', sourceId: 'in', targetId: middle.id, type: 'edge' },
      { id: 'b', sourceId: middle.id, targetId: 'out', type: 'edge' },
    ],
  })
  const table = {
    hitPolicy: 'collect',
    inputs: [{ id: 'condition', name: 'condition', type: 'expression' }],
    outputs: [{ id: 'rule', name: 'rule', field: 'rule', type: 'expression' }],
    rules: zen.map((condition, at) => ({ _id: `rule_${at}`, condition, rule: String(at) })),
  }
  const expressions = zen.map((value, at) => ({ id: `rule_${at}`, key: `rule_${at}`, value }))
  const engine = new ZenEngine()
  return {
    table: engine.createDecision(graph(node('table', 'decisionTableNode', table))),
    expressions: engine.createDecision(graph(node('all', 'expressionNode', { expressions }))),
  }
}

async function conditions() {
  const rows = playbook()
  const { table, expressions } = decisions()
  const { conditions, facts } = forRulesEngine()
  const rulesEngine = new RulesEngine(
    conditions.map((known, at) => ({ conditions: known, event: { type: `rule_${at}` } })),
  )
  const few = people(500)
  const some = people(2_000)
  const many = people(100_000)
  const lines = Buffer.from(many.map((person) => JSON.stringify(person)).join('\n'))

  const named = (at) => `rule_${at}`
  const found = await rows.segmentRows(few)
  for (const [at, person] of few.entries()) {
    const expected = closures.flatMap((holds, rule) => (holds(person) ? [named(rule)] : [])).join()
    const collected = (await table.evaluate(person)).result
    const { result } = await expressions.evaluate(person)
    const { events } = await rulesEngine.run(facts(person))
    const answers = {
      segmentRows: rules.flatMap((_, rule) => (found[named(rule)][at] ? [named(rule)] : [])).join(),
      segmentsOf: rows.segmentsOf(person).join(),
      'a table of zen-engine': collected.map(({ rule }) => named(rule)).join(),
      'expressions of zen-engine': rules.flatMap((_, rule) => (result[named(rule)] ? [named(rule)] : [])).join(),
      'json-rules-engine': rules.flatMap((_, rule) => (events.some(({ type }) => type === named(rule)) ? [named(rule)] : [])).join(),
    }
    for (const [name, answer] of Object.entries(answers)) {
      if (answer !== expected) throw new Error(`${name} says ${answer} of customer ${at}, not ${expected}`)
    }
  }

  let sink = 0
  const count = (members) => {
    for (const column of Object.values(members)) sink += column[column.length - 1]
  }
  const runs = {
    'stayput, rows of NDJSON': [many, async () => count(await rows.segmentRows(lines))],
    'stayput, rows as objects': [many, async () => count(await rows.segmentRows(many))],
    'stayput, one thread, NDJSON': [many, async () => count(await rows.segmentRows(lines, { nJobs: 1 }))],
    'stayput, one by one': [some, () => some.forEach((person) => (sink += rows.segmentsOf(person).length))],
    'closures of JavaScript': [some, () => some.forEach((person) => closures.forEach((holds) => (sink += holds(person))))],
    'zen, table, all at once': [some, () => Promise.all(some.map((person) => table.evaluate(person)))],
    'zen, expressions, all at once': [some, () => Promise.all(some.map((person) => expressions.evaluate(person)))],
    'zen, table, one by one': [some, async () => { for (const person of some) await table.evaluate(person) }],
    'zen, expressions, one by one': [some, async () => { for (const person of some) await expressions.evaluate(person) }],
    'json-rules-engine, all at once': [few, () => Promise.all(few.map((person) => rulesEngine.run(facts(person))))],
    'json-rules-engine, one by one': [few, async () => { for (const person of few) await rulesEngine.run(facts(person)) }],
  }
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS + 1; round++) {
    for (const [name, [of, run]] of Object.entries(runs)) {
      const taken = (await seconds(run)) / of.length
      // The first round only warms up.
      if (round > 0) times[name].push(taken)
    }
  }
  const each = Object.fromEntries(Object.entries(times).map(([name, taken]) => [name, median(taken)]))
  console.log('50 conditions, from Node')
  for (const [name, taken] of Object.entries(each)) {
    const rate = Math.round(rules.length / taken).toLocaleString('en').padStart(12)
    console.log(`  ${name.padEnd(32)}${rate} conditions/s  ${(taken * 1e6).toFixed(2).padStart(8)} µs a customer`)
  }
  const best = (prefix, how) =>
    Math.min(...Object.entries(each).flatMap(([name, taken]) => (name.startsWith(prefix) && name.endsWith(how) ? [taken] : [])))
  // In batches each engine may go the way it likes best.
  const zenBatch = Math.min(best('zen', 'at once'), best('zen', 'one by one'))
  const otherBatch = Math.min(best('json', 'at once'), best('json', 'one by one'))
  const ratio = (name, other, taken, bar) =>
    console.log(`  ${(other / taken).toFixed(1).padStart(6)} times ${name}  (bar ${bar})`)
  ratio('zen-engine, batches of NDJSON', zenBatch, each['stayput, rows of NDJSON'], 50)
  ratio('zen-engine, batches of objects', zenBatch, each['stayput, rows as objects'], 50)
  ratio('json-rules-engine, batches of NDJSON', otherBatch, each['stayput, rows of NDJSON'], 200)
  ratio('json-rules-engine, batches of objects', otherBatch, each['stayput, rows as objects'], 200)
  ratio('zen-engine, one by one', best('zen', 'one by one'), each['stayput, one by one'], 10)
  if (sink < 0) throw new Error('nothing was counted')
}

async function decideOne() {
  const read = (name) => readFileSync(join(folder, name))
  const [ids, answers] = ['ids.json', 'answers.json'].map((name) => JSON.parse(read(name)))
  const engine = new Engine(Bundle.load(join(folder, 'bundle')))
  await engine.ingest(read('events.ndjson'), read('customers.ndjson'))
  const day = 86_400_000
  const start = Date.parse('2026-10-20T12:00:00Z')
  await engine.decide({ asOf: start })
  // Of the decision alone, and of it with the reasons.
  const all = ['the decision', 'with reasons (bar: p99 under 150)'].map((what) => ({ what, typical: [], slow: [] }))
  for (let round = 1; round <= ROUNDS; round++) {
    const now = new Date(start + round * day).toISOString()
    const taken = [[], []]
    for (const [at, id] of ids.entries()) {
      await engine.ingest([{ customer_id: id, timestamp: now, type: 'login' }])
      const before = performance.now()
      const decided = engine.decideOne(id, { asOf: now })
      taken[0].push((performance.now() - before) * 1000)
      engine.reasons(id, { asOf: now })
      taken[1].push((performance.now() - before) * 1000)
      if (round === 1 && JSON.stringify(decided) !== JSON.stringify(answers[at])) {
        throw new Error(`Node does not decide about ${id} as Rust does`)
      }
    }
    for (const [at, { typical, slow }] of all.entries()) {
      typical.push(median(taken[at]))
      slow.push(quantile(taken[at], 0.99))
    }
  }
  console.log(`decideOne, from Node: ${ids.length} customers`)
  for (const { what, typical, slow } of all) {
    console.log(`  p50 ${median(typical).toFixed(1).padStart(7)} µs  p99 ${median(slow).toFixed(1).padStart(7)} µs  ${what}`)
  }
}

await conditions()
await decideOne()
