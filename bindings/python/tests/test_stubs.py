"""The type stubs say what the extension module does."""

import ast
import inspect
import subprocess
import sys

import data
import stayput
from stayput import _native

FOLDER = data.ROOT / "bindings" / "python"
STUB = FOLDER / "python" / "stayput" / "_native.pyi"


def parameters(function):
    """The names of a stub's parameters."""
    spec = function.args
    every = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
    return [arg.arg for arg in every if arg is not None]


def test_the_stubs_are_those_that_the_source_generates():
    script = FOLDER / "stubs.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_name_of_the_stubs_is_there_with_its_parameters():
    names = set()
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
            real = inspect.signature(getattr(_native, node.name))
            assert list(real.parameters) == parameters(node)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    assert hasattr(getattr(_native, node.name), method.name)
    assert names == {name for name in dir(_native) if not name.startswith("_")}
    assert names <= set(stayput.__all__)


def test_a_type_checker_accepts_the_package_and_a_use_of_it(tmp_path):
    use = tmp_path / "use.py"
    use.write_text(
        """
import numpy as np
import stayput

playbook = stayput.Playbook.load("playbook.toml")
events = {"customer_id": ["a"], "timestamp": ["2026-01-01"], "type": ["login"]}
data = playbook.training_set(events, as_of=["2026-01-01", np.datetime64("2026-02-01")])
model = stayput.train(data, "gbm", n_estimators=3)
auc: float | None = model.evaluate(data).roc_auc
engine = stayput.Engine(stayput.Bundle(playbook, model))
band: list[str] = [s.health.band for s in engine.score_all(as_of="2026-03-01") if s.health]
rows: np.ndarray = model.predict_proba(data.X)
"""
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--allow-untyped-calls"]
    command += ["--disable-error-code=import-untyped", "--disable-error-code=type-arg"]
    package = STUB.parent
    done = subprocess.run(
        [*command, "--cache-dir", tmp_path / "cache", use, package], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
