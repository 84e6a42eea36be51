"""From world and plan to the plain values of `dfr.sim.inputs`: maps become seconds, weather becomes states.

Where the scenario has no figure for something the simulation needs, it stands in `ASSUMED` with why,
for the report to show.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone, dock, drone
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.landing import landing_odds
from dfr.aircraft.performance import FlightSettings, Sorties, flight_settings, predict_paths
from dfr.geo import FloatArray, distance_m
from dfr.plan.model import Plan, Route
from dfr.plan.windows import landing_wind_limit_mps, temperature_limits_c
from dfr.scenario.model import (
    Assumption,
    Duration,
    HourWeather,
    OperationKind,
    OtherTraffic,
    Scenario,
)
from dfr.sim.crew import drones_of_crew
from dfr.sim.inputs import (
    HOLD_LOW,
    Condition,
    DockPlace,
    Duty,
    Grade,
    Landing,
    Leg,
    SimInputs,
    Traffic,
    Turnaround,
    Zone,
)
from dfr.sim.randomness import LOGNORMAL, Spread
from dfr.world.demand import hourly_demand, priority_shares, zone_centre, zone_shares
from dfr.world.hours import HourSlot
from dfr.world.model import World
from dfr.world.traffic import blocks, visit_rates_per_s
from dfr.world.weather import limiting, mean_wind, operation_limits, turbulence_intensity_of, weather_at
from dfr.world.wind import MeanWind

READY_FRACTION = 0.6
"""A drone is offered again from this charge; whether it suffices for a call is checked at dispatch."""

MIN_TURNAROUND_S = 60.0
"""Docked to fit for launch where no charge is needed: lid, log, checks."""

MIN_ON_SCENE_S = 60.0
"""A drone that could not stay this long is not sent."""

RETRY_S = 30.0
"""Going up again after an aborted landing, and finding the pad."""

RECOVERY = Spread.lognormal(600.0, 1200.0)
"""Somebody walks to a drone that landed elsewhere, or did not disarm, and puts it into its dock."""

LANDING_WIND_LIMIT = "landing_wind"

HOVER_PROBE_S = 600.0
"""Two sorties that differ by this much on scene tell hover power from the rest."""


def _assumed(path: str, value: str, why: str) -> Assumption:
    return Assumption(path=path, value=value, assumed=True, source=why)


ASSUMED: tuple[Assumption, ...] = (
    _assumed(
        "simulation.ready_fraction", f"{READY_FRACTION:g}", "charge from which a drone is offered again"
    ),
    _assumed(
        "simulation.min_turnaround_s", f"{MIN_TURNAROUND_S:g}", "docked to fit for launch without charging"
    ),
    _assumed("simulation.min_on_scene_s", f"{MIN_ON_SCENE_S:g}", "a shorter stay is not worth a launch"),
    _assumed("simulation.retry_s", f"{RETRY_S:g}", "climb and second approach after an aborted landing"),
    _assumed(
        "simulation.recovery_s", "median 600, p90 1200", "fetching a drone that landed outside its dock"
    ),
)
"""What the simulation assumes beyond the scenario."""


def sim_inputs(world: World, plan: Plan) -> SimInputs:
    """The deployment of a plan as the simulation sees it.

    Raises InputError where the weather has no row for an hour of the period, or the catalogue no such drone.
    """
    scenario = world.scenario
    demand = hourly_demand(scenario)
    weather = [weather_at(scenario.weather, slot.start) for slot in demand.slots]
    kinds = list(dict.fromkeys(map(_kind, weather)))
    builder = _Conditions(world, plan)
    return SimInputs(
        scenario=scenario.name,
        hour_edges_s=demand.edges_s,
        rates_per_s=demand.rates_per_s,
        rate_cv=scenario.demand.rate_cv,
        zones=_zones(scenario),
        grades=_grades(scenario),
        decision=spread(scenario.crew.decision),
        launch=spread(scenario.crew.launch),
        video=spread(scenario.crew.video),
        ground_mobilisation=spread(scenario.demand.ground.mobilisation),
        docks=tuple(DockPlace(id=site.id, drones=site.drones) for site in plan.sites),
        conditions=tuple(builder.condition(next(h for h in weather if _kind(h) == kind)) for kind in kinds),
        condition_of_hour=tuple(kinds.index(_kind(hour)) for hour in weather),
        duties=_duties(scenario),
        traffic=tuple(
            _traffic(world, plan, builder.settings, item, demand.slots) for item in scenario.traffic
        ),
        reserve_fraction=scenario.contingency.reserve_fraction,
        turnaround=_turnaround(builder.dock),
        landing_retries=scenario.contingency.landing_retries,
        retry_s=RETRY_S,
        recovery=RECOVERY,
        min_on_scene_s=MIN_ON_SCENE_S,
        cleared_without_patrol=scenario.demand.cleared_without_patrol,
        limits_s=scenario.targets.limits_s,
    )


def spread(duration: Duration) -> Spread:
    """A duration of the scenario as the simulation draws it."""
    if duration.shape.value == LOGNORMAL:
        return Spread.lognormal(duration.median_s, duration.p90_s)
    return Spread(duration.shape.value, duration.median_s)


class _Kind(NamedTuple):
    """What of an hour's weather matters: hours alike share one condition."""

    wind_mps: float
    wind_from_deg: float
    gust_mps: float | None
    rain_mm_h: float
    visibility_m: float
    temperature_c: float


