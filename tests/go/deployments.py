"""Deployments that may be flown, built from the template of `dfr init` by stating every fact that a go needs.

Air data are small files of our own around each place: an aerodrome and a zone for unmanned aircraft, both
far enough away.
"""

from __future__ import annotations

import copy
import json
import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from dfr.geo import Position
from dfr.io.scenario_files import load_world
from dfr.io.scenario_template import ScenarioRequest, write_scenario_template
from dfr.io.weather.files import WeatherFiles, with_weather
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.plan.rules import JURISDICTIONS
from dfr.plan.verdict import Verdict, verdict_of
from dfr.scenario.model import OperationKind
from dfr.world.model import World

Data = dict[str, Any]

DAY = date(2027, 6, 12)
AWAY_DEG = 0.28
COVER_DEG = 0.4


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a deployment is, and what its country asks for beside the facts that all need."""

    name: str
    lat_deg: float
    lon_deg: float
    zone: str
    country: str
    changes: tuple[tuple[str, Any], ...] = ()


@cache
def _template(name: str, lat_deg: float, lon_deg: float, zone: str) -> Data:
    """What `dfr init` writes for a place; not to be changed, but copied."""
    wish = ScenarioRequest(
        name=name,
        site=Position(lat_deg=lat_deg, lon_deg=lon_deg),
        first_day=DAY,
        days=1,
        zone=ZoneInfo(zone),
        radius_m=400.0,
        docks=1,
        drone="dji-m3td",
        dock="dji-dock-2",
        operation=OperationKind.VLOS,
        ground_m_amsl=None,
    )
    template: Data = yaml.safe_load(write_scenario_template(wish))
    return template


def ready(place: Place) -> Data:
    """A deployment at a place with every fact stated, from 12 to 16 h local time of one day."""
    data = copy.deepcopy(_template(place.name, place.lat_deg, place.lon_deg, place.zone))
    _state_the_site(data)
    _state_the_permission(data)
    _answer_what_is_open(data)
    _state_the_air(data, place)
    _shorten(data)
    for path, value in place.changes:
        put(data, path, value)
    return data


def _state_the_site(data: Data) -> None:
    _measured(data["site"]["boundary"], "licence plan of the event")
    data["site"]["ground_m_amsl"] = {"value": 40, "source": "the national height model"}
    data["site"]["crowds"] = []
    data["site"]["water"] = []
    _measured(data["candidates"], "walked with the site manager")
    _measured(data["demand"]["zones"], "calls of last year's event")
    for post in data["operation"]["posts"]:
        post["confirmed"] = True


def _state_the_permission(data: Data) -> None:
    data["operation"]["basis"] = "the operator's authorisation"
    data["operation"]["authorisation"] = {
        "reference": "OA 12345",
        "issuer": "the national authority",
        "valid_from": f"{DAY - timedelta(days=90)}",
        "valid_to": f"{DAY + timedelta(days=90)}",
        "allows": {"kind": {"value": ["VLOS"], "clause": "3.1 flights in sight of the pilot"}},
    }


def _answer_what_is_open(data: Data) -> None:
    """What the rules of the country leave to others, each by a reference."""
    data["answers"] = [
        {"topic": topic.id, "answer": "looked up by the legal service", "reference": "Opinion 7/2027"}
        for topic in JURISDICTIONS[data["jurisdiction"]].open_topics
    ]


def _state_the_air(data: Data, place: Place) -> None:
    covers = around(place, COVER_DEG)
    data["airspace"] = [
        {
            "file": "aip.txt",
            "date": f"{DAY - timedelta(days=3)}",
            "source": "the national AIP",
            "covers": covers,
            "kinds": ["airspace", "aerodrome zones"],
        },
        {
            "file": "zones.geojson",
            "date": f"{DAY - timedelta(days=3)}",
            "source": "the national dataset of zones for unmanned aircraft",
            "covers": covers,
            "kinds": ["unmanned-aircraft zones"],
        },
    ]
    data["notams"] = {"read_by": "the control room", "read_at": f"{DAY} 07:00", "activated": []}
    data["obstacles"] = {"surveyed_by": "the site manager", "read_at": f"{DAY}", "tallest_m_agl": 12.0}


def _shorten(data: Data) -> None:
    """Four hours by day: as much as a verdict needs."""
    start, end = f"{DAY} 12:00", f"{DAY} 16:00"
    data["period"] = {"start": start, "end": end}
    for shift in data["crew"]["shifts"]:
        shift |= {"start": start, "end": end}
    columns = data["weather"].pop("columns")
    rows = data["weather"].pop("rows")
    hours = [dict(zip(columns, row, strict=True)) for row in rows]
    data["weather"]["hours"] = [
        hour | {"gust_mps": 8.0} for hour in hours if start <= str(hour["start"]) < end
    ]
    _measured(data["weather"], "forecast of the national weather service")


def _measured(block: Data, source: str) -> None:
    """A block that was assumed, now from a source."""
    block.pop("assumed", None)
    block.pop("confirmed", None)
    block.pop("note", None)
    block["source"] = source


def around(place: Place, half_deg: float) -> list[list[float]]:
    """Corners of a square about a place, [lat, lon], as wide in metres as it is high."""
    wide = half_deg / math.cos(math.radians(place.lat_deg))
    lat, lon = place.lat_deg, place.lon_deg
    return [
        [lat - half_deg, lon - wide],
        [lat - half_deg, lon + wide],
        [lat + half_deg, lon + wide],
        [lat + half_deg, lon - wide],
    ]


def put(data: Data, path: str, value: Any) -> None:
    """Set what stands at a path such as `site.crowds` or `airspace.0.date`."""
    *parents, last = path.split(".")
    item: Any = data
    for key in parents:
        item = item[int(key) if isinstance(item, list) else key]
    item[int(last) if isinstance(item, list) else last] = value


def changed(data: Data, *changes: tuple[str, Any]) -> Data:
    """A copy with some paths set."""
    copied = copy.deepcopy(data)
    for path, value in changes:
        put(copied, path, value)
    return copied


def openair(
    name: str, kind: str, lat_deg: float, lon_deg: float, *, radius_nm: float = 2.0, lower: str = "SFC"
) -> str:
    """One circle of an OpenAir file."""
    centre = f"{_dms(lat_deg, 'NS', 2)} {_dms(lon_deg, 'EW', 3)}"
    return f"AC {kind}\nAN {name}\nAL {lower}\nAH 2000ft AMSL\nV X={centre}\nDC {radius_nm}\n\n"


def _dms(value: float, letters: str, digits: int) -> str:
    seconds = round(abs(value) * 3600)
    degrees, rest = divmod(seconds, 3600)
    return f"{degrees:0{digits}d}:{rest // 60:02d}:{rest % 60:02d} {letters[value < 0]}"


def zones(name: str, kind: str, ring: list[list[float]]) -> str:
    """One zone for unmanned aircraft as GeoJSON; corners are [lat, lon]."""
    corners = [[lon, lat] for lat, lon in [*ring, ring[0]]]
    feature = {
        "type": "Feature",
        "properties": {"name": name, "type": kind, "lower": "SFC", "upper": "2000ft AMSL"},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def air_files(place: Place) -> dict[str, str]:
    """The air data of a place by file name: what there is lies some 30 km to the north."""
    north = Place(
        name="",
        lat_deg=place.lat_deg + AWAY_DEG,
        lon_deg=place.lon_deg,
        zone=place.zone,
        country=place.country,
    )
    return {
        "aip.txt": openair("FARM ATZ", "ATZ", north.lat_deg, north.lon_deg),
        "zones.geojson": zones("FARM FRZ", "FRZ", around(north, 0.02)),
    }


def _forecast(data: Data) -> str:
    """The hours of a deployment as a forecast of the day."""
    columns = ("wind_mps", "wind_from_deg", "gust_mps", "rain_mm_h", "visibility_m", "temperature_c")
    rows = [
        ",".join([str(hour["start"])[:16].replace(" ", "T"), *(str(hour[name]) for name in columns)])
        for hour in data["weather"]["hours"]
    ]
    return "\n".join([",".join(("time", *columns)), *rows]) + "\n"


def planned(folder: Path, data: Data, files: dict[str, str], *, forecast: bool = True) -> tuple[World, Plan]:
    """The world of a deployment and its plan, with its hours as a forecast of the day or only as its own."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    world = load_world(path)
    if forecast:
        hours = folder / "forecast.csv"
        hours.write_text(_forecast(data), encoding="utf-8")
        world = replace(world, scenario=with_weather(world.scenario, WeatherFiles(forecast=hours)))
    return world, make_plan(world)


def verdict(folder: Path, data: Data, files: dict[str, str], *, now: datetime) -> Verdict:
    """The verdict of a deployment at a moment, with the forecast of the day."""
    world, plan = planned(folder, data, files)
    return verdict_of(world.scenario, plan, now=now)
