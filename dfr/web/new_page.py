"""The data of the page New deployment: a place as it was found, and what can be chosen, with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from dfr.aircraft.catalogue import Dock, Drone, list_docks, list_drones
from dfr.errors import InputError
from dfr.geo import Position, os_grid_reference
from dfr.io.new_deployment import MAX_DAYS, MAX_RADIUS_M, MAX_VLOS_RADIUS_M, MIN_RADIUS_M
from dfr.io.place_names import PlaceNames
from dfr.io.places import countries_of_zone, country_names, read_place, zone_at
from dfr.plan.rules import JURISDICTIONS, NONE, rules_of_country
from dfr.scenario.model import OperationKind
from dfr.world.countries import rules_at

OPERATIONS = {
    OperationKind.VLOS: "The pilot sees the drone all the time (VLOS).",
    OperationKind.EVLOS: "Observers see the drone where the pilot does not (EVLOS).",
    OperationKind.BVLOS: "Nobody needs to see the drone (BVLOS).",
}

SHOWN_FIGURES: Mapping[str, tuple[str, float]] = {
    "max_wind_mps": ("Highest wind in flight", 20.0),
    "takeoff_landing_wind_mps": ("Highest wind for take-off and landing", 20.0),
    "max_landing_wind_mps": ("Highest wind for landing in the dock", 20.0),
    "min_temperature_c": ("Lowest temperature", 0.0),
    "max_temperature_c": ("Highest temperature", 0.0),
    "flight_min": ("Time in the air", 60.0),
    "radius_m": ("Operating radius", 15_000.0),
}
"""The limits shown, in order, each with the end of its bar; 0 without a bar."""


def find_places(text: str, names: PlaceNames | None) -> list[dict[str, Any]]:
    """The places that a text can mean: one by coordinates, some by name. Raises InputError for none."""
    try:
        reading = read_place(text)
    except InputError:
        found = [] if names is None else names.search(text)
        if not found:
            raise
        return [_describe_place(place.position, place.label, None) for place in found]
    return [_describe_place(reading.position, f"Read as {reading.notation}", reading.within_m)]


def _describe_place(position: Position, label: str, within_m: float | None) -> dict[str, Any]:
    """A place with what it says of its clock, its country and its rules."""
    zone = zone_at(position)
    rules = next(iter(rules_at(position)), None)
    return {
        "label": label,
        "lat_deg": position.lat_deg,
        "lon_deg": position.lon_deg,
        "within_m": within_m,
        "os_grid": os_grid_reference(position),
        "zone": None if zone is None else zone.key,
        "countries": [] if zone is None else list(countries_of_zone(zone)),
        "rules": None if rules is None else JURISDICTIONS[rules].name,
    }


def list_choices(*, has_names: bool) -> dict[str, Any]:
    """Everything that can be chosen for a new deployment."""
    return {
        "has_names": has_names,
        "zones": sorted(available_timezones()),
        "countries": [
            {"code": code, "name": name, "rules": _rules_name(code)}
            for code, name in sorted(country_names().items(), key=lambda item: item[1])
        ],
        "operations": [{"key": kind.value, "words": words} for kind, words in OPERATIONS.items()],
        "drones": [_describe_hardware(row) for row in list_drones().values()],
        "docks": [_describe_hardware(row) for row in list_docks().values()],
        "most_days": MAX_DAYS,
        "radius_m": {"least": MIN_RADIUS_M, "vlos": MAX_VLOS_RADIUS_M, "bvlos": MAX_RADIUS_M},
    }


def _rules_name(code: str) -> str | None:
    rules = JURISDICTIONS[rules_of_country(code)]
    return None if rules is NONE else rules.name


def _describe_hardware(row: Drone | Dock) -> dict[str, Any]:
    """A drone or dock with its limits, each with who says so."""
    figures = row.figures()
    shown = [
        {
            "words": words,
            "value": figures[name].value,
            "unit": figures[name].unit,
            "source": figures[name].source_status,
            "bar": bar,
        }
        for name, (words, bar) in SHOWN_FIGURES.items()
        if name in figures
    ]
    return {"key": row.key, "name": row.name, "ip": row.ip, "limits": shown}
