"""KML and KMZ airspace: placemarks with polygons or closed lines, their limits in words.

Altitudes in the coordinates are ignored: published KML says "relative to ground" even where
the limit is above mean sea level or a flight level, and the datum survives in the description only.
Document types, entities and compressed bombs are refused.

Ours, because the limits stand in free text, which no library reads as limits; expat parses the XML.
"""

from __future__ import annotations

import codecs
import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise
from xml.parsers import expat

from dfr.archives import BROKEN_ARCHIVE
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import Reach, reach_of_degrees
from dfr.io.airspace.reading import (
    MAX_VOLUMES,
    AirspaceRead,
    FileWords,
    Problems,
    ReadOutcome,
    VolumeDraft,
    finish_reading,
    one_volume,
    overflow_volume,
)
from dfr.io.airspace.uas_zones import BadZoneError, closed_ring, kind_of_uk_area, plain_text, read_corner
from dfr.io.files import decode_text
from dfr.world.outlines import Arc, EdgeRule, Vertex
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit

MAX_KML_BYTES = 32 * 1024 * 1024
MAX_KMZ_BYTES = 8 * 1024 * 1024
MAX_ENTRIES = 1000
MAX_DEPTH = 60
BROKEN = frozenset({"not-xml", "xml-declaration", "too-deep", "too-many-volumes"})
MAX_TEXT = 4 * 1024 * 1024
MAX_WORDS = 20_000

_LIMIT = re.compile(
    r"\b(upper|lower|ceiling|floor|top|base)(?: (?:limit|level|altitude))?\s?[:=]?\s?"
    r"(?:<[^<>]{0,200}>\s?){0,12}[:=]?\s?"
    r"(SFC|GND|UNL\w{0,6}|FL ?\d{1,3}(?!\d)"
    r"|(?:\d{1,3}(?:[ ,]\d{3})+|\d{1,6}(?:\.\d{1,2})?)(?![.,]?\d) ?(?:feet|ft|metres|m)?"
    r"(?: ?(?:AMSL|MSL|AGL|ALT|SFC|STD|WGS84|AAL|QFE))?)\b",
    re.IGNORECASE,
)
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([\w-]+)""")
_APART = re.compile(r"\s*,\s*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CLASS = re.compile(r"\bclass\s*[:=]?\s*([A-G])\b", re.IGNORECASE)
_TYPE = re.compile(r"\btype\s*[:=]\s*([\w()]{1,20})", re.IGNORECASE)
LOWER_WORDS = frozenset({"lower", "floor", "base"})
NO_LIMITS = frozenset({"contact", "exempt", "possible", "parts"})
"""Words of a placemark in which no limit stands."""


class BadKmlError(Exception):
    """A document that cannot be used at all: its code and what is wrong."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code


