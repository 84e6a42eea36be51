"""How much of the demand no dock with a ready drone covers: what coverage-keeping rules go by.

Demand is covered where such a dock is within `SimInputs.keep_within_s` of flight.
"""

from __future__ import annotations

from collections.abc import Iterable

from dfr.sim.inputs import Condition, SimInputs


class Coverage:
    """The zones that each dock covers, as bits, worked out once for each weather."""

    def __init__(self, inputs: SimInputs) -> None:
        self._within_s = inputs.keep_within_s
        self._shares = [zone.share for zone in inputs.zones]
        self._zones: dict[int, list[int]] = {}
        self._left: dict[int, float] = {}

    def uncovered(self, condition: Condition, docks: Iterable[int]) -> float:
        """Share of the demand that none of these docks covers in a weather of the deployment."""
        zones = self._zones.get(id(condition))
        if zones is None:
            zones = [self._bits(condition, dock) for dock in range(len(condition.legs))]
            self._zones[id(condition)] = zones
        covered = 0
        for dock in docks:
            covered |= zones[dock]
        left = self._left.get(covered)
        if left is None:
            left = sum(share for zone, share in enumerate(self._shares) if not covered >> zone & 1)
            self._left[covered] = left
        return left

    def _bits(self, condition: Condition, dock: int) -> int:
        legs = condition.legs[dock]
        within = (leg is not None and leg.overhead_s <= self._within_s for leg in legs)
        return sum(1 << zone for zone, reached in enumerate(within) if reached)
