// The table of customers: sorted, filtered, paged, each row with its details.
import { hueOf } from "./bands.js";
import { $, h } from "./dom.js";
import { count, percent, point, value, words } from "./format.js";

const PAGE = 25;
const texts = new Intl.Collator("en", { numeric: true });

/** What a column shows and sorts by; a missing value comes last either way. */
const columns = [
  { key: "customer", title: "Customer", by: (score) => score.customer_id },
  { key: "churn", title: "Churn risk", by: (score) => score.churn?.probability, falling: true },
  { key: "health", title: "Health", by: (score) => score.health?.score },
  { key: "stage", title: "Stage", by: (score) => score.lifecycle?.stage },
  { key: "why", title: "Why" },
];

const view = { scores: [], bands: new Map(), sort: "churn", falling: true, band: null, search: "", page: 0 };

/** Shows these scores; riskiest first, or least healthy where there is no model. */
export function show(scores, bands) {
  const sort = scores.some(({ churn }) => churn) ? "churn" : "health";
  Object.assign(view, { scores, bands, sort, falling: sort === "churn", band: null, page: 0 });
  render();
}

export function filter(change) {
  Object.assign(view, change, { page: 0 });
  render();
}

function compare(a, b) {
  if (a == null || b == null) return (a == null) - (b == null);
  const order = typeof a === "string" ? texts.compare(a, b) : a - b;
  return view.falling ? -order : order;
}

function rows() {
  const { by } = columns.find(({ key }) => key === view.sort);
  const text = view.search.trim().toLowerCase();
  return view.scores
    .filter(({ health }) => !view.band || health?.band === view.band)
    .filter(({ customer_id: id }) => id.toLowerCase().includes(text))
    .sort((a, b) => compare(by(a), by(b)));
}

function sortBy(key) {
  const { falling = false } = columns.find((column) => column.key === key);
  filter({ sort: key, falling: view.sort === key ? !view.falling : falling });
  $(`sort-${key}`).focus();
}

function header() {
  const cells = columns.map(({ key, title, by }) => {
    if (!by) return h("th", { scope: "col", class: key }, title);
    const sorted = view.sort === key;
    const direction = view.falling ? "descending" : "ascending";
    return h(
      "th",
      { scope: "col", class: key, "aria-sort": sorted && direction },
      h("button", { type: "button", id: `sort-${key}`, click: () => sortBy(key) }, title,
        h("span", { class: "arrow", "aria-hidden": "true" }, sorted ? (view.falling ? "↓" : "↑") : "")),
    );
  });
  return h("tr", {}, cells);
}

/** A bar from 0 to 1 beside its number; `<data>` keeps the number itself. */
function bar(share, text, exact, hue) {
  return h("span", { class: "bar", style: { "--share": share, "--hue": hue } },
    h("data", { value: String(exact) }, text), h("i", { "aria-hidden": "true" }));
}

function churnCell({ churn }) {
  if (!churn) return h("td", { class: "churn quiet" }, "–");
  const { probability } = churn;
  return h("td", { class: "churn" }, bar(probability, percent(probability), probability, 50 * (1 - probability)));
}

function healthCell({ health }) {
  if (!health) return h("td", { class: "health quiet" }, "–");
  const hue = view.bands.get(health.band).hue;
  return h("td", { class: "health" },
    h("data", { value: String(health.score) }, point(health.score)),
    h("span", { class: "band", style: { "--hue": hue } }, words(health.band)));
}

function reasonsCell({ churn }) {
  const reasons = (churn?.reasons ?? []).slice(0, 3).map(({ feature, value: found, text }) =>
    h("li", { title: text }, `${words(feature)} `, h("b", {}, value(found))));
  return h("td", { class: "why" }, h("ul", {}, reasons));
}

