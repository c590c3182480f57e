//! A study: the search for parameters of training.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stayput_core::features::TrainingSet;
use stayput_core::{Error, ErrorCode, Result, wire};

use super::search::{Direction, Search, Trial, TrialState};
use super::space::{Space, place};
use crate::data::refuse;
use crate::params::TrainParams;
use crate::train::train;
use crate::validate::{Folds, Measure, evaluate};

/// What a study is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct StudyParams {
    /// The parameters of training that all trials share, `algorithm` among them.
    #[cfg_attr(feature = "typescript", ts(optional, type = "TrainParams"))]
    pub params: Map<String, Value>,
    /// What is searched: parameters of training with the values that each may take. By default,
    /// those of the algorithm that matter most.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Record<string, Dimension>"))]
    pub space: Option<Space>,
    /// What trials are judged by; `log_loss` by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Measure>"))]
    pub measure: Measure,
    /// How rows are parted into folds, as for cross-validation: `row` by default.
    #[cfg_attr(feature = "typescript", ts(optional, type = "\"row\" | \"customer\" | \"time\""))]
    pub by: String,
    /// How many folds: 5 by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<usize>"))]
    pub folds: usize,
    /// For folds by time: how long before the judged rows those to train on end.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<String>"))]
    pub purge: String,
    /// What folds and proposals are drawn with; 0 by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u64>"))]
    pub seed: u64,
    /// Whether trials are given up that are behind the median of others by the same fold; they are
    /// by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub prune: bool,
}

impl Default for StudyParams {
    fn default() -> Self {
        Self {
            params: Map::new(),
            space: None,
            measure: Measure::LogLoss,
            by: "row".to_owned(),
            folds: 5,
            purge: "0d".to_owned(),
            seed: 0,
            prune: true,
        }
    }
}

impl StudyParams {
    /// Parameters from a JSON object; what is not there, or null, has its default.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`] naming what is not one of them, or has a value that cannot be.
    pub fn from_json(text: &str) -> Result<Self> {
        let mut map: Map<String, Value> = wire::from_json(text, "options")?;
        map.retain(|_, value| !value.is_null());
        let space = map.remove("space").map(Space::from_value).transpose()?;
        let measure = match map.remove("measure") {
            None => Self::default().measure,
            Some(Value::String(name)) => Measure::named(&name)?,
            Some(other) => {
                return Err(Error::argument("measure", format!("is `{other}`; expected a name")));
            }
        };
        Ok(Self { space, measure, ..wire::from_json(&wire::to_json(&map)?, "options")? })
    }
}

impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trials = self.trials();
        let count = |state| trials.iter().filter(|trial| trial.state == state).count();
        let pruned = count(TrialState::Pruned);
        write!(f, "Study: {} trials by `{}`", trials.len(), self.measure.name())?;
        if pruned > 0 {
            write!(f, ", {pruned} given up")?;
        }
        match self.best().and_then(|best| Some((best.number, best.score?))) {
            Some((number, score)) => write!(f, ", best {score:.4} in trial {number}"),
            None => Ok(()),
        }
    }
}

/// The search for parameters of training that do well on rows held out.
///
/// The first trial has the defaults of the space's parameters, so that the best one is never worse
/// than they are. Written down and read again at any time, between folds too, a study goes on as
/// if nothing had happened, to the bit, and on any number of threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// The version of this document: 1.
    version: u32,
    /// The parameters of training that all trials share.
    params: Map<String, Value>,
    measure: Measure,
    by: String,
    folds: usize,
    purge: String,
    prune: bool,
    /// What tells the training set apart from others, once there is one.
    data: Option<String>,
    search: Search,
}

const VERSION: u32 = 1;

impl Study {
    /// A study that has tried nothing yet.
    ///
    /// # Errors
    /// [`ErrorCode::ModelParameter`] for a parameter that is not possible, or that can have no
    /// value of the space's ends; [`ErrorCode::Argument`] for a space that cannot be searched, a
    /// parameter that is both fixed and in the space, and folds that cannot be.
    pub fn new(params: StudyParams) -> Result<Self> {
        let fixed = TrainParams::from_map(&params.params)?;
        let space = params.space.unwrap_or_else(|| Space::of(fixed.algorithm, &params.params));
        let direction =
            if params.measure.more_is_better() { Direction::Maximize } else { Direction::Minimize };
        let mut study = Self {
            version: VERSION,
            params: params.params,
            measure: params.measure,
            by: params.by,
            folds: params.folds,
            purge: params.purge,
            prune: params.prune,
            data: None,
            search: Search::new(space, params.seed, direction)?,
        };
        study.check()?;
        study.search.begin(Map::new());
        Ok(study)
    }

