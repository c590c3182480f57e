// How fast events go in: the same simulated events as NDJSON and as objects, each into a new
// engine, best of three. `npm run bench [customers]`
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

import { Bundle, Engine, Playbook, simulate } from 'stayput'

const customers = Number(process.argv[2] ?? 5000)
const playbook = Playbook.load(fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url)))
const company = await simulate({ customers, start: '2025-01-01' })
const lines = company.events.toString().trimEnd().split('\n')
const objects = lines.map((line) => JSON.parse(line))
const bytes = Buffer.from(company.events)

async function best(name, rows) {
  let least = Infinity
  for (let run = 0; run < 3; run++) {
    const engine = new Engine(new Bundle(playbook))
    const start = performance.now()
    await engine.ingest(rows)
    least = Math.min(least, performance.now() - start)
  }
  const rate = Math.round(lines.length / (least / 1000)).toLocaleString('en')
  console.log(`${name.padEnd(8)} ${Math.round(least)} ms  ${rate} events/s`)
}

console.log(`${lines.length.toLocaleString('en')} events, ${(bytes.length / 1e6).toFixed(1)} MB, ${availableParallelism()} cores`)
await best('NDJSON', bytes)
await best('objects', objects)

const engine = new Engine(new Bundle(playbook))
await engine.ingest(bytes, company.customers)
let start = performance.now()
const scores = await engine.scoreAll({ asOf: '2025-12-01' })
console.log(`scoreAll ${Math.round(performance.now() - start)} ms  ${scores.length} customers`)
start = performance.now()
for (const { customer_id } of scores.slice(0, 1000)) engine.score(customer_id, { asOf: '2025-12-01' })
console.log(`score    ${(performance.now() - start).toFixed(1)} µs each`)
