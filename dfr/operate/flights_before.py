"""Flights that a process before this one began (`FlightsBefore`): taken on in the air, or found down."""

from __future__ import annotations

from collections.abc import Iterable

from dfr.ardupilot.modes import CopterMode
from dfr.link.pacing import now_s
from dfr.logs.airborne import IN_THE_AIR
from dfr.operate.calls import LiveCalls, Note
from dfr.operate.fleet import LiveFleet
from dfr.operate.flight import Adoption, LiveFlights, Stage
from dfr.operate.sortie import HELD, LAND_HERE, RECALLED
from dfr.operate.story import OURS, FlightStory

CHARGE_WITHIN_S = 5.0
"""A vehicle that tells how full its battery is has done so within this of its first words (assumed)."""


class FlightsBefore:
    """The drones that were in the air by the log, and of which nobody knows yet what became: `unsettled`."""

    def __init__(
        self,
        flights_out: Iterable[FlightStory],
        *,
        calls: LiveCalls,
        fleet: LiveFleet,
        flights: LiveFlights,
        note: Note,
    ) -> None:
        self._out = {flight.drone: flight for flight in flights_out}
        self._heard_s: dict[str, float] = {}
        self._calls, self._fleet, self._flights, self._note = calls, fleet, flights, note

    @property
    def unsettled(self) -> list[str]:
        """The drones of which nobody knows yet what became."""
        return list(self._out)

    def settle(self) -> None:
        """Find out what became of each, once its vehicle is heard (in the shift's thread)."""
        for drone in self.unsettled:
            self._settle(drone)

    def _settle(self, drone: str) -> None:
        berth, flight = self._fleet.berths.get(drone), self._out[drone]
        vehicle = None if berth is None else berth.vehicle
        if vehicle is None or not vehicle.heard or vehicle.state.armed is None:
            return
        state = vehicle.state
        if state.armed and state.landed not in IN_THE_AIR:
            return  # armed on the ground: it lifts off or disarms soon
        call, engine = self._calls.call_as_sent(flight), self._calls.engine
        if state.armed and not engine.has_route(call, drone):
            return  # nobody knows its way home: the board warns of it
        heard_s = self._heard_s.setdefault(drone, now_s())
        if state.armed and state.battery_remaining is None and now_s() - heard_s < CHARGE_WITHIN_S:
            return
        del self._out[drone]
        if not state.armed:
            self._found_down(flight)
            return
        stage = flight.stage_in(state)
        hovers = state.mode == CopterMode.GUIDED
        # Held on its way home, or left between two commands: it would hover until its battery calls it home.
        untold = state.mode == CopterMode.AUTO and not flight.overhead
        stranded = flight.returns and (hovers or untold)
        held = flight.ordered in {"", HELD} and (flight.ordered == HELD or (hovers and flight.held))
        stage = Stage.OUT if stranded or (hovers and flight.held) else stage
        call = call._replace(on_scene_s=0.0) if stage is Stage.BACK else call
        adrift = flight.adrift and state.mode in OURS
        self._flights.adoptions[drone] = Adoption(stage=stage, sent_from=flight.sent_from, adrift=adrift)
        with self._calls.looking_as_sent(flight):
            _, sortie = engine.take_on(call, drone, charge=state.battery_remaining)
        closed = stage is not Stage.BACK and not engine.may_fly(call, drone)
        if flight.ordered == LAND_HERE and state.mode != CopterMode.LAND:
            sortie.turn_back(LAND_HERE)
        elif adrift or stranded or closed or (flight.ordered == RECALLED and not flight.returns):
            sortie.turn_back(RECALLED)
        elif held:
            sortie.hold()

    def _found_down(self, flight: FlightStory) -> None:
        """It came down while nobody watched: its call is attended if it had been overhead, else it waits."""
        self._note(
            "flight",
            {"what": "found_down", "flight": flight.flight, "call": flight.call, "drone": flight.drone},
        )
        self._calls.found_down(flight.call, overhead=flight.overhead)
