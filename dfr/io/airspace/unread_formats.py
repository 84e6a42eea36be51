"""Formats of airspace and of other things that are not read: told by their content, and named to the user."""

from __future__ import annotations

import re

from dfr.errors import AirspaceError

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
    """Raise AirspaceError with the name of a format that is not read, where the content is one of these."""
    found = next((what for mark, what in SIGNATURES.items() if data.startswith(mark)), "")
    found = found or _by_root(head[:20_000])
    found = found or next((what for pattern, what in WORDS if pattern.search(head[:20_000])), "")
    if found:
        raise AirspaceError(f"{name}: is {found}, which is not read", do=f"get the same as {READ}")


def _by_root(head: str) -> str:
    root = _ROOT.match(head)
    names = {name.lower(): what for name, what in ROOTS.items()}
    return names.get(root[1].lower(), "") if root else ""


def unknown_format(name: str) -> AirspaceError:
    """The error for an archive in which nothing is airspace."""
    return AirspaceError(f"{name}: holds no airspace of a format that is read", do=f"get it as {READ}")
