"""Deployments bent out of shape: single changes that the rules deny, and changes drawn at random."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from .deployments import DAY, Data, Place, around, put, zones

Change = tuple[str, Any]
Files = dict[str, str]

CLEARANCE = {
    "zone": "SHOW FRZ",
    "authority": "the aerodrome",
    "reference": "ATC 77/2027",
    "start": f"{DAY} 10:00",
    "end": f"{DAY} 18:00",
    "height_m_agl": 120.0,
    "contact": "tower, 01234 567890",
}


def crowd(people_per_m2: float) -> list[Data]:
    """A crowd far from every route."""
    return [
        {
            "id": "stage",
            "name": "Stage",
            "area": [[0.0035, 0.001], [0.0035, 0.0014], [0.0032, 0.0014], [0.0032, 0.001]],
            "presence": [{"start": f"{DAY} 12:00", "end": f"{DAY} 16:00", "people_per_m2": people_per_m2}],
            "source": "event plan",
        }
    ]


DENIED: dict[str, tuple[tuple[Change, ...], ...]] = {
    "authorisation": (
        (("operation.authorisation", None),),
        (("operation.authorisation.valid_to", f"{DAY} 15:00"),),
        (("operation.authorisation.valid_from", f"{DAY} 13:00"),),
        (("operation.authorisation.assumed", True),),
        (("operation.authorisation.allows", {}),),
        (("operation.kind", "EVLOS"),),
        (("operation.kind", "BVLOS"),),
    ),
    "height": (
        (("operation.cruise_height_m_agl", 121.0), ("operation.height_limit_m_agl", 150.0)),
        (("contingency.return_height_m_agl", 125.0), ("operation.height_limit_m_agl", 150.0)),
        (("operation.height_limit_m_agl", 55.0),),
        (("operation.authorisation.allows.height_m_agl", {"value": 50.0, "clause": "5.2"}),),
    ),
    "sight": (
        (("operation.posts.0.range_m", {"value": 5000.0, "source": "guess"}),),
        (("operation.posts.0.range_m", {"value": 501.0, "source": "guess"}),),
        (("operation.posts.0.confirmed", False),),
        (("operation.posts", []),),
    ),
    "crowd": (
        (("site.crowds", None),),
        (("site.crowds", crowd(2.0)), ("operation.crowd_margin_m", {"value": 20.0, "source": "x"})),
        (("site.crowds", crowd(2.0)), ("operation.crowd_margin_m", {"value": 49.0, "source": "x"})),
        (("site.crowds", crowd(0.5)), ("operation.crowd_margin_m", None)),
    ),
    "ground": (
        (("site.water", None),),
        (("site.ground_m_amsl", None),),
        (("site.boundary.assumed", True), ("site.boundary.note", "a circle")),
        (("demand.zones.confirmed", False),),
        (("candidates.assumed", True), ("candidates.note", "a guess")),
    ),
    "air data": (
        (("airspace", []),),
        (("airspace.0.date", "2026-01-01"),),
        (("airspace.0.date", "2027-08-20"),),
        (("airspace.1.kinds", []),),
        (("airspace.1.assumed", True),),
        (("airspace.0.assumed", True),),
    ),
    "notams": (
        (("notams", None),),
        (("notams.read_at", "2027-06-10 07:00"),),
        (("notams.assumed", True),),
        (("notams.read_at", f"{DAY} 11:30"),),
    ),
    "obstacles": (
        (("obstacles", None),),
        (("obstacles.tallest_m_agl", 60.0),),
        (("obstacles.tallest_m_agl", 90.0),),
        (("obstacles.assumed", True),),
        (("obstacles.read_at", "2026-01-10"),),
        (("obstacles.read_at", "2027-06-20"),),
    ),
    "reserve": (
        (("contingency.reserve_fraction", 0.0),),
        (("contingency.reserve_fraction", 0.1),),
        (("contingency.reserve_fraction", 0.19),),
    ),
    "weather": (
        tuple((f"weather.hours.{k}.wind_mps", 14.0) for k in range(4)),
        tuple((f"weather.hours.{k}.gust_mps", 20.0) for k in range(4)),
        tuple((f"weather.hours.{k}.rain_mm_h", 9.0) for k in range(4)),
        (
            *((f"weather.hours.{k}.visibility_m", 900.0) for k in range(2)),
            ("targets.required_share_of_hours", 0.75),
        ),
    ),
    "night": tuple(
        (
            ("period", {"start": f"{DAY} {hour:02d}:00", "end": f"{DAY} {hour + 1:02d}:00"}),
            ("crew.shifts.0.start", f"{DAY} {hour:02d}:00"),
            ("crew.shifts.0.end", f"{DAY} {hour + 1:02d}:00"),
            ("demand.days.hour_weights", [1] * 24),
            (
                "weather.hours",
                [
                    {
                        "start": f"{DAY} {hour:02d}:00",
                        "wind_mps": 3.0,
                        "wind_from_deg": 240,
                        "gust_mps": 5.0,
                        "rain_mm_h": 0,
                        "visibility_m": 20000,
                        "temperature_c": 15.0,
                    }
                ],
            ),
            ("notams.read_at", f"{DAY - (DAY - DAY)} 00:00"),
        )
        for hour in (1, 2, 22)
    ),
    "crew": (
        (("crew.shifts.0.remote_pilots", 0),),
        (("crew.shifts.0.remote_pilots", 0), ("crew.shifts.0.safety_pilots", 9)),
        (("crew.shifts.0.end", f"{DAY} 13:00"), ("crew.shifts.0.remote_pilots", 0)),
    ),
    "target": (
        (("targets.siting_limit_s", 1.0), ("targets.limits_s", [1.0])),
        (("targets.siting_limit_s", 2.0), ("targets.limits_s", [2.0])),
        (("targets.siting_limit_s", 4.0), ("targets.limits_s", [4.0])),
    ),
    "zone": (
        (),
        (("clearances", [CLEARANCE | {"end": f"{DAY} 15:30"}]),),
        (("clearances", [CLEARANCE | {"start": f"{DAY} 12:30"}]),),
        (("clearances", [CLEARANCE | {"height_m_agl": 59.0}]),),
        (("clearances", [CLEARANCE | {"zone": "OTHER FRZ"}]),),
        (("clearances", [CLEARANCE | {"assumed": True}]),),
    ),
}
"""Changes of a deployment that may be flown, by rule: each of them must take the go away.

