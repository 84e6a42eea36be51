"""Checks of the buffered volume against airspace: class, zones, aerodromes and temporary restrictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dfr.findings import Finding, Severity, Validity, counted_noun
from dfr.plan.checks.air_data import RULE_OF_KIND, check_air_data, check_notices, kinds_needed, short_name
from dfr.plan.checks.heights import OBSTACLE_KIND
from dfr.plan.checks.permission import Needed, height_words, needed_spans, permit_for
from dfr.plan.context import (
    Context,
    deepest_drop_m,
    finding,
    highest_ground_m_amsl,
    listed,
    rounded_up,
)
from dfr.plan.rules import jurisdiction_of
from dfr.plan.volumes import GROUND_RISK_BUFFER
from dfr.plan.windows import any_in_hour, hour_windows
from dfr.scenario.air import DataKind
from dfr.scenario.model import OperationKind
from dfr.world.airspace_answers import VolumeAnswer, ZoneState, ZoneVerdict
from dfr.world.zones import TOUCH_EDGE_M, Zone, zone_of_restriction

NEARBY_M = 15_000.0
"""Zones this near to the volume are named on the check sheet."""

AERODROME_KINDS = frozenset({"ATZ", "FRZ", "RPZ", "NOATZ", "MATZ"})
KINDS_OF_RULE = {
    "flight-restriction-zone": (DataKind.AERODROME_ZONES,),
    "airspace-zone": (DataKind.AIRSPACE, DataKind.UNMANNED_ZONES),
}
"""The kinds of data of which one must be loaded before a rule may find no zone at all."""

NOTICE_KIND = "RA(T)"
TOUCHING_M = 0.5
"""Touching a zone is a conflict: a move that clears it goes beyond the edge."""


def check_airspace(context: Context) -> list[Finding]:
    """Class, zones, FRZ and restrictions by notice, each with its margin."""
    answer = _ask_airspace(context)
    if answer is None:
        return []
    return [
        *check_air_data(context, answer),
        *_class_findings(context, answer),
        *_zone_findings(context, answer, "flight-restriction-zone", AERODROME_KINDS),
        *_zone_findings(context, answer, "airspace-zone", None),
        *_notice_findings(context, answer),
        *check_notices(context),
        *_data_findings(context),
    ]


def _ask_airspace(context: Context) -> VolumeAnswer | None:
    volume = context.volume(GROUND_RISK_BUFFER)
    if volume is None:
        return None
    scenario = context.scenario
    airspace = context.world.airspace.with_restrictions(scenario.restrictions)
    return airspace.volume_conflicts(
        volume.rings,
        upper_m_agl=volume.top_m_agl + deepest_drop_m(context),
        start=scenario.period.start,
        end=scenario.period.end,
        terrain=context.world.terrain,
        qnh_hpa=scenario.weather.qnh_hpa,
        within_m=NEARBY_M,
        needs=kinds_needed(scenario) & frozenset(RULE_OF_KIND),
    )


def _class_findings(context: Context, answer: VolumeAnswer) -> list[Finding]:
    """What class the air has; where no file says, and a go needs to know, `check_air_data` has said so."""
    entered = [v for v in _controlled_zones(answer) if v.verdict is not ZoneState.CLEAR]
    if entered:
        return [_check_entered_zone(context, "airspace-class", verdict, entered) for verdict in entered]
    lost = [s for s in context.world.airspace.sources if s.unplaced]
    if lost:
        words = " ".join(_lost_volumes(s.unplaced, short_name(s.path)) for s in lost)
        fix = "repair the airspace file (`dfr airspace lint`)"
        return [finding("airspace-class", Severity.UNKNOWN, words, fix=fix)]
    cover = answer.cover_of(DataKind.AIRSPACE)
    if cover.missing:
        return []
    if cover.uncovered_share:
        words = (
            "No loaded file holds the airspace classes here. A flight in sight needs none of them for a go."
        )
        return [finding("airspace-class", Severity.ADVICE, words, place=context.scenario.site.centre)]
    return [_class_finding(context, answer)]


def _controlled_zones(answer: VolumeAnswer) -> list[ZoneVerdict]:
    return [v for v in answer.verdicts if v.zone.controlled and v.zone.binding]


def _lost_volumes(count: int, file: str) -> str:
    lost = counted_noun(count, "volume")
    return f"{lost} of {file} could not be read or placed, and may be here."


def _class_finding(context: Context, answer: VolumeAnswer) -> Finding:
    dated = listed([f"{s.path.rsplit('/', 1)[-1]} of {s.date}" for s in context.world.airspace.sources])
    overhead = [
        v for v in _controlled_zones(answer) if v.horizontal_margin_m <= 0 and v.vertical_margin_m is not None
    ]
    above = min(overhead, key=lambda v: v.vertical_margin_m or 0.0, default=None)
    lowest = "" if above is None else f" The lowest controlled airspace overhead is {above.zone.label}."
    return finding(
        "airspace-class",
        Severity.OK,
        f"The airspace is Class G from the surface, by inference: no zone of {dated} applies.{lowest}",
        place=context.scenario.site.centre,
        margin_m=None if above is None else above.vertical_margin_m,
    )


def _zone_findings(
    context: Context, answer: VolumeAnswer, rule: str, kinds: frozenset[str] | None
) -> list[Finding]:
    """What is entered; where nothing is, the nearest zone with its margin."""
    mine = [v for v in answer.verdicts if _belongs_to_rule(v, kinds)]
    blocking = [v for v in mine if v.verdict is not ZoneState.CLEAR]
    if blocking:
        return [_check_entered_zone(context, rule, verdict, blocking) for verdict in blocking]
    nearest = min(mine, key=lambda v: v.margin_m, default=None)
    if nearest is None:
        if all(answer.cover_of(kind).uncovered_share for kind in KINDS_OF_RULE[rule]):
            return []
        words = f"No zone of this kind is within {NEARBY_M / 1000:.0f} km of the buffered volume."
        return [finding(rule, Severity.OK, words, place=context.scenario.site.centre)]
    others = listed([_zone_label(v) for v in sorted(mine, key=lambda v: v.margin_m)[1:]])
    words = f"The buffered volume is clear of the nearest zone, {_zone_label(nearest)}."
    words += f" Also near: {others}." if others else ""
    assumed, why = nearest.zone.possible, nearest.zone.remarks
    return [
        finding(
            rule,
            Severity.ADVICE if assumed else Severity.OK,
            f"{words} {nearest.zone.name} is {why}." if assumed and why else words,
            place=nearest.place,
            margin_m=nearest.margin_m,
            fix="ask its authority whether it exists and where it ends" if assumed else "",
        )
    ]


def _zone_label(verdict: ZoneVerdict) -> str:
    """A zone's label; one that only may exist, or whose outline is assumed, says so."""
    return f"{verdict.zone.label} [possible, assumed]" if verdict.zone.possible else verdict.zone.label


