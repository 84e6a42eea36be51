"""How many charged drones stand in each dock, and in all, from when to when."""

from __future__ import annotations

from typing import Any

from dfr.sim.events import ANY_DOCK
from dfr.sim.inputs import SimInputs


class Readiness:
    """Writes a `ReadyRecord` of every number of ready drones that lasted; all are ready at the start."""

    def __init__(self, inputs: SimInputs, log: list[tuple[Any, ...]]) -> None:
        self._log = log
        self._names = [*(dock.id for dock in inputs.docks), ANY_DOCK]
        self._counts = [dock.drones for dock in inputs.docks]
        self._counts.append(sum(self._counts))
        self._since_s = [0.0] * len(self._names)

    def note(self, dock: int, count: int, now: float) -> None:
        """So many are ready in a dock from now."""
        names, counts, since_s = self._names, self._counts, self._since_s
        if now > since_s[dock]:
            self._log.append((names[dock], counts[dock], since_s[dock], now))
            since_s[dock] = now
        if now > since_s[-1]:
            self._log.append((ANY_DOCK, counts[-1], since_s[-1], now))
            since_s[-1] = now
        counts[-1] += count - counts[dock]
        counts[dock] = count

    def close(self, horizon_s: float) -> None:
        """Write what lasts until the end."""
        for name, count, since_s in zip(self._names, self._counts, self._since_s, strict=True):
            if horizon_s > since_s:
                self._log.append((name, count, since_s, horizon_s))
