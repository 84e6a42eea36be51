"""When parts fail: docks, their command links and drones, each up and down in turn (a renewal process).

Drawn before the replication runs, from a stream for each part, so layouts and policies meet the same
failures. A dock that is down launches nothing; one whose link is down launches nothing, and its drones
in the air come home by their lost-link procedure. Both still receive drones. A drone that is down is
not offered; one that fails in the air is found so when it is back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dfr.sim.events import drone_id
from dfr.sim.inputs import DRONE_PART, FailureRate, SimInputs
from dfr.sim.randomness import FloatArray, Streams


class Outage(NamedTuple):
    """A part down from when to when: `part` of a dock, `drone` '' unless it is a drone."""

    start_s: float
    end_s: float
    part: str
    dock: int
    drone: str


def draw_outages(inputs: SimInputs, streams: Streams) -> list[Outage]:
    """The outages of one replication in order of time."""
    outages = [outage for rate in inputs.failures for outage in _of_rate(inputs, streams, rate)]
    return sorted(outages)


def _of_rate(inputs: SimInputs, streams: Streams, rate: FailureRate) -> Iterator[Outage]:
    for number, dock in enumerate(inputs.docks):
        drones = [drone_id(dock.id, index) for index in range(dock.drones)]
        for drone in drones if rate.part == DRONE_PART else [""]:
            name = f"failures/{rate.part}/{drone or dock.id}"
            for start_s, end_s in _down_times(streams, name, rate, inputs.horizon_s):
                yield Outage(start_s, end_s, rate.part, number, drone)


def _down_times(
    streams: Streams, name: str, rate: FailureRate, horizon_s: float
) -> Iterator[tuple[float, float]]:
    """Intervals in which a part is down; it is up at the start."""
    starts, ends = _renewals(streams, name, rate, horizon_s)
    for start_s, end_s in zip(starts.tolist(), ends.tolist(), strict=True):
        if start_s < horizon_s:
            yield start_s, end_s


def _renewals(
    streams: Streams, name: str, rate: FailureRate, horizon_s: float
) -> tuple[FloatArray, FloatArray]:
    """Starts and ends of outages until past the horizon; a longer draw begins with the shorter one."""
    count = 16
    while True:
        up = streams.delay(f"{name}/up", rate.between, count)
        down = streams.delay(f"{name}/down", rate.repair, count)
        ends = np.cumsum(up + down)
        if ends[-1] >= horizon_s:
            return ends - down, ends
        count *= 2
