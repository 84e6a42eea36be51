"""Airspace files of every supported format: recognised by their content, read and joined into one airspace.

`load_airspace` is the way in for a scenario, `read_airspace` for one file. A format that is not read is named
to the user.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from dfr.archives import BROKEN_ARCHIVE, entry_names
from dfr.errors import AirspaceError
from dfr.geo import Ring, VerticalDatum
from dfr.io.airspace.aixm import read_aixm
from dfr.io.airspace.ed269 import read_ed269
from dfr.io.airspace.geojson import read_ed318, read_geojson
from dfr.io.airspace.gis import GEOPACKAGE, SHAPEFILE, read_gis
from dfr.io.airspace.kml import read_kml
from dfr.io.airspace.notam import read_notam_file
from dfr.io.airspace.obstacles import (
    LATITUDES,
    LONGITUDES,
    TOPS,
    read_obstacle_points,
    read_obstacle_table,
)
from dfr.io.airspace.openaip import read_openaip_xml
from dfr.io.airspace.openair import read_openair
from dfr.io.airspace.reading import AirspaceRead
from dfr.io.airspace.yaixm import read_yaixm
from dfr.io.files import decode_text, read_bounded
from dfr.scenario.air import AirspaceFile, DataKind
from dfr.world.airspace import Airspace
from dfr.world.coverage import UNMANNED_ZONE_KINDS, AirspaceSource, Coverage
from dfr.world.zones import Obstacle, Zone, vertical_limit

MAX_AIRSPACE_BYTES = 32 * 1024 * 1024
"""The largest national file in use is under 10 MiB."""

Reader = Callable[..., AirspaceRead]


def load_airspace(files: Sequence[AirspaceFile]) -> Airspace:
    """The union of airspace files. Raises AirspaceError for a file that holds no airspace at all."""
    zones: list[Zone] = []
    obstacles: list[Obstacle] = []
    contacts: dict[str, str] = {}
    coverage: list[Coverage] = []
    sources: list[AirspaceSource] = []
    for file in files:
        data = read_bounded(Path(file.path), limit_bytes=MAX_AIRSPACE_BYTES)
        read = read_airspace(data, name=file.path)
        if not (read.records_seen or read.obstacles or read.contacts):
            raise AirspaceError(f"{file.path}: holds no airspace ({read.kind})", do="check the file")
        source = source_of(read, data, file)
        zones += (*read.zones, *read.defects)
        obstacles += read.obstacles
        contacts |= dict(read.contacts)
        coverage += source.coverage
        sources.append(source)
    return Airspace(
        zones=_drop_repeats([_with_contact(zone, contacts) for zone in zones]),
        coverage=tuple(coverage),
        sources=tuple(sources),
        obstacles=tuple(dict.fromkeys(obstacles)),
    )


def read_airspace(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a file, whose format is recognised by its content."""
    return _reader_of_file(data, name)(data, name=name)


def source_of(read: AirspaceRead, data: bytes, file: AirspaceFile) -> AirspaceSource:
    """What a file says of itself, or the scenario says of it. Raises AirspaceError for kinds it cannot hold.

    Without a stated coverage it covers its own zones between their limits only, and not what lies in their
    holes.
    """
    kinds = _counted_kinds(read, file)
    stated = read.coverage or (() if file.covers is None else (file.covers,))
    coverage = [cover for ring in stated for cover in _stated_coverage(ring, kinds, read, file)]
    return AirspaceSource(
        path=read.name,
        date=read.date or file.date,
        sha256=hashlib.sha256(data).hexdigest(),
        what=read.what or file.source,
        coverage=tuple(coverage or _own_coverage(read, kinds)),
        coverage_stated=bool(stated),
        kinds=kinds,
        unplaced=read.unplaced,
        ground_m_amsl=read.ground_m_amsl,
        omissions=read.omissions,
    )


def _counted_kinds(read: AirspaceRead, file: AirspaceFile) -> frozenset[DataKind]:
    """The kinds of data that count: as the scenario states them, else as the file does or is recognised."""
    if file.kinds is None:
        return read.held_kinds
    unmanned = DataKind.UNMANNED_ZONES
    if unmanned in file.kinds and not any(_binds_unmanned(zone) for zone in (*read.zones, *read.defects)):
        raise AirspaceError(
            f"{read.name}: is said to hold {unmanned}, but has none: it is a file for crewed aviation",
            do=f"take {unmanned} from its kinds, and load the dataset that holds them",
        )
    if DataKind.OBSTACLES in file.kinds and not read.obstacles:
        what = f"{read.name}: is said to hold {DataKind.OBSTACLES}, but has none"
        raise AirspaceError(f"{what}", do="take them from its kinds")
    return file.kinds


