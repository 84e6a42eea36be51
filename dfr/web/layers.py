"""A plan and its world as GeoJSON, one collection for each layer of the map."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dfr.errors import InputError
from dfr.geo import Position, Ring, centroid
from dfr.io.files import read_bounded
from dfr.io.scenario_files import shipped_folder
from dfr.plan.model import Plan, Route
from dfr.world.model import World

Feature = dict[str, Any]
Layers = dict[str, dict[str, Any]]

AIRSPACE_WITHIN_M = 15_000.0
BASE_KINDS = frozenset({"sea", "land", "coast", "road", "rail", "building", "park"})
MAX_BASE_BYTES = 8 * 1024 * 1024


def collection(features: Iterable[Feature]) -> dict[str, Any]:
    """Features as one GeoJSON document."""
    return {"type": "FeatureCollection", "features": list(features)}


def area(rings: Sequence[Ring], **properties: Any) -> Feature:
    """Several rings as one feature, each an area of its own."""
    shape = [[_closed(ring)] for ring in rings]
    return _feature("MultiPolygon", shape, properties)


def line(points: Sequence[Position], **properties: Any) -> Feature:
    """A path."""
    return _feature("LineString", [lonlat(point) for point in points], properties)


def point(position: Position, **properties: Any) -> Feature:
    """A place."""
    return _feature("Point", lonlat(position), properties)


def lonlat(position: Position) -> list[float]:
    """GeoJSON's order: longitude, latitude; to a centimetre."""
    return [round(position.lon_deg, 7), round(position.lat_deg, 7)]


def static_layers(world: World) -> Layers:
    """What an edit of docks and boundary does not change."""
    scenario = world.scenario
    site = scenario.site
    near = world.airspace.near(site.centre, within_m=AIRSPACE_WITHIN_M)
    crowds = {crowd.area: crowd for crowd in site.crowds}
    return {
        "base": base_layer(Path(scenario.file), scenario.name),
        "airspace": collection(
            area(
                zone.rings,
                name=zone.name,
                kind=zone.kind,
                label=zone.label,
                contact=zone.contact,
                low=zone.lower.text == "SFC",
            )
            for zone, _ in near
        ),
        "crowds": collection(
            area([ring], name=crowd.name, people_per_m2=crowd.people_per_m2) for ring, crowd in crowds.items()
        ),
        "keep_outs": collection(area([ring], name=name) for name, ring in site.keep_outs),
        "traffic": collection(
            area([user.area], name=user.id, label=f"{user.kind}: {user.rule.value.replace('_', ' ')}")
            for user in scenario.traffic
        ),
        "posts": collection(
            point(post.position, name=post.id, range_m=post.range_m) for post in scenario.operation.posts
        ),
        "rally": collection(
            point(place, name=f"rally point {place}") for place in scenario.contingency.rally_points
        ),
    }


def plan_layers(world: World, plan: Plan) -> Layers:
    """What the plan says of the place: docks, sites, zones with times, routes, volumes, findings."""
    scenario = world.scenario
    chosen = {site.id for site in plan.sites}
    best = soonest(plan)
    return {
        "keep_in": collection([area([scenario.site.boundary], name="keep-in")]),
        "zones": collection(
            area([zone.area], **_zone_words(zone.id, zone.name, zone.share, best.get(zone.id)))
            for zone in scenario.demand.zones
        ),
        "zone_names": collection(
            point(centroid(zone.area), **_zone_words(zone.id, zone.name, zone.share, best.get(zone.id)))
            for zone in scenario.demand.zones
        ),
        "volumes": collection(
            area(volume.rings, id=volume.id, name=volume.name, top_m_agl=volume.top_m_agl)
            for volume in plan.volumes
            if not volume.id.startswith("adjacent_area") and volume.rings
        ),
        "routes": collection(
            line(
                route.points,
                site=route.site_id,
                zone=route.zone_id,
                best=best.get(route.zone_id) is route,
                overhead_s=route.overhead_s,
            )
            for route in plan.routes
            if len(route.points) > 1
        ),
        "sites": collection(
            point(
                site.position,
                id=site.id,
                name=site.name,
                dock=site.id in chosen,
                power=site.power.value,
                use=site.use.value,
            )
            for site in scenario.candidates
        ),
        "findings": collection(
            point(finding.place, number=number, severity=finding.severity.value, rule=finding.rule)
            for number, finding in enumerate(plan.findings)
            if finding.place is not None and finding.severity.value != "ok"
        ),
    }


def soonest(plan: Plan) -> dict[str, Route]:
    """The quickest route to each zone that can be reached."""
    found: dict[str, Route] = {}
    for route in sorted(plan.routes, key=lambda r: (r.overhead_s is None, r.overhead_s or 0.0, r.site_id)):
        if route.overhead_s is not None:
            found.setdefault(route.zone_id, route)
    return found


def base_layer(scenario_file: Path, scenario: str) -> dict[str, Any]:
    """The drawing under the map: beside the file as NAME.base.geojson, or the shipped one of that scenario.

    Only geometry and the kind of each feature are taken from it. Raises InputError where it is no GeoJSON.
    """
    own = scenario_file.with_name(f"{scenario_file.stem}.base.geojson")
    shipped = shipped_folder("scenarios") / f"{Path(scenario).name}.base.geojson"
    path = next((p for p in (own, shipped) if p.is_file()), None)
    if path is None:
        return collection([])
    try:
        document = json.loads(read_bounded(path, limit_bytes=MAX_BASE_BYTES))
        features = [_base_feature(feature) for feature in document["features"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not a GeoJSON FeatureCollection ({error}) -> repair or remove it"
        ) from error
    return collection(features)


def _base_feature(feature: Mapping[str, Any]) -> Feature:
    kind = feature["properties"]["kind"]
    if kind not in BASE_KINDS:
        raise ValueError(f"kind {kind!r:.30} is not one of {', '.join(sorted(BASE_KINDS))}")
    geometry = feature["geometry"]
    return _feature(str(geometry["type"]), geometry["coordinates"], {"kind": kind})


def _zone_words(zone: str, name: str, share: float, route: Route | None) -> dict[str, Any]:
    seconds = None if route is None else route.overhead_s
    words = "not reached" if seconds is None else f"{seconds:.0f} s"
    return {"id": zone, "name": name, "share": share, "overhead_s": seconds, "words": f"{name}\n{words}"}


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> Feature:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def _closed(ring: Ring) -> list[list[float]]:
    corners = [lonlat(corner) for corner in ring]
    return [*corners, corners[0]]
