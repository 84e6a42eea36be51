"""What of a scenario's contingency choices no parameter can tell the vehicle, said as findings."""

from __future__ import annotations

from collections.abc import Iterator

from dfr.findings import Finding
from dfr.mission.battery import reserve_of
from dfr.mission.validate_common import advice, holds, unknown
from dfr.scenario.model import Guidance, LostLink, Scenario

LOST_LINK_SOURCE = "ArduCopter 4.5 to 4.7: FS_GCS_ENABLE"
PRECISION_SOURCE = "ArduCopter 4.5 to 4.7: AC_PrecLand"


def promise_findings(scenario: Scenario) -> tuple[Finding, ...]:
    """Lost link, landing retries and reserve: what a compiled dispatch makes of them."""
    return (*_lost_link(scenario), _retries(scenario), _reserve(scenario))


def _lost_link(scenario: Scenario) -> Iterator[Finding]:
    choice = scenario.contingency
    if choice.lost_link is LostLink.HOLD_THEN_RTL:
        yield advice(
            "contingency.lost_link",
            f"hold_then_rtl is compiled as a return: ArduCopter goes on with its mission for "
            f"{choice.lost_link_timeout_s:g} s without a link, then returns; it does not hold",
            fix="brief it so, or choose rtl",
            source=LOST_LINK_SOURCE,
        )


def _retries(scenario: Scenario) -> Finding:
    retries = scenario.contingency.landing_retries
    if scenario.fleet.guidance is Guidance.PRECISION:
        return advice(
            "contingency.landing_retries",
            f"{retries} landing retries are on board as PLND_STRICT 1 and PLND_RET_MAX: they act only where "
            "the vehicle has PLND_ENABLED 1 and a sensor; after the last it lands where it is, and diverting "
            "to a rally point is the pilot's",
            fix="check the vehicle's PLND_ parameters before the first flight",
            source=PRECISION_SOURCE,
        )
    return advice(
        "contingency.landing_retries",
        f"{retries} landing retries are not on board: by GNSS ArduCopter lands once, and going round or "
        "diverting to a rally point is the pilot's",
        fix="brief it so, or use precision guidance",
        source=PRECISION_SOURCE,
    )


def _reserve(scenario: Scenario) -> Finding:
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
        f"{reserve.capacity_mah} mAh, with what the coldest hour withholds",
    )
