"""Checks of the air data themselves: every kind that a go needs is loaded for place, heights and time."""

from __future__ import annotations

from dfr.findings import Finding, Severity
from dfr.plan.checks.context import Context, finding
from dfr.scenario.data_kinds import DataKind
from dfr.scenario.model import OperationKind, Scenario
from dfr.world.airspace_answers import VolumeAnswer
from dfr.world.coverage import AERODROME_REACH_M, AERODROME_ZONE_KINDS, KindCover
from dfr.world.data_needs import DATA_NEEDS, NO_JURISDICTION, DataNeeds

RULE_OF_KIND = {
    DataKind.AIRSPACE: "airspace-class",
    DataKind.AERODROME_ZONES: "flight-restriction-zone",
    DataKind.UNMANNED_ZONES: "unmanned-aircraft-zone",
}
"""The rule that a kind of zone answers; obstacles and restrictions by NOTAM have modules of their own."""


def needs_of(scenario: Scenario) -> DataNeeds:
    """What the rules that are flown under need, and where to get it."""
    return DATA_NEEDS.get(scenario.jurisdiction, NO_JURISDICTION)


def kinds_needed(scenario: Scenario) -> frozenset[DataKind]:
    """The kinds of data a go needs, by who sees the drone."""
    return needs_of(scenario).kinds(in_sight=scenario.operation.kind is not OperationKind.BVLOS)


def check_air_data(context: Context, answer: VolumeAnswer) -> list[Finding]:
    """One finding for each kind of zone that is needed and not loaded, and for zones of unmanned aircraft."""
    covers = [answer.cover(kind) for kind in RULE_OF_KIND]
    found = [_missing(context, answer, cover) for cover in covers if cover.missing]
    unmanned = answer.cover(DataKind.UNMANNED_ZONES)
    return found if unmanned.missing else [*found, *_unmanned_loaded(context, unmanned)]


def _unmanned_loaded(context: Context, cover: KindCover) -> list[Finding]:
    if cover.uncovered_share:
        return []
    words = f"zones of unmanned aircraft are loaded: {', '.join(map(short_name, cover.sources))}"
    assumed = [file for file in context.scenario.airspace if file.assumed and file.path in cover.sources]
    if assumed:
        words += f"; that it holds them is assumed: {assumed[0].source}"
    severity = Severity.ADVICE if assumed else Severity.OK
    return [finding("unmanned-aircraft-zone", severity, words, place=context.scenario.site.centre)]


def _missing(context: Context, answer: VolumeAnswer, cover: KindCover) -> Finding:
    return finding(
        RULE_OF_KIND[cover.kind],
        Severity.UNKNOWN,
        f"{_what_is_missing(context, cover)}{_aerodrome_near(answer, cover)}",
        place=context.scenario.site.centre,
        fix=needs_of(context.scenario).where(cover.kind),
    )


def _what_is_missing(context: Context, cover: KindCover) -> str:
    sources = context.world.airspace.sources
    if not sources:
        return f"no airspace file is loaded: nothing is known of {cover.kind} here"
    loaded = ", ".join(f"{short_name(s.path)} of {s.date}" for s in sources)
    if any(cover.kind in source.kinds for source in sources):
        share = "all" if cover.uncovered_share >= 1.0 else f"{max(cover.uncovered_share, 0.01):.0%}"
        return f"{share} of the buffered volume lies outside the {cover.kind} that are loaded ({loaded})"
    return f"no file loaded holds {cover.kind} ({loaded}){_only_assumed(context, cover.kind)}"


def _only_assumed(context: Context, kind: DataKind) -> str:
    """Why what the scenario says of a file does not count."""
    said = [file for file in context.scenario.airspace if file.assumed and kind in (file.kinds or ())]
    if not said:
        return ""
    return f"; that {short_name(said[0].path)} holds them is assumed, which counts in an exercise only"


def _aerodrome_near(answer: VolumeAnswer, cover: KindCover) -> str:
    """The aerodrome whose flight restriction zone may reach here, where nobody can say how far it does."""
    if cover.kind is not DataKind.UNMANNED_ZONES:
        return ""
    near = [
        verdict
        for verdict in answer.verdicts
        if verdict.zone.kind.upper() in AERODROME_ZONE_KINDS
        and verdict.horizontal_margin_m <= AERODROME_REACH_M
    ]
    nearest = min(near, key=lambda verdict: verdict.horizontal_margin_m, default=None)
    if nearest is None:
        return ""
    away_km = max(nearest.horizontal_margin_m, 0.0) / 1000.0
    return (
        f"; {nearest.zone.label} is {away_km:.1f} km away: its flight restriction zone, with its runway "
        "protection zones, may reach here"
    )


def short_name(path: str) -> str:
    """The name of a file without its folders."""
    return path.rsplit("/", 1)[-1]
