"""What a room of the package says that it offers is there. Red where a merge joins two names of a list."""

import importlib

import pytest

from tests.conftest import ROOT

ROOMS = sorted(path.parent.name for path in (ROOT / "evalcore").glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_of_a_room_exists(room):
    module = importlib.import_module(f"evalcore.{room}")
    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []
