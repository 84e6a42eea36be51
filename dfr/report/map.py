"""The map of a plan as SVG (`map_svg`): no tiles and no script; drawn in metres from the site's centre."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import shapely
import shapely.affinity

from dfr.geo import FloatArray, Position, Ring, centroid
from dfr.io.base_drawing import base_drawing, describe_no_drawing, grid_lines
from dfr.plan.model import Plan, Route
from dfr.report import svg
from dfr.report.labels import Box, Labels, box_of
from dfr.report.words import short
from dfr.track import FlightTrack
from dfr.world.model import World

WIDTH_PX = 1000.0
MARGIN = 0.06
LABEL_CHARACTERS = 16
LABEL_LINES = 3
DOCK_CHARACTERS = 40
DOCK_SIDE = 13.0
LABEL_PX = 12.0
ZONE_SHIFTS = (0.0, -0.35, 0.35, -0.7, 0.7, -1.1, 1.1)
MOST_NAMED = 12
"""With more docks than this their names would overlap, so only their titles remain."""

MOST_ZONES_NAMED = 60
"""More zones than this are drawn as a heat map: the more calls to the area, the darker, without names."""

HEATS = 6
"""How many shades a heat map has; each step is four ninths of the density of the next, or less."""


FILLED = ("sea", "land", "park", "water", "building")
GROUND_ORDER = (*FILLED, "stream", "rail", "road", "coast")


@dataclass(frozen=True, slots=True)
class _View:
    """Local metres to picture units: north is up, one unit is one pixel."""

    west_m: float
    north_m: float
    scale: float
    height_px: float

    def xy(self, east_m: float, north_m: float) -> tuple[float, float]:
        return (east_m - self.west_m) * self.scale, (self.north_m - north_m) * self.scale

    def area(self, area: shapely.Geometry) -> shapely.Geometry:
        s = self.scale
        return shapely.affinity.affine_transform(area, [s, 0, 0, -s, -self.west_m * s, self.north_m * s])


def map_svg(
    world: World,
    plan: Plan,
    *,
    flown: Sequence[tuple[str, FlightTrack]] = (),
    label_px: float = LABEL_PX,
) -> str:
    """The plan on its site as SVG, 1000 units wide. `flown` pairs a dock's id with a track flown from it."""
    view = _view_of(world, plan)
    layers = [
        *_draw_ground(world, view),
        *_draw_site(world, view),
        *_draw_volumes(world, plan, view),
        *_draw_routes(world, plan, view),
        *_draw_zones(world, plan, view),
        *_draw_traffic(world, view),
        *_draw_posts(world, view),
        *_draw_flown(world, plan, view, flown),
        *_draw_docks(world, plan, view),
        *_draw_labels(world, plan, view, label_px),
        _draw_north(),
        _draw_scale_bar(view),
    ]
    return svg.element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH_PX:.0f} {view.height_px:.0f}",
        class_="map",
        role="img",
        aria_label=f"Map of {plan.scenario}",
        body=DEFS + "".join(layers),
    )


def standalone_map(world: World, plan: Plan, *, flown: Sequence[tuple[str, FlightTrack]] = ()) -> str:
    """The map as an SVG file of its own, with its styles inside."""
    css = (resources.files("dfr.report") / "templates" / "map.css").read_text(encoding="utf-8")
    picture = map_svg(world, plan, flown=flown)
    return picture.replace("<defs>", f"<style>{css}</style><defs>", 1)


DEFS = (
    '<defs><pattern id="crowd" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="7" class="hatch"/></pattern></defs>'
)


