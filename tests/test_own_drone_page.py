"""The page "From ten flights to a plan": its commands work in their order, on logs of a known drone."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import hover_power_w
from dfr.io.own_drone_files import read_own_drone

from .logs.made_flights import Truth, fly_made_dispatch, fly_made_flights
from .logs.made_logs import write_dataflash

DRONE = replace(find_drone("study-hexa"), climb_mps=3.0)


@pytest.fixture
def flown(tmp_path: Path) -> Path:
    """A folder with the logs of ten flights and of three dispatches."""
    truth = Truth(drone=DRONE)
    for folder in ("logs", "dispatches"):
        (tmp_path / folder).mkdir()
    for log in fly_made_flights(truth, 1):
        (tmp_path / "logs" / log.name).write_bytes(write_dataflash(log))
    for n in range(3):
        log = fly_made_dispatch(truth, np.random.default_rng(n), name=f"dispatch-{n}.bin")
        (tmp_path / "dispatches" / log.name).write_bytes(write_dataflash(log))
    return tmp_path


@pytest.mark.slow
def test_the_commands_of_the_page_work_in_their_order(repository: Path, flown: Path) -> None:
    page = (repository / "docs" / "howto" / "own-drone.md").read_text()
    said = {}
    for language, block in re.findall(r"```(sh|yaml)\n(.*?)```", page, re.DOTALL):
        if language == "yaml":
            _edit_as_told(flown / "our-event.yaml", block)
            continue
        arguments = shlex.split(block)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "dfr", *arguments],
            cwd=flown, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stdout[-1500:], done.stderr[-1500:])
        said[" ".join(arguments[:2])] = done.stdout
    own = read_own_drone(flown / "our-hexa.yaml")
    power = next(figure for figure in own.figures if figure.field == "hover_power_w")
    assert power.value == pytest.approx(hover_power_w(DRONE), rel=0.04)
    assert "measured on 10 flights" in said["catalogue our-hexa.yaml"]
    assert "over 3 flights" in said["log compare"]


def _edit_as_told(path: Path, block: str) -> None:
    """Write the page's lines into the scenario: the file of the drone, and its key."""
    catalogue, _, drone = (line.strip() for line in block.strip().splitlines())
    text = path.read_text()
    text = re.sub(r"^fleet:.*$", f"{catalogue}\nfleet:", text, count=1, flags=re.MULTILINE)
    path.write_text(re.sub(r"^  drone: \S+", f"  {drone}", text, count=1, flags=re.MULTILINE))
