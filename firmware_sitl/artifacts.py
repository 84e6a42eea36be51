"""What the vehicles of a failed test leave in `--sitl-artifacts`: track, recording, log, parameters, output.

`dfr log show` and the Replay page read `flight.tlog` and the `.bin` logs.
"""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dfr.ardupilot.commands import Command
from dfr.errors import LinkError
from firmware_sitl.client import SitlClient
from firmware_sitl.start import RunningVehicle

if TYPE_CHECKING:
    from firmware_sitl.flights import MissionFlight

KEPT = ("output.txt", "*.parm", "flight.tlog", "track.csv", "vehicle-*.bin", "logs/*.BIN")
WRITES_LOG = {"LOG_BACKEND_TYPE": 1.0}
"""Parameters of a vehicle that keeps a DataFlash log."""

LONGEST_NAME = 150
"""Bytes of a folder's name: systems allow 255, or 260 for the whole path."""

FORCE = 21196.0
"""By which COMPONENT_ARM_DISARM stops the motors in the air."""

ANSWER_S = 20.0
"""Wall seconds that a vehicle is asked for its log and parameters after a test has failed: it may be dead."""


def artifacts_folder(config: pytest.Config) -> Path | None:
    """The folder of `--sitl-artifacts`, from where pytest was started; None where nothing is kept."""
    given = config.getoption("--sitl-artifacts")
    return None if given is None else config.invocation_params.dir / str(given)


def folder_name(test: str) -> str:
    """A test's name as that of a folder; what is too long, or has other signs, ends with a hash of its own.

    >>> folder_name("tests/test_flights.py::test_wind[10.0-east]")
    'tests_test_flights.py_test_wind_10.0-east'
    """
    name = re.sub(r"[^\w.-]+", "_", test).strip("_")
    if len(name.encode()) <= LONGEST_NAME and not re.search(r"[^\w.\-/:\[\]]", test):
        return name
    own = hashlib.sha256(test.encode()).hexdigest()[:8]
    return f"{name.encode()[:LONGEST_NAME].decode(errors='ignore')}-{own}"


@contextmanager
def kept_vehicles(
    request: pytest.FixtureRequest, failed: pytest.StashKey[bool]
) -> Iterator[Callable[[RunningVehicle], AbstractContextManager[None]]]:
    """A function that wraps the life of a vehicle; what it left goes again where the test has passed."""
    folder = artifacts_folder(request.config)
    place = folder and folder / folder_name(request.node.nodeid)
    broken = [False]

    @contextmanager
    def keep(vehicle: RunningVehicle) -> Iterator[None]:
        try:
            yield
        except BaseException:
            broken[0] = True
            raise
        finally:
            if place:
                bad = broken[0] or request.node.stash.get(failed, False)
                _copy_from(vehicle, place / f"system-{vehicle.system_id}", ask=bad)

    yield keep
    if place and not (broken[0] or request.node.stash.get(failed, False)):
        shutil.rmtree(place, ignore_errors=True)


def record(config: pytest.Config, client: SitlClient, vehicle: RunningVehicle) -> None:
    """Let a client write all it hears to the vehicle's folder, where artifacts are kept."""
    if artifacts_folder(config):
        client.connection.setup_logfile(str(vehicle.folder / "flight.tlog"))


def write_track(config: pytest.Config, flight: MissionFlight, vehicle: RunningVehicle) -> None:
    """Write a flight's track to the vehicle's folder, where artifacts are kept."""
    if not artifacts_folder(config):
        return
    track = flight.track
    with (vehicle.folder / "track.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("t_s", "east_m", "north_m", "height_m"))
        rows.writerows(zip(track.t_s, track.east_m, track.north_m, track.height_m, strict=True))


def _copy_from(vehicle: RunningVehicle, place: Path, *, ask: bool) -> None:
    if ask and vehicle.process.running:
        try:
            _ask(vehicle)
        except (LinkError, OSError) as error:
            (vehicle.folder / "output.txt").open("a").write(f"not kept: {error}\n")
    place.mkdir(parents=True, exist_ok=True)
    for pattern in KEPT:
        for path in vehicle.folder.glob(pattern):
            shutil.copy(path, place / path.name)


def _ask(vehicle: RunningVehicle) -> None:
    """Its parameters and last log, into its folder."""
    with SitlClient(vehicle.urls[-1], system_id=vehicle.system_id) as client:
        client.receive("HEARTBEAT", timeout_s=ANSWER_S)
        lines = [f"{name} {value:.9g}\n" for name, value in sorted(client.parameters().items())]
        (vehicle.folder / "parameters.parm").write_text("".join(lines), encoding="utf-8")
        if vehicle.engine == "builtin":  # ArduCopter's lies in its folder
            _read_last_log(client, vehicle.folder)


def _read_last_log(client: SitlClient, folder: Path) -> None:
    if client.armed:  # a vehicle in the air gives no log; the test that it flew for is over
        client.send_command(Command.COMPONENT_ARM_DISARM, 0.0, FORCE)
        client.wait_disarmed(timeout_s=ANSWER_S)
    client.mav.log_request_list_send(client.system_id, 1, 0, 0xFFFF)
    entry: Any = client.receive("LOG_ENTRY", timeout_s=ANSWER_S)
    if not entry.num_logs:
        return
    client.mav.log_request_list_send(client.system_id, 1, entry.last_log_num, entry.last_log_num)
    last = client.receive(
        "LOG_ENTRY", timeout_s=ANSWER_S, where=lambda m: m.id == entry.last_log_num, what="the last log"
    )
    client.mav.log_request_data_send(client.system_id, 1, last.id, 0, last.size)
    parts: dict[int, bytes] = {}
    while sum(map(len, parts.values())) < last.size:
        part = client.receive("LOG_DATA", timeout_s=ANSWER_S, what="the vehicle's log")
        parts[part.ofs] = bytes(part.data[: part.count])
    (folder / f"vehicle-{last.id}.bin").write_bytes(b"".join(parts[at] for at in sorted(parts)))
