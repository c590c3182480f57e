"""
The compiled part of `stayput`. Import from `stayput` instead.
"""

from _typeshed import SupportsGetItem
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray
from os import PathLike
from pandas import DataFrame
from stayput._documents import Accounts, ActionTallies, Choice, Cohorts, Comparison, Decisions, Description, Empc, ExperimentReport, FeatureDefinitions, FeatureDependence, FeatureImportances, FeatureValues, FittedHealth, HealthChange, HealthHistory, HealthOverride, HealthOverrides, HealthValidation, Intervals, LeftOut, Lift, LiftReport, Lineage, Lints, Moment, NextActions, OffPolicyReport, Params, PowerAnalysis, PrecisionRecall, ProfitThreshold, Reasons, RecordReport, Recourse, Reliability, Replay, ReplayComparison, Report, Reports, Rfm, Roc, SampleRatio, Score, Scores, SegmentCounts, SequentialReport, Transitions, TreeSegments, Trial, WhatIf
from stayput._types import ArmsLike, AxesLike, ColumnLike, ContextLike, CovariateLike, FeaturesLike, Instant, Instants, LabelsLike, LooksLike, MatrixLike, ModelSource, OutcomesLike, RowLike, RowsLike, SpaceLike, TableLike, TrialCallback
from typing import Any, SupportsFloat, SupportsIndex, final

__all__ = ["Bandit", "Bundle", "Engine", "Explanation", "Model", "Playbook", "Search", "Simulation", "Study", "Table", "TrainingSet", "cohorts", "compare", "cross_validate", "describe", "experiment", "fit_health", "off_policy", "power_analysis", "sample_ratio", "sequential", "simulate", "table", "train", "tune", "validate_health"]

@final
class Bandit:
    """
    A policy that chooses among actions while it learns what each is worth.

    `policy` is `"epsilon_greedy"`, `"thompson"`, `"linear_thompson"` or `"lin_ucb"`; the last two read a
    context, whose names are in `context`. Under `"thompson"`, `reward` is `"binary"` or `"number"`, and `prior`
    successes and failures, or a mean and how many rewards it is worth. `epsilon` is the chance to choose
    any action whatever is known. `exploration` is how wide a linear model is searched, `ridge` its
    regularisation, `draws` how many draws the chances of Thompson sampling are estimated from, `discount`
    what a reward counts after a day of what it counted before, `window` how long an outcome is waited for.
    """
    def __new__(cls, /, actions: SupportsGetItem[int, str], policy: str = "thompson", *, context: SupportsGetItem[int, str] | None = None, reward: str = "binary", epsilon: SupportsFloat | SupportsIndex | None = None, prior: tuple[SupportsFloat | SupportsIndex, SupportsFloat | SupportsIndex] | None = None, exploration: SupportsFloat | SupportsIndex | None = None, ridge: SupportsFloat | SupportsIndex | None = None, draws: SupportsIndex | None = None, discount: SupportsFloat | SupportsIndex | None = None, window: str | None = None, seed: str = "") -> Bandit: ...
    def __repr__(self, /) -> str: ...
    def choice(self, /, key: str, context: ContextLike | None = None, *, at: Instant | None = None) -> Choice:
        """
        The same with the chances of all actions and, where they are estimated, the standard error.
        """
    def choose(self, /, key: str, context: ContextLike | None = None, *, at: Instant | None = None) -> tuple[str, float]:
        """
        Chooses an action for the decision `key`: `(action, propensity)`. The same key chooses the same
        while nothing is learned, so every decision needs one of its own.
        """
    def close(self, /, *, at: Instant) -> int:
        """
        Learns a reward of 0 for every decision whose window has closed before `at`; says how many.
        """
    def expect(self, /, key: str, action: str, context: ContextLike | None = None, *, at: Instant) -> bool:
        """
        Waits for the outcome of the decision `key`, made `at`; false where it is waited for already.
        """
    @staticmethod
    def from_json(text: str) -> Bandit:
        """
        The bandit that `to_json` wrote.
        """
    def merge(self, /, other: Bandit) -> None:
        """
        Adds what another bandit of the same making has learned, of other decisions.
        """
    def outcome(self, /, key: str, reward: SupportsFloat | SupportsIndex, *, at: Instant) -> bool:
        """
        Learns the outcome of a decision that is waited for; false where it is not, or past its window.
        """
    def to_json(self, /) -> str:
        """
        What it is made of, has learned and waits for, as JSON.
        """
    def update(self, /, action: str, reward: SupportsFloat | SupportsIndex, context: ContextLike | None = None, *, at: Instant | None = None) -> None:
        """
        Learns what an action brought that was chosen in a context. The order of updates changes nothing.
        """

