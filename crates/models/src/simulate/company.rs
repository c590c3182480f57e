//! The people of the simulated company: what a customer is from the first day on.

use serde::{Deserialize, Serialize};
use stayput_core::math;

use crate::random::Stream;

/// The plans, in the order of [`Plan`].
pub(super) const PLANS: [&str; 3] = ["free", "pro", "enterprise"];

/// The time zones of the customers, with the share of customers in each.
pub(super) const ZONES: [(&str, f64); 6] = [
    ("America/New_York", 0.30),
    ("America/Los_Angeles", 0.15),
    ("Europe/London", 0.15),
    ("Europe/Berlin", 0.20),
    ("Asia/Kolkata", 0.10),
    ("Asia/Tokyo", 0.10),
];

/// The parts of the product that `feature_used` can name.
pub(super) const PARTS: [&str; 6] =
    ["reports", "search", "export", "sharing", "integrations", "automation"];

/// First names, for templates that greet.
pub(super) const NAMES: [&str; 24] = [
    "Ada", "Amir", "Bea", "Chen", "Dana", "Elif", "Emil", "Femi", "Grace", "Hugo", "Ines", "Jonas",
    "Kaja", "Leo", "Mina", "Noor", "Omar", "Priya", "Rosa", "Sven", "Tariq", "Uma", "Vera", "Yuki",
];

/// What a customer pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Pays nothing.
    Free,
    /// Pays about 40 usd a month.
    Pro,
    /// Pays about 600 usd a month.
    Enterprise,
}

/// What can be done for a customer, with an effect on the hazard that the truth knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Action {
    /// A discount by e-mail.
    DiscountMail,
    /// A call by a customer success manager.
    CsmCall,
    /// Hints on how to use more of the product, by e-mail.
    TipsMail,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::DiscountMail, Self::CsmCall, Self::TipsMail];

    /// The name of the action in `examples/acme/playbook.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DiscountMail => "discount_mail",
            Self::CsmCall => "csm_call",
            Self::TipsMail => "tips_mail",
        }
    }
}

/// What a customer is from the first day on. Latent fields are known to the truth only.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profile {
    /// Place among the customers, from 0.
    pub(super) index: u64,
    /// Days from the start of the simulation to the sign-up.
    pub(super) arrival: f64,
    pub(super) plan: Plan,
    /// usd a month at sign-up, in whole cents.
    pub(super) mrr: f64,
    /// Index into [`ZONES`].
    pub(super) zone: usize,
    pub(super) email_ok: bool,
    /// Index into [`NAMES`].
    pub(super) name: usize,
    /// Latent: logins a day at full engagement.
    pub(super) logins: f64,
    /// Latent: what is left of the log-odds of churn that no event shows.
    pub(super) frailty: f64,
    /// Latent: daily probability that a decline begins.
    pub(super) onset: f64,
    /// Latent: loss of log-engagement a day while in decline.
    pub(super) slope: f64,
    /// Latent: tickets a day.
    pub(super) tickets: f64,
    /// Latent: probability that a monthly payment fails.
    pub(super) payment_failure: f64,
    /// Latent: reacts to being contacted by leaving sooner.
    pub(super) sleeping_dog: bool,
    /// Latent: the factor on the daily hazard while each of [`Action::ALL`] works.
    pub(super) effects: [f64; 3],
}

impl Profile {
    /// The customer of that index, among those of `seed` who arrive over `days` days.
    pub(super) fn new(stream: Stream, index: u64, days: f64) -> Self {
        let [first, second, third, fourth] = [0, 1, 2, 3].map(|at| stream.block(index, at, 0));

        let plan = match first.uniform(0) {
            u if u < 0.45 => Plan::Free,
            u if u < 0.88 => Plan::Pro,
            _ => Plan::Enterprise,
        };
        let wealth = first.normal(1);
        let mrr = match plan {
            Plan::Free => 0.0,
            Plan::Pro => 40.0 * math::exp(0.5 * wealth),
            Plan::Enterprise => 600.0 * math::exp(0.7 * wealth),
        };

        let usage = third.normal(0);
        let sleeping_dog = third.uniform(1) < math::sigmoid(-1.4 - 1.4 * usage);
        // Wealthier customers of a plan are those who notice the price.
        let price_sense = math::sigmoid(1.2 * wealth + 0.5 * fourth.normal(0));
        let annoyance = if sleeping_dog { 0.6 } else { 0.0 };
        let effects = match plan {
            Plan::Free => [0.0, 0.0, -0.35 + annoyance],
            Plan::Pro => [-0.9 * price_sense + annoyance, -0.35 + annoyance, -0.25 + annoyance],
            Plan::Enterprise => [-0.3 * price_sense + annoyance, -0.9 + annoyance, 0.0],
        };

        Self {
            index,
            // A share of the customers are there in the first weeks; the rest arrive evenly.
            arrival: match first.uniform(2) {
                u if u < 0.25 => u / 0.25 * (0.04 * days),
                u => (u - 0.25) / 0.75 * days,
            },
            plan,
            mrr: cents(mrr),
            zone: pick(ZONES.map(|(_, share)| share), first.uniform(3)),
            email_ok: second.uniform(0) < 0.8,
            name: slot(NAMES.len(), second.uniform(1)),
            logins: 0.6 * math::exp(0.4 * usage),
            frailty: 0.15 * second.normal(2),
            onset: 0.0045 * math::exp(0.6 * second.normal(3)),
            slope: 0.04 * math::exp(0.4 * third.normal(2)),
            tickets: 0.009 * math::exp(0.9 * third.normal(3)),
            payment_failure: match plan {
                Plan::Free => 0.0,
                Plan::Pro => 0.06 * math::exp(0.5 * fourth.normal(1)),
                Plan::Enterprise => 0.02 * math::exp(0.5 * fourth.normal(1)),
            },
            sleeping_dog,
            effects: effects.map(math::exp),
        }
    }

    /// The second of the sign-up, from the start of the simulation.
    pub(super) fn signed_up(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "below 2^29")]
        let second = (self.arrival * 86_400.0) as i64;
        second
    }
}

/// `x` to the nearest cent.
pub(super) fn cents(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// The slot of `count` equal ones that `uniform` falls in.
pub(super) fn slot(count: usize, uniform: f64) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small count times a number between 0 and 1"
    )]
    let at = (uniform * count as f64) as usize;
    at.min(count.saturating_sub(1))
}

/// The slot that `uniform` falls in, of slots as wide as `shares`, which sum to one.
pub(super) fn pick<const N: usize>(shares: [f64; N], uniform: f64) -> usize {
    let mut reached = 0.0;
    for (at, share) in shares.into_iter().enumerate() {
        reached += share;
        if uniform < reached {
            return at;
        }
    }
    N - 1
}
