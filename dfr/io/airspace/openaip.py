"""openAIP 1.x: airspace in XML, an `ASP` with its limits and one polygon of longitudes and latitudes.

Ours, because no library that dfr depends on reads openAIP; lxml parses the XML.
"""

from __future__ import annotations

from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import ANYWHERE, Reach, reach_of_degrees
from dfr.io.airspace.reading import (
    MAX_VOLUMES,
    AirspaceRead,
    Problems,
    ReadOutcome,
    VolumeDraft,
    finish_reading,
    overflow_volume,
)
from dfr.io.airspace.safe_xml import (
    Element,
    XmlTroubleError,
    child_elements,
    elements_named,
    line_of,
    parse_xml,
    text_at,
)
from dfr.io.airspace.uas_zones import BadZoneError, closed_ring, read_corner
from dfr.world.outlines import EdgeRule, Vertex
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit

CLASSES = frozenset("ABCDEFG")
KINDS = {
    "DANGER": "D", "PROHIBITED": "P", "RESTRICTED": "R", "GLIDING": "GLIDER", "WAVE": "WAVE", "OTH": "",
    "FIR": "FIR", "UIR": "UIR", "CTR": "CTR", "TMA": "TMA", "TMZ": "TMZ", "RMZ": "RMZ",
}  # fmt: skip
"""Kinds of zone by category; the other categories are classes."""

UNITS = {"F": "ft", "FT": "ft", "M": "m"}
REFERENCES = {"GND": "AGL", "MSL": "AMSL", "STD": "STD"}


def read_openaip_xml(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an openAIP 1.x file and all that is wrong with it."""
    problems = Problems()
    drafts: list[VolumeDraft] = []
    try:
        root = parse_xml(data)
    except XmlTroubleError as error:
        problems.add(error.line, "not-xml", str(error), ReadOutcome.REFUSED)
        return finish_reading(name, "openaip", drafts, problems)
    for element in elements_named(root, "ASP"):
        if len(drafts) > MAX_VOLUMES:
            drafts.append(overflow_volume(problems, f"more than {MAX_VOLUMES} volumes"))
            break
        drafts.append(_read_airspace(element, problems))
    return finish_reading(name, "openaip", drafts, problems, edges=EdgeRule.PARALLEL)


def _read_airspace(element: Element, problems: Problems) -> VolumeDraft:
    category = (element.get("CATEGORY") or "").upper()
    draft = VolumeDraft(
        line=line_of(element), name=text_at(element, "NAME"),
        kind="" if category in CLASSES else KINDS.get(category, category),
        airspace_class=category if category in CLASSES else "",
    )  # fmt: skip
    draft.lower = _read_limit(draft, element, "ALTLIMIT_BOTTOM", SURFACE, problems)
    draft.upper = _read_limit(draft, element, "ALTLIMIT_TOP", UNLIMITED, problems)
    polygons = [
        polygon
        for shape in child_elements(element, "GEOMETRY")
        for polygon in child_elements(shape, "POLYGON")
    ]
    if len(polygons) != 1:
        what = f"{draft.name}: {len(polygons)} polygons"
        problems.refuse(draft, draft.line, "no-geometry", what, lost=[ANYWHERE])
        return draft
    _draw_polygon(draft, polygons[0].text or "", problems)
    return draft


def _draw_polygon(draft: VolumeDraft, text: str, problems: Problems) -> None:
    corners: list[Vertex] = []
    lost: list[Reach] = []
    for pair in text.split(","):
        parts = pair.split()
        try:
            corners.append(read_corner([float(part) for part in parts]))
        except (ValueError, BadZoneError):
            lost.append(reach_of_degrees(*(parts if len(parts) == 2 else ("", ""))))
    draft.outline = closed_ring(corners)
    if lost:
        what = f"{draft.name}: {len(lost)} positions cannot be read"
        problems.refuse(draft, draft.line, "bad-coordinate", what, lost=lost)


def _read_limit(
    draft: VolumeDraft, element: Element, key: str, widest: VerticalLimit, problems: Problems
) -> VerticalLimit | None:
    """A limit of an airspace; the widest where it cannot be read."""
    found = child_elements(element, key)
    altitudes = child_elements(found[0], "ALT") if found else []
    if not altitudes:
        return None
    value, unit = (altitudes[0].text or "").strip(), (altitudes[0].get("UNIT") or "").upper()
    reference = REFERENCES.get((found[0].get("REFERENCE") or "").upper(), "?")
    level_words = unit == "FL" and reference == "STD"
    words = f"FL{value}" if level_words else f"{value} {UNITS.get(unit, '?')} {reference}"
    if reference == "AGL" and value.strip("0.") == "" and value and widest is SURFACE:
        return SURFACE
    level = parse_limit(words)
    if level is None:
        what = f"{draft.name}: {words}: taken as {widest.text}"
        problems.repair(draft, draft.line, "unreadable-limit", what)
    return level or widest
