"""Which column of a table of calls tells what: matched by hand, or guessed from its name and shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from dfr.errors import InputError
from dfr.io.call_dates import DateOrder
from dfr.io.sheets import SheetLike


class CallColumn(StrEnum):
    """What a column can tell of a call."""

    WHEN = "when"
    DATE = "date"
    CLOCK = "time"
    ZONE = "zone"
    LAT = "lat"
    LON = "lon"
    EASTING = "easting"
    NORTHING = "northing"
    POINT = "point"
    GRADE = "grade"


NAMES: Mapping[CallColumn, tuple[str, ...]] = {
    CallColumn.WHEN: ("when", "datetime", "timestamp", "time", "call time", "created", "received",
                      "date time", "date and time", "incident time", "incident date time", "call received",
                      "opened", "received dttm", "timecreate", "time create", "time created utc",
                      "create datetime", "call datetime", "call date time", "original time queued",
                      "cad event original time queued", "zeitpunkt", "zeitstempel", "datum uhrzeit",
                      "datum und uhrzeit", "eingang",
                      "meldungseingang", "notrufeingang", "einsatzbeginn", "alarmzeit"),
    CallColumn.DATE: ("date", "day", "call date", "incident date", "date received",
                      "date rcvd", "event date", "date of call", "date created", "datum",
                      "einsatzdatum", "tag"),
    CallColumn.CLOCK: ("time", "clock", "time of day", "call time", "incident time", "time received",
                       "time rcvd", "event time", "time of call", "time created", "uhrzeit",
                       "zeit"),
    CallColumn.ZONE: ("zone", "sector", "area", "place", "location", "venue", "bereich", "abschnitt",
                      "einsatzort", "ort", "sektor"),
    CallColumn.LAT: ("lat", "latitude", "lat deg", "y wgs84", "lat wgs", "lat wgs84", "breite", "breitengrad",
                     "geogr breite"),
    CallColumn.LON: ("lon", "long", "lng", "longitude", "lon deg", "x wgs84", "lon wgs", "lon wgs84",
                     "long wgs84", "länge", "laenge", "längengrad", "laengengrad",
                     "geogr länge"),
    CallColumn.EASTING: ("easting", "eastings", "east", "osgb east", "x", "rechtswert", "ostwert", "utm ost"),
    CallColumn.NORTHING: ("northing", "northings", "north", "osgb north", "y", "hochwert", "nordwert",
                          "utm nord"),
    CallColumn.POINT: ("point", "location", "geolocation", "geo", "coordinates", "lat lon", "latlong",
                       "the geom", "case location"),
    CallColumn.GRADE: ("grade", "priority", "grading", "response", "response grade", "urgency",
                       "response lvl", "response level", "priority desc", "priority level", "call grade",
                       "priorität", "prioritaet", "prio", "dringlichkeit", "einsatzpriorität", "stufe"),
}  # fmt: skip
"""Names of columns as English and German logs have them, in lower case, words apart by a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """How a table of calls is read. `dates` None: as the dates themselves show it.

    `grades` leads from a word of the table, in lower case, to the id of a grade of the scenario. `crs` is
    what eastings and northings count in, such as EPSG:27700.
    """

    columns: Mapping[CallColumn, str]
    dates: DateOrder | None = None
    crs: str | None = None
    grades: Mapping[str, str] = field(default_factory=dict)

    @property
    def moments(self) -> tuple[str, ...]:
        """The columns that tell when a call came."""
        whens = (CallColumn.WHEN, CallColumn.DATE, CallColumn.CLOCK)
        return tuple(self.columns[what] for what in whens if self.columns.get(what))

    def check(self, sheet: SheetLike) -> None:
        """Raise InputError where it cannot be used for a table."""
        for what, column in self.columns.items():
            if column not in sheet.columns:
                raise InputError(
                    f"{sheet.name}: no column {column!r} for {what}", do=f"one of {', '.join(sheet.columns)}"
                )
        has = self.columns.keys()
        if CallColumn.WHEN not in has and not {CallColumn.DATE, CallColumn.CLOCK} <= has:
            raise InputError(
                f"{sheet.name}: which column tells when a call came is not known",
                do="say which holds date and time (when=COLUMN), or which the date and which the time of day "
                f"(date=COLUMN and time=COLUMN); there are {', '.join(sheet.columns)}",
            )
        for one, other in PAIRS:
            if (one in has) != (other in has):
                raise InputError(f"{sheet.name}: {one} or {other} alone is no place", do="match both or none")


