"""What the report shows of a world, a plan and a run: values gathered, pictures drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dfr.aircraft.catalogue import Drone, dock, drone
from dfr.aircraft.landing import ODDS_WINDS_MPS, landing_odds
from dfr.geo import FloatArray
from dfr.metrics.kpi import Summary
from dfr.plan.model import Plan
from dfr.plan.pareto import Fronts
from dfr.plan.windows import landing_wind_limit_mps
from dfr.report.hourly import hourly_charts
from dfr.report.pictures import FrontPanel, distributions_chart, front_chart, isochrones_chart, landing_chart
from dfr.report.profiles import profiles_chart
from dfr.report.reach import hourly, reaches
from dfr.world.model import World
from dfr.world.weather import turbulence_intensity_of

DISTRIBUTIONS = ("attended", "within_target", "call_to_overhead_s", "utilisation")


def isochrones(world: World, plan: Plan) -> str:
    """Isochrones in still air and in the winds that matter; '' where no hour can be flown."""
    found = reaches(world, plan)
    if not found:
        return ""
    return isochrones_chart(
        found, keep_in=_keep_in(world), docks=_docks(world, plan), limit_s=_limit_s(world, plan)
    )


def isochrones_by_hour(world: World, plan: Plan) -> tuple[tuple[str, str], ...]:
    """(Day, picture) of the isochrones in each hour's own wind; none where no hour can be flown."""
    return hourly_charts(
        hourly(world, plan), keep_in=_keep_in(world), docks=_docks(world, plan), limit_s=_limit_s(world, plan)
    )


def _keep_in(world: World) -> FloatArray:
    return world.frame.points(world.scenario.site.boundary)


def _docks(world: World, plan: Plan) -> FloatArray:
    return world.frame.points(site.position for site in plan.sites)


def _limit_s(world: World, plan: Plan) -> float:
    """The siting limit less the median launch: seconds that are left from lift-off."""
    return plan.siting_limit_s - world.scenario.crew.launch.median_s


def front(found: Fronts) -> str:
    """What more docks buy by each objective, and what an earlier worst zone costs in coverage."""
    panels = []
    for objective in dict.fromkeys(option.by.objective for option in found.options):
        options = [option for option in found.options if option.by.objective == objective]
        share = options[0].by.unit == "share"
        scale = 100.0 if share else 1.0
        points = [(float(o.docks), scale * o.by.value, f"{scale * o.by.value:.0f}") for o in options]
        panels.append(
            FrontPanel(
                title=options[0].by.what,
                across="docks",
                up="% of calls" if share else "seconds",
                points=points,
                down=not share,
            )
        )
    if found.compromises:
        panels.append(
            FrontPanel(
                title=f"compromises of {found.docks} docks",
                across="seconds to the worst zone",
                up="% of calls in time",
                points=[(p.worst_s, 100.0 * p.share, f"{100.0 * p.share:.1f}") for p in found.compromises],
            )
        )
    return front_chart(panels, title="Layouts that no other beats")


def profile(world: World, plan: Plan) -> str:
    """The heights along planned routes over their ground; '' where nothing is routed."""
    routes = [route for route in plan.routes if route.reachable and len(route.points) > 1]
    ceiling_m = world.scenario.operation.height_limit_m_agl
    return profiles_chart(routes, ceiling_m_agl=ceiling_m) if routes else ""


def landing(world: World) -> str:
    """The landing envelope of the scenario's drone and dock in its own turbulence and guidance.

    How stiffly the drone holds its place is assumed for every airframe but SITL's, so ArduCopter's own
    stiffness stands beside the catalogue's.
    """
    fleet = world.scenario.fleet
    craft, box = drone(fleet.drone), dock(fleet.dock)
    crafts = {f"as catalogued (stiffness {craft.loop_gain:g}, assumed)": craft}
    if craft.loop_gain != 1.0:
        crafts["with ArduCopter's own stiffness"] = replace(craft, loop_gain=1.0)
    intensity = turbulence_intensity_of(world.scenario)

    def docked(craft: Drone) -> FloatArray:
        odds = (
            landing_odds(craft, box, fleet.guidance, wind_mps=wind, turbulence_intensity=intensity)
            for wind in ODDS_WINDS_MPS
        )
        return np.array([chance.docked for chance in odds])

    return landing_chart(
        np.array(ODDS_WINDS_MPS),
        {name: docked(each) for name, each in crafts.items()},
        limit_mps=landing_wind_limit_mps(craft, box),
    )


def distributions(summary: Summary) -> str:
    """How the main figures vary between replications."""
    return distributions_chart(summary, DISTRIBUTIONS)
