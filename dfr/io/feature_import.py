"""Features of a map file become features of a scenario (`import_edit`), each in the role that it was given.

What a file does not say (how dense a crowd is, how far a post sees) is marked assumed in the scenario.
Nothing drawn by hand is replaced unless it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from pydantic_core import PydanticCustomError
from shapely.ops import substring

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position, Ring, centroid
from dfr.io.deployment_folder import make_slug
from dfr.io.map_features.model import FeatureFile, FeatureShape, MapFeature
from dfr.scenario.changes import apply_change
from dfr.scenario.edits import AddFeature, AllEdits, Edit, SetValue, changes_of
from dfr.scenario.features import SITES, SPECS, ZONES, FeatureKind, Shape, list_features, value_at
from dfr.scenario.schema_parts import read_area

ROLES = (
    FeatureKind.BOUNDARY,
    FeatureKind.CROWD,
    FeatureKind.KEEP_OUT,
    FeatureKind.WATER,
    FeatureKind.ZONE,
    FeatureKind.SITE,
    FeatureKind.POST,
    FeatureKind.RALLY_POINT,
    FeatureKind.PATROL,
    FeatureKind.HOME,
    FeatureKind.OBSTACLE,
    FeatureKind.TRAFFIC,
)
"""What a feature of a file can become. Obstacles come after the sites that they stand beside."""

PEOPLE_PER_M2 = 2.0
"""A standing crowd at a concert (assumed; those of the shipped festival are 1 to 2.5)."""

POST_RANGE_M = 500.0
"""As `dfr init` writes it: VLOS is no distance."""

OBSTACLE_WIDTH_M = 5.0
"""How wide an obstacle is that a file gives as a point: a tree or a mast with its stays (assumed)."""

PIECE_M, MOST_PIECES = 50.0, 100
"""A line is taken over in pieces so short that each is well told by one bearing; and how many at most."""

LEAST_WIDTH_M = 1.0

_USUAL_SHAPES = {FeatureKind.OBSTACLE: (FeatureShape.POINT, FeatureShape.LINE)}
"""Shapes in which a kind is proposed by its name, where there is more than one."""

WORDS: Mapping[FeatureKind, tuple[str, ...]] = {
    FeatureKind.BOUNDARY: ("boundary", "licensed", "perimeter", "site area", "red line", "keep-in",
                           "grenze", "festgelände", "veranstaltungsgelände"),
    FeatureKind.KEEP_OUT: ("keep-out", "keep out", "keepout", "no fly", "no-fly", "exclusion", "prohibited",
                           "sperr", "flugverbot"),
    FeatureKind.CROWD: ("crowd", "arena", "audience", "stage front", "spectator", "campground",
                        "campsite", "camping", "zuschauer", "publikum", "menschenmenge", "zeltplatz"),
    FeatureKind.WATER: ("water", "lake", "river", "sea", "pond", "harbour",
                        "gewässer", "wasser", "fluss", "teich", "weiher", "hafen"),
    FeatureKind.ZONE: ("zone", "sector", "demand", "sektor"),
    FeatureKind.SITE: ("dock", "candidate", "launch", "startplatz", "standort"),
    FeatureKind.POST: ("post", "observer", "pilot", "spotter", "beobacht"),
    FeatureKind.RALLY_POINT: ("rally", "divert", "emergency landing", "notlande", "ausweich"),
    FeatureKind.PATROL: ("patrol", "officers", "police", "streife", "polizei"),
    FeatureKind.HOME: ("homes", "houses", "residential", "wohn"),
    FeatureKind.OBSTACLE: ("obstacle", "mast", "crane", "floodlight", "tower", "power line", "powerline",
                           "pylon", "overhead line", "zip wire", "hindernis", "kran", "turm", "freileitung",
                           "stromleitung", "hochspannung"),
    FeatureKind.TRAFFIC: ("helicopter", "hems", "gliders", "parachut", "display line", "display area",
                          "hubschrauber", "segelflug", "fallschirm"),
}  # fmt: skip
"""Words in a name or its folder by which a role is proposed; a person confirms it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChoices:
    """How features are taken over. `replace`: kinds whose present features go; `people_per_m2` of crowds.

    `obstacle_height_m` is that of obstacles whose height the file does not say.
    """

    replace: frozenset[FeatureKind] = frozenset()
    people_per_m2: float = PEOPLE_PER_M2
    obstacle_height_m: float | None = None


