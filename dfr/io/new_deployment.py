"""A new deployment as a person asks for it (`NewDeployment`), checked and written as a scenario.

`dfr init` and the page share `write_new_deployment`. Nothing is filled in silently: what the place itself
says (its clock, its rules) is told in `notes`; what nobody knows is unknown in the scenario and blocks a go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.place_names import PlaceNames
from dfr.io.places import countries_of_zone, country_names, read_country, read_place, zone_at
from dfr.io.scenario_files import parse_scenario
from dfr.io.scenario_template import ScenarioRequest, write_scenario_template
from dfr.plan.rules import JURISDICTIONS, rules_of_country
from dfr.scenario.model import OperationKind, Scenario
from dfr.world.countries import CountryFit, country_fit, rules_at

MAX_VLOS_RADIUS_M = 2_000.0
MAX_RADIUS_M = 20_000.0
MIN_RADIUS_M = 150.0
MAX_DAYS = 14
LONGEST_TITLE = 120
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
HOURS = re.compile(r"(\d{1,2}):00\s*(?:-|to)\s*(\d{1,2}):00\Z")


class NewDeployment(BaseModel):
    """What is asked of a person; each text as it was typed. An empty text and None are no answer."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    place: str
    first_day: str
    last_day: str | None = None
    days: int | None = None
    hours: str = "10:00-22:00"
    zone: str | None = None
    country: str | None = None
    title: str = ""
    operation: str = OperationKind.VLOS.value
    drone: str = "dji-m3td"
    dock: str = "dji-dock-2"
    docks: int = 2
    radius_m: float = 600.0
    ground_m_amsl: float | None = None
    authorisation: str | None = None
    no_crowd: bool = False
    posts_confirmed: bool = False
    said_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDeployment:
    """The text of a new scenario, what it says, and what the place itself decided."""

    name: str
    text: str
    scenario: Scenario
    notes: tuple[str, ...]


def read_new_deployment(document: dict[str, Any]) -> NewDeployment:
    """The answers in a document from outside. Raises InputError with the field that cannot be used."""
    try:
        return NewDeployment.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the document"
        raise InputError(f"{field:.60}: {first['msg']}", do="correct it") from error


def write_new_deployment(
    new: NewDeployment, *, folder: Path, names: PlaceNames | None = None
) -> WrittenDeployment:
    """The scenario of a new deployment that will stand in `folder`. Raises InputError for what cannot be."""
    request, notes = _request_of(new, names)
    text = write_scenario_template(request)
    scenario = parse_scenario(text.encode(), name=f"{request.name}.yaml", folder=folder)
    if not scenario.airspace:
        notes += ("No shipped airspace data covers the site: load the airspace of its country.",)
    return WrittenDeployment(name=request.name, text=text, scenario=scenario, notes=notes)


def _request_of(new: NewDeployment, names: PlaceNames | None) -> tuple[ScenarioRequest, tuple[str, ...]]:
    check_name(new.name)
    site = find_place(new.place, names)
    zone, zone_notes = choose_zone(site, new.zone)
    rules, rules_notes = choose_rules(site, new.country)
    first_day = read_day(new.first_day)
    opens_h, closes_h = read_hours(new.hours)
    request = ScenarioRequest(
        name=new.name,
        title=_read_title(new.title),
        site=site,
        first_day=first_day,
        days=_count_days(first_day, new),
        opens_h=opens_h,
        closes_h=closes_h,
        zone=zone,
        rules=rules,
        radius_m=new.radius_m,
        docks=new.docks,
        drone=new.drone,
        dock=new.dock,
        operation=_read_operation(new.operation),
        ground_m_amsl=new.ground_m_amsl,
        authorisation=_read_reference(new.authorisation),
        no_crowd=new.no_crowd,
        posts_confirmed=new.posts_confirmed,
        said_by=_read_said_by(new),
    )
    _check_reach(request)
    return request, (*zone_notes, *rules_notes)


def find_place(text: str, names: PlaceNames | None = None) -> Position:
    """The place of coordinates, or the only one of that name. Raises InputError where there is none."""
    try:
        site = read_place(text).position
    except InputError:
        if names is None or not names.search(text):
            raise
        site = names.find_one(text)
    if not -80.0 <= site.lat_deg <= 80.0:
        raise InputError(f"{site} is too near a pole", do="latitudes to 80 degrees")
    if abs(site.lon_deg) > 179.0:
        raise InputError(f"{site} is too near the date line", do="longitudes to 179 degrees")
    return site


def choose_zone(site: Position, given: str | None) -> tuple[ZoneInfo, tuple[str, ...]]:
    """The time zone asked for, else that of the place, and what to tell. Raises InputError without one."""
    here = zone_at(site)
    if given:
        zone = read_zone(given)
        differs = here is not None and here.key != zone.key
        words = f"The place is on the clock of {here}; local times are read in {zone}, as you asked."
        return zone, ((words,) if differs else ())
    if here is None:
        raise InputError(
            f"the time zone of {site} is not known (it is at sea, or timezonefinder is not installed)",
            do="give the time zone, such as Europe/London",
        )
    return here, (f"Local times are those of {here.key}: the place is there.",)


