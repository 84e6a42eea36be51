"""The brief (`brief_html`): a deployment on two printed pages, for people outdoors without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import jinja2
from markupsafe import Markup

from dfr import __version__
from dfr.aircraft.catalogue import drone_of, find_dock
from dfr.findings import FindingGroup, Severity, count_by_severity, grouped_by_rule
from dfr.geo import degrees_minutes, os_grid_reference
from dfr.metrics.kpi import Summary
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict
from dfr.report.airspace_sheet import ZoneRow, airspace_rows, permission_rows, traffic_rows
from dfr.report.checklists import Checklist, checklists
from dfr.report.hours_sheet import DaySheet, day_sheets, limited_spans
from dfr.report.map import is_heat_map, map_svg
from dfr.report.words import OPERATIONS, listed, period_words, plural, sentence, short
from dfr.scenario.model import Scenario
from dfr.units import m_to_ft, mps_to_kt
from dfr.world.model import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """A type size, and how many notes are shown; None for all."""

    density: str
    advice: int | None = None


TIGHT = "tight"

FITTINGS = (
    Fitting(density="roomy"),
    Fitting(density="dense"),
    Fitting(density=TIGHT),
    Fitting(density=TIGHT, advice=12),
    Fitting(density=TIGHT, advice=10),
    Fitting(density=TIGHT, advice=8),
    Fitting(density=TIGHT, advice=6),
    Fitting(density=TIGHT, advice=5),
    Fitting(density=TIGHT, advice=3),
    Fitting(density=TIGHT, advice=0),
)
"""What to try in turn where a brief is longer than two pages: smaller type first, then fewer notes."""

MAP_LABEL_PX = 19.0
"""6.4 points on a map 118 mm wide."""

MOST_TO_NOTE_IN_FRONT = 4
MANY_BLOCKING = 9
"""With more blocking rules than this, the map is smaller so that they fit on the first page."""

MOST_DOCKS = 6
MOST_DOCKS_TIGHT = 4
MOST_DAYS = 7
MOST_TRAFFIC = 7
MOST_ASSUMPTIONS = 26
MOST_SPANS = 9
MAP_LINES = 20
SIDE_LINES = 8
FRONT_LINES = 50
BACK_LINES = 46
TIGHT_FRONT_LINES = 45
TIGHT_BACK_LINES = 58
"""Lines that the map takes and its neighbours need; lines that each page holds at the middle density and at
the tightest, the second beside its headings and its foot (measured in print on the shipped scenarios)."""

EVENT_LETTERS, ACTION_LETTERS, LANDING_LETTERS, STEP_LETTERS, NOTE_LETTERS = 26, 70, 40, 70, 140
STOP_LETTERS = 120
ZONE_LETTERS, CONTACT_LETTERS = 40, 55
"""Letters in a line of each column of the second page, at the tightest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefedRun:
    """The run that is briefed; `summary` is None where nothing was simulated."""

    world: World
    plan: Plan
    verdict: Verdict
    seed: int
    summary: Summary | None


def brief_html(run: BriefedRun, fitting: Fitting | None = None) -> str:
    """The brief as one HTML file without script or outside address, A4 when printed."""
    scenario, plan = run.world.scenario, run.plan
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, lstrip_blocks=True)
    environment.filters |= {"short": short, "plural": plural, "sentence": sentence}
    template = environment.from_string((templates / "brief.html.j2").read_text(encoding="utf-8"))
    css = "".join((templates / name).read_text(encoding="utf-8") for name in ("map.css", "brief.css"))
    airspace, left_out = airspace_rows(run.world, plan)
    lists = checklists(scenario, plan)
    traffic = traffic_rows(scenario)
    days = day_sheets(scenario, plan.coverage_by_hour)
    blocking, advice = _split_findings(run)
    front = _count_front_lines(run, days, blocking)
    on_first_page = max(0, MOST_TO_NOTE_IN_FRONT - len(blocking))
    tight_on_first_page = on_first_page + max(0, TIGHT_FRONT_LINES - front - 2 * on_first_page) // 2
    fitting = fitting or _choose_fitting(
        front, _count_back_lines(plan, airspace, traffic, lists), advice, tight_on_first_page
    )
    on_first_page = tight_on_first_page if fitting.density == TIGHT else on_first_page
    docks = MOST_DOCKS_TIGHT if fitting.density == TIGHT else MOST_DOCKS
    shown = advice[: fitting.advice]
    return template.render(
        scenario=scenario,
        plan=plan,
        run=run,
        version=__version__,
        css=Markup(css),
        density=fitting.density,
        many=len(blocking) > MANY_BLOCKING,
        permissions=permission_rows(scenario),
        degrees_minutes=degrees_minutes,
        os_grid_reference=os_grid_reference,
        feet=lambda metres: f"{m_to_ft(metres):.0f}",
        knots=lambda mps: f"{mps_to_kt(mps):.0f}",
        period=period_words(scenario.period),
        operation=OPERATIONS[scenario.operation.kind],
        sited="" if plan.sited_by is None else f"The docks are sited for {plan.sited_by}.",
        drone_name=drone_of(scenario.fleet).name,
        dock_name=find_dock(scenario.fleet.dock).name,
        verdict=run.verdict,
        counted=count_by_severity(plan.findings),
        blocking=blocking,
        noted=shown[:on_first_page],
        noted_behind=shown[on_first_page:],
        heat_map=is_heat_map(run.world),
        map_svg=map_svg(run.world, plan, label_px=MAP_LABEL_PX),
        response=_response_rows(run.summary),
        sites=plan.sites[:docks],
        days=days[:MOST_DAYS],
        more={
            "docks": len(plan.sites[docks:]),
            "days": len(days[MOST_DAYS:]),
            "traffic": len(traffic[MOST_TRAFFIC:]),
            "advice": len(advice) - len(shown),
        },
        spans=limited_spans(plan.coverage_by_hour),
        most_spans=MOST_SPANS,
        airspace=airspace,
        airspace_left_out=left_out,
        traffic=traffic[:MOST_TRAFFIC],
        checklists=lists,
        stated=_stated_words(scenario),
        assumed=_assumed_words(run),
        assumed_more=max(0, sum(a.assumed for a in scenario.assumptions) - MOST_ASSUMPTIONS),
    )


