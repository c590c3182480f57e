"""How fast predictions are explained: Stayput beside the libraries that trained them, and shap.

The same 200 trees over 23 features, trained by LightGBM (31 leaves), XGBoost (depth 6) and
CatBoost (symmetric, depth 6); rows a second on one thread, medians of five runs, in one process.

    python benches/models/explain.py [rows]
"""

import statistics
import sys
import time

import catboost
import lightgbm
import numpy as np
import shap
import xgboost

import stayput

TREES, WIDTH, TRAIN, RUNS = 200, 23, 20_000, 5


def median(run):
    """The median time of a run, in seconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rng = np.random.default_rng(0)
    values = rng.random((TRAIN, WIDTH)).astype(np.float32).astype(float)
    odds = ((values[:, :8] - 0.5) * (3 - 4 * values[:, 8:16])).sum(axis=1)
    labels = (odds + 2 * rng.random(TRAIN) > 1).astype(int)
    asked = np.ascontiguousarray(values[:rows])

    leaves = lightgbm.train(
        {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 2},
        lightgbm.Dataset(values, labels),
        TREES,
    )
    deep = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 6, "nthread": 2},
        xgboost.DMatrix(values, labels),
        TREES,
    )
    even = catboost.CatBoostClassifier(
        iterations=TREES, depth=6, verbose=0, thread_count=2, allow_writing_files=False
    )
    even.fit(values, labels)
    deep.set_param({"nthread": 1})
    matrix, pool = xgboost.DMatrix(asked), catboost.Pool(asked)
    for name, model, theirs, source in [
        (
            "LightGBM, 31 leaves",
            stayput.Model.from_lightgbm(leaves),
            lambda: leaves.predict(asked, pred_contrib=True, num_threads=1),
            leaves,
        ),
        (
            "XGBoost, depth 6",
            stayput.Model.from_xgboost(deep),
            lambda: deep.predict(matrix, pred_contribs=True),
            deep,
        ),
        (
            "CatBoost, depth 6",
            stayput.Model.from_catboost(even),
            lambda: even.get_feature_importance(pool, type="ShapValues", thread_count=1),
            even,
        ),
    ]:
        def explain(some=asked, model=model):
            return model.explain(some, output="margin", n_jobs=1)

        explain()
        differ = np.abs(explain().values - theirs()[:, :-1]).max()
        ours, others = rows / median(explain), rows / median(theirs)
        explainer = shap.TreeExplainer(source)
        shaps = rows / median(lambda explainer=explainer: explainer.shap_values(asked))
        alone = median(lambda model=model: model.explain(asked[:1], output="margin", n_jobs=1))
        print(
            f"{name:<20} ours {ours:>9,.0f} rows/s   library {others:>8,.0f} ({ours / others:.1f}x)"
            f"   shap {shaps:>8,.0f} ({ours / shaps:.1f}x)   one row {alone * 1e6:.0f} µs"
            f"   differ by {differ:.1e}"
        )


if __name__ == "__main__":
    main()
