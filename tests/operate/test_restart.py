"""A shift whose process is killed, twice: the supervisor starts it again, and it goes on with what flies."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from benchmarks.faulty_line import FaultyLine
from dfr.io.files import json_text
from dfr.operate.simulated import start_fleet
from dfr.store.shift_log import read_shift_log
from tests.shipped import plan_of, world_of

pytestmark = pytest.mark.slow

SPEEDUP = 1.0
MOST_GAP_S = 10.0


def shift_process(log: Path) -> int:
    """The process that writes a log."""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            if any(link.readlink() == log for link in folder.iterdir()):
                return int(folder.parent.name)
    return 0


def did(folder: Path, what: str) -> int:
    """How often flights did something, by the log."""
    if not (folder / "log.jsonl").exists():
        return 0
    records = read_shift_log(folder).of_kind("flight")
    return sum(record.content["what"] == what for record in records)


def wait_for(holds, within_s: float = 300.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_a_shift_that_is_killed_twice_loses_no_drone_and_no_call(tmp_path):
    world, plan = world_of("victorious-2024"), plan_of("victorious-2024")
    plan_file, calls, folder = tmp_path / "plan.json", tmp_path / "calls.csv", tmp_path / "shift"
    plan_file.write_text(json_text(plan.as_dict()))
    rows = [("11:00:20", "castle-stage"), ("11:00:40", "esplanade")]
    with calls.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time", "priority", "zone", "on_scene_s"])
        table.writerows([f"2024-08-23T{at}+01:00", "immediate", zone, "60"] for at, zone in rows)
    with ExitStack() as stack:
        started = start_fleet(world, plan, 2, engine="builtin", speedup=SPEEDUP, stack=stack)
        lines = [stack.enter_context(FaultyLine(vehicle.url)) for vehicle in started]
        vehicles = [word for line in lines for word in ("--vehicle", line.url)]
        command = [
            sys.executable, "-m", "dfr", "operate", "victorious-2024", "--plan", str(plan_file), *vehicles,
            "--simulated", "--speedup", f"{SPEEDUP:g}", "--yes", "--calls", str(calls), "--out", str(folder),
            "--start", "2024-08-23T11:00+01:00", "--port", "0", "--supervise",
        ]  # fmt: skip
        supervisor = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        stack.callback(supervisor.wait)
        stack.callback(supervisor.kill)
        log = folder / "log.jsonl"
        for what in ("arrive", "hold"):
            wait_for(lambda what=what: did(folder, what) > 0)
            os.kill(shift_process(log), signal.SIGKILL)
            wait_for(lambda: shift_process(log) != 0)
        wait_for(lambda: ended(folder) == [0, 1])
        wait_for(lambda: did(folder, "landed") + did(folder, "found_down") >= 2)
        gaps_s = [line.longest_gap_s() for line in lines]
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(timeout=60.0) == 0
    assert read_shift_log(folder).check.is_whole
    assert did(folder, "taken_on") >= 2
    assert ended(folder) == [0, 1]
    assert max(gaps_s) < MOST_GAP_S


def ended(folder: Path) -> list[int]:
    """The calls that have ended, each as often as it did."""
    return sorted(record.content["call"] for record in read_shift_log(folder).of_kind("call.ended"))
