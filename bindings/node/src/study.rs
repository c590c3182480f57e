//! `Study` and `Search`: parameters that do well on rows held out.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use napi::Status;
use napi::bindgen_prelude::{Env, FromNapiValue, Function, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Map, Value};
use stayput_core::{Error, Result, Training, wire};
use stayput_models::SharedStudy;
use stayput_models::tune::{self as tuning, Direction, Space, StudyParams};

use crate::error::now;
use crate::input;
use crate::job::{Promised, answers, later};
use crate::json::{self, Document};
use crate::table::TrainingSet;

/// The search for parameters of training that do well on rows held out.
///
/// `params` are those of `train`, shared by all trials; `options.space` says what is searched, by
/// default the parameters of the algorithm that matter most. Trials are judged by the mean of a
/// `measure` over the folds of `crossValidate`, and given up where they are behind the median of
/// others by the same fold, unless `prune` is false. The first trial has the defaults.
#[napi]
pub struct Study {
    pub(crate) inner: Arc<SharedStudy>,
}

answers!(Study);

impl From<tuning::Study> for Study {
    fn from(study: tuning::Study) -> Self {
        Self { inner: Arc::new(study.into()) }
    }
}

/// How many trials a run has where nobody says.
const TRIALS: usize = 50;

/// `{ trials }`
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RunOptions {
    trials: Option<usize>,
}

/// `{ seed, direction }`
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct SearchOptions {
    seed: u64,
    direction: Option<String>,
}

/// The study of `params` and the options of one.
pub(crate) fn study(
    params: Option<&str>,
    mut options: Map<String, Value>,
) -> Result<tuning::Study> {
    let params: Option<Value> =
        params.map(|params| wire::from_json(params, "params")).transpose()?;
    options.insert("params".to_owned(), params.unwrap_or_default());
    tuning::Study::new(StudyParams::from_json(&wire::to_json(&options)?)?)
}

/// A function of JavaScript that is shown each trial, called from another thread.
pub(crate) type Watcher =
    ThreadsafeFunction<Document, Unknown<'static>, Unknown<'static>, Status, false, false, 0>;

/// The callback of a run, where there is one.
pub(crate) fn watcher(callback: Option<Unknown<'_>>) -> Result<Option<Watcher>> {
    let Some(callback) = callback else { return Ok(None) };
    let wrong = |_| Error::argument("callback", "expected a function");
    let callback = Function::<Unknown<'_>, Unknown<'_>>::from_unknown(callback).map_err(wrong)?;
    let built = callback.build_threadsafe_function::<Document>();
    let called = built.build_callback(|call| json::parse(call.env, &call.value));
    called.map(Some).map_err(|error| Error::argument("callback", error.reason.clone()))
}

/// Whether a run goes on: the callback returns anything but false.
fn goes_on(watcher: &Watcher, trial: &tuning::Trial) -> Result<bool> {
    let (answer, answered) = mpsc::channel();
    let told = watcher.call_with_return_value(
        Document(wire::to_json(trial)?),
        ThreadsafeFunctionCallMode::Blocking,
        move |returned, _| {
            let returned = returned.map(|value| bool::from_unknown(value).unwrap_or(true));
            // Nobody waits for an answer any more where this fails.
            let _ = answer.send(returned.map_err(|error| error.reason.clone()));
            Ok(())
        },
    );
    // Without an answer the process is about to end, and so is the run.
    match (told, answered.recv()) {
        (Status::Ok, Ok(Ok(on))) => Ok(on),
        (Status::Ok, Ok(Err(reason))) => {
            Err(Error::argument("callback", format!("throws: {reason}")))
        }
        _ => Ok(false),
    }
}

/// Runs a study on the thread pool.
pub(crate) fn run(
    inner: &SharedStudy,
    set: &Training,
    trials: Option<usize>,
    watcher: Option<&Watcher>,
) -> Result<()> {
    let mut failed = None;
    inner.run(&set.set, trials.unwrap_or(TRIALS), |trial| {
        match watcher.map_or(Ok(true), |watcher| goes_on(watcher, trial)) {
            Ok(true) => return ControlFlow::Continue(()),
            Ok(false) => {}
            Err(error) => failed = Some(error),
        }
        ControlFlow::Break(())
    })?;
    failed.map_or(Ok(()), Err)
}

pub(crate) fn rows(data: Unknown<'_>) -> Result<Arc<Training>> {
    input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner))
}

