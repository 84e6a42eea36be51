"""`dfr airspace`: checks, queries and converts airspace files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from datetime import date as calendar_date
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import Position
from dfr.io.airspace.convert import FORMATS, convert_files
from dfr.io.airspace.files import load_airspace
from dfr.io.airspace.lint import files_under, lint_file, skipped_files, sum_reports
from dfr.io.airspace.notam import read_notams, reading_of_files
from dfr.io.files import write_atomically
from dfr.io.terrain_files import load_terrain
from dfr.scenario.air import ZONE_KINDS, AirspaceFile, DataKind, TerrainFile, in_order
from dfr.world.airspace import Airspace
from dfr.world.airspace_answers import AirspaceAnswer, AirspaceState, doubt_old_data
from dfr.world.notices import NotamText, with_notams
from dfr.world.terrain import FlatGround, Terrain, UnknownGround
from dfr.world.zones import Zone

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Check, query and convert airspace files.",
)

ISSUES_SHOWN = 200


@app.command(short_help="Check airspace files and list what cannot be read whole.")
def lint(
    files: Annotated[
        list[Path], typer.Argument(help="Airspace files, or folders of them.", metavar="FILE...")
    ],
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if any volume was refused or none was found.")
    ] = False,
) -> None:
    """List every volume that dfr had to repair or refused, with its line."""
    results = [lint_file(path) for path in files_under(files)]
    reports = [report for report, _ in results]
    summary, others = sum_reports(reports), [str(path) for path in skipped_files(files)]
    if as_json:
        emit_json({"files": reports, **summary, "passed_over": others})
    else:
        for report in reports:
            _print_report(report)
    if others:
        note(
            f"{counted_noun(len(others), 'file')} skipped because of the name, first {others[0]} "
            "-> name them to read them"
        )
    if not reports:
        note(f"no airspace file in {', '.join(map(str, files))}")
    if not all(readable for _, readable in results):
        raise typer.Exit(2)
    volumes = [report["records_seen"] for report in reports]
    if strict and (summary["refused"] or not volumes or not all(volumes)):
        raise typer.Exit(3)


@app.command(short_help="Report the airspace at a point, height and time.")
def at(  # noqa: PLR0917 - typer makes each an option
    lat: Annotated[float, typer.Option(help="Latitude, degrees north.")],
    lon: Annotated[float, typer.Option(help="Longitude, degrees east.")],
    height_m_agl: Annotated[float, typer.Option(help="Height above ground, m.")],
    time: Annotated[str, typer.Option(help="ISO 8601 with its UTC offset, such as 2024-08-24T12:00Z.")],
    airspace: Annotated[list[Path], typer.Option(help="Airspace file. Repeatable.")],
    more: Annotated[
        list[Path] | None, typer.Argument(help="More airspace files.", metavar="[FILE]...")
    ] = None,
    within_km: Annotated[
        float, typer.Option(help="Also list zones whose edge is within this distance, km.")
    ] = 0.0,
    ground_m_amsl: Annotated[
        float | None, typer.Option(help="Height of the ground at this point, m AMSL.")
    ] = None,
    terrain: Annotated[
        list[Path] | None,
        typer.Option(help="File of ground heights (OS Terrain 50, SRTM, GeoTIFF). Repeatable."),
    ] = None,
    qnh_hpa: Annotated[float | None, typer.Option(help="QNH, hPa, for flight levels.")] = None,
    kind: Annotated[
        list[DataKind] | None,
        typer.Option(help="Kind of data that 'clear' needs; if not given, all kinds of zones. Repeatable."),
    ] = None,
    notam: Annotated[
        list[Path] | None,
        typer.Option(help="File of NOTAMs: copied text, or the XML of a briefing. Repeatable."),
    ] = None,
    date: Annotated[
        str,
        typer.Option(
            help="Date of the data in airspace files that say none themselves, such as 2024-08-24.",
            metavar="DATE",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Report the airspace at a point, height and time, with reasons.

    "Clear" means that every kind of data asked for is loaded for this place, height and time, that the data
    are dated within a year of it, and that no zone applies.
    """
    position = Position(lat_deg=lat, lon_deg=lon)
    when = _parse_time(time)
    _check_ranges(height_m_agl, within_km, qnh_hpa, ground_m_amsl)
    paths = [*airspace, *(more or [])]
    dated = _parse_date(date)
    loaded = load_airspace([AirspaceFile(path=str(path), date=dated, source="") for path in paths])
    loaded, undrawn = _apply_notams(loaded, notam or [], position, when)
    ground = _choose_ground(ground_m_amsl, terrain or [], position)
    answer = loaded.at(
        position,
        height_m_agl=height_m_agl,
        when=when,
        terrain=ground,
        qnh_hpa=qnh_hpa,
        needs=kind or ZONE_KINDS,
    )
    answer = _unknown_where_undrawn(doubt_old_data(answer, loaded.sources, when), undrawn)
    document = _answer_document(answer, loaded, position, within_km * 1000.0, when)
    if as_json:
        emit_json(document)
    else:
        _print_answer(document)