def propose_role(feature: MapFeature) -> FeatureKind | None:
    """The role that the feature's name or folder speaks of, where it has the shape for it."""
    for text in (feature.name.casefold(), feature.group.casefold()):
        for kind, words in WORDS.items():
            if any(word in text for word in words) and feature.shape in _USUAL_SHAPES.get(
                kind, possible_shapes(kind)[:1]
            ):
                return kind
    return FeatureKind.KEEP_OUT if feature.hole_of is not None else None


def possible_shapes(kind: FeatureKind) -> tuple[FeatureShape, ...]:
    """The shapes that a feature may have for a role, the usual one first.

    An open line becomes an area when somebody gives it the role of one: its ends are joined.
    """
    if kind is FeatureKind.OBSTACLE:
        return FeatureShape.POINT, FeatureShape.LINE, FeatureShape.AREA
    if SPECS[kind].shape is Shape.AREA:
        return FeatureShape.AREA, FeatureShape.LINE
    return (FeatureShape.POINT,)


def placeholder_kinds(data: Any) -> frozenset[FeatureKind]:
    """The kinds that a scenario has from `dfr init` alone: drawn by a program, confirmed by nobody."""
    drawn = {
        FeatureKind.BOUNDARY: ("site", "boundary", "confirmed"),
        FeatureKind.ZONE: ("demand", "zones", "confirmed"),
        FeatureKind.SITE: ("candidates", "confirmed"),
    }
    found = {kind for kind, path in drawn.items() if value_at(data, path) is False}
    posts = value_at(data, SPECS[FeatureKind.POST].list_path)
    if isinstance(posts, list) and posts and all(value_at(post, ("confirmed",)) is False for post in posts):
        found.add(FeatureKind.POST)
    return frozenset(found)


def import_edit(
    file: FeatureFile,
    roles: Mapping[int, FeatureKind],
    data: Any,
    choices: ImportChoices | None = None,
) -> AllEdits:
    """The edit of a scenario's plain data that takes features of a file over; `roles` are by their number.

    Raises InputError where a feature has not the shape of its role, for a second boundary, and for a boundary
    whose holes are not taken over as keep-outs.
    """
    choices = choices or ImportChoices()
    # Of kinds that the file does not bring nothing is taken out.
    choices = replace(choices, replace=choices.replace & set(roles.values()))
    _check_roles(file, roles)
    edits: list[Edit] = []
    for kind in ROLES:
        chosen = [file.features[number] for number in sorted(roles) if roles[number] is kind]
        if chosen:
            # Obstacles stand beside the sites of the same file.
            now = _edited(data, edits) if kind is FeatureKind.OBSTACLE else data
            edits += _Importer(file.name, kind, now, choices).edits_for(chosen)
    if not edits:
        raise InputError(f"{file.name}: no feature has a role", do="give at least one of them a role")
    return AllEdits(edits=edits, what=f"import {file.name}")


def _edited(data: Any, edits: Sequence[Edit]) -> Any:
    """Plain data after edits."""
    for change in changes_of(AllEdits(edits=list(edits)), data) if edits else ():
        data = apply_change(data, change)
    return data


