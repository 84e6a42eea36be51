"""The checklists of a deployment: who does what, when; figures come from the scenario."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.plan.model import Plan
from dfr.report.words import listed
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
        Step(who=LEAD, what="NOTAMs, AIP and local restrictions read against the airspace sheet"),
        Step(who=LEAD, what=f"asked whether these are in force: {asked}") if asked else None,
        Step(who=LEAD, what=f"agreed heights and contacts with: {contacts}") if contacts else None,
        Step(who=LEAD, what="forecast entered, plan and brief made again, no finding blocks a go"),
    ]
    return tuple(step for step in steps if step)


def _shift(scenario: Scenario, plan: Plan, watch: str) -> tuple[Step, ...]:
    operation, rally = scenario.operation, scenario.contingency.rally_points
    posts = listed([post.id for post in operation.posts], MOST_NAMES)
    docks = listed([site.id for site in plan.sites], MOST_NAMES)
    steps = [
        Step(who=PILOT, what=f"docks {docks}: level, clear, powered, lid moves, pad clean"),
        Step(who=PILOT, what="mission, fence and rally points uploaded and read back; home is the dock"),
        Step(
            who=PILOT,
            what=f"fence top {operation.height_limit_m_agl:.0f} m, reserve "
            f"{100 * scenario.contingency.reserve_fraction:.0f} %, lost-link action tested on the ground",
        ),
        Step(who=watch, what=f"rally points clear of people: {len(rally)}") if rally else None,
        Step(who=watch, what=f"posts manned, radio check: {posts}") if _watched(scenario) and posts else None,
        Step(who=LEAD, what="wind and gust measured at each dock, hours of this brief confirmed"),
    ]
    return tuple(step for step in steps if step)


def _watched(scenario: Scenario) -> bool:
    return scenario.operation.kind is not OperationKind.BVLOS


def _dispatch(scenario: Scenario, watch: str) -> tuple[Step, ...]:
    crew = scenario.crew
    return (
        Step(who=LEAD, what="call worth a drone; decision and time logged"),
        Step(who=watch, what="air picture clear: look, listen, other users told"),
        Step(who=PILOT, what="wind inside limits, battery above half, route shown is the route meant"),
        Step(who=PILOT, what=f"launch; at most {crew.drones_per_pilot} drone(s) for each pilot"),
        Step(
            who=watch,
            what="drone in sight or tracked, hands off the controls unless taking over: say so aloud",
        ),
    )


def _landing(watch: str) -> tuple[Step, ...]:
    return (
        Step(who=watch, what="in the dock AND disarmed; if not, keep people away and go to the card"),
        Step(who=PILOT, what="charge, props and camera looked at; charging has begun"),
        Step(who=LEAD, what="outcome, footage reference and anything unusual logged"),
    )
