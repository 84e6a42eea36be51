"""`dfr learn`: figures of a scenario from a force's own logs, each with its uncertainty, and a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.learning import Learned, learn
from dfr.cli.import_options import ColumnOptions, columns_option, split_pairs
from dfr.cli.options import with_option_groups
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.io.call_columns import ColumnMatch
from dfr.io.call_dates import DateOrder
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.io.log_columns import FlightColumn, split_columns
from dfr.world.learning.figures import Lesson

app = typer.Typer(add_completion=False, rich_markup_mode=None)

PRIVACY = (
    "Nothing of a single call or flight is in what dfr writes: no place, time or text. The logs are not kept."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightOptions:
    """A log of flights, and what is known of it."""

    flights: Annotated[
        Path | None, typer.Option(help="Log of a drone programme's flights, CSV or .xlsx.")
    ] = None
    flight_columns: Annotated[list[str] | None, columns_option("column of the flights", FlightColumn)] = None
    flight_dates: Annotated[
        DateOrder | None, typer.Option(help="Order of day, month and year in the log of flights.")
    ] = None


@app.command()
@with_option_groups
def main(
    calls: Annotated[Path, typer.Argument(help="Log of calls, CSV or .xlsx.")],
    *,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="Scenario whose zones, grades and days are learned; if not given, dfr drafts one round the"
            " calls."
        ),
    ] = None,
    flights: FlightOptions,
    columns: ColumnOptions,
    call_zones: Annotated[
        int | None,
        typer.Option(help="Number of demand zones to make of the calls; if not given, they stay."),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            help="Time zone of a log without a scenario; if not given, that of the middle of the calls."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the learned sections of the scenario to this YAML file.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Write the whole scenario with them in it to this YAML file.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write a page with data and fit to this HTML file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn the demand of a scenario from logs: hours, zones, grades, times on scene, response, bursts.

    Each figure has its 95 % interval, its method and how many calls it is of; dfr says what a log does not
    tell.
    Calls can be of any layout: --call-columns also takes incident, given_grade, kind, en_route, arrived,
    cleared, disposition, ground_s and on_scene_s. Nothing of a single call is in what dfr writes.

    Exit codes: 0 if the log was learned from, 2 if a file cannot be used.
    """
    for path in (out, into, page):
        if path is not None:
            refuse_unwritable(path)
    shared, further = split_columns(dict(split_pairs(columns.call_columns, "--call-columns")))
    found = learn(
        calls,
        scenario=scenario,
        flights=flights.flights,
        match=ColumnMatch(
            columns=shared, dates=columns.call_dates, crs=columns.call_grid, grades=columns.grade_words
        ),
        further=further,
        flight_columns=dict(split_pairs(flights.flight_columns, "--flight-columns")),
        flight_dates=flights.flight_dates,
        zones=call_zones,
        timezone=timezone,
        folder=None if into is None else into.parent,
    )
    _write_files(found, out=out, into=into, page=page)
    if as_json:
        emit_json(_document(found))
    else:
        _print(found)


def _write_files(found: Learned, *, out: Path | None, into: Path | None, page: Path | None) -> None:
    if out is not None:
        write_atomically(out, found.fragment)
        note(f"written: {out} -> put its sections in place of those of the scenario")
    if into is not None:
        write_atomically(into, found.scenario_text)
        note(f"written: {into} -> next: dfr check {into}")
    if page is not None:
        from dfr.report.learn_page import learn_html  # loads matplotlib

        write_atomically(page, learn_html(found.lesson, guessed=found.guessed))
        note(f"written: {page}")


def _print(found: Learned) -> None:
    lesson = found.lesson
    for guess in found.guessed:
        note(f"taken as {guess}")
    say(f"learned from {lesson.source}")
    if lesson.flight_source:
        say(f"and from {lesson.flight_source}")
    for line in lesson.notes:
        say(f"  {line}")
    for name, value, n in figure_lines(lesson):
        say(f"  {name:<68}{value:<34}n {n}")
    say("not in the log:")
    for each in lesson.missing:
        say(f"  {each.name}: {each.why}")
    if found.drafted:
        say("no scenario was given: all that the log does not tell is assumed, as dfr init assumes it")
    say(PRIVACY)


def figure_lines(lesson: Lesson) -> list[tuple[str, str, str]]:
    """(Name, value with interval, observations) of every figure."""
    from dfr.report.learn_words import figure_rows

    return [(row.name, row.told, f"{row.n:,}") for row in figure_rows(lesson)]


def _document(found: Learned) -> dict[str, object]:
    lesson = found.lesson
    return {
        "source": lesson.source,
        "flight_source": lesson.flight_source or None,
        "observed": [lesson.first_day.isoformat(), lesson.last_day.isoformat()],
        "calls": lesson.calls,
        "flights": lesson.flights,
        "figures": [figure.as_dict() for figure in lesson.all_figures()],
        "durations": {name: each.as_dict() for name, each in lesson.durations.items()},
        "hours": {
            "shares_of_week": [list(row) for row in lesson.hours.shares],
            "weekdays_differ": lesson.hours.differ,
        },
        "by_type": {name: dict(row) for name, row in lesson.by_type.items()},
        "purposes": dict(lesson.purposes),
        "missing": [{"name": each.name, "why": each.why} for each in lesson.missing],
        "guessed": list(found.guessed),
        "notes": list(lesson.notes),
        "drafted": found.drafted,
    }
