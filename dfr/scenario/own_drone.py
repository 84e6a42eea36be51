"""A team's own drone: a drone of the catalogue with figures of its own, measured in flight or entered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFigure:
    """A figure of a field of the catalogue, in that field's unit, and `source`, who says so.

    A measured one is from `flights` flights; nineteen in twenty intervals from `low` to `high` hold the
    truth. None where there are too few flights for an interval, and for what a team has entered.
    """

    field: str
    value: float
    measured: bool
    source: str
    low: float | None = None
    high: float | None = None
    flights: int = 0
    spread: float | None = None
    """The standard deviation from flight to flight."""

    @property
    def status(self) -> str:
        """Who says so, in words, as every figure of the catalogue has it."""
        if not self.measured:
            return f"entered by the team: {self.source}"
        flights = "1 flight" if self.flights == 1 else f"{self.flights} flights"
        if self.low is None or self.high is None:
            return f"measured on {flights}, too few for an interval ({self.source})"
        return f"measured on {flights}: {self.low:.4g} to {self.high:.4g} ({self.source})"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDrone:
    """A drone that is `based_on` one of the catalogue: what `figures` do not tell is that one's.

    `observed` is what its flights showed besides, which no plan counts on.
    """

    key: str
    name: str
    based_on: str
    figures: tuple[OwnFigure, ...]
    observed: tuple[OwnFigure, ...] = ()
