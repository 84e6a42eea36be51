"""Other traffic that receivers hear near a drone in the air: announced, and cleared again (`AirWatch`).

Heard are every vehicle's own receiver (ADSB_VEHICLE), and receivers on the local network.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from dfr.link.limits import TrafficLimit
from dfr.link.traffic import Proximity, TrafficFeed, TrafficPicture
from dfr.operate.room import RECEIVER, LiveShift
from dfr.operate.sortie import LiveSortie
from dfr.sim.events import came
from dfr.sim.inputs import HOLD_LOW, LAND, RETURN


class AirWatch:
    """Looks at the traffic near every drone in the air, in the shift's thread, twice a second.

    What comes nearer than a flight of `dfr fly` lets it (`TrafficLimit`) is announced as the scenario's
    traffic whose rule disturbs least, and gone once no drone has had it near for as long as there. What a
    person announced, a person clears.
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
        self._pictures: dict[str, TrafficPicture] = {}
        self._near_s = shift.clock.now
        shift.on_look(self._look)

    def close(self) -> None:
        """Hear nothing more."""
        self._stack.close()

    def _look(self) -> None:
        near = [found for found in map(self._intruder, self._shift.engine.sorties()) if found is not None]
        now = self._shift.clock.now
        if near:
            self._near_s = now
            self._announce(near[0])
        elif self._is_ours and now - self._near_s >= self._limit.clear_s:
            self._shift.clear(self._traffic, by=RECEIVER)

    @property
    def _is_ours(self) -> bool:
        return self._shift.announced_by.get(self._traffic) == RECEIVER

    def _announce(self, near: Proximity) -> None:
        if self._traffic in self._shift.visiting:
            return
        words = f"{near.name}: {near.horizontal_m:.0f} m away, {near.vertical_m:.0f} m in height"
        self._shift.note("link", {"words": words})
        self._shift.announce(self._traffic, by=RECEIVER)

    def _intruder(self, sortie: LiveSortie) -> Proximity | None:
        """What is too near a drone in the air, counted from its cruise height where it holds lower."""
        if not came(sortie.airborne_s) or came(sortie.landed_s):
            return None
        drone = sortie.drone.id
        picture, vehicle = self._picture_of(drone), self._shift.fleet.berths[drone].vehicle
        if picture is None or vehicle is None:
            return None
        state = vehicle.state
        spare_m = max(
            0.0, self._shift.fleet.cruise_m(sortie.dock, sortie.zone) - (state.height_m_home or 0.0)
        )
        return self._limit.find_intruder(picture.measure_proximity(state), spare_height_m=spare_m)

    def _picture_of(self, drone: str) -> TrafficPicture | None:
        """What is heard around a drone; None before its vehicle was reached."""
        vehicle = self._shift.fleet.berths[drone].vehicle
        if drone not in self._pictures and vehicle is not None:
            picture = TrafficPicture(lambda: vehicle.state.t_s, qnh_hpa=self._qnh_hpa)
            self._pictures[drone] = self._stack.enter_context(picture.listening(vehicle.port, self._feeds))
        return self._pictures.get(drone)