#[napi]
impl Study {
    /// A study that has tried nothing yet.
    #[napi(
        constructor,
        ts_args_type = "params?: TrainParams | null, options?: StudyOptions | null"
    )]
    pub fn new(
        env: Env,
        params: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Self> {
        now(env, || {
            let params = params.map(|params| json::stringify(env, params, "params")).transpose()?;
            Ok(study(params.as_deref(), json::options(env, options)?)?.into())
        })
    }

    /// Reads a study from the text of `toJson`, to go on from there.
    #[napi(factory, ts_args_type = "text: string")]
    pub fn from_json(env: Env, text: Unknown<'_>) -> napi::Result<Self> {
        now(env, || Ok(tuning::Study::from_json(&input::text(text, "text")?)?.into()))
    }

    /// The study as JSON, trials and all.
    #[napi]
    pub fn to_json(&self, env: Env) -> napi::Result<String> {
        now(env, || self.inner.now().to_json())
    }

    /// Tries so many points more, on the training set that the study began with. `callback` is shown
    /// the trial after each fold; where it returns false, the study stops there and a later `run`
    /// goes on from there, as if it had never stopped.
    #[napi(
        ts_args_type = "data: TrainingSet, options?: RunOptions | null, callback?: (trial: Trial) => unknown",
        ts_return_type = "Promise<Study>"
    )]
    pub fn run(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
        callback: Option<Unknown<'_>>,
    ) -> Promised<Study> {
        let (set, inner) = (rows(data), Arc::clone(&self.inner));
        let options = json::options::<RunOptions>(env, options);
        let watcher = watcher(callback);
        later(move || {
            run(&inner, &*set?, options?.trials, watcher?.as_ref())?;
            Ok(Study { inner })
        })
    }

    /// The best complete trial; null before there is one.
    #[napi(getter, ts_return_type = "Trial | null")]
    pub fn best(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let best = now(env, || wire::to_json(&self.inner.now().best()).map(Document))?;
        json::parse(env, &best)
    }

    /// The parameters of the best trial with those that all share: ready for `train`.
    #[napi(getter, ts_return_type = "TrainParams")]
    pub fn best_params(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let best = || wire::to_json(&self.inner.now().best_params()?).map(Document);
        json::parse(env, &now(env, best)?)
    }

    /// All trials in order, with the score of each fold; the last one may still run.
    #[napi(getter, ts_return_type = "Array<Trial>")]
    pub fn trials(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let trials = now(env, || wire::to_json(self.inner.now().trials()).map(Document))?;
        json::parse(env, &trials)
    }

    /// What trials are judged by.
    #[napi(getter, ts_return_type = "Measure")]
    pub fn measure(&self) -> &'static str {
        self.inner.now().measure().name()
    }
}

/// A seeded search of a space for any question that has a number for an answer, as `Study` does
/// for training: `ask` for a point, `tell` its score, and so on.
#[napi]
pub struct Search {
    inner: Mutex<tuning::Search>,
}

impl Search {
    fn now(&self) -> MutexGuard<'_, tuning::Search> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[napi]
impl Search {
    /// A search that has tried nothing yet.
    #[napi(
        constructor,
        ts_args_type = "space: Record<string, Dimension>, options?: SearchOptions | null"
    )]
    pub fn new(env: Env, space: Unknown<'_>, options: Option<Unknown<'_>>) -> napi::Result<Self> {
        now(env, || {
            let SearchOptions { seed, direction } = json::options(env, options)?;
            let direction = direction.as_deref().map(Direction::named).transpose()?;
            let space = Space::from_json(&json::stringify(env, space, "space")?)?;
            let search = tuning::Search::new(space, seed, direction.unwrap_or_default())?;
            Ok(Self { inner: Mutex::new(search) })
        })
    }

    /// Reads a search from the text of `toJson`, to go on from there.
    #[napi(factory, ts_args_type = "text: string")]
    pub fn from_json(env: Env, text: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let search = tuning::Search::from_json(&input::text(text, "text")?)?;
            Ok(Self { inner: Mutex::new(search) })
        })
    }

    /// The search as JSON, trials and all.
    #[napi]
    pub fn to_json(&self, env: Env) -> napi::Result<String> {
        now(env, || self.now().to_json())
    }

    /// The point to try: the same one until it is told.
    #[napi(ts_return_type = "Trial['params']")]
    pub fn ask(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let asked = now(env, || wire::to_json(&self.now().ask().params).map(Document))?;
        json::parse(env, &asked)
    }

    /// The score of the point that `ask` gave.
    #[napi(ts_args_type = "score: number")]
    pub fn tell(&self, env: Env, score: Unknown<'_>) -> napi::Result<()> {
        now(env, || {
            let score = f64::from_unknown(score);
            let score = score.map_err(|_| Error::argument("score", "expected a number"))?;
            self.now().tell(score)
        })
    }

    /// The best trial; null before there is one.
    #[napi(getter, ts_return_type = "Trial | null")]
    pub fn best(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let best = now(env, || wire::to_json(&self.now().best()).map(Document))?;
        json::parse(env, &best)
    }

    /// All trials in order; the last one may still wait for its score.
    #[napi(getter, ts_return_type = "Array<Trial>")]
    pub fn trials(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let trials = now(env, || wire::to_json(self.now().trials()).map(Document))?;
        json::parse(env, &trials)
    }
}
