"""A 600-item mission: uploaded and verified by dfr, and only uploaded by the ground software of others.

Each runs in the environment that the folder of DFR_PEERS holds under its name (as made by
tests/compatibility/test_peers.py); one that is missing there is left out.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dfr.geo import Position, offset
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from dfr.mission.formats import read_plan
from firmware_sitl.start import SitlEngine, start_vehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
ITEMS = 600
PEERS = ("mavproxy", "mavsdk", "dronekit")
SCRIPTS = Path(__file__).resolve().parent / "peers"
RUNS = 3
LATENCY_S = 0.05
LIMIT_S = 300.0
STARTED_S = {"builtin": 0.0, "ardupilot": 15.0}
"""ArduCopter has no space for a mission until its storage is ready."""

RELAY = "--relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Seconds for the mission: the least of some runs, by who uploaded it."""

    latency_s: float
    ours_s: float
    peers_s: dict[str, float]

    @property
    def ratio(self) -> float:
        """Ours beside the best of the others; it also reads back and compares, they only send."""
        return self.ours_s / min(self.peers_s.values()) if self.peers_s else float("nan")


def mission_file(folder: Path) -> Path:
    """A takeoff, 597 waypoints within 40 m of home, and a return; with home, 600 rows."""
    rows = ["QGC WPL 110", _row(0, 0, 16, HOME, 3.0), _row(1, 3, 22, HOME, 20.0)]
    for number in range(2, ITEMS - 1):
        place = offset(HOME, bearing_deg=7.0 * number, distance_m=5.0 + 0.05 * number)
        rows.append(_row(number, 3, 16, place, 20.0))
    rows.append(_row(ITEMS - 1, 3, 20, Position(lat_deg=0.0, lon_deg=0.0), 0.0))
    path = folder / "mission.waypoints"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _row(number: int, frame: int, command: int, place: Position, height_m: float) -> str:
    first = int(number == 0)
    where = f"{place.lat_deg:.8f}\t{place.lon_deg:.8f}\t{height_m:.2f}"
    return f"{number}\t{first}\t{frame}\t{command}\t0\t0\t0\t0\t{where}\t1"


def measured(latency_s: float, *, engine: SitlEngine = "builtin", runs: int = RUNS) -> Uploads:
    """All of them, one after another on vehicles of their own, through the same relay."""
    with tempfile.TemporaryDirectory() as name:
        mission = mission_file(Path(name))
        installed = {peer: python for peer in PEERS if (python := _python(peer)).exists()}
        return Uploads(
            latency_s=latency_s,
            ours_s=min(_ours(mission, latency_s, engine) for _ in range(runs)),
            peers_s={
                peer: min(
                    _theirs(peer, python, mission, latency_s, engine) for _ in range(1 if latency_s else runs)
                )
                for peer, python in installed.items()
            },
        )


def _python(peer: str) -> Path:
    return Path(os.environ.get("DFR_PEERS", "peers")) / peer / "bin" / "python"


def _ours(mission: Path, latency_s: float, engine: SitlEngine) -> float:
    plan = read_plan(mission.read_bytes(), name=mission.name)
    with line(latency_s, engine) as url, connect(url, simulated=True) as vehicle:
        time.sleep(STARTED_S[engine])
        begun = time.monotonic()
        report = upload_verified(vehicle, plan)
        seconds = time.monotonic() - begun
    if not report.verified:
        raise RuntimeError("not verified")
    return seconds


def _theirs(peer: str, python: Path, mission: Path, latency_s: float, engine: SitlEngine) -> float:
    command = [str(python), str(SCRIPTS / f"{peer}_upload.py")]
    waiting = str(STARTED_S[engine])
    with line(latency_s, engine) as url, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*command, url, str(mission), waiting],
            stdout=said,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(LIMIT_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        said.seek(0)
        return float(said.read().split()[-1])


@contextlib.contextmanager
def line(latency_s: float, engine: SitlEngine) -> Iterator[str]:
    """The URL of a vehicle of its own behind a relay that delays both ways."""
    with start_vehicle(home=HOME, engine=engine, home_m_amsl=3.0) as vehicle:
        command = [sys.executable, __file__, RELAY, vehicle.url, str(latency_s)]
        relay = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert relay.stdout is not None
            yield relay.stdout.readline().strip()
        finally:
            relay.kill()
            relay.wait()


def relay(target: str, latency_s: float) -> None:
    """Pass bytes between one client and a vehicle, each way so much later; prints the URL to use."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"tcp:127.0.0.1:{server.getsockname()[1]}\n")
        sys.stdout.flush()
        client, _ = server.accept()
    _, host, port = target.split(":")
    vehicle = socket.create_connection((host, int(port)))
    for end in (client, vehicle):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    others = {client: vehicle, vehicle: client}
    waiting: deque[tuple[float, socket.socket, bytes]] = deque()
    while True:
        wait_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(list(others), [], [], wait_s)[0]:
            try:
                data = end.recv(65536)
            except ConnectionResetError:
                return
            if not data:
                return
            waiting.append((time.monotonic() + latency_s, others[end], data))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, data = waiting.popleft()
            end.sendall(data)


if __name__ == "__main__" and sys.argv[1:2] == [RELAY]:
    relay(sys.argv[2], float(sys.argv[3]))
