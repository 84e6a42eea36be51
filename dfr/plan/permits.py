"""Which permissions count, and what they allow: the authorisation in force, and clearances for zones.

A permission that is only assumed counts in an exercise alone. An authorisation counts only where it is valid
for the whole period; a clearance for the hours and heights that it gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dfr.plan.jurisdictions import jurisdiction_of
from dfr.plan.windows import hour_windows
from dfr.scenario.model import Allows, Answer, Authorisation, Clause, Clearance, Scenario
from dfr.world.zones import Zone

HOUR = timedelta(hours=1)
NOTHING = Allows()

Span = tuple[float, float]
"""From and to in POSIX seconds."""


def counts(scenario: Scenario, permission: Authorisation | Clearance | Answer) -> bool:
    """Whether a permission may clear anything: one that is only assumed does so in an exercise alone."""
    return scenario.exercise or not permission.assumed


def validity_gap(scenario: Scenario, held: Authorisation) -> str:
    """By how much an authorisation misses the period, in words; '' where it holds throughout."""
    period = scenario.period
    if held.valid_to.timestamp() < period.end.timestamp():
        late = period.end.timestamp() - held.valid_to.timestamp()
        return f"ends on {_clock(held.valid_to)}, {_long(late)} before the operation does"
    if held.valid_from.timestamp() > period.start.timestamp():
        early = held.valid_from.timestamp() - period.start.timestamp()
        return f"begins on {_clock(held.valid_from)}, {_long(early)} after the operation does"
    return ""


def in_force(scenario: Scenario) -> Authorisation | None:
    """The authorisation that counts for the whole period; None where there is none."""
    held = scenario.operation.authorisation
    usable = held is not None and counts(scenario, held) and not validity_gap(scenario, held)
    return held if usable else None


def allowed(scenario: Scenario) -> Allows:
    """What the authorisation in force allows; nothing where there is none."""
    held = in_force(scenario)
    return NOTHING if held is None else held.allows


def visual_range_m(scenario: Scenario) -> tuple[float, str]:
    """(how far off a drone may be seen from a post, who says so)."""
    clause = allowed(scenario).visual_range_m
    number = jurisdiction_of(scenario).visual_range_m
    return (number.value, number.source) if clause is None else (clause.value, quoted(scenario, clause))


def height_limit_m_agl(scenario: Scenario) -> tuple[float, str]:
    """(the greatest height above the surface, who says so; '' where it is the rule's own source)."""
    clause = allowed(scenario).height_m_agl
    if clause is not None:
        return clause.value, quoted(scenario, clause)
    return jurisdiction_of(scenario).height_m_agl.value, ""


def crowd_stand_off_m(scenario: Scenario) -> tuple[float, str]:
    """(the least distance from assemblies of people, who says so)."""
    allows = allowed(scenario)
    if allows.crowd_stand_off_m is not None:
        return allows.crowd_stand_off_m.value, quoted(scenario, allows.crowd_stand_off_m)
    if allows.crowd_overflight is not None and allows.crowd_overflight.value:
        return 0.0, quoted(scenario, allows.crowd_overflight)
    number = jurisdiction_of(scenario).crowd_stand_off_m
    return number.value, number.source


def overflight_clause(scenario: Scenario) -> Clause[bool] | None:
    """The clause that lets assemblies be flown over; None where there is none."""
    clause = allowed(scenario).crowd_overflight
    return clause if clause is not None and clause.value else None


def quoted(scenario: Scenario, clause: Clause[Any]) -> str:
    """The clause as a finding quotes it, with the reference of its document."""
    held = scenario.operation.authorisation
    return f'{held.reference if held else "no authorisation"}: "{clause.text}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What entering a zone asks of a clearance: the hours, and the top of the volume (None: not known).

    `alike` names the zones of its kind that are entered, this one among them.
    """

    spans: tuple[Span, ...]
    top_m_agl: float
    top_m_amsl: float | None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What the clearances for a zone come to: `missing` is '' where they cover all that is needed."""

    clearances: tuple[Clearance, ...]
    missing: str
    room_m: float | None = None

    @property
    def until(self) -> datetime:
        """When the last of them ends."""
        return max(clearance.end for clearance in self.clearances)


def needed_spans(scenario: Scenario, zone: Zone) -> tuple[Span, ...]:
    """The hours with calls in which a zone is active, or may be."""
    hours = [window.start for window in hour_windows(scenario)]
    flown = [hour for hour in hours if zone.is_active(hour, hour + HOUR) is not False]
    return tuple((hour.timestamp(), hour.timestamp() + HOUR.total_seconds()) for hour in flown)


def permit_for(scenario: Scenario, zone: Zone, needed: Needed) -> Permit | None:
    """The permission to enter a zone, and what is missing of it; None where no clearance names the zone."""
    named = tuple(clearance for clearance in scenario.clearances if names_zone(clearance, zone))
    if not named:
        return None
    held = tuple(clearance for clearance in named if counts(scenario, clearance))
    if not held:
        words = f"{named[0].reference} is only assumed, which clears nothing outside an exercise"
        return Permit(clearances=named, missing=words)
    if len(needed.alike) > 1:
        by_name = tuple(clearance for clearance in held if clearance.zone is not None)
        if not by_name:
            return Permit(clearances=held, missing=_which_zone(held[0], needed.alike))
        held = by_name
    rooms = {clearance: room for clearance in held if (room := _room_m(clearance, needed)) is not None}
    high = tuple(clearance for clearance, room in rooms.items() if room >= 0.0)
    if not high:
        return Permit(clearances=held, missing=_too_low(held, needed))
    room_m = min(rooms[clearance] for clearance in high)
    return Permit(clearances=high, missing=_too_short(high, needed.spans), room_m=room_m)


def names_zone(clearance: Clearance, zone: Zone) -> bool:
    """Whether a clearance is for a zone: by its name or designator, by its kind, or by both."""
    if clearance.kind is not None and _plain(clearance.kind) != _plain(zone.kind):
        return False
    if clearance.zone is None:
        return True
    words = zone.name.split()
    starts = {_plain("".join(words[:count])) for count in (1, 2)}
    designators = {start for start in starts if any(letter.isdigit() for letter in start)}
    return _plain(clearance.zone) in {_plain(zone.name), _plain(f"{zone.name} {zone.kind}"), *designators}


def _plain(text: str) -> str:
    """Letters and figures only, in capitals: notices write `EG R157` and `EGR157`."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _room_m(clearance: Clearance, needed: Needed) -> float | None:
    """How far the clearance reaches above the volume, m; None where heights cannot be compared."""
    if clearance.height_m_agl is not None:
        return clearance.height_m_agl - needed.top_m_agl
    if clearance.height_m_amsl is None or needed.top_m_amsl is None:
        return None
    return clearance.height_m_amsl - needed.top_m_amsl


def _which_zone(clearance: Clearance, alike: Sequence[str]) -> str:
    return (
        f"{clearance.reference} is for a {clearance.kind}, and {len(alike)} of them are entered "
        f"({', '.join(alike)}): name the zone that its authority permits"
    )


def _too_low(held: Sequence[Clearance], needed: Needed) -> str:
    rooms = [(room, clearance) for clearance in held if (room := _room_m(clearance, needed)) is not None]
    if not rooms:
        return f"{held[0].reference} gives a height above the sea, but the ground height here is not known"
    room, best = max(rooms, key=lambda pair: pair[0])
    agl = best.height_m_agl is not None
    top = needed.top_m_agl if agl else needed.top_m_amsl
    return (
        f"{best.reference} allows flights {height_words(best)}, but the volume reaches {top:.0f} m "
        f"{'AGL' if agl else 'AMSL'}: the clearance is {-room:.0f} m too low"
    )


def height_words(clearance: Clearance) -> str:
    """Up to what height a clearance is."""
    if clearance.height_m_agl is not None:
        return f"up to {clearance.height_m_agl:g} m AGL"
    return f"up to {clearance.height_m_amsl:g} m AMSL"


def _too_short(held: Sequence[Clearance], spans: Iterable[Span]) -> str:
    """What of the needed hours the clearances leave out, in words; '' where nothing."""
    given = sorted((clearance.start.timestamp(), clearance.end.timestamp()) for clearance in held)
    left = [part for span in spans for part in _outside(span, given)]
    if not left:
        return ""
    short_s = sum(end - start for start, end in left)
    names = ", ".join(clearance.reference for clearance in held)
    zone = held[0].start.tzinfo
    first = datetime.fromtimestamp(left[0][0], tz=zone)
    if max(end for _, end in given) <= left[0][0]:
        ended = datetime.fromtimestamp(given[-1][1], tz=zone)
        return f"{names} ends on {_clock(ended)}, and {_long(short_s)} of operations come after it"
    return f"{names} does not cover {_long(short_s)} of operations, from {_clock(first)}"


def _outside(span: Span, given: Sequence[Span]) -> list[Span]:
    """The parts of a span that no given one, in order, covers."""
    at, end = span
    left = []
    for start, stop in given:
        if start > at:
            left.append((at, min(start, end)))
        at = max(at, stop)
        if at >= end:
            return [part for part in left if part[1] > part[0]]
    return [part for part in [*left, (at, end)] if part[1] > part[0]]


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _long(seconds: float) -> str:
    """A length of time in words.

    >>> _long(5400.0), _long(86400.0), _long(3 * 86400.0)
    ('1.5 h', '24 h', '3 days')
    """
    hours = seconds / 3600.0
    return f"{hours:.3g} h" if hours < 48.0 else f"{hours / 24.0:.3g} days"
