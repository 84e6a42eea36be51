"""Giving way to other traffic: straight down, wait until the air is clear, up again, and on.

`GiveWay.watch_traffic` is called once for each state of the vehicle in the air. While a pilot or a failsafe
has the drone, traffic that comes too near is only reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkError
from dfr.geo import Position
from dfr.link.control_authority import ControlAuthority
from dfr.link.limits import Action, Breach, TrafficLimit
from dfr.link.traffic import Proximity, TrafficPicture
from dfr.link.vehicle import VehicleState

HEIGHT_REACHED_M = 1.5


@dataclass
class LowHold:
    """A drone that holds low: where, how high it was, and the mode it goes on in."""

    place: Position
    aloft_m: float
    low_m: float
    mode: CopterMode
    since_s: float
    clear_since_s: float | None = None
    rising: bool = False
    given_way_to: dict[int, str] = field(default_factory=dict)
    """Names by address."""

    def is_clear(self, limit: TrafficLimit, picture: TrafficPicture, state: VehicleState) -> bool:
        """Whether the air up where it was has been clear for long enough.

        An aircraft that is no longer heard may be low and near: it is not known to be away.
        """
        t_s, spare_m = state.t_s or 0.0, self.aloft_m - self.low_m
        near = limit.find_intruders(picture.measure_proximity(state), spare_height_m=spare_m)
        self.given_way_to.update((each.icao, each.name) for each in near)
        if near or self.silent(picture):
            self.clear_since_s = None
            return False
        self.clear_since_s = t_s if self.clear_since_s is None else self.clear_since_s
        return t_s - self.clear_since_s >= limit.clear_s

    def silent(self, picture: TrafficPicture) -> list[str]:
        """Those it gives way to that are not heard now, in the air or on the ground."""
        return [name for icao, name in self.given_way_to.items() if not picture.hears(icao)]

    def is_aloft(self, state: VehicleState) -> bool:
        """Whether it is up again."""
        return (state.height_m_home or 0.0) >= self.aloft_m - HEIGHT_REACHED_M


@dataclass
class GiveWay:
    """Gives way to traffic in one flight; `low` is where the drone holds low while it does.

    `tell` gets what happens, `warn` what comes too near while a pilot has control, by a key that is reported
    once; `obey` carries out another action than holding low; `delay` gets the seconds that a hold took.
    """

    control: ControlAuthority
    picture: TrafficPicture
    limit: TrafficLimit | None
    tell: Callable[[str], None]
    warn: Callable[[str, str], None]
    obey: Callable[[Breach], None]
    delay: Callable[[float], None]
    low: LowHold | None = None

    def watch_traffic(self, state: VehicleState) -> None:
        """One look at the traffic. Raises LinkError where a command does not get through."""
        contacts, limit = self.picture.measure_proximity(state), self.limit
        if limit is None:
            return
        if self.control.hands_off:
            if (near := limit.find_intruder(contacts)) is not None:
                self.warn(
                    near.name,
                    f"traffic: {_nearness_text(near)}: a pilot has control, so this is only reported",
                )
            return
        if state.mode != self.control.expected:
            return
        if self.low is not None:
            self._continue_hold(self.low, limit, state)
            return
        near = limit.find_intruder(contacts)
        if near is None or self.control.expected == CopterMode.LAND:
            return
        words = _nearness_text(near)
        if limit.action is not Action.HOLD_LOW:
            self.obey(Breach(limit="traffic", words=words, action=limit.action))
        elif (state.height_m_home or 0.0) > limit.hold_low_m + HEIGHT_REACHED_M:
            self._hold_low(limit, state, near)

    def _hold_low(self, limit: TrafficLimit, state: VehicleState, near: Proximity) -> None:
        if state.position is None or state.height_m_home is None:
            return
        self.tell(f"traffic: {_nearness_text(near)}: down to {limit.hold_low_m:g} m")
        self.low = LowHold(
            place=state.position,
            aloft_m=state.height_m_home,
            low_m=limit.hold_low_m,
            mode=self.control.expected,
            since_s=state.t_s or 0.0,
            given_way_to={near.icao: near.name},
        )
        try:
            self.control.go_to(state.position, limit.hold_low_m)
        except LinkError:
            self.low = None
            raise

    def _continue_hold(self, low: LowHold, limit: TrafficLimit, state: VehicleState) -> None:
        """One look at a drone that holds low: up when it is clear, down again when it is not, on when up."""
        t_s = state.t_s or 0.0
        clear = low.is_clear(limit, self.picture, state)
        for name in low.silent(self.picture):
            self.warn(
                f"{name} silent",
                f"traffic: {name} is no longer heard: whether it is near is not known. The drone stays low"
                " until it is heard farther away or on the ground, or a pilot takes control",
            )
        if low.rising and low.clear_since_s is None:
            self.tell("traffic: down again")
            self.control.go_to(low.place, low.low_m)
            low.rising = False
        elif clear and not low.rising:
            self.tell("traffic: clear, up again")
            self.control.go_to(low.place, low.aloft_m)
            low.rising = True
        elif low.rising and low.is_aloft(state):
            self.low = None
            self.delay(t_s - low.since_s)
            self.control.change_mode(low.mode)
            self.tell(f"traffic: on in {low.mode.name} after {t_s - low.since_s:.0f} s")


def _nearness_text(near: Proximity) -> str:
    return f"{near.name} is {near.horizontal_m:.0f} m away, {near.vertical_m:.0f} m in height"
