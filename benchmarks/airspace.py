"""How fast airspace is read and asked, as ratios within one run.

    python benchmarks/airspace.py [--points 1000000] [--zones 500] [--repeat 5] [--markdown]

1. Points in volumes, heights and times included, against the fastest bare shapely route for the
   horizontal part alone: points sorted by x, a mask by box, a prepared `contains_xy`.
2. OpenAir read, geometry built and checked, in lines per second; against `aerofiles`, which only
   parses, where that is installed.
3. Ways through 1,000 zones on 20 x 20 km after indexing, in milliseconds; against the target of 50 ms.

Seconds are processor seconds of this process, and a ratio is the median over pairs of runs one after the
other: other work on the machine costs none of them, but slows both where they wait for memory.
`--markdown` prints the table of docs/performance.md.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import shapely
from airspace_points import ManyPoints

from dfr.geo import Position, VerticalDatum, offset
from dfr.io.airspace.openair import read_openair
from dfr.plan.routing import AvoidedArea, Router
from dfr.scenario.air import ALL_KINDS
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.hours import Activation, TimeInterval
from dfr.world.shapes import area_of_ring
from dfr.world.zones import SURFACE, Zone, vertical_limit

ROUTE_TARGET_MS = 50.0
START = datetime(2024, 8, 24, tzinfo=UTC).timestamp()


def make_airspace(count: int, random: np.random.Generator) -> Airspace:
    """Zones of 100 vertices with limits of three datums; every fifth is active for part of the day."""
    zones = []
    for number in range(count):
        centre = Position(lat_deg=random.uniform(50, 52), lon_deg=random.uniform(-2.5, 0.5))
        radius = random.uniform(800, 6000)
        corners = tuple(
            offset(centre, bearing_deg=b, distance_m=radius * random.uniform(0.8, 1.0))
            for b in np.linspace(0, 360, 100, endpoint=False)
        )
        area = area_of_ring(corners).area
        assert area is not None
        hours = TimeInterval(
            start=datetime.fromtimestamp(START + 3600 * (number % 12), tz=UTC),
            end=datetime.fromtimestamp(START + 3600 * (number % 12 + 6), tz=UTC),
        )
        upper = vertical_limit((100.0, 600.0, 2000.0)[number % 3], VerticalDatum.AMSL)
        lower = SURFACE if number % 2 else vertical_limit(60.0, VerticalDatum.AGL)
        active = Activation(periods=(hours,), otherwise=False) if number % 5 == 0 else Activation()
        zones.append(Zone(name=str(number), kind="P", lower=lower, upper=upper, area=area, activation=active))
    world = tuple(Position(lat_deg=a, lon_deg=b) for a, b in ((49, -3), (53, -3), (53, 1), (49, 1)))
    return Airspace(zones=tuple(zones), coverage=(Coverage(ring=world, kinds=ALL_KINDS),))


def bare(polygons: list[shapely.Polygon], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The horizontal part alone, as fast as shapely does it."""
    order = np.argsort(x)
    x, y = x[order], y[order]
    found = np.zeros(len(x), bool)
    for polygon in polygons:
        west, south, east, north = polygon.bounds
        first, last = np.searchsorted(x, (west, east))
        here = np.flatnonzero((y[first:last] >= south) & (y[first:last] <= north)) + first
        found[here] |= shapely.contains_xy(polygon, x[here], y[here])
    result = np.empty_like(found)
    result[order] = found
    return result


def best_s(work: Callable[[], object], repeat: int) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def in_turn(
    ours: Callable[[], object], theirs: Callable[[], object], repeat: int
) -> tuple[float, float, np.ndarray]:
    """(our shortest run, theirs, how many times ours fit into theirs), the two run one after the other."""
    pairs = np.array([(best_s(ours, 1), best_s(theirs, 1)) for _ in range(repeat)])
    return *pairs.min(axis=0).tolist(), pairs[:, 1] / pairs[:, 0]


def points_per_second(points: int, zones: int, repeat: int) -> dict[str, float]:
    random = np.random.default_rng(7)
    airspace = make_airspace(zones, random)
    lat, lon = random.uniform(50, 52, points), random.uniform(-2.5, 0.5, points)
    height, ground = random.uniform(0, 150, points), random.uniform(0, 80, points)
    moment = START + random.uniform(0, 86_400, points)
    polygons = [zone.area.polygon for zone in airspace.zones]
    shapely.prepare(polygons)
    many = ManyPoints(airspace)

    def ours() -> np.ndarray:
        return many.states(lat, lon, height_m_agl=height, time_s=moment, ground_m_amsl=ground)

    ours_s, horizontal_s, ratios = in_turn(ours, lambda: bare(polygons, lon, lat), repeat)
    return {
        "bare_points_per_s": points / horizontal_s,
        "dfr_points_per_s": points / ours_s,
        "ratio": float(np.median(ratios)),
    }


