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

/** Parameters of `simulate`; those left out have defaults. */
export type SimulationOptions = Partial<Omit<SimulationParams, 'start'>> & {
  start: Date | string
}

/** Options of `Simulation.outcomes`. */
export interface OutcomeOptions {
  asOf: Instant | ReadonlyArray<Instant>
  /** A length of time, for instance `30d`. */
  horizon: string
}

/** The truth about one customer at one instant. */
export interface Outcome {
  customer_id: string
  as_of: Timestamp
  /** The probability of leaving within the horizon. */
  probability: number
  /** 1 for who leaves within the horizon, 0 for who does not. */
  label: number
}

/** Parameters of `train`, by the names of scikit-learn and LightGBM; those left out have defaults. */
export interface TrainParams {
  /** Boosted trees by histograms (the default) or by exact splits, or logistic regression. */
  algorithm?: 'gbm' | 'gbdt' | 'logistic'
  n_estimators?: number
  max_depth?: number
  learning_rate?: number
  min_child_weight?: number
  min_child_samples?: number
  subsample?: number
  colsample_bytree?: number
  reg_lambda?: number
  /** The inverse of the penalty of `logistic`. */
  C?: number
  random_state?: number
  /** Threads, or -1 for all cores (the default). It changes no result. */
  n_jobs?: number
  calibrate?: 'platt' | 'none'
}
