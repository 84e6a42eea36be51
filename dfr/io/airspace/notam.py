"""NOTAMs as pilots copy them, into zones, texts that could not be drawn, and texts that restrict no airspace.

`read_notams` is the way in. No NOTAM is dropped: one about airspace, warnings or obstacles becomes a zone,
or is `undrawn` and unknown wherever its Q line reaches; one about lights, taxiways, aids or services is kept
as a note unless its words restrict; one that another in the text replaces or cancels is listed as replaced.

Ours, because a NOTAM that cannot be drawn must stay unknown wherever its Q line reaches; no library that dfr
depends on reads NOTAMs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dfr.errors import InputError
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.notam_items import NotDrawnError, activation_of, moment_of, shapes_of
from dfr.io.airspace.notam_text import MAX_NOTAMS, NotamItems, QLine, items_of, items_of_xml, split_notams
from dfr.io.airspace.reading import (
    AirspaceRead,
    FileWords,
    Problems,
    ReadOutcome,
    VolumeDraft,
    finish_reading,
    overflow_volume,
)
from dfr.io.files import decode_text, read_bounded
from dfr.scenario.air import NotamReading
from dfr.units import nm_to_m
from dfr.world.notices import Notams, NotamText
from dfr.world.outlines import Outline, circle
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit

MAX_NOTAM_BYTES = 16 * 1024 * 1024
"""A briefing of all NOTAMs of the United Kingdom is some 3 MiB."""

WHOLE_REGION_NM = 999

ROUNDING_NM = 1.0
"""How far the circle of a Q line may fall short: its centre is to a minute, its radius a whole mile."""

KINDS = {"RT": "RA(T)", "RR": "R", "RP": "P", "RD": "D", "RA": "TRA", "RM": "D", "RO": "R", "OB": "OBSTACLE"}
"""Kinds of zone by letters 2 and 3 of the Q code (ICAO Doc 8126, the NOTAM selection criteria)."""

WARNING = "WARNING"
"""The kind of navigation warnings: activities that a drone must not meet unprepared."""

NOTES = frozenset("CFILMNPS")
"""First letters of Q subjects that restrict no airspace: communications, facilities, landing systems, lights,
movement areas, navigation aids, procedures and services.

