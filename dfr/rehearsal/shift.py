"""A shift of the simulation flown by simulated vehicles: its drones, their docks, and what is compared."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfr.errors import InfeasibleError, InputError, LinkError, NonCompliantError
from dfr.geo import LocalFrame
from dfr.link.flown import FlownFlight
from dfr.link.lost_link import TAKE_OVER
from dfr.link.operator import NOBODY, Operator
from dfr.link.shift import FlownFlights
from dfr.link.vehicle_clock import VehicleClock
from dfr.metrics.flown import PhaseComparison, compare_phases
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.shift import (
    WANTED_M,
    Airborne,
    FlownShift,
    Separation,
    ShiftFlight,
    airborne_path,
    kpi_pairs,
    most_at_once,
    separations,
)
from dfr.metrics.timeline import Kind, pick
from dfr.plan.model import Plan
from dfr.rehearsal.dispatches import Engine
from dfr.rehearsal.fleet import Shift, ShiftHangar, SitlHangar
from dfr.rehearsal.real_fleet import FieldHangar
from dfr.rehearsal.visitors import Sky, Visitor, visit_of, visitors
from dfr.sim.calls import draw_calls, draw_visits
from dfr.sim.engine import replicate
from dfr.sim.events import Log, Records, to_tables, vocabulary
from dfr.sim.inputs import DockPlace
from dfr.sim.randomness import Streams
from dfr.sim.window import busiest_start_s, calls_within, window
from dfr.store.runs import StoredRun
from dfr.track import Phase, phase_seconds
from dfr.world.model import World

MOST_VEHICLES = 20
LONGEST_S = 24.0 * 3600.0
SHOWN_KPIS = ("call_to_overhead_s", "attended", "first_on_scene", "reserve_at_landing")
UNITS_S = {"min": 60.0, "h": 3600.0, "s": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedShift:
    """A shift to fly: so long, by so many simulated vehicles or by those at `urls`, and who else flies."""

    seconds: float
    vehicles: int
    urls: tuple[str, ...]
    confirmed: tuple[str, ...]
    visits: tuple[str, ...]


def asked_shift(
    length: str | None,
    *,
    vehicles: int,
    urls: Sequence[str] | None,
    confirmed: Sequence[str] | None,
    visits: Sequence[str] | None,
) -> AskedShift | None:
    """The shift that the options ask for; None for none. Raises InputError for vehicles without one."""
    if length is not None:
        return AskedShift(
            seconds=shift_seconds(length),
            vehicles=len(urls) if urls else vehicles,
            urls=tuple(urls or ()),
            confirmed=tuple(confirmed or ()),
            visits=tuple(visits or ()),
        )
    if urls:
        raise InputError("--vehicle flies a shift", do="say how long with --shift, for example --shift 20min")
    return None


def shift_seconds(text: str) -> float:
    """The length of a shift, as `60min`, `2h` or `900s`. Raises InputError.

    >>> shift_seconds("60min")
    3600.0
    """
    for unit, factor in UNITS_S.items():
        number = text.strip().removesuffix(unit)
        if number != text.strip():
            try:
                seconds = float(number) * factor
            except ValueError:
                break
            if 0.0 < seconds <= LONGEST_S:
                return seconds
    raise InputError(f"--shift {text!r} is no length up to a day", do="for example 60min, 2h or 900s")


def shift_of(
    run: StoredRun, plan: Plan, *, seconds: float, vehicles: int, visits: Sequence[str] = ()
) -> Shift:
    """The busiest flyable part of a typical replication, with the vehicles spread over the docks.

    `visits` (each `ID@MINUTE`) come besides those that are drawn.
    Raises InfeasibleError where no part of the period can be flown for so long.
    """
    if not 1 <= vehicles <= MOST_VEHICLES:
        raise InputError(f"--vehicles {vehicles}", do=f"1 to {MOST_VEHICLES}")
    count = len(plan.sites)
    docks = tuple(
        DockPlace(id=site.id, drones=vehicles // count + (index < vehicles % count))
        for index, site in enumerate(plan.sites)
    )
    inputs = replace(run.inputs, docks=docks)
    replication = pick(run.records, Kind.TYPICAL)
    calls = draw_calls(inputs, Streams(run.seed, replication))
    start_s = busiest_start_s(inputs, calls, seconds=seconds)
    flown = replace(window(inputs, start_s=start_s, seconds=seconds), trace=None)
    drawn = draw_visits(flown, Streams(run.seed, replication))
    asked = [visit_of(text, flown) for text in visits]
    return Shift(
        inputs=flown,
        visits=sorted([*drawn, *asked], key=lambda visit: (visit.notice_s, visit.traffic)),
        calls=calls_within(calls, start_s=start_s, seconds=seconds),
        start_s=start_s,
        seed=run.seed,
        replication=replication,
    )


def fly_asked(
    world: World,
    plan: Plan,
    run: StoredRun,
    asked: AskedShift,
    *,
    engine: Engine,
    folder: Path,
    operator: Operator,
) -> FlownShift:
    """The shift that was asked for, taken from a run and flown."""
    shift = shift_of(run, plan, seconds=asked.seconds, vehicles=asked.vehicles, visits=asked.visits)
    operator.tell(f"flying a shift of {len(shift.calls)} calls with {asked.vehicles} vehicles ...")
    field = FieldHangar(world, plan, shift, asked.urls, folder) if asked.urls else None
    return fly_shift(
        world,
        plan,
        shift,
        engine=engine,
        folder=folder,
        field=field,
        confirmed=asked.confirmed,
        operator=operator,
    )


def fly_shift(
    world: World,
    plan: Plan,
    shift: Shift,
    *,
    engine: Engine,
    folder: Path,
    field: FieldHangar | None = None,
    confirmed: Sequence[str] = (),
    operator: Operator = NOBODY,
) -> FlownShift:
    """The shift flown by vehicles, beside the same shift by the model: simulated ones, or those of the field.

    In the field a person confirms each (`confirmed`: by its URL), and no other traffic is made up.
    What goes wrong on the way (a lost vehicle, a failsafe) ends it and is told as its problem; what else is
    in the air is sent home.
    """
    drones_confirmed = frozenset() if field is None else field.confirmed(confirmed, operator)
    if field is not None:
        shift = replace(shift, visits=[])
    modelled = replicate(
        shift.inputs,
        seed=shift.seed,
        replication=shift.replication,
        calls=shift.calls,
        visits=shift.visits,
    )
    come = visitors(world.scenario.traffic, shift.visits, world.frame)
    begun, clock = time.monotonic(), VehicleClock(wall_pace=None if field is None else field.speedup)
    hangar = field or SitlHangar(world, plan, shift, engine, folder)
    sky = Sky(come, world.frame)
    flown, sorties, problem = _by_vehicles(
        shift, hangar, sky, clock, confirmed=drones_confirmed, operator=operator
    )
    drones = {flight.order.flight: flight.order.drone for flight in sorties}
    paths = _paths(sorties, world.frame)
    return FlownShift(
        start=world.scenario.period.wall(shift.start_s).isoformat(),
        seconds=shift.inputs.horizon_s,
        calls=len(shift.calls),
        vehicles=tuple(hangar.homes()),
        engine=hangar.version,
        speedup=hangar.speedup,
        wall_seconds=time.monotonic() - begun,
        flights=tuple(_compared(hangar, flight) for flight in sorties),
        separations=separations(paths, drones),
        traffic=_traffic(paths, drones, come, until_s=shift.inputs.horizon_s),
        kpis=() if flown is None else kpi_pairs(_summary(shift, modelled), _summary(shift, flown)),
        most_at_once=most_at_once(paths),
        problem=problem,
    )


def _paths(sorties: Sequence[FlownFlight], frame: LocalFrame) -> dict[int, Airborne]:
    found = ((flight.order.flight, airborne_path(flight.samples, frame)) for flight in sorties)
    return {number: path for number, path in found if path is not None}


def _traffic(
    paths: Mapping[int, Airborne], drones: Mapping[int, str], come: Sequence[Visitor], *, until_s: float
) -> tuple[Separation, ...]:
    """How near each flight and each visitor came; a visitor counts below 0."""
    ways = {-1 - number: each.path(until_s=until_s) for number, each in enumerate(come)}
    ways = {number: way for number, way in ways.items() if len(way.t_s) > 1}
    names = {-1 - number: each.user.id for number, each in enumerate(come)}
    found = separations({**ways, **paths}, {**names, **drones})
    return tuple(pair for pair in found if pair.flights[0] < 0 <= pair.flights[1])


def _by_vehicles(
    shift: Shift,
    hangar: SitlHangar | FieldHangar,
    sky: Sky,
    clock: VehicleClock,
    *,
    confirmed: frozenset[str],
    operator: Operator,
) -> tuple[Log | None, list[FlownFlight], str]:
    """The log of a shift flown to its end, the flights that left the ground, and what ended it early."""
    log: Log | None = None
    flights: FlownFlights | None = None
    problem = ""
    try:
        with hangar, sky:
            flights = FlownFlights(
                clock, hangar, confirmed=confirmed, dock_tolerance_m=hangar.tolerance_m, tell=operator.tell
            )
            clock.process(sky.over(clock, hangar.urls))
            log = _flown(shift, clock, flights, operator)
    except (LinkError, NonCompliantError, InfeasibleError) as error:
        problem = str(error)
    return log, [flight for flight in (flights.flown if flights else []) if flight.samples], problem


def _flown(shift: Shift, clock: VehicleClock, flights: FlownFlights, operator: Operator) -> Log:
    """The shift to its end with every drone home; whatever ends it early calls off those in the air.

    A person who stops it is told which those are; who stops it once more leaves them, and is told as what.
    """
    try:
        log = replicate(
            shift.inputs,
            seed=shift.seed,
            replication=shift.replication,
            flights_of=lambda env, field: flights,
            env=clock,
            calls=shift.calls,
            visits=shift.visits,
        )
        flights.bring_home()
    except KeyboardInterrupt:
        operator.allow_second_stop()
        _called_off_by_hand(flights, operator)
        raise
    except BaseException:
        flights.call_off()
        raise
    finally:
        flights.close()
    return log


def _called_off_by_hand(flights: FlownFlights, operator: Operator) -> None:
    """Send home whatever is ours and in the air. A second Ctrl-C leaves it there."""
    for words in flights.left():
        operator.tell(f"stopping, sent home where it is ours: {words}")
    operator.tell("waiting until all are down; Ctrl-C once more leaves them")
    try:
        flights.call_off()
    except KeyboardInterrupt:
        for words in flights.left():
            operator.tell(f"LEFT IN FLIGHT: {words} -> {TAKE_OVER}")
        raise


def _summary(shift: Shift, log: Log) -> Summary:
    words = vocabulary(shift.inputs)
    records = Records.joined(words, (shift.replication,), [to_tables(log, words, shift.replication)])
    return summarise(records, shift.inputs.deployment, seed=shift.seed)


def _compared(hangar: ShiftHangar, flight: FlownFlight) -> ShiftFlight:
    order = flight.order
    return ShiftFlight(
        flight=order.flight,
        call=order.call,
        drone=order.drone,
        zone=hangar.zone(order),
        vehicle=flight.vehicle,
        phases=_phases(hangar, flight) if flight.outcome else (),
        landing=flight.outcome,
        landing_error_m=flight.landing_error_m,
        energy_wh=flight.used_wh(),
        predicted_energy_wh=order.leg.out_wh
        + order.leg.home_wh
        + order.leg.hover_w * flight.seconds.get(Phase.ON_SCENE, 0.0) / 3600.0,
    )


def _phases(hangar: ShiftHangar, flight: FlownFlight) -> tuple[PhaseComparison, ...]:
    """Each phase that was flown; the landing from the height that it came down from, as everywhere."""
    predicted = dict(hangar.predicted(flight.order))
    predicted[Phase.ON_SCENE] = flight.asked_on_scene_s
    height_m = hangar.height_m(flight.order)
    track = flight.recorder.track("landing")
    landing = phase_seconds(track, target_east_m=0.0, target_north_m=0.0, cruise_height_m=height_m)
    flown = {phase: flight.seconds.get(phase) for phase in Phase} | {Phase.LAND: landing[Phase.LAND]}
    known = {phase: seconds for phase, seconds in predicted.items() if flown[phase] is not None}
    return compare_phases(known, flown)


def shift_lines(shift: FlownShift) -> Iterator[str]:
    """A flown shift in a few lines for a terminal."""
    judged = [flight for flight in shift.flights if flight.agrees is not None]
    yield (
        f"  shift of {shift.seconds / 60.0:.0f} min from {shift.start}: {shift.calls} calls, "
        f"{len(shift.flights)} flights by {len(shift.vehicles)} vehicles ({shift.engine}), "
        f"at most {shift.most_at_once} at once, {sum(map(_agrees, judged))} of {len(judged)} as predicted"
    )
    if not judged and not shift.problem:
        yield "    NOTHING COMPARED: no flight ended in it -> a longer --shift, or another --seed"
    if shift.separations:
        nearest = shift.separations[0]
        yield f"    nearest two airborne drones: {nearest.distance_m:.0f} m at {nearest.t_s:.0f} s"
    for two in shift.too_near:
        yield (
            f"    TOO NEAR: {two.drones[0]} and {two.drones[1]}, {two.horizontal_m:.0f} m across and "
            f"{two.vertical_m:.0f} m in height at {two.t_s:.0f} s; {WANTED_M:g} m wanted (assumed), "
            "nothing in the plan keeps them apart"
        )
    for near in shift.traffic[:1]:
        yield (
            f"    nearest other traffic: {near.drones[0]}, {near.horizontal_m:.0f} m across and "
            f"{near.vertical_m:.0f} m in height from {near.drones[1]} at {near.t_s:.0f} s"
        )
    for pair in shift.kpis:
        if pair.name in SHOWN_KPIS:
            yield f"    {pair.what}: modelled {_number(pair.modelled)}, flown {_number(pair.flown)}"
    if shift.problem:
        yield f"    ended early: {shift.problem}"


def _agrees(flight: ShiftFlight) -> bool:
    return flight.agrees is True


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
