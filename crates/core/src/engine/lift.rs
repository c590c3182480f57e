//! What campaigns bring, by those who are held out, and which to change for it.
//!
//! | code | when |
//! |---|---|
//! | `no_holdout` | the campaign has a goal, and nobody is held out |
//! | `sample_ratio` | the arms are not of the sizes that are meant (p below 0.001) |
//! | `harmful` | the whole interval is below 0 |
//! | `no_lift` | the whole interval is below the effect that is worth having |

use serde::Serialize;

use super::Engine;
use super::decide::first_event;
use super::recommendation::{Recommendation, RecommendationCode};
use crate::campaign::{Arms, CampaignLift, LiftParams};
use crate::error::Result;
use crate::time::Timestamp;

/// What campaigns bring.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LiftReport {
    /// The instant up to which it is known.
    pub as_of: Timestamp,
    /// Since when; null for all of the past.
    pub since: Option<Timestamp>,
    /// One less the chance of ever telling of a lift that is not there.
    pub level: f64,
    /// The difference of shares that is worth having.
    pub effect: f64,
    /// The campaigns that have a goal, in the order of the playbook.
    pub campaigns: Vec<CampaignLift>,
    /// Which of them to change, and why.
    pub recommendations: Vec<Recommendation>,
}

/// From so small a chance on, arms are not of the sizes that are meant.
const MISMATCH: f64 = 0.001;

impl Engine {
    /// What each campaign with a goal brings: how many of those who may be sent to reach the goal,
    /// beside those who are held out by chance. One may ask as often as one likes; the intervals of
    /// all looks together hold the truth with the stated level. Each customer counts once in a
    /// campaign, from its first firing that the holdouts were asked about.
    ///
    /// Cost: a step for each customer and campaign.
    ///
    /// # Errors
    /// `argument` for a level outside of 0 to 1, or an effect of 0.
    pub fn lift(&self, as_of: Timestamp, params: &LiftParams) -> Result<LiftReport> {
        let playbook = self.bundle.playbook();
        let (set, schema) = (&playbook.campaigns().set, playbook.schema());
        let with_goal = set.campaigns.iter().filter(|campaign| campaign.goal.is_some());
        let with_goal: Vec<_> = with_goal.collect();
        let mut arms = vec![Arms::default(); with_goal.len()];
        for state in self.customers.values() {
            let Some(decided) = &state.decided else { continue };
            let history = state.history.view(playbook.layout());
            let first = |name: &str, after| first_event(schema, &history, name, after, as_of);
            for (campaign, arms) in with_goal.iter().zip(&mut arms) {
                arms.count(campaign, &decided.campaigns, &first, (params.since, as_of));
            }
        }
        let lifts = with_goal.iter().zip(&arms);
        let campaigns: Vec<CampaignLift> = lifts
            .map(|(campaign, arms)| arms.lift(set, campaign, params))
            .collect::<Result<_>>()?;
        let LiftParams { since, level, effect } = *params;
        let recommendations = campaigns.iter().filter_map(|lift| recommend(lift, effect)).collect();
        Ok(LiftReport { as_of, since, level, effect, campaigns, recommendations })
    }
}

/// What the lift of a campaign recommends: the first thing that is the matter.
fn recommend(lift: &CampaignLift, effect: f64) -> Option<Recommendation> {
    use RecommendationCode::{Harmful, NoHoldout, NoLift, SampleRatio};
    let name = &lift.campaign;
    let found =
        |code, share, message, fix| Some(Recommendation::new(name, code, share, message, fix));
    if lift.control.is_none() {
        let message =
            format!("nobody is held out of `{name}`, so that nothing tells what it brings");
        return found(NoHoldout, 0.0, message, "give it a `holdout`, of 0.1 for instance");
    }
    if lift.sample_ratio_p.is_some_and(|p| p < MISMATCH) {
        let sizes = [lift.treated, lift.held_out].map(|arm| arm.customers + arm.open);
        let [treated, held_out] = sizes;
        let message = format!(
            "{held_out} customers are held out of `{name}` beside {treated} who are not, which is not the share \
             that is meant"
        );
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let share = held_out as f64 / (held_out + treated) as f64;
        let fix = "ask with `since` from when the holdout was last changed";
        return found(SampleRatio, share, message, fix);
    }
    let high = lift.high?;
    if high < 0.0 {
        let message = format!(
            "of those whom `{name}` may send to, fewer reach its goal than of those held out: by {:.1} in 100 at \
             least",
            -high * 100.0
        );
        return found(Harmful, high, message, "stop it, or send something else");
    }
    (high < effect.abs()).then(|| {
        let message = format!("`{name}` brings {:.1} customers more in 100 at most", high * 100.0);
        let fix = "stop it, or choose customers for whom it makes a difference (policy `uplift`)";
        Recommendation::new(name, NoLift, high, message, fix)
    })
}