@final
class Bundle:
    """
    A playbook and, where there is one, the model trained on its features.
    """
    def __new__(cls, /, playbook: Playbook, model: Model | None = None) -> Bundle: ...
    def __repr__(self, /) -> str: ...
    def compare(self, /, other: Bundle, events: TableLike, customers: TableLike | None = None, *, as_of: Instants, tick: bool = False, columns: dict[str, str] | None = None) -> ReplayComparison:
        """
        What another bundle would have done otherwise over the same history, before it is published: which
        sends there are more and less, for whom, and what each campaign comes to. Arguments are those
        of `replay`.
        """
    @staticmethod
    def from_bytes(data: bytes) -> Bundle:
        """
        Reads a bundle from the bytes of one, wherever they come from.
        """
    @property
    def hash(self, /) -> str:
        """
        BLAKE3 of the file, in hexadecimal: what scores and decisions name the bundle by.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> Bundle:
        """
        Reads a bundle from a file.
        """
    @property
    def model(self, /) -> Model | None:
        """
        The model, if there is one.
        """
    @property
    def playbook(self, /) -> Playbook:
        """
        The playbook.
        """
    def replay(self, /, events: TableLike, customers: TableLike | None = None, *, as_of: Instants, tick: bool = False, columns: dict[str, str] | None = None) -> Replay:
        """
        What the bundle would have decided over recorded history: at each instant of `as_of` (a
        list or a grid), knowing the events up to it and no others. With `tick` also in between,
        whenever time alone has something to do.

        `events` and `customers` are as `Engine.ingest` takes them, in any order; `columns` renames
        columns of the events, `{yours: ours}`.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the bundle to a file: a reader sees the old file or the new one, never half of it.
        """
    def score_rows(self, /, table: TableLike) -> ndarray:
        """
        The probability of churn of each row of a table, as a one-dimensional array.

        The table is one of features, or any other with a column for each feature of the model.
        """
    def to_bytes(self, /) -> bytes:
        """
        The bytes of the file: the same playbook and model give the same bytes.
        """

@final
class Engine:
    """
    A bundle and the state of its customers: takes events in, scores, decides.

    Several threads may use one engine: those that only read go side by side.
    """
    def __len__(self, /) -> int: ...
    def __new__(cls, /, bundle: Bundle) -> Engine: ...
    def __repr__(self, /) -> str: ...
    def account_health(self, /, *, as_of: Instant, account: str | None = None, worst: SupportsIndex | None = None) -> Accounts:
        """
        The health of each account, or of one, by name: the weighted mean of its customers' scores,
        with the `worst` of them (5 where it is left out).
        """
    @property
    def bundle(self, /) -> Bundle:
        """
        The bundle that scores and decides.
        """
    @property
    def customers(self, /) -> list[str]:
        """
        The customers known, in order.
        """
    def decide(self, /, *, as_of: Instant, n_jobs: SupportsIndex | None = None) -> Decisions:
        """
        What to do at `as_of`, and what not to do and why. Never decides the same twice. `n_jobs`
        threads work at it, all cores by default, and change nothing.
        """
    def decide_one(self, /, customer_id: str, *, as_of: Instant) -> Decisions:
        """
        The same for one customer: what to do when an event has come in. Budgets pay for whom comes
        first then; among many customers `decide` spends them better.
        """
    def delete_customer(self, /, customer_id: str) -> bool:
        """
        Forgets everything about a customer, and says whether there was anything. What budgets have
        paid stays paid: when, for which campaign and how much, but not for whom.
        """
    def export_customer(self, /, customer_id: str) -> bytes:
        """
        The state of one customer, for `import_customers` of any engine of the same playbook.
        """
    def features(self, /, customer_id: str, *, as_of: Instant) -> FeatureValues:
        """
        The features of one customer at `as_of`, in the playbook's order; None where missing.
        """
    def forget(self, /, before: Instant) -> int:
        """
        Forgets the events that no question about `before` or a later instant reads, and gives how
        many they were. An earlier `as_of` is refused from then on, and an event that comes too late
        is in the report with the code `event_late`.
        """
    def health_change(self, /, customer_id: str, *, as_of: Instant, since: Instant) -> HealthChange:
        """
        What changed one customer's health between `since` and `as_of`: the passage of time and new
        data by factor, factors that came or went, caps and overrides. The terms, added from first
        to last, are exactly the change.
        """
    def health_history(self, /, customer_id: str, *, as_of: Instants) -> HealthHistory:
        """
        The health of one customer at many instants, each as it was known then, and its trend;
        `as_of` is a list of instants or a grid, `{"from": …, "to": …, "every": "7d"}`.
        """
    def health_overrides(self, /, customer_id: str) -> HealthOverrides:
        """
        The overrides of a customer's health, past and future ones too, in the order in which they
        begin.
        """
    def import_customers(self, /, data: bytes) -> int:
        """
        Takes up the customers of a snapshot, in place of what was known of them, and gives how many
        they are.
        """
    def ingest(self, /, events: TableLike | None = None, customers: TableLike | None = None, *, columns: dict[str, str] | None = None) -> Reports:
        """
        Takes events in, and before them customers with their attributes.

        Tables and `columns` are as in `Playbook.features`, corrections and deletions of events
        included; these may come before what they correct. A known customer's attributes are
        replaced as a whole. A row that is wrong is in the report; those beside it count.
        """
    def lift(self, /, *, as_of: Instant, since: Instant | None = None, level: SupportsFloat | SupportsIndex | None = None, effect: SupportsFloat | SupportsIndex | None = None) -> LiftReport:
        """
        What each campaign with a goal brings: how many of those who may be sent to reach the goal,
        beside those who are held out by chance, and which campaigns to change for it.

        One may ask as often as one likes: the intervals of all looks together hold the truth with the
        `level` (0.95 by default). `effect` is the difference of shares that is worth having (0.02), to be
        settled before one looks. `since` leaves out to whom a campaign came before.
        """
    def lift_health_override(self, /, customer_id: str, *, as_of: Instant) -> HealthOverrides:
        """
        Ends the overrides of a customer's health that hold at `as_of`, and gives them as they are
        then. Questions about earlier instants still see them.
        """
    def next_best_actions(self, /, customer_id: str, *, as_of: Instant) -> NextActions:
        """
        What could be done for a customer at `as_of`, whether a campaign fires or not: first what could be
        sent, and of that what is expected to bring most beyond its cost, with the reasons to churn that
        it answers. Nothing is decided.
        """
    def next_due(self, /, *, as_of: Instant) -> Moment:
        """
        When `tick` next has something to do, if nothing is ingested or recorded before; None where
        it never will. Where thresholds are watched it is at most 30 days later.
        """
    def outcomes(self, /) -> ActionTallies:
        """
        What became of the sends of each action, over all customers.
        """
    def override_health(self, /, customer_id: str, *, author: str, reason: str, from_: Instant, until: Instant, score: SupportsFloat | SupportsIndex | None = None, band: str | None = None) -> HealthOverride:
        """
        Says what a customer's health is from `from_` until before `until`: a `score` from 0 to 100,
        a `band` or both. It takes the place of an override of the same `from_`; of several that
        hold, the one that began last counts.
        """
    def reasons(self, /, customer_id: str, *, as_of: Instant, top: SupportsIndex | None = None, actionable: bool = False) -> Reasons:
        """
        Why a customer may churn at `as_of`: what raises the probability, the strongest first, as
        sentences in the words of the playbook's `[reasons]`; at most `top` of them, or as many as the
        playbook says, and of actionable features alone where `actionable` is true.
        """
    def record(self, /, outcomes: OutcomesLike) -> RecordReport:
        """
        Takes in what became of sends: a list of mappings with `decision_id`, `customer_id`, `kind`,
        `at`, and perhaps `value` and `channel`. Recording the same again changes nothing.
        """
    def recourse(self, /, customer_id: str, *, as_of: Instant, threshold: SupportsFloat | SupportsIndex, features: SupportsGetItem[int, str] | None = None, max_changes: SupportsIndex | None = None) -> Recourse:
        """
        The least change to features that someone can act on which brings the churn probability of
        one customer at `as_of` down to `threshold`, or that there is none. By default those
        `features` may change that the playbook marks as `actionable` in `[reasons]`, at the costs and
        within the bounds given there; `max_changes` of them at most. Each feature changes by itself:
        `what_if` tells what else follows.
        """
    @staticmethod
    def restore(bundle: Bundle, data: bytes) -> Engine:
        """
        An engine that goes on from a snapshot; the bundle may be a newer one.
        """
    def rfm(self, /, *, as_of: Instant, value: str, window: str | None = None) -> Rfm:
        """
        Recency, frequency and monetary scores, 1 to 5, of all customers who have such an event at
        `as_of`; `value` is a property of an event such as `"purchase.amount"`, `window` a length of
        time such as `"365d"`, all of the past where there is none.
        """
    def score(self, /, customer_id: str, *, as_of: Instant, reasons: bool = True) -> Score:
        """
        Everything known of one customer at `as_of`. Without `reasons` it is not told what raises the
        churn probability, which takes most of the time where a model has many deep trees.
        """
    def score_all(self, /, *, as_of: Instant, reasons: bool = True) -> Scores:
        """
        Everything known at `as_of` of each customer, ordered by `customer_id`; `reasons` as in
        `score`.
        """
    def segment_counts(self, /, *, as_of: Instants) -> SegmentCounts:
        """
        How many customers were in each stage, segment and health band at each instant of `as_of`.
        """
    def snapshot(self, /) -> bytes:
        """
        The state of all customers, as bytes: the same state gives the same bytes.
        """
    def tick(self, /, *, as_of: Instant) -> Decisions:
        """
        What time alone makes due by `as_of`: sends that waited, steps of journeys, times that come
        again, absences that are long enough, and what crosses a threshold without any event.
        """
    def transitions(self, /, *, as_of: Instants) -> Transitions:
        """
        How customers moved between the stages of the lifecycle from each instant of `as_of` to the
        next: a list of two or more, or a grid. Counts and probabilities, summed over all steps.
        """
    def what_if(self, /, customer_id: str, *, as_of: Instant, changes: dict) -> WhatIf:
        """
        The score of one customer at `as_of` as it is (`.before`), and as it would be with other
        values (`.after`): `changes` has features by their names and attributes as `"customer.plan"`,
        None for missing. What is computed from a changed value changes with it: other features,
        health, churn, stage and segments.
        """

@final
class Explanation:
    """
    What each feature contributes to each of several rows.
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def base(self, /) -> float:
        """
        What is explained where no feature is known.
        """
    @property
    def categories(self, /) -> dict:
        """
        What the numbers in `data` stand for, by feature, for booleans and categories.
        """
    @property
    def data(self, /) -> ndarray:
        """
        The rows that are explained, rows × features: booleans are 0 and 1, categories the index of
        their name in `categories`, missing values NaN.
        """
    @property
    def names(self, /) -> list[str]:
        """
        The names of the features, in order.
        """
    @property
    def output(self, /) -> str:
        """
        What is explained: `"log_odds"`, `"margin"` or `"probability"`.
        """
    def plot_bar(self, /, ax: AxesLike | None = None, *, top: SupportsIndex = 12, **style: "object") -> Axes:
        """
        Draws what the `top` features contribute over all rows: the mean size of their contributions.
        `style` is that of the bars; needs matplotlib.
        """
    def plot_beeswarm(self, /, ax: AxesLike | None = None, *, top: SupportsIndex = 12, **style: "object") -> Axes:
        """
        Draws each row's contributions of the `top` features, coloured by the feature's value.
        `style` is that of the points; needs matplotlib.
        """
    def plot_waterfall(self, /, row: SupportsIndex = 0, ax: AxesLike | None = None, *, top: SupportsIndex = 9, **style: "object") -> Axes:
        """
        Draws how one row comes from the base to what the model states: the `top` contributions,
        and the others together. `style` is that of the bars; needs matplotlib.
        """
    @property
    def values(self, /) -> ndarray:
        """
        What each feature adds to the base: rows × features, or, for interactions, rows × features ×
        features.
        """

