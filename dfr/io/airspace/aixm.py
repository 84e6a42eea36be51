"""AIXM 5.1: airspace as national offices publish it, and the UK's unmanned-aircraft restrictions (NATS AIS).

Each volume of a baseline or snapshot becomes a zone. Volumes to be subtracted or intersected are not: the
whole then counts, which warns of more and clears nothing. Limits that are nil are not stated, never zero.
See docs of AIXM 5.1 (aixm.aero) for the elements; only local names count, so 5.1.1 and 5.2 are read too.

Ours, because no library that dfr depends on knows what the elements of AIXM mean; lxml parses the XML.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dfr.archives import BROKEN_ARCHIVE
from dfr.geo import VerticalDatum
from dfr.io.airspace.gml_curves import BadCurveError, points_of_curve, ring_of
from dfr.io.airspace.lost_parts import ANYWHERE, Reach, reach_of_degrees
from dfr.io.airspace.reading import (
    MAX_VOLUMES,
    AirspaceRead,
    FileWords,
    Problems,
    ReadOutcome,
    VolumeDraft,
    finish_reading,
    overflow_volume,
)
from dfr.io.airspace.safe_xml import (
    HREF,
    MAX_XML_BYTES,
    Element,
    XmlTroubleError,
    at_path,
    child_elements,
    elements_named,
    line_of,
    parse_xml,
    text_at,
)
from dfr.io.airspace.uas_zones import kind_of_uk_area
from dfr.units import flight_level_to_m_std, ft_to_m, nm_to_m
from dfr.world.hours import ALWAYS, Activation, TimeInterval
from dfr.world.outlines import MAX_LENGTH_M, Vertex, draw_corridor, path_length_m
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit, vertical_limit

NOTED_GAP_M = 1000.0
"""A wider gap in a ring that is closed by a straight edge is put on record."""

UNLIMITED_LEVEL = 999.0
"""The flight level by which the UK says that there is no upper limit."""

KINDS = {
    "FIR_P": "FIR", "UIR_P": "UIR", "CTA_P": "CTA", "TMA_P": "TMA", "CTR_P": "CTR", "OTHER": "",
    "SECTOR": "INFO", "SECTOR_C": "INFO", "ASR": "INFO", "POLITICAL": "INFO", "NAS": "INFO", "PART": "INFO",
}  # fmt: skip
"""Types that are another's, or that inform only: sectors of control, altimeter regions, states, parts."""

STANDING = ("BASELINE", "SNAPSHOT")
MAX_ENTRIES = 1000


