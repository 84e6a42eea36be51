"""Giving way to other traffic: straight down, wait until the air is clear, up again, and on."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.geo import Position
from dfr.link.limits import TrafficLimit
from dfr.link.traffic import Proximity
from dfr.link.vehicle import CopterMode, VehicleState

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

    def is_clear(self, limit: TrafficLimit, contacts: tuple[Proximity, ...], t_s: float) -> bool:
        """Whether the air up where it was has been clear for long enough."""
        near = limit.near(contacts, spare_height_m=self.aloft_m - self.low_m)
        if near is not None:
            self.clear_since_s = None
            return False
        self.clear_since_s = t_s if self.clear_since_s is None else self.clear_since_s
        return t_s - self.clear_since_s >= limit.clear_s

    def is_aloft(self, state: VehicleState) -> bool:
        """Whether it is up again."""
        return (state.height_m_home or 0.0) >= self.aloft_m - HEIGHT_REACHED_M
