"""Whoever stops `dfr fly` in flight learns what flies and what it will do, and keeps what was recorded."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.geo import offset
from dfr.link.lost_link import LostLinkBehaviour
from dfr.link.vehicle import VehicleState
from firmware_sitl.start import RunningVehicle, start_vehicle

from ..places import HOME
from .verbs import dfr, dfr_typed

LONGEST_S = 120.0
MOMENTS = {
    "armed": "** armed",
    "climbing": "** item 1",
    "on_scene": "Reached command #2",
    "returning": "** return",
}
OFTEN = [(signal.SIGINT, "on_scene"), (signal.SIGTERM, "climbing"), (signal.SIGHUP, "returning")]


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    return there_and_back(tmp_path / "there-and-back.waypoints", stay_s=20)


@pytest.fixture
def long_mission(tmp_path: Path) -> Path:
    """Still in the air when a second program has started, on a busy machine too."""
    return there_and_back(tmp_path / "long.waypoints", stay_s=60)


def there_and_back(file: Path, *, stay_s: int) -> Path:
    north = offset(HOME, bearing_deg=0.0, distance_m=60.0)
    rows = [
        (0, 16, HOME, 3.0, 0),
        (3, 22, HOME, 20.0, 0),
        (3, 19, north, 20.0, stay_s),
        (3, 20, None, 0.0, 0),
    ]
    lines = [
        f"{seq}\t{int(seq == 0)}\t{frame}\t{command}\t{stay}\t0\t0\t0\t"
        f"{place.lat_deg if place else 0:.8f}\t{place.lon_deg if place else 0:.8f}\t{height:.2f}\t1"
        for seq, (frame, command, place, height, stay) in enumerate(rows)
    ]
    file.write_text("\n".join(["QGC WPL 110", *lines]) + "\n")
    return file


@contextmanager
def a_vehicle(**params: float) -> Iterator[RunningVehicle]:
    given = {"FS_GCS_ENABLE": 1.0, "FS_GCS_TIMEOUT": 30.0, **params}
    with start_vehicle(engine="builtin", home=HOME, home_m_amsl=3.0, speedup=4.0, params=given) as running:
        yield running


class Flying:
    """`dfr fly` in a process of its own, whose output goes to files: nobody reads pipes while this waits."""

    def __init__(self, mission: Path, url: str, folder: Path) -> None:
        self.track, self.tlog = folder / "track.csv", folder / "flight.tlog"
        self.out, self._err = folder / "stdout", folder / "stderr"
        options = ["--simulated", "--json", "--track", str(self.track), "--tlog", str(self.tlog)]
        command = [sys.executable, "-m", "dfr", "fly", str(mission), "--vehicle", url, *options]
        with self.out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err)

    @property
    def said(self) -> str:
        return self._err.read_text()

    def wait_for(self, words: str) -> None:
        self.wait_until(lambda: words in self.said)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST_S
        while not holds():
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.02)

    def end(self) -> int:
        return self.process.wait(timeout=LONGEST_S)


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        pytest.param(number, moment, marks=() if (number, moment) in OFTEN else pytest.mark.slow)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for moment in MOMENTS
    ],
)
def test_whoever_stops_a_flight_is_told_what_flies_and_keeps_the_records(mission, tmp_path, number, moment):
    with a_vehicle() as running:
        flying = Flying(mission, running.url, tmp_path)
        flying.wait_for(MOMENTS[moment])
        flying.process.send_signal(number)
        code = flying.end()
    assert code == 130, flying.said
    last = next(line for line in flying.said.splitlines() if line.startswith("error[interrupted]: stopped: "))
    assert "system 1 is ARMED in AUTO" in last or (moment == "armed" and "ARMED in GUIDED" in last)
    assert "for 30 s (FS_GCS_TIMEOUT), then RTL (FS_GCS_ENABLE 1)" in last
    assert "to take control" in last
    assert "Traceback" not in flying.said
    told = json.loads(flying.out.read_text())
    assert told["outcome"] == "left_in_flight"
    assert told["error"]["exit_code"] == 130
    assert told["upload"]["verified"]
    assert [event for event in told["events"] if event["what"].startswith("stopped by a person: system 1")]
    assert len(flying.track.read_text().splitlines()) > 1
    assert flying.tlog.stat().st_size > 1000


def test_a_terminal_that_is_closed_leaves_the_records(mission, tmp_path):
    """Nobody can read the last words any more: the track and the code are what is left."""
    ours, theirs = pty.openpty()
    track = tmp_path / "track.csv"
    with a_vehicle() as running:
        options = ["--simulated", "--json", "--track", str(track)]
        process = subprocess.Popen(
            [sys.executable, "-m", "dfr", "fly", str(mission), "--vehicle", running.url, *options],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        said = b""
        while b"** item 1" not in said:
            said += os.read(ours, 65536)
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=LONGEST_S) == 130
    assert len(track.read_text().splitlines()) > 1


def test_a_stop_before_arming_says_that_nothing_flies(mission, tmp_path):
    with a_vehicle(SIM_GPS1_ENABLE=0.0) as running:
        flying = Flying(mission, running.url, tmp_path)
        flying.wait_for("Flight plan received")
        flying.process.send_signal(signal.SIGTERM)
        assert flying.end() == 130, flying.said
    assert "stopped before arming" in flying.said
    assert json.loads(flying.out.read_text())["error"]["code"] == "interrupted"


@pytest.mark.parametrize(
    ("action", "options", "mode", "says"),
    [
        (1, 0, CopterMode.AUTO, "continues its mission for 5 s (FS_GCS_TIMEOUT), then RTL"),
        (3, 0, CopterMode.GUIDED, "stays in GUIDED for 5 s (FS_GCS_TIMEOUT), then SmartRTL, or RTL"),
        (5, 16, CopterMode.AUTO, "then LAND where it is (FS_GCS_ENABLE 5)"),
        (
            0,
            0,
            CopterMode.AUTO,
            "continues its mission; it has no ground-station failsafe (FS_GCS_ENABLE 0)",
        ),
        (1, 2, CopterMode.AUTO, "without our heartbeats too (FS_OPTIONS 2: a mission continues)"),
        (1, 16, CopterMode.LOITER, "the pilot flies it in LOITER, without our heartbeats too"),
        (1, 8, CopterMode.LAND, "continues to land where it is, without our heartbeats too"),
        (9, 0, CopterMode.GUIDED, "then RTL (FS_GCS_ENABLE 9)"),
        (1, 0, CopterMode.RTL, "continues to return in RTL and lands, without our heartbeats too"),
        (5, 0, CopterMode.RTL, "then LAND where it is (FS_GCS_ENABLE 5)"),
    ],
)
def test_what_it_does_alone_is_told_from_its_own_parameters(action, options, mode, says):
    """ArduCopter's failsafe_gcs_on_event, case by case."""
    station = LostLinkBehaviour(action=action, timeout_s=5.0, options=options)
    assert says in station.describe_from(VehicleState(mode=int(mode), armed=True))


