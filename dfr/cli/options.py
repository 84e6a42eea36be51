"""Options that several verbs share, alone or in groups: scenario, plan, study, weather, NOTAMs, processes.

A group is a dataclass with an option for each field; `with_option_groups` lets a verb take it as a parameter.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dfr.errors import InputError
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import DayFiles
from dfr.io.weather.files import WeatherFiles
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict, verdict_of
from dfr.world.model import World

Verb = Callable[..., None]

ScenarioName = Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="A plan.json of this scenario; if not given, dfr makes a plan."),
]
Docks = Annotated[
    int | None, typer.Option(help="Number of docks to plan for; if not given, that of the scenario.")
]
Jobs = Annotated[int, typer.Option(help="Number of processes; 0 starts one for each processor.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="Run on the workers of this Dask scheduler.")
]
NMinusOne = Annotated[
    bool, typer.Option("--n-minus-1", help="Also simulate the loss of each dock, drone and pilot in turn.")
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Simulate all landings again: neither read nor keep cached tables.")
]
Now = Annotated[
    str | None, typer.Option("--now", hidden=True, help="The moment of the verdict, 2024-08-24T09:00Z.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOptions:
    """The weather and the NOTAMs of the day."""

    metar: Annotated[Path | None, typer.Option(help="File of METARs: observed weather.")] = None
    taf: Annotated[
        Path | None,
        typer.Option(help="File of TAFs; for each hour, dfr takes the worst weather that they forecast."),
    ] = None
    forecast: Annotated[
        Path | None,
        typer.Option(
            help="Hourly forecast: JSON or CSV from Open-Meteo, or a plain CSV; dfr uses its first 48 h."
        ),
    ] = None
    notam: Annotated[
        list[Path] | None,
        typer.Option(help="File of NOTAMs: copied text, or the XML of a briefing. Repeatable."),
    ] = None

    @property
    def files(self) -> DayFiles:
        """The files that were given."""
        weather = WeatherFiles(metar=self.metar, taf=self.taf, forecast=self.forecast)
        return DayFiles(weather=weather, notams=tuple(self.notam or ()))

    def load_scenario(self, scenario: str) -> World:
        """The world of a scenario on that day."""
        from dfr.api.planning import load_scenario  # loads the solvers, which some verbs do without

        return load_scenario(
            scenario, metar=self.metar, taf=self.taf, forecast=self.forecast, notams=self.notam or ()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictOptions(DayOptions):
    """The weather and the NOTAMs of the day, and when and how strictly the plan is judged."""

    day: Annotated[
        bool,
        typer.Option(
            "--day", help="Judge as on the day of the flight; automatic from 24 h before the start."
        ),
    ] = False
    now: Now = None

    @property
    def moment(self) -> datetime:
        """The moment of the verdict."""
        return parse_moment(self.now)

    def verdict(self, world: World, plan: Plan, *, day: bool = False) -> Verdict:
        """The verdict on a checked plan; `day` judges as on the day of the flight in any case."""
        return verdict_of(world.scenario, plan, now=self.moment, day=day or self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """How often a scenario is simulated, and on which random numbers."""

    replications: Annotated[
        int | None, typer.Option(help="Number of replications; if not given, that of the scenario.")
    ] = None
    seed: Annotated[int | None, typer.Option(help="Random seed; if not given, that of the scenario.")] = None


def with_option_groups(verb: Verb) -> Verb:
    """The verb with an option for each field of those of its parameters that are groups of options."""
    signature = inspect.signature(verb, eval_str=True)
    kinds: dict[str, type] = {name: option.annotation for name, option in signature.parameters.items()}
    groups = {name: kind for name, kind in kinds.items() if is_dataclass(kind)}

    @functools.wraps(verb)
    def take_options(**given: object) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        verb(**given)

    options = [
        option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
        for option in (_options_of(groups[name]) if name in groups else [parameter])
    ]
    take_options.__signature__ = signature.replace(parameters=options)  # type: ignore[attr-defined]
    return take_options


def _options_of(group: type) -> list[inspect.Parameter]:
    """The parameters of a group's constructor."""
    return list(inspect.signature(group, eval_str=True).parameters.values())


def parse_moment(text: str | None) -> datetime:
    """The moment that a text names; this moment for none. Raises InputError for one without a time zone."""
    if text is None:
        return datetime.now(tz=UTC)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--now {text!r} is not a date and time", do="write 2024-08-24T09:00Z") from None
    if when.tzinfo is None:
        raise InputError(f"--now {text!r} has no time zone", do="write 2024-08-24T09:00Z")
    return when


def read_or_make_plan(world: World, path: Path | None, docks: int | None) -> Plan:
    """The plan in a file, which must be of this very scenario, or a new one."""
    if path is None:
        from dfr.plan.planner import make_plan  # loads the solvers, which a verb without a plan does without

        return make_plan(world, docks=docks)
    if docks is not None:
        raise InputError("--plan and --docks exclude each other", do="give one of them")
    return read_plan(path, world.scenario)


def count_processes(jobs: int) -> int:
    """How many processes `--jobs` means; 0 is one for each processor. Raises InputError below it."""
    if jobs < 0:
        raise InputError(f"--jobs {jobs} is below 0", do="give 1 or more, or 0 for one per processor")
    return jobs or len(os.sched_getaffinity(0))
