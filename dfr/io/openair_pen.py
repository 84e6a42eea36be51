"""The pen of OpenAir: variables and the outlines drawn with them."""

from __future__ import annotations

from collections.abc import Callable

from dfr.io.openair_words import (
    LAT_LON,
    LON_LAT,
    PACKED,
    PLAIN,
    PLAIN_PAIR,
    BadRecordError,
    bare,
    number_of,
    position_of,
    radius_m_of,
    two_coordinates,
)
from dfr.units import nm_to_m
from dfr.world.corridors import MAX_LENGTH_M, corridor, length_m
from dfr.world.outlines import Arc, Vertex, circle

MAX_AIRWAYS_M = 1e9
"""The airways of a file together are not drawn beyond: 25 times round the globe."""

Report = Callable[[str, str], None]
"""Takes the code and the words of what was repaired."""


class Pen:
    """Centre, turning direction and width, and the elements that records draw with them.

    The centre may be set before the volume it serves; the direction starts clockwise in each.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._centre: Vertex | None = None
        self._centre_is_new = False
        self._clockwise = True
        self._width_m: float | None = None
        self.airway: list[Vertex] = []
        self._airway_width_m: float | None = None
        self._airways_m = 0.0

    def begin_volume(self) -> None:
        """Forget what served the volume before."""
        self._clockwise = True
        if not self._centre_is_new:
            self._centre = None
            self._width_m = None

    def used(self) -> None:
        """What was set before is now taken to belong to the volume being drawn."""
        self._centre_is_new = False

    def variable(self, rest: str) -> None:
        """`X=` a centre, `D=` a direction, `W=` a width; others draw nothing."""
        key, _, value = bare(rest).partition("=")
        key, value = key.strip().upper(), value.strip()
        if key == "X":
            self._centre, self._centre_is_new = self.coordinate(value), True
        elif key == "W":
            self._width_m, self._centre_is_new = nm_to_m(number_of(value)), True
        elif key == "D":
            if value not in ("+", "-"):
                raise BadRecordError("bad-direction", "the direction is + or -")
            self._clockwise = value == "+"

    def circle(self, rest: str) -> Arc:
        """A full turn of a radius."""
        centre = self._pen()
        return circle(*centre, radius_m_of(bare(rest)))

    def arc_by_angles(self, rest: str) -> Arc:
        """A radius and two azimuths."""
        parts = bare(rest).replace(",", " ").split()
        if len(parts) != 3:
            raise BadRecordError("bad-arc", "an arc has a radius and two angles")
        radius_m, angles = radius_m_of(parts[0]), [number_of(part) % 360.0 for part in parts[1:]]
        return Arc(*self._pen(), radius_m, radius_m, angles[0], angles[1], self._clockwise)

    def arc_between(self, rest: str) -> tuple[Vertex, Arc, Vertex]:
        """Two end points."""
        if match := PLAIN_PAIR.fullmatch(rest):
            words = match.groups()
            start, end = position_of(words[:8]), position_of(words[8:])
        elif ends := two_coordinates(rest):
            start, end = (self.coordinate(text) for text in ends)
        else:
            raise BadRecordError("bad-coordinate", "an arc has two end points")
        return start, Arc(*self._pen(), 0.0, 0.0, None, None, self._clockwise), end

    def airway_point(self, rest: str) -> None:
        """The next point of the airway being drawn, which has the width set by now."""
        self.airway.append(self.coordinate(rest))
        self._airway_width_m = self._width_m
        self._centre_is_new = False

    def airway_outline(self) -> list[Vertex]:
        """The outline about the points of the airway, which ends here."""
        points, self.airway = self.airway, []
        width_m = self._airway_width_m
        if width_m is None:
            raise BadRecordError("no-width", "no V W= gives the width of the airway")
        if len(points) < 2:
            raise BadRecordError("too-few-points", "an airway has two points or more")
        long_m = length_m(points)
        self._airways_m += long_m
        if not 0.0 < width_m <= 1e6 or long_m > MAX_LENGTH_M or self._airways_m > MAX_AIRWAYS_M:
            words = f"an airway of {long_m / 1000:.0f} km, {width_m / 1000:.1f} km wide"
            raise BadRecordError("bad-airway", words)
        return corridor(points, width_m)

    def coordinate(self, text: str) -> Vertex:
        """One position, in any of its spellings."""
        if match := PLAIN.fullmatch(text):
            return position_of(match.groups())
        if match := LAT_LON.match(text) or PACKED.match(text):
            found = position_of(match.groups())
        elif match := LON_LAT.match(text):
            found = position_of(match.groups()[4:] + match.groups()[:4])
            self._report("coordinate-order", "longitude before latitude")
        else:
            raise BadRecordError("bad-coordinate", "no coordinate")
        if LAT_LON.search(text, match.end()):
            raise BadRecordError("bad-coordinate", "two positions where one is wanted")
        return found

    def _pen(self) -> Vertex:
        if self._centre is None:
            raise BadRecordError("no-centre", "no V X= gives the centre")
        self._centre_is_new = False
        return self._centre
