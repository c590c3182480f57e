"""How fast models train and predict: Stayput beside XGBoost, LightGBM and CatBoost.

120,000 rows of 20 numbers and 3 categories as codes, 200 trees at a learning rate of 0.1, of depth 6
or 31 leaves. Training runs on two threads, and its models are judged on 30,000 rows more; predictions
are of the same models, imported, on one thread. Medians of five runs, of three for training. A model
for the Node and wasm packages is left in the folder that is named.

    python benches/models/speed.py [folder]
"""

import json
import os
import pathlib
import statistics
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import catboost
import lightgbm
import numpy as np
import xgboost
from sklearn.metrics import log_loss, roc_auc_score

import stayput

TREES, TRAIN, TEST, THREADS = 200, 120_000, 30_000, 2


def median(run, runs=5):
    """The median time of a run, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def table(rows, rng):
    """Rows of 20 numbers and 3 categories, and labels of which some 15% are 1."""
    values = np.empty((rows, 23))
    values[:, :20] = rng.normal(size=(rows, 20)).astype(np.float32)
    values[:, 20:] = rng.integers(0, 12, (rows, 3))
    odds = values[:, :8] @ np.array([0.7, -0.5, 0.4, 0.4, -0.3, 0.3, 0.2, 0.2]) - 2.4
    odds += 0.6 * values[:, 0] * (values[:, 8] > 0) + 0.25 * (values[:, 20] % 4 - 1.5)
    return np.ascontiguousarray(values), rng.random(rows) < 1 / (1 + np.exp(-odds))


def trainers(values, labels, data):
    """What trains, by name."""
    deep = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "nthread": THREADS, "tree_method": "hist"}
    leaves = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "num_threads": THREADS, "verbose": -1}
    even = {"iterations": TREES, "depth": 6, "learning_rate": 0.1, "verbose": 0, "thread_count": THREADS}
    ours = {"n_estimators": TREES, "max_depth": 6, "learning_rate": 0.1, "n_jobs": THREADS}
    plain = ours | {"grow_policy": "depthwise", "min_child_weight": 1, "subsample": 1, "colsample_bytree": 1}
    narrow = values.astype(np.float32)
    return {
        "stayput, depth-wise": lambda: stayput.train(data, **plain),
        "stayput, symmetric": lambda: stayput.train(data, **ours),
        "XGBoost": lambda: xgboost.train(deep, xgboost.DMatrix(narrow, labels), TREES),
        "LightGBM": lambda: lightgbm.train(leaves, lightgbm.Dataset(narrow, labels), TREES),
        "CatBoost": lambda: catboost.CatBoostClassifier(**even, allow_writing_files=False).fit(narrow, labels),
    }


def bundle(model, names):
    """The model and a playbook whose features are its inputs, for the page."""
    attributes = "".join(f'{name} = "number"\n' for name in names)
    features = "".join(f"{name} = 'customer.{name}'\n" for name in names)
    label = "label = 'exists(left, horizon)'\nhorizon = \"30d\"\n"
    text = f'[playbook]\nname = "speed"\n[customer]\n{attributes}[events.left]\n[features]\n{features}[churn]\n{label}'
    return stayput.Bundle(stayput.Playbook.parse(text), model)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    rng = np.random.default_rng(0)
    values, labels = table(TRAIN, rng)
    unseen, outcomes = table(TEST, rng)
    names = [f"x{at}" for at in range(values.shape[1])]
    data = stayput.TrainingSet.from_table(dict(zip(names, values.T, strict=True)), labels)

    print(f"training {TRAIN:,} x {values.shape[1]}, {TREES} trees, {THREADS} threads")
    models = {}
    for name, train in trainers(values, labels, data).items():
        models[name] = train()
        seconds = median(train, 3)
        model = models[name]
        if name.startswith("stayput"):
            found = model.predict_proba(unseen)
        elif name == "XGBoost":
            found = model.predict(xgboost.DMatrix(unseen))
        elif name == "LightGBM":
            found = model.predict(unseen)
        else:
            found = model.predict_proba(unseen)[:, 1]
        auc, loss = roc_auc_score(outcomes, found), log_loss(outcomes, found)
        print(f"  {name:<22} {seconds:7.2f} s   AUC {auc:.4f}   log-loss {loss:.4f}")

    deep, leaves, even = models["XGBoost"], models["LightGBM"], models["CatBoost"]
    deep.set_param({"nthread": 1})
    narrow = values.astype(np.float32)
    pool, one = catboost.Pool(narrow), np.ascontiguousarray(values[:1])
    print("prediction, one thread")
    for name, model, theirs, alone in [
        (
            "XGBoost, depth 6",
            stayput.Model.from_xgboost(deep),
            lambda: deep.inplace_predict(narrow),
            lambda: deep.inplace_predict(one),
        ),
        (
            "LightGBM, 31 leaves",
            stayput.Model.from_lightgbm(leaves),
            lambda: leaves.predict(values, num_threads=1),
            lambda: leaves.predict(one, num_threads=1),
        ),
        (
            "CatBoost, depth 6",
            stayput.Model.from_catboost(even),
            lambda: even.predict_proba(pool, thread_count=1)[:, 1],
            lambda: even.predict_proba(one, thread_count=1),
        ),
    ]:
        def ours(model=model):
            return model.predict_proba(values, n_jobs=1)

        differ = np.abs(ours() - theirs()).max()
        mine, other = TRAIN / median(ours), TRAIN / median(theirs)
        rows = list(values[:2_000])
        ask = model.predict_row
        mine_alone = median(lambda rows=rows, ask=ask: [ask(row) for row in rows]) / len(rows)
        other_alone = median(lambda alone=alone: [alone() for _ in range(200)]) / 200
        print(
            f"  {name:<20} {mine:>10,.0f} rows/s, library {other:>10,.0f} ({mine / other:.1f}x)   "
            f"one row {mine_alone * 1e6:.2f} µs, library {other_alone * 1e6:.0f} µs   differ by {differ:.1e}"
        )
        if folder is not None and name.startswith("XGBoost"):
            folder.mkdir(parents=True, exist_ok=True)
            model.save(folder / "model")
            # As XGBoost calls the columns of a table without names.
            inputs = [f"f{at}" for at in range(values.shape[1])]
            bundle(model, inputs).save(folder / "bundle")
            some = {
                "names": inputs,
                "rows": values[:1_000].tolist(),
                "p": model.predict_proba(values[:1_000]).tolist(),
            }
            (folder / "rows.json").write_text(json.dumps(some))


if __name__ == "__main__":
    main()
