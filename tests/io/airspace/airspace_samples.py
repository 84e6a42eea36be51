"""Airspace files of every format read, in small, and ways to damage them that know their structure."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable

from dfr.io.airspace.ed269 import read_ed269
from dfr.io.airspace.geojson import read_ed318, read_geojson
from dfr.io.airspace.kml import read_kml
from dfr.io.airspace.openair import read_openair
from dfr.io.airspace.reading import AirspaceRead
from dfr.io.airspace.yaixm import read_yaixm

LONGEST = 60_000
"""No damaged file is longer."""

OPENAIR = """* dfr-coverage: 49,-2 51,-2 51,0
* dfr-ground-m-amsl: -5 300
AC D
AN TOWN CTR
AH 2000ft AMSL
AL SFC
DP 50:00:00 N 1:00:00 W
DP 50:10:00 N 1:00:00 W
V X=50:05:00 N 0:55:00 W
DB 50:10:00 N 1:00:00 W, 50:00:00 N 0:50:00 W
AC R
AN ROUND
AY RMZ
AI 5a3f
AF 123.450
AG Tower
AX 7000
AA 2023-12-16T12:00Z/2023-12-16T13:00Z
AH FL65
AL 500ft AGL
V X=50:00:00 N 1:00:00 W
DC 2.5
V D=-
DA 10, 300, 40
AC Q
AN ROUND THE DATE LINE
AL GND
AH UNL
DP 10:00.5 N 179:00.25 E
DP 10:00.5 N 179:00.25 W
DP 12:00:00 S 178:59:60 W
AC A
AN AIRWAY
AL FL100
AH FL195
V W=10
DY 50:00:00 N 2:00:00 W
DY 50:30:00 N 1:00:00 W
"""

YAIXM = """airspace:
- name: TOWN
  type: CTR
  class: D
  rules: [NOTAM, TMZ]
  geometry:
  - seq: 1
    upper: 2000 ft
    lower: SFC
    boundary:
    - line:
      - 500000N 0010000W
      - 501000N 0010000W
    - arc:
        dir: cw
        radius: 5 nm
        centre: 500000N 0005000W
        to: 500500N 0004500W
- name: ROUND
  type: D
  geometry:
  - upper: FL195
    lower: 500 ft SFC
    boundary:
    - circle:
        radius: 2 nm
        centre: 500000N 0010000W
rat:
- name: SHOW
  type: P
  geometry:
  - {upper: 2500 ft, lower: SFC, boundary: [{circle: {radius: 3 km, centre: 500000N 0010000W}}]}
loa:
- name: CLUB
  areas:
  - name: CLUB
    add:
    - name: BOX
      type: CTA
      geometry:
      - {upper: FL100, lower: FL65, boundary: [{circle: {radius: 1 nm, centre: 500000N 0010000W}}]}
    replace:
    - id: town
