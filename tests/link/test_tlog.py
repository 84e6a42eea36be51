"""A tlog is read back as the flight it recorded, whatever else stands in it."""

import struct

import numpy as np
import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError
from dfr.link.tlog import flight_states, recorded


def tlog(messages, *, stamp=0x0006_0000_0000_FDFE):
    """Records of (system, component, message); the time stamp holds both frame markers on purpose."""
    link = {}
    data = b""
    for number, (system, component, message) in enumerate(messages):
        mav = link.setdefault((system, component), dialect.MAVLink(None, system, component))
        data += struct.pack(">Q", stamp + number) + message.pack(mav)
        mav.seq = (mav.seq + 1) % 256
    return data


def heartbeat(mode=3, kind=dialect.MAV_TYPE_QUADROTOR, pilot=dialect.MAV_AUTOPILOT_ARDUPILOTMEGA):
    return dialect.MAVLink_heartbeat_message(kind, pilot, 0x80, mode, 4, 3)


def position(t_s, north_m, height_m):
    lat = int((50.78 + north_m / 111_230.0) * 1e7)
    return dialect.MAVLink_global_position_int_message(
        int(1000 * t_s), lat, -10_890_000, int(1000 * (height_m + 4)), int(1000 * height_m), 0, 0, 0, 0
    )


def flight(seconds=100):
    messages = [(1, 1, heartbeat())]
    for t in range(seconds):
        messages.append((1, 1, position(t, north_m=3.0 * t, height_m=min(60.0, 2.5 * t))))
        messages.append((255, 190, heartbeat(kind=dialect.MAV_TYPE_GCS, pilot=dialect.MAV_AUTOPILOT_INVALID)))
        messages.append((2, 1, position(t, north_m=-500.0, height_m=1.0)))
    return messages


def test_a_flight_is_read_back_sample_by_sample():
    track = recorded(tlog(flight()), name="x").track("x")
    assert len(track.t_s) == 100
    assert track.height_m.max() == pytest.approx(60.0)
    assert track.north_m[-1] == pytest.approx(297.0, rel=2e-3)
    assert np.abs(track.east_m).max() < 0.01


def test_the_vehicle_with_heartbeats_is_told_from_others_on_the_line():
    states = list(flight_states(tlog(flight())))
    assert max(state.height_m_home or 0.0 for state in states) == pytest.approx(60.0)
    assert all((state.position is None) or state.position.lat_deg >= 50.78 for state in states)


def test_damage_in_the_middle_costs_a_record_or_two():
    data = bytearray(tlog(flight()))
    for place in range(1000, len(data) - 100, 1500):
        data[place] ^= 0xFF
    assert len(recorded(bytes(data), name="x").track("x").t_s) > 80


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\0" * 8 + b"\xfd" + b"\0" * 50])
def test_what_is_no_tlog_is_refused_with_a_reason(data):
    with pytest.raises(InputError):
        recorded(data, name="x")


def test_a_log_without_a_position_says_so():
    with pytest.raises(InputError, match="no position"):
        recorded(tlog([(1, 1, heartbeat()), (1, 1, heartbeat(mode=4))]), name="x")


def test_a_log_of_a_ground_station_alone_is_refused():
    gcs = heartbeat(kind=dialect.MAV_TYPE_GCS, pilot=dialect.MAV_AUTOPILOT_INVALID)
    with pytest.raises(InputError, match="no autopilot"):
        recorded(tlog([(255, 190, gcs)] * 3), name="x")