def test_what_is_not_known_of_it_is_said_to_be_unknown():
    in_auto = VehicleState(mode=int(CopterMode.AUTO), armed=True)
    assert "is not known" in LostLinkBehaviour().describe_from(in_auto)


def test_the_same_command_once_more_finds_the_drone_of_a_killed_session_and_goes_on(long_mission, tmp_path):
    with a_vehicle(FS_GCS_ENABLE=0.0) as running:
        first = Flying(long_mission, running.url, tmp_path)
        first.wait_for(MOMENTS["climbing"])
        first.process.kill()
        first.end()
        asked = dfr("fly", long_mission, "--vehicle", running.url, "--yes", "--json")
    assert asked.returncode == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert told["docked"]
    assert "found flying this very plan" in told["events"][0]["what"]
    assert "armed" not in [event["what"] for event in told["events"]]


def test_a_drone_found_in_the_air_is_not_controlled_without_a_yes(long_mission, tmp_path):
    with a_vehicle(FS_GCS_ENABLE=0.0) as running:
        first = Flying(long_mission, running.url, tmp_path)
        first.wait_for(MOMENTS["climbing"])
        first.process.kill()
        first.end()
        typed = dfr_typed("fly", str(long_mission), "--vehicle", running.url, typed=b"n\n", cwd=tmp_path)
    assert typed.returncode == 5
    assert "system 1 is ARMED in AUTO" in typed.stderr
    assert "not confirmed, nothing was sent" in typed.stderr