"""

SQUARE = [[-1.0, 50.0], [-1.0, 50.2], [-0.8, 50.2], [-0.8, 50.0], [-1.0, 50.0]]
HOLE = [[-0.95, 50.05], [-0.95, 50.1], [-0.9, 50.1], [-0.95, 50.05]]
SCHEDULE = [{"day": ["MON", "ANY"], "startTime": "09:00Z", "endTime": "17:00:00.00Z"}]

ED269 = {
    "title": "zones",
    "features": [
        {
            "identifier": "A1", "country": "GBR", "name": "Gaol", "type": "COMMON", "region": 3,
            "restriction": "PROHIBITED", "reason": ["SENSITIVE"], "regulationExemption": "NO",
            "applicability": [
                {"permanent": "NO", "startDateTime": "2024-01-01T00:00:00Z", "schedule": SCHEDULE}
            ],
            "zoneAuthority": [{"name": "Governor", "email": "a@b.c", "purpose": "AUTHORIZATION"}],
            "geometry": [
                {
                    "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL",
                    "upperLimit": 400, "upperVerticalReference": "AMSL",
                    "horizontalProjection": {"type": "Circle", "center": [-1.1, 50.8], "radius": 400},
                },
                {
                    "uomDimensions": "FT", "lowerLimit": 10, "lowerVerticalReference": "AMSL",
                    "upperLimit": 900, "upperVerticalReference": "AMSL",
                    "horizontalProjection": {"type": "Polygon", "coordinates": [SQUARE, HOLE]},
                },
            ],
        }
    ],
}  # fmt: skip

LAYER = {"upper": 120, "upperReference": "AGL", "lower": 0, "lowerReference": "WGS84", "uom": "m"}
ED318 = {
    "type": "FeatureCollection",
    "metadata": {"issued": "2024-08-24", "provider": [{"text": "Office", "lang": "en-GB"}]},
    "features": [
        {
            "type": "Feature",
            "properties": {
                "identifier": "X1", "country": "GBR", "name": [{"text": "Zone", "lang": "en-GB"}],
                "type": "REQ_AUTHORIZATION", "reason": ["AIR_TRAFFIC"],
                "limitedApplicability": [
                    {"startDateTime": "2024-01-01T00:00:00Z", "schedule": SCHEDULE},
                    {"schedule": [{"day": ["ANY"], "startEvent": "SR", "endEvent": "EECT"}]},
                ],
                "zoneAuthority": [{"name": [{"text": "Tower", "lang": "en-GB"}], "phone": "1"}],
            },
            "geometry": {
                "type": "GeometryCollection",
                "geometries": [
                    {
                        "type": "Point", "coordinates": [-1.2, 50.75], "layer": LAYER,
                        "extent": {"subType": "Circle", "radius": 500},
                    },
                    {"type": "Polygon", "coordinates": [SQUARE, HOLE], "layer": LAYER},
                ],
            },
        }
    ],
}  # fmt: skip

GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "CTR", "class": "D", "type": "CTR", "lower": "SFC", "upper": "2000 ft"},
            "geometry": {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [SQUARE]]},
        },
        {
            "type": "Feature",
            "properties": {
                "name": "A", "icaoClass": 3, "type": 4,
                "lowerLimit": {"value": 0, "unit": 1, "referenceDatum": 0},
                "upperLimit": {"value": 65, "unit": 6, "referenceDatum": 2},
            },
            "geometry": {"type": "Polygon", "coordinates": [[[179, 1], [-179, 1], [-179, 3], [179, 3]]]},
        },
    ],
}  # fmt: skip

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>zones</name><Folder>
<Placemark><name>LEE</name>
<description><![CDATA[Upper limit: 2000 FT AMSL<br/>Lower limit: SFC Class: D]]></description>
<ExtendedData><Data name="type"><value>CTR</value></Data><SchemaData>
<SimpleData name="upper">FL65</SimpleData></SchemaData></ExtendedData>
<MultiGeometry><Polygon><altitudeMode>relativeToGround</altitudeMode><outerBoundaryIs><LinearRing><coordinates>
-1.3,50.7,609 -1.1,50.7,609 -1.1,50.8,609 -1.3,50.8,609 -1.3,50.7,609
</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>
-1.2,50.75 -1.15,50.75 -1.15,50.76</coordinates></LinearRing></innerBoundaryIs></Polygon>
<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 1,0 1,1</coordinates></LinearRing></outerBoundaryIs>
</Polygon></MultiGeometry></Placemark>
<Placemark><name>a mark</name><Point><coordinates>-1,50</coordinates></Point></Placemark>
</Folder></Document></kml>"""


def _kmz() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", KML)
        archive.writestr("files/icon.png", b"\x89PNG")
    return out.getvalue()


Reader = Callable[..., AirspaceRead]

SAMPLES: dict[str, tuple[Reader, bytes]] = {
    "openair": (read_openair, OPENAIR.encode()),
    "yaixm": (read_yaixm, YAIXM.encode()),
    "ed269": (read_ed269, json.dumps(ED269, indent=1).encode()),
    "ed318": (read_ed318, json.dumps(ED318, indent=1).encode()),
    "geojson": (read_geojson, json.dumps(GEOJSON, indent=1).encode()),
    "kml": (read_kml, KML.encode()),
    "kmz": (read_kml, _kmz()),
}

NASTY = (
    b"\0", b"\xff\xfe", b"NaN", b"1e999", b"-", b"9" * 400, b"[" * 300, b"{" * 300, b"null", b"true", b'"',
    b"&x;", b"<!DOCTYPE a [", b"\r", b"180:00:00 W", b"90:00:00 N", b"UNL", b"-1", b"0", b": &a [*a]",
    b"\xe2\x80\xa8", b"FL999", b"1999", b"0.0000001", b"<Placemark>", b"</Polygon>", b"- ", b"  ", b"&#0;",
)  # fmt: skip
NUMBERS = (
    b"0", b"-0.0", b"1", b"-1", b"59.9999", b"60", b"89.9999999", b"90", b"-90", b"91", b"179.9999999",
    b"180", b"-180", b"181", b"359", b"360", b"361", b"1999", b"1e-12", b"1e308", b"123456789", b"00",
    b"000:59:60",
)  # fmt: skip
VALUES = (
    None, True, False, 0, -1, 1e-9, 90.0, -90.0, 180.0, 181.0, 1e15, 1e308, 10**40, "", "x", "NaN", "FL65",
    "UNL", "9" * 400, "\ud800", [], {}, [[]], [{}], [None], [0, 0], [180, 90], {"type": "Circle"}, "24:00Z",
    "25:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", "SR", "ANY", "FT", "Polygon", "Point",
    6, 2,
)  # fmt: skip


