"""The scenario that `dfr init` writes: a plausible deployment round one point, every figure marked assumed.

The words are in `scenario_template.yaml`; here are the places, days and rows that go into it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from string import Template
from zoneinfo import ZoneInfo

import numpy as np

from dfr.geo import LocalFrame, Position
from dfr.io.airspace.files import load_airspace
from dfr.io.scenario_files import shipped_folder
from dfr.plan.rules import JURISDICTIONS
from dfr.scenario.air import AirspaceFile
from dfr.scenario.model import OperationKind, Period
from dfr.world.countries import rules_at
from dfr.world.demand import hour_slots

EastNorth = tuple[float, float]

POST_RANGE_M = 500.0
POST_SPACING_M = 600.0
"""Posts on a square grid this wide see every point between them (its diagonal is under twice the range)."""

NO_AIRSPACE = " []                           # nothing shipped covers the site: - {file, date, source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRequest:
    """What a new deployment is written for. `ground_m_amsl` and `authorisation` None: not given.

    `rules` is the key of a jurisdiction, None for that of the place where one is sure. `said_by` is who or
    what says that no people gather, that the posts are good and how high the ground is. Calls are expected
    from `opens_h` to `closes_h` (24: midnight) of each day.
    """

    name: str
    site: Position
    first_day: date
    days: int
    zone: ZoneInfo
    radius_m: float
    docks: int
    drone: str
    dock: str
    operation: OperationKind
    ground_m_amsl: float | None
    authorisation: str | None = None
    no_crowd: bool = False
    posts_confirmed: bool = False
    said_by: str | None = None
    title: str = ""
    rules: str | None = None
    opens_h: int = 10
    closes_h: int = 22


def write_scenario_template(request: ScenarioRequest) -> str:
    """The YAML of a scenario that loads clean; what only the team can know is unknown unless given."""
    frame, radius_m, airspace = LocalFrame(request.site), request.radius_m, _shipped_airspace(request.site)
    rules = request.rules or next(iter(rules_at(request.site)), "none")
    seen = request.operation is not OperationKind.BVLOS
    days = [request.first_day + timedelta(days=number) for number in range(request.days)]
    looked = request.said_by if request.posts_confirmed else None
    posts = list(_write_posts(frame, radius_m, confirmed_by=looked)) if seen else []
    observers = max(request.docks, len(posts) - request.docks) if seen else 0
    crew = f"remote_pilots: {request.docks}, safety_pilots: {observers}"
    return Template(files("dfr.io").joinpath("scenario_template.yaml").read_text("utf-8")).substitute(
        name=request.name,
        zone=request.zone.key,
        title=json.dumps(request.title or request.name, ensure_ascii=False),
        jurisdiction=rules,
        crowd_margin=f"{JURISDICTIONS[rules].crowd_stand_off_m.value:g}",
        start=_write_clock(days[0], request.opens_h),
        end=_write_clock(days[-1], request.closes_h),
        lat=f"{request.site.lat_deg:.6f}",
        lon=f"{request.site.lon_deg:.6f}",
        boundary=_write_ring(frame, [_polar_point(radius_m, 30.0 * k) for k in range(12)]),
        radius_m=f"{radius_m:g}",
        ground=_write_ground(request.ground_m_amsl, request.said_by),
        candidates="\n".join(_write_candidates(frame, radius_m)),
        drone=request.drone,
        dock=request.dock,
        docks=request.docks,
        shifts="\n".join(
            f"    - {{start: {_write_clock(day, request.opens_h)}, "
            f"end: {_write_clock(day, request.closes_h)}, {crew}}}"
            for day in days
        ),
        hour_weights=[int(request.opens_h <= hour < request.closes_h) for hour in range(24)],
        observers=int(seen),
        operation=request.operation,
        posts="".join(f"\n{line}" for line in posts) or " []",
        crowds="[]  " if request.no_crowd else "null",
        sources=f"{{crowds: {_quote(request.said_by)}}}" if request.no_crowd else "{}",
        authorisation=_write_permission(request),
        zones="\n".join(_write_zones(frame, radius_m)),
        totals="\n".join(f"      - {{date: {day}, calls: 20}}" for day in days),
        weather="\n".join(_write_weather(request, days)),
        airspace=airspace or NO_AIRSPACE,
        rally=_write_ring(frame, [_polar_point(0.3 * radius_m, bearing) for bearing in (0.0, 180.0)]),
    )


def _write_permission(request: ScenarioRequest) -> str:
    """The document as given, its clauses to be filled in; null without one."""
    if request.authorisation is None:
        return "authorisation: null                 # the document that permits it: see `dfr schema`"
    last = request.first_day + timedelta(days=request.days - 1)
    lines = (
        "authorisation:                       # what the document does not say is not allowed",
        f"    reference: {json.dumps(request.authorisation)}",
        "    issuer: to be filled in",
        f"    valid_from: {request.first_day}",
        f"    valid_to: {last}",
        "    allows:                            # also night, crowd_stand_off_m, ...: see `dfr schema`",
        f'      kind: {{value: [{request.operation}], clause: "to be filled in"}}',
        "    assumed: true                      # remove it once these are the document's clauses",
        "    note: written by dfr init from the reference alone",
    )
    return "\n".join(lines)


def _quote(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def _write_ground(height_m: float | None, said_by: str | None) -> str:
    """The height as given, else unknown: a guess would make heights look checked."""
    if height_m is not None and said_by is not None:
        return f"{{value: {height_m:g}, source: {_quote(said_by)}}}"
    if height_m is not None:
        return f"{{value: {height_m:g}, assumed: true, note: given to dfr init without who says so}}"
    return "null                  # unknown: put in {value, source}; until then checks are unknown"


def _write_candidates(frame: LocalFrame, radius_m: float) -> Iterator[str]:
    for k in range(8):
        where = frame.position(*_polar_point(0.55 * radius_m, 22.5 + 45.0 * k))
        yield (
            f"    - {{id: site-{k + 1}, name: Site {k + 1}, {_write_point(where)}, power: generator, "
            "access: unknown, sky_view: 0.9}"
        )


def _write_posts(frame: LocalFrame, radius_m: float, *, confirmed_by: str | None) -> Iterator[str]:
    """Posts that see the whole keep-in: a grid of them, those outside moved in."""
    count = max(1, math.ceil(2.0 * radius_m / POST_SPACING_M))
    steps = (np.arange(count) - (count - 1) / 2.0) * POST_SPACING_M
    points = [(float(east), float(north)) for east in steps for north in steps]
    reach_m = radius_m + POST_SPACING_M / math.sqrt(2.0)
    for number, point in enumerate((p for p in points if math.hypot(*p) <= reach_m), start=1):
        inside = min(1.0, 0.95 * radius_m / max(1.0, math.hypot(*point)))
        where = frame.position(point[0] * inside, point[1] * inside)
        sees = f"{{value: {POST_RANGE_M:g}, assumed: true, note: VLOS is no distance; put in your own}}"
        stood = f", confirmed_by: {_quote(confirmed_by)}" if confirmed_by else ", confirmed: false"
        yield f"    - {{id: post-{number}, {_write_point(where)}{stood}, range_m: {sees}}}"


def _write_zones(frame: LocalFrame, radius_m: float) -> Iterator[str]:
    half = 0.25 * radius_m
    square = [(-half, half), (half, half), (half, -half), (-half, -half)]
    yield f"      - {{id: centre, name: Centre, share: 0.4, area: {_write_ring(frame, square)}}}"
    for name, bearing in (("north", 0.0), ("east", 90.0), ("south", 180.0), ("west", 270.0)):
        corners = ((0.45, -35.0), (0.85, -35.0), (0.85, 35.0), (0.45, 35.0))
        area = _write_ring(frame, [_polar_point(part * radius_m, bearing + turn) for part, turn in corners])
        yield f"      - {{id: {name}, name: {name.title()}, share: 0.15, area: {area}}}"


def _local_time(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """An hour of a day; 24 is midnight at its end."""
    day += timedelta(days=hour // 24)
    return datetime(day.year, day.month, day.day, hour % 24, tzinfo=zone)


def _write_clock(day: date, hour: int) -> str:
    return f"{day + timedelta(days=hour // 24)} {hour % 24:02d}:00"


def _write_weather(request: ScenarioRequest, days: Sequence[date]) -> Iterator[str]:
    """A fair day with a sea breeze, hour by hour; the repeated hour of autumn says which it is."""
    start = _local_time(days[0], request.opens_h, request.zone)
    end = _local_time(days[-1], request.closes_h, request.zone)
    for slot in hour_slots(Period(start=start, end=end, zone=request.zone)):
        moment = slot.start
        twice = moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
        clock = f"{moment:%Y-%m-%d %H:%M}" + (moment.isoformat()[-6:] if twice else "")
        warmth = math.sin(math.pi * (moment.hour - 8) / 12.0)
        wind_mps, temperature_c = 4.5 + 1.5 * warmth, 16.0 + 4.0 * warmth
        yield f"    - [{clock}, {wind_mps:.1f}, 240, null, 0, 20000, {temperature_c:.1f}]"


def _shipped_airspace(site: Position) -> str:
    """The list of the shipped airspace files that cover the site, '' where there is none."""
    rows = []
    for path in sorted(shipped_folder("airspace").glob("*.txt")):
        airspace = load_airspace([AirspaceFile(path=str(path), date="", source="")])
        if airspace.covers(site):
            date_of = airspace.sources[0].date
            rows.append(
                f"\n  - {{file: {path.name}, date: {date_of}, source: shipped with dfr; load today's}}"
            )
    return "".join(rows)


def _polar_point(radius_m: float, bearing_deg: float) -> EastNorth:
    angle_rad = math.radians(bearing_deg)
    return radius_m * math.sin(angle_rad), radius_m * math.cos(angle_rad)


def _write_point(where: Position) -> str:
    return f"lat_deg: {where.lat_deg:.6f}, lon_deg: {where.lon_deg:.6f}"


def _write_ring(frame: LocalFrame, points: Sequence[EastNorth]) -> str:
    corners = (frame.position(*point) for point in points)
    return "[" + ", ".join(f"[{p.lat_deg:.6f}, {p.lon_deg:.6f}]" for p in corners) + "]"
