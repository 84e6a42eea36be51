"""OpenAir, versions 1 and 2, as found in the wild (Naviter, OpenAir 2.1.2).

Bytes in, zones and problems out; a bad line costs its volume at most, and every volume
that begins in the file is accounted for. Comment lines `* dfr-coverage:`, `* dfr-date:`,
`* dfr-source:`, `* dfr-omits:` and `* dfr-ground-m-amsl:` carry what the format has no words for,
and within a volume `* dfr-remarks:` and `* dfr-possible:` (it may or may not exist; why).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from dfr.io.airspace_read import AirspaceRead, Draft, FileWords, Outcome, Problems, finish
from dfr.io.limits import parse_limit
from dfr.io.openair_words import (
    LAT_LON,
    LON_LAT,
    BadRecordError,
    degree_ring,
    degrees_of,
    interval_of,
    number_of,
    span_of,
    two_coordinates,
)
from dfr.io.text import decode_text, lines_of
from dfr.units import nm_to_m
from dfr.world.activation import BY_NOTICE, NEVER, Activation, Interval
from dfr.world.shapes import Arc, Vertex, circle

MAX_LINE = 2000
"""Longer lines are no OpenAir."""

MAX_RADIUS_NM = 2000.0

CLASSES = frozenset("ABCDEFG")
V1_KINDS = {
    "Q": "D",
    "GP": "GLIDER-PROHIBITED",
    "W": "WAVE",
    "GSEC": "GLIDER",
    "UNC": "",
    "UNK": "",
    "UKN": "",
}
NAMED_KINDS = ("CTR", "CTA", "TMA", "ATZ", "FRZ", "RPZ", "TMZ", "RMZ", "MATZ", "HIRTA", "FIR", "AWY")

_PLAIN_POINT = re.compile(
    r"DP (\d\d):([0-5]\d):([0-5]\d(?:\.\d{1,6})?) ?([NS])[ ,]{1,2}"
    r"(\d{2,3}):([0-5]\d):([0-5]\d(?:\.\d{1,6})?) ?([EW])\s*$"
)


def read_openair(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an OpenAir file and all that is wrong with it."""
    return _Reader(name).read(data)


