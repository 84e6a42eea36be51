"""Features of a map (`MapFeature`), whatever file they come from, checked as they are taken (`Collector`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic_core import PydanticCustomError

from dfr.errors import InputError
from dfr.geo import Position, Ring, VerticalDatum
from dfr.io.airspace.reading import printable_text
from dfr.scenario.schema_parts import read_area

MAX_FEATURES = 5_000
MAX_CORNERS = 2_000
"""A deployment's outline has some tens of corners (assumed); each is a line of the scenario."""

MAX_HEIGHT_M = 1000.0
"""A height above the ground of more than this is none of a thing at an event (assumed)."""

MAX_PROBLEMS = 50
MAX_NAME = 120

LonLat = tuple[float, float]


class FeatureShape(StrEnum):
    """What a feature is."""

    AREA = "area"
    LINE = "line"
    POINT = "point"

    @property
    def with_article(self) -> str:
        """As it stands in a sentence."""
        return f"an {self}" if self is FeatureShape.AREA else f"a {self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFeature:
    """A feature with its name, '' where it has none. `points` are its corners, without a repeated last one.

    `hole_of` is the number of the feature whose hole this area is, None for any other; `height_m` how high it
    stands above the ground, None where the file does not say.
    """

    name: str
    shape: FeatureShape
    points: Ring
    group: str = ""
    hole_of: int | None = None
    height_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPath:
    """A line as it was drawn, with a repeated last point where it is closed, and how high it runs.

    `heights_m` count from `datum`, None where the file gives none; a `datum` of None: it counts no heights.
    """

    name: str
    points: Ring
    heights_m: tuple[float | None, ...]
    datum: VerticalDatum | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureFile:
    """The features of a file in its order, and in sentences what of it cannot be used.

    `paths` are its lines once more, as they were drawn, where its format says how high they run.
    """

    name: str
    kind: str
    features: tuple[MapFeature, ...]
    problems: tuple[str, ...]
    paths: tuple[MapPath, ...] = ()


class Collector:
    """Takes the features of one file: what cannot be one is told, and never made into something else."""

    def __init__(self, name: str, kind: str) -> None:
        self._name, self._kind = name, kind
        self._features: list[MapFeature] = []
        self._problems: list[str] = []
        self._paths: list[MapPath] = []

    def finish(self) -> FeatureFile:
        """What was taken. Raises InputError where there is nothing to use and nothing to tell."""
        if not (self._features or self._problems):
            raise InputError(f"{self._name}: holds no area, line or point", do="export the features again")
        shown, more = self._problems[:MAX_PROBLEMS], len(self._problems) - MAX_PROBLEMS
        return FeatureFile(
            name=self._name,
            kind=self._kind,
            features=tuple(self._features),
            problems=(*shown, *([f"... and {more} more"] if more > 0 else [])),
            paths=tuple(self._paths),
        )

    def tell(self, problem: str) -> None:
        """Record what cannot be used."""
        self._problems.append(printable_text(problem)[:400])

    def add_point(self, name: str, point: LonLat, *, group: str = "", height_m: float | None = None) -> None:
        """Take a point."""
        self._add(name, FeatureShape.POINT, [point], group, height_m=height_m)

    def add_line(self, name: str, points: Sequence[LonLat], *, group: str = "") -> None:
        """Take a line; one that ends where it began is an area, as drawing programs save outlines."""
        if len(points) > 3 and points[0] == points[-1]:
            self.add_area(name, [points], group=group)
        elif len(points) < 2:
            self.tell(f"{name or 'a line'}: {len(points)} points are no line")
        else:
            self._add(name, FeatureShape.LINE, points, group)

    def add_path(
        self,
        name: str,
        points: Sequence[LonLat],
        heights_m: Sequence[float | None],
        datum: VerticalDatum | None,
    ) -> None:
        """Take a line as it was drawn; one that cannot be a line is told by `add_line`."""
        if not 2 <= len(points) <= MAX_CORNERS:
            return
        try:
            ring = tuple(_position(pair) for pair in points)
        except InputError:
            return
        self._paths.append(
            MapPath(name=_clean_name(name), points=ring, heights_m=tuple(heights_m), datum=datum)
        )

    def add_area(
        self,
        name: str,
        rings: Sequence[Sequence[LonLat]],
        *,
        group: str = "",
        height_m: float | None = None,
    ) -> None:
        """Take an area: its outline, and after it its holes, each of which becomes an area of its own."""
        if not rings:
            self.tell(f"{name or 'an area'}: has no outline")
            return
        number = len(self._features)
        if not self._add(name, FeatureShape.AREA, rings[0], group, height_m=height_m):
            return
        for count, hole in enumerate(rings[1:], start=1):
            self._add(f"{name or 'area'}, hole {count}", FeatureShape.AREA, hole, group, hole_of=number)

    def _add(
        self,
        name: str,
        shape: FeatureShape,
        points: Sequence[LonLat],
        group: str,
        *,
        hole_of: int | None = None,
        height_m: float | None = None,
    ) -> bool:
        """Whether the feature could be taken."""
        label = _clean_name(name) or f"an unnamed {shape}"
        if len(self._features) >= MAX_FEATURES:
            raise InputError(f"{self._name}: more than {MAX_FEATURES} features", do="cut it to the site")
        if len(points) > MAX_CORNERS:
            self.tell(f"{label}: {len(points)} corners are over {MAX_CORNERS} -> simplify its outline")
            return False
        try:
            ring = tuple(_position(pair) for pair in points)
            if shape is FeatureShape.AREA:
                ring = read_area([[corner.lat_deg, corner.lon_deg] for corner in ring])
        except InputError as error:
            self.tell(f"{label}: {error}")
            return False
        except PydanticCustomError as error:
            words = error.context or {}
            self.tell(f"{label}: {words['what']} -> {words['do']}")
            return False
        self._features.append(
            MapFeature(
                name=_clean_name(name),
                shape=shape,
                points=ring,
                group=_clean_name(group),
                hole_of=hole_of,
                height_m=height_m if height_m is not None and 0.0 < height_m <= MAX_HEIGHT_M else None,
            )
        )
        return True


def _position(pair: LonLat) -> Position:
    """The position of a longitude and latitude. Raises InputError, also where they are surely no degrees."""
    lon, lat = pair
    if abs(lat) > 90.0 and abs(lon) <= 90.0:
        raise InputError(f"{lon:g}, {lat:g}: latitude and longitude are swapped", do="export it in WGS84")
    if abs(lat) > 180.0 or abs(lon) > 360.0:
        raise InputError(f"{lon:g}, {lat:g} are no degrees", do="export it in WGS84")
    return Position(lat_deg=lat, lon_deg=lon)


def _clean_name(name: str) -> str:
    return " ".join(printable_text(name).split())[:MAX_NAME]
