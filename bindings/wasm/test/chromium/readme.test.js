// The README's browser quickstart does what it says, as it is written there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import stayput from "../../../node/index.cjs";
import { open } from "./browser.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const { page, errors, close } = await open("bindings/wasm/test/chromium/page.html");
after(close);

/** A bundle of the acme playbook, trained on a small company. */
async function bundle() {
  const { Bundle, Playbook, simulate, train } = stayput;
  const playbook = Playbook.load(`${root}examples/acme/playbook.toml`);
  const { events, customers } = await simulate({ customers: 300, days: 200, seed: 7, start: "2026-01-01" });
  const asOf = ["2026-04-01", "2026-05-01", "2026-06-01"];
  const past = await playbook.trainingSet(events, customers, { asOf });
  return new Bundle(playbook, await train(past, { algorithm: "logistic" })).toBytes();
}

test("the quickstart scores a customer", async () => {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const [, block] = readme.match(/```js\n(import .* from 'stayput-wasm'\n[^]*?)```/);
  const map = { imports: { "stayput-wasm": "/bindings/wasm/dist/web/stayput_wasm.js" } };
  const body = `<script type="importmap">${JSON.stringify(map)}</script><script type="module">${block}</script>`;
  const bytes = await bundle();
  await page.route("**/acme.stayput", (route) => route.fulfill({ body: bytes }));
  await page.route("**/quickstart.html", (route) => route.fulfill({ body, contentType: "text/html" }));
  const printed = page.waitForEvent("console", { predicate: (message) => message.type() === "log" });
  await page.goto(new URL("/quickstart.html", page.url()).href);
  assert.match((await printed).text(), /^ada 0\.\d+ (critical|at_risk|healthy)$/);
  assert.deepEqual(errors, []);
});
