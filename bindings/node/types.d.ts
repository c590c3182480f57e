/** An instant: a `Date`, ISO 8601 text, or milliseconds since 1970. */
export type Instant = Date | string | number

/** Rows: an array of objects, or the bytes of NDJSON (one JSON object a line, in UTF-8). */
export type Rows = ReadonlyArray<object> | Uint8Array

/** Options of a question about one instant. */
export interface At {
  asOf: Instant
}

/** The instant that is decided at, and how many threads work at it. */
export interface DecideOptions {
  asOf: Instant
  nJobs?: number
}

/**
 * Up to when lift is told, of whom (customers to whom a campaign came since then; all by default), the level of
 * its intervals (0.95), and the difference of shares that is worth having (0.02), settled before one looks.
 */
export interface LiftAt {
  asOf: Instant
  since?: Instant
  level?: number
  effect?: number
}

/** How many threads work at rows. */
export interface RowsOptions {
  nJobs?: number
}

/** The instant of a score, and whether the reasons of its churn probability are told (true). */
export interface ScoreAt {
  asOf: Instant
  reasons?: boolean
}

/** What is asked of reasons: at most `top`, and only of features marked as actionable. */
export interface ReasonsAt {
  asOf: Instant
  top?: number
  actionable?: boolean
}

/** What became of a send; `channel` says by which, where the send may no longer be known. */
export interface RecordedOutcome {
  decision_id: string
  customer_id: string
  kind: OutcomeKind
  at: Instant
  value?: number
  channel?: string
}

/** Other values of features by their names, of attributes as `customer.plan`; null is missing. */
export interface WhatIfOptions {
  asOf: Instant
  changes: Record<string, Value>
}

/**
 * The churn probability to come down to; the features that may change, by default those that the
 * playbook marks as actionable; and how many of them.
 */
export interface RecourseOptions {
  asOf: Instant
  threshold: number
  features?: ReadonlyArray<string>
  maxChanges?: number
}

/**
 * What contributions add up to: `log_odds` of the stated probability (the default), the `margin`
 * before any calibration, or the `probability`; and whether those of pairs are asked for.
 */
export interface ExplainOptions {
  output?: 'log_odds' | 'margin' | 'probability'
  interactions?: boolean
  nJobs?: number
}

/**
 * The kind of importance: `permutation` (the default) shuffles a feature `repeats` times, 5 by
 * default; `contribution` is the mean size of its SHAP values in log-odds; `gain` and `cover` are
 * shares of what the trees were made by.
 */
export interface ImportanceOptions {
  kind?: 'permutation' | 'contribution' | 'gain' | 'cover'
  repeats?: number
  seed?: number
  nJobs?: number
}

/** The feature, and at how many of its values at most; 50 by default. */
export interface DependenceOptions {
  feature: string
  kind?: 'partial' | 'accumulated'
  points?: number
}

/** The instants `from`, `from + every`, … up to `to`. */
export interface Grid {
  from: Instant
  /** The end; one of the instants where it falls on the grid. */
  to: Instant
  /** `day`, `week`, `month` (the same day of each, in UTC), or a length of time such as `7d`. */
  every: string
}

/** Instants: one, several, or those of a grid. */
export type Instants = Instant | ReadonlyArray<Instant> | Grid

/** Options of `Engine.healthHistory`. */
export interface HealthHistoryOptions {
  asOf: Instants
}

/** Options of `Engine.healthChange`: the change from `since` to `asOf`. */
export interface HealthChangeOptions {
  asOf: Instant
  since: Instant
}

/** Options of `Engine.overrideHealth`: `score` (0 to 100), `band`, or both. */
export interface HealthOverrideOptions {
  score?: number
  band?: string
  /** Who says so. */
  author: string
  /** Why. */
  reason: string
  /** Since when it holds. */
  from: Instant
  /** When it ends. */
  until: Instant
}

/** Options of `Engine.accountHealth`. */
export interface AccountHealthOptions {
  asOf: Instant
  /** The one account to look at: all by default. */
  account?: string
  /** How many customers of an account are listed: 5 by default. */
  worst?: number
}

/** Options of a question about several instants. */
export interface AtEach {
  asOf: Instants
}

/** Options of a replay. */
export interface ReplayOptions {
  asOf: Instants
  /** Whether the engine also looks in between, when time alone has something to do. */
  tick?: boolean
  /** Columns of the events to rename, from yours to ours. */
  columns?: Record<string, string>
}

/** What is asked of RFM scores. */
export interface RfmAt {
  asOf: Instant
  /** The events and what each is worth: a property such as `purchase.amount`. */
  value: string
  /** How far back events count, for instance `365d`: all of the past by default. */
  window?: string
}

/** A civil period; weeks begin on Monday. */
export type CohortPeriod = 'day' | 'week' | 'month' | 'quarter'

