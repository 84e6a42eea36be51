"""The world of one scenario: everything a planner or a simulator asks about the place and the time."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.geo import LocalFrame
from dfr.scenario.air import NotamReading
from dfr.scenario.model import Scenario
from dfr.world.airspace import Airspace
from dfr.world.notices import Notams
from dfr.world.terrain import Terrain


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A scenario with its files read: the local frame is centred on the site.

    `notam_reading` is who read the NOTAMs, None where nobody has or where that is assumed outside an
    exercise; `notams` are their texts as far as files hold them. Their zones are in `airspace` already.
    """

    scenario: Scenario
    frame: LocalFrame
    airspace: Airspace
    terrain: Terrain
    notam_reading: NotamReading | None = None
    notams: tuple[Notams, ...] = ()
