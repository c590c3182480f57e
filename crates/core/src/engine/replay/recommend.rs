//! Which campaigns to change, by what a replay shows, and why.
//!
//! | code | when |
//! |---|---|
//! | `never_fires` | nothing fired in all of the time |
//! | `low_reach` | fewer than one customer in a hundred is sent something, of those who are known |
//! | `high_suppression` | at least half of the firings come to nothing, and one reason has half of these |
//! | `little_to_gain` | nine sends in ten reach their goal by themselves, of twenty at least |
//! | `overlap` | half of its customers get another campaign's send within seven days |
//!
//! Holdouts, a policy that leaves customers alone and quiet hours are meant, and count for nothing.

use super::super::recommendation::{Recommendation, RecommendationCode};
use super::{Replay, ReplayCampaign};
use crate::campaign::Reason;

/// Fewer of the customers than this is a low reach.
const LOW_REACH: f64 = 0.01;
/// From this share of firings on, suppressions are many; and from this share of customers, overlaps.
const HALF: f64 = 0.5;
/// From this share of sends on, goals that are reached by themselves leave little to gain.
const BY_THEMSELVES: f64 = 0.9;
/// So many sends are the fewest that a share of them is told of.
const FEWEST: usize = 20;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

impl Replay {
    /// What the counts of the campaigns recommend, in the order of the playbook.
    pub(super) fn recommend(&self) -> Vec<Recommendation> {
        let mut found = Vec::new();
        for campaign in &self.campaigns {
            found.extend(self.reach(campaign));
            found.extend(suppression(campaign));
            found.extend(gain(campaign));
            found.extend(self.overlap(campaign));
        }
        found
    }

    fn reach(&self, campaign: &ReplayCampaign) -> Option<Recommendation> {
        let name = &campaign.campaign;
        if campaign.decisions + campaign.suppressions == 0 {
            let message = format!("`{name}` never fires");
            let fix = "look at its triggers: `lint` tells those that cannot fire";
            let code = RecommendationCode::NeverFires;
            return Some(Recommendation::new(name, code, 0.0, message, fix));
        }
        let reached = share(campaign.reached, self.customers);
        (reached < LOW_REACH).then(|| {
            let message = format!(
                "`{name}` sends something to {} of {} customers",
                campaign.reached, self.customers
            );
            let fix = "widen its triggers or its condition, or take it out";
            Recommendation::new(name, RecommendationCode::LowReach, reached, message, fix)
        })
    }

    fn overlap(&self, campaign: &ReplayCampaign) -> Option<Recommendation> {
        let name = &campaign.campaign;
        let of = self.overlaps.iter().filter(|pair| pair.campaign == *name || pair.other == *name);
        let most = of.max_by_key(|pair| pair.within_7d)?;
        let both = share(most.within_7d, campaign.reached);
        (both >= HALF && campaign.reached >= FEWEST).then(|| {
            let other = if most.campaign == *name { &most.other } else { &most.campaign };
            let message = format!(
                "{} of the customers of `{name}` get a send of `{other}` within seven days",
                percent(both)
            );
            let fix = "put both into one group with a cap, or make them one campaign";
            Recommendation::new(name, RecommendationCode::Overlap, both, message, fix)
        })
    }
}

fn suppression(campaign: &ReplayCampaign) -> Option<Recommendation> {
    let meant = |reason: Reason| {
        matches!(
            reason,
            Reason::GlobalHoldout | Reason::CampaignHoldout | Reason::Policy | Reason::QuietHours
        )
    };
    let counted = campaign.reasons.iter().filter(|count| !meant(count.reason));
    let stopped: usize = counted.clone().map(|count| count.count).sum();
    let most = counted.max_by_key(|count| count.count)?;
    let firings = campaign.decisions + stopped;
    let many = share(stopped, firings);
    let enough = firings >= FEWEST && many >= HALF && share(most.count, stopped) >= HALF;
    enough.then(|| {
        let (name, reason) = (&campaign.campaign, most.reason);
        let message = format!(
            "{} of the firings of `{name}` come to nothing, most of them by `{reason}`",
            percent(many)
        );
        Recommendation::new(
            name,
            RecommendationCode::HighSuppression,
            many,
            message,
            remedy(reason),
        )
    })
}

/// What to do about so many suppressions for one reason.
fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::Condition => "let `on` say whom it is for, or widen `when`",
        Reason::NotWorth => "add a cheaper action, or correct the value",
        Reason::NoConsent => {
            "add an action by a channel that more customers consent to, or ask for consent"
        }
        Reason::Cooldown | Reason::ReEntry => {
            "shorten `cooldown` or `re_entry`, or give its triggers a margin so that they fire less often"
        }
        Reason::FrequencyCap | Reason::Fatigue => {
            "raise its value or priority above the campaigns that use up the cap, or raise the cap"
        }
        Reason::Budget => "raise the budget, or raise its value if it promises too little",
        Reason::Blackout => "shorten the blackout",
        Reason::SuppressionList => "leave those on the suppression list out in `when`",
        Reason::GlobalHoldout | Reason::CampaignHoldout | Reason::Policy | Reason::QuietHours => {
            "nothing: it is meant"
        }
    }
}

fn gain(campaign: &ReplayCampaign) -> Option<Recommendation> {
    let known = campaign.decisions - campaign.open_goals?;
    let reached = share(campaign.goals?, known);
    (known >= FEWEST && reached >= BY_THEMSELVES).then(|| {
        let message = format!(
            "{} of those whom `{}` would send something reach its goal without it",
            percent(reached),
            campaign.campaign
        );
        let fix = "choose customers for whom it makes a difference (policy `uplift`), or a goal nearer to what is wanted";
        Recommendation::new(&campaign.campaign, RecommendationCode::LittleToGain, reached, message, fix)
    })
}
