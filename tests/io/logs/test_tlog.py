"""A tlog is read back as the flight it recorded, whatever else stands in it."""

import struct

import numpy as np
import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError
from dfr.io.logs.files import parse_log
from dfr.logs.flights import find_flights, track_of_log
from dfr.logs.model import Quantity


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
    _, track = track_of_log(parse_log(tlog(flight()), name="x"), ())
    assert len(track.t_s) == 100
    assert track.height_m.max() == pytest.approx(60.0)
    assert track.north_m[-1] == pytest.approx(297.0, rel=2e-3)
    assert np.abs(track.east_m).max() < 0.01


def test_the_vehicle_with_heartbeats_is_told_from_others_on_the_line():
    series = parse_log(tlog(flight()), name="x").series
    assert series[Quantity.HEIGHT_M_HOME].values.max() == pytest.approx(60.0)
    assert np.all(series[Quantity.LAT_DEG].values >= 50.78)


def test_damage_in_the_middle_costs_a_record_or_two():
    data = bytearray(tlog(flight()))
    for place in range(1000, len(data) - 100, 1500):
        data[place] ^= 0xFF
    assert len(parse_log(bytes(data), name="x").series[Quantity.LAT_DEG].t_s) > 80


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\0" * 8 + b"\xfd" + b"\0" * 50])
def test_what_is_no_tlog_is_refused_with_a_reason(data):
    with pytest.raises(InputError):
        parse_log(data, name="x")


def test_a_log_without_a_position_says_so():
    log = parse_log(tlog([(1, 1, heartbeat()), (1, 1, heartbeat(mode=4))]), name="x")
    with pytest.raises(InputError, match="no position"):
        track_of_log(log, find_flights(log))


def test_a_log_of_a_ground_station_alone_is_refused():
    gcs = heartbeat(kind=dialect.MAV_TYPE_GCS, pilot=dialect.MAV_AUTOPILOT_INVALID)
    with pytest.raises(InputError, match="no autopilot"):
        parse_log(tlog([(255, 190, gcs)] * 3), name="x")


def test_a_height_above_terrain_counts_once_the_terrain_is_loaded():
    def report(height_m, loaded):
        return dialect.MAVLink_terrain_report_message(0, 0, 100, 50.0, height_m, 0, loaded)

    data = tlog([*flight(10), (1, 1, report(-90.0, 0)), (1, 1, report(21.0, 336))])
    assert parse_log(data, name="x").series[Quantity.HEIGHT_M_TERRAIN].values.tolist() == [21.0]


def twice(*, rebooted):
    """Two hops of 50 s, carried back by hand between them; the boot clock goes on, or starts anew."""
    messages, stamp_s = [], 1_700_000_000.0

    def hear(message):
        messages.append((stamp_s, message))

    for hop in (0, 1):
        boot_s = 0.0 if rebooted and hop else 90.0 * hop
        for second in range(90):
            stamp_s = 1_700_000_000.0 + 90.0 * hop + second
            flies = 10 <= second < 60
            height = min(20.0, 2.5 * (second - 10), 60.0 - second) if flies else 0.0
            armed = 0x80 if 5 <= second < 65 else 0
            beat = heartbeat()
            beat.base_mode = armed
            hear(beat)
            hear(position(boot_s + second, north_m=3.0 * second if flies else 0.0, height_m=height + hop))
    return b"".join(
        struct.pack(">Q", int(stamp * 1e6)) + message.pack(dialect.MAVLink(None, 1, 1))
        for stamp, message in messages
    )


@pytest.mark.parametrize("rebooted", [False, True])
def test_every_flight_of_a_log_is_kept_also_through_a_reboot(rebooted):
    log = parse_log(twice(rebooted=rebooted), name="x")
    flights = find_flights(log)
    assert len(log.series[Quantity.LAT_DEG].t_s) == 180
    assert [flight.start_s for flight in flights] == pytest.approx([11.0, 101.0], abs=1.5)
    assert [flight.end_s for flight in flights] == pytest.approx([65.0, 155.0], abs=1.5)


def test_the_ground_of_each_flight_is_what_its_height_reads_there():
    hops = [flight.hop for flight in find_flights(parse_log(twice(rebooted=True), name="x"))]
    assert [hop.ground_before_m for hop in hops] == pytest.approx([0.0, 1.0], abs=0.1)
    assert [hop.ground_after_m for hop in hops] == pytest.approx([0.0, 1.0], abs=0.1)


def test_a_real_log_shows_all_of_its_flights(reference):
    """Copter 3.5.7, no landed state, a reboot before the flights; its ground reads -0.1 to 1.9 m after."""
    folder = reference / "real-flights"
    if not folder.is_dir():
        pytest.skip("no recorded flights with a real barometer")
    (path,) = folder.glob("01_*.tlog")
    log = parse_log(path.read_bytes(), name=path.name)
    hops = [flight.hop for flight in find_flights(log)]
    assert len(hops) == 5
    assert all(45.0 < hop.touch_t_s - hop.lift_t_s < 80.0 for hop in hops)
    grounds = [hop.ground_after_m for hop in hops]
    assert (min(grounds), max(grounds)) == pytest.approx((-0.1, 1.9), abs=0.2)
    assert np.all(np.diff(log.series[Quantity.LAT_DEG].t_s) > 0.0)


def test_what_comes_a_week_after_the_start_is_left_out_and_the_note_says_so():
    day_us = 86_400 * 1_000_000
    days = [tlog(flight(), stamp=0x0006_0000_0000_FDFE + day * day_us) for day in range(9)]
    log = parse_log(b"".join(days), name="x", system=1)
    note = next(note for note in log.notes if note.startswith("lat_deg"))
    assert "later than 7 days after the start of the log" in note
    assert 6 * 86_400 < log.series[Quantity.LAT_DEG].t_s.max() <= 7 * 86_400
