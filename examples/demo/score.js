// Scores and decides in one host, and writes what it found for the comparison.
import { readFileSync, writeFileSync } from "node:fs";

/** The 64 bits of a double, in hexadecimal. */
function bits(x) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

/**
 * Ingests the demo's company into an engine of `Bundle` and `Engine`, and writes `out/<host>.json`.
 *
 * `rows` makes of the bytes of an NDJSON file what the host takes. Answers may be promises.
 */
export async function run(host, { Bundle, Engine }, rows) {
  const { as_of: asOf } = JSON.parse(readFileSync("out/python.json"));
  const read = (name) => rows(readFileSync(`out/${name}.ndjson`));
  const engine = new Engine(Bundle.fromBytes(readFileSync("out/acme.stayput")));
  await engine.ingest(read("events"), read("customers"));
  const scores = await engine.scoreAll({ asOf });
  const decisions = await engine.decide({ asOf });
  const all = scores.map(({ customer_id: id, churn }) => [id, bits(churn.probability)]);
  writeFileSync(`out/${host}.json`, JSON.stringify({ bits: Object.fromEntries(all), scores, decisions }));
  const { decisions: sent, suppressions } = decisions;
  console.log(`${host}: ${scores.length} customers scored, ${sent.length} decisions, ${suppressions.length} suppressions`);
}