    /// Reads a study that [`Study::to_json`] wrote.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`] when it is none, of another version, or not a possible one.
    pub fn from_json(text: &str) -> Result<Self> {
        let study: Self = wire::from_json(text, "study")?;
        if study.version != VERSION {
            let message = format!("has version {}; this one reads {VERSION}", study.version);
            return Err(Error::argument("study", message));
        }
        study.search.check(Some(study.folds))?;
        study.check()?;
        Ok(study)
    }

    /// The study as JSON, trials and all.
    ///
    /// # Errors
    /// None that a study can have.
    pub fn to_json(&self) -> Result<String> {
        wire::to_json(self)
    }

    fn check(&self) -> Result<()> {
        self.parted()?;
        for (name, of) in self.search.space().iter() {
            if self.params.get(name).is_some_and(|value| !value.is_null()) {
                return Err(place(name, "is given as a parameter too; it is one or the other"));
            }
            for value in of.extremes() {
                self.check_value(name, value)?;
            }
        }
        Ok(())
    }

    /// Whether a parameter may have a value: beside the defaults, or beside some choice of another
    /// parameter of the space.
    fn check_value(&self, name: &str, value: Value) -> Result<()> {
        let mut beside = self.params.clone();
        beside.insert(name.to_owned(), value);
        let possible = |params: &Map<String, Value>| TrainParams::from_map(params)?.check();
        let Err(error) = possible(&beside) else { return Ok(()) };
        let others = self.search.space().iter().filter(|(other, _)| *other != name);
        for (other, of) in others {
            for choice in of.extremes() {
                let mut beside = beside.clone();
                beside.insert(other.to_owned(), choice);
                if possible(&beside).is_ok() {
                    return Ok(());
                }
            }
        }
        Err(error)
    }

    /// How rows are parted.
    fn parted(&self) -> Result<Folds> {
        let seed = Some(self.search.seed());
        Folds::named(Some(&self.by), Some(self.folds), seed, Some(&self.purge))
    }

