"""A log without its place and date is the same flight, for dfr and for other readers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymavlink import DFReader

from dfr.ardupilot.commands import Command, Frame
from dfr.geo import Position
from dfr.io.logs.dataflash_writing import write_dataflash
from dfr.io.logs.files import parse_log
from dfr.logs.anonymising import SEA, anonymise_log
from dfr.logs.flights import find_flights
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.mission.items import MissionItem

from .log_samples import HOME_LAT, HOME_LON, SAMPLES

READ_WITHOUT_MORE = [kind for kind in SAMPLES if kind != "px4.ulg"]


def shared(log: FlightLog, *, cut: bool = False) -> FlightLog:
    return parse_log(write_dataflash(anonymise_log(log, cut=cut)), name="shared.bin")


@pytest.mark.parametrize("kind", READ_WITHOUT_MORE)
def test_the_flight_is_the_same_at_another_place(kind: str) -> None:
    log = parse_log(SAMPLES[kind], name=kind)
    (before,), (after,) = find_flights(log), find_flights(shared(log))
    assert after.end_s - after.start_s == pytest.approx(before.end_s - before.start_s, abs=0.6)
    assert after.home is not None
    assert after.home.lat_deg == pytest.approx(SEA.lat_deg, abs=1e-3)
    assert float(after.track.north_m.max()) == pytest.approx(float(before.track.north_m.max()), abs=1.0)
    assert (after.track.energy_wh is None) == (before.track.energy_wh is None)
    assert (after.track.energy_wh or 0.0) == pytest.approx(before.track.energy_wh or 0.0, rel=0.02)


def test_heights_above_terrain_would_tell_a_place_and_are_gone() -> None:
    log = parse_log(SAMPLES["copter-4.6.bin"], name="a.bin")
    log = replace(log, series={**log.series, Quantity.HEIGHT_M_TERRAIN: log.series[Quantity.HEIGHT_M_HOME]})
    assert Quantity.HEIGHT_M_TERRAIN not in anonymise_log(log).series


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("kind", READ_WITHOUT_MORE)
def test_nothing_tells_the_place_or_the_date(kind: str, *, cut: bool) -> None:
    log = shared(parse_log(SAMPLES[kind], name=kind), cut=cut)
    assert log.begins_at is None
    if cut:
        assert Quantity.LAT_DEG not in log.series
    else:
        assert np.abs(log.series[Quantity.LAT_DEG].values - HOME_LAT).min() > 10.0
        assert np.abs(log.series[Quantity.LON_DEG].values - HOME_LON).min() > 1.0
    altitude = log.series.get(Quantity.ALTITUDE_M_AMSL)
    assert altitude is None or altitude.values[0] == pytest.approx(0.0, abs=0.01)


def test_what_names_a_drone_or_a_person_is_gone() -> None:
    log = parse_log(SAMPLES["copter-4.6.bin"], name="a.bin")
    named = replace(
        log,
        parameters={"WPNAV_SPEED": 500.0, "COMPASS_DEV_ID": 97.0, "BRD_SERIAL_NUM": 7.0, "STAT_FLTTIME": 3.0},
    )
    after = shared(named)
    assert dict(after.parameters) == {"WPNAV_SPEED": 500.0}
    texts = [event.text for event in after.events if event.kind is EventKind.MESSAGE]
    assert not any("3fc7011a" in text for text in texts if "V4.6.3" not in text)


def test_a_mission_moves_with_the_flight_and_one_with_heights_of_a_place_goes() -> None:
    log = parse_log(SAMPLES["copter-4.6.bin"], name="a.bin")
    item = MissionItem(
        command=Command.NAV_WAYPOINT,
        frame=Frame.GLOBAL_RELATIVE_ALT,
        position=Position(lat_deg=HOME_LAT, lon_deg=HOME_LON),
        z_m=20.0,
    )
    after = shared(replace(log, missions=((item,), (replace(item, frame=Frame.GLOBAL),))))
    ((moved,),) = after.missions
    assert moved.position is not None
    assert moved.position.lat_deg == pytest.approx(SEA.lat_deg, abs=1e-4)


def test_pymavlink_reads_it_too(tmp_path: Path) -> None:
    log = parse_log(SAMPLES["flight.tlog"], name="flight.tlog")
    path = tmp_path / "shared.bin"
    path.write_bytes(write_dataflash(anonymise_log(log)))
    reader = DFReader.DFReader_binary(str(path))
    try:
        lats = []
        while (message := reader.recv_match(type=["POS"])) is not None:
            lats.append(message.Lat)
    finally:
        reader.close()
    assert len(lats) == len(log.series[Quantity.LAT_DEG].t_s)
    assert np.median(lats) == pytest.approx(SEA.lat_deg, abs=0.01)
