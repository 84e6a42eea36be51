"""Layers of the map as GeoJSON: `static_layers` of the scenario, `plan_layers` of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dfr.geo import Position, Ring, centroid, offset
from dfr.io.base_drawing import base_drawing, describe_no_drawing, geometry_to_geojson, grid_lines
from dfr.plan.model import Plan, Route
from dfr.scenario.features import SPECS
from dfr.world.model import World

Feature = dict[str, Any]
Layers = dict[str, dict[str, Any]]

AIRSPACE_WITHIN_M = 15_000.0
CIRCLE_CORNERS = 48


def feature_collection(features: Iterable[Feature]) -> dict[str, Any]:
    """Features as one GeoJSON document."""
    return {"type": "FeatureCollection", "features": list(features)}


def area_feature(rings: Sequence[Ring], **properties: Any) -> Feature:
    """Several rings as one feature, each a separate area."""
    shape = [[_close_ring(ring)] for ring in rings]
    return _make_feature("MultiPolygon", shape, properties)


def line_feature(points: Sequence[Position], **properties: Any) -> Feature:
    """A path."""
    return _make_feature("LineString", [to_lonlat(point) for point in points], properties)


def point_feature(position: Position, **properties: Any) -> Feature:
    """A place."""
    return _make_feature("Point", to_lonlat(position), properties)


def to_lonlat(position: Position) -> list[float]:
    """GeoJSON's order: longitude, latitude; to a centimetre."""
    return [round(position.lon_deg, 7), round(position.lat_deg, 7)]


def static_layers(world: World) -> Layers:
    """The layers that no edit changes."""
    near = world.airspace.zones_near(world.scenario.site.centre, within_m=AIRSPACE_WITHIN_M)
    return {
        "base": base_layer(world),
        "airspace": feature_collection(
            area_feature(
                zone.rings,
                description=" · ".join(filter(None, (zone.label, zone.contact))),
                low=zone.lower.text == "SFC",
            )
            for zone, _ in near
        ),
    }


def drawn_layers(world: World, features: Sequence[Feature]) -> Layers:
    """What is drawn in the scenario beside zones and sites; `drawn` names the feature of `map_features`."""
    scenario = world.scenario
    site = scenario.site
    crowds = {crowd.area: crowd for crowd in site.crowds}
    return {
        "crowds": feature_collection(
            area_feature(
                [ring],
                drawn=f"crowd/{crowd.id.partition('/')[0]}",
                description=f"crowd: {crowd.name}, {crowd.people_per_m2:g} people/m²",
            )
            for ring, crowd in crowds.items()
        ),
        "keep_outs": feature_collection(
            area_feature([ring], drawn=f"keep_out/{name}", description=f"keep-out: {name}")
            for name, ring in site.keep_outs
        ),
        "traffic": feature_collection(
            area_feature(
                [user.area],
                drawn=f"traffic/{user.id}",
                description=f"other traffic: {user.id}, {user.kind}, {user.rule.value.replace('_', ' ')}",
            )
            for user in scenario.traffic
        ),
        "posts": feature_collection(
            point_feature(
                post.position,
                drawn=f"post/{post.id}",
                description=f"observer post {post.id}: sees {post.range_m:.0f} m",
            )
            for post in scenario.operation.posts
        ),
        "sight": feature_collection(
            area_feature([circle_around(post.position, post.range_m)], drawn=f"post/{post.id}")
            for post in scenario.operation.posts
        ),
        "rally": feature_collection(
            point_feature(place, drawn=f"rally_point/{number}", description=f"rally point {place}")
            for number, place in enumerate(scenario.contingency.rally_points, start=1)
        ),
        **{
            name: feature_collection(_as_drawn(item) for item in features if item["kind"] == kind)
            for name, kind in AS_WRITTEN.items()
        },
    }


AS_WRITTEN = {"water": "water", "homes": "home", "patrols": "patrol", "obstacles": "obstacle"}
"""Layers that show features just as they are written, by their kind."""


