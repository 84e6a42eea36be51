"""The control room of a live shift (`LiveShift`): calls come in, people decide, drones go, all is logged.

One thread runs the shift (`LiveShift.run`). Everything that people and systems ask for is done by that thread
(`LiveClock.ask`), so that two of them never decide at once; what stands on the board was so a moment ago.
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
from dfr.link.pacing import now_s
from dfr.link.vehicle import Text
from dfr.operate.alerts import Alert, AlertBoard
from dfr.operate.approval import Approvals
from dfr.operate.calls import LiveCalls
from dfr.operate.clock import FleetTime, LiveClock, WallTime
from dfr.operate.dispatcher import LiveEngine
from dfr.operate.fleet import LiveFleet
from dfr.operate.flight import LiveFlight, LiveFlights
from dfr.operate.flights_before import FlightsBefore
from dfr.operate.onward import OnwardDrones, Retask
from dfr.operate.other_traffic import OtherTraffic
from dfr.operate.sortie import GO_ON, HANDS_OFF, HELD, RECALLED, LiveSortie
from dfr.operate.story import ShiftStory
from dfr.plan.model import Plan
from dfr.rehearsal.fleet import ShiftToFly
from dfr.sim.dispatch import Case
from dfr.sim.events import BACK, CLIMB, LAND, ON_SCENE, OUT, PREPARE, came
from dfr.sim.inputs import RouteKey
from dfr.world.model import World

LOOK_EVERY_S = 0.5
"""How often the shift looks at its vehicles, by our own clock."""

_WHY_NOT_HELD = {
    PREPARE: "it is on the ground: recall it, and its launch is called off",
    CLIMB: "it is stopped already, or gives way to other traffic",
    OUT: "it is stopped already, or gives way to other traffic",
    ON_SCENE: "it hovers over the scene already",
    BACK: "it returns by itself: watch it, or let it land where it is",
    LAND: "it comes down, or is down: watch it, or use its transmitter",
    "": "it is down",
}
"""What to do where a drone cannot be stopped, by the phase that it is in."""

STUCK_S = 20.0
"""A shift that has not looked at its vehicles for so long hangs, though its process lives (assumed)."""


def _phase_words(phase: str) -> str:
    return phase.replace("_", " ") or "down"


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
        self.calls = LiveCalls(
            setup.world, setup.shift, self.clock, fleet.look_at, note=self.note, record=self._record
        )
        self.alerts = AlertBoard(self._note_alert)
        self._approvals = Approvals(stand_in=setup.stand_in)
        self.flights = LiveFlights(
            self.clock,
            fleet,
            dock_tolerance_m=fleet.tolerance_m,
            tell=lambda words: self.note("link", {"words": words}),
            note=self.note,
            failed=self._flight_failed,
            read_failsafe=fleet.read_failsafe,
        )
        self.engine = LiveEngine(
            replace(inputs, dispatch=self._approvals),
            self.clock,
            lambda env, field: self.flights,
            self._approvals,
            ended=self.calls.case_ended,
            wanted=self.calls.is_wanted,
            waits_again=self.calls.hear_moved,
        )
        self.calls.serve(self.engine)
        self.traffic = OtherTraffic(inputs.traffic, self.clock, self.engine, self.note)
        self.onward = OnwardDrones(self.engine, fleet)
        self.before = FlightsBefore(
            story.flights_out,
            calls=self.calls,
            fleet=fleet,
            flights=self.flights,
            note=self.note,
        )
        self.pilots: dict[str, str] = {}
        self.grounded: dict[str, str] = {}
        self.unwritten = ""
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
        self.note(
            "shift.begun",
            {
                "start": self.setup.start.isoformat(),
                "scenario": self.setup.world.scenario.name,
                "simulated": self.fleet.simulated,
                "vehicles": dict(self.fleet.urls_by_drone),
                "goes_on": self._story.start is not None,
            },
        )
        self.engine.tell_rows(lambda table, row: self.note("row", {"table": table, "row": row}))
        self.engine.begin([], [])
        self.engine.count_from(self._story.next_flight)
        self.traffic.take_up(self._story.inbound)
        self.calls.take_up(self._story)
        ticker = threading.Thread(target=self._tick, name="shift-ticker", daemon=True)
        ticker.start()
        try:
            self.clock.run(until=self._over)
            self.engine.close_shift()
            self.calls.end_all()
        finally:
            self._ended.set()
            ticker.join()
        self.note("shift.ended", {"t_s": self.clock.now})
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
        self.note("order", {"order": "stop", "drone": "", "by": "the terminal"})
        self._stopping = True
        for sortie in self.engine.sorties():
            sortie.turn_back(RECALLED)

    @property
    def _not_down(self) -> list[str]:
        """The drones that are out by the dispatcher, made ready, or not accounted for since a restart."""
        out = [sortie.drone.id for sortie in self.engine.sorties() if not came(sortie.landed_s)]
        return [*out, *self.before.unsettled]

    def _end_now(self) -> None:
        if names := ", ".join(self._not_down):
            raise InputError(
                f"in the air, or about to be: {names}", do="recall them, and end the shift once they are down"
            )
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
        self.before.settle()
        self.engine.look_at_energy()
        for look in self._looks:
            look()
        if self._stopping and not self._not_down and not self._over.triggered:
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

    # -- drones --

    def send(self, number: int, drone: str, *, by: str, second: str = "") -> LiveSortie:
        """Send a drone to a call by a person's yes, and a second one's where the operation wants it.

        Raises InputError or InfeasibleError where it cannot go; nothing was sent then.
        """
        return self.clock.ask(lambda: self._send(number, drone, by, second))

    def _send(self, number: int, drone: str, by: str, second: str) -> LiveSortie:
        case = self._case_to_serve(number)
        self._record("yes", {"call": number, "drone": drone, "by": by, "second": second})
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
        self._record("yes", {"call": number, "drone": drone, "by": by, "second": second, "leaves": leaves})
        self.engine.send_on(case, offer.sortie, offer.leg)
        self.pilots[drone] = by

    def plan_retask(self, number: int, drone: str, *, path: Sequence[Position] = ()) -> Retask:
        """What a drone in the air would be sent on with, along a path or straight.

        Raises InputError or InfeasibleError where it cannot go.
        """
        return self.clock.ask(lambda: self._plan_retask(number, drone, path))

    def _plan_retask(self, number: int, drone: str, path: Sequence[Position]) -> Retask:
        plan = self.onward.plan_retask(self._case_to_serve(number), drone, path=path)
        return replace(plan, leaves_id=self.calls.book.find(plan.leaves).report.id)

    def _routes_out(self, besides: str) -> list[RouteKey]:
        """The routes that our other drones fly now (from any thread)."""
        return [route for drone, route in tuple(self.engine.field.out.items()) if drone != besides]

    def _case_to_serve(self, number: int) -> Case:
        """What waits of a call. Raises InputError where nothing does, or no drone is sent any more."""
        case = self.calls.waiting_case(number)
        if case is None:
            raise InputError(f"call {number} does not wait for a drone", do="look at the call again")
        if self._stopping:
            raise InputError("the shift is being ended: no drone is sent", do="begin it again")
        return case

    def turn_back(self, drone: str, why: str, *, by: str) -> None:
        """Recall a drone, or let it land where it is. Raises InputError where it does not fly for us."""
        self.clock.ask(lambda: self._turn_back(drone, why, by))

    def _turn_back(self, drone: str, why: str, by: str) -> None:
        sortie = self._find_ours(drone)
        if not sortie.may_turn_back(why):
            raise InputError(
                f"{drone} cannot be turned back now: {_phase_words(sortie.phase)}",
                do="it comes home by itself, or is down",
            )
        self._note_order(sortie, why, by)
        sortie.turn_back(why)

    def hold(self, drone: str, *, by: str) -> None:
        """Stop a drone where it is. Raises InputError where it does not fly for us, or hovers already."""
        self.clock.ask(lambda: self._hold(drone, by))

    def _hold(self, drone: str, by: str) -> None:
        sortie = self._find_ours(drone)
        if not sortie.may_hold:
            raise InputError(
                f"{drone} cannot be stopped now: {_phase_words(sortie.phase)}", do=_WHY_NOT_HELD[sortie.phase]
            )
        self._note_order(sortie, HELD, by)
        sortie.hold()

    def go_on(self, drone: str, *, by: str) -> None:
        """Let a drone that a person stopped fly on. Raises InputError where none did."""
        self.clock.ask(lambda: self._go_on(drone, by))

    def _go_on(self, drone: str, by: str) -> None:
        sortie = self._find_ours(drone)
        if not sortie.may_go_on:
            raise InputError(f"{drone} is not held", do="it flies by itself")
        self._note_order(sortie, GO_ON, by)
        sortie.go_on_from_hold()

    def _note_order(self, sortie: LiveSortie, order: str, by: str) -> None:
        """Write an order down before it is carried out: after a kill the next process carries it out."""
        drone = sortie.drone.id
        self.note("order", {"drone": drone, "order": order, "by": by, "flight": sortie.number})

    def _find_ours(self, drone: str) -> LiveSortie:
        """The dispatch of a drone that flies for us. Raises InputError where it does not."""
        sortie = self.engine.sortie_of(drone)
        if sortie is None:
            raise InputError(f"{drone} is not out", do="choose a drone that is")
        if sortie.flight.failure is not None:
            raise InputError(
                f"{drone} is not ours to fly: {sortie.flight.failure}",
                do="use its transmitter, or `dfr vehicle recall`",
            )
        return sortie

    def _flight_failed(self, flight: LiveFlight) -> None:
        """A flight is no longer ours: its sortie turns back as far as the dispatcher is concerned."""

        def turn_back() -> None:
            sortie = self.engine.sortie_of(flight.order.drone)
            if sortie is not None and sortie.number == flight.order.flight:
                sortie.turn_back(HANDS_OFF)

        self.clock.post(turn_back)

    # -- the log --

    def note(
        self, kind: str, content: Mapping[str, object], personal: Mapping[str, object] | None = None
    ) -> None:
        """Add a record (from any thread); what is `personal` can be erased later.

        One that cannot be written is warned of (`unwritten` says why): drones in the air need the shift.
        """
        try:
            self._record(kind, content, personal)
        except InputError as error:
            self.unwritten = str(error)
        else:
            self.unwritten = ""

    def _record(
        self, kind: str, content: Mapping[str, object], personal: Mapping[str, object] | None = None
    ) -> None:
        """Add a record without which nothing is begun. Raises InputError where it cannot be written."""
        self._log.append(kind, {"t_s": self.clock.present_s, **content}, personal)

    def _note_alert(self, what: str, alert: Alert) -> None:
        self.note(
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
        self.note("vehicle", {"drone": drone, "severity": text.severity, "text": text.text})

    def describe_air(self) -> str:
        """Which drones are in the air, in words; '' where none is."""
        away = [flight.order.drone for flight in self.flights.in_the_air]
        return f"{counted_noun(len(away), 'drone')} in the air: {', '.join(away)}" if away else ""
