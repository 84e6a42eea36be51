"""Obstacles: what stands up from the ground, where, and how high."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.geo import Position
from dfr.world.vertical import Air, Range, VerticalLimit, limit_m_agl


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One obstacle; its `top` keeps the datum that it was published with."""

    name: str
    position: Position
    top: VerticalLimit
    source: str = ""
    line: int | None = None

    @property
    def label(self) -> str:
        """Name and height in a few words."""
        return f"{self.name} ({self.top.text})"

    def top_m_agl(self, air: Air) -> Range | str:
        """Where its top may be above the ground, or the words for what is missing."""
        return limit_m_agl(self.top, air)
