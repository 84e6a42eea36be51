"""The control room of a live shift (`LiveShift`): calls come in, people decide, drones go, all is logged.

One thread runs the shift (`LiveShift.run`). Everything that people and systems ask for is done by that thread
(`LiveClock.ask`), so that two of them never decide at once; `picture` is how things stood a moment ago.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import Position
from dfr.io.incidents.inbox import Arrival, IncidentInbox
from dfr.io.incidents.report import IncidentReport, IncidentStatus
from dfr.link.pacing import now_s
from dfr.link.vehicle import Text
from dfr.logs.airborne import IN_THE_AIR
from dfr.operate.alerts import Alert, AlertBoard
from dfr.operate.approval import Approvals
from dfr.operate.clock import FleetTime, LiveClock, WallTime
from dfr.operate.dispatcher import CLOSED, LiveEngine
from dfr.operate.fleet import LiveFleet
from dfr.operate.flight import Adoption, LiveFlight, LiveFlights, Stage
from dfr.operate.incidents import CallState, Incident, IncidentBook
from dfr.operate.onward import OnwardDrones, Retask
from dfr.operate.sortie import HANDS_OFF, RECALLED, LiveSortie
from dfr.operate.story import OURS, FlightStory, ShiftStory
from dfr.plan.model import Plan
from dfr.rehearsal.fleet import ShiftToFly
from dfr.sim.calls import Visit
from dfr.sim.dispatch import ActiveVisit, Case
from dfr.sim.events import MISSED, Missed
from dfr.sim.inputs import RouteKey
from dfr.world.model import World

LOOK_EVERY_S = 0.5
"""How often the shift looks at its vehicles, by our own clock."""

RECEIVER = "a receiver"
"""Who announces other traffic that was heard by radio."""

STUCK_S = 20.0
"""A shift that has not looked at its vehicles for so long hangs, though its process lives (assumed)."""


class Log(Protocol):
    """Where the shift is written down (`dfr.store.shift_log.ShiftLog`)."""

    def append(
        self, kind: str, content: Mapping[str, object], personal: Mapping[str, object] | None = None
    ) -> object:
        """Add a record, which outlives this process at once."""


def _do_nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSetup:
    """What a shift is run with.

    `stand_in` lets the scenario's dispatch policy decide in place of people, for simulated vehicles alone.
    """

    world: World
    plan: Plan
    shift: ShiftToFly
    start: datetime
    stand_in: str | None = None

    @property
    def second_yes(self) -> bool:
        """Whether a flight needs a safety pilot's yes too: where drones are kept in sight by one."""
        crew = self.world.scenario.crew
        return crew.safety_pilots_per_drone > 0 and self.world.scenario.operation.kind.value != "BVLOS"