def _check_roles(file: FeatureFile, roles: Mapping[int, FeatureKind]) -> None:
    for number, kind in roles.items():
        if not 0 <= number < len(file.features):
            raise InputError(f"{file.name}: there is no feature {number}", do="read the file again")
        feature, fitting = file.features[number], possible_shapes(kind)
        title = SPECS[kind].title.lower()
        if feature.shape not in fitting:
            raise InputError(
                f"{feature.name or 'a feature'} is {feature.shape.with_article}, "
                f"not {fitting[0].with_article} as a {title} is",
                do="choose another role",
            )
        if feature.shape is FeatureShape.LINE and SPECS[kind].shape is Shape.AREA:
            _require_outline(feature, title)
    bounds = [number for number, kind in roles.items() if kind is FeatureKind.BOUNDARY]
    if len(bounds) > 1:
        names = ", ".join(file.features[number].name or "unnamed" for number in bounds)
        raise InputError(f"{file.name}: {len(bounds)} boundaries: {names}", do="choose one of them")
    for number, feature in enumerate(file.features):
        if feature.hole_of in bounds and roles.get(number) is not FeatureKind.KEEP_OUT:
            raise InputError(
                f"{feature.name} is a hole of the boundary",
                do="take it over as a keep-out, or drones fly there",
            )


def _require_outline(feature: MapFeature, title: str) -> None:
    """Raise InputError where an open line cannot be joined into an area."""
    try:
        read_area([[corner.lat_deg, corner.lon_deg] for corner in feature.points])
    except PydanticCustomError as error:
        words = error.context or {}
        raise InputError(
            f"{feature.name or 'a line'} cannot be joined into the outline of a {title}: {words['what']}",
            do="draw it as an area, or leave it out",
        ) from error


