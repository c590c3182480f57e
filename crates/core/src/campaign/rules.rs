//! What a playbook says of its guardrails: the rules that hold for all campaigns.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::period::Period;
use super::spec::{CampaignSet, check_known, check_share, wrong};
use crate::error::{Error, ErrorCode, Result};
use crate::time::{DailyWindow, Span, Timestamp, Zone};

/// The most sends in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// Counts only this channel.
    pub channel: Option<String>,
    /// Counts only this campaign.
    pub campaign: Option<String>,
    /// Counts only the campaigns of this group.
    pub group: Option<String>,
    /// How many sends there can be.
    pub max: u32,
    /// In which period.
    pub per: Period,
}

/// How much of a customer's patience recent sends may take.
///
/// The fatigue of a customer is `Σ 2^(−age / half_life)` over the sends that were neither answered
/// nor bounced; a send older than ten half-lives counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fatigue {
    /// Nothing is sent while the fatigue is this or more.
    pub max: f64,
    /// After how long a send counts half.
    pub half_life: Span,
}

/// When nothing goes out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuietHours {
    /// The times of day.
    pub window: DailyWindow,
    /// On which clocks.
    pub clocks: Clocks,
    /// For these channels; for all where there is none.
    pub channels: Vec<String>,
}

/// Whose clocks or calendar a rule follows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Clocks {
    /// The customer's.
    #[default]
    Customer,
    /// Those of a named zone.
    Named(String),
}

/// Days on which nothing goes out, the first and the last among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blackout {
    from: Day,
    to: Day,
}

/// A date, or a day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Once(Date),
    Yearly { month: i8, day: i8 },
}

/// The most that sends may cost in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The sum of costs, in the unit of the campaigns' values.
    pub max: f64,
    /// In which period.
    pub per: Period,
    /// The zone of a calendar period; UTC where there is none.
    pub zone: Option<String>,
}

/// The rules that hold for all campaigns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Guardrails {
    /// Whether there is a list of customers who are left alone.
    pub suppression: bool,
    /// The channels that need the customer's consent.
    pub consent: Vec<String>,
    /// The share of customers whom no campaign ever reaches, 0 to 1.
    pub holdout: f64,
    /// The frequency caps.
    pub caps: Vec<Cap>,
    /// How much recent sends may weigh.
    pub fatigue: Option<Fatigue>,
    /// When nothing goes out.
    pub quiet_hours: Option<QuietHours>,
    /// The days on which nothing goes out.
    pub blackout: Vec<Blackout>,
    /// On whose calendar those days are.
    pub blackout_clocks: Clocks,
    /// What all campaigns together may cost.
    pub budgets: Vec<Budget>,
}

impl Clocks {
    /// The zone, for a customer in `customer`. A zone of another name than those that were checked
    /// is UTC.
    pub(super) fn zone(&self, customer: &Zone) -> Zone {
        match self {
            Self::Customer => customer.clone(),
            Self::Named(name) => Zone::named(name).unwrap_or(Zone::UTC),
        }
    }

    fn check(&self, path: &str) -> Result<()> {
        match self {
            Self::Customer => Ok(()),
            Self::Named(name) => check_zone(path, name),
        }
    }
}

fn check_zone(path: &str, name: &str) -> Result<()> {
    Zone::named(name).map(|_| ()).map_err(|error| wrong(path.to_owned(), error.message()))
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let number = |part: &str| part.parse().ok().filter(|_| part.len() == 2 && digits(part));
        match text.split('-').collect::<Vec<_>>()[..] {
            [month, day] => {
                let (month, day) = (number(month)?, number(day)?);
                // The 29th of February is a day of some years.
                Date::new(2000, month, day).ok().map(|_| Self::Yearly { month, day })
            }
            [year, _, _] if year.len() == 4 && digits(year) => text.parse().ok().map(Self::Once),
            _ => None,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Once(date) => date.to_string(),
            Self::Yearly { month, day } => {
                let two = |number: i8| {
                    if number < 10 { format!("0{number}") } else { number.to_string() }
                };
                format!("{}-{}", two(month), two(day))
            }
        }
    }
}

