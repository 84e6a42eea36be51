"""The calls of a live shift (`LiveCalls`): told of, perhaps anew, waiting for a yes, and ended once.

Messages of agencies come in here; the dispatcher (`dfr.operate.dispatcher`) hears of what waits for a drone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.incidents.inbox import Arrival, IncidentInbox
from dfr.io.incidents.report import IncidentReport, IncidentStatus
from dfr.link.pacing import now_s
from dfr.operate.clock import LiveClock
from dfr.operate.dispatcher import CLOSED, LiveEngine
from dfr.operate.incidents import CallState, Incident, IncidentBook
from dfr.operate.sortie import LiveSortie
from dfr.operate.story import FlightStory, ShiftStory
from dfr.rehearsal.fleet import ShiftToFly
from dfr.sim.calls import Call
from dfr.sim.dispatch import Case
from dfr.sim.events import MISSED, Missed
from dfr.world.model import World


class Note(Protocol):
    """Adds a record to the log of the shift."""

    def __call__(
        self, kind: str, content: Mapping[str, object], personal: Mapping[str, object] | None = None
    ) -> None:
        """Add a record; what is `personal` can be erased later."""


class LiveCalls:
    """All calls of a shift. `look_at` is told where each is, so that cameras look there.

    A new call is taken once `record` has written it down, which raises InputError where it cannot.

    What people and systems ask for is done in the shift's own thread, which is also where everything else
    here is called.
    """

    def __init__(
        self,
        world: World,
        shift: ShiftToFly,
        clock: LiveClock,
        look_at: dict[int, Position],
        *,
        note: Note,
        record: Note,
    ) -> None:
        self.book = IncidentBook(world, shift.inputs)
        self._shift, self._clock, self._camera_at = shift, clock, look_at
        self._note, self._record = note, record
        self._engine: LiveEngine | None = None
        self._inbox = IncidentInbox()
        self._attended: set[int] = set()

    def serve(self, engine: LiveEngine) -> None:
        """The dispatcher that is to hear of the calls."""
        self._engine = engine

    @property
    def engine(self) -> LiveEngine:
        """The dispatcher that hears of the calls."""
        assert self._engine is not None
        return self._engine

    def take_up(self, story: ShiftStory) -> None:
        """Go on with the calls that the log tells of; one that a drone is out to waits for nobody."""
        self._attended |= story.attended
        self._inbox.restore(call.report for call in story.calls)
        for incident in story.calls:
            self.book.restore(incident)
            out = [flight for flight in story.flights_out if flight.call == incident.number]
            if incident.state is CallState.OPEN and not out:
                self._hear(incident)
            else:
                self._know(incident)

    def end_all(self) -> None:
        """End every call that is still open: the shift is over."""
        for incident in self.book.calls:
            if incident.state is not CallState.ENDED:
                self._end(incident, MISSED, Missed.HORIZON)

    def found_down(self, number: int, *, overhead: bool) -> None:
        """A drone that was out to it came down while nobody watched: attended if it had been overhead."""
        incident = self.book.find(number)
        if incident.state is CallState.ENDED or self.sorties_to(number):
            return
        if overhead:
            self._end(incident, "attended", "")
        elif self.waiting_case(number) is None:
            self._hear_as_told(incident)

    # -- messages --

    def receive(
        self, report: IncidentReport, *, by: str, stay_s: float = math.inf
    ) -> tuple[Incident | None, Arrival]:
        """The call of a message, None where it opens none, and what the message was. Raises FloodError.

        A message about a call that was closed, or could not be taken, when it was first told of opens it.
        `stay_s` is for how long a drone is wanted; it stays until somebody recalls it where nobody says.
        """
        return self._clock.ask(lambda: self._receive(report, by, stay_s))

    def _receive(self, report: IncidentReport, by: str, stay_s: float) -> tuple[Incident | None, Arrival]:
        received = self._inbox.receive(report, now_s=now_s(), sender=by)
        known = self.book.find_key(received.key)
        opens = report.status is IncidentStatus.OPEN and received.arrival is not Arrival.OLDER
        if known is None and opens:
            incident = self.book.add(
                received.report, self._clock.now, key=received.key, stay_s=stay_s, sender=by
            )
            self._record_new(incident, by)
            self._hear(incident)
            return incident, Arrival.NEW
        if received.arrival is Arrival.UPDATED and known is not None and known.state is CallState.OPEN:
            known = self._update(known, received.report, by)
        return known, received.arrival

    def _update(self, known: Incident, report: IncidentReport, by: str) -> Incident:
        """A call that is told anew; one in another place waits there, once no drone is out to it."""
        case, out = self.waiting_case(known.number), self.sorties_to(known.number)
        changed = self.book.update(known, report)
        self._note_update(changed, by)
        if changed.zone == known.zone:
            self._point_camera(changed)
            return changed
        if case is not None:
            self.hear_moved(case)
        elif not out:
            self._hear_as_told(changed)
        return changed

    def is_wanted(self, case: Case) -> bool:
        """Whether a call still wants a drone; where it was before it moved, nobody is relieved."""
        incident = self.book.find(case.call.id)
        return incident.state is not CallState.ENDED and not (case.relief and self.has_moved(case))

    def has_moved(self, case: Case) -> bool:
        """Whether a call is by now in another zone than the one that a drone was wanted in."""
        return self.book.find(case.call.id).zone != case.call.zone

    def hear_moved(self, case: Case) -> None:
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
        call = self._shift.calls[incident.number] = self.book.sim_call(incident)
        self._point_camera(incident)
        if incident.zone is not None:
            self.engine.hear_call(call)

    def _know(self, incident: Incident) -> None:
        """The call by its number, as the fleet asks for it."""
        calls = self._shift.calls
        assert len(calls) == incident.number
        calls.append(self.book.sim_call(incident))
        self._point_camera(incident)

    def _point_camera(self, incident: Incident) -> None:
        if incident.report.place.position is not None:
            self._camera_at[incident.number] = incident.report.place.position

    def sim_call(self, number: int) -> Call:
        """The call of a number as the dispatcher hears of it."""
        return self._shift.calls[number]

    def call_as_sent(self, flight: FlightStory) -> Call:
        """The call that a flight was sent to, as it was told of then: it may have moved since."""
        return self.sim_call(flight.call) if flight.sent_to is None else self.book.sim_call(flight.sent_to)

    @contextmanager
    def looking_as_sent(self, flight: FlightStory) -> Iterator[None]:
        """The camera looks meanwhile where the call was when a flight was sent to it, as its mission does."""
        if flight.sent_to is not None:
            self._point_camera(flight.sent_to)
        try:
            yield
        finally:
            self._point_camera(self.book.find(flight.call))

    # -- what a call waits for, and its end --

    def waiting_case(self, number: int) -> Case | None:
        """What waits of a call: the call itself, or a relief for it; None where nothing does."""
        return next((case for case in self.engine.waiting if case.call.id == number), None)

    def close(self, number: int, *, by: str) -> None:
        """End a call that needs no drone any more. Raises InputError while a drone is out to it."""
        self._clock.ask(lambda: self._close(number, by))

    def _close(self, number: int, by: str) -> None:
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
            self._end(incident, MISSED, Missed.UNREACHABLE)

    def sorties_to(self, number: int) -> list[LiveSortie]:
        """The dispatches to a call that are not done with it."""
        return [
            sortie
            for sortie in self.engine.sorties()
            if sortie.case.call.id == number and not sortie.case.outcome
        ]

    def case_ended(self, case: Case) -> None:
        """A drone is done with its call, or the call is closed: it ends with the last of those."""
        number = case.call.id
        if case.outcome != MISSED:
            self._attended.add(number)
        incident = self.book.find(number)
        more = self.sorties_to(number) or self.waiting_case(number) is not None
        if incident.state is CallState.ENDED or more:
            return
        outcome = "attended" if number in self._attended else case.outcome
        self._end(incident, outcome, "" if number in self._attended else case.reason)

    def _end(self, incident: Incident, outcome: str, reason: str) -> None:
        self.book.end(incident.number, reason or outcome)
        self._note("call.ended", {"call": incident.number, "outcome": outcome, "reason": reason})

    def _record_new(self, incident: Incident, by: str) -> None:
        """Write a new call down; without that it is none, since after a restart nobody would know it."""
        try:
            self._record("call.reported", _content(incident, by), incident.report.personal())
        except InputError:
            self.book.take_back(incident)
            raise

    def _note_update(self, incident: Incident, by: str) -> None:
        self._note("call.updated", _content(incident, by), incident.report.personal())


def _content(incident: Incident, by: str) -> dict[str, object]:
    """A call in the log, without what speaks of persons."""
    return {
        "call": incident.number,
        "heard_s": incident.heard_s,
        "stay_s": None if math.isinf(incident.stay_s) else incident.stay_s,
        "zone": incident.zone,
        "grade": incident.grade,
        "graded": incident.graded,
        "by": by,
        "report": incident.report.content(),
    }
