"""The brief: a deployment on two printed pages, for people who stand in the wind with no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources

import jinja2
from markupsafe import Markup

from dfr import __version__
from dfr.findings import Finding, Severity, compliant
from dfr.metrics.kpi import Summary
from dfr.plan.model import CoverageHour, Plan
from dfr.report.airspace_sheet import airspace_rows, permission_rows, traffic_rows
from dfr.report.checklists import Checklist, checklists
from dfr.report.map import map_svg
from dfr.report.words import short
from dfr.world.model import World

DENSITIES = ("roomy", "dense", "tight")
"""Type sizes to choose from, largest first: a brief that runs over two pages is set in the next."""

MAP_LABEL_PX = 19.0
"""On a map 118 mm wide type of 6.4 points."""

MOST_FINDINGS = 6
MOST_DOCKS = 6
MOST_DAYS = 7
MOST_TRAFFIC = 7
MOST_ASSUMPTIONS = 26
MOST_SPANS = 9
MAP_LINES = 20
SIDE_LINES = 8
FRONT_LINES = 50
BACK_LINES = 52
"""What the map and the headings beside it take, and how many lines the first and the second page hold at the
middle density (measured in print, the fullest of the shipped scenarios)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefedRun:
    """What is briefed; `summary` is None where nothing was simulated."""

    world: World
    plan: Plan
    seed: int
    summary: Summary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedSpan:
    """Hours in a row that cannot be flown for the same reasons; the worst of each is told."""

    when: str
    why: str


def brief_html(run: BriefedRun, *, density: str | None = None) -> str:
    """The brief as one HTML file without script or outside address, A4 when printed."""
    scenario, plan = run.world.scenario, run.plan
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, lstrip_blocks=True)
    environment.filters["short"] = short
    template = environment.from_string((templates / "brief.html.j2").read_text(encoding="utf-8"))
    css = "".join((templates / name).read_text(encoding="utf-8") for name in ("map.css", "brief.css"))
    airspace, left_out = airspace_rows(run.world, plan)
    lists = checklists(scenario, plan)
    traffic = traffic_rows(scenario)
    days = _days(plan.coverage_by_hour)
    return template.render(
        scenario=scenario,
        plan=plan,
        run=run,
        version=__version__,
        css=Markup(css),
        density=density
        or _density(_front_lines(run, len(days)), _back_lines(plan, airspace, traffic, lists)),
        period=_period(run),
        verdict="No finding blocks a go"
        if compliant(plan.findings)
        else "NO GO until the findings are resolved",
        go=compliant(plan.findings),
        shut=sum(not hour.flyable for hour in plan.coverage_by_hour),
        counts={s.value: sum(f.severity is s for f in plan.findings) for s in Severity},
        findings=_shown_findings(plan.findings),
        map_svg=map_svg(run.world, plan, label_px=MAP_LABEL_PX),
        response=_response(run.summary),
        sites=plan.sites[:MOST_DOCKS],
        days=days[:MOST_DAYS],
        more={
            "docks": len(plan.sites[MOST_DOCKS:]),
            "days": len(days[MOST_DAYS:]),
            "traffic": len(traffic[MOST_TRAFFIC:]),
            "findings": _told(plan.findings) - len(_shown_findings(plan.findings)),
        },
        spans=limited_spans(plan.coverage_by_hour),
        most_spans=MOST_SPANS,
        airspace=airspace,
        airspace_left_out=left_out,
        permissions=permission_rows(scenario),
        traffic=traffic[:MOST_TRAFFIC],
        checklists=lists,
        assumed=_assumed(run),
        assumed_more=max(0, sum(a.assumed for a in scenario.assumptions) - MOST_ASSUMPTIONS),
    )


def limited_spans(hours: Sequence[CoverageHour]) -> tuple[LimitedSpan, ...]:
    """The hours that cannot be flown, those in a row with the same kinds of reason together."""
    groups: list[list[CoverageHour]] = []
    for hour in hours:
        if hour.flyable:
            continue
        if groups and _follows(groups[-1][-1], hour) and _kinds(groups[-1][-1]) == _kinds(hour):
            groups[-1].append(hour)
        else:
            groups.append([hour])
    return tuple(_span(group) for group in groups)


def _follows(first: CoverageHour, second: CoverageHour) -> bool:
    return _start(second) - _start(first) == timedelta(hours=1)


def _start(hour: CoverageHour) -> datetime:
    return datetime.fromisoformat(hour.hour)


