"""Incidents as CAP 1.2 alerts (OASIS Common Alerting Protocol, XML).

Elements and their values are those of the standard's data dictionary (CAP-v1.2-os, section 3.2): `circle` is
"lat,lon radius" with the radius in kilometres, `polygon` pairs of "lat,lon", both in WGS 84. An alert has no
grade; its urgency, severity and certainty go into the text, for a person to judge. An update or a
cancellation has an identifier of its own, and names the messages that it follows up as
"sender,identifier,sent".
"""

from __future__ import annotations

from dfr.io.airspace.safe_xml import (
    Element,
    XmlTroubleError,
    at_path,
    child_elements,
    local_name,
    parse_xml,
    text_at,
)
from dfr.io.incidents.report import (
    MAX_BYTES,
    MAX_TEXT,
    IncidentError,
    IncidentReport,
    IncidentStatus,
    Place,
    place_of_area,
    read_key,
    read_moment,
    read_place,
    read_words,
    unknown_place,
)

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SOURCE = "cap"
STATUSES = {"Actual": False, "Exercise": True, "Test": True}
"""Whether an alert of a status is an exercise; System and Draft are for nobody to act on."""

MESSAGES = {"Alert": IncidentStatus.OPEN, "Update": IncidentStatus.OPEN, "Cancel": IncidentStatus.CANCELLED}
"""What a message means; Ack and Error answer another message."""

DO_RESEND = "send a CAP 1.2 alert of status Actual, Exercise or Test, as Alert, Update or Cancel"
MOST_EARLIER, MOST_CORNERS = 50, 1000
KILOMETRE_M = 1000.0


def read_cap(data: bytes) -> IncidentReport:
    """The incident of an alert. Raises IncidentError."""
    root = _read_alert(data)
    status, message = text_at(root, "status"), text_at(root, "msgType")
    if status not in STATUSES:
        raise IncidentError(f"an alert of status {read_words(status)!r}", do=DO_RESEND)
    if message not in MESSAGES:
        raise IncidentError(f"an alert of the type {read_words(message)!r}", do=DO_RESEND)
    return IncidentReport(
        agency=read_key(text_at(root, "sender"), "sender"),
        id=read_key(text_at(root, "identifier"), "identifier"),
        time=read_moment(text_at(root, "sent"), "sent"),
        status=MESSAGES[message],
        place=_read_place(root),
        kind=read_words(text_at(root, "info/event")),
        text=_read_text(root),
        address=read_words(text_at(root, "info/area/areaDesc"), most=MAX_TEXT),
        exercise=STATUSES[status],
        earlier=_read_references(text_at(root, "references")),
        source=SOURCE,
    )


def _read_alert(data: bytes) -> Element:
    if len(data) > MAX_BYTES:
        raise IncidentError(f"{len(data)} bytes is over the limit of {MAX_BYTES}", do="send less")
    try:
        root = parse_xml(data)
    except XmlTroubleError as error:
        raise IncidentError(f"not XML that can be used: {error}", do=DO_RESEND) from error
    if local_name(root) != "alert" or root.nsmap.get(root.prefix) != NAMESPACE:
        raise IncidentError(f"the XML is no alert of {NAMESPACE}", do=DO_RESEND)
    return root


def _read_text(root: Element) -> str:
    """Headline, description and instruction, and how urgent, severe and certain it is."""
    words = [text_at(root, f"info/{name}") for name in ("headline", "description", "instruction")]
    said = [f"{name} {text_at(root, f'info/{name}')}" for name in ("urgency", "severity", "certainty")]
    known = [each for each in said if not each.endswith(" ")]
    return read_words("; ".join(filter(None, [*words, *known])), most=MAX_TEXT)


def _read_references(text: str) -> tuple[tuple[str, str], ...]:
    parts = (reference.split(",") for reference in text.split()[:MOST_EARLIER])
    return tuple((read_words(each[0]), read_words(each[1])) for each in parts if len(each) >= 3)


def _read_place(root: Element) -> Place:
    """The one area that the alert's first language draws; several, or a code of an area, tell no place."""
    info = next(iter(child_elements(root, "info")), None)
    if info is None:
        return unknown_place("the alert tells of no area")
    circles, polygons = at_path(info, "area/circle"), at_path(info, "area/polygon")
    if len(circles) + len(polygons) != 1:
        drawn = "several areas" if circles or polygons else "no circle and no polygon"
        return unknown_place(f"the alert draws {drawn}")
    if polygons:
        return _read_polygon(polygons[0].text or "")
    return _read_circle(circles[0].text or "")


def _read_circle(text: str) -> Place:
    centre, _, radius = text.strip().partition(" ")
    degrees = centre.split(",")
    try:
        radius_m = float(radius) * KILOMETRE_M
    except ValueError:
        return unknown_place("the alert's circle has no radius")
    if len(degrees) != 2:
        return unknown_place("the alert's circle has no pair of degrees")
    return read_place(degrees[0], degrees[1], uncertainty_m=radius_m)


def _read_polygon(text: str) -> Place:
    pairs = [pair.split(",") for pair in text.split()]
    try:
        corners = [(float(lat), float(lon)) for lat, lon in pairs]
    except ValueError:
        return unknown_place("the alert's polygon has a corner that is no position")
    if len(corners) > MOST_CORNERS:
        return unknown_place(f"the alert's polygon has more than {MOST_CORNERS} corners")
    return place_of_area(corners)
