"""The verdict that a mission file carries: whether it was a go, until when, of which plan, if an exercise.

A mission is sent days after its plan was judged, on another machine, by somebody else. What it rests on goes
with it: the headline, when the go ends, what is against the mission itself, the hash of the plan, and the
hash of the mission, which shows an edit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dfr.errors import MissionFileError
from dfr.findings import Finding
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict

NONE_CARRIED = "no verdict comes with this file: nobody has approved it for flight"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedVerdict:
    """The verdict on the plan of a mission.

    `mission_sha256` is of the mission that it was given for; `unsound` is what blocks that mission itself.
    """

    headline: str
    commander: str
    go: bool
    exercise: bool
    plan_sha256: str
    valid_until: datetime | None
    valid_because: str
    mission_sha256: str
    unsound: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The verdict as a mission file keeps it."""
        return {
            "headline": self.headline,
            "commander": self.commander,
            "go": self.go,
            "exercise": self.exercise,
            "plan_sha256": self.plan_sha256,
            "valid_until": None if self.valid_until is None else self.valid_until.isoformat(),
            "valid_because": self.valid_because,
            "mission_sha256": self.mission_sha256,
            "unsound": list(self.unsound),
        }

    def list_objections(
        self, now: datetime, *, mission_sha256: str, plan_sha256: str | None = None
    ) -> tuple[str, ...]:
        """Why a mission must not be sent at a moment; the hashes are of mission and plan as they are now.

        `plan_sha256` is None where the plan now in force is not known.
        """
        found = []
        if not self.go:
            found.append(f"its verdict is {self.headline}")
        found += self.unsound
        if mission_sha256 != self.mission_sha256:
            found.append("the mission was changed after the verdict on it")
        if plan_sha256 is not None and plan_sha256 != self.plan_sha256:
            found.append("the plan has changed since the verdict on it")
        if self.valid_until is not None and self.valid_until <= now:
            found.append(f"its go ended {self.valid_until:%a %d %b %Y %H:%M %Z}: {self.valid_because}")
        return tuple(found)


def carry_verdict(
    verdict: Verdict, plan: Plan, *, mission_sha256: str, findings: Iterable[Finding]
) -> CarriedVerdict:
    """The verdict on a plan as a mission carries it; `findings` are about the mission itself."""
    return CarriedVerdict(
        headline=verdict.headline,
        commander=verdict.commander,
        go=verdict.go,
        exercise=verdict.exercise,
        plan_sha256=plan_hash(plan),
        valid_until=verdict.valid_until,
        valid_because=verdict.valid_because,
        mission_sha256=mission_sha256,
        unsound=tuple(finding.message for finding in findings if finding.blocks),
    )


def carried_from_dict(data: object, *, where: str) -> CarriedVerdict | None:
    """The verdict of a mission file, None where it has none. Raises MissionFileError for a broken one."""
    if data is None:
        return None
    try:
        return _read_verdict(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MissionFileError(
            f"{where}: its verdict cannot be read ({error})", do="compile it again"
        ) from error


def _read_verdict(data: Any) -> CarriedVerdict:
    until = data["valid_until"]
    moment = None if until is None else datetime.fromisoformat(until)
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"valid_until {until} has no time zone")
    return CarriedVerdict(
        headline=str(data["headline"]),
        commander=str(data["commander"]),
        go=data["go"] is True,
        exercise=data["exercise"] is not False,
        plan_sha256=str(data["plan_sha256"]),
        valid_until=moment,
        valid_because=str(data["valid_because"]),
        mission_sha256=str(data.get("mission_sha256", "")),
        unsound=tuple(str(words) for words in data.get("unsound", ())),
    )


def plan_hash(plan: Plan) -> str:
    """The SHA-256 of what a plan flies: any change of it is another; what was found of it is not part."""
    return document_hash({key: value for key, value in plan.as_dict().items() if key != "findings"})


def document_hash(document: Mapping[str, object]) -> str:
    """The SHA-256 of plain values, whatever their order and layout in a file."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
