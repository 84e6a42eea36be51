"""The weathers of a deployment: in each, what holds the docks, how far every zone is, how landings go."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone, drone_of, find_dock
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.landing import landing_odds
from dfr.aircraft.performance import SortiePrediction, SortiePredictions, predict_paths
from dfr.plan.flight_path import dispatch_settings, raised_scenario, sortie_legs
from dfr.plan.matrix import NO_ROUTE, Transfers
from dfr.plan.model import Plan, Route
from dfr.plan.wind_classes import MOST_AT_ONCE
from dfr.plan.windows import landing_wind_limit_mps, temperature_limits_c
from dfr.scenario.air import HourWeather
from dfr.scenario.model import DockObstacle
from dfr.sim import events
from dfr.sim.inputs import Condition, Landing, Leg
from dfr.world.model import World
from dfr.world.wakes import LocalWind, wind_over_dock
from dfr.world.weather import (
    ROUGHNESS_M,
    broken_limits,
    gusty_wind,
    operation_limits,
    turbulence_intensity_of,
)

MIN_ON_SCENE_S = 60.0
"""A drone that could not stay this long is not sent."""

LANDING_WIND_LIMIT = "landing_wind"

BAND_C = 5.0
"""Hours are flown at the middle of a band of temperature: air density within 1 %."""

HOVER_PROBE_S = 600.0
"""A nose that drifts on scene may cost headway on the way home: sorties without and with so long a stay."""


class HourKind(NamedTuple):
    """What of an hour's weather matters: hours alike share one condition."""

    wind_mps: float
    wind_from_deg: float
    gust_mps: float | None
    rain_mm_h: float
    visibility_m: float
    temperature_c: float


def kind_of(hour: HourWeather) -> HourKind:
    """What of an hour's weather matters."""
    return HourKind(
        hour.wind_mps,
        hour.wind_from_deg,
        hour.gust_mps,
        hour.rain_mm_h,
        hour.visibility_m,
        hour.temperature_c,
    )


def _wind_of(hour: HourWeather) -> tuple[float | None, ...]:
    """What of an hour's weather decides how its routes are flown in a band of temperature."""
    return hour.wind_mps, hour.wind_from_deg, hour.gust_mps