def read_kml(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of a KML file, or of all those in a KMZ, and all that is wrong with them."""
    problems = Problems()
    placemarks = _Placemarks(problems)
    kind = "kmz" if data[:2] == b"PK" else "kml"
    try:
        documents = unzip_documents(data) if kind == "kmz" else {"": data}
    except BadKmlError as bad:
        problems.add(None, bad.code, str(bad), ReadOutcome.REFUSED)
        documents = {}
    for path, content in documents.items():
        _read_document(content, path, placemarks, problems)
    _follow_links(placemarks, documents, problems)
    if placemarks.drafts and any(problem.code in BROKEN for problem in problems):
        placemarks.drafts.append(overflow_volume(problems, "the document breaks off"))
    words = FileWords(date=placemarks.date)
    return finish_reading(name, kind, placemarks.drafts, problems, words=words, edges=EdgeRule.PARALLEL)


def _read_document(content: bytes, path: str, placemarks: _Placemarks, problems: Problems) -> None:
    """Draft the volumes of one document, as far as it can be read."""
    encoding = _mistaken_encoding(content)
    if encoding:
        problems.add(None, "encoding", f"not UTF-8; read as {encoding}", ReadOutcome.NOTE)
    try:
        placemarks.parse(content, path, encoding)
    except expat.ExpatError as error:
        problems.add(
            error.lineno, "not-xml", expat.errors.messages.get(error.code, str(error)), ReadOutcome.REFUSED
        )
    except (LookupError, ValueError) as error:
        problems.add(None, "not-xml", f"unknown encoding: {error}", ReadOutcome.REFUSED)
    except BadKmlError as bad:
        problems.add(None, bad.code, str(bad), ReadOutcome.REFUSED)


def _follow_links(placemarks: _Placemarks, documents: Mapping[str, bytes], problems: Problems) -> None:
    """Note links into the archive, which are read with it; refuse others, whose content is not known."""
    for link in placemarks.links:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), link.href))
        words = f"{link.name or 'a network link'}: {link.href[:200]}"
        if link.path and target in documents:
            problems.add(link.line, "network-link", f"{words}: read from the archive", ReadOutcome.NOTE)
            continue
        draft = VolumeDraft(line=link.line, name=words, lower=SURFACE, upper=UNLIMITED)
        what = f"{words}: network links are not followed -> get that file too"
        problems.refuse(draft, link.line, "network-link", what)
        placemarks.drafts.append(draft)


def _mistaken_encoding(data: bytes) -> str | None:
    """Latin-1 where a document is not the UTF-8 that it says it is, or says nothing; else None."""
    said = _ENCODING.match(data[:200])
    if (said and said[1].upper() != b"UTF-8") or data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return None
    return "iso-8859-1" if decode_text(data)[1] == "latin-1" else None


def unzip_documents(data: bytes) -> dict[str, bytes]:
    """Every KML of an archive by its path, no larger together than one may be."""
    if len(data) > MAX_KMZ_BYTES:
        raise BadKmlError("too-large", f"a KMZ of {len(data)} bytes is over {MAX_KMZ_BYTES}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _kml_entries(archive)
    except BROKEN_ARCHIVE as error:
        raise BadKmlError("not-zip", f"not a readable archive: {error}") from error


def _kml_entries(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    named = [entry for entry in entries if entry.filename.lower().endswith(".kml")]
    if not named or len(entries) > MAX_ENTRIES:
        raise BadKmlError("no-kml", f"no KML among {len(entries)} entries")
    found: dict[str, bytes] = {}
    left = MAX_KML_BYTES
    for entry in named:
        with archive.open(entry) as file:
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise BadKmlError("too-large", f"unpacks to more than {MAX_KML_BYTES} bytes")
        found[posixpath.normpath(entry.filename)] = content
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A network link: its name, where it leads, and the document and line it stands in."""

    name: str
    href: str
    path: str
    line: int


@dataclass(slots=True, kw_only=True)
class _Shape:
    """A polygon, or a closed line, while it is being read."""

    line: int
    lost: list[Reach] = field(default_factory=list)
    outline: list[Vertex | Arc] = field(default_factory=list)
    holes: list[list[Vertex | Arc]] = field(default_factory=list)
    trouble: str = ""


class _Placemarks:
    """Follows the elements of a document and drafts a volume for each polygon."""

    def __init__(self, problems: Problems) -> None:
        self.drafts: list[VolumeDraft] = []
        self.date = ""
        self._problems = problems
        self._path: list[str] = []
        self._text: list[str] = []
        self._size = 0
        self._line = 0
        self._words: dict[str, str] = {}
        self._data_name = ""
        self._shapes: list[_Shape] = []
        self.links: list[_Link] = []
        self._document = ""
        self._link_name = ""

    def parse(self, data: bytes, path: str, encoding: str | None = None) -> None:
        """Take a whole document; declarations of types and entities are refused."""
        self._document, self._path, self._text, self._size = path, [], [], 0
        parser = expat.ParserCreate(encoding, namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start_element
        parser.EndElementHandler = self._end_element
        parser.CharacterDataHandler = self._take_text
        refuse: Callable[..., None] = _refuse_declaration
        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        self._parser = parser
        parser.Parse(data, True)

    def _start_element(self, tag: str, attributes: dict[str, str]) -> None:
        word = tag.rpartition(" ")[2]
        self._path.append(word)
        if len(self._path) > MAX_DEPTH:
            raise BadKmlError("too-deep", f"elements nested deeper than {MAX_DEPTH}")
        self._text, self._size = [], 0
        if word == "Placemark":
            self._line, self._words, self._shapes = self._parser.CurrentLineNumber, {}, []
        elif word == "Polygon":
            if len(self.drafts) + len(self._shapes) > MAX_VOLUMES:
                raise BadKmlError("too-many-volumes", f"more than {MAX_VOLUMES} polygons")
            self._shapes.append(_Shape(line=self._parser.CurrentLineNumber))
        elif word == "NetworkLink":
            self._link_name = ""
        elif word in ("SimpleData", "Data"):
            self._data_name = attributes.get("name", "")

    def _take_text(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_TEXT:
            self._text.append(text)

    def _end_element(self, tag: str) -> None:
        word = tag.rpartition(" ")[2]
        text = "".join(self._text)
        self._path.pop()
        self._text, self._size = [], 0
        parent = self._path[-1] if self._path else ""
        if word == "begin" and self._path[-2:] == ["Document", "TimeSpan"] and _DATE.match(text.strip()):
            self.date = text.strip()[:10]
        elif word in ("name", "description") and parent == "Placemark":
            self._words[word] = " ".join(text.split())
        elif word == "SimpleData" or (word == "value" and parent == "Data"):
            self._words[self._data_name.lower()] = " ".join(text.split())
        elif word == "coordinates" and "Placemark" in self._path:
            self._take_coordinates(text)
        elif word == "name" and parent == "NetworkLink":
            self._link_name = " ".join(text.split())
        elif word == "href" and "NetworkLink" in self._path:
            line, href = self._parser.CurrentLineNumber, text.strip()
            self.links.append(_Link(name=self._link_name, href=href, path=self._document, line=line))
        elif word == "Placemark":
            self._finish_placemark()

    def _take_coordinates(self, text: str) -> None:
        """Take a ring: of a polygon, standing alone, or a line that comes back to where it began."""
        if "Polygon" in self._path and self._shapes:
            self._take_ring(self._shapes[-1], text, hole="innerBoundaryIs" in self._path)
            return
        form = self._path[-1]
        if form == "LinearRing" or (form == "LineString" and _is_closed(text)):
            self._shapes.append(_Shape(line=self._parser.CurrentLineNumber))
            self._take_ring(self._shapes[-1], text, hole=False)

    def _take_ring(self, shape: _Shape, text: str, *, hole: bool) -> None:
        corners, trouble, lost = _read_corners(text)
        shape.trouble = shape.trouble or trouble
        shape.lost += lost
        if hole:
            shape.holes.append(corners)
        else:
            shape.outline.extend(corners)

    def _finish_placemark(self) -> None:
        """A volume for each polygon of the placemark; a placemark without one is noted."""
        name = self._words.get("name", "")
        if not self._shapes:
            self._problems.add(self._line, "no-polygon", f"{name}: encloses no area", ReadOutcome.NOTE)
        lower, upper, airspace_class = self._described_limits(name) if self._shapes else (None, None, "")
        remarks = plain_text(self._words.get("description", ""))[:1000]
        kind = self._words.get("type") or _first_match(_TYPE, remarks) or kind_of_uk_area(name, remarks)
        shapes = _without_walls(self._shapes)
        if len(shapes) < len(self._shapes):
            words = f"{len(self._shapes) - len(shapes)} walls and repeated faces of a solid are ignored"
            self._problems.add(self._line, "solid", f"{name}: {words}", ReadOutcome.NOTE)
        drafts: list[VolumeDraft] = []
        for shape in shapes:
            draft = VolumeDraft(
                line=shape.line, name=name, remarks=remarks, lower=lower, upper=upper,
                airspace_class=airspace_class, kind=kind.upper(), contact=self._words.get("contact", ""),
                exempt=self._words.get("exempt", ""), possible=self._words.get("possible") == "true",
                outline=shape.outline, holes=list(shape.holes),
            )  # fmt: skip
            if shape.trouble:
                words = f"{name}: {shape.trouble}"
                self._problems.refuse(draft, shape.line, "bad-coordinate", words, lost=shape.lost)
            elif not shape.outline:
                self._problems.refuse(draft, shape.line, "no-geometry", f"{name}: a polygon without boundary")
            drafts.append(draft)
        self.drafts += one_volume(drafts) if self._words.get("parts") == "true" and drafts else drafts

    def _described_limits(self, name: str) -> tuple[VerticalLimit | None, VerticalLimit | None, str]:
        """(lower limit, upper limit, class) in the words of a placemark."""
        said = (f"{key}: {text};" for key, text in self._words.items() if key not in NO_LIMITS)
        words = unescape(" ".join(said))[:MAX_WORDS]
        words = " ".join(words.split())
        lower: set[VerticalLimit | None] = set()
        upper: set[VerticalLimit | None] = set()
        for which, value in _LIMIT.findall(words):
            (lower if which.lower() in LOWER_WORDS else upper).add(_limit_in_words(value))
        return (
            self._only_limit(name, lower),
            self._only_limit(name, upper),
            _first_match(_CLASS, words).upper(),
        )

    def _only_limit(self, name: str, found: set[VerticalLimit | None]) -> VerticalLimit | None:
        """The one limit said, in whatever words; None where there is none, or more than one."""
        heights = {level and (level.datum, round(level.value_m, 1)): level for level in found}
        if len(heights) > 1:
            words = ", ".join(sorted(level.text if level else "an unreadable one" for level in found))
            self._problems.add(self._line, "repeated-limit", f"{name}: {words}", ReadOutcome.NOTE)
        return next(iter(heights.values())) if len(heights) == 1 else None


def _limit_in_words(value: str) -> VerticalLimit | None:
    """The limit that words mean; None of a number without a unit, which may be feet or metres."""
    bare = value.replace(" ", "").replace(",", "").replace(".", "").isdecimal()
    return None if bare and value.strip("0") else parse_limit(value)


def _first_match(pattern: re.Pattern[str], words: str) -> str:
    match = pattern.search(words)
    return match[1] if match else ""


def _refuse_declaration(*_: object) -> None:
    raise BadKmlError("xml-declaration", "document types and entities are refused")


def _read_corners(text: str) -> tuple[list[Vertex | Arc], str, list[Reach]]:
    """Corners of `lon,lat[,height] ...`, and what is wrong with those that cannot be read.

    These are the trouble with the first of them, and how far each may lie.
    """
    corners: list[Vertex] = []
    trouble = ""
    lost: list[Reach] = []
    for item in _APART.sub(",", text).split():
        parts = item.split(",")[:2]
        try:
            corners.append(read_corner([float(part) for part in parts]))
            continue
        except ValueError:
            trouble = trouble or f"{item[:40]!r} is no lon,lat pair"
        except BadZoneError as bad:
            trouble = trouble or str(bad)
        lost.append(reach_of_degrees(parts[0], parts[1] if len(parts) > 1 else ""))
    return closed_ring(corners), trouble, lost


def _is_closed(text: str) -> bool:
    """Whether a line of at least three corners ends where it begins."""
    places = [item.split(",")[:2] for item in _APART.sub(",", text).split()]
    return len(places) > 3 and places[0] == places[-1]


def _without_walls(shapes: list[_Shape]) -> list[_Shape]:
    """The faces of a solid that matter on the map: each flat face once, no walls.

    A wall has two corners on the map, which are a side of the floor, and the roof has those of the floor;
    a face of two corners that is no side of another is left to be refused.
    """
    plans = [frozenset(shape.outline) for shape in shapes]
    sides = _face_sides([shape for shape, plan in zip(shapes, plans, strict=True) if len(plan) > 2])
    faces: dict[tuple[object, ...], _Shape] = {}
    for shape, plan in zip(shapes, plans, strict=True):
        if plan not in sides or shape.trouble:
            key = plan, frozenset(map(frozenset, shape.holes)), shape.trouble
            faces.setdefault(key, shape)
    return [*faces.values()]


def _face_sides(shapes: list[_Shape]) -> set[frozenset[Vertex | Arc]]:
    """The pairs of corners that follow each other in the boundaries and holes of faces."""
    rings = (ring for shape in shapes for ring in (shape.outline, *shape.holes))
    pairs = (pair for ring in rings for pair in pairwise((*ring, *ring[:1])))
    return {frozenset(pair) for pair in pairs if pair[0] != pair[1]}
