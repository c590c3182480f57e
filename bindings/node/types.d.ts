/** An instant: a `Date`, ISO 8601 text, or milliseconds since 1970. */
export type Instant = Date | string | number

/** Rows: an array of objects, or the bytes of NDJSON (one JSON object a line, in UTF-8). */
export type Rows = ReadonlyArray<object> | Uint8Array

/** Options of a question about one instant. */
export interface At {
  asOf: Instant
}

/** Options of a table of features. */
export interface TableOptions {
  /** One row a customer for each of these. */
  asOf: Instant | ReadonlyArray<Instant>
  /** Renames columns of the events: what one is called, and what it is. */
  columns?: Record<string, string>
}

/** Options of what is asked of tables before there is a playbook. */
export interface ColumnOptions {
  /** Renames columns of the events: what one is called, and what it is. */
  columns?: Record<string, string>
}

/** Options of `Simulation.outcomes`. */
export interface OutcomeOptions {
  asOf: Instant | ReadonlyArray<Instant>
  /** A length of time, for instance `30d`. */
  horizon: string
}
