"""Other traffic that receivers hear near our drones: announced, cleared, not launched into (`AirWatch`).

Heard are every vehicle's own receiver (ADSB_VEHICLE), and receivers on the local network. An aircraft that is
no longer heard may be low and near: it is gone only once it was heard farther away, or on the ground.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from dfr.link.limits import TrafficLimit
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.traffic import Proximity, TrafficFeed, TrafficPicture
from dfr.operate.other_traffic import RECEIVER
from dfr.operate.room import LiveShift
from dfr.operate.sortie import RECALLED, LiveSortie
from dfr.sim.events import PREPARE, came
from dfr.sim.inputs import HOLD_LOW, LAND, RETURN


@dataclass(slots=True, kw_only=True)
class _Intruder:
    """An aircraft that is given way to: when it was near last, and whether it was said to be silent since."""

    name: str
    near_s: float
    told_silent: bool = False


class AirWatch:
    """Looks at the traffic near every drone, in the shift's thread, twice a second.

    What comes nearer to one in the air than a flight of `dfr fly` lets it (`TrafficLimit`) is announced as
    the scenario's traffic whose rule disturbs least, and gone once each such aircraft was away from every
    drone for as long as there. What a person announced, or a process before this one, a person clears. A
    drone in its dock that has traffic as near is not launched.
    """

    def __init__(
        self, shift: LiveShift, feeds: Sequence[TrafficFeed] = (), *, qnh_hpa: float | None = None
    ) -> None:
        self._shift, self._limit = shift, TrafficLimit()
        self._feeds, self._qnh_hpa = feeds, qnh_hpa
        users = shift.setup.shift.inputs.traffic
        order = (HOLD_LOW, RETURN, LAND)
        self._traffic = min(users, key=lambda user: order.index(user.rule)).id
        self._stack = ExitStack()
        self._vehicles: dict[str, MavlinkVehicle] = {}
        self._pictures: dict[str, TrafficPicture] = {}
        self._intruders: dict[int, _Intruder] = {}
        self._grounds: dict[str, str] = {}
        shift.on_look(self._look)
        shift.veto_launches(lambda drone: self._grounds.get(drone, ""))

    def close(self) -> None:
        """Hear nothing more."""
        self._stack.close()

    def _look(self) -> None:
        self._listen()
        up = {sortie.drone.id: sortie for sortie in self._shift.engine.sorties() if _is_up(sortie)}
        near_flights = [found for sortie in up.values() for found in self._near_flight(sortie)]
        near_docks = {drone: self._near_dock(drone) for drone in self._vehicles if drone not in up}
        self._grounds = {
            drone: f"traffic near: {_words(near[0])}" for drone, near in near_docks.items() if near
        }
        self._call_off_launches()
        if near_flights:
            self._announce(min(near_flights, key=lambda near: near.distance_m))
        self._follow(near_flights, [near for found in near_docks.values() for near in found])

    def _listen(self) -> None:
        """Let each vehicle that was reached hear, and every picture hear what each receiver does."""
        for drone, berth in self._shift.fleet.berths.items():
            vehicle = berth.vehicle
            if vehicle is None or drone in self._vehicles:
                continue
            picture = TrafficPicture(_clock_of(vehicle), qnh_hpa=self._qnh_hpa)
            self._stack.enter_context(picture.listening(vehicle.port, self._feeds))
            for other, peer in self._vehicles.items():
                self._stack.enter_context(picture.listening(peer.port))
                self._stack.enter_context(self._pictures[other].listening(vehicle.port))
            self._vehicles[drone], self._pictures[drone] = vehicle, picture

    # -- what is near --

    def _near_flight(self, sortie: LiveSortie) -> list[Proximity]:
        """What is too near a drone in the air, counted from its cruise height where it holds lower."""
        return self._near(sortie.drone.id, self._shift.fleet.cruise_m(sortie.dock, sortie.zone))

    def _near_dock(self, drone: str) -> list[Proximity]:
        """What is too near a drone that would climb to the greatest height that it is ever sent at."""
        return self._near(drone, self._shift.fleet.highest_m(drone))

    def _near(self, drone: str, cruise_m: float) -> list[Proximity]:
        vehicle = self._vehicles.get(drone)
        if vehicle is None:
            return []
        state, ours = vehicle.state, self._shift.fleet.icao_addresses
        spare_m = max(0.0, cruise_m - (state.height_m_home or 0.0))
        heard = self._pictures[drone].measure_proximity(state)
        others = [near for near in heard if near.icao not in ours]
        return self._limit.find_intruders(others, spare_height_m=spare_m)

    # -- what is done about it --

    def _call_off_launches(self) -> None:
        """Send no drone up that is being made ready."""
        for sortie in self._shift.engine.sorties():
            words = self._grounds.get(sortie.drone.id)
            if words and sortie.phase == PREPARE and not sortie.flight.aloft and sortie.turn_back(RECALLED):
                self._shift.note("link", {"words": f"{sortie.drone.id} is not launched: {words}"})

    def _announce(self, near: Proximity) -> None:
        if self._traffic in self._shift.traffic.visiting:
            return
        self._tell(_words(near))
        self._shift.traffic.announce(self._traffic, by=RECEIVER)

    def _follow(self, near_flights: Iterable[Proximity], near_docks: Iterable[Proximity]) -> None:
        """Follow each aircraft that was given way to until it is away, and clear once all are."""
        if self._traffic not in self._shift.traffic.visiting:
            self._intruders.clear()
            return
        now = self._shift.clock.now
        for near in near_flights:
            self._intruders[near.icao] = _Intruder(name=near.name, near_s=now)
        for near in near_docks:
            if near.icao in self._intruders:
                self._intruders[near.icao] = _Intruder(name=near.name, near_s=now)
        followed = bool(self._intruders)
        for icao, intruder in tuple(self._intruders.items()):
            if not self._is_heard(icao):
                self._tell_silent(intruder)
            elif now - intruder.near_s >= self._limit.clear_s:
                del self._intruders[icao]
        if followed and not self._intruders and self._is_ours:
            self._shift.traffic.clear(self._traffic, by=RECEIVER)

    @property
    def _is_ours(self) -> bool:
        return self._shift.traffic.announced_by.get(self._traffic) == RECEIVER

    def _is_heard(self, icao: int) -> bool:
        """Whether it is heard now, and we know where each of our drones is that it may be near."""
        seen = [drone for drone, vehicle in self._vehicles.items() if vehicle.heard]
        up = [sortie.drone.id for sortie in self._shift.engine.sorties() if _is_up(sortie)]
        return set(up) <= set(seen) and any(self._pictures[drone].hears(icao) for drone in seen)

    def _tell_silent(self, intruder: _Intruder) -> None:
        """Say once that it, or a drone that it was near, fell silent."""
        if not intruder.told_silent:
            intruder.told_silent = True
            words = f"{intruder.name}, or a drone, is no longer heard: whether it is near is not known"
            self._tell(f"{words}; it is given way to until a person clears it")

    def _tell(self, words: str) -> None:
        """Say what is known of the traffic that is given way to, in the log and on the board."""
        self._shift.note("link", {"words": words})
        self._shift.traffic.words[self._traffic] = words


def _clock_of(vehicle: MavlinkVehicle) -> Callable[[], float | None]:
    """A vehicle's own clock."""
    return lambda: vehicle.state.t_s


def _is_up(sortie: LiveSortie) -> bool:
    return came(sortie.airborne_s) and not came(sortie.landed_s)


def _words(near: Proximity) -> str:
    return f"{near.name}: {near.horizontal_m:.0f} m away, {near.vertical_m:.0f} m in height"
