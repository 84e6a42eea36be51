"""A live shift under faults, on either engine: lines cut or deaf, packets lost, the server stalled or killed.

The vehicles run `speedup` times as fast as real time, and in real time around each fault, so that seconds of
the vehicle are seconds of the program. A scripted crew says yes over HTTP, as people do; calls come from a
replay. What is on board at each launch is read back by plain pymavlink over a connection of its own.

    python benchmarks/faulty_shift.py [--engine ardupilot] [--minutes 60] [--vehicles 5] [--calls 20]
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.faulty_line import FaultyLine, wait_for
from benchmarks.second_opinion import Auditor, set_pace
from benchmarks.shift_people import Crew, Shift
from dfr.io.files import json_text
from dfr.io.scenario_files import find_scenario, load_world
from dfr.operate.simulated import start_fleet
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.rehearsal.fleet import place_drones
from dfr.sim.events import drone_id
from dfr.store.shift_log import read_shift_log
from dfr.world.model import World
from firmware_sitl.start import RunningVehicle, SitlEngine

SCENARIO = "victorious-2024"
MOST_GAP_S = 10.0
STALLS_S = (3.0, 8.0)
"""One that is waited out, and one that the supervisor takes for a process that hangs."""

CUTS, DEAF, KILLS = 10, 4, 2
LOSS = (0.01, 0.05)
PATIENCE_S = 1800.0
CALM_S = 8.0
"""Real time after a fault, by the vehicle."""

AIR = frozenset({"launch", "taken_on"})
DOWN = frozenset({"landed", "found_down", "called_off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What is tried."""

    engine: SitlEngine = "builtin"
    minutes: float = 60.0
    vehicles: int = 5
    calls: int = 20
    seed: int = 1
    speedup: float = 4.0
    kills: int = KILLS
    cuts: int = CUTS
    deaf: int = DEAF
    stalls_s: Sequence[float] = STALLS_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of it."""

    longest_gap_s: list[float]
    flown: int
    attended: int
    ended: list[int]
    faults: dict[str, int]
    restarts: int
    frames_lost: float
    read_back: int
    differences: list[str]
    log_verifies: bool
    exit_code: int
    not_down: list[str]
    hands_off: list[str]
    vehicle_minutes: float
    wall_minutes: float

    def failures(self, drill: Drill) -> list[str]:
        """What is not as it must be, in words."""
        wrong = [f"{gap:.1f} s without a heartbeat" for gap in self.longest_gap_s if gap > MOST_GAP_S]
        wrong += self.differences
        wrong += [f"not down: {each}" for each in self.not_down]
        if self.ended != list(range(drill.calls)):
            wrong.append(f"calls ended: {self.ended}")
        if not self.log_verifies:
            wrong.append("the log does not verify")
        if self.exit_code:
            wrong.append(f"exit code {self.exit_code}")
        if self.read_back == 0 or self.flown == 0:
            wrong.append("nothing was flown")
        return wrong


class Faults:
    """Injects faults at moments of the vehicles' clock drawn from a seed."""

    def __init__(self, trial: Trial) -> None:
        drill, self._trial = trial.drill, trial
        self._random = random.Random(drill.seed)
        kinds = ["cut"] * drill.cuts + ["deafen"] * drill.deaf + ["kill"] * drill.kills
        kinds += [f"stall {seconds:g}" for seconds in drill.stalls_s]
        self._random.shuffle(kinds)
        whole_s = 60.0 * drill.minutes
        step_s = 0.85 * whole_s / max(1, len(kinds))
        self.due = [
            (0.05 * whole_s + step_s * (n + self._random.random()), kind) for n, kind in enumerate(kinds)
        ]
        self.done: Counter[str] = Counter()

    def inject_due(self, shift_s: float) -> None:
        """Inject the next fault once its time has come, in real time of the vehicles."""
        if not self.due or shift_s < self.due[0][0]:
            return
        _, kind = self.due.pop(0)
        set_pace(self._trial.vehicles, 1.0)
        time.sleep(2.0)
        self._inject(kind)
        self.done[kind.split()[0]] += 1
        time.sleep(CALM_S)
        gaps = " ".join(f"{line.longest_gap_s():.1f}" for line in self._trial.lines)
        print(f"{shift_s / 60:5.1f} min {kind}: longest gaps {gaps} s", flush=True)
        set_pace(self._trial.vehicles, self._trial.drill.speedup)

    def _inject(self, kind: str) -> None:
        shift = self._trial.shift
        wait_for(lambda: shift.pid() != 0, PATIENCE_S, "a process of the shift")
        pid = shift.pid()
        if kind == "cut":
            self._random.choice(self._trial.lines).cut()
        elif kind == "deafen":
            self._random.choice(self._trial.lines).deafen()
        elif kind == "kill":
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: shift.pid() not in {0, pid}, PATIENCE_S, "a new process")
        else:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(float(kind.split()[1]))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class LogTail:
    """The records of a log as they are written."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0
        self.ended = False

    def read_on(self) -> list[dict[str, Any]]:
        """Whole lines since the last time."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        found = []
        for line in whole.splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        self.ended = self.ended or any(record["kind"] == "shift.ended" for record in found)
        return found


