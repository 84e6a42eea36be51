"""Data about the air: what a source speaks of, how old it is, which kinds a go needs, and where to get them.

A source speaks of places, heights and times, and of some kinds of data: an airway overhead says nothing of
the ground below it, and a file for crewed aviation nothing of zones that bind unmanned aircraft only.

Aeronautical changes take effect at common dates 28 days apart (ICAO Annex 15, AIRAC); one of them is
25 January 2024. Within the cycle of its date a file is current, beyond a year nobody can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import shapely

from dfr.errors import InputError
from dfr.findings import counted_noun, share_words
from dfr.geo import LocalFrame, Position, Ring
from dfr.scenario.air import ALL_KINDS, DataKind
from dfr.world.hours import TimeInterval
from dfr.world.outlines import EdgeRule
from dfr.world.shapes import Area, area_of_ring
from dfr.world.zones import (
    SURFACE,
    TOUCH_EDGE_M,
    TOUCH_HEIGHT_M,
    UNLIMITED,
    HeightReference,
    VerticalLimit,
    Zone,
    limit_m_agl,
)

ANY_TIME = TimeInterval(start=None, end=None)

AERODROME_ZONE_KINDS = frozenset(
    {"ATZ", "CTR", "MCTR", "FRZ", "RPZ", "MATZ", "NOATZ", "RMZ", "TIZ", "TIA", "HTZ"}
)
"""Kinds of zone that lie around an aerodrome."""

UNMANNED_ZONE_KINDS = frozenset(
    {"RPZ", "UAS", "PRISON", "USPACE", "PROHIBITED", "REQ_AUTHORISATION", "REQ_AUTHORIZATION", "CONDITIONAL"}
)
"""Kinds of zone that only data for unmanned aircraft hold (NATS AIS UAS restrictions; ED-269, ED-318): a
flight restriction zone alone is often drawn into files for crewed aviation."""

AIRSPACE_KINDS = frozenset({"CTA", "TMA", "CTR", "LTA", "UTA", "AWY", "TMZ"})
"""Kinds of zone by which a file that holds airspace classes is recognised; P, R and D stand in others too."""

CREWED_AERODROME_KINDS = frozenset({"ATZ", "CTR", "MCTR", "MATZ", "TIZ"})
"""Kinds by which a file that holds aerodrome zones is recognised; FRZ and RPZ are for unmanned aircraft."""

AERODROME_REACH_M = 10_000.0
"""So near to an aerodrome zone its flight restriction zone may reach: a runway protection zone ends 5 km from
its threshold (ANO 2016 art. 94A), and thresholds lie within or near the zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Where, between which heights and when a source covers the air, and with which kinds of data.

    A `ring` of None is everywhere: what somebody states of the deployment itself. A list of obstacles that
    names all above some height begins there: `lower`.
    """

    ring: Ring | None
    kinds: frozenset[DataKind]
    lower: VerticalLimit = SURFACE
    upper: VerticalLimit = UNLIMITED
    within: TimeInterval = ANY_TIME
    source: str = ""

    def spans_heights(
        self, bottom_m_agl: float, top_m_agl: float, *, floor: HeightReference, ceiling: HeightReference
    ) -> bool:
        """True where all heights from `bottom_m_agl` to `top_m_agl` are surely within its limits."""
        under, over = limit_m_agl(self.lower, floor), limit_m_agl(self.upper, ceiling)
        if isinstance(under, str) or isinstance(over, str):
            return False
        return under[1] <= bottom_m_agl + TOUCH_HEIGHT_M and over[0] >= top_m_agl - TOUCH_HEIGHT_M

    def lasts_through(self, start: datetime, end: datetime) -> bool:
        """True where it covers the whole of a period."""
        begins, ends = self.within.start, self.within.end
        return (begins is None or begins <= start) and (ends is None or end <= ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Which sources cover a place with each kind of data, and the share, 0 to 1, that none covers at all."""

    kinds: tuple[KindCover, ...]
    uncovered_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AirspaceSource:
    """A file the airspace was read from: its date, its fingerprint, and what it says it covers.

    `coverage_stated` is False where nobody says what it covers; then it covers its own zones, between their
    limits, and nothing else. `unplaced` counts volumes in it that could not be placed at all.
    `ground_m_amsl` bounds the ground within the coverage where the file says so.
    """

    path: str
    date: str
    sha256: str
    what: str
    coverage: tuple[Coverage, ...]
    coverage_stated: bool
    kinds: frozenset[DataKind] = frozenset()
    unplaced: int = 0
    ground_m_amsl: tuple[float, float] | None = None
    omissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCover:
    """Which sources cover a place with one kind of data, and the share, 0 to 1, that none covers."""

    kind: DataKind
    needed: bool
    uncovered_share: float
    sources: tuple[str, ...]

    @property
    def missing(self) -> bool:
        """True where it is needed and not covered completely."""
        return self.needed and self.uncovered_share > 0.0

    def __str__(self) -> str:
        if self.uncovered_share >= 1.0:
            return f"{self.kind}: no loaded source covers this place, height and time"
        by = f"{self.kind}: {', '.join(self.sources)}"
        return (
            by
            if not self.uncovered_share
            else f"{by}; nothing covers {share_words(self.uncovered_share)} of it"
        )

    def as_dict(self) -> dict[str, object]:
        """As it appears in JSON."""
        return {
            "needed": self.needed,
            "covered": self.uncovered_share <= 0.0,
            "uncovered_share": self.uncovered_share,
            "sources": list(self.sources),
        }


