"""N-1: the same deployment with one part of it gone for the whole period, on the same calls.

A dock that is lost, or whose command link is, sends no drone: the two differ in what is repaired,
not in what callers get. A pilot that is missing leaves the others to fly what they may.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import floor

from dfr.sim.inputs import Duty, SimInputs

DOCK, DRONE, PILOT = "dock_or_its_link", "drone", "remote_pilot"
"""What can be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One part gone: which, and the deployment without it."""

    kind: str
    what: str
    inputs: SimInputs


def losses(inputs: SimInputs) -> Iterator[Loss]:
    """Every single loss of a deployment: each dock (or its link), a drone of each dock, a pilot.

    A dock with one drone loses it as it loses itself, so that comes once.
    """
    for number, dock in enumerate(inputs.docks):
        yield Loss(kind=DOCK, what=dock.id, inputs=_with_drones(inputs, number, 0))
    for number, dock in enumerate(inputs.docks):
        if dock.drones > 1:
            yield Loss(kind=DRONE, what=dock.id, inputs=_with_drones(inputs, number, dock.drones - 1))
    if any(duty.remote_pilots > 1 for duty in inputs.duties):
        duties = tuple(_short_of_one(duty) for duty in inputs.duties)
        yield Loss(kind=PILOT, what="every shift", inputs=replace(inputs, duties=duties))


def _with_drones(inputs: SimInputs, number: int, drones: int) -> SimInputs:
    docks = tuple(
        replace(dock, drones=drones, spare=dock.spare if drones else 0) if index == number else dock
        for index, dock in enumerate(inputs.docks)
    )
    return replace(inputs, docks=docks)


def _short_of_one(duty: Duty) -> Duty:
    """A shift with a remote pilot fewer, and what the others may fly; a lone pilot stays."""
    if duty.remote_pilots < 2:
        return duty
    pilots = duty.remote_pilots - 1
    return replace(duty, remote_pilots=pilots, drones=floor(duty.drones * pilots / duty.remote_pilots))