function row(score, at) {
  const id = `details-${at}`;
  const toggle = ({ currentTarget: button }) => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    const after = button.closest("tr").nextElementSibling;
    if (open) button.closest("tr").after(details(score, id));
    else after.remove();
  };
  const button = h("button", { type: "button", class: "customer", "aria-expanded": "false", "aria-controls": id, click: toggle }, score.customer_id);
  const segments = (score.segments ?? []).map((name) => h("small", { class: "segment" }, words(name)));
  return h("tr", {},
    h("th", { scope: "row" }, button),
    churnCell(score),
    healthCell(score),
    h("td", { class: "stage" }, score.lifecycle ? words(score.lifecycle.stage) : "–", segments),
    reasonsCell(score));
}

function factorRow({ name, score, weight, contribution }) {
  return h("tr", {},
    h("th", { scope: "row" }, words(name)),
    h("td", {}, score == null ? h("span", { class: "quiet" }, "not observed") : bar(score / 100, point(score), score, hueOf(score / 100))),
    h("td", { class: "number" }, weight == null ? "–" : percent(weight)),
    h("td", { class: "number" }, contribution == null ? "–" : point(contribution)));
}

/** What raises the churn risk, as sentences. */
function whySection({ churn }) {
  if (!churn?.reasons) return null;
  const reasons = churn.reasons.map(({ text }) => h("li", {}, text));
  return h("section", { class: "wide" },
    h("h3", {}, "What raises the risk"),
    reasons.length ? h("ol", {}, reasons) : h("p", { class: "quiet" }, "Nothing does."));
}

function details(score, id) {
  const { health, features } = score;
  const factors = health && h("section", {},
    h("h3", {}, "Health factors"),
    h("table", {},
      h("thead", {}, h("tr", {}, ["Factor", "Score", "Weight", "Points"].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, health.factors.map(factorRow))),
    health.coverage < 1 ? h("p", { class: "quiet" }, `${percent(health.coverage)} of the weight was observed.`) : null,
    health.capped_by ? h("p", { class: "quiet" }, `Capped by ${words(health.capped_by)}.`) : null);
  const values = h("section", {},
    h("h3", {}, "Features"),
    h("dl", { class: "features" }, Object.entries(features ?? {}).map(([name, found]) =>
      h("div", {}, h("dt", {}, words(name)), h("dd", { class: found == null && "quiet" }, value(found))))));
  return h("tr", { class: "details", id }, h("td", { colspan: columns.length }, h("div", {}, whySection(score), factors, values)));
}

function pager(total) {
  const pages = Math.ceil(total / PAGE);
  const go = (by) => () => {
    view.page += by;
    render();
    $("results").scrollIntoView();
  };
  const first = view.page * PAGE;
  const range = `${count(first + 1)}–${count(Math.min(first + PAGE, total))} of ${count(total)}`;
  $("pages").hidden = pages < 2;
  $("pages").replaceChildren(
    h("button", { type: "button", disabled: view.page === 0, click: go(-1) }, "← Previous"),
    h("span", {}, range),
    h("button", { type: "button", disabled: view.page >= pages - 1, click: go(1) }, "Next →"));
}

function bandButtons() {
  const button = (name, text, total, hue) =>
    h("button", { type: "button", "aria-pressed": String(view.band === name), class: name && "band", style: { "--hue": hue ?? 0 }, click: () => filter({ band: name }) },
      text, h("small", {}, count(total)));
  const all = button(null, "all", view.scores.length);
  const each = [...view.bands].map(([name, band]) => button(name, words(name), band.count, band.hue));
  const focused = $("bands").contains(document.activeElement);
  $("bands").replaceChildren(all, ...each);
  if (focused) $("bands").querySelector("[aria-pressed=true]").focus();
}

function render() {
  const found = rows();
  const table = document.querySelector("#results table");
  table.tHead.replaceChildren(header());
  table.tBodies[0].replaceChildren(...found.slice(view.page * PAGE, (view.page + 1) * PAGE).map(row));
  $("nobody").hidden = found.length > 0;
  bandButtons();
  pager(found.length);
}
