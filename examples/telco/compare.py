"""Stayput's trainers beside scikit-learn, LightGBM and XGBoost on the IBM telco table.

Five-fold stratified cross-validation, the same folds for all, shipped defaults for all. Fails when
the AUC of ``gbm`` or of ``logistic`` is below the best of the others less 0.003.

    python examples/telco/compare.py
"""

import sys
import time
import warnings

import lightgbm
import numpy as np
import xgboost
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import stayput
import telco

TOLERANCE = 0.003


def scikit_learn():
    """Logistic regression on one-hot categories and scaled numbers."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    names = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer(
        [
            ("names", names, make_column_selector(dtype_include="category")),
            ("numbers", numbers, make_column_selector(dtype_exclude="category")),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=2000))


PEERS = {
    "scikit-learn logistic": scikit_learn,
    "LightGBM": lambda: lightgbm.LGBMClassifier(random_state=0, verbose=-1, n_jobs=2),
    "XGBoost": lambda: xgboost.XGBClassifier(random_state=0, enable_categorical=True, n_jobs=2),
}
OURS = {"stayput gbm": "gbm", "stayput logistic": "logistic"}


def run():
    """Mean AUC, mean log-loss and seconds of every trainer, by name."""
    data = telco.training_set()
    frame = data.X.to_pandas()[data.names]
    booleans = frame.select_dtypes("boolean").columns
    frame[booleans] = frame[booleans].astype("float64")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = {name: [] for name in OURS | PEERS}
    for train, test in folds.split(np.zeros(len(data)), data.y):
        known, asked = data.select(train), data.select(test)
        for name in scores:
            start = time.perf_counter()
            if name in OURS:
                model = stayput.train(known, OURS[name])
                probability = model.predict_proba(asked.X)
            else:
                model = PEERS[name]().fit(frame.iloc[train], known.y)
                probability = model.predict_proba(frame.iloc[test])[:, 1]
            seconds = time.perf_counter() - start
            row = roc_auc_score(asked.y, probability), log_loss(asked.y, probability), seconds
            scores[name].append(row)
    return {name: np.mean(rows, axis=0) for name, rows in scores.items()}


def main():
    """Prints the table; 1 where ours fall behind."""
    if not telco.data_path().exists():
        print(f"skipped: no data at {telco.data_path()}")
        return 0
    warnings.filterwarnings("ignore", message=".*encountered in matmul", category=RuntimeWarning)
    scores = run()
    print(f"{'5-fold stratified CV, telco':<28} {'AUC':>7} {'log-loss':>9} {'s a fold':>9}")
    for name, (auc, loss, seconds) in scores.items():
        print(f"{name:<28} {auc:7.4f} {loss:9.4f} {seconds:9.2f}")
    best = max(scores[name][0] for name in PEERS)
    behind = [name for name in OURS if scores[name][0] < best - TOLERANCE]
    for name in behind:
        print(f"{name} is below {best:.4f} - {TOLERANCE}", file=sys.stderr)
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
