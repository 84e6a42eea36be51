"""Options that several verbs share and the values they mean: day, plan, processes, signing key, authority."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dfr.errors import InputError
from dfr.io.files import read_bounded
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import DayFiles
from dfr.io.weather.files import WeatherFiles
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict, verdict_of
from dfr.world.model import World

Metar = Annotated[Path | None, typer.Option(help="METARs: observed weather.")]
Taf = Annotated[
    Path | None, typer.Option(help="TAFs: the worst weather they forecast for each hour is taken.")
]
Forecast = Annotated[
    Path | None,
    typer.Option(help="Hourly forecast: JSON or CSV of Open-Meteo, or a plain CSV; its first 48 h are used."),
]
Notam = Annotated[
    list[Path] | None, typer.Option(help="NOTAMs: copied text, or the XML of a briefing. Repeatable.")
]
Day = Annotated[
    bool,
    typer.Option("--day", help="Judge as on the day of the flight. Automatic from 24 h before the start."),
]
Now = Annotated[
    str | None, typer.Option("--now", hidden=True, help="The moment of the verdict, 2024-08-24T09:00Z.")
]
Override = Annotated[
    str | None,
    typer.Option(
        help="Send the mission although its verdict forbids it. Give name and reason: "
        "'Sgt A. Miller: life at risk'. Both are logged beside the file. "
        "An exercise is never sent to a real vehicle."
    ),
]
PlanInForce = Annotated[
    Path | None,
    typer.Option("--plan", help="The plan.json now in force: a mission made from another plan is refused."),
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
        raise InputError(f"--now {text!r} is not a date and time", do="write 2024-08-24T09:00Z") from None
    if when.tzinfo is None:
        raise InputError(f"--now {text!r} has no time zone", do="write 2024-08-24T09:00Z")
    return when


NoCache = Annotated[
    bool,
    typer.Option("--no-cache", help="Simulate all landings again; neither read nor keep the cached tables."),
]


def plan_of(world: World, path: Path | None, docks: int | None) -> Plan:
    """The plan in a file, which must be of this very scenario, or a new one."""
    if path is None:
        from dfr.plan.planner import make_plan  # loads the solvers, which a verb without a plan does without

        return make_plan(world, docks=docks)
    if docks is not None:
        raise InputError("--plan and --docks exclude each other", do="give one of them")
    return read_plan(path, world.scenario)


def workers(jobs: int) -> int:
    """How many processes `--jobs` means; 0 is one for each processor. Raises InputError below it."""
    if jobs < 0:
        raise InputError(f"--jobs {jobs} is below 0", do="give 1 or more, or 0 for one per processor")
    return jobs or len(os.sched_getaffinity(0))


KEY_BYTES = 32
WANTED = "a file of 32 bytes or of 64 hexadecimal digits, the digits themselves, or passphrase:FILE"
PASSPHRASE = "passphrase:"

SigningKey = Annotated[str | None, typer.Option("--signing-key", help=f"The key of a signed link: {WANTED}.")]


def signing_key(text: str | None) -> bytes | None:
    """The key that `--signing-key` gives; None without. Raises InputError for what is none.

    Of a passphrase, a file's one line, ground stations take the SHA-256.
    """
    if text is None:
        return None
    if text.startswith(PASSPHRASE):
        return hashlib.sha256(read_bounded(Path(text.removeprefix(PASSPHRASE))).rstrip(b"\r\n")).digest()
    key = _key_of_hex(text)
    if key is not None:
        return key
    held = read_bounded(Path(text))
    key = held if len(held) == KEY_BYTES else _key_of_hex(held.decode("ascii", errors="replace"))
    if key is None:
        raise InputError(f"--signing-key {text}: no key of {KEY_BYTES} bytes", do=f"{WANTED}")
    return key


def _key_of_hex(text: str) -> bytes | None:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
