// An engine in a Web Worker gives what an engine on the page gives.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { open } from "./browser.js";

const { page, errors, close } = await open("bindings/wasm/test/chromium/page.html");
after(close);

const playbook = `[playbook]
name = "shop"
version = "1"
[events.login]
[features]
logins = 'count(login, "30d")'
[lifecycle]
active = 'logins > 0.0'
`;
/** What of a bundle a worker does besides. */
const OF_BUNDLE = ["explainRows", "replay", "scoreRows"];
const events = [
  { customer_id: "ada", timestamp: "2026-03-01", type: "login" },
  { customer_id: "bob", timestamp: "2026-03-01", type: "logout" },
];

test("it scores as the engine on the page does", async () => {
  const [inWorker, onPage, bundle, report] = await page.evaluate(
    async ([playbook, events]) => {
      const { stayput, WorkerEngine } = await window.page;
      const bundle = new stayput.Bundle(new stayput.Playbook(playbook));
      const here = new stayput.Engine(bundle);
      const there = await WorkerEngine.open(bundle.toBytes());
      here.ingest(events);
      const report = await there.ingest(events);
      const at = { asOf: "2026-03-02" };
      const answers = [await there.scoreAll(at), here.scoreAll(at), there.bundle, report];
      there.close();
      return answers;
    },
    [playbook, events],
  );
  assert.equal(onPage.length, 1);
  assert.deepEqual(inWorker, onPage);
  assert.equal(bundle.name, "shop");
  assert.deepEqual(report.events.rejected.map(({ index, code }) => [index, code]), [[1, "event_type"]]);
});

test("an error keeps its code and path, and a closed worker refuses", async () => {
  const [wrong, closed] = await page.evaluate(async (playbook) => {
    const { stayput, WorkerEngine } = await window.page;
    const plain = ({ name, code, path }) => ({ name, code, path });
    const wrong = await WorkerEngine.open(new Uint8Array([1, 2, 3])).catch(plain);
    const bytes = new stayput.Bundle(new stayput.Playbook(playbook)).toBytes();
    const engine = await WorkerEngine.open(bytes);
    engine.close();
    return [wrong, await engine.snapshot().catch(({ message }) => message)];
  }, playbook);
  assert.equal(wrong.code, "bundle_format");
  assert.equal(closed, "the worker was closed");
});

test("a snapshot goes on in another worker", async () => {
  const same = await page.evaluate(
    async ([playbook, events]) => {
      const { stayput, WorkerEngine } = await window.page;
      const bytes = new stayput.Bundle(new stayput.Playbook(playbook)).toBytes();
      const first = await WorkerEngine.open(bytes);
      await first.ingest(events);
      const second = await WorkerEngine.open(bytes, await first.snapshot());
      const at = { asOf: "2026-03-02" };
      const [a, b] = [await first.scoreAll(at), await second.scoreAll(at)];
      return a.length === 1 && JSON.stringify(a) === JSON.stringify(b);
    },
    [playbook, events],
  );
  assert.ok(same);
});

test("whatever an engine does, it does in a worker", async () => {
  const [there, here] = await page.evaluate(async (playbook) => {
    const { stayput, WorkerEngine } = await window.page;
    const engine = await WorkerEngine.open(new stayput.Bundle(new stayput.Playbook(playbook)).toBytes());
    const there = Object.getOwnPropertyNames(engine).filter((name) => typeof engine[name] === "function");
    engine.close();
    return [there, Object.getOwnPropertyNames(stayput.Engine.prototype)];
  }, playbook);
  const expected = here.filter((name) => !/^(__.*|bundle|constructor|free)$/.test(name));
  assert.ok(expected.length > 25, `${expected.length} methods`);
  assert.deepEqual(there.sort(), [...expected, ...OF_BUNDLE].sort());
});

test("what it answers is what the engine on the page answers", async () => {
  const differences = await page.evaluate(
    async ([playbook, events]) => {
      const { stayput, WorkerEngine } = await window.page;
      const bundle = new stayput.Bundle(new stayput.Playbook(playbook));
      const here = new stayput.Engine(bundle);
      const there = await WorkerEngine.open(bundle.toBytes());
      const at = { asOf: "2026-03-02" };
      const other = new stayput.Engine(bundle);
      other.ingest([{ ...events[0], customer_id: "cleo" }]);
      const asked = [
        ["ingest", events, [{ customer_id: "ada" }]],
        ["customers"],
        ["features", "ada", at],
        ["whatIf", "ada", { ...at, changes: { logins: 0 } }],
        ["segmentCounts", { asOf: ["2026-03-01", new Date("2026-03-02")] }],
        ["decideOne", "ada", at],
        ["outcomes"],
        ["lift", at],
        ["record", []],
        ["exportCustomer", "ada"],
        ["importCustomers", other.snapshot()],
        ["customers"],
        ["deleteCustomer", "cleo"],
        ["deleteCustomer", "cleo"],
        ["replay", events, null, { asOf: ["2026-03-01", "2026-03-02"], tick: true }],
        ["forget", at],
        // Each of these fails.
        ["reasons", "ada", at],
        ["healthHistory", "nobody", at],
        ["scoreRows", [{ logins: 1 }]],
        ["replay", events, null, {}],
        ["explainRows", [{ logins: 1 }]],
        ["score", "ada", { asof: "2026-03-02" }],
      ];
      const plain = ({ code, path, message }) => ({ code, path, message });
      const differences = [];
      for (const [name, ...args] of asked) {
        let expected;
        try {
          const of = name in here ? here : bundle;
          expected = name === "customers" ? here.customers : of[name](...args);
        } catch (error) {
          expected = plain(error);
        }
        const found = await there[name](...args).catch(plain);
        const texts = [found, expected].map((answer) => JSON.stringify(answer));
        if (texts[0] !== texts[1]) differences.push([name, ...texts]);
      }
      there.close();
      return differences;
    },
    [playbook, events],
  );
  assert.deepEqual(differences, []);
});

test("what cannot be asked is refused, and the worker goes on", async () => {
  const [missing, uncloneable, after] = await page.evaluate(
    async ([playbook, events]) => {
      const { stayput, WorkerEngine } = await window.page;
      const plain = ({ name, code, path, message }) => ({ name, code, path, message });
      const bytes = new stayput.Bundle(new stayput.Playbook(playbook)).toBytes();
      const worker = new Worker("/bindings/wasm/js/worker.js", { type: "module" });
      const engine = await WorkerEngine.open(bytes, undefined, worker);
      await engine.ingest(events);
      const uncloneable = await engine.score("ada", { asOf: () => 0 }).catch(plain);
      const after = await engine.customers();
      const answered = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
      worker.postMessage({ id: "mine", method: "scoreal", args: [] });
      const missing = await answered;
      engine.close();
      return [missing, uncloneable, after];
    },
    [playbook, events],
  );
  assert.equal(missing.id, "mine");
  assert.deepEqual([missing.error.code, missing.error.path], ["argument", "method"]);
  assert.match(missing.error.message, /^`scoreal` is nothing that a worker does; it does .*score, /);
  assert.deepEqual([uncloneable.code, uncloneable.path], ["argument", "score"]);
  assert.deepEqual(after, ["ada"]);
});

test("nothing went wrong on the page", () => assert.deepEqual(errors, []));
