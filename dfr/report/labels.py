"""Places labels on a map (`Labels`): near their marks, without overlaps where there is room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

CHARACTER = 0.62
LINE = 1.12
"""Width of a bold letter and height of a line, in type sizes (measured in DejaVu Sans, rounded up)."""

FAR = 0.4
OUTSIDE = 4.0
"""Cost of distance, and of area outside the picture, relative to hidden area (chosen by eye)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture: its centre and its size."""

    x: float
    y: float
    width: float
    height: float

    def shared_area(self, other: Box) -> float:
        """The area that both boxes cover."""
        across = (self.width + other.width) / 2 - abs(self.x - other.x)
        down = (self.height + other.height) / 2 - abs(self.y - other.y)
        full = min(across, self.width, other.width), min(down, self.height, other.height)
        return max(0.0, full[0]) * max(0.0, full[1])

    @property
    def area(self) -> float:
        """The area of the box."""
        return self.width * self.height


def box_of(lines: Sequence[str], *, size: float) -> tuple[float, float]:
    """(width, height) of lines of a type size.

    >>> box_of(["ab", "abcd"], size=10)
    (24.8, 22.4)
    """
    return round(max(map(len, lines)) * CHARACTER * size, 3), round(len(lines) * LINE * size, 3)


@dataclass(slots=True)
class Labels:
    """The boxes already taken on a picture; each placed label is added to them."""

    picture: Box
    taken: list[Box] = field(default_factory=list)

    def block_mark(self, x: float, y: float, side: float) -> None:
        """Keep labels off a mark."""
        self.taken.append(Box(x, y, side, side))

    def place_about(self, at: tuple[float, float], size: tuple[float, float], shifts: Iterable[float]) -> Box:
        """The best box of a size around a place, shifted by so many widths across and heights down."""
        width, height = size
        steps = list(shifts)
        boxes = [
            Box(at[0] + across * width, at[1] + down * height, width, height)
            for across in steps
            for down in steps
        ]
        return self._take_best(boxes, at)

    def place_beside(self, at: tuple[float, float], size: tuple[float, float], away: float) -> Box:
        """The best box of a size at this distance from a mark, on any side."""
        width, height = size
        across, down = width / 2 + away, height / 2 + away
        boxes = [
            Box(at[0] + dx, at[1] + dy, width, height)
            for dx in (across, -across, 0.0)
            for dy in (-height / 2, height / 2, 0.0, -down, down)
            if dx or abs(dy) == down
        ]
        return self._take_best(boxes, at)

    def _take_best(self, boxes: Iterable[Box], at: tuple[float, float]) -> Box:
        """The box that hides least and stands nearest, which is taken from now on."""
        best = min(boxes, key=lambda box: self._cost_of(box, at))
        self.taken.append(best)
        return best

    def _cost_of(self, box: Box, at: tuple[float, float]) -> float:
        hidden = sum(box.shared_area(other) for other in self.taken)
        outside = box.area - box.shared_area(self.picture)
        far = abs(box.x - at[0]) + abs(box.y - at[1])
        return hidden + OUTSIDE * outside + FAR * far
