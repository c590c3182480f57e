//! From parameters as they come to those that are possible, with defaults filled in.

use std::collections::BTreeMap;

use stayput_core::Result;
use stayput_core::schema::Literal;

use super::{
    Algorithm, Calibrate, ClassWeight, EarlyStopping, GrowPolicy, MaxFeatures, TrainParams, count,
    penalty, refuse, share, within,
};
use crate::constraints::Constraints;
use crate::encode::Encode;

/// Parameters that are possible.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedTrainParams {
    pub(crate) algorithm: CheckedAlgorithm,
    pub(crate) random_state: u64,
    pub(crate) encoding: Encode,
    /// Whether the encoding was chosen, and not left to the algorithm.
    pub(crate) encoding_given: bool,
    pub(crate) weights: Weights,
    pub(crate) calibrate: Option<Calibrate>,
    pub(crate) confidence: bool,
}

/// What a row of each label counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Weights {
    /// 1 for label 0, and this for label 1.
    Positives(f64),
    /// As much as makes the labels equals.
    Balanced,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CheckedAlgorithm {
    Gbm(GbmParams),
    Gbdt(GbdtParams),
    Logistic(LogisticParams),
    Forest(ForestParams),
    Tree(TreeParams),
}

/// How many trees are grown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trees {
    So(Settled),
    /// As many as rows held out say.
    Chosen(HeldOut),
}

/// So many trees, and what their sum is multiplied by and shifted by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settled {
    pub(crate) trees: usize,
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
}

impl Settled {
    /// So many trees as they are.
    pub(crate) fn plain(trees: usize) -> Self {
        Self { trees, slope: 1.0, intercept: 0.0 }
    }
}

