// An engine in a Web Worker, so that a page stays responsive while it scores.

/** @import { Bundle, Engine } from "../index.js" */

/**
 * The methods of `T`, each answered by a promise; what `T` has is asked for by a method of its name.
 *
 * @template T
 * @typedef {{ readonly [Name in keyof T]: T[Name] extends (...given: infer Given) => infer Answer
 *   ? (...given: Given) => Promise<Answer>
 *   : () => Promise<T[Name]> }} Promised
 */

/**
 * What a worker does of a bundle and its engine; it says the same by itself, in `worker.js`.
 *
 * @typedef {Promised<Omit<Engine, "bundle" | "free" | typeof Symbol.dispose>>
 *   & Promised<Pick<Bundle, "explainRows" | "replay" | "scoreRows">>} Methods
 */

/** An error as the engine throws them. */
const typed = (code, message, more) => Object.assign(new Error(message), { code, ...more });

/**
 * An engine in a Web Worker: the methods of `Engine`, each answered by a promise, with
 * `customers()` for the customers known; and `explainRows`, `replay` and `scoreRows` of its bundle.
 *
 * An error is an `Error` with `code` and `path`, as from the engine itself. Requests are answered
 * in the order they were made.
 */
export class WorkerEngine extends /** @type {new () => Methods} */ (Object) {
  #worker;
  #waiting = new Map();
  #lastId = 0;
  #failure;
  /**
   * The playbook's name and version, and the bundle's hash.
   *
   * @type {{ name: string, version: string, hash: string }}
   */
  bundle;

  /**
   * Of `WorkerEngine.open`: an engine has its methods when the worker has said which they are.
   *
   * @private
   * @param {Worker} worker
   */
  constructor(worker) {
    super();
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#answer(data);
    worker.onerror = (event) => this.#fail(event.message || "the worker could not be started");
  }

  /**
   * Starts a worker and opens a bundle in it, with the state of a snapshot if one is given.
   *
   * @param {Uint8Array} bundle
   * @param {Uint8Array} [snapshot]
   * @param {Worker} [worker] one that runs `stayput-wasm/worker`, for hosts that start workers in a
   *   way of their own
   * @returns {Promise<WorkerEngine>}
   */
  static async open(bundle, snapshot, worker) {
    worker ??= new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    const engine = new WorkerEngine(worker);
    try {
      const opened = await engine.#ask("open", bundle, snapshot);
      engine.bundle = opened.bundle;
      for (const method of opened.methods) {
        Object.defineProperty(engine, method, { value: (...args) => engine.#ask(method, ...args) });
      }
    } catch (error) {
      engine.close();
      throw error;
    }
    return engine;
  }

  /** Ends the worker; what it was still asked is refused. */
  close() {
    this.#worker.terminate();
    this.#fail("the worker was closed");
  }

  async #ask(method, ...args) {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    try {
      this.#worker.postMessage({ id, method, args });
    } catch ({ message }) {
      throw typed("argument", `\`${method}\` cannot be asked of a worker: ${message}`, { path: method });
    }
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #answer({ id, value, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(typed(error.code, error.message, error));
    else resolve(value);
  }

  #fail(message) {
    this.#failure = typed("internal", message);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
