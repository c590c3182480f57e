// The dashboard in a real Chromium: what it shows is what the native engine says, to the bit.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import Papa from "papaparse";

import { launch } from "../../../bindings/wasm/test/chromium/browser.js";
import stayput from "../../../bindings/node/index.cjs";
import { serve } from "../serve.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "stayput-dashboard-"));
const file = (name) => join(folder, name);
const lines = (ndjson) => ndjson.toString().trimEnd().split("\n").map((line) => JSON.parse(line));

let scores;
let address;
let context;
let page;
const closers = [() => rmSync(folder, { recursive: true })];
const errors = [];

/** A small company and its bundle, as files; and what the native engine says of it. */
async function company() {
  const { Bundle, Engine, Playbook, simulate, train } = stayput;
  const playbook = Playbook.load(join(root, "examples/acme/playbook.toml"));
  const { events, customers } = await simulate({ customers: 300, days: 300, seed: 7, start: "2026-01-01" });
  const months = ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01"];
  const past = await playbook.trainingSet(events, customers, { asOf: months });
  const bundle = new Bundle(playbook, await train(past, { algorithm: "gbm" }));
  bundle.save(file("acme.stayput"));
  const [eventRows, customerRows] = [lines(events), lines(customers)];
  const columns = (rows) => [...new Set(rows.flatMap(Object.keys))];
  const csv = (rows) => Papa.unparse(rows, { columns: columns(rows) });
  writeFileSync(file("events.csv"), csv(eventRows));
  writeFileSync(file("customers.csv"), csv(customerRows));
  const engine = new Engine(bundle);
  await engine.ingest(events, customers);
  const asOf = eventRows.map(({ timestamp }) => timestamp).sort().at(-1);
  return engine.scoreAll({ asOf });
}

/** Drops files on the page, as a mouse would. */
async function drop(...names) {
  const files = names.map((name) => [name, readFileSync(file(name)).toString("base64")]);
  await page.evaluate((files) => {
    const transfer = new DataTransfer();
    for (const [name, base64] of files) {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    for (const type of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
  }, files);
}

const rows = () =>
  page.$$eval("#results .table > table > tbody > tr", (rows) =>
    rows.map((row) => ({
      id: row.querySelector("button.customer").textContent,
      churn: Number(row.querySelector("td.churn data").value),
      health: row.querySelector("td.health data") && Number(row.querySelector("td.health data").value),
      band: row.querySelector(".band")?.textContent,
      reasons: row.querySelectorAll("td.why li").length,
    })),
  );

/** A picture of the page below `target/`, for whoever wants to look. */
async function picture(name) {
  const pictures = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "screenshots");
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

async function fresh() {
  await page?.close();
  page = await context.newPage();
  await page.setViewportSize({ width: 1280, height: 900 });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(address);
}

before(async () => {
  scores = await company();
  const { server, address: at } = await serve();
  address = at;
  closers.push(() => server.close());
  const browser = await launch();
  context = browser.context;
  closers.push(browser.close);
  await fresh();
});
after(async () => {
  for (const close of closers.reverse()) await close();
});

test("it opens with what it wants", async () => {
  assert.match(await page.textContent("#start"), /Drop a bundle and your events/);
  assert.ok(await page.isHidden("#results"));
  await picture("1-empty");
});

test("a file it cannot use is an error in words", async () => {
  writeFileSync(file("broken.stayput"), readFileSync(file("acme.stayput")).subarray(0, 400));
  await drop("broken.stayput", "events.csv");
  await page.waitForSelector("#error:not([hidden])");
  assert.match(await page.textContent("#error"), /bundle.*bundle_format/s);
  await picture("2-error");
});

test("a bundle alone asks for events", async () => {
  await fresh();
  await drop("acme.stayput");
  await page.waitForFunction(() => document.getElementById("status").textContent.includes("Now the events"));
});

test("customers by risk, equal to the native engine's bits", async () => {
  await drop("events.csv", "customers.csv");
  await page.waitForSelector("#results:not([hidden])");
  const shown = await rows();
  const expected = scores
    .map(({ customer_id: id, churn, health }) => ({ id, churn: churn.probability, health: health?.score ?? null }))
    .sort((a, b) => b.churn - a.churn)
    .slice(0, shown.length);
  assert.equal(shown.length, 25);
  assert.deepEqual(shown.map(({ churn }) => churn), expected.map(({ churn }) => churn));
  const native = new Map(scores.map((score) => [score.customer_id, score]));
  for (const { id, churn, health, band, reasons } of shown) {
    const score = native.get(id);
    assert.ok(Object.is(churn, score.churn.probability), id);
    assert.equal(health, score.health?.score ?? null, id);
    assert.equal(band, score.health?.band.replaceAll("_", " "), id);
    assert.ok(reasons > 0, id);
  }
  assert.match(await page.textContent("#status"), /300 customers scored/);
  await picture("3-table");
});

test("by keyboard: details, sorting, search", async () => {
  await page.focus("button.customer");
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("tr.details"), /What raises the risk.*of customers who stay.*Health factors.*Features/s);
  await picture("4-details");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("tr.details").count(), 0);

  await page.focus("#sort-health");
  await page.keyboard.press("Enter");
  assert.equal(await page.getAttribute("th.health", "aria-sort"), "ascending");
  const health = (await rows()).map((row) => row.health).filter((score) => score !== null);
  assert.deepEqual(health, [...health].sort((a, b) => a - b));

  const wanted = scores[17].customer_id;
  await page.keyboard.press("/");
  await page.keyboard.type(wanted);
  assert.ok((await rows()).some(({ id }) => id === wanted));
  await page.fill("#search", "nobody of this name");
  assert.ok(await page.isVisible("#nobody"));
  await page.fill("#search", "");
});

test("a band shows its customers only", async () => {
  const button = page.locator("#bands button.band").first();
  const band = scores.filter(({ health }) => health).sort((a, b) => a.health.score - b.health.score)[0].health.band;
  await button.click();
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  for (const row of await rows()) assert.equal(row.band, band.replaceAll("_", " "));
});

test("rows that are refused are shown", async () => {
  writeFileSync(file("bad.csv"), "customer_id,timestamp,type\nada,2026-05-01,login\nada,soon,login\n");
  await drop("bad.csv");
  await page.waitForSelector("#refused:not([hidden])");
  assert.match(await page.textContent("#refused"), /1 row was refused.*bad.csv, row 2.*`soon`/s);
});

test("in the dark and on a phone", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await drop("events.csv");
  await page.waitForFunction(() => document.getElementById("status").textContent.includes("300 customers"));
  await picture("5-dark");
  await page.setViewportSize({ width: 390, height: 800 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
  await picture("6-phone");
});

test("every control has a name", async () => {
  const nameless = await page.$$eval("button, input, summary", (controls) =>
    controls
      .filter((control) => !control.hidden)
      .filter((control) => !(control.textContent.trim() || control.ariaLabel || control.labels?.length))
      .map((control) => control.outerHTML),
  );
  assert.deepEqual(nameless, []);
});

test("nothing went wrong on the page, and nothing left it", () => assert.deepEqual(errors, []));
