"""YAIXM: UK airspace as YAML (lines, arcs and circles in AIP coordinates).

Also its obstacles, the services that are called before volumes are entered, the date of a release, and its
temporary restrictions (`rat:`) and letters of agreement (`loa:`). A letter binds its signatories,
gliding clubs: the volumes it adds are read as information (gliders may be there), and the volumes it replaces
for them stand for everybody else. See https://gitlab.com/ahsparrow/airspace.

Ours, because no library that dfr depends on reads YAIXM; `yaml_reader` parses the YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfr.findings import counted_noun
from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import ANYWHERE, MOST_RADIUS_M, Reach, reach_of_coordinate
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
from dfr.io.files import decode_text
from dfr.io.yaml_reader import Mapping, Node, Scalar, YamlError, parse_yaml
from dfr.units import nm_to_m
from dfr.world.hours import BY_NOTICE
from dfr.world.outlines import Arc, Vertex, circle
from dfr.world.zones import SURFACE, UNLIMITED, Obstacle

_LAT_LON = re.compile(r"(\d{2})(\d{2})(\d{2}(?:\.\d{1,4})?)([NS]) (\d{3})(\d{2})(\d{2}(?:\.\d{1,4})?)([EW])")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RADIUS = re.compile(r"(\d{1,4}(?:\.\d{1,6})?) ?(nm|km|m)")

MAX_RADIUS_M = 4_000_000.0
LETTER_KIND = "LOA"


class _BadVolumeError(Exception):
    """A volume that cannot be drawn: line, code and what is wrong."""

    def __init__(self, line: int | None, code: str, what: str) -> None:
        super().__init__(what)
        self.line, self.code = line, code


def read_yaixm(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a YAIXM file and all that is wrong with it."""
    problems = Problems()
    drafts: list[VolumeDraft] = []
    text, _ = decode_text(data)
    try:
        document = parse_yaml(text)
    except YamlError as error:
        problems.add(error.line, "not-yaml", str(error), ReadOutcome.REFUSED)
        return finish_reading(name, "yaixm", drafts, problems)
    for key in ("airspace", "rat"):
        for feature in document.list(key) if isinstance(document, Mapping) else []:
            if isinstance(feature, Mapping):
                drafts += _read_feature(feature, problems, temporary=key == "rat")
            else:
                problems.add(feature.line, "no-feature", "not a mapping", ReadOutcome.REFUSED)
    if not isinstance(document, Mapping):
        return finish_reading(name, "yaixm", drafts, problems)
    for letter in document.list("loa"):
        drafts += _read_letter(letter, problems)
    obstacles = list(_read_obstacles(document, name, drafts, problems))
    words, contacts = FileWords(date=_release_date(document)), list(_read_contacts(document))
    return finish_reading(
        name, "yaixm", drafts, problems, words=words, obstacles=obstacles, contacts=contacts
    )


def _release_date(document: Mapping) -> str:
    """The AIRAC date of a release, '' for a file that is none."""
    release = document.get("release")
    text = release.text("airac_date") if isinstance(release, Mapping) else ""
    return text[:10] if _DAY.match(text) else ""


def _read_contacts(document: Mapping) -> Iterator[tuple[str, str]]:
    """(identifier of a volume, callsign and frequency of who serves it)."""
    for service in document.list("service"):
        if isinstance(service, Mapping):
            call = f"{service.text('callsign')} {service.text('frequency')}".strip()
            yield from ((node.text, call) for node in service.list("controls") if isinstance(node, Scalar))


def _read_obstacles(
    document: Mapping, name: str, drafts: list[VolumeDraft], problems: Problems
) -> Iterator[Obstacle]:
    """Obstacles by their elevation above mean sea level; one that cannot be read is a volume that is lost."""
    for item in document.list("obstacle"):
        words = item.text("name") if isinstance(item, Mapping) else ""
        try:
            yield _read_obstacle(item, name)
        except _BadVolumeError as bad:
            draft = VolumeDraft(line=item.line, name=words or "an obstacle", lower=SURFACE, upper=UNLIMITED)
            problems.refuse(draft, bad.line, bad.code, f"{draft.name}: {bad}")
            drafts.append(draft)