def _kind(hour: HourWeather) -> _Kind:
    return _Kind(
        hour.wind_mps,
        hour.wind_from_deg,
        hour.gust_mps,
        hour.rain_mm_h,
        hour.visibility_m,
        hour.temperature_c,
    )


class _Conditions:
    """Makes conditions: the routes of a plan flown in each weather."""

    def __init__(self, world: World, plan: Plan) -> None:
        scenario = world.scenario
        self.drone: Drone = drone(scenario.fleet.drone)
        self.dock: Dock = dock(scenario.fleet.dock)
        self.settings = flight_settings(self.drone, cruise_mps=scenario.operation.cruise_mps)
        self._scenario = scenario
        zones = [zone.id for zone in scenario.demand.zones]
        self._routes = [[plan.route(site.id, zone) for zone in zones] for site in plan.sites]
        self._flat = [route for row in self._routes for route in row]
        self._lengths, self._courses = _legs_of(world, self._flat)
        coldest, hottest = temperature_limits_c(self.drone, self.dock)
        self._limits = operation_limits(
            scenario,
            drone_max_wind_mps=self.drone.max_wind_mps,
            min_temperature_c=coldest,
            max_temperature_c=hottest,
        )

    def condition(self, hour: HourWeather) -> Condition:
        """One weather, with every way flown in it."""
        battery_wh = usable_wh(self.drone, hour.temperature_c)
        legs = self._legs(hour, battery_wh)
        return Condition(
            hold=self._hold(hour),
            legs=legs,
            nearest=tuple(_nearest(legs, zone) for zone in range(len(self._scenario.demand.zones))),
            landing=self._landing(hour),
            battery_wh=battery_wh,
        )

    def _hold(self, hour: HourWeather) -> str:
        """What holds the docks: the operation's limits, then wind at 10 m too strong to land in."""
        broken = limiting(self._scenario, hour, self._limits)
        if broken:
            return broken[0].quantity.value
        limit = landing_wind_limit_mps(self.drone, self.dock)
        return LANDING_WIND_LIMIT if limit is not None and hour.wind_mps > limit else ""

    def _landing(self, hour: HourWeather) -> Landing:
        odds = landing_odds(
            self.drone,
            self.dock,
            self._scenario.fleet.guidance,
            wind_mps=hour.wind_mps,
            turbulence_intensity=turbulence_intensity_of(self._scenario),
        )
        return Landing(
            docked=odds.docked, retry=odds.retry, diverted=odds.diverted, not_disarmed=odds.not_disarmed
        )

    def _legs(self, hour: HourWeather, battery_wh: float) -> tuple[tuple[Leg | None, ...], ...]:
        wind = mean_wind(self._scenario, hour)
        there = self._fly(wind, hour.temperature_c, 0.0)
        longer = self._fly(wind, hour.temperature_c, HOVER_PROBE_S)
        hover_w = (longer.energy_wh - there.energy_wh) * 3600.0 / HOVER_PROBE_S
        spare_wh = battery_wh * (1.0 - self._scenario.contingency.reserve_fraction)
        legs = [
            _leg(route, there, float(hover_w[index]), index, spare_wh)
            for index, route in enumerate(self._flat)
        ]
        width = len(self._scenario.demand.zones)
        return tuple(tuple(legs[start : start + width]) for start in range(0, len(legs), width))

    def _fly(self, wind: MeanWind, temperature_c: float, on_scene_s: float) -> Sorties:
        heights = np.array([route.height_m_agl for route in self._flat])
        winds = np.array([wind.components_mps(float(height)) for height in heights])
        return predict_paths(
            self._lengths,
            self._courses,
            height_m=heights,
            on_scene_s=np.full(len(heights), on_scene_s),
            wind_east_mps=winds[:, 0],
            wind_north_mps=winds[:, 1],
            drone=self.drone,
            settings=self.settings,
            temperature_c=temperature_c,
        )


def _leg(route: Route, flown: Sorties, hover_w: float, index: int, spare_wh: float) -> Leg | None:
    """One way in one weather, None where there is no way, or it cannot be flown, or not on one battery.

    A route that the planning wind or its energy closed has points all the same, and may be open in another
    hour. Energy is told apart into out and home by their times.
    """
    sortie = flown.sortie(index)
    if not route.points or sortie.climb_s is None or sortie.out_s is None:
        return None
    if sortie.back_s is None or sortie.total_s is None or sortie.energy_wh is None:
        return None
    out_s = sortie.climb_s + sortie.out_s
    out_wh = sortie.energy_wh * out_s / sortie.total_s
    if sortie.energy_wh + hover_w * MIN_ON_SCENE_S / 3600.0 > spare_wh:
        return None
    return Leg(
        climb_s=sortie.climb_s,
        out_s=sortie.out_s,
        back_s=sortie.back_s,
        land_s=sortie.total_s - out_s - sortie.back_s,
        out_wh=out_wh,
        home_wh=sortie.energy_wh - out_wh,
        hover_w=hover_w,
    )


