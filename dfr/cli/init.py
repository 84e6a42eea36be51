"""`dfr init`: a commented scenario to start from, asked for on a terminal or told by flags."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from dfr.cli.output import emit_json, note, say
from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_files import find_scenario, scenario_from
from dfr.io.scenario_template import ScenarioRequest, scenario_text
from dfr.scenario.model import Assumption, OperationKind, Scenario

app = typer.Typer()

MAX_VLOS_RADIUS_M = 2_000.0
MAX_RADIUS_M = 20_000.0
MIN_RADIUS_M = 150.0
MAX_DAYS = 14
POSTS_QUESTION = "Has somebody looked from the observers' posts?"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


@app.command()
def init(  # noqa: PLR0917 - typer reads the flags from here
    site: Annotated[str | None, typer.Option(help="Centre of the site as LAT,LON in degrees.")] = None,
    name: Annotated[str | None, typer.Option(help="Lower-case name with hyphens.")] = None,
    first_day: Annotated[str | None, typer.Option("--date", help="First day, 2025-06-21.")] = None,
    days: Annotated[int, typer.Option(help="How many days.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File to write; NAME.yaml by default.")] = None,
    docks: Annotated[int, typer.Option(help="How many docks.")] = 2,
    drone: Annotated[str, typer.Option(help="Key of the hardware catalogue.")] = "dji-m3td",
    dock: Annotated[str, typer.Option(help="Key of the hardware catalogue.")] = "dji-dock-2",
    operation: Annotated[OperationKind, typer.Option(help="Who sees the drone.")] = OperationKind.VLOS,
    radius_m: Annotated[float, typer.Option(help="Radius of the keep-in, m.")] = 600.0,
    ground_m_amsl: Annotated[float | None, typer.Option(help="Height of the ground, m.")] = None,
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
    zone: Annotated[str, typer.Option(help="Time zone.")] = "Europe/London",
    like: Annotated[str | None, typer.Option(help="Copy a shipped scenario instead.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Write a commented scenario to start from."""
    if like is not None:
        _only_copied(site=site, date=first_day, authorisation=authorisation, ground_m_amsl=ground_m_amsl)
        name, text = _copied(like, name)
    else:
        site = site or _ask("--site", "Centre of the site as LAT,LON in degrees", _position)
        name = name or _ask("--name", "Name of the scenario", _name, default="my-deployment")
        tomorrow = str(datetime.now(tz=UTC).date() + timedelta(days=1))
        day = first_day or _ask("--date", "First day", _day, default=tomorrow)
        if sys.stdin.isatty():
            authorisation = authorisation or _asked_reference()
            ground_m_amsl = _asked_height() if ground_m_amsl is None else ground_m_amsl
            no_crowd = no_crowd or not _asked(f"Do people gather within {radius_m:g} m of the centre?", True)
            posts_confirmed = posts_confirmed or _asked(POSTS_QUESTION, False)
        wish = ScenarioRequest(
            name=name,
            site=_position(site),
            first_day=_day(day),
            days=days,
            zone=_zone(zone),
            radius_m=radius_m,
            docks=docks,
            drone=drone,
            dock=dock,
            operation=operation,
            ground_m_amsl=ground_m_amsl,
            authorisation=_words(authorisation),
            no_crowd=no_crowd,
            posts_confirmed=posts_confirmed,
        )
        text = scenario_text(_sane(wish))
    path = out or Path(f"{name}.yaml")
    if path.exists() and not force:
        raise InputError(f"{path} exists already", do="choose another --out, or --force to replace it")
    scenario = scenario_from(text.encode(), name=str(path), folder=path.parent)
    write_atomically(path, text)
    if as_json:
        emit_json({"path": str(path), "name": scenario.name, "assumed": _assumed(scenario.assumptions)})
    else:
        _say(path, scenario)


def _copied(like: str, name: str | None) -> tuple[str, str]:
    """The name and the text of a copy of a shipped scenario."""
    source = find_scenario(like)
    name = name or source.stem
    text = read_bounded(source).decode()
    return name, re.sub(r"^name: .*$", f'name: "{name}"', text, count=1, flags=re.MULTILINE)


