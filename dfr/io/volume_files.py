"""Files for an application: flight volumes and the proposed restricted area, as KML and GeoJSON.

Tops stand in the words and, in KML, in the altitudes: volumes relative to ground, the proposed area above
mean sea level where its ground is known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from dfr.errors import InputError
from dfr.geo import GEOD, Ring
from dfr.plan.model import Plan, ProposedArea, Volume
from dfr.plan.volumes import aip_corner
from dfr.units import FOOT_M

DECIMALS = 7
FORMS = (".geojson", ".json", ".kml")


def volumes_document(plan: Plan, path: Path) -> str:
    """The volumes as the suffix of a path asks. Raises InputError for another suffix."""
    suffix = path.suffix.lower()
    if suffix not in FORMS:
        raise InputError(f"{path}: not a format for volumes", do="give a name ending in .kml or .geojson")
    return volumes_kml(plan) if suffix == ".kml" else volumes_geojson(plan)


def volumes_geojson(plan: Plan) -> str:
    """GeoJSON (RFC 7946): one feature for each volume, and one for the proposed area."""
    features = [_volume_feature(_describe_volume(volume), volume.rings) for volume in plan.volumes]
    if plan.restricted_area is not None:
        features.append(_volume_feature(_describe_area(plan.restricted_area), (plan.restricted_area.ring,)))
    document = {
        "type": "FeatureCollection",
        "metadata": {"scenario": plan.scenario, "scenario_sha256": plan.scenario_sha256, "dfr": plan.version},
        "features": features,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def volumes_kml(plan: Plan) -> str:
    """KML 2.2: one placemark for each volume, and one for the proposed area."""
    marks = [
        _write_placemark(_describe_volume(v), v.rings, v.top_m_agl, "relativeToGround") for v in plan.volumes
    ]
    area = plan.restricted_area
    if area is not None:
        top = area.top_m_agl if area.upper_m_amsl is None else area.upper_m_amsl
        mode = "relativeToGround" if area.upper_m_amsl is None else "absolute"
        marks.append(_write_placemark(_describe_area(area), (area.ring,), top, mode))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    body = "\n".join(marks)
    return f"{head}\n<name>{escape(plan.scenario)}</name>\n{body}\n</Document></kml>\n"


def _describe_volume(volume: Volume) -> dict[str, object]:
    return {
        "id": volume.id,
        "name": volume.name,
        "lower": "SFC",
        "top_m_agl": round(volume.top_m_agl, 1),
        "method": volume.method,
    }


def _describe_area(area: ProposedArea) -> dict[str, object]:
    known = area.upper_m_amsl
    return {
        "id": "proposed_restricted_area",
        "name": "Proposed temporary restricted area",
        "lower": "SFC",
        "upper": "unknown: no terrain" if known is None else f"{known / FOOT_M:.0f}ft AMSL",
        "top_m_agl": round(area.top_m_agl, 1),
        "corners": [aip_corner(corner) for corner in area.ring],
        "area_km2": round(area.area_m2 / 1e6, 3),
        "method": area.method,
    }


def _volume_feature(words: dict[str, object], rings: Sequence[Ring]) -> dict[str, object]:
    shapes = [[_close_anticlockwise(ring)] for ring in rings]
    geometry: dict[str, object] = {"type": "MultiPolygon", "coordinates": shapes}
    if len(shapes) == 1:
        geometry = {"type": "Polygon", "coordinates": shapes[0]}
    return {"type": "Feature", "properties": words, "geometry": geometry}


def _close_anticlockwise(ring: Ring) -> list[list[float]]:
    """Closed, as both formats want an outer ring."""
    lons, lats = zip(*((corner.lon_deg, corner.lat_deg) for corner in ring), strict=True)
    turned = ring if GEOD.polygon_area_perimeter(lons, lats)[0] >= 0.0 else tuple(reversed(ring))
    return [[round(c.lon_deg, DECIMALS), round(c.lat_deg, DECIMALS)] for c in (*turned, turned[0])]


def _write_placemark(words: dict[str, object], rings: Sequence[Ring], top_m: float, mode: str) -> str:
    shapes = "".join(_write_polygon(ring, top_m, mode) for ring in rings)
    said = "; ".join(
        f"{key}: {_value_text(value)}" for key, value in words.items() if key not in ("id", "name")
    )
    return (
        f'<Placemark id="{words["id"]}"><name>{escape(str(words["name"]))}</name>'
        f"<description>{escape(said)}</description><MultiGeometry>{shapes}</MultiGeometry></Placemark>"
    )


def _value_text(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _write_polygon(ring: Ring, top_m: float, mode: str) -> str:
    places = " ".join(
        f"{lon:.{DECIMALS}f},{lat:.{DECIMALS}f},{top_m:.1f}" for lon, lat in _close_anticlockwise(ring)
    )
    return (
        f"<Polygon><extrude>1</extrude><altitudeMode>{mode}</altitudeMode><outerBoundaryIs><LinearRing>"
        f"<coordinates>{places}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    )
