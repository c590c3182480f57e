//! The latent path of a customer: engagement, what happens to them, and the hazard of each day.
//!
//! A day is 24 hours, counted from the start of the simulation; a path starts with the day of the
//! sign-up and goes on for as long as it is asked, also past the day the customer leaves. The
//! hazard of a day depends on what happened up to the day before, so it is known at the day's
//! first instant.

use stayput_core::math;

use super::company::{Action, Plan, Profile};
use super::emit::seconds;
use crate::random::{Stream, poisson};

/// Days between two bills.
const BILLING: u64 = 30;
/// Days for which an action works.
const EFFECT: i64 = 30;

/// The hazard's intercept: the daily log-odds of a fully engaged, long-standing `pro` customer.
const INTERCEPT: f64 = -8.9;
/// Log-odds for the loss of all engagement.
const DISENGAGED: f64 = 5.2;
/// Log-odds for one ticket just opened; of high severity, and of low.
const TICKET: [f64; 2] = [0.4, 1.5];
/// Log-odds for a price rise of ten percent, just announced.
const PRICE: f64 = 1.2;
/// Log-odds for a payment that just failed.
const PAYMENT: f64 = 2.0;
/// Log-odds on the first day, and the days after which they are down to `1/e`.
const NEW: (f64, f64) = (2.0, 25.0);
/// Log-odds of each plan.
const PLAN: [f64; 3] = [-0.4, 0.0, -0.8];
/// What is left of a ticket's or a failed payment's weight from one day to the next: half in 14 days.
const FADE: f64 = 0.951_695_153_604_089_9;
/// The same for a price rise: half in 30 days.
const FADE_PRICE: f64 = 0.977_159_968_434_245_9;

/// One day of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    /// Days since the start of the simulation.
    pub(super) at: u64,
    /// Engagement, 1 at its best, towards 0 in decline.
    pub(super) engagement: f64,
    /// Probability of leaving this day, given that the customer is still there.
    pub(super) hazard: f64,
    /// The uniform that decides it: below the hazard the customer leaves.
    pub(super) fate: f64,
    /// Tickets of low and high severity.
    pub(super) tickets: [u32; 2],
    /// The percentage of a price rise announced this day, or 0.
    pub(super) price_rise: f64,
    /// Whether a payment fails this day.
    pub(super) payment_failed: bool,
}

impl Day {
    /// The second, from the start of the simulation, at which the customer leaves this day.
    ///
    /// The part of the day that has passed by then is `fate / hazard`, which is uniform given that
    /// the customer leaves.
    pub(super) fn left(&self) -> Option<i64> {
        (self.fate < self.hazard).then(|| {
            #[expect(clippy::cast_possible_truncation, reason = "at most the seconds of a day")]
            let second = (86_400.0 * (self.fate / self.hazard)).ceil() as i64;
            seconds(self.at) + second
        })
    }
}

/// An action taken for the customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Treated {
    pub(super) action: Action,
    /// Days since the start of the simulation.
    pub(super) day: i64,
}

/// An endless iterator over the days of a customer.
#[derive(Debug, Clone)]
pub(super) struct Path<'a> {
    profile: &'a Profile,
    treated: &'a [Treated],
    days: Stream,
    bills: Stream,
    first: u64,
    day: u64,
    /// The log of engagement.
    level: f64,
    declining: bool,
    ticket_weight: f64,
    price_weight: f64,
    payment_weight: f64,
}

impl<'a> Path<'a> {
    /// The path of `profile` from the day of the sign-up on.
    pub(super) fn new(
        profile: &'a Profile,
        treated: &'a [Treated],
        days: Stream,
        bills: Stream,
    ) -> Self {
        let first = u64::try_from(profile.signed_up() / seconds(1)).unwrap_or(0);
        Self {
            profile,
            treated,
            days,
            bills,
            first,
            day: first,
            level: 0.0,
            declining: false,
            ticket_weight: 0.0,
            price_weight: 0.0,
            payment_weight: 0.0,
        }
    }

    /// The same path, gone to the start of `day`.
    pub(super) fn at_day(mut self, day: u64) -> Self {
        while self.day < day {
            self.next();
        }
        self
    }

    /// The same path, with the days from here on drawn from other streams.
    pub(super) fn with_streams(self, days: Stream, bills: Stream) -> Self {
        Self { days, bills, ..self }
    }

    /// The factor that actions put on the hazard of the current day.
    fn effect(&self) -> f64 {
        Action::ALL.iter().fold(1.0, |product, &action| {
            let works = self.treated.iter().any(|treated| {
                let since = i64::try_from(self.day).unwrap_or(i64::MAX) - treated.day;
                treated.action == action && (1..=EFFECT).contains(&since)
            });
            if works { product * self.profile.effects[action as usize] } else { product }
        })
    }

    /// The hazard at the first instant of the current day.
    fn hazard(&self, engagement: f64) -> f64 {
        let tenure = self.day - self.first;
        if tenure == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of days")]
        let tenure = tenure as f64;
        let hazard = math::sigmoid(
            INTERCEPT
                + DISENGAGED * (1.0 - engagement)
                + self.ticket_weight
                + self.price_weight
                + self.payment_weight
                + NEW.0 * math::exp(-tenure / NEW.1)
                + PLAN[self.profile.plan as usize]
                + self.profile.frailty,
        );
        if self.treated.is_empty() { hazard } else { (hazard * self.effect()).min(1.0) }
    }
}

impl Iterator for Path<'_> {
    type Item = Day;

    fn next(&mut self) -> Option<Day> {
        let draws = self.days.block(self.profile.index, self.day, 0);
        let tenure = self.day - self.first;
        let engagement = math::exp(self.level.min(0.0));
        let hazard = self.hazard(engagement);

        let opened = poisson(self.profile.tickets, draws.uniform(2));
        let mut tickets = [0, 0];
        for at in 0..u64::from(opened) {
            let high = self.days.block(self.profile.index, self.day, 1 + at).uniform(0) < 0.3;
            tickets[usize::from(high)] += 1;
        }

        let mut price_rise = 0.0;
        let mut payment_failed = false;
        if self.profile.plan != Plan::Free && tenure > 0 && tenure.is_multiple_of(BILLING) {
            let bill = self.bills.block(self.profile.index, self.day, 0);
            payment_failed = bill.uniform(0) < self.profile.payment_failure;
            if tenure >= 3 * BILLING && bill.uniform(1) < 0.12 {
                price_rise = if bill.uniform(2) < 0.6 { 10.0 } else { 20.0 };
            }
        }

        // The state that the next day starts with.
        self.ticket_weight = FADE * self.ticket_weight
            + TICKET[0] * f64::from(tickets[0])
            + TICKET[1] * f64::from(tickets[1]);
        self.price_weight = FADE_PRICE * self.price_weight + PRICE * price_rise / 10.0;
        self.payment_weight =
            FADE * self.payment_weight + if payment_failed { PAYMENT } else { 0.0 };
        let turn = if self.declining {
            0.005
        } else {
            self.profile.onset * if tickets[1] > 0 { 4.0 } else { 1.0 }
        };
        if draws.uniform(1) < turn {
            self.declining = !self.declining;
        }
        self.level += 0.03 * draws.normal(0)
            - if self.declining { self.profile.slope } else { 0.08 * self.level };
        self.level = self.level.max(-4.0);

        let day = Day {
            at: self.day,
            engagement,
            hazard,
            fate: draws.uniform(3),
            tickets,
            price_rise,
            payment_failed,
        };
        self.day += 1;
        Some(day)
    }
}