def choose_rules(site: Position, country: str | None) -> tuple[str, tuple[str, ...]]:
    """The set of rules of the country given, else of the place where that is sure; and what to tell.

    Raises InputError where the place surely lies elsewhere.
    """
    here = rules_at(site)
    if country:
        code = read_country(country)
        rules = rules_of_country(code)
        if rules not in here:
            _refuse_elsewhere(site, code, rules, here)
        name = country_names()[code]
        if rules == "none":
            return rules, (f"No rules of {name} are loaded, so no plan there is a GO.",)
        return rules, (f"The rules are those of {name} ({JURISDICTIONS[rules].name}), as you said.",)
    if here:
        return here[0], (f"The rules are those of the {JURISDICTIONS[here[0]].name}: the place is there.",)
    return "none", ("Nobody has said in which country the place is: until then no plan is a GO.",)


def _refuse_elsewhere(site: Position, code: str, rules: str, here: tuple[str, ...]) -> None:
    """Raise InputError where the outlines or the clock of the place say that it is elsewhere."""
    if here:
        raise InputError(
            f"{site} is in the {JURISDICTIONS[here[0]].name}, not in {country_names()[code]}",
            do="check the country, and that latitude comes first",
        )
    if rules != "none" and country_fit(rules, site) is CountryFit.OUTSIDE:
        raise InputError(
            f"{site} is far from {country_names()[code]} and where its rules hold",
            do="check the country, and that latitude comes first",
        )
    zone = zone_at(site)
    countries = () if zone is None else countries_of_zone(zone)
    if countries and code not in countries:
        theirs = ", ".join(country_names()[other] for other in countries)
        raise InputError(
            f"{site} is on the clock of {zone} ({theirs}), not in {country_names()[code]}",
            do="check the country, and that latitude comes first",
        )


def check_name(text: str) -> None:
    """Raise InputError for a name that is none for a file."""
    if not NAME.match(text):
        raise InputError(f"name {text!r:.60}", do="use lower-case letters, digits and hyphens, 40 at most")


def read_day(text: str) -> date:
    """The date in a text. Raises InputError for any other text."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{text!r:.60} is not a date", do="write it as 2025-06-21") from error


def read_zone(text: str) -> ZoneInfo:
    """The time zone of a name. Raises InputError for any other text."""
    try:
        return ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"{text!r:.60} is not a time zone", do="write one such as Europe/London") from error


def read_hours(text: str) -> tuple[int, int]:
    """The whole hours (from, to) of a day, 24 for midnight. Raises InputError for any other text.

    >>> read_hours("10:00-24:00")
    (10, 24)
    """
    match = HOURS.match(text.strip())
    opens_h, closes_h = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 0 <= opens_h < closes_h <= 24:
        raise InputError(
            f"hours {text!r:.60}",
            do="write full hours of one day, such as 10:00-22:00; edit a shift past midnight in the scenario",
        )
    return opens_h, closes_h


def _count_days(first_day: date, new: NewDeployment) -> int:
    if new.last_day and new.days is not None:
        raise InputError("a last day and a number of days are given", do="give one of them")
    days = (read_day(new.last_day) - first_day).days + 1 if new.last_day else new.days
    days = 1 if days is None else days
    if not 1 <= days <= MAX_DAYS:
        last_day = first_day + timedelta(days=days - 1) if abs(days) < 10_000 else "then"
        raise InputError(f"{days} days, from {first_day} to {last_day}", do=f"1 to {MAX_DAYS} days")
    return days


def _read_title(text: str) -> str:
    """A title on one line. Raises InputError for one that is too long."""
    title = " ".join(text.split())
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise InputError(f"title {title!r:.60}", do=f"write at most {LONGEST_TITLE} letters on one line")
    return title


def _read_reference(text: str | None) -> str | None:
    """The reference of the authorisation on one line. Raises InputError for an empty one."""
    if text is None:
        return None
    reference = " ".join(text.split())
    if not reference:
        raise InputError("the authorisation is empty", do="write its reference")
    return reference


def _read_said_by(new: NewDeployment) -> str | None:
    """Who says what was told, on one line. Raises InputError where a statement would be nobody's."""
    said_by = " ".join((new.said_by or "").split()) or None
    told = {"no people gather": new.no_crowd, "somebody has looked from every post": new.posts_confirmed}
    nameless = [words for words, is_said in told.items() if is_said and said_by is None]
    if nameless:
        raise InputError(
            f"nobody is named who says that {' and that '.join(nameless)}",
            do="say who or what says so (on the command line: --said-by)",
        )
    return said_by


def _read_operation(text: str) -> OperationKind:
    try:
        return OperationKind(text)
    except ValueError as error:
        raise InputError(
            f"{text!r:.60} is no kind of operation", do=f"choose {', '.join(OperationKind)}"
        ) from error


def _check_reach(request: ScenarioRequest) -> None:
    """Raise InputError for a radius that the kind of operation does not allow."""
    limit_m = MAX_RADIUS_M if request.operation is OperationKind.BVLOS else MAX_VLOS_RADIUS_M
    if not MIN_RADIUS_M <= request.radius_m <= limit_m:
        raise InputError(
            f"a radius of {request.radius_m:g} m",
            do=f"{MIN_RADIUS_M:g} to {limit_m:g} m under {request.operation}",
        )
