"""Models of CatBoost predict here what they predict there, to within 1e-12."""

import catboost
import foreign
import numpy as np
import pandas as pd
import pytest
import stayput

NUMBERS = ["wide", "grid", "share", "paying"]


def trained(frame, labels, **params):
    names = [name for name in frame.columns if frame[name].dtype.name == "category"]
    pool = catboost.Pool(texts(frame), labels, cat_features=names)
    how = {"iterations": 30, "verbose": 0, "allow_writing_files": False, "thread_count": 2}
    if names:
        how["one_hot_max_size"] = 255
    return catboost.CatBoostClassifier(**how | params).fit(pool)


def texts(frame):
    """Categories as texts, which is how the library takes them."""
    names = [name for name in frame.columns if frame[name].dtype.name == "category"]
    return frame.assign(**{name: frame[name].astype(object) for name in names})


def filled(frame):
    """Missing categories by a name, as the library wants it."""
    frame = frame.copy()
    for name in frame.columns:
        if frame[name].dtype.name == "category":
            frame[name] = frame[name].cat.add_categories("none").fillna("none")
    return frame


def names_of(frame):
    """The names of the categories, which the file does not have."""
    categories = [name for name in frame.columns if frame[name].dtype.name == "category"]
    return {name: list(frame[name].cat.categories) for name in categories}


def same(estimator, frame):
    """Holds margins and probabilities on the frame against the library's own."""
    model = stayput.Model.from_catboost(estimator, features=names_of(frame))
    rows = foreign.matrix(frame)
    margins = estimator.predict(texts(frame), prediction_type="RawFormulaVal")
    foreign.close(model.margins(rows), margins)
    foreign.close(model.predict_proba(rows), estimator.predict_proba(texts(frame))[:, 1])
    return model


@pytest.mark.parametrize("policy", ["SymmetricTree", "Depthwise", "Lossguide"])
def test_real_customers(policy):
    frame, left = foreign.telco()
    estimator = trained(frame, left, iterations=200, grow_policy=policy)
    model = same(estimator, frame)
    assert model.names == list(frame.columns)


@pytest.mark.parametrize("seed", range(30))
def test_random_trees_with_missing_values_and_categories(seed, tmp_path):
    rng = np.random.default_rng(seed)
    frame, labels = foreign.made_up(rng, int(rng.integers(50, 1000)))
    unseen, _ = foreign.made_up(rng, 2000)
    frame, unseen = filled(frame), filled(unseen)
    if seed % 3 == 0:
        frame, unseen = frame[NUMBERS], unseen[NUMBERS]
    params = {
        "grow_policy": ["SymmetricTree", "SymmetricTree", "Depthwise", "Lossguide"][seed % 4],
        "nan_mode": ["Min", "Max"][seed // 2 % 2],
        "depth": int(rng.integers(1, 8)),
        "iterations": int(rng.integers(1, 40)),
        "learning_rate": float(rng.uniform(0.02, 1)),
        "loss_function": ["Logloss", "CrossEntropy"][seed // 3 % 2],
        "random_seed": seed,
    }
    estimator = trained(frame, labels, **params)
    # What stands at a border is compared in single precision.
    borders = [(at, border) for at, list in estimator.get_borders().items() for border in list]
    for row, (at, border) in enumerate(borders[:500]):
        if frame.columns[at] in NUMBERS and abs(border) < 1e30:
            unseen.iat[row, at] = border * (1 + rng.choice([-1, 0, 1]) * 1e-8)
    if seed % 2:
        estimator.set_scale_and_bias(0.7, -0.3)
    same(estimator, unseen)
    path = tmp_path / "model.json"
    estimator.save_model(str(path), format="json")
    model = stayput.Model.from_catboost(path.read_bytes(), features=names_of(frame))
    assert model.names == list(frame.columns)


def test_names_of_every_length_are_known_by_their_hash():
    rng = np.random.default_rng(0)
    names = ["".join(rng.choice(list("abcdefgh ijk-_äß€"), length)) for length in range(1, 200)]
    frame = pd.DataFrame({"name": pd.Categorical(rng.choice(names, 4000), categories=names)})
    high = dict(zip(names, rng.random(len(names)) > 0.5))
    labels = frame["name"].map(high).astype(int)
    estimator = trained(frame, labels, iterations=150, depth=6, learning_rate=0.5)
    model = same(estimator, frame)
    probabilities = model.predict_proba(foreign.matrix(frame))
    assert ((probabilities > 0.5) == (labels == 1)).mean() > 0.9
    with pytest.raises(stayput.ModelError, match="not its names"):
        stayput.Model.from_catboost(estimator)
    unseen = estimator.predict_proba([["never seen"]])[:, 1]
    for code in [np.nan, len(names)]:
        foreign.close(model.predict_proba(np.array([[code]])), unseen)


def test_columns_without_names_may_be_given_some():
    frame, labels = foreign.made_up(np.random.default_rng(1), 300)
    rows = foreign.matrix(frame[NUMBERS])
    estimator = catboost.CatBoostClassifier(iterations=5, verbose=0, allow_writing_files=False)
    estimator.fit(rows, labels)
    assert stayput.Model.from_catboost(estimator).names == ["f0", "f1", "f2", "f3"]
    model = stayput.Model.from_catboost(estimator, features=NUMBERS)
    assert model.names == NUMBERS
    foreign.close(model.predict_proba(rows), estimator.predict_proba(rows)[:, 1])


def test_what_is_not_read_is_said():
    frame, labels = foreign.made_up(np.random.default_rng(2), 300)
    counted = trained(filled(frame), labels, one_hot_max_size=2)
    with pytest.raises(stayput.UnsupportedError, match="CTR"):
        stayput.Model.from_catboost(counted, features=names_of(filled(frame)))
    frame = frame[NUMBERS]
    several = trained(frame, np.arange(300) % 3, loss_function="MultiClass", iterations=2)
    with pytest.raises(stayput.UnsupportedError, match="loss `MultiClass` is not one for two"):
        stayput.Model.from_catboost(several)
    for source in [b"", b"CBM1", b"{}", b"[" * 100_000]:
        with pytest.raises(stayput.ModelError) as refused:
            stayput.Model.from_catboost(source)
        assert refused.value.code == "model_format"
