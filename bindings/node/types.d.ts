/** An instant: a `Date`, ISO 8601 text, or milliseconds since 1970. */
export type Instant = Date | string | number

/** Rows: an array of objects, or the bytes of NDJSON (one JSON object a line, in UTF-8). */
export type Rows = ReadonlyArray<object> | Uint8Array

/** Options of a question about one instant. */
export interface At {
  asOf: Instant
}

/**
 * Options of a table of features. Events have `customer_id`, `timestamp`, `type`, perhaps
 * `event_id`, and properties. One with an `event_id` is corrected by a row with the same one and a
 * greater `revision` (0 where there is none), and deleted by a row whose `deleted` is true.
 */
export interface TableOptions {
  /** One row a customer for each of these. */
  asOf: Instant | ReadonlyArray<Instant>
  /** Renames columns of the events: what one is called, and what it is. */
  columns?: Record<string, string>
  /** Threads to work with: all cores by default. They change no answer. */
  nJobs?: number
}

/** Options of `Simulation.outcomes`. */
export interface OutcomeOptions {
  asOf: Instant | ReadonlyArray<Instant>
  /** A length of time, for instance `30d`. */
  horizon: string
}
