// The script of a Web Worker that holds one engine; `client.js` is its other end.
//
// A request is `{ id, method, args }`; its answer is `{ id, value }` or `{ id, error }`. The first is
// `open`, which says what may be asked from then on. Requests are answered in the order they came.
import init, { Bundle, Engine } from "../dist/web/stayput_wasm.js";

const ready = init();

/** What a page may ask for. */
const methods = new Map([["open", open]]);

/** What of the engine stays in the worker: its memory, and its bundle, of which `open` tells. */
const kept = /^(constructor|free|bundle|__.*)$/;
const ofEngine = Object.entries(Object.getOwnPropertyDescriptors(Engine.prototype))
  .filter(([name]) => !kept.test(name));
const ofBundle = ["explainRows", "replay", "scoreRows"];

function open(bytes, snapshot) {
  const bundle = Bundle.fromBytes(bytes);
  const engine = snapshot ? Engine.restore(bundle, snapshot) : new Engine(bundle);
  for (const [name, { get }] of ofEngine) {
    methods.set(name, get ? () => engine[name] : (...args) => engine[name](...args));
  }
  for (const name of ofBundle) methods.set(name, (...args) => bundle[name](...args));
  const { name, version } = bundle.playbook;
  return { bundle: { name, version, hash: bundle.hash }, methods: [...methods.keys()].slice(1) };
}

function answer(method, args) {
  const call = methods.get(method);
  if (call) return call(...args);
  const message = `\`${method}\` is nothing that a worker does; it does ${[...methods.keys()].join(", ")}`;
  throw Object.assign(new Error(message), { code: "argument", path: "method" });
}

/** An error as a message: a structured clone keeps neither `code` nor `path`. */
function plain({ message, code = "internal", path, line, column }) {
  return { message, code, path, line, column };
}

onmessage = async ({ data: { id, method, args } }) => {
  try {
    await ready;
    postMessage({ id, value: answer(method, args) });
  } catch (error) {
    postMessage({ id, error: plain(error) });
  }
};