def _belongs_to_rule(verdict: ZoneVerdict, kinds: frozenset[str] | None) -> bool:
    """Whether a zone belongs to a rule: the aerodrome kinds, or all others without class and notice."""
    kind = verdict.zone.kind.upper()
    if not verdict.zone.binding or kind in (NOTICE_KIND, OBSTACLE_KIND):
        return False
    if kinds is not None:
        return kind in kinds
    return kind not in AERODROME_KINDS and not verdict.zone.controlled


def _asks_nothing(context: Context, rule: str, zone: Zone) -> str:
    """Why entering a zone asks no permission under the rules of the place, in words; '' where it does."""
    rules, seen = (
        jurisdiction_of(context.scenario),
        context.scenario.operation.kind is not OperationKind.BVLOS,
    )
    if zone.defect:
        return ""
    if rule == "airspace-class" and seen and zone.airspace_class in rules.class_in_sight:
        return f"class {zone.airspace_class} needs no permission for a small drone in sight"
    if rule == "flight-restriction-zone" and zone.kind.upper() in rules.courtesy_kinds:
        return f"a {zone.kind} is not a flight restriction zone; those are in the data for unmanned aircraft"
    return ""


def _check_entered_zone(
    context: Context, rule: str, verdict: ZoneVerdict, entered: Sequence[ZoneVerdict]
) -> Finding:
    """A zone that is entered, or may be: permitted where clearances cover the hours and heights."""
    zone = verdict.zone
    if why := _asks_nothing(context, rule, zone):
        words = f"The buffered volume enters {_zone_label(verdict)}: {why}."
        fix = f"tell {zone.contact or 'its air traffic unit'} of the flights"
        return finding(rule, Severity.ADVICE, words, place=verdict.place, margin_m=verdict.margin_m, fix=fix)
    needed = _needed_clearance(context, zone, entered)
    permit = None if zone.defect or needed is None else permit_for(context.scenario, zone, needed)
    if permit is None:
        return _verdict_finding(rule, verdict)
    if permit.missing:
        found = _verdict_finding(rule, verdict)
        fix = "have the clearance changed, or fly only what it covers"
        return replace(found, message=f"{found.message} {permit.missing}.", fix=fix)
    under = " and ".join(clearance.label for clearance in permit.clearances)
    conditions = "; ".join(filter(None, (clearance.conditions for clearance in permit.clearances)))
    until, heights = f"{permit.until:%Y-%m-%d %H:%M}", height_words(permit.clearances[0])
    words = f"The flights may enter {_zone_label(verdict)} under {under}, until {until}, {heights}."
    contacts = listed(sorted({clearance.contact for clearance in permit.clearances}))
    return finding(
        rule,
        Severity.ADVICE,
        f"{words} Conditions: {conditions}." if conditions else words,
        place=verdict.place,
        margin_m=permit.room_m,
        fix=f"carry the clearance, and call {contacts} on the day",
        source=zone.source,
        validity=Validity(what=f"clearance {permit.clearances[-1].reference}", until=permit.until),
    )


