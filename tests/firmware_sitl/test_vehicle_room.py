"""How much a vehicle keeps: as ArduCopter with 16 KiB of storage, and refused with the same words."""

from __future__ import annotations

import pytest
from pymavlink import mavutil

from dfr.ardupilot.items import WireItem
from dfr.errors import TransferError
from dfr.geo import Position, offset

MISSION, FENCE, RALLY = 0, 1, 2
WAYPOINT, RALLY_POINT, CORNER = 16, 5100, 5001


def placed(home: Position, command: int, count: int, frame: int, first: float) -> list[WireItem]:
    places = [offset(home, bearing_deg=360.0 * n / count, distance_m=200.0) for n in range(count)]
    return [
        WireItem(
            command=command,
            frame=frame,
            params=(first, 0.0, 0.0, 0.0),
            x=round(p.lat_deg * 1e7),
            y=round(p.lon_deg * 1e7),
            z=20.0,
        )
        for p in places
    ]


@pytest.mark.parametrize(
    ("kind", "command", "frame", "most"),
    [(MISSION, WAYPOINT, 3, 650), (FENCE, CORNER, 3, 70), (RALLY, RALLY_POINT, 3, 46)],
)
def test_one_too_many_is_refused_at_once_with_the_number(connect, home, kind, command, frame, most):
    with connect(speedup=5.0) as client:
        with pytest.raises(TransferError, match="MAV_MISSION_NO_SPACE"):
            client.upload(placed(home, command, most + 1, frame, 0.0), kind=kind)
        client.wait_text(f"Only {most} items are supported")


def test_as_many_as_there_is_room_for_are_kept(connect, home):
    with connect(speedup=5.0) as client:
        client.upload(placed(home, RALLY_POINT, 46, 3, 0.0), kind=RALLY)
        assert len(client.download(kind=RALLY)) == 46


def test_a_fences_areas_take_room_besides_their_corners(connect, home):
    """4 bytes, 2 a polygon and 8 a corner: 69 corners are 558 bytes of 560, and 70 are too many."""
    with connect(speedup=5.0) as client:
        client.upload(placed(home, CORNER, 69, 3, 69.0), kind=FENCE)
        with pytest.raises(TransferError, match="MAV_MISSION_ERROR"):
            client.upload(placed(home, CORNER, 70, 3, 70.0), kind=FENCE)
        client.wait_text("Fence exceeds storage size")
        assert len(client.download(kind=FENCE)) == 69


def test_a_list_goes_where_it_belongs_though_pymavlink_was_loaded_for_mavlink_1(connect, home, monkeypatch):
    """MAVLink 1 cannot say which list it is: rally points would be taken for a mission."""
    monkeypatch.delenv("MAVLINK20", raising=False)
    mavutil.set_dialect("ardupilotmega")
    with connect(speedup=5.0) as client:
        client.upload(placed(home, RALLY_POINT, 3, 3, 0.0), kind=RALLY)
        assert len(client.download(kind=RALLY)) == 3