def damaged(kind: str, data: bytes, dice: random.Random) -> bytes:
    """Damage that knows the structure, damage that does not, or both."""
    if kind == "kmz":
        if dice.random() < 0.3:
            return _bytes_damaged(data, dice)
        inner = damaged("kml", KML.encode(), dice)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", dice.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
            archive.writestr(dice.choice(("doc.kml", "a/b.KML", "../x.kml", "readme.txt")), inner)
        return _bytes_damaged(out.getvalue(), dice) if dice.random() < 0.2 else out.getvalue()
    if dice.random() < 0.7:
        data = _tree_damaged(data, dice) if data[:1] in b"{[" else _lines_damaged(data, dice)
    if dice.random() < 0.5:
        data = _bytes_damaged(data, dice)
    return data[:LONGEST]


def _tree_damaged(data: bytes, dice: random.Random) -> bytes:
    """Members replaced, taken away, repeated, wrapped and exchanged; the text stays JSON."""
    tree = json.loads(data)
    for _ in range(dice.randint(1, 6)):
        places = list(_places(tree))
        parent, key = dice.choice(places)
        other, other_key = dice.choice(places)
        kind = dice.randrange(6)
        if kind == 0:
            parent[key] = dice.choice(VALUES)
        elif kind == 1:
            del parent[key]
        elif kind == 2 and isinstance(parent, list):
            parent[key:key] = [parent[key]] * dice.choice((1, 3, 50))
        elif kind == 3:
            parent[key] = dice.choice(([parent[key]], {"geometry": parent[key]}, [[parent[key]]]))
        elif kind == 4:
            parent[key] = json.loads(json.dumps(other[other_key]))
        elif isinstance(parent[key], (int, float)):
            parent[key] *= dice.choice((-1, 0, 1e-6, 1000, 1e12))
        text = json.dumps(tree)
        if len(text) > LONGEST or not tree:
            break
        tree = json.loads(text)
    return json.dumps(tree, indent=dice.choice((None, 1))).encode("utf-8", "surrogatepass")


def _places(node, depth: int = 0):
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(members):
        yield node, key
        yield from _places(value, depth + 1)


def _lines_damaged(data: bytes, dice: random.Random) -> bytes:
    """Lines moved, repeated, cut, indented and joined; numbers exchanged for awkward ones."""
    lines = data.split(b"\n")
    for _ in range(dice.randint(1, 10)):
        at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        kind = dice.randrange(7)
        if kind == 0:
            del lines[at : at + dice.choice((1, 1, 5))]
        elif kind == 1:
            lines[at:at] = lines[other : other + dice.choice((1, 6))] * dice.choice((1, 2, 40))
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = lines[at] + dice.choice((b" ", b", ", b"")) + lines[other]
        elif kind == 4:
            lines[at] = dice.choice(
                (lines[at].lstrip(), b"  " + lines[at], b"\t" + lines[at], lines[at].lower())
            )
        else:
            lines[at] = _number_changed(lines[at], dice)
        lines = lines[:2000] or [b""]
    return dice.choice((b"\n", b"\n", b"\r\n", b"\r")).join(lines)


def _number_changed(line: bytes, dice: random.Random) -> bytes:
    numbers = list(re.finditer(rb"\d+(?:\.\d+)?", line))
    if not numbers:
        return line + dice.choice(NASTY)
    found = dice.choice(numbers)
    return line[: found.start()] + dice.choice(NUMBERS) + line[found.end() :]


def _bytes_damaged(data: bytes, dice: random.Random) -> bytes:
    """A few cuts, copies, flips, nasty words and other digits, anywhere."""
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        piece = data[at : at + dice.choice((1, 8, 200))]
        rest = data[at + len(piece) :]
        kind = dice.randrange(5)
        if kind == 0:
            data = data[:at] + rest
        elif kind == 1:
            data = data[:at] + piece * dice.randint(2, 5) + rest
        elif kind == 2:
            data = data[:at] + bytes(b ^ (1 << dice.randrange(8)) for b in piece[:2]) + piece[2:] + rest
        elif kind == 3:
            data = data[:at] + dice.choice(NASTY) + piece + rest
        else:
            digits = bytes(dice.choice(b"0123456789.-") if chr(b).isdigit() else b for b in piece)
            data = data[:at] + digits + rest
        data = data[:LONGEST] or b"x"
    return data