def _needed_clearance(context: Context, zone: Zone, entered: Sequence[ZoneVerdict]) -> Needed | None:
    """What a clearance for a zone, one of those entered, has to cover; None where nothing is flown."""
    volume = context.volume(GROUND_RISK_BUFFER)
    if volume is None:
        return None
    top = volume.top_m_agl + deepest_drop_m(context)
    ground = highest_ground_m_amsl(context)
    above_sea = None if ground is None else volume.top_m_agl + ground
    alike = {each.zone.name for each in entered if each.zone.kind.upper() == zone.kind.upper()}
    return Needed(
        spans=needed_spans(context.scenario, zone),
        top_m_agl=top,
        top_m_amsl=above_sea,
        alike=tuple(sorted(alike)),
    )


def _verdict_finding(rule: str, verdict: ZoneVerdict) -> Finding:
    zone = verdict.zone
    known = verdict.verdict is ZoneState.CONFLICT
    ask = f"ask {zone.contact}" if zone.contact else "get permission"
    if zone.possible:
        ask = "ask its sponsor whether it will exist and for a clearance; read the NOTAM"
    return finding(
        rule,
        Severity.VIOLATION if known else Severity.UNKNOWN,
        f"{_zone_label(verdict)}: {verdict.reason or 'the buffered volume enters it'}.",
        place=verdict.place,
        margin_m=verdict.margin_m,
        fix=f"{ask}, or stay {rounded_up(max(-verdict.margin_m, 0.0) + TOUCHING_M)} farther away"
        if known
        else ask,
        source=zone.source,
    )


def _notice_findings(context: Context, answer: VolumeAnswer) -> list[Finding]:
    """Restrictions by notice; their absence from the record is said, never taken for clear."""
    mine = [v for v in answer.verdicts if v.zone.kind.upper() == NOTICE_KIND and v.horizontal_margin_m <= 0]
    found = [_notice_finding(context, verdict, mine) for verdict in mine]
    if found:
        return found
    return [
        finding(
            "temporary-restriction",
            Severity.ADVICE,
            "No temporary restriction is loaded for this place and time. That does not prove there is none.",
            place=context.scenario.site.centre,
            fix="check NOTAMs and AICs the day before and on the day",
        )
    ]


def _notice_finding(context: Context, verdict: ZoneVerdict, mine: Sequence[ZoneVerdict]) -> Finding:
    if verdict.verdict is ZoneState.CLEAR:
        why = f": {verdict.reason}" if verdict.reason else ""
        words = f"The buffered volume is clear of {verdict.zone.label}{why}."
        return finding(
            "temporary-restriction",
            Severity.OK,
            words,
            place=verdict.place,
            margin_m=verdict.vertical_margin_m,
            source=verdict.zone.source,
        )
    entered = [each for each in mine if each.verdict is not ZoneState.CLEAR]
    return _check_entered_zone(context, "temporary-restriction", verdict, entered)


def _data_findings(context: Context) -> list[Finding]:
    """What the airspace files say they leave out."""
    left_out = [text for source in context.world.airspace.sources for text in source.omissions]
    if not left_out:
        return []
    return [
        finding(
            "airspace-zone",
            Severity.ADVICE,
            f"The airspace data leave out: {'; '.join(left_out)}.",
            fix="check these in the AIP and the NOTAM of the day",
        )
    ]


def check_restriction_hours(context: Context) -> list[Finding]:
    """In how many of the hours with calls each temporary restriction over our volume is active."""
    windows = hour_windows(context.scenario)
    buffer, frame, found = context.area(GROUND_RISK_BUFFER), context.world.frame, []
    for notice in context.scenario.restrictions:
        near = zone_of_restriction(notice).area.local_shape(frame).distance(buffer) <= TOUCH_EDGE_M
        active = [window for window in windows if any_in_hour([(notice.start, notice.end)], window.start)]
        if not near or buffer.is_empty or len(active) in (0, len(windows)):
            continue
        share = sum(w.calls for w in active) / sum(w.calls for w in windows)
        words = (
            f"{notice.name} is active in {len(active)} of {len(windows)} hours with calls ({share:.0%} of "
            f"the calls), from {notice.start:%a %d %b %H:%M} to {notice.end:%a %d %b %H:%M}."
        )
        fix = "get a clearance, or fly in the other hours only: set the period to them"
        found.append(finding("temporary-restriction", Severity.ADVICE, words, fix=fix, source=notice.source))
    return found
