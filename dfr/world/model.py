"""The world of one scenario: everything a planner or a simulator asks about the place and the time."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.geo import LocalFrame
from dfr.scenario.model import Scenario
from dfr.world.airspace import Airspace
from dfr.world.terrain import Terrain


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A scenario with its files read: the local frame is centred on the site."""

    scenario: Scenario
    frame: LocalFrame
    airspace: Airspace
    terrain: Terrain
