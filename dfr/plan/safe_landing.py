"""Safe-landing coverage (`with_safe_landing`): from how much of each route a place to land is in reach.

It is counted where that is least: on the return leg, after the whole time on scene. At each point the energy
left is the whole usable battery (a diversion is what the reserve is for) less what was flown so far; a place
counts where a path to it keeps to the keep-in, keep-outs and crowd margins and its energy, landing included,
is not more than what is left. The own dock counts by the rest of the route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dfr.aircraft.catalogue import drone_of
from dfr.aircraft.energy import forward_power_w, usable_wh
from dfr.aircraft.performance import flight_settings
from dfr.geo import FloatArray
from dfr.plan.flight_path import WindLegCost, wind_leg_cost
from dfr.plan.model import Plan, Route
from dfr.plan.routing import Router
from dfr.plan.wind_classes import IntArray
from dfr.plan.windows import HourWindow
from dfr.world.model import World

LANDING_STEP_M = 50.0
ROUNDING_WH = 1e-6
MOST_SAMPLES = 40
NEAREST_PLACES = 2
"""From each point only so many of the nearest other places are tried."""

ROUTES_AT_ONCE = 250
"""So many are counted together, for the memory."""

LegsWh = Callable[[FloatArray, FloatArray], FloatArray]
"""The energy of legs, m east and north, elementwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Legs:
    """Legs of many paths, (n, 2) in m east and north, and the number of the path that each belongs to."""

    vectors_m: FloatArray
    path: IntArray

    @classmethod
    def joined(cls, parts: Sequence[_Legs]) -> _Legs:
        """The same of several lists, whose paths are numbered alike."""
        return cls(
            vectors_m=np.concatenate([np.empty((0, 2)), *(part.vectors_m for part in parts)]),
            path=np.concatenate([np.empty(0, np.int64), *(part.path for part in parts)]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Returns:
    """Places on the return legs of some routes, (n, 2): which route each is of, and the legs home from it."""

    places_m: FloatArray
    route: IntArray
    home: _Legs


@dataclass(frozen=True, slots=True, kw_only=True)
class _LandingReach:
    """What the estimates share: the world, the cost of legs in the hour's wind, the router, where to land."""

    world: World
    leg_cost: WindLegCost
    router: Router
    places_m: FloatArray

    @property
    def full_wh(self) -> float:
        """The whole usable battery, no reserve taken off."""
        drone = drone_of(self.world.scenario.fleet)
        return usable_wh(drone, self.leg_cost.temperature_c)

    def shares(self, routes: Sequence[Route]) -> Iterator[tuple[float, float]]:
        """Of each route of one dock (share with a place in reach, share with one besides the own dock)."""
        returns = _sample_returns(self.world, routes)
        count = len(returns.places_m)
        land_s = np.array([route.land_s or 0.0 for route in routes])[returns.route]
        spent_wh = np.array([route.energy_wh or 0.0 for route in routes])[returns.route]
        # What is left counts on the mean return, what is needed on a late one: gusts make them differ.
        usual = self._one_way_wh(returns.home, land_s, self.leg_cost.energy_wh)
        left = self.full_wh - (spent_wh - usual) + ROUNDING_WH
        own = self._one_way_wh(returns.home, land_s, self.leg_cost.late_energy_wh) <= left
        other = np.zeros(count, bool)
        for legs in self._legs_to_places(returns.places_m):
            other |= self._one_way_wh(legs, land_s, self.leg_cost.late_energy_wh) <= left
        for number in range(len(routes)):
            here = returns.route == number
            yield float((own | other)[here].mean()), float(other[here].mean())

    def _legs_to_places(self, points_m: FloatArray) -> Iterator[_Legs]:
        """The paths from each point to the nearest place, to the next, and so on; those that arrive."""
        apart = points_m[:, None, :] - self.places_m[None, :, :]
        nearest = np.argsort(np.hypot(apart[..., 0], apart[..., 1]), axis=1, kind="stable")
        for rank in range(min(NEAREST_PLACES, len(self.places_m))):
            chosen = nearest[:, rank]
            yield _Legs.joined(
                [
                    self._legs_to(place, points_m, np.flatnonzero(chosen == place))
                    for place in np.unique(chosen).tolist()
                ]
            )

    def _legs_to(self, place: int, points_m: FloatArray, rows: IntArray) -> _Legs:
        """The paths from some points to one place: straight where that is open."""
        end_m = self.places_m[place]
        end = float(end_m[0]), float(end_m[1])
        is_open = self.router.open_legs(end, points_m[rows])
        found = [_Legs(vectors_m=end_m - points_m[rows[is_open]], path=rows[is_open])]
        for row in rows[~is_open].tolist():
            path = self.router.find_path((float(points_m[row, 0]), float(points_m[row, 1])), end)
            if path.reachable and path.stand_off_m == 0.0:
                legs = np.diff(np.asarray(path.points), axis=0)
                found.append(_Legs(vectors_m=legs, path=np.full(len(legs), row)))
        return _Legs.joined(found)

    def _one_way_wh(self, legs: _Legs, land_s: FloatArray, legs_wh: LegsWh) -> FloatArray:
        """Energy to fly paths at flight height, stopping at each corner, and to land, (paths,).

        Infinite without a path, or without headway on it.
        """
        leg_cost, count = self.leg_cost, len(land_s)
        settings = flight_settings(leg_cost.drone, cruise_mps=self.world.scenario.operation.cruise_mps)
        east, north = legs.vectors_m.T
        moving = np.bincount(legs.path, weights=legs_wh(east, north), minlength=count)
        stops = np.bincount(legs.path, weights=np.hypot(east, north) > 0.0, minlength=count)
        stops_s = stops * settings.cruise_mps / settings.accel_mps2
        wind = float(np.hypot(leg_cost.wind_east_mps, leg_cost.wind_north_mps))
        hover = float(forward_power_w(leg_cost.drone, wind, temperature_c=leg_cost.temperature_c)) / 3600.0
        arrives = np.bincount(legs.path, minlength=count) > 0
        return np.where(arrives, moving + hover * (stops_s + land_s), np.inf)


def with_safe_landing(world: World, plan: Plan, router: Router, hour: HourWindow) -> Plan:
    """The plan with the safe-landing share of every route that is flown."""
    leg_cost = wind_leg_cost(world.scenario, hour)
    docks = {site.id: world.frame.point(site.position) for site in plan.sites}
    rally = [world.frame.point(position) for position in world.scenario.contingency.rally_points]
    shares = dict[int, tuple[float, float]]()
    for dock in docks:
        others = sorted([*rally, *(place for key, place in docks.items() if key != dock)])
        reach = _LandingReach(
            world=world, leg_cost=leg_cost, router=router, places_m=np.asarray(others, float).reshape(-1, 2)
        )
        own = [k for k, route in enumerate(plan.routes) if route.site_id == dock and _is_flown(route)]
        for first in range(0, len(own), ROUTES_AT_ONCE):
            part = own[first : first + ROUTES_AT_ONCE]
            shares.update(zip(part, reach.shares([plan.routes[k] for k in part]), strict=True))
    return replace(
        plan,
        routes=tuple(
            replace(route, safe_landing_share=shares[k][0], diversion_share=shares[k][1])
            if k in shares
            else route
            for k, route in enumerate(plan.routes)
        ),
    )


def _is_flown(route: Route) -> bool:
    return route.reachable and route.energy_wh is not None


def _sample_returns(world: World, routes: Sequence[Route]) -> _Returns:
    """Points along routes, and the rest of the return leg from each."""
    places, owners, legs = list[FloatArray](), list[IntArray](), list[_Legs]()
    taken = 0
    for number, route in enumerate(routes):
        points, home = _sample_return(world.frame.points(route.points))
        count = len(points)
        places.append(points)
        owners.append(np.full(count, number))
        legs.append(
            _Legs(
                vectors_m=home.reshape(-1, 2),
                path=np.repeat(np.arange(taken, taken + count), home.shape[1]),
            )
        )
        taken += count
    return _Returns(places_m=np.concatenate(places), route=np.concatenate(owners), home=_Legs.joined(legs))


def _sample_return(corners_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(Points along a route, (n, 2), the legs home from each, (n, legs, 2): of no length beyond it)."""
    out = np.diff(corners_m, axis=0)
    ends = np.concatenate([[0.0], np.cumsum(np.hypot(out[:, 0], out[:, 1]))])
    if ends[-1] == 0.0:
        return corners_m[:1], np.zeros((1, 1, 2))
    count = int(np.clip(np.ceil(ends[-1] / LANDING_STEP_M), 2, MOST_SAMPLES)) + 1
    along = np.linspace(0.0, ends[-1], count)
    flown = np.clip(along[:, None] - ends[None, :-1], 0.0, np.diff(ends)) / np.maximum(np.diff(ends), 1e-12)
    home = -flown[:, :, None] * out
    return corners_m[0] - home.sum(axis=1), home