def _binds_unmanned(zone: Zone) -> bool:
    return zone.kind.upper() in UNMANNED_ZONE_KINDS | {"FRZ"}


def _stated_coverage(
    ring: Ring, kinds: frozenset[DataKind], read: AirspaceRead, file: AirspaceFile
) -> Iterator[Coverage]:
    """All heights for zones; for obstacles those from the least height that the file lists."""
    yield Coverage(ring=ring, kinds=kinds - {DataKind.OBSTACLES}, source=read.name)
    if DataKind.OBSTACLES in kinds and file.obstacles_from_m_agl is not None:
        least = vertical_limit(file.obstacles_from_m_agl, VerticalDatum.AGL)
        yield Coverage(ring=ring, kinds=frozenset({DataKind.OBSTACLES}), lower=least, source=read.name)


def _own_coverage(read: AirspaceRead, kinds: frozenset[DataKind]) -> Iterator[Coverage]:
    zonal = kinds - {DataKind.OBSTACLES}
    for zone in (*read.zones, *read.defects):
        for ring in zone.area.solid_rings:
            yield Coverage(ring=ring, kinds=zonal, lower=zone.lower, upper=zone.upper, source=read.name)


def _with_contact(zone: Zone, contacts: Mapping[str, str]) -> Zone:
    """A zone with whom to call, as another file, or another part of it, says of its identifier."""
    if zone.contact or zone.id not in contacts:
        return zone
    return replace(zone, contact=contacts[zone.id])


