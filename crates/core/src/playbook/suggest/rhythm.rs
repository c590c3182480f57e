//! How customers come and go: the sign of life, windows, and the horizon.

use super::schema::{Known, KnownType};
use crate::describe::{Survey, quantile};
use crate::time::Span;

/// Lengths of time that people use, in hours.
const USUAL: [i64; 11] = [1, 6, 24, 72, 168, 336, 720, 1440, 2160, 4320, 8760];
/// Windows that go together: short, middle, long, in hours.
const WINDOWS: [[i64; 3]; 6] = [
    [1, 6, 24],
    [24, 72, 168],
    [24, 168, 672],
    [168, 720, 2160],
    [720, 2160, 4320],
    [2160, 4320, 8760],
];
/// In data of less than so many days gaps are between events, not between days.
const SHORT: f64 = 14.0;

/// What the playbook rests on.
pub(super) struct Rhythm<'s> {
    /// The event type that shows that a customer is there.
    pub(super) life: &'s str,
    /// The event type that says that a customer has left, if there is one.
    pub(super) end: Option<&'s str>,
    /// Why `life` is the sign of life.
    pub(super) because: String,
    /// The last instant of the data, but for outliers.
    pub(super) last: i64,
    /// Short, middle and long.
    pub(super) windows: [Span; 3],
    pub(super) horizon: Span,
    /// The median gap, and the one within which nine in ten come back, in days.
    pub(super) gaps: Option<(f64, f64)>,
}

fn hours(hours: i64) -> Span {
    Span::micros(hours * 3_600_000_000)
}

/// Whether an event type of that name says that a customer has left.
fn is_end(name: &str) -> bool {
    ["cancel", "churn", "unsubscribe", "terminat", "close_account", "account_closed", "deleted"]
        .iter()
        .any(|part| name.contains(part))
}

/// Whether an event type of that name is no sign of life: it happens to a customer, or once.
fn is_other(name: &str) -> bool {
    const PARTS: [&str; 20] = [
        "ticket",
        "refund",
        "return",
        "fail",
        "error",
        "complain",
        "bounce",
        "spam",
        "declin",
        "raise",
        "increase",
        "invoice",
        "sent",
        "deliver",
        "sign_up",
        "signup",
        "signed_up",
        "register",
        "expire",
        "downgrade",
    ];
    is_end(name) || PARTS.iter().any(|part| name.contains(part))
}

impl<'s> Rhythm<'s> {
    /// None where the playbook can name no event type.
    pub(super) fn of(survey: &Survey, known: &Known<'s>, first: i64, last: i64) -> Option<Self> {
        let (life, again) = sign_of_life(survey, known)?;
        let lower = |known: &&KnownType<'_>| is_end(&known.name.to_ascii_lowercase());
        let end = known.types.iter().find(lower).map(|known| known.name);
        let span = Span::micros(last - first);
        let gaps = gaps(survey, life.at, span);
        let (middle, most) = gaps.unwrap_or((1.0, 30.0));
        let fits = |windows: &&[i64; 3]| hours(windows[2]).as_days() <= 0.75 * span.as_days();
        let wide = |windows: &&[i64; 3]| hours(windows[0]).as_days() >= 1.5 * middle;
        let possible = || WINDOWS.iter().filter(fits);
        let windows = possible().find(wide).or(possible().next_back()).unwrap_or(&WINDOWS[0]);
        let room = USUAL.iter().filter(|usual| hours(**usual).as_days() * 3.0 <= span.as_days());
        let longest = room.max().copied().unwrap_or(USUAL[0]);
        let above = USUAL.iter().find(|usual| hours(**usual).as_days() >= most);
        let because = format!(
            "the sign of life is `{}`: {again} of {} customers have it more than once",
            life.name,
            survey.customer_ids.len()
        );
        Some(Self {
            life: life.name,
            end: end.filter(|end| *end != life.name),
            because,
            last,
            windows: windows.map(hours),
            horizon: hours(above.copied().unwrap_or(longest).min(longest)),
            gaps,
        })
    }
}

/// The type that most customers have more than once, and how many do.
fn sign_of_life<'k, 's>(
    survey: &Survey,
    known: &'k Known<'s>,
) -> Option<(&'k KnownType<'s>, usize)> {
    let mut best: Option<(&KnownType<'s>, usize, bool)> = None;
    for candidate in &known.types {
        let other = is_other(&candidate.name.to_ascii_lowercase());
        let times = survey.by_customer(&survey.times, Some(candidate.at));
        let again = times.iter().filter(|times| times.len() > 1).count();
        // They come with the commonest first, which stays where equal.
        let better = |(_, most, others): (_, usize, bool)| match (other, others) {
            (false, true) => true,
            (true, false) => false,
            _ => again > most,
        };
        if best.is_none_or(better) {
            best = Some((candidate, again, other));
        }
    }
    best.map(|(life, again, _)| (life, again))
}

/// The median over customers of their median gap, and the ninth tenth of their ninth tenths, in
/// days; none where nobody comes back.
fn gaps(survey: &Survey, kind: usize, span: Span) -> Option<(f64, f64)> {
    let day = Span::days(1).as_micros();
    let unit = if span.as_days() >= SHORT { day } else { 1 };
    let mut middles = Vec::new();
    let mut mosts = Vec::new();
    for times in survey.by_customer(&survey.times, Some(kind)) {
        let mut steps: Vec<i64> = times.iter().map(|at| at.div_euclid(unit)).collect();
        steps.dedup();
        let mut own: Vec<i64> = steps.windows(2).map(|pair| (pair[1] - pair[0]) * unit).collect();
        own.sort_unstable();
        if let Some(last) = own.len().checked_sub(1) {
            middles.push(own[last / 2]);
            mosts.push(own[last * 9 / 10]);
        }
    }
    let at = |words: &mut Vec<i64>, p: f64| {
        words.sort_unstable();
        let days: Vec<f64> = words.iter().map(|gap| Span::micros(*gap).as_days()).collect();
        quantile(&days, p)
    };
    (!middles.is_empty()).then(|| (at(&mut middles, 0.5), at(&mut mosts, 0.9)))
}