@final
class Model:
    """
    What maps a row of features to a churn probability.
    """
    def __repr__(self, /) -> str: ...
    @property
    def algorithm(self, /) -> str:
        """
        The name of the algorithm that trained it.
        """
    def empc(self, /, data: TrainingSet, *, alpha: SupportsFloat | SupportsIndex = 6.0, beta: SupportsFloat | SupportsIndex = 14.0, clv: SupportsFloat | SupportsIndex = 200.0, d: SupportsFloat | SupportsIndex = 10.0, f: SupportsFloat | SupportsIndex = 1.0) -> Empc | None:
        """
        The expected maximum profit of a campaign against churn (Verbraken, Verbeke and Baesens
        2013): a customer who stays is worth `clv`, an offer costs `f` to make and `d` when taken,
        which a share of churners does that is drawn from Beta(`alpha`, `beta`). None when the labels
        are all alike.
        """
    def evaluate(self, /, data: TrainingSet) -> Report:
        """
        How the probabilities compare with what came true.
        """
    def explain(self, /, X: MatrixLike, *, background: MatrixLike | None = None, output: str = "log_odds", interactions: bool = False, n_jobs: SupportsIndex | None = None) -> Explanation:
        """
        What each feature contributes to each row: exact Shapley values, which with the base add up
        to what the model states.

        `X` is as for `predict_proba`, and so is `background`, a sample of rows that stands for
        features that are not known; without it, trees take the shares of training rows that went
        each way, and a logistic regression trained here the means of its training rows. `output` is
        `"log_odds"` (of the stated probability), `"margin"` (before any calibration) or
        `"probability"`. With `interactions=True` the values are those of pairs of features.
        """
    def feature_dependence(self, /, data: TrainingSet, feature: str, kind: str = "partial", *, points: SupportsIndex = 50) -> FeatureDependence:
        """
        How the probability depends on a feature over these rows: `"partial"` dependence (the mean when
        all rows have the value; Friedman 2001) or `"accumulated"` local effects (what the value adds
        to the mean, right also where features go together; Apley and Zhu 2020), at `points` values at
        most.
        """
    def feature_importance(self, /, data: TrainingSet, kind: str = "permutation", *, repeats: SupportsIndex = 5, seed: SupportsIndex = 0, n_jobs: SupportsIndex | None = None) -> FeatureImportances:
        """
        What each feature is worth to the model, the most important first. `kind` is `"permutation"`
        (what ROC-AUC on these rows loses where a feature is shuffled; the mean of `repeats` shuffles),
        `"contribution"` (the mean size of its contributions to the log-odds: mean |SHAP|), `"gain"` or
        `"cover"` (shares of what the trees were made by).
        """
    @staticmethod
    def from_bytes(data: bytes) -> Model:
        """
        Reads a model from the bytes of `to_bytes`, wherever they come from.
        """
    @staticmethod
    def from_catboost(source: ModelSource, *, features: FeaturesLike | None = None) -> Model:
        """
        Takes over a model of CatBoost, 1.0 or newer: the path or the bytes of what
        `save_model(…, format="json")` wrote, a `CatBoostClassifier` or a `CatBoost`.

        Trees of numbers and of categories that are encoded one-hot; counters of categories (CTR)
        are refused. `features` are as for `from_xgboost`; they must name the categories, in any
        order, for the file does not.
        """
    @staticmethod
    def from_lightgbm(source: ModelSource, *, features: FeaturesLike | None = None) -> Model:
        """
        Takes over a model of LightGBM, 2.3 or newer: the path or the bytes of the text that
        `save_model` wrote, a `Booster` or an `LGBMClassifier`.

        The objectives are `binary` and `cross_entropy`, for any boosting type but linear trees.
        `features` are as for `from_xgboost`.
        """
    @staticmethod
    def from_onnx(source: ModelSource, *, features: FeaturesLike | None = None) -> Model:
        """
        Takes over a model in ONNX: the path or the bytes of a file, or a `ModelProto`, such as
        skl2onnx, onnxmltools (LightGBM, XGBoost) and CatBoost write.

        Tree ensembles and linear models of two classes, with scaling, imputing and one-hot encoding
        before them; other operators are refused by name. `features` are as for `from_xgboost`.
        """
    @staticmethod
    def from_sklearn(estimator: "object", *, features: FeaturesLike | None = None) -> Model:
        """
        Takes over a fitted model of scikit-learn, 1.3 or newer, of two classes: `LogisticRegression`,
        also in a `Pipeline` after scalers, `DecisionTreeClassifier`, `RandomForestClassifier`,
        `ExtraTreesClassifier`, `GradientBoostingClassifier` and `HistGradientBoostingClassifier`.

        The margin of a forest or tree is its probability. `features` are as for `from_xgboost`.
        """
    @staticmethod
    def from_xgboost(source: ModelSource, *, features: FeaturesLike | None = None) -> Model:
        """
        Takes over a model of XGBoost, 1.0 or newer: the path or the bytes of what `save_model` wrote
        as JSON or UBJSON, a `Booster` or an `XGBClassifier`.

        Trees (`gbtree`, `dart`) with the objectives `binary:logistic`, `binary:logitraw`,
        `binary:hinge` and `reg:logistic`. `features` are the names of all features, or what some of
        them are: `"number"`, `"bool"`, or the names of a category in the order of its codes.
        """
    @property
    def importance(self, /) -> list[tuple[str, float]]:
        """
        The share that each feature has in what the model learned; the shares add up to 1.
        """
    def intervals(self, /, data: TrainingSet, *, level: SupportsFloat | SupportsIndex = 0.95, resamples: SupportsIndex = 1000, seed: SupportsIndex = 0, n_jobs: SupportsIndex | None = None) -> Intervals:
        """
        The measures of the report with bootstrap intervals: customers are drawn with all their rows.
        The same `seed` gives the same answer, whatever `n_jobs` is.
        """
    def lift(self, /, data: TrainingSet, bins: SupportsIndex = 10) -> Lift:
        """
        How much churn there is among the customers most at risk: lift and gains, in stretches of
        equal length by probability (deciles for ten).
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> Model:
        """
        Reads a model from a file that `save` wrote.
        """
    def margins(self, /, X: MatrixLike) -> ndarray:
        """
        The margin of each row, before any calibration: log-odds, for most models. `X` is as for
        `predict_proba`.
        """
    @property
    def names(self, /) -> list[str]:
        """
        The features that the model reads, in order.
        """
    @property
    def params(self, /) -> Params:
        """
        What it was trained with, by the names that `train` takes: the parameters given, the defaults
        of the others, and what rows held out said (`n_estimators`, `slope`, `intercept`). Of an
        imported model, what its file says of it. Constraints are told as text.
        """
    def plot(self, /, data: TrainingSet) -> Figure:
        """
        Draws how the model does on these rows, in four parts: ROC, precision over recall,
        reliability and gains. Needs matplotlib.
        """
    def precision_recall(self, /, data: TrainingSet, points: SupportsIndex = 200) -> PrecisionRecall:
        """
        The curve of precision over recall, for every threshold, as at most `points` of its points.
        """
    def predict_interval(self, /, X: MatrixLike) -> ndarray:
        """
        Where the calibrated probability of each row lies, as an array of two columns: the Venn–Abers
        interval of a model that was trained with `confidence=True`. `X` is as for `predict_proba`.
        """
    def predict_proba(self, /, X: MatrixLike, *, n_jobs: SupportsIndex | None = None) -> ndarray:
        """
        The probability of churn of each row, as a one-dimensional array.

        `X` is the `X` of a training set, any other table with a column for each of `names`, or a
        matrix with one column for each: booleans as 0 and 1, categories as indices, missing as NaN.
        An array of `float64` is read where it lies while other threads of Python may run: none of
        them may change it meanwhile. With `n_jobs` threads, or one a core; the answer is the same.
        """
    def predict_row(self, /, row: RowLike) -> float:
        """
        The probability of churn of one row, which is as a row of a matrix for `predict_proba`: the
        quickest way to ask for one customer. A list will do; an array of `float64` is read where it lies.
        """
    def profit_threshold(self, /, data: TrainingSet, benefit: SupportsFloat | SupportsIndex, cost: SupportsFloat | SupportsIndex) -> ProfitThreshold:
        """
        The threshold that brings most on these rows, when everyone above it is contacted at a `cost`
        each, and each churner among them brings a `benefit`.
        """
    def reliability(self, /, data: TrainingSet, bins: SupportsIndex = 10, by: str = "width") -> Reliability:
        """
        Whether probabilities mean what they say, in bins of equal `"width"` or equal `"frequency"`.
        """
    def roc(self, /, data: TrainingSet, points: SupportsIndex = 200) -> Roc:
        """
        The ROC curve: the share of churners contacted over the share of the others, for every
        threshold, as at most `points` of its points.
        """
    def save(self, /, path: str | PathLike[str]) -> None:
        """
        Writes the model to a file. A bundle holds its model too.
        """
    def segments(self, /, data: TrainingSet) -> TreeSegments:
        """
        The leaves of a model that is one `"tree"` as segments of a playbook, with the rows of `data`
        that come to each: `.segments`, `.playbook` (the text of a section `[segments]`) and `.tree`,
        the tree to be read.
        """
    def to_bytes(self, /) -> bytes:
        """
        The model as bytes: the same model gives the same bytes.
        """
    def to_onnx(self, /) -> bytes:
        """
        The model as a file in ONNX, with its encoders and calibrator, which ONNX Runtime 1.20 and
        newer read. Its input `rows` is a matrix as for `predict_proba`, `float32` or `float64` as the
        file says; its outputs are `label` and `probabilities`. `from_onnx` gives the model back.
        """
    def to_xgboost(self, /) -> bytes:
        """
        The model as a file of XGBoost in JSON, which 1.7 and newer read, and which predicts there
        what it predicts here: forests in single precision, as `gbm` and `gbdt` train, without a
        calibrator or encoders.
        """
    def with_prior(self, /, churn_rate: SupportsFloat | SupportsIndex, sample_rate: SupportsFloat | SupportsIndex | None = None) -> Model:
        """
        The same model for customers of whom a share `churn_rate` churns, where it was trained on a
        sample with another: `sample_rate`, or by default the share of its training rows.
        """

@final
class Playbook:
    """
    What a business knows, measures and does: customer attributes, event types, features, health,
    lifecycle, segments, churn, campaigns and guardrails, in one TOML or JSON document.
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def definitions(self, /) -> FeatureDefinitions:
        """
        The features as they are defined, in the playbook's order: `name`, `type`, `expression`,
        `unit` and `version`, which changes if and only if what the feature means can.
        """
    def explain(self, /, feature: str) -> str:
        """
        How a feature is computed and what it reads, as text to print.
        """
    def features(self, /, events: TableLike | None, customers: TableLike | None = None, *, as_of: Instants | None = None, columns: dict[str, str] | None = None, n_jobs: SupportsIndex | None = None) -> Table:
        """
        The features of customers at one instant or several.

        `events` has the columns `customer_id`, `timestamp`, `type`, perhaps `event_id`, and one
        for each property; `customers` has `customer_id` and one for each attribute. `columns`
        renames columns of the events, `{yours: ours}`. The rows are those of `customers`, or, without
        it, of everyone with an event by then, ordered by `customer_id` and `as_of`. What became
        of bad rows is in the table's `report`. `n_jobs` threads work at it, all cores by default.

        An event with an `event_id` is corrected by a row with the same one and a greater
        `revision` (0 where there is none), and deleted by a row whose `deleted` is true.

        `as_of` is one instant, several, or a grid: `{"from": …, "to": …, "every": "month"}`, with
        `day`, `week`, `month` or a length such as `7d`. Without it, the column `as_of` of
        `customers` says which instants each is asked about. A row of `customers` with `valid_from`
        holds from that instant until the customer's next.
        """
    def lineage(self, /, feature: str) -> Lineage:
        """
        What a feature reads, directly or through other features.
        """
    def lint(self, /) -> Lints:
        """
        What the playbook says that is hardly meant: campaigns that can never fire, conditions that
        are always the same, rules that cannot come to bear, and notes about what nothing reads.
        """
    @staticmethod
    def load(path: str | PathLike[str]) -> Playbook:
        """
        Reads a playbook from a file.
        """
    @property
    def name(self, /) -> str:
        """
        The business the playbook is for.
        """
    @staticmethod
    def parse(text: str) -> Playbook:
        """
        Reads a playbook from its text: TOML, or JSON where it begins with `{`.
        """
    def segment_rows(self, /, rows: TableLike, *, n_jobs: SupportsIndex | None = None) -> dict[str, ndarray]:
        """
        Which segments each row of a table is in: for each segment an array of booleans, false too
        where its condition is missing. The table has a column for each feature that a condition
        reads, by its name, attributes as `customer.plan`, and `health`, `churn` and `lifecycle` where
        they are read. `n_jobs` threads work at it, all cores by default, and change nothing.
        """
    def segments_of(self, /, row: dict) -> list[str]:
        """
        The segments of one such row, a dictionary.
        """
    @staticmethod
    def suggest(events: TableLike, customers: TableLike | None = None, *, columns: dict[str, str] | None = None) -> Playbook:
        """
        A first playbook for a business that has such events and customers. Its `text` has the
        reason of every choice beside it: read and change it.

        `events` has the columns `customer_id`, `timestamp`, `type`, perhaps `event_id`, and any
        others; `customers` has `customer_id` and any others. `columns` renames columns of the
        events, `{yours: ours}`.
        """
    @property
    def text(self, /) -> str:
        """
        The document as given.
        """
    def training_set(self, /, events: TableLike | None, customers: TableLike | None = None, *, as_of: Instants | None = None, horizon: str | None = None, gap: str | None = None, censored: str = "drop", columns: dict[str, str] | None = None, n_jobs: SupportsIndex | None = None) -> TrainingSet:
        """
        The features at many instants, each row with the churn label that came true after it.

        Arguments as in `features`; `horizon` and `gap` (`"60d"`) take the place of the playbook's.
        Rows of customers who had not started, are not eligible, or have no label are left out and
        counted in `left_out`. With `censored="keep"` rows whose horizon runs past the data stay,
        marked in `censored`, with NaN for a label that is open.
        """
    @property
    def version(self, /) -> str:
        """
        The version that its writer gave it.
        """

