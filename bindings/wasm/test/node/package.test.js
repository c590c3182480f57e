// The package: its declarations, its size, and that no bad argument gets past it untyped.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { Bundle, Engine, Playbook, version } from "stayput-wasm";

const folder = new URL("../../", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder));

/** What a page may weigh, in bytes after gzip; docs/performance.md says what it is made of. */
const BUDGET = 555_000;

const SHOP = `[playbook]
name = "shop"
[customer]
plan = { type = "category", values = ["free", "pro"] }
signed_up = { type = "timestamp" }
[events.purchase]
amount = { type = "number" }
gift = { type = "bool" }
[features]
spend = 'sum(purchase.amount, "30d")'
gifts = 'count(purchase, "30d", purchase.gift)'
plan = 'customer.plan'
tenure = 'days_since(customer.signed_up)'
`;
const playbook = new Playbook(SHOP);
const asOf = "2026-03-10";

/** The error of this code that `call` throws. */
function throws(code, call) {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`nothing was thrown; expected ${code}`);
}

test("the declarations are those of the build", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("scripts/types.js", folder))]);
});

test("the declarations are what TypeScript needs", () => {
  const path = (name) => fileURLToPath(new URL(name, folder));
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "esnext,dom"];
  execFileSync(path("node_modules/.bin/tsc"), [path("test/types.ts"), ...options], { stdio: "inherit" });
});

test("it has the version of its package", () => {
  assert.equal(version(), JSON.parse(read("package.json")).version);
});

test("its gzip size is within its budget", () => {
  const names = ["dist/web/stayput_wasm_bg.wasm", "dist/web/stayput_wasm.js"];
  const size = names.reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, 0);
  const kilobytes = (size / 1000).toFixed(1);
  console.log(`gzip size of the wasm package: ${kilobytes} kB; the budget is ${BUDGET / 1000} kB`);
  assert.ok(size < BUDGET, `${size} bytes`);
});

test("columns of every kind give what rows give", () => {
  const events = [
    { customer_id: "a", timestamp: "2026-03-01T00:00:00Z", type: "purchase", amount: 2.5, gift: true },
    { customer_id: "b", timestamp: "2026-03-02T00:00:00Z", type: "purchase", amount: null, gift: null },
    { customer_id: "a", timestamp: "2026-03-03T00:00:00Z", type: "purchase", amount: 4, gift: false },
  ];
  const customers = [
    { customer_id: "a", plan: "pro", signed_up: "2026-01-01T00:00:00Z" },
    { customer_id: "b", plan: null, signed_up: null },
  ];
  const expected = playbook.features(events, customers, { asOf });
  assert.deepEqual(expected.rows[0].spend, 6.5);
  const columns = {
    customer_id: { codes: new Uint32Array([1, 0, 1]), values: ["b", "a"] },
    timestamp: events.map(({ timestamp }) => new Date(timestamp)),
    type: ["purchase", "purchase", "purchase"],
    amount: new Float64Array([2.5, NaN, 4]),
    gift: [true, undefined, false],
  };
  const about = {
    customer_id: ["a", "b"],
    plan: { codes: new Uint32Array([0, 0xffffffff]), values: ["pro"] },
    signed_up: [new Date("2026-01-01"), null],
  };
  assert.deepEqual(playbook.features(columns, about, { asOf }), expected);
  assert.deepEqual(playbook.features({ ...columns, amount: new Float32Array([2.5, NaN, 4]) }, about, { asOf: new Date(asOf) }), expected);
  assert.deepEqual(playbook.features(events, about, { asOf: [Date.parse(asOf)] }), expected);
  const { customer_id: who, ...rest } = columns;
  assert.deepEqual(playbook.features({ ...rest, who }, about, { asOf, columns: { who: "customer_id" } }), expected);
});

test("a playbook says what its features are", () => {
  const [spend, gifts] = playbook.definitions();
  assert.deepEqual([spend.name, spend.type, gifts.unit], ["spend", "number", "events"]);
  const lineage = playbook.lineage("gifts");
  assert.deepEqual(lineage.events, [{ event: "purchase", properties: ["gift"] }]);
  assert.equal(lineage.version, gifts.version);
  assert.match(playbook.explain("gifts"), /^gifts: a number, version [0-9a-f]{16}\n/);
  for (const ask of ["lineage", "explain"]) {
    assert.match(throws("argument", () => playbook[ask]("gift")).message, /did you mean `gifts`\?/);
    assert.equal(throws("argument", () => playbook[ask](3)).path, "feature");
  }
});

