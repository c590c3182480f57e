//! A search: trials of points of a space, one after the other, and what came of each.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stayput_core::{Error, Result, wire};

use super::space::Space;
use super::tpe::propose;

/// Trials that have to be complete before one is given up early.
const UNPRUNED: usize = 5;

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum TrialState {
    /// It waits for a score.
    Running,
    /// It has all its scores.
    Complete,
    /// It was given up, because others did better by then.
    Pruned,
    /// Its parameters do not go together.
    Refused,
}

/// One point of the space, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Trial {
    /// Its number, from 0.
    pub number: usize,
    /// The parameters that were tried; none of a study's first trial, which has the defaults.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "Record<string, string | number | boolean | null>")
    )]
    pub params: Map<String, Value>,
    /// What became of it.
    pub state: TrialState,
    /// The scores so far: in a study, one a fold.
    pub scores: Vec<f64>,
    /// Their mean; none where there is no score.
    pub score: Option<f64>,
    /// Why its parameters were refused.
    pub message: Option<String>,
}

/// Whether less or more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Less is better.
    #[default]
    Minimize,
    /// More is better.
    Maximize,
}

impl Direction {
    /// The direction of a name, `minimize` or `maximize`.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] for any other.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "minimize" => Ok(Self::Minimize),
            "maximize" => Ok(Self::Maximize),
            other => {
                let message = format!("is `{other}`; expected `minimize` or `maximize`");
                Err(Error::argument("direction", message))
            }
        }
    }

    /// A score such that less is better.
    fn loss(self, score: f64) -> f64 {
        if self == Self::Minimize { score } else { -score }
    }
}

/// A seeded search of a space by the tree-structured Parzen estimator, for any question that has a
/// number for an answer. The module's header says how it searches.
///
/// One trial runs at a time: [`Search::ask`] gives it, [`Search::tell`] ends it. The next one is a
/// function of the space, the seed and the trials so far, so a search that was written down and
/// read again goes on as if nothing had happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What is searched.
    space: Space,
    /// What all draws are seeded with.
    seed: u64,
    /// Whether less or more is better.
    direction: Direction,
    /// All trials, in order; only the last one may run.
    trials: Vec<Trial>,
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Search: {} trials of {} parameters", self.trials.len(), self.space.len())?;
        match self.best().and_then(|best| Some((best.number, best.score?))) {
            Some((number, score)) => write!(f, ", best {score:.6} in trial {number}"),
            None => Ok(()),
        }
    }
}

impl Search {
    /// A search that has tried nothing yet.
    ///
    /// # Errors
    /// As for [`Space::new`].
    pub fn new(space: Space, seed: u64, direction: Direction) -> Result<Self> {
        space.check()?;
        Ok(Self { space, seed, direction, trials: Vec::new() })
    }

    /// Reads a search that [`Search::to_json`] wrote.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] when it is none, or not a possible one.
    pub fn from_json(text: &str) -> Result<Self> {
        let search: Self = wire::from_json(text, "search")?;
        search.check(None)?;
        Ok(search)
    }

    /// The search as JSON.
    ///
    /// # Errors
    /// None that a search can have.
    pub fn to_json(&self) -> Result<String> {
        wire::to_json(self)
    }

    /// Whether it is one that could have come about, where a trial has so many scores when it is
    /// complete; any number but none, where that is not said.
    pub(super) fn check(&self, folds: Option<usize>) -> Result<()> {
        self.space.check()?;
        for (number, trial) in self.trials.iter().enumerate() {
            let refuse =
                |message: &str| Err(Error::argument("trials", format!("trial {number} {message}")));
            if trial.number != number {
                return refuse("does not have its number");
            }
            if !trial.params.is_empty() && self.space.coordinates(&trial.params).is_none() {
                return refuse("has parameters that are not of the space");
            }
            if trial.state == TrialState::Running && number + 1 < self.trials.len() {
                return refuse("still runs, and others come after it");
            }
            let (scores, most) = (trial.scores.len(), folds.unwrap_or(usize::MAX));
            let possible = match trial.state {
                TrialState::Running => scores < most,
                TrialState::Complete => scores > 0 && folds.is_none_or(|folds| scores == folds),
                TrialState::Pruned => scores > 0 && scores < most,
                TrialState::Refused => scores == 0,
            };
            if !possible {
                return refuse("has as many scores as no trial of its state can have");
            }
            let finite = trial.scores.iter().all(|score| score.is_finite());
            if !finite || trial.score != mean(&trial.scores) {
                return refuse("has a score that is not the mean of finite ones");
            }
        }
        Ok(())
    }

