"""Whether a mission may be sent: by the verdict that comes with it, or in the name of who takes it over."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import note
from dfr.errors import NonCompliantError
from dfr.io.plan_files import read_any_plan
from dfr.mission.carried import NONE_CARRIED, CarriedVerdict, plan_hash
from dfr.mission.items import FlightPlan

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


def heed_verdict(
    plan: FlightPlan,
    file: Path,
    *,
    simulated: bool,
    override: str | None,
    now: datetime,
    in_force: Path | None = None,
) -> None:
    """Tell the verdict that comes with a mission; `in_force` is a file of the plan that holds now.

    Raises NonCompliantError, with nothing sent, where it does not let this vehicle have the mission now.
    """
    verdict = plan.verdict
    plan_sha256 = None if in_force is None else plan_hash(read_any_plan(in_force))
    note(NONE_CARRIED if verdict is None else verdict.headline)
    if plan.exercise and not simulated:
        raise NonCompliantError(
            f"{file}: an EXERCISE: it is not sent to a vehicle that is not marked simulated",
            do="compile it "
            "from a scenario without `exercise: true`, or say --simulated where the vehicle is SITL",
        )
    against = _objections(verdict, now, plan_sha256)
    if not against:
        return
    if override is None:
        raise NonCompliantError(
            f"{file}: {'; '.join(against)}",
            do="check and compile it anew, or take it over with --override 'NAME: REASON', which is logged",
        )
    _log(file, override, against, now)


def _objections(verdict: CarriedVerdict | None, now: datetime, plan_sha256: str | None) -> tuple[str, ...]:
    """What stands against a mission; one without a verdict is not known to be of the plan in force."""
    if verdict is not None:
        return verdict.objections(now, plan_sha256=plan_sha256)
    return () if plan_sha256 is None else ("it does not say of which plan it is",)


def _log(file: Path, override: str, against: tuple[str, ...], now: datetime) -> None:
    """One more line in the log beside the mission: who sent it against what, and when."""
    if not override.strip():
        raise NonCompliantError("--override is empty", do="write 'NAME: REASON'")
    log = file.with_name(f"{file.name}.overrides.jsonl")
    line = json.dumps({"at": now.isoformat(), "by": override, "file": file.name, "against": list(against)})
    with log.open("a", encoding="utf-8") as lines:
        lines.write(line + "\n")
    note(f"OVERRIDE by {override}: {'; '.join(against)}; logged in {log}")
