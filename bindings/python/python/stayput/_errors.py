"""The exceptions of Stayput: one base class and a subclass for each family of codes."""

from __future__ import annotations


class StayputError(Exception):
    """An error of Stayput.

    ``code`` is stable and meant for programs, ``path`` names the key, column or argument that the
    error is about, and ``position`` is the line and column in a playbook, both from 1.
    """

    def __init__(
        self,
        message: str,
        code: str = "internal",
        path: str | None = None,
        position: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.position = position

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.code, self.path, self.position)


class PlaybookError(StayputError):
    """The playbook cannot be used: syntax, keys, values, expressions."""


class TableError(StayputError, ValueError):
    """A table, column or row is not what the playbook asks for."""


class BundleError(StayputError):
    """The bytes are not a whole bundle of a version that this one reads."""


class ModelError(StayputError, ValueError):
    """A model cannot be trained, or does not fit the rows it is given."""


class StateError(StayputError):
    """The bytes are not a whole engine snapshot that this engine can continue."""


class ArgumentError(StayputError, ValueError):
    """An argument is of the wrong kind or out of range, or names something unknown."""


class UnsupportedError(StayputError, NotImplementedError):
    """Part of the design that is not built yet."""


_FAMILIES: dict[str, type[StayputError]] = {
    "playbook": PlaybookError,
    "table": TableError,
    "bundle": BundleError,
    "model": ModelError,
    "state": StateError,
    "argument": ArgumentError,
    "unsupported": UnsupportedError,
}


def of_family(
    family: str, message: str, code: str, path: str | None, position: tuple[int, int] | None
) -> StayputError:
    """The exception for an error of the core, which the extension raises."""
    return _FAMILIES.get(family, StayputError)(message, code, path, position)