def _say(path: Path, scenario: Scenario) -> None:
    say(f"wrote {path}: {_assumed(scenario.assumptions)} figures and blocks are assumed")
    if not scenario.airspace:
        say("no shipped airspace data covers the site: add a file of its country under `airspace:`")
    say(f"next: dfr check {path}. Whatever is null or unconfirmed in the file is unknown and blocks a GO.")


def _only_copied(**told: object) -> None:
    """Refuses flags that a copy would not heed. Raises InputError for the first one given."""
    for flag, value in told.items():
        if value is not None:
            raise InputError(
                f"--{flag.replace('_', '-')} and --like: a copy keeps the place, dates and permissions of its"
                " original",
                do="edit the copy, or leave out --like",
            )


def _ask(flag: str, question: str, check: Callable[[str], object], *, default: str | None = None) -> str:
    """An answer from the terminal, asked for until `check` takes it; the default where there is none.

    Raises InputError where there is neither.
    """
    if sys.stdin.isatty():
        return _until_taken(lambda: str(typer.prompt(question, default=default, err=True)).strip(), check)
    if default is None:
        raise InputError(f"{flag} is missing", do="give it (there is no terminal to ask on)")
    return default


def _until_taken(ask: Callable[[], str], check: Callable[[str], object]) -> str:
    """The first answer that `check` takes; of each other it is said why not. Ctrl-C ends it."""
    while True:
        answer = ask()
        try:
            check(answer)
        except InputError as error:
            note(str(error))
        else:
            return answer


def _asked(question: str, default: bool) -> bool:
    """A person's yes or no."""
    return typer.confirm(question, default=default, err=True)


def _asked_reference() -> str | None:
    """The authorisation a person names; None where there is none yet."""
    reference: str = typer.prompt("Authorisation flown under (empty: none yet)", default="", err=True)
    return reference.strip() or None


def _asked_height() -> float | None:
    """The height of the ground a person tells; None where nobody knows."""
    question = "Height of the ground, m above sea level (empty: unknown)"
    return _height(_until_taken(lambda: str(typer.prompt(question, default="", err=True)), _height))


def _height(told: str) -> float | None:
    """A height that somebody wrote; None for an empty one. Raises InputError for no number."""
    try:
        return float(told) if told.strip() else None
    except ValueError as error:
        raise InputError(f"--ground-m-amsl {told!r} is not a number", do="write --ground-m-amsl 4") from error


def _words(text: str | None) -> str | None:
    """The text of a flag without what a line of YAML cannot hold; an empty one says nothing: an error."""
    if text is None:
        return None
    cleaned = " ".join(text.split())
    if not cleaned:
        raise InputError("--authorisation is empty", do="write its reference")
    return cleaned


def _name(text: str) -> None:
    if not NAME.match(text):
        raise InputError(f"--name {text!r}", do="use lower-case letters, digits and hyphens, 40 at most")


def _position(text: str) -> Position:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--site {text!r} is not a position", do="write --site 50.782,-1.089") from error
    return Position(lat_deg=lat, lon_deg=lon)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--date {text!r} is not a date", do="write --date 2025-06-21") from error


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"--zone {text!r} is not a time zone", do="write one such as Europe/London"
        ) from error


def _sane(wish: ScenarioRequest) -> ScenarioRequest:
    """The wish, where a scenario can be written for it."""
    limit = MAX_RADIUS_M if wish.operation is OperationKind.BVLOS else MAX_VLOS_RADIUS_M
    _name(wish.name)
    if not MIN_RADIUS_M <= wish.radius_m <= limit:
        raise InputError(
            f"--radius-m {wish.radius_m:g}", do=f"{MIN_RADIUS_M:g} to {limit:g} under {wish.operation}"
        )
    if not 1 <= wish.days <= MAX_DAYS:
        raise InputError(f"--days {wish.days}", do=f"1 to {MAX_DAYS}")
    if not -80.0 <= wish.site.lat_deg <= 80.0:
        raise InputError(f"--site {wish.site} is too near a pole", do="latitudes to 80 degrees")
    if abs(wish.site.lon_deg) > 179.0:
        raise InputError(f"--site {wish.site} is too near the date line", do="longitudes to 179 degrees")
    return wish


def _assumed(assumptions: tuple[Assumption, ...]) -> int:
    return sum(item.assumed for item in assumptions)