def _reasons(hour: CoverageHour) -> dict[str, str]:
    """Each reason of an hour by its kind: the words before the first number."""
    found = {}
    for reason in hour.limited_by.split("; "):
        words = reason.split()
        cut = next((i for i, word in enumerate(words) if word[:1].isdigit() or word[:1] == "-"), len(words))
        found[" ".join(words[:cut])] = " ".join(words[cut:])
    return found


def _kinds(hour: CoverageHour) -> list[str]:
    return list(_reasons(hour))


def _span(group: Sequence[CoverageHour]) -> LimitedSpan:
    first, last = _start(group[0]), _start(group[-1]) + timedelta(hours=1)
    worst = max(group, key=lambda hour: hour.wind_mps)
    why = "; ".join(f"{kind} {value}".strip() for kind, value in _reasons(worst).items())
    until = "24:00" if last.hour == 0 else f"{last:%H:%M}"
    note = " (windiest hour)" if len(group) > 1 else ""
    return LimitedSpan(when=f"{first:%a %d %b %H:%M} to {until}", why=f"{why}{note}")


def _period(run: BriefedRun) -> str:
    period = run.world.scenario.period
    start, end = period.start.astimezone(period.zone), period.end.astimezone(period.zone)
    return f"{start:%a %d %b %Y %H:%M} to {end:%a %d %b %Y %H:%M} {period.zone.key}"


def _density(front: int, back: int) -> str:
    """The type size where nobody prints to see whether it fits: rather small than a third page."""
    return "tight" if front > FRONT_LINES or back > BACK_LINES else "dense"


def _front_lines(run: BriefedRun, days: int) -> int:
    plan, shifts = run.plan, len(run.world.scenario.crew.shifts)
    side = SIDE_LINES + 2 * min(len(plan.sites), MOST_DOCKS) + min(shifts, 7)
    side += len(plan.coverage) + len(_response(run.summary))
    spans = min(len(limited_spans(plan.coverage_by_hour)), MOST_SPANS)
    return max(MAP_LINES, side) + min(days, MOST_DAYS) + spans + 2 * len(_shown_findings(plan.findings))


def _back_lines(
    plan: Plan, airspace: Sequence[object], traffic: Sequence[object], lists: Sequence[Checklist]
) -> int:
    rows = len(airspace) + min(len(traffic), MOST_TRAFFIC) + len(plan.contingency)
    return 2 * rows + sum(len(one.steps) for one in lists)


def _told(findings: Sequence[Finding]) -> int:
    """How many findings block or are to be noted."""
    return sum(finding.severity is not Severity.OK for finding in findings)


def _shown_findings(findings: Sequence[Finding]) -> list[Finding]:
    """What blocks first, then what is to be noted; what is in order stands in the report."""
    order = [Severity.VIOLATION, Severity.UNKNOWN, Severity.ADVICE]
    told = [finding for finding in findings if finding.severity in order]
    return sorted(told, key=lambda finding: order.index(finding.severity))[:MOST_FINDINGS]


def _response(summary: Summary | None) -> list[tuple[str, str]]:
    """Simulated medians and 90th percentiles in words; none where nothing was simulated."""
    if summary is None:
        return []
    rows = []
    for name, words in (("call_to_overhead_s", "call to overhead"), ("call_to_video_s", "call to video")):
        kpi = summary.kpis.get(name)
        if kpi is not None and kpi.p50 is not None and kpi.p90 is not None:
            rows.append((f"{words}, simulated: median; 90 % within", f"{kpi.p50:.0f} s; {kpi.p90:.0f} s"))
    attended = summary.kpis.get("attended")
    if attended is not None and attended.mean is not None:
        rows.append(("calls attended, simulated", f"{100 * attended.mean:.0f} %"))
    return rows


def _days(hours: Sequence[CoverageHour]) -> list[dict[str, object]]:
    """A row for each day with 24 cells; an hour without calls is an empty cell."""
    days: dict[str, dict[int, CoverageHour]] = {}
    for hour in hours:
        start = _start(hour)
        days.setdefault(f"{start:%a %d %b}", {})[start.hour] = hour
    return [{"day": day, "hours": [cells.get(h) for h in range(24)]} for day, cells in days.items()]


def _assumed(run: BriefedRun) -> str:
    """Assumed figures in a line; of a whole block its reason, since its value is the block."""
    told = [a for a in run.world.scenario.assumptions if a.assumed][:MOST_ASSUMPTIONS]
    return "; ".join(
        a.path if a.value.startswith("block") else f"{a.path} = {short(a.value, 40)}" for a in told
    )
