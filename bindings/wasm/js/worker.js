// The script of a Web Worker that holds one engine; `client.js` is its other end.
//
// A request is `{ id, method, args }`; its answer is `{ id, value }` or `{ id, error }`. Requests
// are answered in the order they came.
import init, { Bundle, Engine } from "../dist/web/stayput_wasm.js";

const ready = init();
let bundle;
let engine;

/** What a page may ask for. */
const methods = {
  open(bytes, snapshot) {
    const opened = Bundle.fromBytes(bytes);
    engine = snapshot ? Engine.restore(opened, snapshot) : new Engine(opened);
    bundle = opened;
    const { name, version } = bundle.playbook;
    return { name, version, hash: bundle.hash };
  },
  ingest: (events, customers) => engine.ingest(events, customers),
  score: (customerId, options) => engine.score(customerId, options),
  scoreAll: (options) => engine.scoreAll(options),
  decide: (options) => engine.decide(options),
  tick: (options) => engine.tick(options),
  nextDue: (options) => engine.nextDue(options),
  record: (outcomes) => engine.record(outcomes),
  snapshot: () => engine.snapshot(),
  scoreRows: (rows) => bundle.scoreRows(rows),
};

/** An error as a message: a structured clone keeps neither `code` nor `path`. */
function plain({ message, code = "internal", path, line, column }) {
  return { message, code, path, line, column };
}

onmessage = async ({ data: { id, method, args } }) => {
  try {
    await ready;
    postMessage({ id, value: methods[method](...args) });
  } catch (error) {
    postMessage({ id, error: plain(error) });
  }
};
