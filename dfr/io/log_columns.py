"""Which column of a log tells what beyond moment, place and grade: named by hand, or guessed and shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from dfr.errors import InputError
from dfr.io.call_columns import CallColumn, zone_of_columns
from dfr.io.sheets import SheetLike


class LogColumn(StrEnum):
    """What else a column of a log of calls can tell."""

    INCIDENT = "incident"
    GIVEN = "given_grade"
    KIND = "kind"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    CLEARED = "cleared"
    DISPOSITION = "disposition"
    GROUND_S = "ground_s"
    ON_SCENE_S = "on_scene_s"


class FlightColumn(StrEnum):
    """What a column of a log of flights can tell."""

    TAKE_OFF = "take_off"
    DATE = "date"
    CLOCK = "take_off_time"
    LANDING = "landing"
    CALLED = "called"
    OVERHEAD = "overhead"
    LEFT = "left_scene"
    LENGTH = "length"
    TO_SCENE_S = "to_scene_s"
    RESPONSE_S = "response_s"
    ON_SCENE_S = "on_scene_s"
    PURPOSE = "purpose"
    CLEARED = "cleared_without_patrol"


What = TypeVar("What", LogColumn, FlightColumn)

NAMES: Mapping[LogColumn | FlightColumn, tuple[str, ...]] = {
    LogColumn.INCIDENT: (
        "call number", "cad number", "cad event number", "event number", "incident number", "incident id",
        "incident no", "call no", "call id", "event id", "cad id", "nopd item", "urn", "job number",
        "log number", "reference", "incident", "einsatznummer"
    ),
    LogColumn.GIVEN: (
        "original priority", "initial priority", "initialpriority", "priority original", "initial grade",
        "opening grade", "grade at call", "given grade", "call priority", "first grade"
    ),
    LogColumn.KIND: (
        "call type", "type text", "typetext", "call type final desc", "event type", "incident type",
        "nature", "nature of call", "call type original desc", "description", "type", "opening code",
        "call description", "einsatzart", "stichwort"
    ),
    LogColumn.EN_ROUTE: (
        "response dttm", "en route", "enroute", "en route time", "enroute time", "enroute dttm",
        "time en route", "enroute datetime", "mobile", "mobile time", "ausgerückt"
    ),
    LogColumn.ARRIVED: (
        "on scene dttm", "arrived", "arrival", "time arrive", "timearrive", "arrival time", "arrived time",
        "on scene", "on scene time", "onscene datetime", "onscene", "at scene", "time arrived",
        "first unit on scene", "arrive time", "arrival datetime", "first spd on scene", "arrived dttm",
        "eintreffen", "ankunft"
    ),
    LogColumn.CLEARED: (
        "available dttm", "cleared", "closed", "time closed", "timeclosed", "clear time", "cleared time",
        "close time", "close datetime", "closed time", "closed dttm", "resulted", "time cleared",
        "end time", "completed", "cancelled at", "einsatzende"
    ),
    LogColumn.DISPOSITION: (
        "disposition", "call final disposition", "disposition text", "dispositiontext",
        "final disposition", "outcome", "result", "closing code", "status", "ergebnis"
    ),
    LogColumn.GROUND_S: (
        "ground s", "response s", "response time s", "response seconds"
    ),
    LogColumn.ON_SCENE_S: (
        "on scene s",
    ),
    FlightColumn.TAKE_OFF: (
        "take off", "takeoff", "takeoff utc", "take off time", "takeoff time", "launch", "launch time",
        "launched", "start", "start time", "flight start", "time of takeoff", "launch datetime",
        "takeoff datetime", "flight start time", "date time"
    ),
    FlightColumn.DATE: (
        "date", "flight date", "day", "date of flight"
    ),
    FlightColumn.CLOCK: (
        "take off", "takeoff", "take off time", "takeoff time", "launch time", "start time", "time"
    ),
    FlightColumn.LANDING: (
        "landing", "landing utc", "landing time", "landed", "land time", "end", "end time", "flight end",
        "landing datetime", "flight end time"
    ),
    FlightColumn.CALLED: (
        "called", "call", "call time", "call received", "received", "request time"
    ),
    FlightColumn.OVERHEAD: (
        "overhead", "arrived", "arrival", "arrival time", "on scene", "on scene time",
        "first on scene time", "time on scene reached"
    ),
    FlightColumn.LEFT: (
        "left scene", "left", "departed scene", "off scene", "off scene time"
    ),
    FlightColumn.LENGTH: (
        "length", "duration", "duration min", "flight duration", "flight time", "duration s",
        "flight duration minutes", "duration minutes", "duration seconds", "flight minutes", "duration sec",
        "duration mins", "duration hours"
    ),
    FlightColumn.TO_SCENE_S: (
        "to scene s", "time to scene s", "travel s"
    ),
    FlightColumn.RESPONSE_S: (
        "response s", "response time s", "response seconds"
    ),
    FlightColumn.ON_SCENE_S: (
        "on scene s", "time on scene s", "time on scene seconds"
    ),
    FlightColumn.PURPOSE: (
        "purpose", "call type", "flight purpose", "reason", "reason for flight", "mission", "mission type",
        "type of call", "incident type", "nature", "category"
    ),
    FlightColumn.CLEARED: (
        "cleared without patrol", "cleared", "cleared by drone", "closed by drone", "patrol not needed",
        "units cancelled", "ground unit cancelled", "avoided dispatch"
    ),
}  # fmt: skip
"""Names of columns as US and British logs have them, the likeliest first, in lower case."""

CANCELLED = ("cancel", "abandon", "no longer required", "not required", "withdrawn", "storniert")
DUPLICATE = ("duplicate", "dupe", "dup call", "linked call", "doppelt", "mehrfach")
YES, NO = ("yes", "y", "true", "1", "ja", "cleared", "x"), ("no", "n", "false", "0", "nein")


def guess_log_columns(
    kinds: type[What], sheet: SheetLike, given: Mapping[str, str], taken: Sequence[str]
) -> dict[What, str]:
    """Which columns tell what: those given by hand, and of the others the likeliest name of each.

    `taken` columns tell something else already. Raises InputError for a column that there is not.
    """
    plain = {plain_name(column): column for column in reversed(sheet.columns) if column not in taken}
    found: dict[What, str] = {}
    for what in kinds:
        if what in given:
            if given[what] and given[what] not in sheet.columns:
                raise InputError(
                    f"{sheet.name}: no column {given[what]!r} for {what}",
                    do=f"one of {', '.join(sheet.columns)}",
                )
            if given[what]:
                found[what] = given[what]
            continue
        name = next((plain[name] for name in NAMES[what] if name in plain), None)
        if name is not None and name not in found.values():
            found[what] = name
    return found


def split_columns(given: Mapping[str, str]) -> tuple[dict[CallColumn, str], dict[str, str]]:
    """(The columns that any table of calls has, those that only a log has). Raises InputError."""
    for what in given:
        if what not in {*CallColumn, *LogColumn}:
            raise InputError(f"--call-columns {what}=", do=f"one of {', '.join([*CallColumn, *LogColumn])}")
    shared = {CallColumn(what): name for what, name in given.items() if what in set(CallColumn)}
    return shared, {what: name for what, name in given.items() if what not in set(CallColumn)}


def says(text: str, words: Sequence[str]) -> bool:
    """Whether a text holds one of some words, in whatever case."""
    plain = text.casefold()
    return any(word in plain for word in words)


def say_utc(columns: Iterable[str], zone: ZoneInfo) -> Iterator[str]:
    """Which columns of times are in UTC, for their names say so, and which beside them are then local."""
    names = [column for column in columns if column]
    in_utc = [column for column in names if zone_of_columns([column], zone) is not zone]
    for column in names if in_utc else ():
        if column in in_utc:
            yield f"times in {column!r} are UTC, as its name says"
        else:
            yield (
                f"times in {column!r} without an offset are taken as local ({zone.key}, assumed): its name"
                " does not say UTC"
            )


def plain_name(column: str) -> str:
    """The words of a column's name in lower case, apart by a space."""
    return " ".join(re.findall(r"[^\W_]+", column.casefold()))