Source of these and the following: FAA, Notices to Airmen, appendix A, International NOTAM (Q) Codes
(faa.gov/air_traffic/publications/atpubs/ntm/notapda.html), which decodes ICAO Doc 8126. GNSS (G) is none of
them: jamming is notified under it.
"""

JUDGED_SUBJECTS = frozenset({"FA", "FH", "FP", "PN", "PZ"})
"""Of those, subjects under which restrictions are notified: an aerodrome (Eurocontrol's Digital NOTAM rules
put the activation of a zone under QFALT too), helicopter areas and heliports, noise, and the ADIZ."""

NOTE_SUBJECTS = frozenset({"KK", "OA", "OE", "OL", "OR"})
"""Checklists, aeronautical information, entry requirements, obstacle lights and rescue centres."""

RESTRICTING = re.compile(
    r"PROHIBIT|RESTRICT\w* (?:AREA|ZONE|AIRSPACE|OF FLYING)|\bRA ?\(T\)|FORBIDDEN|\bTFR\b|DANGER AREA|JAMM"
    r"|\bGNSS\b|\bGPS\b|UNMANNED|\bU[AO]S\b|\bUAV|\bDRONE|\bRPAS?\b|NO[- ]FLY"
)
"""Words that no code outweighs: a text with any of them has to be judged."""

OFF = frozenset({"CD", "CN"})
"""Conditions by which something no longer restricts: deactivated, cancelled."""


def read_notams(path_or_text: Path | str) -> Notams:
    """The NOTAMs of a file, or of a text.

    Raises InputError for a file that cannot be read and for a text without any NOTAM, unless it says NIL.
    """
    if isinstance(path_or_text, Path):
        data, source = read_bounded(path_or_text, limit_bytes=MAX_NOTAM_BYTES), str(path_or_text)
    else:
        data, source = path_or_text.encode("utf-8", "replace"), "NOTAM text"
    text = _normalise_text(data)
    items = _items_of_text(text)
    if not items and not _NIL.search(text):
        raise InputError(f"{source}: holds no NOTAM", do="paste the text with its numbers, such as L5877/26")
    return _sort_notams(items, source, _issue_moment(text))


def reading_of_files(paths: Sequence[Path], texts: Sequence[Notams]) -> NotamReading:
    """Who read the NOTAMs, where files are given and nobody is named: whoever gave them.

    They count as read when the oldest was issued, or written where it does not say when it was issued.
    """
    times = [
        notams.issued or datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        for path, notams in zip(paths, texts, strict=True)
    ]
    names = ", ".join(path.name for path in paths)
    return NotamReading(read_by=f"whoever gave {names}", read_at=min(times).astimezone(UTC))


def read_notam_file(data: bytes, *, name: str) -> AirspaceRead:
    """NOTAMs as airspace; a NOTAM that cannot be drawn counts as a volume that could not be placed."""
    problems = Problems()
    text = _normalise_text(data)
    drafts, undrawn, notes = _draft_volumes(_standing_notams(_items_of_text(text))[0], problems)
    for item in undrawn:
        draft = VolumeDraft(
            line=item.line, name=item.name, lower=SURFACE, upper=UNLIMITED, activation=item.activation
        )
        problems.refuse(draft, item.line, "not-drawn", str(item))
        drafts.append(draft)
    for note in notes:
        problems.add(note.line, "no-restriction", str(note), ReadOutcome.NOTE)
    issued = _issue_moment(text)
    return finish_reading(
        name, "notam", drafts, problems, words=FileWords(date=f"{issued:%Y-%m-%d}" if issued else "")
    )


_NIL = re.compile(r"\bNIL\b|\bNO NOTAMS?\b", re.IGNORECASE)
_ISSUED = re.compile(
    r"(?i)(?:<Issued>|\bISSUED\b\W*|\bBRIEFING (?:DATE|TIME)\W*|\bPREPARED\b\W*)\s*([\d :A-Z+-]{8,32})"
)


def _normalise_text(data: bytes) -> str:
    return decode_text(data)[0].replace("\r\n", "\n").replace("\r", "\n")


def _items_of_text(text: str) -> list[NotamItems]:
    if text.lstrip("\ufeff \n\t").startswith("<"):
        return items_of_xml(text)
    return [items_of(line, lines) for line, lines in split_notams(text)]


def _issue_moment(text: str) -> datetime | None:
    match = _ISSUED.search(text)
    if match is None:
        return None
    try:
        found = datetime.fromisoformat(match[1].strip())
    except ValueError:
        return moment_of(match[1])
    return found if found.tzinfo else None


def _sort_notams(items: Sequence[NotamItems], source: str, issued: datetime | None) -> Notams:
    problems = Problems()
    standing, replaced = _standing_notams(items)
    drafts, undrawn, notes = _draft_volumes(standing, problems)
    read = finish_reading(source, "notam", drafts, problems)
    placed = {zone.name for zone in (*read.zones, *read.defects)}
    undrawn += [_text_of_draft(draft) for draft in drafts if draft.name not in placed]
    return Notams(
        source=source, zones=(*read.zones, *read.defects), undrawn=tuple(undrawn), notes=tuple(notes),
        replaced=replaced, issued=issued, count=len(items),
    )  # fmt: skip


def _text_of_draft(draft: VolumeDraft) -> NotamText:
    return NotamText(
        name=draft.name,
        text=draft.remarks,
        why=draft.refusal,
        activation=draft.activation,
        line=draft.line or 0,
    )


def _standing_notams(items: Sequence[NotamItems]) -> tuple[list[NotamItems], tuple[str, ...]]:
    """(NOTAMs that stand, each once, the names of those that others replace or cancel)."""
    gone = {item.refers: item.begins for item in items if item.form in ("R", "C") and item.refers}
    kept = [
        _until_replaced(item, gone[item.name]) if item.name in gone else item
        for item in items
        if item.form != "C"
    ]
    standing = {(item.name, item.what): item for item in kept if item is not None}
    replaced = sorted({item.name for item in items if item.name in gone or item.form == "C"})
    return list(standing.values()), tuple(replaced)


def _until_replaced(item: NotamItems, begins: str) -> NotamItems | None:
    """A NOTAM up to the moment at which another takes its place; None where that is when it begins.

    One whose own start cannot be read may already be in force; where the other's cannot, it stays whole.
    """
    own, others = moment_of(item.begins), moment_of(begins)
    if others is None:
        return item
    return None if own is not None and others <= own else replace(item, ends=begins)


def _draft_volumes(
    items: Iterable[NotamItems], problems: Problems
) -> tuple[list[VolumeDraft], list[NotamText], list[NotamText]]:
    """(volumes, texts that may apply anywhere, texts that restrict no airspace)."""
    drafts: list[VolumeDraft] = []
    undrawn: list[NotamText] = []
    notes: list[NotamText] = []
    for number, item in enumerate(items):
        if number >= MAX_NOTAMS:
            drafts.append(overflow_volume(problems, f"more than {MAX_NOTAMS} NOTAMs"))
            break
        if why := _why_only_a_note(item):
            notes.append(_shown_text(item, why))
            continue
        try:
            outlines, why = shapes_of(item.what, point=_kind_of(item) == "OBSTACLE"), "gives no place"
        except NotDrawnError as error:
            outlines, why = [], f"not drawn: {error}"
        found = [_draft_volume(item, outline) for outline in outlines] or _draft_coarse(item, why, problems)
        drafts += found
        undrawn += [] if found else [_shown_text(item, why)]
    return drafts, undrawn, notes


def _shown_text(item: NotamItems, why: str) -> NotamText:
    activation = activation_of(item.begins, item.ends, item.schedule)
    return NotamText(name=item.name, text=item.text, why=why, activation=activation, line=item.line)


def _notes_only(subject: str) -> bool:
    return subject in NOTE_SUBJECTS or (subject[0] in NOTES and subject not in JUDGED_SUBJECTS)


def _why_only_a_note(item: NotamItems) -> str:
    """Why a NOTAM restricts no airspace; '' where it may. An obstacle that is completed (CC) stands."""
    q = item.q
    if q is None:
        return ""
    if _notes_only(q.subject) and not RESTRICTING.search(" ".join(item.what.upper().split())):
        return f"Q{q.subject} restricts no airspace"
    completed = q.condition == "CC" and q.subject[0] == "W"
    if completed or (q.condition in OFF and q.subject[0] in "ARWO"):
        return f"Q{q.subject}{q.condition}: no longer in force"
    return ""


def _draft_coarse(item: NotamItems, why: str, problems: Problems) -> list[VolumeDraft]:
    """The circle of the Q line, refused as coarse; none where that has none, or is a whole region."""
    if item.q is None or item.q.centre is None or item.q.radius_nm >= WHOLE_REGION_NM:
        return []
    radius_m = nm_to_m(item.q.radius_nm + ROUNDING_NM)
    draft = _draft_volume(item, [circle(*item.q.centre, radius_m)])
    words = f"{item.name}: {why}: somewhere within {item.q.radius_nm} NM of its Q line's centre"
    problems.refuse(draft, item.line, "coarse", words)
    return [draft]


def _draft_volume(item: NotamItems, outline: Outline) -> VolumeDraft:
    lower, upper = _limits_of(item)
    return VolumeDraft(
        line=item.line, name=f"{item.name} {_title_of(item.what)}".strip(), kind=_kind_of(item), lower=lower,
        upper=upper, outline=list(outline), activation=activation_of(item.begins, item.ends, item.schedule),
        remarks=" ".join(item.what.split())[:1000],
    )  # fmt: skip


def _kind_of(item: NotamItems) -> str:
    subject = item.q.subject if item.q else ""
    return KINDS.get(subject) or (WARNING if subject[:1] == "W" else "") or _kind_in_words(item.what)


def _title_of(what: str) -> str:
    """The first words of a text, up to where it says the place."""
    words = re.split(r"\b(?:WI|WITHIN|BOUNDED|PSN|RADIUS)\b|[.:]", " ".join(what.split()), maxsplit=1)[0]
    return words.strip(" ,(-")[:80]


_WORDS = (
    (re.compile(r"RESTRICTED AREA \(?TEMP|\bRA ?\(T\)|RESTRICTION OF FLYING"), "RA(T)"),
    (re.compile(r"\bDANGER AREA"), "D"),
    (re.compile(r"\b(?:CRANE|OBST|MAST|WIND TURBINE)"), "OBSTACLE"),
)


def _kind_in_words(what: str) -> str:
    text = " ".join(what.upper().split())
    return next((kind for pattern, kind in _WORDS if pattern.search(text)), WARNING)


_HEIGHT = re.compile(r"(\d{1,3}(?:,\d{3})|\d{2,5})\s?(?:FT|FEET)\s?(AMSL|MSL|AGL|AAL)\b|\b(FL\s?\d{2,3})\b")


def _limits_of(item: NotamItems) -> tuple[VerticalLimit, VerticalLimit]:
    """F and G, else heights in the text, else the Q line's, which is rounded outward; else all heights."""
    lower, upper = parse_limit(item.lower), parse_limit(item.upper)
    if upper is None and not item.upper.strip():
        upper = _highest_limit(item.what.upper()) or _of_q_line(item.q)
    return lower or SURFACE, upper or UNLIMITED


def _highest_limit(text: str) -> VerticalLimit | None:
    """The highest height in a text, those above the sea before those above the ground."""
    found = [limit for match in _HEIGHT.finditer(text) if (limit := parse_limit(match[0]))]
    datums = ("FL", "AMSL", "AAL", "AGL")
    ranked = sorted(found, key=lambda limit: (datums.index(limit.datum.value), -limit.value_m))
    return ranked[0] if ranked else None


def _of_q_line(q: QLine | None) -> VerticalLimit | None:
    return None if q is None or q.upper in (0, 999) else parse_limit(f"{q.upper * 100} ft AMSL")
