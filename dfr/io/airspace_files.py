"""Airspace files of any supported format, read and joined into one airspace."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import shapely

from dfr.errors import AirspaceError
from dfr.geo import Ring
from dfr.io.airspace_read import AirspaceRead
from dfr.io.ed269 import read_ed269
from dfr.io.files import read_bounded
from dfr.io.geojson import read_ed318, read_geojson
from dfr.io.kml import read_kml
from dfr.io.openair import read_openair
from dfr.io.text import decode_text
from dfr.io.yaixm import read_yaixm
from dfr.scenario.model import AirspaceFile
from dfr.world.airspace import Airspace, AirspaceSource, Zone

MAX_AIRSPACE_BYTES = 32 * 1024 * 1024
"""The largest national file in use is under 10 MiB."""

Reader = Callable[..., AirspaceRead]


def load_airspace(files: Sequence[AirspaceFile]) -> Airspace:
    """The union of airspace files. Raises AirspaceError for a file that holds no airspace at all."""
    zones: list[Zone] = []
    coverage: list[Ring] = []
    sources: list[AirspaceSource] = []
    for file in files:
        data = read_bounded(Path(file.path), limit_bytes=MAX_AIRSPACE_BYTES)
        read = read_airspace(data, name=file.path)
        if not read.records_seen:
            raise AirspaceError(f"{file.path}: holds no airspace ({read.kind}) -> check the file")
        source = source_of(read, data, date=file.date, what=file.source)
        zones += (*read.zones, *read.defects)
        coverage += source.coverage
        sources.append(source)
    return Airspace(zones=_once(zones), coverage=tuple(coverage), sources=tuple(sources))


def read_airspace(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a file, its format told by its content."""
    return _reader(data)(data, name=name)


def source_of(read: AirspaceRead, data: bytes, *, date: str = "", what: str = "") -> AirspaceSource:
    """What a file read says of itself; without a stated coverage it covers its own zones only.

    What lies in the holes of these is not covered.
    """
    own = tuple(ring for zone in (*read.zones, *read.defects) for ring in zone.area.solid_rings)
    return AirspaceSource(
        path=read.name,
        date=read.date or date,
        sha256=hashlib.sha256(data).hexdigest(),
        what=read.what or what,
        coverage=read.coverage or own,
        coverage_stated=bool(read.coverage),
        unplaced=read.unplaced,
        ground_m_amsl=read.ground_m_amsl,
        omissions=read.omissions,
    )


def _once(zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """Every zone once, whatever number of files repeat it word for word."""
    seen: dict[tuple[object, ...], Zone] = {}
    for zone in zones:
        words = (zone.name, zone.kind, zone.airspace_class, zone.lower, zone.upper, zone.activation)
        seen.setdefault((*words, zone.defect, _fingerprint(zone)), zone)
    return tuple(seen.values())


def _fingerprint(zone: Zone) -> bytes:
    """The same for rings that start elsewhere or run the other way, to a millionth of a degree."""
    rounded = shapely.transform(zone.area.polygon, lambda lonlat: np.round(lonlat, 6) + 0.0)
    return bytes(shapely.to_wkb(shapely.normalize(rounded)))


def _reader(data: bytes) -> Reader:
    """The reader of a format, told by the content."""
    if data[:2] == b"PK":
        return read_kml
    head = decode_text(data[:65536])[0].lstrip("\ufeff \t\r\n")
    if head.startswith("<"):
        return read_kml
    if head.startswith(("{", "[")):
        text = decode_text(data)[0]
        if any(word in text for word in _ED269):
            return read_ed269
        return read_ed318 if any(word in text for word in _ED318) else read_geojson
    return read_yaixm if _YAIXM.search(head) else read_openair


_YAIXM = re.compile(r"^(airspace|rat|loa):", re.MULTILINE)
_ED269 = ('"horizontalProjection"', '"UASZoneList"')
_ED318 = ('"limitedApplicability"', '"upperReference"', '"subType"')
