"""An incident as a control room's system reported it (`IncidentReport`), whatever the format was.

What the message does not say stays unknown: no position is guessed from an address, no grade from a kind.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dfr.errors import InputError
from dfr.geo import Position, distance_m

MAX_BYTES = 256 * 1024
"""A message is no longer (assumed: an EIDO with 50 notes is under 100 kB)."""

MAX_TEXT, MAX_WORD = 4000, 200
"""Letters kept of a text, and of a name, number or status."""

MAX_UNCERTAINTY_M = 50_000.0
"""A place known no better than this is no place to send a drone to (assumed)."""


class IncidentError(InputError):
    """A message that is no incident that can be used; the text says what is wrong with it."""

    code = "incident"


class IncidentStatus(StrEnum):
    """Whether anybody is still wanted there."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an incident is, within `uncertainty_m` (None: not said); `unknown` says why nobody knows."""

    position: Position | None
    uncertainty_m: float | None = None
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """An incident as reported at `time` (UTC), known by its agency and the agency's own id.

    `grade` and `kind` are the agency's words, '' where it gave none. `earlier` names earlier messages, by
    agency and id, that this one follows up. `exercise` True: nothing of it is real. `source` is the format.
    """

    agency: str
    id: str
    time: datetime
    status: IncidentStatus
    place: Place
    grade: str = ""
    kind: str = ""
    text: str = ""
    address: str = ""
    exercise: bool = False
    earlier: tuple[tuple[str, str], ...] = ()
    source: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """By what it is known."""
        return self.agency, self.id

    def content(self) -> dict[str, Any]:
        """What speaks of no person, for the log of a shift."""
        return {
            "agency": self.agency,
            "id": self.id,
            "time": self.time.isoformat(),
            "status": self.status.value,
            "grade": self.grade,
            "kind": self.kind,
            "exercise": self.exercise,
            "earlier": [list(key) for key in self.earlier],
            "source": self.source,
        }

    def personal(self) -> dict[str, Any]:
        """What may speak of persons: where it is, and in which words."""
        place = self.place
        return {
            "text": self.text,
            "address": self.address,
            "position": None if place.position is None else place.position.as_dict(),
            "uncertainty_m": place.uncertainty_m,
            "unknown": place.unknown,
        }


def restore_report(content: Mapping[str, Any], personal: Mapping[str, Any]) -> IncidentReport:
    """The report of which a log kept `content` and `personal`; its place is unknown where that was erased."""
    position = personal.get("position")
    return IncidentReport(
        agency=content["agency"],
        id=content["id"],
        time=datetime.fromisoformat(content["time"]),
        status=IncidentStatus(content["status"]),
        place=Place(
            position=None if position is None else Position(**position),
            uncertainty_m=personal.get("uncertainty_m"),
            unknown=personal.get("unknown", "erased"),
        ),
        grade=content["grade"],
        kind=content["kind"],
        text=personal.get("text", ""),
        address=personal.get("address", ""),
        exercise=content["exercise"],
        earlier=tuple((agency, id_) for agency, id_ in content["earlier"]),
        source=content["source"],
    )


def match_grade(report: IncidentReport, grades: Iterable[str]) -> str | None:
    """The grade of these that the report names, whatever its case; None where it names none of them."""
    wanted = report.grade.casefold()
    return next((grade for grade in grades if wanted and grade.casefold() == wanted), None)


def read_words(value: object, *, most: int = MAX_WORD) -> str:
    """A text on one line without control characters, cut at so many letters; '' for what is no text.

    Marks that turn the direction of writing go too: they make a text look like another.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    seen = (" " if character.isspace() else character for character in str(value)[: 4 * most])
    kept = "".join(character for character in seen if unicodedata.category(character)[0] != "C")
    return " ".join(kept.split())[:most]


def read_key(value: object, what: str) -> str:
    """An id or an agency's name. Raises IncidentError where it is missing, or too long to be told apart."""
    words = read_words(value, most=MAX_WORD + 1)
    if not words:
        raise IncidentError(f"{what} is missing", do="send it: an incident is known by its agency and id")
    if len(words) > MAX_WORD:
        raise IncidentError(f"{what} is over {MAX_WORD} letters", do="send a shorter one")
    return words


def read_moment(value: object, what: str) -> datetime:
    """A time in UTC. Raises IncidentError for one that cannot be read or does not say its offset."""
    text = read_words(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise IncidentError(f"{what} {text!r} is no time", do="write 2026-06-19T12:00:00+00:00") from None
    if moment.tzinfo is None:
        raise IncidentError(f"{what} {text!r} does not say its offset from UTC", do="end it in +00:00")
    return moment.astimezone(UTC)


def read_place(lat: object, lon: object, *, uncertainty_m: object = None) -> Place:
    """A place of WGS 84 degrees; unknown, with the reason, where they are none.

    Latitude 0 longitude 0 is what a system without a position sends: it is unknown.
    """
    lat_deg, lon_deg = _read_number(lat), _read_number(lon)
    if lat_deg is None or lon_deg is None:
        return unknown_place("the position is not two numbers")
    if lat_deg == 0.0 and lon_deg == 0.0:
        return unknown_place("the position is 0, 0, which stands for none")
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        return unknown_place(f"lat {lat_deg:g}, lon {lon_deg:g} is not on the globe; are they swapped?")
    radius_m = None if uncertainty_m is None else _read_number(uncertainty_m)
    if uncertainty_m is not None and (radius_m is None or radius_m < 0.0):
        return unknown_place("the position's uncertainty is no length")
    if radius_m is not None and radius_m > MAX_UNCERTAINTY_M:
        return unknown_place(f"the position is uncertain by {radius_m / 1000.0:.0f} km")
    return Place(position=Position(lat_deg=lat_deg, lon_deg=lon_deg), uncertainty_m=radius_m)


def place_of_area(corners: Sequence[tuple[float, float]]) -> Place:
    """The middle of an area of (lat, lon), uncertain by the distance to its farthest corner."""
    places = [read_place(lat, lon).position for lat, lon in corners]
    known = [place for place in places if place is not None]
    if len(known) < 3 or len(known) < len(places):
        return unknown_place("the area has a corner that is no position")
    lons = [place.lon_deg for place in known]
    if max(lons) - min(lons) > 180.0:
        return unknown_place("the area crosses the antimeridian")
    middle = Position(
        lat_deg=(min(p.lat_deg for p in known) + max(p.lat_deg for p in known)) / 2.0,
        lon_deg=(min(lons) + max(lons)) / 2.0,
    )
    farthest_m = max(distance_m(middle, place) for place in known)
    return read_place(middle.lat_deg, middle.lon_deg, uncertainty_m=farthest_m)


def unknown_place(why: str) -> Place:
    """A place that nobody knows, and why."""
    return Place(position=None, unknown=why)


def _read_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
