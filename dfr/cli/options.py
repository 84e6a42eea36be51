"""Options that several verbs share: the weather of the day, the stage, and the moment of the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dfr.errors import InputError
from dfr.io.scenario_files import DayFiles
from dfr.io.weather.files import WeatherFiles
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict, verdict_of
from dfr.world.model import World

Metar = Annotated[Path | None, typer.Option(help="METARs: the weather as it was observed.")]
Taf = Annotated[Path | None, typer.Option(help="TAFs: the worst they allow in each hour.")]
Forecast = Annotated[
    Path | None,
    typer.Option(help="An hourly forecast: Open-Meteo's JSON or CSV, or a plain CSV; 48 h of it count."),
]
Notam = Annotated[list[Path] | None, typer.Option(help="NOTAMs as copied: text, or the XML of a briefing.")]
Day = Annotated[
    bool,
    typer.Option(
        "--day", help="Judge as on the day of the flight, as is done by itself from 24 h before the start."
    ),
]
Now = Annotated[
    str | None, typer.Option("--now", hidden=True, help="The moment of the verdict, 2024-08-24T09:00Z.")
]
Override = Annotated[
    str | None,
    typer.Option(
        help="Send it against its verdict, in this name and for this reason: 'Sgt A. Miller: life at risk'. "
        "It is logged beside the file. An exercise is never sent to a real vehicle."
    ),
]
PlanInForce = Annotated[
    Path | None,
    typer.Option(
        "--plan", help="The plan.json in force now: a mission compiled from another plan is refused."
    ),
]


def day_files(
    metar: Path | None, taf: Path | None, forecast: Path | None, notam: Sequence[Path] | None
) -> DayFiles:
    """The files of the day that a verb was given."""
    return DayFiles(weather=WeatherFiles(metar=metar, taf=taf, forecast=forecast), notams=tuple(notam or ()))


def verdict_now(world: World, plan: Plan, *, day: bool = False, now: str | None = None) -> Verdict:
    """The verdict on a checked plan at this moment, or at the one that was given."""
    return verdict_of(world.scenario, plan, now=moment(now), day=day)


def moment(text: str | None) -> datetime:
    """The moment that a text names, this one without. Raises InputError for none with a time zone."""
    if text is None:
        return datetime.now(tz=UTC)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--now {text!r} is no moment", do="write 2024-08-24T09:00Z") from None
    if when.tzinfo is None:
        raise InputError(f"--now {text!r} has no time zone", do="write 2024-08-24T09:00Z")
    return when
