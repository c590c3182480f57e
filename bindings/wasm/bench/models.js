// Rows a second of a model in wasm, with the bundle and rows that `benches/models/speed.py` left in
// a folder. The median of five runs. `npm run bench:models -- folder`
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Bundle } from "../js/node.js";

const [RUNS, ROWS] = [5, 120_000];
const folder = process.argv[2];
const bundle = Bundle.fromBytes(readFileSync(join(folder, "bundle")));
const { rows, names, p } = JSON.parse(readFileSync(join(folder, "rows.json")));
const column = (at) => Float64Array.from({ length: ROWS }, (_, row) => rows[row % rows.length][at]);
const columns = Object.fromEntries(names.map((name, at) => [name, column(at)]));

const found = bundle.scoreRows(columns);
if (found.some((probability, row) => probability !== p[row % p.length])) {
  throw new Error("wasm does not answer as Python does");
}
const times = Array.from({ length: RUNS }, () => {
  const start = performance.now();
  bundle.scoreRows(columns);
  return (performance.now() - start) / 1000;
}).sort((a, b) => a - b);
const rate = Math.round(ROWS / times[RUNS >> 1]).toLocaleString("en");
console.log(`  columns in wasm: ${rate} rows/s (bar 600,000)`);
