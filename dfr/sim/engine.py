"""One replication: calls come in, drones go out, and everything that happens is written down.

A terminating simulation: it starts with every drone charged and nobody waiting, and what is still
open at the horizon is closed with an outcome that says so. Every call ends exactly once.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import simpy

from dfr.sim import events
from dfr.sim.calls import LANDING_DRAWS, Call, Outage, Visit, draw_calls, draw_outages, draw_visits
from dfr.sim.dispatch import ActiveVisit, Case, DeploymentState, choose, refusal, standing
from dfr.sim.event_log import EventLog
from dfr.sim.events import Log, MisgradedRecord, Missed, Tables, came, vocabulary
from dfr.sim.flight import Flights, ModelFlights
from dfr.sim.flight_process import FlightProcess, NextTask, Steps
from dfr.sim.inputs import HEIGHT_SPLIT, LINK_PART, MOVING, Leg, RouteKey, SimInputs
from dfr.sim.move_up import Move, best_transfer
from dfr.sim.overwatch import Overwatch
from dfr.sim.patrols import PatrolBoard
from dfr.sim.randomness import Streams
from dfr.sim.resources import FleetDrone, crew_changes_s
from dfr.sim.retask import choose_retask
from dfr.sim.sortie import Sortie

FlightsOf = Callable[[simpy.Environment, DeploymentState], Flights]
"""Makes the one who flies, once the clock and the deployment are there."""


def model_flights(env: simpy.Environment, field: DeploymentState) -> Flights:
    """Flights by the flight model: the default."""
    return ModelFlights(env, field.condition, field.inputs.landing_retries, field.inputs.retry_s)


def replicate(
    inputs: SimInputs,
    *,
    seed: int,
    replication: int,
    flights_of: FlightsOf = model_flights,
    env: simpy.Environment | None = None,
    calls: list[Call] | None = None,
    visits: list[Visit] | None = None,
) -> Log:
    """The records of one replication, by table.

    `calls` and `visits` replace the drawn ones (a log of real calls); `env` another clock (vehicle time).
    """
    streams = Streams(seed, replication)
    engine = Engine(inputs, env or simpy.Environment(initial_time=0.0), flights_of, streams=streams)
    drawn = draw_calls(inputs, streams) if calls is None else calls
    come = draw_visits(inputs, streams) if visits is None else visits
    return engine.run(drawn, come, draw_outages(inputs, streams)).named()


@contextmanager
def _collector_off() -> Iterator[None]:
    """Leave cyclic garbage for later: records by the hundred thousand are none, only slow to look at."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_collector_off()
def replicate_tables(inputs: SimInputs, *, seed: int, replication: int, words: Sequence[str]) -> Tables:
    """The records of one replication as columns: quicker, for who keeps many. `words` are its vocabulary."""
    streams = Streams(seed, replication)
    engine = Engine(inputs, simpy.Environment(initial_time=0.0), model_flights, words, streams)
    calls, visits = draw_calls(inputs, streams), draw_visits(inputs, streams)
    return engine.run(calls, visits, draw_outages(inputs, streams)).tables(replication)


