"""How many modules a reader meets: following a verb, or one value from where it enters to where it leaves.

    python docs/follow.py verbs      modules whose functions run in `dfr check` and `dfr simulate`
    python docs/follow.py values     modules whose functions hold each of three values, in order

A function holds a value where one of its variables, or a field of one, equals it when the function returns.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = ROOT / "scenarios" / "victorious-2024.yaml"
PACKAGES = (str(ROOT / "dfr"), str(ROOT / "firmware_sitl"))

Look = Callable[[FrameType, Any], bool]


class Reader:
    """Notes the modules of which a function runs, where `looks_at` says that it counts.

    A comprehension that runs while its module is imported is no function: nobody reads it to follow a verb.
    """

    def __init__(self, looks_at: Look = lambda frame, answer: True) -> None:
        self.looks_at = looks_at
        self.modules: dict[str, str] = {}

    def __enter__(self) -> Reader:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, answer: Any) -> None:
        code = frame.f_code
        if event != "return" or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        if not code.co_filename.startswith(PACKAGES) or _is_importing(frame):
            return
        module = str(Path(code.co_filename).relative_to(ROOT).with_suffix("")).replace("/", ".")
        if module not in self.modules and self.looks_at(frame, answer):
            self.modules[module] = code.co_name


def _is_importing(frame: FrameType) -> bool:
    """Whether a frame is of a comprehension in the body of a module."""
    caller = frame.f_back
    return (
        caller is not None and caller.f_code.co_name == "<module>" and frame.f_code.co_name.endswith("comp>")
    )


def holding(*values: float) -> Look:
    """Whether a function holds one of these values when it returns."""

    def looks(frame: FrameType, answer: Any) -> bool:
        return any(_holds(thing, values) for thing in (*frame.f_locals.values(), answer))

    return looks


def _holds(thing: object, values: tuple[float, ...], *, deep: bool = True) -> bool:
    if isinstance(thing, (int, float)) and not isinstance(thing, bool):
        return any(abs(thing - value) <= 1e-9 * abs(value) for value in values)
    if isinstance(thing, np.ndarray) and thing.dtype.kind in "fi":
        return any(bool(np.any(np.isclose(thing, value, rtol=1e-9, atol=0.0))) for value in values)
    return deep and any(_holds(part, values, deep=False) for part in _parts(thing))


def _parts(thing: object) -> Iterator[object]:
    if is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            with contextlib.suppress(AttributeError):
                yield getattr(thing, field.name)
    elif isinstance(thing, (tuple, list)) and len(thing) < 50:
        yield from thing
    elif isinstance(thing, dict) and len(thing) < 50:
        yield from thing.values()


def verbs() -> None:
    """Print how many modules each verb meets."""
    from dfr.cli.main import app

    scenario = str(SCENARIO)
    for words in (["check", scenario], ["simulate", scenario, "--replications", "2", "--jobs", "1"]):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit), Reader() as met:
            app(words, standalone_mode=False)
        rooms: dict[str, int] = {}
        for module in met.modules:
            room = ".".join(module.split(".")[:2])
            rooms[room] = rooms.get(room, 0) + 1
        where = ", ".join(f"{count} {room}" for room, count in sorted(rooms.items()))
        sys.stdout.write(f"dfr {words[0]}: {len(met.modules)} modules: {where}\n")


def values() -> None:
    """Print where three values go: a coordinate, a call and a wind."""
    for name, followed in (
        ("a coordinate, from YAML to MISSION_ITEM_INT", coordinate),
        ("a call, from CSV to a key figure", call),
        ("a METAR wind, from its text to a landing", wind),
    ):
        met = followed()
        sys.stdout.write(f"{name}: {len(met)} modules: {', '.join(met)}\n")


def coordinate() -> dict[str, str]:
    """The latitude of a dock, to the integers of its mission items."""
    from dfr.io.scenario_files import load_world
    from dfr.mission.compile import compile_dispatch
    from dfr.mission.wire import wire_lists
    from dfr.plan.planner import make_plan

    lat_deg = 50.78261234
    moved = scenario_with({"lat_deg: 50.7826\n": f"lat_deg: {lat_deg}\n"})
    with moved as path, Reader(holding(lat_deg, round(lat_deg * 1e7))) as met:
        world = load_world(path)
        plan = make_plan(world)
        wire_lists(compile_dispatch(world, plan, site_id="naval-memorial", zone_id="common-stage"))
    return met.modules


def call() -> dict[str, str]:
    """The moment of a logged call, in seconds of the simulation, to the figures made of its record."""
    from dfr.io.call_files import read_calls
    from dfr.io.scenario_files import find_scenario, load_world
    from dfr.metrics.kpi import summarise
    from dfr.plan.planner import make_plan
    from dfr.sim.build import sim_inputs
    from dfr.sim.experiment import simulate_inputs

    world = load_world(find_scenario(str(SCENARIO)))
    inputs = sim_inputs(world, make_plan(world))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "calls.csv"
        log.write_text("time,zone,priority\n2024-08-24T18:02:11.137+01:00,castle-stage,immediate\n")
        called_s = read_calls(log, world)[0].t_s
        with Reader(holding(called_s)) as met:
            run = simulate_inputs(replace(inputs, trace=read_calls(log, world)), replications=1, seed=1)
            summarise(run.records, inputs.deployment, seed=1)
    return met.modules


def wind() -> dict[str, str]:
    """The wind of a METAR, in metres a second, to the touchdowns simulated in it."""
    from dfr.io.scenario_files import DayFiles, find_scenario, load_world, with_day_files
    from dfr.io.weather.files import WeatherFiles
    from dfr.plan.planner import make_plan
    from dfr.sim.build import sim_inputs
    from dfr.units import kt_to_mps

    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "metar.txt"
        report.write_text("METAR EGHI 241420Z 23013KT 9999 FEW030 18/12 Q1016=\n")
        with Reader(holding(kt_to_mps(13.0))) as met:
            world = load_world(find_scenario(str(SCENARIO)))
            world = with_day_files(world, DayFiles(weather=WeatherFiles(metar=report)))
            sim_inputs(world, make_plan(world))
    return met.modules


@contextlib.contextmanager
def scenario_with(changes: dict[str, str]) -> Iterator[Path]:
    """A copy of the scenario beside it, with some of its text changed."""
    text = SCENARIO.read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    path = SCENARIO.with_name("followed.yaml")
    path.write_text(text, encoding="utf-8")
    try:
        yield path
    finally:
        path.unlink()


if __name__ == "__main__":
    if "verbs" in sys.argv[1:]:
        verbs()
    if "values" in sys.argv[1:]:
        values()
