"""The IBM telco table as customers that Stayput reads."""

import os
import pathlib
import re

import pandas as pd

import stayput

HERE = pathlib.Path(__file__).resolve().parent
# The table has no dates: every instant asks the same.
AS_OF = "2026-01-01"


def data_path():
    """Where the table is, or would be."""
    beside = HERE.parents[1].parent / "shared" / "data"
    folder = pathlib.Path(os.environ.get("STAYPUT_DATA", beside))
    return folder / "telco_ibm" / "telco_customer_churn.csv"


def snake(name):
    """``MonthlyCharges`` as ``monthly_charges``, ``StreamingTV`` as ``streaming_tv``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def customers():
    """One row a customer, under the names of the playbook."""
    table = pd.read_csv(data_path()).rename(columns=snake)
    return table.rename(columns={"churn": "churned"})


def training_set():
    """Every customer with the label: whether the customer left."""
    playbook = stayput.Playbook.load(HERE / "playbook.toml")
    return playbook.training_set(None, customers(), as_of=AS_OF)