@final
class Search:
    """
    A seeded search of a space for any question that has a number for an answer, as `Study` does
    for training: `ask` for a point, `tell` its score, and so on.
    """
    def __new__(cls, /, space: SpaceLike, *, seed: SupportsIndex = 0, direction: str = "minimize") -> Search: ...
    def __repr__(self, /) -> str: ...
    def ask(self, /) -> Params:
        """
        The point to try: the same one until it is told.
        """
    @property
    def best(self, /) -> Trial | None:
        """
        The best trial; None before there is one.
        """
    @staticmethod
    def from_json(text: str) -> Search:
        """
        Reads a search from the JSON of `to_json`, to go on from there.
        """
    def tell(self, /, score: SupportsFloat | SupportsIndex) -> None:
        """
        The score of the point that `ask` gave.
        """
    def to_json(self, /) -> str:
        """
        The search as JSON, trials and all.
        """
    @property
    def trials(self, /) -> list[Trial]:
        """
        All trials in order; the last one may still wait for its score.
        """

@final
class Simulation:
    """
    A simulated company: what a host would see of it, and the truth behind.
    """
    def __repr__(self, /) -> str: ...
    @property
    def customers(self, /) -> Table:
        """
        One row a customer.
        """
    @property
    def events(self, /) -> Table:
        """
        One row an event, as `Playbook.features` and `Engine.ingest` take them.
        """
    def forecast(self, /, as_of: Instants, horizon: str = "30d", paths: SupportsIndex = 100) -> Table:
        """
        The same, with the probability that is known at `as_of`: the mean over `paths` futures.
        No model can know more.
        """
    def outcomes(self, /, as_of: Instants, horizon: str = "30d") -> Table:
        """
        Who leaves within `horizon` (`"30d"`) of each `as_of`: `probability` and `label` of the
        path that each customer does take.
        """
    @property
    def truth(self, /) -> Table:
        """
        One row a customer, of what no host can see: when the customer leaves, how the customer
        answers to each action.
        """