def recognised_kinds(zones: Iterable[Zone]) -> frozenset[DataKind]:
    """The kinds of data that a file holds, recognised by the zones in it."""
    listed = list(zones)
    found = {zone.kind.upper() for zone in listed} | {"CTA" for zone in listed if zone.controlled}
    kinds = {
        DataKind.AIRSPACE: AIRSPACE_KINDS,
        DataKind.AERODROME_ZONES: CREWED_AERODROME_KINDS,
        DataKind.UNMANNED_ZONES: UNMANNED_ZONE_KINDS,
    }
    return frozenset(kind for kind, of in kinds.items() if found & of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """Heights above ground over a period, with what is known of the air at its floor and its ceiling."""

    bottom_m_agl: float
    top_m_agl: float
    start: datetime
    end: datetime
    floor: HeightReference
    ceiling: HeightReference


class CoverIndex:
    """Finds the coverages of a place quickly."""

    def __init__(self, coverages: Sequence[Coverage]) -> None:
        self.coverages = tuple(coverages)
        self.areas = tuple(None if cover.ring is None else cover_area(cover.ring) for cover in coverages)
        self._bounded = [index for index, area in enumerate(self.areas) if area is not None]
        self._everywhere = [index for index, area in enumerate(self.areas) if area is None]
        self._tree = shapely.STRtree([area.polygon for area in self.areas if area is not None])

    def cover_at(self, position: Position, slab: Slab, needs: frozenset[DataKind]) -> Covered:
        """Which sources cover a point with each kind of data."""
        here = [self.coverages[index] for index in self.coverages_around(position)]
        speaking = [cover for cover in here if _speaks_of(cover, slab)]
        kinds = tuple(
            KindCover(
                kind=kind,
                needed=kind in needs,
                uncovered_share=0.0 if any(kind in cover.kinds for cover in speaking) else 1.0,
                sources=_source_names(speaking, kind),
            )
            for kind in DataKind
        )
        return Covered(kinds=kinds, uncovered_share=0.0 if speaking else 1.0)

    def cover_across(
        self, volume: shapely.Geometry, frame: LocalFrame, slab: Slab, needs: frozenset[DataKind]
    ) -> Covered:
        """Which sources cover a local volume with each kind of data."""
        near = [
            index for index in self._coverages_near(volume, frame) if _speaks_of(self.coverages[index], slab)
        ]
        shares: dict[tuple[int, ...], float] = {}
        found = []
        for kind in DataKind:
            mine = tuple(index for index in near if kind in self.coverages[index].kinds)
            if mine not in shares:
                shares[mine] = self._uncovered_share(mine, volume, frame)
            sources = _source_names([self.coverages[index] for index in mine], kind)
            found.append(
                KindCover(kind=kind, needed=kind in needs, uncovered_share=shares[mine], sources=sources)
            )
        return Covered(kinds=tuple(found), uncovered_share=self._uncovered_share(near, volume, frame))

    def coverages_around(self, position: Position) -> list[int]:
        """Indices of the coverages that contain a point, whatever their heights."""
        points = [shapely.Point(position.lon_deg + turn, position.lat_deg) for turn in (-360.0, 0.0, 360.0)]
        found = np.unique(self._tree.query(points, predicate="intersects")[1]).tolist()
        return [*self._everywhere, *(self._bounded[index] for index in found)]

    def _coverages_near(self, volume: shapely.Geometry, frame: LocalFrame) -> list[int]:
        """Coverages whose box meets that of a local volume."""
        lat, lon = frame.to_geodetic(*shapely.get_coordinates(volume).T)
        lon = lon[0] + (lon - lon[0] + 180.0) % 360.0 - 180.0
        boxes = [
            shapely.box(lon.min() + turn, lat.min(), lon.max() + turn, lat.max())
            for turn in (-360.0, 0.0, 360.0)
        ]
        found = np.unique(self._tree.query(boxes)[1]).tolist()
        return [*self._everywhere, *(self._bounded[index] for index in found)]

    def _uncovered_share(self, chosen: Sequence[int], volume: shapely.Geometry, frame: LocalFrame) -> float:
        """The share of a local volume, 0 to 1, that none of the chosen coverages contains."""
        areas = [area for index in chosen if (area := self.areas[index]) is not None]
        if len(areas) < len(chosen):
            return 0.0
        covered = shapely.union_all([area.local_shape(frame) for area in areas]).buffer(TOUCH_EDGE_M)
        if covered.covers(volume):
            return 0.0
        rest = shapely.difference(volume, covered)
        return max(float(rest.area) / float(volume.area), 1e-6) if volume.area > 0.0 else 1.0


def cover_area(ring: Ring) -> Area:
    """The area of a coverage's ring. Raises InputError for one that encloses nothing."""
    built = area_of_ring(ring, edges=EdgeRule.PARALLEL)
    if built.area is None:
        raise InputError(f"coverage: {built.problem}", do="give at least three corners")
    return built.area


def _speaks_of(cover: Coverage, slab: Slab) -> bool:
    spans = cover.spans_heights(slab.bottom_m_agl, slab.top_m_agl, floor=slab.floor, ceiling=slab.ceiling)
    return spans and cover.lasts_through(slab.start, slab.end)


def _source_names(covers: Iterable[Coverage], kind: DataKind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cover.source for cover in covers if kind in cover.kinds and cover.source))