def openair_text(records: int) -> bytes:
    """Records as national files have them: circles, arcs and polygons."""
    random = np.random.default_rng(3)
    lines = []
    for number in range(records):
        lat, lon = random.uniform(48, 54), random.uniform(0, 12)
        lines += [f"AC {'RDCPQ'[number % 5]}", f"AN ZONE {number}", "AH FL95", "AL 1500ft MSL"]
        if number % 4 == 0:
            lines += [f"V X={dms(lat, 'N')} {dms(lon, 'E')}", "DC 2.5"]
            continue
        corners = int(random.integers(4, 24))
        for angle in np.linspace(0, 2 * np.pi, corners, endpoint=False):
            lines.append(f"DP {dms(lat + 0.1 * np.cos(angle), 'N')} {dms(lon + 0.15 * np.sin(angle), 'E')}")
        lines.append("*")
    return "\n".join(lines).encode()


def dms(degrees: float, letter: str) -> str:
    seconds = round(abs(degrees) * 3600)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d} {letter}"


def lines_per_second(repeat: int) -> dict[str, float]:
    data = openair_text(3000)
    lines = data.count(b"\n") + 1

    def ours() -> None:
        read_openair(data, name="bench")

    try:
        from aerofiles.openair import Reader
    except ImportError:
        return {"dfr_lines_per_s": lines / best_s(ours, repeat)}

    def theirs() -> None:
        list(Reader(io.StringIO(data.decode())))

    dfr_s, aerofiles_s, ratios = in_turn(ours, theirs, 3 * repeat)
    return {
        "dfr_lines_per_s": lines / dfr_s,
        "aerofiles_lines_per_s": lines / aerofiles_s,
        "ratio": float(np.median(ratios)),
        "ratio_p10": float(np.percentile(ratios, 10)),
    }


def route_field(count: int, seed: int) -> tuple[Router, list[tuple[float, float]]]:
    """(the indexed field, forty places free of zones)."""
    random = np.random.default_rng(seed)
    zones = []
    while len(zones) < count:
        corners = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(4, 14))))
        radius, middle = random.uniform(60, 350), random.uniform(0, 20_000, 2)
        ring = middle + radius * np.column_stack((np.cos(corners), np.sin(corners)))
        hull = shapely.MultiPoint(ring).convex_hull
        if hull.geom_type == "Polygon":
            zones.append(AvoidedArea(name=str(len(zones)), area=hull, margin_m=20.0))
    router = Router(shapely.box(-1000, -1000, 21_000, 21_000), zones, margin_m=10.0)
    places: list[tuple[float, float]] = []
    while len(places) < 40:
        place = random.uniform(0, 20_000, 2)
        if shapely.intersects_xy(router.free, *place):
            places.append((float(place[0]), float(place[1])))
    return router, places


def milliseconds_per_route(zones: int) -> dict[str, float]:
    times: list[float] = []
    for seed in (1, 2, 3):
        router, places = route_field(zones, seed)
        for start, target in zip(places[::2], places[1::2], strict=True):
            times.append(1e3 * best_s(lambda a=start, b=target, r=router: r.find_path(a, b), 1))
    median = float(np.median(times))
    return {
        "median_ms": median,
        "p90_ms": float(np.percentile(times, 90)),
        "target_ms": ROUTE_TARGET_MS,
        "ratio": ROUTE_TARGET_MS / median,
    }


def as_markdown(report: dict[str, dict[str, float]]) -> str:
    """The table of docs/performance.md."""
    lines = ["| what | measured | against | ratio | target |", "|---|---|---|---|---|"]
    points, openair, routes = report["points_in_volumes"], report["openair"], report["routes"]
    lines.append(
        f"| points in volumes | {points['dfr_points_per_s'] / 1e6:.2f} M/s "
        f"| bare shapely {points['bare_points_per_s'] / 1e6:.2f} M/s | {points['ratio']:.2f} | 0.8 |"
    )
    other = openair.get("aerofiles_lines_per_s")
    against = (
        "aerofiles not installed" if other is None else f"aerofiles, parsing only, {other / 1e3:.0f} k/s"
    )
    ratio = "" if other is None else f"{openair['ratio']:.2f} (p10 {openair['ratio_p10']:.2f})"
    lines.append(
        f"| OpenAir lines | {openair['dfr_lines_per_s'] / 1e3:.0f} k/s | {against} | {ratio} | 1.0 |"
    )
    lines.append(
        f"| a way through 1,000 zones | {routes['median_ms']:.0f} ms median, {routes['p90_ms']:.0f} ms p90 "
        f"| {routes['target_ms']:.0f} ms | {routes['ratio']:.2f} | 1.0 |"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--zones", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    report = {
        "points_in_volumes": points_per_second(options.points, options.zones, options.repeat),
        "openair": lines_per_second(options.repeat),
        "routes": milliseconds_per_route(1000),
    }
    print(as_markdown(report) if options.markdown else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