    /// What is searched.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// What all draws are seeded with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// All trials, in order.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The best complete trial, of equals the first; none before one is complete.
    #[must_use]
    pub fn best(&self) -> Option<&Trial> {
        let complete = self.trials.iter().filter(|trial| trial.state == TrialState::Complete);
        complete.min_by(|a, b| self.loss(a).total_cmp(&self.loss(b)))
    }

    /// The trial that waits for its score: the one that runs, or else a new one.
    pub fn ask(&mut self) -> &Trial {
        if self.running().is_none() {
            let at = propose(&self.space, &self.ranked(), self.seed, self.trials.len() as u64);
            let params = self.space.params(&at);
            self.begin(params);
        }
        &self.trials[self.trials.len() - 1]
    }

    /// Ends the trial that runs, with its score.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] when none runs, or for a score that is not finite.
    pub fn tell(&mut self, score: f64) -> Result<()> {
        self.add(score)?;
        self.end(TrialState::Complete)
    }

    /// Begins a trial of these parameters.
    pub(super) fn begin(&mut self, params: Map<String, Value>) {
        let (state, number) = (TrialState::Running, self.trials.len());
        let trial = Trial { number, params, state, scores: Vec::new(), score: None, message: None };
        self.trials.push(trial);
    }

    /// One more score of the trial that runs.
    pub(super) fn add(&mut self, score: f64) -> Result<()> {
        if !score.is_finite() {
            return Err(Error::argument("score", format!("is {score}; expected a finite number")));
        }
        let trial = self.running_mut()?;
        trial.scores.push(score);
        trial.score = mean(&trial.scores);
        Ok(())
    }

    /// Ends the trial that runs.
    pub(super) fn end(&mut self, state: TrialState) -> Result<()> {
        self.running_mut()?.state = state;
        Ok(())
    }

    /// Ends the trial that runs, because its parameters do not go together.
    pub(super) fn refuse(&mut self, message: String) -> Result<()> {
        let trial = self.running_mut()?;
        (trial.state, trial.message) = (TrialState::Refused, Some(message));
        Ok(())
    }

    /// Whether the trial that runs does worse by now than the median of those that are complete did
    /// with as many scores, running means compared (Golovin et al. 2017, the median stopping rule).
    /// Never while fewer than five are complete.
    pub(super) fn is_behind(&self) -> bool {
        let Some(trial) = self.running().filter(|trial| !trial.scores.is_empty()) else {
            return false;
        };
        let so_far = trial.scores.len();
        let complete = self.trials.iter().filter(|other| other.state == TrialState::Complete);
        let means = complete.filter_map(|other| mean(other.scores.get(..so_far)?));
        let mut losses: Vec<f64> = means.map(|mean| self.direction.loss(mean)).collect();
        losses.sort_unstable_by(f64::total_cmp);
        let [.., last] = losses.as_slice() else { return false };
        let middle = losses.len() / 2;
        let upper = losses.get(middle).unwrap_or(last);
        let median =
            if losses.len() % 2 == 1 { *upper } else { f64::midpoint(losses[middle - 1], *upper) };
        losses.len() >= UNPRUNED && self.loss(trial) > median
    }

    /// The trial that runs.
    pub(super) fn running(&self) -> Option<&Trial> {
        self.trials.last().filter(|trial| trial.state == TrialState::Running)
    }

