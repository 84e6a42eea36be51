"""From world and plan to the plain values of `dfr.sim.inputs`: maps become seconds, weather becomes states.

Also what a run may assume beyond its scenario: failures, dispatch policy, overwatch, move-ups (`with_...`).

Where the scenario has no figure for something the simulation needs, it stands in `ASSUMED` with why,
for the report to show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

import shapely

from dfr.aircraft.catalogue import Dock
from dfr.aircraft.energy import MIN_TURNAROUND_S, READY_FRACTION, turnaround_seconds
from dfr.aircraft.landing import BLURRING_RAIN_MM_H, MOST_SINK_MPS, MOST_SPEED_MPS
from dfr.aircraft.performance import FlightSettings
from dfr.aircraft.precision import BLIND_SPELL_S, BLINDING_RAIN_MM_H
from dfr.errors import InputError
from dfr.geo import distance_m
from dfr.plan.checks.traffic import in_way
from dfr.plan.matrix import Transfers, between_docks, transfers_of
from dfr.plan.model import Plan, Route
from dfr.plan.windows import drones_on_duty
from dfr.scenario.model import (
    Assumption,
    Duration,
    DurationShape,
    OtherTraffic,
    Scenario,
    Shift,
)
from dfr.sim.conditions import MIN_ON_SCENE_S, Conditions, kind_of
from dfr.sim.dispatch import Policy
from dfr.sim.inputs import (
    DOCK_PART,
    DRONE_PART,
    HOLD_LOW,
    LINK_PART,
    Deployment,
    DockPlace,
    Duty,
    FailureRate,
    Grade,
    Homes,
    Patrols,
    RoutePair,
    SimInputs,
    Traffic,
    Turnaround,
    ZoneDemand,
)
from dfr.sim.randomness import LOGNORMAL, Spread
from dfr.world.demand import (
    HourSlot,
    hour_slots,
    hourly_demand,
    priority_shares,
    visit_rates_per_s,
    zone_centre,
    zone_shares,
)
from dfr.world.model import World
from dfr.world.wakes import ASSUMPTION as WAKE_ASSUMPTION
from dfr.world.wakes import SHED_SHARE
from dfr.world.weather import weather_at

HANDOVER_S = 30.0
"""A relief drone is to be overhead so long before the one on scene leaves (assumed)."""

PARTS = (DOCK_PART, LINK_PART, DRONE_PART)

RETRY_S = 30.0
"""Going up again after an aborted landing, and finding the pad."""

RECOVERY = Spread.lognormal(600.0, 1200.0)
"""Somebody walks to a drone that landed elsewhere, or did not disarm, and puts it into its dock."""


def _list_assumed(path: str, value: str, why: str) -> Assumption:
    return Assumption(path=path, value=value, assumed=True, source=why)


ASSUMED: tuple[Assumption, ...] = (
    _list_assumed(
        "simulation.ready_fraction", f"{READY_FRACTION:g}", "charge from which a drone is offered again"
    ),
    _list_assumed(
        "simulation.min_turnaround_s", f"{MIN_TURNAROUND_S:g}", "docked to fit for launch without charging"
    ),
    _list_assumed("simulation.min_on_scene_s", f"{MIN_ON_SCENE_S:g}", "a shorter stay is not worth a launch"),
    _list_assumed(
        "simulation.handover_s", f"{HANDOVER_S:g}", "two drones overhead while one relieves the other"
    ),
    _list_assumed(
        "simulation.re_task",
        "planned routes alone, at once",
        "a drone that is sent on flies back over its dock and out again, or on to the same zone",
    ),
    _list_assumed("simulation.retry_s", f"{RETRY_S:g}", "climb and second approach after an aborted landing"),
    _list_assumed(
        "simulation.recovery_s", "median 600, p90 1200", "fetching a drone that landed outside its dock"
    ),
    _list_assumed(
        "simulation.traffic_over_unknown_ground",
        "in the way",
        "where ground heights are unknown, other traffic over a route is taken to be at its heights",
    ),
    _list_assumed(
        "landing.contact",
        f"{MOST_SINK_MPS:g} m/s down, {MOST_SPEED_MPS:g} across",
        "faster contact is a failed landing",
    ),
    _list_assumed(
        "landing.gusts",
        "Dryden's at 10 m",
        "down to the pad, where the mean wind does not fall with height either; no vertical gusts",
    ),
    _list_assumed(
        "landing.rain_on_marker",
        f"error doubled in {BLURRING_RAIN_MM_H:g} mm/h",
        "no figure is published; rain changes neither GNSS nor the thrust here",
    ),
    _list_assumed(
        "landing.rain_on_lens",
        f"1 - exp(-rain / {BLINDING_RAIN_MM_H:g} mm/h)",
        f"share of the time in which drops hide a marker, for {BLIND_SPELL_S:g} s each",
    ),
    _list_assumed("landing.wakes", f"{SHED_SHARE:g} of the wind at an obstacle's top", WAKE_ASSUMPTION),
)
"""What the simulation, and the landings it draws, assume beyond the scenario."""


def deployment_of(world: World, plan: Plan) -> Deployment:
    """The deployment of a plan as the key figures see it; nothing is flown for it."""
    return _make_deployment(world, plan, _find_transfers(world, plan))


def _find_transfers(world: World, plan: Plan) -> Transfers:
    """The routes between docks, where a dock has room for another's drone."""
    return transfers_of(world, plan) if any(_spare_slots(world.scenario, plan)) else {}