/** Options of `cohorts`. */
export interface CohortOptions {
  /** The period of a cohort: `month` by default. */
  period?: CohortPeriod
  /** The period that ages are counted in: that of the cohort by default. */
  age?: CohortPeriod
  /** Who counts as retained: who is active in exactly the period of an age (`n_day`, the default), in it or later, or in a bracket. */
  definition?: 'n_day' | 'unbounded' | 'bracket'
  /** The ages at which brackets begin and end: `[1, 4, 8]` for ages 1 to 3 and 4 to 7. */
  brackets?: ReadonlyArray<number>
  /** The type of event that a customer starts with: any by default. */
  startEvent?: string
  /** The column of the customers with the instant at which each starts. */
  startAttribute?: string
  /** The column with the instant at which each left; they are active up to then, and no events are read. */
  endAttribute?: string
  /** The types of events that are activity: all by default. */
  activity?: ReadonlyArray<string>
  /** The column of the events with what each brought in. */
  amount?: string
  /** The zone of the periods: `UTC` by default. */
  zone?: string
  /** Up to when events were recorded: the last of all instants by default. */
  until?: Instant
  /** The number of ages, from 0 on. */
  ages?: number
  /** Renames columns of the events: what one is called, and what it is. */
  columns?: Record<string, string>
}

/**
 * Options of a table of features. Events have `customer_id`, `timestamp`, `type`, perhaps
 * `event_id`, and properties. One with an `event_id` is corrected by a row with the same one and a
 * greater `revision` (0 where there is none), and deleted by a row whose `deleted` is true.
 */
export interface TableOptions {
  /** One row a customer for each of these. Without it, the column `as_of` of the customers. */
  asOf?: Instants
  /** Renames columns of the events: what one is called, and what it is. */
  columns?: Record<string, string>
  /** Threads to work with: all cores by default. They change no answer. */
  nJobs?: number
}

/** Options of a training set. */
export interface TrainingSetOptions extends TableOptions {
  /** Length of what the label reads, for instance `60d`, in place of the playbook's. */
  horizon?: string
  /** Time between `asOf` and that, in place of the playbook's. */
  gap?: string
  /** What becomes of rows whose horizon runs past the data: `drop` by default. */
  censored?: 'drop' | 'keep'
}

/** Options of what is asked of tables before there is a playbook. */
export interface ColumnOptions {
  /** Renames columns of the events: what one is called, and what it is. */
  columns?: Record<string, string>
}

/** The type of a feature. */
export type FeatureType = 'number' | 'bool' | 'category' | 'timestamp' | 'text'

/** Options of `crossValidate`. */
export interface FoldOptions {
  /**
   * `row`, the default, is stratified; so is `customer`, with all rows of a customer in one fold.
   * With `time` each stretch of time is judged by a model of those before it.
   */
  by?: 'row' | 'customer' | 'time'
  /** How many folds: 5 by default. */
  folds?: number
  /** What rows or customers are drawn with: 0 by default. */
  seed?: number
  /**
   * For folds by time: how long before the judged rows those to train on end, `0d` by default. It
   * should be the playbook's gap and horizon.
   */
  purge?: string
}

/** Options of a study: what is searched, and how trials are judged. */
export type StudyOptions = Omit<StudyParams, 'params'>

/** Options of `Study.run`. */
export interface RunOptions {
  /** How many points to try: 50 by default. */
  trials?: number
}

/** Options of `tune`. */
export type TuneOptions = StudyOptions & RunOptions

/** Options of a search. */
export interface SearchOptions {
  /** What all draws are seeded with: 0 by default. */
  seed?: number
  /** Whether less is better, which is the default, or more. */
  direction?: 'minimize' | 'maximize'
}

/** Options of `Model.lift`. */
export interface LiftOptions {
  /** How many stretches of rows: 10 by default. */
  bins?: number
}

/** Options of `Model.roc` and `Model.precisionRecall`. */
export interface CurveOptions {
  /** How many points at most, 3 or more: 200 by default. */
  points?: number
}

/** Options of `Model.reliability`. */
export interface ReliabilityOptions {
  /** How many bins: 10 by default. */
  bins?: number
  /** Whether they are of equal width, which is the default, or hold as many rows each. */
  by?: 'width' | 'frequency'
}

/** Options of `Model.profitThreshold`. */
export interface ProfitOptions {
  /** What each churner who is contacted brings. */
  benefit: number
  /** What it costs to contact a customer. */
  cost: number
}

/** Options of `Model.intervals` and `compare`. */
export interface BootstrapOptions {
  /** The probability that an interval is to hold what is measured with: 0.95 by default. */
  level?: number
  /** How many resamples are drawn: 1,000 by default. */
  resamples?: number
  /** What they are drawn with: 0 by default. */
  seed?: number
  /** Threads to work with: all cores by default. They change no answer. */
  nJobs?: number
}

/** Options of `Simulation.outcomes`. */
export interface OutcomeOptions {
  asOf: Instants
  /** A length of time: `30d` by default. */
  horizon?: string
}

/** Options of `Simulation.forecast`. */
export interface ForecastOptions extends OutcomeOptions {
  /** How many futures are drawn for each customer and instant: 100 by default. */
  paths?: number
}