class _Importer:
    """Makes the edits for features of one kind."""

    def __init__(self, source: str, kind: FeatureKind, data: Any, choices: ImportChoices) -> None:
        self._source, self._kind, self._data, self._choices = source, kind, data, choices
        self._taken = {item.id for item in list_features(data, kind)}
        if kind in choices.replace:
            self._taken = set()

    def edits_for(self, chosen: Sequence[MapFeature]) -> list[Edit]:
        """The edits that take them over."""
        kind = self._kind
        if kind is FeatureKind.BOUNDARY:
            return self._set_boundary(chosen[0])
        if kind is FeatureKind.OBSTACLE:
            return [edit for feature in chosen for edit in self._add_obstacles(feature)]
        items = [_WRITERS[kind](self, feature) for feature in chosen]
        if kind is FeatureKind.ZONE:
            items = self._with_shares(items)
        if kind not in self._choices.replace:
            if kind is FeatureKind.ZONE:
                return [SetValue(path=list(SPECS[kind].list_path), value=items)]
            return [AddFeature(kind=kind, feature=item) for item in items]
        if kind in _DRAWN:
            path, field, vouched = _DRAWN[kind]
            block = {"source": self._source, **vouched, field: items}
            return [SetValue(path=list(path), value=block)]
        return [SetValue(path=list(SPECS[kind].list_path), value=items)]

    def _with_shares(self, items: list[Any]) -> list[Any]:
        """All demand zones, the new ones with equal shares: a file of outlines says nothing of calls."""
        replaced = self._kind in self._choices.replace
        before = [] if replaced else [zone.value for zone in list_features(self._data, self._kind)]
        share = 1.0 / (len(before) + len(items))
        left = 1.0 - len(items) * share
        scaled = [{**zone, "share": round(float(zone.get("share", 0.0)) * left, 6)} for zone in before]
        found = [*scaled, *({**item, "share": round(share, 6)} for item in items)]
        found[0]["share"] = round(found[0]["share"] + 1.0 - sum(zone["share"] for zone in found), 6)
        return found

    def _set_boundary(self, feature: MapFeature) -> list[Edit]:
        """The boundary, and the centre of the site where it would lie outside."""
        value = {"ring": _pairs(feature.points), "source": self.source_of(feature)}
        edits: list[Edit] = [SetValue(path=["site", "boundary"], value=value)]
        frame = LocalFrame(feature.points[0])
        centre = value_at(self._data, ("site", "centre"))
        inside = isinstance(centre, dict) and _holds(frame, feature.points, centre)
        if not inside:
            middle = centroid(feature.points)
            point = {"lat_deg": round(middle.lat_deg, 6), "lon_deg": round(middle.lon_deg, 6)}
            edits.append(SetValue(path=["site", "centre"], value=point))
        drawn = placeholder_kinds(self._data) - (self._choices.replace - {FeatureKind.BOUNDARY})
        if FeatureKind.ZONE in drawn:
            edits += self._keep_zones_inside(frame, feature)
        if FeatureKind.SITE in drawn:
            edits += self._keep_sites_inside(frame, feature)
        if FeatureKind.BOUNDARY in drawn:
            edits += self._keep_rally_points_inside(frame, feature)
        return edits

    def _keep_zones_inside(self, frame: LocalFrame, boundary: MapFeature) -> list[Edit]:
        """The areas of calls that a program drew, without those that a real boundary leaves outside."""
        keep_in = frame.polygon(boundary.points)
        zones = [zone.value for zone in list_features(self._data, FeatureKind.ZONE)]
        left = [zone for zone in zones if keep_in.intersects(frame.polygon(_ring_of(zone["area"])))]
        if len(left) == len(zones):
            return []
        total = sum(float(zone["share"]) for zone in left)
        scaled = [{**zone, "share": round(float(zone["share"]) / total, 6)} for zone in left]
        if scaled:
            scaled[0]["share"] = round(scaled[0]["share"] + 1.0 - sum(z["share"] for z in scaled), 6)
        whole = {"id": "site", "name": "Site", "share": 1.0, "area": _pairs(boundary.points)}
        return [SetValue(path=list(ZONES), value=scaled or [whole])]

    def _keep_sites_inside(self, frame: LocalFrame, boundary: MapFeature) -> list[Edit]:
        """The places for docks that a program drew, without those that a real boundary leaves outside."""
        keep_in = frame.polygon(boundary.points)
        sites = [site.value for site in list_features(self._data, FeatureKind.SITE)]
        left = [site for site in sites if keep_in.covers(shapely.Point(frame.point(_position_of(site))))]
        if len(left) == len(sites):
            return []
        middle = keep_in.representative_point()
        lat, lon = _pairs((frame.position(middle.x, middle.y),))[0]
        inside = {**sites[0], "id": "middle", "name": "Middle", "lat_deg": lat, "lon_deg": lon}
        return [SetValue(path=list(SITES), value=left or [inside])]

    def _keep_rally_points_inside(self, frame: LocalFrame, boundary: MapFeature) -> list[Edit]:
        """The rally points that stood inside a circle drawn by a program, without those now outside."""
        keep_in = frame.polygon(boundary.points)
        places = [point.value for point in list_features(self._data, FeatureKind.RALLY_POINT)]
        left = [
            place
            for place, where in zip(places, _ring_of(places), strict=True)
            if keep_in.covers(shapely.Point(frame.point(where)))
        ]
        if len(left) == len(places):
            return []
        return [SetValue(path=list(SPECS[FeatureKind.RALLY_POINT].list_path), value=left)]

    def source_of(self, feature: MapFeature) -> str:
        """Where a feature is from, in words."""
        return f"{self._source}, {feature.name}" if feature.name else self._source

    def new_id(self, feature: MapFeature) -> str:
        """An id of the feature's name that nothing of its kind has yet."""
        stem = make_slug(feature.name or self._kind.value)
        number, found = 1, stem
        while found in self._taken:
            number += 1
            found = f"{stem[:36]}-{number}"
        self._taken.add(found)
        return found

    def named(self, feature: MapFeature) -> dict[str, Any]:
        """Id and name."""
        id_ = self.new_id(feature)
        return {"id": id_, "name": feature.name or id_}

    def sourced_area(self, feature: MapFeature) -> dict[str, Any]:
        """A keep-out, or water."""
        return {
            **self.named(feature),
            "area": _pairs(feature.points),
            "source": self.source_of(feature),
        }

    def crowd(self, feature: MapFeature) -> dict[str, Any]:
        """A crowd: its outline from the file, its hours and density assumed."""
        period = value_at(self._data, ("period",)) or {}
        people = self._choices.people_per_m2
        return {
            **self.named(feature),
            "area": _pairs(feature.points),
            "presence": [{**{key: period.get(key) for key in ("start", "end")}, "people_per_m2": people}],
            "source": self.source_of(feature),
            "assumed": True,
            "note": f"the file gives the outline alone; {people:g} people per m² at all hours are assumed",
        }

    def zone(self, feature: MapFeature) -> dict[str, Any]:
        """A demand zone; its share is set with those of the others."""
        return {**self.named(feature), "share": 0.0, "area": _pairs(feature.points)}

    def site(self, feature: MapFeature) -> dict[str, Any]:
        """A candidate site; what the file does not say is as `dfr init` writes it."""
        return {
            **self.named(feature),
            **_point(feature),
            "power": "generator",
            "access": "unknown",
            "sky_view": 0.9,
        }

    def post(self, feature: MapFeature) -> dict[str, Any]:
        """An observer's post, unconfirmed until somebody has looked from there."""
        seen = {"value": POST_RANGE_M, "assumed": True, "note": "VLOS is no distance; put in your own"}
        return {"id": self.new_id(feature), **_point(feature), "confirmed": False, "range_m": seen}

    def _add_obstacles(self, feature: MapFeature) -> Iterator[AddFeature]:
        """An obstacle beside the nearest candidate site; a line in short pieces, each beside its own."""
        frame = LocalFrame(feature.points[0])
        corners = frame.points(feature.points)
        if feature.shape is not FeatureShape.LINE:
            yield self._add_obstacle(feature, frame, shapely.MultiPoint(corners).convex_hull)
            return
        line = shapely.LineString(corners)
        pieces = max(1, math.ceil(line.length / PIECE_M))
        if pieces > MOST_PIECES:
            raise InputError(
                f"{feature.name or 'a line'} is {line.length / 1000.0:.0f} km long",
                do=f"draw what is near the site, at most {MOST_PIECES * PIECE_M / 1000.0:g} km",
            )
        for number in range(pieces):
            piece = substring(line, number / pieces, (number + 1) / pieces, normalized=True)
            name = f"{feature.name or 'line'}, piece {number + 1} of {pieces}"
            yield self._add_obstacle(replace(feature, name=name), frame, piece)

    def _add_obstacle(self, feature: MapFeature, frame: LocalFrame, outline: shapely.Geometry) -> AddFeature:
        """An obstacle beside the nearest candidate site, as far and as wide as it is seen from there."""
        sites = list(list_features(self._data, FeatureKind.SITE))
        places = [frame.point(_position_of(site.value)) for site in sites]
        nearest = min(range(len(sites)), key=lambda n: outline.distance(shapely.Point(places[n])))
        height_m = self._choices.obstacle_height_m if feature.height_m is None else feature.height_m
        if height_m is None:
            raise InputError(
                f"{feature.name or 'an obstacle'}: how high it is, the file does not say", do="say it"
            )
        distance_m, bearing, width_m = _seen_from(places[nearest], outline)
        wire = {"casts_wake": False} if feature.shape is FeatureShape.LINE else {}
        assumed = [
            *(["its height"] if feature.height_m is None else []),
            *(["its width"] if width_m is None else []),
        ]
        fields = {
            "name": feature.name or "obstacle",
            "height_m": round(height_m, 1),
            "width_m": OBSTACLE_WIDTH_M if width_m is None else width_m,
            "distance_m": distance_m,
            "bearing_deg": bearing,
            **wire,
            "source": self.source_of(feature),
        }
        if assumed:
            fields |= {"assumed": True, "note": f"{' and '.join(assumed)} not in the file"}
        return AddFeature(kind=FeatureKind.OBSTACLE, feature=fields, site=sites[nearest].id)

    def traffic(self, feature: MapFeature) -> dict[str, Any]:
        """An area of other traffic: all but its outline is assumed, on the safe side of what is usual."""
        return {
            "id": self.new_id(feature),
            "kind": feature.name or "other traffic",
            "area": _pairs(feature.points),
            "lower_m_amsl": -100,
            "upper_m_amsl": 1000,
            "visits_per_day": 2,
            "first_hour": 0,
            "last_hour": 24,
            "stay": {"shape": "constant", "median_s": 600, "assumed": True, "note": "not in the file"},
            "notice_s": 0,
            "rule": "land",
            "hold_height_m_agl": 0,
            "contact": "not known: write who can be called",
            "source": self.source_of(feature),
            "assumed": True,
            "note": "the file gives the outline alone; heights, visits, notice and rule are assumed",
        }

    def home(self, feature: MapFeature) -> dict[str, Any]:
        """An area where people live."""
        return {
            "id": self.new_id(feature),
            "area": _pairs(feature.points),
            "source": self.source_of(feature),
        }

    def place(self, feature: MapFeature) -> list[float]:
        """A place without a name."""
        return _pairs(feature.points)[0]


