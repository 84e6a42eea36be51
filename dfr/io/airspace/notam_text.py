"""NOTAMs into items: the ICAO form (Q, A to G), national briefings as text, and the XML briefing of NATS.

ICAO Annex 15, appendix 3, and Doc 8126 for the form; UK and EAD briefings write `FROM:`, `TO:`, `LOWER:`,
`UPPER:` and `SCHEDULE:` instead of letters; the XML briefing (PIB) of NATS has an element for each item.

Ours, as `notam` is; expat parses the XML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

from dfr.errors import InputError
from dfr.world.outlines import Vertex

NAME = r"[A-Z]\d{4}/\d{2}"

MAX_NOTAMS = 20_000
"""More than any briefing has; what follows is one that nobody can draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QLine:
    """Item Q: what it is about, between which heights, and a circle about it.

    `subject` and `condition` are letters 2 and 3, 4 and 5 of the code; heights are hundreds of feet, rounded
    outward. `radius_nm` is 999 for a whole flight information region.
    """

    subject: str
    condition: str
    lower: int
    upper: int
    centre: Vertex | None
    radius_nm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotamItems:
    """One NOTAM as its items; texts are as printed, '' where an item is missing."""

    name: str
    line: int
    text: str
    form: str = "N"
    refers: str = ""
    q: QLine | None = None
    begins: str = ""
    ends: str = ""
    schedule: str = ""
    what: str = ""
    lower: str = ""
    upper: str = ""


_START = re.compile(rf"^\W{{0,4}}({NAME})\b(?:\s*(?:NOTAM)?\s*([NRC])\b)?(?:\s*({NAME}))?", re.IGNORECASE)
_FORM = re.compile(rf"^\W{{0,4}}{NAME}\s*(?:NOTAM\s*[NRC]\b|[NRC]\b)", re.IGNORECASE)
_Q = re.compile(r"(?<![A-Z0-9])Q\)\s*[A-Z]{4}\s*/", re.IGNORECASE)
_FROM = re.compile(r"^\W{0,4}FROM\s*:", re.IGNORECASE)
_DOMESTIC = re.compile(r"^!\s*[A-Z]{3}\b")
_NAME_LAST = re.compile(rf"({NAME})\s*$")


def split_notams(text: str) -> list[tuple[int, list[str]]]:
    """(line, lines) of each NOTAM in a text; what stands before the first is a heading."""
    lines = text.split("\n")
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if _begins_notam(line, lines[number : number + 3], found[-1][1] if found else None):
            found.append((number, []))
        if found:
            found[-1][1].append(line)
    return found


def _begins_notam(line: str, after: list[str], current: list[str] | None) -> bool:
    """Whether a line is the first of another NOTAM."""
    if _DOMESTIC.match(line) or _FORM.match(line):
        return True
    if _START.match(line):
        follows = "\n".join([line, *after])
        named = current is not None and len(current) == 1 and _FROM.match(current[0]) is not None
        return not named and bool(_Q.search(follows) or re.search(r"(?m)^\W{0,4}(FROM\s*:|A\))", follows))
    if current is None:
        return bool(_Q.search(line) or _FROM.match(line))
    said = "\n".join(current)
    return bool((_Q.search(line) and _Q.search(said)) or (_FROM.match(line) and _has_text(current)))


def _has_text(current: list[str]) -> bool:
    """Whether a briefing's FROM line has had its text, so that another FROM begins another NOTAM."""
    return _FROM.match(current[0]) is not None


_MARK = re.compile(r"(?<![A-Z0-9])([QABCDE])\)", re.IGNORECASE)
_HEIGHTS = re.compile(
    r"(?<![A-Z0-9])F\)([^\n]{1,40}?)\s*(?<![A-Z0-9])G\)([^\n]{1,40}?)\s*\)?\s*$", re.IGNORECASE
)
_TAIL = re.compile(r"(?im)^\W{0,4}(?:CREATED|SOURCE)\s*:.*$")
_LABELS = {
    "begins": re.compile(r"(?i)\bFROM\s*:\s*(.*?)(?=\s{2,}|\s+TO\s*:|$)", re.MULTILINE),
    "ends": re.compile(r"(?i)\bTO\s*:\s*(.*?)(?=\s{2,}|$)", re.MULTILINE),
    "lower": re.compile(r"(?i)\bLOWER\s*:\s*(.*?)(?=\s{2,}|\s+UPPER\s*:|$)", re.MULTILINE),
    "upper": re.compile(r"(?i)\bUPPER\s*:\s*(.*?)(?=\s{2,}|$)", re.MULTILINE),
    "schedule": re.compile(r"(?i)\bSCHEDULE\s*:\s*(.*?)$", re.MULTILINE),
}


def items_of(line: int, lines: list[str]) -> NotamItems:
    """The items of one NOTAM; one whose items cannot be told apart has its whole text as item E."""
    text = "\n".join(lines).strip()
    start = _START.match(lines[0]) or next((m for part in lines[1:3] if (m := _START.match(part))), None)
    last = _NAME_LAST.search(lines[0].strip()) if start is None else None
    name = start[1] if start else last[1] if last else f"NOTAM in line {line}"
    form, refers = (start[2] or "N", start[3] or "") if start else ("N", "")
    words = {"name": name.upper(), "form": form.upper(), "refers": refers.upper()}
    body = _TAIL.sub("", text).strip()
    if said := _items_by_letter(body):
        return NotamItems(line=line, text=text, q=q_line(said.pop("q", "")), **words, **said)
    labels = {key: match[1].strip() for key, pattern in _LABELS.items() if (match := pattern.search(body))}
    what = body[start.end() :] if start and body.startswith(start[0]) else body
    for pattern in _LABELS.values():
        what = pattern.sub("", what)
    what = re.sub(r"(?im)^\W{0,4}E\)", "", what).strip()
    return NotamItems(line=line, text=text, q=q_line(body), what=what, **words, **labels)


