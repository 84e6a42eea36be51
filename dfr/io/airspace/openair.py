"""OpenAir airspace, versions 1 and 2, as found in the wild (Naviter, OpenAir 2.1.2).

`read_openair` turns bytes into zones and problems. A bad line costs at most its own volume, and every volume
that begins in the file is accounted for. Comment lines `* dfr-coverage:`, `* dfr-date:`,
`* dfr-source:`, `* dfr-omits:` and `* dfr-ground-m-amsl:` carry what the format has no words for,
and within a volume `* dfr-remarks:` and `* dfr-possible:` (it may or may not exist; why).

Ours, because an unreadable record must refuse its volume and not clear it, and arcs must stay arcs;
aerofiles only parses records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from dfr.io.airspace.lost_parts import ANYWHERE, Reach, reach_of_coordinate
from dfr.io.airspace.openair_records import (
    LAT_LON,
    PACKED,
    BadRecordError,
    OutlineBuilder,
    degree_ring,
    interval_of,
    kinds_of,
    limit_of_record,
    span_of,
    strip_trailing_remark,
)
from dfr.io.airspace.reading import (
    MAX_VOLUMES,
    AirspaceRead,
    FileWords,
    Problems,
    ReadOutcome,
    VolumeDraft,
    finish_reading,
    overflow_volume,
    printable_text,
)
from dfr.io.files import decode_text
from dfr.world.hours import BY_NOTICE, WHEN_NOTIFIED, Activation, TimeInterval
from dfr.world.outlines import Arc, Vertex
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit

MAX_LINE = 2000
"""Longer lines are no OpenAir."""

MAX_LINES = 2_000_000
"""Longer files are no OpenAir: the largest national file has some 50,000 lines."""

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
DRAWING = frozenset({"DP", "DA", "DB", "DC", "DY"})
LIMITS = frozenset({"AL", "AH"})
MISSPELT = frozenset({"D", "PD", "AD", "BD", "CD", "YD"})
"""Tags that can only be drawing records with a letter lost or turned round."""

VARIABLE = re.compile(r"V\s*[A-Z]?\s*(?:[=:]|(?<=[XDWZ])\s*[-+\d])", re.IGNORECASE)
_POSITION = re.compile(f"{LAT_LON.pattern}|{PACKED.pattern}", re.IGNORECASE)

NAMED_KINDS = ("CTR", "CTA", "TMA", "ATZ", "FRZ", "RPZ", "TMZ", "RMZ", "MATZ", "HIRTA", "FIR", "AWY")
KINDS = frozenset({*CLASSES, *V1_KINDS, *NAMED_KINDS, "R", "P"})


def read_openair(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an OpenAir file and all that is wrong with it."""
    return _OpenAirReader(name).read_file(data)


