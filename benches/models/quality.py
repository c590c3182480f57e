"""How good the shipped defaults are: Stayput beside XGBoost, LightGBM and CatBoost on four tables.

Five-fold stratified cross-validation with the same folds for all: mean ROC-AUC and log-loss, and the
calibration error (ECE) of all rows, each predicted by the model that did not see it. Beside it stand the mean
of the folds' own, and in brackets what either would be for a model whose probabilities are the truth: with few
rows in a bin, chance alone moves shares away from them. Public tables in ``../shared/data`` or ``$STAYPUT_DATA``; a table that is not
there is left out, and so is a library that is not installed.

    python benches/models/quality.py [table …]
"""

import importlib.util
import os
import pathlib
import re
import sys
import time

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

import stayput

BESIDE = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"
DATA = pathlib.Path(os.environ.get("STAYPUT_DATA", BESIDE))

# For each table: its files, the label's column, columns to leave out, columns that are names.
TABLES = {
    "telco_ibm": (["telco_customer_churn.csv"], "Churn", ["customerID"], []),
    "mlc_churn_5000": (["mlc_churn.csv"], "churn", [], []),
    "churn_bigml": (["churn-bigml-80.csv", "churn-bigml-20.csv"], "Churn", [], ["Area code"]),
    # The months active are as good as the label.
    "saas_churn_pysurvival": (["churn.csv"], "churned", ["months_active"], []),
}
OURS = {
    "stayput gbm": {"algorithm": "gbm"},
    "stayput gbm, Platt": {"algorithm": "gbm", "calibrate": "platt"},
    "stayput logistic": {"algorithm": "logistic"},
    "stayput forest": {"algorithm": "forest"},
    "stayput tree": {"algorithm": "tree"},
}


def read(table):
    """The features as a frame of numbers and categories, and the labels."""
    files, label, without, names = TABLES[table]
    frame = pd.concat([pd.read_csv(DATA / table / file) for file in files], ignore_index=True)
    if table == "telco_ibm":
        frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce")
    churned = frame.pop(label).astype(str).str.lower().isin(["yes", "true", "1", "1.0"]).to_numpy()
    frame = frame.drop(columns=without)
    frame.columns = [re.sub(r"\W", "_", name).lower() for name in frame.columns]
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) or name in [re.sub(r"\W", "_", n).lower() for n in names]:
            frame[name] = frame[name].astype(str).astype("category")
        elif pd.api.types.is_bool_dtype(frame[name]):
            frame[name] = frame[name].astype(float)
    return frame, churned


def training_set(frame, churned):
    """The same as Stayput takes it: a playbook of attributes alone."""
    names = {name: isinstance(frame[name].dtype, pd.CategoricalDtype) for name in frame.columns}
    lines = ["[playbook]", 'name = "table"', "[customer]", 'churned = "bool"']
    lines += [f'{name} = "{"category" if named else "number"}"' for name, named in names.items()]
    lines += ["[features]", *(f"{name} = 'customer.{name}'" for name in names)]
    lines += ["[churn]", "label = 'customer.churned'", 'horizon = "30d"']
    customers = frame.assign(customer_id=[f"{at:06}" for at in range(len(frame))], churned=churned)
    playbook = stayput.Playbook.parse("\n".join(lines))
    return playbook.training_set(None, customers, as_of="2026-01-01")


def peers():
    """Classifiers with their libraries' defaults, by name."""
    found = {}
    if importlib.util.find_spec("xgboost"):
        import xgboost

        found["XGBoost"] = lambda names: xgboost.XGBClassifier(random_state=0, enable_categorical=True)
    if importlib.util.find_spec("lightgbm"):
        import lightgbm

        found["LightGBM"] = lambda names: lightgbm.LGBMClassifier(random_state=0, verbose=-1)
    if importlib.util.find_spec("catboost"):
        import catboost

        found["CatBoost"] = lambda names: catboost.CatBoostClassifier(
            random_seed=0, verbose=0, cat_features=names, allow_writing_files=False
        )
    return found


def calibration_error(labels, probabilities, bins=10):
    """ECE: the mean distance of probability and share, over bins of equal width."""
    at = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [abs((labels[at == b] - probabilities[at == b]).sum()) for b in range(bins)]
    return sum(gaps) / len(labels)


def by_chance(probabilities, parts, draws=200):
    """The mean ECE of labels that come true with these probabilities; over parts, the mean of their own."""
    generator = np.random.default_rng(0)
    drawn = (generator.random((draws, len(probabilities))) < probabilities).astype(float)
    errors = [[calibration_error(y[rows], probabilities[rows]) for rows in parts] for y in drawn]
    return np.mean(errors)


def compare(table):
    frame, churned = read(table)
    data = training_set(frame, churned)
    labels = np.asarray(data.y)
    named = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    others = peers()
    rows = {name: [] for name in OURS | others}
    out_of_fold = {name: np.zeros(len(labels)) for name in rows}
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(frame, labels))
    for train, test in folds:
        for name in rows:
            start = time.perf_counter()
            if name in OURS:
                model = stayput.train(data.select(train), **OURS[name])
                found = model.predict_proba(data.select(test).X)
            else:
                model = others[name](named).fit(frame.iloc[train], labels[train])
                found = model.predict_proba(frame.iloc[test])[:, 1]
            seconds = time.perf_counter() - start
            y = labels[test]
            out_of_fold[name][test] = found
            rows[name].append((roc_auc_score(y, found), log_loss(y, found), calibration_error(y, found), seconds))
    print(f"\n{table:<24} {'AUC':>8} {'log-loss':>9} {'ECE':>16} {'ECE of folds':>16} {'s a fold':>9}")
    for name, found in rows.items():
        auc, loss, error, seconds = np.mean(found, axis=0)
        of_all = out_of_fold[name]
        whole = f"{calibration_error(labels, of_all):.4f} ({by_chance(of_all, [slice(None)]):.4f})"
        folded = f"{error:.4f} ({by_chance(of_all, [test for _, test in folds]):.4f})"
        print(f"  {name:<22} {auc:8.4f} {loss:9.4f} {whole:>16} {folded:>16} {seconds:9.2f}")


if __name__ == "__main__":
    for table in sys.argv[1:] or TABLES:
        if (DATA / table).exists():
            compare(table)
        else:
            print(f"skipped: no data at {DATA / table}")