_LETTERS = {"Q": "q", "A": "", "B": "begins", "C": "ends", "D": "schedule"}


def _items_by_letter(text: str) -> dict[str, str] | None:
    """The items of a NOTAM by their letters; None where B and E are not there."""
    found: dict[str, str] = {}
    before, begin = "", 0
    for match in _MARK.finditer(text):
        letter = match[1].upper()
        if _LETTERS.get(before):
            found.setdefault(_LETTERS[before], " ".join(text[begin : match.start()].split()))
        before, begin = letter, match.end()
        if letter == "E" and "begins" in found:
            what = text[begin:].strip()
            heights = _HEIGHTS.search(what, max(0, len(what) - 120))
            if heights:
                found |= {"lower": heights[1].strip(), "upper": heights[2].strip()}
                what = what[: heights.start()]
            return {**found, "what": what.strip()}
    return None


_QLINE = re.compile(
    r"([A-Z]{4})\s*/\s*Q([A-Z]{2})([A-Z]{2})\s*/\s*[IVK ]*/\s*[NBOMK ]*/\s*[AEWK ]*/\s*(\d{3})\s*/\s*(\d{3})"
    r"(?:\s*/\s*(\d{2})(\d{2})([NS])(\d{3})(\d{2})([EW])(\d{3}))?",
    re.IGNORECASE,
)


def q_line(text: str) -> QLine | None:
    """Item Q, None where it is not there or has another form.

    >>> q_line("EGTT/QRTCS/IV/BO/AW/000/012/5403N00314W005").upper
    12
    """
    match = _QLINE.search(text)
    if match is None:
        return None
    centre = None
    if match[6]:
        lat, lon = int(match[6]) + int(match[7]) / 60.0, int(match[9]) + int(match[10]) / 60.0
        lat, lon = (-lat if match[8] in "Ss" else lat), (-lon if match[11] in "Ww" else lon)
        centre = Vertex(lat, lon) if abs(lat) <= 90.0 and abs(lon) <= 180.0 else None
    return QLine(
        subject=match[2].upper(), condition=match[3].upper(), lower=int(match[4]), upper=int(match[5]),
        centre=centre, radius_nm=int(match[12] or 999),
    )  # fmt: skip


MAX_TEXT = 1_000_000
"""Longer texts of one element are no NOTAM."""


def items_of_xml(text: str) -> list[NotamItems]:
    """The items of each `Notam` element. Raises InputError for what is no XML, or declares entities."""
    reader = _BriefingReader()
    try:
        reader.parse(text)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, str(error))
        raise InputError(f"line {error.lineno}: not XML: {what}", do="check the file") from error
    return reader.items


class _BriefingReader:
    """Follows the elements and collects the texts within each Notam."""

    def __init__(self) -> None:
        self.items: list[NotamItems] = []
        self._words: dict[str, str] | None = None
        self._text: list[str] = []
        self._size = 0
        self._line = 0
        self._parser = expat.ParserCreate()

    def parse(self, text: str) -> None:
        """Take a whole document; declarations of types and entities are refused."""
        self._parser.StartElementHandler = self._start_element
        self._parser.EndElementHandler = self._end_element
        self._parser.CharacterDataHandler = self._take_text
        self._parser.StartDoctypeDeclHandler = _refuse_declaration
        self._parser.EntityDeclHandler = _refuse_declaration
        self._parser.Parse(text, True)

    def _start_element(self, tag: str, _: dict[str, str]) -> None:
        self._text, self._size = [], 0
        if tag == "Notam":
            self._words, self._line = {}, self._parser.CurrentLineNumber

    def _take_text(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_TEXT:
            self._text.append(text)

    def _end_element(self, tag: str) -> None:
        if self._words is None:
            return
        if tag == "Notam":
            self.items.append(_items_of_element(self._words, self._line))
            self._words = None
        elif text := "".join(self._text).strip():
            self._words.setdefault(tag, text)
        self._text = []


def _refuse_declaration(*_: object) -> None:
    raise InputError("document types and entities are refused", do="take them out of the file")


def _items_of_element(words: dict[str, str], line: int) -> NotamItems:
    """Item Q is put together from its parts, so that one function reads both forms."""
    parts = [words.get(key, "") for key in ("FIR", "Code23", "Code45", "Traffic", "Purpose", "Scope")]
    fir, subject, condition, *rest = parts
    heights = [words.get(key, "").zfill(3) for key in ("Lower", "Upper")]
    circle = words.get("Coordinates", "") + words.get("Radius", "").zfill(3)
    q = q_line("/".join([fir, f"Q{subject}{condition}", *rest, *heights, circle]))
    ends = f"{words.get('EndValidity', '')} {words.get('Estimation', '')}".strip()
    what = words.get("ItemE", "")
    return NotamItems(
        name=_name_of(words, ""), line=line, text=what, form=words.get("Type", "N").upper()[:1],
        refers=_name_of(words, "Referred"), q=q, begins=words.get("StartValidity", ""), ends=ends,
        schedule=words.get("ItemD", ""), what=what, lower=words.get("ItemF", ""),
        upper=words.get("ItemG", ""),
    )  # fmt: skip


def _name_of(words: dict[str, str], before: str) -> str:
    series, number, year = (words.get(f"{before}{key}", "") for key in ("Series", "Number", "Year"))
    return f"{series}{number.zfill(4)}/{year.zfill(2)}" if series and number else ""