def _drop_repeats(zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Every zone once, however many files repeat it word for word."""
    seen: dict[tuple[object, ...], Zone] = {}
    for zone in zones:
        words = (zone.name, zone.kind, zone.airspace_class, zone.lower, zone.upper, zone.activation)
        seen.setdefault((*words, zone.defect, _area_fingerprint(zone)), zone)
    return tuple(seen.values())


def _area_fingerprint(zone: Zone) -> bytes:
    """The same for rings that start elsewhere or run the other way, to a millionth of a degree."""
    rounded = shapely.transform(zone.area.polygon, lambda lonlat: np.round(lonlat, 6) + 0.0)
    return bytes(shapely.to_wkb(shapely.normalize(rounded)))


def _reader_of_file(data: bytes, name: str) -> Reader:
    """The reader of a file, by its content. Raises AirspaceError for a format that is not read."""
    if data[:2] == b"PK":
        return _reader_of_archive(data, name)
    return read_gis if is_gis(data) else _reader_of_text(data, name)


def _reader_of_text(data: bytes, name: str) -> Reader:
    head = decode_text(data[:65536])[0].lstrip("\ufeff \t\r\n")
    refuse_unread(data, head, name)
    if looks_like_notams(head):
        return read_notam_file
    if head.startswith("<"):
        return next((reader for pattern, reader in _XML if pattern.search(head)), read_kml)
    return _json_reader(decode_text(data)[0]) if head.startswith(("{", "[")) else _text_reader(head)


def _json_reader(text: str) -> Reader:
    if _YAIXM_JSON.search(text) and '"features"' not in text:
        return read_yaixm
    if any(word in text for word in _ED269):
        return read_ed269
    if looks_like_obstacles(text, json=True):
        return read_obstacle_points
    return read_ed318 if any(word in text for word in _ED318) else read_geojson


def _text_reader(head: str) -> Reader:
    if looks_like_obstacles(head, json=False):
        return read_obstacle_table
    return read_yaixm if _YAIXM.search(head) else read_openair


def _reader_of_archive(data: bytes, name: str) -> Reader:
    """The reader of a zip by the names in it; one that is damaged is a KMZ that cannot be read."""
    try:
        names = [entry.lower() for entry in entry_names(data)[:1000]]
    except BROKEN_ARCHIVE:
        return read_kml
    if any(entry.endswith(".kml") for entry in names) or not names:
        return read_kml
    if any(entry.endswith(".xml") for entry in names) and not any(map(_OFFICE.match, names)):
        return read_aixm
    if any(entry.endswith(".shp") for entry in names):
        return read_gis
    raise unknown_format(name)


def is_gis(data: bytes) -> bool:
    """Whether the first bytes are those of a shapefile or a GeoPackage."""
    return data.startswith((SHAPEFILE, GEOPACKAGE))


def looks_like_notams(head: str) -> bool:
    """Whether a text begins like NOTAMs."""
    return bool(_NOTAM_TEXT.search(head))


_NOTAM_TEXT = re.compile(
    r"(?m)(?:^\W{0,4}[A-Z]\d{4}/\d{2}\s*NOTAM\s?[NRC]\b|(?:^|\s|\()Q\)\s*[A-Z]{4}\s*/\s*Q[A-Z]{4}\s*/|<Pib[\s>])"
)


def looks_like_obstacles(head: str, *, json: bool) -> bool:
    """Whether a text begins like a table or a list of obstacles."""
    if json:
        return bool(_OBSTACLE_TOP.search(head)) and '"Point"' in head and 'Polygon"' not in head
    names = {name.strip().strip('"').lower() for name in re.split(r"[,;\t]", head.split("\n", 1)[0])}
    return all(names & {*needed} for needed in (("top", *TOPS), LATITUDES, LONGITUDES))


_OBSTACLE_TOP = re.compile(r'"(?:top|' + "|".join(TOPS) + r')"\s*:')


_OFFICE = re.compile(r"\[content_types\]|word/|xl/|ppt/")
_AIXM = re.compile(r"<(?:\w+:)?AIXMBasicMessage\b|aixm\.aero/schema/5")
_XML = (
    (_AIXM, read_aixm),
    (re.compile(r"<OPENAIP\b"), read_openaip_xml),
)
_YAIXM = re.compile(r"^(airspace|rat|loa|service|obstacle|release):", re.MULTILINE)
_YAIXM_JSON = re.compile(r'"(?:controls|boundary|airac_date)"\s*:')
"""Keys that only a YAIXM release as JSON has."""
_ED269 = ('"horizontalProjection"', '"UASZoneList"')
_ED318 = ('"limitedApplicability"', '"upperReference"', '"subType"')


SIGNATURES = {
    b"\xc2CUB": "SeeYou airspace (.cub)",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-zip archive",
    b"\xd0\xcf\x11\xe0": "an old Office document",
}
"""The first bytes of a file."""

ROOTS = {
    "AIXM-Snapshot": "AIXM 4.5",
    "AIXM-Update": "AIXM 4.5",
    "XNOTAM-Update": "XNOTAM, the FAA's form of flight restrictions",
    "gpx": "GPX, tracks and waypoints",
    "html": "a web page (HTML)",
    "svg": "a picture (SVG)",
}
"""The element that a document in XML or HTML is: the same words in a description tell nothing of a file."""

WORDS = (
    (re.compile(r"(?m)^\[IMG ID\]|^\[POLYGON\]"), "Polish map format (.mp)"),
    (re.compile(r"(?m)^(?:INCLUDE|TITLE)=[^\n]*$|^POINT=[NS]\d"), "TNP airspace (.sua)"),
    (re.compile(r"^\"?name\"?,\"?code\"?,\"?country\"?", re.IGNORECASE), "SeeYou waypoints (.cup)"),
    (re.compile(r'"type"\s*:\s*"Topology"'), "TopoJSON"),
    (re.compile(r'"geometryType"\s*:\s*"esri'), "JSON of ArcGIS (ask the server for f=geojson)"),
)  # fmt: skip
"""What stands in the beginning of a text."""

_ROOT = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->|<![^>]*>)*<(?:\w+:)?([\w-]+)", re.DOTALL)

READ = "OpenAir, YAIXM, AIXM 5.1, openAIP, ED-269, ED-318, GeoJSON, KML, KMZ, NOTAM text, obstacle table"


def refuse_unread(data: bytes, head: str, name: str) -> None:
    """Raise AirspaceError for content of a known format that dfr does not read, and name it."""
    found = next((what for mark, what in SIGNATURES.items() if data.startswith(mark)), "")
    found = found or _format_by_root(head[:20_000])
    found = found or next((what for pattern, what in WORDS if pattern.search(head[:20_000])), "")
    if found:
        raise AirspaceError(f"{name}: is {found}, which dfr does not read", do=f"get the same as {READ}")


def _format_by_root(head: str) -> str:
    root = _ROOT.match(head)
    names = {name.lower(): what for name, what in ROOTS.items()}
    return names.get(root[1].lower(), "") if root else ""


def unknown_format(name: str) -> AirspaceError:
    """The error for an archive in which nothing is airspace."""
    return AirspaceError(f"{name}: holds no airspace in a format that dfr reads", do=f"get it as {READ}")