@final
class Study:
    """
    The search for parameters of training that do well on rows held out.

    `algorithm` and `params` are those of `train`, shared by all trials. `space` says what is
    searched: for each parameter `{"type": "float", "low": …, "high": …, "log": …}`, the same with
    `"int"`, or `{"type": "choice", "values": […]}`; by default, the parameters of the algorithm that
    matter most. Trials are judged by the mean of a `measure` of the report over the folds of
    `cross_validate`, and given up where they are behind the median of others by the same fold,
    unless `prune` is false. The first trial has the defaults.
    """
    def __new__(cls, /, algorithm: str = "gbm", *, space: SpaceLike | None = None, measure: str = "log_loss", by: str = "row", folds: SupportsIndex = 5, purge: str = "0d", seed: SupportsIndex = 0, prune: bool = True, **params: "object") -> Study: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def best(self, /) -> Trial | None:
        """
        The best complete trial; None before there is one.
        """
    @property
    def best_params(self, /) -> Params:
        """
        The parameters of the best trial with those that all share, `algorithm` among them: ready
        for `train(data, **study.best_params)`.
        """
    @staticmethod
    def from_json(text: str) -> Study:
        """
        Reads a study from the JSON of `to_json`, to go on from there.
        """
    @property
    def measure(self, /) -> str:
        """
        What trials are judged by.
        """
    def plot(self, /, ax: AxesLike | None = None, **style: "object") -> Axes:
        """
        Draws the trials in order and the best score so far. `style` is that of the points; needs
        matplotlib.
        """
    def run(self, /, data: TrainingSet, trials: SupportsIndex = 50, *, callback: TrialCallback | None = None) -> None:
        """
        Tries so many points more, on the training set that the study began with.

        `callback` is shown the trial after each fold; where it returns false, the study stops there
        and a later `run` goes on from there, as if it had never stopped.
        """
    def to_json(self, /) -> str:
        """
        The study as JSON, trials and all.
        """
    @property
    def trials(self, /) -> list[Trial]:
        """
        All trials in order, with the score of each fold; the last one may still run.
        """