def _read_obstacle(item: Node, source: str) -> Obstacle:
    if not isinstance(item, Mapping):
        raise _BadVolumeError(item.line, "bad-obstacle", "not a mapping")
    place, top = _read_point(item.get("position"), item.line), parse_limit(item.text("elevation"))
    if top is None or top.datum is not VerticalDatum.AMSL:
        raise _BadVolumeError(item.line, "bad-obstacle", f"{item.text('elevation')!r} is not an elevation")
    where = Position(lat_deg=place.lat, lon_deg=place.lon)
    return Obstacle(name=item.text("name"), position=where, top=top, source=source, line=item.line)


def _read_letter(letter: Node, problems: Problems) -> list[VolumeDraft]:
    """The volumes that a letter of agreement adds; those it replaces stand, and that is noted."""
    if not isinstance(letter, Mapping):
        problems.add(letter.line, "no-letter", "not a mapping", ReadOutcome.REFUSED)
        return []
    drafts: list[VolumeDraft] = []
    name = letter.text("name")
    for area in letter.list("areas"):
        if not isinstance(area, Mapping):
            problems.add(area.line, "no-letter", f"{name}: an area is not a mapping", ReadOutcome.REFUSED)
            continue
        for feature in area.list("add"):
            if isinstance(feature, Mapping):
                drafts += _read_feature(feature, problems, temporary=False)
            else:
                problems.add(feature.line, "no-feature", "not a mapping", ReadOutcome.REFUSED)
        replaced = len(area.list("replace"))
        if replaced:
            volumes = counted_noun(replaced, "volume")
            what = f"{name}: replaces {volumes} for its signatories; nothing changes for others"
            problems.add(area.line, "letter-replaces", what, ReadOutcome.NOTE)
    for draft in drafts:
        words = (
            f"letter of agreement '{name}': {draft.kind} {draft.airspace_class} for its signatories".split()
        )
        draft.remarks, draft.kind, draft.airspace_class = " ".join(words), LETTER_KIND, ""
    return drafts


def _read_feature(feature: Mapping, problems: Problems, *, temporary: bool) -> list[VolumeDraft]:
    volumes = [volume for volume in feature.list("geometry") if isinstance(volume, Mapping)]
    if not volumes:
        draft = VolumeDraft(line=feature.line, name=feature.text("name"))
        problems.refuse(draft, feature.line, "no-geometry", f"{draft.name}: no geometry")
        return [draft]
    drafts = [
        _read_volume(feature, volume, problems, temporary=temporary) for volume in volumes[:MAX_VOLUMES]
    ]
    return drafts if len(volumes) <= MAX_VOLUMES else [*drafts, overflow_volume(problems, "too many volumes")]


def _read_volume(feature: Mapping, volume: Mapping, problems: Problems, *, temporary: bool) -> VolumeDraft:
    """One volume of a feature: its own words go before the feature's."""
    seq, sub = volume.text("seq"), volume.text("name")
    name = sub or feature.text("name") + (f"-{seq}" if seq else "")
    kind = feature.text("localtype") or feature.text("type")
    rules = [
        node.text for source in (feature, volume) for node in source.list("rules") if isinstance(node, Scalar)
    ]
    draft = VolumeDraft(
        line=volume.line,
        name=name,
        id=volume.text("id") or feature.text("id"),
        kind="RA(T)" if temporary else kind,
        airspace_class=volume.text("class") or feature.text("class"),
        lower=parse_limit(volume.text("lower")) if volume.text("lower") else None,
        upper=parse_limit(volume.text("upper")) if volume.text("upper") else None,
        remarks=", ".join(dict.fromkeys(rules)),
    )
    if temporary or "NOTAM" in rules:
        draft.activation = BY_NOTICE
    for key, limit in (("lower", draft.lower), ("upper", draft.upper)):
        if limit is None and volume.text(key):
            what = f"{name}: {volume.text(key)!r}: taken as {'SFC' if key == 'lower' else 'UNL'}"
            problems.repair(draft, volume.items[key][1].line, "unreadable-limit", what)
    for element in (piece for part in volume.list("boundary") for piece in _boundary_pieces(part)):
        try:
            draft.outline += _read_element(element)
        except _BadVolumeError as bad:
            problems.refuse(draft, bad.line, bad.code, f"{name}: {bad}", lost=_reaches_of(element))
    if not draft.outline:
        problems.refuse(draft, volume.line, "no-geometry", f"{name}: no outline")
    elif isinstance(draft.outline[0], Arc) and draft.outline[0].from_deg is None:
        problems.refuse(
            draft, volume.line, "bad-arc", f"{name}: an arc comes first, so its start is not known", lost=()
        )
    return draft


