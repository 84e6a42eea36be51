"""Flight plans as files: QGroundControl's `.plan`, `.waypoints`, KML and GeoJSON, chosen by suffix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from dfr.errors import MissionFileError
from dfr.mission.formats import geojson, kml, qgc_plan, waypoints
from dfr.mission.items import FlightPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format: its two functions, and what of a flight plan it has no place for.

    `keeps_name` False: nothing in such a file can say that it is of an exercise.
    """

    name: str
    write: Callable[[FlightPlan], str]
    read: Callable[..., FlightPlan]
    leaves_out: tuple[str, ...] = ()
    keeps_name: bool = True


_GEOJSON = Format(name="GeoJSON", write=geojson.write, read=geojson.read, leaves_out=("verdict",))

FORMATS: dict[str, Format] = {
    ".plan": Format(name="QGroundControl plan", write=qgc_plan.write, read=qgc_plan.read),
    ".waypoints": Format(
        name="QGC WPL 110",
        write=waypoints.write,
        read=waypoints.read,
        leaves_out=("fence", "rally", "params", "verdict"),
        keeps_name=False,
    ),
    ".kml": Format(name="KML", write=kml.write, read=kml.read, leaves_out=("verdict",)),
    ".geojson": _GEOJSON,
    ".json": _GEOJSON,
}


def format_of(path: str | PurePath) -> Format:
    """The format of a file by its suffix. Raises MissionFileError for an unknown one."""
    suffix = PurePath(path).suffix.lower()
    if suffix not in FORMATS:
        raise MissionFileError(f"{path}: suffix {suffix!r} is not known", do=f"{', '.join(FORMATS)}")
    return FORMATS[suffix]


def left_out(plan: FlightPlan, chosen: Format) -> tuple[str, ...]:
    """Which parts this plan has and the format has no place for."""
    return tuple(part for part in chosen.leaves_out if getattr(plan, part))


def read_plan(data: bytes, *, name: str) -> FlightPlan:
    """The flight plan of a file's bytes; the suffix of `name` says the format."""
    return format_of(name).read(data, name=name)
