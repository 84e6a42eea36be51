"""Flight plans as files, by suffix: `.plan`, `.waypoints` and older texts, KML, GeoJSON, DJI routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePath

from dfr.aircraft.catalogue import Drone
from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.formats import fence_text, geojson, kml, qgc_plan, waypoints, wpml
from dfr.mission.formats.wpml_route import LEFT_OUT
from dfr.mission.items import FlightPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format: its two functions, and what of a flight plan it has no place for.

    `keeps_name` False: nothing in such a file can say that it is of an exercise.
    """

    name: str
    write: Callable[[FlightPlan], str | bytes]
    read: Callable[..., FlightPlan]
    leaves_out: tuple[str, ...] = ()
    keeps_name: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home in place of that of a file; `height_m_amsl` None: not known."""

    position: Position
    height_m_amsl: float | None

    @classmethod
    def at(cls, lat_deg: float, lon_deg: float, height_m_amsl: float | None) -> Home:
        """Home at a place. Raises InputError for what is no place."""
        return cls(position=Position(lat_deg=lat_deg, lon_deg=lon_deg), height_m_amsl=height_m_amsl)


def _read_text(data: bytes, *, name: str, home: Position | None = None) -> FlightPlan:
    """A text file of a ground station: a mission, or an old fence or rally file by its first word."""
    if fence_text.looks_like_one(data):
        return fence_text.read(data, name=name)
    return waypoints.read(data, name=name, home=home)


def _refuse_without_drone(plan: FlightPlan) -> bytes:
    """A DJI route names the drone that flies it: see `format_for`."""
    raise MissionFileError(
        f"{plan.name}: a DJI route names the drone that flies it",
        do="write it with `dfr mission`, or give --drone",
    )


_WPML = Format(
    name="DJI route (WPML)",
    write=_refuse_without_drone,
    read=wpml.read,
    leaves_out=LEFT_OUT,
    keeps_name=False,
)
_WAYPOINTS = Format(
    name="QGC WPL 110",
    write=waypoints.write,
    read=_read_text,
    leaves_out=("fence", "rally", "params", "verdict"),
    keeps_name=False,
)
_GEOJSON = Format(name="GeoJSON", write=geojson.write, read=geojson.read, leaves_out=("verdict",))

FORMATS: dict[str, Format] = {
    ".plan": Format(name="QGroundControl plan", write=qgc_plan.write, read=qgc_plan.read),
    ".waypoints": _WAYPOINTS,
    ".txt": _WAYPOINTS,
    ".fen": _WAYPOINTS,
    ".kmz": _WPML,
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


def format_for(path: str | PurePath, drone: Drone | None) -> Format:
    """The format of a file, ready to write the flights of a drone. Raises MissionFileError as `format_of`.

    A DJI route is written only for a drone that the catalogue knows in DJI's words.
    """
    chosen = format_of(path)
    if chosen is not _WPML or drone is None:
        return chosen
    model = wpml.DjiModel.of_text(drone.wpml, drone=drone.name)
    return replace(chosen, write=partial(wpml.write, model=model, now=datetime.now(tz=UTC)))


def left_out(plan: FlightPlan, chosen: Format) -> tuple[str, ...]:
    """Which parts this plan has and the format has no place for."""
    return tuple(part for part in chosen.leaves_out if getattr(plan, part))


def read_plan(data: bytes, *, name: str, home: Home | None = None) -> FlightPlan:
    """The flight plan of a file's bytes; the suffix of `name` says the format.

    With another `home` the plan loses its verdict, which was given for the home in the file.
    """
    chosen = format_of(name)
    if home is None:
        return chosen.read(data, name=name)
    reads = partial(_read_text, home=home.position) if chosen is _WAYPOINTS else chosen.read
    plan: FlightPlan = reads(data, name=name)
    return replace(plan, home=home.position, home_m_amsl=home.height_m_amsl, verdict=None)
