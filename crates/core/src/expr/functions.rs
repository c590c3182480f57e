//! The functions of the language: how each is written and what it is.

/// A function as a reader meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The name.
    pub name: &'static str,
    /// How it is called.
    pub signature: &'static str,
    /// What it gives, and what it gives where there is nothing.
    pub meaning: &'static str,
}

const fn define(name: &'static str, signature: &'static str, meaning: &'static str) -> Definition {
    Definition { name, signature, meaning }
}

/// Every function, aggregates first. `window` is a length of time such as `"30d"`; `filter` is a
/// condition on one event.
pub const FUNCTIONS: [Definition; 31] = [
    define("count", "count(event, window?, filter?)", "Number of events; 0 where there are none."),
    define("exists", "exists(event, window?, filter?)", "Whether there is any event."),
    define(
        "sum",
        "sum(event.property, window?, filter?)",
        "Sum of the values in order of time; 0 where there are none.",
    ),
    define(
        "mean",
        "mean(event.property, window?, filter?)",
        "Arithmetic mean; missing where there are none.",
    ),
    define(
        "min",
        "min(event.property, window?, filter?)",
        "Least number or instant; missing where there are none.",
    ),
    define(
        "max",
        "max(event.property, window?, filter?)",
        "Greatest number or instant; missing where there are none.",
    ),
    define(
        "std",
        "std(event.property, window?, filter?)",
        "Sample standard deviation (n - 1); missing below two values.",
    ),
    define(
        "distinct",
        "distinct(event.property, window?, filter?)",
        "Number of different values; 0 where there are none.",
    ),
    define(
        "first",
        "first(event or event.property, window?, filter?)",
        "Instant or value of the earliest event; missing where there are none.",
    ),
    define(
        "last",
        "last(event or event.property, window?, filter?)",
        "Instant or value of the latest event; missing where there are none.",
    ),
    define(
        "active_days",
        "active_days(event, window?, filter?)",
        "Number of civil days with an event, in the customer's time zone.",
    ),
    define(
        "days_since",
        "days_since(timestamp)",
        "Days of 24 hours from the instant to as_of; negative where it lies ahead.",
    ),
    define(
        "days_until",
        "days_until(timestamp)",
        "Days of 24 hours from as_of to the instant; negative where it has passed.",
    ),
    define("ratio", "ratio(a, b)", "a / b; missing where b is 0."),
    define(
        "curve",
        "curve(x, x0, y0, x1, y1, …)",
        "Piecewise linear through the points, flat outside them.",
    ),
    define("clamp", "clamp(x, low, high)", "x, but at least low and at most high."),
    define("coalesce", "coalesce(a, b, …)", "The first argument that is not missing."),
    define("log1p", "log1p(x)", "ln(1 + x); missing at -1 and below."),
    define("has", "has(x)", "Whether x is not missing."),
    define("size", "size(text)", "Number of characters."),
    define("startsWith", "text.startsWith(part)", "Whether the text begins with the part."),
    define("endsWith", "text.endsWith(part)", "Whether the text ends with the part."),
    define("contains", "text.contains(part)", "Whether the part occurs in the text."),
    define("duration", "duration(\"30d\")", "A length of time."),
    define("timestamp", "timestamp(\"2026-11-21T10:00:00Z\")", "An instant."),
    define(
        "rises_above",
        "rises_above(number, threshold)",
        "Trigger: the number was not above the threshold, and is now.",
    ),
    define(
        "falls_below",
        "falls_below(number, threshold)",
        "Trigger: the number was not below the threshold, and is now.",
    ),
    define(
        "enters",
        "enters(lifecycle or segments, \"name\")",
        "Trigger: the customer was not in the stage or segment, and is now.",
    ),
    define(
        "leaves",
        "leaves(lifecycle or segments, \"name\")",
        "Trigger: the customer was in the stage or segment, and is not now.",
    ),
    define("in", "x in [a, b, …] or \"name\" in segments", "Whether x equals one of the items."),
    define(
        "!",
        "! - * / % + - < <= > >= == != in && || ? :",
        "Operators, from tightest to loosest.",
    ),
];

/// How a function is called, or nothing where there is none of that name.
pub(super) fn signature(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|known| known.name == name).map(|known| known.signature)
}