class Conditions:
    """Makes conditions: the routes of a plan, and those between its docks, flown in each weather."""

    def __init__(self, world: World, plan: Plan, transfers: Transfers | None = None) -> None:
        scenario = world.scenario
        self.drone: Drone = drone_of(scenario.fleet)
        self.dock: Dock = find_dock(scenario.fleet.dock)
        self.settings = dispatch_settings(scenario)
        self._scenario = scenario
        near = {site.id: site.obstacles for site in scenario.candidates}
        self._obstacles = [near.get(site.id, ()) for site in plan.sites]
        zones = [zone.id for zone in scenario.demand.zones]
        self._routes = [plan.route(site.id, zone) for site in plan.sites for zone in zones]
        self._to_zones, self._docks = len(self._routes), len(plan.sites)
        if transfers:
            pairs = itertools.product(plan.sites, plan.sites)
            self._routes += [transfers.get((start.id, end.id), NO_ROUTE) for start, end in pairs]
        self._lengths, self._courses = sortie_legs(
            world.frame,
            [world.frame.points(route.points) for route in self._routes],
            scenario.contingency.rally_points,
        )
        raised_m = [self._raised_m(route) for route in self._routes]
        by_height = {metres: dispatch_settings(raised_scenario(scenario, metres)) for metres in set(raised_m)}
        self._settings = [by_height[metres] for metres in raised_m]
        self._highest = raised_scenario(scenario, plan.highest_raised_m)
        coldest, hottest = temperature_limits_c(self.drone, self.dock)
        self._limits = operation_limits(
            scenario,
            drone_max_wind_mps=self.drone.max_wind_mps,
            min_temperature_c=coldest,
            max_temperature_c=hottest,
        )

    def conditions(self, hours: Sequence[HourWeather]) -> tuple[Condition, ...]:
        """Every weather, with all routes flown in it; hours of about one temperature are flown together."""
        bands: dict[int, list[int]] = {}
        for index, hour in enumerate(hours):
            bands.setdefault(round(hour.temperature_c / BAND_C), []).append(index)
        made: dict[int, Condition] = {}
        for band, indices in bands.items():
            alike: dict[tuple[float | None, ...], list[int]] = {}
            for index in indices:
                alike.setdefault(_wind_of(hours[index]), []).append(index)
            kinds = list(alike.values())
            for first in range(0, len(kinds), self._at_once):
                part = kinds[first : first + self._at_once]
                flown = self._fly([hours[same[0]] for same in part], band * BAND_C)
                for row, same in enumerate(part):
                    made.update((index, self._condition(hours[index], flown, row)) for index in same)
        return tuple(made[index] for index in range(len(hours)))

    @property
    def _at_once(self) -> int:
        """In how many winds all routes are flown in one go."""
        return max(1, MOST_AT_ONCE // max(1, len(self._routes)))

    def _condition(
        self, hour: HourWeather, flown: tuple[SortiePredictions, SortiePredictions], row: int
    ) -> Condition:
        battery_wh = usable_wh(self.drone, hour.temperature_c)
        spare_wh = battery_wh * (1.0 - self._scenario.contingency.reserve_fraction)
        first, width = row * len(self._routes), len(self._scenario.demand.zones)
        flat = [
            _leg(route, flown[0].sortie(first + k), flown[1].sortie(first + k), spare_wh)
            for k, route in enumerate(self._routes)
        ]
        legs, moves = _table(flat[: self._to_zones], width), _table(flat[self._to_zones :], self._docks)
        return Condition(
            hold=self._hold(hour),
            legs=legs,
            nearest=tuple(_nearest(legs, zone) for zone in range(width)),
            landing=self._landing(hour),
            landings=self._landings(hour),
            battery_wh=battery_wh,
            moves=moves,
        )

    def _hold(self, hour: HourWeather) -> str:
        """All that holds the docks: the operation's limits, and wind at 10 m too strong to land in."""
        broken = [each.quantity.value for each in broken_limits(self._highest, hour, self._limits)]
        limit = landing_wind_limit_mps(self.drone, self.dock)
        if limit is not None and hour.wind_mps > limit:
            broken.append(LANDING_WIND_LIMIT)
        return events.AND.join(broken)

    def _landings(self, hour: HourWeather) -> tuple[Landing, ...]:
        """How landings go at each dock; none where nothing stands near any of them."""
        if not any(self._obstacles):
            return ()
        return tuple(self._landing(hour, obstacles) for obstacles in self._obstacles)

    def _landing(self, hour: HourWeather, obstacles: Sequence[DockObstacle] = ()) -> Landing:
        """How landings go in an hour's wind and rain, in the wakes of obstacles."""
        undisturbed = LocalWind(speed_mps=hour.wind_mps, intensity=turbulence_intensity_of(self._scenario))
        roughness_m = ROUGHNESS_M[self._scenario.site.surface]
        local = wind_over_dock(undisturbed, hour.wind_from_deg, obstacles, roughness_m=roughness_m)
        odds = landing_odds(
            self.drone,
            self.dock,
            self._scenario.fleet.guidance,
            wind_mps=local.speed_mps,
            turbulence_intensity=local.intensity,
            rain_mm_h=hour.rain_mm_h,
        )
        return Landing(
            docked=odds.docked, retry=odds.retry, diverted=odds.diverted, not_disarmed=odds.not_disarmed
        )

    def _raised_m(self, route: Route) -> float:
        return route.height_m_agl - self._scenario.operation.cruise_height_m_agl if route.points else 0.0

    def _fly(
        self, hours: Sequence[HourWeather], temperature_c: float
    ) -> tuple[SortiePredictions, SortiePredictions]:
        """Every route in every hour, hours outermost, with no time on scene and with the probe's."""
        heights = [route.height_m_agl for route in self._routes]
        winds = [gusty_wind(self._scenario, hour) for hour in hours]
        moving = np.array([wind.components_mps(height) for wind in winds for height in heights])
        count = len(hours) * len(self._routes)

        def fly(on_scene_s: float) -> SortiePredictions:
            return predict_paths(
                np.tile(self._lengths, (len(hours), 1)),
                np.tile(self._courses, (len(hours), 1)),
                height_m=np.tile(heights, len(hours)),
                on_scene_s=np.full(count, on_scene_s),
                wind_east_mps=moving[:, 0],
                wind_north_mps=moving[:, 1],
                gust_deviation_mps=np.repeat([wind.gust_deviation_mps for wind in winds], len(heights)),
                drone=self.drone,
                settings=self._settings * len(hours),
                temperature_c=temperature_c,
            )

        return fly(0.0), fly(HOVER_PROBE_S)


def _leg(route: Route, sortie: SortiePrediction, longer: SortiePrediction, spare_wh: float) -> Leg | None:
    """One route in one weather; None where there is none, or it cannot be flown, or not on one battery.

    A route that the planning wind or its energy closed has points all the same, and may be open in another
    hour. Energy is that of the latest of nine flights in ten. The return has what the latest returns take: no
    less is kept for it in the air.
    """
    if not route.points or sortie.climb_s is None or sortie.out_s is None or sortie.back_s is None:
        return None
    if sortie.total_s is None or sortie.late_energy_wh is None or longer.late_energy_wh is None:
        return None
    if sortie.late_home_energy_wh is None or longer.late_home_energy_wh is None:
        return None
    hover_w = sortie.hover_w
    away_wh = max(sortie.late_energy_wh, longer.late_energy_wh - hover_w * HOVER_PROBE_S / 3600.0)
    if away_wh + hover_w * MIN_ON_SCENE_S / 3600.0 > spare_wh:
        return None
    out_s = sortie.climb_s + sortie.out_s
    home_wh = max(sortie.late_home_energy_wh, longer.late_home_energy_wh)
    return Leg(
        climb_s=sortie.climb_s,
        out_s=sortie.out_s,
        back_s=sortie.back_s,
        land_s=sortie.total_s - out_s - sortie.back_s,
        out_wh=max(0.0, away_wh - home_wh),
        home_wh=home_wh,
        hover_w=hover_w,
    )


def _table(flat: Sequence[Leg | None], width: int) -> tuple[tuple[Leg | None, ...], ...]:
    """RoutePair by dock, and by what they lead to."""
    return tuple(tuple(flat[start : start + width]) for start in range(0, len(flat), width))


def _nearest(legs: tuple[tuple[Leg | None, ...], ...], zone: int) -> tuple[int, ...]:
    """The docks that reach a zone, soonest overhead first."""
    times = [(row[zone].overhead_s, index) for index, row in enumerate(legs) if row[zone] is not None]  # type: ignore[union-attr]
    return tuple(index for _, index in sorted(times))
