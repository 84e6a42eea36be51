"""Incidents as NENA's EIDO (NENA-STA-021.1, JSON): components that name each other by `$ref` and `$id`.

Names of fields are those of the standard's OpenAPI schema, as published examples write them. An incident
stands in `incidentComponent`, alone or in a list; a location in `locationComponent`, by value as PIDF-LO. A
location that is only a URL (`locationByReferenceUrl`) is not fetched, and so is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dfr.io.incidents.pidf_lo import read_location
from dfr.io.incidents.report import (
    MAX_TEXT,
    IncidentError,
    IncidentReport,
    IncidentStatus,
    Place,
    read_key,
    read_moment,
    read_words,
    unknown_place,
)

SOURCE = "eido"
CLOSED = frozenset({"closed", "cleared", "completed", "resolved"})
CANCELLED = frozenset({"cancelled", "canceled"})
MOST_LOCATIONS, MOST_NOTES = 20, 50


def is_eido(document: Mapping[str, Any]) -> bool:
    """Whether a document is an EIDO."""
    return "incidentComponent" in document or "eidoVersion" in document


def read_eido(document: Mapping[str, Any]) -> IncidentReport:
    """The incident of an EIDO. Raises IncidentError where it has none, or several."""
    incidents = _objects(document.get("incidentComponent"))
    if len(incidents) != 1:
        raise IncidentError(f"an EIDO with {len(incidents)} incidents", do="send one incident in each")
    incident = incidents[0]
    place, address = _read_place(document, incident)
    return IncidentReport(
        agency=_read_agency(document, incident),
        id=read_key(
            incident.get("incidentTrackingIdentifier") or document.get("$id"), "incidentTrackingIdentifier"
        ),
        time=read_moment(
            incident.get("lastUpdateTimeStamp") or document.get("lastUpdateTimeStamp"), "lastUpdateTimeStamp"
        ),
        status=_read_status(incident),
        place=place,
        grade=read_words(
            incident.get("incidentPriorityInternalText") or incident.get("incidentCommonPriorityNumber")
        ),
        kind=read_words(
            incident.get("incidentTypeCommonRegistryText") or incident.get("incidentTypeInternalText")
        ),
        text=_read_notes(document),
        address=address,
        source=SOURCE,
    )


def _read_agency(document: Mapping[str, Any], incident: Mapping[str, Any]) -> str:
    """Who issued it: the element, whose name stays the same from message to message, else the agency."""
    issuer = document.get("issuingElementIdentification")
    updated_by = incident.get("updatedByAgencyReference") or document.get("updatedByAgencyReference")
    named = next(iter(_references(updated_by)), "")
    return read_key(issuer or named, "issuingElementIdentification")


def _read_status(incident: Mapping[str, Any]) -> IncidentStatus:
    """Open unless every word says otherwise: a status that nobody here knows keeps an incident open."""
    value = incident.get("incidentStatusCommonRegistryText")
    words = {read_words(each).casefold() for each in (value if isinstance(value, list) else [value])} - {""}
    if words and words <= CANCELLED:
        return IncidentStatus.CANCELLED
    return IncidentStatus.CLOSED if words and words <= CLOSED | CANCELLED else IncidentStatus.OPEN


def _read_place(document: Mapping[str, Any], incident: Mapping[str, Any]) -> tuple[Place, str]:
    """The first of the incident's locations that has a position, and the first address."""
    wanted = list(_references(incident.get("locationReference")))[:MOST_LOCATIONS]
    if not wanted:
        return unknown_place("the incident names no location"), ""
    by_id: dict[str, Mapping[str, Any]] = {}
    for location in _objects(document.get("locationComponent")):
        for name in ("$id", "componentIdentifier"):
            by_id.setdefault(read_words(location.get(name)), location)
    found = [_read_location(by_id.get(name)) for name in wanted]
    known = [place for place, _ in found if place.position is not None]
    return (known or [found[0][0]])[0], next((address for _, address in found if address), "")


def _read_location(location: Mapping[str, Any] | None) -> tuple[Place, str]:
    if location is None:
        return unknown_place("the location that the incident names is not in the message"), ""
    described = read_words(location.get("locationDescriptionText"), most=MAX_TEXT)
    value = location.get("locationByValue")
    if not isinstance(value, str):
        return unknown_place(
            "the location is only at an address of the network, which dfr does not ask"
        ), described
    place, address = read_location(value)
    return place, address or described


def _read_notes(document: Mapping[str, Any]) -> str:
    notes = _objects(document.get("notesComponent"))[:MOST_NOTES]
    return read_words("; ".join(filter(None, (_note_text(note) for note in notes))), most=MAX_TEXT)


def _note_text(note: Mapping[str, Any]) -> str:
    return read_words(note.get("noteText") or note.get("notesActionComments"), most=MAX_TEXT)


def _objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a component, which may stand alone or in a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def _references(value: object) -> Iterator[str]:
    """What references name: `{"$ref": "id"}`, alone or in a list, with or without a leading `#`."""
    for each in value if isinstance(value, list) else [value]:
        name = read_words(each.get("$ref") if isinstance(each, dict) else each)
        name = name.removeprefix("$ref:").removeprefix("#")
        if name:
            yield name
