"""Writers of zones as GeoJSON, ED-318 and KML.

Ours, because limits and hours must read back as they were; `json` writes the JSON.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import numpy as np
import shapely

from dfr.geo import VerticalDatum
from dfr.io.airspace.limits import limit_text, plain_words
from dfr.io.airspace.reading import AirspaceRead, WrittenAirspace
from dfr.io.airspace.uas_zones import DAYS
from dfr.world.hours import ALWAYS, DailyHours, SunEvent, TimeInterval
from dfr.world.outlines import Arc
from dfr.world.zones import VerticalLimit, Zone

Json = dict[str, object]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
DECIMALS = 7
ED318_TYPES = frozenset({"PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL", "NO_RESTRICTION", "USPACE"})
ED318_REFERENCES = {
    VerticalDatum.AGL: "AGL",
    VerticalDatum.AMSL: "AMSL",
    VerticalDatum.ELLIPSOID: "WGS84",
    VerticalDatum.SURFACE: "AGL",
}


def write_geojson(read: AirspaceRead) -> WrittenAirspace:
    """The zones as GeoJSON with limits in words."""
    lost = _file_words_lost(read) + _hours_lost(read)
    features = [
        _feature_object(_zone_words(zone), _polygon_geometry(zone.area.polygon)) for zone in read.zones
    ]
    return WrittenAirspace(_collection_text(features, {"source": read.what, **_issue_date(read)}), lost, [])


def write_ed318(read: AirspaceRead) -> WrittenAirspace:
    """The zones as ED-318; flight levels have no reference there, and their volumes are left out."""
    lost, left_out = _file_words_lost(read), list[str]()
    features: list[Json] = []
    for number, zone in enumerate(read.zones, 1):
        layer = _ed318_layer(zone, left_out)
        if layer is None:
            continue
        geometry = _circle_geometry(zone) or _polygon_geometry(zone.area.polygon)
        parts = _simple_parts(geometry)
        shaped: Json = {
            "type": "GeometryCollection",
            "geometries": [{**part, "layer": layer} for part in parts],
        }
        if len(parts) == 1:
            shaped = {**parts[0], "layer": layer}
        features.append(_feature_object(_ed318_words(zone, number, lost), shaped))
    return WrittenAirspace(
        _collection_text(features, {"provider": read.what, **_issue_date(read)}), lost, left_out
    )


def write_kml(read: AirspaceRead) -> WrittenAirspace:
    """The zones as KML; the datum of a limit stands in the description."""
    lost = _file_words_lost(read) + _hours_lost(read)
    marks = "\n".join(_placemark_text(zone) for zone in read.zones)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    since = f"<TimeSpan><begin>{read.date}</begin></TimeSpan>" if _issue_date(read) else ""
    text = f"{head}\n<name>{_xml_text(read.what or read.name)}</name>{since}\n{marks}\n</Document></kml>\n"
    return WrittenAirspace(text, lost, [])


def _issue_date(read: AirspaceRead) -> Json:
    """The date of the data; none where several files of several dates were joined."""
    return {"issued": read.date} if _DAY.fullmatch(read.date) else {}


def _file_words_lost(read: AirspaceRead) -> list[str]:
    """What a file says of itself that these formats have no words for."""
    said = {
        "the stated coverage: this file covers its own volumes only": bool(read.coverage),
        f"what the data leave out: {'; '.join(read.omissions)}": bool(read.omissions),
        "the bounds of the ground": read.ground_m_amsl is not None,
    }
    return [words for words, there in said.items() if there]


def _hours_lost(read: AirspaceRead) -> list[str]:
    return [
        f"{zone.name}: hours ({zone.activation.text})" for zone in read.zones if zone.activation != ALWAYS
    ]


def _collection_text(features: list[Json], words: Json) -> str:
    document = {"type": "FeatureCollection", "metadata": words, "features": features}
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _feature_object(words: Json, geometry: Json) -> Json:
    return {"type": "Feature", "properties": words, "geometry": geometry}


def _zone_words(zone: Zone) -> Json:
    return {
        "name": zone.name,
        "class": zone.airspace_class,
        "type": zone.kind,
        "lower": limit_text(zone.lower),
        "upper": limit_text(zone.upper),
        "contact": zone.contact,
        "regulationExemption": zone.exempt,
        "remarks": zone.remarks,
        "possible": zone.possible,
        **_parts_mark(zone),
    }


def _parts_mark(zone: Zone) -> Json:
    """Says of an area in several parts that they are one volume, so that it is read back as one."""
    return {"parts": True} if len(_cut_at_180(zone.area.polygon)) > 1 else {}


def _polygon_geometry(polygon: shapely.Polygon | shapely.MultiPolygon) -> Json:
    """RFC 7946: outer rings anticlockwise; a zone across 180 degrees is cut there."""
    parts = [_ring_coordinates(part) for part in _cut_at_180(polygon)]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def _cut_at_180(polygon: shapely.Polygon | shapely.MultiPolygon) -> list[shapely.Polygon]:
    """Parts with longitudes from -180 to 180."""
    west, _, east, _ = polygon.bounds
    if west >= -180.0 and east <= 180.0:
        return list(shapely.get_parts(polygon))
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        window = shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0)
        inside = shapely.get_parts(shapely.intersection(polygon, window))
        kept = [part for part in inside if isinstance(part, shapely.Polygon) and part.area > 0.0]
        parts += [shapely.transform(part, lambda xy, turn=turn: xy - (turn, 0.0)) for part in kept]
    return parts


def _ring_coordinates(part: shapely.Polygon) -> list[list[list[float]]]:
    turned = shapely.geometry.polygon.orient(part)
    return [
        np.round(np.asarray(ring.coords), DECIMALS).tolist() for ring in (turned.exterior, *turned.interiors)
    ]


def _simple_parts(geometry: Json) -> list[Json]:
    if geometry["type"] != "MultiPolygon":
        return [geometry]
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    return [{"type": "Polygon", "coordinates": part} for part in coordinates]


def _circle_geometry(zone: Zone) -> Json | None:
    outline = zone.area.outline
    if (
        len(outline) != 1
        or not isinstance(outline[0], Arc)
        or not isinstance(zone.area.polygon, shapely.Polygon)
    ):
        return None
    arc = outline[0]
    if zone.area.polygon.interiors or arc.from_deg is None or arc.open_ended:
        return None
    centre = [round(arc.lon, DECIMALS), round(arc.lat, DECIMALS)]
    extent = {"subType": "Circle", "radius": round(arc.from_radius_m, 2)}
    return {"type": "Point", "coordinates": centre, "extent": extent}


def _ed318_layer(zone: Zone, left_out: list[str]) -> Json | None:
    """Limits in metres; a ceiling without limit is left out, a flight level cannot be written."""
    layer: Json = {"uom": "m"}
    for key, level in (("lower", zone.lower), ("upper", zone.upper)):
        if level.datum is VerticalDatum.UNLIMITED:
            continue
        if level.datum not in ED318_REFERENCES:
            left_out.append(f"{zone.name}: left out: {level.text} has no reference in ED-318")
            return None
        layer[key] = _value_m(level)
        layer[f"{key}Reference"] = ED318_REFERENCES[level.datum]
    return layer


def _value_m(level: VerticalLimit) -> float:
    return 0.0 if level.datum is VerticalDatum.SURFACE else round(level.value_m, 4)


def _ed318_words(zone: Zone, number: int, lost: list[str]) -> Json:
    words: Json = {
        "identifier": f"{number:07d}",
        "name": [{"text": zone.name, "lang": "en-GB"}],
        "type": _ed318_type(zone),
        "variant": "COMMON",
        "message": [{"text": f"{zone.kind} {zone.airspace_class} {zone.remarks}".strip(), "lang": "en-GB"}],
        **_parts_mark(zone),
    }
    if zone.contact:
        words["zoneAuthority"] = [
            {"name": [{"text": zone.contact, "lang": "en-GB"}], "purpose": "INFORMATION"}
        ]
    if zone.possible:
        lost.append(f"{zone.name}: may or may not exist; written as one that does")
    if zone.exempt:
        words["regulationExemption"] = zone.exempt
    hours = _applicability_of(zone, lost)
    return {**words, "limitedApplicability": hours} if hours else words


def _ed318_type(zone: Zone) -> str:
    """Its own type where the format has it; what only informs stays without restriction."""
    kind = zone.kind.upper().replace("AUTHORISATION", "AUTHORIZATION")
    if kind in ED318_TYPES:
        return kind
    if not zone.binding:
        return "NO_RESTRICTION"
    return "PROHIBITED" if kind == "P" else "REQ_AUTHORIZATION"


def _applicability_of(zone: Zone, lost: list[str]) -> list[Json]:
    """The periods of a zone; a zone with other hours is written as always active and listed as lost."""
    activation = zone.activation
    local = any(isinstance(period, DailyHours) and period.zone is not UTC for period in activation.periods)
    if activation.otherwise is not False or not activation.periods or local:
        if activation != ALWAYS:
            lost.append(f"{zone.name}: hours ({activation.text}); written as always active")
        return []
    return [_period_object(period) for period in activation.periods]


def _period_object(period: TimeInterval | DailyHours) -> Json:
    if isinstance(period, TimeInterval):
        return {"startDateTime": _utc_text(period.start), "endDateTime": _utc_text(period.end)}
    day = ["ANY"] if len(period.days) == 7 else [DAYS[number] for number in sorted(period.days)]
    schedule: Json = {"day": day}
    for key, clock in (("start", period.start), ("end", period.end)):
        if isinstance(clock, SunEvent):
            schedule[f"{key}Event"] = clock.value
        else:
            schedule[f"{key}Time"] = f"{clock:%H:%M:%S}Z"
    return {**_period_object(period.within), "schedule": [schedule]}


def _utc_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _placemark_text(zone: Zone) -> str:
    words = f"Upper limit: {plain_words(zone.upper)} Lower limit: {plain_words(zone.lower)}"
    words += f" Type: {zone.kind}" if zone.kind else ""
    words += f" Class: {zone.airspace_class}" if zone.airspace_class else ""
    shapes = "".join(_kml_polygon(part) for part in _cut_at_180(zone.area.polygon))
    text = _xml_text(f"{words} {zone.remarks}".strip())
    return (
        f"<Placemark><name>{_xml_text(zone.name)}</name><description>{text}</description>{_kml_data(zone)}"
        f"<MultiGeometry>{shapes}</MultiGeometry></Placemark>"
    )


def _kml_data(zone: Zone) -> str:
    """What is read back by its name."""
    possible = "true" if zone.possible else ""
    words = {"type": zone.kind, "contact": zone.contact, "exempt": zone.exempt, "possible": possible}
    words["parts"] = "true" if _parts_mark(zone) else ""
    items = (
        f'<Data name="{key}"><value>{_xml_text(text)}</value></Data>' for key, text in words.items() if text
    )
    data = "".join(items)
    return f"<ExtendedData>{data}</ExtendedData>" if data else ""


def _kml_polygon(part: shapely.Polygon) -> str:
    outer, *holes = _ring_coordinates(part)
    inner = "".join(f"<innerBoundaryIs>{_kml_ring(hole)}</innerBoundaryIs>" for hole in holes)
    return f"<Polygon><outerBoundaryIs>{_kml_ring(outer)}</outerBoundaryIs>{inner}</Polygon>"


def _kml_ring(ring: list[list[float]]) -> str:
    places = " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in ring)
    return f"<LinearRing><coordinates>{places}</coordinates></LinearRing>"


def _xml_text(text: str) -> str:
    return escape("".join(letter for letter in text if letter.isprintable()))