def _make_deployment(world: World, plan: Plan, transfers: Transfers) -> Deployment:
    scenario = world.scenario
    return Deployment(
        scenario=scenario.name,
        horizon_s=hourly_demand(scenario).edges_s[-1],
        zones=_make_zones(scenario),
        grades=_make_grades(scenario),
        docks=tuple(
            DockPlace(id=site.id, drones=site.drones, spare=room)
            for site, room in zip(plan.sites, _spare_slots(scenario, plan), strict=True)
        ),
        duties=_make_duties(scenario),
        limits_s=scenario.targets.limits_s,
        cleared_without_patrol=scenario.demand.cleared_without_patrol,
        homes=homes_below(world, plan, transfers),
        overwatch=scenario.simulation.overwatch,
        move_up=scenario.simulation.move_up,
        policing=scenario.simulation.policing,
        patrols_on_duty=_patrols_on_duty(scenario),
    )


def sim_inputs(world: World, plan: Plan) -> SimInputs:
    """The deployment of a plan as the simulation sees it, its routes and landings flown in each weather.

    Raises InputError where the weather has no row for an hour of the period, or the catalogue no such drone.
    """
    scenario = world.scenario
    _check_grades(scenario)
    demand = hourly_demand(scenario)
    weather = [weather_at(scenario.weather, slot.start) for slot in demand.slots]
    kinds = {kind_of(hour): hour for hour in weather}
    places = {kind: place for place, kind in enumerate(kinds)}
    transfers = _find_transfers(world, plan)
    deployed = _make_deployment(world, plan, transfers)
    builder = Conditions(world, plan, transfers)
    return SimInputs(
        scenario=deployed.scenario,
        hour_edges_s=demand.edges_s,
        rates_per_s=demand.rates_per_s,
        rate_cv=scenario.demand.rate_cv,
        zones=deployed.zones,
        grades=deployed.grades,
        decision=spread(scenario.crew.decision),
        launch=spread(scenario.crew.launch),
        video=spread(scenario.crew.video),
        ground_mobilisation=spread(scenario.demand.ground.mobilisation),
        docks=deployed.docks,
        conditions=builder.conditions(list(kinds.values())),
        condition_of_hour=tuple(places[kind_of(hour)] for hour in weather),
        duties=deployed.duties,
        traffic=tuple(
            _make_traffic(world, plan, builder.settings, item, demand.slots, transfers)
            for item in scenario.traffic
        ),
        reserve_fraction=scenario.contingency.reserve_fraction,
        turnaround=_make_turnaround(builder.dock),
        landing_retries=scenario.contingency.landing_retries,
        retry_s=RETRY_S,
        recovery=RECOVERY,
        min_on_scene_s=MIN_ON_SCENE_S,
        cleared_without_patrol=deployed.cleared_without_patrol,
        limits_s=deployed.limits_s,
        failures=_make_failures(scenario),
        dispatch=scenario.simulation.dispatch.value,
        overwatch=deployed.overwatch,
        handover_s=HANDOVER_S if scenario.simulation.overwatch else 0.0,
        keep_within_s=max(0.0, scenario.targets.siting_limit_s - scenario.crew.launch.median_s),
        homes=deployed.homes,
        in_turn=_in_turn(scenario, plan),
        move_up=deployed.move_up,
        policing=deployed.policing,
        patrols=_make_patrols(scenario),
        patience_factors=_patience_factors(scenario, demand.slots),
    )


