// One table: the ten customers at most risk, what was decided, and whether the hosts agree.
import { readFileSync } from "node:fs";

const hosts = ["python", "node", "wasm"];
const found = Object.fromEntries(
  hosts.map((host) => [host, JSON.parse(readFileSync(`out/${host}.json`))]),
);
const { scores, decisions } = found.node;

const words = (name) => name.replaceAll("_", " ");
const value = (x) => (typeof x === "number" ? String(Math.round(x * 100) / 100) : String(x ?? "unknown"));

/** What becomes of a customer: what is sent, or why nothing is. */
function decision(id) {
  const sent = decisions.decisions.find(({ customer_id }) => customer_id === id);
  if (sent) return `${sent.campaign}: ${sent.action}`;
  const stopped = decisions.suppressions.find(({ customer_id }) => customer_id === id);
  return stopped ? `${stopped.campaign}: not sent, ${words(stopped.reason)}` : "–";
}

function row({ customer_id: id, health, churn }) {
  const reasons = churn.reasons.slice(0, 2).map(({ feature, value: x }) => `${words(feature)} ${value(x)}`);
  const bits = hosts.map((host) => found[host].bits[id]);
  return [
    id,
    health ? `${health.score.toFixed(1)} ${words(health.band)}` : "–",
    churn.probability.toFixed(4),
    reasons.join(", "),
    decision(id),
    ...bits,
    bits.every((x) => x === bits[0]) ? "yes" : "no",
  ];
}

function print(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows) console.log(row.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd());
}

// Those who left are no one's to keep.
const here = scores.filter(({ lifecycle }) => lifecycle?.stage !== "gone");
const riskiest = here.sort((a, b) => b.churn.probability - a.churn.probability).slice(0, 10);
const head = ["customer", "health", "churn", "top reasons", "decision", ...hosts.map((host) => `${host}, 64 bits`), "same"];
print([head, ...riskiest.map(row)]);

// Everyone counts, not the ten alone; so do the decisions.
const everyone = Object.keys(found.python.bits);
const same =
  hosts.every((host) => Object.keys(found[host].bits).length === everyone.length) &&
  everyone.every((id) => hosts.every((host) => found[host].bits[id] === found.python.bits[id])) &&
  JSON.stringify(found.wasm.scores) === JSON.stringify(scores) &&
  JSON.stringify(found.wasm.decisions) === JSON.stringify(decisions);
console.log(`\n${everyone.length} customers compared in ${hosts.length} hosts`);
console.log(`identical bits: ${same ? "yes" : "no"}`);
process.exitCode = same ? 0 : 1;