def read_aixm(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an AIXM 5.1 file, or of a zip of them, and all that is wrong with it."""
    problems = Problems()
    drafts: list[VolumeDraft] = []
    words = FileWords()
    try:
        for document in _xml_documents(data):
            _read_document(parse_xml(document), drafts, words, problems)
    except XmlTroubleError as error:
        problems.add(error.line, "not-xml", str(error), ReadOutcome.REFUSED)
        if drafts:
            drafts.append(overflow_volume(problems, "a document of the archive is lost"))
    return finish_reading(name, "aixm", drafts, problems, words=words)


def _xml_documents(data: bytes) -> list[bytes]:
    """The XML documents of an archive, no larger together than one may be; else the data itself."""
    if data[:2] != b"PK":
        return [data]
    found: list[bytes] = []
    left = MAX_XML_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:MAX_ENTRIES]:
                if entry.filename.lower().endswith(".xml") and left >= 0:
                    with archive.open(entry) as file:
                        found.append(file.read(left + 1))
                    left -= len(found[-1])
    except BROKEN_ARCHIVE as error:
        raise XmlTroubleError(None, f"not a readable archive: {error}") from error
    if left < 0:
        raise XmlTroubleError(None, f"unpacks to more than {MAX_XML_BYTES} bytes")
    return found


@dataclass(slots=True, kw_only=True)
class _Feature:
    """An airspace while its parts are put together: its volumes, and whose shape each borrows."""

    drafts: list[VolumeDraft] = field(default_factory=list)
    borrowed: list[tuple[VolumeDraft, str]] = field(default_factory=list)


def _read_document(root: Element, drafts: list[VolumeDraft], words: FileWords, problems: Problems) -> None:
    borders = _read_borders(root, problems)
    features: dict[str, _Feature] = {}
    for number, element in enumerate(elements_named(root, "Airspace")):
        if len(drafts) > MAX_VOLUMES:
            drafts.append(overflow_volume(problems, f"more than {MAX_VOLUMES} volumes"))
            break
        feature = _read_airspace(element, borders, words, problems)
        features[text_at(element, "identifier").lower() or str(number)] = feature
        drafts += feature.drafts
    for feature in features.values():
        for draft, other in feature.borrowed:
            _borrow_shape(draft, features.get(other), other, problems)


def _read_borders(root: Element, problems: Problems) -> dict[str, list[Vertex]]:
    """The line of each border by its identifier; borders that cannot be read are left out."""
    found: dict[str, list[Vertex]] = {}
    for element in elements_named(root, "GeoBorder"):
        try:
            places = [
                place
                for curve in elements_named(element, "Curve", "ElevatedCurve")
                for place in points_of_curve(curve)
            ]
        except BadCurveError as bad:
            problems.add(line_of(element), bad.code, f"a border: {bad}", ReadOutcome.NOTE)
            continue
        found[text_at(element, "identifier").lower()] = places
    return found


def _read_airspace(
    element: Element, borders: Mapping[str, Sequence[Vertex]], words: FileWords, problems: Problems
) -> _Feature:
    feature = _Feature()
    slices = _standing_slices(at_path(element, "timeSlice/AirspaceTimeSlice"), problems)
    for slice_ in slices:
        words.date = words.date or _snapshot_date(slice_)
        components = at_path(slice_, "geometryComponent/AirspaceGeometryComponent")
        found = [
            draft
            for part in components
            for draft in _read_component(slice_, part, borders, feature, problems)
        ]
        if not found:
            draft = _named_draft(slice_)
            problems.refuse(draft, draft.line, "no-geometry", f"{draft.name}: no geometry")
            found = [draft]
        feature.drafts += found
    return feature


def _standing_slices(slices: Sequence[Element], problems: Problems) -> list[Element]:
    """Baselines and snapshots in their last correction, and changes that have a shape of their own."""
    best: dict[str, tuple[int, Element]] = {}
    changes: list[Element] = []
    for slice_ in slices:
        form = text_at(slice_, "interpretation")
        if form in STANDING:
            key, correction = (
                text_at(slice_, "sequenceNumber"),
                _whole_number(text_at(slice_, "correctionNumber")),
            )
            if key not in best or correction >= best[key][0]:
                best[key] = (correction, slice_)
        elif child_elements(slice_, "geometryComponent"):
            changes.append(slice_)
        else:
            words = (
                f"{text_at(slice_, 'designator')}: a {form or 'slice without interpretation'} without shape"
            )
            problems.add(line_of(slice_), "change", f"{words}: not applied", ReadOutcome.NOTE)
    return [slice_ for _, slice_ in best.values()] + changes


def _whole_number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _named_draft(slice_: Element) -> VolumeDraft:
    """A volume with the words of its airspace."""
    designator, name = text_at(slice_, "designator"), text_at(slice_, "name")
    notes = " ".join(" ".join((note.text or "").split()) for note in _note_elements(slice_))
    title = f"{designator} {name}".strip()
    kind = kind_of_uk_area(title, notes, text_at(slice_, "localType"))
    given = text_at(slice_, "type").upper().removeprefix("OTHER:")
    return VolumeDraft(
        line=line_of(slice_), name=title, kind=kind or KINDS.get(given, given),
        airspace_class=_airspace_class(slice_), remarks=notes[:1000], activation=_read_validity(slice_),
    )  # fmt: skip


def _note_elements(slice_: Element) -> Iterable[Element]:
    for annotation in child_elements(slice_, "annotation"):
        yield from elements_named(annotation, "note")
    for activation in child_elements(slice_, "activation"):
        yield from elements_named(activation, "note")


def _airspace_class(slice_: Element) -> str:
    """The strictest of its classes."""
    found = sorted(
        text_at(layer, "classification").upper() for layer in at_path(slice_, "class/AirspaceLayerClass")
    )
    return next((letter for letter in found if letter in tuple("ABCDEFG")), "")


def _read_validity(slice_: Element) -> Activation:
    """The period in which a slice is valid; a snapshot is of one moment, and counts as standing."""
    period = at_path(slice_, "validTime/TimePeriod")
    if not period:
        return ALWAYS
    start, end = (_utc_moment(text_at(period[0], key)) for key in ("beginPosition", "endPosition"))
    if (start is None and end is None) or (start is not None and end is not None and start >= end):
        return ALWAYS
    text = f"{start or '...'} to {end or '...'}"
    return Activation(periods=(TimeInterval(start=start, end=end),), otherwise=False, text=text)


def _utc_moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _snapshot_date(slice_: Element) -> str:
    text = text_at(slice_, "validTime/TimeInstant/timePosition")
    return text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else ""


def _read_component(
    slice_: Element,
    component: Element,
    borders: Mapping[str, Sequence[Vertex]],
    feature: _Feature,
    problems: Problems,
) -> list[VolumeDraft]:
    """The volumes of one part of an airspace; none where the part is to be taken away."""
    operation = text_at(component, "operation") or "BASE"
    if operation not in ("BASE", "UNION"):
        words = f"{text_at(slice_, 'designator')}: a part to {operation} is not taken away: the whole counts"
        problems.add(line_of(component), "operation", words, ReadOutcome.NOTE)
        return []
    found: list[VolumeDraft] = []
    for volume in at_path(component, "theAirspaceVolume/AirspaceVolume"):
        draft = _named_draft(slice_)
        draft.line = draft.limit_line = line_of(volume)
        draft.lower = _read_limit(draft, volume, "lower", problems)
        draft.upper = _read_limit(draft, volume, "upper", problems)
        found += _draw_volume(draft, volume, borders, feature, problems)
    return found


def _draw_volume(
    draft: VolumeDraft,
    volume: Element,
    borders: Mapping[str, Sequence[Vertex]],
    feature: _Feature,
    problems: Problems,
) -> list[VolumeDraft]:
    """The volume with its outline; several where its surface has several patches."""
    surfaces = child_elements(volume, "horizontalProjection")
    patches = [patch for surface in surfaces for patch in elements_named(surface, "PolygonPatch", "Polygon")]
    if not patches:
        _without_surface(draft, volume, feature, problems)
        return [draft]
    found = [draft, *(_copy_draft(draft) for _ in patches[1:])]
    for each, patch in zip(found, patches, strict=True):
        _draw_patch(each, patch, borders, problems)
    return found


def _copy_draft(draft: VolumeDraft) -> VolumeDraft:
    return VolumeDraft(
        line=draft.line, name=draft.name, kind=draft.kind, airspace_class=draft.airspace_class,
        lower=draft.lower, upper=draft.upper, remarks=draft.remarks, activation=draft.activation,
        limit_line=draft.limit_line, repaired=draft.repaired, refusal=draft.refusal,
    )  # fmt: skip


def _draw_patch(
    draft: VolumeDraft, patch: Element, borders: Mapping[str, Sequence[Vertex]], problems: Problems
) -> None:
    exteriors = child_elements(patch, "exterior")
    if len(exteriors) != 1:
        what = f"{draft.name}: {len(exteriors)} outer rings"
        problems.refuse(draft, line_of(patch), "no-geometry", what, lost=_patch_reaches(patch))
        return
    try:
        ring = ring_of(exteriors[0], borders)
        draft.outline = ring.outline
        draft.holes = [ring_of(interior, borders).outline for interior in child_elements(patch, "interior")]
    except BadCurveError as bad:
        draft.outline = draft.outline or [*_readable_corners(patch)]
        lost = [ANYWHERE] if bad.code == "no-border" else _patch_reaches(patch)
        problems.refuse(draft, line_of(patch), bad.code, f"{draft.name}: {bad}", lost=lost)
        return
    if ring.gap_m > NOTED_GAP_M:
        words = f"{draft.name}: a gap of {ring.gap_m:.0f} m in its ring is closed by a straight edge"
        problems.repair(draft, line_of(patch), "gap", words)


def _readable_corners(patch: Element) -> list[Vertex]:
    """Every corner of a patch that can be read, wherever it stands."""
    return [
        reach.corner_vertices()[0] for reach in _corner_reaches(patch) if len({*reach.corner_vertices()}) == 1
    ]


def _corner_reaches(patch: Element) -> list[Reach]:
    """Where each corner of a patch is, or may be as far as its numbers can be read."""
    found: list[Reach] = []
    for item in elements_named(patch, "pos", "posList"):
        numbers = (item.text or "").split()
        pairs = [(numbers[k], numbers[k + 1]) for k in range(0, len(numbers) - 1, 2)]
        swap = any("CRS84" in (holder.get("srsName") or "") for holder in (item, *item.iterancestors()))
        found += [reach_of_degrees(a, b) if swap else reach_of_degrees(b, a) for a, b in pairs]
    return found


def _patch_reaches(patch: Element) -> list[Reach]:
    """How far a patch may reach that cannot be drawn: as far as its radii about any of its points."""
    radius_m = max(map(_radius_m, elements_named(patch, "radius")), default=0.0)
    return [reach.grown_by(radius_m) for reach in _corner_reaches(patch)] or [ANYWHERE]


def _radius_m(radius: Element) -> float:
    """The radius in nautical miles, the longest unit published, where its own cannot be read."""
    try:
        return nm_to_m(float(radius.text or ""))
    except ValueError:
        return nm_to_m(100.0)


def _without_surface(draft: VolumeDraft, volume: Element, feature: _Feature, problems: Problems) -> None:
    """A corridor about a line, or the shape of another airspace; else a volume without geometry."""
    line = at_path(volume, "centreline/Curve") + at_path(volume, "centreline/ElevatedCurve")
    if line:
        _draw_corridor(draft, line[0], volume, problems)
        return
    others = at_path(volume, "contributorAirspace/AirspaceVolumeDependency")
    hrefs = [other.get(HREF) or "" for part in others for other in child_elements(part, "theAirspace")]
    if len(hrefs) == 1 and hrefs[0]:
        feature.borrowed.append((draft, hrefs[0].rpartition(":")[2].lower()))
        return
    problems.refuse(draft, draft.line, "no-geometry", f"{draft.name}: no shape of its own or of one other")


def _draw_corridor(draft: VolumeDraft, line: Element, volume: Element, problems: Problems) -> None:
    width = child_elements(volume, "width")
    try:
        points = points_of_curve(line)
        unit = {"NM": nm_to_m(1.0), "KM": 1000.0, "M": 1.0}[(width[0].get("uom") or "").upper()]
        width_m = float(width[0].text or "") * unit
    except (BadCurveError, KeyError, IndexError, ValueError) as error:
        points, width_m, why = [], 0.0, str(error)
    else:
        why = f"{width_m:.0f} m wide, {len(points)} points"
    if 0.0 < width_m <= 1e6 and len(points) > 1 and path_length_m(points) <= MAX_LENGTH_M:
        draft.outline = [*draw_corridor(points, width_m)]
        return
    what = f"{draft.name}: its corridor cannot be drawn: {why}"
    problems.refuse(draft, draft.line, "bad-corridor", what, lost=[ANYWHERE])


def _borrow_shape(draft: VolumeDraft, other: _Feature | None, name: str, problems: Problems) -> None:
    """Draw a volume as another airspace whose shape it takes; several parts cannot be taken."""
    shapes = [shape for shape in other.drafts if shape.outline] if other else []
    if len(shapes) != 1 or shapes[0].refusal:
        what = f"{draft.name}: takes its shape from {name[:40]}, which has not one that can be drawn"
        problems.refuse(draft, draft.line, "no-geometry", what)
        return
    draft.outline, draft.holes = shapes[0].outline, shapes[0].holes
    draft.lower, draft.upper = draft.lower or shapes[0].lower, draft.upper or shapes[0].upper


def _read_limit(draft: VolumeDraft, volume: Element, side: str, problems: Problems) -> VerticalLimit | None:
    """A limit of a volume; None where it is nil, and the widest where it cannot be read."""
    found = child_elements(volume, f"{side}Limit")
    if not found or not (found[0].text or "").strip():
        return None
    value, unit = (found[0].text or "").strip(), (found[0].get("uom") or "").upper()
    level = _limit_of_words(
        value, unit, text_at(volume, f"{side}LimitReference").upper(), upper=side == "upper"
    )
    partner = child_elements(volume, "maximumLimit" if side == "upper" else "minimumLimit")
    if level is not None and not partner:
        return level
    widest = UNLIMITED if side == "upper" else SURFACE
    why = "whichever of two limits" if partner else f"{value} {unit}"
    problems.repair(
        draft, line_of(found[0]), "unreadable-limit", f"{draft.name}: {why}: taken as {widest.text}"
    )
    return widest


DATUMS = {"SFC": VerticalDatum.AGL, "MSL": VerticalDatum.AMSL, "W84": VerticalDatum.ELLIPSOID}
UNITS_M = {"FT": ft_to_m(1.0), "M": 1.0}
WORDS = {"GND": SURFACE, "SFC": SURFACE, "UNL": UNLIMITED}


def _limit_of_words(value: str, unit: str, reference: str, *, upper: bool) -> VerticalLimit | None:
    """The limit of a value, its unit and reference; None where these do not go together.

    A flight level is above the standard pressure and nothing else is; FLOOR and CEILING are those of another.
    """
    if value.upper() in WORDS:
        return WORDS[value.upper()]
    try:
        number = float(value)
    except ValueError:
        return None
    if unit == "FL":
        return _flight_level(number) if reference == "STD" else None
    if unit not in UNITS_M or reference not in DATUMS or not -1000.0 <= number <= 100_000.0:
        return None
    if number == 0.0 and not upper:
        return SURFACE
    datum = DATUMS[reference]
    return vertical_limit(number * UNITS_M[unit], datum, f"{number:g} {unit.lower()} {datum.value}")


def _flight_level(number: float) -> VerticalLimit | None:
    if number == UNLIMITED_LEVEL:
        return UNLIMITED
    if not 0.0 <= number < UNLIMITED_LEVEL:
        return None
    height_m = flight_level_to_m_std(number)
    return VerticalLimit(value_m=height_m, datum=VerticalDatum.FLIGHT_LEVEL, text=f"FL{number:g}")