test("a playbook is looked over, and a bundle replayed", () => {
  const unused = playbook.lint().find(({ path }) => path === "features.tenure");
  assert.deepEqual([unused.code, unused.level, unused.line], ["unused_feature", "note", 13]);
  const bought = [{ customer_id: "a", timestamp: "2026-03-01", type: "purchase", amount: 1 }];
  const bundle = new Bundle(playbook);
  const replay = bundle.replay(bought, null, { asOf: { from: "2026-03-02", to: "2026-03-04", every: "day" } });
  assert.deepEqual([replay.looks, replay.customers, replay.decisions], [3, 1, []]);
  assert.equal(throws("argument", () => bundle.replay(bought, null, {})).path, "as_of");
  assert.equal(throws("argument", () => bundle.replay(5, null, { asOf })).path, "events");
});

test("events are corrected and deleted by their id", () => {
  const bought = (event_id, amount, revision, deleted) => (
    { customer_id: "a", timestamp: "2026-03-01T00:00:00Z", type: "purchase", event_id, amount, revision, deleted }
  );
  const first = [bought("1", 1), bought("2", 2), bought("3", 4), bought("4", 8, 3)];
  const second = [bought("1", 16, 1), bought("2", null, null, true), bought("3", 4), bought("4", 8, 2)];
  const columns = (rows) => Object.fromEntries(
    Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]),
  );
  const counts = ({ accepted, duplicates, superseded }) => [accepted, duplicates, superseded];
  for (const give of [(rows) => rows, columns]) {
    const { rows, report } = playbook.features(give([...first, ...second]), null, { asOf });
    assert.deepEqual(counts(report.events), [6, 1, 1]);
    assert.equal(rows[0].spend, 28);
    const engine = new Engine(new Bundle(playbook));
    engine.ingest(give(first));
    assert.equal(engine.score("a", { asOf }).features.spend, 15);
    assert.deepEqual(counts(engine.ingest(give(second)).events), [2, 1, 1]);
    assert.equal(engine.score("a", { asOf }).features.spend, 28);
  }
});

test("a wrong argument is an error with a code and a path", () => {
  assert.equal(throws("argument", () => new Playbook(5)).path, "text");
  assert.equal(throws("argument", () => Bundle.fromBytes("acme")).path, "bytes");
  assert.equal(throws("argument", () => playbook.features(5, null, { asOf })).path, "events");
  assert.equal(throws("argument", () => playbook.features([], "b", { asOf })).path, "customers");
  throws("argument", () => playbook.features([], null, asOf));
  throws("argument", () => playbook.features([], null, {}));
  throws("argument", () => playbook.features([], null, { asOf: new Date("soon") }));
  throws("argument", () => playbook.features([], null, { asOf, colums: {} }));
  assert.equal(throws("table_column", () => playbook.features({ customer_id: 5 }, null, { asOf })).path, "customer_id");
  throws("table_column", () => playbook.features({ customer_id: ["a"], type: [] }, null, { asOf }));
  const circle = [{}];
  circle[0].self = circle;
  throws("argument", () => playbook.features(circle, null, { asOf }));
  const error = throws("playbook_key", () => new Playbook('[playbook]\nname = "a"\n[feature]\n'));
  assert.deepEqual([error.line, error.column], [3, 2]);
});

test("an engine goes on after an error", () => {
  const engine = new Engine(new Bundle(playbook));
  throws("unknown_customer", () => engine.score("a", { asOf }));
  throws("table_column", () => engine.ingest({ customer_id: ["a"] }));
  const report = engine.ingest([{ customer_id: "a", timestamp: asOf, type: "purchase", amount: 1 }, 7]);
  assert.deepEqual([report.events.accepted, report.events.rejected[0].index], [1, 1]);
  assert.equal(engine.score("a", { asOf }).features.spend, 1);
  assert.deepEqual(engine.customers, ["a"]);
});
