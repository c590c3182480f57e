"""Real data beside the project, where it is."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


def real(*parts):
    """The path of a file of the real data; the test is skipped where there is none."""
    folder = pathlib.Path(os.environ.get("STAYPUT_DATA", ROOT.parent / "shared" / "data"))
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"skipped: no data at {path}")
    return path