/**
 * What an imported model's features are: the names of all of them, or for some `number`, `bool` or
 * the names of a category in the order of the codes that the model was trained on.
 */
export type ModelFeatures =
  | ReadonlyArray<string>
  | Record<string, 'number' | 'bool' | ReadonlyArray<string>>

/** A column of numbers. */
export type NumberColumn = ReadonlyArray<number> | Float64Array

/** What was seen of an arm: its sums, or a value a customer. */
export type Arm = { n: number; successes: number } | { n: number; mean: number; variance: number } | NumberColumn

/** Options of `experiment`. */
export interface ExperimentOptions {
  /** What is compared: a proportion for counts and a mean for others, where it is not said. */
  metric?: Metric
  /** The arm that the others are compared with: the first where it is not said. */
  control?: string
  /** The probability that an interval is to hold the truth with: 0.95 by default. */
  level?: number
}

/** Options of `sequential`: `effect` or `mixingVariance` has to be settled before the data are seen. */
export interface SequentialOptions extends ExperimentOptions {
  /** The arms at each look, with all that was seen up to then. */
  looks: ReadonlyArray<Record<string, Exclude<Arm, Float64Array>>>
  /** A difference that is thought likely. */
  effect?: number
  /** The variance of the mixing distribution: the square of such a difference. */
  mixingVariance?: number
}

/** Options of `sampleRatio`. */
export interface SampleRatioOptions {
  /** How many customers each arm has. */
  counts: ReadonlyArray<number>
  /** The shares that were meant: equal ones where they are not said. */
  shares?: ReadonlyArray<number>
  /** The p-value below which it is a mismatch: 0.001 by default. */
  threshold?: number
}

/** Options of `powerAnalysis`: two of `effect`, `n` and `power`. */
export interface PowerOptions {
  /** What is compared: `proportion` by default. */
  metric?: Metric
  /** The control's proportion. */
  baseline?: number
  /** The variance of a customer, for a mean. */
  variance?: number
  /** The difference that is to be seen. */
  effect?: number
  /** Customers of the control. */
  n?: number
  /** The probability to find the effect. */
  power?: number
  /** One less the chance of an effect that is not there: 0.95 by default. */
  level?: number
  /** Customers of the treatment for each of the control: 1 by default. */
  ratio?: number
}

/** Decisions that were made: columns, and matrices with an array for each decision. */
export interface LoggedDecisions {
  /** The action chosen, from 0. */
  actions: NumberColumn
  /** The chance that it was chosen with. */
  propensities: NumberColumn
  /** What it brought. */
  rewards: NumberColumn
  /** The chances of the target policy. */
  target: ReadonlyArray<NumberColumn>
  /** The rewards that a model expects. */
  predictions?: ReadonlyArray<NumberColumn> | null
}

/** Options of `offPolicy`. */
export interface OffPolicyOptions {
  /** The greatest weight: greater ones are taken for it. */
  clip?: number
  /** The greatest weight at which Switch-DR takes a reward: the square root of the rows by default. */
  switchThreshold?: number
  /** The probability that an interval is to hold the value with: 0.95 by default. */
  level?: number
  /** How intervals are made: `normal` by default. */
  interval?: 'normal' | 'bootstrap'
  /** How many resamples a bootstrap draws: 1,000 by default. */
  resamples?: number
  /** What they depend on: 0 by default. */
  seed?: number
}

/** What a bandit is made of. */
export interface BanditOptions {
  /** The actions. */
  actions: ReadonlyArray<string>
  /** How one is chosen: `thompson` by default. */
  policy?: 'epsilon_greedy' | 'thompson' | 'linear_thompson' | 'lin_ucb'
  /** The names of the numbers that the linear policies read. */
  context?: ReadonlyArray<string>
  /** What a reward is, for `thompson`: `binary` by default. */
  reward?: 'binary' | 'number'
  /** The chance to choose any action whatever is known. */
  epsilon?: number
  /** Successes and failures, or a mean and how many rewards it is worth. */
  prior?: readonly [number, number]
  /** How wide a linear model is searched: 1 by default. */
  exploration?: number
  /** What is added to the diagonal of a linear model: 1 by default. */
  ridge?: number
  /** How many draws the chances of Thompson sampling are estimated from: 1,000 by default. */
  draws?: number
  /** What a reward counts after a day, of what it counted before: 1 by default. */
  discount?: number
  /** How long an outcome is waited for, such as `14d`. */
  window?: string
  /** The salt of all draws. */
  seed?: string | number
}

/** Options of `Bandit.choose`. A discount needs `at`. */
export interface ChooseOptions {
  context?: Record<string, number | boolean> | ReadonlyArray<number>
  at?: Instant
}

/** Options of `Bandit.update`; `at` is when the decision was made. */
export interface UpdateOptions extends ChooseOptions {
  action: string
  reward: number
}

/** Options of `Bandit.expect`. */
export interface ExpectOptions extends ChooseOptions {
  action: string
  at: Instant
}

/** Options of `Bandit.outcome`. */
export interface OutcomeOptions {
  reward: number
  at: Instant
}