@app.command(short_help="Convert airspace files to another format.")
def convert(
    files: Annotated[
        list[Path], typer.Argument(help="Airspace files of any format read.", metavar="FILE...")
    ],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    form: Annotated[
        str,
        typer.Option(
            "--format", help=f"One of {', '.join(FORMATS)}; if not given, the suffix of the file decides."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Convert airspace files to another format, and list what that format cannot hold.

    The exit code is 3 if a volume is missing from the new file; dfr writes the file all the same.
    """
    converted = convert_files(files, out=out, form=form)
    write_atomically(out, converted.content)
    if as_json:
        emit_json(converted.as_dict())
    else:
        for line in converted.lost:
            note(f"lost: {line}")
        counts = f"{converted.left_out} left out, {converted.refused} refused"
        say(f"{out}: {counted_noun(converted.zones, 'zone')} as {converted.form}; {counts}")
    if not converted.whole:
        raise typer.Exit(3)


def _apply_notams(
    airspace: Airspace, files: list[Path], position: Position, when: datetime
) -> tuple[Airspace, list[NotamText]]:
    """(the airspace as NOTAMs have it, those in force then that nobody could draw)."""
    if not files:
        return airspace, []
    texts = [read_notams(path) for path in files]
    undrawn = [text for notams in texts for text in notams.undrawn]
    in_force = [text for text in undrawn if text.activation.is_active(when, when, position) is not False]
    return with_notams(airspace, reading_of_files(files, texts), texts), in_force


def _unknown_where_undrawn(answer: AirspaceAnswer, undrawn: list[NotamText]) -> AirspaceAnswer:
    """Unknown instead of clear where a NOTAM that could not be drawn may apply; its text is a reason."""
    doubtful = bool(undrawn) and answer.state is AirspaceState.CLEAR
    state = AirspaceState.UNKNOWN if doubtful else answer.state
    return replace(answer, state=state, reasons=(*answer.reasons, *map(str, undrawn)))


def _choose_ground(stated_m_amsl: float | None, files: list[Path], position: Position) -> Terrain:
    """The ground as stated, else of the files; they are not weighed against each other."""
    if stated_m_amsl is not None and files:
        raise InputError("--ground-m-amsl and --terrain", do="give one of them")
    if stated_m_amsl is not None:
        return FlatGround(height_m_amsl=stated_m_amsl, source="command line")
    if not files:
        return UnknownGround()
    return load_terrain([TerrainFile(path=str(path), source=path.name) for path in files], near=position)


def _parse_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(
            f"--time {text!r} is not an ISO 8601 time", do="such as 2024-08-24T12:00Z"
        ) from error
    if moment.tzinfo is None:
        raise InputError(f"--time {text!r} has no offset", do="add Z for UTC or such as +01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InputError(
            f"--time {text!r} is beyond the calendar in UTC", do="a year from 1 to 9999"
        ) from error


def _parse_date(text: str) -> str:
    """A date as ISO 8601 writes it; '' for none. Raises InputError for what is no date."""
    try:
        return text and calendar_date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise InputError(f"--date {text!r} is not a date", do="such as 2024-08-24") from error


def _check_ranges(height_m: float, within_km: float, qnh_hpa: float | None, ground_m: float | None) -> None:
    """Raise InputError for a value that means nothing; comparisons with NaN are false."""
    if not -100.0 <= height_m <= 100_000.0:
        raise InputError(f"--height-m-agl {height_m} is not a height", do="metres above ground")
    if not 0.0 <= within_km <= 2000.0:
        raise InputError(f"--within-km {within_km} is out of range", do="0 to 2000")
    if qnh_hpa is not None and not 850.0 <= qnh_hpa <= 1100.0:
        raise InputError(f"--qnh-hpa {qnh_hpa} is not a pressure at sea level", do="hPa, such as 1013")
    if ground_m is not None and not -500.0 <= ground_m <= 9000.0:
        raise InputError(f"--ground-m-amsl {ground_m} is not on the globe", do="metres above mean sea level")


def _answer_document(
    answer: AirspaceAnswer, airspace: Airspace, position: Position, within_m: float, when: datetime
) -> dict[str, object]:
    here = {id(item.zone) for item in answer.zones}
    zones = [_zone_document(z.zone, z.active, z.contains, z.distance_m) for z in answer.zones]
    if within_m > 0.0:
        around = [
            (zone, away_m)
            for zone, away_m in airspace.zones_near(position, within_m=within_m)
            if id(zone) not in here
        ]
        zones += [_zone_document(zone, zone.is_active(when, when), False, away_m) for zone, away_m in around]
    sources = [
        {
            "file": s.path,
            "date": s.date,
            "sha256": s.sha256,
            "what": s.what,
            "kinds": [kind.value for kind in in_order(s.kinds)],
            "omissions": list(s.omissions),
        }
        for s in airspace.sources
    ]
    return {
        "state": answer.state.value,
        "zones": zones,
        "reasons": list(answer.reasons),
        "coverage": {cover.kind.value: cover.as_dict() for cover in answer.covered},
        "sources": sources,
    }


def _zone_document(
    zone: Zone, active: bool | None, contains: bool | None, distance_m: float
) -> dict[str, object]:
    return {
        "name": zone.name,
        "class": zone.airspace_class,
        "type": zone.kind,
        "lower": zone.lower.text,
        "upper": zone.upper.text,
        "active": active,
        "contains": contains,
        "distance_m": round(distance_m, 1),
        "edges": zone.area.edges.value,
        "contact": zone.contact,
        "exempt": zone.exempt,
        "remarks": zone.defect or zone.remarks,
        "file": zone.source,
        "line": zone.line,
    }


def _print_answer(document: dict[str, object]) -> None:
    say(str(document["state"]).replace("_", " ").upper())
    covered = document["coverage"] if isinstance(document["coverage"], dict) else {}
    for kind, cover in covered.items():
        say(f"  {kind}: {', '.join(cover['sources']) if cover['covered'] else 'not covered here'}")
    for reason in document["reasons"] if isinstance(document["reasons"], list) else []:
        say(f"  {reason}")
    for zone in document["zones"] if isinstance(document["zones"], list) else []:
        kind = f"{zone['type']} {zone['class']}".strip()
        away_km = zone["distance_m"] / 1000.0
        say(f"  {away_km:7.2f} km  {zone['name']} ({kind}) {zone['lower']} to {zone['upper']}")


def _print_report(report: dict[str, object]) -> None:
    volumes = counted_noun(int(str(report["records_seen"])), "volume")
    say(
        "{file}: {volumes}, {zones} usable, {repaired} repaired, {refused} refused".format(
            volumes=volumes, **report
        )
    )
    problems = report["problems"] if isinstance(report["problems"], list) else []
    for problem in problems[:ISSUES_SHOWN]:
        say(f"  {problem['line'] or '-'}: {problem['code']}: {problem['message']} ({problem['outcome']})")
    if len(problems) > ISSUES_SHOWN:
        say(f"  and {len(problems) - ISSUES_SHOWN} more; --json lists all")
