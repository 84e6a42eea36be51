"""Vehicles that a shift starts for itself, named by their engine in place of a URL."""

from __future__ import annotations

import pytest

from dfr.errors import InputError
from dfr.operate.simulated import engine_of


@pytest.mark.parametrize("engine", ["builtin", "ardupilot"])
def test_the_name_of_an_engine_stands_for_a_vehicle_of_it(engine):
    assert engine_of([engine, engine]) == engine


def test_urls_are_vehicles_that_run_already():
    assert engine_of(["tcp:127.0.0.1:5760", "udp:0.0.0.0:14550#2"]) is None


@pytest.mark.parametrize("others", ["tcp:127.0.0.1:5760", "ardupilot"])
def test_a_shift_has_vehicles_of_one_kind(others):
    with pytest.raises(InputError, match="one kind"):
        engine_of(["builtin", others])
