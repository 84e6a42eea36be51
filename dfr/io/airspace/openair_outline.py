"""OpenAir outlines: corners, arcs, circles and airways, drawn with the variables V X=, V D= and V W=."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from dfr.io.airspace.lost_parts import ANYWHERE, MOST_RADIUS_M, Reach, reach_of_coordinate
from dfr.io.airspace.openair_records import (
    LAT_LON,
    LON_LAT,
    PACKED,
    PLAIN,
    PLAIN_PAIR,
    BadRecordError,
    number_of,
    position_of,
    radius_m_of,
    strip_remarks,
    two_coordinates,
)
from dfr.units import nm_to_m
from dfr.world.outlines import MAX_LENGTH_M, Arc, Vertex, circle, corridor, path_length_m

DIRECTIONS = {"+": True, "CW": True, "-": False, "CCW": False, "ACW": False, "\u2013": False, "\u2212": False}
"""Whether each spelling of a direction is clockwise; the last two are how word processors write a minus."""

MOST_WIDTH_M = 100_000.0
"""How far an airway reaches whose width cannot be read (assumed: no published one is wider)."""

_VARIABLE = re.compile(r"([A-Za-z])\s*(?:[=:]\s*|(?=[-+\d.\u2013\u2212])|\s)(.*)$")

MAX_AIRWAYS_M = 1e9
"""The airways of a file together are not drawn beyond: 25 times round the globe."""

Report = Callable[[str, str], None]
"""Takes the code and the words of what was repaired."""


class OutlineBuilder:
    """Centre, turning direction and width, and the elements that records draw with them.

    The centre may be set before the volume it serves, and serves those after it until another is set; the
    direction starts clockwise in each. Where a centre could not be read, it is known how far off it may be.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._centre: Vertex | None = None
        self._centre_lost = ANYWHERE
        self._centre_is_new = False
        self._centre_shared = False
        self._clockwise = True
        self._width_m: float | None = None
        self.airway: list[Vertex] = []
        self._airway_width_m: float | None = None
        self._airways_m = 0.0

    def begin_volume(self) -> None:
        """Forget what served the volume before, but for its centre."""
        self._clockwise = True
        self._centre_shared = self._centre is not None and not self._centre_is_new
        if not self._centre_is_new:
            self._width_m = None

    def used(self) -> None:
        """What was set before is now taken to belong to the volume being drawn."""
        self._centre_is_new = False

    def variable(self, rest: str) -> None:
        """`X=` a centre, `D=` a direction, `W=` a width; others draw nothing."""
        match = _VARIABLE.match(strip_remarks(rest))
        key, value = (match[1].upper(), match[2].strip()) if match else ("", rest)
        if key == "X" or (not key and LAT_LON.search(rest)):
            self._set_centre(value)
        elif key == "W":
            self._width_m, self._centre_is_new = nm_to_m(number_of(value)), True
        elif key == "D":
            if value.upper() not in DIRECTIONS:
                raise BadRecordError("bad-direction", "the direction is + or -")
            self._clockwise = DIRECTIONS[value.upper()]

    def _set_centre(self, text: str) -> None:
        self._centre, self._centre_lost, self._centre_shared = None, reach_of_coordinate(text), False
        self._centre, self._centre_is_new = self.coordinate(text), True

    def circle(self, rest: str) -> Arc:
        """A full turn of a radius."""
        radius_m = self._or_lost(lambda: radius_m_of(strip_remarks(rest)))
        return circle(*self._use_centre(radius_m), radius_m)

    def arc_by_angles(self, rest: str) -> Arc:
        """A radius and two azimuths."""
        parts = strip_remarks(rest).replace(",", " ").split()
        radius_m = self._or_lost(lambda: radius_m_of(parts[0] if parts else ""))
        if len(parts) != 3:
            reach = self._around_centre(radius_m)
            raise BadRecordError("bad-arc", "an arc has a radius and two angles", reach)
        angles = [self._or_lost(partial(number_of, part), radius_m) % 360.0 for part in parts[1:]]
        return Arc(*self._use_centre(radius_m), radius_m, radius_m, angles[0], angles[1], self._clockwise)

    def arc_between(self, rest: str) -> tuple[Vertex, Arc, Vertex]:
        """Two end points."""
        if match := PLAIN_PAIR.fullmatch(rest):
            words = match.groups()
            start, end = position_of(words[:8]), position_of(words[8:])
        else:
            start, end = self._ends(rest)
        ends = [Reach.around(place, 0.0) for place in (start, end)]
        centre = self._use_centre(max(map(self._around_centre(0.0).farthest_m, ends)), *ends)
        return start, Arc(*centre, 0.0, 0.0, None, None, self._clockwise), end

    def _ends(self, rest: str) -> tuple[Vertex, Vertex]:
        texts = two_coordinates(rest) or rest.split(",", 1)
        try:
            start, end = (self.coordinate(text) for text in texts)
        except (BadRecordError, ValueError):
            ends = [reach_of_coordinate(text) for text in texts] if len(texts) == 2 else [ANYWHERE]
            known = [end for end in ends if end != ANYWHERE]
            radius_m = min(map(self._around_centre(0.0).farthest_m, known), default=MOST_RADIUS_M)
            reaches = [*known, self._around_centre(radius_m)]
            raise BadRecordError("bad-coordinate", "an arc has two end points", *reaches) from None
        return start, end

    def airway_point(self, rest: str) -> None:
        """The next point of the airway being drawn, which has the width set by now."""
        try:
            self.airway.append(self.coordinate(rest))
        except BadRecordError as bad:
            width_m = self._width_m or MOST_WIDTH_M
            raise BadRecordError(bad.code, str(bad), *(r.within(width_m) for r in bad.reaches)) from None
        self._airway_width_m = self._width_m
        self._centre_is_new = False

    def airway_outline(self) -> list[Vertex]:
        """The outline about the points of the airway, which ends here."""
        points, self.airway = self.airway, []
        width_m = self._airway_width_m
        if width_m is None:
            lost = [Reach.around(point, MOST_WIDTH_M) for point in points]
            raise BadRecordError("no-width", "no V W= gives the width of the airway", *lost)
        if len(points) < 2:
            raise BadRecordError("too-few-points", "an airway has two points or more")
        long_m = path_length_m(points)
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
            raise BadRecordError("bad-coordinate", "no coordinate", reach_of_coordinate(text))
        if LAT_LON.search(text, match.end()):
            raise BadRecordError("bad-coordinate", "two positions in a record that takes one", ANYWHERE)
        return found

    def _use_centre(self, radius_m: float, *ends: Reach) -> Vertex:
        """The centre. Raises BadRecordError with the reach of a curve of a radius that has none."""
        if self._centre is None:
            reaches = (*ends, self._around_centre(radius_m))
            raise BadRecordError("no-centre", "no V X= gives the centre", *reaches)
        if self._centre_shared:
            self._report("shared-centre", "the centre is that of the volume before")
            self._centre_shared = False
        self._centre_is_new = False
        return self._centre

    def _around_centre(self, radius_m: float) -> Reach:
        if self._centre is None:
            return self._centre_lost.within(radius_m)
        return Reach.around(self._centre, radius_m)

    def _or_lost(self, read: Callable[[], float], radius_m: float = MOST_RADIUS_M) -> float:
        """A number of a curve; where it cannot be read, its error says how far the curve may reach."""
        try:
            return read()
        except BadRecordError as bad:
            raise BadRecordError(bad.code, str(bad), self._around_centre(radius_m)) from None
