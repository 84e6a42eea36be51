"""What a flight plan relies on besides its mission: what must be switched on, and what no parameter can say.

`off_findings`: a file that brings a fence or rally points relies on them, and one whose parameters ask for
the ground-station failsafe relies on that; such a plan does not fly while they are off. `promise_findings`:
the choices of a scenario's contingency plan (lost link, landing retries, reserve) that ArduCopter flies
otherwise. `dispatch_findings`: these and the mission's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dfr.findings import Finding
from dfr.mission.battery import reserve_of
from dfr.mission.items import FlightPlan
from dfr.mission.validate import validate
from dfr.mission.validate_common import advice, holds, unknown, violation
from dfr.scenario.model import Guidance, LostLink, Scenario

Value = Callable[[str], float | None]
"""A parameter's value as the plan is flown, by its 4.5/4.6 name; None where the vehicle has none."""

AREAS_BIT = 1 << 2
"""FENCE_TYPE: polygons and circles (AC_FENCE_TYPE_POLYGON)."""

CONTINUE_IN_AUTO = 1 << 1
"""FS_OPTIONS: go on with the mission in AUTO without a ground station (GCS_CONTINUE_IF_AUTO)."""

REPORT_ONLY = 0.0
RULE = "preflight.relies_on"


def relied_on(plan: FlightPlan) -> tuple[str, ...]:
    """What the plan relies on, in words; empty for a bare mission."""
    words = []
    if plan.fence:
        words.append("its fence")
    if plan.rally:
        words.append("its rally point" if len(plan.rally) == 1 else f"its {len(plan.rally)} rally points")
    if plan.params.get("FS_GCS_ENABLE"):
        words.append("the ground-station failsafe")
    if plan.params.get("BATT_FS_LOW_ACT"):
        words.append("the battery failsafe")
    return tuple(words)


def fence_is_on(value: Value) -> bool | None:
    """Whether the fence is watched once it flies; None where the vehicle does not tell."""
    enabled = value("FENCE_ENABLE")
    return None if enabled is None else bool(enabled or value("FENCE_AUTOENABLE"))


def off_findings(plan: FlightPlan, value: Value) -> Iterator[Finding]:
    """What the plan relies on and the vehicle would not do, each with the parameter to set."""
    if plan.fence:
        yield from _fence_findings(value)
    if plan.params.get("FS_GCS_ENABLE"):
        options = int(value("FS_OPTIONS") or 0)
        if options & CONTINUE_IN_AUTO:
            yield violation(
                RULE,
                f"FS_OPTIONS {options}: in AUTO the vehicle continues without a ground station, and the plan "
                "relies on the ground-station failsafe",
                fix=f"set FS_OPTIONS to {options & ~CONTINUE_IN_AUTO}",
            )


def _fence_findings(value: Value) -> Iterator[Finding]:
    relies = "the plan brings its fence and relies on it"
    on = fence_is_on(value)
    if on is None:
        yield unknown(
            RULE,
            f"the vehicle does not report FENCE_ENABLE, and {relies}",
            fix="use firmware that has fences",
        )
        return
    if not on:
        yield violation(
            RULE, f"the fence on board is not active (FENCE_ENABLE 0); {relies}", fix="set FENCE_ENABLE to 1"
        )
    kinds = int(value("FENCE_TYPE") or 0)
    if not kinds & AREAS_BIT:
        yield violation(
            RULE,
            f"FENCE_TYPE {kinds} does not include the fence's areas; {relies}",
            fix=f"set FENCE_TYPE to {kinds | AREAS_BIT}",
        )
    if value("FENCE_ACTION") == REPORT_ONLY:
        yield violation(
            RULE,
            f"the vehicle only reports that it leaves the fence (FENCE_ACTION 0); {relies}",
            fix="set FENCE_ACTION to 1 (return, or land)",
        )


LOST_LINK_SOURCE = "ArduCopter 4.5 to 4.7: FS_GCS_ENABLE"
PRECISION_SOURCE = "ArduCopter 4.5 to 4.7: AC_PrecLand"


def dispatch_findings(flight: FlightPlan, scenario: Scenario) -> tuple[Finding, ...]:
    """All that is found of a compiled dispatch: what ArduCopter makes of it, and of its scenario's choices.

    One that blocks, blocks every way to the vehicle: file, upload, flight and page.
    """
    return (*validate(flight), *promise_findings(scenario))


def promise_findings(scenario: Scenario) -> tuple[Finding, ...]:
    """Lost link, landing retries and reserve: what a compiled dispatch makes of them."""
    return (*_lost_link_findings(scenario), _retries_finding(scenario), _reserve_finding(scenario))


def _lost_link_findings(scenario: Scenario) -> Iterator[Finding]:
    choice = scenario.contingency
    if choice.lost_link is LostLink.HOLD_THEN_RTL:
        yield advice(
            "contingency.lost_link",
            f"ArduCopter cannot hold before it returns (hold_then_rtl): without a link it continues its "
            f"mission for {choice.lost_link_timeout_s:g} s and then returns",
            fix="brief the crew on this, or choose rtl",
            source=LOST_LINK_SOURCE,
        )


def _retries_finding(scenario: Scenario) -> Finding:
    retries = scenario.contingency.landing_retries
    if scenario.fleet.guidance is Guidance.PRECISION:
        return advice(
            "contingency.landing_retries",
            f"the number of landing retries ({retries}) is on board as PLND_STRICT 1 and PLND_RET_MAX. They "
            "need PLND_ENABLED 1 and a sensor. After the last retry the drone lands where it is; only the "
            "pilot can divert it to a rally point",
            fix="check the vehicle's PLND_ parameters before the first flight",
            source=PRECISION_SOURCE,
        )
    return advice(
        "contingency.landing_retries",
        f"landing retries ({retries}) are not on board: by GNSS ArduCopter makes one landing attempt; only "
        "the pilot can go around or divert to a rally point",
        fix="brief the crew on this, or use precision guidance",
        source=PRECISION_SOURCE,
    )


def _reserve_finding(scenario: Scenario) -> Finding:
    reserve = reserve_of(scenario)
    if reserve is None:
        return unknown(
            "contingency.reserve",
            f"the voltage of {scenario.fleet.drone}'s battery is not known: the reserve of "
            f"{scenario.contingency.reserve_fraction:.0%} is not on board",
            fix="set battery_v in dfr/aircraft/catalogue.yaml",
        )
    return holds(
        "contingency.reserve",
        f"the reserve of {scenario.contingency.reserve_fraction:.0%} is on board: {reserve.low_mah} of "
        f"{reserve.capacity_mah} mAh, including what the battery withholds in the coldest hour",
    )
