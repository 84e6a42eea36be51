"""`dfr init`: writes a commented scenario to start from, by its options or by questions on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_files import find_scenario, parse_scenario
from dfr.io.scenario_template import ScenarioRequest, write_scenario_template
from dfr.scenario.model import Assumption, OperationKind, Scenario

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MAX_VLOS_RADIUS_M = 2_000.0
MAX_RADIUS_M = 20_000.0
MIN_RADIUS_M = 150.0
MAX_DAYS = 14
POSTS_QUESTION = "Has somebody looked from the observers' posts?"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


@app.command()
def init(  # noqa: PLR0917 - typer reads the flags from here
    site: Annotated[str | None, typer.Option(help="Centre of the site as LAT,LON in degrees.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the scenario: lower-case letters, digits and hyphens.")
    ] = None,
    first_day: Annotated[str | None, typer.Option("--date", help="First day, such as 2025-06-21.")] = None,
    days: Annotated[int, typer.Option(help="Number of days.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File to write; if not given, NAME.yaml.")] = None,
    docks: Annotated[int, typer.Option(help="Number of docks.")] = 2,
    drone: Annotated[str, typer.Option(help="Drone: a key of `dfr catalogue`.")] = "dji-m3td",
    dock: Annotated[str, typer.Option(help="Dock: a key of `dfr catalogue`.")] = "dji-dock-2",
    operation: Annotated[
        OperationKind,
        typer.Option(help="Who sees the drone: the pilot (VLOS), observers too (EVLOS), or nobody (BVLOS)."),
    ] = OperationKind.VLOS,
    radius_m: Annotated[float, typer.Option(help="Radius of the keep-in area, m.")] = 600.0,
    ground_m_amsl: Annotated[
        float | None, typer.Option(help="Height of the ground, m above mean sea level.")
    ] = None,
    authorisation: Annotated[
        str | None, typer.Option(help="Reference of the authorisation flown under.")
    ] = None,
    no_crowd: Annotated[bool, typer.Option("--no-crowd", help="Confirm that no people gather here.")] = False,
    posts_confirmed: Annotated[
        bool,
        typer.Option(
            "--posts-confirmed", help="Confirm that somebody has looked from the drawn observer posts."
        ),
    ] = False,
    zone: Annotated[str, typer.Option(help="Time zone of the site.")] = "Europe/London",
    like: Annotated[str | None, typer.Option(help="Copy this shipped scenario instead.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented scenario to start from.

    On a terminal, dfr asks for what is missing. Whatever nobody answers is unknown and blocks a go.
    """
    if like is not None:
        _refuse_with_like(site=site, date=first_day, authorisation=authorisation, ground_m_amsl=ground_m_amsl)
        name, text = _copy_scenario(like, name)
    else:
        site = site or _ask_option("--site", "Centre of the site as LAT,LON in degrees", _parse_position)
        name = name or _ask_option("--name", "Name of the scenario", _check_name, default="my-deployment")
        tomorrow = str(datetime.now(tz=UTC).date() + timedelta(days=1))
        day = first_day or _ask_option("--date", "First day", _parse_day, default=tomorrow)
        if sys.stdin.isatty():
            authorisation = authorisation or _ask_reference()
            ground_m_amsl = _ask_height() if ground_m_amsl is None else ground_m_amsl
            no_crowd = no_crowd or not _ask_yes_no(
                f"Do people gather within {radius_m:g} m of the centre?", True
            )
            posts_confirmed = posts_confirmed or _ask_yes_no(POSTS_QUESTION, False)
        request = ScenarioRequest(
            name=name,
            site=_parse_position(site),
            first_day=_parse_day(day),
            days=days,
            zone=_parse_zone(zone),
            radius_m=radius_m,
            docks=docks,
            drone=drone,
            dock=dock,
            operation=operation,
            ground_m_amsl=ground_m_amsl,
            authorisation=_clean_text(authorisation),
            no_crowd=no_crowd,
            posts_confirmed=posts_confirmed,
        )
        text = write_scenario_template(_check_request(request))
    path = out or Path(f"{name}.yaml")
    if path.exists() and not force:
        raise InputError(f"{path} exists already", do="choose another --out, or --force to replace it")
    scenario = parse_scenario(text.encode(), name=str(path), folder=path.parent)
    write_atomically(path, text)
    if as_json:
        emit_json({"path": str(path), "name": scenario.name, "assumed": _count_assumed(scenario.assumptions)})
    else:
        _print_next_step(path, scenario)


