"""Whether a mission may be sent: by the verdict that comes with it, or in the name of who takes it over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dfr.errors import NonCompliantError
from dfr.io.plan_files import read_plan_file
from dfr.mission.carried import NONE_CARRIED, plan_hash
from dfr.mission.formats.qgc_plan import mission_hash
from dfr.mission.items import FlightPlan


def refuse_against_verdict(
    plan: FlightPlan,
    file: Path | None,
    *,
    simulated: bool,
    override: str | None,
    now: datetime,
    in_force: Path | None = None,
    tell: Callable[[str], None],
) -> tuple[str, ...]:
    """The objections that an override answered, after telling the verdict that comes with a mission.

    `in_force` is a file of the plan that holds now. An override is logged beside the mission's `file`, None
    for a mission that is in none.

    Raises NonCompliantError, with nothing sent, where it does not let this vehicle have the mission now.
    """
    tell(NONE_CARRIED if plan.verdict is None else plan.verdict.headline)
    if plan.exercise and not simulated:
        raise NonCompliantError(
            f"{file or plan.name}: an EXERCISE: it is not sent to a vehicle that is not marked simulated",
            do="compile it from a scenario without `exercise: true`, or say --simulated (in Python "
            "simulated=True) where the vehicle is SITL",
        )
    return refuse_objections(plan, file, override=override, now=now, in_force=in_force, tell=tell)


def refuse_objections(
    plan: FlightPlan,
    file: Path | None,
    *,
    override: str | None,
    now: datetime,
    in_force: Path | None,
    tell: Callable[[str], None],
    answered: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """All that the override has answered: what was `answered` before, and what is against the mission now.

    Raises as `refuse_against_verdict`.
    """
    against = tuple(words for words in _list_objections(plan, now, in_force) if words not in answered)
    if not against:
        return answered
    if override is None:
        raise NonCompliantError(
            f"{file or plan.name}: {'; '.join(against)}",
            do="check and compile it again, or take it over with --override 'NAME: REASON' (in Python "
            "authority=Authority(override=...)), which is logged",
        )
    log = _log_override(file, override, against, now)
    tell(f"OVERRIDE by {override}: {'; '.join(against)}; logged in {log}")
    return (*answered, *against)


def _list_objections(plan: FlightPlan, now: datetime, in_force: Path | None) -> tuple[str, ...]:
    """What blocks a mission; one without a verdict is not known to belong to the plan in force."""
    plan_sha256 = None if in_force is None else plan_hash(read_plan_file(in_force))
    if plan.verdict is not None:
        return plan.verdict.list_objections(now, mission_sha256=mission_hash(plan), plan_sha256=plan_sha256)
    return () if plan_sha256 is None else ("it does not say which plan it belongs to",)


def _log_override(file: Path | None, override: str, against: tuple[str, ...], now: datetime) -> Path:
    """The log beside the mission, with one more line: who sent it against what, and when."""
    if file is None:
        raise NonCompliantError(
            "an override is logged beside the mission's file", do="save it and give the file"
        )
    if not override.strip():
        raise NonCompliantError("--override is empty", do="write 'NAME: REASON'")
    log = file.with_name(f"{file.name}.overrides.jsonl")
    line = json.dumps({"at": now.isoformat(), "by": override, "file": file.name, "against": list(against)})
    with log.open("a", encoding="utf-8") as lines:
        lines.write(line + "\n")
    return log
