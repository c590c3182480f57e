//! The TypeScript of what the classes take; what they give is in `bindings/documents.d.ts`.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** An instant: a `Date`, a text in ISO 8601, or milliseconds since 1970. */
export type Instant = Date | string | number;

/** The instant that a question is about. */
export interface At {
    asOf: Instant;
}

/** Up to when lift is told, and of whom. */
export interface LiftAt {
    asOf: Instant;
    /** Only customers to whom a campaign came since then; all by default. */
    since?: Instant;
    /** The level of its intervals; 0.95 by default. */
    level?: number;
    /** The difference of shares that is worth having, settled before one looks; 0.02 by default. */
    effect?: number;
}

/** The instants that a question is about. */
export interface AtEach {
    asOf: Instant | Instant[] | Grid;
}

/** Options of a replay. */
export interface ReplayOptions {
    asOf: Instant | Instant[] | Grid;
    /** Whether the engine also looks in between, when time alone has something to do. */
    tick?: boolean;
    /** Columns of the events to rename, from yours to ours. */
    columns?: Record<string, string>;
}

/** What is asked of RFM scores: a property of an event such as `purchase.amount`. */
export interface RfmAt {
    asOf: Instant;
    value: string;
    window?: string;
}

/** What is asked of cohorts. */
export interface CohortOptions {
    period?: 'day' | 'week' | 'month' | 'quarter';
    age?: 'day' | 'week' | 'month' | 'quarter';
    definition?: 'n_day' | 'unbounded' | 'bracket';
    brackets?: number[];
    startEvent?: string;
    startAttribute?: string;
    endAttribute?: string;
    activity?: string[];
    amount?: string;
    zone?: string;
    until?: Instant;
    ages?: number;
    columns?: Record<string, string>;
}

/** The instant of a score, and whether the reasons of its churn probability are told (true). */
export interface ScoreAt {
    asOf: Instant;
    reasons?: boolean;
}

/** What is asked of reasons: at most `top`, and only of features marked as actionable. */
export interface ReasonsAt {
    asOf: Instant;
    top?: number;
    actionable?: boolean;
}

/** What became of a send; `channel` says by which, where the send may no longer be known. */
export interface RecordedOutcome {
    decision_id: string;
    customer_id: string;
    kind: OutcomeKind;
    at: Instant;
    value?: number;
    channel?: string;
}

/** Other values of features by their names, of attributes as `customer.plan`; null is missing. */
export interface WhatIfOptions {
    asOf: Instant;
    changes: Record<string, Value>;
}

/**
 * The churn probability to come down to; the features that may change, by default those that the
 * playbook marks as actionable; and how many of them.
 */
export interface RecourseOptions {
    asOf: Instant;
    threshold: number;
    features?: string[];
    maxChanges?: number;
}

/**
 * What contributions add up to: `log_odds` of the stated probability (the default), the `margin`
 * before any calibration, or the `probability`; and whether those of pairs are asked for.
 */
export interface ExplainOptions {
    output?: "log_odds" | "margin" | "probability";
    interactions?: boolean;
}

/** What each feature contributes to each of several rows. */
export interface Explanation {
    /** The names of the features, in order. */
    names: string[];
    /** What is explained where no feature is known. */
    base: number;
    /** Rows × features, or for interactions rows × features × features. */
    shape: number[];
    /** What each feature, or each pair, adds to the base, row by row. */
    values: Float64Array;
}

/** The instants `from`, `from + every`, … up to `to`; `every` is `day`, `week`, `month` or `7d`. */
export interface Grid {
    from: Instant;
    to: Instant;
    every: string;
}

/** Options of `Engine.healthHistory`. */
export interface HealthHistoryOptions {
    asOf: Instant | Instant[] | Grid;
}

/** Options of `Engine.healthChange`: the change from `since` to `asOf`. */
export interface HealthChangeOptions {
    asOf: Instant;
    since: Instant;
}

/** Options of `Engine.overrideHealth`: `score` (0 to 100), `band`, or both. */
export interface HealthOverrideOptions {
    score?: number;
    band?: string;
    /** Who says so. */
    author: string;
    /** Why. */
    reason: string;
    /** Since when it holds. */
    from: Instant;
    /** When it ends. */
    until: Instant;
}

/** Options of `Engine.accountHealth`. */
export interface AccountHealthOptions {
    asOf: Instant;
    /** The one account to look at: all by default. */
    account?: string;
    /** How many customers of an account are listed: 5 by default. */
    worst?: number;
}

/**
 * The instants that features are asked of, and columns of the events to rename. Without `asOf`,
 * the column `as_of` of the customers says which.
 *
 * Events have
 * `customer_id`, `timestamp`, `type`, perhaps `event_id`, and properties. One with an `event_id` is
 * corrected by a row with the same one and a greater `revision` (0 where there is none), and deleted
 * by a row whose `deleted` is true.
 */
export interface TableOptions {
    asOf?: Instant | Instant[] | Grid;
    columns?: Record<string, string>;
}

/** Texts by dictionary; a code past the end of `values` is missing. */
export interface TextColumn {
    codes: Uint32Array;
    values: string[];
}

/** One column of a table. Missing is NaN in a typed array, null or undefined in an array. */
export type Column =
    | Float64Array | Float32Array | BigInt64Array
    | Int32Array | Int16Array | Int8Array | Uint32Array | Uint16Array | Uint8Array
    | readonly (string | number | boolean | Date | null | undefined)[]
    | TextColumn;

/** A table: an array of objects, or an object of columns. */
export type Rows = readonly object[] | Readonly<Record<string, Column>>;
"#;