    fn running_mut(&mut self) -> Result<&mut Trial> {
        let running = self.trials.last_mut().filter(|trial| trial.state == TrialState::Running);
        running.ok_or_else(|| {
            Error::argument(
                "score",
                "there is no trial that waits for one; `ask` for the next first",
            )
        })
    }

    fn loss(&self, trial: &Trial) -> f64 {
        trial.score.map_or(f64::INFINITY, |score| self.direction.loss(score))
    }

    /// The coordinates of all trials that ended, the best first: those that are complete by their
    /// score; then those that were given up, the later the better; then those that were refused.
    fn ranked(&self) -> Vec<Vec<f64>> {
        let mut ended: Vec<(&Trial, Vec<f64>)> = self
            .trials
            .iter()
            .filter(|trial| trial.state != TrialState::Running)
            .filter_map(|trial| Some((trial, self.space.coordinates(&trial.params)?)))
            .collect();
        let rank = |trial: &Trial| match trial.state {
            TrialState::Complete => (0, 0),
            TrialState::Pruned => (1, usize::MAX - trial.scores.len()),
            TrialState::Running | TrialState::Refused => (2, 0),
        };
        ended.sort_by(|(a, _), (b, _)| {
            rank(a).cmp(&rank(b)).then(self.loss(a).total_cmp(&self.loss(b)))
        });
        ended.into_iter().map(|(_, at)| at).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of folds")]
fn mean(scores: &[f64]) -> Option<f64> {
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::space::Dimension;
    use super::super::tpe::evenly;
    use super::*;

    /// A function of Dixon and Szegö 1978 with three minima of 0.397887.
    fn branin(x: f64, y: f64) -> f64 {
        use std::f64::consts::PI;
        let bend = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
        bend * bend + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
    }

    /// Six parameters of every kind, two of which go together; the least is 0.
    fn mixed(params: &Map<String, Value>) -> f64 {
        let number = |name: &str| params[name].as_f64().unwrap();
        let off = |x: f64, best: f64| (x - best) * (x - best);
        off(number("rate").log10(), -1.5)
            + 0.05 * off(number("depth"), 5.0)
            + 4.0 * off(number("share") + number("other"), 1.1)
            + 0.3 * off(number("count").log2(), 6.0)
            + match params["kind"].as_str().unwrap() {
                "good" => 0.0,
                "fair" => 0.3,
                _ => 1.0,
            }
    }

    fn plane() -> Space {
        Space::new([("x", Dimension::float(-5.0, 10.0)), ("y", Dimension::float(0.0, 15.0))])
            .unwrap()
    }

    type Function = fn(&Map<String, Value>) -> f64;

    fn cases() -> [(Space, Function); 2] {
        let six = Space::new([
            ("rate", Dimension::log_float(1e-3, 1.0)),
            ("depth", Dimension::int(1, 12)),
            ("share", Dimension::float(0.0, 1.0)),
            ("other", Dimension::float(0.0, 1.0)),
            ("count", Dimension::log_int(1, 1_000)),
            ("kind", Dimension::choice(["bad", "fair", "good", "worse"])),
        ]);
        let of_plane: Function =
            |params| branin(params["x"].as_f64().unwrap(), params["y"].as_f64().unwrap());
        [(plane(), of_plane), (six.unwrap(), mixed)]
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2]
    }

    #[test]
    fn at_an_equal_budget_it_finds_less_than_random_points_do() {
        // What the median of 101 seeds may reach in 60 trials, and at most what share of it random
        // points reach.
        for ((space, f), (most, share)) in cases().into_iter().zip([(0.8, 0.7), (0.4, 0.5)]) {
            let search = |seed| {
                let mut search = Search::new(space.clone(), seed, Direction::Minimize).unwrap();
                for _ in 0..60 {
                    let score = f(&search.ask().params);
                    search.tell(score).unwrap();
                }
                search.best().unwrap().score.unwrap()
            };
            let random = |seed| {
                let draws = (0..60).map(|at| f(&space.params(&evenly(&space, seed, at))));
                draws.fold(f64::INFINITY, f64::min)
            };
            let found = median((0..101).map(search).collect());
            let by_chance = median((0..101).map(random).collect());
            println!("{} parameters: {found:.4}, random {by_chance:.4}", space.len());
            assert!(found < most && found < share * by_chance, "{found} {by_chance}");
        }
    }

    #[test]
    fn more_is_better_is_less_is_better_turned_round() {
        let mut up = Search::new(plane(), 4, Direction::Maximize).unwrap();
        let mut down = Search::new(plane(), 4, Direction::Minimize).unwrap();
        for _ in 0..30 {
            let params = up.ask().params.clone();
            assert_eq!(params, down.ask().params);
            let score = branin(params["x"].as_f64().unwrap(), params["y"].as_f64().unwrap());
            up.tell(-score).unwrap();
            down.tell(score).unwrap();
        }
        assert_eq!(up.best().unwrap().number, down.best().unwrap().number);
    }

    #[test]
    fn a_search_written_down_goes_on_as_if_nothing_had_happened() {
        let (space, f) = cases()[1].clone();
        let mut whole = Search::new(space.clone(), 9, Direction::Minimize).unwrap();
        let mut broken = whole.clone();
        for _ in 0..40 {
            let params = whole.ask().params.clone();
            whole.tell(f(&params)).unwrap();
            broken = Search::from_json(&broken.to_json().unwrap()).unwrap();
            assert_eq!(broken.ask().params, params);
            broken = Search::from_json(&broken.to_json().unwrap()).unwrap();
            let params = broken.ask().params.clone();
            broken.tell(f(&params)).unwrap();
        }
        assert_eq!(whole, broken);
    }

    #[test]
    fn a_trial_behind_the_median_is_given_up() {
        let mut search = Search::new(plane(), 0, Direction::Minimize).unwrap();
        for first in [1.0, 2.0, 3.0, 4.0, 5.0] {
            search.ask();
            search.add(first).unwrap();
            assert!(!search.is_behind());
            search.add(0.0).unwrap();
            search.end(TrialState::Complete).unwrap();
        }
        let behind = |search: &Search, scores: &[f64]| {
            let mut search = search.clone();
            search.ask();
            for score in scores {
                search.add(*score).unwrap();
            }
            search.is_behind()
        };
        // The running means after one score have the median 3, after two 1.5.
        assert!(!behind(&search, &[]));
        assert!(!behind(&search, &[3.0]));
        assert!(behind(&search, &[3.01]));
        assert!(!behind(&search, &[2.0, 1.0]));
        assert!(behind(&search, &[2.0, 1.1]));
    }

    #[test]
    fn what_never_came_about_is_refused() {
        let mut search = Search::new(plane(), 0, Direction::Minimize).unwrap();
        assert!(search.tell(1.0).unwrap_err().to_string().contains("`ask` for the next"));
        search.ask();
        for score in [f64::NAN, f64::INFINITY] {
            assert!(search.tell(score).is_err());
        }
        search.tell(0.5).unwrap();
        let text = search.to_json().unwrap();
        assert_eq!(Search::from_json(&text).unwrap(), search);
        for (from, to) in [
            ("\"number\":0", "\"number\":3"),
            ("\"score\":0.5", "\"score\":0.25"),
            ("\"x\":", "\"z\":"),
            ("\"scores\":[0.5]", "\"scores\":[]"),
            ("\"seed\":0", "\"seed\":-1"),
            ("\"low\":-5.0", "\"low\":50.0"),
            ("\"direction\":\"minimize\"", "\"direction\":\"down\""),
        ] {
            let wrong = text.replacen(from, to, 1);
            assert_ne!(wrong, text, "{from}");
            let error = Search::from_json(&wrong).unwrap_err();
            assert_eq!(error.code(), stayput_core::ErrorCode::Argument, "{from}: {error}");
        }
        assert!(Direction::named("up").is_err());
    }
}