@final
class Table:
    """
    A table of typed columns.

    `pyarrow.table(t)`, `polars.DataFrame(t)`, `DuckDB` and all else that knows the Arrow capsule
    interface take it as it is; `to_pandas` and `to_numpy` need no Arrow library. The rows of a
    table of features are keyed by its first two columns, `customer_id` and `as_of`.
    In Arrow, a feature that tells how many (`count`, `distinct`, `active_days`, `streak`) is an Int32.
    """
    def __arrow_c_schema__(self, /) -> Any: ...
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> Any: ...
    def __getitem__(self, name: str, /) -> ndarray:
        """
        One column as a one-dimensional array: numbers and booleans as float64 (NaN where
        missing), counts and other whole numbers as int64 where none is missing, instants as
        datetime64[us] in UTC, categories and texts as objects.
        """
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _raw(self, /, name: str) -> Any:
        """
        A column as `stayput._tables` takes it further.
        """
    def _repr_html_(self, /) -> str: ...
    def categories(self, /, name: str) -> list[str]:
        """
        The dictionary of a category: what its numbers in `to_numpy` stand for.
        """
    @property
    def names(self, /) -> list[str]:
        """
        The features, in the playbook's order; for other tables, all columns.
        """
    @property
    def numeric_names(self, /) -> list[str]:
        """
        The columns that `to_numpy` gives: numbers, booleans and categories.
        """
    @property
    def report(self, /) -> Reports | None:
        """
        What became of the events and customers that the table was made from, if it was.
        """
    def to_numpy(self, /) -> ndarray:
        """
        A matrix of float64, one row a row and one column for each of `numeric_names`: booleans
        are 0 and 1, categories their index in `categories(name)`, missing values NaN.
        """
    def to_pandas(self, /) -> DataFrame:
        """
        A pandas data frame, keys first.
        """
    @property
    def types(self, /) -> dict:
        """
        Every column with its type: `number`, `integer`, `bool`, `category`, `text`, `timestamp`
        or `json`.
        """

