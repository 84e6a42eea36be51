"""What every airspace reader returns, and the steps that all readers share: from drafts to zones.

A reader turns bytes into drafts: words, limits and an outline. Here their areas are built
in one pass, limits are checked, and everything repaired or refused is put on record with
its line. A refused volume whose place is known stays as a zone with a `defect`: nothing is
ever found clear of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import shapely

from dfr.geo import Position, Ring
from dfr.io.airspace.limits import are_inverted
from dfr.io.airspace.lost_parts import Reach, place_of
from dfr.scenario.air import DataKind
from dfr.world.coverage import recognised_kinds
from dfr.world.hours import ALWAYS, Activation
from dfr.world.outlines import Arc, EdgeRule, Outline, Vertex
from dfr.world.shapes import Area, BuiltArea, build_areas
from dfr.world.zones import SURFACE, UNLIMITED, Obstacle, VerticalLimit, Zone

MAX_PROBLEMS = 10_000
"""A file with more problems of one outcome than this is no airspace file; the rest is not listed."""


FORMAT_KINDS = {form: frozenset({DataKind.UNMANNED_ZONES}) for form in ("ed269", "ed318")}
"""What a format is for, whatever zones a file of it has."""

MAX_VOLUMES = 100_000
"""More volumes than any file holds; what follows them is refused as one."""


class ReadOutcome(StrEnum):
    """What was done about a problem."""

    NOTE = "note"
    REPAIRED = "repaired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProblem:
    """One thing wrong with a file: its line, a stable code, and what was done about it."""

    line: int | None
    code: str
    message: str
    outcome: ReadOutcome

    def as_dict(self) -> dict[str, object]:
        """The problem as it appears in JSON."""
        return {
            "line": self.line,
            "code": self.code,
            "message": self.message,
            "outcome": self.outcome.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AirspaceRead:
    """A file read: the usable zones, the defect ones, and what the file says of itself.

    `records_seen` counts volumes begun in the file: every one is in `zones`, in `defects`, or
    among `unplaced`, which counts those that could not be placed at all. `kinds` are the kinds of data
    that the file says it holds, None where it does not say. `contacts` are (identifier of a volume, whom to
    call): of this file or of another.
    """

    name: str
    kind: str
    zones: tuple[Zone, ...]
    defects: tuple[Zone, ...]
    problems: tuple[ReadProblem, ...]
    records_seen: int
    repaired: int
    unplaced: int
    coverage: tuple[Ring, ...] = ()
    date: str = ""
    what: str = ""
    omissions: tuple[str, ...] = ()
    ground_m_amsl: tuple[float, float] | None = None
    kinds: frozenset[DataKind] | None = None
    obstacles: tuple[Obstacle, ...] = ()
    contacts: tuple[tuple[str, str], ...] = ()

    @property
    def refused(self) -> int:
        """Volumes that could not be used."""
        return len(self.defects) + self.unplaced

    @property
    def held_kinds(self) -> frozenset[DataKind]:
        """The kinds of data in it: as it says, else those of its format and of the zones in it."""
        if self.kinds is not None:
            return self.kinds
        listed = frozenset({DataKind.OBSTACLES} if self.obstacles else ())
        recognised = recognised_kinds((*self.zones, *self.defects))
        return listed | FORMAT_KINDS.get(self.kind, frozenset()) | recognised

    @property
    def coverage_bbox(self) -> tuple[float, float, float, float] | None:
        """(west, south, east, north) in degrees of what the file states to cover, else of its zones."""
        shapes = [shapely.Polygon([(p.lon_deg, p.lat_deg) for p in ring]) for ring in self.coverage]
        boxes = [s.bounds for s in shapes] or [zone.area.polygon.bounds for zone in self.zones]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)


class WrittenAirspace(NamedTuple):
    """Zones in the words of a format: the text, what it says otherwise, and the volumes it leaves out."""

    text: str
    changed: list[str]
    left_out: list[str]


@dataclass(slots=True, kw_only=True)
class VolumeDraft:
    """A volume while it is being read; `refusal` is why it cannot be used.

    `lost` says how far the parts of its outline reach that could not be read: an empty list where they lie
    within what was drawn, None where nothing was lost. `parts` are drawn apart from it and belong to it.
    """

    line: int | None
    name: str = ""
    id: str = ""
    kind: str = ""
    airspace_class: str = ""
    lower: VerticalLimit | None = None
    upper: VerticalLimit | None = None
    outline: list[Vertex | Arc] = field(default_factory=list)
    holes: list[Outline] = field(default_factory=list)
    parts: list[VolumeDraft] = field(default_factory=list)
    activation: Activation = ALWAYS
    contact: str = ""
    exempt: str = ""
    remarks: str = ""
    possible: bool = False
    limit_line: int | None = None
    repaired: bool = False
    refusal: str = ""
    lost: list[Reach] | None = None

    @property
    def empty(self) -> bool:
        """Whether the file says nothing of it but its class."""
        said = (self.name, self.lower, self.upper, self.outline, self.contact, self.remarks, self.refusal)
        return not any(said) and self.activation is ALWAYS


def one_volume(drafts: list[VolumeDraft]) -> list[VolumeDraft]:
    """Drafts of the parts of one volume, as that volume; as they are where one of them is refused."""
    if any(draft.refusal for draft in drafts):
        return drafts
    drafts[0].parts = drafts[1:]
    return drafts[:1]


class Problems(list[ReadProblem]):
    """The problems of a file in the order found; `counts` also has those that are too many to list."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[ReadOutcome] = Counter()

    def add(self, line: int | None, code: str, message: str, outcome: ReadOutcome) -> None:
        """Record a problem."""
        self.counts[outcome] += 1
        if self.counts[outcome] <= MAX_PROBLEMS:
            self.append(ReadProblem(line=line, code=code, message=printable_text(message), outcome=outcome))

    def repair(self, draft: VolumeDraft, line: int | None, code: str, message: str) -> None:
        """Record what was repaired in a volume."""
        draft.repaired = True
        self.add(line, code, message, ReadOutcome.REPAIRED)

    def refuse(
        self,
        draft: VolumeDraft,
        line: int | None,
        code: str,
        message: str,
        *,
        lost: Iterable[Reach] | None = None,
    ) -> None:
        """Record why a volume cannot be used, and how far its lost parts reach.

        The first reason stands.
        """
        if lost is not None:
            draft.lost = [*(draft.lost or []), *lost]
        if not draft.refusal:
            draft.refusal = message
        self.add(line, code, message, ReadOutcome.REFUSED)