def _choose_fitting(front: int, back: int, advice: Sequence[FindingGroup], on_first_page: int) -> Fitting:
    """An estimated fitting, for a page that is not printed here: rather too small than a third page."""
    if front <= FRONT_LINES and back + 2 * len(advice) <= BACK_LINES:
        return Fitting(density="dense")
    room, shown = TIGHT_BACK_LINES - back, min(on_first_page, len(advice))
    for group in advice[shown:]:
        room -= _count_lines(group.worst.message[:110] + group.worst.fix[:70], NOTE_LETTERS)
        if room < 0:
            break
        shown += 1
    return Fitting(density=TIGHT, advice=shown)


def _count_lines(text: str, letters: int) -> int:
    return max(1, -(-len(text) // letters))


def _count_front_lines(run: BriefedRun, days: Sequence[DaySheet], blocking: Sequence[FindingGroup]) -> int:
    plan, shifts = run.plan, len(run.world.scenario.crew.shifts)
    side = SIDE_LINES + 2 * min(len(plan.sites), MOST_DOCKS) + min(shifts, 7)
    side += len(plan.coverage) + len(_response_rows(run.summary))
    spans = min(len(limited_spans(plan.coverage_by_hour)), MOST_SPANS)
    sheets = sum(1 + len(day.lines) for day in days[:MOST_DAYS])
    stops = sum(
        max(2, _count_lines(group.worst.message + group.worst.fix, STOP_LETTERS)) for group in blocking
    )
    return max(MAP_LINES, side) + sheets + spans + stops + len(run.verdict.lines)


def _count_back_lines(
    plan: Plan,
    airspace: Sequence[ZoneRow],
    traffic: Sequence[object],
    lists: Sequence[Checklist],
) -> int:
    zones = sum(
        max(_count_lines(row.name, ZONE_LETTERS), _count_lines(row.contact, CONTACT_LETTERS))
        for row in airspace
    )
    cases = sum(
        max(
            _count_lines(case.event, EVENT_LETTERS),
            _count_lines(case.action, ACTION_LETTERS),
            _count_lines(case.lands_at, LANDING_LETTERS),
        )
        for case in plan.contingency
    )
    steps = sum(
        2 + sum(_count_lines(step.who + step.what, STEP_LETTERS) for step in one.steps) for one in lists
    )
    return zones + 2 * min(len(traffic), MOST_TRAFFIC) + cases + -(-steps // 2)


def _split_findings(run: BriefedRun) -> tuple[list[FindingGroup], list[FindingGroup]]:
    """(Findings that block a go, findings to note), by rule, gravest first; the report lists each."""
    groups = grouped_by_rule(run.plan.findings)
    open_groups = [group for group in groups if group.worst.severity is not Severity.OK]
    stops = [run.verdict.counts(group.worst) for group in open_groups]
    blocking = [group for group, stop in zip(open_groups, stops, strict=True) if stop]
    return blocking, [group for group, stop in zip(open_groups, stops, strict=True) if not stop]


def _response_rows(summary: Summary | None) -> list[tuple[str, str]]:
    """(Words, value) of simulated response times and of the share attended; empty without a simulation."""
    if summary is None:
        return []
    rows = []
    for name, words in (("call_to_overhead_s", "call to overhead"), ("call_to_video_s", "call to video")):
        kpi = summary.kpis.get(name)
        if kpi is not None and kpi.p50 is not None and kpi.p90 is not None:
            rows.append((f"{words}: median, and 9 in 10 within", f"{kpi.p50:.0f} s; {kpi.p90:.0f} s"))
    attended = summary.kpis.get("attended")
    if attended is not None and attended.mean is not None:
        rows.append(("calls attended", f"{100 * attended.mean:.0f} %"))
    return rows


def _stated_words(scenario: Scenario) -> str:
    """What somebody has said is not there or has been looked at, each with who says so, in a line."""
    site, posts = scenario.site, scenario.operation.posts
    lookers = dict.fromkeys(post.confirmed_by for post in posts if post.confirmed_by)
    said = {
        "no people gather on the site": site.no_crowd_source or "",
        "there is no water on the site": site.no_water_source or "",
        "somebody has looked from the posts": listed([name for name in lookers if name], most=3),
    }
    return "; ".join(f"{words} ({short(who, 60)})" for words, who in said.items() if who)


def _assumed_words(run: BriefedRun) -> str:
    """The assumed figures in a line, with their values unless one stands for a whole block."""
    assumed = [a for a in run.world.scenario.assumptions if a.assumed][:MOST_ASSUMPTIONS]
    return "; ".join(
        a.path if a.value.startswith("block") else f"{a.path} = {short(a.value, 40)}" for a in assumed
    )
