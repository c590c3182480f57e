"""What playbooks define, and what in them is hardly meant."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Document, Documents


@dataclass(frozen=True)
class FeatureDefinition(Document):
    """A feature as the playbook defines it; its version is equal where its meaning is."""

    name: str
    type: str
    expression: str
    unit: str | None
    version: str


class FeatureDefinitions(Documents[FeatureDefinition]):
    """The features of a playbook, in its order."""

    part = FeatureDefinition


@dataclass(frozen=True)
class EventUse(Document):
    """What is read of the events of one type; no properties where only the times are read."""

    event: str
    properties: list[str]


@dataclass(frozen=True)
class FunctionUse(Document):
    """A function and the version of what it gives."""

    name: str
    version: int


@dataclass(frozen=True)
class Lineage(Document):
    """Everything that a feature depends on, directly or through the features it reads.

    ``window`` is the longest one, ``"past"`` for all of the past, ``None`` without events.
    """

    feature: str
    version: str
    attributes: list[str]
    events: list[EventUse]
    features: list[str]
    window: str | None
    functions: list[FunctionUse]


@dataclass(frozen=True)
class Lint(Document):
    """Something a playbook says that is hardly meant."""

    code: str
    level: str
    path: str
    line: int | None
    column: int | None
    message: str
    fix: str


class Lints(Documents[Lint]):
    """What in a playbook is hardly meant."""

    part = Lint