def _in_turn(scenario: Scenario, plan: Plan) -> tuple[RoutePair, ...]:
    """The routes of two docks that are not flown at the same time."""
    pairs = () if plan.height_levels is None else plan.height_levels.in_turn
    docks = {site.id: number for number, site in enumerate(plan.sites)}
    zones = {zone.id: number for number, zone in enumerate(scenario.demand.zones)}
    return tuple(
        ((docks[pair.site_id], zones[pair.zone_id]), (docks[pair.other_site_id], zones[pair.other_zone_id]))
        for pair in pairs
    )


def _spare_slots(scenario: Scenario, plan: Plan) -> list[int]:
    """For how many drones beyond its own each dock has room."""
    slots = scenario.fleet.slots_per_dock or 0
    return [max(0, slots - site.drones) for site in plan.sites]


def _make_failures(scenario: Scenario) -> tuple[FailureRate, ...]:
    return tuple(
        FailureRate(
            part=item.part.value,
            between=Spread.exponential(item.between_s),
            repair=Spread.exponential(item.repair_s),
        )
        for item in scenario.simulation.failures
    )


def spread(duration: Duration) -> Spread:
    """A duration of the scenario as the simulation draws it."""
    if duration.shape.value == LOGNORMAL:
        return Spread.lognormal(duration.median_s, duration.p90_s)
    return Spread(duration.shape.value, duration.median_s)


def _make_zones(scenario: Scenario) -> tuple[ZoneDemand, ...]:
    ground = scenario.demand.ground
    zones = []
    for zone, share in zip(scenario.demand.zones, zone_shares(scenario), strict=True):
        centre = zone_centre(zone)
        nearest_m = min((distance_m(post, centre) for post in ground.posts), default=math.inf)
        travel_s = nearest_m * ground.detour_factor / ground.speed_mps
        zones.append(ZoneDemand(id=zone.id, share=float(share), ground_travel_s=travel_s))
    return tuple(zones)


def _check_grades(scenario: Scenario) -> None:
    """Raises InputError where a policy speaks of a grade that there is not."""
    known = [grade.id for grade in scenario.demand.priorities]
    policing = scenario.simulation.policing
    named = [("second_drone", name) for name, _ in policing.second_drone]
    named += [("triage", name) for grade, given in policing.triage for name in (grade, *dict(given))]
    for policy, name in named:
        if name not in known:
            raise InputError(f"{policy}: there is no grade {name!r}", do=f"choose {', '.join(known)}")


def _patience_factors(scenario: Scenario, slots: Sequence[HourSlot]) -> tuple[float, ...]:
    """The factor on patience in each hour of the period, by its local hour."""
    by_hour, zone = scenario.simulation.policing.patience_by_hour, scenario.period.zone
    return tuple(by_hour[slot.start.astimezone(zone).hour] for slot in slots) if by_hour else ()


