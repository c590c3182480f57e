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

test("nothing went wrong on the page", () => assert.deepEqual(errors, []));
