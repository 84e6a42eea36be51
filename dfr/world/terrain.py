"""How high the ground is, where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dfr.geo import Position


class Terrain(Protocol):
    """A source of ground heights."""

    @property
    def source(self) -> str:
        """Where the heights come from, for the report."""
        ...

    def ground_m_amsl(self, position: Position) -> float | None:
        """Ground height at a position, m above mean sea level; None where it is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatGround:
    """Ground of one stated height everywhere near the site."""

    height_m_amsl: float
    source: str

    def ground_m_amsl(self, position: Position) -> float | None:
        """The stated height."""
        return self.height_m_amsl


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownGround:
    """No ground height at all."""

    source: str = "no terrain data"

    def ground_m_amsl(self, position: Position) -> float | None:
        """Nothing is known."""
        return None
