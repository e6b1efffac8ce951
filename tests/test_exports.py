"""What each room says it offers is there."""

from importlib import import_module

import pytest

from tests.conftest import ROOT

ROOMS = sorted(path.parent.name for path in (ROOT / "evalcore").glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_that_a_room_exports_exists_and_stands_there_once(room):
    """Red with a name in `__all__` that two names have grown together to, which no import notices."""
    module = import_module(f"evalcore.{room}")
    exported = getattr(module, "__all__", [])
    assert [name for name in exported if not hasattr(module, name)] == []
    assert len(set(exported)) == len(exported)
