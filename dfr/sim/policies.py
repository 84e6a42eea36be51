"""What a run may assume beyond its scenario: how often parts fail, and by which rule drones are sent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from dfr.errors import InputError
from dfr.sim.dispatch import POLICIES, Policy
from dfr.sim.inputs import DOCK_PART, DRONE_PART, LINK_PART, FailureRate, SimInputs
from dfr.sim.randomness import Spread

HANDOVER_S = 30.0
"""A relief drone is to be overhead so long before the one on scene leaves (assumed)."""

PARTS = (DOCK_PART, LINK_PART, DRONE_PART)


def with_policies(
    inputs: SimInputs, *, failures: Sequence[str] = (), dispatch: str | Policy | None = None
) -> SimInputs:
    """The deployment with failures (`dock:200:4`, mean hours up and down) and a dispatch policy.

    A part that is named goes before the scenario's rate of it; None leaves its policy.
    Raises InputError for a part, a number or a policy that there is not.
    """
    dispatch = inputs.dispatch if dispatch is None else dispatch
    if isinstance(dispatch, str) and dispatch not in POLICIES:
        raise InputError(f"dispatch policy {dispatch!r}", do=f"one of {', '.join(POLICIES)}")
    rates = tuple(failure_rate(text) for text in failures)
    if len({rate.part for rate in rates}) < len(rates):
        raise InputError("failures of one part are given twice", do="one rate for each part")
    named = {rate.part for rate in rates}
    kept = tuple(rate for rate in inputs.failures if rate.part not in named)
    return replace(inputs, failures=kept + rates, dispatch=dispatch)


def with_overwatch(inputs: SimInputs, wanted: bool | None) -> SimInputs:
    """The deployment with or without reliefs; None leaves what its scenario says."""
    if wanted is None:
        return inputs
    return replace(inputs, overwatch=wanted, handover_s=HANDOVER_S if wanted else 0.0)


def with_move_up(inputs: SimInputs, wanted: bool | None) -> SimInputs:
    """The deployment with or without move-ups; None leaves what its scenario says.

    Raises InputError where every dock is full: there is nowhere to move to.
    """
    if wanted and not any(dock.spare for dock in inputs.docks):
        raise InputError("--move-up: every dock is full", do="fleet.slots_per_dock above drones_per_dock")
    return inputs if wanted is None else replace(inputs, move_up=wanted)


def failure_rate(text: str) -> FailureRate:
    """How often a part fails, of `PART:MTBF_H:REPAIR_H`; both times exponential.

    >>> failure_rate("dock:200:4").repair.mean_s
    14400.0
    """
    part, *hours = text.split(":")
    try:
        up_h, down_h = (float(cell) for cell in hours)
    except ValueError:
        up_h = down_h = math.nan
    if part not in PARTS or not (0.0 < up_h < math.inf and 0.0 < down_h < math.inf):
        raise InputError(f"failures {text!r}", do=f"PART:MTBF_H:REPAIR_H with {', '.join(PARTS)}: dock:200:4")
    return FailureRate(
        part=part, between=Spread.exponential(up_h * 3600.0), repair=Spread.exponential(down_h * 3600.0)
    )
