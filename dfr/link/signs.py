"""What a phase of a flight looks for in the states of its vehicle."""

from __future__ import annotations

from dfr.geo import Position, distance_m
from dfr.link.vehicle import VehicleState
from dfr.track import REACHED_M


def near(state: VehicleState, place: Position) -> bool:
    """It is there: within the distance that counts."""
    return state.position is not None and distance_m(state.position, place) <= REACHED_M


def at_once(state: VehicleState) -> bool:
    """True of every state."""
    del state
    return True


def never(state: VehicleState) -> bool:
    """True of none."""
    del state
    return False