impl Blackout {
    /// Reads `2026-12-25`, or `12-25` for every year, and the last day in the same form.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when a text is neither, the forms differ or the last date is earlier.
    pub fn parse(from: &str, to: &str) -> Result<Self> {
        let no = |message: String| Error::new(ErrorCode::Time, "", message);
        let day = |text: &str| {
            Day::parse(text).ok_or_else(|| {
                no(format!(
                    "`{text}` is not a day; expected `2026-12-25`, or `12-25` for every year"
                ))
            })
        };
        let days = Self { from: day(from)?, to: day(to)? };
        match (days.from, days.to) {
            (Day::Once(first), Day::Once(last)) if first > last => {
                Err(no(format!("`{to}` is before `{from}`")))
            }
            (Day::Once(_), Day::Yearly { .. }) | (Day::Yearly { .. }, Day::Once(_)) => {
                Err(no(format!(
                    "`{from}` and `{to}` differ in form; expected both with a year or both without"
                )))
            }
            _ => Ok(days),
        }
    }

    fn holds(self, date: Date) -> bool {
        match (self.from, self.to) {
            (Day::Once(first), Day::Once(last)) => first <= date && date <= last,
            (Day::Yearly { month, day }, Day::Yearly { month: last_month, day: last_day }) => {
                let (first, last) = ((month, day), (last_month, last_day));
                let date = (date.month(), date.day());
                // Over the turn of the year where the first is later.
                if first <= last {
                    first <= date && date <= last
                } else {
                    date >= first || date <= last
                }
            }
            _ => false,
        }
    }

