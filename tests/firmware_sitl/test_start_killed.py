"""Whoever starts a vehicle may be killed at any moment: no process, port or folder is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

STARTER = """
import sys, time
from dfr.geo import Position
from firmware_sitl.start import start_vehicle
print("starts", flush=True)
with start_vehicle(
    home=Position(lat_deg=50.0, lon_deg=-1.0), engine=sys.argv[1], params={"SIM_WIND_SPD": 1.0}
) as vehicle:
    print("stands", flush=True)
    time.sleep(600)
"""

HANGS_S = 60.0
"""Only so that a failure ends: nothing here takes as long."""

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")


def _processes_of(folder: Path) -> list[int]:
    """The processes that have a folder as the place of their temporary files."""
    word, found = f"TMPDIR={folder}\0".encode(), []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if word in place.read_bytes() + b"\0":
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


def _begin(engine: str, folder: Path, repository: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, engine],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        cwd=repository,
    )


def _kill(starter: subprocess.Popen[str]) -> None:
    starter.kill()
    starter.wait()


def _left(folder: Path) -> list[object]:
    """The processes and files that are still there in the end."""
    deadline = time.monotonic() + HANGS_S
    while left := [*_processes_of(folder), *folder.iterdir()]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []


@pytest.mark.parametrize("moment", range(10))
def test_a_start_that_is_killed_leaves_nothing(
    engine: str, tmp_path: Path, repository: Path, moment: int
) -> None:
    starter = _begin(engine, tmp_path, repository)
    assert starter.stdout is not None
    with starter.stdout:
        assert starter.stdout.readline() == "starts\n"
        time.sleep(0.07 * moment)
        _kill(starter)
    assert _left(tmp_path) == []


def test_a_start_that_is_killed_as_soon_as_there_is_a_folder_leaves_nothing(
    engine: str, tmp_path: Path, repository: Path
) -> None:
    starter = _begin(engine, tmp_path, repository)
    assert starter.stdout is not None
    with starter.stdout:
        while not list(tmp_path.iterdir()):
            assert starter.poll() is None
        _kill(starter)
    assert _left(tmp_path) == []


def test_a_starter_killed_while_its_vehicle_stands_leaves_nothing(
    engine: str, tmp_path: Path, repository: Path
) -> None:
    starter = _begin(engine, tmp_path, repository)
    assert starter.stdout is not None
    with starter.stdout:
        assert [starter.stdout.readline(), starter.stdout.readline()] == ["starts\n", "stands\n"]
        assert len(_processes_of(tmp_path)) >= 2
        _kill(starter)
    assert _left(tmp_path) == []