def _make_patrols(scenario: Scenario) -> Patrols | None:
    """The patrols of the deployment, at the posts in turn. Raises InputError where there is no post."""
    figures, ground = scenario.simulation.policing.patrols, scenario.demand.ground
    if figures is None:
        return None
    if not ground.posts:
        raise InputError(
            "patrols have no post to go from", do="give demand.ground.posts, or leave patrols out"
        )
    centres = [zone_centre(zone) for zone in scenario.demand.zones]
    m_per_s = ground.speed_mps / ground.detour_factor
    travel_s = tuple(
        tuple(distance_m(place, centre) / m_per_s for centre in centres)
        for place in (*ground.posts, *centres)
    )
    stay = Duration(
        shape=DurationShape(figures.on_scene_shape),
        median_s=figures.on_scene_median_s,
        p90_s=figures.on_scene_p90_s,
    )
    return Patrols(
        posts=tuple(unit % len(ground.posts) for unit in range(figures.units)),
        travel_s=travel_s,
        on_scene=spread(stay),
        cleared_share=scenario.demand.cleared_without_patrol or 0.0,
        clears_after_s=figures.clears_after_s,
        on_duty=_patrols_on_duty(scenario),
    )


def _patrols_on_duty(scenario: Scenario) -> tuple[tuple[float, int], ...]:
    """From when on how many patrols are on duty, where there is a roster: a step at each change."""
    figures, period = scenario.simulation.policing.patrols, scenario.period
    if figures is None or not figures.on_duty:
        return ()
    starts = [(slot.start_s, slot.start.astimezone(period.zone)) for slot in hour_slots(period)]
    hours = ((start_s, figures.on_duty_at(local)) for start_s, local in starts)
    return tuple(next(alike) for _, alike in groupby(hours, key=itemgetter(1)))


def _make_grades(scenario: Scenario) -> tuple[Grade, ...]:
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


def _make_duties(scenario: Scenario) -> tuple[Duty, ...]:
    """The duties of each shift, cut where a break begins or ends."""
    t_s, shifts = scenario.period.t_s, scenario.crew.shifts
    return tuple(
        Duty(
            start_s=t_s(part.start),
            end_s=t_s(part.end),
            drones=drones_on_duty(scenario, part),
            remote_pilots=part.remote_pilots,
            safety_pilots=part.safety_pilots,
            took_over_s=t_s(shift.start) if _takes_over(shift, shifts) else -math.inf,
        )
        for shift in shifts
        for part in shift.between_breaks()
    )


def _takes_over(shift: Shift, shifts: Iterable[Shift]) -> bool:
    """Whether a shift begins before, or just as, another ends and goes on after it."""
    return any(each.start < shift.start <= each.end < shift.end for each in shifts)


def _make_traffic(  # noqa: PLR0917 - routes of two kinds, met in each hour
    world: World,
    plan: Plan,
    settings: FlightSettings,
    item: OtherTraffic,
    slots: tuple[HourSlot, ...],
    transfers: Transfers,
) -> Traffic:
    """Other traffic, and the routes that it blocks."""
    scenario = world.scenario
    highest_m = scenario.operation.cruise_height_m_agl + plan.highest_raised_m
    down_m = max(0.0, highest_m - item.hold_height_m_agl)
    yield_s = down_m / settings.descent_mps + down_m / settings.climb_mps
    return Traffic(
        id=item.id,
        rule=item.rule.value,
        rates_per_s=visit_rates_per_s(item, slots),
        stay=spread(item.stay),
        notice_s=item.notice_s,
        blocks=tuple(
            tuple(in_way(world, item, plan.route(site.id, zone.id)) for zone in scenario.demand.zones)
            for site in plan.sites
        ),
        yield_s=yield_s if item.rule.value == HOLD_LOW else 0.0,
        blocks_moves=between_docks(plan, transfers, lambda route: in_way(world, item, route), False),
    )


def _make_turnaround(dock_: Dock) -> Turnaround:
    """Charging times of a dock by the charge left."""
    left = [percent / 100.0 for percent in range(101)]
    return Turnaround(
        ready_fraction=READY_FRACTION,
        to_ready_s=tuple(turnaround_seconds(dock_, value) for value in left),
        to_full_s=tuple(turnaround_seconds(dock_, value, 1.0) for value in left),
    )