def _as_drawn(item: Feature) -> Feature:
    geometry = item["geometry"]
    if geometry["type"] == "Polygon":
        (ring,) = geometry["coordinates"]
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    words = f"{SPECS[item['kind']].title.lower()}: {item['name']}"
    properties = {"drawn": f"{item['kind']}/{item['id']}", "description": words}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def circle_around(centre: Position, radius_m: float) -> Ring:
    """The corners of a circle, near enough to be drawn."""
    step = 360.0 / CIRCLE_CORNERS
    return tuple(offset(centre, bearing_deg=step * i, distance_m=radius_m) for i in range(CIRCLE_CORNERS))


def plan_layers(world: World, plan: Plan) -> Layers:
    """The layers of the plan: docks, sites, zones with times, routes, volumes, findings."""
    scenario = world.scenario
    chosen = {site.id for site in plan.sites}
    best = soonest_routes(plan)
    return {
        "keep_in": feature_collection([area_feature([scenario.site.boundary], name="keep-in")]),
        "zones": feature_collection(
            area_feature([zone.area], **_zone_words(zone.id, zone.name, zone.share, best.get(zone.id)))
            for zone in scenario.demand.zones
        ),
        "zone_names": feature_collection(
            point_feature(
                centroid(zone.area), **_zone_words(zone.id, zone.name, zone.share, best.get(zone.id))
            )
            for zone in scenario.demand.zones
        ),
        "volumes": feature_collection(
            area_feature(volume.rings, id=volume.id, name=volume.name, top_m_agl=volume.top_m_agl)
            for volume in plan.volumes
            if not volume.id.startswith("adjacent_area") and volume.rings
        ),
        "routes": feature_collection(
            line_feature(
                route.points,
                site=route.site_id,
                zone=route.zone_id,
                best=best.get(route.zone_id) is route,
                overhead_s=route.overhead_s,
            )
            for route in plan.routes
            if len(route.points) > 1
        ),
        "sites": feature_collection(
            point_feature(
                site.position,
                id=site.id,
                name=site.name,
                where=str(site.position),
                dock=site.id in chosen,
                power=site.power.value,
                use=site.use.value,
            )
            for site in scenario.candidates
        ),
        "findings": feature_collection(
            point_feature(finding.place, number=number, severity=finding.severity.value, rule=finding.rule)
            for number, finding in enumerate(plan.findings)
            if finding.place is not None and finding.severity.value != "ok"
        ),
    }


def soonest_routes(plan: Plan) -> dict[str, Route]:
    """The quickest route to each zone that can be reached."""
    found: dict[str, Route] = {}
    for route in sorted(plan.routes, key=lambda r: (r.overhead_s is None, r.overhead_s or 0.0, r.site_id)):
        if route.overhead_s is not None:
            found.setdefault(route.zone_id, route)
    return found


def base_layer(world: World) -> dict[str, Any]:
    """The base drawing with a `note` on its source and accuracy; without one, a grid in round metres."""
    drawn = base_drawing(world)
    if drawn is None:
        step_m, lines = grid_lines(world)
        features = [line_feature([world.frame.position(*end) for end in ends], kind="grid") for ends in lines]
        return {**feature_collection(features), "note": describe_no_drawing(step_m)}
    shapes = [
        {"type": "Feature", "properties": {"kind": kind}, "geometry": geometry_to_geojson(geometry)}
        for kind, geometry in drawn.features
    ]
    return {**feature_collection(shapes), "note": drawn.note}


def _zone_words(zone: str, name: str, share: float, route: Route | None) -> dict[str, Any]:
    seconds = None if route is None else route.overhead_s
    words = "not reached" if seconds is None else f"{seconds:.0f} s"
    return {
        "id": zone,
        "drawn": f"zone/{zone}",
        "name": name,
        "share": share,
        "overhead_s": seconds,
        "words": f"{name}\n{words}",
        "short": words,
    }


def _make_feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> Feature:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def _close_ring(ring: Ring) -> list[list[float]]:
    corners = [to_lonlat(corner) for corner in ring]
    return [*corners, corners[0]]