class _OpenAirReader:
    """Follows the file record by record: the volume being read, and the builder of its outline."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._drafts: list[VolumeDraft] = []
        self._draft: VolumeDraft | None = None
        self._problems = Problems()
        self._words = FileWords()
        self._line = 0
        self._outline = OutlineBuilder(self._note_repair)
        self._activity: list[TimeInterval] = []
        self._strange = False

    def read_file(self, data: bytes) -> AirspaceRead:
        """The whole file."""
        text, encoding = decode_text(data)
        if encoding not in ("utf-8", "ascii"):
            self._problems.add(None, "encoding", f"not UTF-8; read as {encoding}", ReadOutcome.NOTE)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text.count("\n") > MAX_LINES:
            self._problems.add(None, "too-large", f"more than {MAX_LINES} lines", ReadOutcome.REFUSED)
        else:
            self._read_lines(text)
        return finish_reading(self._name, "openair", self._drafts, self._problems, words=self._words)

    def _read_lines(self, text: str) -> None:
        for self._line, line in enumerate(text.split("\n"), start=1):
            self._take_line(line)
            if len(self._drafts) > MAX_VOLUMES:
                self._drafts.append(overflow_volume(self._problems, f"more than {MAX_VOLUMES} volumes"))
                break
        self._close_volume()

    def _take_line(self, line: str) -> None:
        handler, rest = self._QUICK.get(line[:3]), line[3:]
        if handler is None:
            handler, rest = self._find_handler(line)
        elif len(line) > MAX_LINE:
            handler = _OpenAirReader._too_long
        try:
            handler(self, rest.strip())
        except BadRecordError as bad:
            self._refuse_record(bad.code, f"{bad}: {line.strip()[:80]}", bad.reaches)

    def _find_handler(self, line: str) -> tuple[Callable[[_OpenAirReader, str], None], str]:
        """What takes a line that is a remark or does not begin with a tag and a space, and its rest."""
        if len(line) > MAX_LINE:
            plain_remark = line[0] in "*#;" and "dfr-" not in line.lower()
            return (_OpenAirReader._ignore_record if plain_remark else _OpenAirReader._too_long), line
        line = line.strip()
        if not line or line[0] in "*#;":
            return _OpenAirReader._own_comment, line
        tag, *rest = line.split(None, 1)
        handler = self._HANDLERS.get(tag.upper())
        if handler is not None:
            return handler, rest[0] if rest else ""
        if VARIABLE.match(line):
            return _OpenAirReader._set_variable, line[1:]
        return self._split_run_together(line) or (_OpenAirReader._unknown_record, line)

    def _split_run_together(self, line: str) -> tuple[Callable[[_OpenAirReader, str], None], str] | None:
        """What takes a record whose tag has run into its value, where only one reading is possible."""
        tag, rest = line[:2].upper(), line[2:]
        handler = self._HANDLERS.get(tag)
        value = rest.lstrip(":= ")
        if handler is None or not value:
            return None
        drawn = tag in DRAWING and (value[0].isdigit() or value[0] in ".+-")
        limited = tag in LIMITS and limit_of_record(value) is not None
        classed = tag == "AC" and value.upper() in KINDS
        if not (drawn or limited or classed or len(value) < len(rest)):
            return None
        self._note_repair("run-together", f"{line[:80]!r} read as {tag} {value[:80]}")
        return handler, value

    def _too_long(self, line: str) -> None:
        words = f"{len(line)} characters; no record is longer than {MAX_LINE}"
        self._refuse_record("line-too-long", words, [ANYWHERE])

    def _refuse_record(self, code: str, what: str, reaches: Iterable[Reach]) -> None:
        """A record of the current volume that cannot be read: the volume is refused."""
        if self._draft is None:
            self._problems.add(self._line, code, f"{what} (belongs to no volume)", ReadOutcome.NOTE)
        else:
            self._problems.refuse(self._draft, self._line, code, f"{self._draft.name}: {what}", lost=reaches)

    def _note_repair(self, code: str, what: str) -> None:
        if self._draft is not None:
            self._problems.repair(self._draft, self._line, code, f"{self._draft.name}: {what}")

    def _unknown_record(self, line: str) -> None:
        """A record of no known tag: ignored, unless it draws something."""
        tag, place = line.split(None, 1)[0].upper(), _POSITION.search(line)
        if self._draft is not None and (place or tag in MISSPELT or tag[:2] in DRAWING):
            reach = reach_of_coordinate(line[place.start() :] if place else line[2:])
            raise BadRecordError("unknown-record", "draws something that cannot be read", reach)
        self._strange = True
        self._problems.add(self._line, "unknown-record", f"ignored: {line[:80]}", ReadOutcome.NOTE)

    def _own_comment(self, line: str) -> None:
        """What our own comment lines say of the file."""
        if "dfr-" not in line.lower():
            return
        key, separator, value = line.lstrip("*#; ").partition(":")
        key, value = key.strip().lower(), value.strip()
        if not separator or not key.startswith("dfr-"):
            return
        try:
            self._file_word(key, value)
        except BadRecordError as bad:
            self._problems.add(self._line, bad.code, str(bad), ReadOutcome.REFUSED)

    def _file_word(self, key: str, value: str) -> None:
        if key == "dfr-coverage":
            self._words.coverage.append(degree_ring(value))
        elif key == "dfr-date":
            self._words.date = value
        elif key == "dfr-source":
            self._words.what = f"{self._words.what}; {value}".lstrip("; ")
        elif key == "dfr-omits":
            self._words.omissions.append(value)
        elif key == "dfr-kinds":
            self._words.kinds = kinds_of(value)
        elif key == "dfr-ground-m-amsl":
            self._words.ground_m_amsl = span_of(value)
        elif self._draft is not None and key in ("dfr-remarks", "dfr-possible"):
            self._draft.remarks, self._draft.possible = value, key == "dfr-possible"

    # Records of a volume -----------------------------------------------------------------------

    def _begin_class(self, rest: str) -> None:
        word = strip_trailing_remark(rest).upper()
        draft = self._begin_volume()
        if word in CLASSES:
            draft.airspace_class = word
        else:
            draft.kind = V1_KINDS.get(word, word)

    def _begin_volume(self) -> VolumeDraft:
        self._close_volume()
        self._draft = draft = VolumeDraft(line=self._line)
        self._activity, self._strange = [], False
        self._outline.begin_volume()
        self._drafts.append(draft)
        return draft

    def _begin_unclassed(self) -> VolumeDraft:
        """A volume whose AC record is missing."""
        draft = self._begin_volume()
        self._problems.repair(draft, self._line, "missing-class", "a volume begins without an AC record")
        return draft

    def _current_volume(self) -> VolumeDraft:
        if self._draft is None:
            raise BadRecordError("no-class", "comes before any AC record")
        return self._draft

    def _volume_to_draw(self) -> VolumeDraft:
        """The volume to draw in; whatever is drawn belongs to one."""
        return self._draft or self._begin_unclassed()

    def _set_name(self, rest: str) -> None:
        draft = self._draft
        if draft is None or (draft.name and draft.outline):
            draft = self._begin_unclassed()
        draft.name = rest
        if not draft.kind:
            words = rest.upper().replace("-", " ").split()
            draft.kind = next((kind for kind in NAMED_KINDS if kind in words), "")

    def _set_type(self, rest: str) -> None:
        draft, word = self._current_volume(), strip_trailing_remark(rest).upper()
        if word not in ("NONE", "UNKNOWN", ""):
            draft.kind = V1_KINDS.get(word, word)

    def _set_contact(self, rest: str) -> None:
        draft = self._current_volume()
        draft.contact = f"{draft.contact} {rest}".strip()

    def _set_lower(self, rest: str) -> None:
        draft = self._current_volume()
        if not rest:
            return
        draft.lower = self._read_limit(draft, rest, draft.lower, SURFACE)

    def _set_upper(self, rest: str) -> None:
        draft = self._current_volume()
        if not rest:
            return
        draft.upper = self._read_limit(draft, rest, draft.upper, UNLIMITED)

    def _read_limit(
        self, draft: VolumeDraft, rest: str, before: VerticalLimit | None, widest: VerticalLimit
    ) -> VerticalLimit:
        """A limit; the widest where it cannot be read, or where the volume has another already."""
        draft.limit_line = self._line
        level = limit_of_record(rest)
        if level is None:
            self._note_repair("unreadable-limit", f"{rest[:80]!r}: taken as {widest.text}")
        elif before is not None and before != level:
            self._note_repair("repeated-limit", f"{before.text}, then {level.text}: taken as {widest.text}")
        else:
            return level
        return widest

    def _set_activation(self, rest: str) -> None:
        draft, rest = self._current_volume(), printable_text(rest)
        word = rest.upper()
        if word.startswith("NONE") and "/" not in word:
            draft.activation = WHEN_NOTIFIED
        elif draft.activation == WHEN_NOTIFIED:
            return
        elif "NOTAM" in word and "/" not in word:
            draft.activation = BY_NOTICE
        elif (interval := interval_of(rest)) is None:
            self._note_repair("unreadable-activation", f"{rest[:80]!r}: hours not known")
            draft.activation = Activation(otherwise=None, text=rest)
        else:
            self._activity.append(interval)
            otherwise = None if draft.activation.otherwise is None else False
            draft.activation = Activation(periods=tuple(self._activity), otherwise=otherwise, text=rest)

    def _ignore_record(self, rest: str) -> None:
        """Colours, label places, identifiers and transponder codes change nothing here."""

    # What is drawn -----------------------------------------------------------------------------

    def _set_variable(self, rest: str) -> None:
        self._outline.set_variable(rest)

    def _draw_point(self, rest: str) -> None:
        self._draw_elements(self._volume_to_draw(), self._outline.read_coordinate(rest))
        self._outline.mark_used()

    def _draw_circle(self, rest: str) -> None:
        draft = self._volume_to_draw()
        if draft.outline:
            draft = self._second_shape(draft)
        draft.outline.append(self._outline.draw_circle(rest))

    def _arc_by_angles(self, rest: str) -> None:
        self._draw_elements(self._volume_to_draw(), self._outline.arc_by_angles(rest))

    def _arc_between(self, rest: str) -> None:
        self._draw_elements(self._volume_to_draw(), *self._outline.arc_between(rest))

    def _airway_point(self, rest: str) -> None:
        self._volume_to_draw()
        self._outline.airway_point(rest)

    def _draw_elements(self, draft: VolumeDraft, *elements: Vertex | Arc) -> None:
        first = draft.outline[0] if len(draft.outline) == 1 else None
        if isinstance(first, Arc) and first.from_deg == 0.0 and first.to_deg == 360.0:
            draft = self._second_shape(draft)
        draft.outline.extend(elements)

    # Ends of volumes ---------------------------------------------------------------------------

    def _second_shape(self, first: VolumeDraft) -> VolumeDraft:
        """A second shape in one record is a volume of its own with the same words."""
        self._note_repair("several-shapes", "it draws several shapes; each becomes a volume of its own")
        second = VolumeDraft(
            line=self._line, name=first.name, kind=first.kind, airspace_class=first.airspace_class,
            lower=first.lower, upper=first.upper, limit_line=first.limit_line, contact=first.contact,
            activation=first.activation, repaired=True, refusal=first.refusal,
        )  # fmt: skip
        self._draft = second
        self._drafts.append(second)
        return second

    def _close_volume(self) -> None:
        draft = self._draft
        if draft is None:
            return
        if self._outline.airway:
            draft = self._draw_airway(draft)
        if draft.empty and not self._strange:
            self._drafts.remove(draft)
            words = "ignored: it has no name, limits or outline; files style a class of airspace so"
            self._problems.add(draft.line, "empty-record", words, ReadOutcome.NOTE)
        elif not draft.outline:
            self._problems.refuse(draft, draft.line, "no-geometry", f"{draft.name}: no outline follows")

    def _draw_airway(self, draft: VolumeDraft) -> VolumeDraft:
        points = self._outline.airway
        try:
            outline = self._outline.airway_outline()
        except BadRecordError as bad:
            outline = points
            self._problems.refuse(draft, draft.line, bad.code, f"{draft.name}: {bad}", lost=bad.reaches)
        if draft.outline:
            draft = self._second_shape(draft)
        draft.outline.extend(outline)
        return draft

    _HANDLERS: ClassVar[dict[str, Callable[[_OpenAirReader, str], None]]] = {
        "AC": _begin_class, "AN": _set_name, "AY": _set_type, "AF": _set_contact, "AG": _set_contact,
        "AR": _set_contact, "AL": _set_lower, "AH": _set_upper, "AA": _set_activation, "AI": _ignore_record,
        "AX": _ignore_record, "AT": _ignore_record, "AP": _ignore_record, "TO": _ignore_record,
        "TC": _ignore_record, "SP": _ignore_record, "SB": _ignore_record, "V": _set_variable,
        "DP": _draw_point, "DC": _draw_circle, "DA": _arc_by_angles, "DB": _arc_between,
        "DY": _airway_point,
    }  # fmt: skip
    _QUICK: ClassVar[dict[str, Callable[[_OpenAirReader, str], None]]] = {
        f"{tag} ": handler for tag, handler in _HANDLERS.items() if len(tag) == 2
    }
