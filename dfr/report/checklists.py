"""The checklists of a deployment: who does what, when; figures come from the scenario."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.plan.model import Plan
from dfr.report.words import listed, plural
from dfr.scenario.model import OperationKind, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a checklist."""

    who: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The steps of one moment, in order."""

    when: str
    steps: tuple[Step, ...]


MOST_NAMES = 6
"""Of docks, posts and contacts in one step; the rest stand in the report."""

LEAD, PILOT, SAFETY = "lead", "pilot", "safety pilot"


def checklists(scenario: Scenario, plan: Plan) -> tuple[Checklist, ...]:
    """What is done the day before, at the start of a shift, for each dispatch and after it."""
    watch = SAFETY if scenario.crew.safety_pilots_per_drone else PILOT
    return (
        Checklist(when="The day before", steps=_day_before(scenario)),
        Checklist(when="Start of each shift", steps=_shift(scenario, plan, watch)),
        Checklist(when="Each dispatch", steps=_dispatch(scenario, watch)),
        Checklist(when="After each landing", steps=_landing(watch)),
    )


def _day_before(scenario: Scenario) -> tuple[Step, ...]:
    asked = listed([item.name for item in scenario.restrictions if item.status == "possible"], MOST_NAMES)
    contacts = listed(
        list(dict.fromkeys(user.contact for user in scenario.traffic if user.contact)), MOST_NAMES, width=70
    )
    steps = [
        Step(who=LEAD, what="Read NOTAMs, AIP and local restrictions against the airspace sheet."),
        Step(who=LEAD, what=f"Ask whether these are in force: {asked}.") if asked else None,
        Step(who=LEAD, what=f"Agree heights and contacts with: {contacts}.") if contacts else None,
        Step(who=LEAD, what="Enter the forecast; make plan and brief again. Nothing blocks a go."),
    ]
    return tuple(step for step in steps if step)


def _shift(scenario: Scenario, plan: Plan, watch: str) -> tuple[Step, ...]:
    operation, rally = scenario.operation, scenario.contingency.rally_points
    watched = operation.kind is not OperationKind.BVLOS
    posts = listed([post.id for post in operation.posts], MOST_NAMES)
    docks = listed([site.id for site in plan.sites], MOST_NAMES)
    steps = [
        Step(who=PILOT, what=f"Docks {docks}: level, clear, powered; lid moves, pad clean."),
        Step(who=PILOT, what="Upload mission, fence, rally points; read them back. Home is the dock."),
        Step(
            who=PILOT,
            what=f"Fence top {operation.height_limit_m_agl:.0f} m, reserve "
            f"{100 * scenario.contingency.reserve_fraction:.0f} %; lost-link action tested on the ground.",
        ),
        Step(who=watch, what=f"{plural(len(rally), 'rally point')} clear of people.") if rally else None,
        Step(who=watch, what=f"Man the posts, check the radio: {posts}.") if watched and posts else None,
        Step(who=LEAD, what="Measure wind and gust at each dock; confirm the hours of this brief."),
    ]
    return tuple(step for step in steps if step)


def _dispatch(scenario: Scenario, watch: str) -> tuple[Step, ...]:
    crew = scenario.crew
    return (
        Step(who=LEAD, what="Is the call worth a drone? Log decision and time."),
        Step(who=watch, what="Look and listen: air clear. Tell the other users."),
        Step(who=PILOT, what="Wind inside limits, battery above half, the right route is shown."),
        Step(who=PILOT, what=f"Launch. At most {plural(crew.drones_per_pilot, 'drone')} for each pilot."),
        Step(
            who=watch,
            what="Drone in sight or tracked, hands off the controls. Taking over? Say so aloud.",
        ),
    )


def _landing(watch: str) -> tuple[Step, ...]:
    return (
        Step(who=watch, what="In the dock AND disarmed? If not, keep people away, go to the card."),
        Step(who=PILOT, what="Check charge, propellers and camera; charging has begun."),
        Step(who=LEAD, what="Log the outcome, the footage reference and anything unusual."),
    )