_DRAWN: Mapping[FeatureKind, tuple[tuple[str, ...], str, dict[str, Any]]] = {
    FeatureKind.ZONE: (
        ("demand", "zones"),
        "areas",
        {"assumed": True, "note": "the file gives outlines alone; equal shares are assumed"},
    ),
    FeatureKind.SITE: (
        ("candidates",),
        "sites",
        {"note": "the file gives places alone; put in power, access and the view of the sky"},
    ),
}
"""Kinds whose list stands in a block with one source: its path, the list's field, and what to say of it.

Places for docks that somebody drew are confirmed; that zones share calls equally is a guess.
"""

_WRITERS: Mapping[FeatureKind, Callable[[_Importer, MapFeature], Any]] = {
    FeatureKind.CROWD: _Importer.crowd,
    FeatureKind.KEEP_OUT: _Importer.sourced_area,
    FeatureKind.WATER: _Importer.sourced_area,
    FeatureKind.ZONE: _Importer.zone,
    FeatureKind.SITE: _Importer.site,
    FeatureKind.POST: _Importer.post,
    FeatureKind.RALLY_POINT: _Importer.place,
    FeatureKind.PATROL: _Importer.place,
    FeatureKind.HOME: _Importer.home,
    FeatureKind.TRAFFIC: _Importer.traffic,
}


