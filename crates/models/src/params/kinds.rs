//! The values that parameters are chosen from, and the names they have in documents.

use crate::encode::Encode;

/// What trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum Algorithm {
    /// Gradient boosting on histograms.
    #[default]
    Gbm,
    /// Gradient boosting by exact greedy splits; slow, one thread.
    Gbdt,
    /// Logistic regression.
    Logistic,
    /// A random forest: the mean of trees that are grown on rows and features drawn.
    Forest,
    /// One shallow tree, to be read.
    Tree,
}

/// The parameters that every algorithm has.
pub(super) const COMMON: [&str; 8] = [
    "algorithm",
    "random_state",
    "n_jobs",
    "encoding",
    "class_weight",
    "scale_pos_weight",
    "calibrate",
    "confidence",
];

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gbm, Self::Gbdt, Self::Logistic, Self::Forest, Self::Tree];

    /// The parameters it has beside those that all have.
    pub(super) fn own(self) -> &'static [&'static str] {
        match self {
            Self::Gbm => &[
                "n_estimators",
                "early_stopping",
                "early_stopping_rounds",
                "grow_policy",
                "max_depth",
                "learning_rate",
                "min_child_weight",
                "subsample",
                "colsample_bytree",
                "colsample_bylevel",
                "random_strength",
                "reg_lambda",
                "monotone_constraints",
                "interaction_constraints",
            ],
            Self::Gbdt => &["n_estimators", "max_depth", "learning_rate", "min_child_samples"],
            Self::Logistic => &["C"],
            Self::Forest => &[
                "n_estimators",
                "max_depth",
                "min_samples_leaf",
                "max_features",
                "max_samples",
                "interaction_constraints",
            ],
            Self::Tree => &["max_depth", "min_samples_leaf"],
        }
    }
}

/// How boosting grows a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum GrowPolicy {
    /// Every level asks one question of all its nodes (oblivious trees: Prokhorenkova et al.
    /// 2018). It splits numbers alone, so categories are encoded.
    #[default]
    Symmetric,
    /// Level by level, every node with a question of its own; categories are split as sets.
    Depthwise,
}

/// How the margin is turned into a probability after training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum Calibrate {
    /// Platt scaling on out-of-fold margins.
    Platt,
    /// Isotonic regression on them.
    Isotonic,
    /// Beta calibration on them.
    Beta,
}

impl Calibrate {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Platt, Self::Isotonic, Self::Beta];
}

/// Which rows are held out to say how many trees there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum EarlyStopping {
    /// Five stratified folds; one of them from 20,000 rows on.
    #[default]
    Folds,
    /// The rows of the latest instants: as few instants as make a fifth of the rows.
    Time,
}

/// How much the rows of each label count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum ClassWeight {
    /// Both labels the same in all: a row counts half of all rows by those of its label.
    Balanced,
}

/// How many features are drawn for each split.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(untagged))]
pub enum MaxFeatures {
    /// The square root of their number (`"sqrt"` in documents).
    #[cfg_attr(feature = "typescript", ts(type = "\"sqrt\""))]
    Sqrt,
    /// This share of them, above 0 and up to 1.
    Share(f64),
}

/// A parameter that is one of a few names.
pub(super) trait Named: Copy + 'static {
    /// All it may be.
    const NAMED: &'static [Self];

    /// The name in documents.
    fn named(self) -> &'static str;
}

macro_rules! named {
    ($type:ty, $($variant:ident => $name:literal),+) => {
        impl $type {
            /// The name in parameters and in a model.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl Named for $type {
            const NAMED: &'static [Self] = &[$(Self::$variant),+];

            fn named(self) -> &'static str {
                self.name()
            }
        }
    };
}

named!(Algorithm, Gbm => "gbm", Gbdt => "gbdt", Logistic => "logistic", Forest => "forest", Tree => "tree");
named!(GrowPolicy, Symmetric => "symmetric", Depthwise => "depthwise");
named!(Calibrate, Platt => "platt", Isotonic => "isotonic", Beta => "beta");
named!(EarlyStopping, Folds => "folds", Time => "time");
named!(ClassWeight, Balanced => "balanced");

impl Named for Encode {
    const NAMED: &'static [Self] = &Encode::ALL;

    fn named(self) -> &'static str {
        self.name()
    }
}
