"""A shift of the simulation flown by vehicles: see `choose_shift` and `fly_shift`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfr.errors import InfeasibleError, InputError, LinkError, NonCompliantError
from dfr.findings import counted_noun
from dfr.geo import LocalFrame
from dfr.link.flown import FlownFlight
from dfr.link.lost_link import TAKE_OVER
from dfr.link.operator import NOBODY, Operator
from dfr.link.shift import FlownFlights
from dfr.link.vehicle_clock import VehicleClock
from dfr.metrics.flown import PhaseComparison, compare_phases
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.shift import (
    Airborne,
    FlownShift,
    Separation,
    ShiftFlight,
    airborne_path,
    kpi_pairs,
    most_at_once,
    separations,
)
from dfr.metrics.timeline import ShiftKind, pick
from dfr.plan.model import Plan
from dfr.rehearsal.dispatches import SitlSettings
from dfr.rehearsal.fleet import RealFleet, ShiftFleet, ShiftToFly, SimulatedFleet, place_drones
from dfr.rehearsal.visitors import TrafficBroadcast, Visitor, parse_visit, place_visitors
from dfr.sim.calls import draw_calls, draw_visits
from dfr.sim.engine import replicate
from dfr.sim.event_log import to_tables
from dfr.sim.events import Log, Records, vocabulary
from dfr.sim.randomness import Streams
from dfr.sim.window import busiest_start_s, calls_within, window
from dfr.store.runs import StoredRun
from dfr.track import Phase, phase_seconds
from dfr.world.model import World

MOST_VEHICLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRequest:
    """A shift to fly: its length, the number of simulated vehicles or real ones at `urls`, added visits."""

    seconds: float
    vehicles: int
    urls: tuple[str, ...]
    confirmed: tuple[str, ...]
    visits: tuple[str, ...]


def choose_shift(
    run: StoredRun, plan: Plan, *, seconds: float, vehicles: int, visits: Sequence[str] = ()
) -> ShiftToFly:
    """The busiest flyable part of a typical replication, with the vehicles spread over the docks.

    `visits` (each `ID@MINUTE`) are added to those that are drawn.
    Raises InfeasibleError if no part of the period can be flown for so long.
    """
    if not 1 <= vehicles <= MOST_VEHICLES:
        raise InputError(f"--vehicles {vehicles}", do=f"1 to {MOST_VEHICLES}")
    inputs = replace(run.inputs, docks=place_drones(plan, vehicles))
    replication = pick(run.records, ShiftKind.TYPICAL)
    calls = draw_calls(inputs, Streams(run.seed, replication))
    start_s = busiest_start_s(inputs, calls, seconds=seconds)
    flown = replace(window(inputs, start_s=start_s, seconds=seconds), trace=None)
    drawn = draw_visits(flown, Streams(run.seed, replication))
    asked = [parse_visit(text, flown) for text in visits]
    return ShiftToFly(
        inputs=flown,
        visits=sorted([*drawn, *asked], key=lambda visit: (visit.notice_s, visit.traffic)),
        calls=calls_within(calls, start_s=start_s, seconds=seconds),
        start_s=start_s,
        seed=run.seed,
        replication=replication,
    )


def fly_requested_shift(
    world: World,
    plan: Plan,
    run: StoredRun,
    asked: ShiftRequest,
    *,
    engine: SitlSettings,
    folder: Path,
    operator: Operator,
) -> FlownShift:
    """The requested shift, taken from a run and flown."""
    shift = choose_shift(run, plan, seconds=asked.seconds, vehicles=asked.vehicles, visits=asked.visits)
    operator.tell(
        f"flying a shift of {counted_noun(len(shift.calls), 'call')} "
        f"with {counted_noun(asked.vehicles, 'vehicle')} ..."
    )
    real = RealFleet(world, plan, shift, asked.urls, folder) if asked.urls else None
    return fly_shift(
        world,
        plan,
        shift,
        engine=engine,
        folder=folder,
        real=real,
        confirmed=asked.confirmed,
        operator=operator,
    )


def fly_shift(
    world: World,
    plan: Plan,
    shift: ShiftToFly,
    *,
    engine: SitlSettings,
    folder: Path,
    real: RealFleet | None = None,
    confirmed: Sequence[str] = (),
    operator: Operator = NOBODY,
) -> FlownShift:
    """The shift flown by vehicles, beside the same shift by the model: simulated ones, or real ones.

    A person confirms each real one (`confirmed`: by its URL), and no other traffic is simulated around them.
    A failure on the way (a lost vehicle, a failsafe) ends the shift and is its problem; every other drone in
    the air is sent home.
    """
    drones_confirmed = frozenset() if real is None else real.confirm_drones(confirmed, operator)
    if real is not None:
        shift = replace(shift, visits=[])
    modelled = replicate(
        shift.inputs,
        seed=shift.seed,
        replication=shift.replication,
        calls=shift.calls,
        visits=shift.visits,
    )
    visiting = place_visitors(world.scenario.traffic, shift.visits, world.frame)
    begun, clock = time.monotonic(), VehicleClock(wall_pace=None if real is None else real.speedup)
    fleet = real or SimulatedFleet(world, plan, shift, engine, folder)
    broadcast = TrafficBroadcast(visiting, world.frame)
    flown, sorties, problem = _fly_by_vehicles(
        shift, fleet, broadcast, clock, confirmed=drones_confirmed, operator=operator
    )
    drones = {flight.order.flight: flight.order.drone for flight in sorties}
    paths = _airborne_paths(sorties, world.frame)
    return FlownShift(
        start=world.scenario.period.wall_time(shift.start_s).isoformat(),
        seconds=shift.inputs.horizon_s,
        calls=len(shift.calls),
        vehicles=tuple(fleet.docks_of_drones()),
        engine=fleet.version,
        speedup=fleet.speedup,
        wall_seconds=time.monotonic() - begun,
        flights=tuple(_compare_flight(fleet, flight) for flight in sorties),
        separations=separations(paths, drones),
        traffic=_traffic_separations(paths, drones, visiting, until_s=shift.inputs.horizon_s),
        kpis=()
        if flown is None
        else kpi_pairs(_summarise_log(shift, modelled), _summarise_log(shift, flown)),
        most_at_once=most_at_once(paths),
        problem=problem,
    )


def _airborne_paths(sorties: Sequence[FlownFlight], frame: LocalFrame) -> dict[int, Airborne]:
    found = ((flight.order.flight, airborne_path(flight.samples, frame)) for flight in sorties)
    return {number: path for number, path in found if path is not None}


def _traffic_separations(
    paths: Mapping[int, Airborne], drones: Mapping[int, str], visiting: Sequence[Visitor], *, until_s: float
) -> tuple[Separation, ...]:
    """How near each flight and each visitor came; the numbers of visitors are below 0."""
    visitor_paths = {-1 - number: each.flown_path(until_s=until_s) for number, each in enumerate(visiting)}
    visitor_paths = {number: path for number, path in visitor_paths.items() if len(path.t_s) > 1}
    names = {-1 - number: each.user.id for number, each in enumerate(visiting)}
    found = separations({**visitor_paths, **paths}, {**names, **drones})
    return tuple(pair for pair in found if pair.flights[0] < 0 <= pair.flights[1])


def _fly_by_vehicles(
    shift: ShiftToFly,
    fleet: SimulatedFleet | RealFleet,
    broadcast: TrafficBroadcast,
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
        with fleet, broadcast:
            flights = FlownFlights(
                clock, fleet, confirmed=confirmed, dock_tolerance_m=fleet.tolerance_m, tell=operator.tell
            )
            clock.process(broadcast.send_positions(clock, fleet.urls))
            log = _fly_to_end(shift, clock, flights, operator)
    except (LinkError, NonCompliantError, InfeasibleError) as error:
        problem = str(error)
    return log, [flight for flight in (flights.flown if flights else []) if flight.samples], problem


def _fly_to_end(shift: ShiftToFly, clock: VehicleClock, flights: FlownFlights, operator: Operator) -> Log:
    """The shift flown to its end with every drone home; whatever ends it early calls back those in the air.

    A person who stops it is told which those are. A second stop leaves them flying, and says so.
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
        _call_off_by_hand(flights, operator)
        raise
    except BaseException:
        flights.call_off()
        raise
    finally:
        flights.close()
    return log