AIRAC_EPOCH = date(2024, 1, 25)
AIRAC_DAYS = 28
LONGEST_DAYS = 365
"""Data farther than this from the time asked about say nothing of it (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAge:
    """Days from the data to the time asked about (negative where they are newer), and AIRAC changes between.

    None where the data name no date.
    """

    days: int | None
    changes: int = 0

    @property
    def unknown(self) -> bool:
        """True where the data are too far from the time to say anything of it."""
        return self.days is None or abs(self.days) > LONGEST_DAYS

    @property
    def not_in_force(self) -> bool:
        """True where the data belong to a later AIRAC cycle than the time."""
        return self.days is not None and self.days < 0 and self.changes > 0

    def __str__(self) -> str:
        if self.days is None:
            return "of unknown date"
        if self.days == 0 and not self.changes:
            return "of the same day"
        side = "older" if self.days > 0 else "newer"
        days, changes = counted_noun(abs(self.days), "day"), counted_noun(self.changes, "AIRAC change")
        return f"{days} {side} than the time asked about, with {changes} in between"


def data_age(dated: str, start: datetime, end: datetime) -> DataAge:
    """How old data of a date such as 2024-08-24 are for a period.

    >>> str(data_age("2024-08-24", datetime(2024, 9, 6, tzinfo=UTC), datetime(2024, 9, 9, tzinfo=UTC)))
    '13 days older than the time asked about, with 1 AIRAC change in between'
    """
    try:
        made = date.fromisoformat(dated)
    except ValueError:
        return DataAge(days=None)
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    days = (first - made).days if made < first else min((last - made).days, 0)
    changes = max(abs(_airac_cycle(day) - _airac_cycle(made)) for day in (first, last))
    return DataAge(days=days, changes=changes)


def _airac_cycle(day: date) -> int:
    return (day - AIRAC_EPOCH).days // AIRAC_DAYS


def next_airac(day: date) -> datetime:
    """When the first AIRAC change after a day takes effect.

    >>> next_airac(date(2024, 8, 24))
    datetime.datetime(2024, 9, 5, 0, 0, tzinfo=datetime.timezone.utc)
    """
    change = AIRAC_EPOCH + timedelta(days=AIRAC_DAYS * (_airac_cycle(day) + 1))
    return datetime(change.year, change.month, change.day, tzinfo=UTC)


IN_SIGHT = ALL_KINDS - {DataKind.AIRSPACE}
"""Within the pilot's or an observer's sight: whatever binds an unmanned aircraft, and what it can hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNeeds:
    """The kinds of data a go needs within and beyond visual line of sight, and where to get them."""

    in_sight: frozenset[DataKind]
    beyond_sight: frozenset[DataKind]
    sources: Mapping[DataKind, str]

    def kinds_needed(self, *, in_sight: bool) -> frozenset[DataKind]:
        """The kinds of data that a go needs."""
        return self.in_sight if in_sight else self.beyond_sight

    def where_to_get(self, kind: DataKind) -> str:
        """What to do to get data of a kind."""
        return self.sources.get(kind, f"load a file that holds {kind} for this place")


