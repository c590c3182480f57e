// How fast events go in: the same simulated events as NDJSON, at once and in pieces of a thousand,
// and as objects, each into a new engine. Medians of five runs, by the clock and by one core's time;
// then a customer's score. `npm run bench [customers]`
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

import { Bundle, Engine, Playbook, simulate } from 'stayput'

const RUNS = 5
const PIECE = 1000

const customers = Number(process.argv[2] ?? 5000)
const playbook = Playbook.load(fileURLToPath(new URL('../../../examples/acme/playbook.toml', import.meta.url)))
const company = await simulate({ customers, start: '2025-01-01' })
const bytes = Buffer.from(company.events)
const lines = bytes.toString().trimEnd().split('\n')

function median(numbers) {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

function inPieces() {
  const pieces = []
  let [start, count] = [0, 0]
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (++count % PIECE === 0 || at === bytes.length - 1) {
      pieces.push(bytes.subarray(start, at + 1))
      start = at + 1
    }
  }
  return pieces
}

async function measure(name, tables, events = lines.length) {
  const [clock, core] = [[], []]
  for (let run = 0; run < RUNS; run++) {
    const engine = new Engine(new Bundle(playbook))
    const [start, before] = [performance.now(), process.cpuUsage()]
    for (const rows of tables) await engine.ingest(rows)
    clock.push(performance.now() - start)
    const { user, system } = process.cpuUsage(before)
    core.push((user + system) / 1000)
  }
  const rate = (milliseconds) => Math.round((events / milliseconds) * 1000).toLocaleString('en').padStart(10)
  console.log(`${name.padEnd(18)} ${rate(median(clock))} events/s, ${rate(median(core))} of one core`)
}

console.log(`${lines.length.toLocaleString('en')} events, ${(bytes.length / 1e6).toFixed(1)} MB, ${availableParallelism()} cores`)
await measure('NDJSON', [bytes])
await measure('  in pieces of 1000', inPieces())
const objects = lines.slice(0, 500_000).map((line) => JSON.parse(line))
await measure('objects', [objects], objects.length)

const engine = new Engine(new Bundle(playbook))
await engine.ingest(bytes, company.customers)
let start = performance.now()
const scores = await engine.scoreAll({ asOf: '2025-12-01' })
console.log(`scoreAll ${Math.round(performance.now() - start)} ms  ${scores.length} customers`)
start = performance.now()
for (const { customer_id } of scores.slice(0, 1000)) engine.score(customer_id, { asOf: '2025-12-01' })
console.log(`score    ${(performance.now() - start).toFixed(1)} µs each`)
