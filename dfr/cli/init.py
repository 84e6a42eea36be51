"""`dfr init`: writes a commented scenario to start from, by its options or by questions on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.import_options import ImportOptions
from dfr.cli.options import with_option_groups
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.deployment_import import import_files, site_of_boundary
from dfr.io.files import read_bounded, write_atomically
from dfr.io.new_deployment import (
    MAX_VLOS_RADIUS_M,
    MIN_RADIUS_M,
    NewDeployment,
    check_name,
    choose_rules,
    find_place,
    read_day,
    read_zone,
    write_new_deployment,
)
from dfr.io.place_names import PlaceNames, load_place_names
from dfr.io.places import zone_at
from dfr.io.scenario_files import find_scenario, parse_scenario
from dfr.scenario.model import Assumption, OperationKind, Scenario
from dfr.world.countries import rules_at

app = typer.Typer(add_completion=False, rich_markup_mode=None)

POSTS_QUESTION = "Has somebody looked from the observers' posts?"


@app.command()
@with_option_groups
def init(
    *,
    site: Annotated[
        str | None,
        typer.Option(
            "--at",
            "--site",
            help="Centre of the site: LAT,LON in degrees, degrees and minutes, an OS grid reference, an MGRS "
            "reference, or a name of --places.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the scenario: lower-case letters, digits and hyphens.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title for people; if not given, the name.")] = "",
    first_day: Annotated[
        str | None, typer.Option("--from", "--date", help="First day, such as 2025-06-21.")
    ] = None,
    last_day: Annotated[str | None, typer.Option("--until", help="Last day, such as 2025-06-23.")] = None,
    days: Annotated[int | None, typer.Option(help="Number of days, instead of --until.")] = None,
    hours: Annotated[
        str, typer.Option(help="Hours of each day in which calls are expected.")
    ] = "10:00-22:00",
    zone: Annotated[
        str | None,
        typer.Option("--timezone", "--zone", help="Time zone of the dates; if not given, that of the place."),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            help="Country whose rules hold, such as GB; if not given, that of the place where it is sure."
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(help="File of place names: a GeoNames table, or a CSV with name, lat and lon."),
    ] = None,
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
    said_by: Annotated[
        str | None,
        typer.Option(help="Who or what says what --no-crowd, --posts-confirmed and --ground-m-amsl state."),
    ] = None,
    like: Annotated[str | None, typer.Option(help="Copy this shipped scenario instead.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    imports: ImportOptions,
    as_json: AsJson = False,
) -> None:
    """Write a commented scenario to start from.

    On a terminal, dfr asks for what is missing. Whatever nobody answers is unknown and blocks a go.

    What map files and a table of calls say takes the place of what would be drawn, and names its source. With
    --boundary, the site lies there unless --at says where.
    """
    notes: tuple[str, ...] = ()
    if like is not None:
        _refuse_with_like(
            at=site,
            date=first_day,
            until=last_day,
            timezone=zone,
            country=country,
            authorisation=authorisation,
            ground_m_amsl=ground_m_amsl,
        )
        name, text = _copy_scenario(like, name)
        path = _free_path(out, name, force=force)
        scenario = parse_scenario(text.encode(), name=str(path), folder=path.parent)
    else:
        names = None if places is None else load_place_names(places)
        if imports.boundary is not None and site is None:
            where, within_m = site_of_boundary(imports.boundary)
            site, radius_m = f"{where.lat_deg:.6f},{where.lon_deg:.6f}", max(MIN_RADIUS_M, within_m)
            radius_m = min(radius_m, MAX_VLOS_RADIUS_M)
        asked = NewDeployment(
            place=site or "",
            name=name or "",
            first_day=first_day or "",
            last_day=last_day,
            days=days,
            hours=hours,
            zone=zone,
            country=country,
            title=title,
            operation=operation.value,
            drone=drone,
            dock=dock,
            docks=docks,
            radius_m=radius_m,
            ground_m_amsl=ground_m_amsl,
            authorisation=authorisation,
            no_crowd=no_crowd,
            posts_confirmed=posts_confirmed,
            said_by=said_by,
        )
        new = _ask_missing(asked, names)
        path = _free_path(out, new.name, force=force)
        written = write_new_deployment(new, folder=path.parent, names=names)
        text, scenario, notes = written.text, written.scenario, written.notes
    if imports.files.anything:
        text, told = import_files(text, imports.files, folder=path.parent)
        scenario = parse_scenario(text.encode(), name=str(path), folder=path.parent)
        notes += told
    write_atomically(path, text)
    if as_json:
        assumed = _count_assumed(scenario.assumptions)
        emit_json({"path": str(path), "name": scenario.name, "assumed": assumed, "notes": notes})
    else:
        _print_next_step(path, scenario, notes)


def _ask_missing(new: NewDeployment, names: PlaceNames | None) -> NewDeployment:
    """The deployment with the answers of a person at a terminal to what no option said."""
    tomorrow = str(datetime.now(tz=UTC).date() + timedelta(days=1))
    place = new.place or _ask_option(
        "--at", "Centre of the site as LAT,LON in degrees", lambda text: find_place(text, names)
    )
    answers: dict[str, object] = {
        "place": place,
        "name": new.name
        or _ask_option("--name", "Name of the scenario", check_name, default="my-deployment"),
        "first_day": new.first_day or _ask_option("--date", "First day", read_day, default=tomorrow),
    }
    if sys.stdin.isatty():
        answers |= _ask_about_place(new, place, names)
        answers["authorisation"] = new.authorisation or _ask_reference()
        if new.ground_m_amsl is None:
            answers["ground_m_amsl"] = _ask_height()
        gather = f"Do people gather within {new.radius_m:g} m of the centre?"
        answers["no_crowd"] = new.no_crowd or not _ask_yes_no(gather, True)
        answers["posts_confirmed"] = new.posts_confirmed or _ask_yes_no(POSTS_QUESTION, False)
        told = answers["no_crowd"] or answers["posts_confirmed"] or answers.get("ground_m_amsl") is not None
        if told and new.said_by is None:
            answers["said_by"] = _ask_option("--said-by", "Who or what says so", _require_text)
    return new.model_copy(update=answers)


def _ask_about_place(new: NewDeployment, place: str, names: PlaceNames | None) -> dict[str, object]:
    """The clock and the country of a place that does not say them itself."""
    site = find_place(place, names)
    answers: dict[str, object] = {}
    if new.zone is None and zone_at(site) is None:
        answers["zone"] = _ask_option("--timezone", "Time zone", read_zone)
    if new.country is None and not rules_at(site):
        answers["country"] = _ask_country(site)
    return answers


def _ask_country(site: Position) -> str | None:
    """The country a person names; None if nobody knows."""
    question = "Country, such as GB (empty: not known)"
    return (
        _ask_until_valid(
            lambda: str(typer.prompt(question, default="", err=True)).strip(),
            lambda text: text and choose_rules(site, text),
        )
        or None
    )


def _free_path(out: Path | None, name: str, *, force: bool) -> Path:
    """Where the scenario goes. Raises InputError where a file is there already."""
    path = out or Path(f"{name}.yaml")
    if path.exists() and not force:
        raise InputError(f"{path} exists already", do="choose another --out, or --force to replace it")
    return path


def _copy_scenario(like: str, name: str | None) -> tuple[str, str]:
    """The name and the text of a copy of a shipped scenario."""
    source = find_scenario(like)
    name = name or source.stem
    text = read_bounded(source).decode()
    return name, re.sub(r"^name: .*$", f'name: "{name}"', text, count=1, flags=re.MULTILINE)


def _print_next_step(path: Path, scenario: Scenario, notes: tuple[str, ...]) -> None:
    say(f"wrote {path}: {_count_assumed(scenario.assumptions)} figures and blocks are assumed")
    for words in notes:
        say(words)
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


def _require_text(text: str) -> None:
    """Raise InputError for an empty answer."""
    if not text:
        raise InputError("no answer", do="write who or what says so")


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


def _count_assumed(assumptions: tuple[Assumption, ...]) -> int:
    return sum(item.assumed for item in assumptions)