class _Reader:
    """Follows the file line by line: the volume being drawn and the pen's variables.

    The centre may be set before the volume it serves; the turning direction starts clockwise in each.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._drafts: list[Draft] = []
        self._draft: Draft | None = None
        self._problems = Problems()
        self._words = FileWords()
        self._line = 0
        self._centre: tuple[float, float] | None = None
        self._centre_is_new = False
        self._clockwise = True
        self._typed = False
        self._activity: list[Interval] = []

    def read(self, data: bytes) -> AirspaceRead:
        """The whole file."""
        text, encoding = decode_text(data)
        if encoding not in ("utf-8", "ascii"):
            self._problems.add(None, "encoding", f"not UTF-8; read as {encoding}", Outcome.NOTE)
        for number, line in enumerate(lines_of(text), 1):
            self._line = number
            plain = _PLAIN_POINT.match(line) if line[:2] == "DP" and self._draft is not None else None
            if plain is None or not self._plain_point(plain):
                self._take(line)
        self._close()
        return finish(self._name, "openair", self._drafts, self._problems, words=self._words)

    def _take(self, line: str) -> None:
        if len(line) > MAX_LINE:
            self._doubt("line-too-long", f"{len(line)} characters; no record is longer than {MAX_LINE}")
            return
        line = line.strip()
        if not line or line[0] in "*#;":
            if len(line) > 1:
                self._comment(line)
            return
        tag, _, rest = line.partition(" ")
        handler = self._HANDLERS.get(tag) or self._HANDLERS.get(tag.upper())
        if handler is None and "=" in line and line[0] in "Vv":
            handler, rest = _Reader._variable, line[1:]
        if handler is None:
            self._unknown(line)
            return
        try:
            handler(self, rest.strip())
        except BadRecordError as bad:
            self._doubt(bad.code, f"{bad}: {line[:80]}")

    def _doubt(self, code: str, what: str) -> None:
        """A record of the current volume that cannot be read: the volume is refused."""
        if self._draft is None:
            self._problems.add(self._line, code, f"{what} (belongs to no volume)", Outcome.NOTE)
        else:
            self._problems.refuse(self._draft, self._line, code, f"{self._draft.name}: {what}")

    def _unknown(self, line: str) -> None:
        if line[:2].upper() == "DY":
            self._doubt("unsupported-record", f"airway segments are not drawn: {line[:80]}")
        else:
            self._problems.add(self._line, "unknown-record", f"passed over: {line[:80]}", Outcome.NOTE)

    def _comment(self, line: str) -> None:
        """What our own comment lines say of the file."""
        key, separator, value = line.lstrip("*#; ").partition(":")
        key, value = key.strip().lower(), value.strip()
        if not separator or not key.startswith("dfr-"):
            return
        try:
            self._word(key, value)
        except BadRecordError as bad:
            self._problems.add(self._line, bad.code, str(bad), Outcome.REFUSED)

    def _word(self, key: str, value: str) -> None:
        if key == "dfr-coverage":
            self._words.coverage.append(degree_ring(value))
        elif key == "dfr-date":
            self._words.date = value
        elif key == "dfr-source":
            self._words.what = f"{self._words.what}; {value}".lstrip("; ")
        elif key == "dfr-omits":
            self._words.omissions.append(value)
        elif key == "dfr-ground-m-amsl":
            self._words.ground_m_amsl = span_of(value)
        elif self._draft is not None and key in ("dfr-remarks", "dfr-possible"):
            self._draft.remarks, self._draft.possible = value, key == "dfr-possible"

    # Records of a volume -----------------------------------------------------------------------

    def _class(self, rest: str) -> None:
        self._close()
        word = rest.upper()
        draft = Draft(line=self._line)
        if word in CLASSES:
            draft.airspace_class = word
        else:
            draft.kind = V1_KINDS.get(word, word)
        self._draft, self._clockwise, self._typed, self._activity = draft, True, False, []
        if not self._centre_is_new:
            self._centre = None
        self._drafts.append(draft)

    def _current(self) -> Draft:
        if self._draft is None:
            raise BadRecordError("no-class", "comes before any AC record")
        return self._draft

    def _title(self, rest: str) -> None:
        draft = self._current()
        draft.name = rest
        words = rest.upper().replace("-", " ").split()
        if not draft.kind:
            draft.kind = next((kind for kind in NAMED_KINDS if kind in words), "")

    def _type(self, rest: str) -> None:
        draft, word = self._current(), rest.upper()
        if word not in ("NONE", "UNKNOWN", ""):
            draft.kind = V1_KINDS.get(word, word)

    def _contact(self, rest: str) -> None:
        draft = self._current()
        draft.contact = f"{draft.contact} {rest}".strip()

    def _lower(self, rest: str) -> None:
        draft = self._current()
        draft.lower, draft.limit_line = parse_limit(rest), self._line
        if draft.lower is None:
            self._problems.repair(
                draft, self._line, "unreadable-limit", f"{draft.name}: {rest!r}: taken as SFC"
            )
            draft.lower = parse_limit("SFC")

    def _upper(self, rest: str) -> None:
        draft = self._current()
        draft.upper, draft.limit_line = parse_limit(rest), self._line
        if draft.upper is None:
            self._problems.repair(
                draft, self._line, "unreadable-limit", f"{draft.name}: {rest!r}: taken as UNL"
            )
            draft.upper = parse_limit("UNL")

    def _active(self, rest: str) -> None:
        draft = self._current()
        if rest.upper() == "NONE" or "NOTAM" in rest.upper():
            draft.activation = NEVER if rest.upper() == "NONE" else BY_NOTICE
            return
        interval = interval_of(rest)
        if interval is None:
            self._problems.repair(
                draft, self._line, "unreadable-activation", f"{draft.name}: {rest!r}: hours not known"
            )
            draft.activation = Activation(otherwise=None, text=rest)
            return
        self._activity.append(interval)
        otherwise = None if draft.activation.otherwise is None else False
        draft.activation = Activation(periods=tuple(self._activity), otherwise=otherwise, text=rest)

    def _ignore(self, rest: str) -> None:
        """Colours, label places and transponder codes change nothing here."""

    # The pen -----------------------------------------------------------------------------------

    def _variable(self, rest: str) -> None:
        key, _, value = rest.partition("=")
        key, value = key.strip().upper(), value.strip()
        if key == "X":
            self._centre, self._centre_is_new = self._coordinate(value), True
        elif key == "D":
            if value not in ("+", "-"):
                raise BadRecordError("bad-direction", "the direction is + or -")
            self._clockwise = value == "+"

    def _point(self, rest: str) -> None:
        self._centre_is_new = False
        self._current().outline.append(Vertex(*self._coordinate(rest)))

    def _plain_point(self, match: re.Match[str]) -> bool:
        """Take the commonest record the short way; False where it needs the long one."""
        degrees, minutes, seconds, north, east_degrees, east_minutes, east_seconds, east = match.groups()
        lat = float(degrees) + float(minutes) / 60.0 + float(seconds) / 3600.0
        lon = float(east_degrees) + float(east_minutes) / 60.0 + float(east_seconds) / 3600.0
        if lat > 90.0 or lon > 180.0 or self._draft is None:
            return False
        self._centre_is_new = False
        self._draft.outline.append(Vertex(-lat if north == "S" else lat, -lon if east == "W" else lon))
        return True

    def _circle(self, rest: str) -> None:
        draft = self._current()
        if draft.outline:
            self._several()
            draft = self._current()
        draft.outline.append(circle(*self._pen(), self._radius(rest)))

    def _arc_by_angles(self, rest: str) -> None:
        parts = rest.replace(",", " ").split()
        if len(parts) != 3:
            raise BadRecordError("bad-arc", "an arc has a radius and two angles")
        radius_m, angles = self._radius(parts[0]), [number_of(part) for part in parts[1:]]
        self._draw(
            Arc(*self._pen(), radius_m, radius_m, angles[0] % 360.0, angles[1] % 360.0, self._clockwise)
        )

    def _arc_between(self, rest: str) -> None:
        ends = two_coordinates(rest)
        if ends is None:
            raise BadRecordError("bad-coordinate", "an arc has two end points")
        start, end = (Vertex(*self._coordinate(text)) for text in ends)
        arc = Arc(*self._pen(), 0.0, 0.0, None, None, self._clockwise)
        self._draw(start, arc, end)

    def _draw(self, *elements: Vertex | Arc) -> None:
        self._current().outline.extend(elements)

    def _pen(self) -> tuple[float, float]:
        if self._centre is None:
            raise BadRecordError("no-centre", "no V X= gives the centre")
        self._centre_is_new = False
        return self._centre

    def _radius(self, text: str) -> float:
        radius_nm = number_of((text.split(maxsplit=1) or [""])[0])
        if not 0.0 < radius_nm <= MAX_RADIUS_NM:
            raise BadRecordError("bad-radius", f"a radius of {radius_nm} NM")
        return nm_to_m(radius_nm)

    def _coordinate(self, text: str) -> tuple[float, float]:
        if match := LAT_LON.match(text):
            lat, lon = degrees_of(match.groups()[:4]), degrees_of(match.groups()[4:])
        elif match := LON_LAT.match(text):
            lat, lon = degrees_of(match.groups()[4:]), degrees_of(match.groups()[:4])
            if self._draft is not None:
                self._problems.repair(
                    self._draft, self._line, "coordinate-order", "longitude before latitude"
                )
        else:
            raise BadRecordError("bad-coordinate", "no coordinate")
        if abs(lat) > 90.0 or abs(lon) > 180.0:
            raise BadRecordError("bad-coordinate", f"lat {lat}, lon {lon} is not on the globe")
        return lat, lon

    # Ends of volumes ---------------------------------------------------------------------------

    def _several(self) -> None:
        """A second shape in one record is a volume of its own with the same words."""
        first = self._current()
        self._problems.repair(first, self._line, "several-shapes", f"{first.name}: each becomes a volume")
        second = Draft(
            line=self._line, name=first.name, kind=first.kind, airspace_class=first.airspace_class,
            lower=first.lower, upper=first.upper, limit_line=first.limit_line, contact=first.contact,
            activation=first.activation, repaired=True, refusal=first.refusal,
        )  # fmt: skip
        self._draft = second
        self._drafts.append(second)

    def _close(self) -> None:
        draft = self._draft
        if draft is not None and not draft.outline:
            self._problems.refuse(draft, draft.line, "no-geometry", f"{draft.name}: no outline follows")

    _HANDLERS: ClassVar[dict[str, Callable[[_Reader, str], None]]] = {
        "AC": _class, "AN": _title, "AY": _type, "AF": _contact, "AG": _contact, "AL": _lower, "AH": _upper,
        "AA": _active, "AX": _ignore, "AT": _ignore, "AP": _ignore, "TO": _ignore, "TC": _ignore,
        "SP": _ignore, "SB": _ignore, "V": _variable, "DP": _point, "DC": _circle, "DA": _arc_by_angles,
        "DB": _arc_between,
    }  # fmt: skip