    /// The first day from `date` on that none of `all` holds, where that is another and there is
    /// one within ten years.
    pub(super) fn free_day(all: &[Self], date: Date) -> Option<Date> {
        let mut day = date;
        for _ in 0..3653 {
            if !all.iter().any(|days| days.holds(day)) {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Whether one of `all` holds this day.
    pub(super) fn any(all: &[Self], date: Date) -> bool {
        all.iter().any(|days| days.holds(date))
    }
}

impl Serialize for Blackout {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.from.text(), self.to.text()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Blackout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (from, to) = <(String, String)>::deserialize(deserializer)?;
        Self::parse(&from, &to).map_err(serde::de::Error::custom)
    }
}

impl Budget {
    /// Checks its numbers; `path` is its place in the playbook.
    pub(super) fn check(&self, path: &str) -> Result<()> {
        if !(self.max.is_finite() && self.max >= 0.0) {
            let message = format!("`{}` is not a sum of costs; expected 0 or more", self.max);
            return Err(wrong(format!("{path}.max"), message));
        }
        check_period(format!("{path}.per"), self.per)?;
        match &self.zone {
            Some(zone) => check_zone(&format!("{path}.zone"), zone),
            None => Ok(()),
        }
    }

    /// Whether a send at `at` is in the same period as `as_of`.
    pub(super) fn holds(&self, at: Timestamp, as_of: Timestamp, zone: &Zone) -> bool {
        self.per.holds(at, as_of, zone)
    }

    /// The zone of its calendar.
    pub(super) fn calendar(&self) -> Zone {
        self.zone.as_deref().and_then(|name| Zone::named(name).ok()).unwrap_or(Zone::UTC)
    }
}

fn check_period(path: String, per: Period) -> Result<()> {
    if matches!(per, Period::Rolling(span) if span <= Span::ZERO) {
        return Err(wrong(path, "a period is longer than no time"));
    }
    Ok(())
}

impl Guardrails {
    /// Checks every number, and that every name is known.
    pub(super) fn check(&self, set: &CampaignSet) -> Result<()> {
        check_share("guardrails.holdout".to_owned(), self.holdout)?;
        let channels = || {
            let actions = set.campaigns.iter().flat_map(|campaign| &campaign.actions);
            actions.map(|action| action.channel.as_str())
        };
        for channel in &self.consent {
            let path = format!("guardrails.consent.{channel}");
            check_known(path, "the channel of any action", channel, channels())?;
        }
        for (index, cap) in self.caps.iter().enumerate() {
            let path = |key: &str| format!("guardrails.caps[{index}].{key}");
            if let Some(channel) = &cap.channel {
                check_known(path("channel"), "the channel of any action", channel, channels())?;
            }
            if let Some(campaign) = &cap.campaign {
                let names = set.campaigns.iter().map(|campaign| campaign.name.as_str());
                check_known(path("campaign"), "a campaign", campaign, names)?;
            }
            if let Some(group) = &cap.group {
                let groups = set.campaigns.iter().filter_map(|campaign| campaign.group.as_deref());
                check_known(path("group"), "the group of any campaign", group, groups)?;
            }
            check_period(path("per"), cap.per)?;
        }
        if let Some(fatigue) = self.fatigue {
            if !(fatigue.max.is_finite() && fatigue.max > 0.0) {
                let message = format!("`{}` is not a number above 0", fatigue.max);
                return Err(wrong("guardrails.fatigue.max".to_owned(), message));
            }
            if fatigue.half_life <= Span::ZERO {
                let path = "guardrails.fatigue.half_life".to_owned();
                return Err(wrong(path, "a half-life is longer than no time"));
            }
        }
        if let Some(quiet) = &self.quiet_hours {
            if quiet.window.from == quiet.window.to {
                let message = "`from` and `to` are the same; expected two times of day";
                return Err(wrong("guardrails.quiet_hours".to_owned(), message));
            }
            quiet.clocks.check("guardrails.quiet_hours.zone")?;
            for (index, channel) in quiet.channels.iter().enumerate() {
                let path = format!("guardrails.quiet_hours.channels[{index}]");
                check_known(path, "the channel of any action", channel, channels())?;
            }
        }
        self.blackout_clocks.check("guardrails.blackout.zone")?;
        for (index, budget) in self.budgets.iter().enumerate() {
            budget.check(&format!("guardrails.budget[{index}]"))?;
        }
        Ok(())
    }

    /// How far back sends have to be known.
    pub(super) fn memory(&self) -> Span {
        let caps = self.caps.iter().map(|cap| cap.per.longest());
        let budgets = self.budgets.iter().map(|budget| budget.per.longest());
        let fatigue = self.fatigue.iter().map(|fatigue| fatigue.reach());
        caps.chain(budgets).chain(fatigue).max().unwrap_or(Span::ZERO)
    }
}

impl Fatigue {
    /// After how long a send counts for nothing.
    pub(super) fn reach(self) -> Span {
        Span::micros(self.half_life.as_micros().saturating_mul(10))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_read_and_hold_the_first_and_the_last() {
        for (from, to, inside, outside) in [
            ("2026-12-24", "2026-12-26", date(2026, 12, 26), date(2026, 12, 27)),
            ("2026-12-25", "2026-12-25", date(2026, 12, 25), date(2027, 12, 25)),
            ("12-25", "12-25", date(2031, 12, 25), date(2031, 12, 24)),
            ("12-24", "01-01", date(2031, 1, 1), date(2031, 1, 2)),
            ("02-29", "02-29", date(2028, 2, 29), date(2027, 2, 28)),
        ] {
            let days = Blackout::parse(from, to).unwrap();
            assert!(days.holds(inside) && !days.holds(outside), "{from} {to}");
            let text = serde_json::to_string(&days).unwrap();
            assert_eq!(serde_json::from_str::<Blackout>(&text).unwrap(), days);
        }
        for (from, to) in [
            ("2026-12-26", "2026-12-24"),
            ("2026-12-26", "12-27"),
            ("26-12-24", "26-12-24"),
            ("13-01", "13-01"),
            ("02-30", "02-30"),
            ("soon", "soon"),
        ] {
            assert_eq!(Blackout::parse(from, to).unwrap_err().code(), ErrorCode::Time, "{from}");
        }
        let all = ["12-24", "12-25"].map(|day| Blackout::parse(day, day).unwrap());
        assert_eq!(Blackout::free_day(&all, date(2026, 12, 24)), Some(date(2026, 12, 26)));
        let always = [Blackout::parse("01-01", "12-31").unwrap()];
        assert_eq!(Blackout::free_day(&always, date(2026, 12, 24)), None);
    }
}