def _legs_of(world: World, routes: list[Route]) -> tuple[FloatArray, FloatArray]:
    """Lengths (m) and courses (degrees) of routes, shape (routes, legs), padded with legs of no length."""
    width = max((len(route.points) - 1 for route in routes), default=1)
    lengths = np.zeros((len(routes), max(width, 1)))
    courses = np.zeros_like(lengths)
    for row, route in enumerate(routes):
        if len(route.points) < 2:
            continue
        east, north = np.diff(world.frame.points(route.points), axis=0).T
        lengths[row, : len(east)] = np.hypot(east, north)
        courses[row, : len(east)] = np.degrees(np.arctan2(east, north)) % 360.0
    return lengths, courses


def _nearest(legs: tuple[tuple[Leg | None, ...], ...], zone: int) -> tuple[int, ...]:
    """The docks that reach a zone, soonest overhead first."""
    times = [(row[zone].overhead_s, index) for index, row in enumerate(legs) if row[zone] is not None]  # type: ignore[union-attr]
    return tuple(index for _, index in sorted(times))


def _zones(scenario: Scenario) -> tuple[Zone, ...]:
    ground = scenario.demand.ground
    zones = []
    for zone, share in zip(scenario.demand.zones, zone_shares(scenario), strict=True):
        centre = zone_centre(zone)
        nearest_m = min((distance_m(post, centre) for post in ground.posts), default=math.inf)
        travel_s = nearest_m * ground.detour_factor / ground.speed_mps
        zones.append(Zone(id=zone.id, share=float(share), ground_travel_s=travel_s))
    return tuple(zones)


def _grades(scenario: Scenario) -> tuple[Grade, ...]:
    return tuple(
        Grade(
            id=grade.id,
            rank=grade.rank,
            share=float(share),
            target_s=grade.target_s,
            patience=spread(grade.patience),
            on_scene=spread(grade.on_scene),
        )
        for grade, share in zip(scenario.demand.priorities, priority_shares(scenario), strict=True)
    )


def _duties(scenario: Scenario) -> tuple[Duty, ...]:
    crew, period = scenario.crew, scenario.period
    seen = scenario.operation.kind is not OperationKind.BVLOS
    return tuple(
        Duty(
            start_s=period.t_s(shift.start),
            end_s=period.t_s(shift.end),
            drones=drones_of_crew(
                remote_pilots=shift.remote_pilots,
                safety_pilots=shift.safety_pilots,
                drones_per_pilot=crew.drones_per_pilot,
                safety_pilots_per_drone=crew.safety_pilots_per_drone if seen else 0,
            ),
            remote_pilots=shift.remote_pilots,
            safety_pilots=shift.safety_pilots,
        )
        for shift in crew.shifts
    )


def _traffic(
    world: World, plan: Plan, settings: FlightSettings, item: OtherTraffic, slots: tuple[HourSlot, ...]
) -> Traffic:
    """Other traffic, and the ways that it is in the way of."""
    scenario = world.scenario

    def in_way(route: Route) -> bool:
        return bool(route.points) and blocks(
            item,
            frame=world.frame,
            points=route.points,
            height_m_agl=route.height_m_agl,
            ground_m_amsl=scenario.site.ground_m_amsl,
        )

    down_m = max(0.0, scenario.operation.cruise_height_m_agl - item.hold_height_m_agl)
    yield_s = down_m / settings.descent_mps + down_m / settings.climb_mps
    return Traffic(
        id=item.id,
        rule=item.rule.value,
        rates_per_s=visit_rates_per_s(item, slots),
        stay=spread(item.stay),
        notice_s=item.notice_s,
        blocks=tuple(
            tuple(in_way(plan.route(site.id, zone.id)) for zone in scenario.demand.zones)
            for site in plan.sites
        ),
        yield_s=yield_s if item.rule.value == HOLD_LOW else 0.0,
    )


def _turnaround(dock_: Dock) -> Turnaround:
    """Charging times of a dock by the charge left."""

    def seconds(left: float, to: float) -> float:
        return max(MIN_TURNAROUND_S, dock_.turnaround_s(left, to) if left < to else 0.0)

    left = [percent / 100.0 for percent in range(101)]
    return Turnaround(
        ready_fraction=READY_FRACTION,
        to_ready_s=tuple(seconds(value, READY_FRACTION) for value in left),
        to_full_s=tuple(seconds(value, 1.0) for value in left),
    )
