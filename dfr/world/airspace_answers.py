"""What an airspace answers, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfr.scenario.data_kinds import DataKind
from dfr.world.airspace_area import ZoneVerdict
from dfr.world.coverage import KindCover
from dfr.world.vertical import Air, VerticalFit, vertical_fit
from dfr.world.zones import Zone


class AirspaceState(StrEnum):
    """What can be said of a place: only `CLEAR` lets a flight go without asking."""

    CLEAR = "clear"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    NO_COVERAGE = "no_coverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAnswer:
    """One zone overhead or around a point: `active` and `contains` are None where not known.

    `contains` speaks of the point with its height and leaves the hours aside.
    """

    zone: Zone
    active: bool | None
    contains: bool | None
    distance_m: float
    reason: str = ""

    @property
    def conflict(self) -> bool | None:
        """True where the zone binds here and now, False where not, None where that is not known."""
        if not self.zone.binding:
            return False
        parts = (self.active, self.contains, None if self.zone.possible else True)
        if False in parts:
            return False
        return None if None in parts else True


@dataclass(frozen=True, slots=True, kw_only=True)
class AirspaceAnswer:
    """What the airspace is at a point, the zones that say so, what kinds of data speak of it, and why."""

    state: AirspaceState
    zones: tuple[ZoneAnswer, ...]
    reasons: tuple[str, ...]
    covered: tuple[KindCover, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeAnswer:
    """What the airspace is across a volume; `verdicts` has conflicts first, then unknowns.

    `covered` says for every kind of data how much of the volume no source speaks of.
    """

    state: AirspaceState
    verdicts: tuple[ZoneVerdict, ...]
    covered: tuple[KindCover, ...]
    reasons: tuple[str, ...]

    def cover(self, kind: DataKind) -> KindCover:
        """How one kind of data stands across the volume."""
        return next(cover for cover in self.covered if cover.kind is kind)


def zone_answer(zone: Zone, height_m_agl: float, when: datetime, air: Air) -> ZoneAnswer:
    """How one zone overhead stands to a point at a height and a moment."""
    fit = vertical_fit(
        zone.lower, zone.upper, bottom_m_agl=height_m_agl, top_m_agl=height_m_agl, floor=air, ceiling=air
    )
    if zone.defect:
        fit = VerticalFit(inside=None, margin_m=None, reason=zone.defect)
    return ZoneAnswer(
        zone=zone, active=zone.active(when, when), contains=fit.inside, distance_m=0.0, reason=fit.reason
    )


ASKED = frozenset({"REQ_AUTHORISATION", "REQ_AUTHORIZATION"})
"""Kinds of zone whose own words say whom to ask."""

SHOWN = 200


def reason(answer: ZoneAnswer) -> str:
    """Why a zone stands in the way, or may."""
    if answer.conflict:
        asks = answer.zone.remarks[:SHOWN] if answer.zone.kind in ASKED else ""
        return f"inside {answer.zone.label}" + (f": {asks}" if asks else "")
    if answer.contains is None:
        return f"{answer.zone.label}: {answer.reason}"
    if answer.active is None:
        return f"{answer.zone.label}: whether it is active is not known ({answer.zone.activation.text})"
    basis = answer.zone.remarks or answer.zone.source
    return f"{answer.zone.label}: whether it exists is not known ({basis})"


def why_not(answer: ZoneAnswer) -> str:
    """Why a zone overhead does not apply."""
    if not answer.zone.binding:
        return "it restricts nobody"
    return "not active then" if answer.active is False else "the height is outside its limits"