@final
class TrainingSet:
    """
    Feature rows as they stood at each `as_of`, with the label that came true afterwards.
    """
    @property
    def X(self, /) -> Table:
        """
        The features of every row.
        """
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    @property
    def censored(self, /) -> ndarray:
        """
        For each row, whether the data end before its horizon does and leave the label open.
        """
    @staticmethod
    def from_table(X: TableLike, y: LabelsLike) -> TrainingSet:
        """
        A training set of any table, each row a customer of its own, and a label for each: 1 where
        the customer churned, 0 where not.

        Numbers, booleans and instants are features of that type, texts are categories. Of a table
        of features the keys are kept.
        """
    @property
    def left_out(self, /) -> LeftOut:
        """
        How many rows are not here, and why.
        """
    @property
    def names(self, /) -> list[str]:
        """
        The features, in the playbook's order.
        """
    @property
    def report(self, /) -> Reports:
        """
        What became of the events and customers given.
        """
    def select(self, /, indices: SupportsGetItem[int, SupportsIndex]) -> TrainingSet:
        """
        The rows at `indices`, in that order.
        """
    def to_numpy(self, /) -> ndarray:
        """
        The matrix of `X.to_numpy()`.
        """
    @property
    def y(self, /) -> ndarray:
        """
        The labels: 1.0 where the customer churned, 0.0 where not, NaN where the row is censored.
        """

def cohorts(events: TableLike | None = None, customers: TableLike | None = None, *, period: str = "month", age: str | None = None, definition: str = "n_day", brackets: SupportsGetItem[int, SupportsIndex] | None = None, start_event: str | None = None, start_attribute: str | None = None, end_attribute: str | None = None, activity: SupportsGetItem[int, str] | None = None, amount: str | None = None, zone: str | None = None, until: Instant | None = None, ages: SupportsIndex | None = None, columns: dict[str, str] | None = None) -> Cohorts:
    """
    Customers who started in the same period, and how many of them came back; no playbook is needed.

    `events` has `customer_id`, `timestamp`, and `type` where types are asked for; `customers` has
    `customer_id` and the columns that `start_attribute` and `end_attribute` name. A customer starts
    with the first event, the first of the type `start_event`, or at `start_attribute`; with
    `end_attribute` they are active up to then, and no events are read.

    `period` is that of the cohorts, `age` that in which their age is counted: `"day"`, `"week"`,
    `"month"` or `"quarter"`, in `zone`. `definition` is `"n_day"`, `"unbounded"` or `"bracket"` with
    the ages at which `brackets` begin and end. `activity` names the types of events that count,
    `amount` the column of what each brought in, `until` up to when events were recorded.
    """

def compare(champion: Model, challenger: Model, data: TrainingSet, *, level: SupportsFloat | SupportsIndex = 0.95, resamples: SupportsIndex = 1000, seed: SupportsIndex = 0, n_jobs: SupportsIndex | None = None) -> Comparison:
    """
    Two models judged on the same rows: the one in use and the one that may replace it.

    The areas under their ROC curves are compared by `DeLong`'s test, every measure by a paired
    bootstrap that draws customers with all their rows. The same `seed` gives the same answer,
    whatever `n_jobs` is.
    """

def cross_validate(data: TrainingSet, algorithm: str = "gbm", *, folds: SupportsIndex = 5, by: str = "row", seed: SupportsIndex = 0, purge: str = "0d", **params: "object") -> list[Report]:
    """
    Trains and judges a model on each of several folds; one report a fold.

    `by` is `"row"` (stratified), `"customer"` (stratified, all rows of a customer in one fold) or
    `"time"` (each stretch of time judged by a model of those before it, less `purge`, which should
    be the playbook's gap and horizon). `params` are those of `train`.
    """

def describe(events: TableLike, customers: TableLike | None = None, *, columns: dict[str, str] | None = None) -> Description:
    """
    What the events are, and the customers where they are given: counts, types, columns, gaps,
    duplicates, and what looks wrong. No playbook is needed; arguments as in `Playbook.suggest`.
    """

def experiment(arms: ArmsLike, metric: str | None = None, *, control: str | None = None, covariate: CovariateLike | None = None, level: SupportsFloat | SupportsIndex = 0.95) -> ExperimentReport:
    """
    What the arms of an experiment show, each beside the control, at a number of customers that was
    settled before: difference, p-value, relative lift, with intervals, and p-values adjusted for the
    number of arms (Holm 1979).

    `arms` has by name `(n, successes)`, `(n, mean, variance)`, or a value a customer. `metric` is
    `"proportion"` (z test; interval by Newcombe 1998) or `"mean"` (Welch 1947): by default a proportion
    for counts, else a mean. The control is the first arm where it is not named. `covariate` has for each
    arm a number a customer that was known before the assignment, and takes its part of the variance away
    (CUPED, Deng et al. 2013).
    """