def _view_of(world: World, plan: Plan) -> _View:
    frame, scenario = world.frame, world.scenario
    shown = [frame.polygon(scenario.site.boundary)]
    shown += [frame.polygon(zone.area) for zone in scenario.demand.zones]
    shown += [shapely.Point(frame.point(site.position)) for site in scenario.candidates]
    shown += [
        frame.polygon(ring)
        for volume in plan.volumes
        if not volume.id.startswith("adjacent_area")
        for ring in volume.rings
    ]
    west, south, east, north = shapely.union_all(shown).bounds
    margin = MARGIN * max(east - west, north - south, 100.0)
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    scale = WIDTH_PX / (east - west)
    return _View(west, north, scale, max((north - south) * scale, 300.0))


def _draw_ground(world: World, view: _View) -> list[str]:
    """The ground: coast and roads where there is a base drawing, else a grid; with a note on its accuracy."""
    drawn = base_drawing(world)
    corner = (WIDTH_PX, view.height_px)
    frame = shapely.box(0.0, 0.0, *corner)
    if drawn is None:
        step_m, lines = grid_lines(world)
        shapes = [_clip_path(view.area(shapely.LineString(ends)), frame, "base grid") for ends in lines]
        return [*shapes, _draw_note(describe_no_drawing(step_m), corner)]

    def local(lonlat: FloatArray) -> FloatArray:
        east, north = world.frame.to_enu(lonlat[:, 1], lonlat[:, 0])
        return np.column_stack([east, north])

    shapes = [
        _clip_path(view.area(shapely.transform(geometry, local)), frame, f"base {kind}")
        for kind, geometry in sorted(drawn.features, key=lambda feature: GROUND_ORDER.index(feature[0]))
    ]
    return [*shapes, _draw_note(drawn.note, corner)]


def _clip_path(shape: shapely.Geometry, frame: shapely.Polygon, css: str) -> str:
    """The part of a shape inside the picture as one path; '' where none is."""
    inside = shapely.intersection(shapely.make_valid(shape), frame)
    if inside.is_empty:
        return ""
    lines = [
        svg.path_of([(float(x), float(y)) for x, y in part.coords], closed=False)
        for part in shapely.get_parts(inside)
        if part.geom_type == "LineString"
    ]
    path = svg.path_of_area(inside) + "".join(lines)
    return svg.element("path", d=path, class_=css) if path else ""


def _draw_note(words: str, corner: tuple[float, float]) -> str:
    return svg.text(corner[0] - 8, corner[1] - 8, words, class_="base-note") if words else ""


def _draw_ring(world: World, view: _View, ring: Ring, css: str, title: str) -> str:
    area = view.area(world.frame.polygon(ring))
    return svg.element("path", d=svg.path_of_area(area), class_=css, title=title)


def _draw_volumes(world: World, plan: Plan, view: _View) -> list[str]:
    return [
        _draw_ring(
            world, view, ring, f"volume {volume.id}", f"{volume.name}: top {volume.top_m_agl:.0f} m AGL"
        )
        for volume in reversed(plan.volumes)
        if not volume.id.startswith("adjacent_area")
        for ring in volume.rings
    ]


def _draw_site(world: World, view: _View) -> list[str]:
    site = world.scenario.site
    crowds = {crowd.area: crowd for crowd in site.crowds}
    shapes = [_draw_ring(world, view, site.boundary, "keep-in", f"{site.name}: keep-in boundary")]
    shapes += [
        _draw_ring(
            world, view, crowd.area, "crowd", f"{crowd.name}: up to {crowd.people_per_m2:g} people per m²"
        )
        for crowd in crowds.values()
    ]
    shapes += [
        _draw_ring(world, view, ring, "keep-out", f"keep-out: {name}") for name, ring in site.keep_outs
    ]
    return shapes


def _draw_zones(world: World, plan: Plan, view: _View) -> list[str]:
    shapes = []
    for zone, shade in zip(world.scenario.demand.zones, _shades(world), strict=True):
        best = plan.soonest_route(zone.id)
        origin = "" if best is None else f" after lift-off from {best.site_id}"
        digits = 2 if shade else 0
        title = f"{zone.name}: {100 * zone.share:.{digits}f} % of calls, {_time_words(best)}{origin}"
        css = f"zone{shade}" if best else f"zone unreached{shade}"
        shapes.append(_draw_ring(world, view, zone.area, css, title))
    return shapes


