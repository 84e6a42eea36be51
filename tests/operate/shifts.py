"""Shifts at the festival, their inputs made once for all tests of a process."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

from dfr.operate.setup import shift_to_operate
from dfr.rehearsal.fleet import ShiftToFly
from tests.shipped import plan_of, world_of

SCENARIO = "victorious-2024"


def shift_of(vehicles: int, start: datetime) -> ShiftToFly:
    """A shift that begins with so many vehicles, nothing flown yet."""
    return replace(_shift(vehicles, start), calls=[], visits=[])


@cache
def _shift(vehicles: int, start: datetime) -> ShiftToFly:
    return shift_to_operate(world_of(SCENARIO), plan_of(SCENARIO), vehicles=vehicles, start=start)