Those of "zone" stand inside a flight restriction zone (`over_the_site`).
"""


def over_the_site(place: Place) -> tuple[Files, list[Data]]:
    """(Air data with a flight restriction zone over the site, the zone as the oracle takes it)."""
    ring = around(place, 0.03)
    return {"zones.geojson": zones("SHOW FRZ", "FRZ", ring)}, [
        {"name": "SHOW FRZ", "ring": ring, "active": True}
    ]


def mutated(data: Data, changes: tuple[Change, ...]) -> Data:
    """A copy with some changes; corners near 0, 0 are meant from the site's centre."""
    copied = copy.deepcopy(data)
    centre = data["site"]["centre"]
    for path, value in copy.deepcopy(changes):
        if path == "site.crowds" and value:
            for item in value:
                item["area"] = [
                    [lat + centre["lat_deg"], lon + centre["lon_deg"]] for lat, lon in item["area"]
                ]
        put(copied, path, value)
    return copied


Draw = Callable[[random.Random], tuple[Change, ...]]

DRAWS: tuple[Draw, ...] = (
    lambda r: (("operation.cruise_height_m_agl", r.uniform(20.0, 130.0)),),
    lambda r: (("contingency.return_height_m_agl", r.uniform(20.0, 130.0)),),
    lambda r: (("operation.height_limit_m_agl", r.uniform(50.0, 160.0)),),
    lambda r: (
        (f"operation.posts.{r.randrange(2)}.range_m", {"value": r.uniform(100.0, 800.0), "source": "x"}),
    ),
    lambda r: (("contingency.reserve_fraction", r.uniform(0.1, 0.5)),),
    lambda r: (
        ("site.crowds", crowd(r.choice([0.0, 0.4, 3.0]))),
        ("operation.crowd_margin_m", {"value": r.uniform(20.0, 90.0), "source": "x"}),
    ),
    lambda r: (("obstacles.tallest_m_agl", r.uniform(0.0, 90.0)),),
    lambda r: tuple((f"weather.hours.{k}.wind_mps", r.uniform(0.0, 16.0)) for k in range(4)),
    lambda r: tuple((f"weather.hours.{k}.gust_mps", r.uniform(9.0, 18.0)) for k in range(4)),
    lambda r: (("targets.required_share_of_hours", r.uniform(0.1, 1.0)),),
    lambda r: (("notams.read_at", f"{DAY} {r.randrange(6, 12):02d}:15"),),
    lambda r: (("airspace.0.date", f"202{r.randrange(5, 8)}-0{r.randrange(1, 7)}-10"),),
    lambda r: (("operation.authorisation.valid_to", f"{DAY} {r.randrange(11, 20):02d}:00"),),
    lambda r: (
        ("operation.authorisation.allows.visual_range_m", {"value": r.uniform(100, 900), "clause": "4"}),
    ),
    lambda r: (
        ("operation.authorisation.allows.crowd_stand_off_m", {"value": r.uniform(10, 90), "clause": "6"}),
    ),
    lambda r: (
        ("operation.authorisation.allows.height_m_agl", {"value": r.uniform(40, 140), "clause": "5"}),
    ),
    lambda r: (("clearances", [CLEARANCE | {"end": f"{DAY} {r.randrange(13, 19)}:00"}]),),
    lambda r: (("clearances", [CLEARANCE | {"height_m_agl": r.uniform(30.0, 130.0)}]),),
    lambda r: (("site.water", r.choice([None, []])),),
    lambda r: (("targets.siting_limit_s", r.choice([2.0, 60.0, 120.0])),),
)
"""Changes drawn at random: some denied, some not."""


def drawn(data: Data, seed: int) -> Data:
    """A deployment with one to four random changes."""
    r = random.Random(seed)
    changes = tuple(change for draw in r.sample(DRAWS, r.randint(1, 4)) for change in draw(r))
    return mutated(data, changes)