def _seen_from(site: tuple[float, float], outline: shapely.Geometry) -> tuple[float, float, float | None]:
    """(Distance in m to the near side, bearing of the middle, width in m across it, None for a point)."""
    distance_m = max(1.0, round(float(outline.distance(shapely.Point(site))), 1))
    middle = outline.centroid
    east, north = middle.x - site[0], middle.y - site[1]
    bearing = round(math.degrees(math.atan2(east, north)) % 360.0, 1) % 360.0
    if outline.length == 0.0:
        return distance_m, bearing, None
    if outline.area == 0.0:
        # A piece of a line may run away from the site: as deep and wide as it is long, it holds all of it.
        return distance_m, bearing, round(max(LEAST_WIDTH_M, float(outline.length)), 1)
    across = np.array([north, -east]) / max(math.hypot(east, north), 1e-6)
    spread = shapely.get_coordinates(outline) @ across
    return distance_m, bearing, round(float(np.ptp(spread)), 1)


def _ring_of(pairs: Sequence[Sequence[float]]) -> Ring:
    return tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in pairs)


def _position_of(fields: Mapping[str, Any]) -> Position:
    return Position(lat_deg=fields["lat_deg"], lon_deg=fields["lon_deg"])


def _pairs(ring: Ring) -> list[list[float]]:
    return [[round(corner.lat_deg, 6), round(corner.lon_deg, 6)] for corner in ring]


def _point(feature: MapFeature) -> dict[str, float]:
    lat, lon = _pairs(feature.points)[0]
    return {"lat_deg": lat, "lon_deg": lon}


def _holds(frame: LocalFrame, ring: Ring, centre: Mapping[str, Any]) -> bool:
    """Whether a place as the file writes it lies in an area."""
    try:
        place = _position_of(centre)
    except (KeyError, TypeError, InputError):
        return False
    return bool(frame.polygon(ring).covers(shapely.Point(frame.point(place))))