def is_heat_map(world: World) -> bool:
    """Whether a map shows zones by shade, without names and times, for there are too many."""
    return len(world.scenario.demand.zones) > MOST_ZONES_NAMED


def _shades(world: World) -> list[str]:
    """The class of each zone's shade in a heat map, by its calls to the area; '' where it is none."""
    zones = world.scenario.demand.zones
    if not is_heat_map(world):
        return [""] * len(zones)
    areas = np.array([world.frame.polygon(zone.area).area for zone in zones])
    density = np.array([zone.share for zone in zones]) / np.maximum(areas, 1.0)
    shades = np.ceil(HEATS * np.sqrt(density / density.max())).astype(int)
    return [f" heat heat-{shade}" for shade in shades.tolist()]


def _time_words(best: Route | None) -> str:
    return "not reachable" if best is None or best.overhead_s is None else f"{best.overhead_s:.0f} s"


def _draw_labels(world: World, plan: Plan, view: _View, size: float) -> list[str]:
    """Names of zones with their times, and names of docks, placed clear of the marks and each other."""
    labels = Labels(Box(WIDTH_PX / 2, view.height_px / 2, WIDTH_PX, view.height_px))
    for mark in _label_obstacles(world, plan, view):
        labels.block_mark(*mark)
    labels.taken.append(_scale_box(view))
    words = []
    for site in plan.sites if len(plan.sites) <= MOST_NAMED else ():
        name = short(site.name, DOCK_CHARACTERS)
        at = view.xy(*world.frame.point(site.position))
        box = labels.place_beside(at, box_of([name], size=size), DOCK_SIDE)
        words.append(svg.text(box.x, box.y + size / 3, name, class_="dock-name", font_size=size))
    for zone in () if is_heat_map(world) else world.scenario.demand.zones:
        named = textwrap.wrap(zone.name, LABEL_CHARACTERS, max_lines=LABEL_LINES, placeholder=" …")
        lines = [*named, _time_words(plan.soonest_route(zone.id))]
        at = view.xy(*world.frame.point(centroid(zone.area)))
        box = labels.place_about(at, box_of(lines, size=size), ZONE_SHIFTS)
        words += _draw_text_lines(box, lines, size)
    return words


def _label_obstacles(world: World, plan: Plan, view: _View) -> list[tuple[float, float, float]]:
    """(x, y, side) of every mark that labels must not hide."""
    scenario = world.scenario
    docks = {site.id for site in plan.sites}
    marks = [(site.position, 2 * DOCK_SIDE if site.id in docks else 12.0) for site in scenario.candidates]
    marks += [(post.position, 14.0) for post in scenario.operation.posts]
    marks += [(rally, 16.0) for rally in scenario.contingency.rally_points]
    return [(*view.xy(*world.frame.point(place)), side) for place, side in marks]


def _draw_text_lines(box: Box, lines: Sequence[str], size: float) -> list[str]:
    """Lines of text, one below the other; the last is the time."""
    step = box.height / len(lines)
    top = box.y - box.height / 2 + 0.8 * step
    return [
        svg.text(
            box.x,
            top + step * i,
            line,
            class_="zone-time" if i == len(lines) - 1 else "zone-name",
            font_size=size,
        )
        for i, line in enumerate(lines)
    ]


def _draw_traffic(world: World, view: _View) -> list[str]:
    return [
        _draw_ring(
            world,
            view,
            other.area,
            "traffic",
            f"{other.id} ({other.kind}): {other.lower_m_amsl:.0f} to {other.upper_m_amsl:.0f} m AMSL, "
            f"rule {other.rule.value.replace('_', ' ')}",
        )
        for other in world.scenario.traffic
    ]


