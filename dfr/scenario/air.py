"""The air as the team knows it: weather, airspace and terrain files, restrictions, NOTAMs and obstacles read.

No source holds all kinds of data about the air above a place: `DataKind` names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfr.geo import Position, Ring


class DataKind(StrEnum):
    """A kind of data that a file or a reading can hold, and that a go may need.

    `AIRSPACE` is controlled airspace, danger, prohibited and restricted areas as crewed aviation has them;
    `UNMANNED_ZONES` are zones that bind unmanned aircraft only or by a law of their own: flight restriction
    zones with their runway protection zones, prisons, geographical zones.
    """

    AIRSPACE = "airspace"
    AERODROME_ZONES = "aerodrome zones"
    UNMANNED_ZONES = "unmanned-aircraft zones"
    OBSTACLES = "obstacles"
    RESTRICTIONS = "restrictions by NOTAM"


ALL_KINDS = frozenset(DataKind)
ZONE_KINDS = ALL_KINDS - {DataKind.OBSTACLES}
"""Kinds whose data are zones."""


def in_order(kinds: frozenset[DataKind]) -> list[DataKind]:
    """Kinds in the order in which they are shown."""
    return [kind for kind in DataKind if kind in kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourWeather:
    """One hour of weather: mean wind at 10 m. A gust of None is *not reported*, which is not "no gust"."""

    start: datetime
    wind_mps: float
    wind_from_deg: float
    gust_mps: float | None
    rain_mm_h: float
    visibility_m: float
    temperature_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The hourly weather in time order.

    `turbulence_intensity` None: derived from the surface. `qnh_hpa` None: unknown. `stations` are
    weather stations whose reports are used at any distance; `files` are the resolved paths of reports and
    forecasts that the scenario names; `reports` names the reports that were used, with
    their distance and time of issue. `of_the_day` holds the start of each hour whose wind comes from a report
    or forecast of the day; it is empty where all weather is the scenario's own.
    """

    hours: tuple[HourWeather, ...]
    turbulence_intensity: float | None
    qnh_hpa: float | None
    source: str
    assumed: bool
    stations: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    reports: str = ""
    of_the_day: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AirspaceFile:
    """An airspace file by its resolved path, the date of its data and their source.

    `covers` and `kinds` are what the scenario says the file covers and holds, None where it does not say;
    `obstacles_from_m_agl` is the height above which it lists all obstacles, None where nobody has said.
    `assumed` True: nobody vouches for these three, which then count in an exercise only.
    """

    path: str
    date: str
    source: str
    covers: Ring | None = None
    kinds: frozenset[DataKind] | None = None
    obstacles_from_m_agl: float | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TerrainFile:
    """A file of ground heights by its resolved path, and its source."""

    path: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryRestriction:
    """A restriction by notice (RA(T), TDA) from the surface to `upper_m_amsl`, inside a circle or an `area`.

    `status` "possible" means that earlier years had one and none is known for these dates: the team must ask.
    """

    name: str
    upper_m_amsl: float
    start: datetime
    end: datetime
    status: str
    source: str
    centre: Position | None = None
    radius_m: float | None = None
    area: Ring | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotamReading:
    """Who read the NOTAMs for the place and time of a deployment, and when.

    `files` are texts of them, by their resolved paths. `activated` names the zones, active by notice only,
    that a NOTAM makes active; None where nobody has said. `judged` are numbers of NOTAMs that the reader
    found not to matter here, each with the reason. `assumed` True: nobody has really read them.
    """

    read_by: str
    read_at: datetime
    files: tuple[str, ...] = ()
    activated: tuple[str, ...] | None = None
    judged: tuple[tuple[str, str], ...] = ()
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleSurvey:
    """Who looked at the site for obstacles, when, and the height of the tallest that no file names.

    `assumed` True: nobody has really surveyed the site.
    """

    surveyed_by: str
    read_at: datetime
    tallest_m_agl: float
    assumed: bool = False
