"""The checklists of the brief: who does what and when. The figures come from the scenario."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.plan.model import Plan
from dfr.report.words import listed, plural
from dfr.scenario.model import OperationKind, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistStep:
    """One line of a checklist."""

    who: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The steps of one stage, in order."""

    when: str
    steps: tuple[ChecklistStep, ...]


MOST_NAMES = 6
"""The most docks, posts or contacts in one step; the rest are in the report."""

LEAD, PILOT, SAFETY = "lead", "pilot", "safety pilot"


def checklists(scenario: Scenario, plan: Plan) -> tuple[Checklist, ...]:
    """What is done the day before, at the start of a shift, for each dispatch and after it."""
    watcher = SAFETY if scenario.crew.safety_pilots_per_drone else PILOT
    return (
        Checklist(when="The day before", steps=_day_before_steps(scenario)),
        Checklist(when="Start of each shift", steps=_shift_start_steps(scenario, plan, watcher)),
        Checklist(when="Each dispatch", steps=_dispatch_steps(scenario, watcher)),
        Checklist(when="After each landing", steps=_landing_steps(watcher)),
    )


def _steps(*pairs: tuple[str, str] | None) -> tuple[ChecklistStep, ...]:
    """Steps from (who, what), those that apply."""
    return tuple(ChecklistStep(who=pair[0], what=pair[1]) for pair in pairs if pair)


def _day_before_steps(scenario: Scenario) -> tuple[ChecklistStep, ...]:
    asked = listed([item.name for item in scenario.restrictions if item.status == "possible"], MOST_NAMES)
    contacts = listed(
        list(dict.fromkeys(user.contact for user in scenario.traffic if user.contact)), MOST_NAMES, width=70
    )
    return _steps(
        (LEAD, "Read NOTAMs, AIP and local restrictions against the airspace sheet."),
        (LEAD, f"Ask whether these are in force: {asked}.") if asked else None,
        (LEAD, f"Agree heights and contacts with: {contacts}.") if contacts else None,
        (LEAD, "Enter the forecast; make plan and brief again. Is it still a go?"),
    )


def _shift_start_steps(scenario: Scenario, plan: Plan, watcher: str) -> tuple[ChecklistStep, ...]:
    operation, rally = scenario.operation, scenario.contingency.rally_points
    watched = operation.kind is not OperationKind.BVLOS
    posts = listed([post.id for post in operation.posts], MOST_NAMES)
    docks = listed([site.id for site in plan.sites], MOST_NAMES)
    fence = f"fence top {operation.height_limit_m_agl:.0f} m"
    reserve = f"reserve {100 * scenario.contingency.reserve_fraction:.0f} %"
    return _steps(
        (PILOT, f"Check docks {docks}: level, clear, power, lid, clean pad."),
        (PILOT, "Upload mission, fence, rally points; read them back. Home is the dock."),
        (PILOT, f"Check {fence}, {reserve}; test the lost-link action on the ground."),
        (watcher, f"Clear {plural(len(rally), 'rally point')} of people.") if rally else None,
        (watcher, f"Staff posts, check the radio: {posts}.") if watched and posts else None,
        (LEAD, "Measure wind and gust at each dock; confirm the hours of this brief."),
    )


def _dispatch_steps(scenario: Scenario, watcher: str) -> tuple[ChecklistStep, ...]:
    most = plural(scenario.crew.drones_per_pilot, "drone")
    return _steps(
        (LEAD, "Is the call worth a drone? Log decision and time."),
        (watcher, "Is the air clear? Look, listen, tell other users."),
        (PILOT, "Check wind limits, battery above half, the right route."),
        (PILOT, f"Launch. At most {most} for each pilot."),
        (watcher, "Keep it in sight or tracked, hands off. Taking over? Say so aloud."),
    )


def _landing_steps(watcher: str) -> tuple[ChecklistStep, ...]:
    return _steps(
        (watcher, "In the dock AND disarmed? If not, keep people away, use the card."),
        (PILOT, "Check charge, propellers and camera; charging has begun."),
        (LEAD, "Log the outcome, the footage reference and anything unusual."),
    )
