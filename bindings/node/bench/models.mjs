// One row at a time through Node: the model and rows that `benches/models/speed.py` left in a
// folder. The median of five runs. `npm run bench:models -- folder package`, where `package` is the
// one that ships, which `scripts/node-release.sh` has built.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { Model } = createRequire(import.meta.url)(process.argv[3])

const RUNS = 5
const folder = process.argv[2]
const model = Model.load(join(folder, 'model'))
const { rows, p } = JSON.parse(readFileSync(join(folder, 'rows.json')))
const arrays = rows.map((row) => Float64Array.from(row))
if (arrays.some((row, at) => model.predictRow(row) !== p[at])) throw new Error('Node does not answer as Python does')

const times = []
for (let run = 0; run < RUNS; run++) {
  const start = performance.now()
  for (let again = 0; again < 20; again++) for (const row of arrays) model.predictRow(row)
  times.push((performance.now() - start) / (20 * arrays.length))
}
times.sort((a, b) => a - b)
console.log(`  one row from Node: ${(times[2] * 1000).toFixed(2)} µs`)
