"""The airspace sheet of the brief: permissions, zones near the flights, other users of the air, contacts."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from dfr.plan.checks.permission import height_words
from dfr.plan.model import Plan
from dfr.scenario.model import Authorisation, Clearance, DeconflictionRule, Scenario
from dfr.units import m_to_ft
from dfr.world.model import World

NEAR_M = 5000.0
"""Zones farther from the volumes than this are left out (assumed: minutes of flight away)."""

MOST_ZONES = 9

RULES = {
    DeconflictionRule.HOLD_LOW: "hold low",
    DeconflictionRule.RETURN: "return",
    DeconflictionRule.LAND: "land",
    DeconflictionRule.HEIGHT_SPLIT: "keep to agreed heights",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """One airspace zone on the sheet."""

    name: str
    kind: str
    limits: str
    active: str
    where: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficRow:
    """One other user of the air on the sheet."""

    name: str
    heights: str
    rule: str
    notice: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRow:
    """One document that the crew carries: its reference, what it permits, until when, and who to ask."""

    reference: str
    covers: str
    until: str
    contact: str


def permission_rows(scenario: Scenario) -> list[PermissionRow]:
    """A row for the authorisation and each clearance; an assumed one says so."""
    held = scenario.operation.authorisation
    rows = []
    if held is not None:
        kinds = () if held.allows.kind is None else held.allows.kind.value
        until, covers = f"{held.valid_to:%d %b %Y %H:%M}", f"{', '.join(kinds) or 'no kind of'} operation"
        rows.append(
            PermissionRow(reference=_reference_words(held), covers=covers, until=until, contact=held.issuer)
        )
    for leave in scenario.clearances:
        zone = leave.zone or f"every {leave.kind}"
        covers = f"{zone}, {height_words(leave)}" + (f"; {leave.conditions}" if leave.conditions else "")
        until = f"{leave.end:%d %b %Y %H:%M}"
        contact = f"{leave.authority}, {leave.contact}"
        rows.append(
            PermissionRow(reference=_reference_words(leave), covers=covers, until=until, contact=contact)
        )
    return rows


def _reference_words(permission: Authorisation | Clearance) -> str:
    return f"{permission.reference} (assumed)" if permission.assumed else permission.reference


def airspace_rows(world: World, plan: Plan) -> tuple[list[ZoneRow], int]:
    """(rows of the zones, nearest and lowest first; how many more there are)."""
    centre = world.scenario.site.centre
    reach_m = NEAR_M + _radius_m(world, plan)
    found = world.airspace.zones_near(centre, within_m=reach_m)
    ordered = sorted(found, key=lambda pair: (pair[1], pair[0].lower.text != "SFC", pair[0].name))
    rows = [
        ZoneRow(
            name=zone.name,
            kind=f"{zone.kind} {zone.airspace_class}".strip(),
            limits=f"{zone.lower.text} to {zone.upper.text}",
            active=zone.activation.text or "not stated",
            where="overhead" if away_m <= 0.0 else f"{away_m / 1000:.1f} km",
            contact=zone.contact or "none published",
        )
        for zone, away_m in ordered
    ]
    return rows[:MOST_ZONES], max(0, len(rows) - MOST_ZONES)


def traffic_rows(scenario: Scenario) -> list[TrafficRow]:
    """A row for each other user of the air, with what was agreed."""
    return [
        TrafficRow(
            name=f"{user.id.replace('-', ' ')} ({user.kind})",
            heights=f"{user.lower_m_amsl:.0f} to {user.upper_m_amsl:.0f} m AMSL "
            f"({m_to_ft(user.lower_m_amsl):.0f} to {m_to_ft(user.upper_m_amsl):.0f} ft)",
            rule=_rule_words(user.rule, user.hold_height_m_agl),
            notice=f"{user.notice_s:.0f} s",
            contact=user.contact or "none stated",
        )
        for user in scenario.traffic
    ]


def _rule_words(rule: DeconflictionRule, hold_m: float) -> str:
    words = RULES[rule]
    return f"{words}, at {hold_m:.0f} m" if rule is DeconflictionRule.HOLD_LOW else words


def _radius_m(world: World, plan: Plan) -> float:
    """The greatest distance of a volume's corner from the site's centre."""
    rings = [
        ring for volume in plan.volumes if not volume.id.startswith("adjacent_area") for ring in volume.rings
    ]
    shapes = [world.frame.polygon(ring) for ring in (*rings, world.scenario.site.boundary)]
    corners = shapely.get_coordinates(shapely.union_all(shapes).convex_hull)
    return float(max((east**2 + north**2) ** 0.5 for east, north in corners))
