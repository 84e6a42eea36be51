"""Ground software that others wrote, unmodified and in its own environment, flies the built-in vehicle.

Each is installed from PyPI into an environment of its own, kept in the folder that DFR_PEERS names (or
a temporary one). Each connects, downloads parameters, uploads and reads back a mission, arms, takes
off, flies the mission and lands.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dfr.geo import Position, offset
from firmware_sitl.start import start_vehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
SCRIPTS = Path(__file__).resolve().parent / "peers"
PACKAGES = {
    "dronekit": ("dronekit==2.9.2", "future", "monotonic"),
    "mavproxy": ("MAVProxy", "setuptools<81"),
    "mavsdk": ("mavsdk-grpc",),
}
SPEEDUP = 10.0
ALL_PARAMETERS = 400
INSTALL_S, FLIGHT_S = 600.0, 240.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def peers(tmp_path_factory) -> Path:
    named = os.environ.get("DFR_PEERS")
    return Path(named) if named else tmp_path_factory.mktemp("peers")


@pytest.fixture
def mission(tmp_path) -> Path:
    """Takeoff, two places 60 m and 85 m away, and back."""
    north = offset(HOME, bearing_deg=0.0, distance_m=60.0)
    corner = offset(north, bearing_deg=90.0, distance_m=60.0)
    rows = [
        (0, 16, HOME, 3.0), (3, 22, HOME, 15.0), (3, 16, north, 15.0), (3, 16, corner, 15.0),
        (3, 20, Position(lat_deg=0.0, lon_deg=0.0), 0.0),
    ]  # fmt: skip
    lines = [
        f"{seq}\t{int(seq == 0)}\t{frame}\t{command}\t0\t0\t0\t0\t"
        f"{place.lat_deg:.8f}\t{place.lon_deg:.8f}\t{height_m:.2f}\t1"
        for seq, (frame, command, place, height_m) in enumerate(rows)
    ]
    path = tmp_path / "mission.waypoints"
    path.write_text("\n".join(["QGC WPL 110", *lines]) + "\n")
    return path


def installed(peers: Path, name: str) -> Path:
    """The Python of a peer's environment, made where it is missing; skips where PyPI is out of reach."""
    python = peers / name / "bin" / "python"
    done = peers / name / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(peers / name)], check=True, timeout=INSTALL_S)
        command = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES[name]]
        answer = subprocess.run(command, check=False, timeout=INSTALL_S, capture_output=True, text=True)
        if answer.returncode:
            if "peers" in os.environ.get("DFR_REQUIRE", "").split(","):
                pytest.fail(f"{name} cannot be installed: {answer.stderr[-500:]}")
            pytest.skip(f"{name} cannot be installed: {answer.stderr[-200:]}")
        done.touch()
    return python


def run(command: list[str], said: Path) -> int:
    """Run a script to its end, and end with it whatever it has started (MAVSDK starts a server)."""
    with said.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        return process.wait(timeout=FLIGHT_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_it_flies_a_mission(name, peers, mission, tmp_path):
    python, said = installed(peers, name), tmp_path / "said.txt"
    with start_vehicle(home=HOME, engine="builtin", home_m_amsl=3.0, speedup=SPEEDUP) as vehicle:
        url = vehicle.url.replace("tcp:", "tcpout://") if name == "mavsdk" else vehicle.url
        code = run([str(python), str(SCRIPTS / f"{name}_flight.py"), url, str(mission)], said)
    text = said.read_text(encoding="utf-8", errors="replace")
    assert code == 0, text[-4000:]
    told = json.loads(next(line for line in reversed(text.splitlines()) if line.startswith("{")))
    assert told["parameters"] >= ALL_PARAMETERS
    assert [command for command in told["read_back"] if command in (16, 20, 22)][-4:] == [22, 16, 16, 20]
    assert abs(told["height_m"]) < 0.5
