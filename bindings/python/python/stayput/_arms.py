"""The arms of an experiment on their way to the core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._errors import ArgumentError

_SUMMARIES = {2: ("n", "successes"), 3: ("n", "mean", "variance")}


def arm(name: str, value: Any) -> Any:
    """An arm as the core reads it: a tuple becomes an object."""
    if not isinstance(value, tuple):
        return value
    if len(value) not in _SUMMARIES:
        wanted = "(n, successes), (n, mean, variance), or one value a customer in an array"
        message = f"argument `arms.{name}`: found a tuple of {len(value)}; expected {wanted}"
        raise ArgumentError(message, "argument", f"arms.{name}")
    return dict(zip(_SUMMARIES[len(value)], value, strict=True))


def looks(values: Any) -> list[dict[str, Any]]:
    """The looks as the core reads them."""
    plain = []
    for number, look in enumerate(values):
        if not isinstance(look, Mapping):
            message = f"argument `looks[{number}]`: expected a dictionary of arms"
            raise ArgumentError(message, "argument", f"looks[{number}]")
        plain.append({str(name): arm(str(name), value) for name, value in look.items()})
    return plain