def zone_of_columns(names: Iterable[str], zone: ZoneInfo) -> ZoneInfo:
    """The zone of times without an offset in some columns: UTC where a name says so, else the zone given.

    >>> zone_of_columns(["Take-off (UTC)"], ZoneInfo("Europe/London")).key
    'UTC'
    """
    words = {word for name in names for word in re.findall(r"[^\W_]+", name.casefold())}
    return ZoneInfo("UTC") if words & UTC_WORDS else zone


UTC_WORDS = {"utc", "gmt", "zulu"}
PAIRS = ((CallColumn.LAT, CallColumn.LON), (CallColumn.EASTING, CallColumn.NORTHING))


def guess_columns(columns: Sequence[str]) -> dict[CallColumn, str]:
    """What the names of columns say: the guess is shown, and a name that two columns have is no guess.

    A column of dates beside one of times goes before one that holds both.

    One that may hold places as points is told from one with names by its cells (`call_sheets`).

    >>> {str(what): name for what, name in guess_columns(["Date", "Time", "Easting", "Northing"]).items()}
    {'date': 'Date', 'time': 'Time', 'easting': 'Easting', 'northing': 'Northing'}
    """
    found = {what: column for what in CallColumn if (column := _only_match(what, columns)) is not None}
    if CallColumn.DATE in found and CallColumn.CLOCK in found:
        found.pop(CallColumn.WHEN, None)
    elif CallColumn.WHEN in found:
        found.pop(CallColumn.DATE, None)
        found.pop(CallColumn.CLOCK, None)
    elif CallColumn.DATE in found:
        # A date alone may hold the time too; the rows show it.
        found[CallColumn.WHEN] = found.pop(CallColumn.DATE)
    if CallColumn.LAT in found and CallColumn.LON in found:
        for other in (CallColumn.EASTING, CallColumn.NORTHING, CallColumn.POINT):
            found.pop(other, None)
    for one, other in PAIRS:
        if (one in found) != (other in found):
            found.pop(one, None)
            found.pop(other, None)
    return {what: found[what] for what in CallColumn if what in found}


def _only_match(what: CallColumn, columns: Sequence[str]) -> str | None:
    matching = [column for column in columns if _plain_name(column) in NAMES[what]]
    return matching[0] if len(matching) == 1 else None


def _plain_name(column: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", column.casefold()))


GRADE_WORDS: Mapping[str, tuple[str, ...]] = {
    "immediate": ("i", "1", "p1", "grade 1", "g1", "emergency", "immediate response", "category 1", "cat 1",
                  "sofort", "prio 1"),
    "prompt": ("p", "2", "p2", "grade 2", "g2", "priority", "significant", "category 2", "cat 2", "soon",
               "dringend", "prio 2"),
    "welfare": ("3", "p3", "grade 3", "g3", "routine", "scheduled", "standard", "category 3", "cat 3",
                "prio 3"),
}  # fmt: skip
"""How English and German control rooms word their grades (assumed: forces differ; what is taken is shown)."""


def guess_grades(words: Iterable[str], known: Sequence[str]) -> dict[str, str]:
    """For each word of a table, in lower case, the grade that it names; others are left out."""
    found = {}
    for word in dict.fromkeys(word.casefold() for word in words if word):
        plain = _plain_name(word)
        grade = next((id_ for id_ in known if plain == _plain_name(id_)), None)
        grade = grade or next((id_ for id_ in known if plain in GRADE_WORDS.get(id_, ())), None)
        if grade is not None:
            found[word] = grade
    return found