@dataclass(slots=True, kw_only=True)
class FileWords:
    """What a file says of itself."""

    coverage: list[Ring] = field(default_factory=list)
    date: str = ""
    what: str = ""
    omissions: list[str] = field(default_factory=list)
    ground_m_amsl: tuple[float, float] | None = None
    kinds: frozenset[DataKind] | None = None


def printable_text(text: str) -> str:
    """A text without control characters, which could move a terminal's cursor.

    >>> printable_text("RED" + chr(27) + "[31m")
    'RED [31m'
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)


def overflow_volume(problems: Problems, why: str) -> VolumeDraft:
    """A refused volume that stands for all of a file that was not read: nothing is clear of it."""
    rest = VolumeDraft(line=None, name="the rest of the file")
    problems.refuse(rest, None, "incomplete", f"{why}: the rest of the file is not known")
    return rest


def finish_reading(
    name: str,
    kind: str,
    drafts: Sequence[VolumeDraft],
    problems: Problems,
    *,
    words: FileWords | None = None,
    edges: EdgeRule = EdgeRule.GEODESIC,
    obstacles: Sequence[Obstacle] = (),
    contacts: Sequence[tuple[str, str]] = (),
) -> AirspaceRead:
    """Build, check and sort what was read."""
    words = words or FileWords()
    if not (drafts or obstacles or contacts) and not problems.counts[ReadOutcome.REFUSED]:
        problems.add(None, "no-volumes", "no volume of airspace found", ReadOutcome.NOTE)
    for draft in drafts:
        _check_limits(draft, problems)
    _check_order(drafts, problems)
    built = build_areas([draft.outline for draft in drafts], edges=edges)
    zones: list[Zone] = []
    defects: list[Zone] = []
    unplaced = 0
    for draft, shape in zip(drafts, built, strict=True):
        area = shape.area
        if area is None or shape.code or draft.lost is not None:
            lost = draft.lost if draft.refusal else None
            _note_shape(draft, shape, problems)
            area = _place_lost(draft, area, lost) if area is None or lost is not None else area
        if area is None:
            unplaced += 1
            continue
        if draft.holes:
            area = _with_holes(draft, area, edges, problems)
        if draft.parts:
            area = _with_parts(draft, area, edges, problems)
        (defects if draft.refusal else zones).append(_zone_of_draft(draft, area, name))
    return AirspaceRead(
        name=name,
        kind=kind,
        zones=tuple(zones),
        defects=tuple(defects),
        problems=tuple(sorted(problems, key=lambda problem: problem.line or 0)),
        records_seen=len(drafts),
        repaired=sum(draft.repaired and not draft.refusal for draft in drafts),
        unplaced=unplaced,
        coverage=tuple(words.coverage),
        date=printable_text(words.date),
        what=printable_text(words.what),
        omissions=tuple(map(printable_text, words.omissions)),
        ground_m_amsl=words.ground_m_amsl,
        kinds=words.kinds,
        obstacles=tuple(obstacles),
        contacts=tuple(contacts),
    )


def _zone_of_draft(draft: VolumeDraft, area: Area, source: str) -> Zone:
    return Zone(
        name=printable_text(draft.name) or "unnamed",
        id=printable_text(draft.id),
        kind=printable_text(draft.kind),
        airspace_class=printable_text(draft.airspace_class),
        lower=draft.lower or SURFACE,
        upper=draft.upper or UNLIMITED,
        area=area,
        activation=draft.activation,
        source=source,
        line=draft.line,
        contact=printable_text(draft.contact),
        exempt=printable_text(draft.exempt),
        remarks=printable_text(draft.remarks),
        defect=printable_text(draft.refusal),
        possible=draft.possible,
    )


def _check_limits(draft: VolumeDraft, problems: Problems) -> None:
    """Missing limits become the widest; a ceiling surely under its floor refuses the volume."""
    line = draft.limit_line or draft.line
    if draft.lower is None:
        problems.repair(draft, line, "missing-limit", f"{draft.name}: no lower limit; taken as SFC")
        draft.lower = SURFACE
    if draft.upper is None:
        problems.repair(draft, line, "missing-limit", f"{draft.name}: no upper limit; taken as UNL")
        draft.upper = UNLIMITED
    if are_inverted(draft.lower, draft.upper):
        what = f"{draft.name}: upper limit {draft.upper.text} is not above lower limit {draft.lower.text}"
        problems.refuse(draft, line, "limits-inverted", what)
        draft.lower, draft.upper = SURFACE, UNLIMITED


SWAPPED_UK = (-9.0, 49.0, 3.0, 61.0)
"""South, west, north, east of where the United Kingdom lands when latitude and longitude are swapped:
open ocean off Somalia, but for the Seychelles."""


UK = (49.0, -9.0, 61.0, 3.0)
"""The same of the United Kingdom where it is."""


def _check_order(drafts: Sequence[VolumeDraft], problems: Problems) -> None:
    """Refuse volumes in the mirror image of the United Kingdom: all of a file, or some with others here.

    Where they lie is not known then: nothing is clear of them.
    """
    drawn = [draft for draft in drafts if draft.outline]
    mirrored = [draft for draft in drawn if _lies_within(draft.outline, SWAPPED_UK)]
    if not mirrored:
        return
    if len(mirrored) < len(drawn) and not any(_lies_within(draft.outline, UK) for draft in drawn):
        return
    for draft in mirrored:
        lat, lon = draft.outline[0].lat, draft.outline[0].lon
        what = f"lat {lat:.4f}, lon {lon:.4f}: latitude and longitude are swapped (off Somalia, not the UK)"
        problems.refuse(draft, draft.line, "lat-lon-swapped", what)
        draft.outline = []


def _lies_within(outline: Outline, box: tuple[float, float, float, float]) -> bool:
    south, west, north, east = box
    return all(south <= e.lat <= north and west <= e.lon <= east for e in outline)


def _note_shape(draft: VolumeDraft, shape: BuiltArea, problems: Problems) -> None:
    if not shape.code or draft.refusal:
        return
    message = f"{draft.name}: {shape.problem}"
    if shape.area is None:
        problems.refuse(draft, draft.line, shape.code, message)
    else:
        problems.repair(draft, draft.line, shape.code, message)


NARROW_DEG = 0.01
"""How far a volume read in full that encloses no area may reach: a cable, a line of fire (assumed)."""


def _place_lost(draft: VolumeDraft, drawn: Area | None, lost: Sequence[Reach] | None) -> Area | None:
    """Where a volume without a usable shape is: around its points, and as far as its lost parts reach."""
    if lost is not None or any(isinstance(element, Arc) for element in draft.outline):
        hull = place_of(draft.outline, lost or [], None if drawn is None else drawn.polygon)
    else:
        points = shapely.MultiPoint([(element.lon, element.lat) for element in draft.outline])
        west, _, east, _ = points.bounds if draft.outline else (0.0, 0.0, 360.0, 0.0)
        hull = points.convex_hull.buffer(NARROW_DEG) if east - west <= 180.0 else None
    if hull is None or hull.is_empty:
        return None
    return Area(polygon=hull, drawn=shapely.get_coordinates(hull)[:-1])


def _with_holes(draft: VolumeDraft, area: Area, edges: EdgeRule, problems: Problems) -> Area:
    """The area less its holes; a hole that cannot be drawn is filled."""
    polygon = area.polygon
    for shape in build_areas(draft.holes, circumscribed=False, edges=edges):
        if shape.area is None:
            problems.repair(draft, draft.line, "bad-hole", f"{draft.name}: hole filled: {shape.problem}")
            continue
        rest = _subtract_hole(polygon, _turned_to(polygon, shape.area.polygon))
        if rest.is_empty or not isinstance(rest, (shapely.Polygon, shapely.MultiPolygon)):
            problems.repair(draft, draft.line, "bad-hole", f"{draft.name}: hole filled: it leaves no area")
            continue
        polygon = rest
    return Area(polygon=polygon, drawn=area.drawn, edges=area.edges, outline=area.outline)


def _with_parts(draft: VolumeDraft, area: Area, edges: EdgeRule, problems: Problems) -> Area:
    """The area and those of its other parts, brought to its side of 180 degrees; one that cannot be drawn
    refuses the whole.
    """
    polygons = [area.polygon]
    built = build_areas([part.outline for part in draft.parts], edges=edges)
    for part, shape in zip(draft.parts, built, strict=True):
        drawn = shape.area or _place_lost(part, None, [])
        if shape.area is None or drawn is None:
            problems.refuse(draft, part.line, shape.code, f"{draft.name}: a part of it: {shape.problem}")
        if drawn is not None:
            polygon = _with_holes(part, drawn, edges, problems).polygon
            polygons.append(_turned_to(area.polygon, polygon))
    return Area(polygon=shapely.union_all(polygons), drawn=area.drawn, edges=area.edges)


def _turned_to(whole: shapely.Geometry, piece: shapely.Geometry) -> shapely.Geometry:
    """A part or a hole on the side of 180 degrees on which the whole is drawn."""
    (west, _, east, _), (first, _, last, _) = whole.bounds, piece.bounds
    turn = 360.0 * round((west + east - first - last) / 720.0)
    return shapely.transform(piece, lambda xy: xy + np.array((turn, 0.0))) if turn else piece


def _subtract_hole(whole: shapely.Geometry, hole: shapely.Geometry) -> shapely.Geometry:
    """What a hole leaves; nothing where that cannot be computed."""
    try:
        return shapely.difference(whole, hole)
    except shapely.errors.GEOSException:
        return shapely.Polygon()


def ring_of_degrees(pairs: Sequence[tuple[float, float]]) -> Ring:
    """A ring of (lat, lon) pairs."""
    return tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in pairs)
