"""How long the plan of a whole force area takes.

`python benchmarks/force.py [--write FILE] [--zones N] [--sites N] [--hours N] [--points] [--siting]`:
a force area drawn at random from a seed, in the likeness of the shipped urban-fringe-999: zones and candidate
sites scattered over 20 by 20 km, hourly winds that wander as weather does. With --points each zone is a
single place of calls in a table (`demand.points`). It is planned as `dfr plan` does; with --siting only its
docks are chosen. As one JSON document on stdout: seconds by the clock and of processor time, peak memory, the
proven gap, the load of the machine. How these grow: `benchmarks/growth.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import yaml

from dfr.api.planning import load_scenario
from dfr.geo import LocalFrame, Position
from dfr.io.scenario_files import find_scenario
from dfr.plan.objectives import SitingObjective, site_docks
from dfr.plan.planner import candidate_layouts, make_plan
from dfr.world.model import World

LIKE = "urban-fringe-999"
SIDE_M = 20_000.0
ZONE_M = 800.0
FIRST = datetime(2024, 1, 8)  # noqa: DTZ001 - a scenario is written in local time
DOCKS, CALLS_A_DAY = 8, 300


def wandering_winds(hours: int, rng: np.random.Generator) -> list[list[object]]:
    """Weather rows: winds of mean 4 m/s that keep 97 % of themselves from hour to hour."""
    east = north = 0.0
    rows: list[list[object]] = []
    for hour in range(hours):
        east, north = (0.97 * part + 0.7 * float(rng.normal()) for part in (east, north))
        speed, blows = (
            math.hypot(east + 2.0, north + 2.0),
            math.degrees(math.atan2(-east - 2.0, -north - 2.0)),
        )
        start = FIRST + timedelta(hours=hour)
        warm = 9.0 - 4.0 * math.cos(2.0 * math.pi * (start.hour - 3) / 24.0)
        row = [start.strftime("%Y-%m-%d %H:%M"), round(speed, 1), round(blows % 360.0), None, 0.0, 20000]
        rows.append([*row, round(warm, 1)])
    return rows


POINTS = "points.csv"


Area = tuple[dict[str, Any], str]
"""A scenario as it is written in YAML, and the table of places of calls that it names."""


def force_area(
    zones: int,
    sites: int,
    hours: int,
    seed: int,
    *,
    points: bool = False,
    docks: int = DOCKS,
    calls: int = CALLS_A_DAY,
) -> Area:
    """A force area of such a size, with so many calls a day."""
    rng = np.random.default_rng(seed)
    document: dict[str, Any] = yaml.safe_load(Path(str(find_scenario(LIKE))).read_text())
    frame = LocalFrame(Position(**document["site"]["centre"]))

    def corner(east_m: float, north_m: float) -> list[float]:
        place = frame.position(east_m, north_m)
        return [round(place.lat_deg, 6), round(place.lon_deg, 6)]

    def square(east_m: float, north_m: float, half_m: float) -> list[list[float]]:
        return [
            corner(east_m + a * half_m, north_m + b * half_m) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]

    half = SIDE_M / 2.0
    demand = rng.uniform(-half + ZONE_M, half - ZONE_M, (zones, 2))
    places = rng.uniform(-half + 100.0, half - 100.0, (sites, 2))
    weights = rng.gamma(1.0, 1.0, zones)
    shares = [float(share) for share in weights / weights.sum()]
    end = FIRST + timedelta(hours=hours)
    days = [(FIRST + timedelta(days=day)).strftime("%Y-%m-%d") for day in range(math.ceil(hours / 24))]
    document["zone"] = "UTC"  # a year of hours has no clock change then
    document["name"] = f"force-{zones}-{sites}-{hours}"
    document["title"] = f"A force area drawn at random, seed {seed}"
    document["period"] = {"start": f"{FIRST:%Y-%m-%d %H:%M}", "end": f"{end:%Y-%m-%d %H:%M}"}
    document["site"]["boundary"]["ring"] = square(0.0, 0.0, half)
    document["site"]["water"] = []
    document["candidates"]["sites"] = [
        {
            "id": f"s{j}",
            "name": f"Site {j}",
            **dict(zip(("lat_deg", "lon_deg"), corner(*places[j]), strict=True)),
            "power": "mains",
            "access": "yard",
            "sky_view": 0.9,
        }
        for j in range(sites)
    ]
    document["fleet"]["docks"] = min(docks, sites)
    document["crew"]["shifts"] = [
        {
            "start": f"{FIRST:%Y-%m-%d %H:%M}",
            "end": f"{end:%Y-%m-%d %H:%M}",
            "remote_pilots": 4,
            "safety_pilots": 0,
        }
    ]
    document["demand"]["zones"]["areas"] = [
        {"id": f"z{i}", "name": f"Zone {i}", "share": shares[i], "area": square(*demand[i], ZONE_M / 2.0)}
        for i in range(zones)
    ]
    table = "lat,lon,calls\n"
    if points:
        del document["demand"]["zones"]
        document["demand"]["points"] = {"file": POINTS, "cell_m": 0, "source": "drawn at random"}
        rows = ("{},{},{:.6g}".format(*corner(*demand[i]), shares[i]) for i in range(zones))
        table += "\n".join(rows) + "\n"
    document["demand"]["days"]["totals"] = [{"date": day, "calls": calls} for day in days]
    document["weather"]["rows"] = wandering_winds(hours, rng)
    document["airspace"], document["traffic"] = [], []
    return document, table


def write_area(path: Path, area: Area) -> None:
    """The files of a scenario."""
    path.write_text(yaml.safe_dump(area[0], sort_keys=False))
    (path.parent / POINTS).write_text(area[1])


def load_area(area: Area) -> World:
    """The world of a scenario, by way of its files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "force.yaml"
        write_area(path, area)
        return load_scenario(path)


def site(world: World) -> dict[str, object]:
    """What siting the docks finds."""
    layouts, windows = candidate_layouts(world)
    _, by = site_docks(layouts, world.scenario.fleet.docks, SitingObjective())
    return {"hours_planned": sum(window.flyable for window in windows), "share": by.value, "gap": by.gap}


def plan(world: World) -> dict[str, object]:
    """What the whole plan finds."""
    made = make_plan(world)
    return {
        "hours_planned": sum(hour.flyable for hour in made.coverage_by_hour),
        "share": made.objective,
        "gap": made.gap,
        "gap_beside": max((gain.bound - gain.share) / gain.share for gain in made.layouts),
    }


def measure(area: Area, find: Callable[[World], dict[str, object]]) -> dict[str, object]:
    """What planning or siting a scenario takes, from its file on."""
    started, clock = process_time(), perf_counter()
    found = find(load_area(area))
    return {
        "seconds": process_time() - started,
        "wall_seconds": perf_counter() - clock,
        "load": os.getloadavg()[0],
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        **found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="write the scenario to this file, and measure nothing")
    parser.add_argument("--zones", type=int, default=50)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--hours", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", action="store_true", help="each zone is a single place of calls")
    parser.add_argument("--siting", action="store_true", help="choose the docks, and plan nothing else")
    chosen = parser.parse_args()
    sizes = {"zones": chosen.zones, "sites": chosen.sites, "hours": chosen.hours}
    area = force_area(**sizes, seed=chosen.seed, points=chosen.points)
    if chosen.write is not None:
        write_area(chosen.write, area)
        return
    report = {**sizes, **measure(area, site if chosen.siting else plan)}
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