def _copy_scenario(like: str, name: str | None) -> tuple[str, str]:
    """The name and the text of a copy of a shipped scenario."""
    source = find_scenario(like)
    name = name or source.stem
    text = read_bounded(source).decode()
    return name, re.sub(r"^name: .*$", f'name: "{name}"', text, count=1, flags=re.MULTILINE)


def _print_next_step(path: Path, scenario: Scenario) -> None:
    say(f"wrote {path}: {_count_assumed(scenario.assumptions)} figures and blocks are assumed")
    if not scenario.airspace:
        say("no shipped airspace data covers the site: add a file of its country under `airspace:`")
    say(f"next: dfr check {path}. Whatever is null or unconfirmed in the file is unknown and blocks a GO.")


def _refuse_with_like(**given: object) -> None:
    """Raise InputError for the first option given that has no effect on a copy."""
    for flag, value in given.items():
        if value is not None:
            raise InputError(
                f"--{flag.replace('_', '-')} and --like: a copy keeps the place, dates and permissions of its"
                " original",
                do="edit the copy, or leave out --like",
            )


def _ask_option(
    flag: str, question: str, check: Callable[[str], object], *, default: str | None = None
) -> str:
    """An answer from the terminal, asked for until `check` accepts it; the default if there is no terminal.

    Raises InputError if there is neither.
    """
    if sys.stdin.isatty():
        return _ask_until_valid(lambda: str(typer.prompt(question, default=default, err=True)).strip(), check)
    if default is None:
        raise InputError(f"{flag} is missing", do="give it (there is no terminal to ask on)")
    return default


def _ask_until_valid(ask: Callable[[], str], check: Callable[[str], object]) -> str:
    """The first answer that `check` accepts; for each other one it says why not. Ctrl-C ends it."""
    while True:
        answer = ask()
        try:
            check(answer)
        except InputError as error:
            note(str(error))
        else:
            return answer


def _ask_yes_no(question: str, default: bool) -> bool:
    """A person's yes or no."""
    return typer.confirm(question, default=default, err=True)


def _ask_reference() -> str | None:
    """The authorisation a person names; None where there is none yet."""
    reference: str = typer.prompt("Authorisation flown under (empty: none yet)", default="", err=True)
    return reference.strip() or None


def _ask_height() -> float | None:
    """The height of the ground as a person gives it; None if nobody knows."""
    question = "Height of the ground, m above sea level (empty: unknown)"
    return _parse_height(
        _ask_until_valid(lambda: str(typer.prompt(question, default="", err=True)), _parse_height)
    )


def _parse_height(text: str) -> float | None:
    """The height in a text; None for an empty text. Raises InputError if it is not a number."""
    try:
        return float(text) if text.strip() else None
    except ValueError as error:
        raise InputError(f"--ground-m-amsl {text!r} is not a number", do="write --ground-m-amsl 4") from error


def _clean_text(text: str | None) -> str | None:
    """The text of an option without line breaks, for YAML. Raises InputError for an empty one."""
    if text is None:
        return None
    cleaned = " ".join(text.split())
    if not cleaned:
        raise InputError("--authorisation is empty", do="write its reference")
    return cleaned


def _check_name(text: str) -> None:
    if not NAME.match(text):
        raise InputError(f"--name {text!r}", do="use lower-case letters, digits and hyphens, 40 at most")


def _parse_position(text: str) -> Position:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--site {text!r} is not a position", do="write --site 50.782,-1.089") from error
    return Position(lat_deg=lat, lon_deg=lon)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--date {text!r} is not a date", do="write --date 2025-06-21") from error


def _parse_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"--zone {text!r} is not a time zone", do="write one such as Europe/London"
        ) from error


def _check_request(request: ScenarioRequest) -> ScenarioRequest:
    """The request itself. Raises InputError if no scenario can be written for it."""
    limit = MAX_RADIUS_M if request.operation is OperationKind.BVLOS else MAX_VLOS_RADIUS_M
    _check_name(request.name)
    if not MIN_RADIUS_M <= request.radius_m <= limit:
        raise InputError(
            f"--radius-m {request.radius_m:g}", do=f"{MIN_RADIUS_M:g} to {limit:g} under {request.operation}"
        )
    if not 1 <= request.days <= MAX_DAYS:
        raise InputError(f"--days {request.days}", do=f"1 to {MAX_DAYS}")
    if not -80.0 <= request.site.lat_deg <= 80.0:
        raise InputError(f"--site {request.site} is too near a pole", do="latitudes to 80 degrees")
    if abs(request.site.lon_deg) > 179.0:
        raise InputError(f"--site {request.site} is too near the date line", do="longitudes to 179 degrees")
    return request


def _count_assumed(assumptions: tuple[Assumption, ...]) -> int:
    return sum(item.assumed for item in assumptions)
