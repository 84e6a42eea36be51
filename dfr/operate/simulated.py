"""Simulated vehicles for a shift that is tried out, one in each drone's dock."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from dfr.aircraft.catalogue import drone_of
from dfr.errors import InputError
from dfr.plan.model import Plan
from dfr.rehearsal.dispatches import FRAMES, PARAMS
from dfr.rehearsal.fleet import place_drones
from dfr.world.model import World
from firmware_sitl.start import RunningVehicle, SitlEngine, start_vehicle

ENGINES: dict[str, SitlEngine] = {"builtin": "builtin", "ardupilot": "ardupilot"}
"""What stands in place of a vehicle's URL where one of this engine is to be started."""


def engine_of(urls: Sequence[str]) -> SitlEngine | None:
    """The engine whose vehicles are to be started; None for vehicles that run already.

    Raises InputError for several kinds.
    """
    kinds = set(urls)
    if not kinds & ENGINES.keys():
        return None
    if len(kinds) > 1:
        raise InputError(f"vehicles of several kinds: {', '.join(sorted(kinds))}", do="give one kind")
    return ENGINES[kinds.pop()]


def start_fleet(
    world: World, plan: Plan, vehicles: int, *, engine: SitlEngine, speedup: float, stack: ExitStack
) -> list[RunningVehicle]:
    """So many vehicles in the docks of a plan, in its planning wind; they end with the stack."""
    drone, wind = drone_of(world.scenario.fleet), plan.planning_wind
    blows = {} if wind is None else {"SIM_WIND_SPD": wind.wind_mps, "SIM_WIND_DIR": wind.wind_from_deg}
    places = zip(plan.sites, place_drones(plan, vehicles), strict=True)
    homes = [site.position for site, dock in places for _ in range(dock.drones)]
    return [
        stack.enter_context(
            start_vehicle(
                engine=engine,
                home=home,
                home_m_amsl=world.terrain.ground_m_amsl(home) or 0.0,
                speedup=speedup,
                defaults=[PARAMS / f"{drone.key}.parm"],
                frame=FRAMES / f"{drone.key}.json",
                params=blows,
                system_id=number,
            )
        )
        for number, home in enumerate(homes, 1)
    ]
