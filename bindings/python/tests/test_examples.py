"""The examples run."""

import subprocess
import sys

import data
import nbclient
import nbformat
import pytest

EXAMPLES = data.ROOT / "examples"


def test_the_notebook_runs_from_the_first_cell_to_the_last(tmp_path):
    notebook = nbformat.read(EXAMPLES / "notebook" / "retention.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    folder = {"metadata": {"path": EXAMPLES / "notebook"}}
    nbclient.NotebookClient(notebook, timeout=300, resources=folder).execute()
    assert "bytes for 2,0" in notebook.cells[-1].outputs[0]["data"]["text/plain"]


def test_ours_are_as_good_as_the_others_on_telco():
    data.real("telco_ibm", "telco_customer_churn.csv")
    script = EXAMPLES / "telco" / "compare.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") == 6


@pytest.mark.parametrize("algorithm", ["gbm", "logistic"])
def test_telco_trains_to_the_same_bytes_on_one_thread_and_on_two(algorithm, monkeypatch):
    data.real("telco_ibm", "telco_customer_churn.csv")
    monkeypatch.syspath_prepend(EXAMPLES / "telco")
    import stayput
    import telco

    rows = telco.training_set()
    assert (len(rows), rows.y.sum()) == (7043, 1869)
    one, two = (stayput.train(rows, algorithm, n_jobs=n) for n in (1, 2))
    assert one.to_bytes() == two.to_bytes() == stayput.train(rows, algorithm).to_bytes()
    assert one.predict_proba(rows.X).tobytes() == two.predict_proba(rows.X).tobytes()