def _boundary_pieces(part: Node) -> list[Node]:
    """The corners of a line one by one, so that a bad one takes no other with it; else the part itself."""
    return part.list("line") if isinstance(part, Mapping) and "line" in part.items else [part]


def _reaches_of(element: Node) -> list[Reach]:
    """How far an element reaches that cannot be read: a corner, or a circle about a centre."""
    if isinstance(element, Scalar):
        return [reach_of_coordinate(element.text)]
    shape = next((item for _, item in element.items.values()), None) if isinstance(element, Mapping) else None
    if not isinstance(shape, Mapping):
        return [ANYWHERE]
    try:
        radius_m = _read_radius_m(shape)
    except _BadVolumeError:
        radius_m = MOST_RADIUS_M
    found = [reach_of_coordinate(shape.text("centre")).grown_by(radius_m)]
    return [*found, reach_of_coordinate(shape.text("to"))] if shape.text("to") else found


def _read_element(element: Node) -> list[Vertex | Arc]:
    if isinstance(element, Scalar):
        return [_read_point(element)]
    if not isinstance(element, Mapping):
        raise _BadVolumeError(element.line, "bad-boundary", "not a line, an arc or a circle")
    for key in ("arc", "circle"):
        shape = element.get(key)
        if isinstance(shape, Mapping):
            centre = _read_point(shape.get("centre"), shape.line)
            radius_m = _read_radius_m(shape)
            if key == "circle":
                return [circle(*centre, radius_m)]
            end = _read_point(shape.get("to"), shape.line)
            if (turn := shape.text("dir")) not in ("cw", "ccw"):
                raise _BadVolumeError(shape.line, "bad-direction", f"{turn[:20]!r} is not cw or ccw")
            return [Arc(*centre, radius_m, radius_m, None, None, turn == "cw"), end]
    raise _BadVolumeError(element.line, "bad-boundary", "not a line, an arc or a circle")


def _read_point(node: Node | None, line: int | None = None) -> Vertex:
    text = node.text if isinstance(node, Scalar) else ""
    match = _LAT_LON.fullmatch(text.strip())
    if match is None:
        raise _BadVolumeError(
            node.line if node else line, "bad-coordinate", f"{text[:40]!r} is not a coordinate"
        )
    degrees = [
        float(d) + float(m) / 60.0 + float(s) / 3600.0
        for d, m, s in (match.groups()[:3], match.groups()[4:7])
    ]
    lat = -degrees[0] if match[4] == "S" else degrees[0]
    lon = -degrees[1] if match[8] == "W" else degrees[1]
    if abs(lat) > 90.0 or abs(lon) > 180.0:
        raise _BadVolumeError(node.line if node else line, "bad-coordinate", f"{text!r} is not on the globe")
    return Vertex(lat, lon)


def _read_radius_m(shape: Mapping) -> float:
    match = _RADIUS.fullmatch(shape.text("radius").strip())
    radius_m = 0.0
    if match is not None:
        value = float(match[1])
        radius_m = {"nm": nm_to_m(value), "km": value * 1000.0, "m": value}[match[2]]
    if not 0.0 < radius_m <= MAX_RADIUS_M:
        raise _BadVolumeError(shape.line, "bad-radius", f"{shape.text('radius')!r} is not a radius")
    return radius_m