/// How rows held out say how many trees there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldOut {
    pub(crate) rows: EarlyStopping,
    pub(crate) most: usize,
    /// After so many trees without a lower log-loss no more are tried.
    pub(crate) patience: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GbmParams {
    pub(crate) trees: Trees,
    pub(crate) grow_policy: GrowPolicy,
    pub(crate) max_depth: usize,
    pub(crate) learning_rate: f64,
    pub(crate) min_child_weight: f64,
    pub(crate) subsample: f64,
    pub(crate) colsample_bytree: f64,
    pub(crate) colsample_bylevel: f64,
    pub(crate) random_strength: f64,
    pub(crate) reg_lambda: f64,
    pub(crate) constraints: Constraints,
    pub(crate) random_state: u64,
    /// None for all cores.
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GbdtParams {
    pub(crate) n_estimators: usize,
    pub(crate) max_depth: u32,
    pub(crate) learning_rate: f32,
    pub(crate) min_child_samples: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogisticParams {
    pub(crate) c: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForestParams {
    pub(crate) n_estimators: usize,
    pub(crate) max_depth: usize,
    pub(crate) min_samples_leaf: usize,
    pub(crate) max_features: MaxFeatures,
    pub(crate) max_samples: f64,
    /// Without directions: the trainer cannot keep to them without a penalty on leaves.
    pub(crate) constraints: Constraints,
    pub(crate) random_state: u64,
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TreeParams {
    pub(crate) max_depth: usize,
    pub(crate) min_samples_leaf: usize,
    pub(crate) threads: Option<usize>,
}

/// The most trees that are tried where rows held out say how many.
const MOST_TREES: u64 = 1_000;

/// The trees without a lower log-loss after which no more are tried.
const PATIENCE: u64 = 100;

/// The most trees there may be.
const LIMIT: u64 = 100_000;

impl TrainParams {
    /// The parameters with defaults filled in, when all of them are possible.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::ModelParameter`] naming the parameter that is out of range or
    /// that the algorithm does not have.
    pub fn check(&self) -> Result<CheckedTrainParams> {
        for name in self.given() {
            if !self.algorithm.own().contains(&name) {
                let message = format!("is not a parameter of `{}`", self.algorithm.name());
                return Err(refuse(name, message));
            }
        }
        let random_state = self.random_state.unwrap_or(0);
        let threads = self.threads()?;
        let algorithm = match self.algorithm {
            Algorithm::Gbm => CheckedAlgorithm::Gbm(self.gbm(random_state)?),
            Algorithm::Gbdt => CheckedAlgorithm::Gbdt(self.gbdt()?),
            Algorithm::Logistic => CheckedAlgorithm::Logistic(LogisticParams {
                c: within(
                    "C",
                    self.c.unwrap_or(1.0),
                    |c| (1e-12..=1e12).contains(&c),
                    "1e-12 to 1e12",
                )?,
            }),
            Algorithm::Forest => CheckedAlgorithm::Forest(self.forest(random_state)?),
            Algorithm::Tree => {
                if self.encoding.is_some_and(|encoding| encoding != Encode::Native) {
                    let message = "`tree` asks about categories as they are, so that its questions \
                                   can be read; leave it out";
                    return Err(refuse("encoding", message));
                }
                CheckedAlgorithm::Tree(TreeParams {
                    max_depth: count("max_depth", self.max_depth.unwrap_or(4), 16)?,
                    min_samples_leaf: self.leaf(50)?,
                    threads,
                })
            }
        };
        let encoding = self.encoding.unwrap_or(match &algorithm {
            CheckedAlgorithm::Gbm(gbm) if gbm.grow_policy == GrowPolicy::Symmetric => Encode::Auto,
            _ => Encode::Native,
        });
        Ok(CheckedTrainParams {
            algorithm,
            random_state,
            encoding,
            encoding_given: self.encoding.is_some(),
            weights: self.weights()?,
            calibrate: self.calibrate,
            confidence: self.confidence.unwrap_or(false),
        })
    }

    /// The parameters of single algorithms that are given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("n_estimators", self.n_estimators.is_some()),
            ("early_stopping", self.early_stopping.is_some()),
            ("early_stopping_rounds", self.early_stopping_rounds.is_some()),
            ("grow_policy", self.grow_policy.is_some()),
            ("max_depth", self.max_depth.is_some()),
            ("learning_rate", self.learning_rate.is_some()),
            ("min_child_weight", self.min_child_weight.is_some()),
            ("min_child_samples", self.min_child_samples.is_some()),
            ("min_samples_leaf", self.min_samples_leaf.is_some()),
            ("max_features", self.max_features.is_some()),
            ("max_samples", self.max_samples.is_some()),
            ("subsample", self.subsample.is_some()),
            ("colsample_bytree", self.colsample_bytree.is_some()),
            ("colsample_bylevel", self.colsample_bylevel.is_some()),
            ("random_strength", self.random_strength.is_some()),
            ("reg_lambda", self.reg_lambda.is_some()),
            ("C", self.c.is_some()),
            ("monotone_constraints", self.monotone_constraints.is_some()),
            ("interaction_constraints", self.interaction_constraints.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }

    /// Defaults: docs/decisions/0004-training-defaults.md says what they were measured to bring.
    fn gbm(&self, random_state: u64) -> Result<GbmParams> {
        let grow_policy = self.grow_policy.unwrap_or_default();
        let symmetric = grow_policy == GrowPolicy::Symmetric;
        if symmetric && self.encoding == Some(Encode::Native) {
            let message = "`native` is not for symmetric trees, which split numbers alone; choose \
                           another, or `grow_policy` `depthwise`";
            return Err(refuse("encoding", message));
        }
        let or = |own: Option<f64>, symmetric_trees: f64, others: f64| {
            own.unwrap_or(if symmetric { symmetric_trees } else { others })
        };
        let depth = self.max_depth.unwrap_or(if symmetric { 6 } else { 4 });
        Ok(GbmParams {
            trees: self.trees()?,
            grow_policy,
            max_depth: count("max_depth", depth, 16)?,
            learning_rate: share("learning_rate", self.learning_rate.unwrap_or(0.03))?,
            min_child_weight: penalty("min_child_weight", or(self.min_child_weight, 0.0, 5.0))?,
            subsample: share("subsample", or(self.subsample, 1.0, 0.7))?,
            colsample_bytree: share("colsample_bytree", or(self.colsample_bytree, 1.0, 0.7))?,
            colsample_bylevel: share("colsample_bylevel", or(self.colsample_bylevel, 0.7, 1.0))?,
            random_strength: self.random_strength(symmetric)?,
            reg_lambda: penalty("reg_lambda", or(self.reg_lambda, 0.5, 1.0))?,
            constraints: self.constraints(),
            random_state,
            threads: self.threads()?,
        })
    }

    fn random_strength(&self, symmetric: bool) -> Result<f64> {
        let name = "random_strength";
        let bounded =
            self.monotone_constraints.iter().flatten().any(|(_, &direction)| direction != 0);
        match self.random_strength {
            Some(_) if !symmetric || bounded => {
                Err(refuse(name, "is for symmetric trees without monotone constraints"))
            }
            None if !symmetric || bounded => Ok(0.0),
            given => {
                let within_range = |value| (0.0..=10.0).contains(&value);
                within(name, given.unwrap_or(1.5), within_range, "0 to 10")
            }
        }
    }

    /// As many trees as given; as rows held out say where none are, or early stopping is asked for.
    fn trees(&self) -> Result<Trees> {
        let most = count("n_estimators", self.n_estimators.unwrap_or(MOST_TREES), LIMIT)?;
        let patience = self.early_stopping_rounds.unwrap_or(PATIENCE);
        let patience = count("early_stopping_rounds", patience, LIMIT)?;
        let asked = self.early_stopping.is_some() || self.early_stopping_rounds.is_some();
        if self.n_estimators.is_some() && !asked {
            return Ok(Trees::So(Settled::plain(most)));
        }
        let rows = self.early_stopping.unwrap_or_default();
        Ok(Trees::Chosen(HeldOut { rows, most, patience }))
    }

    fn gbdt(&self) -> Result<GbdtParams> {
        #[expect(clippy::cast_possible_truncation, reason = "the trainer takes single precision")]
        let learning_rate = share("learning_rate", self.learning_rate.unwrap_or(0.1))? as f32;
        let depth = count("max_depth", self.max_depth.unwrap_or(3), 16)?;
        Ok(GbdtParams {
            n_estimators: count("n_estimators", self.n_estimators.unwrap_or(100), LIMIT)?,
            max_depth: u32::try_from(depth).unwrap_or(16),
            learning_rate,
            min_child_samples: count(
                "min_child_samples",
                self.min_child_samples.unwrap_or(20),
                1_000_000_000,
            )?,
        })
    }

    /// Defaults: docs/decisions/0005-forest-and-tree.md says what they were measured to bring.
    fn forest(&self, random_state: u64) -> Result<ForestParams> {
        let max_features = match self.max_features.unwrap_or(MaxFeatures::Share(0.3)) {
            MaxFeatures::Sqrt => MaxFeatures::Sqrt,
            MaxFeatures::Share(of) => MaxFeatures::Share(share("max_features", of)?),
        };
        Ok(ForestParams {
            n_estimators: count("n_estimators", self.n_estimators.unwrap_or(500), 50_000)?,
            max_depth: count("max_depth", self.max_depth.unwrap_or(64), 64)?,
            min_samples_leaf: self.leaf(5)?,
            max_features,
            max_samples: share("max_samples", self.max_samples.unwrap_or(0.632))?,
            constraints: self.constraints(),
            random_state,
            threads: self.threads()?,
        })
    }

    fn leaf(&self, or: u64) -> Result<usize> {
        count("min_samples_leaf", self.min_samples_leaf.unwrap_or(or), 1_000_000_000)
    }

    fn constraints(&self) -> Constraints {
        Constraints {
            monotone: self.monotone_constraints.clone().unwrap_or_default(),
            interaction: self.interaction_constraints.clone().unwrap_or_default(),
        }
    }

    fn weights(&self) -> Result<Weights> {
        match (self.class_weight, self.scale_pos_weight) {
            (Some(_), Some(_)) => {
                Err(refuse("scale_pos_weight", "is not for use beside `class_weight`; choose one"))
            }
            (Some(ClassWeight::Balanced), None) => Ok(Weights::Balanced),
            (None, scale) => {
                let good = |scale| (1e-6..=1e6).contains(&scale);
                let scale = scale.unwrap_or(1.0);
                within("scale_pos_weight", scale, good, "1e-6 to 1e6").map(Weights::Positives)
            }
        }
    }

    fn threads(&self) -> Result<Option<usize>> {
        match self.n_jobs {
            None | Some(-1) => Ok(None),
            Some(jobs) => match usize::try_from(jobs) {
                Ok(threads @ 1..=1024) => Ok(Some(threads)),
                _ => Err(refuse(
                    "n_jobs",
                    format!("is {jobs}; expected 1 to 1024, or -1 for all cores"),
                )),
            },
        }
    }
}

impl CheckedTrainParams {
    /// These parameters, with so many trees, so scaled.
    pub(crate) fn with_trees(mut self, settled: Settled) -> Self {
        if let CheckedAlgorithm::Gbm(gbm) = &mut self.algorithm {
            gbm.trees = Trees::So(settled);
        }
        self
    }

    /// The name of the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        let algorithm = match self.algorithm {
            CheckedAlgorithm::Gbm(_) => Algorithm::Gbm,
            CheckedAlgorithm::Gbdt(_) => Algorithm::Gbdt,
            CheckedAlgorithm::Logistic(_) => Algorithm::Logistic,
            CheckedAlgorithm::Forest(_) => Algorithm::Forest,
            CheckedAlgorithm::Tree(_) => Algorithm::Tree,
        };
        algorithm.name()
    }

    /// The parameters that shape a model, as it records them.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(crate) fn record(&self) -> BTreeMap<String, Literal> {
        let count = |value: usize| Literal::Number(value as f64);
        let number = Literal::Number;
        let text = |text: &str| Literal::Text(text.to_owned());
        let mut record: Vec<(&str, Literal)> = match &self.algorithm {
            CheckedAlgorithm::Gbm(gbm) => vec![
                ("grow_policy", text(gbm.grow_policy.name())),
                ("max_depth", count(gbm.max_depth)),
                ("learning_rate", number(gbm.learning_rate)),
                ("min_child_weight", number(gbm.min_child_weight)),
                ("subsample", number(gbm.subsample)),
                ("colsample_bytree", number(gbm.colsample_bytree)),
                ("colsample_bylevel", number(gbm.colsample_bylevel)),
                ("random_strength", number(gbm.random_strength)),
                ("reg_lambda", number(gbm.reg_lambda)),
            ],
            CheckedAlgorithm::Gbdt(gbdt) => vec![
                ("n_estimators", count(gbdt.n_estimators)),
                ("max_depth", number(f64::from(gbdt.max_depth))),
                ("learning_rate", number(f64::from(gbdt.learning_rate))),
                ("min_child_samples", count(gbdt.min_child_samples)),
            ],
            CheckedAlgorithm::Logistic(logistic) => vec![("C", number(logistic.c))],
            CheckedAlgorithm::Forest(forest) => vec![
                ("n_estimators", count(forest.n_estimators)),
                ("max_depth", count(forest.max_depth)),
                ("min_samples_leaf", count(forest.min_samples_leaf)),
                (
                    "max_features",
                    match forest.max_features {
                        MaxFeatures::Sqrt => text("sqrt"),
                        MaxFeatures::Share(share) => number(share),
                    },
                ),
                ("max_samples", number(forest.max_samples)),
            ],
            CheckedAlgorithm::Tree(tree) => vec![
                ("max_depth", count(tree.max_depth)),
                ("min_samples_leaf", count(tree.min_samples_leaf)),
            ],
        };
        if let CheckedAlgorithm::Gbm(GbmParams { trees: Trees::So(own), .. }) = &self.algorithm {
            record.push(("n_estimators", count(own.trees)));
            if *own != Settled::plain(own.trees) {
                record.push(("slope", number(own.slope)));
                record.push(("intercept", number(own.intercept)));
            }
        }
        if let CheckedAlgorithm::Gbm(GbmParams { constraints, .. })
        | CheckedAlgorithm::Forest(ForestParams { constraints, .. }) = &self.algorithm
        {
            record.extend(constraints.record());
        }
        match self.weights {
            Weights::Balanced => record.push(("class_weight", text(ClassWeight::Balanced.name()))),
            Weights::Positives(1.0) => {}
            Weights::Positives(scale) => record.push(("scale_pos_weight", number(scale))),
        }
        record.push(("random_state", Literal::Text(self.random_state.to_string())));
        if self.encoding != Encode::Native {
            record.push(("encoding", text(self.encoding.name())));
        }
        if let Some(kind) = self.calibrate {
            record.push(("calibrate", text(kind.name())));
        }
        if self.confidence {
            record.push(("confidence", Literal::Bool(true)));
        }
        record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
