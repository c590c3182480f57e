"""Rows for models of other libraries: real customers, and random ones of every kind."""

import data
import numpy as np
import pandas as pd

CATEGORIES = [f"c{at}" for at in range(70)]


def telco():
    """Telco customers, with missing values and their texts as categories; and who left."""
    frame = pd.read_csv(data.real("telco_ibm", "telco_customer_churn.csv"))
    left = (frame.pop("Churn") == "Yes").astype(int)
    frame = frame.drop(columns="customerID")
    frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce")
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype("category")
    return frame, left.to_numpy()


def made_up(rng, rows, missing=True):
    """Random customers: numbers of all sizes, zeros, a boolean, two categories; and labels."""
    plan = rng.choice(["free", "basic", "pro"], rows)
    frame = pd.DataFrame(
        {
            "wide": rng.normal(size=rows) * 10.0 ** rng.integers(-4, 5, rows),
            "grid": rng.integers(-3, 4, rows).astype(float),
            "share": rng.random(rows),
            "paying": (rng.random(rows) > 0.5).astype(float),
            "plan": pd.Categorical(plan, categories=["free", "basic", "pro"]),
            "city": pd.Categorical(rng.choice(CATEGORIES, rows), categories=CATEGORIES),
        }
    )
    if missing:
        for name in frame.columns:
            frame.loc[rng.random(rows) < rng.choice([0.0, 0.1, 0.4]), name] = np.nan
    odds = frame["share"].fillna(0.9) * 3 - 1 + (plan == "free") - (frame["grid"].fillna(1) > 1)
    return frame, (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int).to_numpy()


def matrix(frame):
    """The frame as a model's rows: categories by their codes, missing as NaN."""
    columns = []
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            columns.append(np.where(column.isna(), np.nan, column.cat.codes.astype(float)))
        else:
            columns.append(column.to_numpy(float))
    return np.column_stack(columns)


def same_bits(ours, theirs):
    """Whether two arrays are equal to the bit, the second widened to double precision."""
    theirs = np.asarray(theirs, np.float64)
    differ = np.flatnonzero(ours.view(np.uint64) != theirs.view(np.uint64))
    assert not len(differ), (len(differ), len(ours), ours[differ[:5]], theirs[differ[:5]])


def close(ours, theirs):
    """Whether two arrays are equal to within 1e-12, absolute or relative."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