_SURVEY = (
    "list obstacles in a file with their heights, or state obstacles: {surveyed_by, read_at, tallest_m_agl}"
)
_NOTAMS = "read the NOTAMs and state notams: {read_by, read_at}, or give their texts with --notam"

DATA_NEEDS: dict[str, DataNeeds] = {
    "uk": DataNeeds(
        in_sight=IN_SIGHT,
        beyond_sight=ALL_KINDS,
        sources={
            DataKind.AIRSPACE: "load the airspace of the UK AIP, such as YAIXM "
            "(github.com/ahsparrow/airspace)",
            DataKind.AERODROME_ZONES: "load the ATZs and CTRs of the UK AIP, such as YAIXM "
            "(github.com/ahsparrow/airspace)",
            DataKind.UNMANNED_ZONES: "load the UAS airspace restrictions of NATS AIS "
            "(EG_UAS_FR_DS, AIXM, every 28 days, from the AIS page of digital datasets)",
            DataKind.OBSTACLES: _SURVEY,
            DataKind.RESTRICTIONS: _NOTAMS,
        },
    ),
    "eu": DataNeeds(
        in_sight=IN_SIGHT,
        beyond_sight=ALL_KINDS,
        sources={
            DataKind.UNMANNED_ZONES: "load the UAS geographical zones that the state publishes under "
            "article 15 of Regulation (EU) 2019/947 (ED-269 or ED-318)",
            DataKind.OBSTACLES: _SURVEY,
            DataKind.RESTRICTIONS: _NOTAMS,
        },
    ),
    "us": DataNeeds(
        in_sight=ALL_KINDS,
        beyond_sight=ALL_KINDS,
        sources={
            DataKind.AIRSPACE: "load the FAA's class airspace (GeoJSON, udds-faa.opendata.arcgis.com)",
            DataKind.AERODROME_ZONES: "load the FAA's class airspace with its surface areas "
            "(GeoJSON, udds-faa.opendata.arcgis.com)",
            DataKind.UNMANNED_ZONES: "load the FAA's UAS facility map and national security UAS flight "
            "restrictions (udds-faa.opendata.arcgis.com)",
            DataKind.OBSTACLES: _SURVEY,
            DataKind.RESTRICTIONS: "read the NOTAMs and TFRs and state notams: {read_by, read_at}, or give "
            "their texts with --notam",
        },
    ),
}
"""By jurisdiction. Class alone asks no permission of a small unmanned aircraft in sight in the UK since 2019
(S.I. 2019/261); in the USA it does (14 CFR 107.41)."""

NO_JURISDICTION = DataNeeds(in_sight=ALL_KINDS, beyond_sight=ALL_KINDS, sources={})
"""Where no set of rules is loaded: everything."""
