"""What the rules deny, judged from the text of a deployment alone.

An independent judge: it reads the scenario as it is written and shares no code with the checks. It knows
when a go is wrong; it does not claim to know every reason against one. Sources: S.I. 2019/261 and ANO 2016
article 94A (flight restriction zones), UKPDRA01 in CAP 722H (500 m, 120 m, 50 m from people), the
operator's documents.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Data = dict[str, Any]
Reason = str

EARTH_M = 6_371_000.0
SIGHT_M, HEIGHT_M, STAND_OFF_M = 500.0, 120.0, 50.0
LEAST_RESERVE = 0.2
OLD_DATA = timedelta(days=366)
CYCLE = timedelta(days=28)
NO_DOCUMENT = re.compile(r"appl|tb[acd]|refus|pending|requested|draft|expired|revoked", re.IGNORECASE)

Corner = list[float]


def denials(data: Data, zones: list[Data], now: datetime) -> list[Reason]:
    """Every reason the rules give against flying this, none where the oracle has nothing against it.

    `zones` are those that bind at the site: {name, ring, active}, besides what the scenario holds itself.
    """
    return [reason for rule in RULES for reason in rule(data, zones, now)]


# -- reading the text --


def figure(value: Any) -> float | None:
    """A figure with or without its source; None where it is not stated."""
    value = value.get("value") if isinstance(value, dict) else value
    return None if value is None else float(value)


def moment(data: Data, text: Any) -> datetime:
    """A local time, or the midnight of a date."""
    words = str(text)
    if words.endswith("Z"):
        return datetime.fromisoformat(words.removesuffix("Z")).replace(tzinfo=UTC)
    return datetime.fromisoformat(words[:16]).replace(tzinfo=ZoneInfo(data["zone"]))


def period(data: Data) -> tuple[datetime, datetime]:
    return moment(data, data["period"]["start"]), moment(data, data["period"]["end"])


def assumed(block: Any) -> bool:
    return isinstance(block, dict) and block.get("assumed") is True


def authorisation(data: Data) -> Data | None:
    """The authorisation, if it is one and holds for the whole period."""
    held = data["operation"].get("authorisation")
    if not isinstance(held, dict) or assumed(held) or NO_DOCUMENT.search(held["reference"]):
        return None
    start, end = period(data)
    first, last = moment(data, held["valid_from"]), moment(data, held["valid_to"])
    if len(str(held["valid_to"])) <= 10:
        last += timedelta(days=1)
    return held if first <= start and end <= last else None


def allows(data: Data, name: str) -> Any:
    """What a clause allows; None where no authorisation says it."""
    held = authorisation(data)
    clause = None if held is None else held["allows"].get(name)
    return None if clause is None else clause["value"]


def metres(a: Corner, b: Corner) -> float:
    """Distance of two places, haversine."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))


def inside(point: Corner, ring: list[Corner]) -> bool:
    """Whether a place lies inside a ring: crossings of a ray."""
    lat, lon = point
    within = False
    for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (lat_a > lat) != (lat_b > lat) and lon < (lon_b - lon_a) * (lat - lat_a) / (lat_b - lat_a) + lon_a:
            within = not within
    return within


def middle(ring: list[Corner]) -> Corner:
    return [sum(corner[0] for corner in ring) / len(ring), sum(corner[1] for corner in ring) / len(ring)]


def flight_heights_m(data: Data) -> float:
    return max(data["operation"]["cruise_height_m_agl"], data["contingency"]["return_height_m_agl"])


def busy_hours(data: Data) -> list[datetime]:
    """The hours of the period in which calls are expected."""
    start, end = period(data)
    weights = data["demand"]["days"]["hour_weights"]
    hours = []
    while start < end:
        if weights[start.hour] > 0:
            hours.append(start)
        start += timedelta(hours=1)
    return hours


# -- the rules --


def _permission(data: Data, *_: Any) -> Iterator[Reason]:
    if authorisation(data) is None:
        yield "no authorisation is held for the whole period"
    elif data["operation"]["kind"] not in (allows(data, "kind") or []):
        yield "the authorisation does not allow this kind of operation"


def _height(data: Data, *_: Any) -> Iterator[Reason]:
    limit = min(allows(data, "height_m_agl") or HEIGHT_M, data["operation"]["height_limit_m_agl"])
    if flight_heights_m(data) > limit:
        yield f"flown above {limit} m"