@dataclass(slots=True)
class Trial:
    """A shift under way: its vehicles, their lines, its process and who watches it."""

    drill: Drill
    shift: Shift
    vehicles: Sequence[RunningVehicle]
    lines: Sequence[FaultyLine]
    auditor: Auditor
    gaps_s: list[float] = field(default_factory=list)
    passed_s: float = 0.0

    def watch_to_end(self) -> dict[str, int]:
        """Inject faults and let the crew work until the shift has ended; how often which fault was."""
        faults, tail = Faults(self), LogTail(self.shift.out / "log.jsonl")
        begun_s = self.lines[0].vehicle_s or 0.0
        until = time.monotonic() + 60.0 * self.drill.minutes + PATIENCE_S
        with Crew(self.shift) as crew:
            while self.shift.process.poll() is None:
                if time.monotonic() > until:
                    raise TimeoutError(f"the shift does not end: {self.shift.said()[-3000:]}")
                time.sleep(0.3)
                for record in tail.read_on():
                    self.auditor.hear(record)
                if not tail.ended:
                    self.gaps_s = [line.longest_gap_s() for line in self.lines]
                self.passed_s = (self.lines[0].vehicle_s or 0.0) - begun_s
                faults.inject_due(self.passed_s)
                crew.closing = self.passed_s > 60.0 * self.drill.minutes
        self.auditor.close()
        return dict(faults.done)


def run_drill(drill: Drill, folder: Path) -> Figures:
    """One shift under faults, from the first heartbeat to the end of the shift."""
    begun = time.monotonic()
    world, plan = set_up(drill, folder)
    chance = random.Random(drill.seed)
    with ExitStack() as stack:
        vehicles = start_fleet(
            world, plan, drill.vehicles, engine=drill.engine, speedup=drill.speedup, stack=stack
        )
        lines = [
            stack.enter_context(FaultyLine(vehicle.url, loss=chance.uniform(*LOSS), seed=drill.seed + number))
            for number, vehicle in enumerate(vehicles)
        ]
        set_pace(vehicles, 1.0)
        shift = Shift([line.url for line in lines], folder, speedup=drill.speedup)
        stack.callback(shift.process.wait)
        stack.callback(shift.process.terminate)
        wait_for(lambda: all(line.beats for line in lines), PATIENCE_S, "a heartbeat at every vehicle")
        wait_for(lambda: shift.token("lead") != "", PATIENCE_S, "the tokens")
        set_pace(vehicles, drill.speedup)
        auditor = Auditor(world, plan, dict(zip(_drones(drill, plan), vehicles, strict=True)))
        trial = Trial(drill, shift, vehicles, lines, auditor)
        faults = trial.watch_to_end()
        return _figures(trial, faults, wall_s=time.monotonic() - begun)


def _drones(drill: Drill, plan: Plan) -> list[str]:
    docks = place_drones(plan, drill.vehicles)
    return [drone_id(dock.id, number) for dock in docks for number in range(dock.drones)]


