"""Documents made from the core's JSON."""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .base import Document, Documents


def read(name: str, text: str) -> Any:
    """The document of class ``name`` that is written as JSON in ``text``."""
    value = json.loads(text)
    if name in ("FeatureValues", "Params"):
        return value
    if name == "Moment":
        return None if value is None else _instant(value)
    kind = Document.kinds[name]
    if issubclass(kind, Documents):
        return kind(build(kind.part, item) for item in value)
    if issubclass(kind, Document):
        return build(kind, value)
    return kind(value)


def build(kind: type[Document], value: dict[str, Any]) -> Any:
    """The document of that class: its parts are built first."""
    value = {f"{name}_" if name == "from" else name: item for name, item in value.items()}
    for name, made in _parts(kind):
        if value[name] is not None:
            value[name] = made(value[name])
    return kind(**value)


Parts = list[tuple[str, Callable[[Any], Any]]]
_known: dict[str, Parts] = {}


def _parts(kind: type[Document]) -> Parts:
    """The fields that are not as JSON has them, with what makes them so."""
    if kind.__name__ not in _known:
        hints = typing.get_type_hints(kind)
        builders = ((name, _builder(hint)) for name, hint in hints.items())
        _known[kind.__name__] = [(name, made) for name, made in builders if made is not None]
    return _known[kind.__name__]


def _builder(hint: Any) -> Callable[[Any], Any] | None:
    """What makes a field of that type; ``None`` where JSON's value is the field's."""
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not types.NoneType)
    if typing.get_origin(hint) is list:
        made = _builder(typing.get_args(hint)[0])
        return None if made is None else lambda items: [made(item) for item in items]
    if hint is datetime:
        return _instant
    if isinstance(hint, type) and issubclass(hint, Document):
        return functools.partial(build, hint)
    return None


def _instant(text: str) -> datetime:
    """An instant as the core writes it, with a fraction of any length or none."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction:0<6}+00:00")