def _call_off_by_hand(flights: FlownFlights, operator: Operator) -> None:
    """Call back every drone in the air that we control. A second Ctrl-C leaves them flying."""
    for words in flights.describe_left():
        operator.tell(f"stopping; sent home if we control it: {words}")
    operator.tell("waiting until all have landed; press Ctrl-C again to leave them flying")
    try:
        flights.call_off()
    except KeyboardInterrupt:
        for words in flights.describe_left():
            operator.tell(f"LEFT IN FLIGHT: {words} -> {TAKE_OVER}")
        raise


def _summarise_log(shift: ShiftToFly, log: Log) -> Summary:
    words = vocabulary(shift.inputs)
    records = Records.joined(words, (shift.replication,), [to_tables(log, words, shift.replication)])
    return summarise(records, shift.inputs.deployment, seed=shift.seed)


def _compare_flight(fleet: ShiftFleet, flight: FlownFlight) -> ShiftFlight:
    order = flight.order
    return ShiftFlight(
        flight=order.flight,
        call=order.call,
        drone=order.drone,
        zone=fleet.zone_id(order),
        vehicle=flight.firmware_name,
        phases=_compare_flight_phases(fleet, flight) if flight.outcome else (),
        landing=flight.outcome,
        landing_error_m=flight.landing_error_m,
        energy_wh=flight.used_wh(),
        predicted_energy_wh=order.leg.out_wh
        + order.leg.home_wh
        + order.leg.hover_w * flight.seconds.get(Phase.ON_SCENE, 0.0) / 3600.0,
    )


def _compare_flight_phases(fleet: ShiftFleet, flight: FlownFlight) -> tuple[PhaseComparison, ...]:
    """Each phase that was flown; the landing from the height that it came down from, as everywhere."""
    foreseen = fleet.predict_phases(flight.order)
    predicted = {**foreseen.seconds, Phase.ON_SCENE: flight.asked_on_scene_s}
    height_m = fleet.height_m(flight.order)
    track = flight.recorder.track("landing")
    landing = phase_seconds(track, target_east_m=0.0, target_north_m=0.0, cruise_height_m=height_m)
    flown = {phase: flight.seconds.get(phase) for phase in Phase} | {Phase.LAND: landing[Phase.LAND]}
    known = {phase: seconds for phase, seconds in predicted.items() if flown[phase] is not None}
    return compare_phases(known, flown, bands=foreseen.bands)