def _night(data: Data, *_: Any) -> Iterator[Reason]:
    if allows(data, "night"):
        return
    if any(sun_height_deg(data, hour + timedelta(minutes=30)) < -2.0 for hour in busy_hours(data)):
        yield "flown in the dark without a clause"


def sun_height_deg(data: Data, when: datetime) -> float:
    """Height of the sun's centre, to half a degree (Astronomical Almanac, low-precision formula)."""
    days = (when.astimezone(UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=1)
    anomaly = math.radians(357.528 + 0.9856003 * days)
    longitude = math.radians(
        280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.02 * math.sin(2 * anomaly)
    )
    tilt = math.radians(23.439)
    ascension = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    declination = math.asin(math.sin(tilt) * math.sin(longitude))
    centre = data["site"]["centre"]
    sidereal = math.radians((280.46062 + 360.98564737 * days + centre["lon_deg"]) % 360.0)
    lat = math.radians(centre["lat_deg"])
    height = math.sin(lat) * math.sin(declination)
    height += math.cos(lat) * math.cos(declination) * math.cos(sidereal - ascension)
    return math.degrees(math.asin(height))


def _sight(data: Data, *_: Any) -> Iterator[Reason]:
    operation = data["operation"]
    if operation["kind"] == "BVLOS":
        return
    limit = allows(data, "visual_range_m") or SIGHT_M
    posts = [
        ([post["lat_deg"], post["lon_deg"]], figure(post["range_m"]) or 0.0, post)
        for post in operation["posts"]
    ]
    if any(reach > limit for _, reach, _ in posts):
        yield f"posts are planned to see beyond {limit} m"
    if any(post.get("confirmed") is False for _, _, post in posts):
        yield "nobody has looked from the posts"
    for zone in data["demand"]["zones"]["areas"]:
        centre = middle(zone["area"])
        if all(metres(place, centre) > reach + 5.0 for place, reach, _ in posts):
            yield f"zone {zone['id']} is out of sight of every post"


def _people(data: Data, *_: Any) -> Iterator[Reason]:
    crowds = data["site"].get("crowds")
    if crowds is None:
        yield "nobody has said whether people gather"
        return
    if not any(hour["people_per_m2"] > 0 for crowd in crowds for hour in crowd["presence"]):
        return
    margin = figure(data["operation"]["crowd_margin_m"])
    if allows(data, "crowd_overflight"):
        return
    stand_off = allows(data, "crowd_stand_off_m")
    least = STAND_OFF_M if stand_off is None else stand_off
    if margin is None:
        yield "crowds are flown over without a clause"
    elif margin < least:
        yield f"nearer than {least} m to a crowd"


def _ground(data: Data, *_: Any) -> Iterator[Reason]:
    site = data["site"]
    if site.get("water") is None:
        yield "nobody has said where water is"
    if figure(site.get("ground_m_amsl")) is None and not data.get("terrain"):
        yield "the ground height is unknown"
    for name, block in (
        ("boundary", site["boundary"]),
        ("zones", data["demand"]["zones"]),
        ("docks", data["candidates"]),
    ):
        if block.get("confirmed") is False or (assumed(block) and name != "zones"):
            yield f"the {name} are a template's"
    if all(
        not inside([c["lat_deg"], c["lon_deg"]], site["boundary"]["ring"])
        for c in data["candidates"]["sites"]
    ):
        yield "no dock stands inside the boundary"


def _air(data: Data, zones: list[Data], now: datetime) -> Iterator[Reason]:
    start, end = period(data)
    held = {kind for file in data["airspace"] if not assumed(file) for kind in file.get("kinds") or ()}
    for kind in ("aerodrome zones", "unmanned-aircraft zones"):
        if kind not in held:
            yield f"no data of {kind}"
    for file in data["airspace"]:
        if start - moment(data, file["date"]) > OLD_DATA:
            yield f"{file['file']} is more than a year old"
        if moment(data, file["date"]) - start > CYCLE:
            yield f"{file['file']} is of a cycle after the flight"
    bound = [zone for zone in zones if zone["active"]]
    bound += [r | {"ring": r["area"]} for r in data.get("restrictions", []) if r.get("area")]
    for zone in bound:
        if _touches(data, zone["ring"]) and not _cleared(data, zone, start, end):
            yield f"{zone['name']} is entered without a clearance"


def _touches(data: Data, ring: list[Corner]) -> bool:
    """Whether a zone surely lies in the way: a demand zone's middle or every dock is inside."""
    centres = [middle(zone["area"]) for zone in data["demand"]["zones"]["areas"]]
    return any(inside(centre, ring) for centre in centres)


def _cleared(data: Data, zone: Data, start: datetime, end: datetime) -> bool:
    return any(
        not assumed(paper)
        and not NO_DOCUMENT.search(paper["reference"])
        and paper.get("zone") == zone["name"]
        and moment(data, paper["start"]) <= start
        and end <= moment(data, paper["end"])
        and (paper.get("height_m_agl") or paper.get("height_m_amsl") or 0.0) >= flight_heights_m(data)
        for paper in data.get("clearances", [])
    )


def _notams(data: Data, _: Any, now: datetime) -> Iterator[Reason]:
    reading = data.get("notams")
    if now < period(data)[0] - timedelta(hours=24):
        return
    if reading is None or assumed(reading):
        yield "nobody has read the NOTAMs"
    elif not timedelta(0) <= now - moment(data, reading["read_at"]) <= timedelta(hours=24):
        yield "the NOTAMs were not read within 24 h"


def _obstacles(data: Data, _: Any, now: datetime) -> Iterator[Reason]:
    survey = data.get("obstacles")
    if survey is not None and not timedelta(0) <= now - moment(data, survey["read_at"]) <= OLD_DATA:
        yield "the survey of obstacles is older than a year, or yet to come"
    if survey is None or assumed(survey):
        yield "nobody has surveyed the obstacles"
    elif survey["tallest_m_agl"] >= data["operation"]["cruise_height_m_agl"]:
        yield "an obstacle stands as high as the drones cruise"


def _energy(data: Data, *_: Any) -> Iterator[Reason]:
    if data["contingency"]["reserve_fraction"] < LEAST_RESERVE:
        yield "the reserve is below 20 %"


def _weather(data: Data, *_: Any) -> Iterator[Reason]:
    gust_limit, rain_limit = (
        figure(data["operation"]["max_gust_mps"]),
        figure(data["operation"]["max_rain_mm_h"]),
    )

    def stormy(hour: Data) -> bool:
        return (
            hour["wind_mps"] > 12.0
            or (gust_limit is not None and (hour["gust_mps"] or 0.0) > gust_limit)
            or (rain_limit is not None and hour["rain_mm_h"] > rain_limit)
            or hour["visibility_m"] < (figure(data["operation"]["min_visibility_m"]) or 0.0)
        )

    busy = {f"{hour:%Y-%m-%d %H:%M}" for hour in busy_hours(data)}
    hours = [hour for hour in data["weather"]["hours"] if str(hour["start"])[:16] in busy]
    open_share = sum(not stormy(hour) for hour in hours) / max(1, len(hours))
    if open_share == 0.0:
        yield "no hour can be flown"
    elif open_share < (data["targets"].get("required_share_of_hours") or 0.0):
        yield "too few hours can be flown"


def _crew(data: Data, *_: Any) -> Iterator[Reason]:
    if all(shift["remote_pilots"] == 0 for shift in data["crew"]["shifts"]):
        yield "no pilot is on duty"


def _service(data: Data, *_: Any) -> Iterator[Reason]:
    if data["targets"]["siting_limit_s"] < 5.0:
        yield "no call is reached within the target"


def _place(data: Data, *_: Any) -> Iterator[Reason]:
    centre = data["site"]["centre"]
    if not inside([centre["lat_deg"], centre["lon_deg"]], data["site"]["boundary"]["ring"]):
        yield "the centre lies outside the boundary"
    if data.get("jurisdiction") == "none":
        yield "no rules are loaded"


RULES: tuple[Callable[[Data, list[Data], datetime], Iterator[Reason]], ...] = (
    _permission,
    _height,
    _night,
    _sight,
    _people,
    _ground,
    _air,
    _notams,
    _obstacles,
    _energy,
    _weather,
    _crew,
    _service,
    _place,
)
