"""The one way home: the way out reversed, flown as waypoints to the first bend, then straight by RTL.

A way bends only where the straight leg is not open (no detour between two points is quicker in any steady
wind), so the way reversed is straight wherever straight home keeps every margin. RTL goes to the nearest of
home and the rally points; where a rally point is nearer to where RTL would begin, the drone flies over
home as a waypoint first. Matrix, simulation, compiled mission and its prediction all ask here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from dfr.aircraft.catalogue import drone
from dfr.aircraft.performance import FlightSettings, flight_settings
from dfr.geo import FloatArray, LocalFrame, Position
from dfr.scenario.model import Scenario


def over_home_first(begins_m: ArrayLike, home_m: ArrayLike, rally_m: ArrayLike) -> bool:
    """Whether RTL begun at a place would go to a rally point, local metres: it goes to the nearest.

    >>> over_home_first((0.0, 300.0), (0.0, 0.0), [(0.0, 400.0)])
    True
    """
    begins, rally = np.asarray(begins_m, float), np.asarray(rally_m, float).reshape(-1, 2)
    home = float(np.hypot(*(np.asarray(home_m, float) - begins)))
    return bool((np.hypot(*(rally - begins).T) < home).any())


def waypoints_home(
    frame: LocalFrame, way: Sequence[Position], rally: Sequence[Position]
) -> tuple[Position, ...]:
    """Places to pass after the hold at the end of a way and before RTL, in order."""
    bends = tuple(reversed(way[1:-1]))
    begins, *places = frame.points(((bends or way[-1:])[-1], way[0], *rally))
    return (*bends, way[0]) if over_home_first(begins, places[0], places[1:]) else bends


def sortie_legs(
    frame: LocalFrame, ways_m: Sequence[FloatArray], rally: Sequence[Position]
) -> tuple[FloatArray, FloatArray]:
    """(lengths in m, true courses in degrees), shape (ways, most legs), as `predict_paths` takes them.

    `ways_m` are local points from the dock out, shape (n, 2); none for no way. Shorter ways are padded with
    legs of length 0. A first leg of length 0 is the RTL of a drone that comes home over its dock.
    """
    rally_m = frame.points(rally)
    rows = []
    for way in ways_m:
        corners = np.asarray(way, float).reshape(-1, 2)
        if len(corners) > 1 and over_home_first(corners[1], corners[0], rally_m):
            corners = np.vstack((corners[:1], corners))
        rows.append(np.diff(corners, axis=0))
    most = max((len(row) for row in rows), default=1)
    lengths, courses = np.zeros((len(rows), max(most, 1))), np.zeros((len(rows), max(most, 1)))
    for k, legs in enumerate(rows):
        lengths[k, : len(legs)] = np.hypot(legs[:, 0], legs[:, 1])
        courses[k, : len(legs)] = np.degrees(np.arctan2(legs[:, 0], legs[:, 1])) % 360.0
    return lengths, courses


def dispatch_settings(scenario: Scenario) -> FlightSettings:
    """How a scenario's drone flies a dispatch: at its cruise speed, home at the return height."""
    settings = flight_settings(drone(scenario.fleet.drone), cruise_mps=scenario.operation.cruise_mps)
    return replace(settings, return_height_m=scenario.contingency.return_height_m_agl)
