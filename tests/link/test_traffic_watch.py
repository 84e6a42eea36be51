"""Traffic near any drone of a shift is told once when it comes, and once when it is gone for good."""

from __future__ import annotations

import pytest

from dfr.geo import Position, VerticalDatum, offset
from dfr.io.traffic.heard import HeardAircraft
from dfr.link.limits import TrafficLimit
from dfr.link.traffic import TrafficPicture
from dfr.link.traffic_watch import TrafficWatch
from dfr.link.vehicle import VehicleState

HERE = Position(lat_deg=50.782, lon_deg=-1.089)
FAR = offset(HERE, bearing_deg=90.0, distance_m=5000.0)
ALOFT = VehicleState(t_s=77.0, position=HERE, height_m_home=80.0, height_m_amsl=85.0)
GROUNDED = VehicleState(t_s=9999.0, position=HERE, height_m_home=0.0, height_m_amsl=5.0)


class Shift:
    """A watch with its clock, and what it told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.told: list[str] = []
        self.picture = TrafficPicture(lambda: self.now_s)
        self.watch = TrafficWatch(
            self.picture,
            TrafficLimit(across_m=600.0, height_m=76.0, clear_s=10.0),
            clock_s=lambda: self.now_s,
            comes=lambda words: self.told.append(f"comes {words}"),
            is_gone=lambda: self.told.append("gone"),
        )

    def hear(self, position: Position, *, height_m: float = 100.0) -> None:
        """A receiver hears a helicopter, exact in height."""
        self.picture.note_aircraft(
            HeardAircraft(
                icao=0x400F01,
                name="HLE51",
                position=position,
                height_m=height_m,
                height_datum=VerticalDatum.AMSL,
                height_error_m=0.0,
                track_deg=None,
                speed_mps=None,
                climb_mps=None,
                accuracy_m=None,
                on_ground=False,
                source="gdl90",
            )
        )


@pytest.fixture
def shift() -> Shift:
    return Shift()


def test_it_is_told_once_when_it_comes_and_once_when_it_is_gone(shift: Shift) -> None:
    shift.hear(HERE)
    for _ in range(4):
        shift.now_s += 0.5
        shift.watch.look([GROUNDED, ALOFT])
    assert shift.told == ["comes HLE51: 0 m across, at least 15 m in height"]
    shift.hear(FAR)
    shift.now_s += 9.0
    shift.watch.look([ALOFT])
    assert shift.watch.is_near
    shift.now_s += 1.0
    shift.watch.look([ALOFT])
    assert shift.told[1:] == ["gone"]
    assert not shift.watch.is_near


def test_drones_on_the_ground_and_traffic_high_above_are_left_alone(shift: Shift) -> None:
    shift.hear(HERE)
    shift.watch.look([GROUNDED])
    shift.hear(HERE, height_m=300.0)
    shift.watch.look([ALOFT])
    assert shift.told == []


def test_a_contact_that_falls_silent_is_gone_with_its_time(shift: Shift) -> None:
    shift.hear(HERE)
    shift.watch.look([ALOFT])
    for _ in range(60):
        shift.now_s += 0.5
        shift.watch.look([ALOFT])
    assert shift.told[1:] == ["gone"]
