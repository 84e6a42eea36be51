"""`dfr sitl`: so many vehicles, each with ports and a number of its own, and none left when it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from firmware_sitl.client import SitlClient

MANY = 20
HANGS_S = 180.0
"""Only so that a failure ends: nothing here takes as long."""


def free_block(ports: int) -> int:
    """A first port with so many free ones from it on; tests that run side by side look in different places.

    Below those that the kernel gives to whoever asks for any.
    """
    for first in range(21000 + os.getpid() % 50 * 200, 32768 - ports, ports):
        if all(not _listens(port) for port in range(first, first + ports)):
            return first
    raise AssertionError("no free ports")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def sitl(*options: str) -> Iterator[tuple[subprocess.Popen, list[dict]]]:
    """The verb in a process of its own, and the vehicles that it tells of."""
    command = [sys.executable, "-m", "dfr.cli.main", "sitl", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            text = ""
            for line in process.stdout:
                text += line
                if line.startswith("}"):
                    break
            yield process, json.loads(text)["vehicles"]
        finally:
            if process.poll() is None:
                process.kill()


def gone(pid: int) -> bool:
    return not os.path.exists(f"/proc/{pid}")  # noqa: PTH110 - not a file of anybody's


def refused(*options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "dfr.cli.main", "sitl", "--for", "1", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    return done.returncode, done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_vehicle(engine, how):
    first = free_block(40)
    with sitl("--engine", engine, "--count", "2", "--port", str(first)) as (process, vehicles):
        pids = [vehicle["pid"] for vehicle in vehicles]
        assert [vehicle["system_id"] for vehicle in vehicles] == [1, 2]
        assert not any(gone(pid) for pid in pids)
        process.send_signal(how)
        code = process.wait(HANGS_S)
    assert code in (130, 143, -signal.SIGTERM)
    for _ in range(100):
        if all(gone(pid) for pid in pids):
            break
        time.sleep(0.1)
    assert all(gone(pid) for pid in pids)


def test_a_port_in_use_is_named_before_any_vehicle_starts():
    first = free_block(40)
    with socket.create_server(("127.0.0.1", first + 12)):
        code, words = refused("--engine", "builtin", "--count", "2", "--port", str(first))
    assert code == 5
    assert f"port {first + 12} is in use" in words
    assert "--port" in words


def test_ports_beyond_the_last_are_refused():
    code, words = refused("--engine", "builtin", "--count", "12", "--port", "65500")
    assert code == 2
    assert "there are 65535" in words


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads processor time from /proc")
def test_twenty_vehicles_fly_side_by_side_on_less_than_one_core():
    """Counted in processor seconds for each vehicle second, whatever else the machine does."""
    first = free_block(10 * MANY)
    with (
        sitl("--engine", "builtin", "--count", str(MANY), "--port", str(first)) as (_, vehicles),
        ExitStack() as stack,
    ):
        clients = [
            stack.enter_context(SitlClient(vehicle["url"], system_id=vehicle["system_id"]))
            for vehicle in vehicles
        ]
        for client in clients:
            client.stream(10)
        begun_s = [client.receive("GLOBAL_POSITION_INT").time_boot_ms / 1000.0 for client in clients]
        used_s = [processor_s(vehicle["pid"]) for vehicle in vehicles]
        flown_s = 0.0
        while flown_s < 5.0:
            now_s = [client.receive("GLOBAL_POSITION_INT").time_boot_ms / 1000.0 for client in clients]
            flown_s = min(now - begun for now, begun in zip(now_s, begun_s, strict=True))
        used_s = [processor_s(vehicle["pid"]) - used for vehicle, used in zip(vehicles, used_s, strict=True)]
    assert sum(used_s) < flown_s


def processor_s(pid: int) -> float:
    """The processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("speedup", ["0", "-3", "nan", "inf"])
def test_a_speed_that_is_none_is_refused(speedup):
    code, words = refused("--engine", "builtin", "--speedup", speedup)
    assert code == 2
    assert f"--speedup {speedup}: not a number above 0" in words


@pytest.mark.parametrize("name", ["SIM_WIND_SPED", "SIM_WIND_SPEED"])
def test_a_mistyped_wind_is_refused_with_the_name_meant_and_no_vehicle_starts(name):
    code, words = refused("--engine", "builtin", "--port", "0", "--for", "0.1", "--param", f"{name}=5")
    assert code == 2
    assert name in words
    assert "SIM_WIND_SPD" in words


def test_a_parameter_file_with_a_mistyped_name_is_refused_too(tmp_path):
    file = tmp_path / "mine.parm"
    file.write_text("RTL_ALT 3000\nBATT_CAPACTY 5000\n")
    code, words = refused("--engine", "builtin", "--port", "0", "--for", "0.1", "--defaults", str(file))
    assert code == 2
    assert "BATT_CAPACTY (do you mean BATT_CAPACITY" in words


def test_a_parameter_file_that_is_not_there_is_bad_input(tmp_path):
    missing = tmp_path / "none.parm"
    code, words = refused("--engine", "builtin", "--port", "0", "--for", "0.1", "--defaults", str(missing))
    assert code == 2
    assert "none.parm" in words