def homes_below(world: World, plan: Plan, transfers: Transfers | None = None) -> Homes | None:
    """The shares of a deployment; None where its scenario does not say where people live."""
    scenario = world.scenario
    if not scenario.simulation.homes:
        return None
    homes = shapely.union_all([world.frame.polygon(ring) for _, ring in scenario.simulation.homes])
    zones = [world.frame.polygon(zone.area) for zone in scenario.demand.zones]
    return Homes(
        by_zone=tuple(_share_of(zone.intersection(homes).area, zone.area) for zone in zones),
        by_way=tuple(
            tuple(_share_of_way(world, plan.route(site.id, zone.id), homes) for zone in scenario.demand.zones)
            for site in plan.sites
        ),
        by_move=between_docks(plan, transfers or {}, lambda route: _share_of_way(world, route, homes), 0.0),
    )


def _share_of_way(world: World, route: Route, homes: shapely.Geometry) -> float:
    if len(route.points) < 2:
        return 0.0
    way = shapely.LineString(world.frame.points(route.points))
    return _share_of(way.intersection(homes).length, way.length)


def _share_of(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0


def with_policies(
    inputs: SimInputs,
    *,
    failures: Sequence[str] = (),
    dispatch: str | Policy | None = None,
    without: Sequence[str] = (),
) -> SimInputs:
    """The deployment with failures (`dock:200:4`, mean hours up and down) and a dispatch policy.

    A part that is named goes before the scenario's rate of it; None leaves its policy. The policing policies
    named in `without` are off.
    Raises InputError for a part, a number or a policy that there is not.
    """
    dispatch = inputs.dispatch if dispatch is None else dispatch
    rates = tuple(failure_rate(text) for text in failures)
    if len({rate.part for rate in rates}) < len(rates):
        raise InputError("failures of one part are given twice", do="give one rate for each part")
    named = {rate.part for rate in rates}
    kept = tuple(rate for rate in inputs.failures if rate.part not in named)
    policing = inputs.policing.without(without)
    patrols = None if policing.patrols is None else inputs.patrols
    factors = inputs.patience_factors if policing.patience_by_hour else ()
    return replace(
        inputs,
        failures=kept + rates,
        dispatch=dispatch,
        policing=policing,
        patrols=patrols,
        patience_factors=factors,
    )


def with_overwatch(inputs: SimInputs, wanted: bool | None) -> SimInputs:
    """The deployment with or without reliefs; None leaves what its scenario says."""
    if wanted is None:
        return inputs
    return replace(inputs, overwatch=wanted, handover_s=HANDOVER_S if wanted else 0.0)


def with_move_up(inputs: SimInputs, wanted: bool | None) -> SimInputs:
    """The deployment with or without move-ups; None leaves what its scenario says.

    Raises InputError where every dock is full: there is nowhere to move to.
    """
    if wanted and not any(dock.spare for dock in inputs.docks):
        raise InputError("--move-up: every dock is full", do="set fleet.slots_per_dock above drones_per_dock")
    return inputs if wanted is None else replace(inputs, move_up=wanted)


def failure_rate(text: str) -> FailureRate:
    """How often a part fails, of `PART:MTBF_H:REPAIR_H`; both times exponential.

    >>> failure_rate("dock:200:4").repair.mean_s
    14400.0
    """
    part, *hours = text.split(":")
    try:
        up_h, down_h = (float(cell) for cell in hours)
    except ValueError:
        up_h = down_h = math.nan
    if part not in PARTS or not (0.0 < up_h < math.inf and 0.0 < down_h < math.inf):
        do = f"write PART:MTBF_H:REPAIR_H with a part of {', '.join(PARTS)}, such as dock:200:4"
        raise InputError(f"failures {text!r} cannot be read", do=do)
    return FailureRate(
        part=part, between=Spread.exponential(up_h * 3600.0), repair=Spread.exponential(down_h * 3600.0)
    )