def _draw_posts(world: World, view: _View) -> list[str]:
    shapes = []
    for post in world.scenario.operation.posts:
        x, y = view.xy(*world.frame.point(post.position))
        title = f"{post.id}: sees {post.range_m:.0f} m"
        shapes.append(
            svg.element("circle", cx=x, cy=y, r=post.range_m * view.scale, class_="sight", title=title)
        )
        shapes.append(svg.element("path", d=f"M{x:.1f} {y - 7:.1f}l6 11h-12z", class_="post", title=title))
    return shapes


def _draw_routes(world: World, plan: Plan, view: _View) -> list[str]:
    shapes = []
    for zone in () if is_heat_map(world) else world.scenario.demand.zones:
        route = plan.soonest_route(zone.id)
        if route is None:
            continue
        where = f"{route.site_id} to {route.zone_id}"
        title = f"{where}: {route.length_m:.0f} m, overhead in {route.overhead_s:.0f} s"
        line = svg.path_of(_route_pixels(world, view, route.points), closed=False)
        shapes.append(svg.element("path", d=line, class_="route", title=title))
    return shapes


def _route_pixels(world: World, view: _View, positions: Sequence[Position]) -> list[tuple[float, float]]:
    return [view.xy(float(e), float(n)) for e, n in world.frame.points(positions)]


def _draw_flown(world: World, plan: Plan, view: _View, flown: Sequence[tuple[str, FlightTrack]]) -> list[str]:
    homes = {site.id: world.frame.point(site.position) for site in plan.sites}
    shapes = []
    for site_id, track in flown:
        east, north = homes[site_id]
        points = [view.xy(east + e, north + n) for e, n in zip(track.east_m, track.north_m, strict=True)]
        title = f"flown: {track.name}"
        shapes.append(svg.element("path", d=svg.path_of(points, closed=False), class_="flown", title=title))
    return shapes


def _draw_docks(world: World, plan: Plan, view: _View) -> list[str]:
    chosen = {site.id: site for site in plan.sites}
    shapes = []
    for candidate in world.scenario.candidates:
        x, y = view.xy(*world.frame.point(candidate.position))
        dock = chosen.get(candidate.id)
        title = f"{candidate.name}: power {candidate.power.value}, sky view {100 * candidate.sky_view:.0f} %"
        side = 10.0 if dock else 5.0
        css = "dock" if dock else "candidate"
        box: dict[str, Any] = {"x": x - side, "y": y - side, "width": 2 * side, "height": 2 * side}
        shapes.append(svg.element("rect", title=title, class_=css, body="", **box))
    for rally in world.scenario.contingency.rally_points:
        x, y = view.xy(*world.frame.point(rally))
        shapes.append(svg.element("circle", cx=x, cy=y, r=6.0, class_="rally", title=f"rally point {rally}"))
    return shapes


def _draw_north() -> str:
    arrow = svg.element("path", d="M0 -22l7 26l-7 -6l-7 6z", class_="ink")
    letter = svg.text(0, 20, "N", class_="label middle")
    return svg.element("g", transform=f"translate({WIDTH_PX - 30:.0f} 40)", body=arrow + letter)


def _scale_bar_place(view: _View) -> tuple[int, float, float]:
    """(Metres, left, bottom) of the scale bar, above the note on the source of the drawing."""
    metres = next(
        m for m in (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 200_000) if m * view.scale > 80
    )
    return metres, 20.0, view.height_px - 40.0


def _scale_box(view: _View) -> Box:
    metres, x, y = _scale_bar_place(view)
    width = metres * view.scale
    return Box(x + width / 2, y - 14.0, width, 30.0)


def _draw_scale_bar(view: _View) -> str:
    metres, x, y = _scale_bar_place(view)
    width = metres * view.scale
    words = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    bar = svg.element("path", d=f"M{x} {y - 6:.1f}v6h{width:.1f}v-6", class_="scale-bar")
    return bar + svg.text(x + width / 2, y - 6, words, class_="label middle")