class Engine:
    """The control room: it hears calls, sends sorties, and keeps the log."""

    _sortie: type[Sortie] = Sortie

    def __init__(
        self,
        inputs: SimInputs,
        env: simpy.Environment,
        flights_of: FlightsOf,
        words: Sequence[str] | None = None,
        streams: Streams | None = None,
    ) -> None:
        self._inputs, self._env = inputs, env
        self._field = DeploymentState.at_start(inputs, env)
        self._flights = flights_of(env, self._field)
        self._log = EventLog(inputs, vocabulary(inputs) if words is None else words)
        self._zones, self._grades = [zone.id for zone in inputs.zones], inputs.grades
        self._streams = streams or Streams(0, 0)
        self._open: dict[int, Case] = {}
        self._coming: Iterator[Call] = iter(())
        self._last_flights: dict[str, FlightProcess] = {}
        self._sent = 0
        self._overwatch = Overwatch(self._field, self._serve_case, self._log) if inputs.overwatch else None
        self._failed: set[str] = set()
        self._grounded: list[FleetDrone] = []
        policing = inputs.policing
        self._re_tasks = policing.re_task and isinstance(self._flights, ModelFlights)
        self._stand_down_s = policing.stand_down_s
        self._looks_later = False
        self._unsettled: dict[int, Case] = {}
        self._patrols: PatrolBoard | None = None
        if inputs.patrols is not None:
            self._patrols = PatrolBoard(self._env, inputs.patrols, self._log, self._officers_arrive)

    def run(self, calls: list[Call], visits: list[Visit], outages: Sequence[Outage] = ()) -> EventLog:
        """Simulate up to the horizon and close what is open then."""
        self.begin(calls, visits, outages)
        self._env.run(until=self._inputs.horizon_s)
        self.close_all(self._inputs.horizon_s)
        return self._log

    def begin(self, calls: list[Call], visits: list[Visit], outages: Sequence[Outage] = ()) -> None:
        """Expect what is known to come; nothing happens before the clock runs."""
        self._log.visits = visits
        self._coming = iter(calls)
        self._expect_next_call(self._env.now)
        self._env.process(self._follow_changes())
        if visits:
            self._env.process(self._hear_visits(visits))
        for outage in outages:
            self._env.process(self._follow_outage(outage))

    # -- what the sorties tell (the `ControlRoom`) --

    def call_over(self, case: Case, reason: str, on_scene_s: float, ended_s: float) -> None:
        """Close a call, attended or missed for a reason, after so long on scene; write its record."""
        call = case.call
        if case.outcome:
            raise AssertionError(f"call {call.id} ended twice: {reason or events.ATTENDED}")
        first = case.overhead_s < call.ground_s
        if reason and came(case.overhead_s):
            reason = ""
        case.outcome = events.MISSED if reason else events.FIRST if first else events.ATTENDED
        case.reason, case.ended_s = reason, ended_s
        case.on_scene_s += on_scene_s
        video_s = case.overhead_s + call.video_s
        if video_s <= ended_s:
            case.video_s = video_s
        if not case.relief:
            self._open.pop(call.id, None)
            if self._patrols is None or self._patrols.settled(case):
                self._write_call(case)
            else:
                self._unsettled[call.id] = case
        elif case.second:
            self._log.seconds.write(case)

    def _write_call(self, case: Case) -> None:
        """Write the record of a call that is over, once it is known when officers reach it."""
        if case.call.ground_s == math.inf and self._patrols is not None:
            case.call = case.call._replace(ground_s=events.NEVER)
        self._log.calls.write(case)

    def reached(self, case: Case) -> None:
        """A drone is overhead: it may show that no officers are needed."""
        if self._patrols is not None and not case.relief:
            self._patrols.see_from_above(case)

    def _officers_arrive(self, case: Case) -> None:
        """A patrol is at a call."""
        now = self._env.now
        case.call = case.call._replace(ground_s=now)
        if self._stand_down_s is not None:
            self._schedule_case(self._stand_down_s, self._take_in_hand, case)
        if self._unsettled.pop(case.call.id, None) is not None:
            self._write_call(case)

    def must_leave(self, case: Case, leaves_s: float) -> None:
        """A drone overhead will have to leave early: where overwatch is wanted, another relieves it."""
        if self._overwatch is not None:
            self._overwatch.must_leave(case, leaves_s)

    def back_to_queue(self, case: Case) -> None:
        """A launch was called off: the call waits again, as long as its patience lasts."""
        self._wait_again(case)

    def sent_on(self, case: Case, on_scene_s: float) -> None:
        """A drone was sent on from a call: it waits again where it needs one for longer."""
        case.on_scene_s += on_scene_s
        left_s, reached = case.call.on_scene_s - case.on_scene_s, came(case.overhead_s)
        if reached and (left_s <= 0.0 or left_s < self._inputs.min_on_scene_s):
            self.call_over(case, "", 0.0, self._env.now)
            return
        self._wait_again(case)

    def _wait_again(self, case: Case) -> None:
        """Put a call into the queue again; its clocks run to the drone that is overhead first."""
        if not came(case.overhead_s):
            case.dispatched_s = case.airborne_s = events.NEVER
        self._field.wait(case)
        self._await_patience(case)

    def leaves(self, flight: FlightProcess) -> NextTask | None:
        """A drone leaves its call: it is sent on to the first that waits and that it can serve."""
        if not self._re_tasks or not self._field.waiting:
            return None
        now = self._env.now
        for case in tuple(self._field.waiting):
            leg = self._sent_on_of(case, [flight], now)
            if leg is not None:
                self._take_on(case, flight, now)
                return NextTask(case, leg[1])
        return None

    def crew_free(self, drone: FleetDrone) -> None:
        """A drone is down."""
        field = self._field
        field.crew.in_use -= 1
        field.out.pop(drone.id, None)
        if field.waiting:
            self.look_again()

    def drone_ready(self, drone: FleetDrone) -> None:
        """A drone can be offered again, unless it has failed meanwhile."""
        if drone.id in self._failed:
            self._grounded.append(drone)
            return
        field = self._field
        ready = field.ready[drone.dock]
        ready.append(drone)
        self._log.ready_changed(drone.dock, len(ready), self._env.now)
        if field.waiting:
            self.look_again()
        if self._inputs.move_up:
            self._keep_covered()

    def look_again(self) -> None:
        """Serve whoever can be served now, in order of the queue."""
        field, now = self._field, self._env.now
        if self._looks_later or not field.waiting or standing(field, now):
            return
        for case in tuple(field.waiting):
            if not case.waiting:
                continue
            answer = choose(field, case, now)
            if not isinstance(answer, str):
                field.leave_queue(case)
                self._send_drone(case, answer, now)
                if not field.waiting or standing(field, now):
                    return

    # -- processes --

    def _expect_next_call(self, now: float) -> None:
        """Wait for the next call."""
        call = next(self._coming, None)
        if call is not None:
            wait_s = call.t_s - now if call.t_s > now else 0.0
            self._env.timeout(wait_s).callbacks.append(lambda _: self._hear_expected(call))

    def _hear_expected(self, call: Call) -> None:
        self.hear_call(call)
        self._expect_next_call(self._env.now)

    def hear_call(self, call: Call) -> Case:
        """A call comes in: the control room decides, unless the caller gives up before."""
        now, grade = self._env.now, self._grades[call.grade]
        rank = grade.rank if call.given < 0 else self._grades[call.given].rank
        if rank != grade.rank:
            self._log.misgraded.write(
                MisgradedRecord(call.id, grade.id, self._grades[call.given].id, rank - grade.rank)
            )
        case = Case(call, now, rank, now + call.patience_s, self._zones[call.zone], grade.id)
        self._open[call.id] = case
        if self._patrols is not None:
            case.call = call._replace(ground_s=math.inf)
            self._patrols.hear(case, call.ground_s)
        elif self._stand_down_s is not None and call.ground_s < math.inf:
            wait_s = max(0.0, call.ground_s + self._stand_down_s - now)
            self._schedule_case(wait_s, self._take_in_hand, case)
        if call.patience_s < call.decision_s:
            self._schedule_case(call.patience_s, self._give_up_undecided, case)
        elif call.decision_s > 0.0:
            self._schedule_case(call.decision_s, self._decide_case, case)
        else:
            self._decide_case(case)
        return case

    def _give_up_undecided(self, case: Case) -> None:
        if case.outcome:
            return
        self.call_over(case, Missed.BEFORE_DECISION, 0.0, self._env.now)

    def _decide_case(self, case: Case) -> None:
        """The decision to send a drone."""
        if case.outcome:
            return
        case.decided_s = now = self._env.now
        self._serve_case(case, now)
        if case.call.second_s > 0.0:
            self._serve_case(self._second_of(case), now)

    def _second_of(self, case: Case) -> Case:
        """The second drone that a call wants, whose landing has random numbers of its own."""
        call, turn = case.call, LANDING_DRAWS // 2
        own = call._replace(on_scene_s=call.second_s, landing=call.landing[turn:] + call.landing[:turn])
        return Case(
            own, case.heard_s, case.rank, case.patience_ends_s, case.zone_id, case.grade_id,
            decided_s=case.decided_s, relief=True, second=True,
        )  # fmt: skip

    def _serve_case(self, case: Case, now: float) -> None:
        """Send a drone, or let the case wait for as long as its patience lasts."""
        field = self._field
        free = not standing(field, now)
        if free and not field.waiting:
            answer = choose(field, case, now)
            if not isinstance(answer, str):
                self._send_drone(case, answer, now)
                return
            free = False
        field.wait(case)
        if free:
            self.look_again()
        if case.waiting and self._re_tasks:
            self._send_on(case, now)
        if case.waiting:
            self._await_patience(case)

    def _await_patience(self, case: Case) -> None:
        if case.patience_ends_s != math.inf:
            self._schedule_case(max(0.0, case.patience_ends_s - self._env.now), self._give_up, case)

    def _give_up(self, case: Case) -> None:
        """A caller's patience ends: the call is missed for the reason that holds now."""
        if case.waiting:
            reason = refusal(self._field, case) or Missed.NO_DRONE
            self._field.leave_queue(case)
            self.call_over(case, reason, 0.0, self._env.now)

    # -- drones in the air --

    def _send_on(self, case: Case, now: float) -> None:
        """Send a drone that is in the air to a call that waits, where the rule finds one."""
        found = self._sent_on_of(case, self.flights_out(), now)
        if found is None:
            return
        sortie, leg = found
        left = sortie.case
        if sortie.phase != events.PREPARE:
            self._take_on(case, sortie, now)
        with self._looking_later():
            sortie.send_on(case, leg)
        if left.waiting:
            self._send_on(left, now)

    @contextmanager
    def _looking_later(self) -> Iterator[None]:
        """Look at the queue only afterwards: a drone whose launch is called off is ready by then."""
        self._looks_later = True
        yield
        self._looks_later = False
        self.look_again()

    def _take_on(self, case: Case, flight: FlightProcess, now: float) -> None:
        """A call that waits is served by a drone in the air."""
        field = self._field
        field.leave_queue(case)
        if not came(case.overhead_s):
            case.dispatched_s = case.airborne_s = now
        field.out[flight.drone.id] = (flight.dock, case.call.zone)

    def _sent_on_of(
        self, case: Case, flights: Sequence[FlightProcess], now: float
    ) -> tuple[Sortie, Leg] | None:
        """Which of some flights is sent on to a call, and by which leg; None where none is."""
        field, call = self._field, case.call
        condition = field.condition(now)
        if condition.hold:
            return None
        home_by_s, _ = field.home_by(now, field.crew.in_use)
        able: dict[str, tuple[Sortie, Leg]] = {}
        in_air = []
        for flight in flights:
            leg = condition.legs[flight.dock][call.zone]
            if leg is None or not isinstance(flight, Sortie) or not self._air_is_free(flight.dock, call.zone):
                continue
            what = flight.in_air(call.zone, leg, home_by_s=home_by_s)
            if what is not None:
                in_air.append(what)
                able[what.drone] = flight, leg
        left_s = self._grades[call.grade].target_s - (now - case.heard_s)
        least_s = self._inputs.min_on_scene_s
        chosen = choose_retask(in_air, rank=case.rank, within_s=left_s, min_stay_s=least_s)
        return None if chosen is None else able[chosen.drone]

    def _air_is_free(self, dock: int, zone: int) -> bool:
        """Whether a drone in the air may take a route: none that is flown in turn, or that traffic blocks."""
        field = self._field
        if field.down[dock] or field.meeting:
            return False
        return not field.visits or field.blocking(dock, zone) is None

    def _take_in_hand(self, case: Case) -> None:
        """Officers have a call in hand: every drone for it is released."""
        now, case.in_hand = self._env.now, True
        for other in [each for each in self._field.waiting if each.call.id == case.call.id]:
            other.in_hand = True
            self._field.leave_queue(other)
            self.call_over(other, Missed.IN_HAND, 0.0, now)
        out = [flight for flight in self.flights_out() if isinstance(flight, Sortie)]
        with self._looking_later():
            for sortie in [each for each in out if each.case.call.id == case.call.id]:
                sortie.case.in_hand = True
                sortie.release(events.CUT_IN_HAND)
        if self._overwatch is not None and case.need is not None:
            self._overwatch.end_early(case.need, now)
        if not case.outcome and not came(case.decided_s):
            self.call_over(case, Missed.IN_HAND, 0.0, now)

    def _schedule_case(self, seconds: float, act: Callable[[Case], None], case: Case) -> None:
        """Act on a case after a time: a callback costs a third of a process."""
        timeout = self._env.timeout(seconds)
        timeout.callbacks.append(lambda _: act(case))

    def _follow_changes(self) -> Steps:
        """Look at the queue again when the weather or the crew changes."""
        inputs = self._inputs
        edges = {*inputs.hour_edges_s, *crew_changes_s(inputs.duties, inputs.policing.handover_s)}
        for edge in sorted(edge for edge in edges if 0.0 < edge < self._inputs.horizon_s):
            yield self._wait_until(edge)
            self._serve_and_cover()

    def _hear_visits(self, visits: list[Visit]) -> Steps:
        for visit in visits:
            yield self._wait_until(visit.notice_s)
            self._env.process(self._follow_visit(visit))

    def _follow_visit(self, visit: Visit) -> Steps:
        """Other traffic: every sortie on its route is told, and launches wait until it is gone."""
        active = self.begin_visit(visit)
        yield self._wait_until(visit.end_s)
        self.end_visit(active)

    def begin_visit(self, visit: Visit) -> ActiveVisit:
        """Other traffic announced itself."""
        traffic = self._inputs.traffic[visit.traffic]
        active = ActiveVisit(visit, self._env.event())
        self._field.visits.append(active)
        for flight in self.flights_out():
            if not flight.in_way_of(traffic):
                continue
            if traffic.rule == HEIGHT_SPLIT:
                flight.passes_under(visit)
            else:
                flight.hear_of(active)
        return active

    def end_visit(self, active: ActiveVisit) -> None:
        """Other traffic is gone."""
        self._field.visits.remove(active)
        active.gone.succeed()
        self._serve_and_cover()

    def _follow_outage(self, outage: Outage) -> Steps:
        """A part fails and is repaired."""
        yield self._wait_until(outage.start_s)
        if outage.drone:
            self.ground_drone(outage.drone)
        else:
            self._field.down[outage.dock] += 1
        if outage.part == LINK_PART:
            for flight in self.flights_out():
                if flight.dock == outage.dock:
                    flight.lose_link()
        yield self._wait_until(outage.end_s)
        if outage.drone:
            self.offer_again(outage.drone)
        else:
            self._field.down[outage.dock] -= 1
            self._serve_and_cover()

    def ground_drone(self, drone_id: str) -> None:
        """Take a drone out of those that are offered, or will be once it is back."""
        self._failed.add(drone_id)
        for dock, ready in enumerate(self._field.ready):
            for drone in [drone for drone in ready if drone.id == drone_id]:
                ready.remove(drone)
                self._grounded.append(drone)
                self._log.ready_changed(dock, len(ready), self._env.now)

    def offer_again(self, drone_id: str) -> None:
        """Offer a drone that was grounded."""
        self._failed.discard(drone_id)
        for drone in [drone for drone in self._grounded if drone.id == drone_id]:
            self._grounded.remove(drone)
            self.drone_ready(drone)

    def _wait_until(self, t_s: float) -> simpy.Event:
        """The event of a moment; rounding may have brought the clock an instant past it."""
        return self._env.timeout(max(0.0, t_s - self._env.now))

    # -- sending, and the log --

    def _send_drone(self, case: Case, drone: FleetDrone, now: float) -> None:
        """Send a drone to a call."""
        field, flights, log = self._field, self._flights, self._log
        if not came(case.overhead_s):
            case.dispatched_s = now
        number = self._take_drone(drone, now, (drone.dock, case.call.zone))
        flight = self._sortie(
            number, field=field, control=self, flights=flights, log=log, case=case, drone=drone
        )
        self._last_flights[drone.id] = flight
        flight.go_on()
        if self._inputs.move_up:
            self._keep_covered()

    def _take_drone(self, drone: FleetDrone, now: float, route: RouteKey) -> int:
        """Take a ready drone and somebody to fly it on a route; returns the number of the flight."""
        field = self._field
        ready = field.ready[drone.dock]
        ready.remove(drone)
        self._log.ready_changed(drone.dock, len(ready), now)
        field.crew.in_use += 1
        field.out[drone.id] = route
        self._sent += 1
        return self._sent - 1

    def flights_out(self) -> list[FlightProcess]:
        """The flights that are not over, in the order in which they were sent."""
        out = (flight for flight in self._last_flights.values() if not flight.over)
        return sorted(out, key=lambda flight: flight.number)

    def _serve_and_cover(self) -> None:
        """Something changed for all: serve who waits, then cover what is bare."""
        self.look_again()
        if self._inputs.move_up:
            self._keep_covered()

    def _keep_covered(self) -> None:
        """Move drones up as long as that covers more."""
        now, field = self._env.now, self._field
        while (transfer := best_transfer(field, now)) is not None:
            drone = transfer.drone
            number = self._take_drone(drone, now, (drone.dock, MOVING))
            flight = Move(number, transfer, field=field, control=self, log=self._log, streams=self._streams)
            self._last_flights[drone.id] = flight
            flight.go_on()

    def close_all(self, horizon_s: float) -> None:
        """Close everything that is still open at the horizon."""
        for flight in self.flights_out():
            flight.close(horizon_s)
        seconds = [case for case in self._field.waiting if case.second]
        for case in (*self._open.values(), *seconds):
            self.call_over(case, Missed.HORIZON, 0.0, horizon_s)
        for case in self._unsettled.values():
            self._write_call(case)
        if self._patrols is not None:
            self._patrols.close()
        if self._overwatch is not None:
            self._overwatch.close(horizon_s)
