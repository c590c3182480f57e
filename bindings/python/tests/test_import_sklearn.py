"""Models of scikit-learn predict here what they predict there, to within 1e-12."""

import foreign
import numpy as np
import pandas as pd
import pytest
import stayput
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

NUMBERS = ["wide", "grid", "share", "paying"]


def coded(estimator, frame):
    """The frame with the names of categories in the estimator's order, and those it knows alone."""
    frame = frame.copy()
    names = [name for name in frame.columns if frame[name].dtype.name == "category"]
    if names and isinstance(estimator, HistGradientBoostingClassifier):
        encoder = estimator._preprocessor.named_transformers_["encoder"]
        for name, known in zip(names, encoder.categories_):
            known = [text for text in known if text == text]
            # What is not known comes after those that are.
            rest = sorted(set(frame[name].cat.categories) - set(known))
            frame[name] = frame[name].cat.set_categories([*known, *rest])
    return frame


def same(estimator, frame, **how):
    """Holds probabilities on the frame, and margins where there are some, against its own."""
    model = stayput.Model.from_sklearn(estimator, **how)
    rows = foreign.matrix(coded(estimator, frame))
    theirs = estimator.predict_proba(frame)[:, 1]
    foreign.close(model.predict_proba(rows), theirs)
    if hasattr(estimator, "decision_function"):
        foreign.close(model.margins(rows), estimator.decision_function(frame))
    return model


def test_real_customers():
    frame, left = foreign.telco()
    model = same(HistGradientBoostingClassifier(max_iter=200).fit(frame, left), frame)
    assert model.names == list(frame.columns)
    plain = pd.DataFrame(foreign.matrix(frame), columns=frame.columns)
    for trees in [RandomForestClassifier, ExtraTreesClassifier]:
        estimator = trees(200, random_state=0, n_jobs=2).fit(plain, left)
        importance = [share for _, share in same(estimator, plain).importance]
        foreign.close(importance, estimator.feature_importances_)
    filled = plain.fillna(0)
    for estimator in [
        GradientBoostingClassifier(random_state=0),
        DecisionTreeClassifier(random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ]:
        same(estimator.fit(filled, left), filled)


@pytest.mark.parametrize("seed", range(25))
def test_random_trees(seed):
    rng = np.random.default_rng(seed)
    frame, labels = foreign.made_up(rng, int(rng.integers(50, 800)))
    unseen, _ = foreign.made_up(rng, 1500)
    depth = int(rng.integers(1, 12))
    how = {"max_depth": depth, "random_state": seed, "min_samples_leaf": int(rng.integers(1, 9))}
    boosting = HistGradientBoostingClassifier(
        max_iter=int(rng.integers(1, 30)), learning_rate=float(rng.uniform(0.05, 1)), **how
    )
    same(boosting.fit(frame, labels), unseen)
    frame, unseen = frame[NUMBERS], unseen[NUMBERS]
    for estimator in [
        RandomForestClassifier(10, **how),
        ExtraTreesClassifier(10, **how),
        DecisionTreeClassifier(**how),
    ]:
        estimator.fit(frame, labels)
        cuts = estimator.tree_ if hasattr(estimator, "tree_") else estimator.estimators_[0].tree_
        # What stands at a threshold is compared in single precision.
        at = [(cuts.threshold[node], cuts.feature[node]) for node in range(cuts.node_count)]
        for row, (threshold, feature) in enumerate(at[:500]):
            if feature >= 0 and np.isfinite(threshold):
                unseen.iat[row, feature] = threshold * (1 + rng.choice([-1, 0, 1]) * 1e-8)
        same(estimator, unseen)
    loss = ["log_loss", "exponential"][seed % 2]
    init = [None, "zero"][seed // 2 % 2]
    boosting = GradientBoostingClassifier(n_estimators=15, loss=loss, init=init, **how)
    same(boosting.fit(frame.fillna(0), labels), unseen.fillna(0))


@pytest.mark.parametrize("seed", range(5))
def test_logistic_regression_after_scalers(seed):
    rng = np.random.default_rng(seed)
    frame, labels = foreign.made_up(rng, 700, missing=False)
    frame = frame[["grid", "share", "paying"]]
    scalers = [
        [],
        [StandardScaler()],
        [StandardScaler(with_mean=False)],
        [StandardScaler(with_std=False)],
        [MinMaxScaler((-1, 2))],
        [MaxAbsScaler()],
        [RobustScaler()],
        [RobustScaler(with_centering=False, with_scaling=False)],
        [StandardScaler(), MinMaxScaler()],
    ]
    for steps in scalers:
        same(make_pipeline(*steps, LogisticRegression(C=0.3)).fit(frame, labels), frame)
    model = same(LogisticRegressionCV(Cs=3, scoring="neg_log_loss").fit(frame, labels), frame)
    assert model.names == ["grid", "share", "paying"]


def test_names_and_kinds_may_be_given():
    frame, labels = foreign.made_up(np.random.default_rng(0), 200, missing=False)
    estimator = LogisticRegression().fit(frame[NUMBERS].to_numpy(), labels)
    assert stayput.Model.from_sklearn(estimator).names == ["x0", "x1", "x2", "x3"]
    assert stayput.Model.from_sklearn(estimator, features=NUMBERS).names == NUMBERS
    with pytest.raises(stayput.ModelError, match="did you mean `wide`"):
        estimator = LogisticRegression().fit(frame[NUMBERS], labels)
        stayput.Model.from_sklearn(estimator, features={"wid": "bool"})


def test_what_is_not_read_is_said():
    frame, labels = foreign.made_up(np.random.default_rng(1), 200, missing=False)
    frame = frame[NUMBERS]
    scaled = make_pipeline(StandardScaler(), RandomForestClassifier(2))
    poly = make_pipeline(PolynomialFeatures(), LogisticRegression())
    own = GradientBoostingClassifier(n_estimators=2, init=LogisticRegression())
    three = np.arange(200) % 3
    for estimator, labels, message in [
        (RandomForestRegressor(2), labels, "`RandomForestRegressor` is not read; these are"),
        (RandomForestClassifier(2), three, "has 3 classes"),
        (scaled, labels, "ends in logistic regression; this one in `RandomForestClassifier`"),
        (poly, labels, "`PolynomialFeatures` before a model is not read"),
        (own, labels, "`init` of its own"),
    ]:
        with pytest.raises(stayput.UnsupportedError, match=message):
            stayput.Model.from_sklearn(estimator.fit(frame, labels))
    for wrong, message in [
        (RandomForestClassifier(), "is not fitted"),
        (3, "expected a model of scikit-learn; found `int`"),
    ]:
        with pytest.raises(stayput.ArgumentError, match=message):
            stayput.Model.from_sklearn(wrong)
