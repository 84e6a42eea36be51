"""Vehicles start in a place of their own, say why where they cannot, and never outlive the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dfr.errors import InputError, LinkError, VehicleStartError
from dfr.geo import Position
from firmware_sitl import ardupilot
from firmware_sitl.client import SitlClient
from firmware_sitl.start import choose_engine, start_vehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_built_in_vehicle_says_that_it_is_not_ardupilot() -> None:
    with (
        start_vehicle(home=HOME, engine="builtin", speedup=20.0) as vehicle,
        SitlClient(vehicle.url) as client,
    ):
        assert "not ArduPilot" in vehicle.version
        assert "not ArduPilot" in client.wait_text("not ArduPilot")
        assert vehicle.simulated


@pytest.mark.parametrize(("lat", "lon"), [(-35.36, 149.16), (-33.4, -70.6), (50.78, -1.089)])
def test_a_vehicle_starts_south_and_west_of_zero(engine: str, lat: float, lon: float) -> None:
    home = Position(lat_deg=lat, lon_deg=lon)
    with (
        start_vehicle(home=home, home_m_amsl=584.0, engine=engine, speedup=10.0) as vehicle,
        SitlClient(vehicle.url) as client,
    ):
        client.wait_ready()
        told = client.receive("GLOBAL_POSITION_INT")
    assert told.lat / 1e7 == pytest.approx(lat, abs=1e-5)
    assert told.lon / 1e7 == pytest.approx(lon, abs=1e-5)


def test_a_client_says_at_once_that_its_vehicle_has_gone(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        start_vehicle(home=HOME, engine="builtin", speedup=20.0) as vehicle,
        SitlClient(vehicle.url) as client,
    ):
        client.wait_text("not ArduPilot")
        os.kill(vehicle.pid, signal.SIGKILL)
        with pytest.raises(LinkError, match=r"closed its connection.*last words.*ArduPilot") as raised:
            client.receive("COMMAND_ACK", timeout_s=5.0)
    assert raised.value.code == "link"
    assert "socket" not in capsys.readouterr().out


def test_a_vehicle_is_reaped_when_the_block_ends() -> None:
    with start_vehicle(home=HOME, engine="builtin") as vehicle:
        assert _alive(vehicle.pid)
        folder = vehicle.folder
    assert not _alive(vehicle.pid)
    assert not folder.exists()


def test_a_vehicle_is_reaped_when_the_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), start_vehicle(home=HOME, engine="builtin") as vehicle:
        raise ZeroDivisionError
    assert not _alive(vehicle.pid)


def test_a_vehicle_ends_when_the_process_that_started_it_is_killed(repository: Path) -> None:
    script = (
        "import sys, time\n"
        "from dfr.geo import Position\n"
        "from firmware_sitl.start import start_vehicle\n"
        "with start_vehicle(home=Position(lat_deg=50.0, lon_deg=-1.0), engine='builtin') as v:\n"
        "    print(v.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=repository
    )
    assert starter.stdout is not None
    with starter.stdout:
        pid = int(starter.stdout.readline())
        starter.kill()
        starter.wait()
    deadline = time.monotonic() + 60.0
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(pid)


def test_several_vehicles_have_ports_and_system_ids_of_their_own() -> None:
    with (
        start_vehicle(home=HOME, engine="builtin", system_id=1) as first,
        start_vehicle(home=HOME, engine="builtin", system_id=2) as second,
        SitlClient(first.url) as one,
        SitlClient(second.url, system_id=2) as two,
    ):
        assert not set(first.urls) & set(second.urls)
        assert one.receive("HEARTBEAT").get_srcSystem() == 1
        assert two.receive("HEARTBEAT").get_srcSystem() == 2


def test_a_named_arducopter_that_is_missing_is_an_error_and_no_fall_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ardupilot.VARIABLE, str(tmp_path / "no-such-thing"))
    with pytest.raises(VehicleStartError, match="no-such-thing"), start_vehicle(home=HOME, engine="auto"):
        pass


def test_a_named_arducopter_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing = tmp_path / "arducopter"
    failing.write_text("#!/bin/sh\necho cannot open the sky >&2\nexit 3\n")
    failing.chmod(0o755)
    monkeypatch.setenv(ardupilot.VARIABLE, str(failing))
    with pytest.raises(VehicleStartError, match=r"code 3(.|\n)*cannot open the sky"):
        start_vehicle(home=HOME, engine="auto").__enter__()


def test_without_an_arducopter_auto_means_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ardupilot.VARIABLE, raising=False)
    assert choose_engine("auto") is None


def test_asking_for_arducopter_where_there_is_none_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ardupilot.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(VehicleStartError, match=ardupilot.VARIABLE):
        choose_engine("ardupilot")


def test_a_speed_up_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="speed-up"):
        start_vehicle(home=HOME, engine="builtin", speedup=0.0).__enter__()


def test_parameters_reach_arducopter_under_the_names_of_both_generations() -> None:
    lines = ardupilot.parameter_lines({"WPNAV_SPEED": 1200.0, "RTL_ALT_M": 30.0, "BATT_LOW_VOLT": 10.5})
    assert lines.splitlines() == [
        "WPNAV_SPEED 1200",
        "WP_SPD 12",
        "RTL_ALT_M 30",
        "RTL_ALT 3000",
        "BATT_LOW_VOLT 10.5",
    ]