def _figures(trial: Trial, faults: dict[str, int], *, wall_s: float) -> Figures:
    """What the log, the lines and the second opinion say."""
    shift, lines, log = trial.shift, trial.lines, read_shift_log(trial.shift.out)
    flights = [record.content for record in log.of_kind("flight")]
    ended = [record.content for record in log.of_kind("call.ended")]
    verb = [sys.executable, "-m", "dfr", "log", "verify", str(shift.out)]
    return Figures(
        longest_gap_s=[round(gap, 2) for gap in trial.gaps_s],
        flown=sum(each["what"] == "launch" for each in flights),
        attended=sum(each["outcome"] == "attended" for each in ended),
        ended=sorted(each["call"] for each in ended),
        faults=faults,
        restarts=shift.said().count("starting it again"),
        frames_lost=round(sum(line.lost for line in lines) / sum(line.passed for line in lines), 4),
        read_back=trial.auditor.read_back,
        differences=trial.auditor.differences,
        log_verifies=log.check.is_whole and _runs(verb),
        exit_code=shift.process.returncode,
        not_down=[*_not_down(flights), *(line.url for line in lines if line.armed)],
        hands_off=[str(each["why"]) for each in flights if each["what"] == "hands_off"],
        vehicle_minutes=round(trial.passed_s / 60.0, 1),
        wall_minutes=round(wall_s / 60.0, 1),
    )


def _runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _not_down(flights: Sequence[Any]) -> list[str]:
    """Flights that went up, of which neither is said that they are down nor a later process took them on."""
    aloft = {each["flight"] for each in flights if each["what"] in AIR}
    down = {each["flight"] for each in flights if each["what"] in DOWN}
    return [f"flight {number}" for number in sorted(aloft - down - _taken_on_later(flights))]


def _taken_on_later(flights: Sequence[Any]) -> set[int]:
    """Flights that a later process took on under another number."""
    drones = {each["flight"]: each["drone"] for each in flights}
    adopted = {each["flight"] for each in flights if each["what"] == "taken_on"}
    return {
        number
        for number, drone in drones.items()
        if any(later > number and drones[later] == drone for later in adopted)
    }


def set_up(drill: Drill, folder: Path) -> tuple[World, Plan]:
    """The festival with a crew for every vehicle, its plan, and calls spread over the time."""
    told = yaml.safe_load(find_scenario(SCENARIO).read_text())
    told["name"] = "drill"
    for shift in told["crew"]["shifts"]:
        shift["remote_pilots"] = shift["safety_pilots"] = drill.vehicles
    scenario = folder / "drill.yaml"
    scenario.write_text(yaml.safe_dump(told, sort_keys=False))
    world = load_world(scenario)
    plan = make_plan(world)
    (folder / "plan.json").write_text(json_text(plan.as_dict()))
    chance = random.Random(drill.seed)
    start = world.scenario.period.start.replace(hour=11, minute=0)
    zones = [zone.id for zone in world.scenario.demand.zones]
    spread_s = 60.0 * drill.minutes * 0.75 / drill.calls
    with (folder / "calls.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time", "priority", "zone", "on_scene_s"])
        for number in range(drill.calls):
            at = start + timedelta(seconds=20.0 + spread_s * (number + chance.random()))
            table.writerow(
                [at.isoformat(), "immediate", chance.choice(zones), f"{chance.uniform(40, 90):.0f}"]
            )
    return world, plan


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("builtin", "ardupilot"), default="builtin")
    for name in ("minutes", "speedup"):
        parser.add_argument(f"--{name}", type=float, default=getattr(Drill(), name))
    for name in ("vehicles", "calls", "seed", "kills", "cuts", "deaf"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Drill(), name))
    parser.add_argument("--keep", type=Path, help="Folder to keep the shift in.")
    given = vars(parser.parse_args())
    keep = given.pop("keep")
    drill = Drill(**given)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) if keep is None else keep
        folder.mkdir(parents=True, exist_ok=True)
        figures = run_drill(drill, folder)
    print(json.dumps(asdict(figures), indent=2))
    wrong = figures.failures(drill)
    print("\n".join(wrong) if wrong else "all held")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