    /// Tries `trials` points more, the one that was begun among them, each by cross-validation on
    /// `set`. `watch` is shown the study after every fold, and may end it there.
    ///
    /// A point whose parameters do not go together is a trial too, of the state
    /// [`TrialState::Refused`].
    ///
    /// # Errors
    /// As for [`crate::cross_validate`]; [`ErrorCode::Argument`] for another set than the study
    /// began with, and [`ErrorCode::ModelData`] where a fold's labels are all alike and the measure
    /// is one of order. What was tried by then is kept.
    pub fn run(
        &mut self,
        set: &TrainingSet,
        trials: usize,
        mut watch: impl FnMut(&Self) -> ControlFlow<()>,
    ) -> Result<()> {
        let splits = self.parted()?.split(set)?;
        let data = fingerprint(set);
        if self.data.as_ref().is_some_and(|own| *own != data) {
            return Err(Error::argument(
                "data",
                "is not the training set that the study began with; begin another",
            ));
        }
        self.data = Some(data);
        let part = |rows: &[usize]| set.select(rows);
        let parts = splits.iter().map(|split| Ok((part(&split.train)?, part(&split.test)?)));
        let parts: Vec<(TrainingSet, TrainingSet)> = parts.collect::<Result<_>>()?;
        let goal = self.ended().saturating_add(trials);
        while self.ended() < goal {
            let trial = self.search.ask().clone();
            let (fold, params) = (trial.scores.len(), self.with_params(&trial.params));
            match params.and_then(|params| params.check().map(|_| params)) {
                Ok(params) => {
                    let (seen, unseen) = &parts[fold];
                    let report = evaluate(&train(seen, &params)?, unseen)?;
                    let score = self.measure.of(&report).ok_or_else(|| {
                        refuse(format!(
                            "all labels of fold {fold} are alike, so it cannot be judged by order; \
                             take fewer folds, or the measure `log_loss`"
                        ))
                    })?;
                    self.search.add(score)?;
                    if fold + 1 == parts.len() {
                        self.search.end(TrialState::Complete)?;
                    } else if self.prune && self.search.is_behind() {
                        self.search.end(TrialState::Pruned)?;
                    }
                }
                Err(error) if error.code() == ErrorCode::ModelParameter => {
                    self.search.refuse(error.to_string())?;
                }
                Err(error) => return Err(error),
            }
            if watch(self).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The trials that ended.
    fn ended(&self) -> usize {
        self.search.trials().len() - usize::from(self.search.running().is_some())
    }

    /// The parameters that all trials share, with those of one.
    fn with_params(&self, own: &Map<String, Value>) -> Result<TrainParams> {
        TrainParams::from_map(&self.merged(own))
    }

    fn merged(&self, own: &Map<String, Value>) -> Map<String, Value> {
        let mut params = self.params.clone();
        params.extend(own.clone());
        params
    }

    /// The best complete trial, of equals the first; none before one is complete.
    #[must_use]
    pub fn best(&self) -> Option<&Trial> {
        self.search.best()
    }

    /// The parameters of the best trial, with those that all share: ready to train with.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`] before a trial is complete.
    pub fn best_params(&self) -> Result<Map<String, Value>> {
        let best = self
            .best()
            .ok_or_else(|| Error::argument("study", "has no complete trial yet; run it first"))?;
        Ok(self.merged(&best.params))
    }

    /// The same as [`crate::train`] takes them.
    ///
    /// # Errors
    /// As for [`Study::best_params`].
    pub fn best_train_params(&self) -> Result<TrainParams> {
        TrainParams::from_map(&self.best_params()?)
    }

    /// What trials are judged by.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// What is searched.
    #[must_use]
    pub fn space(&self) -> &Space {
        self.search.space()
    }

    /// All trials, in order; the last one may still run.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        self.search.trials()
    }
}

/// What tells a training set apart from others: a hash of all its values, labels and keys.
fn fingerprint(set: &TrainingSet) -> String {
    let mut hash = blake3::Hasher::new();
    let mut text = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    let keys = &set.table.keys;
    for row in 0..keys.len() {
        text(keys.customer_id(row));
    }
    for column in &set.table.columns {
        text(&column.name);
        text(column.kind.name());
        if let stayput_core::features::FeatureType::Category { values } = &column.kind {
            for value in values {
                text(value);
            }
        }
    }
    let mut numbers = |numbers: &[f64]| {
        for number in numbers {
            hash.update(&number.to_bits().to_le_bytes());
        }
    };
    numbers(&set.labels);
    for column in &set.table.columns {
        // Instants and texts are no inputs of a model.
        if let Some(rows) = column.numbers() {
            numbers(&rows);
        }
    }
    for at in keys.as_of.iter() {
        hash.update(&at.to_le_bytes());
    }
    hash.finalize().to_hex().to_string()
}

/// A study that threads share: one may run it while others look.
#[derive(Debug)]
pub struct SharedStudy {
    study: Mutex<Study>,
    running: Mutex<()>,
}

impl From<Study> for SharedStudy {
    fn from(study: Study) -> Self {
        Self { study: Mutex::new(study), running: Mutex::new(()) }
    }
}

impl SharedStudy {
    /// The study as it is by now.
    pub fn now(&self) -> MutexGuard<'_, Study> {
        // It is replaced as a whole, so that no panic leaves half of one.
        self.study.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs it, as [`Study::run`] does; others see each fold when it is judged.
    ///
    /// # Errors
    /// As for [`Study::run`], and [`ErrorCode::Argument`] while it runs already.
    pub fn run(
        &self,
        set: &TrainingSet,
        trials: usize,
        mut watch: impl FnMut(&Trial) -> ControlFlow<()>,
    ) -> Result<()> {
        let _running = match self.running.try_lock() {
            Ok(running) => running,
            // A run that ended in a panic runs no more.
            Err(TryLockError::Poisoned(running)) => running.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let message = "runs already; wait for it, or begin another";
                return Err(Error::argument("study", message));
            }
        };
        let mut study = self.now().clone();
        let mut shown = |study: &Study| {
            self.now().clone_from(study);
            study.trials().last().map_or(ControlFlow::Continue(()), &mut watch)
        };
        let done = study.run(set, trials, &mut shown);
        self.now().clone_from(&study);
        done
    }
}

#[cfg(test)]
mod tests;
