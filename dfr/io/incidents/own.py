"""Incidents in the JSON of dfr's own, for a system that can be told what to send.

    {"agency": "Hampshire Police", "id": "HP-2026-0619-0421", "updated_at": "2026-06-19T14:03:12+01:00",
     "status": "open", "grade": "immediate", "kind": "Missing person", "text": "...", "address": "...",
     "position": {"lat_deg": 50.7823, "lon_deg": -1.0891, "datum": "WGS84", "uncertainty_m": 30},
     "exercise": false}

`agency`, `id` and `updated_at` have to be there; `position` null says that nobody knows where; fields that
dfr does not know are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dfr.io.incidents.report import (
    MAX_TEXT,
    IncidentError,
    IncidentReport,
    IncidentStatus,
    Place,
    read_key,
    read_moment,
    read_place,
    read_words,
    unknown_place,
)

DATUM = "WGS84"
SOURCE = "json"


def read_own(document: Mapping[str, Any]) -> IncidentReport:
    """The incident of a document. Raises IncidentError."""
    exercise = document.get("exercise", False)
    if not isinstance(exercise, bool):
        raise IncidentError("exercise is neither true nor false", do="send true or false")
    return IncidentReport(
        agency=read_key(document.get("agency"), "agency"),
        id=read_key(document.get("id"), "id"),
        time=read_moment(document.get("updated_at"), "updated_at"),
        status=_read_status(document.get("status", IncidentStatus.OPEN.value)),
        place=_read_position(document.get("position")),
        grade=read_words(document.get("grade")),
        kind=read_words(document.get("kind")),
        text=read_words(document.get("text"), most=MAX_TEXT),
        address=read_words(document.get("address"), most=MAX_TEXT),
        exercise=exercise,
        source=SOURCE,
    )


def _read_status(value: object) -> IncidentStatus:
    try:
        return IncidentStatus(read_words(value))
    except ValueError:
        known = ", ".join(status.value for status in IncidentStatus)
        raise IncidentError(f"status {read_words(value)!r}", do=f"one of {known}") from None


def _read_position(value: object) -> Place:
    if value is None:
        return unknown_place("no position was sent")
    if not isinstance(value, dict):
        return unknown_place("the position is no JSON object")
    datum = read_words(value.get("datum", DATUM))
    if datum != DATUM:
        return unknown_place(f"the position is in {datum}, not {DATUM}")
    return read_place(value.get("lat_deg"), value.get("lon_deg"), uncertainty_m=value.get("uncertainty_m"))