def fit_health(data: TrainingSet, *, features: SupportsGetItem[int, str] | None = None, directions: dict[str, str] | None = None, max_factors: SupportsIndex | None = None) -> FittedHealth:
    """
    Learns a health score from what came true: for each feature a monotone curve, how much it counts,
    and bands between which churn differs; `.playbook` is the section `[health]` to be added to a
    playbook.

    `features` are those to learn from, all where there is none; `directions` says of numbers
    whether more is healthier (`"up"`) or not (`"down"`); there are at most `max_factors`, 10 by
    default.
    """

def off_policy(actions: ColumnLike, propensities: ColumnLike, rewards: ColumnLike, target: RowsLike, predictions: RowsLike | None = None, *, clip: SupportsFloat | SupportsIndex | None = None, switch_threshold: SupportsFloat | SupportsIndex | None = None, level: SupportsFloat | SupportsIndex = 0.95, interval: str = "normal", resamples: SupportsIndex = 1000, seed: SupportsIndex = 0) -> OffPolicyReport:
    """
    What another policy would have brought a decision, from what this one did: IPS, SNIPS and, with
    `predictions`, the direct method, DR and Switch-DR, each with an interval.

    `actions` are numbers from 0, `propensities` the chances that they were chosen with, `rewards` what they
    brought. `target` has the target policy's chance of each action (a row a decision), `predictions` the
    reward that a model expects of it; the model should not have seen the row. Weights above `clip` are
    taken for it. `switch_threshold` is the greatest weight at which Switch-DR takes a reward, by default the
    square root of the rows. `interval` is `"normal"` or `"bootstrap"`.
    """

def power_analysis(metric: str = "proportion", *, baseline: SupportsFloat | SupportsIndex | None = None, variance: SupportsFloat | SupportsIndex | None = None, effect: SupportsFloat | SupportsIndex | None = None, n: SupportsIndex | None = None, power: SupportsFloat | SupportsIndex | None = None, level: SupportsFloat | SupportsIndex = 0.95, ratio: SupportsFloat | SupportsIndex = 1.0) -> PowerAnalysis:
    """
    Finds the one of `effect`, `n` and `power` that is not given: the least effect that is seen, the
    customers that the control needs, or the chance to see the effect.

    A proportion needs the control's `baseline`, a mean the `variance` of a customer. `ratio` is how
    many customers the treatment has for each of the control.
    """

def sample_ratio(counts: SupportsGetItem[int, SupportsIndex], shares: SupportsGetItem[int, SupportsFloat | SupportsIndex] | None = None, *, threshold: SupportsFloat | SupportsIndex = 0.001) -> SampleRatio:
    """
    Whether customers came to the arms in the shares that were meant, by a chi-square test; equal
    shares where none are given. A mismatch, a p-value below `threshold`, says that the assignment or its
    record is broken.
    """

def sequential(looks: LooksLike, metric: str | None = None, *, effect: SupportsFloat | SupportsIndex | None = None, mixing_variance: SupportsFloat | SupportsIndex | None = None, control: str | None = None, level: SupportsFloat | SupportsIndex = 0.95) -> SequentialReport:
    """
    An experiment that may be looked at as often as one likes: always-valid p-values and confidence
    sequences of the mixture sequential probability ratio test (Johari et al. 2022).

    Each of `looks` has the arms, as in `experiment`, with all that was seen up to then. One of `effect`,
    a difference that is thought likely, and `mixing_variance`, its square, has to be settled before the
    data are seen. Where no arm differs, the chance that any is ever called significant is at most
    `1 - level`.
    """

def simulate(*, customers: SupportsIndex = 2000, days: SupportsIndex = 365, seed: SupportsIndex = 1, start: Instant | None = None, event_ids: bool = True, treatments: Any | None = None) -> Simulation:
    """
    Simulates a subscription company: customers arrive, use the product, fall quiet, open tickets,
    see prices rise, and leave. The same arguments give the same bytes.

    `treatments` is a list of `{"customer_id", "action", "at"}`, whose effects are the customer's
    own.
    """

def table(data: TableLike) -> Table:
    """
    Reads any table that Stayput takes, without a playbook: to see what it makes of one.
    """

def train(data: TrainingSet, algorithm: str = "gbm", *, sample_weight: "object" = None, init_model: Model | None = None, **params: "object") -> Model:
    """
    Trains a model on a training set.

    `algorithm` is `"gbm"` (gradient boosting), `"gbdt"` (the same by another library, slower),
    `"logistic"`, `"forest"` (a random forest) or `"tree"` (one shallow tree, to be read). `params`
    are those of the algorithm, under scikit-learn's names: `n_estimators`, `max_depth`,
    `learning_rate`, `class_weight`, `monotone_constraints`, `random_state`, `n_jobs` and so on; an
    unknown one is an error. The same data and parameters give the same model, whatever `n_jobs` is.

    `sample_weight` says what each row counts. `init_model` is a model of `gbm` that training goes
    on from: `n_estimators` trees are added to it.
    """

def tune(data: TrainingSet, algorithm: str = "gbm", *, trials: SupportsIndex = 50, callback: TrialCallback | None = None, space: SpaceLike | None = None, measure: str = "log_loss", by: str = "row", folds: SupportsIndex = 5, purge: str = "0d", seed: SupportsIndex = 0, prune: bool = True, **params: "object") -> Study:
    """
    Finds parameters of training that do well on rows held out: a `Study` that was run.

    `train(data, **study.best_params)` trains with them. Arguments are those of `Study` and of
    `Study.run`.
    """

def validate_health(playbook: Playbook, data: TrainingSet) -> HealthValidation:
    """
    Whether the health score of a playbook predicts who churns: AUC with its interval, and what came
    true in each band.
    """
