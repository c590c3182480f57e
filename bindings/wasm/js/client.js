// An engine in a Web Worker, so that a page stays responsive while it scores.

/** @import { At, Decisions, RecordedOutcome, RecordReport, Reports, Rows, Score, Timestamp } from "../index.js" */

/**
 * An engine in a Web Worker: the methods of `Engine`, each answered by a promise.
 *
 * An error is an `Error` with `code` and `path`, as from the engine itself. Requests are answered
 * in the order they were made.
 */
export class WorkerEngine {
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

  /** @param {Worker} worker one that runs `stayput-wasm/worker.js` */
  constructor(worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#answer(data);
    worker.onerror = (event) => this.#fail(event.message || "the worker could not be started");
  }

  /**
   * Starts a worker and opens a bundle in it, with the state of a snapshot if one is given.
   *
   * @param {Uint8Array} bundle
   * @param {Uint8Array} [snapshot]
   * @param {Worker} [worker] for hosts that start workers in a way of their own
   * @returns {Promise<WorkerEngine>}
   */
  static async open(bundle, snapshot, worker) {
    worker ??= new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    const engine = new WorkerEngine(worker);
    try {
      engine.bundle = await engine.#ask("open", bundle, snapshot);
    } catch (error) {
      engine.close();
      throw error;
    }
    return engine;
  }

  /**
   * @param {Rows} events
   * @param {Rows | null} [customers]
   * @returns {Promise<Reports>}
   */
  ingest(events, customers) {
    return this.#ask("ingest", events, customers);
  }

  /**
   * @param {string} customerId
   * @param {At} options
   * @returns {Promise<Score>}
   */
  score(customerId, options) {
    return this.#ask("score", customerId, options);
  }

  /**
   * @param {At} options
   * @returns {Promise<Score[]>}
   */
  scoreAll(options) {
    return this.#ask("scoreAll", options);
  }

  /**
   * @param {At} options
   * @returns {Promise<Decisions>}
   */
  decide(options) {
    return this.#ask("decide", options);
  }

  /**
   * @param {At} options
   * @returns {Promise<Decisions>}
   */
  tick(options) {
    return this.#ask("tick", options);
  }

  /**
   * @param {At} options
   * @returns {Promise<Timestamp | null>}
   */
  nextDue(options) {
    return this.#ask("nextDue", options);
  }

  /**
   * @param {RecordedOutcome[]} outcomes
   * @returns {Promise<RecordReport>}
   */
  record(outcomes) {
    return this.#ask("record", outcomes);
  }

  /** @returns {Promise<Uint8Array>} */
  snapshot() {
    return this.#ask("snapshot");
  }

  /**
   * @param {Rows} rows
   * @returns {Promise<Float64Array>}
   */
  scoreRows(rows) {
    return this.#ask("scoreRows", rows);
  }

  /** Ends the worker; what it was still asked is refused. */
  close() {
    this.#worker.terminate();
    this.#fail("the worker was closed");
  }

  #ask(method, ...args) {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  #answer({ id, value, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(Object.assign(new Error(error.message), error));
    else resolve(value);
  }

  #fail(message) {
    this.#failure = Object.assign(new Error(message), { code: "internal" });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
