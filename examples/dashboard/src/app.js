// The page: takes files, has a Web Worker score them, shows the answer.
import { WorkerEngine } from "../node_modules/stayput-wasm/js/client.js";

import { bandsOf } from "./bands.js";
import { $, h } from "./dom.js";
import { newest, read } from "./files.js";
import { count, percent, words } from "./format.js";
import { filter, show } from "./table.js";

/** What was dropped so far, by kind. */
const dropped = {};
let engine;

async function take(files) {
  if (files.length === 0) return;
  $("error").hidden = true;
  try {
    for (const file of files) {
      status(`Reading ${file.name} …`);
      const { kind, ...content } = await read(file);
      dropped[kind] = { name: file.name, ...content };
      if (kind === "events") $("as-of").value = newest(content.columns.timestamp);
    }
    marks();
    await score();
  } catch (error) {
    fail(error);
  }
}

/** Ticks what is there. */
function marks() {
  for (const item of $("wanted").children) {
    const file = dropped[item.dataset.kind];
    item.classList.toggle("there", Boolean(file));
    if (file) item.querySelector("span").textContent = file.name;
  }
  const missing = ["bundle", "events"].filter((kind) => !dropped[kind]);
  status(missing.length && Object.keys(dropped).length ? `Now the ${missing.join(" and the ")}.` : "");
}

async function score() {
  const { bundle, events, customers } = dropped;
  if (!bundle || !events) return;
  document.body.setAttribute("aria-busy", "true");
  try {
    status("Scoring …");
    engine?.close();
    engine = await WorkerEngine.open(bundle.bytes);
    const report = await engine.ingest(events.columns, customers?.columns);
    const asOf = $("as-of").value;
    const started = performance.now();
    const scores = await engine.scoreAll({ asOf });
    const seconds = (performance.now() - started) / 1000;
    results(scores, report);
    status(`${count(scores.length)} customers scored in ${seconds.toFixed(2)} s as of ${asOf}.`);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function results(scores, report) {
  const { name, version, hash } = engine.bundle;
  $("bundle").textContent = `${name} ${version} · ${hash.slice(0, 8)}`;
  const bands = bandsOf(scores);
  tiles(scores, bands);
  refused(report);
  show(scores, bands);
  $("start").hidden = true;
  $("results").hidden = false;
  document.querySelector(".as-of").hidden = false;
}

function tiles(scores, bands) {
  const risks = scores.flatMap(({ churn }) => churn?.probability ?? []);
  const expected = risks.reduce((sum, risk) => sum + risk, 0);
  const [worst] = bands;
  const facts = [["Customers", count(scores.length)]];
  if (risks.length) {
    facts.push(["Mean churn risk", percent(expected / risks.length)]);
    facts.push(["Expected to leave", count(expected)]);
  }
  if (worst) facts.push([`In ${words(worst[0])} health`, count(worst[1].count)]);
  $("tiles").replaceChildren(...facts.map(([term, fact]) => h("div", {}, h("dt", {}, term), h("dd", {}, fact))));
}

/** Rows that could not be read are shown, not dropped in silence. */
function refused(report) {
  const rows = ["customers", "events"].flatMap((kind) =>
    report[kind].rejected.map((row) => ({ of: dropped[kind].name, ...row })));
  const items = rows.slice(0, 100).map(({ of, index, message }) => h("li", {}, `${of}, row ${index + 1}: ${message}`));
  const title = rows.length === 1 ? "1 row was refused" : `${count(rows.length)} rows were refused`;
  $("refused").hidden = rows.length === 0;
  $("refused").replaceChildren(h("summary", {}, title), h("ul", {}, items));
}

function status(text) {
  $("status").textContent = text;
}

function fail(error) {
  status("");
  $("error").replaceChildren(
    h("b", {}, "That did not work. "),
    error.message,
    error.code ? h("code", {}, error.code) : null);
  $("error").hidden = false;
}

$("files").addEventListener("change", ({ target }) => take([...target.files]).then(() => (target.value = "")));
$("open").addEventListener("click", () => $("files").click());
$("choose").addEventListener("click", () => $("files").click());
$("as-of").addEventListener("change", () => {
  $("error").hidden = true;
  score().catch(fail);
});
$("search").addEventListener("input", ({ target }) => filter({ search: target.value }));

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input") || $("results").hidden) return;
  event.preventDefault();
  $("search").focus();
});

let depth = 0;
addEventListener("dragenter", () => ($("drop").hidden = ++depth === 0));
addEventListener("dragleave", () => ($("drop").hidden = --depth === 0));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").hidden = true;
  depth = 0;
  take([...event.dataTransfer.files]);
});
