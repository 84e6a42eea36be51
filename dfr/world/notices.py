"""NOTAMs as somebody read them: zones, texts, and what they say of zones that are active by notice only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dfr.scenario.air import DataKind, NotamReading
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.hours import Activation, TimeInterval
from dfr.world.zones import Zone

READING_STANDS = timedelta(hours=24)
"""So long a reading of NOTAMs stands: restrictions are issued at a day's notice and less (assumed)."""

RESTRICTIONS = frozenset({"RA(T)", "R", "P", "D", "TRA"})
"""Kinds of zone of a NOTAM that no reader sets aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotamText:
    """A NOTAM that is shown as it was printed, why it is not drawn, and when it is in force."""

    name: str
    text: str
    why: str
    activation: Activation
    line: int

    def __str__(self) -> str:
        return f"{self.name}: {self.why}: {' '.join(self.text.split())[:300]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notams:
    """What a text of NOTAMs says.

    `zones` are drawn; those with a `defect` have only the circle of their Q line, which is coarse. `undrawn`
    may apply anywhere: nothing is clear of them while they are in force. `notes` restrict no airspace.
    `replaced` names those that another in the text replaces or cancels. `issued` is when the briefing was
    made, None where it does not say.
    """

    source: str
    zones: tuple[Zone, ...]
    undrawn: tuple[NotamText, ...]
    notes: tuple[NotamText, ...]
    replaced: tuple[str, ...]
    issued: datetime | None
    count: int


def with_notams(airspace: Airspace, reading: NotamReading | None, texts: Sequence[Notams]) -> Airspace:
    """The airspace with the zones of NOTAMs, and with zones by notice active as the NOTAMs say.

    Without a reading nothing is known of restrictions by NOTAM, and zones active by notice stay unknown.
    """
    drawn = [zone for notams in texts for zone in notams.zones if not _set_aside(zone, reading)]
    if reading is None:
        return airspace.with_zones(drawn)
    zones = [_decide_activity(zone, reading, texts) for zone in airspace.zones]
    read = Coverage(
        ring=None,
        kinds=frozenset({DataKind.RESTRICTIONS}),
        within=TimeInterval(start=reading.read_at, end=reading.read_at + READING_STANDS),
        source=words_of(reading),
    )
    return replace(airspace, zones=(*zones, *drawn), coverage=(*airspace.coverage, read))


def words_of(reading: NotamReading) -> str:
    """Who read the NOTAMs and when."""
    return f"NOTAMs read by {reading.read_by} at {reading.read_at:%Y-%m-%d %H:%M %Z}"


def is_judged(name: str, reading: NotamReading | None) -> bool:
    """Whether the reader set a NOTAM aside, by its number at the start of a name."""
    number = name.split(" ", maxsplit=1)[0].upper()
    return reading is not None and any(number == judged for judged, _ in reading.judged)


def _set_aside(zone: Zone, reading: NotamReading | None) -> bool:
    """Whether a zone is left out: a warning, an obstacle or a coarse one, never a drawn restriction."""
    return is_judged(zone.name, reading) and (bool(zone.defect) or zone.kind not in RESTRICTIONS)


def _decide_activity(zone: Zone, reading: NotamReading, texts: Sequence[Notams]) -> Zone:
    """A zone by notice, active as the NOTAMs say; one that no NOTAM names stays as it is."""
    if not zone.activation.by_notice or (reading.activated is None and not texts):
        return zone
    if any(
        is_named_in(zone, text) or is_named_in(zone, text, whole=True) for text in reading.activated or ()
    ):
        words = f"activated by NOTAM, as read by {reading.read_by}"
        return replace(zone, activation=Activation(text=words, by_notice=True))
    heard = [activation for activation, text in _notam_words(texts) if is_named_in(zone, text)]
    return replace(zone, activation=_join_activations(zone.activation, heard, reading))


def _notam_words(texts: Iterable[Notams]) -> Iterable[tuple[Activation, str]]:
    """When each NOTAM is in force, and its words."""
    for notams in texts:
        yield from ((zone.activation, f"{zone.name} {zone.remarks}") for zone in notams.zones)
        yield from ((text.activation, text.text) for text in (*notams.undrawn, *notams.notes))


def _join_activations(before: Activation, heard: Sequence[Activation], reading: NotamReading) -> Activation:
    """A zone's own hours, and the times at which any of some NOTAMs is in force."""
    at_other_times = {before.otherwise or False, *(activation.otherwise for activation in heard)}
    words = [activation.text for activation in heard] or [f"no NOTAM read by {reading.read_by} activates it"]
    return Activation(
        periods=(*before.periods, *(period for activation in heard for period in activation.periods)),
        otherwise=True if True in at_other_times else None if None in at_other_times else False,
        text="; ".join(dict.fromkeys(words)),
        by_notice=True,
    )


_DESIGNATOR = re.compile(r"(?<![A-Z0-9])(?:[A-Z]{2} ?)?([RDP]) ?(\d{2,4}[A-Z]?)(?![A-Z0-9])")


def is_named_in(zone: Zone, text: str, *, whole: bool = False) -> bool:
    """Whether a text names a zone: by its name, or by a designator such as D036 or EG D036.

    With `whole` the text is itself a name, and may be a part of the zone's.
    """
    ours, theirs = _letters_of(zone.name), _letters_of(text)
    if ours in theirs or (whole and bool(theirs) and theirs in ours):
        return True
    return bool(_designators_in(zone.name) & _designators_in(text))


def _letters_of(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _designators_in(text: str) -> set[tuple[str, str]]:
    return {(match[1], match[2]) for match in _DESIGNATOR.finditer(text.upper())}
