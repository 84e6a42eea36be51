"""Study a drone on paper, and set two side by side on a scenario's calls: `dfr airframe`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dfr.aircraft.airframe_study import (
    ENVELOPE_TRIALS,
    AirframeDesign,
    AirframeStudy,
    fly_landing_envelope,
)
from dfr.aircraft.airframe_study import study_airframe as study_design
from dfr.aircraft.catalogue import find_dock
from dfr.api.simulation import simulate
from dfr.io.airframe_files import read_airframe
from dfr.io.own_drone_files import write_own_drone
from dfr.metrics.designs import DesignsOnScenario, compare_designs
from dfr.plan.planner import make_plan
from dfr.world.model import World
from dfr.world.weather import ROUGHNESS_M, profile_factor

REPLICATIONS = 20

ON_SCENARIO = (
    "each design flies from its own dock, sited anew, within its own limits of wind, gust and landing; rain, "
    "visibility, crew and rules are the scenario's",
    "no motor stops in these flights: `dfr simulate` with a drone in its scenario has failures too",
)


def study_airframe(
    design: str | Path | AirframeDesign, *, cruise_mps: float = 15.0, trials: int = ENVELOPE_TRIALS
) -> AirframeStudy:
    """What a drone on paper would do: power, endurance, wind, a lost motor, noise, impact, its landings.

    `design` is a file or a value; `trials` landings are simulated. Raises InputError or ScenarioError for a
    file that cannot be used.
    """
    read = design if isinstance(design, AirframeDesign) else read_airframe(Path(design))
    rows = fly_landing_envelope(read, find_dock(read.dock), trials=trials)
    return study_design(read, rows, cruise_mps=cruise_mps)


def airframe_file_text(study: AirframeStudy) -> str:
    """The drone's file, which a scenario names by `catalogue:`."""
    return write_own_drone(study.own)


def fly_designs(
    studies: Sequence[AirframeStudy],
    world: World,
    *,
    replications: int = REPLICATIONS,
    seed: int | None = None,
) -> DesignsOnScenario:
    """One or two designs on the calls of a scenario, each with its own dock and wind limits.

    Raises InputError for more than two, InfeasibleError where a design has no plan there.
    """
    worlds = [world_of_design(study, world) for study in studies]
    runs = [simulate(each, make_plan(each), replications=replications, seed=seed) for each in worlds]
    return compare_designs(
        [(study.own.key, run.summary, run.records) for study, run in zip(studies, runs, strict=True)],
        scenario=world.scenario.name,
        replications=replications,
        seed=runs[0].seed if runs else 0,
        assumptions=ON_SCENARIO,
    )


def world_of_design(study: AirframeStudy, world: World) -> World:
    """The world with a design in place of the fleet's drone and dock, and its own limits of wind.

    A gust at flight height may be as strong as the wind that the drone holds; the limit is for 10 m.
    """
    scenario, drone = world.scenario, study.drone
    operation, roughness_m = scenario.operation, ROUGHNESS_M[scenario.site.surface]
    gust_mps = drone.max_speed_mps / float(profile_factor(operation.cruise_height_m_agl, roughness_m))
    return replace(
        world,
        scenario=replace(
            scenario,
            fleet=replace(scenario.fleet, drone=study.own.key, dock=study.design.dock, own_drone=study.own),
            operation=replace(operation, max_wind_mps=drone.max_wind_mps, max_gust_mps=round(gust_mps, 2)),
        ),
    )