class LiveShift:
    """A shift over a fleet of vehicles, written to a log. `story` is what its log already says."""

    def __init__(self, setup: ShiftSetup, fleet: LiveFleet, log: Log, *, story: ShiftStory) -> None:
        if setup.stand_in is not None and not fleet.simulated:
            raise InputError("only simulated vehicles fly without a person's yes", do="leave out --yes")
        if story.simulated not in (None, fleet.simulated):
            kind = "simulated" if story.simulated else "real"
            raise InputError(
                f"this shift was begun with {kind} vehicles: its time is theirs", do="name another folder"
            )
        self.setup, self.fleet, self._log = setup, fleet, log
        inputs = setup.shift.inputs
        self.clock = LiveClock(
            FleetTime(fleet.vehicles, story.t_s) if fleet.simulated else WallTime(story.t_s)
        )
        self.book = IncidentBook(setup.world, inputs)
        self.alerts = AlertBoard(self._note_alert)
        self._approvals = Approvals(stand_in=setup.stand_in)
        self.flights = LiveFlights(
            self.clock,
            fleet,
            dock_tolerance_m=fleet.tolerance_m,
            tell=lambda words: self._note("link", {"words": words}),
            note=self._note,
            failed=self._flight_failed,
            read_failsafe=fleet.read_failsafe,
        )
        self.engine = LiveEngine(
            replace(inputs, dispatch=self._approvals),
            self.clock,
            lambda env, field: self.flights,
            self._approvals,
            ended=self._case_ended,
            wanted=self._is_wanted,
            waits_again=self._hear_moved,
        )
        self.onward = OnwardDrones(self.engine, fleet)
        self.visiting: dict[str, ActiveVisit] = {}
        self.announced_by: dict[str, str] = {}
        self.traffic_words: dict[str, str] = {}
        self.pilots: dict[str, str] = {}
        self.grounded: dict[str, str] = {}
        self._inbox = IncidentInbox()
        self._attended: set[int] = set()
        self._unsettled: dict[str, FlightStory] = {}
        self._over = self.clock.event()
        self._ended = threading.Event()
        self._looks: list[Callable[[], None]] = []
        self._vetoes: list[Callable[[str], str]] = []
        self.on_tick: Callable[[], None] = _do_nothing
        self._look_waits = self._stopping = False
        self._story = story
        self.looked_at_s = now_s()
        self.has_ended = False
        fleet.on_text, fleet.routes_out = self._heard_text, self._routes_out

    # -- the shift's own thread --

    def run(self) -> None:
        """The shift until somebody ends it. The fleet is open, and stays so."""
        self._note(
            "shift.begun",
            {
                "start": self.setup.start.isoformat(),
                "scenario": self.setup.world.scenario.name,
                "simulated": self.fleet.simulated,
                "vehicles": dict(self.fleet.urls_by_drone),
                "goes_on": self._story.start is not None,
            },
        )
        self.engine.tell_rows(lambda table, row: self._note("row", {"table": table, "row": row}))
        self.engine.begin([], [])
        self._take_up(self._story)
        ticker = threading.Thread(target=self._tick, name="shift-ticker", daemon=True)
        ticker.start()
        try:
            self.clock.run(until=self._over)
            self.engine.close_shift()
            for incident in self.book.calls:
                if incident.state is not CallState.ENDED:
                    self._end_incident(incident, MISSED, Missed.HORIZON)
        finally:
            self._ended.set()
            ticker.join()
        self._note("shift.ended", {"t_s": self.clock.now})
        self.has_ended = True

    def on_look(self, look: Callable[[], None]) -> None:
        """Do something, in the shift's thread, each time it looks at its vehicles."""
        self._looks.append(look)

    def veto_launches(self, why: Callable[[str], str]) -> None:
        """Ask this too, in the shift's thread, why a drone must not be launched now; '' where it may."""
        self._vetoes.append(why)

    def end(self) -> None:
        """End the shift. Raises InputError while a drone is in the air."""
        self.clock.ask(self._end_now)

    def stop(self) -> None:
        """Recall every drone, and end the shift once all are down (posted by a signal, a person's stop)."""
        self._note("order", {"order": "stop", "drone": "", "by": "the terminal"})
        self._stopping = True
        for sortie in self.engine.sorties():
            sortie.turn_back(RECALLED)

    def _end_now(self) -> None:
        away = [flight.order.drone for flight in self.flights.in_the_air]
        if away or self._unsettled:
            names = ", ".join([*away, *self._unsettled])
            raise InputError(f"in the air: {names}", do="recall them, and end the shift once they are down")
        if not self._over.triggered:
            self._over.succeed()

    def _tick(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self._show_alive()
            if not self._look_waits:
                self._look_waits = True
                self.clock.post(self._look)

    def _show_alive(self) -> None:
        """Tell whoever watches this process that it lives, as long as the shift's own thread does.

        A process that only seems to run keeps its vehicles from coming home by themselves.
        """
        if now_s() - self.looked_at_s < STUCK_S:
            self.on_tick()

    def _look(self) -> None:
        self._look_waits = False
        self.looked_at_s = now_s()
        self._offer_fit_drones()
        for drone in tuple(self._unsettled):
            self._settle(drone)
        for look in self._looks:
            look()
        if (
            self._stopping
            and not self.flights.in_the_air
            and not self._unsettled
            and not self._over.triggered
        ):
            self._over.succeed()

    def _offer_fit_drones(self) -> None:
        """Take drones that are not fit out of those that are offered, and back."""
        for drone in self.engine.field.drones:
            why = self._why_not(drone.id)
            was = self.grounded.get(drone.id)
            if why and was is None:
                self.engine.ground_drone(drone.id)
            if why:
                self.grounded[drone.id] = why
            elif was is not None:
                del self.grounded[drone.id]
                self.engine.offer_again(drone.id)
            left = self.fleet.measured_charge(drone.id)
            if left is not None and not why:
                drone.ready_fraction, drone.ready_s, drone.full_s = left, self.clock.now, math.inf

    def _why_not(self, drone: str) -> str:
        """Why a drone on the ground must not be sent, whatever the call; '' where it may."""
        vetoes = (veto(drone) for veto in self._vetoes)
        return self.fleet.unfit(drone) or next(filter(None, vetoes), "")

    # -- calls --

    def receive(
        self, report: IncidentReport, *, by: str, stay_s: float = math.inf
    ) -> tuple[Incident | None, Arrival]:
        """The call of a message, None where it opens none, and what the message was. Raises FloodError.

        A message about a call that was closed, or could not be taken, when it was first told of opens it.
        `stay_s` is for how long a drone is wanted; it stays until somebody recalls it where nobody says.
        """
        return self.clock.ask(lambda: self._receive(report, by, stay_s))

    def _receive(self, report: IncidentReport, by: str, stay_s: float) -> tuple[Incident | None, Arrival]:
        received = self._inbox.receive(report, now_s=now_s())
        known = self.book.find_key(received.key)
        opens = report.status is IncidentStatus.OPEN and received.arrival is not Arrival.OLDER
        if known is None and opens:
            incident = self.book.add(received.report, self.clock.now, key=received.key, stay_s=stay_s)
            self._note_call("call.reported", incident, by)
            self._hear(incident)
            return incident, Arrival.NEW
        if received.arrival is Arrival.UPDATED and known is not None and known.state is CallState.OPEN:
            known = self._update(known, received.report, by)
        return known, received.arrival

    def _update(self, known: Incident, report: IncidentReport, by: str) -> Incident:
        """A call that is told anew; one in another place waits there, once no drone is out to it."""
        case, out = self.waiting_case(known.number), self.sorties_to(known.number)
        changed = self.book.update(known, report)
        self._note_call("call.updated", changed, by)
        if changed.zone == known.zone:
            return changed
        if case is not None:
            self._hear_moved(case)
        elif not out:
            self._hear_as_told(changed)
        return changed

    def _is_wanted(self, case: Case) -> bool:
        """Whether a call still wants a drone; where it was before it moved, nobody is relieved."""
        incident = self.book.find(case.call.id)
        return incident.state is not CallState.ENDED and not (case.relief and self.has_moved(case))

    def has_moved(self, case: Case) -> bool:
        """Whether a call is by now in another zone than the one that a drone was wanted in."""
        return self.book.find(case.call.id).zone != case.call.zone

    def _hear_moved(self, case: Case) -> None:
        """Let a call that waits, and has moved meanwhile, wait where it is now."""
        if not self.has_moved(case):
            return
        if case.relief:
            self.engine.close_call(case, CLOSED)
        else:
            self.engine.forget(case)
            self._hear_as_told(self.book.find(case.call.id))

    def _hear(self, incident: Incident) -> None:
        """Let the dispatcher hear of a new call."""
        self._know(incident)
        self._hear_as_told(incident)

    def _hear_as_told(self, incident: Incident) -> None:
        """Let a call wait for a yes as it stands; one without a zone waits for a person to close it."""
        call = self.setup.shift.calls[incident.number] = self.book.sim_call(incident)
        self._look_at(incident)
        if incident.zone is not None:
            self.engine.hear_call(call)

    def _know(self, incident: Incident) -> None:
        """The call by its number, as the fleet asks for it."""
        calls = self.setup.shift.calls
        assert len(calls) == incident.number
        calls.append(self.book.sim_call(incident))
        self._look_at(incident)

    def _look_at(self, incident: Incident) -> None:
        if incident.report.place.position is not None:
            self.fleet.look_at[incident.number] = incident.report.place.position

    def waiting_case(self, number: int) -> Case | None:
        """What waits of a call: the call itself, or a relief for it; None where nothing does."""
        return next((case for case in self.engine.waiting if case.call.id == number), None)

    def close_call(self, number: int, *, by: str) -> None:
        """End a call that needs no drone any more. Raises InputError while a drone is out to it."""
        self.clock.ask(lambda: self._close_call(number, by))

    def _close_call(self, number: int, by: str) -> None:
        incident = self.book.find(number)
        if incident.state is CallState.ENDED:
            raise InputError(f"call {number} has ended", do="nothing is to be closed")
        out = [sortie.drone.id for sortie in self.sorties_to(number)]
        if out and self.waiting_case(number) is None:
            raise InputError(f"{', '.join(out)} is out to call {number}", do="recall it; the call then ends")
        self._note("call.closed", {"call": number, "by": by})
        while (case := self.waiting_case(number)) is not None:
            self.engine.close_call(case, CLOSED)
        if incident.zone is None:
            self._end_incident(incident, MISSED, Missed.UNREACHABLE)

    def sorties_to(self, number: int) -> list[LiveSortie]:
        """The dispatches to a call that are not done with it."""
        return [
            sortie
            for sortie in self.engine.sorties()
            if sortie.case.call.id == number and not sortie.case.outcome
        ]

    def _case_ended(self, case: Case) -> None:
        """A drone is done with its call, or the call is closed: it ends with the last of those."""
        number = case.call.id
        if case.outcome != MISSED:
            self._attended.add(number)
        incident = self.book.find(number)
        more = self.sorties_to(number) or self.waiting_case(number) is not None
        if incident.state is CallState.ENDED or more:
            return
        outcome = "attended" if number in self._attended else case.outcome
        self._end_incident(incident, outcome, "" if number in self._attended else case.reason)

    def _end_incident(self, incident: Incident, outcome: str, reason: str) -> None:
        self.book.end(incident.number, reason or outcome)
        self._note("call.ended", {"call": incident.number, "outcome": outcome, "reason": reason})

    # -- drones --

    def send(self, number: int, drone: str, *, by: str, second: str = "") -> LiveSortie:
        """Send a drone to a call by a person's yes, and a second one's where the operation wants it.

        Raises InputError or InfeasibleError where it cannot go; nothing was sent then.
        """
        return self.clock.ask(lambda: self._send(number, drone, by, second))

    def _send(self, number: int, drone: str, by: str, second: str) -> LiveSortie:
        case = self._case_to_serve(number)
        self._note("yes", {"call": number, "drone": drone, "by": by, "second": second})
        sortie = self.engine.send(case, drone)
        self.pilots[drone] = by
        return sortie

    def send_on(self, number: int, drone: str, *, leaves: int, by: str, second: str = "") -> None:
        """Send a drone in the air on to a call by a person's yes; `leaves` is the call that it was out to.

        Raises InputError or InfeasibleError where it cannot go; it flies on as before then.
        """
        self.clock.ask(lambda: self._send_on(number, drone, leaves, by, second))

    def _send_on(self, number: int, drone: str, leaves: int, by: str, second: str) -> None:
        case = self._case_to_serve(number)
        offer = self.onward.find_offer(case, drone)
        if offer.sortie.case.call.id != leaves:
            raise InputError(f"{drone} does not fly as it did when this was asked", do="ask again")
        self._note("yes", {"call": number, "drone": drone, "by": by, "second": second, "leaves": leaves})
        self.engine.send_on(case, offer.sortie, offer.leg)
        self.pilots[drone] = by

    def plan_retask(self, number: int, drone: str, *, path: Sequence[Position] = ()) -> Retask:
        """What a drone in the air would be sent on with, along a path or straight.

        Raises InputError or InfeasibleError where it cannot go.
        """
        return self.clock.ask(lambda: self._plan_retask(number, drone, path))

    def _plan_retask(self, number: int, drone: str, path: Sequence[Position]) -> Retask:
        plan = self.onward.plan_retask(self._case_to_serve(number), drone, path=path)
        return replace(plan, leaves_id=self.book.find(plan.leaves).report.id)

    def _routes_out(self, besides: str) -> list[RouteKey]:
        """The routes that our other drones fly now (from any thread)."""
        return [route for drone, route in tuple(self.engine.field.out.items()) if drone != besides]

    def _case_to_serve(self, number: int) -> Case:
        """What waits of a call. Raises InputError where nothing does, or no drone is sent any more."""
        case = self.waiting_case(number)
        if case is None:
            raise InputError(f"call {number} does not wait for a drone", do="look at the call again")
        if self._stopping:
            raise InputError("the shift is being ended: no drone is sent", do="begin it again")
        return case

    def turn_back(self, drone: str, why: str, *, by: str) -> None:
        """Recall a drone, or let it land where it is. Raises InputError where it does not fly for us."""
        self.clock.ask(lambda: self._turn_back(drone, why, by))

    def _turn_back(self, drone: str, why: str, by: str) -> None:
        sortie = self.engine.sortie_of(drone)
        if sortie is None:
            raise InputError(f"{drone} is not out", do="choose a drone that is")
        if sortie.flight.failure is not None:
            raise InputError(
                f"{drone} is not ours to fly: {sortie.flight.failure}",
                do="use its transmitter, or `dfr vehicle recall`",
            )
        if not sortie.turn_back(why):
            raise InputError(
                f"{drone} cannot be turned back now: {sortie.phase}",
                do="it comes home by itself, or is down",
            )
        self._note("order", {"drone": drone, "order": why, "by": by, "flight": sortie.number})

    def _flight_failed(self, flight: LiveFlight) -> None:
        """A flight is no longer ours: its sortie turns back as far as the dispatcher is concerned."""

        def turn_back() -> None:
            sortie = self.engine.sortie_of(flight.order.drone)
            if sortie is not None and sortie.number == flight.order.flight:
                sortie.turn_back(HANDS_OFF)

        self.clock.post(turn_back)

    # -- other traffic --

    def announce(self, traffic: str, *, by: str) -> None:
        """Other traffic is inbound: drones give way as its rule says until it is gone.

        What a receiver announced before is from then on that person's, who alone clears it.
        """
        self.clock.ask(lambda: self._announce(traffic, by))

    def _announce(self, traffic: str, by: str) -> None:
        users = [user.id for user in self.setup.shift.inputs.traffic]
        if traffic not in users:
            raise InputError(f"no traffic {traffic!r:.40}", do=f"one of {', '.join(users)}")
        if traffic in self.visiting and (by == RECEIVER or self.announced_by[traffic] != RECEIVER):
            return
        self._note("traffic", {"traffic": traffic, "inbound": True, "by": by})
        self.announced_by[traffic] = by
        if traffic in self.visiting:
            return
        now = self.clock.now
        visit = Visit(users.index(traffic), now, now, math.inf)
        self.visiting[traffic] = self.engine.begin_visit(visit)

    def clear(self, traffic: str, *, by: str) -> None:
        """That traffic is gone. Raises InputError where it was not there."""
        self.clock.ask(lambda: self._clear(traffic, by))

    def _clear(self, traffic: str, by: str) -> None:
        active = self.visiting.pop(traffic, None)
        if active is None:
            raise InputError(f"{traffic!r:.40} is not inbound", do="nothing is to be cleared")
        del self.announced_by[traffic]
        self.traffic_words.pop(traffic, None)
        self._note("traffic", {"traffic": traffic, "inbound": False, "by": by})
        self.engine.end_visit(active)

    # -- what a process before this one began --

    @property
    def unsettled(self) -> list[str]:
        """The drones that were in the air by the log, and of which nobody knows yet what became."""
        return list(self._unsettled)

    def _take_up(self, story: ShiftStory) -> None:
        """Go on with the calls and flights that the log tells of, and give way to what was inbound."""
        self.engine.count_from(story.next_flight)
        for traffic, by in story.inbound.items():
            self._announce(traffic, by)
        self._attended |= story.attended
        self._inbox.restore(call.report for call in story.calls)
        for incident in story.calls:
            self.book.restore(incident)
            out = [flight for flight in story.flights_out if flight.call == incident.number]
            if incident.state is CallState.OPEN and not out:
                self._hear(incident)
            else:
                self._know(incident)
        self._unsettled = {flight.drone: flight for flight in story.flights_out}

    def _settle(self, drone: str) -> None:
        """Find out what became of a flight, once its vehicle is heard."""
        berth, flight = self.fleet.berths.get(drone), self._unsettled[drone]
        vehicle = None if berth is None else berth.vehicle
        if vehicle is None or not vehicle.heard or vehicle.state.armed is None:
            return
        state = vehicle.state
        if state.armed and state.landed not in IN_THE_AIR:
            return  # armed on the ground: it lifts off or disarms soon
        call = self.setup.shift.calls[flight.call]
        if state.armed and not self.engine.has_route(call, drone):
            return  # nobody knows its way home in the weather of this hour: the board warns of it
        del self._unsettled[drone]
        if not state.armed:
            self._found_down(flight)
            return
        stage = flight.stage_in(state)
        call = call._replace(on_scene_s=0.0) if stage is Stage.BACK else call
        adrift = flight.adrift and state.mode in OURS
        self.flights.adoptions[drone] = Adoption(stage=stage, sent_from=flight.sent_from, adrift=adrift)
        _, sortie = self.engine.take_on(call, drone)
        if adrift:
            sortie.turn_back(RECALLED)

    def _found_down(self, flight: FlightStory) -> None:
        """It came down while nobody watched: its call is attended if it had been overhead, else it waits."""
        self._note(
            "flight",
            {"what": "found_down", "flight": flight.flight, "call": flight.call, "drone": flight.drone},
        )
        incident = self.book.find(flight.call)
        if incident.state is CallState.ENDED or self.sorties_to(flight.call):
            return
        if flight.overhead:
            self._end_incident(incident, "attended", "")
        elif self.waiting_case(flight.call) is None:
            self._hear_as_told(incident)

    # -- the log --

    def _note_call(self, kind: str, incident: Incident, by: str) -> None:
        content = {
            "call": incident.number,
            "heard_s": incident.heard_s,
            "stay_s": None if math.isinf(incident.stay_s) else incident.stay_s,
            "zone": incident.zone,
            "grade": incident.grade,
            "graded": incident.graded,
            "by": by,
            "report": incident.report.content(),
        }
        self._note(kind, content, incident.report.personal())

    def _note(
        self, kind: str, content: Mapping[str, object], personal: Mapping[str, object] | None = None
    ) -> None:
        self._log.append(kind, {"t_s": self.clock.present_s, **content}, personal)

    def note(self, kind: str, content: Mapping[str, object]) -> None:
        """Add a record (from any thread)."""
        self._note(kind, content)

    def _note_alert(self, what: str, alert: Alert) -> None:
        self._note(
            "alert",
            {
                "what": what,
                "alert": alert.number,
                "level": alert.cause.level.value,
                "words": alert.cause.words,
                "drone": alert.cause.drone,
                "by": alert.acknowledged,
            },
        )

    def _heard_text(self, drone: str, text: Text) -> None:
        """Something that a vehicle said (in the link's thread)."""
        self._note("vehicle", {"drone": drone, "severity": text.severity, "text": text.text})

    def describe_air(self) -> str:
        """Which drones are in the air, in words; '' where none is."""
        away = [flight.order.drone for flight in self.flights.in_the_air]
        return f"{counted_noun(len(away), 'drone')} in the air: {', '.join(away)}" if away else ""
