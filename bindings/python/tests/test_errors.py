"""Errors keep their code, their path and their family, also across processes."""

import pickle

import pytest

import stayput
from stayput import _errors


def test_every_family_has_its_class():
    for name in ("playbook", "table", "bundle", "model", "state", "argument", "unsupported"):
        error = _errors.of_family(name, "text", "code", "path", None)
        assert type(error).__name__ == f"{name.capitalize()}Error"
        assert isinstance(error, stayput.StayputError)
        assert type(error).__name__ in stayput.__all__
    assert type(_errors.of_family("internal", "text", "internal", None, None)) is stayput.StayputError


def test_an_error_survives_pickling():
    error = stayput.PlaybookError("line 3: no", "expression_name", "features.x", (3, 7))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is stayput.PlaybookError
    assert (str(copy), copy.code, copy.path, copy.position) == (
        "line 3: no",
        "expression_name",
        "features.x",
        (3, 7),
    )


def test_bad_arguments_are_also_value_errors():
    with pytest.raises(ValueError, match="expected a data frame"):
        stayput.table(3)
